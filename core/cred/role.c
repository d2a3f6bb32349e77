#include "cred/chain.h"

static const struct str role_keys[] = {
	S_INIT("role_arn"),
	/* Without role_arn the Go SDK calls these an error, and botocore
	 * ignores them.
	 */
	S_INIT("source_profile"), S_INIT("credential_source"),
};

static bool
role(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	(void)c;
	(void)id;
	return cred_pending(p, role_keys, 1, e);
}

static bool
role_go(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	(void)c;
	(void)id;
	return cred_pending(p, role_keys, 3, e);
}

const struct provider cred_role = {
	.name = "role", .quiet = true, .remote = true, .select = role,
};
const struct provider cred_role_go = {
	.name = "role", .quiet = true, .remote = true, .select = role_go,
};
