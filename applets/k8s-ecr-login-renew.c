/* k8s-ecr-login-renew.c - the front door of the CronJob that renews image pull
 * secrets, in as many namespaces as it is told.
 *
 * Its variables. It takes over a secret of whoever made it, as a user who
 * changes from one to the other expects.
 * Source: nabsul/k8s-ecr-login-renew.
 */
#include "applets/outputs.h"

#define NAMESPACE "default"

static bool
start(struct outputs *o, struct app *app, struct err *e)
{
	struct sidecar *k = o->k;
	const char *secret = opt_env("DOCKER_SECRET_NAME");
	const char *namespaces = opt_env("TARGET_NAMESPACE");
	const char *registries = opt_env("DOCKER_REGISTRIES");
	char target[4096];
	struct buf b = BUF(target);

	if (!secret)
		return err_set(e, ERR_USAGE, "DOCKER_SECRET_NAME is not set: it"
		    " names the secret to renew");
	buf_add(&b, str_of(namespaces ? namespaces : NAMESPACE));
	buf_char(&b, '/');
	buf_add(&b, str_of(secret));
	buf_char(&b, '\0');
	if (b.full)
		return err_set(e, ERR_LIMIT, "TARGET_NAMESPACE is longer than"
		    " %zu bytes", sizeof(target));
	o->exclude = opt_env("EXCLUDE_NAMESPACE");
	o->adopt = true;
	return (!registries || sidecar_registries(k, str_of(registries), e)) &&
	    output_take(k, SINK_KUBERNETES, target, e) && outputs_done(o, e) &&
	    sidecar_run(k, app, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct sidecar k = { .order = CRED_ORDER_GO, .out = 1 };
	struct outputs o = { .k = &k };
	const struct opt own[] = { SESSION_REGION(&k.s, 0), OPT_END };
	bool go;

	return sidecar_read(&k, app, own, argc, argv, &go, e) &&
	    (!go || start(&o, app, e));
}

const struct applet applet_k8s_ecr_login_renew = {
	.name = "k8s-ecr-login-renew",
	.synopsis = "[-v] [-i TIME] [OPTION...]",
	.help =
"Renew an image pull secret for Amazon ECR, from within the cluster: once, as a\n"
"CronJob does it, or for good with -i.\n"
"\n"
"DOCKER_SECRET_NAME names the secret; TARGET_NAMESPACE its namespaces, as a list\n"
"with * and ?, 'default' by default, and EXCLUDE_NAMESPACE those left out;\n"
"DOCKER_REGISTRIES the registries, else it is the caller's own.",
	.needs = NEEDS_TOKEN,
	.run = run,
};
