#include "t.h"

#include <stdio.h>
#include <time.h>

#include "base/date.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NO INT64_MIN	/* must be refused */

struct row {
	struct str s;
	int64_t t;
};

static void
check(const struct row *rows, size_t count, bool (*parse)(struct str,
    int64_t *))
{
	for (size_t i = 0; i < count; i++) {
		int64_t t = 42;
		bool ok = parse(t_edge(rows[i].s), &t);

		if (ok != (rows[i].t != NO))
			fail_msg("'%.*s' %s", STR_ARG(rows[i].s),
			    ok ? "accepted" : "refused");
		assert_int_equal(t, ok ? rows[i].t : 42);
	}
}

static void
t_iso(void **state)
{
	static const struct row rows[] = {
		{ S_INIT("1970-01-01T00:00:00Z"), 0 },
		{ S_INIT("1969-12-31T23:59:59Z"), -1 },
		{ S_INIT("2026-11-21T01:57:47Z"), 1795226267 },
		{ S_INIT("2026-11-21T01:57:47.578702Z"), 1795226267 },
		{ S_INIT("2026-11-21T01:57:47.9Z"), 1795226267 },
		{ S_INIT("2026-11-21T01:57:47.123456789123Z"), 1795226267 },
		{ S_INIT("2026-11-21T01:57:47+00:00"), 1795226267 },
		{ S_INIT("2026-11-21T01:57:47-00:00"), 1795226267 },
		{ S_INIT("2026-11-21T01:57:47UTC"), 1795226267 },
		{ S_INIT("2026-11-21T03:57:47.5+02:00"), 1795226267 },
		{ S_INIT("2026-11-20T20:27:47-05:30"), 1795226267 },
		{ S_INIT("2024-02-29T12:00:00Z"), 1709208000 },
		{ S_INIT("2000-02-29T00:00:00Z"), 951782400 },
		{ S_INIT("2016-12-31T23:59:60Z"), 1483228800 },
		{ S_INIT("2038-01-19T03:14:08Z"), 2147483648 },
		{ S_INIT("0000-01-01T00:00:00Z"), -62167219200 },
		{ S_INIT("9999-12-31T23:59:59Z"), 253402300799 },
		{ S_INIT(""), NO },
		{ S_INIT("Z"), NO },
		{ S_INIT("2026-11-21"), NO },
		{ S_INIT("2026-11-21T01:57Z"), NO },
		{ S_INIT("2026-11-21T01:57:47"), NO },
		{ S_INIT("2026-11-21 01:57:47Z"), NO },
		{ S_INIT("2026-11-21t01:57:47Z"), NO },
		{ S_INIT("2026-11-21T01:57:47z"), NO },
		{ S_INIT("2026-11-21T01:57:47 Z"), NO },
		{ S_INIT("2026-11-21T01:57:47ZZ"), NO },
		{ S_INIT("2026-11-21T01:57:47Z\n"), NO },
		{ S_INIT(" 2026-11-21T01:57:47Z"), NO },
		{ S_INIT("2026-11-21T01:57:47.Z"), NO },
		{ S_INIT("2026-11-21T01:57:47,5Z"), NO },
		{ S_INIT("2026-11-21T01:57:47.5.5Z"), NO },
		{ S_INIT("2026-11-21T01:57:47.5"), NO },
		{ S_INIT("2026-11-21T01:57:47GMT"), NO },
		{ S_INIT("2026-11-21T01:57:47UT"), NO },
		{ S_INIT("2026-11-21T01:57:47+0000"), NO },
		{ S_INIT("2026-11-21T01:57:47+00"), NO },
		{ S_INIT("2026-11-21T01:57:47+24:00"), NO },
		{ S_INIT("2026-11-21T01:57:47+01:60"), NO },
		{ S_INIT("2026-11-21T01:57:47+01:00Z"), NO },
		{ S_INIT("2026-11-21T01:57:47+-1:00"), NO },
		{ S_INIT("2026-00-21T01:57:47Z"), NO },
		{ S_INIT("2026-13-21T01:57:47Z"), NO },
		{ S_INIT("2026-11-00T01:57:47Z"), NO },
		{ S_INIT("2026-11-31T01:57:47Z"), NO },
		{ S_INIT("2026-02-29T01:57:47Z"), NO },
		{ S_INIT("1900-02-29T01:57:47Z"), NO },
		{ S_INIT("2024-02-30T01:57:47Z"), NO },
		{ S_INIT("2026-11-21T24:00:00Z"), NO },
		{ S_INIT("2026-11-21T01:60:47Z"), NO },
		{ S_INIT("2026-11-21T01:57:61Z"), NO },
		{ S_INIT("2026-1-21T01:57:47Z"), NO },
		{ S_INIT("26-11-21T01:57:47Z"), NO },
		{ S_INIT("12026-11-21T01:57:47Z"), NO },
		{ S_INIT("-026-11-21T01:57:47Z"), NO },
		{ S_INIT("2026-11-21T+1:57:47Z"), NO },
		{ S_INIT("2026-11-21T01:57:4\0Z"), NO },
		{ S_INIT("2026/11/21T01:57:47Z"), NO },
		{ S_INIT("20261121T015747Z"), NO },
	};

	(void)state;
	check(rows, COUNT(rows), date_iso);
}

static void
t_epoch(void **state)
{
	static const struct row rows[] = {
		{ S_INIT("0"), 0 },
		{ S_INIT("-0"), 0 },
		{ S_INIT("-0.0"), 0 },
		{ S_INIT("0e9"), 0 },
		{ S_INIT("0e999"), 0 },
		{ S_INIT("1448878779"), 1448878779 },
		{ S_INIT("1448878779.809"), 1448878779 },
		{ S_INIT("1.448878779809E9"), 1448878779 },
		{ S_INIT("1.448878779809e+9"), 1448878779 },
		{ S_INIT("1.448878779809e09"), 1448878779 },
		{ S_INIT("1448878779809e-3"), 1448878779 },
		{ S_INIT("14.5E2"), 1450 },
		{ S_INIT("1.5E0"), 1 },
		{ S_INIT("0.00015E4"), 1 },
		{ S_INIT("9E-1"), 0 },
		{ S_INIT("9E-999"), 0 },
		{ S_INIT("-1"), -1 },
		{ S_INIT("-1.5"), -2 },
		{ S_INIT("-0.1"), -1 },
		{ S_INIT("-1E-999"), -1 },
		{ S_INIT("-1.0"), -1 },
		{ S_INIT("253402300799"), 253402300799 },
		{ S_INIT("253402300799.9"), 253402300799 },
		{ S_INIT("253402300800"), NO },
		{ S_INIT("2534023007990"), NO },
		{ S_INIT("1448878779809"), NO },	/* milliseconds */
		{ S_INIT("1e12"), NO },
		{ S_INIT("1e999"), NO },
		{ S_INIT("1e1000"), NO },
		{ S_INIT("99999999999999999999999999"), NO },
		{ S_INIT(""), NO },
		{ S_INIT("-"), NO },
		{ S_INIT("+1"), NO },
		{ S_INIT("--1"), NO },
		{ S_INIT("01"), NO },
		{ S_INIT("00"), NO },
		{ S_INIT("-01"), NO },
		{ S_INIT(".5"), NO },
		{ S_INIT("1."), NO },
		{ S_INIT("1.e3"), NO },
		{ S_INIT("1e"), NO },
		{ S_INIT("1e+"), NO },
		{ S_INIT("1e+-1"), NO },
		{ S_INIT("1e1.5"), NO },
		{ S_INIT("1e1e1"), NO },
		{ S_INIT("1.5.5"), NO },
		{ S_INIT("1 "), NO },
		{ S_INIT(" 1"), NO },
		{ S_INIT("1\0"), NO },
		{ S_INIT("0x10"), NO },
		{ S_INIT("NaN"), NO },
		{ S_INIT("Infinity"), NO },
		{ S_INIT("\"1\""), NO },
		{ S_INIT("1,5"), NO },
		{ S_INIT("2026-11-21T01:57:47Z"), NO },
	};

	(void)state;
	check(rows, COUNT(rows), date_epoch);
}

static void
t_http(void **state)
{
	static const struct row rows[] = {
		{ S_INIT("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777 },
		{ S_INIT("Thu, 01 Jan 1970 00:00:00 GMT"), 0 },
		{ S_INIT("Sat, 21 Nov 2026 01:57:47 GMT"), 1795226267 },
		{ S_INIT("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800 },
		/* The obsolete forms. */
		{ S_INIT("Sunday, 06-Nov-94 08:49:37 GMT"), NO },
		{ S_INIT("Sun Nov  6 08:49:37 1994"), NO },
		{ S_INIT(""), NO },
		{ S_INIT("Sun, 6 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun, 06 Nov 94 08:49:37 GMT"), NO },
		{ S_INIT("sun, 06 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun, 06 nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun, 06 NOV 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sux, 06 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("nTu, 06 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun, 06 Nox 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun,06 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun 06 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun, 06  Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun, 06 Nov 1994 08:49 GMT"), NO },
		{ S_INIT("Sun, 06 Nov 1994 08:49:37"), NO },
		{ S_INIT("Sun, 06 Nov 1994 08:49:37 UTC"), NO },
		{ S_INIT("Sun, 06 Nov 1994 08:49:37 gmt"), NO },
		{ S_INIT("Sun, 06 Nov 1994 08:49:37 +0000"), NO },
		{ S_INIT("Sun, 06 Nov 1994 08:49:37 GMT "), NO },
		{ S_INIT("Sun, 00 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Thu, 31 Nov 1994 08:49:37 GMT"), NO },
		{ S_INIT("Sun, 06 Nov 1994 24:49:37 GMT"), NO },
		{ S_INIT("Sun, 06 Nov 1994 08:60:37 GMT"), NO },
	};

	(void)state;
	check(rows, COUNT(rows), date_http);
}

static void
t_format(void **state)
{
	static const struct {
		int64_t t;
		const char *amz, *iso, *http;
	} rows[] = {
		{ 1440938160, "20150830T123600Z", "2015-08-30T12:36:00Z",
		    "Sun, 30 Aug 2015 12:36:00 GMT" },
		{ 0, "19700101T000000Z", "1970-01-01T00:00:00Z",
		    "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ -1, "19691231T235959Z", "1969-12-31T23:59:59Z",
		    "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ 951782400, "20000229T000000Z", "2000-02-29T00:00:00Z",
		    "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 253402300799, "99991231T235959Z", "9999-12-31T23:59:59Z",
		    "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ 253402300800, "99991231T235959Z", "9999-12-31T23:59:59Z",
		    "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_MAX, "99991231T235959Z", "9999-12-31T23:59:59Z",
		    "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ -62167219200, "00000101T000000Z", "0000-01-01T00:00:00Z",
		    "Sat, 01 Jan 0000 00:00:00 GMT" },
		{ -62167219201, "00000101T000000Z", "0000-01-01T00:00:00Z",
		    "Sat, 01 Jan 0000 00:00:00 GMT" },
		{ INT64_MIN, "00000101T000000Z", "0000-01-01T00:00:00Z",
		    "Sat, 01 Jan 0000 00:00:00 GMT" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char amz[DATE_AMZ_LEN + 1], iso[DATE_ISO_LEN + 1];
		char http[DATE_HTTP_LEN + 1];

		date_format_amz(rows[i].t, amz);
		assert_string_equal(amz, rows[i].amz);
		date_format_iso(rows[i].t, iso);
		assert_string_equal(iso, rows[i].iso);
		date_format_http(rows[i].t, http);
		assert_string_equal(http, rows[i].http);
	}
}

/* Every day of the calendar against libc's, there and back. */
static void
t_every_day(void **state)
{
	(void)state;
	for (int64_t t = -62167219200 + 43201; t < 253402300800; t += 86400) {
		char iso[DATE_ISO_LEN + 1], http[DATE_HTTP_LEN + 1], want[64];
		time_t clock = (time_t)t;
		struct tm tm;
		int64_t back;

		date_format_iso(t, iso);
		gmtime_r(&clock, &tm);
		snprintf(want, sizeof(want), "%04d-%02d-%02dT12:00:01Z",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
		if (strcmp(iso, want) != 0)
			fail_msg("%s, not %s", iso, want);
		if (!date_iso(str_of(iso), &back) || back != t)
			fail_msg("%s read as %lld", iso, (long long)back);
		date_format_http(t, http);
		if (memcmp(http, &"SunMonTueWedThuFriSat"[3 * tm.tm_wday],
		    3) != 0 || !date_http(str_of(http), &back) || back != t)
			fail_msg("%s is %s", iso, http);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_iso),
		cmocka_unit_test(t_epoch),
		cmocka_unit_test(t_http),
		cmocka_unit_test(t_format),
		cmocka_unit_test(t_every_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
