#include "base/gzip.h"
#include "t.h"

static void
t_crc(void **state)
{
	(void)state;
	assert_true(gzip_crc(S("")) == 0);
	/* The check value of this polynomial. */
	assert_true(gzip_crc(S("123456789")) == 0xcbf43926);
	assert_true(gzip_crc(t_edge(S("\0"))) == 0xd202ef8d);
	assert_true(gzip_crc(t_edge(S("\xff\0"))) == 0xd2fdef8d);
}

/* Python's gzip reads it. */
static void
t_member(void **state)
{
	static const char want[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff"
	    "\x01\x02\0\xfd\xff" "hi" "\xac\x2a\x93\xd8" "\x02\0\0\0";
	char text[64];
	struct buf b = BUF(text);

	(void)state;
	gzip_add(&b, t_edge(S("hi")));
	assert_false(b.full);
	assert_int_equal(b.n, sizeof(want) - 1);
	assert_memory_equal(text, want, b.n);
}

/* Blocks end where their length says. */
static void
t_blocks(void **state)
{
	static const struct {
		size_t n;
		size_t blocks;
	} cases[] = {
		{ 0, 1 }, { 1, 1 }, { 65535, 1 }, { 65536, 2 }, { 131070, 2 },
		{ 131071, 3 },
	};
	static char input[140000], text[150000];

	(void)state;
	memset(input, 'x', sizeof(input));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b = BUF(text);
		size_t at = 10, sum = 0, blocks = 0;
		bool last = false;

		gzip_add(&b, (struct str){ input, cases[i].n });
		while (!last) {
			const unsigned char *p =
			    (const unsigned char *)text + at;
			size_t n = p[1] | (size_t)p[2] << 8;

			assert_true(p[0] <= 1);
			last = p[0];
			assert_int_equal(p[3] | p[4] << 8, n ^ 0xffff);
			at += 5 + n;
			sum += n;
			blocks++;
		}
		assert_int_equal(sum, cases[i].n);
		assert_int_equal(blocks, cases[i].blocks);
		assert_int_equal(at + 8, b.n);
	}
}

static void
t_full(void **state)
{
	char text[24];
	struct buf b = BUF(text);

	(void)state;
	gzip_add(&b, S("hi"));
	assert_true(b.full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_crc),
		cmocka_unit_test(t_member),
		cmocka_unit_test(t_blocks),
		cmocka_unit_test(t_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
