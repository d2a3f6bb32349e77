#include "cred/chain.h"

/* Sources known but not usable yet: see chain.h. */

bool
cred_pending(const struct config *c, const struct str *keys, size_t count,
    struct err *e)
{
	const struct profile *p = &c->profile;

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

static const struct str role_keys[] = {
	S_INIT("role_arn"),
	/* Without role_arn the Go SDK calls these an error, and botocore
	 * ignores them.
	 */
	S_INIT("source_profile"), S_INIT("credential_source"),
};

static bool
role(struct config *c, struct buf *id, struct err *e)
{
	(void)id;
	return cred_pending(c, role_keys, 1, e);
}

static bool
role_go(struct config *c, struct buf *id, struct err *e)
{
	(void)id;
	return cred_pending(c, role_keys, 3, e);
}

static bool
web_identity_env(struct config *c, struct buf *id, struct err *e)
{
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
web_identity_profile(struct config *c, struct buf *id, struct err *e)
{
	static const struct str keys[] = { S_INIT("web_identity_token_file") };

	(void)id;
	return cred_pending(c, keys, 1, e);
}

static bool
web_identity(struct config *c, struct buf *id, struct err *e)
{
	if (!web_identity_env(c, id, e) && e->kind != ERR_ABSENT)
		return false;
	return web_identity_profile(c, id, e);
}

static bool
sso(struct config *c, struct buf *id, struct err *e)
{
	/* sso_session and sso_start_url alone name no account or role: they
	 * are for bearer tokens.
	 */
	static const struct str keys[] = {
		S_INIT("sso_account_id"), S_INIT("sso_role_name"),
	};

	(void)id;
	return cred_pending(c, keys, 2, e);
}

static bool
login(struct config *c, struct buf *id, struct err *e)
{
	static const struct str keys[] = { S_INIT("login_session") };

	(void)id;
	return cred_pending(c, keys, 1, e);
}

const struct provider cred_role = {
	.name = "role", .quiet = true, .select = role,
};
const struct provider cred_role_go = {
	.name = "role", .quiet = true, .select = role_go,
};
const struct provider cred_web_identity = {
	.name = "web identity", .quiet = true, .select = web_identity,
};
const struct provider cred_web_identity_env = {
	.name = "web identity", .quiet = true, .select = web_identity_env,
};
const struct provider cred_web_identity_profile = {
	.name = "web identity", .quiet = true, .select = web_identity_profile,
};
const struct provider cred_sso = {
	.name = "sso", .quiet = true, .select = sso,
};
const struct provider cred_login = {
	.name = "login", .quiet = true, .select = login,
};
