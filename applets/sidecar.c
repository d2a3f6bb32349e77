#include "applets/sidecar.h"

#include "applets/docker_file.h"
#include "applets/say.h"
#include "net/serve.h"
#include "sidecar/round.h"
#include "sink/tarball.h"
#include "sys/log.h"

static bool
parts_words(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' ||
	    c == ';';
}

bool
sidecar_registries(struct sidecar *k, struct str list, struct err *e)
{
	while (list.n) {
		size_t n = 0;

		while (n < list.n && !parts_words(list.p[n]))
			n++;
		if (n && k->registry_count == SIDECAR_REGISTRIES_MAX)
			return err_set(e, ERR_LIMIT, "more than %u registries",
			    SIDECAR_REGISTRIES_MAX);
		if (n)
			k->registries[k->registry_count++] = str_head(list, n);
		list = str_skip(list, n < list.n ? n + 1 : n);
	}
	return true;
}

struct sink *
sidecar_sink(struct sidecar *k, enum sink_kind kind, const char *target,
    struct err *e)
{
	struct sink *s = &k->sinks[k->sink_count];

	if (k->sink_count == SIDECAR_SINKS_MAX) {
		err_set(e, ERR_LIMIT, "more than %u outputs",
		    SIDECAR_SINKS_MAX);
		return NULL;
	}
	*s = (struct sink){ .kind = kind, .name = str_of(target),
		.target = str_of(target), .mode = TARBALL_MODE };
	k->sink_count++;
	return s;
}

static void
trust(void *me, struct config *c)
{
	session_trust(me, c);
}

void
sidecar_plan(struct sidecar *k, bool cached, struct round_plan *plan)
{
	k->needs = (struct sandbox_needs){ .full = false };
	session_needs(&k->s, NEEDS_AWS | NEEDS_CHILDREN |
	    (k->registry_count > 1 ? NEEDS_PROGRAMS : 0) |
	    (cached ? NEEDS_CACHE : 0), &k->needs);
	*plan = (struct round_plan){
		.registries = k->registries,
		.registry_count = k->registry_count,
		.sinks = k->sinks,
		.sink_count = k->sink_count,
		.ask = {
			.order = k->order,
			.cached = cached,
			.trust = trust,
			.me = &k->s,
		},
		.needs = &k->needs,
	};
}

/* What a run that does not stay has seen. */
struct tally {
	struct sidecar *k;
	size_t registries;	/* that failed */
	bool sink;		/* that one failed */
	char said[ERR_MSG_MAX];	/* the last complaint */
};

/* Where there is one of each, it is for main to print. */
static void
complain(struct tally *t, const struct err *why)
{
	struct buf b = { t->said, 0, sizeof(t->said) - 1, false };

	if (t->k->registry_count == 1 && t->k->sink_count == 1)
		return;
	log_line(str_of(t->k->app->applet->name), str_of(why->msg));
	buf_add(&b, str_of(why->msg));
	t->said[b.n] = '\0';
}

/* What AWS says does not always say of whom. */
static void
once_registry(void *me, size_t i, struct str host, int64_t expires_s,
    const struct err *why)
{
	struct tally *t = me;
	struct str name = host.n ? host : t->k->registries[i];
	struct err named;

	(void)expires_s;
	if (!why)
		return;
	t->registries++;
	named = *why;
	if (name.n && !str_contains(str_of(why->msg), name))
		err_in(&named, "registry '%.*s'", STR_ARG(name));
	complain(t, &named);
}

/* Without a token none is tried. */
static void
once_sink(void *me, size_t i, const struct err *why)
{
	struct tally *t = me;

	(void)i;
	if (!why)
		return;
	t->sink = true;
	if (why->kind != ERR_ABSENT)
		complain(t, why);
}

static bool
once_bytes(void *me, size_t i, struct str bytes, struct err *e)
{
	(void)me;
	(void)i;
	return write_all(1, bytes) || err_sys(e, "write to standard output");
}

static bool
say_logins(const struct sidecar *k, size_t count, struct err *e)
{
	for (size_t i = 0; k->out >= 0 && i < count; i++)
		if (!say(k->out, S("Login Succeeded"), S(""), e))
			return false;
	return true;
}

bool
sidecar_once(struct sidecar *k, struct err *e)
{
	struct tally t = { .k = k };
	const struct round_to to = { &t, once_registry, once_sink,
		once_bytes };
	struct config *c = &k->s.config;
	int64_t deadline = c->deadline +
	    (int64_t)k->sink_count * SIDECAR_SINK_MS;
	struct buf keep = { NULL, 0, 0, false };
	struct round_plan plan;
	struct err why;
	bool done;

	sidecar_plan(k, true, &plan);
	done = round_run(c, &plan, false, S(""), deadline, &keep, &to, &why);
	if (!t.sink && !say_logins(k, k->registry_count - t.registries, e))
		return false;
	if (done)
		return true;
	*e = why;
	/* Nobody wants to hear it twice. */
	if (str_eq(str_of(t.said), str_of(e->msg)))
		e->msg[0] = '\0';
	return false;
}

/* A command line may have secrets in it, and a name is shown to anybody who asks
 * for /health.
 */
static bool
name_program(struct sidecar *k, size_t i, struct err *e)
{
	struct sink *s = &k->sinks[i];
	struct buf b = arena_buf(&k->kept, ERR_MSG_MAX);
	struct str word, rest;

	if (!str_cut(s->target, ' ', &word, &rest))
		word = s->target;
	buf_add(&b, S("exec "));
	buf_u64(&b, i + 1);
	buf_add(&b, S(" "));
	buf_add(&b, str_head(word, HEALTH_NAME_MAX));
	return arena_keep(&k->kept, &b, &s->name, e);
}

static bool
check_sinks(struct sidecar *k, struct err *e)
{
	const struct world *w = k->s.w;

	for (size_t i = 0; i < k->sink_count; i++) {
		char text[ERR_MSG_MAX];
		struct buf b = BUF(text);

		if (!sink_check(&k->sinks[i], k->registry_count, e) ||
		    !sink_settle(w, &k->sinks[i], &k->kept, e) ||
		    (k->sinks[i].kind == SINK_EXEC && !name_program(k, i, e)))
			return false;
		if (sink_caution(&k->sinks[i], &b))
			w->note(w->me, NOTE_WARNING, buf_str(&b));
	}
	return true;
}

/* Where tokens go when nobody has said it. */
static bool
usual_sink(struct sidecar *k, struct err *e)
{
	const char *path;

	if (k->sink_count || k->serve)
		return true;
	return docker_file(&k->s.config, &path, e) &&
	    arena_z(&k->kept, str_of(path), &path, e) &&
	    sidecar_sink(k, SINK_AUTH_FILE, path, e);
}

static bool
open_run(struct sidecar *k, struct err *e)
{
	char *p = arena_end(k->app->a, SIDECAR_KEPT_BYTES);

	if (!p)
		return err_set(e, ERR_LIMIT, "out of memory at the start");
	k->kept = (struct arena){ p, SIDECAR_KEPT_BYTES, 0 };
	return session_open(&k->s, k->app, e) &&
	    (!k->ready || k->ready(k, e));
}

static bool
log_in(struct sidecar *k, struct err *e)
{
	if (k->registry_count == 0)
		k->registries[k->registry_count++] = S("");
	return sidecar_agrees(k, e) && check_sinks(k, e) &&
	    (k->interval_s || k->listen ? sidecar_stay(k, e) :
	    sidecar_once(k, e));
}

bool
sidecar_run(struct sidecar *k, struct app *app, struct err *e)
{
	bool done;

	k->app = app;
	done = open_run(k, e) && usual_sink(k, e) &&
	    (k->check ? sidecar_check(k, e) : log_in(k, e));
	session_close(&k->s);
	if (k->kept.p)
		arena_back(&k->kept, 0);
	return done;
}
