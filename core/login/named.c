#include "login/named.h"

#include "aws/imds.h"
#include "base/limits.h"

bool
registry_named(struct config *c, struct str text, struct registry *r,
    struct err *e)
{
	struct str account, region;
	bool fips = false;

	/* Behind a slash it is an image's digest. */
	if (str_cut(text, '@', &account, &region) && !account_ok(account) &&
	    !str_has(account, '/'))
		return err_set(e, ERR_USAGE, "registry '%.*s': '%.*s' is not"
		    " an account id of %u digits", STR_ARG(text),
		    STR_ARG(account), ACCOUNT_LEN);
	if (text.n == 0 || (account_ok(text) && region.n == 0)) {
		if (!imds_region(c, &region, &fips, e))
			return false;
	} else if (!account_ok(account)) {
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
