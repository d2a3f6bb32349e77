#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/child.h"
#include "sys/process.h"
#include "tests/unit/refuse.h"

/* Where there is but the newer call. */
#ifdef SYS_fork
enum { FORK = SYS_fork, POLL = SYS_poll };
#else
enum { FORK = SYS_clone, POLL = SYS_ppoll };
#endif

static int64_t
soon(int64_t ms)
{
	return process_clock_ms() + ms;
}

static bool
run(child_work *work, void *me, int64_t ms, struct arena *a,
    struct str *answer, struct err *e)
{
	struct child ch;

	return child_start(&ch, work, me, a, e) &&
	    child_finish(&ch, soon(ms), a, answer, e);
}

static int
open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Nobody is left that we would have to wait for. */
static void
expect_alone(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static bool
echo(void *me, struct buf *out, struct err *e)
{
	(void)e;
	buf_add(out, *(struct str *)me);
	return true;
}

static bool
fill(void *me, struct buf *out, struct err *e)
{
	(void)e;
	for (size_t i = *(size_t *)me; i > 0; i--)
		buf_char(out, 'x');
	return true;
}

static bool
nap(void *me, struct buf *out, struct err *e)
{
	(void)e;
	process_sleep_ms(*(int64_t *)me);
	buf_add(out, S("late"));
	return true;
}

static void
t_answers(void **state)
{
	struct str words[] = {
		S("answer"), S(""), { "a\0b\n", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct arena a = t_arena();
		struct str answer = S("untouched");
		struct err e = { ERR_NONE, "untouched" };

		assert_true(run(echo, &words[i], 5000, &a, &answer, &e));
		assert_str_equal(answer, words[i]);
		assert_string_equal(e.msg, "untouched");
		expect_alone();
	}
}

/* More than a pipe holds, while the parent does other things. */
static void
t_large(void **state)
{
	size_t n = CHILD_ANSWER_MAX;
	struct arena a = t_arena();
	struct child ch;
	struct str answer;
	struct err e;

	(void)state;
	assert_true(child_start(&ch, fill, &n, &a, &e));
	process_sleep_ms(20);
	assert_true(child_finish(&ch, soon(5000), &a, &answer, &e));
	assert_int_equal(answer.n, n);
	assert_int_equal(answer.p[n - 1], 'x');
	expect_alone();
}

/* What the work changes stays with it: memory, and the arena. */
struct shared {
	struct arena *a;
	int number;
	size_t used;
};

static bool
change(void *me, struct buf *out, struct err *e)
{
	struct shared *s = me;
	char *p = arena_get(s->a, 100);

	(void)e;
	if (!p || s->a->used > s->a->cap || out->p < p + 100)
		return false;
	memset(p, 'z', 100);
	s->number = 2;
	buf_add(out, S("changed"));
	return true;
}

static void
t_own_memory(void **state)
{
	struct arena a = t_arena();
	struct shared s = { .a = &a, .number = 1 };
	char *before = arena_get(&a, 16);
	struct str answer;
	struct err e;

	(void)state;
	memcpy(before, "parent's", 8);
	a.p[a.used] = 'p';
	assert_true(run(change, &s, 5000, &a, &answer, &e));
	assert_str_equal(answer, S("changed"));
	assert_int_equal(s.number, 1);
	assert_memory_equal(before, "parent's", 8);
	assert_ptr_equal(answer.p, a.p + 16);
	assert_int_equal(a.used, 16 + answer.n);
	assert_int_equal(a.cap, t_arena().cap);
}

static bool
absent(void *me, struct buf *out, struct err *e)
{
	(void)me;
	buf_add(out, S("half an answer"));
	return err_set(e, ERR_ABSENT, "no credentials: env: none; 100%%");
}

static bool
denied(void *me, struct buf *out, struct err *e)
{
	(void)me;
	(void)out;
	return err_set(e, ERR_DENIED, "%.*s", ERR_MSG_MAX - 1, (char *)me);
}

static bool
die(void *me, struct buf *out, struct err *e)
{
	(void)me;
	(void)out;
	(void)e;
	raise(SIGKILL);
	return true;
}

static bool
leave(void *me, struct buf *out, struct err *e)
{
	(void)me;
	(void)out;
	(void)e;
	_exit(0);
}

static void
t_failures(void **state)
{
	static char longest[ERR_MSG_MAX];
	static size_t too_much = CHILD_ANSWER_MAX + 1;
	static int64_t long_ms = 60000;
	const struct {
		child_work *work;
		void *me;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ absent, NULL, ERR_ABSENT,
		    "no credentials: env: none; 100%" },
		{ denied, longest, ERR_DENIED, longest },
		{ fill, &too_much, ERR_LIMIT,
		    "child process: answer of more than 524288 bytes" },
		{ die, NULL, ERR_SYS,
		    "child process: killed by signal 9 before it answered" },
		{ leave, NULL, ERR_SYS,
		    "child process: ended without an answer" },
		{ nap, &long_ms, ERR_NET,
		    "child process: no answer in time" },
	};

	(void)state;
	memset(longest, 'm', sizeof(longest) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct str answer = S("untouched");
		struct err e;
		int64_t begun = process_clock_ms();

		assert_false(run(cases[i].work, cases[i].me, 200, &a, &answer,
		    &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_str_equal(answer, S("untouched"));
		assert_int_equal(a.used, 0);
		assert_true(process_clock_ms() - begun < 2000);
		expect_alone();
	}
}

static bool
told(const struct child *ch, int ms)
{
	struct pollfd p = { .fd = ch->failed, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* Known at once, before anybody asks for the answer; and of a success there is
 * nothing to know.
 */
static void
t_failed(void **state)
{
	struct str word = S("answer"), answer;
	struct arena a = t_arena();
	struct child ch;
	struct err e;
	int before = open_fds();

	(void)state;
	assert_true(child_start(&ch, absent, NULL, &a, &e));
	assert_true(told(&ch, 5000));
	assert_false(child_finish(&ch, soon(5000), &a, &answer, &e));
	assert_int_equal(e.kind, ERR_ABSENT);

	assert_true(child_start(&ch, echo, &word, &a, &e));
	assert_false(told(&ch, 200));
	assert_true(child_finish(&ch, soon(5000), &a, &answer, &e));
	assert_int_equal(open_fds(), before);
}

/* One that does not want to go is made to. */
static bool
cling(void *me, struct buf *out, struct err *e)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &ignore, NULL);
	return nap(me, out, e);
}

static void
t_clinging(void **state)
{
	int64_t long_ms = 20000, begun = process_clock_ms();
	struct arena a = t_arena();
	struct str answer;
	struct err e;

	(void)state;
	assert_false(run(cling, &long_ms, 100, &a, &answer, &e));
	assert_int_equal(e.kind, ERR_NET);
	assert_in_range(process_clock_ms() - begun, 100 + CHILD_END_MS, 9000);
	expect_alone();
}

/* It is asked first, so that it can put the terminal back. */
static int witness;

static void
say_goodbye(int sig)
{
	(void)sig;
	(void)!write(witness, "bye", 3);
	_exit(1);
}

static bool
tidy(void *me, struct buf *out, struct err *e)
{
	const struct sigaction act = { .sa_handler = say_goodbye };

	sigaction(SIGTERM, &act, NULL);
	(void)!write(witness, "hi", 2);
	return nap(me, out, e);
}

static void
t_asked_first(void **state)
{
	int64_t long_ms = 60000;
	struct arena a = t_arena();
	char heard[8] = "";
	struct str answer;
	struct err e;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	witness = ends[1];
	assert_false(run(tidy, &long_ms, 100, &a, &answer, &e));
	close(ends[1]);
	assert_int_equal(read(ends[0], heard, sizeof(heard)), 5);
	assert_string_equal(heard, "hibye");
	close(ends[0]);
}

static bool
tell_fds(void *me, struct buf *out, struct err *e)
{
	(void)me;
	(void)e;
	for (int fd = 3; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			buf_u64(out, (uint64_t)fd);
	return true;
}

/* Its own two and those that we were given, wherever they are. */
static void
t_alone(void **state)
{
	enum { FULL = 20, GIVEN = 40, OURS = 50 };
	struct arena a = t_arena();
	struct str answer;
	struct rlimit old, few;
	struct child ch;
	struct err e;
	int fd, fill[FULL], count = 0, before = open_fds();

	(void)state;
	while ((fd = fcntl(0, F_DUPFD_CLOEXEC, 3)) < FULL)
		fill[count++] = fd;
	assert_int_equal(fd, FULL);
	assert_int_equal(dup2(0, GIVEN), GIVEN);
	assert_int_equal(dup3(0, OURS, O_CLOEXEC), OURS);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	/* The next are 21 for us, 22 and 23 for it; or the last is not there.
	 * Others may have been there before any of it.
	 */
	for (int k = 0; k < 2; k++) {
		few = (struct rlimit){ k ? 23 : old.rlim_cur, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		assert_true(child_start_alone(&ch, tell_fds, NULL, &a, &e));
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_int_equal(ch.failed, k ? -1 : 23);
		assert_true(child_finish(&ch, soon(5000), &a, &answer, &e));
		assert_true(str_ends(answer, k ? S("2240") : S("222340")));
	}
	assert_true(child_start(&ch, tell_fds, NULL, &a, &e));
	assert_true(child_finish(&ch, soon(5000), &a, &answer, &e));
	assert_true(str_ends(answer, S("2022234050")));
	while (count > 0)
		close(fill[--count]);
	close(FULL);
	close(GIVEN);
	close(OURS);
	assert_int_equal(open_fds(), before);
}

/* Given up, whatever it is at: napping, clinging, answered, failed, dead. */
static void
t_end(void **state)
{
	static int64_t long_ms = 20000;
	static struct str word = S_INIT("answer");
	static const struct {
		child_work *work;
		void *me;
		bool ready;	/* before it is ended */
		int64_t least_ms;
	} cases[] = {
		{ nap, &long_ms, false, 0 },
		{ cling, &long_ms, false, CHILD_END_MS },
		{ echo, &word, true, 0 },
		{ absent, NULL, true, 0 },
		{ die, NULL, true, 0 },
	};
	int before = open_fds();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct pollfd p = { .events = POLLIN };
		struct child ch;
		struct err e;
		int64_t begun;

		assert_true(child_start(&ch, cases[i].work, cases[i].me, &a,
		    &e));
		p.fd = ch.fd;
		assert_int_equal(poll(&p, 1, cases[i].ready ? 5000 : 100),
		    cases[i].ready);
		begun = process_clock_ms();
		child_end(&ch);
		assert_in_range(process_clock_ms() - begun, cases[i].least_ms,
		    9000);
		assert_int_equal(a.used, 0);
		assert_int_equal(open_fds(), before);
		expect_alone();
	}
}

/* A parent that is killed takes the child with it: the pipe that both hold is
 * then closed.
 */
static void
t_parent_dies(void **state)
{
	int64_t long_ms = 20000, begun = process_clock_ms();
	struct arena a = t_arena();
	struct child ch;
	struct err e;
	char c;
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	witness = ends[1];
	pid = fork();
	if (pid == 0) {
		alarm(20);
		if (!child_start(&ch, tidy, &long_ms, &a, &e))
			_exit(1);
		pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	while (read(ends[0], &c, 1) == 1)
		;
	assert_true(process_clock_ms() - begun < 9000);
	close(ends[0]);
}

/* No more processes, no more descriptors: told, and nothing is left over. */
static void
t_cannot_start(void **state)
{
	struct arena a = t_arena();
	struct rlimit old, none;
	struct child ch;
	struct err e;
	int next;

	(void)state;
	next = open("/dev/null", O_RDONLY);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ (rlim_t)next, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_false(child_start(&ch, absent, NULL, &a, &e));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_string_equal(e.msg, "pipe: Too many open files");
	assert_int_equal(e.kind, ERR_SYS);
}

/* Where nobody waits for children, an answer is an answer all the same. */
static void
t_children_ignored(void **state)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	struct str word = S("answer"), answer;
	struct arena a = t_arena();
	struct err e;

	(void)state;
	sigaction(SIGCHLD, &ignore, NULL);
	assert_true(run(echo, &word, 5000, &a, &answer, &e));
	assert_false(run(die, NULL, 5000, &a, &answer, &e));
	sigaction(SIGCHLD, &usual, NULL);
	assert_str_equal(answer, word);
}

static bool
start_only(void *me, struct err *e)
{
	static char few[1000];
	struct arena a = { few, sizeof(few), 0 };
	struct child ch;

	*(int *)me = open_fds();
	return child_start(&ch, absent, NULL, &a, e) ||
	    (open_fds() != *(int *)me && err_set(e, ERR_SYS, "left open"));
}

static bool
run_echo(void *me, struct err *e)
{
	static char few[CHILD_ANSWER_MAX];
	struct arena a = { few, sizeof(few), 0 };
	struct str answer;

	return run(echo, me, 5000, &a, &answer, e);
}

/* A directory is there to be read at once, and cannot be. */
static bool
hear_directory(void *me, struct err *e)
{
	static char few[CHILD_ANSWER_MAX];
	struct arena a = { few, sizeof(few), 0 };
	struct str answer;
	struct child ch;
	int fd = open("/", O_RDONLY);

	return child_start(&ch, echo, me, &a, e) && dup2(fd, ch.fd) >= 0 &&
	    child_finish(&ch, soon(5000), &a, &answer, e);
}

static void
t_refused(void **state)
{
	struct str word = S("answer");
	int fds;
	const struct {
		bool (*act)(void *me, struct err *e);
		void *me;
		struct refuse calls[2];
		const char *msg;
	} cases[] = {
		{ start_only, &fds, { { .call = SYS_clone, .code = EAGAIN },
		    { .call = FORK, .code = EAGAIN } },
		    "fork: Resource temporarily unavailable" },
		{ run_echo, &word, { { .call = POLL, .code = ENOMEM },
		    { .call = SYS_ppoll, .code = ENOMEM } },
		    "child process: poll: Cannot allocate memory" },
		{ hear_directory, &word, { { 0 } },
		    "child process: read: Is a directory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e;

		assert_false(refuse_run(cases[i].calls,
		    cases[i].calls[0].code ? 2 : 0, cases[i].act,
		    cases[i].me, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_SYS);
	}
}

/* No room for an answer, in the child or in us. */
static void
t_full(void **state)
{
	static const struct {
		size_t cap;
		const char *msg;
	} cases[] = {
		{ 64, "child process: out of memory" },
		{ 16, "child process: out of memory for its answer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static char few[64];
		struct str word = S("answer"), answer;
		struct arena a = { few, cases[i].cap, 0 };
		struct err e;

		assert_false(run(echo, &word, 5000, &a, &answer, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_LIMIT);
		expect_alone();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_answers),
		cmocka_unit_test(t_large),
		cmocka_unit_test(t_own_memory),
		cmocka_unit_test(t_failures),
		cmocka_unit_test(t_failed),
		cmocka_unit_test(t_clinging),
		cmocka_unit_test(t_asked_first),
		cmocka_unit_test(t_end),
		cmocka_unit_test(t_alone),
		cmocka_unit_test(t_parent_dies),
		cmocka_unit_test(t_cannot_start),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_children_ignored),
		cmocka_unit_test(t_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
