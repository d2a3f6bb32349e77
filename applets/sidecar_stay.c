/* stay.c - ecr-login that stays: its options as the loop wants them, and each
 * refresh in the process that does it.
 */
#include "applets/sidecar.h"
#include "base/err.h"
#include "sidecar/loop.h"
#include "sidecar/report.h"
#include "sidecar/round.h"
#include "sys/process.h"
#include "version.h"

/* What the process of a refresh knows. */
struct stay {
	struct sidecar *k;
	const struct broker_order *order;	/* in the process of a refresh */
	enum event_format log;
	size_t tarball, config;
	bool told;	/* that something failed, by a report */
	struct str names[SIDECAR_REGISTRIES_MAX + SIDECAR_SINKS_MAX];
};

static void
write_note(void *me, enum world_note kind, struct str text)
{
	const struct stay *st = me;
	char line[EVENT_LINE_MAX];
	struct buf b = BUF(line);

	event_line(st->log, process_now_s(), kind == NOTE_WARNING ?
	    EVENT_WARNING : EVENT_DEBUG, text, &b);
	if (!b.full)
		(void)!write_all(2, buf_str(&b));
}

/* A report that does not get through is missed by the loop when this process
 * is over.
 */
static bool
tell(const struct stay *st, const struct report *r, struct err *e)
{
	char text[REPORT_TEXT_MAX + 64];
	struct buf b = BUF(text);
	bool told;

	report_write(r, &b);
	told = broker_say(st->order, buf_str(&b), e);
	buf_wipe(&b);
	return told;
}

static void
tell_registry(void *me, size_t i, struct str host, int64_t expires_s,
    const struct err *why)
{
	const struct report r = {
		.kind = REPORT_REGISTRY, .part = i, .good = !why,
		.why = why ? why->kind : ERR_NONE, .expires_s = expires_s,
		.text = why ? str_of(why->msg) : host,
	};
	struct stay *st = me;
	struct err ignored;

	st->told |= tell(st, &r, &ignored) && why;
}

/* One that was not tried, for want of a token, is as it was. */
static void
tell_sink(void *me, size_t i, const struct err *why)
{
	const struct report r = {
		.kind = REPORT_SINK, .part = i, .good = !why,
		.why = why ? why->kind : ERR_NONE,
		.text = why ? str_of(why->msg) : S(""),
	};
	struct stay *st = me;
	struct err ignored;

	if (why && why->kind == ERR_ABSENT)
		return;
	st->told |= tell(st, &r, &ignored) && why;
}

static bool
tell_bytes(void *me, size_t i, struct str bytes, struct err *e)
{
	const struct stay *st = me;
	struct report r = { .kind = REPORT_BODY, .part = i };

	if (i != st->tarball && i != st->config)
		return write_all(1, bytes) || err_sys(e, "write to standard"
		    " output");
	while (!r.good) {
		r.text = str_head(bytes, REPORT_TEXT_MAX);
		bytes = str_skip(bytes, r.text.n);
		r.good = bytes.n == 0;
		if (!tell(st, &r, e))
			return false;
	}
	return true;
}

/* In a process of its own, which reads all of the configuration anew. */
static bool
refresh(void *me, const struct broker_order *order, struct buf *keep,
    struct err *e)
{
	struct stay *st = me;
	struct sidecar *k = st->k;
	const struct round_to to = { st, tell_registry, tell_sink,
		tell_bytes };
	struct round_plan plan;
	bool done;

	st->order = order;
	done = session_open(&k->s, k->app, e);
	if (done) {
		sidecar_plan(k, false, &plan);
		done = round_run(&k->s.config, &plan,
		    order->word == LOOP_AGAIN, order->kept, order->deadline,
		    keep, &to, e);
	}
	session_close(&k->s);
	/* What was reported has been told, and what is kept is to be kept. */
	return done || st->told;
}

/* A sink for each route that gives a secret away. */
static bool
add_served(struct stay *st, struct routes *t, struct err *e)
{
	struct sidecar *k = st->k;

	st->tarball = st->config = SIZE_MAX;
	if (!k->serve)
		return true;
	if (!routes_named(str_of(k->serve), t, e))
		return false;
	if (t->tarball) {
		st->tarball = k->sink_count;
		if (!sidecar_sink(k, SINK_ARCHIVE, "/docker.tar.gz", e))
			return false;
	}
	if (t->config) {
		st->config = k->sink_count;
		if (!sidecar_sink(k, SINK_CONFIG, "/config.json", e))
			return false;
	}
	return true;
}

static bool
read_token(struct sidecar *k, struct str *token, struct err *e)
{
	const struct world *w = k->s.w;
	struct str body;

	if (!k->serve_token_file)
		return true;
	if (!w->file(w->me, k->serve_token_file, k->s.config.a, &body, e))
		return err_in(e, "--serve-token-file");
	body = str_trim(body);
	if (!body.n || body.n > ROUTES_TOKEN_MAX || !str_visible(body))
		return err_set(e, ERR_USAGE, "--serve-token-file: '%s' does"
		    " not hold a token: 1 to %u printable bytes, no blanks",
		    k->serve_token_file, ROUTES_TOKEN_MAX);
	return arena_copy(&k->kept, body, token, e);
}

static bool
plan_serving(struct stay *st, struct loop_conf *conf, struct err *e)
{
	struct sidecar *k = st->k;
	struct routes *t = &conf->routes;

	if (!k->listen)
		return true;
	if (!serve_parse(str_of(k->listen), &conf->at, e))
		return err_in(e, "--listen");
	conf->listen = true;
	t->manner = k->manner;
	t->loopback = addr_loopback(&conf->at.ip);
	return add_served(st, t, e) && read_token(k, &t->token, e);
}

/* What the caller's own registry is called until its host is known. */
static void
name_parts(struct stay *st, struct loop_conf *conf)
{
	struct sidecar *k = st->k;
	size_t n = 0;

	conf->registries = st->names;
	conf->registry_count = k->registry_count;
	for (size_t i = 0; i < k->registry_count; i++)
		st->names[n++] = k->registries[i].n ? k->registries[i] :
		    S("own");
	conf->sinks = st->names + n;
	conf->sink_count = k->sink_count;
	for (size_t i = 0; i < k->sink_count; i++)
		st->names[n++] = k->sinks[i].name;
}

static bool
plan_loop(struct stay *st, struct loop_conf *conf, struct err *e)
{
	struct sidecar *k = st->k;
	const struct world *w = k->s.w;

	*conf = (struct loop_conf){
		.version = S(ECRBOX_VERSION),
		.interval_s = k->interval_s,
		.refresh_ms = SIDECAR_REFRESH_MS +
		    (int64_t)k->sink_count * SIDECAR_SINK_MS,
		.notify = {
			.socket = world_env(w, "NOTIFY_SOCKET"),
			.usec = world_env(w, "WATCHDOG_USEC"),
			.pid = world_env(w, "WATCHDOG_PID"),
		},
		.verbose = k->s.verbose,
		.sandbox = k->app->sandbox,
	};
	if ((k->log_format && !event_format_named(str_of(k->log_format),
	    &conf->log, e)) || !plan_serving(st, conf, e))
		return false;
	st->log = conf->log;
	conf->tarball = st->tarball;
	conf->config = st->config;
	name_parts(st, conf);
	return true;
}

bool
sidecar_stay(struct sidecar *k, struct err *e)
{
	struct stay st = { .k = k, .tarball = SIZE_MAX, .config = SIZE_MAX };
	struct loop_conf conf;

	if (!plan_loop(&st, &conf, e))
		return false;
	k->s.note = write_note;
	k->s.note_me = &st;
	/* The loop needs none of what the session has read, and each refresh
	 * reads it for itself.
	 */
	session_close(&k->s);
	arena_back(k->app->a, 0);
	return loop_run(&conf, refresh, &st, k->app->a, e);
}
