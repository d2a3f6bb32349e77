#include "t.h"

#define SIZE 256

/* SIZE bytes of 0xff, so that what the arena clears or wipes can be seen. */
static struct arena
dirty(void)
{
	static _Alignas(16) char mem[SIZE];

	memset(mem, 0xff, sizeof(mem));
	return (struct arena){ mem, sizeof(mem), 0 };
}

static bool
all(const char *p, size_t n, unsigned char c)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] != c)
			return false;
	return true;
}

static void
t_get(void **state)
{
	struct arena a = dirty();
	char *p, *q;

	(void)state;
	p = arena_get(&a, 1);
	q = arena_get(&a, 17);
	assert_ptr_equal(p, a.p);
	assert_ptr_equal(q, a.p + 16);
	assert_int_equal(a.used, 33);
	assert_true(p[0] == 0 && all(q, 17, 0));
	assert_true(all(q + 17, SIZE - 33, 0xff));
	assert_non_null(arena_get(&a, 0));
}

static void
t_get_full(void **state)
{
	static const struct {
		size_t used, n;
		bool ok;
	} cases[] = {
		{ 0, SIZE, true },
		{ 16, SIZE - 16, true },
		{ SIZE - 16, 16, true },
		{ SIZE, 0, true },
		{ SIZE - 15, 0, true },
		{ 0, SIZE + 1, false },
		{ 1, SIZE - 15, false },
		{ SIZE - 15, 1, false },
		{ SIZE, 1, false },
		{ 16, SIZE_MAX, false },
		{ 16, SIZE_MAX - 15, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = dirty();

		a.used = cases[i].used;
		assert_int_equal(arena_get(&a, cases[i].n) != NULL,
		    cases[i].ok);
		if (!cases[i].ok)
			assert_int_equal(a.used, cases[i].used);
	}
}

static void
t_end(void **state)
{
	static const struct {
		size_t used, n, cap;	/* cap 0: refused */
	} cases[] = {
		{ 0, 0, SIZE },
		{ 0, 1, SIZE - 16 },
		{ 0, 16, SIZE - 16 },
		{ 0, 17, SIZE - 32 },
		{ 17, SIZE - 32, 32 },
		{ 17, SIZE - 31, 0 },	/* would start at 16 */
		{ 16, SIZE - 16, 16 },
		{ 16, SIZE - 15, 0 },
		{ SIZE, 1, 0 },
		{ 0, SIZE_MAX, 0 },
		{ 0, SIZE + 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = dirty();
		char *p;

		a.used = cases[i].used;
		p = arena_end(&a, cases[i].n);
		assert_int_equal(a.used, cases[i].used);
		if (!cases[i].cap) {
			assert_null(p);
			assert_int_equal(a.cap, SIZE);
			continue;
		}
		assert_ptr_equal(p, a.p + cases[i].cap);
		assert_int_equal(a.cap, cases[i].cap);
		assert_null(arena_get(&a, cases[i].cap + 1));
		arena_back(&a, 0);
		assert_true(all(p, SIZE - cases[i].cap, 0xff));
	}
}

static void
t_back_wipes(void **state)
{
	struct arena a = dirty();
	size_t mark;
	char *secret;

	(void)state;
	memset(arena_get(&a, 5), 'k', 5);
	mark = a.used;
	secret = arena_get(&a, 40);
	memset(secret, 's', 40);
	arena_back(&a, mark);
	assert_int_equal(a.used, mark);
	assert_true(all(secret, 40, 0));
	assert_true(all(a.p, 5, 'k'));
	assert_ptr_equal(arena_get(&a, 1), secret);
}

static void
t_copy(void **state)
{
	struct arena a = dirty();
	struct err e = { 0 };
	struct str s = { NULL, 7 };
	char text[] = "to\0ken";

	(void)state;
	assert_true(arena_copy(&a, (struct str){ text, 6 }, &s, &e));
	text[0] = 'x';
	assert_str_equal(s, S("to\0ken"));
	assert_true(arena_copy(&a, (struct str){ NULL, 0 }, &s, &e));
	assert_int_equal(s.n, 0);

	a.used = SIZE - 16;
	s = S("untouched");
	assert_false(arena_copy(&a, S("seventeen bytes.."), &s, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "out of memory: 17 bytes wanted");
	assert_str_equal(s, S("untouched"));
}

static void
t_z(void **state)
{
	struct arena a = dirty();
	struct err e = { 0 };
	const char *z = NULL;

	(void)state;
	assert_true(arena_z(&a, t_edge(S("/path")), &z, &e));
	assert_string_equal(z, "/path");
	assert_true(arena_z(&a, (struct str){ NULL, 0 }, &z, &e));
	assert_string_equal(z, "");
	assert_false(arena_z(&a, S("/etc\0/x"), &z, &e));
	assert_int_equal(e.kind, ERR_REPLY);
	assert_string_equal(z, "");
	a.used = SIZE - 16;
	assert_true(arena_z(&a, S("fifteen bytes.."), &z, &e));
	a.used = SIZE - 16;
	assert_false(arena_z(&a, S("sixteen bytes..."), &z, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

static void
t_buf(void **state)
{
	struct arena a = dirty();
	struct buf b;

	(void)state;
	b = arena_buf(&a, 3);
	assert_int_equal(a.used, 3);
	buf_add(&b, S("abc"));
	assert_false(b.full);
	buf_char(&b, 'd');
	assert_true(b.full);

	b = arena_buf(&a, SIZE - 15);
	assert_true(b.full);
	assert_int_equal(b.cap, 0);
	assert_int_equal(a.used, 3);
	buf_add(&b, S("x"));
	assert_int_equal(b.n, 0);
}

static void
t_keep(void **state)
{
	struct arena a = dirty();
	struct err e = { 0 };
	struct str s;
	struct buf b;

	(void)state;
	memset(arena_get(&a, 3), 'k', 3);
	b = arena_buf(&a, 0);
	assert_int_equal(b.cap, SIZE - 16);
	assert_null(arena_get(&a, 1));
	buf_add(&b, S("hello"));
	assert_true(arena_keep(&a, &b, &s, &e));
	assert_str_equal(s, S("hello"));
	assert_int_equal(a.used, 21);
	assert_non_null(arena_get(&a, 100));
	assert_str_equal(s, S("hello"));

	/* Overflow: what was written stays counted, so that it is wiped. */
	b = arena_buf(&a, 0);
	while (!b.full)
		buf_add(&b, S("secret"));
	s = S("untouched");
	assert_false(arena_keep(&a, &b, &s, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_str_equal(s, S("untouched"));
	arena_back(&a, 0);
	assert_true(all(a.p, 132 + b.n, 0));

	/* No room at all: the arena is as it was. */
	a.used = SIZE - 1;
	b = arena_buf(&a, 16);
	assert_false(arena_keep(&a, &b, &s, &e));
	assert_int_equal(a.used, SIZE - 1);
	arena_trim(&a, &b);
	assert_int_equal(a.used, SIZE - 1);
}

/* What is written is wiped, the rest is not touched. */
static void
t_trim(void **state)
{
	struct arena a = dirty();
	struct buf b;
	size_t mark;

	(void)state;
	memset(arena_get(&a, 3), 'k', 3);
	mark = a.used;
	b = arena_buf(&a, 100);
	buf_add(&b, S("secret"));
	arena_trim(&a, &b);
	assert_int_equal(a.used, 22);
	arena_back(&a, mark);
	assert_true(all(b.p, 6, 0));
	assert_true(all(b.p + 6, 94, 0xff));

	b = arena_buf(&a, 8);
	buf_add(&b, S("full up!"));
	buf_char(&b, '!');
	arena_trim(&a, &b);
	assert_int_equal(a.used, 24);
	b = arena_buf(&a, 8);
	arena_trim(&a, &b);
	assert_int_equal(a.used, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_get),
		cmocka_unit_test(t_get_full),
		cmocka_unit_test(t_end),
		cmocka_unit_test(t_back_wipes),
		cmocka_unit_test(t_copy),
		cmocka_unit_test(t_z),
		cmocka_unit_test(t_buf),
		cmocka_unit_test(t_keep),
		cmocka_unit_test(t_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
