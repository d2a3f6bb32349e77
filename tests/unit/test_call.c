#include "fake_world.h"

#include "aws/call.h"
#include "aws/retry.h"
#include "base/limits.h"

#define URL "https://api.ecr.us-east-1.amazonaws.com/"
#define AT "ecr GetAuthorizationToken at 'api.ecr.us-east-1.amazonaws.com': "

static struct fake_world f;
static struct arena a;
static struct config c;
static struct endpoint at;
static struct cred cred;
static struct call call;
static struct call_reply reply;
static struct err err;

/* A new world, and a call to ECR that is ready to be sent in it. */
static void
open_world(const char *config)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	if (config)
		fake_file(&f, "/config", config);
	cred = (struct cred){ .key_id = S("AKIDEXAMPLE"),
		.secret = S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") };
	call = (struct call){
		.protocol = CALL_JSON, .endpoint = &at,
		.operation = S("ecr GetAuthorizationToken"),
		.target = S("AmazonEC2ContainerRegistry_V20150921"
		    ".GetAuthorizationToken"),
		.body = S("{}"), .cred = &cred,
	};
	err = (struct err){ .kind = ERR_NONE };
}

static bool
send_to(enum service s, const char *region, const char *url)
{
	const struct config_flags flags = { .endpoint_url = NULL };

	fake_env(&f, "AWS_ENDPOINT_URL", url);
	if (!config_load(&f.w, &a, &flags, &c, &err) ||
	    !endpoint_resolve(&c, s, str_of(region), false, false, &at, &err))
		fail_msg("%s", err.msg);
	return call_send(&c, &call, &a, &reply, &err);
}

static bool
send(void)
{
	return send_to(SERVICE_ECR, "us-east-1", NULL);
}

static void
answer(unsigned status, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .status = status,
		.body = body });
}

static void
test_head(void **state)
{
	static const struct {
		const char *name, *value;
	} fields[] = {
		{ "Host", "api.ecr.us-east-1.amazonaws.com" },
		{ "Content-Type", "application/x-amz-json-1.1" },
		{ "X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921"
		    ".GetAuthorizationToken" },
		{ "X-Amz-Date", "20150830T123600Z" },
		{ "Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"
		    "20150830/us-east-1/ecr/aws4_request, SignedHeaders="
		    "content-type;host;x-amz-date;x-amz-target, Signature="
		    "527a2155e9afc2426cb4c659023df9c0"
		    "31e8103458f349819615ff25111f5de0" },
		{ "Accept-Encoding", "identity" },
	};

	(void)state;
	open_world(NULL);
	answer(200, "{\"a\":1}");
	assert_true(send());
	assert_int_equal(err.kind, ERR_NONE);
	assert_int_equal(reply.status, 200);
	assert_str_equal(reply.body, S("{\"a\":1}"));
	assert_int_equal(reply.code.n, 0);
	assert_string_equal(f.requests[0].method, "POST");
	assert_string_equal(f.requests[0].url, URL);
	assert_string_equal(f.requests[0].body, "{}");
	assert_int_equal(f.requests[0].deadline, FAKE_CLOCK_MS + EXCHANGE_MS);
	assert_int_equal(f.requests[0].count,
	    sizeof(fields) / sizeof(fields[0]));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		assert_string_equal(f.requests[0].fields[i].name,
		    fields[i].name);
		assert_string_equal(f.requests[0].fields[i].value,
		    fields[i].value);
	}
}

/* The golden signatures once more, but as they leave. */
static void
test_signed_fields(void **state)
{
	static const struct {
		enum service s;
		const char *region, *url, *token, *host, *sent_to, *end;
		enum call_protocol protocol;
		const char *target, *body;
	} cases[] = {
		{ SERVICE_ECR, "us-east-1", NULL,
		    "AQoDYXdzEPT//////////wEXAMPLE==",
		    "api.ecr.us-east-1.amazonaws.com", URL,
		    "SignedHeaders=content-type;host;x-amz-date;"
		    "x-amz-security-token;x-amz-target, Signature="
		    "42c33ae7d483adecf78122f8b6145fb2"
		    "c6dfe7d5b15fb83280f4e97ae116a828", CALL_JSON,
		    "AmazonEC2ContainerRegistry_V20150921"
		    ".GetAuthorizationToken", "{}" },
		{ SERVICE_ECR_PUBLIC, "us-east-1", NULL, "",
		    "api.ecr-public.us-east-1.amazonaws.com",
		    "https://api.ecr-public.us-east-1.amazonaws.com/",
		    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
		    "Signature=7f4ca0d963a87df3d01f6c4ab2257843"
		    "501fb7772d9351b0a56f5eca8095cd59", CALL_JSON,
		    "SpencerFrontendService.GetAuthorizationToken", "{}" },
		{ SERVICE_STS, "eu-central-1", NULL, "",
		    "sts.eu-central-1.amazonaws.com",
		    "https://sts.eu-central-1.amazonaws.com/",
		    "SignedHeaders=accept;content-type;host;x-amz-date, "
		    "Signature=55636964a0c5dff4ec83f0035d48eb1f"
		    "ca3b4aaa05aa578eeb0220cabf78855c", CALL_QUERY, "",
		    "Action=GetCallerIdentity&Version=2011-06-15" },
		{ SERVICE_ECR, "us-east-1", "http://127.0.0.1:4566", "",
		    "127.0.0.1:4566", "http://127.0.0.1:4566/",
		    "Signature=05445a05ca7a071fd16f43eccfb7c14f"
		    "7d78674009868c7c58eb244d1e6de530", CALL_JSON,
		    "AmazonEC2ContainerRegistry_V20150921"
		    ".GetAuthorizationToken",
		    "{\"registryIds\":[\"123456789012\"]}" },
		{ SERVICE_ECR, "us-east-1",
		    "https://Proxy.Example.com:443/aws/ecr/", "",
		    "proxy.example.com", "https://proxy.example.com/aws/ecr/",
		    "Signature=c3da944b3c05717bc795def010f6e37d"
		    "9c6a4f726ef0a2a436ce12518b925dfa", CALL_JSON,
		    "AmazonEC2ContainerRegistry_V20150921"
		    ".GetAuthorizationToken", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		answer(200, "{}");
		cred.token = str_of(cases[i].token);
		call.protocol = cases[i].protocol;
		call.target = str_of(cases[i].target);
		call.body = str_of(cases[i].body);
		assert_true(send_to(cases[i].s, cases[i].region,
		    cases[i].url));
		assert_string_equal(fake_field(&f, 0, "host"), cases[i].host);
		assert_string_equal(f.requests[0].url, cases[i].sent_to);
		if (!str_ends(str_of(fake_field(&f, 0, "authorization")),
		    str_of(cases[i].end)))
			fail_msg("%s", fake_field(&f, 0, "authorization"));
		if (cases[i].token[0])
			assert_string_equal(fake_field(&f, 0,
			    "x-amz-security-token"), cases[i].token);
		else
			assert_null(fake_field(&f, 0,
			    "x-amz-security-token"));
	}
}

static void
test_unsigned(void **state)
{
	(void)state;
	open_world(NULL);
	answer(200, "{}");
	call.cred = NULL;
	call.protocol = CALL_QUERY;
	assert_true(send_to(SERVICE_STS, "", NULL));
	assert_null(fake_field(&f, 0, "authorization"));
	assert_null(fake_field(&f, 0, "x-amz-date"));
	assert_string_equal(fake_field(&f, 0, "accept"), "application/json");
	assert_string_equal(fake_field(&f, 0, "content-type"),
	    "application/x-www-form-urlencoded; charset=utf-8");
}

/* A call to the portal of single sign-on, ready to be sent. */
static const struct http_field bearer[] = {
	{ S_INIT("x-amz-sso_bearer_token"), S_INIT("bearer-token-value") },
	{ S_INIT("x-two"), S_INIT("2") }, { S_INIT("x-none"), S_INIT("") },
	{ S_INIT("x-four"), S_INIT("4") }, { S_INIT("x-five"), S_INIT("5") },
};

static void
open_rest(void)
{
	open_world(NULL);
	call = (struct call){
		.protocol = CALL_REST, .endpoint = &at,
		.operation = S("sso GetRoleCredentials"),
		.method = S("GET"),
		.path = S("/federation/credentials?role_name=a%20b"),
		.fields = bearer, .count = 1,
		/* Never used: this protocol has no signatures. */
		.cred = &cred,
	};
}

static void
test_rest_head(void **state)
{
	static const struct {
		const char *url, *method, *path, *body;
		size_t count;
		const char *sent_to, *host, *names;
	} cases[] = {
		{ NULL, "GET", "/federation/credentials?role_name=a%20b", "",
		    1, "https://portal.sso.eu-west-1.amazonaws.com/federation"
		    "/credentials?role_name=a%20b",
		    "portal.sso.eu-west-1.amazonaws.com",
		    "Host x-amz-sso_bearer_token Accept-Encoding " },
		{ NULL, "POST", "/token", "{\"a\":1}", 0,
		    "https://portal.sso.eu-west-1.amazonaws.com/token",
		    "portal.sso.eu-west-1.amazonaws.com",
		    "Host Content-Type Accept-Encoding " },
		/* Behind the base path; a query of the base has no place. */
		{ "http://127.0.0.1:4566/aws", "GET", "/x?y=1", "", 4,
		    "http://127.0.0.1:4566/aws/x?y=1", "127.0.0.1:4566",
		    "Host x-amz-sso_bearer_token x-two x-four"
		    " Accept-Encoding " },
		{ "http://127.0.0.1:4566/aws/?q", "POST", "/x", "", 0,
		    "http://127.0.0.1:4566/aws/x", "127.0.0.1:4566",
		    "Host Accept-Encoding " },
		{ "https://H:443/", "POST", "/x?y?z", "", 0,
		    "https://h/x?y?z", "h", "Host Accept-Encoding " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256] = "";
		struct buf names = BUF(text);

		open_rest();
		call.method = str_of(cases[i].method);
		call.path = str_of(cases[i].path);
		call.body = str_of(cases[i].body);
		call.count = cases[i].count;
		answer(200, "{}");
		if (!send_to(SERVICE_SSO, "eu-west-1", cases[i].url))
			fail_msg("%s", err.msg);
		assert_string_equal(f.requests[0].method, cases[i].method);
		assert_string_equal(f.requests[0].url, cases[i].sent_to);
		assert_string_equal(f.requests[0].body, cases[i].body);
		assert_string_equal(fake_field(&f, 0, "host"), cases[i].host);
		for (size_t k = 0; k < f.requests[0].count; k++) {
			buf_add(&names, str_of(f.requests[0].fields[k].name));
			buf_char(&names, ' ');
		}
		assert_str_equal(buf_str(&names), str_of(cases[i].names));
		if (cases[i].body[0])
			assert_string_equal(fake_field(&f, 0, "content-type"),
			    "application/json");
	}
}

#define PORTAL "sso GetRoleCredentials at 'portal.sso.eu-west-1.amazonaws" \
    ".com': "

static void
test_rest_refusals(void **state)
{
	static const struct {
		unsigned status;
		const char *fields, *body;
		enum err_kind kind;
		const char *code, *reason, *msg;
		size_t requests;
	} cases[] = {
		{ 401, "x-amzn-ErrorType: UnauthorizedException:http://x",
		    "{\"message\":\"Session token not found or invalid\"}",
		    ERR_DENIED, "UnauthorizedException", "",
		    PORTAL "UnauthorizedException: Session token not found or "
		    "invalid", 1 },
		/* No permission could help. */
		{ 403, "x-amzn-ErrorType: AccessDeniedException", "{}",
		    ERR_DENIED, "AccessDeniedException", "",
		    PORTAL "AccessDeniedException", 1 },
		{ 400, "x-amzn-ErrorType: InvalidGrantException",
		    "{\"error\":\"invalid_grant\",\"error_description\":"
		    "\"Invalid refresh token.\"}", ERR_DENIED,
		    "InvalidGrantException", "invalid_grant",
		    PORTAL "InvalidGrantException: Invalid refresh token", 1 },
		{ 400, NULL, "{\"error\":\"invalid_grant\"}", ERR_DENIED,
		    "invalid_grant", "invalid_grant",
		    PORTAL "invalid_grant", 1 },
		{ 400, NULL, "{\"__type\":\"AccessDeniedException\",\"error\""
		    ":\"TOKEN_EXPIRED\",\"message\":\"m\"}", ERR_DENIED,
		    "AccessDeniedException", "TOKEN_EXPIRED",
		    PORTAL "AccessDeniedException: m", 1 },
		{ 400, NULL, "{\"error\":\"a b\",\"error_description\":"
		    "\"d\"}", ERR_REPLY, "", "", PORTAL "status 400 without an"
		    " error of AWS's: {\"error\":\"a b\",\"error_description\":"
		    "\"d\"}", 1 },
		{ 400, NULL, "{\"error\":{\"code\":\"x\"}}", ERR_REPLY, "",
		    "", PORTAL "status 400 without an error of AWS's: "
		    "{\"error\":{\"code\":\"x\"}}", 1 },
		{ 429, "x-amzn-ErrorType: TooManyRequestsError", "{}",
		    ERR_DENIED, "TooManyRequestsError", "",
		    PORTAL "TooManyRequestsError", 3 },
		{ 429, "x-amzn-ErrorType: TooManyRequestsException", "{}",
		    ERR_DENIED, "TooManyRequestsException", "",
		    PORTAL "TooManyRequestsException", 3 },
		{ 500, NULL, "", ERR_REPLY, "", "",
		    PORTAL "status 500 without an error of AWS's", 3 },
		{ 302, "Location: https://x/", "", ERR_REPLY, "", "",
		    PORTAL "redirected (status 302) to 'https://x/': not "
		    "followed, check the endpoint", 1 },
		/* Nothing was signed, so no clock is to blame. */
		{ 403, "x-amzn-ErrorType: SignatureDoesNotMatch", "{}",
		    ERR_DENIED, "SignatureDoesNotMatch", "",
		    PORTAL "SignatureDoesNotMatch", 1 },
		/* What is secret is not shown, wherever it was sent. */
		{ 400, "x-amzn-ErrorType: X", "{\"message\":\"a "
		    "bearer-token-value\"}", ERR_DENIED, "X", "",
		    PORTAL "X: a ", 1 },
		{ 400, "x-amzn-ErrorType: X", "{\"message\":\"b refresh-token"
		    "-1\"}", ERR_DENIED, "X", "", PORTAL "X: b ", 1 },
		{ 400, "x-amzn-ErrorType: X", "{\"message\":\"c client-secret"
		    "\"}", ERR_DENIED, "X", "", PORTAL "X: c ", 1 },
		{ 400, NULL, "{\"message\":\"d client-secret\"}", ERR_REPLY,
		    "", "", PORTAL "status 400 without an error of AWS's: "
		    "{\"message\":\"d ", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_rest();
		call.hidden = S("refresh-token-1");
		call.also_hidden = S("client-secret");
		fake_answer(&f, (struct fake_answer){
			.date = FAKE_NOW + 86400,
			.status = cases[i].status, .fields = cases[i].fields,
			.body = cases[i].body, .always = true });
		assert_false(send_to(SERVICE_SSO, "eu-west-1", NULL));
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_str_equal(reply.code, str_of(cases[i].code));
		assert_str_equal(reply.reason, str_of(cases[i].reason));
		assert_int_equal(f.request_count, cases[i].requests);
	}

	open_rest();
	call.count = 5;
	assert_false(send_to(SERVICE_SSO, "eu-west-1", NULL));
	assert_string_equal(err.msg, PORTAL "5 fields, at most 4");
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(f.request_count, 0);
}

/* One answer, one message. Everything here is told at once, without a second
 * attempt: that an answer is left over would be found by the fake world.
 */
static void
test_refusals(void **state)
{
	static const struct {
		unsigned status;
		const char *fields, *body;
		enum err_kind kind;
		const char *code, *msg;
	} cases[] = {
		{ 400, NULL, "{\"__type\":\"AccessDeniedException\",\"Message"
		    "\":\"User: arn:aws:iam::123456789012:user/u is not "
		    "authorized to perform: ecr:GetAuthorizationToken\"}",
		    ERR_DENIED, "AccessDeniedException",
		    AT "AccessDeniedException: User: arn:aws:iam::123456789012"
		    ":user/u is not authorized to perform: ecr:"
		    "GetAuthorizationToken; this identity needs the "
		    "permission ecr:GetAuthorizationToken" },
		{ 400, NULL, "{\"__type\":\"com.amazon.coral.service#"
		    "UnrecognizedClientException\",\"message\":\"The security "
		    "token included in the request is invalid.\"}",
		    ERR_DENIED, "UnrecognizedClientException",
		    AT "UnrecognizedClientException: The security token "
		    "included in the request is invalid; the access key does "
		    "not exist, belongs to another partition, or region "
		    "'us-east-1' is not enabled for the account" },
		{ 400, NULL, "{\"__type\":\"ExpiredTokenException\",\"message"
		    "\":\"The security token included in the request is "
		    "expired\"}", ERR_DENIED, "ExpiredTokenException",
		    AT "ExpiredTokenException: The security token included in "
		    "the request is expired; get new credentials" },
		{ 403, NULL, "{\"__type\":\"InvalidSignatureException\","
		    "\"message\":\"The request signature we calculated does "
		    "not match\"}", ERR_DENIED, "InvalidSignatureException",
		    AT "InvalidSignatureException: The request signature we "
		    "calculated does not match; is the secret access key the "
		    "one of this access key id?" },
		{ 403, NULL, "{\"__type\":\"SignatureDoesNotMatch\","
		    "\"message\":\"Credential should be scoped to a valid "
		    "region.\"}", ERR_DENIED, "SignatureDoesNotMatch",
		    AT "SignatureDoesNotMatch: Credential should be scoped to "
		    "a valid region; it was signed for region 'us-east-1': is "
		    "that the endpoint's?" },
		{ 403, NULL, "{\"Error\":{\"Code\":\"RegionDisabledException\""
		    ",\"Message\":\"STS is not activated\"},\"RequestId\":"
		    "\"x\"}", ERR_DENIED, "RegionDisabledException",
		    AT "RegionDisabledException: STS is not activated; region "
		    "'us-east-1' must be enabled for the account first" },
		/* The same in XML; other XML is no error of AWS's. */
		{ 403, NULL, "<?xml version='1.0'?>\n<ErrorResponse xmlns=\"x"
		    "\">\n<Error><Type>Sender</Type><Code> ExpiredToken"
		    "</Code><Message>It&#39;s over.\n</Message></Error>"
		    "<RequestId/></ErrorResponse>", ERR_DENIED, "ExpiredToken",
		    AT "ExpiredToken: It's over; get new credentials" },
		{ 400, NULL, "<ErrorResponse><Error><Code>X</Code></Error>"
		    "</ErrorResponse>", ERR_DENIED, "X", AT "X" },
		{ 400, NULL, "<ErrorResponse><Error><Code>X</Code></Error>",
		    ERR_REPLY, "", AT "status 400 without an error of AWS's: "
		    "<ErrorResponse><Error><Code>X</Code></Error>" },
		{ 400, NULL, "<E><Code>X</Code></E>", ERR_REPLY, "",
		    AT "status 400 without an error of AWS's: "
		    "<E><Code>X</Code></E>" },
		/* Where the code comes from, and what is cut off it. */
		{ 400, "x-amzn-ErrorType: InvalidParameterException:http://x",
		    "{\"message\":\"m\"}", ERR_DENIED,
		    "InvalidParameterException",
		    AT "InvalidParameterException: m" },
		{ 400, "x-amzn-ErrorType: Other", "{\"__type\":\"a#b#Mine:x#y"
		    "\"}", ERR_DENIED, "Mine", AT "Mine" },
		{ 400, "x-amzn-errortype: FromHeader", "", ERR_DENIED,
		    "FromHeader", AT "FromHeader" },
		{ 400, NULL, " {\"__type\":\"X\",\"message\":null,\"Message\":"
		    "\"big\"}\n", ERR_DENIED, "X", AT "X: big" },
		{ 400, NULL, "{\"__type\":\"X\",\"message\":\"a\\u001b[31m\\nb"
		    "\"}", ERR_DENIED, "X", AT "X: a?[31m?b" },
		/* Of OAuth's, or of a proxy's: not ECR's. */
		{ 401, NULL, "{\"error\":\"unauthorized\"}", ERR_REPLY, "",
		    AT "status 401 without an error of AWS's: unauthorized" },
		{ 401, NULL, "{\"error\":\"unauthorized\","
		    "\"error_description\":\"who?\"}", ERR_REPLY, "",
		    AT "status 401 without an error of AWS's: who?" },
		/* Quota, limit, 429 without a code: no throttling. */
		{ 429, NULL, "", ERR_REPLY, "",
		    AT "status 429 without an error of AWS's" },
		/* Not AWS. */
		{ 403, "Content-Type: text/html", "<html>no</html>",
		    ERR_REPLY, "", AT "status 403 without an error of AWS's, "
		    "but a web page" },
		{ 404, NULL, "not found here\n", ERR_REPLY, "",
		    AT "status 404 without an error of AWS's: not found "
		    "here" },
		{ 400, NULL, "{\"__type\":\"X\"", ERR_REPLY, "",
		    AT "status 400 without an error of AWS's: "
		    "{\"__type\":\"X\"" },
		{ 400, NULL, "{\"__type\":5}", ERR_REPLY, "",
		    AT "status 400 without an error of AWS's: "
		    "{\"__type\":5}" },
		{ 400, NULL, "{\"__type\":\"a b\"}", ERR_REPLY, "",
		    AT "status 400 without an error of AWS's: "
		    "{\"__type\":\"a b\"}" },
		{ 400, NULL, "[]", ERR_REPLY, "",
		    AT "status 400 without an error of AWS's: []" },
		{ 301, "Location: https://evil.example/", "", ERR_REPLY, "",
		    AT "redirected (status 301) to 'https://evil.example/': "
		    "not followed, check the endpoint" },
		{ 307, NULL, "", ERR_REPLY, "",
		    AT "redirected (status 307) to '': not followed, check "
		    "the endpoint" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		fake_answer(&f, (struct fake_answer){
			.status = cases[i].status, .fields = cases[i].fields,
			.body = cases[i].body });
		assert_false(send());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(reply.status, cases[i].status);
		assert_str_equal(reply.code, str_of(cases[i].code));
		assert_int_equal(f.request_count, 1);
		assert_int_equal(f.pause_count, 0);
	}
}

/* AWS shows the canonical request when a signature is wrong, and a debugging
 * proxy whatever it got: the token must not get into anybody's log.
 */
static void
test_echo(void **state)
{
#define TOKEN "FwoGZXIvYXdzEPT//////////wEa+token/QQQQ=="
	static const struct {
		const char *body, *msg;
	} cases[] = {
		{ "{\"__type\":\"InvalidSignatureException\",\"message\":\"The "
		    "Canonical String should have been 'POST\\n/\\n\\n"
		    "x-amz-security-token:" TOKEN "\\n'\"}",
		    AT "InvalidSignatureException: The Canonical String should "
		    "have been 'POST?/??x-amz-security-token:; is the secret "
		    "access key the one of this access key id?" },
		{ "got X-Amz-Security-Token: FwoGZXIvYXdzEPT\\/\\/",
		    AT "status 403 without an error of AWS's: got "
		    "X-Amz-Security-Token: " },
		{ TOKEN, AT "status 403 without an error of AWS's" },
		{ "{\"__type\":\"IncompleteSignatureException\",\"message\":"
		    "\"Authorization=AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x,"
		    " Signature=00\"}",
		    AT "IncompleteSignatureException: "
		    "Authorization=AWS4-HMAC-SHA256 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		cred.token = S(TOKEN);
		answer(403, cases[i].body);
		assert_false(send());
		assert_string_equal(err.msg, cases[i].msg);
		assert_false(str_contains(reply.message, S("FwoGZXIvYXdz")));
	}
#undef TOKEN
}

/* Neither by way of a name, nor of an address. */
static void
test_echo_elsewhere(void **state)
{
	static const struct {
		unsigned status;
		const char *fields, *body, *msg;
	} cases[] = {
		{ 400, NULL, "{\"error\":\"aToken12345.67890\"}",
		    PORTAL "status 400 without an error of AWS's" },
		{ 400, NULL, "{\"error\":\"no_aToken12345.67890\"}",
		    PORTAL "no_" },
		{ 400, NULL, "{\"__type\":\"a#X.aToken12345.67890:b\"}",
		    PORTAL "X." },
		{ 400, "x-amzn-ErrorType: XaToken12345.67890", "{}",
		    PORTAL "X" },
		{ 302, "Location: https://x/?t=aToken12345.67890", "",
		    PORTAL "redirected (status 302) to 'https://x/?t=': not "
		    "followed, check the endpoint" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_rest();
		call.hidden = S("aToken12345.67890");
		fake_answer(&f, (struct fake_answer){
			.status = cases[i].status, .fields = cases[i].fields,
			.body = cases[i].body });
		assert_false(send_to(SERVICE_SSO, "eu-west-1", NULL));
		assert_string_equal(err.msg, cases[i].msg);
		assert_false(str_contains(reply.code, S("aToken")));
		assert_false(str_contains(reply.reason, S("aToken")));
	}
	/* What is too short to be one is a name's own. */
	open_rest();
	call.hidden = S("Ex");
	fake_answer(&f, (struct fake_answer){ .status = 400,
		.body = "{\"__type\":\"ExNotSoVeryShort\"}" });
	assert_false(send_to(SERVICE_SSO, "eu-west-1", NULL));
	assert_string_equal(err.msg, PORTAL "ExNotSoVeryShort");
}

static void
test_long_message(void **state)
{
	static char body[2000] = "{\"__type\":\"AccessDenied\","
	    "\"message\":\"";

	(void)state;
	memset(body + strlen(body), 'x', 1500);
	memcpy(body + strlen(body), "\"}", 3);
	open_world(NULL);
	answer(400, body);
	assert_false(send());
	assert_true(str_ends(str_of(err.msg), S("xxx; this identity needs the "
	    "permission ecr:GetAuthorizationToken")));
}

static void
test_public_permission(void **state)
{
	(void)state;
	open_world(NULL);
	answer(400, "{\"__type\":\"AccessDeniedException\"}");
	call.operation = S("ecr-public GetAuthorizationToken");
	assert_false(send_to(SERVICE_ECR_PUBLIC, "us-east-1", NULL));
	assert_string_equal(err.msg, "ecr-public GetAuthorizationToken at "
	    "'api.ecr-public.us-east-1.amazonaws.com': AccessDeniedException; "
	    "this identity needs the permission "
	    "ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken");
}

static void
test_failures(void **state)
{
	static const struct {
		enum err_kind kind;
		const char *from, *msg;
		size_t requests;
		bool no_host;
	} cases[] = {
		{ ERR_NET, "connect 1.2.3.4:443: connection refused",
		    AT "connect 1.2.3.4:443: connection refused", 3, false },
		{ ERR_TRUST, "certificate: expired",
		    AT "certificate: expired", 1, false },
		{ ERR_REPLY, "two Content-Length fields",
		    AT "two Content-Length fields", 1, false },
		{ ERR_LIMIT, "body too large", AT "body too large", 1,
		    false },
		{ ERR_ABSENT, "resolve 'api.ecr.us-east-1.amazonaws.com': "
		    "does not exist", AT "region 'us-east-1' may not exist or "
		    "not have this service: resolve 'api.ecr.us-east-1"
		    ".amazonaws.com': does not exist", 1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		fake_answer(&f, (struct fake_answer){ .kind = cases[i].kind,
			.msg = cases[i].from, .always = true });
		assert_false(send());
		assert_string_equal(err.msg, cases[i].msg);
		/* "Absent" never leaves. */
		assert_int_equal(err.kind, cases[i].no_host ? ERR_NET :
		    cases[i].kind);
		assert_int_equal(reply.no_host, cases[i].no_host);
		assert_int_equal(f.request_count, cases[i].requests);
		assert_int_equal(reply.status, 0);
	}
}

/* What is tried again, how often, and how long in between. */
static void
test_retries(void **state)
{
	static const struct {
		unsigned status;
		const char *code, *fields;
		bool final;
		size_t requests;
		int64_t least[2], most[2];
	} cases[] = {
		{ 500, "ServerException", NULL, 0, 3, { 0, 0 }, { 50, 100 } },
		{ 502, NULL, NULL, 0, 3, { 0, 0 }, { 50, 100 } },
		{ 503, NULL, NULL, 0, 3, { 0, 0 }, { 50, 100 } },
		{ 504, NULL, NULL, 0, 3, { 0, 0 }, { 50, 100 } },
		{ 501, NULL, NULL, 0, 1, { 0 }, { 0 } },
		{ 505, NULL, NULL, 0, 1, { 0 }, { 0 } },
		{ 400, "RequestTimeout", NULL, 0, 3, { 0, 0 }, { 50, 100 } },
		{ 400, "RequestTimeoutException", NULL, 0, 3, { 0, 0 },
		    { 50, 100 } },
		{ 400, "IDPCommunicationError", NULL, 0, 3, { 0, 0 },
		    { 50, 100 } },
		{ 400, "InvalidIdentityToken", NULL, 0, 3, { 0, 0 },
		    { 50, 100 } },
		{ 400, "ThrottlingException", NULL, 0, 3, { 0, 0 },
		    { 1000, 2000 } },
		{ 400, "Throttling", NULL, 0, 3, { 0, 0 }, { 1000, 2000 } },
		{ 429, "TooManyRequestsException", NULL, 0, 3, { 0, 0 },
		    { 1000, 2000 } },
		{ 503, "SlowDown", NULL, 0, 3, { 0, 0 }, { 1000, 2000 } },
		{ 400, "PriorRequestNotComplete", NULL, 0, 3, { 0, 0 },
		    { 1000, 2000 } },
		{ 400, "LimitExceededException", NULL, 0, 3, { 0, 0 },
		    { 1000, 2000 } },
		{ 400, "LimitExceededException", NULL, 1, 1, { 0 }, { 0 } },
		{ 400, "throttling", NULL, 0, 1, { 0 }, { 0 } },
		{ 400, "InvalidParameterException", NULL, 0, 1, { 0 },
		    { 0 } },
		/* Milliseconds; held between our wait and 5 s more. */
		{ 503, NULL, "x-amz-retry-after: 1500", 0, 3,
		    { 1500, 1500 }, { 1500, 1500 } },
		{ 503, NULL, "x-amz-retry-after: 70", 0, 3, { 70, 70 },
		    { 70, 100 } },
		{ 503, NULL, "x-amz-retry-after: 60000", 0, 3,
		    { 5050, 5100 }, { 5050, 5100 } },
		{ 503, NULL, "x-amz-retry-after: 99999999999999999999", 0, 3,
		    { 0, 0 }, { 50, 100 } },
		{ 503, NULL, "x-amz-retry-after: -5", 0, 3, { 0, 0 },
		    { 50, 100 } },
		{ 503, NULL, "Retry-After: 30", 0, 3, { 0, 0 }, { 50, 100 } },
		{ 400, "Nope", "x-amz-retry-after: 5", 0, 1, { 0 }, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128] = "";
		struct buf b = BUF(text);

		open_world(NULL);
		if (cases[i].code) {
			buf_add(&b, S("{\"__type\":\""));
			buf_add(&b, str_of(cases[i].code));
			buf_add(&b, S("\"}"));
		}
		fake_answer(&f, (struct fake_answer){
			.status = cases[i].status, .fields = cases[i].fields,
			.body = text, .always = true });
		call.quota_is_final = cases[i].final;
		assert_false(send());
		assert_int_equal(f.request_count, cases[i].requests);
		assert_int_equal(f.pause_count, cases[i].requests - 1);
		for (size_t k = 0; k < f.pause_count; k++) {
			assert_int_equal(f.pauses[k].least_ms,
			    cases[i].least[k]);
			assert_int_equal(f.pauses[k].most_ms,
			    cases[i].most[k]);
		}
	}
}

static void
test_retry_succeeds(void **state)
{
	(void)state;
	open_world(NULL);
	answer(503, "");
	fake_answer(&f, (struct fake_answer){ .kind = ERR_NET,
		.clock_step_s = 5 });
	answer(200, "{}");
	assert_true(send());
	assert_true(fake_done(&f));
	/* Untouched on success; each attempt is signed anew. */
	assert_int_equal(err.kind, ERR_NONE);
	assert_string_equal(err.msg, "");
	assert_string_equal(fake_field(&f, 0, "x-amz-date"),
	    "20150830T123600Z");
	assert_string_equal(fake_field(&f, 2, "x-amz-date"),
	    "20150830T123605Z");
	assert_true(fake_noted(&f, NOTE_DETAIL, AT "status 503 without an "
	    "error of AWS's (attempt 1 of 3, trying again)"));
	assert_true(fake_noted(&f, NOTE_DETAIL, "(attempt 2 of 3"));
	assert_int_equal(f.note_count, 2);
}

static void
test_attempts(void **state)
{
	static const struct {
		const char *mode, *max, *config;
		size_t requests;
		const char *msg;	/* NULL: sent */
	} cases[] = {
		{ NULL, NULL, NULL, 3, NULL },
		{ "standard", NULL, NULL, 3, NULL },
		{ "Adaptive", NULL, NULL, 3, NULL },
		{ "legacy", NULL, NULL, 5, NULL },
		{ "legacy", "2", NULL, 2, NULL },
		{ NULL, "1", NULL, 1, NULL },
		{ NULL, "4", "[default]\nmax_attempts = 2\n", 4, NULL },
		{ NULL, NULL, "[default]\nmax_attempts = 2\n", 2, NULL },
		{ NULL, NULL, "[default]\nretry_mode = legacy\n", 5, NULL },
		{ "", "", NULL, 3, NULL },
		{ NULL, "0", NULL, 0,
		    "AWS_MAX_ATTEMPTS '0': not a number from 1 to 100" },
		{ NULL, "101", NULL, 0,
		    "AWS_MAX_ATTEMPTS '101': not a number from 1 to 100" },
		{ NULL, "-1", NULL, 0,
		    "AWS_MAX_ATTEMPTS '-1': not a number from 1 to 100" },
		{ NULL, "3x", NULL, 0,
		    "AWS_MAX_ATTEMPTS '3x': not a number from 1 to 100" },
		{ NULL, NULL, "[default]\nmax_attempts = many\n", 0,
		    "max_attempts 'many': not a number from 1 to 100" },
		{ "fast", NULL, NULL, 0, "AWS_RETRY_MODE 'fast': not one of "
		    "standard, adaptive, legacy" },
		{ NULL, NULL, "[default]\nretry_mode = fast\n", 0,
		    "retry_mode 'fast': not one of standard, adaptive,"
		    " legacy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(cases[i].config);
		fake_env(&f, "AWS_RETRY_MODE", cases[i].mode);
		fake_env(&f, "AWS_MAX_ATTEMPTS", cases[i].max);
		fake_answer(&f, (struct fake_answer){ .status = 503,
			.always = true });
		assert_false(send());
		assert_int_equal(f.request_count, cases[i].requests);
		if (!cases[i].msg)
			continue;
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

/* Waits double up to 20 s, and never run into the deadline. */
static void
test_deadline(void **state)
{
	(void)state;
	open_world(NULL);
	fake_env(&f, "AWS_MAX_ATTEMPTS", "100");
	fake_answer(&f, (struct fake_answer){ .status = 400,
		.body = "{\"__type\":\"Throttling\"}", .always = true });
	assert_false(send());
	/* 1 + 2 + 4 + 8 + 16 + 20 s; another 20 would pass the 60. */
	assert_int_equal(f.pause_count, 6);
	assert_int_equal(f.pauses[5].most_ms, CALL_BACKOFF_MAX_MS);
	assert_string_equal(err.msg, AT "Throttling");
	assert_true(f.clock_ms < FAKE_CLOCK_MS + EXCHANGE_MS);

	open_world(NULL);
	fake_answer(&f, (struct fake_answer){ .phase = HTTP_RECEIVE,
		.timed_out = true, .always = true });
	fake_env(&f, "AWS_MAX_ATTEMPTS", "100");
	assert_false(send());
	/* 30 s of silence; the rest; no third. */
	assert_int_equal(f.request_count, 2);
	assert_int_equal(f.clock_ms, FAKE_CLOCK_MS + EXCHANGE_MS);
}

/* Attempts that failed leave nothing in the arena. */
static void
test_memory(void **state)
{
	size_t mark, once;

	(void)state;
	open_world(NULL);
	fake_env(&f, "AWS_MAX_ATTEMPTS", "1");
	fake_answer(&f, (struct fake_answer){ .status = 503,
		.body = "{\"a\":1}", .always = true });
	assert_false(send());
	mark = a.used;
	assert_false(call_send(&c, &call, &a, &reply, &err));
	once = a.used - mark;
	fake_env(&f, "AWS_MAX_ATTEMPTS", "9");
	mark = a.used;
	assert_false(call_send(&c, &call, &a, &reply, &err));
	assert_int_equal(f.request_count, 11);
	assert_in_range(a.used - mark, 1, once + 16);
}

#define CODE(x) "{\"__type\":\"" x "\",\"message\":\"Signature expired.\"}"

static void
test_clock(void **state)
{
	static const struct {
		const char *body;
		int64_t skew_s;		/* AWS's clock minus ours */
		bool has_date, is_signed;
		bool corrected;
	} cases[] = {
		{ CODE("InvalidSignatureException"), 86400, 1, 1, 1 },
		{ CODE("InvalidSignatureException"), -86400, 1, 1, 1 },
		{ CODE("InvalidSignatureException"), 241, 1, 1, 1 },
		{ CODE("InvalidSignatureException"), 240, 1, 1, 0 },
		{ CODE("InvalidSignatureException"), -240, 1, 1, 0 },
		{ CODE("SignatureDoesNotMatch"), 3600, 1, 1, 1 },
		{ CODE("AuthFailure"), 3600, 1, 1, 1 },
		{ CODE("RequestTimeTooSkewed"), 100, 1, 1, 1 },
		{ CODE("RequestExpired"), -1, 1, 1, 1 },
		{ CODE("RequestInTheFuture"), -100, 1, 1, 1 },
		{ CODE("AccessDeniedException"), 86400, 1, 1, 0 },
		{ CODE("InvalidSignatureException"), 86400, 0, 1, 0 },
		{ CODE("RequestExpired"), 86400, 0, 1, 0 },
		{ CODE("RequestExpired"), 86400, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL);
		fake_answer(&f, (struct fake_answer){ .status = 403,
			.body = cases[i].body, .date = !cases[i].has_date ? 0 :
			    FAKE_NOW + cases[i].skew_s });
		if (!cases[i].is_signed)
			call.cred = NULL;
		if (cases[i].corrected)
			answer(200, "{}");
		assert_int_equal(send(), cases[i].corrected);
		assert_true(fake_done(&f));
		assert_int_equal(f.pause_count, 0);
		assert_int_equal(c.skew_s, cases[i].corrected ?
		    cases[i].skew_s : 0);
		assert_int_equal(fake_noted(&f, NOTE_WARNING, "clock"),
		    cases[i].corrected);
	}
}

static void
test_clock_texts(void **state)
{
	(void)state;
	/* Corrected: the signing time is AWS's, for later calls as well. */
	open_world(NULL);
	fake_answer(&f, (struct fake_answer){ .status = 403,
		.body = CODE("InvalidSignatureException"),
		.date = FAKE_NOW + 3600 });
	answer(200, "{}");
	assert_true(send());
	assert_string_equal(fake_field(&f, 1, "x-amz-date"),
	    "20150830T133600Z");
	assert_string_equal(f.notes[1].text, "this machine's clock is 3600 s "
	    "behind AWS's; signing with AWS's time");
	answer(200, "{}");
	assert_true(call_send(&c, &call, &a, &reply, &err));
	assert_string_equal(fake_field(&f, 2, "x-amz-date"),
	    "20150830T133600Z");

	/* No attempt left: the cause is still named. */
	open_world(NULL);
	fake_env(&f, "AWS_MAX_ATTEMPTS", "1");
	fake_answer(&f, (struct fake_answer){ .status = 403,
		.body = CODE("InvalidSignatureException"),
		.date = FAKE_NOW - 7200 });
	assert_false(send());
	assert_string_equal(err.msg, AT "InvalidSignatureException: Signature "
	    "expired; this machine's clock is 7200 s ahead of AWS's");
	assert_int_equal(c.skew_s, 0);

	/* Corrected, and refused again: it was not the clock alone. */
	open_world(NULL);
	fake_answer(&f, (struct fake_answer){ .status = 403, .always = true,
		.body = CODE("SignatureDoesNotMatch"),
		.date = FAKE_NOW - 7200 });
	assert_false(send());
	assert_int_equal(f.request_count, 2);
	assert_string_equal(err.msg, AT "SignatureDoesNotMatch: Signature "
	    "expired; is the secret access key the one of this access key "
	    "id?");
}

/* An unsigned call is answered whatever the time is here. */
static void
test_clock_of_success(void **state)
{
	static const struct {
		int64_t before, date, after;
	} cases[] = {
		{ 0, 0, 0 },
		{ 0, FAKE_NOW, 0 },
		{ 0, FAKE_NOW + 240, 0 },
		{ 0, FAKE_NOW - 240, 0 },
		{ 0, FAKE_NOW + 241, 241 },
		{ 0, FAKE_NOW - 241, -241 },
		{ 3600, FAKE_NOW + 3700, 3600 },
		{ 3600, FAKE_NOW, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_rest();
		fake_answer(&f, (struct fake_answer){ .status = 200,
			.date = cases[i].date, .always = true });
		assert_true(send_to(SERVICE_SSO, "eu-west-1", NULL));
		c.skew_s = cases[i].before;
		f.note_count = 0;
		assert_true(call_send(&c, &call, &a, &reply, &err));
		assert_int_equal(c.skew_s, cases[i].after);
		assert_int_equal(fake_noted(&f, NOTE_WARNING, "clock"),
		    cases[i].before != cases[i].after);
		assert_int_equal(f.request_count, 2);
	}
}

static void
test_bad_head(void **state)
{
	static char long_token[70 << 10];

	(void)state;
	memset(long_token, 'x', sizeof(long_token));
	open_world(NULL);
	cred.token = (struct str){ long_token, sizeof(long_token) };
	assert_false(send());
	assert_string_equal(err.msg, AT "sign request: more than 65536 bytes");
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(f.request_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_signed_fields),
		cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_rest_head),
		cmocka_unit_test(test_rest_refusals),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_echo_elsewhere),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_public_permission),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_retry_succeeds),
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_clock_texts),
		cmocka_unit_test(test_clock_of_success),
		cmocka_unit_test(test_bad_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
