/* A request read whole and the same one read in pieces must be seen alike, and
 * what is taken of it must be what it says. The first byte chooses the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "net/serve_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* *left: what belongs to the next request. */
static enum serve_state
feed(struct serve_request *r, struct str s, size_t step, struct str *left)
{
	enum serve_state at = SERVE_MORE;

	memset(r, 0, sizeof(*r));
	while (at == SERVE_MORE && s.n) {
		struct str in = str_head(s, step);
		size_t before = in.n;

		at = serve_request_take(r, &in);
		check(in.n == 0 || at != SERVE_MORE);
		s = str_skip(s, before - in.n);
	}
	*left = s;
	return at;
}

static void
check_view(const struct serve_request *r, struct str v)
{
	if (!v.n)
		return;
	check(v.p >= r->bytes && v.p + v.n <= r->bytes + r->n);
	check(!str_has(v, '\r') && !str_has(v, '\n') && !str_has(v, '\0'));
}

static void
check_complete(const struct serve_request *r, struct str s, struct str left)
{
	check(r->n + left.n == s.n);
	check(memcmp(r->bytes, s.p, r->n) == 0);
	check(str_ends((struct str){ r->bytes, r->n }, S("\r\n\r\n")));
	check(str_starts((struct str){ r->bytes, r->n },
	    r->head ? S("HEAD ") : S("GET ")));
	check(str_starts(r->path, S("/")));
	check(!str_has(r->path, '?') && !str_has(r->path, ' '));
	check_view(r, r->path);
	check_view(r, r->query);
	check_view(r, r->host);
	check_view(r, r->authorization);
	check(!r->keep || r->host.p);
}

static void
check_refused(const struct serve_request *r)
{
	check(r->status >= 400 && r->status <= 505);
	check(r->reason && r->reason[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct serve_request whole, split;
	struct str s, left, rest;
	enum serve_state at;

	if (n == 0)
		return 0;
	s = (struct str){ (const char *)p + 1, n - 1 };
	at = feed(&whole, s, s.n, &left);
	check(feed(&split, s, 1 + p[0] % 16, &rest) == at);
	check(str_eq(left, rest));
	check(whole.n == split.n && whole.n <= SERVE_REQUEST_MAX);
	check(memcmp(whole.bytes, split.bytes, whole.n) == 0);
	check(whole.status == split.status && whole.reason == split.reason);
	check(whole.head == split.head && whole.keep == split.keep);
	if (at == SERVE_COMPLETE)
		check_complete(&whole, s, left);
	else if (at == SERVE_REFUSED)
		check_refused(&whole);
	else
		check(left.n == 0);
	return 0;
}
