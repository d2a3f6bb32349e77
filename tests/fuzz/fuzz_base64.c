/* Only the canonical form is accepted: what was decoded encodes to the input.
 * And all that is encoded is accepted.
 */
#include <stdlib.h>

#include "base/enc.h"

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
	static _Alignas(16) char mem[1 << 20];
	static char text[1 << 18];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str in = { (const char *)p, n }, out;
	struct buf b = BUF(text);
	struct err e;

	if (n > sizeof(text) / 2)
		return 0;
	if (base64_decode(in, &a, &out, &e)) {
		buf_base64(&b, out);
		check(str_eq(buf_str(&b), in));
		b.n = 0;
	}
	buf_base64(&b, in);
	check(!b.full);
	check(base64_decode(buf_str(&b), &a, &out, &e));
	check(str_eq(out, in));
	return 0;
}
