/* What is accepted must survive being written and parsed again. */
#include <stdlib.h>

#include "base/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char text[1 << 20];
	struct buf b = BUF(text);
	struct uri u, again;
	struct err e;

	if (n > sizeof(text) / 2 ||
	    !uri_parse((struct str){ (const char *)p, n }, &u, &e))
		return 0;
	check(u.host.n > 0 && u.host.n <= 253 && u.port > 0);
	check(u.path.n == 0 || u.path.p[0] == '/');
	buf_add(&b, u.tls ? S("https://") : S("http://"));
	uri_authority(&u, &b);
	uri_target(&u, &b);
	check(!b.full);
	for (size_t i = 0; i < b.n; i++)
		check(b.p[i] > ' ' && b.p[i] <= '~');
	check(uri_parse(buf_str(&b), &again, &e));
	check(again.tls == u.tls && again.port == u.port);
	check(again.literal == u.literal);
	check(str_eq_nocase(again.host, u.host));
	check(str_eq(again.query, u.query));
	check(str_eq(again.path, u.path.n > 0 ? u.path : S("/")));
	return 0;
}
