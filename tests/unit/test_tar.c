#include <stdio.h>

#include "base/tar.h"
#include "t.h"

static char text[8192];

/* A field of the header, without its NULs. */
static struct str
field(size_t at, size_t n)
{
	while (n && text[at + n - 1] == '\0')
		n--;
	return (struct str){ text + at, n };
}

/* The sum that a reader makes. */
static unsigned
sum(size_t at)
{
	unsigned all = 0;

	for (size_t i = 0; i < 512; i++)
		all += i >= 148 && i < 156 ? ' ' :
		    (unsigned char)text[at + i];
	return all;
}

static void
t_members(void **state)
{
	struct buf b = BUF(text);
	char octal[8];

	(void)state;
	tar_add(&b, S(".docker/"), 0700, 1440938160, S(""));
	tar_add(&b, t_edge(S(".docker/config.json")), 0600, 0, S("{}\n"));
	tar_end(&b);
	assert_false(b.full);
	assert_int_equal(b.n, 512 * 5);
	assert_str_equal(field(0, 100), S(".docker/"));
	assert_str_equal(field(100, 8), S("0000700"));
	assert_str_equal(field(108, 8), S("0000000"));
	assert_str_equal(field(116, 8), S("0000000"));
	assert_str_equal(field(124, 12), S("00000000000"));
	assert_str_equal(field(136, 12), S("12570574260"));
	assert_int_equal(text[156], '5');
	assert_memory_equal(text + 257, "ustar\0" "00", 8);
	assert_str_equal(field(265, 247), S(""));
	for (size_t at = 0; at <= 512; at += 512) {
		snprintf(octal, sizeof(octal), "%06o", sum(at));
		assert_str_equal(field(at + 148, 7), str_of(octal));
		assert_int_equal(text[at + 155], ' ');
	}
	assert_str_equal(field(512, 100), S(".docker/config.json"));
	assert_str_equal(field(512 + 100, 8), S("0000600"));
	assert_str_equal(field(512 + 124, 12), S("00000000003"));
	assert_int_equal(text[512 + 156], '0');
	assert_str_equal(field(1024, 512), S("{}\n"));
	assert_str_equal(field(1536, 1024), S(""));
}

/* A body of whole blocks needs no padding. */
static void
t_padding(void **state)
{
	static char body[1025];
	static const struct {
		size_t n, blocks;
	} cases[] = {
		{ 0, 1 }, { 1, 2 }, { 511, 2 }, { 512, 2 }, { 513, 3 },
		{ 1024, 3 }, { 1025, 4 },
	};

	(void)state;
	memset(body, 'x', sizeof(body));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b = BUF(text);

		tar_add(&b, S("x"), 0600, 0,
		    (struct str){ body, cases[i].n });
		assert_int_equal(b.n, cases[i].blocks * 512);
	}
}

static void
t_refused(void **state)
{
	static char name[102];
	static const struct {
		size_t name_n;
		unsigned mode;
		int64_t mtime_s;
		bool full;
	} cases[] = {
		{ 1, 0600, 0, false },
		{ 100, 07777777, 077777777777, false },
		{ 0, 0600, 0, true },
		{ 101, 0600, 0, true },
		{ 1, 010000000, 0, true },
		{ 1, 0600, -1, true },
		{ 1, 0600, 0100000000000, true },
	};

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b = BUF(text);

		tar_add(&b, (struct str){ name, cases[i].name_n },
		    cases[i].mode, cases[i].mtime_s, S(""));
		assert_int_equal(b.full, cases[i].full);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_members),
		cmocka_unit_test(t_padding),
		cmocka_unit_test(t_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
