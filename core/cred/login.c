#include "cred/chain.h"

#include "aws/sigv4.h"
#include "base/date.h"
#include "base/limits.h"
#include "cred/login_token.h"

/* The session of "aws login" that a profile names (aws 1.7): credentials of
 * minutes in a file of the AWS CLI's, renewed here as the SDKs do it, and put
 * back for them.
 */
enum state {
	AGEING,		/* to be renewed */
	GOOD,		/* as they are in the file */
	RENEWED,	/* and not in the file yet */
};

struct renewal {
	struct config *c;
	const struct profile *p;
	const char *path;
	struct login_token token;	/* as last read, or renewed */
	enum state state;		/* of its credentials */
};

static struct str
session_of(const struct profile *p)
{
	return profile_get(p, S("login_session"));
}

static bool
select_login(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	struct str session = session_of(p);

	(void)c;
	if (!session.n)
		return err_set(e, ERR_ABSENT, "profile '%.*s' has no"
		    " login_session", STR_ARG(p->name));
	cred_id(id, S("provider"), S("login"));
	cred_id(id, S("login_session"), session);
	return true;
}

/* The file has the name of a hash of the session's ARN. */
static bool
path_of(struct config *c, struct str session, const char **path,
    struct err *e)
{
	struct str dir = world_env(c->w, LOGIN_CACHE_VARIABLE), whole;
	char hex[64 + 1];
	struct buf b = arena_buf(c->a, 0);

	sigv4_hash(session, hex);
	buf_add(&b, dir.n ? dir : S(LOGIN_CACHE));
	buf_add(&b, S("/"));
	buf_add(&b, str_of(hex));
	buf_add(&b, S(".json"));
	return arena_keep(c->a, &b, &whole, e) &&
	    profile_path(c->w, whole, c->a, path, e);
}

/* Seconds that the credentials still have by AWS's clock. */
static int64_t
left(const struct renewal *r)
{
	return r->token.cred.expires - r->c->w->now(r->c->w->me) -
	    r->c->skew_s;
}

static bool
log_in(const struct renewal *r, struct err *e)
{
	return err_set(e, ERR_DENIED, "no session of profile '%.*s' in '%s';"
	    " run: aws login --profile %.*s", STR_ARG(r->p->name), r->path,
	    STR_ARG(r->p->name));
}

static bool
take(struct renewal *r, struct str text, struct err *e)
{
	struct err why;

	if (!login_token_read(text, r->c->a, &r->token, &why))
		return err_set(e, why.kind, "session in '%s': %s; run: aws"
		    " login --profile %.*s", r->path, why.msg,
		    STR_ARG(r->p->name));
	r->state = left(r) > LOGIN_RENEW_S ? GOOD : AGEING;
	return true;
}

/* Where the session was begun, else where this run is at home. */
static bool
region_of(const struct renewal *r, struct str *region, bool *fips,
    struct err *e)
{
	struct err why;

	*fips = false;
	*region = r->token.region;
	if (region->n || config_region(r->c, region, fips, &why))
		return true;
	if (why.kind != ERR_ABSENT) {
		*e = why;
		return false;
	}
	*region = r->c->registry_region;
	return region->n || err_set(e, ERR_USAGE, "no region, which has the"
	    " sign-in service; set AWS_REGION, or region in the profile");
}

static bool
ask(struct renewal *r, struct signin_tokens *got, struct err *e)
{
	const struct login_token *t = &r->token;
	const struct signin_ask ask = {
		.client_id = t->client_id, .refresh_token = t->refresh_token,
		.key = t->key, .profile = r->p->name,
	};
	struct str region;
	bool fips;

	*got = (struct signin_tokens){ .cred = t->cred };
	return region_of(r, &region, &fips, e) &&
	    signin_refresh(r->c, region, fips, &ask, r->c->a, got, e);
}

/* For file_edit: under the lock, so that of many processes one asks, and the
 * others find what it got. False and GOOD: there is nothing to write.
 */
static bool
renew(void *me, struct str old, struct str *now, struct err *e)
{
	struct renewal *r = me;
	struct signin_tokens got;

	if (!old.p)
		return log_in(r, e);
	if (!take(r, old, e))
		return false;
	if (r->state == GOOD)
		return err_set(e, ERR_ABSENT, "renewed by another process");
	if (!ask(r, &got, e))
		return false;
	r->token.cred = got.cred;
	r->state = RENEWED;
	return login_token_renew(&r->token, &got, r->c->a, now, e);
}

/* No new ones; those that are there may still serve. */
static bool
fall_back(const struct renewal *r, const struct err *why, struct err *e)
{
	char when[DATE_ISO_LEN + 1];

	if (left(r) < CRED_DYING_S) {
		*e = *why;
		return false;
	}
	date_format_iso(r->token.cred.expires, when);
	world_warn(r->c->w, "credentials of login end at %s and were not"
	    " renewed: %s", when, why->msg);
	return true;
}

static bool
bring_up_to_date(struct renewal *r, struct err *e)
{
	const struct file_edit how = {
		.change = renew, .me = r, .mode = 0600, .wait = true,
	};
	struct err why;

	if (r->state == GOOD ||
	    r->c->w->edit(r->c->w->me, r->path, &how, r->c->a, &why))
		return true;
	if (r->state == AGEING)
		return fall_back(r, &why, e);
	if (r->state == RENEWED)
		world_warn(r->c->w, "credentials of login were renewed but not"
		    " kept, which may end the session: %s", why.msg);
	return true;
}

static bool
get(struct renewal *r, struct err *e)
{
	struct config *c = r->c;
	struct str text;

	if (!path_of(c, session_of(r->p), &r->path, e))
		return false;
	if (!c->w->file(c->w->me, r->path, c->a, &text, e))
		return e->kind == ERR_ABSENT ? log_in(r, e) : false;
	return take(r, text, e) && bring_up_to_date(r, e);
}

static bool
fetch_login(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	struct renewal r = { .c = c, .p = p };

	r.token.cred.source = cred->source;
	if (get(&r, e)) {
		*cred = r.token.cred;
		return true;
	}
	/* The profile asks for it: the chain must not go on without. */
	if (e->kind == ERR_ABSENT)
		e->kind = ERR_SYS;
	return err_in(e, "credentials of login");
}

const struct provider cred_login = {
	.name = "login", .quiet = true, .remote = true,
	.select = select_login, .fetch = fetch_login,
};
