#include "applets/outputs.h"

#include "sink/tarball.h"

#define SESAM_SECRET "AWS_ECR_TOKEN"

bool
output_take(void *me, unsigned which, const char *value, struct err *e)
{
	struct sidecar *k = me;
	enum sink_kind kind = (enum sink_kind)which;
	enum format format = FORMAT_JSON;
	struct sink *s;

	if (kind == SINK_PRINT && !format_named(str_of(value), &format, e))
		return false;
	for (size_t i = 0; i < k->sink_count; i++) {
		if (k->sinks[i].kind != kind)
			continue;
		if (kind == SINK_PRINT)
			return err_set(e, ERR_USAGE, "--format is given twice:"
			    " standard output has room for one");
		if (str_eq(k->sinks[i].target, str_of(value)))
			return err_set(e, ERR_USAGE, "output '%s' is given"
			    " twice", value);
	}
	s = sidecar_sink(k, kind, value, e);
	if (!s)
		return false;
	s->format = format;
	return true;
}

static bool
has(const struct sidecar *k, enum sink_kind kind)
{
	for (size_t i = 0; i < k->sink_count; i++)
		if (k->sinks[i].kind == kind)
			return true;
	return false;
}

/* Nothing may be said of what is not there: it would be a slip. */
static bool
check(const struct outputs *o, struct err *e)
{
	const struct sidecar *k = o->k;

	if (o->tar_mode && !has(k, SINK_TARBALL))
		return err_set(e, ERR_USAGE, "--tar-mode is that of a"
		    " tarball, and there is none; -f FILE makes one");
	if (o->exclude && !has(k, SINK_KUBERNETES))
		return err_set(e, ERR_USAGE, "--exclude-namespace has no use"
		    " without --kubernetes-secret 'PATTERN/NAME'");
	if (o->adopt && !has(k, SINK_KUBERNETES))
		return err_set(e, ERR_USAGE, "--adopt has no use without"
		    " --kubernetes-secret NAME");
	if ((o->sesam_secret || o->sesam_system || o->sesam_reload ||
	    o->sesam_put) && !has(k, SINK_SESAM))
		return err_set(e, ERR_USAGE, "--sesam-secret, --sesam-system,"
		    " --sesam-put and --sesam-reload have no use without"
		    " --sesam URL");
	return true;
}

static bool
sesam(const struct outputs *o, struct sink *s, struct err *e)
{
	const char *jwt = opt_env("SESAM_JWT_TOKEN");
	const char *file = opt_env("SESAM_JWT_FILE");

	if (!jwt && !file)
		return err_set(e, ERR_USAGE, "Sesam wants a token: set"
		    " SESAM_JWT_FILE or SESAM_JWT_TOKEN");
	if (jwt && file)
		return err_set(e, ERR_USAGE, "SESAM_JWT_TOKEN and"
		    " SESAM_JWT_FILE are both set; keep one");
	s->jwt = str_of(jwt);
	s->jwt_file = file;
	s->secret = str_of(o->sesam_secret ? o->sesam_secret : SESAM_SECRET);
	s->system = str_of(o->sesam_system);
	s->reload = str_of(o->sesam_reload);
	s->put = o->sesam_put;
	return true;
}

bool
outputs_done(struct outputs *o, struct err *e)
{
	struct sidecar *k = o->k;
	unsigned mode = TARBALL_MODE;

	if (!check(o, e) || (o->tar_mode &&
	    !tarball_mode(str_of(o->tar_mode), &mode, e)))
		return false;
	for (size_t i = 0; i < k->sink_count; i++) {
		struct sink *s = &k->sinks[i];

		s->mode = mode;
		s->exclude = str_of(o->exclude);
		s->adopt = o->adopt;
		if (s->kind == SINK_SESAM && !sesam(o, s, e))
			return false;
	}
	return true;
}
