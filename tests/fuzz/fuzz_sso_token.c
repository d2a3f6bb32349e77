/* A token file that is accepted has a token that can be sent; renewed, it has
 * what was granted, and all else with its text.
 */
#include <stdlib.h>

#include "cred/sso_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
replaced(struct str name, bool rotated)
{
	return str_eq(name, S("accessToken")) ||
	    str_eq(name, S("expiresAt")) ||
	    (rotated && str_eq(name, S("refreshToken")));
}

static void
compare(struct json old, struct json now, bool rotated, struct arena *a)
{
	struct json key, item, found;
	struct err e;
	struct str name;

	for (bool more = json_first(old, &key, &item); more;
	    more = json_next(old, &key, &item)) {
		check(json_str(key, a, &name, &e));
		if (replaced(name, rotated) || json_kind(item) == JSON_NULL)
			continue;
		check(json_get(now, name, &found));
		check(str_eq(json_raw(found), json_raw(item)));
	}
}

static void
renew(const struct sso_token *t, bool rotated, struct arena *a)
{
	const struct sso_grant grant = {
		.access_token = S("new\"\\"), .expires = 1440941760,
		.refresh_token = rotated ? S("r\n\"") : S(""),
	};
	struct sso_token now;
	struct str text;
	struct err e;

	check(sso_token_renewed(t, &grant, a, &text, &e));
	check(sso_token_read(text, a, &now, &e));
	check(str_eq(now.access, grant.access_token));
	check(now.expires == grant.expires);
	check(str_eq(now.client.refresh_token, rotated ? grant.refresh_token :
	    t->client.refresh_token));
	check(str_eq(now.client.id, t->client.id));
	check(str_eq(now.client.secret, t->client.secret));
	check(now.registered == t->registered);
	compare(t->root, now.root, rotated, a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[1 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text = { (const char *)p, n };
	struct sso_token t;
	struct err e;

	if (n > 4096 || !sso_token_read(text, &a, &t, &e))
		return 0;
	check(t.access.n > 0);
	for (size_t i = 0; i < t.access.n; i++)
		check(t.access.p[i] > ' ' && t.access.p[i] <= '~');
	renew(&t, false, &a);
	renew(&t, true, &a);
	return 0;
}
