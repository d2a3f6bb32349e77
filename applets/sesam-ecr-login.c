/* sesam-ecr-login.c - the front door of the microservice aws-ecr-getlogin,
 * which gives a Sesam node the password as a secret whenever it is asked for /.
 *
 * Its variables, address, region and answers; but it also refreshes by itself,
 * so that a pipe that runs too seldom, or not, does no harm.
 * Source: sesam-community/aws-ecr-getlogin, docs.sesam.io.
 */
#include "applets/outputs.h"

#define ADDRESS "0.0.0.0:5001"
#define REGION "eu-central-1"
#define API_MAX 300	/* a host name and what is round it */

struct door {
	struct sidecar k;
	struct outputs o;
	const char *registries;
	char api[API_MAX];
};

static bool
use_region(struct sidecar *k, struct err *e)
{
	struct str region;

	if (config_region(&k->s.config, &region, NULL, e))
		return true;
	if (e->kind != ERR_ABSENT)
		return false;
	k->s.flags.region = k->s.config.flags.region = REGION;
	return true;
}

static bool
find_api(struct door *d, const char **api, struct err *e)
{
	const char *ip = opt_env("LOCALIP");
	struct buf b = BUF(d->api);

	*api = opt_env("SESAM_URL");
	if (*api)
		return true;
	if (!ip)
		return err_set(e, ERR_USAGE, "the node's address is not known:"
		    " set LOCALIP, or SESAM_URL to its API");
	buf_add(&b, S("http://"));
	buf_add(&b, str_of(ip));
	buf_add(&b, S(":9042/api"));
	buf_char(&b, '\0');
	*api = d->api;
	return !b.full || err_set(e, ERR_USAGE, "LOCALIP is longer than an"
	    " address");
}

static bool
start(struct door *d, struct app *app, struct err *e)
{
	struct sidecar *k = &d->k;
	const char *api;

	if (!k->listen)
		k->listen = ADDRESS;
	if (!d->registries)
		d->registries = opt_env("REGISTRIES");
	if (!d->o.sesam_secret)
		d->o.sesam_secret = opt_env("SECRET_NAME");
	k->ready = use_region;
	return (!d->registries || sidecar_registries(k, str_of(d->registries),
	    e)) && find_api(d, &api, e) && output_take(k, SINK_SESAM, api, e) &&
	    outputs_done(&d->o, e) && sidecar_run(k, app, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct door d = { .k = { .out = -1, .manner = ROUTES_SESAM },
	    .o.k = &d.k };
	const struct opt own[] = {
		SESSION_REGION(&d.k.s, 0),
		OPT_STR('g', "registries", "LIST", &d.registries,
		    "account ids, ID@REGION, host names"),
		OUTPUTS_SESAM(&d.o),
		OPT_END
	};
	bool go;

	return sidecar_read(&d.k, app, own, argc, argv, &go, e) &&
	    (!go || start(&d, app, e));
}

const struct applet applet_sesam_ecr_login = {
	.name = "sesam-ecr-login",
	.synopsis = "[-v] [-i TIME] [OPTION...]",
	.help =
"Keep a Sesam node's secret AWS_ECR_TOKEN fresh, by itself and whenever / is\n"
"asked for, on 0.0.0.0:5001 unless --listen says otherwise.\n"
"\n"
"LOCALIP is the node's address, or SESAM_URL its API; SESAM_JWT_TOKEN its\n"
"administrator's token, or SESAM_JWT_FILE the file with it. The region is\n"
"eu-central-1 where nothing else says.",
	.needs = NEEDS_TOKEN,
	.run = run,
};
