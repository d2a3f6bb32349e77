#include "base/json.h"
#include "sidecar/health.h"
#include "t.h"

#define NOW 1440938160	/* 2015-08-30T12:36:00Z */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct health h;
static char out[1 << 16];

static size_t
add(enum health_kind kind, const char *name)
{
	struct err e;
	size_t part;

	if (!health_add(&h, kind, str_of(name), &part, &e))
		fail_msg("%s", e.msg);
	return part;
}

static void
begin(void)
{
	memset(&h, 0, sizeof(h));
	h.version = S("1.2.3");
	h.start_s = NOW - 100;
}

static void
t_add(void **state)
{
	static const struct {
		enum health_kind kind;
		const char *name, *error;
	} cases[] = {
		{ HEALTH_REGISTRY, "a", NULL },
		{ HEALTH_SINK, "a", NULL },
		{ HEALTH_SINK, "a\x01", NULL },
		{ HEALTH_REGISTRY, "a", "registry 'a' is named twice" },
		{ HEALTH_SINK, "a", "sink 'a' is named twice" },
		/* They would be one series. */
		{ HEALTH_SINK, "a\x02", "sink 'a?' is named twice" },
		{ HEALTH_SINK, "a?", "sink 'a?' is named twice" },
		{ HEALTH_SINK, "b", NULL },
		{ HEALTH_SINK, "ab", NULL },
		{ HEALTH_SINK, "", NULL },
	};
	static char names[HEALTH_PARTS_MAX][2];
	struct err e = { ERR_NONE, "" };
	size_t part = 99, n = 0;

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool done = health_add(&h, cases[i].kind,
		    t_edge(str_of(cases[i].name)), &part, &e);

		assert_int_equal(done, !cases[i].error);
		if (!done) {
			assert_string_equal(e.msg, cases[i].error);
			continue;
		}
		assert_int_equal(part, n++);
		/* A view, and the edge is one at a time. */
		h.parts[part].name = str_of(cases[i].name);
	}
	begin();
	for (size_t i = 0; i < HEALTH_PARTS_MAX; i++) {
		names[i][0] = (char)('0' + i % 64);
		names[i][1] = (char)('0' + i / 64);
		assert_true(health_add(&h, HEALTH_SINK, (struct str){ names[i],
		    2 }, &part, &e));
	}
	assert_false(health_add(&h, HEALTH_SINK, S("x"), &part, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "sink 'x': more than 128 registries and"
	    " sinks");
}

/* A failure that says of whom it is is not said to be of him. */
static void
t_named_once(void **state)
{
	static const struct {
		enum health_kind kind;
		const char *error, *why;
	} cases[] = {
		{ HEALTH_REGISTRY, "registry 'n': broke",
		    "registry 'n': broke" },
		{ HEALTH_REGISTRY, "registry 'm': broke",
		    "registry 'n': registry 'm': broke" },
		{ HEALTH_REGISTRY, "'n' broke", "registry 'n': 'n' broke" },
		{ HEALTH_SINK, "registry 'n': broke",
		    "sink 'n': registry 'n': broke" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		struct buf why = BUF(text);

		begin();
		add(cases[i].kind, "n");
		health_failure(&h, 0, 1000000, str_of(cases[i].error));
		assert_false(health_good(&h, 1000000, &why));
		assert_str_equal(buf_str(&why), str_of(cases[i].why));
	}
}

/* Times are seconds ago; -1: never. */
static void
t_rules(void **state)
{
	static const struct {
		enum health_kind kind;
		int64_t success, life;	/* what the token had then */
		int64_t failure;
		const char *state, *why;	/* why NULL: good */
	} cases[] = {
		{ HEALTH_REGISTRY, 0, 43200, -1, "ok", NULL },
		{ HEALTH_REGISTRY, 38880, 43200, -1, "ok", NULL },
		{ HEALTH_REGISTRY, 600, 43200, 5, "retrying", NULL },
		{ HEALTH_SINK, 0, 0, -1, "ok", NULL },
		{ HEALTH_SINK, 999999, 0, -1, "ok", NULL },
		{ HEALTH_REGISTRY, 38881, 43200, -1, "dying",
		    "registry 'n': the token expires in 4319 s" },
		{ HEALTH_REGISTRY, 43199, 43200, 3, "dying",
		    "registry 'n': the token expires in 1 s; it broke" },
		{ HEALTH_REGISTRY, 43200, 43200, -1, "expired",
		    "registry 'n': the token expired 0 s ago" },
		{ HEALTH_REGISTRY, 43210, 43200, 2, "expired",
		    "registry 'n': the token expired 10 s ago; it broke" },
		{ HEALTH_REGISTRY, -1, 0, -1, "never",
		    "registry 'n': no token yet" },
		{ HEALTH_REGISTRY, -1, 0, 2, "failed",
		    "registry 'n': it broke" },
		{ HEALTH_SINK, -1, 0, -1, "never",
		    "sink 'n': not written yet" },
		{ HEALTH_SINK, -1, 0, 2, "failed", "sink 'n': it broke" },
		{ HEALTH_SINK, 9, 0, 2, "failed", "sink 'n': it broke" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = t_arena();
		char text[128];
		struct buf b = BUF(out), why = BUF(text);
		struct json root, box, item;
		struct str said;
		struct err e;

		begin();
		add(cases[i].kind, "n");
		if (cases[i].success >= 0)
			health_success(&h, 0, NOW - cases[i].success,
			    cases[i].life ? NOW - cases[i].success +
			    cases[i].life : 0);
		if (cases[i].failure >= 0)
			health_failure(&h, 0, NOW - cases[i].failure,
			    S("it broke"));
		assert_int_equal(health_good(&h, NOW, &why), !cases[i].why);
		assert_str_equal(buf_str(&why), str_of(cases[i].why));
		assert_int_equal(health_good(&h, NOW, NULL), !cases[i].why);
		health_json(&h, NOW, &b);
		assert_true(json_parse(buf_str(&b), &a, &root, &e));
		assert_true(json_get_str(root, S("status"), &a, &said, &e));
		assert_str_equal(said, cases[i].why ? S("failing") : S("ok"));
		assert_true(json_get_str(root, S("cause"), &a, &said, &e));
		assert_str_equal(said, str_of(cases[i].why));
		assert_true(json_get(root, cases[i].kind == HEALTH_SINK ?
		    S("sinks") : S("registries"), &box));
		assert_true(json_first(box, NULL, &item));
		assert_true(json_get_str(item, S("status"), &a, &said, &e));
		assert_str_equal(said, str_of(cases[i].state));
	}
}

/* A success makes good; the error stays to be read. */
static void
t_recovery(void **state)
{
	static char much[HEALTH_ERROR_MAX + 50];
	struct buf b = BUF(out);

	(void)state;
	begin();
	assert_false(health_good(&h, NOW, &b));
	assert_str_equal(buf_str(&b), S("there is no registry and no sink"));
	add(HEALTH_SINK, "first");
	add(HEALTH_SINK, "second");
	health_success(&h, 0, NOW, 0);
	assert_false(health_good(&h, NOW, NULL));
	memset(much, 'e', sizeof(much));
	health_failure(&h, 1, NOW, (struct str){ much, sizeof(much) });
	assert_int_equal(h.parts[1].error_n, HEALTH_ERROR_MAX);
	assert_false(health_good(&h, NOW, NULL));
	health_success(&h, 1, NOW, 0);
	assert_true(health_good(&h, NOW, NULL));
	assert_int_equal(h.parts[1].error_n, HEALTH_ERROR_MAX);
	health_failure(&h, 1, NOW + 1, S("short"));
	assert_int_equal(h.parts[1].error_n, 5);
	assert_int_equal(h.parts[1].failures, 2);
	assert_int_equal(h.parts[1].successes, 1);
}

static void
t_json(void **state)
{
	struct buf b = BUF(out);

	(void)state;
	begin();
	add(HEALTH_REGISTRY, "r.example");
	add(HEALTH_SINK, "file '/a\"b\\c\n\xff'");
	add(HEALTH_SINK, "two");
	health_success(&h, 0, NOW - 60, NOW + 43140);
	health_failure(&h, 0, NOW - 5, S("ecr: \"no\""));
	health_success(&h, 1, NOW - 59, 0);
	health_json(&h, NOW, &b);
	assert_false(b.full);
	assert_str_equal(buf_str(&b), S("{\"status\":\"failing\",\"cause\":"
	    "\"sink 'two': not written yet\",\"time\":\"2015-08-30T12:36:00Z\""
	    ",\"start\":\"2015-08-30T12:34:20Z\",\n"
	    "\"registries\":[\n"
	    "{\"name\":\"r.example\",\"status\":\"retrying\",\"age_s\":60,"
	    "\"success\":\"2015-08-30T12:35:00Z\","
	    "\"failure\":\"2015-08-30T12:35:55Z\","
	    "\"expires\":\"2015-08-31T00:35:00Z\",\"left_s\":43140,"
	    "\"error\":\"ecr: \\\"no\\\"\"}],\n"
	    "\"sinks\":[\n"
	    "{\"name\":\"file '/a\\\"b\\\\c?" "?'\",\"status\":\"ok\","
	    "\"age_s\":59,\"success\":\"2015-08-30T12:35:01Z\","
	    "\"failure\":null,\"error\":\"\"},\n"
	    "{\"name\":\"two\",\"status\":\"never\",\"age_s\":null,"
	    "\"success\":null,\"failure\":null,\"error\":\"\"}]}\n"));
	b = (struct buf){ out, 0, 300, false };
	health_json(&h, NOW, &b);
	assert_true(b.full);
	/* The clock was put back. */
	b = BUF(out);
	health_json(&h, NOW - 3600, &b);
	assert_true(str_contains(buf_str(&b), S("\"age_s\":0,")));
}

static void
t_check(void **state)
{
#define SINKS(s) "{\"status\":\"ok\",\"sinks\":[" s "]}"
	static const struct {
		unsigned status;
		const char *body;
		int64_t max;
		enum err_kind kind;
		const char *error;
	} cases[] = {
		{ 200, "Yey!", 0, ERR_NONE, NULL },
		{ 200, SINKS(""), 60, ERR_NONE, NULL },
		{ 200, SINKS("{\"name\":\"n\",\"age_s\":60}"), 60, ERR_NONE,
		    NULL },
		{ 200, SINKS("{\"name\":\"n\",\"age_s\":61}"), 60, ERR_DENIED,
		    "check 'n': written 61 s ago, which may be 60 s" },
		{ 200, SINKS("{\"name\":\"m\",\"age_s\":1},"
		    "{\"name\":\"n\",\"age_s\":null}"), 60, ERR_DENIED,
		    "check 'n': not written yet" },
		{ 200, SINKS("{\"name\":\"n\",\"age_s\":-1}"), 60, ERR_REPLY,
		    "check 'n': its age is no number" },
		{ 200, SINKS("{\"name\":\"n\",\"age_s\":\"1\"}"), 60,
		    ERR_REPLY, "check 'n': its age is no number" },
		{ 200, SINKS("{\"age_s\":1}"), 60, ERR_REPLY,
		    "check: a sink: no 'name'" },
		{ 200, SINKS("7"), 60, ERR_REPLY, "check: a sink: no 'name'" },
		{ 200, "Yey!", 60, ERR_REPLY, "check: status 200: not json at"
		    " byte 0: value expected" },
		{ 200, "{\"sinks\":{}}", 60, ERR_REPLY,
		    "check: no sinks in the answer" },
		{ 200, "[]", 60, ERR_REPLY, "check: no sinks in the answer" },
		{ 503, "{\"cause\":\"sink 'n': it broke\"}", 0, ERR_DENIED,
		    "check: sink 'n': it broke" },
		{ 503, "{\"cause\":1}", 0, ERR_REPLY,
		    "check: status 503: no 'cause'" },
		{ 503, "", 0, ERR_REPLY, "check: status 503: not json at byte"
		    " 0, the end: value expected" },
		{ 404, "{}", 0, ERR_REPLY,
		    "check: status 404 is none of /health's" },
		{ 204, "", 0, ERR_REPLY,
		    "check: status 204 is none of /health's" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = t_arena();
		struct err e = { ERR_NONE, "" };
		bool done = health_check(cases[i].status,
		    t_edge(str_of(cases[i].body)), cases[i].max, &a, &e);

		assert_int_equal(done, !cases[i].error);
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.msg, done ? "" : cases[i].error);
	}
}

/* What we say of ourselves is what we check. */
static void
t_check_ours(void **state)
{
	struct arena a = t_arena();
	struct buf b = BUF(out);
	struct err e;

	(void)state;
	begin();
	add(HEALTH_SINK, "n");
	health_success(&h, 0, NOW - 100, 0);
	health_json(&h, NOW, &b);
	assert_true(health_check(200, buf_str(&b), 100, &a, &e));
	assert_false(health_check(200, buf_str(&b), 99, &a, &e));
	health_failure(&h, 0, NOW, S("disk full"));
	b = BUF(out);
	health_json(&h, NOW, &b);
	assert_false(health_check(503, buf_str(&b), 0, &a, &e));
	assert_string_equal(e.msg, "check: sink 'n': disk full");
}

static void
t_file(void **state)
{
	static const struct {
		int64_t interval, age;
	} ages[] = {
		{ 0, 32400 }, { 21600, 32400 }, { 86400, 32400 },
		{ INT64_MAX, 32400 }, { 21599, 32398 }, { 3600, 5400 },
		{ 41, 61 }, { 40, 60 }, { 1, 60 }, { -1, 32400 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(ages); i++)
		assert_true(health_max_age_s(ages[i].interval) ==
		    ages[i].age);
	assert_true(health_file(S("/f"), NOW - 60, NOW, 60, &e));
	assert_true(health_file(S("/f"), NOW + 60, NOW, 60, &e));
	assert_false(health_file(S("/f"), NOW - 61, NOW, 60, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_string_equal(e.msg, "check '/f': written 61 s ago, which may be"
	    " 60 s");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_add),
		cmocka_unit_test(t_named_once),
		cmocka_unit_test(t_rules),
		cmocka_unit_test(t_recovery),
		cmocka_unit_test(t_json),
		cmocka_unit_test(t_check),
		cmocka_unit_test(t_check_ours),
		cmocka_unit_test(t_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
