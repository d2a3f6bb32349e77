/* A map, and behind the first NUL byte what is looked up in it. Whatever is
 * taken holds the promises of registry_map.h; what is not names its line.
 */
#include <stdlib.h>

#include "aws/arn.h"
#include "aws/partition.h"
#include "aws/registry.h"
#include "base/uri.h"
#include "login/registry_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
one_line(struct str s)
{
	return !str_has(s, '\n');
}

static void
check_rule(const struct rule *r)
{
	struct uri u;
	struct err e;
	bool custom = r->kind == RULE_CUSTOM;

	check(r->line > 0 && r->name.n > 0);
	check(one_line(r->profile) && one_line(r->external_id));
	check(!r->role_arn.n || arn_is_role(r->role_arn));
	check(!r->external_id.n || r->role_arn.n);
	check(!r->region.n || region_ok(r->region));
	check(!r->account.n || account_ok(r->account));
	check(!custom || (r->account.n && r->region.n));
	check(!r->account.n || custom || r->kind == RULE_HOST);
	check(!r->region.n || custom || r->kind == RULE_HOST ||
	    r->kind == RULE_ACCOUNT);
	check(!r->endpoint_url.n || uri_parse(r->endpoint_url, &u, &e));
	check((r->kind == RULE_PATTERN) ==
	    (str_has(r->name, '*') || str_has(r->name, '?')));
	check((r->kind == RULE_ACCOUNT) == account_ok(r->name));
}

/* A custom host is never found but by its whole name, and never as ECR's. */
static void
look_up(const struct registry_map *map, struct str text, struct arena *a)
{
	const struct rule *r = registry_map_custom(map, text);
	struct registry reg;
	struct err e;

	if (r) {
		check(r->kind == RULE_CUSTOM);
		check(registry_map_custom(map, r->name) == r);
	}
	if (!registry_parse(text, a, &reg, &e))
		return;
	check(!r);
	r = registry_map_find(map, reg.account, reg.host);
	check(!r || r->kind != RULE_CUSTOM);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[16 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text, asked;
	struct registry_map map;
	struct err e;

	if (n > 1 << 16)
		return 0;
	str_cut((struct str){ (const char *)p, n }, '\0', &text, &asked);
	if (!registry_map_parse(text, "F", &a, &map, &e)) {
		check(e.kind == ERR_USAGE);
		check(str_starts(str_of(e.msg), S("'F' line ")));
		return 0;
	}
	for (size_t i = 0; i < map.count; i++)
		check_rule(&map.rules[i]);
	look_up(&map, asked, &a);
	return 0;
}
