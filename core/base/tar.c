#include "base/tar.h"

#include <string.h>

enum { BLOCK = 512, NAME_MAX_BYTES = 100, CHECKSUM_AT = 148, CHECKSUM_N = 8 };

static void
zeros(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_char(b, '\0');
}

/* digits octal digits and a NUL. */
static void
octal(struct buf *b, uint64_t value, unsigned digits)
{
	char text[12];

	for (unsigned i = digits; i-- > 0; value >>= 3)
		text[i] = (char)('0' + (value & 7));
	buf_add(b, (struct str){ text, digits });
	buf_char(b, '\0');
	if (value)
		b->full = true;
}

/* The sum of the header's bytes, its own place taken as blanks. */
static void
put_checksum(char header[BLOCK])
{
	char text[CHECKSUM_N];
	struct buf b = BUF(text);
	unsigned sum = 0;

	memset(header + CHECKSUM_AT, ' ', CHECKSUM_N);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)header[i];
	octal(&b, sum, 6);
	memcpy(header + CHECKSUM_AT, text, b.n);
}

void
tar_add(struct buf *b, struct str name, unsigned mode, int64_t mtime_s,
    struct str body)
{
	bool directory = str_ends(name, S("/"));
	char text[BLOCK];
	struct buf h = BUF(text);

	if (!name.n || name.n > NAME_MAX_BYTES || mtime_s < 0)
		b->full = true;
	buf_add(&h, str_head(name, NAME_MAX_BYTES));
	zeros(&h, NAME_MAX_BYTES - h.n);
	octal(&h, mode, 7);
	octal(&h, 0, 7);
	octal(&h, 0, 7);
	octal(&h, body.n, 11);
	octal(&h, (uint64_t)mtime_s, 11);
	zeros(&h, CHECKSUM_N);
	buf_char(&h, directory ? '5' : '0');
	zeros(&h, NAME_MAX_BYTES);
	buf_add(&h, (struct str){ "ustar\0" "00", 8 });
	zeros(&h, BLOCK - h.n);
	put_checksum(text);
	if (h.full)
		b->full = true;
	buf_add(b, buf_str(&h));
	buf_add(b, body);
	if (body.n % BLOCK)
		zeros(b, BLOCK - body.n % BLOCK);
}

void
tar_end(struct buf *b)
{
	zeros(b, (size_t)2 * BLOCK);
}
