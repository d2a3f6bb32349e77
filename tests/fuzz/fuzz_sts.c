/* An answer of STS, JSON or XML: what is taken for credentials can be sent. */
#include <stdlib.h>

#include "aws/sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_text(struct str s)
{
	check(s.n > 0);
	for (size_t i = 0; i < s.n; i++)
		check(s.p[i] > ' ' && s.p[i] <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[8 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct cred cred = { .source = "fuzz" };
	struct err e;

	if (!sts_read((struct str){ (const char *)p, n }, S("X"), &a, &cred,
	    &e)) {
		check(cred.key_id.n == 0 && e.msg[0]);
		return 0;
	}
	check_text(cred.key_id);
	check_text(cred.secret);
	check_text(cred.token);
	return 0;
}
