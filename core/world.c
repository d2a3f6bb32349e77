#include "world.h"

#include <stdlib.h>
#include <string.h>

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
	enum sandbox_mode sandbox;
	void (*needs)(void *me, struct sandbox_needs *n);
	void *needs_me;
	const struct sandbox_needs *step;	/* of a child, instead */
	bool inside;		/* the sandbox has been entered, */
	bool told;		/* and somebody else says so */
	const char *home;
	struct http *http;
};

static const char *
real_env(void *me, const char *name)
{
	const struct real *real = me;
	const char *value = getenv(name);

	if (real->home && (!value || !*value) && strcmp(name, "HOME") == 0)
		return real->home;
	return value;
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

/* Paths as edit takes them become those that the kernel holds. Even where edit
 * will fail, it must be let try.
 */
static void
complete(const struct real *real, struct sandbox_needs *n, struct arena *a)
{
	const struct sandbox_needs as_said = *n;

	memset(n->writes, 0, sizeof(n->writes));
	for (size_t i = 0; i < SANDBOX_PATHS_MAX && as_said.writes[i]; i++) {
		const char *root = file_edit_root(as_said.writes[i], a);

		sandbox_write(n, root ? root : as_said.writes[i]);
	}
	if (n->connects[0] || n->connect_any)
		http_needs(real->http, n);
}

static bool
enter(struct real *real, struct sandbox_needs *n, struct arena *a,
    struct err *e)
{
	char text[512];
	struct buf report = BUF(text);

	if (real->sandbox != SANDBOX_OFF)
		complete(real, n, a);
	if (!sandbox_enter(n, real->sandbox, &report, e))
		return false;
	real->inside = true;
	if (!real->told)
		world_detail(&real->w, "%.*s", STR_ARG(buf_str(&report)));
	return true;
}

/* To be called before a byte from the network can be read. */
static bool
be_inside(struct real *real, bool early_children, struct arena *a,
    struct err *e)
{
	struct sandbox_needs n = { .full = false };
	size_t mark = a->used;
	bool done;

	if (real->inside || (!real->needs && !real->step))
		return true;
	if (real->step)
		n = *real->step;
	else if (real->sandbox != SANDBOX_OFF)
		real->needs(real->needs_me, &n);
	n.early_children |= early_children;
	done = enter(real, &n, a, e);
	arena_back(a, mark);
	return done;
}

static bool
real_exchange(void *me, const struct http_req *req, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct real *real = me;

	*res = (struct http_res){ .phase = HTTP_RESOLVE };
	return be_inside(real, false, a, e) &&
	    http_exchange(real->http, req, process_now_s(), a, res, e);
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

/* What a child is to do. */
struct errand {
	struct real *real;
	child_work *work;
	void *me;
	bool leave;	/* the kept connection is not its own */
	const struct sandbox_needs *needs;	/* NULL: it is not apart */
	struct arena *a;
};

static bool
run_errand(void *me, struct buf *out, struct err *e)
{
	const struct errand *errand = me;
	struct real *real = errand->real;
	struct sandbox_needs n;

	if (errand->leave)
		http_leave(real->http);
	real->told = !errand->needs;
	real->step = errand->needs ? errand->needs : real->step;
	if (errand->needs && !errand->needs->early_programs) {
		n = *errand->needs;
		if (!enter(real, &n, errand->a, e))
			return false;
	}
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
	struct errand errand = { real, work, work_me, ready, NULL, a };
	struct child ch;
	struct err why;

	if (!child_start(&ch, run_errand, &errand, a, &why)) {
		world_detail(&real->w, "nothing is done ahead: %s", why.msg);
		return work_here(work, work_me, a, answer, e);
	}
	/* The child goes inside by itself: not before it has run a program. */
	if (!be_inside(real, true, a, e)) {
		child_end(&ch);
		return false;
	}
	if (!ready) {
		http_leave(real->http);
		http_prepare(real->http, &req, process_now_s(), &ch.failed, a);
	}
	return child_finish(&ch, deadline + CHILD_GRACE_MS, a, answer, e);
}

static bool
real_apart(void *me, const struct sandbox_needs *needs, int64_t deadline,
    child_work *work, void *work_me, struct arena *a, struct str *answer,
    struct err *e)
{
	struct real *real = me;
	struct errand errand = { real, work, work_me, true, needs, a };
	struct child ch;

	if (real->inside && real->sandbox != SANDBOX_OFF)
		return err_set(e, ERR_SYS, "sandbox: nothing is done apart"
		    " from within one");
	return child_start_alone(&ch, run_errand, &errand, a, e) &&
	    child_finish(&ch, deadline + CHILD_GRACE_MS, a, answer, e);
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
			.apart = real_apart,
			.note = real_note,
		},
		.prog = conf->prog,
		.verbose = conf->verbose,
		.note = conf->note,
		.note_me = conf->note_me,
		.sandbox = conf->sandbox,
		.needs = conf->needs,
		.needs_me = conf->needs_me,
	};
	proxy_read(&http.proxy, real_env, real);
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
world_home(struct world *w, const char *home)
{
	struct real *real = w->me;

	real->home = home;
}

void
world_close(struct world *w)
{
	struct real *real = w->me;

	http_close(real->http);
}
