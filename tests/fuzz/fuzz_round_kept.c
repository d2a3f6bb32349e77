/* What a round left is written as the same text again, if it is accepted; and
 * what counts as got is there.
 */
#include <stdlib.h>

#include "sidecar/round_kept.h"

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
	static char text[128 << 10];
	static struct tokens_item items[2];
	bool got[2], has[3];
	struct round_kept k = { 2, 3, items, got, has };
	struct str s = { (const char *)p, n };
	struct buf b = BUF(text);
	struct err e;

	if (!round_kept_read(s, &k, &e))
		return 0;
	for (size_t i = 0; i < 2; i++)
		check(!got[i] || (items[i].good && items[i].password.n > 0));
	round_kept_write(&k, &b);
	check(!b.full && str_eq(buf_str(&b), s));
	return 0;
}
