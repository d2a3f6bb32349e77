#include "cred/chain.h"

#include "aws/imds.h"
#include "base/enc.h"
#include "base/limits.h"
#include "cred/document.h"

/* The role of the EC2 instance (aws 1.10). */
#define ROLES "/latest/meta-data/iam/security-credentials/"

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

/* The first line: an instance has one role, but the answer is a listing. */
static bool
list_role(struct config *c, struct str *role, struct err *e)
{
	struct str body, rest;

	if (!imds_get(c, S(ROLES), c->a, &body, e))
		return c->imds_token.n || c->imds_v1 ?
		    err_in(e, "no role of the instance") : false;
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
get_role(struct config *c, struct str role, struct str *body, struct err *e)
{
	char path[sizeof(ROLES) + 3 * ROLE_NAME_MAX];
	struct buf b = BUF(path);

	buf_add(&b, S(ROLES));
	buf_percent(&b, role, "+=,@");
	if (b.full)
		return err_set(e, ERR_LIMIT, "role name of %zu bytes, at most"
		    " %u", role.n, ROLE_NAME_MAX);
	return imds_get(c, buf_str(&b), c->a, body, e) ||
	    err_in(e, "role '%.*s'", STR_ARG(role));
}

static bool
fetch_imds(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	struct str role, body;
	struct err why;
	bool listed;

	(void)p;
	if (!configured_role(c, &role, e))
		return false;
	listed = !role.n;
	if (listed && !list_role(c, &role, e))
		return false;
	if (!get_role(c, role, &body, &why)) {
		/* It may have been replaced in between. */
		if (!listed || why.kind != ERR_ABSENT) {
			*e = why;
			return false;
		}
		if (!list_role(c, &role, e) || !get_role(c, role, &body, e))
			return false;
	}
	return cred_document(body, c->a, cred, e) ||
	    err_in(e, "metadata service: role '%.*s'", STR_ARG(role));
}

const struct provider cred_imds = {
	.name = "imds", .stable = true, .remote = true,
	.select = select_imds, .fetch = fetch_imds,
};
