#include "cred/chain.h"

static bool
sso(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	/* sso_session and sso_start_url alone name no account or role: they
	 * are for bearer tokens.
	 */
	static const struct str keys[] = {
		S_INIT("sso_account_id"), S_INIT("sso_role_name"),
	};

	(void)c;
	(void)id;
	return cred_pending(p, keys, 2, e);
}

const struct provider cred_sso = {
	.name = "sso", .quiet = true, .remote = true, .select = sso,
};
