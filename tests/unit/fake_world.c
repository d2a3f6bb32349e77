#include "fake_world.h"

#include "base/limits.h"

static char *
keep(struct fake_world *f, const char *p, size_t n)
{
	char *s = f->bytes + f->bytes_used;

	assert_true(n < FAKE_BYTES - f->bytes_used);
	if (n)
		memcpy(s, p, n);
	s[n] = '\0';
	f->bytes_used += n + 1;
	return s;
}

static char *
keep_str(struct fake_world *f, struct str s)
{
	return keep(f, s.p, s.n);
}

static char *
keep_z(struct fake_world *f, const char *z)
{
	return z ? keep(f, z, strlen(z)) : NULL;
}

static const char *
get_env(void *me, const char *name)
{
	const struct fake_world *f = me;

	for (size_t i = 0; i < f->env_count; i++)
		if (strcmp(f->env[i].name, name) == 0)
			return f->env[i].value;
	return NULL;
}

static int64_t
now(void *me)
{
	return ((struct fake_world *)me)->now;
}

static int64_t
clock_ms(void *me)
{
	return ((struct fake_world *)me)->clock_ms;
}

/* The longest that was asked for: what a bound is made against. */
static void
pause_ms(void *me, int64_t least_ms, int64_t most_ms)
{
	struct fake_world *f = me;

	assert_true(0 <= least_ms && least_ms <= most_ms);
	assert_true(f->pause_count < FAKE_MAX);
	f->pauses[f->pause_count].least_ms = least_ms;
	f->pauses[f->pause_count++].most_ms = most_ms;
	f->clock_ms += most_ms;
}

static struct fake_file_entry *
find_file(const struct fake_world *f, const char *path)
{
	for (size_t i = 0; i < f->file_count; i++)
		if (strcmp(f->files[i].path, path) == 0)
			return (struct fake_file_entry *)&f->files[i];
	return NULL;
}

static struct fake_file_entry *
make_file(struct fake_world *f, const char *path)
{
	struct fake_file_entry *file = find_file(f, path);

	if (file)
		return file;
	assert_true(f->file_count < FAKE_MAX);
	file = &f->files[f->file_count++];
	*file = (struct fake_file_entry){ .path = keep_z(f, path) };
	return file;
}

static bool
file(void *me, const char *path, struct arena *a, struct str *body,
    struct err *e)
{
	const struct fake_file_entry *at = find_file(me, path);

	if (at && at->kind != ERR_NONE)
		return err_set(e, at->kind, "read '%s': made to fail", path);
	if (!at || !at->body)
		return err_set(e, ERR_ABSENT,
		    "read '%s': No such file or directory", path);
	return arena_copy(a, (struct str){ at->body, at->body_n }, body, e);
}

static bool
edit(void *me, const char *path, const struct file_edit *how,
    struct arena *a, struct err *e)
{
	struct fake_world *f = me;
	struct fake_file_entry *at = find_file(f, path);
	struct str old = { NULL, 0 }, new = { NULL, 0 };

	if (at && at->kind != ERR_NONE)
		return err_set(e, at->kind, "write '%s': made to fail", path);
	if (f->read_only)
		return err_set(e, ERR_SYS, "write '%s': Read-only file system",
		    path);
	if (at && at->body && !how->blind &&
	    !arena_copy(a, (struct str){ at->body, at->body_n }, &old, e))
		return false;
	if (!how->change(how->me, old, &new, e))
		return false;
	if (!at)
		at = make_file(f, path);
	at->body = new.p ? keep_str(f, new) : NULL;
	at->body_n = new.n;
	at->how = *how;
	at->edits++;
	f->edit_count++;
	return true;
}

/* The files right below path. */
static bool
list(void *me, const char *path, struct arena *a, struct str **names,
    size_t *count, struct err *e)
{
	struct fake_world *f = me;
	const struct fake_file_entry *at = find_file(f, path);
	bool found = false;

	if (at)
		return err_set(e, at->kind ? at->kind : ERR_ABSENT,
		    at->kind ? "open '%s': made to fail" :
		    "open '%s': Not a directory", path);
	*count = 0;
	*names = arena_get(a, FAKE_MAX * sizeof(**names));
	if (!*names)
		return err_set(e, ERR_LIMIT, "list '%s': out of memory", path);
	for (size_t i = 0; i < f->file_count; i++) {
		struct str dir, name;

		str_cut_last(str_of(f->files[i].path), '/', &dir, &name);
		if (!str_eq(dir, str_of(path)))
			continue;
		found = true;
		if (f->files[i].body || f->files[i].kind)
			(*names)[(*count)++] = name;
	}
	return found || err_set(e, ERR_ABSENT,
	    "open '%s': No such file or directory", path);
}

static const char *
url_of(struct fake_world *f, const struct uri *u)
{
	char text[8192];
	struct buf b = BUF(text);

	buf_add(&b, u->tls ? S("https://") : S("http://"));
	uri_authority(u, &b);
	uri_target(u, &b);
	assert_false(b.full);
	return keep_str(f, buf_str(&b));
}

static const struct fake_request *
record(struct fake_world *f, const struct http_req *req)
{
	struct fake_request *r = &f->requests[f->request_count];

	assert_true(f->request_count < FAKE_MAX);
	assert_true(req->count <= FAKE_FIELDS_MAX);
	*r = (struct fake_request){
		.method = keep_str(f, req->method),
		.url = url_of(f, &req->to),
		.body = keep_str(f, req->body),
		.body_n = req->body.n,
		.count = req->count,
		.at_ms = f->clock_ms,
		.deadline = req->deadline,
		.connect_ms = req->connect_ms,
		.read_ms = req->read_ms,
	};
	for (size_t i = 0; i < req->count; i++) {
		r->fields[i].name = keep_str(f, req->fields[i].name);
		r->fields[i].value = keep_str(f, req->fields[i].value);
	}
	f->request_count++;
	return r;
}

static bool
fits(const char *pattern, const char *text)
{
	size_t n;

	if (!pattern)
		return true;
	n = strlen(pattern);
	if (n && pattern[n - 1] == '*')
		return strncmp(pattern, text, n - 1) == 0;
	return strcmp(pattern, text) == 0;
}

static const struct fake_answer *
choose(struct fake_world *f, const struct fake_request *r)
{
	for (size_t i = 0; i < f->answer_count; i++) {
		const struct fake_answer *answer = &f->answers[i];

		if (f->used[i] || !fits(answer->method, r->method) ||
		    !fits(answer->url, r->url))
			continue;
		f->used[i] = !answer->always;
		return answer;
	}
	fail_msg("no answer for %s %s", r->method, r->url);
	return NULL;
}

/* Only as long as the request said that it would wait. */
static int64_t
patience(const struct http_req *req, enum http_phase phase, int64_t left)
{
	int64_t ms = req->read_ms ? req->read_ms : READ_MS;

	if (phase <= HTTP_CONNECT)
		ms = req->connect_ms ? req->connect_ms : CONNECT_MS;
	return ms < left ? ms : left;
}

static bool
break_off(struct fake_world *f, const struct http_req *req,
    const struct fake_answer *answer, struct http_res *res, struct err *e)
{
	static const char *const phases[] = {
		"resolve", "connect", "tls", "send", "receive", "done",
	};
	int64_t ms = answer->takes_ms;
	enum err_kind kind = answer->kind ? answer->kind : ERR_NET;

	if (answer->timed_out)
		ms = patience(req, answer->phase,
		    req->deadline - f->clock_ms);
	f->clock_ms += ms;
	res->phase = answer->phase;
	res->refused = answer->refused;
	res->timed_out = answer->timed_out;
	if (answer->msg)
		return err_set(e, kind, "%s", answer->msg);
	if (answer->refused)
		return err_set(e, kind, "%s %.*s: connection refused",
		    phases[answer->phase], STR_ARG(req->to.host));
	if (answer->timed_out)
		return err_set(e, kind, "%s %.*s: timed out after %lld ms",
		    phases[answer->phase], STR_ARG(req->to.host),
		    (long long)ms);
	return err_set(e, kind, "%s %.*s: connection lost",
	    phases[answer->phase], STR_ARG(req->to.host));
}

static bool
fill(const struct fake_answer *answer, struct arena *a, struct http_res *res,
    struct err *e)
{
	struct str rest = str_of(answer->fields), line, value;
	struct http_field *fields;
	size_t n = answer->body_n;

	if (n == 0 && answer->body)
		n = strlen(answer->body);
	fields = arena_get(a, FAKE_FIELDS_MAX * sizeof(*fields));
	if (!fields)
		return err_set(e, ERR_LIMIT, "out of memory for the head");
	res->fields = fields;
	while (rest.n) {
		assert_true(res->count < FAKE_FIELDS_MAX);
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, ':', &fields[res->count].name, &value);
		fields[res->count++].value = str_trim(value);
	}
	res->status = answer->status;
	res->date = answer->date;
	res->phase = HTTP_DONE;
	return arena_copy(a, (struct str){ answer->body, n }, &res->body, e);
}

static bool
exchange(void *me, const struct http_req *req, struct arena *a,
    struct http_res *res, struct err *e)
{
	struct fake_world *f = me;
	const struct fake_answer *answer;

	*res = (struct http_res){ .phase = HTTP_RESOLVE };
	assert_true(req->deadline > 0);
	answer = choose(f, record(f, req));
	f->now += answer->clock_step_s;
	if (answer->status == 0)
		return break_off(f, req, answer, res, e);
	if (answer->takes_ms > req->deadline - f->clock_ms) {
		struct fake_answer late = { .phase = HTTP_RECEIVE,
			.timed_out = true };

		return break_off(f, req, &late, res, e);
	}
	f->clock_ms += answer->takes_ms;
	return fill(answer, a, res, e);
}

static void
note(void *me, enum world_note kind, struct str text)
{
	struct fake_world *f = me;

	assert_true(f->note_count < FAKE_MAX);
	f->notes[f->note_count].kind = kind;
	f->notes[f->note_count++].text = keep_str(f, text);
}

static const char *
lines(struct fake_world *f, const char *const *list)
{
	char text[4096];
	struct buf b = BUF(text);

	for (size_t i = 0; list && list[i]; i++) {
		buf_add(&b, str_of(list[i]));
		buf_char(&b, '\n');
	}
	assert_false(b.full);
	return list ? keep_str(f, buf_str(&b)) : NULL;
}

static bool
run(void *me, const struct program *p, struct arena *a, struct str *out,
    struct err *e)
{
	struct fake_world *f = me;
	char text[4096];
	struct buf b = BUF(text);
	struct fake_run *r;

	for (size_t i = 0; p->argv[i]; i++) {
		if (i)
			buf_char(&b, ' ');
		buf_add(&b, str_of(p->argv[i]));
	}
	if (!f->program.command ||
	    !str_eq(buf_str(&b), str_of(f->program.command)))
		fail_msg("unexpected program: %.*s", STR_ARG(buf_str(&b)));
	assert_true(f->program_count < FAKE_MAX);
	r = &f->runs[f->program_count++];
	*r = (struct fake_run){ p->in.p ? keep_str(f, p->in) : NULL,
		lines(f, p->env), lines(f, p->unset), p->aside, p->deadline };
	f->program_env = p->env ? keep_z(f, p->env[0]) : NULL;
	if (!f->program.out || (f->program.fails_with && r->env &&
	    strstr(r->env, f->program.fails_with)))
		return err_set(e, f->program.kind, "%s", f->program.msg);
	return arena_copy(a, str_of(f->program.out), out, e);
}

static bool
ask(void *me, struct str question, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e)
{
	struct fake_world *f = me;
	struct buf b = { f->bytes + f->bytes_used, 0,
		FAKE_BYTES - f->bytes_used, false };

	assert_true(deadline > f->clock_ms);
	if (f->unasked)
		return err_set(e, ERR_NET, "%s", f->unasked);
	if (!f->typed)
		return err_set(e, ERR_ABSENT, "no terminal to ask at");
	buf_add(&b, question);
	buf_char(&b, '\0');
	assert_false(b.full);
	f->question = b.p;
	f->bytes_used += b.n;
	return arena_copy(a, str_of(f->typed), answer, e);
}

static bool
own_file(void *me, const char *path, struct arena *a, struct str *body,
    struct err *e)
{
	struct fake_world *f = me;

	if (f->open_files && find_file(f, path))
		return err_set(e, ERR_DENIED, "read '%s': others can write it",
		    path);
	return file(me, path, a, body, e);
}

/* One after the other will do here. */
static bool
beside(void *me, const struct uri *to, int64_t deadline, child_work *work,
    void *work_me, struct arena *a, struct str *answer, struct err *e)
{
	struct fake_world *f = me;
	struct buf b = arena_buf(a, 64 << 10), host = {
		f->bytes + f->bytes_used, 0, FAKE_BYTES - f->bytes_used,
		false };

	assert_true(deadline > f->clock_ms);
	uri_authority(to, &host);
	buf_char(&host, '\0');
	assert_false(host.full);
	f->bytes_used += host.n;
	f->beside_host = host.p;
	f->beside_count++;
	return work(work_me, &b, e) && arena_keep(a, &b, answer, e);
}

static void
keep_paths(struct fake_world *f, const char **paths)
{
	for (size_t i = 0; i < SANDBOX_PATHS_MAX && paths[i]; i++)
		paths[i] = keep_z(f, paths[i]);
}

/* Here too; what it would have been held to is for the test to see. */
static bool
apart(void *me, const struct sandbox_needs *needs, int64_t deadline,
    child_work *work, void *work_me, struct arena *a, struct str *answer,
    struct err *e)
{
	struct fake_world *f = me;
	struct fake_apart *step = &f->aparts[f->apart_count];
	struct buf b;

	assert_true(f->apart_count < FAKE_MAX);
	assert_false(needs->full);
	*step = (struct fake_apart){ .needs = *needs, .deadline = deadline };
	keep_paths(f, step->needs.reads);
	keep_paths(f, step->needs.writes);
	f->apart_count++;
	if (f->no_child)
		return err_set(e, ERR_SYS, "%s", f->no_child);
	if (deadline <= f->clock_ms)
		return err_set(e, ERR_NET, "child process: no answer in time");
	b = arena_buf(a, CHILD_ANSWER_MAX);
	return work(work_me, &b, e) && arena_keep(a, &b, answer, e);
}

static bool
listed(const char *const *paths, const char *path)
{
	for (size_t i = 0; i < SANDBOX_PATHS_MAX && paths[i]; i++)
		if (strcmp(paths[i], path) == 0)
			return true;
	return false;
}

bool
fake_reads(const struct sandbox_needs *n, const char *path)
{
	return listed(n->reads, path);
}

bool
fake_writes(const struct sandbox_needs *n, const char *path)
{
	return listed(n->writes, path);
}

bool
fake_connects(const struct sandbox_needs *n, uint16_t port)
{
	for (size_t i = 0; i < SANDBOX_PORTS_MAX && n->connects[i]; i++)
		if (n->connects[i] == port)
			return true;
	return n->connect_any;
}

void
fake_open(struct fake_world *f)
{
	memset(f, 0, sizeof(*f));
	f->now = FAKE_NOW;
	f->clock_ms = FAKE_CLOCK_MS;
	f->w = (struct world){ f, get_env, now, clock_ms, pause_ms, file,
		edit, list, exchange, run, ask, own_file, beside, apart,
		note };
}

void
fake_env(struct fake_world *f, const char *name, const char *value)
{
	size_t i = 0;

	while (i < f->env_count && strcmp(f->env[i].name, name) != 0)
		i++;
	assert_true(i < FAKE_MAX);
	if (i == f->env_count)
		f->env[f->env_count++].name = keep_z(f, name);
	f->env[i].value = keep_z(f, value);
}

void
fake_file(struct fake_world *f, const char *path, const char *body)
{
	struct fake_file_entry *at = make_file(f, path);

	at->body = keep_z(f, body);
	at->body_n = body ? strlen(body) : 0;
	at->kind = ERR_NONE;
}

void
fake_file_fails(struct fake_world *f, const char *path, enum err_kind kind)
{
	make_file(f, path)->kind = kind;
}

void
fake_answer(struct fake_world *f, struct fake_answer answer)
{
	assert_true(f->answer_count < FAKE_MAX);
	if (answer.body && answer.body_n == 0)
		answer.body_n = strlen(answer.body);
	if (answer.body)
		answer.body = keep(f, answer.body, answer.body_n);
	answer.method = keep_z(f, answer.method);
	answer.url = keep_z(f, answer.url);
	answer.fields = keep_z(f, answer.fields);
	answer.msg = keep_z(f, answer.msg);
	f->answers[f->answer_count++] = answer;
}

const char *
fake_field(const struct fake_world *f, size_t i, const char *name)
{
	const struct fake_request *r = &f->requests[i];

	assert_true(i < f->request_count);
	for (size_t k = 0; k < r->count; k++)
		if (str_eq_nocase(str_of(r->fields[k].name), str_of(name)))
			return r->fields[k].value;
	return NULL;
}

const char *
fake_content(const struct fake_world *f, const char *path)
{
	const struct fake_file_entry *at = find_file(f, path);

	return at ? at->body : NULL;
}

bool
fake_noted(const struct fake_world *f, enum world_note kind, const char *part)
{
	for (size_t i = 0; i < f->note_count; i++)
		if (f->notes[i].kind == kind &&
		    strstr(f->notes[i].text, part))
			return true;
	return false;
}

bool
fake_done(const struct fake_world *f)
{
	for (size_t i = 0; i < f->answer_count; i++)
		if (!f->used[i] && !f->answers[i].always)
			return false;
	return true;
}
