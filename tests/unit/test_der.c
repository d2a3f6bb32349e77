#include "net/der.h"

#include "t.h"

static void
steps(void **state)
{
	/* Bytes, and how many of them are the first element; 0: refused. */
	static const struct {
		struct str in;
		size_t whole, body;
	} rows[] = {
		{ S_INIT("\x05\x00"), 2, 0 },
		{ S_INIT("\x02\x01\x07"), 3, 1 },
		{ S_INIT("\x02\x01\x07\x05\x00"), 3, 1 },
		{ S_INIT("\x30\x03\x02\x01\x07"), 5, 3 },
		{ S_INIT("\xa3\x00"), 2, 0 },
		{ S_INIT("\x3e\x00"), 2, 0 },
		/* nothing, or no length */
		{ S_INIT(""), 0, 0 },
		{ S_INIT("\x02"), 0, 0 },
		/* past the end */
		{ S_INIT("\x02\x01"), 0, 0 },
		{ S_INIT("\x30\x04\x02\x01\x07"), 0, 0 },
		{ S_INIT("\x04\x81"), 0, 0 },
		{ S_INIT("\x04\x82\x01"), 0, 0 },
		{ S_INIT("\x04\x81\x80"), 0, 0 },
		{ S_INIT("\x04\x84\xff\xff\xff\xff"), 0, 0 },
		/* indefinite, X.690 10.1 */
		{ S_INIT("\x30\x80\x00\x00"), 0, 0 },
		/* longer than need be */
		{ S_INIT("\x04\x81\x01\x00"), 0, 0 },
		{ S_INIT("\x04\x81\x00"), 0, 0 },
		{ S_INIT("\x04\x82\x00\x80\x00"), 0, 0 },
		{ S_INIT("\x04\x85\x00\x00\x00\x00\x01\x00"), 0, 0 },
		{ S_INIT("\x04\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01"), 0,
		    0 },
		{ S_INIT("\x04\xff\x00"), 0, 0 },
		/* tag numbers in further bytes */
		{ S_INIT("\x1f\x20\x00"), 0, 0 },
		{ S_INIT("\x1f\x00"), 0, 0 },
		{ S_INIT("\xbf\x1e\x00"), 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str in = t_edge(rows[i].in), rest = in;
		struct der el = { .tag = 0xff };
		bool ok = der_next(&rest, &el);

		assert_int_equal(ok, rows[i].whole > 0);
		if (!ok) {
			assert_ptr_equal(rest.p, in.p);
			assert_int_equal(rest.n, in.n);
			assert_int_equal(el.tag, 0xff);
			continue;
		}
		assert_int_equal(el.tag, (unsigned char)in.p[0]);
		assert_str_equal(el.whole, str_head(in, rows[i].whole));
		assert_str_equal(rest, str_skip(in, rows[i].whole));
		assert_int_equal(el.body.n, rows[i].body);
		assert_ptr_equal(el.body.p + el.body.n,
		    el.whole.p + el.whole.n);
	}
}

static void
long_lengths(void **state)
{
	static const size_t sizes[] = { 127, 128, 255, 256, 65535, 65536 };
	static char in[65536 + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i], head = 2;
		struct str body;

		in[0] = DER_OCTETS;
		in[1] = (char)n;
		if (n > 127) {
			int octets = n > 65535 ? 3 : n > 255 ? 2 : 1;

			in[1] = (char)(0x80 | octets);
			for (int k = octets; k > 0; k--)
				in[head++] = (char)(n >> (8 * (k - 1)));
		}
		assert_true(der_only(t_edge((struct str){ in, head + n }),
		    DER_OCTETS, &body));
		assert_int_equal(body.n, n);
		assert_false(der_only(t_edge((struct str){ in, head + n - 1 }),
		    DER_OCTETS, &body));
	}
}

/* Lengths that would do, were they written shortest. */
static void
long_winded(void **state)
{
	static const struct {
		struct str head;
		size_t body;
	} rows[] = {
		{ S_INIT("\x04\x81\x7f"), 127 },
		{ S_INIT("\x04\x82\x00\x80"), 128 },
		{ S_INIT("\x04\x83\x00\x01\x00"), 256 },
		{ S_INIT("\x04\x89\x01\x00\x00\x00\x00\x00\x00\x00\x80"),
		    128 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char in[300] = { 0 };

		memcpy(in, rows[i].head.p, rows[i].head.n);
		assert_false(der_only(t_edge((struct str){ in,
		    rows[i].head.n + rows[i].body }), DER_OCTETS, NULL));
	}
}

static void
tags(void **state)
{
	struct str s = S("\x02\x01\x07\x05\x00"), body = S("mark");

	(void)state;
	assert_false(der_take(&s, DER_OID, &body));
	assert_int_equal(s.n, 5);
	assert_str_equal(body, S("mark"));
	assert_false(der_only(s, DER_INTEGER, &body));	/* more behind it */
	assert_str_equal(body, S("mark"));
	assert_true(der_take(&s, DER_INTEGER, &body));
	assert_str_equal(body, S("\x07"));
	assert_true(der_only(s, 0x05, NULL));
	assert_true(der_take(&s, 0x05, NULL));
	assert_int_equal(s.n, 0);
	assert_false(der_take(&s, 0x05, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps),
		cmocka_unit_test(long_lengths),
		cmocka_unit_test(long_winded),
		cmocka_unit_test(tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
