#include "cred/chain.h"

#include "base/limits.h"

/* Static keys in the shared files. Key, secret and token of one file belong
 * together (the Go SDK's rule); mixing files would sign with a key and the
 * secret of another.
 */
struct source {
	struct str (*get)(const struct profile *p, struct str key);
	const char *path;
};

static struct source
credentials_source(const struct profile *p)
{
	return (struct source){ profile_get_credentials,
		p->credentials_path };
}

static struct source
config_source(const struct profile *p)
{
	return (struct source){ profile_get_config, p->config_path };
}

static bool
select_from(const struct profile *p, struct source from, struct buf *id,
    struct err *e)
{
	struct str key_id = from.get(p, S("aws_access_key_id"));
	struct str secret = from.get(p, S("aws_secret_access_key"));

	if (!key_id.n != !secret.n)
		return err_set(e, ERR_USAGE, "profile '%.*s' in '%s' has %s"
		    " without %s; keep both in one file", STR_ARG(p->name),
		    from.path,
		    key_id.n ? "aws_access_key_id" : "aws_secret_access_key",
		    key_id.n ? "aws_secret_access_key" : "aws_access_key_id");
	if (!key_id.n)
		return err_set(e, ERR_ABSENT, "profile '%.*s' has no"
		    " aws_access_key_id in '%s'", STR_ARG(p->name),
		    from.path ? from.path : "(no home directory)");
	cred_id(id, S("provider"), S("profile"));
	cred_id(id, S("profile"), p->name);
	cred_id(id, S("file"), str_of(from.path));
	cred_id(id, S("key_id"), key_id);
	return true;
}

static bool
fetch_from(const struct profile *p, struct source from, struct cred *cred)
{
	struct str account = profile_get(p, S("aws_account_id"));
	uint64_t number;

	cred->key_id = from.get(p, S("aws_access_key_id"));
	cred->secret = from.get(p, S("aws_secret_access_key"));
	cred->token = from.get(p, S("aws_session_token"));
	if (!cred->token.n)
		cred->token = from.get(p, S("aws_security_token"));
	if (account.n == ACCOUNT_LEN && str_u64(account, UINT64_MAX, &number))
		cred->account = account;
	return true;
}

static bool
select_credentials(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	(void)c;
	return select_from(p, credentials_source(p), id, e);
}

static bool
fetch_credentials(struct config *c, const struct profile *p,
    struct cred *cred, struct err *e)
{
	(void)c;
	(void)e;
	return fetch_from(p, credentials_source(p), cred);
}

/* Asked after the credentials file in both orders, so it speaks for both when
 * neither has keys.
 */
static bool
select_config(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	(void)c;
	if (select_from(p, config_source(p), id, e))
		return true;
	if (e->kind != ERR_ABSENT)
		return false;
	if (p->trouble.n)
		return err_set(e, ERR_ABSENT, "%.*s", STR_ARG(p->trouble));
	if (!p->config_path && !p->credentials_path)
		return err_set(e, ERR_ABSENT, "HOME is not set, so there is no"
		    " ~/.aws/credentials");
	return err_set(e, ERR_ABSENT, p->found ?
	    "'%.*s' has no aws_access_key_id" : "no profile '%.*s'",
	    STR_ARG(p->name));
}

static bool
fetch_config(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	(void)c;
	(void)e;
	return fetch_from(p, config_source(p), cred);
}

const struct provider cred_credentials_file = {
	.name = "profile", .quiet = true,
	.select = select_credentials, .fetch = fetch_credentials,
};
const struct provider cred_config_file = {
	.name = "profile", .select = select_config, .fetch = fetch_config,
};
