/* An entry that is accepted has credentials that can be sent. */
#include <stdlib.h>

#include "cred/role_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[4 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct cred cred = { .source = "role" };
	struct err e;

	if (!role_cache_parse((struct str){ (const char *)p, n }, &a, &cred,
	    &e))
		return 0;
	if (!cred_check(&cred, "entry", &e) || !cred.expires ||
	    (cred.account.n && cred.account.n != ACCOUNT_LEN))
		abort();
	return 0;
}
