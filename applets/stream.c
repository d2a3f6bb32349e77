#include "applets/stream.h"

#include <errno.h>
#include <unistd.h>

#include "sys/file.h"

/* One byte more than max is room for, to tell a full input from a longer. */
bool
stream_read(size_t max, struct arena *a, struct str *input, struct err *e)
{
	struct buf b = arena_buf(a, max + 1);

	while (!b.full && b.n < b.cap) {
		ssize_t n = read(0, b.p + b.n, b.cap - b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read standard input");
		if (n == 0)
			return arena_keep(a, &b, input, e);
		b.n += (size_t)n;
	}
	return err_set(e, ERR_LIMIT, "standard input: more than %zu bytes",
	    max);
}

bool
stream_print(struct str text, struct err *e)
{
	return write_all(1, text) || err_sys(e, "write to standard output");
}

bool
stream_built(struct arena *a, const struct buf *b, struct err *e)
{
	struct str text;

	return arena_keep(a, b, &text, e) && stream_print(text, e);
}

void
stream_complain(struct str text)
{
	(void)!write_all(2, text);
}
