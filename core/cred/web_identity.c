#include "cred/chain.h"

static bool
web_identity_env(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	(void)p;
	(void)id;
	if (c->profile.explicit)
		return err_set(e, ERR_ABSENT, "passed over for --profile");
	if (!world_env(c->w, "AWS_WEB_IDENTITY_TOKEN_FILE").n)
		return err_set(e, ERR_ABSENT,
		    "AWS_WEB_IDENTITY_TOKEN_FILE not set");
	return err_set(e, ERR_USAGE, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but"
	    " this version cannot use web identity yet; unset it, or set"
	    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}

static bool
web_identity_profile(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	static const struct str keys[] = { S_INIT("web_identity_token_file") };

	(void)c;
	(void)id;
	return cred_pending(p, keys, 1, e);
}

static bool
web_identity(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	if (!web_identity_env(c, p, id, e) && e->kind != ERR_ABSENT)
		return false;
	return web_identity_profile(c, p, id, e);
}

const struct provider cred_web_identity = {
	.name = "web identity", .quiet = true, .remote = true,
	 .select = web_identity,
};
const struct provider cred_web_identity_env = {
	.name = "web identity", .quiet = true, .remote = true,
	 .select = web_identity_env,
};
const struct provider cred_web_identity_profile = {
	.name = "web identity", .quiet = true, .remote = true,
	 .select = web_identity_profile,
};
