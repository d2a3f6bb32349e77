#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/limits.h"
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

/* A line of /proc/self/status, in KiB. */
static long
status_kib(struct str name)
{
	char text[4096];
	struct str rest, line;
	uint64_t kib = 0;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text));

	close(fd);
	assert_true(n > 0);
	rest = (struct str){ text, (size_t)n };
	while (str_cut(rest, '\n', &line, &rest))
		if (str_starts(line, name)) {
			line = str_trim(str_skip(line, name.n));
			assert_true(str_u64(str_head(line, line.n - 3),
			    UINT64_MAX, &kib));
		}
	return (long)kib;
}

/* Whole pages only, and nothing else. */
static void
forgets_variables(void **state)
{
	static const char *const names[] = { "T_NONE", "T_SECRET", "T_EMPTY",
		NULL };
	const char *value;

	(void)state;
	assert_int_equal(setenv("T_SECRET", "wipe me", 1), 0);
	assert_int_equal(setenv("T_EMPTY", "", 1), 0);
	assert_int_equal(setenv("T_SECRET_2", "keep me", 1), 0);
	value = getenv("T_SECRET");
	process_forget_variables(names);
	assert_memory_equal(value, "\0\0\0\0\0\0\0", 8);
	assert_string_equal(getenv("T_SECRET_2"), "keep me");
}

static void
forgets(void **state)
{
	size_t page = (size_t)getpagesize();
	char *p = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static const struct {
		size_t from, n;		/* in sixteenths of a page */
		bool gone[4];
	} cases[] = {
		{ 0, 64, { true, true, true, true } },
		{ 16, 16, { false, true, false, false } },
		{ 16, 15, { false, false, false, false } },
		{ 15, 16, { false, false, false, false } },
		{ 1, 47, { false, true, true, false } },
		{ 1, 62, { false, true, true, false } },
		{ 32, 0, { false, false, false, false } },
		{ 24, 0, { false, false, false, false } },
	};

	(void)state;
	assert_true(p != MAP_FAILED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(p, 'x', 4 * page);
		process_forget(p + cases[i].from * page / 16,
		    cases[i].n * page / 16);
		for (size_t k = 0; k < 4 * page; k++)
			assert_int_equal(p[k], cases[i].gone[k / page] ? 0 :
			    'x');
	}
	assert_int_equal(munmap(p, 4 * page), 0);
}

/* Deeper than who waits; volatile, so that it is there. */
static long
deep(int levels)
{
	volatile char frame[2000];

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (char)levels;
	return levels ? deep(levels - 1) + frame[7] : 0;
}

static void
waits(void **state)
{
	enum { MIB = 8 };
	struct arena a = t_arena();
	struct pollfd p[2] = { { .fd = -1 }, { .events = POLLIN } };
	char *kept = arena_get(&a, 100000);
	char here[3000];
	int64_t begun = process_clock_ms();
	long sum = deep(20), before, file;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	p[1].fd = ends[0];
	memset(here, 'h', sizeof(here));
	memset(kept, 'k', 100000);
	memset(a.p + a.used, 'x', MIB << 20);
	before = status_kib(S("RssAnon:"));
	file = status_kib(S("RssFile:"));

	/* Short ones leave everything as it is. */
	assert_int_equal(process_wait(p, 2, begun - 1000, &a), 0);
	assert_int_equal(process_wait(p, 2, begun + 50, &a), 0);
	assert_in_range(process_clock_ms() - begun, 50, 900);
	assert_int_equal(write(ends[1], "w", 1), 1);
	assert_int_equal(process_wait(p, 2, INT64_MAX, &a), 1);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(a.p[a.used + (1 << 20)], 'x');
	assert_int_equal(read(ends[0], here, 1), 1);
	assert_in_range(process_clock_ms() - begun, 50, 900);

	begun = process_clock_ms();
	assert_int_equal(process_wait(p, 2, begun + PROCESS_QUIET_MS + 100,
	    &a), 0);
	assert_in_range(process_clock_ms() - begun, PROCESS_QUIET_MS + 100,
	    PROCESS_QUIET_MS + 5000);
	assert_true(status_kib(S("RssAnon:")) <= before - MIB * 1024 + 512);
	assert_true(status_kib(S("RssFile:")) < file);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(kept[i], 'k');
	assert_int_equal(a.p[a.used + (1 << 20)], 0);
	assert_int_equal(here[0], 'w');
	for (size_t i = 1; i < sizeof(here); i++)
		assert_int_equal(here[i], 'h');
	assert_int_equal(deep(20), sum);

	/* What comes then is seen. */
	if (fork() == 0) {
		process_sleep_ms(PROCESS_QUIET_MS + 100);
		(void)!write(ends[1], "w", 1);
		_exit(0);
	}
	assert_int_equal(process_wait(p, 2, INT64_MAX, &a), 1);
	assert_int_equal(p[1].revents, POLLIN);
	assert_true(wait(NULL) > 0);
	close(ends[0]);
	close(ends[1]);
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
		cmocka_unit_test(forgets),
		cmocka_unit_test(forgets_variables),
		cmocka_unit_test(waits),
		cmocka_unit_test(hardened),
		cmocka_unit_test(log_is_one_printable_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
