#include "net/pem.h"

#include <string.h>

/* One line off the front, without blanks at its ends. */
static struct str
take_line(struct str *text)
{
	struct str line;

	str_cut(*text, '\n', &line, text);
	return str_trim(line);
}

bool
pem_next(struct str *text, struct str *body)
{
	struct str rest = *text, lines, tail;
	const char *dash;
	bool whole;

	while (!str_eq(take_line(&rest), S("-----BEGIN CERTIFICATE-----")))
		if (rest.n == 0)
			return false;
	/* Base64 has no '-': the first one begins the last line. */
	dash = rest.n ? memchr(rest.p, '-', rest.n) : NULL;
	lines = dash ? str_head(rest, (size_t)(dash - rest.p)) : rest;
	whole = lines.n == 0 || lines.p[lines.n - 1] == '\n';
	rest = str_skip(rest, lines.n);
	tail = rest;
	if (whole && str_eq(take_line(&tail), S("-----END CERTIFICATE-----"))) {
		*body = lines;
		*text = tail;
		return true;
	}
	/* What stands there may be the next block's first line. */
	*body = S("");
	*text = rest;
	return true;
}

/* A digit's value + 1, so that what is not named here stays 0. */
static const unsigned char digits[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,
	['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12,
	['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17,
	['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,
	['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27,
	['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37,
	['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47,
	['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52,
	['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57,
	['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62,
	['+'] = 63, ['/'] = 64,
};

static bool
blank(char c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/* The digits at the front of *s in whole fours, as far as out has room. */
static void
take_fours(struct str *s, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t fours = s->n / 4, room = (out->cap - out->n) / 3, n = 0;
	char *to = out->p + out->n;

	for (; n < fours && n < room; n++, p += 4) {
		/* What is no digit gives a number beyond all digits. */
		unsigned a = digits[p[0]] - 1u, b = digits[p[1]] - 1u;
		unsigned c = digits[p[2]] - 1u, d = digits[p[3]] - 1u;

		if ((a | b | c | d) > 63)
			break;
		*to++ = (char)(a << 2 | b >> 4);
		*to++ = (char)(b << 4 | c >> 2);
		*to++ = (char)(c << 6 | d);
	}
	out->n += 3 * n;
	*s = str_skip(*s, 4 * n);
}

/* The last four, or one with blanks in it: digits, then pads, blanks anywhere. False for
 * anything else, and when not all of it is there.
 */
static bool
take_four(struct str *s, unsigned *v, unsigned *pads)
{
	unsigned have = 0;

	*v = *pads = 0;
	while (have < 4) {
		char c;
		unsigned d;

		if (s->n == 0)
			return false;
		c = s->p[0];
		*s = str_skip(*s, 1);
		if (blank(c))
			continue;
		d = digits[(unsigned char)c];
		if (c == '=')
			++*pads;
		else if (d == 0 || *pads)
			return false;
		*v = *v << 6 | (d ? d - 1 : 0);
		have++;
	}
	/* RFC 4648 3.5: bits that padding leaves unused are zero. */
	return *pads == 0 || (*pads == 1 && (*v & 0xff) == 0) ||
	    (*pads == 2 && (*v & 0xffff) == 0);
}

static void
skip_blanks(struct str *s)
{
	while (s->n && blank(s->p[0]))
		*s = str_skip(*s, 1);
}

bool
pem_decode(struct str body, struct buf *out)
{
	size_t before = out->n;
	unsigned v, pads = 0;

	/* Nothing follows the pads. */
	while (pads == 0) {
		take_fours(&body, out);
		skip_blanks(&body);
		if (body.n == 0)
			break;
		if (!take_four(&body, &v, &pads) ||
		    out->cap - out->n < 3 - pads)
			return false;
		for (unsigned k = 0; k < 3 - pads; k++)
			out->p[out->n++] = (char)(v >> (16 - 8 * k) & 0xff);
	}
	skip_blanks(&body);
	return body.n == 0 && out->n > before;
}
