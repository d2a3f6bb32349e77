#include "sidecar/report.h"
#include "t.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { REGISTRIES = 3, SINKS = 2, HEAD = 40 };

static char bytes[REPORT_TEXT_MAX + 64], word[REPORT_TEXT_MAX + 128];

static void
t_there_and_back(void **state)
{
	static const struct report cases[] = {
		{ REPORT_REGISTRY, 0, true, ERR_NONE, 1440938160,
		    S_INIT("111122223333.dkr.ecr.eu-west-1.amazonaws.com") },
		{ REPORT_REGISTRY, 2, true, ERR_NONE, INT64_MAX, S_INIT("h") },
		{ REPORT_REGISTRY, 1, false, ERR_DENIED, 0, S_INIT("no") },
		{ REPORT_REGISTRY, 1, false, ERR_NET, 1, S_INIT("later") },
		{ REPORT_REGISTRY, 1, false, ERR_NONE, 1, S_INIT("why?") },
		{ REPORT_SINK, 0, true, ERR_NONE, 0, S_INIT("") },
		{ REPORT_SINK, 1, false, ERR_LIMIT, 0, S_INIT("disk full ~") },
		{ REPORT_BODY, 1, false, ERR_NONE, 0, S_INIT("\x1f\x8b\0\n") },
		{ REPORT_BODY, 1, true, ERR_NONE, 0, S_INIT("\xff") },
		{ REPORT_BODY, 0, true, ERR_NONE, 0, S_INIT("") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF(word);
		struct report r;
		struct err e;

		report_write(&cases[i], &b);
		assert_false(b.full);
		assert_int_equal(b.n, HEAD + cases[i].text.n);
		assert_true(report_read(t_edge(buf_str(&b)), REGISTRIES, SINKS,
		    &r, &e));
		assert_int_equal(r.kind, cases[i].kind);
		assert_int_equal(r.part, cases[i].part);
		assert_int_equal(r.good, cases[i].good);
		assert_int_equal(r.why, cases[i].why);
		assert_int_equal(r.expires_s, cases[i].expires_s);
		assert_str_equal(r.text, cases[i].text);
	}
}

#define RANGE "a number is out of range"
#define NO_PART "there is no such registry or sink"
#define TEXT "a text too many or too few"

/* Numbers as they stand in the head. */
static void
t_refused(void **state)
{
	static const struct {
		uint64_t head[5];	/* kind, part, good, why, expires */
		struct str text;
		const char *why;
	} cases[] = {
		{ { 3, 0, 1, 0, 0 }, S_INIT(""), RANGE },
		{ { UINT64_MAX, 0, 1, 0, 0 }, S_INIT(""), RANGE },
		{ { REPORT_SINK, 0, 2, 0, 0 }, S_INIT(""), RANGE },
		{ { REPORT_SINK, 0, 0, ERR_LIMIT + 1, 0 }, S_INIT("x"), RANGE },
		{ { REPORT_REGISTRY, 0, 1, 0, (uint64_t)INT64_MAX + 1 },
		    S_INIT("h"), RANGE },
		{ { REPORT_REGISTRY, 3, 1, 0, 1 }, S_INIT("h"), NO_PART },
		{ { REPORT_SINK, 2, 1, 0, 0 }, S_INIT(""), NO_PART },
		{ { REPORT_BODY, 2, 1, 0, 0 }, S_INIT(""), NO_PART },
		{ { REPORT_BODY, UINT64_MAX, 1, 0, 0 }, S_INIT(""), NO_PART },
		{ { REPORT_SINK, 0, 1, ERR_NET, 0 }, S_INIT(""),
		    "it went well for a reason" },
		{ { REPORT_REGISTRY, 0, 1, ERR_NET, 1 }, S_INIT("h"),
		    "it went well for a reason" },
		{ { REPORT_SINK, 0, 1, 0, 1 }, S_INIT(""),
		    "a time for what does not expire" },
		{ { REPORT_SINK, 0, 0, 0, 1 }, S_INIT("x"),
		    "a time for what does not expire" },
		{ { REPORT_REGISTRY, 0, 1, 0, 0 }, S_INIT("h"),
		    "a token without an end" },
		{ { REPORT_REGISTRY, 0, 1, 0, 1 }, S_INIT(""), TEXT },
		{ { REPORT_REGISTRY, 0, 0, 0, 1 }, S_INIT(""), TEXT },
		{ { REPORT_SINK, 0, 0, 0, 0 }, S_INIT(""), TEXT },
		{ { REPORT_SINK, 0, 1, 0, 0 }, S_INIT("x"), TEXT },
		{ { REPORT_REGISTRY, 0, 1, 0, 1 }, S_INIT("h\n"),
		    "its text is not printable" },
		{ { REPORT_SINK, 0, 0, 0, 0 }, S_INIT("\x7f"),
		    "its text is not printable" },
		{ { REPORT_SINK, 0, 0, 0, 0 }, S_INIT("\xc3\xa4"),
		    "its text is not printable" },
		{ { REPORT_BODY, 0, 0, 0, 0 }, S_INIT(""),
		    "neither bytes nor the last" },
		{ { REPORT_BODY, 0, 1, ERR_NET, 0 }, S_INIT("x"),
		    "a body with more than bytes" },
		{ { REPORT_BODY, 0, 1, 0, 1 }, S_INIT("x"),
		    "a body with more than bytes" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF(word);
		struct report r = { .part = 77 };
		struct err e = { ERR_NONE, "" };
		char want[128];
		struct buf w = BUF(want);

		buf_add(&b, (struct str){ (const char *)cases[i].head, HEAD });
		buf_add(&b, cases[i].text);
		if (report_read(t_edge(buf_str(&b)), REGISTRIES, SINKS, &r,
		    &e))
			fail_msg("row %zu is accepted", i);
		buf_add(&w, S("read a report: "));
		buf_add(&w, str_of(cases[i].why));
		assert_str_equal(str_of(e.msg), buf_str(&w));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_int_equal(r.part, 77);
	}
}

static void
t_short(void **state)
{
	static const char zeros[HEAD];

	(void)state;
	for (size_t n = 0; n < HEAD; n++) {
		struct report r;
		struct err e;
		char want[64];
		struct buf w = BUF(want);

		assert_false(report_read(t_edge((struct str){ zeros, n }),
		    REGISTRIES, SINKS, &r, &e));
		buf_add(&w, S("read a report: "));
		buf_u64(&w, n);
		buf_add(&w, S(" bytes are none"));
		assert_str_equal(str_of(e.msg), buf_str(&w));
	}
}

/* How much text there may be: to write, and to read. */
static void
t_long(void **state)
{
	static const struct {
		enum report_kind kind;
		size_t n;
		bool written, read;
	} cases[] = {
		{ REPORT_BODY, REPORT_TEXT_MAX, true, true },
		{ REPORT_BODY, REPORT_TEXT_MAX + 1, false, false },
		{ REPORT_SINK, ERR_MSG_MAX - 1, true, true },
		{ REPORT_SINK, ERR_MSG_MAX, true, false },
		{ REPORT_REGISTRY, ERR_MSG_MAX, true, false },
	};

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct report r = { .kind = cases[i].kind,
			.text = { bytes, cases[i].n } };
		struct buf b = BUF(word), forged = BUF(word);
		struct err e = { ERR_NONE, "" };

		report_write(&r, &b);
		assert_int_equal(b.full, !cases[i].written);
		r.text.n = 0;
		report_write(&r, &forged);
		buf_add(&forged, (struct str){ bytes, cases[i].n });
		assert_int_equal(report_read(t_edge(buf_str(&forged)),
		    REGISTRIES, SINKS, &r, &e), cases[i].read);
		if (!cases[i].read)
			assert_string_equal(e.msg,
			    "read a report: its text is too long");
	}
	assert_true(REPORT_TEXT_MAX + HEAD <= BROKER_WORD_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_there_and_back),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_short),
		cmocka_unit_test(t_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
