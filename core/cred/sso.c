#include "cred/chain.h"
#include "cred/sso_token.h"

/* IAM Identity Center: a role's credentials for a session that "aws sso login"
 * has begun (aws 1.6).
 */
struct source {
	struct sso_session session;
	struct sso_role role;
};

/* A setting may stand in the profile, in its [sso-session], or in both with
 * the same value.
 */
static bool
setting(const struct profile *p, struct str session, struct str key,
    struct str *value, struct err *e)
{
	struct str there;
	bool found;

	*value = profile_get(p, key);
	if (!session.n)
		return true;
	there = profile_get_session(p, session, key, &found);
	if (!found)
		return err_set(e, ERR_USAGE, "profile '%.*s': there is no"
		    " section [sso-session %.*s]", STR_ARG(p->name),
		    STR_ARG(session));
	if (!there.n)
		return true;
	if (value->n && !str_eq(*value, there))
		return err_set(e, ERR_USAGE, "profile '%.*s': its %.*s is"
		    " '%.*s', but that of [sso-session %.*s] is '%.*s'; take"
		    " one of them out", STR_ARG(p->name), STR_ARG(key),
		    STR_ARG(*value), STR_ARG(session), STR_ARG(there));
	*value = there;
	return true;
}

static bool
find_source(const struct profile *p, struct source *from, struct err *e)
{
	const struct {
		struct str key, *value;
	} settings[] = {
		{ S("sso_start_url"), &from->session.start_url },
		{ S("sso_region"), &from->session.region },
		{ S("sso_account_id"), &from->role.account },
		{ S("sso_role_name"), &from->role.name },
	};
	char text[128];
	struct buf missing = BUF(text);

	*from = (struct source){ .session = { .profile = p->name } };
	/* sso_session and sso_start_url alone are for bearer tokens. */
	if (!profile_get(p, S("sso_account_id")).n &&
	    !profile_get(p, S("sso_role_name")).n)
		return err_set(e, ERR_ABSENT, "profile '%.*s' has no"
		    " sso_account_id", STR_ARG(p->name));
	from->session.name = profile_get(p, S("sso_session"));
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (!setting(p, from->session.name, settings[i].key,
		    settings[i].value, e))
			return false;
		if (settings[i].value->n)
			continue;
		buf_add(&missing, missing.n ? S(", ") : S(""));
		buf_add(&missing, settings[i].key);
	}
	if (missing.n)
		return err_set(e, ERR_USAGE, "profile '%.*s' is one of IAM"
		    " Identity Center, but has no %.*s", STR_ARG(p->name),
		    STR_ARG(buf_str(&missing)));
	return true;
}

static bool
select_sso(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	struct source from;

	(void)c;
	if (!find_source(p, &from, e))
		return false;
	cred_id(id, S("provider"), S("sso"));
	if (from.session.name.n)
		cred_id(id, S("session"), from.session.name);
	else
		cred_id(id, S("start_url"), from.session.start_url);
	cred_id(id, S("account"), from.role.account);
	cred_id(id, S("role"), from.role.name);
	return true;
}

static bool
fetch_sso(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	struct source from;
	struct str token;
	bool ended;

	if (!find_source(p, &from, e) ||
	    !sso_token_get(c, &from.session, &token, e))
		return false;
	if (sso_role_credentials(c, from.session.region, token, &from.role,
	    c->a, cred, &ended, e))
		return true;
	if (ended)
		return sso_session_ended(&from.session, e);
	return false;
}

const struct provider cred_sso = {
	.name = "sso", .quiet = true, .remote = true,
	.select = select_sso, .fetch = fetch_sso,
};
