#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"

#include <string.h>

struct check {
	struct str s;
	size_t at, depth;
	const char *wrong;	/* what is missing or not allowed at at */
};

static bool
refuse(struct check *c, const char *wrong)
{
	c->wrong = wrong;
	return false;
}

/* The byte here, or -1 at the end. */
static int
peek(const struct check *c)
{
	return c->at < c->s.n ? (unsigned char)c->s.p[c->at] : -1;
}

static bool
take(struct check *c, char want)
{
	if (peek(c) != want)
		return false;
	c->at++;
	return true;
}

/* ws = *( %x20 / %x09 / %x0A / %x0D ), RFC 8259 section 2 */
static void
blanks(struct check *c)
{
	while (take(c, ' ') || take(c, '\t') || take(c, '\n') || take(c, '\r'))
		;
}

static bool
digits(struct check *c)
{
	size_t start = c->at;

	while (c->at < c->s.n && char_digit(c->s.p[c->at]))
		c->at++;
	return c->at > start || refuse(c, "digit expected");
}

/* number = [ minus ] int [ frac ] [ exp ], RFC 8259 section 6 */
static bool
number(struct check *c)
{
	take(c, '-');
	if (take(c, '0')) {
		if (c->at < c->s.n && char_digit(c->s.p[c->at]))
			return refuse(c, "digit after a leading zero");
	} else if (!digits(c)) {
		return false;
	}
	if (take(c, '.') && !digits(c))
		return false;
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		return digits(c);
	}
	return true;
}

static bool
hex4(struct check *c, unsigned *v)
{
	*v = 0;
	for (int i = 0; i < 4; i++) {
		int d = c->at < c->s.n ? hex_digit(c->s.p[c->at]) : -1;

		if (d < 0)
			return refuse(c, "four hex digits expected");
		*v = *v << 4 | (unsigned)d;
		c->at++;
	}
	return true;
}

/* What follows a backslash. Surrogates must come in pairs and NUL not at all:
 * neither has a place in the UTF-8 text that json_str makes.
 */
static bool
escape(struct check *c)
{
	unsigned high, low;
	int b = peek(c);

	if (b < 0 || !memchr("\"\\/bfnrtu", b, 9))
		return refuse(c, "unknown escape");
	c->at++;
	if (b != 'u')
		return true;
	if (!hex4(c, &high))
		return false;
	if (high == 0)
		return refuse(c, "NUL in a string");
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || !take(c, '\\') || !take(c, 'u'))
		return refuse(c, "lone surrogate");
	if (!hex4(c, &low))
		return false;
	return (low >= 0xdc00 && low <= 0xdfff) || refuse(c, "lone surrogate");
}

/* One character of two to four bytes, RFC 3629 section 4: no overlong form,
 * no surrogate, nothing above U+10FFFF.
 */
static bool
utf8(struct check *c)
{
	int first = peek(c), low = 0x80, high = 0xbf, more;

	if (first < 0xc2 || first > 0xf4)
		return refuse(c, "invalid UTF-8");
	more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	if (first == 0xe0)
		low = 0xa0;
	if (first == 0xed)
		high = 0x9f;
	if (first == 0xf0)
		low = 0x90;
	if (first == 0xf4)
		high = 0x8f;
	for (c->at++; more > 0; more--, c->at++) {
		int b = peek(c);

		if (b < low || b > high)
			return refuse(c, "invalid UTF-8");
		low = 0x80;
		high = 0xbf;
	}
	return true;
}

static bool
string(struct check *c)
{
	if (!take(c, '"'))
		return refuse(c, "string expected");
	for (;;) {
		int b = peek(c);

		if (b < 0)
			return refuse(c, "string without an end");
		if (b < ' ')
			return refuse(c, "control byte in a string");
		if (b >= 0x80) {
			if (!utf8(c))
				return false;
			continue;
		}
		c->at++;
		if (b == '"')
			return true;
		if (b == '\\' && !escape(c))
			return false;
	}
}

static bool
word(struct check *c, struct str want)
{
	if (!str_starts(str_skip(c->s, c->at), want))
		return refuse(c, "value expected");
	c->at += want.n;
	return true;
}

static bool value(struct check *c);

/* What stands between the brackets, and the closing one. */
static bool
members(struct check *c, bool object)
{
	char end = object ? '}' : ']';

	blanks(c);
	if (take(c, end))
		return true;
	for (;;) {
		if (object) {
			blanks(c);
			if (!string(c))
				return false;
			blanks(c);
			if (!take(c, ':'))
				return refuse(c, "':' expected");
		}
		if (!value(c))
			return false;
		blanks(c);
		if (take(c, end))
			return true;
		if (!take(c, ','))
			return refuse(c, object ? "',' or '}' expected" :
			    "',' or ']' expected");
	}
}

static bool
value(struct check *c)
{
	bool object;

	blanks(c);
	switch (peek(c)) {
	case '{':
	case '[':
		if (c->depth == JSON_DEPTH_MAX)
			return refuse(c, "nested too deeply");
		c->depth++;
		object = c->s.p[c->at++] == '{';
		if (!members(c, object))
			return false;
		c->depth--;
		return true;
	case '"':
		return string(c);
	case 't':
		return word(c, S("true"));
	case 'f':
		return word(c, S("false"));
	case 'n':
		return word(c, S("null"));
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return number(c);
	default:
		return refuse(c, "value expected");
	}
}

bool
json_check(struct str text, struct err *e)
{
	struct check c = { .s = text };

	if (value(&c)) {
		blanks(&c);
		if (c.at == text.n)
			return true;
		c.wrong = "text after the value";
	}
	return err_set(e, ERR_REPLY, "not json at byte %zu%s: %s", c.at,
	    c.at == text.n ? ", the end" : "", c.wrong);
}
