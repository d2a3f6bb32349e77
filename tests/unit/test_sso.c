#include "fake_world.h"

#include "aws/sso.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define PORTAL "https://portal.sso.eu-west-1.amazonaws.com/federation/" \
    "credentials?account_id=123456789012&role_name=Pull"
#define OP "sso GetRoleCredentials at" \
    " 'portal.sso.eu-west-1.amazonaws.com': "
#define OIDC "sso-oidc CreateToken at 'oidc.eu-west-1.amazonaws.com': "
#define IN(members) "{\"roleCredentials\":{" members "}}"
#define KEYS "\"accessKeyId\":\"ASIA1\",\"secretAccessKey\":\"s/+=\"," \
    "\"sessionToken\":\"t/+==\""
#define MS "\"expiration\":1440941760999"
#define GRANT "\"accessToken\":\"access-2\",\"tokenType\":\"Bearer\""

static struct fake_world f;
static struct arena a;
static struct config c;
static struct cred cred;
static struct sso_role role;
static struct sso_grant grant;
static struct err err;
static bool ended;

static void
open_world(void)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	role = (struct sso_role){ S("123456789012"), S("Pull") };
	cred = (struct cred){ .key_id = S("kept"), .source = "here" };
	grant = (struct sso_grant){ .expires = -7 };
	err = (struct err){ .kind = ERR_NONE };
	ended = true;
}

static bool
ask_role(void)
{
	const struct config_flags flags = { .profile = NULL };

	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	return sso_role_credentials(&c, S("eu-west-1"),
	    S("access-token-1"), &role, &a, &cred, &ended, &err);
}

static bool
refresh(void)
{
	const struct sso_client ask = {
		S("id"), S("client\"secret\""), S("refresh-token-1"),
	};
	const struct config_flags flags = { .profile = NULL };

	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	return sso_refresh(&c, S("eu-west-1"), &ask, &a, &grant, &ended,
	    &err);
}

static void
t_role(void **state)
{
	(void)state;
	open_world();
	fake_answer(&f, (struct fake_answer){ .method = "GET", .url = PORTAL,
		.status = 200, .body = IN(KEYS "," MS) });
	if (!ask_role())
		fail_msg("%s", err.msg);
	assert_false(ended);
	assert_str_equal(cred.key_id, S("ASIA1"));
	assert_str_equal(cred.secret, S("s/+="));
	assert_str_equal(cred.token, S("t/+=="));
	assert_str_equal(cred.account, S("123456789012"));
	assert_true(cred.expires == FAKE_NOW + 3600);
	assert_string_equal(cred.source, "here");
	/* Unsigned, and no body. */
	assert_string_equal(fake_field(&f, 0, "x-amz-sso_bearer_token"),
	    "access-token-1");
	assert_string_equal(fake_field(&f, 0, "host"),
	    "portal.sso.eu-west-1.amazonaws.com");
	assert_null(fake_field(&f, 0, "authorization"));
	assert_null(fake_field(&f, 0, "content-type"));
	assert_int_equal(f.requests[0].body_n, 0);
}

static void
t_role_url(void **state)
{
	static const struct {
		const char *account, *name, *env, *value, *url;
	} rows[] = {
		{ "1", "a b/\xc3\xbc", NULL, NULL, "https://portal.sso."
		    "eu-west-1.amazonaws.com/federation/credentials?"
		    "account_id=1&role_name=a%20b%2F%C3%BC" },
		{ "1&x=2", "r", NULL, NULL, "https://portal.sso.eu-west-1."
		    "amazonaws.com/federation/credentials?account_id="
		    "1%26x%3D2&role_name=r" },
		{ "1", "r", "AWS_USE_FIPS_ENDPOINT", "true", "https://"
		    "portal.sso-fips.eu-west-1.amazonaws.com/federation/"
		    "credentials?account_id=1&role_name=r" },
		{ "1", "r", "AWS_USE_DUALSTACK_ENDPOINT", "true", "https://"
		    "portal.sso.eu-west-1.api.aws/federation/credentials?"
		    "account_id=1&role_name=r" },
		{ "1", "r", "AWS_ENDPOINT_URL_SSO", "http://[::1]:4566/aws/",
		    "http://[::1]:4566/aws/federation/credentials?"
		    "account_id=1&role_name=r" },
		{ "1", "r", "AWS_ENDPOINT_URL", "http://localhost",
		    "http://localhost/federation/credentials?account_id=1&"
		    "role_name=r" },
		{ "1", "r", "AWS_ENDPOINT_URL_SSO_OIDC", "http://localhost",
		    "https://portal.sso.eu-west-1.amazonaws.com/federation/"
		    "credentials?account_id=1&role_name=r" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		role = (struct sso_role){ str_of(rows[i].account),
			str_of(rows[i].name) };
		if (rows[i].env)
			fake_env(&f, rows[i].env, rows[i].value);
		fake_answer(&f, (struct fake_answer){ .url = rows[i].url,
			.status = 200, .body = IN(KEYS "," MS) });
		if (!ask_role())
			fail_msg("%s", err.msg);
	}
}

static void
t_role_refused(void **state)
{
	static const struct {
		unsigned status;
		const char *fields, *body;
		enum err_kind kind;
		bool ended;
		const char *msg;
		size_t attempts;
	} rows[] = {
		{ 401, "x-amzn-ErrorType: UnauthorizedException:http://x/",
		    "{\"message\":\"Session token not found or invalid\"}",
		    ERR_DENIED, true, OP "UnauthorizedException: Session token"
		    " not found or invalid", 1 },
		{ 401, NULL, "{\"__type\":\"com.amazon#UnauthorizedException\""
		    "}", ERR_DENIED, true, OP "UnauthorizedException", 1 },
		/* Not AWS's word. */
		{ 401, NULL, "who?", ERR_REPLY, false, OP "status 401 without"
		    " an error of AWS's: who?", 1 },
		{ 403, "x-amzn-ErrorType: ForbiddenException", "{\"message\":"
		    "\"No access\"}", ERR_DENIED, false, OP
		    "ForbiddenException: No access; is role 'Pull' in account"
		    " '123456789012' assigned to this user?", 1 },
		{ 404, "x-amzn-ErrorType: ResourceNotFoundException",
		    "{\"message\":\"no\"}", ERR_DENIED, false, OP
		    "ResourceNotFoundException: no; is role 'Pull' in account"
		    " '123456789012' assigned to this user?", 1 },
		{ 404, NULL, "not here", ERR_REPLY, false, OP "status 404"
		    " without an error of AWS's: not here", 1 },
		{ 400, "x-amzn-ErrorType: InvalidRequestException",
		    "{\"message\":\"bad access-token-1\"}", ERR_DENIED, false,
		    OP "InvalidRequestException: bad ", 1 },
		{ 429, "x-amzn-ErrorType: TooManyRequestsException", "{}",
		    ERR_DENIED, false, OP "TooManyRequestsException", 3 },
		{ 503, NULL, "", ERR_REPLY, false, OP "status 503 without an"
		    " error of AWS's", 3 },
		{ 200, NULL, "{}", ERR_REPLY, false, OP
		    "no 'roleCredentials'", 1 },
		{ 200, NULL, "<html>", ERR_REPLY, false, OP
		    "not json at byte 0: value expected", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		for (size_t k = 0; k < rows[i].attempts; k++)
			fake_answer(&f, (struct fake_answer){
				.url = PORTAL, .status = rows[i].status,
				.fields = rows[i].fields,
				.body = rows[i].body });
		assert_false(ask_role());
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, rows[i].kind);
		assert_int_equal(ended, rows[i].ended);
		assert_str_equal(cred.key_id, S("kept"));
		assert_true(fake_done(&f));
	}
	open_world();
	fake_answer(&f, (struct fake_answer){ .always = true,
		.kind = ERR_ABSENT, .msg = "no such host" });
	assert_false(ask_role());
	assert_int_equal(err.kind, ERR_NET);
	assert_false(ended);
}

static void
t_read_role(void **state)
{
	static const struct {
		const char *body;
		int64_t expires;	/* 0: refused with msg */
		const char *msg;
	} rows[] = {
		{ IN(KEYS "," MS), FAKE_NOW + 3600, NULL },
		{ IN("\"expiration\":1234567890000,\"x\":1," KEYS),
		    1234567890, NULL },
		{ IN(KEYS ",\"expiration\":253402300799999"), 253402300799,
		    NULL },
		{ IN(KEYS ",\"expiration\":1000"), 1, NULL },
		{ IN(KEYS ",\"expiration\":253402300800000"), 0,
		    "no 'expiration' in milliseconds" },
		{ IN(KEYS ",\"expiration\":999"), 0,
		    "no 'expiration' in milliseconds" },
		{ IN(KEYS ",\"expiration\":0"), 0,
		    "no 'expiration' in milliseconds" },
		{ IN(KEYS ",\"expiration\":-1440941760000"), 0,
		    "no 'expiration' in milliseconds" },
		{ IN(KEYS ",\"expiration\":1.44E12"), 0,
		    "no 'expiration' in milliseconds" },
		{ IN(KEYS ",\"expiration\":\"1440941760000\""), 0,
		    "no 'expiration' in milliseconds" },
		{ IN(KEYS), 0, "no 'expiration' in milliseconds" },
		{ IN(MS), 0, "no 'accessKeyId'" },
		{ IN("\"accessKeyId\":\"A\"," MS), 0, "no 'secretAccessKey'" },
		{ IN("\"accessKeyId\":\"A\",\"secretAccessKey\":\"s\"," MS),
		    0, "no 'sessionToken'" },
		{ IN("\"accessKeyId\":\"\",\"secretAccessKey\":\"s\","
		    "\"sessionToken\":\"t\"," MS), 0, "sso: no access key"
		    " id" },
		{ IN("\"accessKeyId\":\"A\",\"secretAccessKey\":\"s\\n\","
		    "\"sessionToken\":\"t\"," MS), 0, "sso: the secret access"
		    " key has a blank or a byte that is not printable"
		    " ASCII" },
		{ "{" KEYS "," MS "}", 0, "no 'roleCredentials'" },
		{ "{\"roleCredentials\":[]}", 0, "no 'accessKeyId'" },
		{ "[]", 0, "no 'roleCredentials'" },
		{ "", 0, "not json at byte 0, the end: value expected" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		if (sso_read_role(t_edge(str_of(rows[i].body)), &a, &cred,
		    &err) != (rows[i].expires != 0))
			fail_msg("%s: %s", rows[i].body, err.msg);
		if (rows[i].expires) {
			assert_true(cred.expires == rows[i].expires);
			continue;
		}
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_str_equal(cred.key_id, S("kept"));
	}
}

static void
t_refresh(void **state)
{
	(void)state;
	open_world();
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = "https://oidc.eu-west-1.amazonaws.com/token",
		.status = 200, .body = "{" GRANT ",\"expiresIn\":3600,"
		"\"refreshToken\":\"refresh-token-2\"}" });
	if (!refresh())
		fail_msg("%s", err.msg);
	assert_false(ended);
	assert_str_equal(grant.access_token, S("access-2"));
	assert_str_equal(grant.refresh_token, S("refresh-token-2"));
	assert_true(grant.expires == FAKE_NOW + 3600);
	assert_string_equal(f.requests[0].body,
	    "{\"clientId\":\"id\",\"clientSecret\":"
	    "\"client\\\"secret\\\"\",\"grantType\":\"refresh_token\","
	    "\"refreshToken\":\"refresh-token-1\"}");
	assert_string_equal(fake_field(&f, 0, "content-type"),
	    "application/json");
	assert_null(fake_field(&f, 0, "authorization"));

	/* An override has a path, too. */
	open_world();
	fake_env(&f, "AWS_ENDPOINT_URL_SSO_OIDC", "http://localhost:1/aws");
	fake_answer(&f, (struct fake_answer){
		.url = "http://localhost:1/aws/token", .status = 200,
		.body = "{" GRANT ",\"expiresIn\":1}" });
	if (!refresh())
		fail_msg("%s", err.msg);
	assert_int_equal(grant.refresh_token.n, 0);
	fake_answer(&f, (struct fake_answer){ .status = 200 });
	assert_false(refresh());
	assert_string_equal(err.msg, "sso-oidc CreateToken at 'localhost:1':"
	    " not json at byte 0, the end: value expected");
}

static void
t_refresh_refused(void **state)
{
	static const struct {
		unsigned status;
		const char *fields, *body;
		enum err_kind kind;
		bool ended;
		const char *msg;
	} rows[] = {
		{ 400, "x-amzn-ErrorType: InvalidGrantException", "{\"error\":"
		    "\"invalid_grant\",\"error_description\":\"Invalid refresh"
		    " token provided\"}", ERR_DENIED, true, OIDC
		    "InvalidGrantException: Invalid refresh token provided" },
		{ 400, NULL, "{\"error\":\"invalid_grant\"}", ERR_DENIED, true,
		    OIDC "invalid_grant" },
		{ 400, "x-amzn-ErrorType: InvalidGrantException", "{}",
		    ERR_DENIED, true, OIDC "InvalidGrantException" },
		{ 401, "x-amzn-ErrorType: InvalidClientException", "{}",
		    ERR_DENIED, true, OIDC "InvalidClientException" },
		{ 400, "x-amzn-ErrorType: UnauthorizedClientException", "{}",
		    ERR_DENIED, true, OIDC "UnauthorizedClientException" },
		{ 400, "x-amzn-ErrorType: ExpiredTokenException", "{}",
		    ERR_DENIED, true, OIDC "ExpiredTokenException" },
		{ 400, "x-amzn-ErrorType: InvalidRequestException", "{}",
		    ERR_DENIED, false, OIDC "InvalidRequestException" },
		{ 400, "x-amzn-ErrorType: UnsupportedGrantTypeException",
		    "{\"error\":\"unsupported_grant_type\"}", ERR_DENIED,
		    false, OIDC "UnsupportedGrantTypeException" },
		{ 302, "Location: https://x/", "", ERR_REPLY, false, OIDC
		    "redirected (status 302) to 'https://x/': not followed,"
		    " check the endpoint" },
		{ 200, NULL, "{}", ERR_REPLY, false, OIDC
		    "no 'accessToken'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		fake_answer(&f, (struct fake_answer){
			.status = rows[i].status, .fields = rows[i].fields,
			.body = rows[i].body });
		assert_false(refresh());
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, rows[i].kind);
		assert_int_equal(ended, rows[i].ended);
		assert_int_equal(grant.expires, -7);
	}
}

static void
t_read_grant(void **state)
{
	static const struct {
		const char *body;
		int64_t life;	/* 0: refused with msg */
		const char *msg;
	} rows[] = {
		{ "{" GRANT ",\"expiresIn\":28800}", 28800, NULL },
		{ "{" GRANT ",\"expiresIn\":2.88e4}", 28800, NULL },
		{ "{" GRANT ",\"expiresIn\":1,\"refreshToken\":null,"
		    "\"idToken\":\"x\"}", 1, NULL },
		{ "{" GRANT "}", 0, "no 'expiresIn' in seconds" },
		{ "{" GRANT ",\"expiresIn\":0}", 0,
		    "no 'expiresIn' in seconds" },
		{ "{" GRANT ",\"expiresIn\":-1}", 0,
		    "no 'expiresIn' in seconds" },
		{ "{" GRANT ",\"expiresIn\":\"28800\"}", 0,
		    "no 'expiresIn' in seconds" },
		{ "{" GRANT ",\"expiresIn\":1e300}", 0,
		    "no 'expiresIn' in seconds" },
		{ "{" GRANT ",\"expiresIn\":1,\"refreshToken\":7}", 0,
		    "'refreshToken': json string expected" },
		{ "{\"expiresIn\":1}", 0, "no 'accessToken'" },
		{ "{\"accessToken\":\"\",\"expiresIn\":1}", 0,
		    "'accessToken' cannot be sent: it is empty, or not all"
		    " printable ASCII" },
		{ "{\"accessToken\":\"a\\nb\",\"expiresIn\":1}", 0,
		    "'accessToken' cannot be sent: it is empty, or not all"
		    " printable ASCII" },
		{ "", 0, "not json at byte 0, the end: value expected" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		if (sso_read_grant(t_edge(str_of(rows[i].body)), FAKE_NOW, &a,
		    &grant, &err) != (rows[i].life != 0))
			fail_msg("%s: %s", rows[i].body, err.msg);
		if (rows[i].life) {
			assert_true(grant.expires == FAKE_NOW + rows[i].life);
			continue;
		}
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_int_equal(grant.expires, -7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_role),
		cmocka_unit_test(t_role_url),
		cmocka_unit_test(t_role_refused),
		cmocka_unit_test(t_read_role),
		cmocka_unit_test(t_refresh),
		cmocka_unit_test(t_refresh_refused),
		cmocka_unit_test(t_read_grant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
