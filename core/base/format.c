#include "base/format.h"

#include <limits.h>
#include <string.h>

#define DIGITS_MAX 20	/* 2^64 - 1 in decimal */

/* One conversion, between '%' and its letter. */
struct spec {
	bool zeros;
	size_t width;
	int precision;	/* bytes of %s; -1: all */
	char length;	/* 0, 'l', 'L' for ll, 'z' */
};

/* As much of s as there is room for. */
static void
add_cut(struct buf *b, struct str s)
{
	size_t room = b->cap - b->n;

	if (b->full)
		return;
	buf_add(b, str_head(s, room));
	b->full = s.n > room;
}

static const char *
number(const char *p, int *n)
{
	for (*n = 0; char_digit(*p); p++)
		if (*n < INT_MAX / 10 - 1)
			*n = *n * 10 + (*p - '0');
	return p;
}

static const char *
read_spec(const char *p, struct spec *s, va_list *ap)
{
	int n;

	*s = (struct spec){ .precision = -1 };
	if (*p == '0') {
		s->zeros = true;
		p++;
	}
	p = number(p, &n);
	s->width = (size_t)n;
	if (p[0] == '.' && p[1] == '*') {
		s->precision = va_arg(*ap, int);
		p += 2;
	} else if (p[0] == '.') {
		p = number(p + 1, &s->precision);
	}
	for (; *p == 'l' || *p == 'z'; p++)
		s->length = s->length == 'l' ? 'L' : *p;
	return p;
}

static void
add_number(struct buf *b, const struct spec *s, uint64_t v, char letter)
{
	const char *set = letter == 'X' ? "0123456789ABCDEF" :
	    "0123456789abcdef";
	uint64_t base = letter == 'x' || letter == 'X' ? 16 : 10;
	char digits[DIGITS_MAX];
	size_t i = DIGITS_MAX;

	do {
		digits[--i] = set[v % base];
		v /= base;
	} while (v);
	for (size_t n = DIGITS_MAX - i; n < s->width; n++)
		add_cut(b, s->zeros ? S("0") : S(" "));
	add_cut(b, (struct str){ digits + i, DIGITS_MAX - i });
}

static void
add_signed(struct buf *b, const struct spec *s, va_list *ap)
{
	long long v = s->length == 'L' ? va_arg(*ap, long long) :
	    s->length ? va_arg(*ap, long) : va_arg(*ap, int);

	if (v < 0)
		add_cut(b, S("-"));
	add_number(b, s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 'd');
}

static void
add_unsigned(struct buf *b, const struct spec *s, va_list *ap, char letter)
{
	uint64_t v = s->length == 'L' ? va_arg(*ap, unsigned long long) :
	    s->length == 'z' ? va_arg(*ap, size_t) :
	    s->length ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned);

	add_number(b, s, v, letter);
}

static void
add_string(struct buf *b, const struct spec *s, const char *z)
{
	if (!z)
		z = "(null)";
	add_cut(b, s->precision < 0 ? str_of(z) :
	    (struct str){ z, strnlen(z, (size_t)s->precision) });
}

/* False for a letter that is not ours. */
static bool
add_argument(struct buf *b, const struct spec *s, va_list *ap, char letter)
{
	char c;

	switch (letter) {
	case 's':
		add_string(b, s, va_arg(*ap, const char *));
		return true;
	case 'c':
		c = (char)va_arg(*ap, int);
		add_cut(b, (struct str){ &c, 1 });
		return true;
	case 'd':
		add_signed(b, s, ap);
		return true;
	case 'u':
	case 'x':
	case 'X':
		add_unsigned(b, s, ap, letter);
		return true;
	case '%':
		add_cut(b, S("%"));
		return true;
	default:
		return false;
	}
}

void
buf_format(struct buf *b, const char *fmt, va_list ap)
{
	va_list args;

	/* A va_list may be an array, whose address a parameter has lost. */
	va_copy(args, ap);
	while (*fmt) {
		size_t plain = strcspn(fmt, "%");
		struct spec s;

		add_cut(b, (struct str){ fmt, plain });
		fmt += plain;
		if (!*fmt)
			break;
		fmt = read_spec(fmt + 1, &s, &args);
		if (!add_argument(b, &s, &args, *fmt)) {
			add_cut(b, S("%?"));
			break;
		}
		fmt++;
	}
	va_end(args);
}
