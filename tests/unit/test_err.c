#include "t.h"

#include <errno.h>

static void
t_set(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_false(err_set(&e, ERR_NET, "dial '%s': %d tries", "h", 3));
	assert_int_equal(e.kind, ERR_NET);
	assert_string_equal(e.msg, "dial 'h': 3 tries");
}

static void
t_unprintable(void **state)
{
	struct err e = { 0 };

	(void)state;
	err_set(&e, ERR_REPLY, "%s", "a\x1b[2Jb\nc\x7f\x80\xc3\xa9\t~ d");
	assert_string_equal(e.msg, "a?[2Jb?c?????~ d");
}

static void
t_long(void **state)
{
	static char text[3 * ERR_MSG_MAX];
	struct err e = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	err_set(&e, ERR_REPLY, "%s", text);
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
	assert_string_equal(e.msg + ERR_MSG_MAX - 5, "x...");

	text[ERR_MSG_MAX - 1] = '\0';
	err_set(&e, ERR_REPLY, "%s", text);
	assert_string_equal(e.msg, text);

	err_in(&e, "outer");
	assert_memory_equal(e.msg, "outer: x", 8);
	assert_string_equal(e.msg + ERR_MSG_MAX - 5, "x...");
}

static void
t_sys(void **state)
{
	static const struct {
		int code;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ EACCES, ERR_SYS, "open 'f': Permission denied" },
		{ ENOENT, ERR_ABSENT, "open 'f': No such file or directory" },
		{ ENOTDIR, ERR_ABSENT, "open 'f': Not a directory" },
		{ ENOSPC, ERR_SYS, "open 'f': No space left on device" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { 0 };

		errno = cases[i].code;
		assert_false(err_sys(&e, "open '%s'", "f"));
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.msg, cases[i].msg);
	}
}

static void
t_in(void **state)
{
	struct err e = { 0 };

	(void)state;
	err_set(&e, ERR_DENIED, "100%% %s", "%s%n");
	assert_false(err_in(&e, "call '%s'", "x"));
	assert_false(err_in(&e, "ecr"));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_string_equal(e.msg, "ecr: call 'x': 100% %s%n");
}

static void
text(char *out, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_text(out, n, fmt, ap);
	va_end(ap);
}

static void
t_text_sizes(void **state)
{
	static const struct {
		size_t n;
		const char *out;
	} cases[] = {
		{ 1, "" }, { 2, "h" }, { 3, "he" }, { 4, "..." },
		{ 5, "h..." }, { 6, "hello" }, { 7, "hello" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[8] = "#######";

		text(out, cases[i].n, "%s", "hello");
		assert_string_equal(out, cases[i].out);
		assert_int_equal(out[7], '\0');
		if (cases[i].n < 7)
			assert_int_equal(out[cases[i].n], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_set),
		cmocka_unit_test(t_unprintable),
		cmocka_unit_test(t_long),
		cmocka_unit_test(t_sys),
		cmocka_unit_test(t_in),
		cmocka_unit_test(t_text_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
