/* An answer read whole and the same one read in pieces must be seen alike.
 * The first byte chooses the method and the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "net/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct seen {
	struct wire w;
	struct err e;
	bool ok;
	char head[HTTP_HEAD_MAX];
	char body[1 << 16];
	struct buf b;
	struct http_field fields[HTTP_FIELDS_MAX];
};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
take(void *me, struct str bytes, struct err *e)
{
	struct seen *seen = me;

	check(bytes.n > 0);
	buf_add(&seen->b, bytes);
	return seen->b.full ? err_set(e, ERR_LIMIT, "full") : true;
}

static void
feed(struct seen *seen, struct str s, bool to_head, size_t step)
{
	const struct push to = { seen, take };

	memset(&seen->e, 0, sizeof(seen->e));
	seen->b = BUF(seen->body);
	seen->ok = true;
	wire_start(&seen->w, to_head, BUF(seen->head));
	while (seen->ok && s.n > 0) {
		struct str in = str_head(s, step);

		s = str_skip(s, step);
		seen->ok = wire_head(&seen->w, &in, &seen->e);
		if (seen->ok && seen->w.at != WIRE_HEAD)
			seen->ok = wire_body(&seen->w, &in, &to, &seen->e);
		check(!seen->ok || in.n == 0 || seen->w.at == WIRE_DONE);
	}
	if (seen->ok)
		seen->ok = wire_end(&seen->w, &seen->e);
	check(seen->ok || seen->e.msg[0] != '\0');
}

static void
check_head(struct seen *seen)
{
	const struct wire *w = &seen->w;

	check(w->status >= 200 && w->status <= 599);
	check(w->count <= HTTP_FIELDS_MAX);
	wire_fields(w, seen->fields);
	for (size_t i = 0; i < w->count; i++) {
		struct str v = seen->fields[i].value;

		check(seen->fields[i].name.n > 0);
		check(!str_has(v, '\r') && !str_has(v, '\n') &&
		    !str_has(v, '\0'));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct seen whole, split;
	struct str s;
	bool to_head;

	if (n == 0)
		return 0;
	s = (struct str){ (const char *)p + 1, n - 1 };
	to_head = p[0] >= 0x80;
	feed(&whole, s, to_head, s.n + 1);
	feed(&split, s, to_head, 1 + p[0] % 16);
	check(whole.ok == split.ok);
	check(strcmp(whole.e.msg, split.e.msg) == 0);
	check(whole.w.at == split.w.at && whole.w.keep == split.w.keep);
	check(whole.w.status == split.w.status);
	check(whole.w.count == split.w.count);
	/* A push that failed was cut elsewhere. */
	if (!whole.b.full)
		check(str_eq(buf_str(&whole.b), buf_str(&split.b)));
	if (whole.w.at != WIRE_HEAD)
		check_head(&whole);
	return 0;
}
