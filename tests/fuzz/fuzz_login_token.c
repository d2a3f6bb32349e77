/* A file that is accepted is accepted again when its credentials have been
 * renewed, and has the new ones then, and the same of all else.
 */
#include <stdlib.h>

#include "cred/login_token.h"

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
	static const struct signin_tokens with = {
		.cred = { .key_id = S_INIT("k\""), .secret = S_INIT("s"),
			.token = S_INIT("t"), .expires = 1440938160 },
		.refresh_token = S_INIT("r"),
	};
	static _Alignas(16) char mem[4 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct login_token t = { .region = { NULL, 0 } }, u = t;
	struct str text;
	struct err e;

	if (n > 16384 ||
	    !login_token_read((struct str){ (const char *)p, n }, &a, &t, &e))
		return 0;
	check(login_token_renew(&t, &with, &a, &text, &e));
	check(login_token_read(text, &a, &u, &e));
	check(str_eq(u.cred.key_id, with.cred.key_id) &&
	    str_eq(u.cred.secret, with.cred.secret) &&
	    str_eq(u.cred.token, with.cred.token) &&
	    u.cred.expires == with.cred.expires &&
	    str_eq(u.refresh_token, with.refresh_token));
	check(str_eq(u.cred.account, t.cred.account) &&
	    str_eq(u.client_id, t.client_id) && str_eq(u.key, t.key) &&
	    str_eq(u.region, t.region));
	return 0;
}
