#include "aws/dpop.h"
#include "aws/signin.h"
#include "base/limits.h"
#include "fake_world.h"
#include "login_key.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define HOST "eu-west-1.signin.aws.amazon.com"
#define URL "https://" HOST "/v1/token"
#define OP "signin CreateOAuth2Token at '" HOST "': "
#define ACCESS "\"accessToken\":{\"accessKeyId\":\"ASIA2\"," \
	"\"secretAccessKey\":\"s/+=\",\"sessionToken\":\"t/+==\"}"
#define GOOD "{" ACCESS ",\"tokenType\":\"aws_sigv4\",\"expiresIn\":900," \
	"\"refreshToken\":\"R2\"}"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct signin_ask ask;
static struct signin_tokens got;
static struct err err;

static void
open_world(void)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	fake_file(&f, UUID_FILE, UUID "\n");
	ask = (struct signin_ask){
		.client_id = S("arn:aws:signin:::devtools/same-device"),
		.refresh_token = S("refresh\"token"),
		.key = S(LOGIN_KEY), .profile = S("dev"),
	};
	got = (struct signin_tokens){ .cred.source = "login" };
	err = (struct err){ .kind = ERR_NONE };
}

static bool
refresh(const char *region, bool fips)
{
	const struct config_flags flags = { .profile = NULL };

	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	return signin_refresh(&c, str_of(region), fips, &ask, &a, &got, &err);
}

static void
answer(unsigned status, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.status = status, .body = body });
}

/* The proof of request i must be for this URL and time. */
static void
check_proof(size_t i, const char *url, int64_t issued)
{
	const struct dpop_claims claims = { S("POST"), str_of(url), issued,
		S(UUID) };
	char text[DPOP_PROOF_MAX];
	struct buf b = BUF(text);
	struct dpop_key k;
	struct err e;

	assert_true(dpop_key_read(S(LOGIN_KEY), &k, &e));
	assert_true(dpop_proof(&k, &claims, &b, &e));
	assert_str_equal(str_of(fake_field(&f, i, "DPoP")), buf_str(&b));
}

static void
t_request(void **state)
{
	static const char *const fields[][2] = {
		{ "Host", HOST },
		{ "Content-Type", "application/json" },
		{ "Accept-Encoding", "identity" },
	};

	(void)state;
	open_world();
	answer(200, GOOD);
	if (!refresh("eu-west-1", false))
		fail_msg("%s", err.msg);
	assert_string_equal(f.requests[0].method, "POST");
	assert_string_equal(f.requests[0].url, URL);
	assert_string_equal(f.requests[0].body, "{\"clientId\":"
	    "\"arn:aws:signin:::devtools/same-device\",\"grantType\":"
	    "\"refresh_token\",\"refreshToken\":\"refresh\\\"token\"}");
	for (size_t i = 0; i < COUNT(fields); i++)
		assert_string_equal(fake_field(&f, 0, fields[i][0]),
		    fields[i][1]);
	/* Nobody signs it. */
	assert_null(fake_field(&f, 0, "Authorization"));
	assert_null(fake_field(&f, 0, "X-Amz-Date"));
	check_proof(0, URL, FAKE_NOW);
	assert_str_equal(got.cred.key_id, S("ASIA2"));
	assert_str_equal(got.cred.secret, S("s/+="));
	assert_str_equal(got.cred.token, S("t/+=="));
	assert_int_equal(got.cred.expires, FAKE_NOW + 900);
	assert_string_equal(got.cred.source, "login");
	assert_str_equal(got.refresh_token, S("R2"));
}

/* What is proven is what is asked. */
static void
t_places(void **state)
{
	static const struct {
		const char *region, *endpoint;
		bool fips;
		const char *url;
	} cases[] = {
		{ "us-east-1", NULL, false,
		    "https://us-east-1.signin.aws.amazon.com/v1/token" },
		{ "cn-north-1", NULL, false,
		    "https://cn-north-1.signin.amazonaws.cn/v1/token" },
		{ "us-gov-west-1", NULL, false,
		    "https://us-gov-west-1.signin.amazonaws-us-gov.com"
		    "/v1/token" },
		{ "us-east-1", NULL, true,
		    "https://signin-fips.us-east-1.amazonaws.com/v1/token" },
		{ "us-east-1", "http://LOCALHOST:8080", false,
		    "http://localhost:8080/v1/token" },
		{ "us-east-1", "https://example.com:443/", false,
		    "https://example.com/v1/token" },
		{ "us-east-1", "https://example.com/base", false,
		    "https://example.com/base/v1/token" },
		{ "us-east-1", "https://[::1]:8443/base/", false,
		    "https://[::1]:8443/base/v1/token" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_world();
		fake_env(&f, "AWS_ENDPOINT_URL_SIGNIN", cases[i].endpoint);
		answer(200, GOOD);
		if (!refresh(cases[i].region, cases[i].fips))
			fail_msg("%s: %s", cases[i].url, err.msg);
		assert_string_equal(f.requests[0].url, cases[i].url);
		check_proof(0, cases[i].url, FAKE_NOW);
	}
}

static void
t_clock(void **state)
{
	const struct config_flags flags = { .profile = NULL };

	(void)state;
	open_world();
	answer(200, GOOD);
	assert_true(config_load(&f.w, &a, &flags, &c, &err));
	c.skew_s = 3600;
	assert_true(signin_refresh(&c, S("eu-west-1"), false, &ask, &a, &got,
	    &err));
	check_proof(0, URL, FAKE_NOW + 3600);
	assert_int_equal(got.cred.expires, FAKE_NOW + 3600 + 900);
}

static bool (*true_file)(void *me, const char *path, struct arena *arena,
    struct str *body, struct err *e);

/* The kernel's file: another UUID at each reading. */
static bool
file_of_uuids(void *me, const char *path, struct arena *arena,
    struct str *body, struct err *e)
{
	static int n;
	char text[] = "0f6a7b0c-3f4a-4c9e-9d52-6b1e7f0d5a1?\n";

	if (strcmp(path, UUID_FILE) != 0)
		return true_file(me, path, arena, body, e);
	text[35] = (char)('0' + n++);
	return arena_copy(arena, str_of(text), body, e);
}

static void
t_each_attempt_proves(void **state)
{
	(void)state;
	open_world();
	true_file = f.w.file;
	f.w.file = file_of_uuids;
	answer(500, "");
	answer(503, "");
	answer(200, GOOD);
	if (!refresh("eu-west-1", false))
		fail_msg("%s", err.msg);
	assert_int_equal(f.request_count, 3);
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(fake_field(&f, i, "DPoP"),
			    fake_field(&f, k, "DPoP"));
}

#define ERROR(reason) "{\"error\":\"" reason "\",\"message\":\"because\"}"
#define DENIED "x-amzn-ErrorType: AccessDeniedException"

static void
t_denied(void **state)
{
	static const struct {
		unsigned status;
		const char *fields, *body, *msg;
	} cases[] = {
		{ 403, DENIED, ERROR("TOKEN_EXPIRED"),
		    "the session of profile 'dev' has ended;"
		    " run: aws login --profile dev" },
		{ 400, DENIED, ERROR("TOKEN_EXPIRED"),
		    "the session of profile 'dev' has ended;"
		    " run: aws login --profile dev" },
		{ 403, DENIED, ERROR("USER_CREDENTIALS_CHANGED"),
		    "the session of profile 'dev' has ended with a change of"
		    " the password; run: aws login --profile dev" },
		{ 403, DENIED, ERROR("AUTHCODE_EXPIRED"),
		    "the session of profile 'dev' was not begun in time;"
		    " run: aws login --profile dev" },
		{ 403, DENIED, ERROR("INSUFFICIENT_PERMISSIONS"),
		    "the session of profile 'dev' cannot be renewed; this"
		    " identity needs the permission"
		    " signin:CreateOAuth2Token" },
		{ 400, "x-amzn-ErrorType: ValidationException",
		    ERROR("INVALID_REQUEST"),
		    OP "ValidationException: because" },
		{ 400, "x-amzn-ErrorType: ValidationException",
		    "{\"message\":\"it was 'refresh\\\"token'\"}",
		    OP "ValidationException: it was '" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_world();
		fake_answer(&f, (struct fake_answer){
			.status = cases[i].status,
			.fields = cases[i].fields, .body = cases[i].body });
		assert_false(refresh("eu-west-1", false));
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_int_equal(f.request_count, 1);
		assert_null(got.cred.key_id.p);
	}
}

static void
t_throttled(void **state)
{
	(void)state;
	open_world();
	fake_answer(&f, (struct fake_answer){ .status = 429, .always = true,
		.fields = "x-amzn-ErrorType: TooManyRequestsError",
		.body = "{\"error\":\"TooManyRequests\","
		    "\"message\":\"Slow down.\"}" });
	assert_false(refresh("eu-west-1", false));
	assert_string_equal(err.msg, OP "TooManyRequestsError: Slow down");
	assert_int_equal(f.request_count, 3);
}

static void
t_bad_answers(void **state)
{
	static const struct {
		const char *body, *msg;
	} cases[] = {
		{ "", "not json at byte 0, the end: value expected" },
		{ "{}", "no 'accessToken'" },
		{ "[]", "no 'accessToken'" },
		{ "{\"accessToken\":\"x\",\"expiresIn\":900}",
		    "no 'accessKeyId'" },
		{ "{\"accessToken\":{\"secretAccessKey\":\"s\","
		    "\"sessionToken\":\"t\"},\"expiresIn\":900}",
		    "no 'accessKeyId'" },
		{ "{\"accessToken\":{\"accessKeyId\":\"A\","
		    "\"sessionToken\":\"t\"},\"expiresIn\":900}",
		    "no 'secretAccessKey'" },
		{ "{\"accessToken\":{\"accessKeyId\":\"A\","
		    "\"secretAccessKey\":\"s\"},\"expiresIn\":900}",
		    "no 'sessionToken'" },
		{ "{\"accessToken\":{\"accessKeyId\":\"A\","
		    "\"secretAccessKey\":\"s\",\"sessionToken\":\"\"},"
		    "\"expiresIn\":900}", "an empty 'sessionToken'" },
		{ "{\"accessToken\":{\"accessKeyId\":\"\","
		    "\"secretAccessKey\":\"s\",\"sessionToken\":\"t\"},"
		    "\"expiresIn\":900}", "signin: no access key id" },
		{ "{\"accessToken\":{\"accessKeyId\":\"A\","
		    "\"secretAccessKey\":\"s s\",\"sessionToken\":\"t\"},"
		    "\"expiresIn\":900}", "signin: the secret access key has a"
		    " blank or a byte that is not printable ASCII" },
		{ "{" ACCESS "}", "no 'expiresIn' of 1 to 86400 seconds" },
		{ "{" ACCESS ",\"expiresIn\":0}",
		    "no 'expiresIn' of 1 to 86400 seconds" },
		{ "{" ACCESS ",\"expiresIn\":-1}",
		    "no 'expiresIn' of 1 to 86400 seconds" },
		{ "{" ACCESS ",\"expiresIn\":86401}",
		    "no 'expiresIn' of 1 to 86400 seconds" },
		{ "{" ACCESS ",\"expiresIn\":\"900\"}",
		    "no 'expiresIn' of 1 to 86400 seconds" },
		{ "{" ACCESS ",\"expiresIn\":9e2}",
		    "no 'expiresIn' of 1 to 86400 seconds" },
		{ "{" ACCESS ",\"expiresIn\":900,\"refreshToken\":7}",
		    "'refreshToken': json string expected" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_world();
		answer(200, cases[i].body);
		assert_false(refresh("eu-west-1", false));
		assert_true(str_starts(str_of(err.msg), S(OP)));
		assert_string_equal(err.msg + sizeof(OP) - 1, cases[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_null(got.cred.key_id.p);
		assert_string_equal(got.cred.source, "login");
	}
}

static void
t_good_answers(void **state)
{
	static const struct {
		const char *body, *refresh;
		int64_t life;
	} cases[] = {
		{ "{" ACCESS ",\"expiresIn\":1}", "", 1 },
		{ "{" ACCESS ",\"expiresIn\":86400,\"refreshToken\":null}",
		    "", 86400 },
		{ "{" ACCESS ",\"expiresIn\":900,\"refreshToken\":\"\"}",
		    "", 900 },
		{ GOOD, "R2", 900 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_world();
		if (!signin_read(t_edge(str_of(cases[i].body)), 5, &a, &got,
		    &err))
			fail_msg("%s: %s", cases[i].body, err.msg);
		assert_int_equal(got.cred.expires, 5 + cases[i].life);
		assert_str_equal(got.refresh_token, str_of(cases[i].refresh));
	}
}

/* Nothing is sent. */
static void
t_cannot_prove(void **state)
{
	static const struct {
		const char *uuid, *key;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ NULL, LOGIN_KEY, ERR_SYS, OP "read '" UUID_FILE
		    "': No such file or directory" },
		{ "", LOGIN_KEY, ERR_SYS, OP "read '" UUID_FILE
		    "': 0 bytes, not the 36 of a UUID" },
		{ UUID "0\n", LOGIN_KEY, ERR_SYS, OP "read '" UUID_FILE
		    "': 37 bytes, not the 36 of a UUID" },
		{ UUID "\n", "x", ERR_REPLY,
		    "'dpopKey': no 'EC PRIVATE KEY' in PEM" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_world();
		fake_file(&f, UUID_FILE, cases[i].uuid);
		ask.key = str_of(cases[i].key);
		assert_false(refresh("eu-west-1", false));
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(f.request_count, 0);
	}
}

static void
t_never_absent(void **state)
{
	(void)state;
	open_world();
	fake_answer(&f, (struct fake_answer){ .kind = ERR_ABSENT,
		.msg = "resolve: no such host", .always = true });
	assert_false(refresh("eu-west-1", false));
	assert_int_equal(err.kind, ERR_NET);
	open_world();
	assert_false(refresh("", false));
	assert_int_equal(err.kind, ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_request),
		cmocka_unit_test(t_places),
		cmocka_unit_test(t_clock),
		cmocka_unit_test(t_each_attempt_proves),
		cmocka_unit_test(t_denied),
		cmocka_unit_test(t_throttled),
		cmocka_unit_test(t_bad_answers),
		cmocka_unit_test(t_good_answers),
		cmocka_unit_test(t_cannot_prove),
		cmocka_unit_test(t_never_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
