#include "sidecar/loop.h"

#include <stdarg.h>

#include "sidecar/loop_state.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/program.h"
#include "sys/signals.h"

/* A log that nobody reads holds up nobody: then there is no line. */
void
loop_say(const struct loop *l, enum event_level level, const char *fmt, ...)
{
	char text[ERR_MSG_MAX], line[EVENT_LINE_MAX];
	struct pollfd p = { .fd = 2, .events = POLLOUT };
	struct buf b = BUF(line);
	va_list ap;

	if (level == EVENT_DEBUG && !l->conf->verbose)
		return;
	va_start(ap, fmt);
	err_text(text, sizeof(text), fmt, ap);
	va_end(ap);
	event_line(l->conf->log, process_now_s(), level, str_of(text), &b);
	if (!b.full && poll(&p, 1, 0) > 0 && (p.revents & POLLOUT))
		(void)!write_all(2, buf_str(&b));
}

/* Is the last refresh recent enough for who asks for one? */
static bool
settled(const struct loop *l, int64_t now_ms)
{
	int64_t enough = l->failure[0] ? SIDECAR_FORCE_MS : SIDECAR_REUSE_MS;

	return !l->busy && now_ms - l->ended_ms < enough;
}

static struct str
body_now(const struct loop_body *body)
{
	return (struct str){ body->bytes[body->now], body->n[body->now] };
}

static bool
answer(void *me, const struct serve_request *r, struct serve_answer *answer)
{
	struct loop *l = me;
	struct routes *t = &l->routes;

	if (routes_find(t, r) == ROUTE_REFRESH &&
	    !settled(l, process_clock_ms())) {
		if (!l->busy)
			loop_begin(l, loop_word_next(l));
		return false;
	}
	t->tarball_body = body_now(&l->tarball);
	t->config_body = body_now(&l->config);
	t->failure = str_of(l->failure);
	t->failure_kind = l->failure_kind;
	t->sink_failed = !l->registry_failed;
	/* Who still reads an older answer goes on as long as there is room;
	 * otherwise always the same few pages are used.
	 */
	if (l->made.n > l->made.cap / 2 ||
	    !serve_sends(&l->serve, buf_str(&l->made))) {
		serve_release(&l->serve, buf_str(&l->made));
		buf_wipe(&l->made);
	}
	routes_answer(t, r, process_now_s(), answer);
	loop_say(l, EVENT_DEBUG, "%s %.*s: %u", r->head ? "HEAD" : "GET",
	    STR_ARG(r->path), answer->status);
	return true;
}

static void
refused(void *me, unsigned status, const char *reason)
{
	loop_say(me, EVENT_DEBUG, "a request is refused: %u %s", status,
	    reason);
}

static const struct serve_handler *
handler(struct loop *l, struct serve_handler *h)
{
	*h = (struct serve_handler){ l, answer, refused };
	return h;
}

static struct serve_clock
clocks(void)
{
	return (struct serve_clock){ process_clock_ms(), process_now_s() };
}

static void
hear_signals(struct loop *l)
{
	enum signal_seen seen;
	struct str name;

	while ((seen = signals_next(l->signals, &name)) != SIGNAL_NONE) {
		if (seen == SIGNAL_CHILD)
			signals_reap();
		if (seen == SIGNAL_AGAIN) {
			loop_say(l, EVENT_INFO, "SIGHUP: refresh");
			(void)notify_tell(&l->notify, NOTIFY_RELOADING,
			    S("refreshing"));
			loop_begin(l, LOOP_REFRESH);
		}
		if (seen == SIGNAL_END) {
			loop_say(l, EVENT_INFO, "%.*s: end", STR_ARG(name));
			l->over = true;
		}
	}
}

/* What the clocks say. The wall's counts when it went on while the machine, and
 * with it the other, stood still; it has whole seconds, and is not to be the
 * first while both go on.
 */
static void
keep_time(struct loop *l)
{
	int64_t now = process_clock_ms();

	if (!l->busy && (now >= l->due_ms || process_now_s() > l->due_s + 1))
		loop_begin(l, loop_word_next(l));
	if (l->notify.watchdog_ms && now >= l->alive_ms) {
		(void)notify_tell(&l->notify, NOTIFY_ALIVE, S(""));
		l->alive_ms = now + l->notify.watchdog_ms;
	}
}

static void
sooner(int64_t *wake, int64_t at)
{
	if (at < *wake)
		*wake = at;
}

/* Until something happens, at most to the next thing that is due. */
static bool
turn(struct loop *l, struct err *e)
{
	enum { SIGNALS, BROKER, OURS };
	struct pollfd p[SERVE_POLL_MAX + OURS];
	struct serve_handler h;
	int64_t now = process_clock_ms(), wake = now + SIDECAR_WAKE_MS;
	size_t n = serve_watch(&l->serve, p, &wake);
	bool good = true;

	if (n == 1 && l->crowded)
		process_forget(l->serve.connections,
		    sizeof(l->serve.connections));
	l->crowded = n > 1;
	p[n + SIGNALS] = (struct pollfd){ l->signals, POLLIN, 0 };
	p[n + BROKER] = (struct pollfd){ l->broker.fd, POLLIN, 0 };
	if (!l->busy)
		sooner(&wake, l->due_ms);
	if (l->notify.watchdog_ms)
		sooner(&wake, l->alive_ms);
	(void)process_wait(p, n + OURS, wake, l->a);
	if (p[n + SIGNALS].revents)
		hear_signals(l);
	if (p[n + BROKER].revents) {
		bool busy = l->busy;

		good = loop_hear(l, e);
		if (busy && !l->busy)
			serve_again(&l->serve, clocks(), handler(l, &h));
	}
	serve_turn(&l->serve, p, clocks(), handler(l, &h));
	keep_time(l);
	return good;
}

static bool
name_parts(struct loop *l, struct err *e)
{
	const struct loop_conf *c = l->conf;
	size_t part;

	for (size_t i = 0; i < c->registry_count; i++)
		if (!health_add(&l->health, HEALTH_REGISTRY, c->registries[i],
		    &part, e))
			return false;
	for (size_t i = 0; i < c->sink_count; i++)
		if (!health_add(&l->health, HEALTH_SINK, c->sinks[i], &part,
		    e))
			return false;
	return true;
}

static bool
make_bodies(struct loop_body *body, size_t sink, struct arena *a)
{
	bool room = true;

	for (size_t i = 0; room && sink != SIZE_MAX && i < 2; i++) {
		body->bytes[i] = arena_end(a, SIDECAR_BODY_MAX);
		room = body->bytes[i] != NULL;
	}
	return room;
}

/* Off the far end of the memory, which is fresh: all zero, and touched only
 * where something is written. NULL: there is not enough.
 */
static struct loop *
make_room(const struct loop_conf *c, struct arena *a)
{
	struct loop *l = arena_end(a, sizeof(*l));
	char *made = arena_end(a, ROUTES_MADE_MAX);

	if (!l || !made || !make_bodies(&l->tarball, c->tarball, a) ||
	    !make_bodies(&l->config, c->config, a))
		return NULL;
	l->made = (struct buf){ made, 0, ROUTES_MADE_MAX, false };
	return l;
}

/* The broker, and each refresh after it, has what this process is not to have
 * when it reads what strangers send.
 */
static void
forget_secrets(void)
{
	static const char *const proxies[] = {
		"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", NULL,
	};

	process_forget_variables(program_secrets);
	process_forget_variables(proxies);
}

/* All that is opened is opened here; then the door is shut. */
static bool
begin(struct loop *l, struct err *e)
{
	const struct loop_conf *c = l->conf;
	/* It has what it needs. */
	const struct sandbox_needs needs = {
		.accepts = c->listen, .notify = c->notify.socket.n > 0,
	};
	char report[ERR_MSG_MAX];
	struct buf b = BUF(report);
	struct err why;

	if (!notify_open(&l->notify, &c->notify, &why))
		loop_say(l, EVENT_WARNING, "%s", why.msg);
	if (c->listen && !serve_open(&l->serve, &c->at, e))
		return false;
	if (!sandbox_enter(&needs, c->sandbox, &b, e))
		return false;
	loop_say(l, EVENT_DEBUG, "%.*s", STR_ARG(buf_str(&b)));
	return true;
}

bool
loop_run(const struct loop_conf *conf, broker_work *work, void *me,
    struct arena *a, struct err *e)
{
	struct loop *l = make_room(conf, a);
	bool good;

	if (!l)
		return err_set(e, ERR_LIMIT, "out of memory at the start");
	l->conf = conf;
	l->a = a;
	l->routes = conf->routes;
	l->routes.health = &l->health;
	l->routes.made = &l->made;
	l->health.version = conf->version;
	l->health.start_s = process_now_s();
	l->schedule.interval_s = conf->interval_s;
	/* Signals first: the kernel lets PID 1 have none that it does not
	 * listen to.
	 */
	if (!name_parts(l, e) || !signals_open(&l->signals, e) ||
	    !broker_start(&l->broker, work, me, a, e))
		return false;
	forget_secrets();
	good = begin(l, e);
	if (good)
		loop_begin(l, LOOP_REFRESH);
	while (good && !l->over)
		good = turn(l, e);
	(void)notify_tell(&l->notify, NOTIFY_STOPPING, S(""));
	broker_stop(&l->broker, SIDECAR_STOP_MS);
	serve_close(&l->serve);
	return good;
}
