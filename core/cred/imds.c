#include "cred/chain.h"

#include "aws/imds.h"
#include "base/enc.h"
#include "base/limits.h"
#include "cred/document.h"

/* The role of the EC2 instance (aws 1.10). The extended path adds the account
 * id; services older than it, and stand-ins, do not know it, which costs a
 * question. So it is asked only when somebody wants the account id.
 *
 * Source: AWS SDK for JavaScript v3, credential-provider-imds.
 */
#define ROLES "/latest/meta-data/iam/security-credentials/"
#define ROLES_EXTENDED "/latest/meta-data/iam/security-credentials-extended/"

/* The role's name where the user knows it; empty: ask. */
static bool
configured_role(struct config *c, struct str *role, struct err *e)
{
	struct str s = world_env(c->w, "AWS_EC2_INSTANCE_PROFILE_NAME");

	if (!s.n)
		s = profile_get(&c->profile, S("ec2_instance_profile_name"));
	*role = str_trim(s);
	if (s.n && !role->n)
		return err_set(e, ERR_USAGE, "AWS_EC2_INSTANCE_PROFILE_NAME or"
		    " ec2_instance_profile_name is blank; name the role or"
		    " leave it unset");
	return true;
}

static bool
select_imds(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	struct str role;
	struct uri u;

	(void)p;
	if (!imds_enabled(c, e) || !imds_endpoint(c, &u, e) ||
	    !configured_role(c, &role, e))
		return false;
	cred_id(id, S("provider"), S("imds"));
	buf_add(id, u.tls ? S("endpoint=https://") : S("endpoint=http://"));
	uri_authority(&u, id);
	uri_target(&u, id);
	buf_char(id, '\n');
	cred_id(id, S("role"), role);
	cred_id_machine(id, c);
	return true;
}

static bool
extended(const struct config *c)
{
	return c->want_account && !c->imds_plain;
}

/* Has the service answered at all? */
static bool
asked(const struct config *c)
{
	return c->imds_token.n || c->imds_v1;
}

/* The extended path; *found false: from now on, the other one. A proxy in
 * front of the service may let only paths through that it knows.
 */
static bool
find_extended(struct config *c, struct str path, bool *found,
    struct str *body, struct err *e)
{
	struct err why;

	if (!imds_find(c, path, c->a, found, body, &why)) {
		if (why.kind != ERR_DENIED || !asked(c)) {
			*e = why;
			return false;
		}
		*found = false;
	}
	c->imds_plain = !*found;
	if (!*found)
		world_detail(c->w, "imds: no extended credentials");
	return true;
}

/* Which roles there are. */
static bool
list(struct config *c, struct str *body, struct err *e)
{
	bool found = false;

	if (extended(c) && !find_extended(c, S(ROLES_EXTENDED), &found, body,
	    e))
		return false;
	return found || imds_get(c, S(ROLES), c->a, body, e);
}

/* The first line: an instance has one role, but the answer is a listing. */
static bool
list_role(struct config *c, struct str *role, struct err *e)
{
	struct str body, rest;

	if (!list(c, &body, e))
		return asked(c) ? err_in(e, "no role of the instance") :
		    false;
	str_cut(body, '\n', role, &rest);
	*role = str_trim(*role);
	if (!role->n)
		return err_set(e, ERR_ABSENT, "the instance has no role");
	if (role->n > ROLE_NAME_MAX)
		return err_set(e, ERR_LIMIT, "metadata service: role name of"
		    " %zu bytes, at most %u", role->n, ROLE_NAME_MAX);
	return true;
}

/* IAM role names are [A-Za-z0-9_+=,.@-]; anything else is encoded, so that an
 * answer cannot lead the next request elsewhere.
 */
static bool
role_path(const struct config *c, struct str role, struct buf *b,
    struct err *e)
{
	buf_add(b, extended(c) ? S(ROLES_EXTENDED) : S(ROLES));
	buf_percent(b, role, "+=,@");
	return !b->full || err_set(e, ERR_LIMIT, "role name of %zu bytes, at"
	    " most %u", role.n, ROLE_NAME_MAX);
}

static bool
get_role(struct config *c, struct str role, struct str *body, struct err *e)
{
	char path[sizeof(ROLES_EXTENDED) + 3 * ROLE_NAME_MAX];
	struct buf b = BUF(path);

	if (!role_path(c, role, &b, e))
		return false;
	return imds_get(c, buf_str(&b), c->a, body, e) ||
	    err_in(e, "role '%.*s'", STR_ARG(role));
}

/* A role that the user named: nothing has told yet whether the service knows
 * the extended path.
 */
static bool
get_named(struct config *c, struct str role, struct str *body, struct err *e)
{
	char path[sizeof(ROLES_EXTENDED) + 3 * ROLE_NAME_MAX];
	struct buf b = BUF(path);
	bool found = false;

	if (extended(c) && (!role_path(c, role, &b, e) ||
	    !find_extended(c, buf_str(&b), &found, body, e)))
		return err_in(e, "role '%.*s'", STR_ARG(str_head(role,
		    ROLE_NAME_MAX)));
	return found || get_role(c, role, body, e);
}

/* One that was listed may have been replaced in between. */
static bool
get_listed(struct config *c, struct str *role, struct str *body,
    struct err *e)
{
	struct err why;

	if (!list_role(c, role, e))
		return false;
	if (get_role(c, *role, body, &why))
		return true;
	if (why.kind != ERR_ABSENT) {
		*e = why;
		return false;
	}
	return list_role(c, role, e) && get_role(c, *role, body, e);
}

static bool
fetch_imds(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	struct str role, body;

	(void)p;
	if (!configured_role(c, &role, e))
		return false;
	if (!(role.n ? get_named(c, role, &body, e) :
	    get_listed(c, &role, &body, e)))
		return false;
	return cred_document(body, c->a, cred, e) ||
	    err_in(e, "metadata service: role '%.*s'", STR_ARG(role));
}

const struct provider cred_imds = {
	.name = "imds", .stable = true, .remote = true,
	.select = select_imds, .fetch = fetch_imds,
};
