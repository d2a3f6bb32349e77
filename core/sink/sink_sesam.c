#include "base/limits.h"
#include "sink/password_file.h"
#include "sink/sesam.h"
#include "sink/sink_kinds.h"

static bool
find_node(const struct sink *s, struct uri *u, struct err *e)
{
	/* Not quoted where there may be a password in it. */
	if (!uri_parse(s->target, u, e))
		return str_has(s->target, '@') ? err_in(e, "sesam") :
		    err_in(e, "sesam '%.*s'", STR_ARG(s->target));
	return !u->query.n || err_set(e, ERR_USAGE, "sesam '%.*s': its API's"
	    " URL has no '?'", STR_ARG(s->target));
}

bool
sink_sesam_check(const struct sink *s, size_t registries, struct err *e)
{
	struct uri u;

	if (!find_node(s, &u, e) || !sink_pattern_check("sesam secret",
	    s->secret, registries, e))
		return false;
	return s->jwt.n || s->jwt_file || err_set(e, ERR_USAGE, "sesam '%.*s':"
	    " there is no token; SESAM_JWT_TOKEN or SESAM_JWT_FILE has it",
	    STR_ARG(u.host));
}

static bool
find_token(const struct sink_job *j, struct str *jwt, struct err *e)
{
	const struct sink *s = j->s;

	*jwt = s->jwt;
	if (!s->jwt_file)
		return true;
	if (!j->w->file(j->w->me, s->jwt_file, j->a, jwt, e))
		return err_in(e, "sesam token");
	*jwt = str_trim(*jwt);
	return jwt->n || err_set(e, ERR_USAGE, "sesam token: '%s' is empty",
	    s->jwt_file);
}

static bool
secrets_of(const struct sink_job *j, struct sesam_secret **secrets,
    struct err *e)
{
	struct registry *registries;
	struct sesam_secret *all;
	struct str *names;

	if (!sink_registries(j->entries, j->count, j->a, &registries, e) ||
	    !password_file_names("sesam secret", j->s->secret, registries,
	    j->count, j->a, &names, e))
		return false;
	all = arena_get(j->a, j->count * sizeof(*all));
	if (!all)
		return err_set(e, ERR_LIMIT, "out of memory");
	for (size_t i = 0; i < j->count; i++) {
		all[i].name = names[i];
		all[i].value = j->entries[i].password;
	}
	*secrets = all;
	return true;
}

bool
sink_sesam_write(const struct sink_job *j, struct err *e)
{
	struct sesam node = { .system = j->s->system, .reload = j->s->reload,
		.put = j->s->put };
	struct sesam_secret *secrets = NULL;

	return find_node(j->s, &node.api, e) && find_token(j, &node.jwt, e) &&
	    secrets_of(j, &secrets, e) &&
	    sesam_write(j->w, &node, secrets, j->count, j->deadline, j->a, e);
}
