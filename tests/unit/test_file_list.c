#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sys/file.h"
#include "tests/unit/refuse.h"
#include "t.h"

static char dir[] = "/tmp/ecrbox-list-XXXXXX";

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

static bool
has(const struct str *names, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

static void
t_names(void **state)
{
	static const char *const made[] = { "a", ".hidden", "b c", "..." };
	struct arena a = t_arena();
	struct str *names;
	struct err e;
	size_t count = 7;
	int at;

	(void)state;
	at = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(at >= 0);
	assert_true(file_list(dir, 10, &a, &names, &count, &e));
	assert_int_equal(count, 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mkdirat(at, made[i], 0700), 0);
	assert_true(file_list(dir, 10, &a, &names, &count, &e));
	assert_int_equal(count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(has(names, count, str_of(made[i])));
	/* No more than asked for. */
	assert_true(file_list(dir, 3, &a, &names, &count, &e));
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(unlinkat(at, made[i], AT_REMOVEDIR), 0);
	close(at);
}

static void
t_refused(void **state)
{
	static const struct {
		const char *path;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ "/tmp/ecrbox-not-there", ERR_ABSENT, "list"
		    " '/tmp/ecrbox-not-there': No such file or directory" },
		{ "/proc/self/status", ERR_ABSENT,
		    "list '/proc/self/status': Not a directory" },
		{ "", ERR_ABSENT, "list '': No such file or directory" },
	};
	struct arena a = t_arena();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str *names = NULL;
		size_t count = 7;
		struct err e;

		assert_false(file_list(cases[i].path, 3, &a, &names, &count,
		    &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.msg, cases[i].msg);
		assert_null(names);
		assert_int_equal(count, 7);
		assert_int_equal(a.used, 0);
	}
}

static void
t_full(void **state)
{
	char room[64];
	struct arena a = { room, sizeof(room), 0 };
	struct str *names;
	struct err e;
	size_t count;

	(void)state;
	assert_false(file_list("/proc/self", 64, &a, &names, &count, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_false(file_list("/proc/self", 3, &a, &names, &count, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(a.used, 0);
}

static bool
list_here(void *me, struct err *e)
{
	struct arena a = t_arena();
	struct str *names;
	size_t count;

	(void)me;
	return file_list("/", 9, &a, &names, &count, e);
}

static void
t_call_fails(void **state)
{
	const struct refuse list = { SYS_getdents64, EIO };
	struct err e;

	(void)state;
	assert_false(refuse_run(&list, 1, list_here, NULL, &e));
	assert_string_equal(e.msg, "list '/': Input/output error");
	assert_int_equal(e.kind, ERR_SYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_names),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_call_fails),
		cmocka_unit_test(t_full),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
