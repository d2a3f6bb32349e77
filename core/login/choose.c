#include "login/choose.h"

#include "aws/imds.h"
#include "aws/partition.h"
#include "base/limits.h"
#include "login/auto_profile.h"
#include "login/registry_map.h"

/* One registry on its way to an identity. */
struct choice {
	struct registry_map map;
	const struct rule *rule;	/* NULL: none fits */
	struct registry r;
	struct config c;
};

/* The rule's identity, if it has one that counts. *taken: profile or role. */
static bool
use_rule(struct choice *ch, bool *taken, struct err *e)
{
	const struct rule *rule = ch->rule;

	ch->c.ecr_url = rule->endpoint_url;
	*taken = rule->profile.n || rule->role_arn.n;
	if (ch->c.flags.profile)
		return true;
	ch->c.role_arn = rule->role_arn;
	ch->c.external_id = rule->external_id;
	if (!rule->profile.n || config_use_profile(&ch->c, rule->profile, e))
		return true;
	return err_in(e, "'%s' line %zu", rule->path, rule->line);
}

/* Who asks: the rule's, the account's, or base's identity. */
static bool
identify(const struct config *base, struct choice *ch, struct err *e)
{
	bool taken = false;

	ch->c = *base;
	if (ch->rule && !use_rule(ch, &taken, e))
		return false;
	return taken || base->flags.profile || !ch->r.account.n ||
	    !auto_profile_wanted(base) ||
	    auto_profile(&ch->c, ch->r.account, e);
}

static void
tell(const struct choice *ch)
{
	const struct rule *rule = ch->rule;
	const struct config *c = &ch->c;

	if (!rule)
		return;
	world_detail(c->w, "registry '%.*s': section [%.*s] in line %zu of"
	    " '%s'", STR_ARG(ch->r.host), STR_ARG(rule->name), rule->line,
	    rule->path);
	if (c->flags.profile && (rule->profile.n || rule->role_arn.n))
		world_detail(c->w, "--profile '%s' goes before what it says",
		    c->flags.profile);
}

static void
finish(struct choice *ch, struct config *c, struct registry *r)
{
	*r = ch->r;
	if (!c)
		return;
	ch->c.registry_region = ch->r.is_public ? S("us-east-1") :
	    ch->r.region;
	tell(ch);
	*c = ch->c;
}

/* A host of ECR's or of the map's. Whose name is ECR's needs no map unless an
 * identity is wanted.
 */
static bool
find_host(const struct config *base, struct str text, bool wanted,
    struct choice *ch, struct err *e)
{
	struct err why;
	bool ours = registry_parse(text, base->a, &ch->r, &why);

	if (ours && !wanted)
		return true;
	if (!registry_map_load(base->w, base->a, &ch->map, e))
		return false;
	if (ours) {
		ch->rule = registry_map_find(&ch->map, ch->r.account,
		    ch->r.host);
		return true;
	}
	ch->rule = registry_map_custom(&ch->map, text);
	if (!ch->rule) {
		*e = why;
		return false;
	}
	ch->r = (struct registry){
		.account = ch->rule->account,
		.region = ch->rule->region,
		.host = ch->rule->name,
	};
	return true;
}

bool
registry_choose_host(const struct config *base, struct str server,
    struct config *c, struct registry *r, struct err *e)
{
	struct choice ch = { .rule = NULL };

	if (!find_host(base, server, c != NULL, &ch, e))
		return false;
	if (c && !identify(base, &ch, e))
		return err_in(e, "registry '%.*s'", STR_ARG(ch.r.host));
	finish(&ch, c, r);
	return true;
}

/* The host of ch->r.account, in region unless that is empty. */
static bool
make_host(struct choice *ch, struct str region, struct err *e)
{
	struct config *c = &ch->c;
	bool fips = false;

	if (!region.n && !c->flags.region && ch->rule)
		region = ch->rule->region;
	if (!region.n && !imds_region(c, &region, &fips, e))
		return false;
	return registry_make(ch->r.account, region, fips,
	    config_true(c, "AWS_USE_DUALSTACK_ENDPOINT",
	    S("use_dualstack_endpoint")), c->a, &ch->r, e);
}

/* The identity may decide on the region, by its profile, and so on the host;
 * the host, by a section of its own before that of the account, on the
 * identity.
 */
static bool
find_account(const struct config *base, struct str account,
    struct str region, struct choice *ch, struct err *e)
{
	const struct rule *first;

	if (!registry_map_load(base->w, base->a, &ch->map, e))
		return false;
	ch->r.account = account;
	first = ch->rule = registry_map_find(&ch->map, account, S(""));
	if (!identify(base, ch, e) || !make_host(ch, region, e))
		return false;
	ch->rule = registry_map_find(&ch->map, ch->r.account, ch->r.host);
	return ch->rule == first || identify(base, ch, e);
}

static bool
own(const struct config *base, struct choice *ch, struct err *e)
{
	ch->c = *base;
	return imds_region(&ch->c, &ch->r.region, &ch->r.fips, e);
}

static bool
is_number(struct str s)
{
	size_t i = 0;

	while (i < s.n && char_digit(s.p[i]))
		i++;
	return s.n > 0 && i == s.n;
}

/* ACCOUNT or ACCOUNT@REGION. Behind a slash an '@' is for an image's digest. */
static bool
cut_account(struct str text, struct str *account, struct str *region,
    struct err *e)
{
	bool at = str_cut(text, '@', account, region);

	if (!account_ok(*account) && (is_number(*account) ||
	    (at && !str_has(*account, '/'))))
		return err_set(e, ERR_USAGE, "'%.*s' is not an account id of"
		    " %u digits", STR_ARG(*account), ACCOUNT_LEN);
	if (at && account_ok(*account) && !region_ok(*region))
		return err_set(e, ERR_USAGE, "region '%.*s': not a name of"
		    " letters, digits and hyphens", STR_ARG(*region));
	return true;
}

/* Who has named it himself shall hear why it is none. */
static bool
choose_host_named(const struct config *base, struct str text,
    struct config *c, struct registry *r, struct err *e)
{
	if (registry_choose_host(base, text, c, r, e))
		return true;
	if (e->kind != ERR_ABSENT)
		return false;
	return err_set(e, ERR_USAGE, "registry '%.*s': not an ECR host, an"
	    " account id or ACCOUNT@REGION, nor a host of ecrbox.conf",
	    STR_ARG(text));
}

bool
registry_choose(const struct config *base, struct str text, struct config *c,
    struct registry *r, struct err *e)
{
	struct choice ch = { .rule = NULL };
	struct str account, region;

	if (!cut_account(text, &account, &region, e))
		return err_in(e, "registry '%.*s'", STR_ARG(text));
	if (!text.n) {
		if (!own(base, &ch, e))
			return false;
	} else if (account_ok(account)) {
		if (!find_account(base, account, region, &ch, e))
			return err_in(e, "registry '%.*s'", STR_ARG(text));
	} else {
		return choose_host_named(base, text, c, r, e);
	}
	finish(&ch, c, r);
	return true;
}
