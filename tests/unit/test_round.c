#include "fake_world.h"

#include "base/enc.h"
#include "base/limits.h"
#include "sidecar/round.h"

#define A "123456789012"
#define B "210987654321"
#define C "000000000007"
#define HOST(id) id ".dkr.ecr.eu-west-1.amazonaws.com"
#define OWN HOST(A)
#define LIFE 43200
#define REFUSED "ecr GetAuthorizationToken at " \
    "'api.ecr.eu-west-1.amazonaws.com': AccessDeniedException; this identity" \
    " needs the permission ecr:GetAuthorizationToken"

static struct fake_world f;
static struct arena a;
static struct config base;
static char kept_text[CHILD_ANSWER_MAX];
static struct buf kept;

/* An ECR that refuses every call with that id in it; passwords are counted. */
static struct {
	const char *bad;	/* one; "" is all */
	const char *mute;	/* a region whose endpoint never answers */
	unsigned count, calls;
} ecr;

static void
put_entry(struct buf *b, struct str id)
{
	char text[64];
	struct buf login = BUF(text);

	buf_add(&login, S("AWS:"));
	buf_add(&login, id);
	buf_char(&login, '-');
	buf_u64(&login, ecr.count);
	buf_add(b, S("{\"authorizationToken\":\""));
	buf_base64(b, buf_str(&login));
	buf_add(b, S("\",\"expiresAt\":"));
	buf_u64(b, (uint64_t)(f.now + LIFE));
	buf_add(b, S(",\"proxyEndpoint\":\"https://"));
	buf_add(b, id);
	buf_add(b, S(".dkr.ecr.eu-west-1.amazonaws.com\"}"));
}

static bool
exchange(void *me, const struct http_req *req, struct arena *room,
    struct http_res *res, struct err *e)
{
	struct buf b = arena_buf(room, 16 << 10);
	struct str ids, id, ignored;

	(void)me;
	ecr.calls++;
	*res = (struct http_res){ .status = 200, .phase = HTTP_DONE };
	if (ecr.mute && str_contains(req->to.host, str_of(ecr.mute))) {
		f.clock_ms = req->deadline;
		return err_set(e, ERR_NET, "timed out");
	}
	if (ecr.bad && str_contains(req->body, str_of(ecr.bad))) {
		res->status = 400;
		buf_add(&b, S("{\"__type\":\"AccessDeniedException\"}"));
		return arena_keep(room, &b, &res->body, e);
	}
	ecr.count++;
	buf_add(&b, S("{\"authorizationData\":["));
	if (!str_cut(req->body, '[', &ignored, &ids))
		put_entry(&b, S(A));
	str_cut(ids, ']', &ids, &ignored);
	for (bool comma = false; ids.n; comma = true) {
		str_cut(ids, ',', &id, &ids);
		str_cut(str_skip(id, 1), '"', &id, &ignored);
		if (comma)
			buf_char(&b, ',');
		put_entry(&b, id);
	}
	buf_add(&b, S("]}"));
	return arena_keep(room, &b, &res->body, e);
}

/* Sinks that write down what they get, as "NAME: PASSWORD ...\n"; these stand
 * in for sink/sink.c.
 */
static struct {
	const char *bad, *hopeless, *absent;	/* names of those that fail */
	const char *slow;	/* takes all the time that it has */
	char text[4096];
	struct buf said;
	int64_t got_s;
	struct format_entry entries[8];
	size_t count;
} out;

static bool
is(const struct sink *s, const char *name)
{
	return name && str_eq(s->name, str_of(name));
}

bool
sink_needs(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, struct arena *room,
    struct sandbox_needs *n, struct err *e)
{
	assert_ptr_equal(w, &f.w);
	assert_true(count > 0 && entries && room == base.a);
	sandbox_write(n, "/there");
	return !is(s, out.hopeless) || err_set(e, ERR_USAGE, "no place");
}

bool
sink_write(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, int64_t got_s,
    int64_t deadline, struct arena *room, struct buf *bytes, struct err *e)
{
	assert_ptr_equal(w, &f.w);
	assert_ptr_equal(room, base.a);
	assert_true(deadline > f.clock_ms);
	if (is(s, out.slow)) {
		f.clock_ms = deadline;
		return err_set(e, ERR_NET, "slow: timed out");
	}
	if (is(s, out.bad))
		return err_set(e, ERR_SYS, "disk full");
	if (is(s, out.absent))
		return err_set(e, ERR_ABSENT, "'x1': no such directory");
	buf_add(&out.said, s->name);
	buf_char(&out.said, ':');
	for (size_t i = 0; i < count; i++) {
		buf_char(&out.said, ' ');
		buf_add(&out.said, entries[i].password);
		out.entries[i] = entries[i];
	}
	buf_char(&out.said, '\n');
	out.count = count;
	out.got_s = got_s;
	buf_add(bytes, S("bytes of "));
	buf_add(bytes, s->name);
	return true;
}

/* What the round said, a line for each part. */
static struct {
	char text[8192];
	struct buf b;
	bool refuses;		/* bytes */
	struct err last;
} told;

static void
tell(size_t i, const struct err *why)
{
	buf_u64(&told.b, i);
	if (why) {
		told.last = *why;
		buf_add(&told.b, S(" FAILED"));
	}
	buf_char(&told.b, '\n');
}

static void
to_registry(void *me, size_t i, struct str host, int64_t expires_s,
    const struct err *why)
{
	assert_ptr_equal(me, &told);
	buf_add(&told.b, S("registry "));
	buf_add(&told.b, host);
	buf_char(&told.b, ' ');
	if (expires_s == 0)
		buf_char(&told.b, '-');
	else
		buf_u64(&told.b, (uint64_t)(expires_s - FAKE_NOW));
	buf_char(&told.b, ' ');
	tell(i, why);
}

static void
to_sink(void *me, size_t i, const struct err *why)
{
	assert_ptr_equal(me, &told);
	buf_add(&told.b, why && why->kind == ERR_ABSENT ? S("untried ") :
	    S("sink "));
	tell(i, why);
}

static bool
to_bytes(void *me, size_t i, struct str bytes, struct err *e)
{
	assert_ptr_equal(me, &told);
	buf_add(&told.b, bytes);
	buf_char(&told.b, ' ');
	tell(i, NULL);
	return !told.refuses || err_set(e, ERR_SYS, "'x2': not wanted");
}

static const struct round_to to = {
	.me = &told, .registry = to_registry, .sink = to_sink,
	.bytes = to_bytes,
};

static const struct str three[] = { S_INIT(A), S_INIT(B), S_INIT(C) };
static const struct sink sinks[] = {
	{ .kind = SINK_AUTH_FILE, .name = S_INIT("x1") },
	{ .kind = SINK_CONFIG, .name = S_INIT("x2") },
};
static const struct sandbox_needs needs = { .reads = { "/aws" } };
static struct round_plan plan;
static struct config_flags flags;
static struct err err;

static void
open_world(size_t registries, size_t count)
{
	fake_open(&f);
	flags = (struct config_flags){ .timeout_ms = 0 };
	memset(&ecr, 0, sizeof(ecr));
	memset(&out, 0, sizeof(out));
	memset(&told, 0, sizeof(told));
	f.w.exchange = exchange;
	fake_env(&f, "AWS_REGION", "eu-west-1");
	fake_env(&f, "AWS_ACCESS_KEY_ID", "AK");
	fake_env(&f, "AWS_SECRET_ACCESS_KEY", "s");
	kept = BUF(kept_text);
	plan = (struct round_plan){
		.registries = three, .registry_count = registries,
		.sinks = sinks, .sink_count = count,
		.ask = { .order = CRED_ORDER_CLI }, .needs = &needs,
	};
}

/* A round in a process of its own, with what the last one left. */
static bool
run_for(bool again, int64_t ms)
{
	static char last[CHILD_ANSWER_MAX];
	struct str was = { last, kept.n };
	bool done;

	memcpy(last, kept.p, kept.n);
	kept.n = 0;
	a = t_arena();
	f.apart_count = f.note_count = 0;
	told.b = BUF(told.text);
	out.said = BUF(out.text);
	ecr.calls = 0;
	err = (struct err){ ERR_NONE, "" };
	assert_true(config_load(&f.w, &a, &flags, &base, &err));
	done = round_run(&base, &plan, again, was, f.clock_ms + ms, &kept,
	    &to, &err);
	assert_int_equal(done, err.kind == ERR_NONE);
	assert_false(kept.full);
	told.text[told.b.n] = out.text[out.said.n] = '\0';
	return done;
}

static bool
run(bool again)
{
	return run_for(again, SIDECAR_REFRESH_MS);
}

#define SAID(registries, sinks) do { \
	assert_string_equal(told.text, registries sinks); \
} while (0)
#define GOOD(host, i) "registry " host " 43200 " i "\n"
#define SINKS "sink 0\nbytes of x2 1\nsink 1\n"
#define UNTRIED "untried 0 FAILED\nuntried 1 FAILED\n"

static void
t_all_well(void **state)
{
	(void)state;
	open_world(3, 2);
	assert_true(run(false));
	SAID(GOOD(HOST(A), "0") GOOD(HOST(B), "1") GOOD(HOST(C), "2"), SINKS);
	assert_string_equal(out.text, "x1: " A "-1 " B "-1 " C "-1\n"
	    "x2: " A "-1 " B "-1 " C "-1\n");
	assert_int_equal(out.got_s, FAKE_NOW);
	assert_str_equal(out.entries[1].host, S(HOST(B)));
	assert_str_equal(out.entries[1].account, S(B));
	assert_str_equal(out.entries[1].region, S("eu-west-1"));
	assert_str_equal(out.entries[1].user, S("AWS"));
	assert_int_equal(out.entries[1].expires_s, FAKE_NOW + LIFE);
	/* AWS:210987654321-1 */
	assert_str_equal(out.entries[1].auth, S("QVdTOjIxMDk4NzY1NDMyMS0x"));
	/* Each step with its own needs. */
	assert_int_equal(f.apart_count, 3);
	assert_string_equal(f.aparts[0].needs.reads[0], "/aws");
	assert_null(f.aparts[0].needs.writes[0]);
	assert_string_equal(f.aparts[1].needs.writes[0], "/there");
	assert_null(f.aparts[2].needs.reads[0]);
	assert_int_equal(f.edit_count, 0);

	/* Nothing is missing: nothing is done, nor reported. */
	f.now += 5;
	assert_true(run(true));
	SAID("", "");
	assert_int_equal(f.apart_count, 0);

	/* And the same from what that left; else all anew. */
	assert_true(run(true));
	assert_int_equal(f.apart_count, 0);
	assert_true(run(false));
	assert_int_equal(f.apart_count, 3);
	assert_int_equal(out.got_s, FAKE_NOW + 5);
	assert_string_equal(out.text, "x1: " A "-2 " B "-2 " C "-2\n"
	    "x2: " A "-2 " B "-2 " C "-2\n");
}

/* One of three is refused: the others, and its old one. */
static void
t_one_fails(void **state)
{
	(void)state;
	open_world(3, 2);
	ecr.bad = B;
	assert_false(run(false));
	SAID(GOOD(HOST(A), "0") "registry " HOST(B) " - 1 FAILED\n"
	    GOOD(HOST(C), "2"), SINKS);
	assert_string_equal(out.text, "x1: " A "-1 " C "-2\n"
	    "x2: " A "-1 " C "-2\n");
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(err.msg, "1 of 3 registries failed");
	assert_string_equal(told.last.msg, REFUSED);

	/* Still: nothing new, so no sink is touched. */
	assert_false(run(true));
	assert_int_equal(ecr.calls, 1);
	assert_int_equal(f.apart_count, 1);
	SAID("registry " HOST(B) " - 1 FAILED\n", "");

	/* Now it is there, and every sink gets it. */
	ecr.bad = NULL;
	assert_true(run(true));
	assert_int_equal(ecr.calls, 1);
	assert_string_equal(out.text, "x1: " A "-1 " B "-3 " C "-2\n"
	    "x2: " A "-1 " B "-3 " C "-2\n");

	/* Refused once more: the one it had is still used. */
	ecr.bad = B;
	f.now += LIFE / 2;
	assert_false(run(false));
	SAID("registry " HOST(A) " 64800 0\n" "registry " HOST(B)
	    " 43200 1 FAILED\n" "registry " HOST(C) " 64800 2\n", SINKS);
	assert_string_equal(out.text, "x1: " A "-4 " B "-3 " C "-5\n"
	    "x2: " A "-4 " B "-3 " C "-5\n");
	/* Which is no reason not to ask for a new one. */
	assert_false(run(true));
	assert_int_equal(ecr.calls, 1);
	/* As long as it is good. */
	f.now += LIFE / 2 - CRED_DYING_S;
	assert_false(run(false));
	assert_non_null(strstr(out.text, B "-3"));
	f.now += 1;
	assert_false(run(false));
	assert_null(strstr(out.text, B));
	assert_non_null(strstr(told.text, HOST(B) " - 1 FAILED\n"));
}

static void
t_all_fail(void **state)
{
	(void)state;
	open_world(3, 2);
	ecr.bad = "";
	assert_false(run(false));
	SAID("registry " HOST(A) " - 0 FAILED\nregistry " HOST(B)
	    " - 1 FAILED\nregistry " HOST(C) " - 2 FAILED\n", UNTRIED);
	assert_string_equal(err.msg, "3 of 3 registries failed");
	assert_string_equal(told.last.msg, "not written, as there is no"
	    " token");
	assert_int_equal(f.apart_count, 1);

	/* A sink that was never tried is missing it. */
	ecr.bad = NULL;
	assert_true(run(true));
	assert_non_null(strstr(out.text, "x1: "));

	/* All of them have old ones. */
	ecr.bad = "";
	assert_false(run(false));
	SAID("registry " HOST(A) " 43200 0 FAILED\nregistry " HOST(B)
	    " 43200 1 FAILED\nregistry " HOST(C) " 43200 2 FAILED\n", SINKS);
	assert_non_null(strstr(out.text, "x1: " A "-1 "));

	/* Until those are over. A sink that has them has nothing good. */
	f.now += LIFE;
	assert_false(run(true));
	assert_non_null(strstr(told.text, UNTRIED));
	ecr.bad = B;
	assert_false(run(true));
	assert_non_null(strstr(told.text, SINKS));

	/* The only one speaks for itself. */
	open_world(1, 1);
	ecr.bad = "";
	assert_false(run(false));
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(err.msg, REFUSED);
	SAID("registry " HOST(A) " - 0 FAILED\n", "untried 0 FAILED\n");
}

static void
t_sinks_fail(void **state)
{
	(void)state;
	open_world(1, 2);
	out.bad = "x1";
	assert_false(run(false));
	SAID(GOOD(HOST(A), "0"), "sink 0 FAILED\nbytes of x2 1\nsink 1\n");
	assert_string_equal(told.last.msg, "x1: disk full");
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(err.msg, "1 of 2 outputs failed");

	/* That one alone is tried again, with the token that there is. */
	assert_false(run(true));
	SAID("", "sink 0 FAILED\n");
	assert_int_equal(ecr.calls, 0);
	out.bad = NULL;
	assert_true(run(true));
	assert_string_equal(out.text, "x1: " A "-1\n");
	assert_int_equal(ecr.calls, 0);
	assert_true(run(true));
	assert_string_equal(out.text, "");

	/* All of them; one alone speaks for itself. */
	told.refuses = true;
	out.hopeless = "x1";
	assert_false(run(false));
	SAID(GOOD(HOST(A), "0"), "sink 0 FAILED\nbytes of x2 1\n"
	    "sink 1 FAILED\n");
	assert_string_equal(told.last.msg, "'x2': not wanted");
	assert_string_equal(err.msg, "2 of 2 outputs failed");
	plan.sink_count = 1;
	assert_false(run(false));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_string_equal(err.msg, "x1: no place");

	/* Both kinds. */
	plan.registry_count = 3;
	ecr.bad = B;
	assert_false(run(false));
	assert_string_equal(err.msg, "1 of 3 registries and 1 of 1 outputs"
	    " failed");

	/* "Absent" is only what was not tried. */
	open_world(1, 1);
	out.absent = "x1";
	assert_false(run(false));
	assert_int_equal(err.kind, ERR_SYS);
	assert_string_equal(err.msg, "'x1': no such directory");

	/* None: tokens alone. */
	open_world(1, 0);
	assert_true(run(false));
	SAID(GOOD(HOST(A), "0"), "");
}

/* A sink that failed is told of each new token; what it has not is not what it
 * once had.
 */
static void
t_sink_misses_one(void **state)
{
	(void)state;
	open_world(3, 2);
	ecr.bad = B;
	assert_false(run(false));
	ecr.bad = NULL;
	out.bad = "x1";
	assert_false(run(true));
	out.bad = NULL;
	assert_true(run(true));
	assert_string_equal(out.text, "x1: " A "-1 " B "-3 " C "-2\n");
}

static void
t_one_registry(void **state)
{
	static const struct str names[] = {
		S_INIT(HOST(A)), S_INIT(A), S_INIT(""), S_INIT(B)
	};

	(void)state;
	open_world(4, 1);
	plan.registries = names;
	assert_true(run(false));
	assert_string_equal(told.text, GOOD(HOST(A), "0") GOOD(HOST(A), "1")
	    GOOD(HOST(A), "2") GOOD(HOST(B), "3") "sink 0\n");
	assert_string_equal(out.text, "x1: " A "-1 " B "-1\n");

	/* The one that lives longer. */
	kept.n = 0;
	ecr.bad = A;
	assert_false(run(false));
	f.now += 10;
	assert_false(run(true));
	assert_string_equal(told.text, "registry " HOST(A) " - 0 FAILED\n"
	    "registry " HOST(A) " - 1 FAILED\n");
	ecr.bad = NULL;
	assert_true(run(true));
	assert_string_equal(out.text, "x1: " A "-5 " B "-3\n");
	assert_int_equal(out.entries[0].expires_s, f.now + LIFE);
	assert_int_equal(out.got_s, f.now);
	f.now += 10;
	ecr.bad = A;
	assert_false(run(false));
	assert_string_equal(out.text, "x1: " A "-7 " B "-6\n");
	assert_int_equal(out.entries[0].expires_s, f.now + LIFE);
}

/* What an account's name is for may change between two rounds. */
static void
t_renamed(void **state)
{
	static const struct str name[] = { S_INIT("r.example.com") };

	(void)state;
	open_world(1, 1);
	plan.registries = name;
	fake_env(&f, "ECRBOX_CONFIG", "/map");
	fake_file(&f, "/map", "[r.example.com]\naccount = " A "\n"
	    "region = eu-west-1\n");
	assert_true(run(false));
	assert_str_equal(out.entries[0].host, S("r.example.com"));
	ecr.bad = "";
	assert_false(run(false));
	assert_string_equal(told.text, "registry r.example.com 43200 0 FAILED\n"
	    "sink 0\n");
	/* Not even the map can be read: that it is another is not known. */
	fake_file(&f, "/map", "[");
	assert_false(run(false));
	assert_string_equal(told.text, "registry r.example.com 43200 0 FAILED\n"
	    "sink 0\n");

	plan.registries = three;
	fake_env(&f, "AWS_REGION", "us-east-1");
	fake_env(&f, "ECRBOX_CONFIG", "/dev/null");
	assert_false(run(false));
	assert_string_equal(told.text, "registry " A
	    ".dkr.ecr.us-east-1.amazonaws.com - 0 FAILED\nuntried 0 FAILED\n");
}

static void
t_kept(void **state)
{
	static const char *const bad[] = {
		"x", "\n", "+ ++\n", "+ +\n", "- +\n0 h - - 0 1 a:b",
		"+ +\n1 h - - 0 0 no\n", "+ +\n0 h - - 0 1 a:b\nx",
		"+ +\n0 h - - 0 1 a\n", "++ +\n0 h - - 0 1 a:b\n",
		"+ x\n0 h - - 0 1 a:b\n", "x +\n0 h - - 0 1 a:b\n",
		"+  +\n0 h - - 0 1 a:b\n", "++\n0 h - - 0 1 a:b\n",
		"+ +\n0 h - - 0 9999999999 a:b\nx",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		open_world(1, 1);
		buf_add(&kept, str_of(bad[i]));
		assert_true(run(true));
		assert_string_equal(told.text, GOOD(HOST(A), "0") "sink 0\n");
		assert_true(fake_noted(&f, NOTE_DETAIL,
		    "what the last refresh left: "));
		assert_true(run(true));
		assert_int_equal(f.apart_count, 0);
		/* Of another plan. */
		plan.sink_count = 2;
		assert_true(run(true));
		assert_int_equal(f.apart_count, 3);
		plan.registry_count = 2;
		assert_true(run(true));
		assert_int_equal(f.apart_count, 3);
	}

	/* What a kept token is worth: it must have a while left. */
	for (int64_t left = CRED_DYING_S; left >= CRED_DYING_S - 1; left--) {
		open_world(1, 1);
		buf_add(&kept, S("+ +\n0 " HOST(A) " - - 0 "));
		buf_u64(&kept, (uint64_t)(FAKE_NOW + left));
		buf_add(&kept, S(" AWS:old\n"));
		assert_true(run(true));
		assert_int_equal(f.apart_count, left < CRED_DYING_S ? 2 : 0);
	}
}

/* The step for tokens dies: those of before are still there. */
static void
t_no_child(void **state)
{
	(void)state;
	open_world(3, 2);
	ecr.bad = B;
	assert_false(run(false));
	f.no_child = "fork: no more processes";
	assert_false(run(true));
	SAID("registry " HOST(B) " - 1 FAILED\n", "");
	assert_string_equal(told.last.msg, "fork: no more processes");
	assert_false(run(false));
	assert_string_equal(told.text, "registry " HOST(A) " 43200 0 FAILED\n"
	    "registry " HOST(B) " - 1 FAILED\nregistry " HOST(C)
	    " 43200 2 FAILED\nsink 0 FAILED\nsink 1 FAILED\n");
	assert_string_equal(told.last.msg, "x2: fork: no more processes");
	assert_string_equal(err.msg, "3 of 3 registries and 2 of 2 outputs"
	    " failed");
}

static bool
garbage(void *me, const struct sandbox_needs *n, int64_t deadline,
    child_work *work, void *work_me, struct arena *room, struct str *answer,
    struct err *e)
{
	(void)me;
	(void)n;
	(void)deadline;
	(void)work;
	(void)work_me;
	return arena_copy(room, S("0 h - - 0 1 a:b\n0 h"), answer, e);
}

/* An answer that is cut off is none, not half of one. */
static void
t_garbage(void **state)
{
	(void)state;
	open_world(3, 1);
	f.w.apart = garbage;
	assert_false(run(false));
	assert_string_equal(told.text, "registry " A " - 0 FAILED\nregistry "
	    B " - 1 FAILED\nregistry " C " - 2 FAILED\nuntried 0 FAILED\n");
	assert_string_equal(err.msg, "3 of 3 registries failed");
}

/* The whole, each sink, and what is left for those that come after. */
static void
t_deadlines(void **state)
{
	static const struct str regions[] = {
		S_INIT(A "@us-east-1"), S_INIT(B)
	};
	int64_t start;

	(void)state;
	open_world(2, 2);
	start = f.clock_ms;
	assert_true(run(false));
	assert_int_equal(f.aparts[0].deadline, start + EXCHANGE_MS);
	assert_int_equal(f.aparts[1].deadline, start + SIDECAR_SINK_MS);
	assert_int_equal(f.aparts[2].deadline, start + SIDECAR_SINK_MS);
	assert_int_equal(base.deadline, start + EXCHANGE_MS);

	/* One for whose token nobody answers, and a sink that hangs. */
	plan.registries = regions;
	ecr.mute = "us-east-1";
	out.slow = "x1";
	assert_false(run_for(false, EXCHANGE_MS));
	assert_int_equal(f.aparts[0].deadline, start + EXCHANGE_MS * 3 / 4);
	assert_non_null(strstr(told.text, "sink 0 FAILED\nbytes of x2 1\n"));
	assert_string_equal(err.msg, "1 of 2 registries and 1 of 2 outputs"
	    " failed");
	/* Half of the 45 s for the one, half of what was left for the other. */
	assert_int_equal(f.clock_ms, start + 22500 + (EXCHANGE_MS - 22500) / 2);
	assert_int_equal(base.deadline, start + EXCHANGE_MS);

	/* A short one: half of what is left for each of two. */
	ecr.mute = NULL;
	start = f.clock_ms;
	assert_false(run_for(false, 4000));
	assert_int_equal(f.aparts[0].deadline, start + 3000);
	assert_int_equal(f.aparts[1].deadline, start + 2000);
	assert_int_equal(f.aparts[2].deadline, start + 4000);

	/* A long one: tokens leave time for one sink at least. */
	flags.timeout_ms = 9 * SIDECAR_SINK_MS;
	start = f.clock_ms;
	assert_false(run_for(false, 5 * SIDECAR_SINK_MS));
	assert_int_equal(f.aparts[0].deadline, start + 4 * SIDECAR_SINK_MS);
	flags.timeout_ms = 0;

	/* A single registry's failure leaves nothing to write. */
	plan.registry_count = 1;
	out.slow = NULL;
	start = f.clock_ms;
	assert_true(run_for(false, 4000));
	assert_int_equal(f.aparts[0].deadline, start + 4000);

	/* None left. */
	assert_false(run_for(false, 0));
	assert_string_equal(told.last.msg, "x2: child process: no answer in"
	    " time");
}

/* Too much for the next round: it does without. */
static void
t_kept_too_small(void **state)
{
	char small[64];

	(void)state;
	open_world(1, 1);
	kept = BUF(small);
	assert_true(run(false));
	assert_int_equal(kept.n, 0);
	assert_true(fake_noted(&f, NOTE_DETAIL, "too many tokens to be kept"));
	assert_true(run(true));
	assert_int_equal(f.apart_count, 2);
}

/* Each part is told of once, whatever memory there is. */
static void
t_starved(void **state)
{
	static const struct config_flags none;
	struct arena all = t_arena();
	size_t bytes;
	bool done = false;

	(void)state;
	open_world(3, 2);
	bytes = f.bytes_used;
	for (size_t n = 0; !done; n += n < 64 << 10 ? 64 : 4096) {
		struct buf keep = BUF(kept_text);
		size_t lines = 0;

		f.apart_count = f.note_count = 0;
		f.bytes_used = bytes;
		/* Off the end, so that a write beyond it is seen. */
		a = (struct arena){ all.p + all.cap - n, n, 0 };
		told.b = BUF(told.text);
		out.said = BUF(out.text);
		err = (struct err){ ERR_NONE, "" };
		if (!config_load(&f.w, &a, &none, &base, &err))
			continue;
		done = round_run(&base, &plan, false, S("old"),
		    f.clock_ms + SIDECAR_REFRESH_MS, &keep, &to, &err);
		assert_int_equal(done, err.kind == ERR_NONE);
		assert_true(done || err.msg[0]);
		assert_true(keep.n > 0);
		for (size_t i = 0; i < told.b.n; i++)
			lines += told.b.p[i] == '\n';
		if (strstr(told.text, "bytes"))
			lines--;
		assert_int_equal(lines, 5);
		assert_true(n < 4 << 20);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_all_well),
		cmocka_unit_test(t_one_fails),
		cmocka_unit_test(t_all_fail),
		cmocka_unit_test(t_sinks_fail),
		cmocka_unit_test(t_sink_misses_one),
		cmocka_unit_test(t_one_registry),
		cmocka_unit_test(t_renamed),
		cmocka_unit_test(t_kept),
		cmocka_unit_test(t_no_child),
		cmocka_unit_test(t_garbage),
		cmocka_unit_test(t_deadlines),
		cmocka_unit_test(t_kept_too_small),
		cmocka_unit_test(t_starved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
