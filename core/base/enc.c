#include "base/enc.h"

#include <bearssl_hash.h>

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
buf_hex(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char pair[2] = { digits[c >> 4], digits[c & 15] };

		buf_add(b, (struct str){ pair, 2 });
	}
}

void
buf_sha1_hex(struct buf *b, struct str s)
{
	char digest[br_sha1_SIZE];
	br_sha1_context sha;

	br_sha1_init(&sha);
	br_sha1_update(&sha, s.p, s.n);
	br_sha1_out(&sha, digest);
	buf_hex(b, (struct str){ digest, sizeof(digest) });
}

static void
add_base64(struct buf *b, struct str s, const char *digits, bool pad)
{
	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		unsigned v = (unsigned)(unsigned char)s.p[i] << 16;
		char quad[4] = { 0, 0, '=', '=' };

		if (left > 1)
			v |= (unsigned)(unsigned char)s.p[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)s.p[i + 2];
		quad[0] = digits[v >> 18];
		quad[1] = digits[v >> 12 & 63];
		if (left > 1)
			quad[2] = digits[v >> 6 & 63];
		if (left > 2)
			quad[3] = digits[v & 63];
		buf_add(b, (struct str){ quad, pad || left > 2 ? 4 :
		    left + 1 });
	}
}

void
buf_base64(struct buf *b, struct str s)
{
	add_base64(b, s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/", true);
}

void
buf_base64url(struct buf *b, struct str s)
{
	add_base64(b, s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_", false);
}

/* A digit's value + 1, so that what is not named here stays 0. */
static const unsigned char values[256] = {
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

/* The digits at the front of *s in whole fours, as far as b has room: a bundle
 * has thousands of lines, and all of them are decoded to find one name.
 */
static void
take_fours(struct str *s, struct buf *b)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t fours = s->n / 4, room = (b->cap - b->n) / 3, n = 0;
	char *to = b->p + b->n;

	for (; n < fours && n < room; n++, p += 4) {
		/* What is no digit gives a number beyond all digits. */
		unsigned v0 = values[p[0]] - 1u, v1 = values[p[1]] - 1u;
		unsigned v2 = values[p[2]] - 1u, v3 = values[p[3]] - 1u;

		if ((v0 | v1 | v2 | v3) > 63)
			break;
		*to++ = (char)(v0 << 2 | v1 >> 4);
		*to++ = (char)(v1 << 4 | v2 >> 2);
		*to++ = (char)(v2 << 6 | v3);
	}
	b->n += 3 * n;
	*s = str_skip(*s, 4 * n);
}

/* One four: the last, which may be padded, or one with blanks in it. */
static bool
take_four(struct str *s, bool blanks, struct buf *b)
{
	unsigned v = 0, pads = 0, have = 0;
	char bytes[3];

	for (; have < 4 && s->n; *s = str_skip(*s, 1)) {
		unsigned d = values[(unsigned char)s->p[0]];

		if (blanks && str_has(S(" \t\r\n"), s->p[0]))
			continue;
		if (s->p[0] == '=')
			pads++;
		else if (d == 0 || pads)
			return false;
		v = v << 6 | (d ? d - 1 : 0);
		have++;
	}
	/* RFC 4648 3.5: bits that padding leaves unused are zero. */
	if (have < 4 || pads > 2 || v & ((1u << 8 * pads) - 1) ||
	    (pads && s->n))
		return false;
	bytes[0] = (char)(v >> 16);
	bytes[1] = (char)(v >> 8 & 0xff);
	bytes[2] = (char)(v & 0xff);
	buf_add(b, (struct str){ bytes, 3 - pads });
	return !b->full;
}

bool
base64_add(struct buf *b, struct str s, bool blanks)
{
	if (blanks)
		s = str_trim(s);
	while (!b->full) {
		take_fours(&s, b);
		if (s.n == 0)
			return true;
		if (!take_four(&s, blanks, b))
			return false;
	}
	return false;
}

bool
base64_decode(struct str s, struct arena *a, struct str *out, struct err *e)
{
	size_t mark = a->used, pad = 0;
	struct buf b;

	if (s.n % 4)
		return err_set(e, ERR_REPLY, "base64 of %zu bytes, no multiple"
		    " of 4", s.n);
	if (s.n == 0) {
		*out = S("");
		return true;
	}
	if (s.p[s.n - 1] == '=')
		pad = s.p[s.n - 2] == '=' ? 2 : 1;
	b = arena_buf(a, s.n / 4 * 3 - pad);
	if (b.full)
		return err_set(e, ERR_LIMIT, "out of memory: %zu bytes wanted",
		    s.n / 4 * 3 - pad);
	if (!base64_add(&b, s, false)) {
		arena_back(a, mark);
		return err_set(e, ERR_REPLY, "not base64 at byte %zu",
		    b.n / 3 * 4);
	}
	*out = buf_str(&b);
	return true;
}

void
buf_percent(struct buf *b, struct str s, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";
	struct str also = str_of(keep);

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		unsigned char u = (unsigned char)c;

		if (char_alnum(c) || str_has(S("-._~"), c) ||
		    str_has(also, c)) {
			buf_char(b, c);
			continue;
		}
		buf_char(b, '%');
		buf_char(b, digits[u >> 4]);
		buf_char(b, digits[u & 15]);
	}
}
