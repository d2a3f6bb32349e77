#include "net/der.h"

/* Length octets, X.690 8.1.3 and 10.1. */
static bool
take_length(struct str *s, size_t *n)
{
	size_t octets, sum = 0;
	unsigned char first;

	if (s->n == 0)
		return false;
	first = (unsigned char)s->p[0];
	*s = str_skip(*s, 1);
	if (first < 0x80) {
		*n = first;
		return true;
	}
	octets = first & 0x7f;	/* 0: indefinite */
	if (octets == 0 || octets > 4 || octets > s->n || s->p[0] == 0)
		return false;
	for (size_t i = 0; i < octets; i++)
		sum = sum << 8 | (unsigned char)s->p[i];
	if (sum < 0x80)
		return false;
	*s = str_skip(*s, octets);
	*n = sum;
	return true;
}

bool
der_next(struct str *s, struct der *el)
{
	struct str rest = *s;
	size_t n;
	unsigned char tag;

	if (rest.n == 0)
		return false;
	tag = (unsigned char)rest.p[0];
	rest = str_skip(rest, 1);
	if ((tag & 0x1f) == 0x1f)	/* numbers above 30: not in X.509 */
		return false;
	if (!take_length(&rest, &n) || n > rest.n)
		return false;
	el->tag = tag;
	el->body = str_head(rest, n);
	rest = str_skip(rest, n);
	el->whole = str_head(*s, s->n - rest.n);
	*s = rest;
	return true;
}

bool
der_take(struct str *s, unsigned char tag, struct str *body)
{
	struct str rest = *s;
	struct der el;

	if (!der_next(&rest, &el) || el.tag != tag)
		return false;
	if (body)
		*body = el.body;
	*s = rest;
	return true;
}

bool
der_only(struct str s, unsigned char tag, struct str *body)
{
	struct str inside;

	if (!der_take(&s, tag, &inside) || s.n)
		return false;
	if (body)
		*body = inside;
	return true;
}
