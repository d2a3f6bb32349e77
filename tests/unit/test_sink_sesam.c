/* Tokens as secrets of a Sesam node. */
#include "fake_world.h"
#include "sink/sink.h"

static const struct format_entry entries[] = {
	{ S_INIT("a.example"), S_INIT("1"), S_INIT("eu"), S_INIT("AWS"),
	    S_INIT("pwA"), S_INIT("QQ=="), FAKE_NOW },
	{ S_INIT("b.example"), S_INIT("2"), S_INIT("us"), S_INIT("AWS"),
	    S_INIT("pwB"), S_INIT("QQ=="), FAKE_NOW },
};

static struct fake_world f;
static struct arena a;
static struct err e;

static bool
write_to(struct sink s, size_t count)
{
	s.kind = SINK_SESAM;
	if (!s.target.p)
		s.target = S("http://n:9042/api");
	a = t_arena();
	return sink_write(&f.w, &s, entries, count, 0, FAKE_CLOCK_MS + 500,
	    &a, NULL, &e);
}

static void
t_written(void **state)
{
	static const struct {
		struct sink s;
		size_t count;
		const char *jwt;	/* file */
		const char *method, *url, *body, *bearer;
	} cases[] = {
		{ { .secret = S_INIT("AWS_ECR_TOKEN"), .jwt = S_INIT("J") }, 1,
		    NULL, "POST", "http://n:9042/api/secrets",
		    "{\"AWS_ECR_TOKEN\":\"pwA\"}", "Bearer J" },
		{ { .secret = S_INIT("T_{account}_{region}"),
		    .jwt = S_INIT("J"), .put = true }, 2, NULL, "PUT",
		    "http://n:9042/api/secrets",
		    "{\"T_1_eu\":\"pwA\",\"T_2_us\":\"pwB\"}", "Bearer J" },
		{ { .secret = S_INIT("T"), .jwt_file = "/jwt",
		    .system = S_INIT("s 1") }, 1, " \nJ2\r\n", "POST",
		    "http://n:9042/api/systems/s%201/secrets",
		    "{\"T\":\"pwA\"}", "Bearer J2" },
		/* The file is what counts. */
		{ { .secret = S_INIT("T"), .jwt_file = "/jwt",
		    .jwt = S_INIT("J"), .target = S_INIT("https://n") }, 1,
		    "J2", "POST", "https://n/secrets", "{\"T\":\"pwA\"}",
		    "Bearer J2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_open(&f);
		fake_file(&f, "/jwt", cases[i].jwt);
		fake_answer(&f, (struct fake_answer){
			.method = cases[i].method, .url = cases[i].url,
			.status = 200 });
		if (!write_to(cases[i].s, cases[i].count))
			fail_msg("row %zu: %s", i, e.msg);
		assert_int_equal(f.request_count, 1);
		assert_string_equal(f.requests[0].body, cases[i].body);
		assert_string_equal(fake_field(&f, 0, "authorization"),
		    cases[i].bearer);
		assert_int_equal(f.requests[0].deadline, FAKE_CLOCK_MS + 500);
	}
}

static void
t_reload(void **state)
{
	(void)state;
	fake_open(&f);
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = "http://n:9042/api/secrets", .status = 200 });
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = "http://n:9042/api/systems/s/reload", .status = 202 });
	assert_true(write_to((struct sink){ .secret = S("T"), .jwt = S("J"),
		.reload = S("s") }, 1));
	assert_true(fake_done(&f));
}

/* Nothing is sent. */
static void
t_refused(void **state)
{
	static const struct {
		struct sink s;
		size_t count;
		const char *jwt;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ { .secret = S_INIT("T"), .jwt_file = "/jwt" }, 1, NULL,
		    ERR_ABSENT, "sesam token: read '/jwt': No such file or"
		    " directory" },
		{ { .secret = S_INIT("T"), .jwt_file = "/jwt" }, 1, "",
		    ERR_USAGE, "sesam token: '/jwt' is empty" },
		{ { .secret = S_INIT("T"), .jwt_file = "/jwt" }, 1, " \r\n",
		    ERR_USAGE, "sesam token: '/jwt' is empty" },
		{ { .secret = S_INIT("T"), .jwt = S_INIT("J") }, 2, NULL,
		    ERR_USAGE, "sesam secret 'T': the same for 'a.example' and"
		    " 'b.example'; write {account} and {region}, or {host},"
		    " into it" },
		{ { .secret = S_INIT("{"), .jwt = S_INIT("J") }, 1, NULL,
		    ERR_USAGE, "sesam secret '{': in braces there may be"
		    " account, region or host" },
		{ { .secret = S_INIT("T"), .jwt = S_INIT("J"),
		    .target = S_INIT("n") }, 1, NULL, ERR_USAGE, "sesam 'n':"
		    " URL does not begin with http:// or https://" },
		{ { .secret = S_INIT("T"), .jwt = S_INIT("J"),
		    .target = S_INIT("http://n/?x") }, 1, NULL, ERR_USAGE,
		    "sesam 'http://n/?x': its API's URL has no '?'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_open(&f);
		fake_file(&f, "/jwt", cases[i].jwt);
		assert_false(write_to(cases[i].s, cases[i].count));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(f.request_count, 0);
	}
	fake_open(&f);
	fake_answer(&f, (struct fake_answer){ .status = 500 });
	assert_false(write_to((struct sink){ .secret = S("T"),
		.jwt = S("J") }, 1));
	assert_string_equal(e.msg, "sesam 'n' /api/secrets: status 500");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_written),
		cmocka_unit_test(t_reload),
		cmocka_unit_test(t_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
