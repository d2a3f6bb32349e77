#include "base/span.h"
#include "t.h"

static void
parses(void **state)
{
	static const struct {
		const char *text;
		int64_t s;	/* 0: refused */
	} cases[] = {
		{ "1", 1 },
		{ "21600", 21600 },
		{ "007", 7 },
		{ "90s", 90 },
		{ "90m", 5400 },
		{ "6h", 21600 },
		{ "2d", 172800 },
		{ "365d", 31536000 },
		{ "8760h", 31536000 },
		{ "31536000", 31536000 },
		{ "", 0 },
		{ "0", 0 },
		{ "0h", 0 },
		{ "00", 0 },
		{ "s", 0 },
		{ "h", 0 },
		{ "-1", 0 },
		{ "+1", 0 },
		{ "-6h", 0 },
		{ "1.5h", 0 },
		{ "1,5h", 0 },
		{ "1e3", 0 },
		{ "0x10", 0 },
		{ "6 h", 0 },
		{ " 6h", 0 },
		{ "6h ", 0 },
		{ "6h\n", 0 },
		{ "6H", 0 },
		{ "6hs", 0 },
		{ "6hh", 0 },
		{ "1h30m", 0 },
		{ "h6", 0 },
		{ "6w", 0 },
		{ "6min", 0 },
		{ "100ms", 0 },
		{ "31536001", 0 },
		{ "8761h", 0 },
		{ "366d", 0 },
		{ "18446744073709551615", 0 },
		{ "18446744073709551616", 0 },
		{ "18446744073709551617s", 0 },
		/* 2^64 and a day */
		{ "213503982334602d", 0 },
		{ "99999999999999999999999999d", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t s = -7;
		bool good = span_parse(t_edge(str_of(cases[i].text)), &s);

		if (good != (cases[i].s != 0) ||
		    s != (good ? cases[i].s : -7))
			fail_msg("'%s': %d, %lld", cases[i].text, good,
			    (long long)s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
