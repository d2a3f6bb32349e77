/* An entry that is accepted is the same entry after a round through its text,
 * and its times can be added and subtracted.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "login/cache.h"

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
	static _Alignas(16) char mem[8 << 20];
	static char text[2 * CACHE_ENTRY_MAX];
	struct arena a = { mem, sizeof(mem), 0 };
	struct buf b = BUF(text);
	struct cache_entry one, two;
	struct err e;

	if (!cache_parse((struct str){ (const char *)p, n }, &a, &one, &e))
		return 0;
	check(0 <= one.issued && one.issued < one.expires);
	check(-one.expires <= one.skew_s && one.skew_s <= one.expires);
	cache_format(&one, &b);
	/* Escapes may make it longer than what is read. */
	if (b.full || b.n > CACHE_ENTRY_MAX)
		return 0;
	check(cache_parse(buf_str(&b), &a, &two, &e));
	check(str_eq(one.registry, two.registry));
	check(str_eq(one.host, two.host));
	check(str_eq(one.auth, two.auth));
	check(one.issued == two.issued && one.expires == two.expires);
	check(one.skew_s == two.skew_s);
	return 0;
}
