#include "login/named.h"

#include "aws/imds.h"
#include "base/limits.h"

static bool
is_account(struct str s)
{
	if (s.n != ACCOUNT_LEN)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!char_digit(s.p[i]))
			return false;
	return true;
}

bool
registry_named(struct config *c, struct str text, struct registry *r,
    struct err *e)
{
	struct str account, region;
	bool fips = false;

	/* Behind a slash it is an image's digest. */
	if (str_cut(text, '@', &account, &region) && !is_account(account) &&
	    !str_has(account, '/'))
		return err_set(e, ERR_USAGE, "registry '%.*s': '%.*s' is not"
		    " an account id of %u digits", STR_ARG(text),
		    STR_ARG(account), ACCOUNT_LEN);
	if (text.n == 0 || (is_account(text) && region.n == 0)) {
		if (!imds_region(c, &region, &fips, e))
			return false;
	} else if (!is_account(account)) {
		if (registry_parse(text, c->a, r, e))
			return true;
		if (e->kind == ERR_ABSENT)
			return err_set(e, ERR_USAGE, "registry '%.*s': not an"
			    " ECR host, an account id or ACCOUNT@REGION",
			    STR_ARG(text));
		return false;
	}
	if (text.n == 0) {
		*r = (struct registry){ .region = region, .fips = fips };
		return true;
	}
	return registry_make(account, region, fips,
	    config_true(c, "AWS_USE_DUALSTACK_ENDPOINT",
	    S("use_dualstack_endpoint")), c->a, r, e) ||
	    err_in(e, "registry '%.*s'", STR_ARG(text));
}
