#include "t.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
t_equal(void **state)
{
	static const struct {
		struct str a, b;
		bool same, nocase;
	} cases[] = {
		{ S_INIT(""), S_INIT(""), true, true },
		{ S_INIT("a"), S_INIT("a"), true, true },
		{ { NULL, 0 }, S_INIT(""), true, true },
		{ { NULL, 0 }, { NULL, 0 }, true, true },
		{ S_INIT("a\0b"), S_INIT("a\0b"), true, true },
		{ S_INIT("a\0b"), S_INIT("a\0c"), false, false },
		{ S_INIT("Host"), S_INIT("hOST"), false, true },
		{ S_INIT("a"), S_INIT("ab"), false, false },
		{ S_INIT("ab"), S_INIT("a"), false, false },
		{ S_INIT(""), S_INIT("a"), false, false },
		/* Folding is for letters only, and for ASCII only. */
		{ S_INIT("@"), S_INIT("`"), false, false },
		{ S_INIT("["), S_INIT("{"), false, false },
		{ S_INIT("\xc4"), S_INIT("\xe4"), false, false },
		{ S_INIT("\x10"), S_INIT("0"), false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(str_eq(cases[i].a, cases[i].b),
		    cases[i].same);
		assert_int_equal(str_eq_nocase(cases[i].a, cases[i].b),
		    cases[i].nocase);
		assert_int_equal(str_cmp(cases[i].a, cases[i].b) == 0,
		    cases[i].same);
	}
}

static void
t_order(void **state)
{
	static const struct str up[] = {
		S_INIT(""), S_INIT("\0"), S_INIT("A"), S_INIT("a"),
		S_INIT("a\0"), S_INIT("aa"), S_INIT("b"), S_INIT("\x7f"),
		S_INIT("\x80"), S_INIT("\xff"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(up); i++)
		for (size_t j = 0; j < COUNT(up); j++) {
			int order = str_cmp(up[i], up[j]);

			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
		}
}

static void
t_starts_ends_contains(void **state)
{
	static const struct {
		struct str s, part;
		bool starts, ends, contains;
	} cases[] = {
		{ S_INIT("abc"), S_INIT(""), true, true, true },
		{ S_INIT(""), S_INIT(""), true, true, true },
		{ S_INIT("abc"), S_INIT("abc"), true, true, true },
		{ S_INIT("abc"), S_INIT("ab"), true, false, true },
		{ S_INIT("abc"), S_INIT("bc"), false, true, true },
		{ S_INIT("abcabd"), S_INIT("abd"), false, true, true },
		{ S_INIT("aab"), S_INIT("ab"), false, true, true },
		{ S_INIT("abc"), S_INIT("b"), false, false, true },
		{ S_INIT("abc"), S_INIT("abcd"), false, false, false },
		{ S_INIT("abc"), S_INIT("ac"), false, false, false },
		{ S_INIT("abc"), S_INIT("B"), false, false, false },
		{ S_INIT(""), S_INIT("a"), false, false, false },
		{ { NULL, 0 }, S_INIT("a"), false, false, false },
		{ { NULL, 0 }, { NULL, 0 }, true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = cases[i].s.p ? t_edge(cases[i].s) : cases[i].s;

		assert_int_equal(str_starts(s, cases[i].part),
		    cases[i].starts);
		assert_int_equal(str_ends(s, cases[i].part), cases[i].ends);
		assert_int_equal(str_contains(s, cases[i].part),
		    cases[i].contains);
	}
}

static void
t_skip_head(void **state)
{
	static const struct {
		struct str s;
		size_t n;
		struct str head, rest;
	} cases[] = {
		{ S_INIT("abc"), 0, S_INIT(""), S_INIT("abc") },
		{ S_INIT("abc"), 2, S_INIT("ab"), S_INIT("c") },
		{ S_INIT("abc"), 3, S_INIT("abc"), S_INIT("") },
		{ S_INIT("abc"), 4, S_INIT("abc"), S_INIT("") },
		{ S_INIT("abc"), SIZE_MAX, S_INIT("abc"), S_INIT("") },
		{ { NULL, 0 }, 0, S_INIT(""), S_INIT("") },
		{ { NULL, 0 }, 9, S_INIT(""), S_INIT("") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_str_equal(str_head(cases[i].s, cases[i].n),
		    cases[i].head);
		assert_str_equal(str_skip(cases[i].s, cases[i].n),
		    cases[i].rest);
	}
}

static void
t_cut(void **state)
{
	static const struct {
		struct str s;
		bool hit;
		struct str head, tail;		/* at the first ':' */
		struct str last_head, last_tail;	/* at the last */
	} cases[] = {
		{ S_INIT("a:b:c"), true, S_INIT("a"), S_INIT("b:c"),
		    S_INIT("a:b"), S_INIT("c") },
		{ S_INIT(":"), true, S_INIT(""), S_INIT(""),
		    S_INIT(""), S_INIT("") },
		{ S_INIT("a:"), true, S_INIT("a"), S_INIT(""),
		    S_INIT("a"), S_INIT("") },
		{ S_INIT(":a"), true, S_INIT(""), S_INIT("a"),
		    S_INIT(""), S_INIT("a") },
		{ S_INIT("a\0:b"), true, S_INIT("a\0"), S_INIT("b"),
		    S_INIT("a\0"), S_INIT("b") },
		{ S_INIT("abc"), false, S_INIT("abc"), S_INIT(""),
		    S_INIT("abc"), S_INIT("") },
		{ S_INIT(""), false, S_INIT(""), S_INIT(""),
		    S_INIT(""), S_INIT("") },
		{ { NULL, 0 }, false, S_INIT(""), S_INIT(""),
		    S_INIT(""), S_INIT("") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = cases[i].s.p ? t_edge(cases[i].s) : cases[i].s;
		struct str head, tail;

		assert_int_equal(str_cut(s, ':', &head, &tail), cases[i].hit);
		assert_str_equal(head, cases[i].head);
		assert_str_equal(tail, cases[i].tail);
		assert_int_equal(str_has(s, ':'), cases[i].hit);
		assert_int_equal(str_cut_last(s, ':', &head, &tail),
		    cases[i].hit);
		assert_str_equal(head, cases[i].last_head);
		assert_str_equal(tail, cases[i].last_tail);
		/* In place, as loops over lists do. */
		tail = s;
		str_cut(tail, ':', &head, &tail);
		assert_str_equal(head, cases[i].head);
		assert_str_equal(tail, cases[i].tail);
		head = s;
		str_cut_last(head, ':', &head, &tail);
		assert_str_equal(head, cases[i].last_head);
		assert_str_equal(tail, cases[i].last_tail);
	}
}

static void
t_trim(void **state)
{
	static const struct {
		struct str s, trimmed;
	} cases[] = {
		{ S_INIT("a"), S_INIT("a") },
		{ S_INIT(" \t\r\na b\n\r\t "), S_INIT("a b") },
		{ S_INIT(" \t\r\n"), S_INIT("") },
		{ S_INIT(""), S_INIT("") },
		{ { NULL, 0 }, S_INIT("") },
		/* Not blanks. */
		{ S_INIT("\va\f"), S_INIT("\va\f") },
		{ S_INIT("\0a\0"), S_INIT("\0a\0") },
		{ S_INIT("\xa0z\x85"), S_INIT("\xa0z\x85") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_str_equal(str_trim(cases[i].s), cases[i].trimmed);
}

static void
t_visible(void **state)
{
	static const struct {
		struct str s;
		bool visible, printable;
	} cases[] = {
		{ S_INIT(""), true, true },
		{ { NULL, 0 }, true, true },
		{ S_INIT("!~Az09"), true, true },
		{ S_INIT("a b"), false, true },
		{ S_INIT(" "), false, true },
		{ S_INIT("a\x1f"), false, false },
		{ S_INIT("\0"), false, false },
		{ S_INIT("a\tb"), false, false },
		{ S_INIT("\x7f"), false, false },
		{ S_INIT("\x80"), false, false },
		{ S_INIT("a\xff"), false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = t_edge(cases[i].s);

		assert_int_equal(str_visible(s), cases[i].visible);
		assert_int_equal(str_printable(s), cases[i].printable);
	}
}

static void
t_u64(void **state)
{
	static const struct {
		struct str s;
		uint64_t max;
		bool ok;
		uint64_t v;
	} cases[] = {
		{ S_INIT("0"), 0, true, 0 },
		{ S_INIT("007"), 9, true, 7 },
		{ S_INIT("255"), 255, true, 255 },
		{ S_INIT("18446744073709551615"), UINT64_MAX, true,
		    UINT64_MAX },
		{ S_INIT("18446744073709551616"), UINT64_MAX, false, 0 },
		{ S_INIT("99999999999999999999"), UINT64_MAX, false, 0 },
		{ S_INIT("256"), 255, false, 0 },
		{ S_INIT("260"), 255, false, 0 },
		{ S_INIT("1"), 0, false, 0 },
		{ S_INIT("9"), 3, false, 0 },
		{ S_INIT(""), 9, false, 0 },
		{ { NULL, 0 }, 9, false, 0 },
		{ S_INIT("+1"), 9, false, 0 },
		{ S_INIT("-1"), 9, false, 0 },
		{ S_INIT(" 1"), 9, false, 0 },
		{ S_INIT("1 "), 9, false, 0 },
		{ S_INIT("1\0"), 99, false, 0 },
		{ S_INIT("0x1"), 99, false, 0 },
		{ S_INIT("1e1"), 99, false, 0 },
		{ S_INIT("/"), 99, false, 0 },
		{ S_INIT(":"), 99, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = cases[i].s.p ? t_edge(cases[i].s) : cases[i].s;
		uint64_t v = 42;

		assert_int_equal(str_u64(s, cases[i].max, &v), cases[i].ok);
		assert_int_equal(v, cases[i].ok ? cases[i].v : 42);
	}
}

static void
t_of(void **state)
{
	(void)state;
	assert_null(str_of(NULL).p);
	assert_int_equal(str_of(NULL).n, 0);
	assert_non_null(str_of("").p);
	assert_str_equal(str_of("abc"), S("abc"));
}

static void
t_classes(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool digit = i >= 48 && i <= 57;
		bool upper = i >= 65 && i <= 90;
		bool alpha = upper || (i >= 97 && i <= 122);

		assert_int_equal(char_digit(c), digit);
		assert_int_equal(char_alpha(c), alpha);
		assert_int_equal(char_alnum(c), digit || alpha);
		assert_int_equal(char_lower(c), (char)(upper ? i + 32 : i));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_equal),
		cmocka_unit_test(t_order),
		cmocka_unit_test(t_starts_ends_contains),
		cmocka_unit_test(t_skip_head),
		cmocka_unit_test(t_cut),
		cmocka_unit_test(t_trim),
		cmocka_unit_test(t_visible),
		cmocka_unit_test(t_u64),
		cmocka_unit_test(t_of),
		cmocka_unit_test(t_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
