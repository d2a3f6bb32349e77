#include "base/date.h"

#include <string.h>

/* 9999-12-31T23:59:59Z: the last second that four-digit years can name, and
 * what tells seconds from milliseconds.
 */
#define LAST INT64_C(253402300799)
#define FIRST (-INT64_C(62167219200))	/* 0000-01-01T00:00:00Z */
#define DAY_S 86400

struct civil {
	unsigned year, month, day, hour, minute, second;
};

static bool
leap(unsigned y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static unsigned
month_days(unsigned y, unsigned m)
{
	static const unsigned char days[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};

	return m == 2 && leap(y) ? 29 : days[m - 1];
}

/* Days from 0000-01-01 to the first of January of y. */
static int64_t
year_days(unsigned y)
{
	return y ? 365 * (int64_t)y + (y - 1) / 4 - (y - 1) / 100 +
	    (y - 1) / 400 + 1 : 0;
}

/* From 0. */
static int64_t
day_of_year(const struct civil *c)
{
	int64_t days = c->day - 1;

	for (unsigned m = 1; m < c->month; m++)
		days += month_days(c->year, m);
	return days;
}

static bool
civil_seconds(const struct civil *c, int64_t *t)
{
	if (c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > month_days(c->year, c->month) || c->hour > 23 ||
	    c->minute > 59 || c->second > 60)	/* 60: a leap second */
		return false;
	*t = FIRST + (year_days(c->year) + day_of_year(c)) * DAY_S +
	    c->hour * 3600 + c->minute * 60 + c->second;
	return true;
}

static struct civil
civil_of(int64_t t)
{
	struct civil c = { 0 };
	int64_t days;
	unsigned s;

	if (t < FIRST)
		t = FIRST;
	if (t > LAST)
		t = LAST;
	days = (t - FIRST) / DAY_S;
	s = (unsigned)((t - FIRST) % DAY_S);
	c.hour = s / 3600;
	c.minute = s / 60 % 60;
	c.second = s % 60;
	/* The mean year gives a guess that is off by one at most. */
	c.year = (unsigned)(days * 400 / 146097);
	if (c.year > 0 && year_days(c.year) > days)
		c.year--;
	if (year_days(c.year + 1) <= days)
		c.year++;
	days -= year_days(c.year);
	for (c.month = 1; days >= month_days(c.year, c.month); c.month++)
		days -= month_days(c.year, c.month);
	c.day = (unsigned)days + 1;
	return c;
}

/* Take n digits off the front of *s. */
static bool
take_number(struct str *s, size_t n, unsigned *v)
{
	uint64_t u;

	if (s->n < n || !str_u64(str_head(*s, n), 9999, &u))
		return false;
	*v = (unsigned)u;
	*s = str_skip(*s, n);
	return true;
}

static bool
take(struct str *s, struct str what)
{
	if (!str_starts(*s, what))
		return false;
	*s = str_skip(*s, what.n);
	return true;
}

/* hh:mm:ss */
static bool
take_clock(struct str *s, struct civil *c)
{
	return take_number(s, 2, &c->hour) && take(s, S(":")) &&
	    take_number(s, 2, &c->minute) && take(s, S(":")) &&
	    take_number(s, 2, &c->second);
}

/* Z, UTC, or an offset +hh:mm; *ahead is seconds east of Greenwich. */
static bool
take_zone(struct str *s, int64_t *ahead)
{
	unsigned h, m;
	int sign = 1;

	*ahead = 0;
	if (take(s, S("Z")) || take(s, S("UTC")))
		return true;
	if (take(s, S("-")))
		sign = -1;
	else if (!take(s, S("+")))
		return false;
	if (!take_number(s, 2, &h) || !take(s, S(":")) ||
	    !take_number(s, 2, &m) || h > 23 || m > 59)
		return false;
	*ahead = sign * (int64_t)(h * 3600 + m * 60);
	return true;
}

bool
date_iso(struct str s, int64_t *t)
{
	struct civil c;
	int64_t at, ahead;

	if (!take_number(&s, 4, &c.year) || !take(&s, S("-")) ||
	    !take_number(&s, 2, &c.month) || !take(&s, S("-")) ||
	    !take_number(&s, 2, &c.day) || !take(&s, S("T")) ||
	    !take_clock(&s, &c))
		return false;
	if (take(&s, S("."))) {
		size_t digits = s.n;

		while (s.n && char_digit(s.p[0]))
			s = str_skip(s, 1);
		if (s.n == digits)
			return false;
	}
	if (!take_zone(&s, &ahead) || s.n || !civil_seconds(&c, &at))
		return false;
	*t = at - ahead;
	return true;
}

/* Take the digits at the front of *s. */
static struct str
take_digits(struct str *s)
{
	size_t n = 0;
	struct str digits;

	while (n < s->n && char_digit(s->p[n]))
		n++;
	digits = str_head(*s, n);
	*s = str_skip(*s, n);
	return digits;
}

/* The optional exponent and the end; *shift is its value, -999..999. */
static bool
take_exponent(struct str *s, int *shift)
{
	uint64_t v;
	bool minus = false;

	*shift = 0;
	if (s->n == 0)
		return true;
	if (!take(s, S("e")) && !take(s, S("E")))
		return false;
	if (!take(s, S("+")))
		minus = take(s, S("-"));
	if (!str_u64(*s, 999, &v))
		return false;
	*shift = minus ? -(int)v : (int)v;
	return true;
}

/* The digits of a number in a row, the point taken out. */
static unsigned
digit_at(struct str whole, struct str part, size_t i)
{
	if (i < whole.n)
		return (unsigned)(whole.p[i] - '0');
	i -= whole.n;
	return i < part.n ? (unsigned)(part.p[i] - '0') : 0;
}

bool
date_epoch(struct str s, int64_t *t)
{
	bool minus = take(&s, S("-")), rest = false;
	struct str whole = take_digits(&s), part = { NULL, 0 };
	int64_t v = 0, point;
	int shift;

	if (whole.n == 0 || (whole.n > 1 && whole.p[0] == '0'))
		return false;
	if (take(&s, S("."))) {
		part = take_digits(&s);
		if (part.n == 0)
			return false;
	}
	if (!take_exponent(&s, &shift))
		return false;
	/* Where the point stands once the exponent has moved it. */
	point = (int64_t)whole.n + shift;
	for (int64_t i = 0; i < point && v <= LAST; i++)
		v = v * 10 + digit_at(whole, part, (size_t)i);
	if (v > LAST)
		return false;
	for (size_t i = point > 0 ? (size_t)point : 0;
	    i < whole.n + part.n; i++)
		rest |= digit_at(whole, part, i) != 0;
	*t = minus ? -v - rest : v;
	return true;
}

/* 1-based place of the three letters at the front of *s in names. */
static bool
take_name(struct str *s, struct str names, unsigned *place)
{
	for (size_t i = 0; i + 3 <= names.n; i += 3)
		if (take(s, str_head(str_skip(names, i), 3))) {
			*place = (unsigned)(i / 3) + 1;
			return true;
		}
	return false;
}

#define WEEKDAYS "MonTueWedThuFriSatSun"
#define MONTHS "JanFebMarAprMayJunJulAugSepOctNovDec"

bool
date_http(struct str s, int64_t *t)
{
	struct civil c = { 0 };
	unsigned weekday;

	return take_name(&s, S(WEEKDAYS), &weekday) &&
	    take(&s, S(", ")) && take_number(&s, 2, &c.day) &&
	    take(&s, S(" ")) && take_name(&s, S(MONTHS), &c.month) &&
	    take(&s, S(" ")) && take_number(&s, 4, &c.year) &&
	    take(&s, S(" ")) && take_clock(&s, &c) &&
	    str_eq(s, S(" GMT")) && civil_seconds(&c, t);
}

/* v in decimal with leading zeros, n digits, then the byte end. */
static char *
put(char *p, unsigned v, size_t n, char end)
{
	for (size_t i = n; i > 0; i--, v /= 10)
		p[i - 1] = (char)('0' + v % 10);
	p[n] = end;
	return p + n + (end != '\0');
}

void
date_format_amz(int64_t t, char out[DATE_AMZ_LEN + 1])
{
	struct civil c = civil_of(t);
	char *p = out;

	p = put(p, c.year, 4, '\0');
	p = put(p, c.month, 2, '\0');
	p = put(p, c.day, 2, 'T');
	p = put(p, c.hour, 2, '\0');
	p = put(p, c.minute, 2, '\0');
	p = put(p, c.second, 2, 'Z');
	*p = '\0';
}

void
date_format_iso(int64_t t, char out[DATE_ISO_LEN + 1])
{
	struct civil c = civil_of(t);
	char *p = out;

	p = put(p, c.year, 4, '-');
	p = put(p, c.month, 2, '-');
	p = put(p, c.day, 2, 'T');
	p = put(p, c.hour, 2, ':');
	p = put(p, c.minute, 2, ':');
	p = put(p, c.second, 2, 'Z');
	*p = '\0';
}

/* The three letters at place (from 0) of names. */
static char *
put_name(char *p, const char *names, unsigned place, char end)
{
	memcpy(p, names + (size_t)3 * place, 3);
	p[3] = end;
	return p + 4;
}

void
date_format_http(int64_t t, char out[DATE_HTTP_LEN + 1])
{
	struct civil c = civil_of(t);
	char *p = out;

	/* The first day of the year 0 was a Saturday. */
	p = put_name(p, WEEKDAYS, (unsigned)((year_days(c.year) +
	    day_of_year(&c) + 5) % 7), ',');
	*p++ = ' ';
	p = put(p, c.day, 2, ' ');
	p = put_name(p, MONTHS, c.month - 1, ' ');
	p = put(p, c.year, 4, ' ');
	p = put(p, c.hour, 2, ':');
	p = put(p, c.minute, 2, ':');
	p = put(p, c.second, 2, ' ');
	memcpy(p, "GMT", sizeof("GMT"));
}
