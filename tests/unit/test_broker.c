#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/broker.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/program.h"
#include "tests/unit/refuse.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#ifdef SYS_fork
enum { FORK = SYS_fork };
#else
enum { FORK = SYS_clone };
#endif

static int64_t
soon(int64_t ms)
{
	return process_clock_ms() + ms;
}

/* What our work can do, by the lower byte of the order's word; the rest is a
 * number.
 */
enum what {
	TELL_KEPT,	/* a word, which is what was kept */
	TELL_DIRT,	/* what is there behind it and in the arena */
	TELL_SIGNALS,
	TELL_FDS,
	KEEP,		/* so many bytes */
	KEEP_AND_FAIL,
	SAY,		/* a word of so many bytes */
	SAY_MANY,	/* so many words of the greatest length */
	FAIL,
	DIE,		/* of that signal */
	LEAVE,
	NAP,		/* for so many ms; the witness sees that it ended */
	CLING,		/* the same, and SIGTERM does not help */
	PROGRAM,
	EDIT,		/* files, until it is ended */
};

#define ORDER(what, number) ((uint64_t)(what) | (uint64_t)(number) << 8)

/* Held open by whatever is under way. */
static int witness = -1;
static char dir[] = "/tmp/ecrbox-broker-XXXXXX";

static bool
number_word(const struct broker_order *o, uint64_t n, struct err *e)
{
	char text[32];
	struct buf b = BUF(text);

	buf_u64(&b, n);
	return broker_say(o, buf_str(&b), e);
}

static uint64_t
dirt(const char *p, size_t n)
{
	uint64_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += p[i] == 'k';
	return found;
}

static bool
signals(const struct broker_order *o, struct err *e)
{
	static const int of[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD };
	char text[64];
	struct buf b = BUF(text);
	sigset_t mask;

	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	for (size_t i = 0; i < COUNT(of); i++) {
		struct sigaction act;

		(void)sigaction(of[i], NULL, &act);
		buf_char(&b, sigismember(&mask, of[i]) ? 'b' :
		    act.sa_handler == SIG_DFL ? 'd' :
		    act.sa_handler == SIG_IGN ? 'i' : '?');
	}
	return broker_say(o, buf_str(&b), e);
}

static int
open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static bool
nap(int64_t ms)
{
	(void)!write(witness, "n", 1);
	process_sleep_ms(ms);
	return true;
}

static bool
cling(int64_t ms)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &ignore, NULL);
	return nap(ms);
}

static bool
say_many(const struct broker_order *o, size_t count, struct err *e)
{
	static char text[BROKER_WORD_MAX];

	for (size_t i = 0; i < count; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text));
		if (!broker_say(o, (struct str){ text, sizeof(text) }, e))
			return false;
	}
	return true;
}

/* A program with one of its own. */
static bool
program(struct err *e)
{
	static const char *const argv[] = { "/bin/sh", "-c",
		"exec 9>$WITNESS; echo n >&9; sleep 1000 & sleep 1000", NULL };
	static char at[64];
	static const char *const env[] = { at, NULL };
	const struct program p = { .argv = argv, .env = env,
		.deadline = soon(60000), .out_max = 100 };
	struct arena a = t_arena();
	struct str out;

	snprintf(at, sizeof(at), "WITNESS=/proc/%d/fd/%d", (int)getpid(),
	    witness);
	return program_run(&p, &a, &out, e);
}

static bool
change(void *me, struct str old, struct str *now, struct err *e)
{
	struct str *two = me;

	(void)e;
	*now = str_eq(old, two[0]) ? two[1] : two[0];
	return true;
}

static bool
edit(struct err *e)
{
	static char texts[2][30000];
	struct str two[] = { { texts[0], sizeof(texts[0]) },
		{ texts[1], sizeof(texts[1]) } };
	const struct file_edit how = { .change = change, .me = two,
		.mode = 0600 };
	char path[64];

	memset(texts[0], '0', sizeof(texts[0]));
	memset(texts[1], '1', sizeof(texts[1]));
	snprintf(path, sizeof(path), "%s/file", dir);
	for (;;) {
		struct arena a = t_arena();

		if (!file_edit(path, &how, &a, NULL, e))
			return false;
		(void)!write(witness, "n", 1);
	}
}

static bool
fill(struct buf *keep, size_t n)
{
	while (n-- > 0)
		buf_char(keep, 'k');
	return true;
}

static bool
work(void *me, const struct broker_order *o, struct buf *keep, struct err *e)
{
	static char text[BROKER_WORD_MAX + 1];
	const struct arena *a = me;
	size_t n = o->word >> 8;

	switch ((enum what)(o->word & 0xff)) {
	case TELL_KEPT:
		buf_add(keep, o->kept);
		return broker_say(o, str_head(o->kept, BROKER_WORD_MAX), e);
	case TELL_DIRT:
		return number_word(o, dirt(o->kept.p + o->kept.n,
		    CHILD_ANSWER_MAX - o->kept.n) +
		    dirt(a->p, CHILD_ANSWER_MAX + 100), e);
	case TELL_SIGNALS:
		return signals(o, e);
	case TELL_FDS:
		return number_word(o, (uint64_t)open_fds(), e);
	case KEEP:
		return fill(keep, n);
	case KEEP_AND_FAIL:
		(void)fill(keep, n);
		return err_set(e, ERR_NET, "no");
	case SAY:
		memset(text, 'w', sizeof(text));
		return broker_say(o, (struct str){ text, n }, e);
	case SAY_MANY:
		return say_many(o, n, e);
	case FAIL:
		return err_set(e, ERR_DENIED, "no: 100%%");
	case DIE:
		signal((int)n, SIG_DFL);	/* cmocka's */
		return raise((int)n) == 0;
	case LEAVE:
		_exit(3);
	case NAP:
		return nap((int64_t)n);
	case CLING:
		return cling((int64_t)n);
	case PROGRAM:
		return program(e);
	case EDIT:
		return edit(e);
	}
	return false;
}

/* The parent's side */

static void
start(struct broker *b, struct arena *a)
{
	struct err e;

	*a = t_arena();
	if (!broker_start(b, work, a, a, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(a->used, 0);
	assert_int_equal(a->cap, t_arena().cap);
}

static void
ask(struct broker *b, uint64_t word, int64_t ms)
{
	struct err e;

	if (!broker_ask(b, word, soon(ms), &e))
		fail_msg("%s", e.msg);
}

static char heard[BROKER_WORD_MAX + 1];

/* The next that comes, with its bytes in heard. */
static enum broker_said
hear(struct broker *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLIN };
	struct buf said = { heard, 0, BROKER_WORD_MAX, false };
	enum broker_said what;

	assert_int_equal(poll(&p, 1, 20000), 1);
	what = broker_hear(b, &said);
	heard[said.n] = '\0';
	return what;
}

static void
expect(struct broker *b, enum broker_said what, const char *text)
{
	enum broker_said got = hear(b);

	assert_string_equal(heard, text);
	assert_int_equal(got, what);
}

static void
stop(struct broker *b)
{
	int64_t begun = process_clock_ms();

	broker_stop(b, 10000);
	assert_true(process_clock_ms() - begun < 5000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
t_orders(void **state)
{
	static const struct {
		uint64_t word;
		const char *said;	/* NULL: nothing */
		const char *failure;	/* NULL: it succeeds */
		enum err_kind kind;
	} cases[] = {
		{ ORDER(TELL_KEPT, 0), "", NULL, ERR_NONE },
		{ ORDER(KEEP, 3), NULL, NULL, ERR_NONE },
		{ ORDER(TELL_KEPT, 0), "kkk", NULL, ERR_NONE },
		{ ORDER(KEEP_AND_FAIL, 5), NULL, "no", ERR_NET },
		{ ORDER(TELL_KEPT, 0), "kkk", NULL, ERR_NONE },
		{ ORDER(FAIL, 0), NULL, "no: 100%", ERR_DENIED },
		{ ORDER(DIE, SIGSEGV), NULL, "child process: killed by signal"
		    " 11 before it answered", ERR_SYS },
		{ ORDER(DIE, SIGKILL), NULL, "child process: killed by signal"
		    " 9 before it answered", ERR_SYS },
		{ ORDER(DIE, SIGTERM), NULL, "child process: killed by signal"
		    " 15 before it answered", ERR_SYS },
		{ ORDER(LEAVE, 0), NULL, "child process: ended without an"
		    " answer", ERR_SYS },
		{ ORDER(KEEP, CHILD_ANSWER_MAX + 1), NULL, "child process:"
		    " answer of more than 524288 bytes", ERR_LIMIT },
		{ ORDER(SAY, BROKER_WORD_MAX + 1), NULL, "broker: a word of"
		    " more than 32768 bytes", ERR_LIMIT },
		{ ORDER(TELL_KEPT, 0), "kkk", NULL, ERR_NONE },
		{ ORDER(SAY, 0), "", NULL, ERR_NONE },
		{ ORDER(SAY, 2), "ww", NULL, ERR_NONE },
		{ ORDER(KEEP, 0), NULL, NULL, ERR_NONE },
		{ ORDER(TELL_KEPT, 0), "", NULL, ERR_NONE },
	};
	int before = open_fds();
	struct broker b;
	struct arena a;

	(void)state;
	start(&b, &a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(&b, cases[i].word, 5000);
		if (cases[i].said)
			expect(&b, BROKER_WORD, cases[i].said);
		if (cases[i].failure)
			expect(&b, BROKER_FAILED, cases[i].failure);
		else
			expect(&b, BROKER_DONE, "");
		if (cases[i].failure)
			assert_int_equal(b.why, cases[i].kind);
	}
	stop(&b);
	assert_int_equal(open_fds(), before);
}

/* Without waiting, and into what there is of a buffer. */
static void
t_nothing(void **state)
{
	char text[BROKER_WORD_MAX + 2] = "x";
	struct buf said = { text, 1, sizeof(text), false };
	struct broker b;
	struct arena a;

	(void)state;
	start(&b, &a);
	assert_int_equal(broker_hear(&b, &said), BROKER_NOTHING);
	assert_int_equal(said.n, 1);
	ask(&b, ORDER(SAY, 3), 5000);
	assert_int_equal(poll(&(struct pollfd){ b.fd, POLLIN, 0 }, 1, 5000),
	    1);
	assert_int_equal(broker_hear(&b, &said), BROKER_WORD);
	assert_str_equal(buf_str(&said), S("xwww"));
	expect(&b, BROKER_DONE, "");
	assert_int_equal(broker_hear(&b, &said), BROKER_NOTHING);
	assert_true(fcntl(b.fd, F_GETFD) & FD_CLOEXEC);
	stop(&b);
}

/* More than any buffer holds, while the parent does other things; whole and in
 * order.
 */
static void
t_patience(void **state)
{
	enum { WORDS = 100 };
	struct broker b;
	struct arena a;

	(void)state;
	start(&b, &a);
	ask(&b, ORDER(SAY_MANY, WORDS), 20000);
	process_sleep_ms(200);
	for (int i = 0; i < WORDS; i++) {
		assert_int_equal(hear(&b), BROKER_WORD);
		assert_int_equal(strlen(heard), BROKER_WORD_MAX);
		assert_int_equal(heard[0], 'a' + i % 26);
		assert_int_equal(heard[BROKER_WORD_MAX - 1], 'a' + i % 26);
	}
	expect(&b, BROKER_DONE, "");
	stop(&b);
}

/* Nobody listens before the deadline: then what was said is there, and why the
 * rest is not.
 */
static void
t_not_listening(void **state)
{
	struct broker b;
	struct arena a;
	int words = 0;

	(void)state;
	start(&b, &a);
	ask(&b, ORDER(SAY_MANY, 100), 200);
	process_sleep_ms(300);
	while (hear(&b) == BROKER_WORD)
		words++;
	assert_in_range(words, 1, 50);
	assert_string_equal(heard, "broker: nobody listens");
	assert_int_equal(b.why, ERR_NET);
	ask(&b, ORDER(SAY, 1), 5000);
	expect(&b, BROKER_WORD, "w");
	expect(&b, BROKER_DONE, "");
	stop(&b);
}

/* Work that does not heed it is ended. */
static void
t_deadline(void **state)
{
	static const struct {
		uint64_t word;
		int64_t ms, least_ms;
	} cases[] = {
		{ ORDER(NAP, 20000), 100, 100 + CHILD_GRACE_MS },
		{ ORDER(NAP, 20000), -1000, 0 },
		{ ORDER(CLING, 20000), 100, 100 + CHILD_GRACE_MS +
		    CHILD_END_MS },
	};
	struct broker b;
	struct arena a;

	(void)state;
	start(&b, &a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t begun = process_clock_ms();

		ask(&b, cases[i].word, cases[i].ms);
		expect(&b, BROKER_FAILED, "child process: no answer in time");
		assert_int_equal(b.why, ERR_NET);
		assert_in_range(process_clock_ms() - begun, cases[i].least_ms,
		    9000);
	}
	stop(&b);
}

/* What was kept does not stay where it was. */
static void
t_wiped(void **state)
{
	static const size_t sizes[] = { CHILD_ANSWER_MAX, 1, 0 };
	struct broker b;
	struct arena a;

	(void)state;
	start(&b, &a);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		ask(&b, ORDER(KEEP, sizes[i]), 20000);
		expect(&b, BROKER_DONE, "");
		ask(&b, ORDER(TELL_DIRT, 0), 20000);
		expect(&b, BROKER_WORD, "0");
		expect(&b, BROKER_DONE, "");
	}
	stop(&b);
}

/* Those for the whole group. The work is as it was before, but for what the
 * parent has blocked.
 */
static void
t_signals(void **state)
{
	static const int of[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1,
		SIGALRM, SIGTSTP };
	const struct sigaction ignore = { .sa_handler = SIG_IGN },
	    usual = { .sa_handler = SIG_DFL };
	sigset_t set, before;
	struct broker b;
	struct arena a;

	(void)state;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaction(SIGHUP, &ignore, NULL);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	start(&b, &a);
	(void)sigprocmask(SIG_SETMASK, &before, &set);
	assert_true(sigismember(&set, SIGINT));
	assert_false(sigismember(&set, SIGTERM));
	(void)sigaction(SIGHUP, &usual, NULL);
	for (size_t i = 0; i < COUNT(of); i++)
		assert_int_equal(kill(b.pid, of[i]), 0);
	ask(&b, ORDER(TELL_SIGNALS, 0), 5000);
	expect(&b, BROKER_WORD, "ddidd");
	expect(&b, BROKER_DONE, "");
	stop(&b);
}

/* A parent of its own process, which asks and stays; *fd ends with the last of
 * what it started.
 */
static pid_t
other_parent(uint64_t word, int *fd)
{
	struct broker b;
	struct arena a;
	struct err e;
	int ends[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ends), 0);
	(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	witness = ends[1];
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		alarm(60);
		a = t_arena();
		if (!broker_start(&b, work, &a, &a, &e))
			_exit(1);
		/* Idle: the witness is the broker's alone. */
		if (word == 0)
			(void)!write(witness, "n", 1);
		else if (!broker_ask(&b, word, soon(60000), &e))
			_exit(1);
		pause();
		_exit(1);
	}
	close(ends[1]);
	witness = -1;
	*fd = ends[0];
	assert_int_equal(read(*fd, &c, 1), 1);
	return pid;
}

/* Its end comes, and soon. */
static void
expect_end(int fd)
{
	int64_t until = soon(9000);
	char c[256];

	while (read(fd, c, sizeof(c)) > 0)
		;
	assert_true(process_clock_ms() < until);
	close(fd);
}

/* Killed, so that it can do nothing about it. */
static void
t_parent_gone(void **state)
{
	static const uint64_t words[] = { 0, ORDER(NAP, 100000),
		ORDER(CLING, 100000), ORDER(PROGRAM, 0) };

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		int fd;
		pid_t pid = other_parent(words[i], &fd);

		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		expect_end(fd);
	}
}

/* Nor does it leave half a file, or one with another name. */
static void
t_edit_ends_whole(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		struct arena a = t_arena();
		char path[64], first;
		struct str body, *names;
		size_t count;
		struct err e;
		int fd;
		pid_t pid = other_parent(ORDER(EDIT, 0), &fd);

		usleep((unsigned)i * 331 % 3000);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		expect_end(fd);
		assert_true(file_list(dir, 10, &a, &names, &count, &e));
		assert_int_equal(count, 1);
		snprintf(path, sizeof(path), "%s/file", dir);
		assert_true(file_read(path, FILE_MAX, &a, &body, &e));
		assert_int_equal(body.n, 30000);
		first = body.p[0];
		for (size_t k = 0; k < body.n; k++)
			assert_int_equal(body.p[k], first);
		assert_int_equal(unlink(path), 0);
	}
}

/* The work goes with it. */
static void
t_broker_killed(void **state)
{
	static const uint64_t words[] = { 0, ORDER(NAP, 100000),
		ORDER(PROGRAM, 0) };

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct err e;
		struct broker b;
		struct arena a;
		int ends[2];
		char c;

		assert_int_equal(pipe(ends), 0);
		(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
		witness = ends[1];
		start(&b, &a);
		close(ends[1]);
		witness = ends[1];
		if (words[i]) {
			ask(&b, words[i], 60000);
			assert_int_equal(read(ends[0], &c, 1), 1);
		}
		kill(b.pid, SIGKILL);
		expect(&b, BROKER_GONE, "");
		expect(&b, BROKER_GONE, "");
		expect_end(ends[0]);
		assert_false(broker_ask(&b, 0, soon(5000), &e));
		assert_string_equal(e.msg, "ask the broker: Broken pipe");
		assert_int_equal(e.kind, ERR_SYS);
		stop(&b);
	}
	witness = -1;
}

/* Bytes that are none of its own mean that it is not there any more. */
static void
t_no_broker(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
		{ "\1", 1 }, { "\0\0", 2 }, { "\4\0", 2 }, { "\377\0x", 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct broker b = { .fd = -1 };
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends),
		    0);
		b.fd = ends[0];
		assert_int_equal(write(ends[1], cases[i].bytes, cases[i].n),
		    cases[i].n);
		assert_int_equal(hear(&b), BROKER_GONE);
		close(ends[0]);
		close(ends[1]);
	}
}

/* Nobody to say it to */
static void
t_say_to_nobody(void **state)
{
	struct broker_order o = { .deadline = soon(5000) };
	struct err e;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	close(ends[0]);
	o.fd = ends[1];
	assert_false(broker_say(&o, S("word"), &e));
	assert_string_equal(e.msg, "broker: send: Broken pipe");
	assert_int_equal(e.kind, ERR_SYS);
	close(ends[1]);
}

/* It is not waited for longer than that, but does end. */
static void
t_stop(void **state)
{
	int64_t begun;
	struct broker b;
	struct arena a;
	int ends[2];
	char c;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	witness = ends[1];
	start(&b, &a);
	close(ends[1]);
	ask(&b, ORDER(CLING, 60000), 60000);
	assert_int_equal(read(ends[0], &c, 1), 1);
	begun = process_clock_ms();
	broker_stop(&b, 20);
	assert_in_range(process_clock_ms() - begun, 20, CHILD_END_MS - 20);
	expect_end(ends[0]);
	assert_int_equal(waitpid(b.pid, NULL, 0), b.pid);
	witness = -1;
}

/* A line of /proc/PID/status, in KiB. */
static long
status_kib(pid_t pid, const char *name)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtol(line + strlen(name), NULL, 10);
	fclose(f);
	return kib;
}

/* As on the first day */
static void
t_many(void **state)
{
	enum { ORDERS = 1000 };
	static const uint64_t words[] = { ORDER(KEEP, 5000), ORDER(SAY, 300),
		ORDER(TELL_KEPT, 0), ORDER(FAIL, 0), ORDER(DIE, SIGKILL) };
	long anon = 0;
	struct broker b;
	struct arena a;

	(void)state;
	start(&b, &a);
	for (int i = 0; i < ORDERS; i++) {
		if (i == ORDERS / 10)
			anon = status_kib(b.pid, "RssAnon:");
		ask(&b, words[(size_t)i % COUNT(words)], 20000);
		while (hear(&b) == BROKER_WORD)
			;
	}
	assert_in_range(status_kib(b.pid, "RssAnon:"), 1, anon + 16);
	ask(&b, ORDER(TELL_FDS, 0), 5000);
	/* Those of the socket, the answer's pipe and its eventfd. */
	assert_int_equal(hear(&b), BROKER_WORD);
	close(b.fd);
	assert_int_equal(strtol(heard, NULL, 10), open_fds() + 3);
	assert_int_equal(waitpid(b.pid, NULL, 0), b.pid);
}

static bool
start_only(void *me, struct err *e)
{
	static char few[CHILD_ANSWER_MAX + 16];
	struct arena a = { few, sizeof(few), 0 };
	struct broker b;
	int before = open_fds();

	(void)me;
	return broker_start(&b, work, NULL, &a, e) ||
	    (open_fds() != before && err_set(e, ERR_SYS, "left open"));
}

static bool
no_room(void *me, struct err *e)
{
	static char few[CHILD_ANSWER_MAX - 1];
	struct arena a = { few, sizeof(few), 0 };
	struct broker b;

	return broker_start(&b, work, me, &a, e);
}

/* A piece of work for which there is no child. */
static bool
one_order(void *me, struct err *e)
{
	static char few[CHILD_ANSWER_MAX + 16];
	struct arena a = { few, sizeof(few), 0 };
	struct buf said = { heard, 0, BROKER_WORD_MAX, false };
	struct broker b;

	if (!broker_start(&b, work, me, &a, e) ||
	    !broker_ask(&b, ORDER(SAY, 1), soon(5000), e))
		return false;
	if (poll(&(struct pollfd){ b.fd, POLLIN, 0 }, 1, 5000) != 1 ||
	    broker_hear(&b, &said) != BROKER_FAILED)
		return true;
	return err_set(e, b.why, "%.*s", STR_ARG(buf_str(&said)));
}

static void
t_refused(void **state)
{
	static const struct {
		bool (*act)(void *me, struct err *e);
		struct refuse calls[2];
		const char *msg;
		enum err_kind kind;
	} cases[] = {
		{ start_only, { { SYS_clone, EAGAIN }, { FORK, EAGAIN } },
		    "broker: fork: Resource temporarily unavailable",
		    ERR_SYS },
		{ start_only, { { SYS_socketpair, EMFILE },
		    { SYS_socketpair, EMFILE } },
		    "broker: socketpair: Too many open files", ERR_SYS },
		{ no_room, { { SYS_reboot, EPERM }, { SYS_reboot, EPERM } },
		    "broker: out of memory", ERR_LIMIT },
		{ one_order, { { SYS_pipe2, EMFILE }, { SYS_pipe2, EMFILE } },
		    "pipe: Too many open files", ERR_SYS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e;

		assert_false(refuse_run(cases[i].calls, 2, cases[i].act, NULL,
		    &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
	}
}

static int
set_up(void **state)
{
	(void)state;
	process_harden();
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_orders),
		cmocka_unit_test(t_nothing),
		cmocka_unit_test(t_patience),
		cmocka_unit_test(t_not_listening),
		cmocka_unit_test(t_deadline),
		cmocka_unit_test(t_wiped),
		cmocka_unit_test(t_signals),
		cmocka_unit_test(t_parent_gone),
		cmocka_unit_test(t_edit_ends_whole),
		cmocka_unit_test(t_broker_killed),
		cmocka_unit_test(t_no_broker),
		cmocka_unit_test(t_say_to_nobody),
		cmocka_unit_test(t_stop),
		cmocka_unit_test(t_many),
		cmocka_unit_test(t_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
