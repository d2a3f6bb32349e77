#include "base/arena.h"

#include <string.h>

void *
arena_get(struct arena *a, size_t n)
{
	size_t at = (a->used + 15) & ~(size_t)15;

	if (at > a->cap || n > a->cap - at)
		return NULL;
	a->used = at + n;
	return memset(a->p + at, 0, n);
}

void *
arena_end(struct arena *a, size_t n)
{
	size_t at;

	if (n > a->cap - a->used)
		return NULL;
	at = (a->cap - n) & ~(size_t)15;
	if (at < a->used)
		return NULL;
	a->cap = at;
	return a->p + at;
}

void
arena_back(struct arena *a, size_t mark)
{
	explicit_bzero(a->p + mark, a->used - mark);
	a->used = mark;
}

bool
arena_copy(struct arena *a, struct str s, struct str *copy, struct err *e)
{
	char *p = arena_get(a, s.n);

	if (!p)
		return err_set(e, ERR_LIMIT, "out of memory: %zu bytes wanted",
		    s.n);
	if (s.n)
		memcpy(p, s.p, s.n);
	*copy = (struct str){ p, s.n };
	return true;
}

bool
arena_z(struct arena *a, struct str s, const char **z, struct err *e)
{
	char *p;

	if (str_has(s, '\0'))
		return err_set(e, ERR_REPLY, "NUL byte inside '%.*s'",
		    STR_ARG(s));
	p = arena_get(a, s.n + 1);
	if (!p)
		return err_set(e, ERR_LIMIT, "out of memory: %zu bytes wanted",
		    s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	*z = p;
	return true;
}

struct buf
arena_buf(struct arena *a, size_t n)
{
	size_t at = (a->used + 15) & ~(size_t)15;

	if (at > a->cap || n > a->cap - at)
		return (struct buf){ a->p, 0, 0, true };
	if (n == 0)
		n = a->cap - at;
	a->used = at + n;
	/* Not zeroed: what is left over may be large and was never touched. */
	return (struct buf){ a->p + at, 0, n, false };
}

void
arena_trim(struct arena *a, const struct buf *b)
{
	/* One that got no room at all is not in the arena. */
	if (b->cap)
		a->used = (size_t)(b->p - a->p) + b->n;
}

bool
arena_keep(struct arena *a, const struct buf *b, struct str *s, struct err *e)
{
	arena_trim(a, b);
	if (b->full)
		return err_set(e, ERR_LIMIT, "out of memory: %zu bytes are not"
		    " enough", b->cap);
	*s = buf_str(b);
	return true;
}
