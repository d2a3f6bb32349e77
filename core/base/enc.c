#include "base/enc.h"

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
buf_base64(struct buf *b, struct str s)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		unsigned v = (unsigned)(unsigned char)s.p[i] << 16;
		char quad[4];

		if (left > 1)
			v |= (unsigned)(unsigned char)s.p[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)s.p[i + 2];
		quad[0] = digits[v >> 18];
		quad[1] = digits[v >> 12 & 63];
		quad[2] = left > 1 ? digits[v >> 6 & 63] : '=';
		quad[3] = left > 2 ? digits[v & 63] : '=';
		buf_add(b, (struct str){ quad, 4 });
	}
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (char_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits, of which the last pad are '=', to 3 - pad bytes. */
static bool
base64_quad(const char *q, size_t pad, struct buf *out)
{
	unsigned v = 0;
	char bytes[3];

	for (size_t i = 0; i < 4; i++) {
		int d = i < 4 - pad ? base64_digit(q[i]) : 0;

		if (d < 0)
			return false;
		v = v << 6 | (unsigned)d;
	}
	/* RFC 4648 3.5: bits that padding leaves unused are zero. */
	if ((pad == 1 && v & 0xff) || (pad == 2 && v & 0xffff))
		return false;
	bytes[0] = (char)(v >> 16);
	bytes[1] = (char)(v >> 8 & 0xff);
	bytes[2] = (char)(v & 0xff);
	buf_add(out, (struct str){ bytes, 3 - pad });
	return true;
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
	for (size_t i = 0; i < s.n; i += 4)
		if (!base64_quad(s.p + i, i + 4 == s.n ? pad : 0, &b)) {
			arena_back(a, mark);
			return err_set(e, ERR_REPLY,
			    "not base64 at byte %zu", i);
		}
	if (b.full)
		return err_set(e, ERR_LIMIT, "out of memory: %zu bytes wanted",
		    s.n / 4 * 3 - pad);
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
