#include "cred/chain.h"

#include "base/date.h"
#include "base/limits.h"

/* Decision 0.2: AWS_SESSION_TOKEN before AWS_SECURITY_TOKEN, which botocore
 * alone still reads. AWS_ACCESS_KEY and AWS_SECRET_KEY are the Go SDK's.
 */
struct names {
	const char *key_id[2], *secret[2];
};

static const struct names usual = {
	{ "AWS_ACCESS_KEY_ID", NULL }, { "AWS_SECRET_ACCESS_KEY", NULL },
};
static const struct names with_go = {
	{ "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY" },
	{ "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY" },
};
static const char *const token_names[2] = {
	"AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
};

/* The first of two that is set, without the line end that `$(cat file)` keeps
 * under Windows tools.
 */
static struct str
value(const struct config *c, const char *const names[2])
{
	struct str s = { NULL, 0 };

	for (size_t i = 0; i < 2 && names[i] && !s.n; i++) {
		s = world_env(c->w, names[i]);
		while (s.n && str_has(S("\r\n"), s.p[s.n - 1]))
			s.n--;
	}
	return s;
}

static bool
select_names(struct config *c, const struct profile *p,
    const struct names *names, struct buf *id, struct err *e)
{
	struct str key_id = value(c, names->key_id);
	struct str secret = value(c, names->secret);

	if (p->explicit)
		return err_set(e, ERR_ABSENT, "passed over for profile '%.*s'",
		    STR_ARG(p->name));
	if (!key_id.n && secret.n)
		return err_set(e, ERR_ABSENT,
		    "%s not set, though %s is", names->key_id[0],
		    names->secret[0]);
	if (!key_id.n)
		return err_set(e, ERR_ABSENT, "%s not set", names->key_id[0]);
	if (!secret.n)
		return err_set(e, ERR_USAGE, "credentials of env: %s is set,"
		    " but %s is not; set both or neither", names->key_id[0],
		    names->secret[0]);
	cred_id(id, S("provider"), S("env"));
	cred_id(id, S("key_id"), key_id);
	return true;
}

static void
expiry(const struct config *c, struct cred *cred)
{
	struct str s = world_env(c->w, "AWS_CREDENTIAL_EXPIRATION");

	if (s.n && !date_iso(str_trim(s), &cred->expires))
		world_warn(c->w, "AWS_CREDENTIAL_EXPIRATION '%.*s' is no"
		    " ISO 8601 time; taken as if it were not set", STR_ARG(s));
}

static bool
fetch_names(struct config *c, const struct names *names, struct cred *cred)
{
	struct str account = str_trim(world_env(c->w, "AWS_ACCOUNT_ID"));
	uint64_t number;

	cred->key_id = value(c, names->key_id);
	cred->secret = value(c, names->secret);
	cred->token = value(c, token_names);
	if (account.n == ACCOUNT_LEN && str_u64(account, UINT64_MAX, &number))
		cred->account = account;
	expiry(c, cred);
	return true;
}

static bool
select_env(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	return select_names(c, p, &usual, id, e);
}

static bool
fetch_env(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	(void)p;
	(void)e;
	return fetch_names(c, &usual, cred);
}

static bool
select_env_go(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	return select_names(c, p, &with_go, id, e);
}

static bool
fetch_env_go(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	(void)p;
	(void)e;
	return fetch_names(c, &with_go, cred);
}

const struct provider cred_env = {
	.name = "env", .select = select_env, .fetch = fetch_env,
};
const struct provider cred_env_go = {
	.name = "env", .select = select_env_go, .fetch = fetch_env_go,
};
