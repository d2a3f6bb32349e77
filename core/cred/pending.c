#include "cred/chain.h"

/* For sources that cannot be used yet: see chain.h. */
bool
cred_pending(const struct profile *p, const struct str *keys, size_t count,
    struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (profile_get(p, keys[i]).n)
			return err_set(e, ERR_USAGE, "profile '%.*s' uses"
			    " %.*s, which this version cannot use yet; choose"
			    " a profile with aws_access_key_id, or set"
			    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
			    STR_ARG(p->name), STR_ARG(keys[i]));
	return err_set(e, ERR_ABSENT, "profile '%.*s' has no %.*s",
	    STR_ARG(p->name), STR_ARG(keys[0]));
}
