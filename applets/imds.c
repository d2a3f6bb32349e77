#include "aws/imds.h"

#include "applets/session.h"
#include "base/json.h"
#include "sys/file.h"
#include "sys/log.h"

struct ask {
	struct session s;
	bool json, credentials, help;
	bool lines;	/* what is printed ends in a newline */
};

/* Nobody prints keys by mistake. What a server could read as another path than
 * the one that was checked is not asked for.
 */
static bool
check_path(const struct ask *k, struct str path, struct err *e)
{
	const struct str keys = S("security-credentials");
	struct str rest = path, part;

	while (rest.n) {
		str_cut(rest, '/', &part, &rest);
		if (str_eq(part, S(".")) || str_eq(part, S("..")) ||
		    str_has(part, '%'))
			return err_set(e, ERR_USAGE, "'%.*s': '.', '..' and"
			    " '%%' have no place in a path", STR_ARG(path));
		if (rest.n && !k->credentials &&
		    str_eq_nocase(str_head(part, keys.n), keys))
			return err_set(e, ERR_USAGE, "'%.*s' holds credentials:"
			    " give --credentials to print them",
			    STR_ARG(path));
	}
	return true;
}

static bool
find_path(const struct ask *k, struct str word, struct arena *a,
    struct str *path, struct err *e)
{
	if (!word.n)	/* most likely a variable that is not set */
		return err_set(e, ERR_USAGE, "a path is empty");
	if (str_eq(word, S("user-data")) || str_eq(word, S("/user-data")))
		word = S("latest/user-data");
	return imds_path(word, a, path, e) && check_path(k, *path, e);
}

static bool
print(const struct ask *k, struct str body, struct err *e)
{
	if (write_all(1, body) && (!k->lines || str_ends(body, S("\n")) ||
	    write_all(1, S("\n"))))
		return true;
	return err_sys(e, "write to standard output");
}

static bool
ask_for(struct ask *k, struct str path, struct err *e)
{
	struct config *c = &k->s.config;
	struct str body;
	bool found;

	if (!imds_find(c, path, c->a, &found, &body, e))
		return false;
	if (!found)
		return err_set(e, ERR_ABSENT, "'%.*s': not there",
		    STR_ARG(path));
	if (k->json && !json_check(body, e))
		return err_in(e, "'%.*s'", STR_ARG(path));
	return print(k, body, e);
}

/* Of what the library says, our name comes first anyway. */
static void
complain(const struct err *why)
{
	struct str text = str_of(why->msg), first, rest;

	str_cut(text, ' ', &first, &rest);
	log_line(S("imds"), str_eq(first, S("imds")) ||
	    str_eq(first, S("imds:")) ? rest : text);
}

/* One path that is not there does not keep the others waiting; a service that
 * is not there, or nobody who reads, does.
 */
static bool
each_path(struct ask *k, const struct str *paths, int count, struct err *e)
{
	struct config *c = &k->s.config;
	struct err why = { .kind = ERR_NONE };

	if (k->s.flags.timeout_ms) {
		c->imds_wait_ms = k->s.flags.timeout_ms;
		c->imds_deadline = c->deadline;
	}
	for (int i = 0; i < count; i++) {
		if (ask_for(k, paths[i], &why))
			continue;
		complain(&why);
		if ((!c->imds_token.n && !c->imds_v1) || why.kind == ERR_SYS)
			break;
	}
	return why.kind == ERR_NONE || err_set(e, why.kind, "%s", "");
}

/* *paths is in a; all of them are checked before any is asked for. */
static bool
find_paths(struct ask *k, int argc, char **argv, struct arena *a,
    struct str **paths, struct err *e)
{
	if (k->json && argc)
		return err_set(e, ERR_USAGE, "--json takes no path");
	if (!k->json && !argc)
		return err_set(e, ERR_USAGE, "no path named");
	k->lines = k->json || argc > 1;
	*paths = arena_get(a, ((size_t)argc + 1) * sizeof(**paths));
	if (!*paths)
		return err_set(e, ERR_LIMIT, "too many paths");
	(*paths)[0] = S("latest/dynamic/instance-identity/document");
	for (int i = 0; i < argc; i++)
		if (!find_path(k, str_of(argv[i]), a, &(*paths)[i], e))
			return false;
	return true;
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct ask k = { .json = false };
	const struct opt opts[] = {
		OPT_FLAG(0, "json", &k.json, "print the identity document"),
		OPT_FLAG(0, "credentials", &k.credentials,
		    "print paths that hold credentials too"),
		SESSION_PROFILE(&k.s),
		OPT_SECONDS(0, "timeout", &k.s.flags.timeout_ms,
		    "wait so long for all answers; default 2"),
		SESSION_VERBOSE(&k.s),
		OPT_END
	};
	struct str *paths;
	bool done;

	if (!opt_parse(opts, &argc, &argv, &k.help, e))
		return false;
	if (k.help)
		return opt_help(app, opts, e);
	if (!find_paths(&k, argc, argv, app->a, &paths, e))
		return false;
	done = session_open(&k.s, app, e) &&
	    each_path(&k, paths, k.json ? 1 : argc, e);
	session_close(&k.s);
	return done;
}

const struct applet applet_imds = {
	.name = "imds",
	.synopsis = "[-v] [OPTION...] PATH... | --json",
	.help =
"Print EC2 instance metadata: each PATH as the service has it, a directory as\n"
"the service lists it. Several are asked for on one connection, and each then\n"
"ends in a newline.\n"
"\n"
"PATH is taken below /latest/meta-data/ unless it begins with dynamic,\n"
"meta-data, latest or a version; user-data is /latest/user-data. Try: /,\n"
"instance-id, placement/region, tags/instance/, spot/instance-action,\n"
"user-data, dynamic/instance-identity/document.",
	.needs = NEEDS_METADATA,
	.run = run,
};
