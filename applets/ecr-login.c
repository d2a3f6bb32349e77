#include "applets/configure.h"
#include "applets/docker_file.h"
#include "applets/logout.h"
#include "applets/outputs.h"
#include "sink/registries.h"

/* What the arguments ask for. */
struct login {
	struct sidecar k;
	struct outputs o;
	bool print_password, logout, help;
	const char *registries;
	struct configure setup;
};

static bool
is_setup(const struct login *l)
{
	return l->setup.docker || l->setup.containers;
}

static bool
has_auth_file(const struct sidecar *k)
{
	for (size_t i = 0; i < k->sink_count; i++)
		if (k->sinks[i].kind == SINK_AUTH_FILE)
			return true;
	return false;
}

static bool
stays(const struct sidecar *k)
{
	return k->interval_s || k->listen || k->check;
}

static bool
check_setup(const struct login *l, int argc, struct err *e)
{
	if (!is_setup(l))
		return !l->setup.remove || err_set(e, ERR_USAGE, "--remove goes"
		    " with --configure-docker or --configure-containers");
	if (l->print_password || l->logout)
		return err_set(e, ERR_USAGE, "--configure-docker and"
		    " --configure-containers do not log in or out");
	if (!l->setup.docker && has_auth_file(&l->k))
		return err_set(e, ERR_USAGE, "--configure-containers writes no"
		    " auth file; --configure-docker --auth-file does");
	if (!l->setup.docker && argc > 0)
		return err_set(e, ERR_USAGE, "--configure-containers is for all"
		    " registries at once; for single ones there is"
		    " --configure-docker --auth-file FILE");
	return true;
}

/* What is done once, and to one file. */
static bool
check_single(const struct login *l, struct err *e)
{
	const struct sidecar *k = &l->k;

	if (!l->logout && !is_setup(l))
		return true;
	if (k->sink_count > has_auth_file(k) || stays(k) || l->registries)
		return err_set(e, ERR_USAGE, "--logout, --configure-docker and"
		    " --configure-containers are done once: with at most one"
		    " --auth-file, and with registries named as arguments");
	return true;
}

static bool
check_print(const struct login *l, int argc, struct err *e)
{
	if (!l->print_password)
		return true;
	if (l->logout)
		return err_set(e, ERR_USAGE, "--print-password and --logout do"
		    " not go together");
	if (has_auth_file(&l->k))
		return err_set(e, ERR_USAGE, "--print-password writes no file:"
		    " --auth-file has no use");
	if (l->k.sink_count || stays(&l->k) || l->registries)
		return err_set(e, ERR_USAGE, "--print-password does nothing"
		    " else, once, for a registry named as argument; --format"
		    " password goes with other options");
	if (argc > 1)
		return err_set(e, ERR_USAGE, "--print-password is for one"
		    " registry, not %d", argc);
	return true;
}

static bool
check_use(const struct login *l, int argc, char **argv, struct err *e)
{
	/* A variable that was never set must not mean another registry. */
	for (int i = 0; i < argc; i++)
		if (!argv[i][0])
			return err_set(e, ERR_USAGE, "registry '': the name is"
			    " empty; leave it out for the caller's own");
	return check_print(l, argc, e) && check_setup(l, argc, e) &&
	    check_single(l, e);
}

/* Our own lines do not go among the entries, nor are they news to who gets the
 * tokens themselves.
 */
static int
find_out(const struct sidecar *k)
{
	static const struct str streams[] = {
		S_INIT("/dev/stdout"), S_INIT("/dev/fd/1"),
		S_INIT("/proc/self/fd/1"),
	};
	int out = 1;

	for (size_t i = 0; i < k->sink_count; i++) {
		if (k->sinks[i].kind == SINK_PRINT)
			return -1;
		for (size_t n = 0; n < sizeof(streams) / sizeof(streams[0]);
		    n++)
			if (str_eq(k->sinks[i].target, streams[n]))
				out = 2;
	}
	return out;
}

/* --logout, --configure-docker, --configure-containers. */
static bool
do_single(struct login *l, int argc, char **argv, struct err *e)
{
	struct configure *setup = &l->setup;
	struct config *c = &l->k.s.config;
	const char *path = NULL;

	if (l->k.sink_count)
		path = l->k.sinks[0].target.p;
	else if ((setup->docker || l->logout) && !docker_file(c, &path, e))
		return false;
	if (path)
		sandbox_write(&l->k.s.more, path);
	if (setup->containers)
		registries_needs(c->w, c->a, &l->k.s.more);
	l->k.s.many = argc > 1;
	if (l->logout)
		return logout(c, path, l->k.out, argc, argv, e);
	setup->c = c;
	setup->path = path;
	setup->out = l->k.out;
	return configure(setup, argc, argv, e);
}

static bool
add_registries(struct login *l, int argc, char **argv, struct err *e)
{
	struct sidecar *k = &l->k;

	if (l->registries && !sidecar_registries(k, str_of(l->registries), e))
		return false;
	if (l->registries && k->registry_count == 0)
		return err_set(e, ERR_USAGE, "--registries names none; leave it"
		    " out for the caller's own");
	for (int i = 0; i < argc; i++) {
		if (k->registry_count == SIDECAR_REGISTRIES_MAX)
			return err_set(e, ERR_LIMIT, "more than %u registries",
			    SIDECAR_REGISTRIES_MAX);
		k->registries[k->registry_count++] = str_of(argv[i]);
	}
	return true;
}

static bool
do_it(struct login *l, struct app *app, int argc, char **argv, struct err *e)
{
	bool done;

	if (l->print_password && !output_take(&l->k, SINK_PRINT, "password",
	    e))
		return false;
	l->k.out = find_out(&l->k);
	if (l->logout || is_setup(l)) {
		done = session_open(&l->k.s, app, e) &&
		    do_single(l, argc, argv, e);
		session_close(&l->k.s);
		return done;
	}
	return add_registries(l, argc, argv, e) && outputs_done(&l->o, e) &&
	    sidecar_run(&l->k, app, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct login l = { .o.k = &l.k };
	const struct opt opts[] = {
		OPT_FLAG('p', "print-password", &l.print_password,
		    "print the password alone; write no file"),
		OPT_STR('g', "registries", "LIST", &l.registries,
		    "more of them, parted by blanks, commas or ;"),
		OPT_FLAG(0, "logout", &l.logout,
		    "remove entries and cached tokens"),
		OPT_FLAG(0, "configure-docker", &l.setup.docker,
		    "have docker run our credential helper"),
		OPT_FLAG(0, "configure-containers", &l.setup.containers,
		    "the same for podman, skopeo and buildah"),
		OPT_FLAG(0, "remove", &l.setup.remove,
		    "undo --configure-docker or -containers"),
		OPT_HEAD("Who asks"),
		SESSION_AUTO_PROFILE(&l.k.s),
		SESSION_OPTIONS(&l.k.s),
		OPT_HEAD("Where tokens go, any number of them"),
		OUTPUTS_OPTIONS(&l.o),
		OPT_HEAD("To stay"),
		SIDECAR_STAY(&l.k),
		SIDECAR_SERVE(&l.k),
		OPT_END
	};

	if (!opt_parse(opts, &argc, &argv, &l.help, e))
		return false;
	if (l.help)
		return opt_help(app, opts, e);
	return check_use(&l, argc, argv, e) && do_it(&l, app, argc, argv, e);
}

const struct applet applet_ecr_login = {
	.name = "ecr-login",
	.synopsis = "[-pv] [-i TIME] [--listen ADDR:PORT] [OPTION...]"
	    " [REGISTRY...]",
	.help =
"Log in to Amazon ECR: get a password with the AWS identity that is there and\n"
"write it to Docker's config.json ($DOCKER_CONFIG, else ~/.docker), or to all\n"
"of the places that options name; once, or again before it expires.\n"
"\n"
"REGISTRY is an account id, ACCOUNT@REGION, a registry host name, a host of\n"
"ecrbox.conf, or public.ecr.aws; without one, the caller's own registry (with\n"
"--logout, every ECR registry that the file has an entry for).\n"
"\n"
"--configure-docker stores no password but has docker run our credential helper\n"
"for the registries, --configure-containers has podman, skopeo and buildah run\n"
"it for all; --region may then list several regions, with commas.\n"
"\n"
"TIME is in seconds, or like 90m, 6h, 2d. --format prints password, json,\n"
"docker-config, docker-auth-config, dockercfg, login-command or env.",
	.needs = NEEDS_TOKEN,
	.run = run,
};
