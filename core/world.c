#include "world.h"

#include <stdlib.h>

#include "base/limits.h"
#include "sys/log.h"
#include "sys/process.h"
#include "sys/terminal.h"

/* The real one's own data, behind its struct world. */
struct real {
	struct world w;
	struct str prog;
	bool verbose;
	void (*note)(void *me, enum world_note kind, struct str text);
	void *note_me;
	struct http *http;
};

struct str
world_env(const struct world *w, const char *name)
{
	struct str value = str_of(w->env(w->me, name));

	return value.n > 0 ? value : (struct str){ NULL, 0 };
}

bool
world_env_true(const struct world *w, const char *name)
{
	return str_eq_nocase(world_env(w, name), S("true"));
}

static void
say(const struct world *w, enum world_note kind, const char *fmt, va_list ap)
{
	char line[ERR_MSG_MAX];

	err_text(line, sizeof(line), fmt, ap);
	w->note(w->me, kind, str_of(line));
}

void
world_warn(const struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(w, NOTE_WARNING, fmt, ap);
	va_end(ap);
}

void
world_detail(const struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(w, NOTE_DETAIL, fmt, ap);
	va_end(ap);
}

static const char *
real_env(void *me, const char *name)
{
	(void)me;
	return getenv(name);
}

static int64_t
real_now(void *me)
{
	(void)me;
	return process_now_s();
}

static int64_t
real_clock_ms(void *me)
{
	(void)me;
	return process_clock_ms();
}

static void
real_pause(void *me, int64_t least_ms, int64_t most_ms)
{
	uint64_t r = 0;
	struct err ignored;

	(void)me;
	if (most_ms > least_ms && process_random(&r, sizeof(r), &ignored))
		least_ms += (int64_t)(r % (uint64_t)(most_ms - least_ms + 1));
	process_sleep_ms(least_ms);
}

static bool
real_file(void *me, const char *path, struct arena *a, struct str *body,
    struct err *e)
{
	(void)me;
	return file_read(path, FILE_MAX, a, body, e);
}

static bool
real_edit(void *me, const char *path, const struct file_edit *how,
    struct arena *a, struct err *e)
{
	struct real *real = me;
	bool in_place = false;

	if (!file_edit(path, how, a, &in_place, e))
		return false;
	if (in_place)
		world_warn(&real->w, "'%s' is a mount point, or its directory"
		    " or owner is not ours: it was written in place, and a"
		    " crash would have lost it", path);
	return true;
}

static bool
real_list(void *me, const char *path, struct arena *a, struct str **names,
    size_t *count, struct err *e)
{
	(void)me;
	return file_list(path, DIR_ENTRIES_MAX, a, names, count, e);
}

static bool
real_exchange(void *me, const struct http_req *req, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct real *real = me;

	return http_exchange(real->http, req, process_now_s(), a, res, e);
}

static bool
real_run(void *me, const struct program *p, struct arena *a, struct str *out,
    struct err *e)
{
	(void)me;
	return program_run(p, a, out, e);
}

static bool
real_ask(void *me, struct str question, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e)
{
	(void)me;
	return terminal_ask(question, deadline, a, answer, e);
}

static bool
real_own_file(void *me, const char *path, struct arena *a, struct str *body,
    struct err *e)
{
	(void)me;
	return file_read_own(path, FILE_MAX, a, body, e);
}

/* What a child is to do, and the kept connection if that is not its own. */
struct errand {
	child_work *work;
	void *me;
	struct http *leave;
};

static bool
run_errand(void *me, struct buf *out, struct err *e)
{
	const struct errand *errand = me;

	if (errand->leave)
		http_leave(errand->leave);
	return errand->work(errand->me, out, e);
}

/* Where there can be no child: one after the other. */
static bool
work_here(child_work *work, void *me, struct arena *a, struct str *answer,
    struct err *e)
{
	struct buf out = arena_buf(a, CHILD_ANSWER_MAX);

	if (!work(me, &out, e))
		return false;
	*answer = buf_str(&out);
	return !out.full || err_set(e, ERR_LIMIT, "answer of more than %u"
	    " bytes", CHILD_ANSWER_MAX);
}

/* The kept connection is whose it serves: it may be the metadata service's, of
 * which the region was asked.
 */
static bool
real_beside(void *me, const struct uri *to, int64_t deadline,
    child_work *work, void *work_me, struct arena *a, struct str *answer,
    struct err *e)
{
	struct real *real = me;
	const struct http_req req = { .to = *to, .deadline = deadline };
	bool ready = http_ready(real->http, &req);
	struct errand errand = { work, work_me, ready ? real->http : NULL };
	struct child ch;
	struct err why;

	if (!child_start(&ch, run_errand, &errand, a, &why)) {
		world_detail(&real->w, "nothing is done ahead: %s", why.msg);
		return work_here(work, work_me, a, answer, e);
	}
	if (!ready) {
		http_leave(real->http);
		http_prepare(real->http, &req, process_now_s(), &ch.failed, a);
	}
	return child_finish(&ch, deadline + CHILD_GRACE_MS, a, answer, e);
}

static void
real_note(void *me, enum world_note kind, struct str text)
{
	const struct real *real = me;
	char line[ERR_MSG_MAX + 16];
	struct buf b = BUF(line);

	if (kind != NOTE_WARNING && !real->verbose)
		return;
	if (real->note) {
		real->note(real->note_me, kind, text);
		return;
	}
	if (kind == NOTE_WARNING)
		buf_add(&b, S("warning: "));
	buf_add(&b, str_head(text, ERR_MSG_MAX));
	log_line(real->prog, buf_str(&b));
}

static void
http_detail(void *me, struct str line)
{
	real_note(me, NOTE_DETAIL, line);
}

bool
world_open(const struct world_conf *conf, struct arena *a, struct world **w,
    struct err *e)
{
	struct real *real = arena_get(a, sizeof(*real));
	struct http_conf http = conf->http;

	if (!real)
		return err_set(e, ERR_LIMIT, "out of memory at the start");
	*real = (struct real){
		.w = {
			.me = real,
			.env = real_env,
			.now = real_now,
			.clock_ms = real_clock_ms,
			.pause = real_pause,
			.file = real_file,
			.edit = real_edit,
			.list = real_list,
			.exchange = real_exchange,
			.run = real_run,
			.ask = real_ask,
			.own_file = real_own_file,
			.beside = real_beside,
			.note = real_note,
		},
		.prog = conf->prog,
		.verbose = conf->verbose,
		.note = conf->note,
		.note_me = conf->note_me,
	};
	proxy_read(&http.proxy, real_env, NULL);
	http.note = real->verbose ? http_detail : NULL;
	http.note_me = real;
	if (!http_new(&http, a, &real->http, e))
		return false;
	*w = &real->w;
	return true;
}

void
world_ca_bundle(struct world *w, const char *path)
{
	struct real *real = w->me;

	http_ca_bundle(real->http, path);
}

void
world_close(struct world *w)
{
	struct real *real = w->me;

	http_close(real->http);
}
