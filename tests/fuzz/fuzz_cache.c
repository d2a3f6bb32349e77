/* An entry that is accepted is written as the same text again, and its times
 * can be added and subtracted.
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
	static char text[CACHE_ENTRY_MAX];
	struct str s = { (const char *)p, n };
	struct buf b = BUF(text);
	struct cache_entry one;
	struct err e;

	if (!cache_parse(s, &one, &e))
		return 0;
	check(0 <= one.issued && one.issued < one.expires);
	check(-one.expires <= one.skew_s && one.skew_s <= one.expires);
	cache_format(&one, &b);
	check(!b.full && str_eq(buf_str(&b), s));
	return 0;
}
