#include "aws/sts.h"
#include "base/date.h"
#include "cred/chain.h"
#include "cred/session.h"
#include "cred/subject.h"

/* A token of another identity provider (aws 1.5): IAM roles for service
 * accounts on EKS, GitHub's and GitLab's runners. Configured in the
 * environment, in the profile, or (botocore's way) in both, where each
 * variable wins over its key.
 */
#define TOKEN_VARIABLE "AWS_WEB_IDENTITY_TOKEN_FILE"

enum where { IN_ENV = 1, IN_PROFILE = 2 };

struct asked {
	struct str role_arn, session;
	const char *path;	/* of the token */
};

static struct str
setting(struct config *c, const struct profile *p, unsigned where,
    const char *variable, struct str key)
{
	struct str s = { NULL, 0 };

	if (where & IN_ENV)
		s = world_env(c->w, variable);
	if (!s.n && where & IN_PROFILE)
		s = profile_get(p, key);
	return s;
}

static bool
not_configured(const struct profile *p, unsigned where, struct err *e)
{
	if (where == IN_ENV)
		return err_set(e, ERR_ABSENT, TOKEN_VARIABLE " not set");
	if (where == IN_PROFILE)
		return err_set(e, ERR_ABSENT, "profile '%.*s' has no"
		    " web_identity_token_file", STR_ARG(p->name));
	return err_set(e, ERR_ABSENT, TOKEN_VARIABLE " not set, and profile"
	    " '%.*s' has no web_identity_token_file", STR_ARG(p->name));
}

/* The role is needed where a token is: without it the token is no reason to go
 * on to another identity.
 */
static bool
check(const struct profile *p, unsigned where, bool token_in_env,
    const struct asked *ask, struct err *e)
{
	if (!str_visible(ask->role_arn))
		return err_set(e, ERR_USAGE, "web identity: the role has a"
		    " blank or a byte that is not printable ASCII");
	if (!ask->role_arn.n && !token_in_env)
		return err_set(e, ERR_USAGE, "profile '%.*s' has"
		    " web_identity_token_file, but no role_arn to take with"
		    " it", STR_ARG(p->name));
	if (!ask->role_arn.n)
		return err_set(e, ERR_USAGE, TOKEN_VARIABLE " is set, but"
		    " AWS_ROLE_ARN%s not; set both or neither",
		    where == IN_ENV ? " is" :
		    " and the profile's role_arn are");
	if (ask->session.n && !session_name_ok(ask->session))
		return err_set(e, ERR_USAGE, "web identity: session name"
		    " '%.*s' is not 2 to 64 of [A-Za-z0-9_+=,.@-]",
		    STR_ARG(ask->session));
	return true;
}

static bool
gather(struct config *c, const struct profile *p, unsigned where,
    struct asked *ask, struct err *e)
{
	struct str in_env = { NULL, 0 }, in_profile = in_env;

	/* --profile puts the environment aside. */
	if (p->explicit) {
		if (where == IN_ENV)
			return err_set(e, ERR_ABSENT, "passed over for"
			    " profile '%.*s'", STR_ARG(p->name));
		where &= ~(unsigned)IN_ENV;
	}
	if (where & IN_ENV)
		in_env = world_env(c->w, TOKEN_VARIABLE);
	if (where & IN_PROFILE)
		in_profile = profile_get(p, S("web_identity_token_file"));
	if (!in_env.n && !in_profile.n)
		return not_configured(p, where, e);
	ask->role_arn = setting(c, p, where, "AWS_ROLE_ARN", S("role_arn"));
	ask->session = setting(c, p, where, "AWS_ROLE_SESSION_NAME",
	    S("role_session_name"));
	ask->path = in_env.p;
	if (!check(p, where, in_env.n > 0, ask, e))
		return false;
	if (in_env.n || profile_path(c->w, in_profile, c->a, &ask->path, e))
		return true;
	e->kind = ERR_USAGE;
	return err_in(e, "web_identity_token_file of profile '%.*s'",
	    STR_ARG(p->name));
}

/* Read anew each time: whoever issues tokens replaces the file. */
static bool
read_token(struct config *c, const struct asked *ask, struct str *token,
    struct err *e)
{
	if (!c->w->file(c->w->me, ask->path, c->a, token, e)) {
		/* Configured, so not absent. */
		if (e->kind == ERR_ABSENT)
			e->kind = ERR_SYS;
		return err_in(e, "web identity token");
	}
	while (token->n && str_has(S("\r\n"), token->p[token->n - 1]))
		token->n--;
	return token->n || err_set(e, ERR_USAGE, "web identity token: '%s' is"
	    " empty", ask->path);
}

/* What STS gives depends on role and subject alone, on whatever machine the
 * token lies and under whatever name.
 */
static bool
select_where(struct config *c, const struct profile *p, unsigned where,
    struct buf *id, struct err *e)
{
	struct asked ask;
	struct str token;

	if (!gather(c, p, where, &ask, e) || !read_token(c, &ask, &token, e))
		return false;
	cred_id(id, S("provider"), S("web identity"));
	cred_id(id, S("role_arn"), ask.role_arn);
	if (ask.session.n)
		cred_id(id, S("role_session_name"), ask.session);
	cred_id(id, S("token_file"), str_of(ask.path));
	cred_id_subject(c, token, id);
	return true;
}

static bool
fetch_where(struct config *c, const struct profile *p, unsigned where,
    struct cred *cred, struct err *e)
{
	char when[DATE_ISO_LEN + 1];
	struct sts_web_identity sent;
	struct asked ask;
	struct str region;

	if (!gather(c, p, where, &ask, e))
		return false;
	sent.role_arn = ask.role_arn;
	if (!read_token(c, &ask, &sent.token, e) ||
	    !session_name(c, ask.session, &sent.session_name, e) ||
	    !session_region(c, &region, e) ||
	    !sts_web_identity(c, region, &sent, c->a, cred, e))
		return err_in(e, "role '%.*s'", STR_ARG(ask.role_arn));
	date_format_iso(cred->expires, when);
	world_detail(c->w, "role '%.*s' taken as '%.*s' with the token in"
	    " '%s': key %.*s until %s", STR_ARG(ask.role_arn),
	    STR_ARG(sent.session_name), ask.path, STR_ARG(cred->key_id),
	    when);
	return true;
}

static bool
select_any(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	return select_where(c, p, IN_ENV | IN_PROFILE, id, e);
}

static bool
fetch_any(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	return fetch_where(c, p, IN_ENV | IN_PROFILE, cred, e);
}

static bool
select_env(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	return select_where(c, p, IN_ENV, id, e);
}

static bool
fetch_env(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	return fetch_where(c, p, IN_ENV, cred, e);
}

static bool
select_profile(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	return select_where(c, p, IN_PROFILE, id, e);
}

static bool
fetch_profile(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	return fetch_where(c, p, IN_PROFILE, cred, e);
}

const struct provider cred_web_identity = {
	.name = "web identity", .quiet = true, .remote = true,
	.select = select_any, .fetch = fetch_any,
};
const struct provider cred_web_identity_env = {
	.name = "web identity", .quiet = true, .remote = true,
	.select = select_env, .fetch = fetch_env,
};
const struct provider cred_web_identity_profile = {
	.name = "web identity", .quiet = true, .remote = true,
	.select = select_profile, .fetch = fetch_profile,
};
