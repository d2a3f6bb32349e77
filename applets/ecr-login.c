#include "applets/configure.h"
#include "applets/say.h"
#include "applets/session.h"
#include "aws/registry.h"
#include "base/json.h"
#include "base/limits.h"
#include "login/named.h"
#include "login/token.h"
#include "sink/docker.h"
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

/* --auth-file, $DOCKER_CONFIG/config.json, ~/.docker/config.json. */
static bool
find_path(struct login *l, struct err *e)
{
	struct config *c = &l->s.config;
	struct str dir = world_env(c->w, "DOCKER_CONFIG");
	struct buf b = arena_buf(c->a, PATH_MAX_BYTES);

	if (l->auth_file) {
		l->path = l->auth_file;
		return true;
	}
	if (!dir.n)
		return profile_path(c->w, S("~/.docker/config.json"), c->a,
		    &l->path, e) || err_in(e, "find config.json (--auth-file"
		    " or DOCKER_CONFIG can name it)");
	buf_add(&b, dir);
	buf_add(&b, S("/config.json"));
	buf_char(&b, '\0');
	if (b.full)
		return err_set(e, ERR_LIMIT, "find config.json: path is longer"
		    " than %u bytes", PATH_MAX_BYTES);
	l->path = b.p;
	return true;
}

/* The entry to write: the edit's callback sees it as me. */
struct entry {
	const struct login *l;
	struct str host, auth;
	const char *shadow;
	bool found;
};

static bool
put_entry(void *me, struct str old, struct str *now, struct err *e)
{
	struct entry *entry = me;

	return docker_put(old, entry->host, entry->auth, entry->l->s.config.a,
	    now, &entry->shadow, e);
}

static bool
remove_entry(void *me, struct str old, struct str *now, struct err *e)
{
	struct entry *entry = me;

	if (!old.p)
		return true;	/* no file: nothing to remove, none to make */
	return docker_remove(old, entry->host, entry->l->s.config.a, now,
	    &entry->found, e);
}

static bool
edit_entries(const struct login *l, struct entry *entry,
    bool (*change)(void *, struct str, struct str *, struct err *),
    struct err *e)
{
	const struct world *w = l->s.w;
	const struct file_edit how = {
		.change = change, .me = entry, .mode = 0600, .dir_mode = 0700,
		.wait = true,
	};

	if (!w->edit(w->me, l->path, &how, l->s.config.a, e))
		return err_in(e, "update '%s'", l->path);
	return true;
}

static bool
print_password(const struct ecr_token *t, struct arena *a, struct err *e)
{
	struct buf b = arena_buf(a, t->password.n + 1);
	bool done;

	buf_add(&b, t->password);
	buf_char(&b, '\n');
	done = write_all(1, buf_str(&b));
	if (!done)
		err_sys(e, "write to standard output");
	buf_wipe(&b);
	return done;
}

static bool
log_in(struct login *l, struct str text, struct err *e)
{
	struct config *c = &l->s.config;
	struct registry r;
	struct ecr_token t;
	struct entry entry = { .l = l };

	if (!registry_named(c, text, &r, e) ||
	    !token_get(c, CRED_ORDER_CLI, &r, c->a, &t, e))
		return false;
	if (l->print_password)
		return print_password(&t, c->a, e);
	entry.host = r.host.n ? r.host : t.host;
	entry.auth = t.auth;
	if (!edit_entries(l, &entry, put_entry, e))
		return false;
	if (entry.shadow)
		world_warn(l->s.w, "docker will not use the entry of '%.*s':"
		    " '%s' in '%s' names a credential helper for it",
		    STR_ARG(entry.host), entry.shadow, l->path);
	return say(l->out, S("Login Succeeded"), S(""), e);
}

/* *found: there was an entry, and it was said that it is removed. */
static bool
log_out_of(struct login *l, const struct registry *r, bool *found,
    struct err *e)
{
	struct entry entry = { .l = l, .host = r->host };

	if (!token_forget(&l->s.config, CRED_ORDER_CLI, r, e) ||
	    !edit_entries(l, &entry, remove_entry, e))
		return false;
	*found = entry.found;
	return !entry.found ||
	    say(l->out, S("Removing login credentials for "), r->host, e);
}

static bool
log_out(struct login *l, struct str text, struct err *e)
{
	struct registry r;
	bool found;

	if (!registry_named(&l->s.config, text, &r, e) ||
	    !log_out_of(l, &r, &found, e))
		return false;
	return found || say(l->out, S("Not logged in to "), r.host, e);
}

/* The file's auths: an object, an empty one when there is none. */
static bool
read_entries(const struct login *l, struct json *auths, struct err *e)
{
	static const struct str none = S_INIT("{}");
	struct arena *a = l->s.config.a;
	struct json root;
	struct str text;

	if (!l->s.w->file(l->s.w->me, l->path, a, &text, e)) {
		if (e->kind != ERR_ABSENT)
			return false;
		text = none;
	}
	if (!json_parse(str_trim(text).n ? text : none, a, &root, e))
		return err_in(e, "read '%s'", l->path);
	if (!json_get(root, S("auths"), auths))
		return json_parse(none, a, auths, e);
	/* Of anything else json_first names no keys. */
	if (json_kind(*auths) != JSON_OBJECT)
		return err_set(e, ERR_REPLY, "read '%s': 'auths' is not an"
		    " object", l->path);
	return true;
}

/* Every ECR host that the file has an entry for, one after another. */
static bool
log_out_of_all(struct login *l, struct err *e)
{
	struct json auths, key, item;
	bool found, any = false;

	if (!read_entries(l, &auths, e))
		return false;
	for (bool more = json_first(auths, &key, &item); more;
	    more = json_next(auths, &key, &item)) {
		struct registry r;
		struct str name;
		struct err why;

		if (!json_str(key, l->s.config.a, &name, e))
			return false;
		if (!registry_parse(name, l->s.config.a, &r, &why))
			continue;
		if (!log_out_of(l, &r, &found, e))
			return false;
		any |= found;
	}
	return any ||
	    say(l->out, S("Not logged in to any ECR registry"), S(""), e);
}

/* One failure does not keep the other registries waiting. */
static bool
each_registry(struct login *l, int argc, char **argv, struct err *e)
{
	bool (*step)(struct login *, struct str, struct err *) =
	    l->logout ? log_out : log_in;
	int failed = 0;

	if (argc == 0)
		return l->logout ? log_out_of_all(l, e) : log_in(l, S(""), e);
	if (argc == 1)
		return step(l, str_of(argv[0]), e);
	for (int i = 0; i < argc; i++) {
		struct err why;

		if (step(l, str_of(argv[i]), &why))
			continue;
		log_line(S("ecr-login"), str_of(why.msg));
		failed++;
	}
	if (failed)
		return err_set(e, ERR_DENIED, "%d of %d registries failed",
		    failed, argc);
	return true;
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

	if (!l->print_password && (k->docker || !k->containers) &&
	    !find_path(l, e))
		return false;
	if (!k->docker && !k->containers)
		return each_registry(l, argc, argv, e);
	k->c = &l->s.config;
	k->path = l->path;
	k->out = l->out;
	return configure(k, argc, argv, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	static const char *const streams[] = { "/dev/stdout", "/dev/fd/1" };
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
"REGISTRY is an account id, ACCOUNT@REGION, a registry host name, or\n"
"public.ecr.aws; without one, the caller's own registry (with --logout, every\n"
"ECR registry that the file has an entry for).\n"
"\n"
"--configure-docker stores no password but has docker run our credential helper\n"
"for the registries, --configure-containers has podman, skopeo and buildah run\n"
"it for all; --region may then list several regions, with commas.",
	.run = run,
};
