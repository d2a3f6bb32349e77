#include "t.h"

#include <limits.h>
#include <stdio.h>

#include "base/format.h"

/* The same call through ours and through libc's. */
static void PRINTF_LIKE(1, 2)
same(const char *fmt, ...)
{
	char ours[128], theirs[128];
	struct buf b = BUF(ours);
	va_list ap;
	int n;

	va_start(ap, fmt);
	buf_format(&b, fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	n = vsnprintf(theirs, sizeof(theirs), fmt, ap);
	va_end(ap);
	assert_false(b.full);
	assert_int_equal(n, strlen(theirs));
	assert_str_equal(buf_str(&b), str_of(theirs));
}

static void
agrees_with_libc(void **state)
{
	const char unended[3] = { 'a', 'b', 'c' };

	(void)state;
	same("%s", "");
	same("plain");
	same("%s and %s", "one", "two");
	same("%.2s|%.0s|%.9s", "abc", "abc", "abc");
	same("%.*s", 3, unended);
	same("%.*s|", -1, "all");
	same("%c%c", 'x', '%');
	same("100%% %s", "sure");
	same("%d %d %d", 0, INT_MAX, INT_MIN);
	same("%ld %lld", LONG_MIN, LLONG_MIN);
	same("%u %zu %lu %llu", UINT_MAX, SIZE_MAX, ULONG_MAX, ULLONG_MAX);
	same("%x %X %02x %02X %04x", 0xbeefu, 0xbeefu, 0xau, 0xau, 0x12345u);
	same("%5u|%2u|%03d", 42u, 12345u, 7);
}

static void
format(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_format(b, fmt, ap);
	va_end(ap);
}

static void
cuts_and_says_so(void **state)
{
	static const struct {
		size_t cap;
		const char *want;
		bool full;
	} rows[] = {
		{ 0, "", true }, { 1, "a", true }, { 3, "ab1", true },
		{ 5, "ab123", true }, { 6, "ab123c", false },
		{ 7, "ab123c", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[8] = "";
		struct buf b = { text, 0, rows[i].cap, false };

		format(&b, "ab%uc", 123u);
		assert_str_equal(buf_str(&b), str_of(rows[i].want));
		assert_int_equal(b.full, rows[i].full);
	}
}

static void
stops_at_what_it_does_not_know(void **state)
{
	static const struct {
		const char *fmt, *want;
	} rows[] = {
		{ "a%fb", "a%?" }, { "a%", "a%?" }, { "%n", "%?" },
		{ "%-5u", "%?" }, { "%.", "%?" }, { "%p%s", "%?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[16];
		struct buf b = BUF(text);

		format(&b, rows[i].fmt, 0);
		assert_str_equal(buf_str(&b), str_of(rows[i].want));
	}
}

static void
null_is_named(void **state)
{
	char text[16];
	struct buf b = BUF(text);

	(void)state;
	format(&b, "%s", (char *)NULL);
	assert_str_equal(buf_str(&b), S("(null)"));
	/* STR_ARG of the absent view. */
	b.n = 0;
	format(&b, "'%.*s'", 0, (char *)NULL);
	assert_str_equal(buf_str(&b), S("''"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libc),
		cmocka_unit_test(cuts_and_says_so),
		cmocka_unit_test(stops_at_what_it_does_not_know),
		cmocka_unit_test(null_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
