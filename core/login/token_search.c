#include "login/token_search.h"

#include "aws/endpoint.h"
#include "base/date.h"
#include "base/limits.h"

int64_t
token_aws_now(const struct config *c)
{
	return c->w->now(c->w->me) + c->skew_s;
}

bool
token_search_who(struct token_search *s, struct err *e)
{
	struct config *c = s->c;
	const struct registry *r = s->r;
	struct endpoint at;

	s->path = NULL;
	s->id.n = s->ecr.host.n = 0;
	if (!endpoint_resolve(c, r->is_public ? SERVICE_ECR_PUBLIC :
	    SERVICE_ECR, r->is_public ? S("us-east-1") : r->region, r->fips,
	    r->dual_stack, &at, e))
		return false;
	s->ecr = at.uri;
	return cred_identity(c, s->order, &s->id, e);
}

/* All that selects an entry. An endpoint of the user's own makes a stand-in's
 * token another entry than AWS's.
 */
bool
token_search_path(struct token_search *s, struct err *e)
{
	struct config *c = s->c;
	const struct registry *r = s->r;
	struct str whole;
	struct buf key;

	if (!token_search_who(s, e))
		return false;
	key = arena_buf(c->a, 0);
	buf_add(&key, s->id);
	buf_add(&key, s->ecr.tls ? S("endpoint=https://") :
	    S("endpoint=http://"));
	uri_authority(&s->ecr, &key);
	uri_target(&s->ecr, &key);
	buf_char(&key, '\n');
	cred_id(&key, S("region"), r->is_public ? S("us-east-1") : r->region);
	cred_id(&key, S("registry"), r->host);
	/* Which a host of the user's own does not tell. */
	cred_id(&key, S("account"), r->account);
	return arena_keep(c->a, &key, &whole, e) &&
	    cache_path(c->w, whole, c->a, &s->path, e);
}

/* The clock to judge an entry by. A clock known to be slow in this run, or
 * when the entry was made, is corrected; a fast one only errs towards asking
 * again.
 */
static int64_t
entry_now(const struct config *c, const struct cache_entry *entry)
{
	int64_t skew = c->skew_s;

	if (skew == 0 && entry->skew_s > 0)
		skew = entry->skew_s;
	return c->w->now(c->w->me) + skew;
}

/* A clock that was set back cannot tell whether the token has expired. */
bool
token_valid(const struct config *c, const struct cache_entry *entry)
{
	int64_t now = entry_now(c, entry);

	return entry->issued <= now && entry->expires - now >= CRED_DYING_S;
}

/* Of a valid one: is it in the first half of its life? */
static bool
fresh(const struct config *c, const struct cache_entry *entry)
{
	int64_t half = (entry->expires - entry->issued) / 2;

	return entry_now(c, entry) - entry->issued < half;
}

static bool
use(struct token_search *s, struct err *e)
{
	struct ecr_token got = { .host = s->entry.host,
		.expires = s->entry.expires };

	if (!ecr_split(s->entry.login, &got, e))
		return err_in(e, "cached token");
	s->old = got;
	return true;
}

/* A usable entry. One that has expired goes. */
static bool
look_up(struct token_search *s, struct arena *a)
{
	const struct config *c = s->c;
	struct err why;

	if (!token_search_path(s, &why)) {
		world_detail(c->w, "token cache not used: %s", why.msg);
		return false;
	}
	if (!cache_read(c->w, s->path, a, &s->entry, &why))
		return false;
	/* A file that was moved or copied here is another registry's. */
	if (!str_eq(s->entry.registry, s->r->host))
		return false;
	if (token_valid(c, &s->entry))
		return true;
	if (s->entry.expires <= entry_now(c, &s->entry) &&
	    !cache_remove(c->w, s->path, c->a, &why))
		world_detail(c->w, "%s", why.msg);
	return false;
}

bool
token_search_cached(struct token_search *s, struct arena *a)
{
	const struct config *c = s->c;
	struct err why;

	if (!look_up(s, a))
		return false;
	if (!use(s, &why)) {
		world_detail(c->w, "%s", why.msg);
		return false;
	}
	if (!fresh(c, &s->entry))
		return false;
	world_detail(c->w, "token of %.*s from '%s'", STR_ARG(s->old.host),
	    s->path);
	return true;
}

/* In a child process: the credentials, and how far its clock is off by now. */
static bool
answer_cred(void *me, struct buf *out, struct err *e)
{
	const struct token_search *s = me;
	struct cred cred;

	if (!cred_find(s->c, s->order, &cred, e))
		return false;
	buf_u64(out, (uint64_t)s->c->skew_s);
	buf_char(out, ' ');
	cred_write(&cred, out);
	return true;
}

/* Where somebody must be asked for them, which takes its time, the connection
 * to ECR is opened meanwhile.
 */
static bool
ask_cred(struct token_search *s, struct cred *cred, struct err *e)
{
	struct config *c = s->c;
	struct str answer, skew, rest;
	uint64_t skew_s;

	if (s->ecr.host.n == 0 || !cred_remote(c, s->order))
		return cred_find(c, s->order, cred, e);
	if (!c->w->beside(c->w->me, &s->ecr, c->deadline, answer_cred, s,
	    c->a, &answer, e))
		return false;
	str_cut(answer, ' ', &skew, &rest);
	if (str_u64(skew, UINT64_MAX, &skew_s))
		c->skew_s = (int64_t)skew_s;
	return cred_read(rest, cred, e);
}

bool
token_search_cred(struct token_search *s, struct cred *cred, struct err *e)
{
	struct config *c = s->c;
	const struct cred *last = &c->cred;

	if (s->id.n > 0 && str_eq(s->id, c->cred_id) && (last->stable ||
	    !last->expires ||
	    last->expires - token_aws_now(c) >= CRED_DYING_S)) {
		world_detail(c->w, "credentials of %s: as before",
		    last->source);
		*cred = *last;
		return true;
	}
	if (!ask_cred(s, cred, e))
		return false;
	c->cred_id = s->id;
	c->cred = *cred;
	return true;
}

bool
token_search_check(const struct token_search *s, const struct ecr_token *t,
    struct err *e)
{
	char when[DATE_ISO_LEN + 1];

	if (t->expires - token_aws_now(s->c) >= CRED_DYING_S)
		return true;
	date_format_iso(t->expires, when);
	return err_set(e, ERR_REPLY, "ECR gave a token that expires at %s,"
	    " which has come; check this machine's clock", when);
}

void
token_search_keep(const struct token_search *s, const struct ecr_token *t)
{
	const struct config *c = s->c;
	struct cache_entry entry = {
		.registry = s->r->host,
		.host = t->host,
		.login = t->login,
		.issued = token_aws_now(c),
		.expires = t->expires,
		.skew_s = c->skew_s,
	};

	if (!s->path)
		return;
	/* An answer that promises more shall not be remembered for years. */
	if (entry.expires > entry.issued + ECR_TOKEN_LIFE_S)
		entry.expires = entry.issued + ECR_TOKEN_LIFE_S;
	cache_write(c->w, s->path, &entry, c->a);
}

void
token_search_sweep(struct config *c)
{
	struct err why;

	if (!cache_sweep(c->w, S(""), token_aws_now(c), c->a, &why))
		world_detail(c->w, "%s", why.msg);
}

bool
token_search_old(const struct token_search *s, const struct err *why)
{
	char when[DATE_ISO_LEN + 1];

	/* The attempt may have shown that our clock is slow. */
	if (!s->old.user.n || !token_valid(s->c, &s->entry))
		return false;
	date_format_iso(s->entry.expires, when);
	world_warn(s->c->w, "using the cached token of %.*s, good until %s, as"
	    " no new one could be had: %s", STR_ARG(s->old.host), when,
	    why->msg);
	return true;
}
