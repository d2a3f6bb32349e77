#include "fake_world.h"

#include "aws/sts.h"
#include "base/limits.h"

#define HOST "sts.eu-west-1.amazonaws.com"
#define AT "sts AssumeRole at '" HOST "': "
#define CALLER "sts GetCallerIdentity at '" HOST "': "
#define ROLE "arn:aws:iam::123456789012:role/pull"
#define KEYS "\"Credentials\":{\"AccessKeyId\":\"ASIA1\"," \
    "\"SecretAccessKey\":\"s/+=\",\"SessionToken\":\"t/+==\"," \
    "\"Expiration\":1.440981360E9}"
#define IN(action, members) "{\"" action "Response\":{\"" action \
    "Result\":{" members "},\"ResponseMetadata\":{\"RequestId\":\"x\"}}}"
#define USER(arn) "\"AssumedRoleUser\":{\"AssumedRoleId\":\"AROA:s\"," \
    "\"Arn\":\"" arn "\"}"
#define XML_KEYS "<Credentials><AccessKeyId>ASIA1</AccessKeyId>" \
    "<SecretAccessKey>s/+=</SecretAccessKey><SessionToken>t/+==" \
    "</SessionToken><Expiration>2015-08-31T00:36:00Z</Expiration>" \
    "</Credentials>"
#define XML_IN(action, elements) "<" action "Response xmlns=\"https://sts." \
    "amazonaws.com/doc/2011-06-15/\">\n <" action "Result>" elements \
    "</" action "Result>\n <ResponseMetadata/>\n</" action "Response>"
#define XML_USER(arn) "<AssumedRoleUser><AssumedRoleId>AROA:s" \
    "</AssumedRoleId><Arn>\n" arn "</Arn></AssumedRoleUser>"
#define DENIED(code, message) "{\"Error\":{\"Code\":\"" code "\"," \
    "\"Message\":\"" message "\",\"Type\":\"Sender\"},\"RequestId\":\"x\"}"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct sts_role ask;
static struct cred by, cred;
static struct sts_caller who;
static struct err err;

static void
open_world(void)
{
	const struct config_flags flags = { .profile = NULL };

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	ask = (struct sts_role){ .role_arn = S(ROLE),
		.session_name = S("me@x") };
	by = (struct cred){ .key_id = S("AKIDEXAMPLE"),
		.secret = S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") };
	cred = (struct cred){ .key_id = S("kept"), .source = "here" };
	who = (struct sts_caller){ .arn = S("kept") };
	err = (struct err){ .kind = ERR_NONE };
}

static bool
assume(void)
{
	return sts_assume_role(&c, S("eu-west-1"), &by, &ask, &a, &cred,
	    &err);
}

static bool
caller(const char *region)
{
	return sts_caller(&c, str_of(region), &by, &a, &who, &err);
}

static void
answer(unsigned status, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = "https://" HOST "/", .status = status, .body = body });
}

/* Each thing alone, and all together; what is empty is not sent. */
static void
test_bodies(void **state)
{
#define BEGIN "Action=AssumeRole&Version=2011-06-15&RoleArn=" \
    "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpull&RoleSessionName=me%40x"
	static const struct {
		const char *external_id, *duration_s, *serial, *code;
		const char *body;
	} cases[] = {
		{ "", "", "", "", BEGIN },
		{ "a=b&c d/+", "", "", "",
		    BEGIN "&ExternalId=a%3Db%26c%20d%2F%2B" },
		{ "", "900", "", "", BEGIN "&DurationSeconds=900" },
		{ "", "", "arn:aws:iam::1:mfa/m", "012345", BEGIN
		    "&SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fm"
		    "&TokenCode=012345" },
		{ "x", "43200", "GAHT1", "999999", BEGIN
		    "&DurationSeconds=43200&ExternalId=x&SerialNumber=GAHT1"
		    "&TokenCode=999999" },
	};
#undef BEGIN

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		ask.external_id = str_of(cases[i].external_id);
		ask.duration_s = str_of(cases[i].duration_s);
		ask.serial = str_of(cases[i].serial);
		ask.token_code = str_of(cases[i].code);
		answer(200, IN("AssumeRole", KEYS));
		if (!assume())
			fail_msg("%s", err.msg);
		assert_string_equal(f.requests[0].body, cases[i].body);
		assert_str_equal(cred.key_id, S("ASIA1"));
		assert_str_equal(cred.secret, S("s/+="));
		assert_str_equal(cred.token, S("t/+=="));
		assert_int_equal(cred.expires, 1440981360);
		assert_string_equal(cred.source, "here");
	}
}

/* Signed as botocore signs, with the session token of a role before it. */
static void
test_signed(void **state)
{
	static const struct {
		const char *token, *names;
	} cases[] = {
		{ "", "SignedHeaders=accept;content-type;host;x-amz-date, " },
		{ "first-role's", "SignedHeaders=accept;content-type;host;"
		    "x-amz-date;x-amz-security-token, " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *field;

		open_world();
		by.token = str_of(cases[i].token);
		answer(200, IN("AssumeRole", KEYS));
		assert_true(assume());
		field = fake_field(&f, 0, "authorization");
		assert_non_null(strstr(field, "Credential=AKIDEXAMPLE/20150830"
		    "/eu-west-1/sts/aws4_request, "));
		assert_non_null(strstr(field, cases[i].names));
		field = fake_field(&f, 0, "x-amz-security-token");
		assert_string_equal(field ? field : "", cases[i].token);
	}
}

static void
test_account(void **state)
{
	static const struct {
		const char *role, *body, *account;
	} cases[] = {
		/* The answer's, which wins over the question's. */
		{ ROLE, IN("AssumeRole", USER("arn:aws:sts::210987654321:"
		    "assumed-role/pull/me") "," KEYS), "210987654321" },
		{ ROLE, IN("AssumeRole", KEYS "," USER("arn:aws-cn:sts::"
		    "210987654321:assumed-role/pull/me")), "210987654321" },
		{ ROLE, XML_IN("AssumeRole", XML_USER("arn:aws:sts::"
		    "210987654321:assumed-role/pull/me") XML_KEYS),
		    "210987654321" },
		{ ROLE, IN("AssumeRole", KEYS), "123456789012" },
		{ ROLE, XML_IN("AssumeRole", XML_KEYS), "123456789012" },
		{ ROLE, IN("AssumeRole", USER("") "," KEYS), "123456789012" },
		{ ROLE, IN("AssumeRole", USER("arn:aws:sts::21:x") "," KEYS),
		    "123456789012" },
		{ ROLE, IN("AssumeRole", "\"AssumedRoleUser\":null," KEYS),
		    "123456789012" },
		/* Whatever stands in for AWS may call its roles so. */
		{ "pull", IN("AssumeRole", KEYS), "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		ask.role_arn = str_of(cases[i].role);
		answer(200, cases[i].body);
		if (!assume())
			fail_msg("%s", err.msg);
		assert_str_equal(cred.account, str_of(cases[i].account));
	}
}

static void
test_read_refusals(void **state)
{
	static const struct {
		const char *body, *msg;
	} cases[] = {
		{ "{}", AT "no 'AccessKeyId'" },
		{ IN("AssumeRoleWithWebIdentity", KEYS),
		    AT "no 'AccessKeyId'" },
		{ IN("AssumeRole", "\"Credentials\":{\"AccessKeyId\":\"A\"}"),
		    AT "no 'SecretAccessKey'" },
		{ XML_IN("AssumeRole", XML_USER("x")),
		    AT "no 'AccessKeyId'" },
		{ IN("GetCallerIdentity", KEYS), AT "no 'AccessKeyId'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		answer(200, cases[i].body);
		assert_false(assume());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_str_equal(cred.key_id, S("kept"));
		assert_int_equal(cred.account.n, 0);
	}
}

static void
test_denied(void **state)
{
	static const struct {
		const char *body, *msg;
	} cases[] = {
		{ DENIED("AccessDenied", "User: arn:aws:iam::123456789012:user"
		    "/u is not authorized to perform: sts:AssumeRole on "
		    "resource: " ROLE),
		    AT "AccessDenied: User: arn:aws:iam::123456789012:user/u "
		    "is not authorized to perform: sts:AssumeRole on resource:"
		    " " ROLE "; the role's trust policy must allow this "
		    "identity, which needs the permission sts:AssumeRole" },
		{ DENIED("AccessDenied", "MultiFactorAuthentication failed "
		    "with invalid MFA one time pass code. "),
		    AT "AccessDenied: MultiFactorAuthentication failed with "
		    "invalid MFA one time pass code; mfa_serial must be this "
		    "identity's own device, and a code works once" },
		{ DENIED("ExpiredToken", "The security token included in the "
		    "request is expired"),
		    AT "ExpiredToken: The security token included in the "
		    "request is expired; get new credentials" },
		{ DENIED("RegionDisabledException", "STS is not activated in "
		    "this region for account:123456789012. Your account "
		    "administrator can activate STS in this region using the "
		    "IAM Console."),
		    AT "RegionDisabledException: STS is not activated in this "
		    "region for account:123456789012. Your account "
		    "administrator can activate STS in this region using the "
		    "IAM Console; region 'eu-west-1' must be enabled for the "
		    "account first" },
		{ DENIED("InvalidClientTokenId", "The security token included "
		    "in the request is invalid."),
		    AT "InvalidClientTokenId: The security token included in "
		    "the request is invalid; the access key does not exist, "
		    "belongs to another partition, or region 'eu-west-1' is "
		    "not enabled for the account" },
		{ DENIED("SignatureDoesNotMatch", "The request signature we "
		    "calculated does not match the signature you provided."),
		    AT "SignatureDoesNotMatch: The request signature we "
		    "calculated does not match the signature you provided; is "
		    "the secret access key the one of this access key id?" },
		{ DENIED("ValidationError", "The requested DurationSeconds "
		    "exceeds the MaxSessionDuration set for this role."),
		    AT "ValidationError: The requested DurationSeconds exceeds "
		    "the MaxSessionDuration set for this role" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		answer(403, cases[i].body);
		assert_false(assume());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_str_equal(cred.key_id, S("kept"));
	}
	/* "Absent" never leaves: a chain would go on to another identity. */
	open_world();
	fake_answer(&f, (struct fake_answer){ .kind = ERR_ABSENT,
		.msg = "does not exist", .always = true });
	assert_false(assume());
	assert_int_equal(err.kind, ERR_NET);
	assert_false(caller("eu-west-1"));
	assert_int_equal(err.kind, ERR_NET);
}

static void
test_bad_roles(void **state)
{
	static char text[ROLE_ARN_MAX + 1];

	(void)state;
	memset(text, '%', sizeof(text));
	open_world();
	ask.role_arn = S("");
	assert_false(assume());
	assert_string_equal(err.msg, "role '': not an ARN of 1 to 2048 bytes");
	assert_int_equal(err.kind, ERR_USAGE);
	ask.role_arn = (struct str){ text, sizeof(text) };
	assert_false(assume());
	assert_int_equal(err.kind, ERR_USAGE);
	assert_int_equal(f.request_count, 0);

	/* The longest of everything, all of it escaped. */
	ask.role_arn.n = ROLE_ARN_MAX;
	ask.session_name = ask.external_id = ask.duration_s = ask.serial =
	    ask.token_code = ask.role_arn;
	answer(200, IN("AssumeRole", KEYS));
	if (!assume())
		fail_msg("%s", err.msg);
	assert_true(f.requests[0].body_n > 6 * 3 * ROLE_ARN_MAX);
}

/* A region "fips-x" or "x-fips" of the run is meant for STS too. */
static void
test_endpoints(void **state)
{
	static const struct {
		const char *region, *run, *legacy, *url;
	} cases[] = {
		{ "eu-central-1", NULL, NULL,
		    "https://sts.eu-central-1.amazonaws.com/" },
		{ "us-east-1", "us-east-1-fips", NULL,
		    "https://sts-fips.us-east-1.amazonaws.com/" },
		{ "us-east-1", "fips-us-west-2", "legacy",
		    "https://sts-fips.us-east-1.amazonaws.com/" },
		{ "us-east-1", "not_one", NULL,
		    "https://sts.us-east-1.amazonaws.com/" },
		{ "eu-west-1", NULL, "legacy", "https://sts.amazonaws.com/" },
		{ "", NULL, NULL, "https://sts.amazonaws.com/" },
		{ "aws-global", NULL, NULL, "https://sts.amazonaws.com/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		fake_env(&f, "AWS_REGION", cases[i].run);
		fake_env(&f, "AWS_STS_REGIONAL_ENDPOINTS", cases[i].legacy);
		fake_answer(&f, (struct fake_answer){ .url = cases[i].url,
			.status = 200, .body = IN("GetCallerIdentity",
			    "\"Account\":\"123456789012\",\"Arn\":\"a\","
			    "\"UserId\":\"u\"") });
		if (!caller(cases[i].region))
			fail_msg("%s", err.msg);
	}
}

static void
test_caller(void **state)
{
	static const char *const bodies[] = {
		IN("GetCallerIdentity", "\"Account\":\"123456789012\","
		    "\"Arn\":\"arn:aws:iam::123456789012:user/u\","
		    "\"UserId\":\"AIDA\""),
		XML_IN("GetCallerIdentity", "<Arn>arn:aws:iam::123456789012"
		    ":user/u</Arn> <UserId>AIDA</UserId>\n<Account>"
		    "123456789012</Account>"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		open_world();
		fake_answer(&f, (struct fake_answer){ .status = 200,
			.body = bodies[i] });
		if (!caller("eu-central-1"))
			fail_msg("%s", err.msg);
		assert_str_equal(who.account, S("123456789012"));
		assert_str_equal(who.arn,
		    S("arn:aws:iam::123456789012:user/u"));
		assert_str_equal(who.user_id, S("AIDA"));
		assert_string_equal(f.requests[0].body,
		    "Action=GetCallerIdentity&Version=2011-06-15");
		/* The golden vector of the specification. */
		assert_string_equal(fake_field(&f, 0, "authorization"),
		    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"
		    "eu-central-1/sts/aws4_request, SignedHeaders=accept;"
		    "content-type;host;x-amz-date, Signature="
		    "55636964a0c5dff4ec83f0035d48eb1f"
		    "ca3b4aaa05aa578eeb0220cabf78855c");
	}
}

static void
test_caller_refusals(void **state)
{
	static const struct {
		const char *body, *msg;
	} cases[] = {
		{ "{}", CALLER "no 'Account'" },
		{ IN("GetCallerIdentity", "\"Arn\":\"a\",\"UserId\":\"u\""),
		    CALLER "no 'Account'" },
		{ IN("GetCallerIdentity", "\"Account\":\"123456789012\","
		    "\"UserId\":\"u\""), CALLER "no 'Arn'" },
		{ IN("GetCallerIdentity", "\"Account\":\"123456789012\","
		    "\"Arn\":\"a\""), CALLER "no 'UserId'" },
		{ IN("GetCallerIdentity", "\"Account\":\"12345\",\"Arn\":\"a\""
		    ",\"UserId\":\"u\""), CALLER "'Account' is not 12 digits" },
		{ IN("AssumeRole", KEYS), CALLER "no 'Account'" },
		{ XML_IN("GetCallerIdentity", ""), CALLER "no 'Account'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world();
		answer(200, cases[i].body);
		assert_false(caller("eu-west-1"));
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_str_equal(who.arn, S("kept"));
	}
	/* Nobody is denied this: no permission would help. */
	open_world();
	answer(403, DENIED("ExpiredToken", "over"));
	assert_false(caller("eu-west-1"));
	assert_string_equal(err.msg, CALLER "ExpiredToken: over; get new "
	    "credentials");
}

/* What is not whole is not taken, in either language. */
static void
test_cut_short(void **state)
{
	static const struct str bodies[] = {
		S_INIT(IN("GetCallerIdentity", "\"Account\":\"123456789012\","
		    "\"Arn\":\"a\",\"UserId\":\"u\"")),
		S_INIT(XML_IN("GetCallerIdentity", "<Arn>a</Arn><UserId>u"
		    "</UserId><Account>123456789012</Account>")),
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_world();
		for (size_t n = 0; n < bodies[i].n; n++)
			assert_false(sts_read_caller(t_edge(str_head(
			    bodies[i], n)), &a, &who, &err));
		assert_true(sts_read_caller(t_edge(bodies[i]), &a, &who,
		    &err));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_read_refusals),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_bad_roles),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_caller),
		cmocka_unit_test(test_caller_refusals),
		cmocka_unit_test(test_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
