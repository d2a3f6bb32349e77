#include "applets/configure.h"
#include "applets/docker_file.h"
#include "applets/logout.h"
#include "applets/say.h"
#include "applets/session.h"
#include "base/enc.h"
#include "base/limits.h"
#include "login/choose.h"
#include "login/token.h"
#include "sink/docker.h"
#include "sink/registries.h"
#include "sys/file.h"
#include "sys/log.h"

/* What the arguments ask for. */
struct login {
	struct session s;
	bool print_password, logout, help;
	struct configure setup;
	const char *auth_file;
	/* Where entries go; NULL with -p. */
	const char *path;
	/* Where our own lines go: not among the entries. */
	int out;
};

struct entry {
	struct str host, login;
	const char *shadow;	/* why docker will not look at it, or NULL */
};

/* What is to be written: the edit's callback sees it as me. */
struct entries {
	const struct login *l;
	struct entry *all;
	size_t count;
};

static bool
put_entries(void *me, struct str old, struct str *now, struct err *e)
{
	const struct entries *entries = me;
	struct arena *a = entries->l->s.config.a;

	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->all[i];
		struct buf b = arena_buf(a, 0);
		struct str auth;

		buf_base64(&b, entry->login);
		if (!arena_keep(a, &b, &auth, e) || !docker_put(old,
		    entry->host, auth, a, now, &entry->shadow, e))
			return false;
		old = *now;
	}
	return true;
}

static bool
write_entries(struct entries *entries, struct err *e)
{
	const struct login *l = entries->l;
	const struct world *w = l->s.w;
	const struct file_edit how = {
		.change = put_entries, .me = entries, .mode = 0600,
		.dir_mode = 0700, .wait = true,
	};

	if (entries->count == 0)
		return true;
	if (!w->edit(w->me, l->path, &how, l->s.config.a, e))
		return err_in(e, "update '%s'", l->path);
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->all[i];

		if (entry->shadow)
			world_warn(w, "docker will not use the entry of"
			    " '%.*s': '%s' in '%s' names a credential helper"
			    " for it", STR_ARG(entry->host), entry->shadow,
			    l->path);
		if (!say(l->out, S("Login Succeeded"), S(""), e))
			return false;
	}
	return true;
}

/* A token for what was asked; *host is the registry that it is for. */
static bool
find_token(struct login *l, struct str text, struct ecr_token *t,
    struct str *host, struct err *e)
{
	struct config c;
	struct registry r;
	bool done;

	if (!registry_choose(&l->s.config, text, &c, &r, e))
		return false;
	session_trust(&l->s, &c);
	done = token_get(&c, CRED_ORDER_CLI, &r, c.a, t, e);
	config_learn(&l->s.config, &c);
	if (done)
		*host = r.host.n ? r.host : t->host;
	return done;
}

static bool
print_password(struct login *l, struct str text, struct err *e)
{
	struct ecr_token t;
	struct str host;
	struct buf b;
	bool done;

	if (!find_token(l, text, &t, &host, e))
		return false;
	b = arena_buf(l->s.config.a, t.password.n + 1);
	buf_add(&b, t.password);
	buf_char(&b, '\n');
	done = write_all(1, buf_str(&b));
	if (!done)
		err_sys(e, "write to standard output");
	buf_wipe(&b);
	return done;
}

/* One failure does not keep the other registries waiting. Entries are written
 * all at once: a pipe has no use for a second document.
 */
static bool
log_in(struct login *l, int argc, char **argv, struct err *e)
{
	struct entries entries = { .l = l };
	struct ecr_token t;
	int failed = 0;

	entries.all = arena_get(l->s.config.a,
	    (size_t)argc * sizeof(*entries.all));
	if (!entries.all)
		return err_set(e, ERR_LIMIT, "too many registries");
	for (int i = 0; i < argc; i++) {
		struct entry *entry = &entries.all[entries.count];
		struct err why;

		if (find_token(l, str_of(argv[i]), &t, &entry->host, &why)) {
			entry->login = t.login;
			entries.count++;
			continue;
		}
		if (argc == 1) {
			*e = why;
			return false;
		}
		log_line(S("ecr-login"), str_of(why.msg));
		failed++;
	}
	return write_entries(&entries, e) && (!failed ||
	    err_set(e, ERR_DENIED, "%d of %d registries failed", failed,
	    argc));
}

static bool
check_setup(const struct login *l, int argc, struct err *e)
{
	if (!l->setup.docker && !l->setup.containers)
		return !l->setup.remove || err_set(e, ERR_USAGE, "--remove goes"
		    " with --configure-docker or --configure-containers");
	if (l->print_password || l->logout)
		return err_set(e, ERR_USAGE, "--configure-docker and"
		    " --configure-containers do not log in or out");
	if (!l->setup.docker && l->auth_file)
		return err_set(e, ERR_USAGE, "--configure-containers writes no"
		    " auth file; --configure-docker --auth-file does");
	if (!l->setup.docker && argc > 0)
		return err_set(e, ERR_USAGE, "--configure-containers is for all"
		    " registries at once; for single ones there is"
		    " --configure-docker --auth-file FILE");
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
	if (l->print_password && l->logout)
		return err_set(e, ERR_USAGE, "--print-password and --logout do"
		    " not go together");
	if (l->print_password && l->auth_file)
		return err_set(e, ERR_USAGE, "--print-password writes no file:"
		    " --auth-file has no use");
	if (l->print_password && argc > 1)
		return err_set(e, ERR_USAGE, "--print-password is for one"
		    " registry, not %d", argc);
	return check_setup(l, argc, e);
}

static bool
do_it(struct login *l, int argc, char **argv, struct err *e)
{
	struct configure *k = &l->setup;
	char none[] = "", *own[] = { none };

	l->path = l->auth_file;
	if (!l->path && !l->print_password && (k->docker || !k->containers) &&
	    !docker_file(&l->s.config, &l->path, e))
		return false;
	if (l->path)
		sandbox_write(&l->s.more, l->path);
	if (k->containers)
		registries_needs(l->s.w, l->s.config.a, &l->s.more);
	l->s.many = argc > 1;
	if (k->docker || k->containers) {
		k->c = &l->s.config;
		k->path = l->path;
		k->out = l->out;
		return configure(k, argc, argv, e);
	}
	if (l->logout)
		return logout(&l->s.config, l->path, l->out, argc, argv, e);
	if (argc == 0) {
		argc = 1;
		argv = own;
	}
	return l->print_password ? print_password(l, str_of(argv[0]), e) :
	    log_in(l, argc, argv, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	static const char *const streams[] = {
		"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"
	};
	struct login l = { .out = 1 };
	const struct opt opts[] = {
		OPT_FLAG('p', "print-password", &l.print_password,
		    "print the password alone; write no file"),
		OPT_STR(0, "auth-file", "FILE", &l.auth_file,
		    "write to this file (containers-auth.json)"),
		OPT_FLAG(0, "logout", &l.logout,
		    "remove entries and cached tokens"),
		OPT_FLAG(0, "configure-docker", &l.setup.docker,
		    "have docker run our credential helper"),
		OPT_FLAG(0, "configure-containers", &l.setup.containers,
		    "the same for podman, skopeo and buildah"),
		OPT_FLAG(0, "remove", &l.setup.remove,
		    "undo --configure-docker or -containers"),
		SESSION_AUTO_PROFILE(&l.s),
		SESSION_OPTIONS(&l.s),
		OPT_END
	};
	bool done;

	if (!opt_parse(opts, &argc, &argv, &l.help, e))
		return false;
	if (l.help)
		return opt_help(app, opts, e);
	if (!check_use(&l, argc, argv, e))
		return false;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		if (l.auth_file && str_eq(str_of(l.auth_file),
		    str_of(streams[i])))
			l.out = 2;
	done = session_open(&l.s, app, e) && do_it(&l, argc, argv, e);
	session_close(&l.s);
	return done;
}

const struct applet applet_ecr_login = {
	.name = "ecr-login",
	.synopsis = "[-pv] [--logout] [--configure-docker] [OPTION...]"
	    " [REGISTRY...]",
	.help =
"Log in to Amazon ECR: get a password with the AWS identity that is there and\n"
"write it to Docker's config.json ($DOCKER_CONFIG, else ~/.docker).\n"
"\n"
"REGISTRY is an account id, ACCOUNT@REGION, a registry host name, a host of\n"
"ecrbox.conf, or public.ecr.aws; without one, the caller's own registry (with\n"
"--logout, every ECR registry that the file has an entry for).\n"
"\n"
"--configure-docker stores no password but has docker run our credential helper\n"
"for the registries, --configure-containers has podman, skopeo and buildah run\n"
"it for all; --region may then list several regions, with commas.",
	.needs = NEEDS_TOKEN,
	.run = run,
};
