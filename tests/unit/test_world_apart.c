/* What a step apart may do, and a process that has heard from the network. */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "tests/unit/refuse.h"
#include "tests/unit/script.h"
#include "world.h"

static char dir[64];

static int
make(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_world_apart.XXXXXX");
	return !mkdtemp(dir) || chdir(dir) < 0 || mkdir("in", 0700) ||
	    mkdir("out", 0700) || symlink("out/deep/file", "link") ||
	    dup2(open("/dev/null", O_WRONLY), 99) != 99;
}

static int
leave(void **state)
{
	char command[80];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") || system(command);
}

static bool
has_landlock(void)
{
	return syscall(444, NULL, 0, 1) >= 4;	/* and ports */
}

static void
say_needs(void *me, struct sandbox_needs *n)
{
	*n = *(const struct sandbox_needs *)me;
}

static struct world *
open_in(enum sandbox_mode mode, struct sandbox_needs *needs, bool verbose,
    struct arena *a)
{
	const struct world_conf conf = { .prog = S("prog"),
		.verbose = verbose, .http = { .hosts = "/nonexistent",
		.resolv = "/nonexistent" }, .sandbox = mode,
		.needs = needs ? say_needs : NULL, .needs_me = needs };
	struct world *w;
	struct err e;

	assert_true(world_open(&conf, a, &w, &e));
	return w;
}

static bool
change(void *me, struct str old, struct str *now, struct err *e)
{
	(void)me;
	(void)old;
	(void)e;
	*now = S("new");
	return true;
}

static int64_t
soon(const struct world *w)
{
	return w->clock_ms(w->me) + 5000;
}

/* What a step tries. */
struct step {
	struct world *w;
	struct arena *a;
	const char *reads, *edits;	/* NULL: none */
	uint16_t port;			/* asked; 0: none */
	bool fails, wide;
	pid_t pid;
	int64_t nap_ms;
};

static bool
ask(const struct step *s, struct err *e)
{
	const struct http_req req = { .method = S("GET"), .to = {
		.host = S("127.0.0.1"), .port = s->port, .literal = true },
		.deadline = soon(s->w) };
	struct http_res res;

	return s->w->exchange(s->w->me, &req, s->a, &res, e);
}

static bool
try(void *me, struct buf *out, struct err *e)
{
	struct step *s = me;
	const struct file_edit how = { .change = change, .mode = 0600,
		.dir_mode = 0700, .wait = true };
	struct world *w = s->w;
	struct str body;

	if (s->pid == getpid())
		return err_set(e, ERR_SYS, "in the same process");
	s->pid = 0;	/* a change that is lost */
	w->pause(w->me, s->nap_ms, s->nap_ms);
	buf_add(out, S("done"));
	if (s->fails)
		return err_set(e, ERR_DENIED, "made to fail");
	for (size_t i = 0; s->wide && i <= CHILD_ANSWER_MAX; i++)
		buf_char(out, 'x');
	return (!s->reads || w->file(w->me, s->reads, s->a, &body, e)) &&
	    (!s->edits || w->edit(w->me, s->edits, &how, s->a, e)) &&
	    (!s->port || ask(s, e));
}

SCRIPT_ANSWER(hello, OK11 "Content-Length: 0\r\n\r\n")

#define DENIED "Permission denied"
#define PASSWD "open '/etc/passwd': "
#define TOO_MANY "sandbox: more than 128 paths or 16 ports"
#define OTHER 60001

static void
held(void **state)
{
	static const struct {
		struct sandbox_needs needs;
		struct step step;
		const char *msg, *off;	/* NULL: it goes well; off: in that
					   mode too */
	} cases[] = {
		{ { .reads = { "/etc" } }, { .reads = "/etc/passwd" }, NULL,
		    NULL },
		{ { .reads = { "in" } }, { .reads = "/etc/passwd" },
		    PASSWD DENIED, NULL },
		{ { .writes = { "out/x" } }, { .reads = "/etc/passwd" },
		    PASSWD DENIED, NULL },
		{ { .writes = { "out/x" } }, { .edits = "out/x" }, NULL,
		    NULL },
		{ { .writes = { "out/x" } }, { .edits = "out/new/y" }, NULL,
		    NULL },
		{ { .writes = { "out/a/b/x" } }, { .edits = "out/a/b/x" },
		    NULL, NULL },
		{ { .writes = { "link" } }, { .edits = "link" }, NULL, NULL },
		{ { .writes = { "/dev/null/x" } }, { .edits = "/dev/null/x" },
		    "open '/dev/null/x': Not a directory",
		    "open '/dev/null/x': Not a directory" },
		{ { .writes = { "/dev/null" } }, { .edits = "/dev/null" },
		    NULL, NULL },
		{ { .writes = { "/dev/fd/99", "out/x" } }, {
		    .edits = "/dev/fd/99" }, NULL, NULL },
		{ { .writes = { "out/x" } }, { .edits = "in/x" },
		    "write 'in/x': " DENIED, NULL },
		{ { .writes = { "link" } }, { .edits = "in/x" },
		    "write 'in/x': " DENIED, NULL },
		{ { .reads = { "in" }, .writes = { "out/x" } }, {
		    .edits = "in/x" }, "write 'in/x': " DENIED, NULL },
		/* as long as nothing is heard */
		{ { .reads = { "in" }, .early_programs = true },
		    { .reads = "/etc/passwd" }, NULL, NULL },
		{ { .connects = { OTHER } }, { .port = OTHER },
		    "connect 127.0.0.1:60001: connection refused",
		    "connect 127.0.0.1:60001: connection refused" },
		{ { .connect_any = true }, { .port = OTHER },
		    "connect 127.0.0.1:60001: connection refused",
		    "connect 127.0.0.1:60001: connection refused" },
		{ { .reads = { "in" } }, { .fails = true }, "made to fail",
		    "made to fail" },
		{ { .reads = { "in" } }, { .wide = true }, "child process:"
		    " answer of more than 524288 bytes", "child process:"
		    " answer of more than 524288 bytes" },
		{ { .reads = { "in" }, .full = true }, { .port = 0 },
		    TOO_MANY, NULL },
	};
	/* Last the one in which files are made that should not be. */
	static const enum sandbox_mode modes[] = { SANDBOX_STRICT, SANDBOX_ON,
		SANDBOX_OFF };

	(void)state;
	if (!has_landlock())
		skip();
	for (int m = 0; m < 3; m++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			enum sandbox_mode mode = modes[m];
			struct arena a = t_arena();
			struct step step = cases[i].step;
			const char *msg = mode == SANDBOX_OFF ? cases[i].off :
			    cases[i].msg;
			struct str answer = S("untouched");
			struct err e = { ERR_NONE, "" };

			step.w = open_in(mode, NULL, false, &a);
			step.a = &a;
			step.pid = getpid();
			(void)!step.w->apart(step.w->me, &cases[i].needs,
			    soon(step.w), try, &step, &a, &answer, &e);
			assert_string_equal(e.msg, msg ? msg : "");
			assert_str_equal(answer, msg ? S("untouched") :
			    S("done"));
			assert_int_equal(step.pid, getpid());
		}
}

/* The port of a server that is there, or one that the needs do not have. */
static void
ports(void **state)
{
	char path[80];

	(void)state;
	if (!has_landlock())
		skip();
	snprintf(path, sizeof(path), "%s/in", dir);
	for (int i = 0; i < 3; i++) {
		struct arena a = t_arena();
		struct step step = { .a = &a, .w = open_in(SANDBOX_STRICT,
		    NULL, false, &a) };
		struct sandbox_needs needs = { .reads = { path } };
		struct server s = server_start(hello);
		struct str answer;
		struct err e;

		if (i == 0)
			needs.connects[0] = s.port;
		else if (i == 1)
			needs.connect_any = true;
		else
			needs.connects[0] = OTHER;
		step.port = s.port;
		if (step.w->apart(step.w->me, &needs, soon(step.w), try,
		    &step, &a, &answer, &e)) {
			assert_true(i < 2);
		} else {
			assert_int_equal(i, 2);
			assert_non_null(strstr(e.msg, ": not permitted"));
			/* so that it is content */
			step.w->apart(step.w->me, &(struct sandbox_needs){
			    .connect_any = true }, soon(step.w), try, &step,
			    &a, &answer, &e);
		}
		server_finish(s);
	}
}

static bool look_last(void *me, struct buf *out, struct err *e);

/* A step that runs programs first may do anything, until it asks. */
static void
first_programs(void **state)
{
	(void)state;
	if (!has_landlock())
		skip();
	for (int early = 0; early < 2; early++) {
		struct arena a = t_arena();
		struct server s = server_start(hello);
		struct step step = { .a = &a, .port = s.port,
			.w = open_in(SANDBOX_STRICT, NULL, false, &a) };
		const struct sandbox_needs needs = { .connects = { s.port },
			.reads = { "in" }, .early_programs = early };
		struct str answer;
		struct err e;

		assert_false(step.w->apart(step.w->me, &needs, soon(step.w),
		    look_last, &step, &a, &answer, &e));
		assert_string_equal(e.msg, PASSWD DENIED);
		server_finish(s);
	}
}

static void
too_late(void **state)
{
	struct arena a = t_arena();
	struct step step = { .a = &a, .nap_ms = 60000 };
	const struct sandbox_needs needs = { .reads = { "in" } };
	struct str answer;
	struct err e;

	(void)state;
	step.w = open_in(SANDBOX_ON, NULL, false, &a);
	assert_false(step.w->apart(step.w->me, &needs,
	    step.w->clock_ms(step.w->me) + 20, try, &step, &a, &answer, &e));
	assert_string_equal(e.msg, "child process: no answer in time");
	assert_int_equal(e.kind, ERR_NET);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* What the process itself may do, before and after it has asked; each in a
 * process of its own, since it is for good.
 */
struct life {
	struct sandbox_needs needs;
	enum sandbox_mode mode;
	bool (*act)(struct step *s, struct err *e);
	const char *msg;	/* "": it goes well */
	struct server *server;
};

static bool
live(void *me, struct err *e)
{
	struct life *life = me;
	struct arena a = t_arena();
	struct step step = { .a = &a, .port = life->server->port };

	if (!life->needs.connects[0])
		life->needs.connects[0] = step.port;
	step.w = open_in(life->mode, &life->needs, false, &a);
	return life->act(&step, e) && err_set(e, ERR_NONE, "%s", "");
}

static bool
look(const struct step *s, struct err *e)
{
	struct str body;

	return s->w->file(s->w->me, "/etc/passwd", s->a, &body, e);
}

static bool
before(struct step *s, struct err *e)
{
	return look(s, e) && ask(s, e);
}

static bool
after(struct step *s, struct err *e)
{
	return ask(s, e) && look(s, e);
}

static bool
write_after(struct step *s, struct err *e)
{
	const struct file_edit how = { .change = change, .mode = 0600,
		.dir_mode = 0700, .wait = true };

	return ask(s, e) && s->w->edit(s->w->me, "out/c/x", &how, s->a, e);
}

static bool
apart_after(struct step *s, struct err *e)
{
	struct str answer;

	if (!ask(s, e))
		return false;
	s->port = 0;
	return s->w->apart(s->w->me, &(struct sandbox_needs){
	    .reads = { "in" } }, soon(s->w), try, s, s->a, &answer, e);
}

/* In the child; look before or after it asks. */
static bool
look_first(void *me, struct buf *out, struct err *e)
{
	(void)out;
	return before(me, e);
}

static bool
look_last(void *me, struct buf *out, struct err *e)
{
	(void)out;
	return after(me, e);
}

static bool
beside(struct step *s, child_work *work, struct err *e)
{
	const struct uri to = { .host = S("127.0.0.1"), .port = OTHER,
		.literal = true };
	struct str answer;

	return s->w->beside(s->w->me, &to, soon(s->w), work, s, s->a, &answer,
	    e);
}

static bool
beside_before(struct step *s, struct err *e)
{
	return beside(s, look_first, e);
}

static bool
beside_after(struct step *s, struct err *e)
{
	return beside(s, look_last, e);
}

static bool
after_beside(struct step *s, struct err *e)
{
	return beside(s, look_first, e) && look(s, e);
}

static bool
nap(void *me, struct buf *out, struct err *e)
{
	const struct step *s = me;

	(void)out;
	(void)e;
	s->w->pause(s->w->me, 10000, 10000);
	return true;
}

/* Who was forked before can still be ended. */
static bool
beside_late(struct step *s, struct err *e)
{
	const struct uri to = { .host = S("127.0.0.1"), .port = OTHER,
		.literal = true };
	int64_t begun = s->w->clock_ms(s->w->me), took;
	struct str answer;
	struct err asked;
	bool done = s->w->beside(s->w->me, &to, begun + 20, nap, s, s->a,
	    &answer, e);

	took = s->w->clock_ms(s->w->me) - begun;
	/* The server is to be content. */
	if (!ask(s, &asked))
		*e = asked;
	return done || (took > 5000 && err_set(e, ERR_NET, "too late"));
}

static void
lives(void **state)
{
	static const struct life cases[] = {
		{ { .reads = { "in" } }, SANDBOX_STRICT, before, "", NULL },
		{ { .reads = { "in" } }, SANDBOX_STRICT, after,
		    PASSWD DENIED, NULL },
		{ { .reads = { "in" } }, SANDBOX_ON, after, PASSWD DENIED,
		    NULL },
		{ { .reads = { "in" } }, SANDBOX_OFF, after, "", NULL },
		{ { .reads = { "/etc" } }, SANDBOX_STRICT, after, "", NULL },
		{ { .writes = { "in/c/y" } }, SANDBOX_STRICT, write_after,
		    "make directory 'out/c': " DENIED, NULL },
		{ { .writes = { "out/c/y" } }, SANDBOX_STRICT, write_after,
		    "", NULL },
		{ { .children = true }, SANDBOX_ON, apart_after, "sandbox:"
		    " nothing is done apart from within one", NULL },
		{ { .full = false }, SANDBOX_OFF, apart_after, "", NULL },
		{ { .children = true, .reads = { "in" } }, SANDBOX_STRICT,
		    beside_before, "", NULL },
		{ { .children = true, .reads = { "in" } }, SANDBOX_STRICT,
		    beside_after, PASSWD DENIED, NULL },
		{ { .children = true, .reads = { "in" } }, SANDBOX_STRICT,
		    after_beside, PASSWD DENIED, NULL },
		{ { .children = true, .reads = { "in" } }, SANDBOX_STRICT,
		    beside_late, "child process: no answer in time", NULL },
	};

	(void)state;
	if (!has_landlock())
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct server s = server_start(hello);
		struct life life = cases[i];
		struct err e = { ERR_NONE, "" };

		life.server = &s;
		(void)!refuse_run(NULL, 0, live, &life, &e);
		assert_string_equal(e.msg, cases[i].msg);
		server_finish(s);
	}
}

/* Nothing is asked by who cannot be held. */
static void
cannot_be_held(void **state)
{
	struct arena a = t_arena();
	struct sandbox_needs needs = { .full = true };
	struct step step = { .a = &a, .port = OTHER };
	struct err e;

	(void)state;
	step.w = open_in(SANDBOX_ON, &needs, false, &a);
	assert_false(ask(&step, &e));
	assert_string_equal(e.msg, TOO_MANY);
	assert_false(beside(&step, look_first, &e));
	assert_string_equal(e.msg, TOO_MANY);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_true(look(&step, &e));
	needs.full = false;
	step.w = open_in(SANDBOX_OFF, &needs, false, &a);
	assert_false(ask(&step, &e));
	assert_string_equal(e.msg,
	    "connect 127.0.0.1:60001: connection refused");
}

static void
knows_home(void **state)
{
	struct arena a = t_arena();
	struct world *w = open_in(SANDBOX_OFF, NULL, false, &a);

	(void)state;
	assert_int_equal(setenv("HOME", "", 1), 0);
	assert_null(world_env(w, "HOME").p);
	world_home(w, "/home/u");
	assert_str_equal(world_env(w, "HOME"), S("/home/u"));
	assert_int_equal(unsetenv("HOME"), 0);
	assert_str_equal(world_env(w, "HOME"), S("/home/u"));
	assert_null(world_env(w, "HOM").p);
	assert_int_equal(setenv("HOME", "/other", 1), 0);
	assert_str_equal(world_env(w, "HOME"), S("/other"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(held),
		cmocka_unit_test(ports),
		cmocka_unit_test(first_programs),
		cmocka_unit_test(too_late),
		cmocka_unit_test(lives),
		cmocka_unit_test(cannot_be_held),
		cmocka_unit_test(knows_home),
	};

	return cmocka_run_group_tests(tests, make, leave);
}
