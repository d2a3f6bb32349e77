#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "base/limits.h"
#include "sys/process.h"
#include "sys/program.h"
#include "sys/terminal.h"
#include "tests/unit/refuse.h"

#define QUESTION "Enter MFA code for arn:aws:iam::1:mfa/me: "

/* A person at a terminal, and somebody who asks: a child whose controlling
 * terminal it is.
 */
struct desk {
	int person;	/* the person's side */
	int report;	/* from the child */
	pid_t child;
	char seen[4096];
	size_t n;
};

static void
expect_seen(struct desk *d, const char *text)
{
	size_t want = strlen(text);
	int64_t until = process_clock_ms() + 5000;

	while (d->n < want && process_clock_ms() < until) {
		struct pollfd p = { .fd = d->person, .events = POLLIN };
		ssize_t got;

		if (poll(&p, 1, 100) <= 0)
			continue;
		got = read(d->person, d->seen + d->n, sizeof(d->seen) - d->n);
		if (got <= 0)
			break;
		d->n += (size_t)got;
	}
	assert_str_equal(((struct str){ d->seen, d->n }), str_of(text));
	d->n = 0;
}

static void
type(struct desk *d, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(write(d->person, text, n), n);
}

static bool
echoes(const struct desk *d)
{
	struct termios t;

	assert_int_equal(tcgetattr(d->person, &t), 0);
	return t.c_lflag & ECHO;
}

/* The report is kind, then the answer or message. */
static void
ask_here(int report, const char *question, int64_t ms)
{
	struct arena a = t_arena();
	struct str answer = { NULL, 0 };
	struct err e = { ERR_NONE, "" };
	bool done = terminal_ask(str_of(question), process_clock_ms() + ms,
	    &a, &answer, &e);
	char kind = (char)('0' + (done ? ERR_NONE : e.kind));

	if (!done)
		answer = str_of(a.used ? "arena not empty" : e.msg);
	(void)!write(report, &kind, 1);
	(void)!write(report, answer.p, answer.n);
}

static int
become_person(int *name)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd), 0);
	assert_int_equal(unlockpt(fd), 0);
	*name = open(ptsname(fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(*name >= 0);
	return fd;
}

/* In the child: its own session, whose terminal that is. */
static void
sit_down(int name)
{
	(void)setsid();
	(void)ioctl(name, TIOCSCTTY, 0);
}

static void
open_desk(struct desk *d, const char *question, int64_t ms)
{
	int ends[2], name;

	*d = (struct desk){ .person = become_person(&name) };
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	d->child = fork();
	if (d->child == 0) {
		close(ends[0]);
		close(d->person);
		sit_down(name);
		ask_here(ends[1], question, ms);
		_exit(0);
	}
	close(ends[1]);
	close(name);
	d->report = ends[0];
}

/* What the child said, when it is gone. */
static void
expect_report(struct desk *d, enum err_kind kind, const char *text)
{
	char said[2048];
	size_t n = 0;
	ssize_t got;

	while ((got = read(d->report, said + n, sizeof(said) - n)) > 0)
		n += (size_t)got;
	assert_true(n > 0);
	assert_str_equal(((struct str){ said + 1, n - 1 }), str_of(text));
	assert_int_equal(said[0] - '0', kind);
}

static int
close_desk(struct desk *d)
{
	int status;

	assert_int_equal(waitpid(d->child, &status, 0), d->child);
	close(d->report);
	close(d->person);
	return status;
}

static void
t_answers(void **state)
{
	static char longest[ANSWER_MAX + 2];
	static const struct {
		const char *typed, *answer;
	} cases[] = {
		{ "123456\n", "123456" },
		{ "123456\r", "123456" },
		{ "\n", "" },
		{ " a b \n", " a b " },
		{ "abc\177d\n", "abd" },
		{ "abc\025d\n", "d" },
		{ "12\004\00434\n", NULL },
		{ "12\00434\n", "1234" },
		{ longest, longest },
	};

	(void)state;
	memset(longest, 'x', ANSWER_MAX);
	longest[ANSWER_MAX] = '\n';
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct desk d;
		char want[ANSWER_MAX + 2] = "";

		open_desk(&d, QUESTION, 5000);
		expect_seen(&d, QUESTION);
		assert_false(echoes(&d));
		type(&d, cases[i].typed);
		if (cases[i].answer) {
			memcpy(want, cases[i].answer,
			    strlen(cases[i].answer));
			if (cases[i].answer == longest)
				want[ANSWER_MAX] = '\0';
			expect_report(&d, ERR_NONE, want);
		} else {
			expect_report(&d, ERR_SYS, "ask at the terminal: end"
			    " of input");
		}
		expect_seen(&d, "\r\n");
		assert_true(echoes(&d));
		assert_int_equal(close_desk(&d), 0);
	}
}

static void
t_failures(void **state)
{
	static char long_line[ANSWER_MAX + 3];
	struct desk d;

	(void)state;
	memset(long_line, 'x', ANSWER_MAX + 1);
	long_line[ANSWER_MAX + 1] = '\n';
	open_desk(&d, "?", 5000);
	expect_seen(&d, "?");
	type(&d, long_line);
	expect_report(&d, ERR_LIMIT, "ask at the terminal: an answer of more"
	    " than 256 bytes");
	expect_seen(&d, "\r\n");
	assert_true(echoes(&d));
	assert_int_equal(close_desk(&d), 0);

	open_desk(&d, "?", 100);
	expect_seen(&d, "?");
	type(&d, "1234");
	expect_report(&d, ERR_NET, "ask at the terminal: no answer in time");
	expect_seen(&d, "\r\n");
	assert_true(echoes(&d));
	assert_int_equal(close_desk(&d), 0);

	open_desk(&d, "?", 5000);
	expect_seen(&d, "?");
	type(&d, "\004");
	expect_report(&d, ERR_SYS, "ask at the terminal: end of input");
	assert_int_equal(close_desk(&d), 0);
}

/* The question may hold what a file says. */
static void
t_printable(void **state)
{
	struct desk d;

	(void)state;
	open_desk(&d, "a\033[2Jb\n\303\244: ", 5000);
	expect_seen(&d, "a?[2Jb???: ");
	type(&d, "1\n");
	expect_report(&d, ERR_NONE, "1");
	assert_int_equal(close_desk(&d), 0);
}

/* What was typed before is no answer: it was echoed. */
static void
t_typed_before(void **state)
{
	struct desk d = { .n = 0 };
	int name, ends[2];

	(void)state;
	d.person = become_person(&name);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	type(&d, "early\n");
	expect_seen(&d, "early\r\n");
	d.child = fork();
	if (d.child == 0) {
		sit_down(name);
		ask_here(ends[1], "?", 5000);
		_exit(0);
	}
	close(ends[1]);
	close(name);
	d.report = ends[0];
	expect_seen(&d, "?");
	type(&d, "late\n");
	expect_report(&d, ERR_NONE, "late");
	assert_int_equal(close_desk(&d), 0);
}

/* A line that is too long does not become the next command. */
static void
t_rest_is_forgotten(void **state)
{
	static char line[600];
	struct desk d;
	int waiting = -1, name;

	(void)state;
	memset(line, 'x', sizeof(line) - 2);
	line[sizeof(line) - 2] = '\n';
	open_desk(&d, "?", 5000);
	expect_seen(&d, "?");
	name = open(ptsname(d.person), O_RDWR | O_NOCTTY);
	assert_true(name >= 0);
	type(&d, line);
	expect_report(&d, ERR_LIMIT, "ask at the terminal: an answer of more"
	    " than 256 bytes");
	assert_int_equal(ioctl(name, FIONREAD, &waiting), 0);
	assert_int_equal(waiting, 0);
	close(name);
	assert_int_equal(close_desk(&d), 0);
}

/* A signal that ends us ends us, and the terminal is as it was. */
static void
t_ended(void **state)
{
	static const struct {
		const char *typed;	/* NULL: sent */
		int sig;
	} cases[] = {
		{ "\003", SIGINT },
		{ "\034", SIGQUIT },
		{ NULL, SIGTERM },
		{ NULL, SIGHUP },
		{ NULL, SIGINT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct desk d;
		int status;

		open_desk(&d, "?", 5000);
		expect_seen(&d, "?");
		assert_false(echoes(&d));
		type(&d, "12");
		if (cases[i].typed)
			type(&d, cases[i].typed);
		else
			assert_int_equal(kill(d.child, cases[i].sig), 0);
		assert_int_equal(waitpid(d.child, &status, 0), d.child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), cases[i].sig);
		expect_seen(&d, "\r\n");
		assert_true(echoes(&d));
		close(d.report);
		close(d.person);
	}
}

/* Those that the caller ignores or keeps waiting change nothing. */
static void
t_not_ours(void **state)
{
	struct desk d = { .n = 0 };
	int name, ends[2];

	(void)state;
	d.person = become_person(&name);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	d.child = fork();
	if (d.child == 0) {
		sigset_t set;

		(void)sigemptyset(&set);
		(void)sigaddset(&set, SIGTERM);
		(void)sigprocmask(SIG_BLOCK, &set, NULL);
		(void)signal(SIGINT, SIG_IGN);
		sit_down(name);
		ask_here(ends[1], "?", 5000);
		(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
		_exit(0);
	}
	close(ends[1]);
	close(name);
	d.report = ends[0];
	expect_seen(&d, "?");
	assert_int_equal(kill(d.child, SIGTERM), 0);
	assert_int_equal(kill(d.child, SIGINT), 0);
	process_sleep_ms(30);
	type(&d, "1\n");
	expect_report(&d, ERR_NONE, "1");
	expect_seen(&d, "\r\n");
	assert_int_equal(WTERMSIG(close_desk(&d)), SIGTERM);
}

/* A shell with a job, whose report is where the child's would be. */
static void
open_job(struct desk *d, bool foreground)
{
	int ends[2], name;

	*d = (struct desk){ .person = become_person(&name) };
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	d->child = fork();
	if (d->child == 0) {
		int status, stops = 0;
		pid_t job;

		(void)signal(SIGTTOU, SIG_IGN);
		sit_down(name);
		job = fork();
		if (job == 0) {
			(void)setpgid(0, 0);
			if (foreground)
				(void)tcsetpgrp(name, getpid());
			(void)signal(SIGTTOU, SIG_DFL);
			ask_here(ends[1], "?", 5000);
			_exit(0);
		}
		while (waitpid(job, &status, WUNTRACED) == job &&
		    WIFSTOPPED(status)) {
			struct termios t;
			char told[3] = { 's', 'n', 'e' };

			(void)tcsetpgrp(name, getpid());
			(void)tcgetattr(name, &t);
			told[1] = (char)('a' + WSTOPSIG(status));
			told[2] = t.c_lflag & ECHO ? 'e' : 'q';
			(void)!write(ends[1], told, sizeof(told));
			if (++stops > 2)
				(void)kill(job, SIGKILL);
			(void)tcsetpgrp(name, job);
			(void)kill(-job, SIGCONT);
		}
		_exit(status != 0);
	}
	close(ends[1]);
	close(name);
	d->report = ends[0];
}

/* Ctrl-Z: the shell has its echo while we are stopped, and then the question
 * comes again.
 */
static void
t_stopped(void **state)
{
	char told[3];
	struct desk d;

	(void)state;
	open_job(&d, true);
	expect_seen(&d, "?");
	type(&d, "12\032");
	assert_int_equal(read(d.report, told, 3), 3);
	assert_int_equal(told[0], 's');
	assert_int_equal(told[1] - 'a', SIGTSTP);
	assert_int_equal(told[2], 'e');
	expect_seen(&d, "\r\n?");
	assert_false(echoes(&d));
	type(&d, "34\n");
	expect_report(&d, ERR_NONE, "34");
	expect_seen(&d, "\r\n");
	assert_true(echoes(&d));
	assert_int_equal(close_desk(&d), 0);
}

/* In the background we wait to be called. */
static void
t_background(void **state)
{
	char told[3];
	struct desk d;

	(void)state;
	open_job(&d, false);
	assert_int_equal(read(d.report, told, 3), 3);
	assert_int_equal(told[1] - 'a', SIGTTOU);
	assert_int_equal(told[2], 'e');
	expect_seen(&d, "?");
	type(&d, "1\n");
	expect_report(&d, ERR_NONE, "1");
	expect_seen(&d, "\r\n");
	assert_int_equal(close_desk(&d), 0);
}

/* A shell that takes the terminal back while its job still asks, and perhaps
 * reads keys of its own. *now is the terminal once the job has been ended.
 */
static void
take_back(bool keys, struct termios *now)
{
	struct desk d = { .n = 0 };
	int name;

	d.person = become_person(&name);
	d.child = fork();
	if (d.child == 0) {
		struct termios t;
		pid_t job;

		(void)signal(SIGTTOU, SIG_IGN);
		sit_down(name);
		job = fork();
		if (job == 0) {
			(void)setpgid(0, 0);
			(void)tcsetpgrp(name, getpid());
			(void)signal(SIGTTOU, SIG_DFL);
			ask_here(STDERR_FILENO, "?", 5000);
			_exit(0);
		}
		do
			process_sleep_ms(1);
		while (tcgetattr(name, &t) == 0 && t.c_lflag & ECHO);
		(void)tcsetpgrp(name, getpid());
		t.c_lflag &= ~(tcflag_t)(keys ? ICANON : 0);
		(void)tcsetattr(name, TCSANOW, &t);
		(void)kill(job, SIGTERM);
		(void)waitpid(job, NULL, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(d.child, NULL, 0), d.child);
	assert_int_equal(tcgetattr(name, now), 0);
	close(name);
	close(d.person);
}

static void
t_taken_back(void **state)
{
	struct termios now;

	(void)state;
	take_back(false, &now);
	assert_true(now.c_lflag & ECHO);
	take_back(true, &now);
	assert_false(now.c_lflag & (ECHO | ICANON));
}

/* A terminal that is gone. */
static void
t_hung_up(void **state)
{
	struct desk d;

	(void)state;
	open_desk(&d, "?", 5000);
	expect_seen(&d, "?");
	close(d.person);
	d.person = -1;
	/* SIGHUP comes with it. */
	assert_int_equal(WTERMSIG(close_desk(&d)), SIGHUP);
}

/* Whom no shell will ever call to the foreground cannot ask. */
static void
t_orphaned(void **state)
{
	struct desk d = { .n = 0 };
	int name, ends[2];

	(void)state;
	d.person = become_person(&name);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	d.child = fork();
	if (d.child == 0) {
		char byte;
		pid_t leader;

		sit_down(name);
		leader = fork();
		if (leader == 0) {
			(void)setpgid(0, 0);
			if (fork() == 0) {
				while (getppid() == getpgrp())
					process_sleep_ms(1);
				ask_here(ends[1], "?", 1000);
			}
			_exit(0);
		}
		close(ends[1]);
		(void)waitpid(leader, NULL, 0);
		/* Until all has been read. */
		(void)!read(name, &byte, 1);
		_exit(0);
	}
	close(ends[1]);
	close(name);
	d.report = ends[0];
	expect_report(&d, ERR_SYS, "ask at the terminal: turn its echo off:"
	    " Input/output error");
	assert_true(echoes(&d));
	type(&d, "\n");
	assert_int_equal(close_desk(&d), 0);
}

/* One that is held (Ctrl-S) shows no question. */
static void
t_held(void **state)
{
	struct desk d = { .n = 0 };
	int name, ends[2];

	(void)state;
	d.person = become_person(&name);
	assert_int_equal(tcflow(name, TCOOFF), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	d.child = fork();
	if (d.child == 0) {
		sit_down(name);
		ask_here(ends[1], "?", 1000);
		_exit(0);
	}
	close(ends[1]);
	close(name);
	d.report = ends[0];
	expect_report(&d, ERR_SYS, "ask at the terminal: write: Resource"
	    " temporarily unavailable");
	assert_true(echoes(&d));
	assert_int_equal(close_desk(&d), 0);
}

/* One that goes away, to somebody who does not mind. */
static void
t_gone(void **state)
{
	struct desk d = { .n = 0 };
	int name, ends[2];

	(void)state;
	d.person = become_person(&name);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	d.child = fork();
	if (d.child == 0) {
		close(d.person);
		(void)signal(SIGHUP, SIG_IGN);
		sit_down(name);
		ask_here(ends[1], "?", 1000);
		_exit(0);
	}
	close(ends[1]);
	close(name);
	d.report = ends[0];
	expect_seen(&d, "?");
	close(d.person);
	expect_report(&d, ERR_SYS, "ask at the terminal: end of input");
	d.person = -1;
	assert_int_equal(close_desk(&d), 0);
}

static void
t_no_terminal(void **state)
{
	int ends[2], status;
	char said[64] = "";
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)setsid();
		ask_here(ends[1], "?", 1000);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
	assert_int_equal(said[0] - '0', ERR_ABSENT);
	assert_string_equal(said + 1, "no terminal to ask at");
	close(ends[0]);
	close(ends[1]);
}

static void
t_no_memory(void **state)
{
	static char few[ANSWER_MAX];
	struct arena a = { few, sizeof(few), 0 };
	struct str answer;
	struct err e;

	(void)state;
	assert_false(terminal_ask(S("?"), 0, &a, &answer, &e));
	assert_string_equal(e.msg, "ask at the terminal: out of memory");
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(a.used, 0);
}

/* A program that is ended while it asks leaves no silent terminal behind. */
static void
t_program_that_asks(void **state)
{
	static const char *const argv[] = {
		"sh", "-c", "stty -echo </dev/tty; echo ? >/dev/tty;"
		    " read x </dev/tty; echo $x", NULL,
	};
	struct desk d = { .n = 0 };
	int name, status;

	(void)state;
	for (int late = 0; late < 2; late++) {
		d.person = become_person(&name);
		d.report = dup(name);
		d.child = fork();
		if (d.child == 0) {
			const struct program p = {
				.argv = argv, .out_max = 100,
				.deadline = process_clock_ms() +
				    (late ? 1000 : 5000),
			};
			struct arena a = t_arena();
			struct str out;
			struct err e;
			bool done;

			sit_down(name);
			done = program_run(&p, &a, &out, &e);
			_exit(done ? !str_eq(out, S("word\n")) :
			    2 * (e.kind == ERR_NET));
		}
		close(name);
		expect_seen(&d, "?\r\n");
		assert_false(echoes(&d));
		if (!late)
			type(&d, "word\n");
		assert_int_equal(waitpid(d.child, &status, 0), d.child);
		assert_int_equal(WEXITSTATUS(status), 2 * late);
		/* One that ends by itself sees to it. */
		assert_int_equal(echoes(&d), late);
		close(d.report);
		close(d.person);
	}
}

static bool
watch(void *me, struct err *e)
{
	struct arena a = t_arena();
	struct str answer;
	int name, fd = posix_openpt(O_RDWR | O_NOCTTY);

	(void)me;
	if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
		return true;
	name = open(ptsname(fd), O_RDWR | O_NOCTTY);
	sit_down(name);
	return terminal_ask(S("?"), process_clock_ms() + 1000, &a, &answer,
	    e);
}

static void
t_refused(void **state)
{
	const struct refuse signalfd = { SYS_signalfd4, EMFILE };
	struct err e;

	(void)state;
	assert_false(refuse_run(&signalfd, 1, watch, NULL, &e));
	assert_string_equal(e.msg, "ask at the terminal: signalfd: Too many"
	    " open files");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_answers),
		cmocka_unit_test(t_failures),
		cmocka_unit_test(t_printable),
		cmocka_unit_test(t_typed_before),
		cmocka_unit_test(t_rest_is_forgotten),
		cmocka_unit_test(t_ended),
		cmocka_unit_test(t_not_ours),
		cmocka_unit_test(t_stopped),
		cmocka_unit_test(t_background),
		cmocka_unit_test(t_taken_back),
		cmocka_unit_test(t_hung_up),
		cmocka_unit_test(t_orphaned),
		cmocka_unit_test(t_held),
		cmocka_unit_test(t_gone),
		cmocka_unit_test(t_no_terminal),
		cmocka_unit_test(t_no_memory),
		cmocka_unit_test(t_program_that_asks),
		cmocka_unit_test(t_refused),
	};

	/* For a child that outlives its test. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
