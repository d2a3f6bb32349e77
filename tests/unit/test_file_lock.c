/* Waiting for a lock, by a clock of our own in the place of sys/process. */
#include "t.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#include "base/limits.h"
#include "sys/file.h"
#include "sys/process.h"

static int64_t now_ms;
static int64_t release_ms;
static int held;

int64_t
process_clock_ms(void)
{
	return now_ms;
}

void
process_sleep_ms(int64_t ms)
{
	now_ms += ms;
	if (now_ms >= release_ms)
		(void)flock(held, LOCK_UN);
}

bool
process_random(void *p, size_t n, struct err *e)
{
	(void)e;
	memset(p, 7, n);
	return true;
}

static bool
give(void *me, struct str old, struct str *now, struct err *e)
{
	(void)me;
	(void)old;
	(void)e;
	*now = S("new");
	return true;
}

/* Edit while another has the lock until that time. */
static bool
edit(bool wait, int64_t until, struct err *e)
{
	struct arena a = t_arena();
	const struct file_edit how = { give, NULL, 0600, 0, false, wait };
	char dir[] = "/tmp/test_lock.XXXXXX";
	bool done;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	held = open(".", O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(held, LOCK_EX), 0);
	now_ms = 0;
	release_ms = until;
	done = file_edit("f", &how, &a, NULL, e);
	assert_int_equal(close(held), 0);
	assert_int_equal(unlink("f"), done ? 0 : -1);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
	return done;
}

static void
waits_and_gives_up(void **state)
{
	struct err e;

	(void)state;
	assert_true(edit(true, LOCK_MS - 100, &e));
	assert_in_range(now_ms, LOCK_MS - 100, LOCK_MS);

	assert_false(edit(true, INT64_MAX, &e));
	assert_string_equal(e.msg,
	    "lock '.': another process has kept it for 10 s");
	assert_int_equal(e.kind, ERR_SYS);
	assert_in_range(now_ms, LOCK_MS, LOCK_MS + 100);

	assert_true(edit(false, INT64_MAX, &e));
	assert_int_equal(now_ms, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_and_gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
