#include "fake_world.h"

#include "aws/imds.h"
#include "base/json.h"
#include "base/limits.h"
#include "vectors.h"

#define BASE "http://169.254.169.254"
#define PUT_URL BASE "/latest/api/token"
#define PATH "/latest/meta-data/instance-id"
#define AT "imds /latest/api/token: "

static struct fake_world f;
static struct arena a;
static struct config c;
static struct str body;
static struct err err;

static void
open_world(const char *config)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	if (config)
		fake_file(&f, "config", config);
	err = (struct err){ .kind = ERR_NONE };
	body = (struct str){ NULL, 0 };
}

static void
load(void)
{
	const struct config_flags flags = { .profile = NULL };

	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
}

static bool
get(void)
{
	load();
	return imds_get(&c, S(PATH), &a, &body, &err);
}

static void
answer(const char *method, const char *url, unsigned status,
    const char *text)
{
	fake_answer(&f, (struct fake_answer){ .method = method, .url = url,
		.status = status, .body = text });
}

static void
token(void)
{
	answer("PUT", PUT_URL, 200, "TOKEN==");
}

static int64_t
spent(void)
{
	return f.clock_ms - FAKE_CLOCK_MS;
}

static void
test_version_2(void **state)
{
	(void)state;
	open_world(NULL);
	token();
	answer("GET", BASE PATH, 200, "i-1");
	answer("GET", BASE "/latest/b", 200, "b");
	assert_true(get());
	assert_str_equal(body, S("i-1"));
	assert_string_equal(fake_field(&f, 0,
	    "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
	assert_string_equal(f.requests[0].body, "");
	assert_string_equal(fake_field(&f, 1, "x-aws-ec2-metadata-token"),
	    "TOKEN==");
	assert_int_equal(f.requests[0].deadline,
	    FAKE_CLOCK_MS + IMDS_BUDGET_MS);
	assert_int_equal(f.requests[0].connect_ms, IMDS_CONNECT_MS);
	assert_int_equal(f.requests[0].read_ms, IMDS_READ_MS);
	/* One token and one budget for the run. */
	f.clock_ms += 500;
	assert_true(imds_get(&c, S("latest/b"), &a, &body, &err));
	assert_int_equal(f.request_count, 3);
	assert_string_equal(fake_field(&f, 2, "x-aws-ec2-metadata-token"),
	    "TOKEN==");
	assert_int_equal(f.requests[2].deadline,
	    FAKE_CLOCK_MS + IMDS_BUDGET_MS);
}

static void
test_version_1(void **state)
{
	static const unsigned statuses[] = { 403, 404, 405 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		open_world(NULL);
		answer("PUT", PUT_URL, statuses[i], "no");
		answer("GET", BASE PATH, 200, "i-1");
		answer("GET", BASE PATH, 200, "i-1");
		assert_true(get());
		assert_str_equal(body, S("i-1"));
		assert_null(fake_field(&f, 1, "x-aws-ec2-metadata-token"));
		assert_true(fake_noted(&f, NOTE_DETAIL, "using version 1"));
		/* Not asked for a token again. */
		assert_true(imds_get(&c, S(PATH), &a, &body, &err));
		assert_true(fake_done(&f));
	}
}

static void
test_version_1_forbidden(void **state)
{
	static const struct {
		const char *env, *config;
	} cases[] = {
		{ "true", NULL },
		{ "TRUE", "[default]\nec2_metadata_v1_disabled = false\n" },
		{ NULL, "[default]\nec2_metadata_v1_disabled = true\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(cases[i].config);
		fake_env(&f, "AWS_EC2_METADATA_V1_DISABLED", cases[i].env);
		answer("PUT", PUT_URL, 403, "");
		assert_false(get());
		assert_string_equal(err.msg, AT "status 403, and version 1 is "
		    "forbidden by AWS_EC2_METADATA_V1_DISABLED");
		assert_int_equal(err.kind, ERR_DENIED);
		assert_int_equal(f.request_count, 1);
	}
}

/* Answers to the PUT that end it: no version 1 then, and no repetition. */
static void
test_token_refusals(void **state)
{
	static char long_token[IMDS_TOKEN_MAX + 2];
	static const struct {
		unsigned status;
		const char *text, *msg;
	} cases[] = {
		{ 400, "bad", AT "status 400" },
		{ 401, "", AT "status 401" },
		{ 301, "", AT "status 301" },
		{ 204, "", AT "status 204" },
		{ 200, "", AT "the answer is no token" },
		{ 200, " \n", AT "the answer is no token" },
		{ 200, "a b", AT "the answer is no token" },
		{ 200, "a\r\nX: y", AT "the answer is no token" },
		{ 200, "<html>\n</html>", AT "the answer is no token" },
		{ 200, "\xc3\xa9", AT "the answer is no token" },
		{ 200, long_token, AT "the answer is no token" },
	};

	(void)state;
	memset(long_token, 'x', sizeof(long_token) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		answer("PUT", PUT_URL, cases[i].status, cases[i].text);
		assert_false(get());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_int_equal(f.request_count, 1);
	}
}

static void
test_get_refusals(void **state)
{
	static const struct {
		unsigned status;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ 404, ERR_ABSENT, "imds " PATH ": not there (status 404)" },
		{ 403, ERR_DENIED, "imds " PATH ": status 403, the metadata "
		    "service is switched off or closed to us" },
		{ 400, ERR_REPLY, "imds " PATH ": status 400" },
		{ 302, ERR_REPLY, "imds " PATH ": status 302" },
		{ 204, ERR_REPLY, "imds " PATH ": status 204" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		token();
		answer("GET", BASE PATH, cases[i].status, "");
		assert_false(get());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(f.request_count, 2);
	}
}

static void
test_stale_token(void **state)
{
	(void)state;
	open_world(NULL);
	token();
	answer("GET", BASE PATH, 401, "");
	answer("PUT", PUT_URL, 200, "SECOND");
	answer("GET", BASE PATH, 200, "i-1");
	assert_true(get());
	assert_string_equal(fake_field(&f, 3, "x-aws-ec2-metadata-token"),
	    "SECOND");

	/* Once. */
	open_world(NULL);
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "T", .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 401,
		.always = true });
	assert_false(get());
	assert_int_equal(f.request_count, 4);
	assert_string_equal(err.msg, "imds " PATH ": status 401, the token is "
	    "refused");

	/* Version 1 has no token to renew. */
	open_world(NULL);
	answer("PUT", PUT_URL, 404, "");
	answer("GET", BASE PATH, 401, "");
	assert_false(get());
	assert_int_equal(f.request_count, 2);
}

/* What a failing PUT costs, and whether version 1 is ever asked instead (it
 * is not: no GET is in the tables, and one would fail the test).
 */
static void
test_faults(void **state)
{
	static const struct {
		struct fake_answer fault;
		enum err_kind kind;
		size_t requests;
		int64_t ms;
		const char *msg;
	} cases[] = {
		/* Silently dropped. */
		{ { .phase = HTTP_CONNECT, .timed_out = true }, ERR_ABSENT, 1,
		    1000, AT "connect 169.254.169.254: timed out after 1000 "
		    "ms" },
		/* Nobody listening, or unreachable at once. */
		{ { .phase = HTTP_CONNECT, .refused = true }, ERR_ABSENT, 1,
		    0, AT "connect 169.254.169.254: connection refused" },
		/* Hop limit 1: connects, then nothing. */
		{ { .phase = HTTP_RECEIVE, .timed_out = true }, ERR_ABSENT, 2,
		    2000, AT "receive 169.254.169.254: timed out after 900 ms;"
		    " in a container the instance's HttpPutResponseHopLimit "
		    "must be 2 or more" },
		/* Reset in the middle. */
		{ { .phase = HTTP_RECEIVE }, ERR_NET, 3, 300,
		    AT "receive 169.254.169.254: connection lost" },
		{ { .status = 503 }, ERR_NET, 3, 300, AT "status 503" },
		{ { .status = 500 }, ERR_NET, 3, 300, AT "status 500" },
		{ { .status = 429 }, ERR_NET, 3, 300, AT "status 429" },
		/* Slow and busy: the budget counts, not the attempts. */
		{ { .status = 503, .takes_ms = 900 }, ERR_NET, 2, 1900,
		    AT "status 503" },
		/* Not HTTP. */
		{ { .kind = ERR_REPLY, .msg = "status line is not HTTP" },
		    ERR_REPLY, 1, 0, AT "status line is not HTTP" },
		{ { .kind = ERR_LIMIT, .msg = "too large" }, ERR_LIMIT, 1, 0,
		    AT "too large" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_answer fault = cases[i].fault;

		open_world(NULL);
		fault.method = "PUT";
		fault.always = true;
		fake_answer(&f, fault);
		assert_false(get());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(f.request_count, cases[i].requests);
		assert_int_equal(spent(), cases[i].ms);
	}
}

static void
test_fault_then_answer(void **state)
{
	(void)state;
	open_world(NULL);
	answer("PUT", PUT_URL, 503, "");
	fake_answer(&f, (struct fake_answer){ .method = "PUT",
		.phase = HTTP_SEND });
	token();
	answer("GET", BASE PATH, 429, "");
	answer("GET", BASE PATH, 200, "i-1");
	assert_true(get());
	assert_int_equal(err.kind, ERR_NONE);
	assert_str_equal(body, S("i-1"));
	assert_int_equal(f.pause_count, 3);
	assert_int_equal(f.pauses[0].least_ms, 50);
	assert_int_equal(f.pauses[0].most_ms, 100);
	assert_int_equal(f.pauses[1].most_ms, 200);
	assert_int_equal(f.pauses[2].most_ms, 100);
	assert_true(fake_noted(&f, NOTE_DETAIL,
	    "imds: status 503 (attempt 1 of 3, trying again)"));
}

/* The hint is for the PUT alone: after it the packets have come through. */
static void
test_get_times_out(void **state)
{
	(void)state;
	open_world(NULL);
	token();
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.phase = HTTP_RECEIVE, .timed_out = true, .always = true });
	assert_false(get());
	assert_string_equal(err.msg, "imds " PATH ": receive 169.254.169.254: "
	    "timed out after 900 ms");
	assert_int_equal(spent(), IMDS_BUDGET_MS);
}

static void
test_budget(void **state)
{
	static const struct {
		const char *timeout, *attempts, *config;
		int64_t wait_ms, budget_ms;
		size_t busy;	/* requests when all of them are busy */
	} cases[] = {
		{ NULL, NULL, NULL, 1000, 2000, 3 },
		{ "1", NULL, NULL, 1000, 2000, 3 },
		{ "5", NULL, NULL, 5000, 10000, 3 },
		{ NULL, "1", NULL, 1000, 2000, 1 },
		{ NULL, "4", NULL, 1000, 8000, 4 },
		{ "3", "2", NULL, 3000, 12000, 2 },
		{ NULL, NULL, "[default]\nmetadata_service_timeout = 4\n"
		    "metadata_service_num_attempts = 2\n", 4000, 16000, 2 },
		{ "2", "1", "[default]\nmetadata_service_timeout = 4\n"
		    "metadata_service_num_attempts = 2\n", 2000, 4000, 1 },
		/* Never beyond the run's own deadline. */
		{ "3600", "100", NULL, 3600000, EXCHANGE_MS, 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(cases[i].config);
		fake_env(&f, "AWS_METADATA_SERVICE_TIMEOUT",
		    cases[i].timeout);
		fake_env(&f, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
		    cases[i].attempts);
		fake_answer(&f, (struct fake_answer){ .status = 503,
			.always = true });
		assert_false(get());
		assert_int_equal(f.requests[0].connect_ms, cases[i].wait_ms);
		assert_int_equal(f.requests[0].read_ms, cases[i].wait_ms);
		assert_int_equal(f.requests[0].deadline,
		    FAKE_CLOCK_MS + cases[i].budget_ms);
		assert_int_equal(f.request_count, cases[i].busy);
	}
}

static void
test_settings_refused(void **state)
{
	static const struct {
		const char *timeout, *attempts, *config, *msg;
	} cases[] = {
		{ "0", NULL, NULL, "imds: AWS_METADATA_SERVICE_TIMEOUT '0': "
		    "not a number from 1 to 3600" },
		{ "0.5", NULL, NULL, "imds: AWS_METADATA_SERVICE_TIMEOUT "
		    "'0.5': not a number from 1 to 3600" },
		{ "3601", NULL, NULL, "imds: AWS_METADATA_SERVICE_TIMEOUT "
		    "'3601': not a number from 1 to 3600" },
		{ NULL, "-1", NULL, "imds: AWS_METADATA_SERVICE_NUM_ATTEMPTS "
		    "'-1': not a number from 1 to 100" },
		{ NULL, "1s", NULL, "imds: AWS_METADATA_SERVICE_NUM_ATTEMPTS "
		    "'1s': not a number from 1 to 100" },
		{ NULL, NULL, "[default]\nmetadata_service_timeout = x\n",
		    "imds: metadata_service_timeout 'x': not a number from 1 "
		    "to 3600" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(cases[i].config);
		fake_env(&f, "AWS_METADATA_SERVICE_TIMEOUT",
		    cases[i].timeout);
		fake_env(&f, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
		    cases[i].attempts);
		assert_false(get());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_int_equal(f.request_count, 0);
	}
}

static void
test_switched_off(void **state)
{
	static const struct {
		const char *env, *config, *msg;	/* NULL: on */
	} cases[] = {
		{ "true", NULL,
		    "imds: switched off by AWS_EC2_METADATA_DISABLED" },
		{ "True", NULL,
		    "imds: switched off by AWS_EC2_METADATA_DISABLED" },
		{ NULL, "[default]\ndisable_ec2_metadata = true\n",
		    "imds: switched off by disable_ec2_metadata of profile "
		    "'default'" },
		{ "false", "[default]\ndisable_ec2_metadata = true\n", NULL },
		{ "1", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(cases[i].config);
		fake_env(&f, "AWS_EC2_METADATA_DISABLED", cases[i].env);
		if (!cases[i].msg) {
			load();
			assert_true(imds_enabled(&c, &err));
			continue;
		}
		assert_false(get());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_ABSENT);
		assert_int_equal(f.request_count, 0);
	}
}

/* The endpoint's path and ours, joined by one slash. */
static void
test_join(void **state)
{
	static const struct {
		const char *endpoint, *path, *url;
	} cases[] = {
		{ "http://h", "/latest/x", "http://h/latest/x" },
		{ "http://h/", "/latest/x", "http://h/latest/x" },
		{ "http://h//", "latest/x", "http://h/latest/x" },
		{ "http://h:81/base", "/latest/x",
		    "http://h:81/base/latest/x" },
		{ "http://h/base/", "//latest/x/",
		    "http://h/base/latest/x/" },
		{ "http://[fd00:ec2::254]", "/x",
		    "http://[fd00:ec2::254]/x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		fake_env(&f, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
		    cases[i].endpoint);
		fake_answer(&f, (struct fake_answer){ .method = "PUT",
			.status = 404 });
		answer("GET", cases[i].url, 200, "");
		load();
		if (!imds_get(&c, str_of(cases[i].path), &a, &body, &err))
			fail_msg("%s", err.msg);
	}
}

static void
test_endpoint(void **state)
{
	static const struct {
		const char *endpoint, *mode, *ipv6, *config;
		const char *host, *msg;
	} cases[] = {
		{ NULL, NULL, NULL, NULL, "169.254.169.254", NULL },
		{ NULL, NULL, "true", NULL, "fd00:ec2::254", NULL },
		{ NULL, NULL, "false", NULL, "169.254.169.254", NULL },
		{ NULL, "IPv4", "true", NULL, "169.254.169.254", NULL },
		{ NULL, NULL, "true", "[default]\n"
		    "ec2_metadata_service_endpoint_mode = ipv4\n",
		    "169.254.169.254", NULL },
		{ NULL, "ipv6", NULL, "[default]\n"
		    "ec2_metadata_service_endpoint_mode = bad\n",
		    "fd00:ec2::254", NULL },
		{ NULL, "ipv6", NULL, "[default]\n"
		    "ec2_metadata_service_endpoint = http://p\n", "p", NULL },
		{ "http://e", "bad", NULL, "[default]\n"
		    "ec2_metadata_service_endpoint = http://p\n", "e", NULL },
		{ NULL, "bad", NULL, NULL, NULL, "imds: "
		    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE 'bad': neither "
		    "IPv4 nor IPv6" },
		{ NULL, NULL, NULL, "[default]\n"
		    "ec2_metadata_service_endpoint_mode = v6\n", NULL,
		    "imds: ec2_metadata_service_endpoint_mode 'v6': neither "
		    "IPv4 nor IPv6" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct uri u;

		open_world(cases[i].config);
		fake_env(&f, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
		    cases[i].endpoint);
		fake_env(&f, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
		    cases[i].mode);
		fake_env(&f, "AWS_IMDS_USE_IPV6", cases[i].ipv6);
		load();
		if (imds_endpoint(&c, &u, &err)) {
			assert_str_equal(u.host, str_of(cases[i].host));
			continue;
		}
		assert_int_equal(err.kind, ERR_USAGE);
		assert_string_equal(err.msg, cases[i].msg);
	}
}

static struct json
need(struct json box, struct str key)
{
	struct json v;

	if (!json_get(box, key, &v))
		fail_msg("no '%.*s'", STR_ARG(key));
	return v;
}

static const char *
text(struct json v, struct arena *m)
{
	const char *z = NULL;
	struct str s;

	assert_true(json_str(v, m, &s, &err));
	assert_true(arena_z(m, s, &z, &err));
	return z;
}

/* Another arena than the one that open_world begins again. */
static struct arena
suite_arena(void)
{
	static _Alignas(16) char mem[1 << 20];

	return (struct arena){ mem, sizeof(mem), 0 };
}

static void
suite_case(struct json test, struct arena *m)
{
	struct json box, key, item, expect;
	struct uri u;
	bool found;

	open_world(NULL);
	fake_env(&f, "AWS_CONFIG_FILE", NULL);
	box = need(test, S("env"));
	for (bool more = json_first(box, &key, &item); more;
	    more = json_next(box, &key, &item))
		fake_env(&f, text(key, m), text(item, m));
	box = need(test, S("fs"));
	for (bool more = json_first(box, &key, &item); more;
	    more = json_next(box, &key, &item))
		fake_file(&f, text(key, m), text(item, m));
	load();
	found = imds_endpoint(&c, &u, &err);
	box = need(test, S("result"));
	assert_int_equal(found, json_get(box, S("Ok"), &expect));
	if (!found) {
		assert_int_equal(err.kind, ERR_USAGE);
		return;
	}
	answer("PUT", text(expect, m), 404, "");
	answer("GET", NULL, 200, "");
	assert_true(imds_get(&c, S(PATH), &a, &body, &err));
}

/* Cases whose override comes from a program's own code are not ours: there is
 * no such option here.
 */
static void
test_suite(void **state)
{
	struct arena m = suite_arena();
	unsigned count = 0, others = 0;
	struct json tests, test, override;

	(void)state;
	assert_true(json_parse(vector("aws-config/imds-endpoint-tests.json",
	    &m), &m, &tests, &err));
	tests = need(tests, S("tests"));
	for (bool more = json_first(tests, NULL, &test); more;
	    more = json_next(tests, NULL, &test)) {
		print_message("  %s\n", text(need(test, S("docs")), &m));
		if (json_get(test, S("endpoint_override"), &override) ||
		    (json_get(test, S("mode_override"), &override) &&
		    !json_get(need(test, S("env")),
		    S("AWS_EC2_METADATA_SERVICE_ENDPOINT"), &override))) {
			others++;
			continue;
		}
		suite_case(test, &m);
		count++;
	}
	assert_int_equal(count, 12);
	assert_int_equal(others, 2);
}

#define REGION_URL BASE "/latest/meta-data/placement/region"
#define DOCUMENT_URL BASE "/latest/dynamic/instance-identity/document"
#define UNSET "no region: give --region, or set AWS_REGION or the " \
    "profile's region; "

static void
test_region(void **state)
{
	struct str region;
	bool fips = true;

	(void)state;
	open_world(NULL);
	fake_env(&f, "AWS_REGION", "fips-us-east-1");
	load();
	assert_true(imds_region(&c, &region, &fips, &err));
	assert_str_equal(region, S("us-east-1"));
	assert_true(fips);
	assert_int_equal(f.request_count, 0);

	open_world(NULL);
	token();
	answer("GET", REGION_URL, 200, "us-west-2\n");
	load();
	assert_true(imds_region(&c, &region, &fips, &err));
	assert_str_equal(region, S("us-west-2"));
	assert_false(fips);

	open_world(NULL);
	token();
	answer("GET", REGION_URL, 404, "");
	answer("GET", DOCUMENT_URL, 200, "{\"region\" : \"eu-north-1\"}");
	load();
	assert_true(imds_region(&c, &region, NULL, &err));
	assert_str_equal(region, S("eu-north-1"));

	open_world(NULL);
	answer("PUT", PUT_URL, 404, "");
	answer("GET", REGION_URL, 404, "");
	answer("GET", DOCUMENT_URL, 200, "{\"region\" : \"eu-north-1\"}");
	load();
	assert_true(imds_region(&c, &region, NULL, &err));
	assert_true(fake_done(&f));
	assert_int_equal(err.kind, ERR_NONE);
}

static void
test_region_refusals(void **state)
{
	static const struct {
		const char *env;
		unsigned status;
		const char *region, *document, *msg;
		enum err_kind kind;
	} cases[] = {
		{ "us_east_1", 0, NULL, NULL, "region 'us_east_1' of "
		    "AWS_REGION cannot be part of a host name: letters, "
		    "digits and '-' only", ERR_USAGE },
		{ NULL, 200, "evil.example/", NULL,
		    "imds: 'evil.example/' is no region", ERR_REPLY },
		{ NULL, 200, "", NULL, "imds: '' is no region", ERR_REPLY },
		{ NULL, 403, "", NULL, UNSET "imds /latest/meta-data/"
		    "placement/region: status 403, the metadata service is "
		    "switched off or closed to us", ERR_DENIED },
		{ NULL, 404, "", "{}", UNSET "imds /latest/dynamic/"
		    "instance-identity/document: ", ERR_REPLY },
		{ NULL, 404, "", "{", UNSET "imds /latest/dynamic/"
		    "instance-identity/document: ", ERR_REPLY },
		{ NULL, 404, "", "{\"region\":\"a b\"}",
		    "imds: 'a b' is no region", ERR_REPLY },
	};
	struct str region;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		fake_env(&f, "AWS_REGION", cases[i].env);
		if (cases[i].status) {
			token();
			answer("GET", REGION_URL, cases[i].status,
			    cases[i].region);
		}
		if (cases[i].document)
			answer("GET", DOCUMENT_URL, 200, cases[i].document);
		load();
		assert_false(imds_region(&c, &region, NULL, &err));
		if (!str_starts(str_of(err.msg), str_of(cases[i].msg)))
			fail_msg("'%s' is not '%s...'", err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_true(fake_done(&f));
	}

	/* Nobody there: the document is not asked for in vain. */
	open_world(NULL);
	fake_answer(&f, (struct fake_answer){ .phase = HTTP_CONNECT,
		.timed_out = true });
	load();
	assert_false(imds_region(&c, &region, NULL, &err));
	assert_string_equal(err.msg, UNSET AT "connect 169.254.169.254: timed "
	    "out after 1000 ms");
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void
test_find(void **state)
{
	static const unsigned refused[] = { 403, 500, 204 };
	bool found = true;

	(void)state;
	open_world(NULL);
	token();
	answer("GET", BASE PATH, 404, "<html>");
	answer("GET", BASE PATH, 200, "i-1");
	load();
	assert_true(imds_find(&c, S(PATH), &a, &found, &body, &err));
	assert_false(found);
	assert_null(body.p);
	assert_true(imds_find(&c, S(PATH), &a, &found, &body, &err));
	assert_true(found);
	assert_str_equal(body, S("i-1"));

	for (size_t i = 0; i < 3; i++) {
		open_world(NULL);
		token();
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.status = refused[i], .always = true });
		load();
		assert_false(imds_find(&c, S(PATH), &a, &found, &body, &err));
		assert_int_not_equal(err.kind, ERR_ABSENT);
	}
}

static void
test_token_given(void **state)
{
	static const struct {
		const char *given, *used;
	} cases[] = {
		{ "GIVEN==", "GIVEN==" },
		{ "", "TOKEN==" },
		{ "a b", "TOKEN==" },
		{ "a\r\nX: y", "TOKEN==" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool asked = cases[i].used[0] == 'T';

		open_world(NULL);
		if (asked)
			token();
		answer("GET", BASE PATH, 200, "i-1");
		load();
		assert_true(imds_token(&c, str_of(cases[i].given), &err));
		assert_true(imds_get(&c, S(PATH), &a, &body, &err));
		assert_string_equal(fake_field(&f, asked ? 1 : 0,
		    "x-aws-ec2-metadata-token"), cases[i].used);
		assert_true(fake_done(&f));
	}

	/* One that is refused is replaced. */
	open_world(NULL);
	answer("GET", BASE PATH, 401, "");
	token();
	answer("GET", BASE PATH, 200, "i-1");
	load();
	assert_true(imds_token(&c, S("STALE"), &err));
	assert_true(imds_get(&c, S(PATH), &a, &body, &err));

	/* Version 1 has none, and what is switched off is not asked. */
	open_world(NULL);
	answer("PUT", PUT_URL, 404, "");
	load();
	assert_false(imds_token(&c, S(""), &err));
	assert_string_equal(err.msg, AT "there is no version 2");
	assert_int_equal(err.kind, ERR_DENIED);
	open_world(NULL);
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	load();
	assert_false(imds_token(&c, S("GIVEN"), &err));
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void
test_encoded(void **state)
{
	static const struct {
		const char *path, *url;
	} cases[] = {
		{ "/latest/a b", BASE "/latest/a%20b" },
		{ "/latest/a%20b", BASE "/latest/a%20b" },
		{ "/a\r\nX: y?q#f", BASE "/a%0D%0AX:%20y%3Fq%23f" },
		{ "/\xc3\xa9\x7f[", BASE "/%C3%A9%7F%5B" },
		{ "/a-b_c.d~e+f=g,h@i:j", BASE "/a-b_c.d~e+f=g,h@i:j" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		token();
		answer("GET", cases[i].url, 200, "x");
		load();
		assert_true(imds_get(&c, str_of(cases[i].path), &a, &body,
		    &err));
	}
}

/* Said on the command line: the variables do not count, but for attempts. */
static void
test_wait(void **state)
{
	(void)state;
	open_world(NULL);
	fake_env(&f, "AWS_METADATA_SERVICE_TIMEOUT", "7");
	fake_answer(&f, (struct fake_answer){ .phase = HTTP_CONNECT,
		.timed_out = true });
	load();
	c.imds_wait_ms = 5000;
	c.imds_deadline = f.clock_ms + 3000;
	assert_false(imds_get(&c, S(PATH), &a, &body, &err));
	assert_int_equal(f.requests[0].connect_ms, 5000);
	assert_int_equal(f.requests[0].read_ms, 5000);
	assert_int_equal(f.requests[0].deadline, FAKE_CLOCK_MS + 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_version_1_forbidden),
		cmocka_unit_test(test_token_refusals),
		cmocka_unit_test(test_get_refusals),
		cmocka_unit_test(test_stale_token),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_fault_then_answer),
		cmocka_unit_test(test_get_times_out),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_settings_refused),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_token_given),
		cmocka_unit_test(test_encoded),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_suite),
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_region_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
