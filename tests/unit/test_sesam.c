#include "fake_world.h"
#include "sink/sesam.h"

static struct fake_world f;
static struct arena a;

static bool
write_them(const char *api, struct sesam s, struct err *e)
{
	static const struct sesam_secret secrets[] = {
		{ S_INIT("AWS_ECR_TOKEN"), S_INIT("p\"w") },
		{ S_INIT("OTHER"), S_INIT("x") },
	};

	assert_true(uri_parse(str_of(api), &s.api, e));
	s.jwt = S("JWT");
	return sesam_write(&f.w, &s, secrets, 2, FAKE_CLOCK_MS + 5000, &a, e);
}

static void
t_written(void **state)
{
	static const struct {
		const char *api, *url;
		struct sesam s;
		const char *method;
		unsigned status;
	} cases[] = {
		{ "http://n:9042/api", "http://n:9042/api/secrets", { .put = false },
		    "POST", 200 },
		{ "http://n:9042/api/", "http://n:9042/api/secrets", { .put = false },
		    "POST", 201 },
		{ "https://n", "https://n/secrets", { .put = true }, "PUT",
		    299 },
		{ "http://n/api", "http://n/api/systems/a%2Fb%20c/secrets",
		    { .system = S_INIT("a/b c") }, "POST", 204 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = t_arena();
		fake_open(&f);
		fake_answer(&f, (struct fake_answer){
			.method = cases[i].method, .url = cases[i].url,
			.status = cases[i].status });
		if (!write_them(cases[i].api, cases[i].s, &e))
			fail_msg("row %zu: %s", i, e.msg);
		assert_int_equal(f.request_count, 1);
		assert_string_equal(f.requests[0].body,
		    "{\"AWS_ECR_TOKEN\":\"p\\\"w\",\"OTHER\":\"x\"}");
		assert_string_equal(fake_field(&f, 0, "authorization"),
		    "Bearer JWT");
		assert_string_equal(fake_field(&f, 0, "content-type"),
		    "application/json");
		assert_int_equal(f.requests[0].deadline,
		    FAKE_CLOCK_MS + 5000);
	}
}

static void
t_reload(void **state)
{
	const struct sesam s = { .reload = S("sys") };
	struct err e;

	(void)state;
	a = t_arena();
	fake_open(&f);
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = "http://n/api/secrets", .status = 200 });
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = "http://n/api/systems/sys/reload", .status = 202 });
	assert_true(write_them("http://n/api", s, &e));
	assert_true(fake_done(&f));
	assert_int_equal(f.requests[1].body_n, 0);
	assert_null(fake_field(&f, 1, "content-type"));
	assert_string_equal(fake_field(&f, 1, "authorization"), "Bearer JWT");
}

static void
t_refused(void **state)
{
	static const struct {
		struct sesam s;
		struct fake_answer answers[2];
		size_t requests;
		const char *msg;
	} cases[] = {
		{ { .put = false }, { { .status = 500, .body = "p\"w JWT" } }, 1,
		    "sesam 'n' /api/secrets: status 500" },
		{ { .put = false }, { { .status = 199 + 101 } }, 1,
		    "sesam 'n' /api/secrets: status 300" },
		{ { .put = false }, { { .status = 401 } }, 1,
		    "sesam 'n' /api/secrets: status 401; is the token one of"
		    " an administrator of this node?" },
		{ { .put = false }, { { .status = 403 } }, 1,
		    "sesam 'n' /api/secrets: status 403; is the token one of"
		    " an administrator of this node?" },
		{ { .put = false }, { { .status = 404 } }, 1,
		    "sesam 'n' /api/secrets: status 404; does the API's URL"
		    " end in /api?" },
		{ { .system = S_INIT("s") }, { { .status = 404 } }, 1,
		    "sesam 'n' /api/systems/s/secrets: status 404; is there a"
		    " system of that name?" },
		{ { .reload = S_INIT("s") }, { { .status = 500 } }, 1,
		    "sesam 'n' /api/secrets: status 500" },
		{ { .reload = S_INIT("s") }, { { .status = 200 },
		    { .status = 500 } }, 2,
		    "sesam 'n' /api/systems/s/reload: status 500" },
		{ { .reload = S_INIT("s") }, { { .status = 200 },
		    { .status = 404 } }, 2,
		    "sesam 'n' /api/systems/s/reload: status 404; is there a"
		    " system of that name?" },
		{ { .put = false }, { { .msg = "connect n:80: refused" } }, 1,
		    "sesam 'n' /api/secrets: connect n:80: refused" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = t_arena();
		fake_open(&f);
		for (size_t k = 0; k < cases[i].requests; k++)
			fake_answer(&f, cases[i].answers[k]);
		assert_false(write_them("http://n/api", cases[i].s, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(f.request_count, cases[i].requests);
	}
}

static void
t_no_memory(void **state)
{
	struct arena all = t_arena();
	struct err e;
	size_t n = 0;

	(void)state;
	fake_open(&f);
	fake_answer(&f, (struct fake_answer){ .status = 200, .always = true });
	do {
		a = (struct arena){ all.p, n++, 0 };
		f.request_count = 0;
		assert_true(n < 4096);
	} while (!write_them("http://n/api", (struct sesam){ .put = false },
	    &e));
	assert_int_equal(f.request_count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_written),
		cmocka_unit_test(t_reload),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
