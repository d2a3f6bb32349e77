/* What is accepted is a name that stands first in the text and that reads the
 * same again; anything else would send a password to another host.
 */
#include <stdlib.h>

#include "aws/partition.h"
#include "aws/registry.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_place(struct str text, struct str host)
{
	if (str_eq_nocase(str_head(text, 8), S("https://")))
		text = str_skip(text, 8);
	check(str_eq_nocase(str_head(text, host.n), host));
	text = str_skip(text, host.n);
	check(text.n == 0 || text.p[0] == ':' || text.p[0] == '/');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[1 << 16];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text = { (const char *)p, n };
	struct registry r, again;
	struct err e;

	if (!registry_parse(text, &a, &r, &e))
		return 0;
	check(r.host.n <= DNS_NAME_MAX);
	for (size_t i = 0; i < r.host.n; i++)
		check((char_alnum(r.host.p[i]) || r.host.p[i] == '.' ||
		    r.host.p[i] == '-') &&
		    char_lower(r.host.p[i]) == r.host.p[i]);
	check_place(text, r.host);
	check(registry_parse(r.host, &a, &again, &e));
	check(str_eq(again.host, r.host) && again.fips == r.fips &&
	    again.dual_stack == r.dual_stack);
	check(str_eq(again.region, r.region));
	check(str_eq(again.account, r.account));
	if (r.is_public) {
		check(r.region.n == 0 && r.account.n == 0 && !r.fips);
		return 0;
	}
	check(r.account.n == ACCOUNT_LEN && region_ok(r.region));
	return 0;
}
