/* docker-credential-ecr-login.c - the drop-in for the official helper.
 *
 * Protocol: docker/docker-credential-helpers; command line and exit codes:
 * awslabs/amazon-ecr-credential-helper. All failures of get print one and the
 * same line on standard output, since docker, podman and crane compare it;
 * what went wrong goes to standard error, which docker shows.
 */
#include <stdlib.h>

#include "applets/session.h"
#include "applets/stream.h"
#include "base/json.h"
#include "base/limits.h"
#include "login/choose.h"
#include "login/token.h"
#include "version.h"

#define INPUT_MAX (64u << 10)	/* one line of the original's scanner */
#define NAME "docker-credential-ecr-login"

static const struct str not_found =
    S_INIT("credentials not found in native keychain\n");

/* Print text and fail with nothing on standard error. */
static bool
print_failure(struct str text, struct err *e)
{
	if (!stream_print(text, e))
		return false;
	return err_set(e, ERR_ABSENT, "%s", "");
}

/* Fails with what *e says; when it cannot be printed, with that. */
static bool
say_not_found(struct err *e)
{
	(void)!stream_print(not_found, e);
	return false;
}

/* The server's name: every line of the input, put together, trimmed. */
static bool
read_server(struct arena *a, struct str *server, struct err *e)
{
	struct str rest, line;
	struct buf b;

	if (!stream_read(INPUT_MAX, a, &rest, e))
		return false;
	b = arena_buf(a, rest.n + 1);
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		if (str_ends(line, S("\r")))
			line.n--;
		buf_add(&b, line);
	}
	*server = str_trim(buf_str(&b));
	if (server->n == 0)
		return print_failure(S("no credentials server URL\n"), e);
	return true;
}

static bool
answer(struct str server, const struct ecr_token *t, struct arena *a,
    struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_add(&b, S("{\"ServerURL\":"));
	json_quote(&b, server);
	buf_add(&b, S(",\"Username\":"));
	json_quote(&b, t->user);
	buf_add(&b, S(",\"Secret\":"));
	json_quote(&b, t->password);
	buf_add(&b, S("}\n"));
	return stream_built(a, &b, e);
}

static bool
get(struct session *s, struct arena *a, struct err *e)
{
	struct str server;
	struct config c;
	struct registry r;
	struct ecr_token t;
	bool ours;

	if (!read_server(a, &server, e))
		return false;
	ours = registry_choose_host(&s->config, server, &c, &r, e);
	if (ours) {
		session_trust(s, &c);
		if (token_get(&c, CRED_ORDER_GO, &r, a, &t, e))
			return answer(server, &t, a, e);
	}
	/* As credsStore we are asked for every registry there is: only of
	 * ours is a failure worth a line.
	 */
	if (!ours && e->kind == ERR_ABSENT)
		e->msg[0] = '\0';
	e->kind = ERR_ABSENT;
	return say_not_found(e);
}

/* Nothing is kept, since get makes a password whenever one is wanted; but
 * docker login must not fail for it. The input is checked as the original does.
 */
static bool
store(struct arena *a, struct err *e)
{
	struct str input, url, user;
	struct json root;
	struct err why;

	if (!stream_read(INPUT_MAX, a, &input, e))
		return false;
	if (!json_parse(input, a, &root, &why)) {
		if (!stream_print(str_of(why.msg), e))
			return false;
		return print_failure(S("\n"), e);
	}
	if (!json_get_str(root, S("ServerURL"), a, &url, &why) || !url.n)
		return print_failure(S("no credentials server URL\n"), e);
	if (!json_get_str(root, S("Username"), a, &user, &why) || !user.n)
		return print_failure(S("no credentials username\n"), e);
	return true;
}

static bool
erase(struct session *s, struct arena *a, struct err *e)
{
	struct str server;
	struct registry r;

	if (!read_server(a, &server, e))
		return false;
	if (!registry_choose_host(&s->config, server, NULL, &r, e))
		return e->kind == ERR_ABSENT;
	return token_forget(&s->config, CRED_ORDER_GO, &r, e);
}

/* Registries with a usable token in the cache. The original asks ECR for two
 * tokens here; a list of what is there needs none.
 */
static bool
list(struct session *s, struct arena *a, struct err *e)
{
	struct str hosts[TOKEN_LIST_MAX];
	size_t count = token_list(&s->config, a, hosts, TOKEN_LIST_MAX);
	struct buf b = arena_buf(a, 0);

	buf_char(&b, '{');
	for (size_t i = 0; i < count; i++) {
		/* An emulator's host keeps its port. */
		char text[sizeof("https://:65535") + DNS_NAME_MAX];
		struct buf url = BUF(text);

		buf_add(&url, S("https://"));
		buf_add(&url, hosts[i]);
		buf_add(&b, i ? S(",") : S(""));
		json_quote(&b, buf_str(&url));
		buf_add(&b, S(":\"AWS\""));
	}
	buf_add(&b, S("}\n"));
	return stream_built(a, &b, e);
}

/* A session for those actions that need one. That it cannot be had is, for
 * get, a failure like any other.
 */
static bool
with_session(struct app *app, bool (*action)(struct session *, struct arena *,
    struct err *), struct err *e)
{
	struct session s = { .flags.timeout_ms = HELPER_MS };
	struct str verbose = str_of(getenv("ECRBOX_VERBOSE"));
	bool done;

	s.verbose = str_eq(verbose, S("1"));
	if (session_open(&s, app, e))
		done = action(&s, app->a, e);
	else
		done = action == get && say_not_found(e);
	session_close(&s);
	/* Exit status 2 is kept for bad options. */
	if (!done && e->kind == ERR_USAGE)
		e->kind = ERR_SYS;
	return done;
}

static const struct str usage = S_INIT(
    "Usage of " NAME ":\n"
    "  -v\tprint version and exit\n"
    "Actions: get, store, erase, list, version."
    " ECRBOX_VERBOSE=1 explains itself.\n");

/* What strconv.ParseBool of Go takes for true, or (wanted false) for false. */
static bool
go_bool(struct str s, bool wanted)
{
	static const struct str words[2][6] = {
		{ S_INIT("0"), S_INIT("f"), S_INIT("F"), S_INIT("false"),
		    S_INIT("FALSE"), S_INIT("False") },
		{ S_INIT("1"), S_INIT("t"), S_INIT("T"), S_INIT("true"),
		    S_INIT("TRUE"), S_INIT("True") },
	};

	for (size_t i = 0; i < 6; i++)
		if (str_eq(s, words[wanted][i]))
			return true;
	return false;
}

/* One option without its dashes. *version and *help: asked for. */
static bool
read_option(struct str word, bool *version, bool *help, struct err *e)
{
	struct str name, value;
	bool with = str_cut(word, '=', &name, &value);

	if (str_eq(name, S("h")) || str_eq(name, S("help"))) {
		*help = true;
		return true;
	}
	if (!str_eq(name, S("v")))
		return err_set(e, ERR_USAGE, "flag provided but not defined:"
		    " -%.*s", STR_ARG(name));
	if (with && !go_bool(value, true) && !go_bool(value, false))
		return err_set(e, ERR_USAGE, "invalid boolean value '%.*s' for"
		    " -v", STR_ARG(value));
	*version = !with || go_bool(value, true);
	return true;
}

/* Options as Go's flag package reads them: one or two dashes, all before the
 * action. The arguments left are the action's. *done: the answer has been
 * given.
 */
static bool
read_options(int *argc, char ***argv, bool *done, struct err *e)
{
	bool version = false, help = false;

	for (--*argc, ++*argv; *argc > 0; --*argc, ++*argv) {
		struct str word = str_of((*argv)[0]);

		if (!str_starts(word, S("-")) || word.n == 1)
			break;
		word = str_skip(word, str_starts(word, S("--")) ? 2 : 1);
		if (word.n == 0) {	/* "--" ends the options */
			--*argc;
			++*argv;
			break;
		}
		if (!read_option(word, &version, &help, e)) {
			stream_complain(str_of(e->msg));
			stream_complain(S("\n"));
			stream_complain(usage);
			e->msg[0] = '\0';	/* it has been told */
			return false;
		}
		if (help)
			break;
	}
	*done = help || version;
	if (help)
		stream_complain(usage);
	else if (version)
		return stream_print(S("ecrbox\nVersion:    " ECRBOX_VERSION
		    "\nGit commit: " ECRBOX_COMMIT "\n"), e);
	return true;
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct str action;
	bool done;

	if (!read_options(&argc, &argv, &done, e))
		return false;
	if (done)
		return true;
	if (argc != 1)
		return print_failure(S("Usage: " NAME
		    " <store|get|erase|list|version>\n"), e);
	action = str_of(argv[0]);
	if (str_eq(action, S("get")))
		return with_session(app, get, e);
	if (str_eq(action, S("store")))
		return store(app->a, e);
	if (str_eq(action, S("erase")))
		return with_session(app, erase, e);
	if (str_eq(action, S("list")))
		return with_session(app, list, e);
	if (str_eq(action, S("version")))
		return stream_print(S(NAME " (ecrbox) " ECRBOX_VERSION "\n"),
		    e);
	if (!stream_print(S(NAME ": unknown action: "), e) ||
	    !stream_print(action, e))
		return false;
	return print_failure(S("\n"), e);
}

const struct applet applet_docker_credential_ecr_login = {
	.name = NAME,
	.alias = "credential-helper",
	.synopsis = "[-v] get|store|erase|list|version",
	.help = "Docker credential helper for Amazon ECR.",
	.needs = NEEDS_TOKEN,
	.run = run,
};
