#include "base/buf.h"

#include <string.h>

void
buf_add(struct buf *b, struct str s)
{
	if (b->full || s.n > b->cap - b->n) {
		b->full = true;
		return;
	}
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, (struct str){ &c, 1 });
}

void
buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];	/* 2^64 - 1 */
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, (struct str){ digits + i, sizeof(digits) - i });
}

void
buf_safe(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_char(b, s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?');
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

void
buf_wipe(struct buf *b)
{
	explicit_bzero(b->p, b->n);
	b->n = 0;
	b->full = false;
}
