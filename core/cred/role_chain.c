#include "cred/role_chain.h"

#include "cred/session.h"

static bool
has(const struct profile *p, struct str key)
{
	return profile_get(p, key).n > 0;
}

/* One without the other is an error of the sources that have them. */
static bool
static_keys(const struct profile *p)
{
	return has(p, S("aws_access_key_id")) ||
	    has(p, S("aws_secret_access_key"));
}

/* What the Go SDK refuses in each profile that it reads on the way. It looks
 * no further at one whose keys it has found.
 */
static bool
check_go(const struct profile *p, bool top, struct err *e)
{
	static const struct str sources[] = {
		S_INIT("source_profile"), S_INIT("credential_source"),
		S_INIT("web_identity_token_file"),
		S_INIT("credential_process"),
	};
	struct str first = { NULL, 0 };

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (!has(p, sources[i]))
			continue;
		if (first.n && (top || !static_keys(p)))
			return err_set(e, ERR_USAGE, "profile '%.*s' has both"
			    " %.*s and %.*s; keep one", STR_ARG(p->name),
			    STR_ARG(first), STR_ARG(sources[i]));
		first = sources[i];
		if (i < 3 && !has(p, S("role_arn")))
			return err_set(e, ERR_USAGE, "profile '%.*s' has %.*s,"
			    " but no role_arn to take with it",
			    STR_ARG(p->name), STR_ARG(first));
	}
	return true;
}

/* Static keys of a source profile win over its role. In Go's order they win
 * over the token of a web identity only: they take the role.
 */
static bool
takes_role(const struct profile *p, enum cred_order order, bool top)
{
	bool web = has(p, S("web_identity_token_file"));

	if (!has(p, S("role_arn")))
		return false;
	if (order == CRED_ORDER_GO)
		return !web || static_keys(p);
	return !web && (top || !static_keys(p));
}

static bool
absent(const struct profile *p, struct err *e)
{
	if (!has(p, S("role_arn")))
		return err_set(e, ERR_ABSENT, "profile '%.*s' has no role_arn",
		    STR_ARG(p->name));
	return err_set(e, ERR_ABSENT, "role_arn of profile '%.*s' is for its"
	    " web_identity_token_file", STR_ARG(p->name));
}

/* What nothing in STS's grammars has. */
static bool
graphic(const struct profile *p, struct str key, struct str *value,
    struct err *e)
{
	*value = profile_get(p, key);
	return str_visible(*value) || err_set(e, ERR_USAGE, "profile '%.*s':"
	    " %.*s has a blank or a byte that is not printable ASCII",
	    STR_ARG(p->name), STR_ARG(key));
}

static void
duration(const struct profile *p, struct role_link *link)
{
	struct str s = profile_get(p, S("duration_seconds"));
	uint64_t number;

	if (!str_u64(s, UINT32_MAX, &number)) {
		link->odd_duration = s;
		return;
	}
	while (s.n > 1 && s.p[0] == '0')
		s = str_skip(s, 1);
	link->duration_s = s;
}

static bool
add_link(struct role_chain *chain, const struct profile *p, struct err *e)
{
	struct role_link *link = &chain->links[chain->count];

	if (chain->count == ROLE_CHAIN_MAX)
		return err_set(e, ERR_LIMIT, "profile '%.*s': more than %u"
		    " roles one after the other",
		    STR_ARG(chain->links[0].profile), ROLE_CHAIN_MAX);
	*link = (struct role_link){ .profile = p->name };
	if (!graphic(p, S("role_arn"), &link->arn, e) ||
	    !graphic(p, S("external_id"), &link->external_id, e) ||
	    !graphic(p, S("mfa_serial"), &link->serial, e))
		return false;
	link->session = profile_get(p, S("role_session_name"));
	if (link->session.n && !session_name_ok(link->session))
		return err_set(e, ERR_USAGE, "profile '%.*s':"
		    " role_session_name '%.*s' is not 2 to 64 of"
		    " [A-Za-z0-9_+=,.@-]", STR_ARG(p->name),
		    STR_ARG(link->session));
	duration(p, link);
	chain->count++;
	return true;
}

static void
quoted(struct buf *b, struct str name)
{
	buf_add(b, b->n ? S(" -> '") : S("'"));
	buf_add(b, name);
	buf_char(b, '\'');
}

static void
path(const struct role_chain *chain, struct buf *b)
{
	for (size_t i = 0; i < chain->count; i++)
		quoted(b, chain->links[i].profile);
}

void
role_chain_path(const struct role_chain *chain, struct buf *b)
{
	path(chain, b);
	if (chain->named.n) {
		buf_add(b, S(" -> "));
		buf_add(b, chain->named);
	} else if (!chain->own) {
		quoted(b, chain->from.name);
	}
}

/* A profile may name itself where its static keys are meant, or, in Go's
 * order, any source of its own.
 */
static bool
check_circle(const struct role_chain *chain, const struct profile *p,
    enum cred_order order, struct str next, struct err *e)
{
	char text[ERR_MSG_MAX];
	struct buf b = BUF(text);
	bool visited = false;

	for (size_t i = 0; i < chain->count; i++)
		visited |= str_eq(chain->links[i].profile, next);
	if (!visited || (str_eq(next, p->name) &&
	    (order == CRED_ORDER_GO || static_keys(p))))
		return true;
	path(chain, &b);
	quoted(&b, next);
	return err_set(e, ERR_USAGE, "source_profile leads round in a circle:"
	    " %.*s; name a profile that has credentials itself",
	    STR_ARG(buf_str(&b)));
}

/* Go on to the source_profile of p. */
static bool
step(const struct role_chain *chain, struct profile *p, enum cred_order order,
    struct err *e)
{
	struct str next = profile_get(p, S("source_profile"));
	struct profile other = profile_other(p, next);

	if (!check_circle(chain, p, order, next, e))
		return false;
	if (!other.found)
		return profile_missing(&other, e) ||
		    err_in(e, "source_profile of '%.*s'", STR_ARG(p->name));
	*p = other;
	return true;
}

static bool
check_named(const struct profile *p, struct str name, struct err *e)
{
	return str_eq(name, S("Environment")) ||
	    str_eq(name, S("Ec2InstanceMetadata")) ||
	    str_eq(name, S("EcsContainer")) || err_set(e, ERR_USAGE,
	    "profile '%.*s': credential_source '%.*s' is none of Environment,"
	    " Ec2InstanceMetadata and EcsContainer", STR_ARG(p->name),
	    STR_ARG(name));
}

static bool
no_source(const struct profile *p, struct err *e)
{
	return err_set(e, ERR_USAGE, "profile '%.*s' has role_arn, but neither"
	    " source_profile nor credential_source to take it with",
	    STR_ARG(p->name));
}

/* Whose credentials take the role of p, which was just added? *base: those of
 * out; else p is now the profile to look at.
 */
static bool
source(struct role_chain *out, struct profile *p, enum cred_order order,
    bool *base, struct err *e)
{
	struct str named = profile_get(p, S("credential_source"));
	bool has_profile = has(p, S("source_profile"));

	*base = true;
	if (order == CRED_ORDER_GO && out->count > 1 && static_keys(p)) {
		out->own = true;
		return true;
	}
	*base = !has_profile;
	if (has_profile && named.n)
		return err_set(e, ERR_USAGE, "profile '%.*s' has both"
		    " source_profile and credential_source; keep one",
		    STR_ARG(p->name));
	if (has_profile) {
		struct str self = p->name;

		if (!step(out, p, order, e))
			return false;
		*base = str_eq(p->name, self);
		return true;
	}
	/* Of its own: what role_arn alone is taken with. */
	out->own = order == CRED_ORDER_GO && (static_keys(p) || !named.n);
	if (out->own)
		return true;
	out->named = named;
	return named.n ? check_named(p, named, e) : no_source(p, e);
}

bool
role_chain(const struct profile *top, enum cred_order order,
    struct role_chain *chain, struct err *e)
{
	struct role_chain out = { .from = *top };
	struct profile *p = &out.from;
	bool base = false;

	while (!base) {
		if (order == CRED_ORDER_GO && !check_go(p,
		    out.count == 0, e))
			return false;
		if (!takes_role(p, order, out.count == 0))
			break;
		if (!add_link(&out, p, e) || !source(&out, p, order, &base, e))
			return false;
	}
	if (out.count == 0)
		return absent(top, e);
	*chain = out;
	return true;
}
