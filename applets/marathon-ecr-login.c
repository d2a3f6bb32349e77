/* marathon-ecr-login.c - the front door of the service that Marathon's apps
 * fetch http://HOST:8000/docker.tar.gz from.
 *
 * To hand out secrets in the clear is all that its name is about.
 * Source: quintoandar/marathon-ecr-login.
 */
#include "applets/sidecar.h"

#define ADDRESS "0.0.0.0:8000"
#define SERVED "docker.tar.gz"

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct sidecar k = { .out = -1, .manner = ROUTES_MARATHON };
	const char *registries = NULL;
	bool go;
	const struct opt own[] = {
		SESSION_REGION(&k.s, 0),
		OPT_STR('g', "registries", "LIST", &registries,
		    "account ids, ID@REGION, host names"),
		OPT_STR(0, "serve-token-file", "FILE", &k.serve_token_file,
		    "only to who sends what stands there"),
		OPT_END
	};

	if (!sidecar_read(&k, app, own, argc, argv, &go, e))
		return false;
	if (!go)
		return true;
	k.serve = SERVED;
	k.serve_in_clear = !k.serve_token_file;
	if (!k.listen)
		k.listen = ADDRESS;
	return (!registries || sidecar_registries(&k, str_of(registries), e)) &&
	    sidecar_run(&k, app, e);
}

const struct applet applet_marathon_ecr_login = {
	.name = "marathon-ecr-login",
	.synopsis = "[-v] [-g LIST] [--listen ADDR:PORT] [OPTION...]",
	.help =
"Serve a fresh docker.tar.gz, with which Mesos and Marathon pull from Amazon\n"
"ECR, at http://HOST:8000/docker.tar.gz. Whoever can reach that address gets the\n"
"password in it, unless --serve-token-file says who may. Without LIST it is for\n"
"the caller's own registry.",
	.needs = NEEDS_TOKEN,
	.run = run,
};
