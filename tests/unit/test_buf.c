#include "t.h"

static void
t_add(void **state)
{
	char mem[8] = "#######";
	struct buf b = { mem, 0, 7, false };

	(void)state;
	buf_add(&b, S("abc"));
	buf_add(&b, S(""));
	buf_add(&b, (struct str){ NULL, 0 });
	buf_char(&b, 'd');
	buf_add(&b, t_edge(S("e\0f")));
	assert_false(b.full);
	assert_str_equal(buf_str(&b), S("abcde\0f"));
	assert_int_equal(mem[7], '\0');
}

/* Once an append did not fit, later ones that would are not taken either. */
static void
t_sticks(void **state)
{
	static const struct str too_much[] = {
		S_INIT("5678"), S_INIT("a longer text"),
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char mem[8] = "#######";
		struct buf b = { mem, 0, 7, false };

		buf_add(&b, S("1234"));
		buf_add(&b, too_much[i]);
		assert_true(b.full);
		buf_char(&b, 'x');
		buf_add(&b, S(""));
		assert_true(b.full);
		assert_str_equal(buf_str(&b), S("1234"));
		assert_memory_equal(mem, "1234###", 8);
	}
}

/* A writer that refused a value is full with room left. */
static void
t_poisoned(void **state)
{
	char mem[8];
	struct buf b = BUF(mem);

	(void)state;
	b.full = true;
	buf_add(&b, S("a"));
	buf_char(&b, 'b');
	buf_u64(&b, 1);
	buf_safe(&b, S("c"));
	assert_int_equal(b.n, 0);
}

static void
t_none(void **state)
{
	struct buf b = { NULL, 0, 0, false };

	(void)state;
	buf_add(&b, S(""));
	assert_false(b.full);
	buf_char(&b, 'a');
	assert_true(b.full);
}

static void
t_u64(void **state)
{
	static const struct {
		uint64_t v;
		struct str text;
	} cases[] = {
		{ 0, S_INIT("0") },
		{ 9, S_INIT("9") },
		{ 10, S_INIT("10") },
		{ 1000000007, S_INIT("1000000007") },
		{ UINT64_MAX, S_INIT("18446744073709551615") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char mem[20];
		struct buf b = BUF(mem), small = BUF(mem);

		buf_u64(&b, cases[i].v);
		assert_false(b.full);
		assert_str_equal(buf_str(&b), cases[i].text);
		small.cap = cases[i].text.n - 1;
		buf_u64(&small, cases[i].v);
		assert_true(small.full);
		assert_int_equal(small.n, 0);
	}
}

static void
t_safe(void **state)
{
	char mem[512];
	struct buf b = BUF(mem);

	(void)state;
	for (int i = 0; i < 256; i++) {
		char c = (char)i;

		buf_safe(&b, (struct str){ &c, 1 });
		assert_int_equal(b.p[i], i >= 32 && i <= 126 ? i : '?');
	}
	buf_wipe(&b);
	buf_safe(&b, S("ok\x1b]0;title\x07"));
	assert_str_equal(buf_str(&b), S("ok?]0;title?"));
}

static void
t_wipe(void **state)
{
	char mem[8] = "#######";
	struct buf b = { mem, 0, 7, false };

	(void)state;
	buf_add(&b, S("secret"));
	buf_add(&b, S("overflow"));
	buf_wipe(&b);
	assert_false(b.full);
	assert_int_equal(b.n, 0);
	assert_memory_equal(mem, "\0\0\0\0\0\0#", 8);
	buf_add(&b, S("again"));
	assert_str_equal(buf_str(&b), S("again"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_add),
		cmocka_unit_test(t_sticks),
		cmocka_unit_test(t_poisoned),
		cmocka_unit_test(t_none),
		cmocka_unit_test(t_u64),
		cmocka_unit_test(t_safe),
		cmocka_unit_test(t_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
