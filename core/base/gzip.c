#include "base/gzip.h"

enum { STORED_MAX = 0xffff };

uint32_t
gzip_crc(struct str s)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= (unsigned char)s.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void
little(struct buf *b, uint32_t value, unsigned bytes)
{
	while (bytes-- > 0) {
		buf_char(b, (char)(value & 0xff));
		value >>= 8;
	}
}

/* BFINAL, BTYPE 00, then LEN and its complement: RFC 1951 3.2.3, 3.2.4. */
static void
stored(struct buf *b, struct str s, bool last)
{
	buf_char(b, last ? 1 : 0);
	little(b, (uint32_t)s.n, 2);
	little(b, ~(uint32_t)s.n, 2);
	buf_add(b, s);
}

void
gzip_add(struct buf *b, struct str s)
{
	/* Magic, deflate, no flags, no time, no extra flags, unknown system:
	 * RFC 1952 2.3.
	 */
	static const struct str head =
	    S_INIT("\x1f\x8b\x08\0\0\0\0\0\0\xff");
	struct str rest = s;

	buf_add(b, head);
	while (rest.n > STORED_MAX) {
		stored(b, str_head(rest, STORED_MAX), false);
		rest = str_skip(rest, STORED_MAX);
	}
	stored(b, rest, true);
	little(b, gzip_crc(s), 4);
	little(b, (uint32_t)s.n, 4);
}
