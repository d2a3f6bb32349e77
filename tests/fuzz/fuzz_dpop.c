/* A key that is read has its own public key and can sign. */
#include <bearssl.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dpop.h"

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
	static const struct dpop_claims claims = { .method = S_INIT("POST") };
	struct dpop_key k;
	char text[1024];
	struct buf b = BUF(text);
	unsigned char again[65];
	struct err e;

	if (!dpop_key_read((struct str){ (const char *)p, n }, &k, &e))
		return 0;
	check(br_ec_p256_m31.mulgen(again, k.scalar, 32, BR_EC_secp256r1) ==
	    65 && memcmp(again, k.point, 65) == 0);
	check(dpop_proof(&k, &claims, &b, &e));
	return 0;
}
