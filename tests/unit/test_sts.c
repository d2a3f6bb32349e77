#include "fake_world.h"

#include "aws/sts.h"
#include "base/limits.h"

#define URL "https://sts.eu-west-1.amazonaws.com/"
#define OP "sts AssumeRoleWithWebIdentity at " \
    "'sts.eu-west-1.amazonaws.com': "
#define ROLE "arn:aws:iam::123456789012:role/pull"
#define TOKEN "eyJhbGciOi.eyJzdWIi.c2ln"
#define IN(members) "{\"AssumeRoleWithWebIdentityResponse\":" \
    "{\"AssumeRoleWithWebIdentityResult\":{\"Credentials\":{" members "}}}}"
#define KEYS "\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s/+=\"," \
    "\"SessionToken\":\"t/+==\""
#define XML(credentials) "<?xml version=\"1.0\"?>\n" \
    "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/" \
    "doc/2011-06-15/\">\n  <AssumeRoleWithWebIdentityResult>\n" \
    "    <AssumedRoleUser><Arn>x</Arn></AssumedRoleUser>\n" \
    "    <Credentials>" credentials "</Credentials>\n" \
    "    <Provider>p</Provider>\n  </AssumeRoleWithWebIdentityResult>\n" \
    "</AssumeRoleWithWebIdentityResponse>\n"
#define XML_KEYS "<SessionToken>\n t/&#43;==\n</SessionToken>" \
    "<SecretAccessKey>s/+=</SecretAccessKey><AccessKeyId>ASIA1</AccessKeyId>"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct sts_web_identity ask;
static struct cred cred;
static struct err err;

static void
open_world(void)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	ask = (struct sts_web_identity){ .role_arn = S(ROLE),
		.session_name = S("a+b"), .token = S(TOKEN) };
	cred = (struct cred){ .key_id = S("kept"), .source = "here" };
	err = (struct err){ .kind = ERR_NONE };
}

static bool
assume(const char *region)
{
	const struct config_flags flags = { .profile = NULL };

	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	return sts_web_identity(&c, str_of(region), &ask, &a, &cred, &err);
}

static void
test_request(void **state)
{
	static const char *const fields[][2] = {
		{ "Host", "sts.eu-west-1.amazonaws.com" },
		{ "Content-Type", "application/x-www-form-urlencoded;"
		    " charset=utf-8" },
		{ "Accept", "application/json" },
		{ "Accept-Encoding", "identity" },
	};

	(void)state;
	open_world();
	fake_answer(&f, (struct fake_answer){ .method = "POST", .url = URL,
		.status = 200, .body = IN(KEYS ",\"Expiration\":1.5E9") });
	if (!assume("eu-west-1"))
		fail_msg("%s", err.msg);
	assert_string_equal(f.requests[0].body,
	    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
	    "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpull&RoleSessionName="
	    "a%2Bb&WebIdentityToken=" TOKEN);
	/* Unsigned: nobody knows us yet. */
	assert_int_equal(f.requests[0].count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(fake_field(&f, 0, fields[i][0]),
		    fields[i][1]);
	assert_str_equal(cred.key_id, S("ASIA1"));
	assert_str_equal(cred.secret, S("s/+="));
	assert_str_equal(cred.token, S("t/+=="));
	assert_int_equal(cred.expires, 1500000000);
	assert_string_equal(cred.source, "here");
}

static void
test_endpoints(void **state)
{
	static const struct {
		const char *region, *name, *value, *url;
	} cases[] = {
		{ "", NULL, NULL, "https://sts.amazonaws.com/" },
		{ "cn-north-1", NULL, NULL,
		    "https://sts.cn-north-1.amazonaws.com.cn/" },
		{ "us-east-1", "AWS_USE_FIPS_ENDPOINT", "true",
		    "https://sts-fips.us-east-1.amazonaws.com/" },
		{ "us-east-1", "AWS_ENDPOINT_URL_STS", "http://[::1]:4566",
		    "http://[::1]:4566/" },
		{ "us-east-1", "AWS_ENDPOINT_URL", "http://localhost/x",
		    "http://localhost/x" },
		{ "us-east-1", "AWS_ENDPOINT_URL_ECR", "http://localhost/x",
		    "https://sts.us-east-1.amazonaws.com/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		if (cases[i].name)
			fake_env(&f, cases[i].name, cases[i].value);
		fake_answer(&f, (struct fake_answer){ .url = cases[i].url,
			.status = 200, .body = IN(KEYS ",\"Expiration\":1") });
		if (!assume(cases[i].region))
			fail_msg("%s", err.msg);
	}
}

static void
test_answers(void **state)
{
	static const struct {
		const char *body;
		int64_t expires;
	} cases[] = {
		{ IN(KEYS ",\"Expiration\":1440981360"), 1440981360 },
		{ IN(KEYS ",\"Expiration\":1.440981360E9"), 1440981360 },
		{ IN("\"Expiration\":\"2015-08-31T00:36:00Z\"," KEYS
		    ",\"Other\":{}"), 1440981360 },
		{ " \n" IN(KEYS ",\"Expiration\":\"1440981360\"") "\n",
		    1440981360 },
		{ XML(XML_KEYS "<Expiration>2015-08-31T00:36:00Z"
		    "</Expiration>"), 1440981360 },
		{ "\n" XML(XML_KEYS "<Expiration>2015-08-31T00:36:00.5Z"
		    "</Expiration><Other/>"), 1440981360 },
		{ XML(XML_KEYS "<Expiration>1440981360</Expiration>"),
		    1440981360 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		if (!sts_read(t_edge(str_of(cases[i].body)),
		    S("AssumeRoleWithWebIdentity"), &a, &cred, &err))
			fail_msg("%s", err.msg);
		assert_str_equal(cred.key_id, S("ASIA1"));
		assert_str_equal(cred.secret, S("s/+="));
		assert_str_equal(cred.token, S("t/+=="));
		assert_int_equal(cred.expires, cases[i].expires);
	}
	/* Of another action. */
	assert_false(sts_read(str_of(cases[0].body), S("AssumeRole"), &a,
	    &cred, &err));
	assert_string_equal(err.msg, "no 'AccessKeyId'");
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *body, *msg;
	} cases[] = {
		{ "{}", "no 'AccessKeyId'" },
		{ "[]", "no 'AccessKeyId'" },
		{ "5", "no 'AccessKeyId'" },
		{ IN("\"AccessKeyId\":null"), "no 'AccessKeyId'" },
		{ IN("\"AccessKeyId\":\"\""), "no 'AccessKeyId'" },
		{ IN("\"AccessKeyId\":\" \""), "no 'AccessKeyId'" },
		{ IN("\"AccessKeyId\":\"A\""), "no 'SecretAccessKey'" },
		{ IN("\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"B\""),
		    "no 'SessionToken'" },
		{ IN(KEYS), "no 'Expiration'" },
		{ IN(KEYS ",\"Expiration\":\"\""), "no 'Expiration'" },
		{ IN(KEYS ",\"Expiration\":\"soon\""),
		    "'Expiration' is not a time" },
		{ IN(KEYS ",\"Expiration\":1440981360000"),
		    "'Expiration' is not a time" },
		{ IN("\"AccessKeyId\":\"A/\",\"SecretAccessKey\":\"B\","
		    "\"SessionToken\":\"C\",\"Expiration\":1"),
		    "sts: that is no access key id" },
		{ IN("\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"B B\","
		    "\"SessionToken\":\"C\",\"Expiration\":1"),
		    "sts: the secret access key has a blank or a byte that is"
		    " not printable ASCII" },
		{ IN("\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"B\","
		    "\"SessionToken\":\"C\\nD\",\"Expiration\":1"),
		    "sts: the session token has a blank or a byte that is not"
		    " printable ASCII" },
		{ XML(""), "no 'AccessKeyId'" },
		{ XML("<AccessKeyId/>" XML_KEYS),
		    "not XML at byte 320: the same element twice" },
		{ XML(XML_KEYS), "no 'Expiration'" },
		{ XML(XML_KEYS "<Expiration>soon</Expiration>"),
		    "'Expiration' is not a time" },
		{ "<html></html>", "no 'AccessKeyId'" },
		{ "<", "not XML at byte 1: '<' without a name" },
	};
	/* Their texts are those of other modules. */
	static const char *const more[] = {
		"", "{", "ok", IN(KEYS ",\"Expiration\":true"),
		IN(KEYS ",\"Expiration\":{}"), IN(KEYS "," KEYS),
		IN("\"AccessKeyId\":{\"a\":1},\"SecretAccessKey\":\"B\","
		    "\"SessionToken\":\"C\",\"Expiration\":1"),
		IN("\"AccessKeyId\":true,\"SecretAccessKey\":\"B\","
		    "\"SessionToken\":\"C\",\"Expiration\":1"),
		XML("<AccessKeyId><b/></AccessKeyId>"), "<a>&x;</a>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		fake_answer(&f, (struct fake_answer){ .status = 200,
			.body = cases[i].body });
		assert_false(assume("eu-west-1"));
		assert_true(str_starts(str_of(err.msg), S(OP)));
		assert_string_equal(err.msg + sizeof(OP) - 1, cases[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_str_equal(cred.key_id, S("kept"));
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		open_world();
		fake_answer(&f, (struct fake_answer){ .status = 200,
			.body = more[i] });
		assert_false(assume("eu-west-1"));
		assert_true(str_starts(str_of(err.msg), S(OP)));
		assert_int_equal(err.kind, ERR_REPLY);
		assert_str_equal(cred.key_id, S("kept"));
	}
}

static void
test_cut_short(void **state)
{
	static const struct str bodies[] = {
		S_INIT(IN(KEYS ",\"Expiration\":1")),
		S_INIT(XML(XML_KEYS "<Expiration>1</Expiration>")),
	};
	const struct str action = S("AssumeRoleWithWebIdentity");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct str body = str_trim(bodies[i]);

		open_world();
		for (size_t n = 0; n < body.n; n++)
			assert_false(sts_read(t_edge(str_head(body, n)),
			    action, &a, &cred, &err));
		assert_true(sts_read(t_edge(body), action, &a, &cred, &err));
	}
}

static void
test_denied(void **state)
{
	static const struct {
		unsigned status;
		const char *body, *msg;
		size_t requests;
		enum err_kind kind;
	} cases[] = {
		{ 403, "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":"
		    "\"Not authorized to perform sts:AssumeRoleWithWebIdentity"
		    "\",\"Type\":\"Sender\"},\"RequestId\":\"x\"}",
		    OP "AccessDenied: Not authorized to perform"
		    " sts:AssumeRoleWithWebIdentity; the role's trust policy"
		    " must allow this token's issuer, audience and subject", 1,
		    ERR_DENIED },
		{ 400, "<ErrorResponse><Error><Code>InvalidIdentityToken"
		    "</Code><Message>No OpenIDConnect provider</Message>"
		    "</Error></ErrorResponse>",
		    OP "InvalidIdentityToken: No OpenIDConnect provider; the"
		    " role's account needs an IAM identity provider for the"
		    " token's issuer and audience", 3, ERR_DENIED },
		{ 400, "{\"Error\":{\"Code\":\"ExpiredTokenException\","
		    "\"Message\":\"Token expired\"}}",
		    OP "ExpiredTokenException: Token expired; the token in"
		    " the file is too old", 1, ERR_DENIED },
		{ 400, "{\"Error\":{\"Code\":\"IDPCommunicationError\"}}",
		    OP "IDPCommunicationError", 3, ERR_DENIED },
		{ 403, "{\"Error\":{\"Code\":\"IDPRejectedClaim\"}}",
		    OP "IDPRejectedClaim", 1, ERR_DENIED },
		/* Who sends back what it was sent is not quoted. */
		{ 400, "{\"Error\":{\"Code\":\"X\",\"Message\":\"bad token "
		    TOKEN " here\"}}", OP "X: bad token ", 1, ERR_DENIED },
		{ 502, "Action=A&WebIdentityToken=" TOKEN "&b",
		    OP "status 502 without an error of AWS's: Action=A&"
		    "WebIdentityToken=", 3, ERR_REPLY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		fake_answer(&f, (struct fake_answer){
			.status = cases[i].status, .body = cases[i].body,
			.always = true });
		assert_false(assume("eu-west-1"));
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(f.request_count, cases[i].requests);
		assert_str_equal(cred.key_id, S("kept"));
	}
	/* "Absent" never leaves: a chain would go on to another identity. */
	open_world();
	fake_answer(&f, (struct fake_answer){ .kind = ERR_ABSENT,
		.msg = "does not exist", .always = true });
	assert_false(assume("eu-west-1"));
	assert_int_equal(err.kind, ERR_NET);
}

static void
test_bad_requests(void **state)
{
	static char long_text[WEB_TOKEN_MAX + 1];
	const struct str text = { long_text, sizeof(long_text) };

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	open_world();
	ask.role_arn = S("");
	assert_false(assume("eu-west-1"));
	assert_string_equal(err.msg, "role '': not an ARN of 1 to 2048 bytes");
	ask.role_arn = str_head(text, ROLE_ARN_MAX + 1);
	assert_false(assume("eu-west-1"));
	assert_int_equal(err.kind, ERR_USAGE);
	ask.role_arn = str_head(text, ROLE_ARN_MAX);
	ask.token = S("");
	assert_false(assume("eu-west-1"));
	assert_string_equal(err.msg, "web identity token: 0 bytes, not 1 to"
	    " 20000");
	ask.token = text;
	assert_false(assume("eu-west-1"));
	assert_string_equal(err.msg, "web identity token: 20001 bytes, not 1"
	    " to 20000");
	ask.token = S(TOKEN);
	assert_false(assume("eu west"));
	assert_string_equal(err.msg, "region 'eu west': not a name of letters,"
	    " digits and hyphens");
	assert_int_equal(f.request_count, 0);

	/* The longest that is taken, all of it escaped. */
	memset(long_text, '%', sizeof(long_text));
	ask.token = str_head(text, WEB_TOKEN_MAX);
	ask.role_arn = str_head(text, ROLE_ARN_MAX);
	fake_answer(&f, (struct fake_answer){ .status = 200,
		.body = IN(KEYS ",\"Expiration\":1") });
	if (!assume("eu-west-1"))
		fail_msg("%s", err.msg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_bad_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
