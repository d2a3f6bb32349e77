/* loop_refresh.c - a refresh as the loop sees it: begun, told of in words, over.
 */
#include <string.h>

#include "base/date.h"
#include "sidecar/loop_state.h"
#include "sys/process.h"

/* What has come of a body whose end never came. */
static void
drop_coming(struct loop_body *body)
{
	size_t coming = !body->now;

	if (body->bytes[coming])
		explicit_bzero(body->bytes[coming], body->n[coming]);
	body->n[coming] = 0;
	body->full = false;
}

enum loop_word
loop_word_next(const struct loop *l)
{
	return l->schedule.failures && !l->lost &&
	    process_clock_ms() < l->whole_ms &&
	    process_now_s() <= l->whole_s + 1 ? LOOP_AGAIN : LOOP_REFRESH;
}

void
loop_begin(struct loop *l, enum loop_word word)
{
	struct err e;

	if (l->busy) {
		l->next = true;
		return;
	}
	l->next = false;
	l->busy = true;
	l->word = word;
	l->registry_failed = l->failed = false;
	drop_coming(&l->tarball);
	drop_coming(&l->config);
	for (size_t i = 0; i < HEALTH_PARTS_MAX; i++)
		l->told[i] = false;
	loop_say(l, EVENT_DEBUG, "refresh begins");
	/* A broker that is gone is heard of by loop_hear. */
	if (!broker_ask(&l->broker, word,
	    process_clock_ms() + l->conf->refresh_ms, &e))
		loop_say(l, EVENT_ERROR, "%s", e.msg);
}

/* A registry's name was what the user said, perhaps nothing; now it is its
 * host, unless that is another's name: metrics must be told apart.
 */
static void
learn_host(struct loop *l, size_t i, struct str host)
{
	struct buf b = BUF(l->hosts[i]);

	for (size_t k = 0; k < l->conf->registry_count; k++)
		if (k != i && str_eq(l->health.parts[k].name, host))
			return;
	if (str_eq(l->health.parts[i].name, host))
		return;
	buf_safe(&b, host);
	if (!b.full)
		l->health.parts[i].name = buf_str(&b);
}

/* Part i, of registries and then sinks, failed. The message names it. */
static void
part_failed(struct loop *l, size_t i, enum err_kind kind, struct str why)
{
	l->told[i] = true;
	if (!l->failed || (i < l->conf->registry_count &&
	    !l->registry_failed)) {
		struct buf b = { l->failure, 0, sizeof(l->failure) - 1,
			false };

		buf_safe(&b, str_head(why, sizeof(l->failure) - 1));
		l->failure[b.n] = '\0';
		l->failure_kind = kind;
	}
	l->failed = true;
	l->registry_failed |= i < l->conf->registry_count;
	health_failure(&l->health, i, process_now_s(), why);
}

/* What AWS says does not always say of whom. */
static void
registry_failed(struct loop *l, const struct report *r)
{
	struct str name = l->health.parts[r->part].name;
	struct err e;

	err_set(&e, r->why, "%.*s", STR_ARG(r->text));
	if (!str_contains(r->text, name))
		err_in(&e, "registry '%.*s'", STR_ARG(name));
	part_failed(l, r->part, r->why, str_of(e.msg));
	loop_say(l, EVENT_ERROR, "%s", e.msg);
}

static void
hear_registry(struct loop *l, const struct report *r)
{
	char when[DATE_ISO_LEN + 1];

	l->expires_s[r->part] = r->expires_s;
	if (!r->good) {
		registry_failed(l, r);
		return;
	}
	learn_host(l, r->part, r->text);
	l->told[r->part] = true;
	health_success(&l->health, r->part, process_now_s(), r->expires_s);
	date_format_iso(r->expires_s, when);
	loop_say(l, EVENT_INFO, "registry '%.*s': token until %s",
	    STR_ARG(l->health.parts[r->part].name), when);
}

/* No time passes between flipping and the release. */
static void
flip(struct loop *l, struct loop_body *body)
{
	size_t old = body->now;
	struct buf b = { body->bytes[old], body->n[old], SIDECAR_BODY_MAX,
		false };

	serve_release(&l->serve, buf_str(&b));
	buf_wipe(&b);
	process_forget(b.p, SIDECAR_BODY_MAX);
	body->n[old] = 0;
	body->now = !old;
}

/* The bytes of a sink that gives them back are served once all of them are
 * there.
 */
static void
hear_body(struct loop *l, struct loop_body *body, const struct report *r)
{
	size_t coming = !body->now;
	struct buf b;

	if (!body->bytes[0])
		return;
	b = (struct buf){ body->bytes[coming], body->n[coming],
		SIDECAR_BODY_MAX, body->full };
	buf_add(&b, r->text);
	body->n[coming] = b.n;
	body->full = b.full;
	if (!r->good)
		return;
	if (!body->full) {
		flip(l, body);
		return;
	}
	loop_say(l, EVENT_ERROR, "a body of more than %u bytes is not served",
	    SIDECAR_BODY_MAX);
	drop_coming(body);
}

static void
hear_sink(struct loop *l, const struct report *r)
{
	size_t i = l->conf->registry_count + r->part;

	if (!r->good) {
		part_failed(l, i, r->why, r->text);
		loop_say(l, EVENT_ERROR, "%.*s", STR_ARG(r->text));
		return;
	}
	l->told[i] = true;
	health_success(&l->health, i, process_now_s(), 0);
	loop_say(l, EVENT_INFO, "'%.*s': written",
	    STR_ARG(l->conf->sinks[r->part]));
}

static void
hear_word(struct loop *l, struct str word)
{
	struct report r;
	struct err e;

	if (!report_read(word, l->conf->registry_count, l->conf->sink_count,
	    &r, &e)) {
		loop_say(l, EVENT_ERROR, "%s", e.msg);
		return;
	}
	if (r.kind == REPORT_REGISTRY)
		hear_registry(l, &r);
	else if (r.kind == REPORT_SINK)
		hear_sink(l, &r);
	else if (r.part == l->conf->tarball)
		hear_body(l, &l->tarball, &r);
	else if (r.part == l->conf->config)
		hear_body(l, &l->config, &r);
}

/* It ended before it came to all parts. Without a token no sink is tried, and
 * that is no fault of theirs; nor is what was well tried again.
 */
static void
settle_untold(struct loop *l, struct str why)
{
	bool any = l->failed;

	for (size_t i = 0; i < l->health.count; i++)
		if (!l->told[i] && (i < l->conf->registry_count ||
		    !l->registry_failed) && (l->word == LOOP_REFRESH ||
		    l->health.parts[i].failing))
			part_failed(l, i, l->broker.why, why);
	if (!any)
		loop_say(l, EVENT_ERROR, "refresh: %.*s", STR_ARG(why));
}

static int64_t
soonest_expiry(const struct loop *l)
{
	int64_t least = 0;

	for (size_t i = 0; i < l->conf->registry_count; i++)
		if (l->expires_s[i] && (!least || l->expires_s[i] < least))
			least = l->expires_s[i];
	return least;
}

/* What failed is tried again the sooner, and alone; what did not is not to wait
 * for it, and be renewed in time.
 */
static void
plan_next(struct loop *l)
{
	const struct schedule regular = { l->schedule.interval_s, 0 };
	int64_t wait, now_s = process_now_s(), now = process_clock_ms();
	int64_t expires_s = soonest_expiry(l);
	uint32_t random = 0;
	struct err ignored;

	/* Without chance it is the latest time allowed. */
	if (!process_random(&random, sizeof(random), &ignored))
		random = 0;
	if (l->word == LOOP_REFRESH) {
		wait = schedule_wait_ms(&regular, now_s, expires_s, random);
		l->whole_ms = now + wait;
		l->whole_s = now_s + wait / 1000;
	}
	wait = schedule_wait_ms(&l->schedule, now_s, expires_s, random);
	l->due_ms = now + wait;
	l->due_s = now_s + wait / 1000;
	if (l->due_ms > l->whole_ms)
		l->due_ms = l->whole_ms;
	if (l->due_s > l->whole_s)
		l->due_s = l->whole_s;
}

static void
tell_manager(struct loop *l)
{
	char text[ERR_MSG_MAX], when[DATE_ISO_LEN + 1];
	struct buf b = BUF(text);
	bool good = health_good(&l->health, process_now_s(), NULL);

	date_format_iso(l->due_s, when);
	if (l->failed) {
		buf_add(&b, str_head(str_of(l->failure), ERR_MSG_MAX / 2));
		buf_add(&b, S("; again at "));
	} else {
		buf_add(&b, S("refreshed; next at "));
	}
	buf_add(&b, str_of(when));
	l->ready |= good;
	(void)notify_tell(&l->notify, l->ready ? NOTIFY_READY :
	    NOTIFY_NOTHING, buf_str(&b));
}

static void
over(struct loop *l, bool good, struct str why)
{
	char when[DATE_ISO_LEN + 1];

	if (!good)
		settle_untold(l, why.n ? why : S("it failed"));
	l->busy = false;
	l->lost = !good;
	l->ended_ms = process_clock_ms();
	if (!l->failed)
		l->failure[0] = '\0';
	l->schedule.failures = l->failed ? l->schedule.failures + 1 : 0;
	plan_next(l);
	date_format_iso(l->due_s, when);
	loop_say(l, l->failed ? EVENT_WARNING : EVENT_INFO, "refresh %s, next"
	    " at %s", l->failed ? "failed" : "done", when);
	tell_manager(l);
	if (l->next)
		loop_begin(l, LOOP_REFRESH);
}

bool
loop_hear(struct loop *l, struct err *e)
{
	static const char gone[] = "the broker, which does the work, is gone";

	for (;;) {
		char text[BROKER_WORD_MAX];
		struct buf said = BUF(text);
		enum broker_said what = broker_hear(&l->broker, &said);

		if (what == BROKER_WORD && l->busy)
			hear_word(l, buf_str(&said));
		else if (what == BROKER_DONE || what == BROKER_FAILED)
			over(l, what == BROKER_DONE, buf_str(&said));
		buf_wipe(&said);
		if (what == BROKER_GONE)
			return err_set(e, ERR_SYS, "%s", gone);
		if (what == BROKER_NOTHING)
			return true;
	}
}
