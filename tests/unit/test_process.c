#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sys/file.h"
#include "sys/log.h"
#include "sys/process.h"
#include "tests/unit/refuse.h"

static void
random_differs(void **state)
{
	char a[32] = "", b[32] = "";
	struct err e;

	(void)state;
	assert_true(process_random(a, sizeof(a), &e));
	assert_true(process_random(b, sizeof(b), &e));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
clock_goes_on_while_asleep(void **state)
{
	int64_t start = process_clock_ms();

	(void)state;
	process_sleep_ms(-1);
	process_sleep_ms(0);
	assert_in_range(process_clock_ms() - start, 0, 15);
	process_sleep_ms(30);
	assert_in_range(process_clock_ms() - start, 30, 1000);
	/* 2020-01-01, before this line was written. */
	assert_true(process_now_s() > 1577836800);
}

/* What a child found, as its exit status: 0 is well. */
static int
hardened_child(void)
{
	struct rlimit core;
	char byte = 'x';

	close(0);
	close(1);
	process_harden();
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur != 0)
		return 1;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 2;
	if (open("/dev/null", O_RDONLY) < 3)
		return 3;
	if (write(1, &byte, 1) != -1 || errno != EBADF)
		return 4;
	if (read(0, &byte, 1) != -1 || errno != EBADF)
		return 5;
	return raise(SIGPIPE) == 0 && raise(SIGXFSZ) == 0 ? 0 : 6;
}

static void
hardened(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(hardened_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
log_is_one_printable_line(void **state)
{
	char long_text[4096], got[8192];
	int fds[2], saved = dup(2);
	ssize_t n;

	(void)state;
	memset(long_text, 'y', sizeof(long_text));
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], 2);
	log_line(S("ecr-login"), S("a\033[2Jb\nc"));
	log_line(S("ecr-login"), (struct str){ long_text, sizeof(long_text) });
	dup2(saved, 2);
	close(saved);
	close(fds[1]);
	n = read(fds[0], got, sizeof(got));
	close(fds[0]);
	assert_true(n > 24);
	assert_memory_equal(got, "ecr-login: a?[2Jb?c\n", 20);
	assert_int_equal(got[n - 1], '\n');
	assert_null(memchr(got + 20, '\n', (size_t)n - 21));
}

static bool
draw(void *me, struct err *e)
{
	char p[8];

	(void)me;
	return process_random(p, sizeof(p), e);
}

static void
no_random(void **state)
{
	const struct refuse random = { SYS_getrandom, ENOSYS };
	struct err e;

	(void)state;
	assert_false(refuse_run(&random, 1, draw, NULL, &e));
	assert_string_equal(e.msg, "getrandom: Function not implemented");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_differs),
		cmocka_unit_test(no_random),
		cmocka_unit_test(clock_goes_on_while_asleep),
		cmocka_unit_test(hardened),
		cmocka_unit_test(log_is_one_printable_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
