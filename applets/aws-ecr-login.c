/* aws-ecr-login.c - the front door of the script ecr-login.sh, which keeps
 * docker.tar.gz fresh for Mesos and Marathon.
 *
 * Options, variables, loop and the texts of its three errors are the script's;
 * a location that is a directory gets what the script's other line puts there,
 * and a .dockercfg what its first one did.
 * Source: the public scripts of adobe-platform/aws-ecr-login and its forks.
 */
#include "applets/outputs.h"
#include "applets/stream.h"
#include "base/span.h"
#include "login/choose.h"

#define INTERVAL_S 21600

struct door {
	struct sidecar k;
	struct outputs o;
	const char *registries, *location;
	bool once;
};

/* As the script ends: the text, and how to call it; then status 1. */
static bool
complain(const struct app *app, struct str text, struct err *e)
{
	char room[512];
	struct buf b = BUF(room);

	buf_add(&b, text);
	buf_add(&b, S("\nUsage: "));
	buf_add(&b, str_of(app->applet->name));
	buf_char(&b, ' ');
	buf_add(&b, str_of(app->applet->synopsis));
	buf_add(&b, S("\n"));
	stream_complain(buf_str(&b));
	return err_set(e, ERR_ABSENT, "%s", "");
}

/* In a child of its own, where metadata may be asked. */
static bool
try_registries(void *me, struct buf *answer, struct err *e)
{
	struct sidecar *k = me;
	struct registry r;

	(void)answer;
	for (size_t i = 0; i < k->registry_count; i++)
		if (!registry_choose(&k->s.config, k->registries[i], NULL, &r,
		    e))
			return false;
	return true;
}

/* The script ends without a region, so this is seen to before it stays. */
static bool
find_region(struct sidecar *k, struct err *e)
{
	struct session *s = &k->s;
	struct sandbox_needs needs;
	struct str nothing;

	session_needs(s, k->app->applet->needs, &needs);
	if (s->w->apart(s->w->me, &needs, s->config.deadline, try_registries,
	    k, s->config.a, &nothing, e))
		return true;
	if (e->kind == ERR_USAGE || e->kind == ERR_DENIED)
		return false;
	world_warn(s->w, "%s", e->msg);
	return complain(k->app, S("Region could not be determined."), e);
}

/* No archive has such a name, and who has such a file would lose it. */
static enum sink_kind
kind_of(struct str location)
{
	return str_ends(location, S(".dockercfg")) ||
	    str_ends(location, S(".json")) ? SINK_AUTH_FILE : SINK_TARBALL;
}

static bool
interval(struct door *d, struct err *e)
{
	const char *text = opt_env("INTERVAL");

	if (d->once && (d->k.interval_s || d->k.listen))
		return err_set(e, ERR_USAGE, "--once does not stay: --interval"
		    " and --listen have no use");
	if (d->once || d->k.interval_s)
		return true;
	d->k.interval_s = INTERVAL_S;
	return !text || span_parse(str_of(text), &d->k.interval_s) ||
	    err_set(e, ERR_USAGE, "INTERVAL '%s': not " SPAN_WANTED, text);
}

static bool
start(struct door *d, struct app *app, struct err *e)
{
	struct sidecar *k = &d->k;

	if (!k->s.flags.region)
		k->s.flags.region = opt_env("REGION");
	if (!d->registries)
		d->registries = opt_env("REGISTRIES");
	if (!d->location)
		d->location = opt_env("FILE_LOCATION");
	if (d->registries && !sidecar_registries(k, str_of(d->registries), e))
		return false;
	if (!k->registry_count)
		return complain(app, S("Registry IDs are required."), e);
	if (!d->location)
		return complain(app, S("File location is required."), e);
	k->ready = k->check ? NULL : find_region;
	return interval(d, e) &&
	    output_take(k, kind_of(str_of(d->location)), d->location, e) &&
	    outputs_done(&d->o, e) && sidecar_run(k, app, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct door d = { .k.out = -1, .o.k = &d.k };
	const struct opt own[] = {
		SESSION_REGION(&d.k.s, 'r'),
		OPT_STR('g', "registries", "LIST", &d.registries,
		    "account ids, ID@REGION, host names"),
		OPT_STR('f', "file-location", "PATH", &d.location,
		    "docker.tar.gz, or a directory for it"),
		OUTPUTS_TAR_MODE(&d.o),
		OPT_FLAG(0, "once", &d.once, "do not stay"),
		OPT_END
	};
	bool go;

	return sidecar_read(&d.k, app, own, argc, argv, &go, e) &&
	    (!go || start(&d, app, e));
}

const struct applet applet_aws_ecr_login = {
	.name = "aws-ecr-login",
	.alias = "ecr-login.sh",
	.synopsis = "-g LIST -f PATH [-r REGION] [-i TIME] [OPTION...]",
	.help =
"Keep a docker.tar.gz fresh with which Mesos and Marathon pull from Amazon ECR:\n"
"every six hours, or as often as -i says. Where PATH is a directory, the archive\n"
"and .docker/config.json go into it.\n"
"\n"
"LIST is parted by blanks, commas or semicolons. Without the options the\n"
"variables REGISTRIES, FILE_LOCATION, REGION and INTERVAL count.",
	.needs = NEEDS_TOKEN,
	.run = run,
};
