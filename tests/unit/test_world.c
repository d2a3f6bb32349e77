#include "t.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "tests/unit/script.h"
#include "world.h"

static const char *
env(void *me, const char *name)
{
	return strcmp(name, "X") == 0 ? me : NULL;
}

/* Unset and empty are one; only "true" is true. */
static void
env_rules(void **state)
{
	static const struct {
		const char *value;
		bool present, truth;
	} cases[] = {
		{ "true", true, true },
		{ "TRUE", true, true },
		{ "tRuE", true, true },
		{ NULL, false, false },
		{ "", false, false },
		{ "false", true, false },
		{ "1", true, false },
		{ "yes", true, false },
		{ " true", true, false },
		{ "true ", true, false },
		{ "tru", true, false },
		{ "truer", true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char value[16];
		struct world w = { .me = NULL, .env = env };

		if (cases[i].value)
			w.me = strcpy(value, cases[i].value);
		assert_int_equal(world_env(&w, "X").p != NULL,
		    cases[i].present);
		assert_int_equal(world_env_true(&w, "X"), cases[i].truth);
		if (cases[i].present)
			assert_str_equal(world_env(&w, "X"),
			    str_of(cases[i].value));
		assert_null(world_env(&w, "Y").p);
		assert_false(world_env_true(&w, "Y"));
	}
}

static void
keep_note(void *me, enum world_note kind, struct str text)
{
	struct buf *b = me;

	buf_add(b, kind == NOTE_WARNING ? S("W:") : S("D:"));
	buf_add(b, text);
}

static void
notes_are_printable(void **state)
{
	char text[2 * ERR_MSG_MAX];
	struct buf b = BUF(text);
	const struct world w = { .me = &b, .note = keep_note };
	char longer[2 * ERR_MSG_MAX];

	(void)state;
	world_warn(&w, "'%s' is %d", "a\x1b[2J\n", 7);
	world_detail(&w, "b%%");
	assert_str_equal(buf_str(&b), S("W:'a?[2J?' is 7D:b%"));

	b.n = 0;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	world_warn(&w, "%s", longer);
	assert_int_equal(b.n, 2 + ERR_MSG_MAX - 1);
	assert_true(str_ends(buf_str(&b), S("xx...")));
}

/* What standard error says while the function runs. */
static struct str
on_stderr(const struct world *w, void (*speak)(const struct world *))
{
	static char text[4096];
	int pair[2], old = dup(2);
	ssize_t n;

	assert_int_equal(pipe(pair), 0);
	assert_int_equal(dup2(pair[1], 2), 2);
	close(pair[1]);
	speak(w);
	assert_int_equal(dup2(old, 2), 2);
	close(old);
	n = read(pair[0], text, sizeof(text));
	close(pair[0]);
	assert_true(n >= 0);
	return (struct str){ text, (size_t)n };
}

static void
speak(const struct world *w)
{
	world_detail(w, "small");
	world_warn(w, "big");
}

static struct world *
open_real(struct arena *a, bool verbose)
{
	const struct world_conf conf = { .prog = S("prog"),
		.verbose = verbose };
	struct world *w;
	struct err e;

	assert_true(world_open(&conf, a, &w, &e));
	return w;
}

static void
real_notes(void **state)
{
	struct arena a = t_arena();

	(void)state;
	assert_str_equal(on_stderr(open_real(&a, false), speak),
	    S("prog: warning: big\n"));
	assert_str_equal(on_stderr(open_real(&a, true), speak),
	    S("prog: small\nprog: warning: big\n"));
}

static void
real_world(void **state)
{
	struct arena a = t_arena();
	struct world *w = open_real(&a, false);
	struct http_req req = { .method = S("GET"), .to = {
		.host = S("127.0.0.1"), .port = 1, .literal = true } };
	struct http_res res;
	struct str body;
	struct err e;
	int64_t t;

	(void)state;
	assert_int_equal(setenv("ECRBOX_TEST", "v", 1), 0);
	assert_str_equal(world_env(w, "ECRBOX_TEST"), S("v"));
	assert_int_equal(setenv("ECRBOX_TEST", "", 1), 0);
	assert_null(world_env(w, "ECRBOX_TEST").p);
	assert_true(w->now(w->me) > 1700000000);
	t = w->clock_ms(w->me);
	w->pause(w->me, 20, 30);
	assert_in_range(w->clock_ms(w->me) - t, 20, 1000);
	assert_false(w->file(w->me, "/dev/null/x", &a, &body, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_false(w->exchange(w->me, &req, &a, &res, &e));
	assert_string_equal(e.msg, "http '127.0.0.1': no time left");
	world_close(w);
}

/* Servers for beside: what comes over which connection. */

static void
say(int fd, const char *word)
{
	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\n"));
	script_say(fd, str_of(word));
}

static void
one_on_one(int listener)
{
	int fd = script_accept(listener);

	say(fd, "one");
	script_hear_end(fd);
}

/* The second answers when the first has a connection. */
static int connected[2];

static void
one_telling(int listener)
{
	int fd = script_accept(listener);

	script_want(write(connected[1], "", 1) == 1);
	say(fd, "one");
	script_hear_end(fd);
}

static void
one_waiting(int listener)
{
	char c;

	script_want(read(connected[0], &c, 1) == 1);
	one_on_one(listener);
}

static void
two_on_one(int listener)
{
	int fd = script_accept(listener);

	say(fd, "one");
	say(fd, "two");
	script_hear_end(fd);
}

static void
two_on_first(int listener)
{
	int first = script_accept(listener), other;

	say(first, "one");
	other = script_accept(listener);
	say(other, "new");
	script_hear_end(other);
	say(first, "two");
	script_hear_end(first);
}

struct beside {
	struct world *w;
	struct arena *a;
	struct http_req req;
	bool here;	/* set by who shares our memory */
};

static bool
fetch(void *me, struct buf *out, struct err *e)
{
	struct beside *b = me;
	struct http_res res;

	if (!b->w->exchange(b->w->me, &b->req, b->a, &res, e))
		return false;
	buf_add(out, res.body);
	return true;
}

static void
expect_body(struct world *w, const struct http_req *req, struct arena *a,
    const char *body)
{
	struct http_res res;
	struct err e;

	if (!w->exchange(w->me, req, a, &res, &e))
		fail_msg("%s", e.msg);
	assert_str_equal(res.body, str_of(body));
}

/* The connection that is opened meanwhile is the exchange's; one that was kept
 * goes to who has use for it.
 */
static void
beside_connects(void **state)
{
	static const struct {
		void (*mine)(int);	/* our server */
		void (*its)(int);	/* the child's; NULL: the same */
		bool before;	/* the child's has been asked */
		const char *answer, *next;
	} cases[] = {
		{ one_telling, one_waiting, false, "one", "one" },
		{ one_on_one, two_on_one, true, "two", "one" },
		{ two_on_first, NULL, true, "new", "two" },
	};

	(void)state;
	assert_int_equal(pipe(connected), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct world *w = open_real(&a, false);
		struct server mine = server_start(cases[i].mine), its = mine;
		struct beside b = { .w = w, .a = &a };
		struct http_req req = client_get(mine);
		struct str answer;
		struct err e;

		if (cases[i].its)
			its = server_start(cases[i].its);
		b.req = client_get(its);
		if (cases[i].before)
			expect_body(w, &b.req, &a, "one");
		if (!w->beside(w->me, &req.to, req.deadline, fetch, &b, &a,
		    &answer, &e))
			fail_msg("%s", e.msg);
		assert_str_equal(answer, str_of(cases[i].answer));
		expect_body(w, &req, &a, cases[i].next);
		world_close(w);
		server_finish(mine);
		if (cases[i].its)
			server_finish(its);
	}
}

static bool
write_much(void *me, struct buf *out, struct err *e)
{
	struct beside *b = me;

	b->here = true;
	if (b->req.count == 0)
		return err_set(e, ERR_ABSENT, "no credentials");
	for (size_t i = 0; i < b->req.count; i++)
		buf_char(out, 'x');
	return true;
}

static struct beside again;

/* Without descriptors there is no pipe, and so no child. */
static void
without_child(const struct world *w)
{
	struct rlimit old, none;
	struct str answer = S("untouched");
	struct err e;
	int next = dup(0);

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ (rlim_t)next, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	again.req.count = 3;
	assert_true(w->beside(w->me, &again.req.to, again.req.deadline,
	    write_much, &again, again.a, &answer, &e));
	assert_str_equal(answer, S("xxx"));
	assert_true(again.here);
	again.req.count = CHILD_ANSWER_MAX + 1;
	assert_false(w->beside(w->me, &again.req.to, again.req.deadline,
	    write_much, &again, again.a, &answer, &e));
	assert_string_equal(e.msg, "answer of more than 524288 bytes");
	assert_int_equal(e.kind, ERR_LIMIT);
	again.req.count = 0;
	assert_false(w->beside(w->me, &again.req.to, again.req.deadline,
	    write_much, &again, again.a, &answer, &e));
	assert_string_equal(e.msg, "no credentials");
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void
beside_alone(void **state)
{
	struct arena a = t_arena();
	struct world *w = open_real(&a, true);
	struct str said;

	(void)state;
	again = (struct beside){ .w = w, .a = &a, .req = { .to = {
		.host = S("127.0.0.1"), .port = 1, .literal = true },
		.deadline = w->clock_ms(w->me) + 5000 } };
	said = on_stderr(w, without_child);
	assert_true(str_starts(said, S("prog: nothing is done ahead: pipe:"
	    " Too many open files\n")));
	assert_int_equal(said.n, 3 * strlen("prog: nothing is done ahead: pipe:"
	    " Too many open files\n"));
	world_close(w);
}

static void
no_memory(void **state)
{
	char few[64];
	struct arena a = { few, sizeof(few), 0 };
	const struct world_conf conf = { .prog = S("prog") };
	struct world *w;
	struct err e;

	(void)state;
	assert_false(world_open(&conf, &a, &w, &e));
	assert_string_equal(e.msg, "out of memory at the start");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(env_rules),
		cmocka_unit_test(notes_are_printable),
		cmocka_unit_test(real_notes),
		cmocka_unit_test(real_world),
		cmocka_unit_test(beside_connects),
		cmocka_unit_test(beside_alone),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
