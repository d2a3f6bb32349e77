#include "login/token.h"

#include "login/token_search.h"

static bool
ask_ecr(struct token_search *s, struct arena *a, struct ecr_token *t,
    struct err *e)
{
	struct cred cred;

	return token_search_cred(s, &cred, e) &&
	    ecr_authorize(s->c, &cred, s->r, a, t, e) &&
	    token_search_check(s, t, e);
}

bool
token_get(struct config *c, enum cred_order order, const struct registry *r,
    struct arena *a, struct ecr_token *t, struct err *e)
{
	struct token_search s = { .c = c, .order = order, .r = r };
	struct ecr_token got;
	struct err why;

	if (token_search_cached(&s, a)) {
		*t = s.old;
		return true;
	}
	if (ask_ecr(&s, a, &got, &why)) {
		token_search_keep(&s, &got);
		if (s.path)
			token_search_sweep(c);
		*t = got;
		return true;
	}
	if (!token_search_old(&s, &why)) {
		*e = why;
		return false;
	}
	*t = s.old;
	return true;
}

bool
token_forget(struct config *c, enum cred_order order,
    const struct registry *r, struct err *e)
{
	struct token_search s = { .c = c, .order = order, .r = r };
	struct cache_entry entry;
	struct err why;

	/* By identity for one's own registry, which has no name yet; by name
	 * for all identities that ever asked.
	 */
	if (!token_search_path(&s, &why))
		world_detail(c->w, "token cache: %s", why.msg);
	else if (cache_read(c->w, s.path, c->a, &entry, &why) &&
	    !cache_remove(c->w, s.path, c->a, e))
		return false;
	return cache_sweep(c->w, r->host, token_aws_now(c), c->a, e);
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

	if (!token_valid(h->c, entry))
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
