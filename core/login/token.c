#include "login/token.h"

#include "aws/endpoint.h"
#include "base/date.h"
#include "base/limits.h"
#include "login/cache.h"

static int64_t
aws_now(const struct config *c)
{
	return c->w->now(c->w->me) + c->skew_s;
}

/* What is known of a token before anybody is asked. */
struct search {
	struct config *c;
	enum cred_order order;
	const struct registry *r;
	struct str id;		/* cred_identity; empty: not known */
	struct uri ecr;		/* host empty: not known */
	const char *path;	/* of the cache entry; NULL: no cache */
};

/* All that selects an entry. An endpoint of the user's own makes a stand-in's
 * token another entry than AWS's.
 */
static bool
find_path(struct search *s, struct err *e)
{
	struct config *c = s->c;
	const struct registry *r = s->r;
	struct str region = r->is_public ? S("us-east-1") : r->region;
	struct endpoint at;
	struct str whole;
	struct buf key;

	s->path = NULL;
	s->id.n = s->ecr.host.n = 0;
	if (!endpoint_resolve(c, r->is_public ? SERVICE_ECR_PUBLIC :
	    SERVICE_ECR, region, r->fips, r->dual_stack, &at, e))
		return false;
	s->ecr = at.uri;
	if (!cred_identity(c, s->order, &s->id, e))
		return false;
	key = arena_buf(c->a, 0);
	buf_add(&key, s->id);
	buf_add(&key, at.uri.tls ? S("endpoint=https://") :
	    S("endpoint=http://"));
	uri_authority(&at.uri, &key);
	uri_target(&at.uri, &key);
	buf_char(&key, '\n');
	cred_id(&key, S("region"), at.region);
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

/* Not expired, nor from the future: a clock that was set back cannot tell
 * whether the token has expired.
 */
static bool
valid(const struct config *c, const struct cache_entry *entry)
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
use(const struct cache_entry *entry, struct ecr_token *t, struct err *e)
{
	struct ecr_token got = { .host = entry->host,
		.expires = entry->expires };

	if (!ecr_split(entry->login, &got, e))
		return err_in(e, "cached token");
	*t = got;
	return true;
}

/* A usable entry in *entry. One that has expired goes. */
static bool
look_up(struct search *s, struct arena *a, struct cache_entry *entry)
{
	const struct config *c = s->c;
	struct err why;

	if (!find_path(s, &why)) {
		world_detail(c->w, "token cache not used: %s", why.msg);
		return false;
	}
	if (!cache_read(c->w, s->path, a, entry, &why))
		return false;
	/* A file that was moved or copied here is another registry's. */
	if (!str_eq(entry->registry, s->r->host))
		return false;
	if (valid(c, entry))
		return true;
	if (entry->expires <= entry_now(c, entry) &&
	    !cache_remove(c->w, s->path, c->a, &why))
		world_detail(c->w, "%s", why.msg);
	return false;
}

/* In a child process: the credentials, and how far its clock is off by now. */
static bool
answer_cred(void *me, struct buf *out, struct err *e)
{
	const struct search *s = me;
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
ask_cred(struct search *s, struct cred *cred, struct err *e)
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

/* One run asks once for one identity, however many registries it is for: a
 * code of an MFA device is good for one role, once.
 */
static bool
find_cred(struct search *s, struct cred *cred, struct err *e)
{
	struct config *c = s->c;
	const struct cred *last = &c->cred;

	if (s->id.n > 0 && str_eq(s->id, c->cred_id) && (last->stable ||
	    !last->expires || last->expires - aws_now(c) >= CRED_DYING_S)) {
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

static bool
ask_ecr(struct search *s, struct arena *a, struct ecr_token *t,
    struct err *e)
{
	char when[DATE_ISO_LEN + 1];
	struct cred cred;

	if (!find_cred(s, &cred, e) ||
	    !ecr_authorize(s->c, &cred, s->r, a, t, e))
		return false;
	if (t->expires - aws_now(s->c) >= CRED_DYING_S)
		return true;
	date_format_iso(t->expires, when);
	return err_set(e, ERR_REPLY, "ECR gave a token that expires at %s,"
	    " which has come; check this machine's clock", when);
}

static void
keep(const struct search *s, const struct ecr_token *t)
{
	const struct config *c = s->c;
	struct cache_entry entry = {
		.registry = s->r->host,
		.host = t->host,
		.login = t->login,
		.issued = aws_now(c),
		.expires = t->expires,
		.skew_s = c->skew_s,
	};
	struct err why;

	/* An answer that promises more shall not be remembered for years. */
	if (entry.expires > entry.issued + ECR_TOKEN_LIFE_S)
		entry.expires = entry.issued + ECR_TOKEN_LIFE_S;
	cache_write(c->w, s->path, &entry, c->a);
	if (!cache_sweep(c->w, S(""), aws_now(c), c->a, &why))
		world_detail(c->w, "%s", why.msg);
}

bool
token_get(struct config *c, enum cred_order order, const struct registry *r,
    struct arena *a, struct ecr_token *t, struct err *e)
{
	struct search s = { .c = c, .order = order, .r = r };
	struct cache_entry entry;
	struct ecr_token old;
	struct err why;
	char when[DATE_ISO_LEN + 1];
	bool found;

	found = look_up(&s, a, &entry);
	if (found && !use(&entry, &old, &why)) {
		world_detail(c->w, "%s", why.msg);
		found = false;
	}
	if (found && fresh(c, &entry)) {
		world_detail(c->w, "token of %.*s from '%s'",
		    STR_ARG(old.host), s.path);
		*t = old;
		return true;
	}
	if (ask_ecr(&s, a, t, &why)) {
		if (s.path)
			keep(&s, t);
		return true;
	}
	/* The attempt may have shown that our clock is slow. */
	if (!found || !valid(c, &entry)) {
		*e = why;
		return false;
	}
	date_format_iso(entry.expires, when);
	world_warn(c->w, "using the cached token of %.*s, good until %s, as no"
	    " new one could be had: %s", STR_ARG(old.host), when, why.msg);
	*t = old;
	return true;
}

bool
token_forget(struct config *c, enum cred_order order,
    const struct registry *r, struct err *e)
{
	struct search s = { .c = c, .order = order, .r = r };
	struct cache_entry entry;
	struct err why;

	/* By identity for one's own registry, which has no name yet; by name
	 * for all identities that ever asked.
	 */
	if (!find_path(&s, &why))
		world_detail(c->w, "token cache: %s", why.msg);
	else if (cache_read(c->w, s.path, c->a, &entry, &why) &&
	    !cache_remove(c->w, s.path, c->a, e))
		return false;
	return cache_sweep(c->w, r->host, aws_now(c), c->a, e);
}

/* What a walk over the cache gathers. */
struct hosts {
	const struct config *c;
	struct str *hosts;
	size_t count, max;
};

static bool
gather(void *me, const struct cache_entry *entry)
{
	struct hosts *h = me;
	struct str host = entry->registry.n ? entry->registry : entry->host;

	if (!valid(h->c, entry))
		return true;
	for (size_t i = 0; i < h->count; i++)
		if (str_eq(h->hosts[i], host))
			return true;
	if (h->count < h->max)
		h->hosts[h->count++] = host;
	return h->count < h->max;
}

size_t
token_list(struct config *c, struct arena *a, struct str *hosts, size_t max)
{
	struct hosts h = { c, hosts, 0, max };

	cache_each(c->w, a, gather, &h);
	return h.count;
}
