#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sys/process.h"
#include "sys/signals.h"
#include "tests/unit/refuse.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static sigset_t before;

static int
set_up(void **state)
{
	(void)state;
	return sigprocmask(SIG_BLOCK, NULL, &before);
}

static int
tear_down(void **state)
{
	(void)state;
	return sigprocmask(SIG_SETMASK, &before, NULL);
}

static int
listen_to_signals(void)
{
	struct err e;
	int fd = -1;

	if (!signals_open(&fd, &e))
		fail_msg("%s", e.msg);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	return fd;
}

static void
t_each(void **state)
{
	static const struct {
		int number;
		enum signal_seen seen;
		const char *name;
	} cases[] = {
		{ SIGTERM, SIGNAL_END, "SIGTERM" },
		{ SIGINT, SIGNAL_END, "SIGINT" },
		{ SIGQUIT, SIGNAL_END, "SIGQUIT" },
		{ SIGHUP, SIGNAL_AGAIN, "SIGHUP" },
		{ SIGCHLD, SIGNAL_CHILD, "SIGCHLD" },
	};
	int fd = listen_to_signals();
	struct str name = S("untouched");

	(void)state;
	assert_int_equal(signals_next(fd, &name), SIGNAL_NONE);
	assert_str_equal(name, S("untouched"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(raise(cases[i].number), 0);
		assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1,
		    5000), 1);
		assert_int_equal(signals_next(fd, &name), cases[i].seen);
		assert_str_equal(name, str_of(cases[i].name));
		assert_int_equal(signals_next(fd, &name), SIGNAL_NONE);
	}
	close(fd);
}

/* Several at once, each once. */
static void
t_several(void **state)
{
	int fd = listen_to_signals(), seen[SIGNAL_CHILD + 1] = { 0 };
	enum signal_seen what;
	struct str name;

	(void)state;
	for (int i = 0; i < 3; i++) {
		raise(SIGHUP);
		raise(SIGTERM);
		raise(SIGINT);
	}
	while ((what = signals_next(fd, &name)) != SIGNAL_NONE)
		seen[what]++;
	assert_int_equal(seen[SIGNAL_AGAIN], 1);
	assert_int_equal(seen[SIGNAL_END], 2);
	close(fd);
}

/* Even one that was ignored is heard, but for those of a terminal. */
static void
t_ignored(void **state)
{
	static const struct {
		int number;
		enum signal_seen seen;
	} cases[] = {
		{ SIGTERM, SIGNAL_END },
		{ SIGHUP, SIGNAL_AGAIN },
		{ SIGCHLD, SIGNAL_CHILD },
		{ SIGINT, SIGNAL_NONE },
		{ SIGQUIT, SIGNAL_NONE },
	};
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction was;
	struct str name;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fd;

		sigaction(cases[i].number, &ignore, &was);
		fd = listen_to_signals();
		raise(cases[i].number);
		assert_int_equal(signals_next(fd, &name), cases[i].seen);
		sigaction(cases[i].number, &was, NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		close(fd);
	}
}

/* Others do what they did. */
static void
t_others(void **state)
{
	int fd = listen_to_signals(), status;
	struct str name;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		raise(SIGUSR1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
	assert_int_equal(signals_next(fd, &name), SIGNAL_CHILD);
	assert_int_equal(signals_next(fd, &name), SIGNAL_NONE);
	close(fd);
}

/* Our own children, and an orphan; who still runs is not waited for. */
static void
t_reap(void **state)
{
	int ends[2];
	pid_t stays;
	char c;

	(void)state;
	signals_reap();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(pipe(ends), 0);
	stays = fork();
	if (stays == 0) {
		alarm(60);
		pause();
		_exit(0);
	}
	for (int i = 0; i < 3; i++)
		if (fork() == 0) {
			if (fork() == 0)
				process_sleep_ms(50);
			_exit(0);
		}
	close(ends[1]);
	/* The pipe ends with the last of them, but for who stays. */
	signals_reap();
	assert_int_equal(kill(stays, 0), 0);
	kill(stays, SIGKILL);
	assert_int_equal(read(ends[0], &c, 1), 0);
	process_sleep_ms(100);
	signals_reap();
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(ends[0]);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static bool
open_only(void *me, struct err *e)
{
	sigset_t now;
	int fd;

	(void)me;
	return signals_open(&fd, e) ||
	    (sigprocmask(SIG_BLOCK, NULL, &now) == 0 &&
	    sigismember(&now, SIGTERM) && err_set(e, ERR_SYS, "blocked"));
}

static void
t_refused(void **state)
{
	const struct refuse call = { SYS_signalfd4, EMFILE };
	struct err e;

	(void)state;
	assert_false(refuse_run(&call, 1, open_only, NULL, &e));
	assert_string_equal(e.msg, "signalfd: Too many open files");
	assert_int_equal(e.kind, ERR_SYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(t_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(t_several, set_up, tear_down),
		cmocka_unit_test_setup_teardown(t_ignored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(t_others, set_up, tear_down),
		cmocka_unit_test(t_reap),
		cmocka_unit_test(t_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
