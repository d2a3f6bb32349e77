#include "sidecar/round.h"

#include "base/enc.h"
#include "base/limits.h"
#include "sidecar/round_kept.h"

struct round {
	struct config *base;
	const struct round_plan *plan;
	const struct round_to *to;
	struct arena *a;
	bool again;
	int64_t deadline;
	/* What was, which becomes what is. */
	struct round_kept kept;
	/* What comes of asking for those that are asked for. */
	struct tokens_item *now;
	bool *asked;
	bool renewed;		/* there is a token that was not there */
	/* What sinks get. */
	struct format_entry *entries;
	size_t count;
	int64_t got_s;
	/* How it went. */
	size_t failed, sinks_failed;
	struct err first;
};

static int64_t
clock_ms(const struct round *r)
{
	return r->base->w->clock_ms(r->base->w->me);
}

static bool
usable(const struct round *r, const struct tokens_item *it)
{
	const struct config *c = r->base;
	int64_t now = c->w->now(c->w->me) + c->skew_s;

	return it->good && it->expires_s - now >= CRED_DYING_S;
}

static bool
make_room(struct round *r)
{
	size_t n = r->plan->registry_count, sinks = r->plan->sink_count;
	struct round_kept *k = &r->kept;

	*k = (struct round_kept){
		.registries = n,
		.sinks = sinks,
		.items = arena_get(r->a, n * sizeof(*k->items)),
		.got = arena_get(r->a, n),
		.has = arena_get(r->a, sinks),
	};
	r->now = arena_get(r->a, n * sizeof(*r->now));
	r->asked = arena_get(r->a, n);
	r->entries = arena_get(r->a, n * sizeof(*r->entries));
	return k->items && k->got && k->has && r->now && r->asked &&
	    r->entries;
}

/* As if there had been no round before. */
static void
forget(struct round_kept *k)
{
	for (size_t i = 0; i < k->registries; i++) {
		k->items[i] = (struct tokens_item){ .good = false };
		k->got[i] = false;
	}
	for (size_t i = 0; i < k->sinks; i++)
		k->has[i] = false;
}

static void
remember(struct round *r, struct str kept)
{
	struct err why;

	if (!kept.n || round_kept_read(kept, &r->kept, &why))
		return;
	world_detail(r->base->w, "%s", why.msg);
	forget(&r->kept);
}

/* In a process of its own. */
static bool
get_tokens(void *me, struct buf *out, struct err *e)
{
	struct round *r = me;
	size_t n = r->plan->registry_count;

	(void)e;
	tokens_get(r->base, &r->plan->ask, r->now, n, r->a);
	tokens_write(r->now, n, out);
	return true;
}

/* Where there are several, those that are there shall not wait in vain for one
 * that never comes: time is left to write them.
 */
static int64_t
tokens_deadline(const struct round *r)
{
	int64_t now = clock_ms(r), until = r->deadline, reserve;

	reserve = (until - now) / 4;
	if (reserve > SIDECAR_SINK_MS)
		reserve = SIDECAR_SINK_MS;
	if (r->plan->registry_count > 1)
		until -= reserve;
	return until < r->base->deadline ? until : r->base->deadline;
}

static bool
ask_apart(struct round *r, struct err *e)
{
	struct config *c = r->base;
	int64_t until = tokens_deadline(r), own = c->deadline;
	struct str answer;
	bool done;

	c->deadline = until;
	done = c->w->apart(c->w->me, r->plan->needs, until, get_tokens, r,
	    r->a, &answer, e);
	c->deadline = own;
	return done && tokens_read(answer, r->now, r->plan->registry_count, e);
}

/* What is asked for and what stays as it was. True: something is. */
static bool
begin_tokens(struct round *r)
{
	const struct round_kept *k = &r->kept;
	bool any = false;

	for (size_t i = 0; i < k->registries; i++) {
		r->asked[i] = !r->again || !k->got[i] ||
		    !usable(r, &k->items[i]);
		r->now[i] = k->items[i];
		if (r->asked[i])
			r->now[i] = (struct tokens_item){ .good = false };
		r->now[i].text = r->plan->registries[i];
		any = any || r->asked[i];
	}
	return any;
}

static void
ask(struct round *r)
{
	struct err why;

	if (!begin_tokens(r) || ask_apart(r, &why))
		return;
	(void)begin_tokens(r);
	for (size_t i = 0; i < r->kept.registries; i++)
		if (r->asked[i])
			r->now[i].why = why;
}

static void
fail(struct round *r, const struct err *why, size_t *count)
{
	if (!r->failed && !r->sinks_failed)
		r->first = *why;
	++*count;
}

/* The token in use is the new one or, failing that, the old one while it is
 * good: unless the registry's name is for another one by now.
 */
static void
settle(struct round *r, size_t i)
{
	struct tokens_item *use = &r->kept.items[i];
	const struct tokens_item *now = &r->now[i];
	struct str host = now->host.n ? now->host : use->host;

	r->kept.got[i] = now->good;
	if (now->good) {
		*use = *now;
		r->renewed = r->renewed || r->asked[i];
	} else {
		if (!usable(r, use) || !str_eq(use->host, host))
			*use = *now;
		use->host = host;
		fail(r, &now->why, &r->failed);
	}
	if (!host.n)
		host = r->plan->registries[i];
	if (r->asked[i])
		r->to->registry(r->to->me, i, host,
		    use->good ? use->expires_s : 0,
		    now->good ? NULL : &now->why);
}

static struct format_entry *
entry_of(struct round *r, struct str host)
{
	size_t i = 0;

	while (i < r->count && !str_eq(r->entries[i].host, host))
		i++;
	return &r->entries[i];
}

static bool
make_entry(struct round *r, const struct tokens_item *it, struct err *e)
{
	struct format_entry *entry = entry_of(r, it->host);
	bool known = entry < r->entries + r->count;
	struct buf b;

	/* Two names for one registry. */
	if (known && entry->expires_s >= it->expires_s)
		return true;
	*entry = (struct format_entry){
		.host = it->host,
		.account = it->account,
		.region = it->region,
		.user = it->user,
		.password = it->password,
		.expires_s = it->expires_s,
	};
	r->count += !known;
	if (it->got_s > r->got_s)
		r->got_s = it->got_s;
	b = arena_buf(r->a, (it->login.n + 2) / 3 * 4);
	buf_base64(&b, it->login);
	return arena_keep(r->a, &b, &entry->auth, e);
}

static bool
make_entries(struct round *r, struct err *e)
{
	for (size_t i = 0; i < r->kept.registries; i++)
		if (r->kept.items[i].good &&
		    !make_entry(r, &r->kept.items[i], e))
			return err_in(e, "entries of registries");
	return r->count || err_set(e, ERR_ABSENT, "not written, as there is no"
	    " token");
}

/* One sink's work, in a process of its own. */
struct errand {
	const struct round *r;
	const struct sink *sink;
	int64_t deadline;
};

static bool
write_sink(void *me, struct buf *out, struct err *e)
{
	const struct errand *d = me;
	const struct round *r = d->r;

	return sink_write(r->base->w, d->sink, r->entries, r->count, r->got_s,
	    d->deadline, r->a, out, e);
}

static bool
gives_bytes(const struct sink *s)
{
	return s->kind == SINK_PRINT || s->kind == SINK_CONFIG ||
	    s->kind == SINK_ARCHIVE;
}

static bool
write_apart(struct round *r, size_t i, struct err *e)
{
	const struct world *w = r->base->w;
	const struct sink *s = &r->plan->sinks[i];
	/* A fair share of what is left, for those that come after it too. */
	int64_t now = clock_ms(r), share = (r->deadline - now) /
	    (int64_t)(r->kept.sinks - i);
	int64_t until = now + (share < SIDECAR_SINK_MS ? share :
	    SIDECAR_SINK_MS);
	struct errand d = { r, s, until };
	struct sandbox_needs needs = { .full = false };
	struct str answer;

	return sink_needs(w, s, r->entries, r->count, r->a, &needs, e) &&
	    w->apart(w->me, &needs, until, write_sink, &d, r->a, &answer, e) &&
	    (!gives_bytes(s) || r->to->bytes(r->to->me, i, answer, e));
}

/* Absent is what was not tried; and any failure says whose it is. */
static bool
write_one(struct round *r, size_t i, struct err *e)
{
	struct str name = r->plan->sinks[i].name;
	size_t mark = r->a->used;
	bool done = write_apart(r, i, e);

	arena_back(r->a, mark);
	if (done)
		return true;
	if (e->kind == ERR_ABSENT)
		e->kind = ERR_SYS;
	return str_contains(str_of(e->msg), name) ? false :
	    err_in(e, "%.*s", STR_ARG(name));
}

static void
write_sinks(struct round *r)
{
	struct err none, why;
	bool ready = make_entries(r, &none);

	for (size_t i = 0; i < r->kept.sinks; i++) {
		bool *has = &r->kept.has[i];

		if (r->again && !r->renewed && *has && ready)
			continue;
		why = none;
		*has = ready && write_one(r, i, &why);
		if (!*has && why.kind != ERR_ABSENT)
			fail(r, &why, &r->sinks_failed);
		r->to->sink(r->to->me, i, *has ? NULL : &why);
	}
}

/* Nothing could be done. */
static bool
give_up(const struct round *r, struct str kept, struct buf *keep,
    struct err *e)
{
	err_set(e, ERR_LIMIT, "refresh: out of memory");
	for (size_t i = 0; i < r->plan->registry_count; i++)
		r->to->registry(r->to->me, i, r->plan->registries[i], 0, e);
	for (size_t i = 0; i < r->plan->sink_count; i++)
		r->to->sink(r->to->me, i, e);
	buf_add(keep, kept);
	return false;
}

static void
leave(const struct round *r, struct buf *keep)
{
	if (keep->cap == 0)
		return;
	round_kept_write(&r->kept, keep);
	if (!keep->full)
		return;
	buf_wipe(keep);
	world_detail(r->base->w, "too many tokens to be kept for the next"
	    " refresh");
}

/* The only one of its kind speaks for itself. */
static bool
judge(const struct round *r, struct err *e)
{
	size_t registries = r->plan->registry_count;
	size_t sinks = r->plan->sink_count;

	if (!r->failed && !r->sinks_failed)
		return true;
	if (r->failed && r->sinks_failed)
		return err_set(e, ERR_DENIED, "%zu of %zu registries and %zu of"
		    " %zu outputs failed", r->failed, registries,
		    r->sinks_failed, sinks);
	if (r->failed && registries > 1)
		return err_set(e, ERR_DENIED, "%zu of %zu registries failed",
		    r->failed, registries);
	if (r->sinks_failed && sinks > 1)
		return err_set(e, ERR_DENIED, "%zu of %zu outputs failed",
		    r->sinks_failed, sinks);
	*e = r->first;
	return false;
}

bool
round_run(struct config *base, const struct round_plan *plan, bool again,
    struct str kept, int64_t deadline, struct buf *keep,
    const struct round_to *to, struct err *e)
{
	struct round r = {
		.base = base,
		.plan = plan,
		.to = to,
		.a = base->a,
		.again = again,
		.deadline = deadline,
	};

	if (!make_room(&r))
		return give_up(&r, kept, keep, e);
	remember(&r, kept);
	ask(&r);
	for (size_t i = 0; i < plan->registry_count; i++)
		settle(&r, i);
	write_sinks(&r);
	leave(&r, keep);
	return judge(&r, e);
}
