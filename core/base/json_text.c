#include "base/json_text.h"

#include <string.h>

#include "base/enc.h"
#include "base/json.h"

/* The four hex digits at the front of *s. */
static unsigned
take_hex4(struct str *s)
{
	unsigned v = 0;

	for (size_t i = 0; i < 4; i++)
		v = v << 4 | (unsigned)hex_digit(s->p[i]);
	*s = str_skip(*s, 4);
	return v;
}

/* Code point to UTF-8 (RFC 3629 section 3). */
static size_t
utf8(unsigned c, char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n - 1] | c);
	return n;
}

/* Move *s past one byte or one escape; what it stands for goes to out. */
static size_t
take_char(struct str *s, char out[4])
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = s->p[0];
	unsigned code;

	*s = str_skip(*s, 1);
	out[0] = c;
	if (c != '\\')
		return 1;
	c = s->p[0];
	*s = str_skip(*s, 1);
	if (c != 'u') {
		out[0] = to[strchr(from, c) - from];
		return 1;
	}
	code = take_hex4(s);
	if (code >= 0xd800 && code <= 0xdbff) {
		*s = str_skip(*s, 2);	/* the backslash and u of the second */
		code = 0x10000 + ((code - 0xd800) << 10) +
		    (take_hex4(s) - 0xdc00);
	}
	return utf8(code, out);
}

void
json_text_add(struct buf *b, struct str raw)
{
	struct str plain, rest;
	char c[4] = { 0 };

	while (str_cut(raw, '\\', &plain, &rest)) {
		buf_add(b, plain);
		raw = str_skip(raw, plain.n);
		buf_add(b, (struct str){ c, take_char(&raw, c) });
	}
	buf_add(b, plain);
}

bool
json_text_is(struct str raw, struct str plain)
{
	char c[4];

	if (!str_has(raw, '\\'))
		return str_eq(raw, plain);
	while (raw.n) {
		size_t n = take_char(&raw, c);

		if (!str_starts(plain, (struct str){ c, n }))
			return false;
		plain = str_skip(plain, n);
	}
	return plain.n == 0;
}

int
json_text_cmp(struct str a, struct str b)
{
	char ca[4], cb[4];
	size_t na = 0, nb = 0, ia = 0, ib = 0;

	if (!str_has(a, '\\') && !str_has(b, '\\'))
		return str_cmp(a, b);
	for (;;) {
		if (ia == na) {
			na = a.n ? take_char(&a, ca) : 0;
			ia = 0;
		}
		if (ib == nb) {
			nb = b.n ? take_char(&b, cb) : 0;
			ib = 0;
		}
		if (na == 0 || nb == 0)
			return (na > 0) - (nb > 0);
		if (ca[ia] != cb[ib])
			return (unsigned char)ca[ia] - (unsigned char)cb[ib];
		ia++;
		ib++;
	}
}

uint32_t
json_text_hash(struct str raw)
{
	uint32_t h = 2166136261;
	char c[4];

	while (raw.n) {
		size_t n = take_char(&raw, c);

		for (size_t i = 0; i < n; i++)
			h = (h ^ (unsigned char)c[i]) * 16777619;
	}
	return h;
}

static void
escape(struct buf *b, char c)
{
	if (c == '\n') {
		buf_add(b, S("\\n"));
	} else if (c == '\t') {
		buf_add(b, S("\\t"));
	} else if (c == '"' || c == '\\') {
		buf_char(b, '\\');
		buf_char(b, c);
	} else {
		buf_add(b, S("\\u00"));
		buf_hex(b, (struct str){ &c, 1 });
	}
}

void
json_quote(struct buf *b, struct str s)
{
	buf_char(b, '"');
	for (;;) {
		size_t n = 0;

		while (n < s.n && (unsigned char)s.p[n] >= ' ' &&
		    s.p[n] != '"' && s.p[n] != '\\')
			n++;
		buf_add(b, str_head(s, n));
		if (n == s.n)
			break;
		escape(b, s.p[n]);
		s = str_skip(s, n + 1);
	}
	buf_char(b, '"');
}

bool
json_quoted(struct str s, struct arena *a, struct str *text, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	json_quote(&b, s);
	return arena_keep(a, &b, text, e);
}
