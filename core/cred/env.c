#include "cred/chain.h"

#include "base/date.h"
#include "base/limits.h"

/* One value: the variables that may have it, the first that is set, and the one
 * that names a file with it, which no SDK knows: orchestrators mount secrets.
 */
struct name {
	const char *variables[2], *file;
};

/* Decision 0.2: AWS_SESSION_TOKEN before AWS_SECURITY_TOKEN, which botocore
 * alone still reads. AWS_ACCESS_KEY and AWS_SECRET_KEY are the Go SDK's.
 */
struct names {
	struct name key_id, secret;
};

static const struct names usual = {
	{ { "AWS_ACCESS_KEY_ID", NULL }, "AWS_ACCESS_KEY_ID_FILE" },
	{ { "AWS_SECRET_ACCESS_KEY", NULL }, "AWS_SECRET_ACCESS_KEY_FILE" },
};
static const struct names with_go = {
	{ { "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY" },
	    "AWS_ACCESS_KEY_ID_FILE" },
	{ { "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY" },
	    "AWS_SECRET_ACCESS_KEY_FILE" },
};
static const struct name token = {
	{ "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN" },
	"AWS_SESSION_TOKEN_FILE",
};

/* Without the line end that `$(cat file)` keeps under Windows tools. */
static struct str
without_end(struct str s)
{
	while (s.n && str_has(S("\r\n"), s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
value(const struct config *c, const struct name *name, struct str *s,
    struct err *e)
{
	struct str path = world_env(c->w, name->file);
	struct err why;
	const char *z;

	*s = (struct str){ NULL, 0 };
	for (size_t i = 0; i < 2 && name->variables[i] && !s->n; i++)
		*s = without_end(world_env(c->w, name->variables[i]));
	if (s->n || !path.n)
		return true;
	if (!arena_z(c->a, path, &z, &why) ||
	    !c->w->file(c->w->me, z, c->a, s, &why))
		return err_set(e, ERR_SYS, "credentials of env: %s: %s",
		    name->file, why.msg);
	*s = without_end(*s);
	return true;
}

static bool
select_names(struct config *c, const struct profile *p,
    const struct names *names, struct buf *id, struct err *e)
{
	const char *id_name = names->key_id.variables[0];
	const char *secret_name = names->secret.variables[0];
	struct str key_id, secret;

	if (p->explicit)
		return err_set(e, ERR_ABSENT, "passed over for profile '%.*s'",
		    STR_ARG(p->name));
	if (!value(c, &names->key_id, &key_id, e) ||
	    !value(c, &names->secret, &secret, e))
		return false;
	if (!key_id.n && secret.n)
		return err_set(e, ERR_ABSENT, "%s not set, though %s is",
		    id_name, secret_name);
	if (!key_id.n)
		return err_set(e, ERR_ABSENT, "%s not set", id_name);
	if (!secret.n)
		return err_set(e, ERR_USAGE, "credentials of env: %s is set,"
		    " but %s is not; set both or neither", id_name,
		    secret_name);
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
fetch_names(struct config *c, const struct names *names, struct cred *cred,
    struct err *e)
{
	struct str account = str_trim(world_env(c->w, "AWS_ACCOUNT_ID"));
	uint64_t number;

	if (!value(c, &names->key_id, &cred->key_id, e) ||
	    !value(c, &names->secret, &cred->secret, e) ||
	    !value(c, &token, &cred->token, e))
		return false;
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
	return fetch_names(c, &usual, cred, e);
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
	return fetch_names(c, &with_go, cred, e);
}

const struct provider cred_env = {
	.name = "env", .select = select_env, .fetch = fetch_env,
};
const struct provider cred_env_go = {
	.name = "env", .select = select_env_go, .fetch = fetch_env_go,
};
