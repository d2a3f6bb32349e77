#include "login/tokens.h"

#include "base/limits.h"
#include "login/choose.h"
#include "login/token_search.h"

/* An item on its way. */
struct want {
	struct tokens_item *item;
	struct config c;	/* with the identity for it */
	struct registry r;
	struct token_search s;
	bool done;
	const struct ecr_ask *part;	/* of the call at hand; or NULL */
};

struct run {
	struct config *base;
	const struct tokens_ask *ask;
	struct want *wants;
	size_t count;
	struct arena *a;
};

/* What is known before there is a token: failures are told with it. */
static bool
name_item(struct tokens_item *it, const struct registry *r, struct arena *a,
    struct err *e)
{
	return arena_copy(a, r->host, &it->host, e) &&
	    arena_copy(a, r->account, &it->account, e) &&
	    arena_copy(a, r->region, &it->region, e);
}

/* Whose the caller's own registry is only the answer tells. */
static bool
name_own(struct tokens_item *it, struct str host, struct arena *a,
    struct err *e)
{
	struct registry own;
	struct err why;

	if (registry_parse(host, a, &own, &why))
		it->account = own.account;
	return arena_copy(a, host, &it->host, e);
}

static bool
fill(struct want *w, const struct ecr_token *t, int64_t got_s,
    struct arena *a)
{
	struct tokens_item *it = w->item;

	if (!w->r.host.n && !name_own(it, t->host, a, &it->why))
		return false;
	it->login = t->login;
	it->user = t->user;
	it->password = t->password;
	it->got_s = got_s;
	it->expires_s = t->expires;
	it->good = true;
	return true;
}

static bool
choose(struct run *run, struct want *w)
{
	struct tokens_item *it = w->item;

	it->host = it->account = it->region = (struct str){ NULL, 0 };
	if (!registry_choose(run->base, it->text, &w->c, &w->r, &it->why))
		return false;
	config_learn(run->base, &w->c);
	w->s = (struct token_search){ .c = &w->c, .order = run->ask->order,
		.r = &w->r };
	return name_item(it, &w->r, run->a, &it->why);
}

/* What can be done for one alone, before anybody is asked. */
static void
begin(struct run *run, struct want *w)
{
	struct err why;

	if (!choose(run, w)) {
		w->done = true;
	} else if (!run->ask->cached) {
		if (!token_search_who(&w->s, &why))
			world_detail(w->c.w, "%s", why.msg);
	} else if (token_search_cached(&w->s, run->a)) {
		w->done = true;
		(void)fill(w, &w->s.old, w->s.entry.issued, run->a);
	}
}

static bool
same_place(const struct uri *u, const struct uri *v)
{
	return u->tls == v->tls && u->port == v->port &&
	    str_eq_nocase(u->host, v->host) && str_eq(u->path, v->path) &&
	    str_eq(u->query, v->query);
}

/* Can one call ask for both? */
static bool
together(const struct want *w, const struct want *other)
{
	const struct registry *r = &w->r, *q = &other->r;

	if (w == other)
		return true;
	return w->s.id.n > 0 && str_eq(w->s.id, other->s.id) &&
	    same_place(&w->s.ecr, &other->s.ecr) &&
	    str_eq(r->region, q->region) && r->is_public == q->is_public &&
	    (r->account.n > 0) == (q->account.n > 0);
}

static size_t
find_part(const struct ecr_ask *asks, size_t count, struct str account)
{
	size_t i = 0;

	while (i < count && !str_eq(asks[i].r->account, account))
		i++;
	return i;
}

/* The call for lead, and for as many others as it will take. */
static size_t
gather(struct run *run, const struct want *lead, struct ecr_ask *asks)
{
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++) {
		struct want *w = &run->wants[i];
		size_t at;

		w->part = NULL;
		if (w->done || !together(lead, w))
			continue;
		at = find_part(asks, count, w->r.account);
		if (at == ECR_IDS_MAX)
			continue;
		if (at == count)
			asks[count++] = (struct ecr_ask){ .r = &w->r,
				.why = &w->item->why };
		w->part = &asks[at];
	}
	return count;
}

/* One that does not answer shall leave time for those who come after it. */
static int64_t
fair_deadline(const struct run *run)
{
	const struct world *w = run->base->w;
	int64_t now = w->clock_ms(w->me), left = run->base->deadline - now;
	int64_t share, others = 0;

	for (size_t i = 0; i < run->count; i++)
		if (!run->wants[i].done && !run->wants[i].part)
			others++;
	share = left / (others + 1);
	if (share < TOKENS_SHARE_MS)
		share = TOKENS_SHARE_MS;
	return share < left ? now + share : run->base->deadline;
}

static void
send(struct run *run, struct want *lead, struct ecr_ask *asks, size_t count)
{
	struct cred cred;
	struct err why;

	config_learn(&lead->c, run->base);
	lead->c.deadline = fair_deadline(run);
	if (run->ask->trust)
		run->ask->trust(run->ask->me, &lead->c);
	if (token_search_cred(&lead->s, &cred, &why)) {
		ecr_authorize_all(&lead->c, &cred, asks, count, run->a);
	} else {
		for (size_t i = 0; i < count; i++)
			*asks[i].why = why;
	}
	config_learn(run->base, &lead->c);
}

/* What came of the call, for one that is part of it. */
static void
finish(struct run *run, struct want *w)
{
	const struct ecr_ask *of = w->part;
	struct err *why = &w->item->why;

	w->done = true;
	config_learn(&w->c, run->base);
	if (!of->good && of->why != why)
		*why = *of->why;
	if (of->good && token_search_check(&w->s, &of->token, why)) {
		if (fill(w, &of->token, token_aws_now(&w->c), run->a))
			token_search_keep(&w->s, &of->token);
	} else if (token_search_old(&w->s, why)) {
		(void)fill(w, &w->s.old, w->s.entry.issued, run->a);
	}
}

static void
ask_aws(struct run *run, struct want *lead)
{
	struct ecr_ask asks[ECR_IDS_MAX];
	size_t count = gather(run, lead, asks);

	send(run, lead, asks, count);
	for (size_t i = 0; i < run->count; i++)
		if (run->wants[i].part)
			finish(run, &run->wants[i]);
}

void
tokens_get(struct config *base, const struct tokens_ask *ask,
    struct tokens_item *items, size_t count, struct arena *a)
{
	struct run run = { base, ask, NULL, 0, a };
	bool asked = false;

	run.wants = arena_get(base->a, count * sizeof(*run.wants));
	for (size_t i = 0; i < count; i++) {
		if (items[i].good)
			continue;
		if (!run.wants) {
			err_set(&items[i].why, ERR_LIMIT,
			    "tokens: out of memory");
			continue;
		}
		run.wants[run.count].item = &items[i];
		begin(&run, &run.wants[run.count++]);
	}
	for (size_t i = 0; i < run.count; i++) {
		if (run.wants[i].done)
			continue;
		ask_aws(&run, &run.wants[i]);
		asked = true;
	}
	if (asked && ask->cached)
		token_search_sweep(base);
}
