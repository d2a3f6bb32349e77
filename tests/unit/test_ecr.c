#include "fake_world.h"

#include "aws/ecr.h"
#include "base/enc.h"
#include "base/limits.h"

#define ID "123456789012"
#define HOST ID ".dkr.ecr.eu-west-1.amazonaws.com"
#define OP "ecr GetAuthorizationToken at 'api.ecr.eu-west-1.amazonaws.com': "
#define TOKEN "QVdTOnBhc3N3b3Jk"	/* AWS:password */
#define DATA(members) "{\"authorizationData\":[{" members "}]}"
#define TOKEN_IS(t) DATA("\"authorizationToken\":\"" t "\"," \
    "\"expiresAt\":1440981360,\"proxyEndpoint\":\"https://" HOST "\"")

static struct fake_world f;
static struct arena a;
static struct config c;
static struct registry r;
static struct ecr_token t;
static struct err err;

static const struct cred cred = { .key_id = S_INIT("AKIDEXAMPLE"),
	.secret = S_INIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") };

static void
open_world(const char *registry)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	err = (struct err){ .kind = ERR_NONE };
	t = (struct ecr_token){ .user = S("kept") };
	assert_true(registry_parse(str_of(registry), &a, &r, &err));
}

static bool
authorize(void)
{
	const struct config_flags flags = { .profile = NULL };

	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	return ecr_authorize(&c, &cred, &r, &a, &t, &err);
}

static void
answer(const char *url, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = "POST", .url = url,
		.status = 200, .body = body });
}

static void
test_private(void **state)
{
	(void)state;
	open_world(HOST);
	answer("https://api.ecr.eu-west-1.amazonaws.com/", TOKEN_IS(TOKEN));
	assert_true(authorize());
	assert_string_equal(f.requests[0].body,
	    "{\"registryIds\":[\"" ID "\"]}");
	assert_string_equal(fake_field(&f, 0, "x-amz-target"),
	    "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
	assert_non_null(strstr(fake_field(&f, 0, "authorization"),
	    "/eu-west-1/ecr/aws4_request"));
	assert_str_equal(t.login, S("AWS:password"));
	assert_str_equal(t.user, S("AWS"));
	assert_str_equal(t.password, S("password"));
	assert_str_equal(t.host, S(HOST));
	assert_int_equal(t.expires, 1440981360);
}

static void
test_public(void **state)
{
	(void)state;
	open_world("public.ecr.aws");
	fake_env(&f, "AWS_REGION", "eu-west-1");
	answer("https://api.ecr-public.us-east-1.amazonaws.com/",
	    "{\"authorizationData\":{\"authorizationToken\":\"" TOKEN "\","
	    "\"expiresAt\":1.44098136E9}}");
	assert_true(authorize());
	assert_string_equal(f.requests[0].body, "{}");
	assert_string_equal(fake_field(&f, 0, "x-amz-target"),
	    "SpencerFrontendService.GetAuthorizationToken");
	assert_non_null(strstr(fake_field(&f, 0, "authorization"),
	    "/us-east-1/ecr-public/aws4_request"));
	assert_str_equal(t.host, S("public.ecr.aws"));
	assert_int_equal(t.expires, 1440981360);
}

/* Where no registry is named, the answer says whose it is. */
static void
test_own_registry(void **state)
{
	(void)state;
	open_world(HOST);
	r = (struct registry){ .region = S("eu-west-1") };
	answer(NULL, TOKEN_IS(TOKEN));
	assert_true(authorize());
	assert_string_equal(f.requests[0].body, "{}");
	assert_str_equal(t.host, S(HOST));

	open_world(HOST);
	r = (struct registry){ .region = S("eu-west-1") };
	answer(NULL, DATA("\"authorizationToken\":\"" TOKEN "\""));
	assert_false(authorize());
	assert_string_equal(err.msg, OP "no 'proxyEndpoint'");
	assert_int_equal(err.kind, ERR_REPLY);
}

static void
test_endpoints(void **state)
{
	static const struct {
		const char *registry, *url;
	} cases[] = {
		{ ID ".dkr.ecr-fips.us-east-1.amazonaws.com",
		    "https://api.ecr-fips.us-east-1.amazonaws.com/" },
		{ ID ".dkr-ecr.us-east-1.on.aws",
		    "https://ecr.us-east-1.api.aws/" },
		{ ID ".dkr-ecr-fips.us-east-1.on.aws",
		    "https://ecr-fips.us-east-1.api.aws/" },
		{ ID ".dkr.ecr.cn-north-1.amazonaws.com.cn",
		    "https://api.ecr.cn-north-1.amazonaws.com.cn/" },
		{ "ecr-public.aws.com",
		    "https://ecr-public.us-east-1.api.aws/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(cases[i].registry);
		answer(cases[i].url, DATA("\"authorizationToken\":\"" TOKEN
		    "\""));
		assert_true(authorize());
		assert_str_equal(t.host, r.host);
	}
}

static void
test_fips_fallback(void **state)
{
	(void)state;
	open_world(ID ".dkr.ecr-fips.us-east-1.amazonaws.com");
	fake_answer(&f, (struct fake_answer){
		.url = "https://api.ecr-fips.us-east-1.amazonaws.com/",
		.kind = ERR_ABSENT, .msg = "does not exist" });
	answer("https://ecr-fips.us-east-1.amazonaws.com/", TOKEN_IS(TOKEN));
	assert_true(authorize());
	assert_int_equal(err.kind, ERR_NONE);
	assert_string_equal(fake_field(&f, 1, "host"),
	    "ecr-fips.us-east-1.amazonaws.com");
	assert_true(fake_noted(&f, NOTE_DETAIL,
	    "trying 'ecr-fips.us-east-1.amazonaws.com'"));

	/* Only for a name that does not exist. */
	open_world(ID ".dkr.ecr-fips.us-east-1.amazonaws.com");
	fake_answer(&f, (struct fake_answer){ .kind = ERR_TRUST,
		.msg = "unknown authority" });
	assert_false(authorize());
	assert_int_equal(f.request_count, 1);
	assert_int_equal(err.kind, ERR_TRUST);

	/* "Absent" never leaves: it would read "not an ECR registry". */
	open_world(ID ".dkr.ecr-fips.us-east-1.amazonaws.com");
	fake_answer(&f, (struct fake_answer){ .kind = ERR_ABSENT,
		.msg = "does not exist", .always = true });
	assert_false(authorize());
	assert_int_equal(f.request_count, 2);
	assert_int_equal(err.kind, ERR_NET);
	assert_string_equal(err.msg, "ecr GetAuthorizationToken at "
	    "'ecr-fips.us-east-1.amazonaws.com': region 'us-east-1' may not "
	    "exist or not have this service: does not exist");

	open_world(HOST);
	fake_answer(&f, (struct fake_answer){ .kind = ERR_ABSENT,
		.msg = "does not exist", .always = true });
	assert_false(authorize());
	assert_int_equal(f.request_count, 1);
	assert_int_equal(err.kind, ERR_NET);
}

static void
test_answers(void **state)
{
	static const struct {
		const char *body;
		const char *password, *host;
		int64_t expires;
	} cases[] = {
		{ TOKEN_IS("QVdTOmE6Yjpj"), "a:b:c", HOST, 1440981360 },
		{ DATA("\"authorizationToken\":\"" TOKEN "\",\"expiresAt\":"
		    "1440981360.75,\"extra\":[1,{}],\"proxyEndpoint\":null"),
		    "password", HOST, 1440981360 },
		{ DATA("\"authorizationToken\":\"" TOKEN "\",\"expiresAt\":"
		    "\"2015-08-31T00:36:00Z\""), "password", HOST,
		    1440981360 },
		{ DATA("\"authorizationToken\":\"" TOKEN "\""), "password",
		    HOST, FAKE_NOW + 43200 },
		{ DATA("\"authorizationToken\":\"" TOKEN "\",\"expiresAt\":"
		    "null"), "password", HOST, FAKE_NOW + 43200 },
		/* A stand-in's port belongs to the registry's name. */
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"proxyEndpoint\":\"http://localhost:4510\""),
		    "password", "localhost:4510", FAKE_NOW + 43200 },
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"proxyEndpoint\":\"https://Reg.Example:443/x\""),
		    "password", "reg.example", FAKE_NOW + 43200 },
		{ "{\"authorizationData\":[{\"authorizationToken\":\"" TOKEN
		    "\"},{\"authorizationToken\":\"no\"}]}", "password", HOST,
		    FAKE_NOW + 43200 },
		{ DATA("\"authorizationToken\":\"QVd\\u0054OnBhc3N3b3Jk\""),
		    "password", HOST, FAKE_NOW + 43200 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(HOST);
		answer(NULL, cases[i].body);
		if (!authorize())
			fail_msg("%s", err.msg);
		assert_str_equal(t.password, str_of(cases[i].password));
		assert_str_equal(t.host, str_of(cases[i].host));
		assert_int_equal(t.expires, cases[i].expires);
	}
}

static void
test_answer_refusals(void **state)
{
	static const struct {
		const char *body, *msg;
	} cases[] = {
		{ "{}", "no 'authorizationData'" },
		{ "[]", "no 'authorizationData'" },
		{ "{\"authorizationData\":null}", "no 'authorizationData'" },
		{ "{\"authorizationData\":[]}",
		    "'authorizationData' is empty" },
		{ "{\"authorizationData\":[5]}",
		    "'authorizationData' holds no object" },
		{ "{\"authorizationData\":\"x\"}",
		    "'authorizationData' holds no object" },
		{ TOKEN_IS("@@@@"), "the token is not base64" },
		{ TOKEN_IS("QVdTOnBhc3N3b3J"), "the token is not base64" },
		{ TOKEN_IS("QVdTOnBhc3N3b3Jl\\n"), "the token is not base64" },
		{ TOKEN_IS(""), "the token has no ':'" },
		{ TOKEN_IS("QVdT"), "the token has no ':'" },
		{ TOKEN_IS("QVdTOg=="),
		    "the token has an empty user name or password" },
		{ TOKEN_IS("OnBhc3M="),
		    "the token has an empty user name or password" },
		{ TOKEN_IS("QVdTOmEKYg=="),
		    "the token has bytes that are not printable ASCII" },
		{ TOKEN_IS("QVcKUzph"),
		    "the token has bytes that are not printable ASCII" },
		{ TOKEN_IS("QVdTOmEA"),
		    "the token has bytes that are not printable ASCII" },
		{ TOKEN_IS("QVdTOsOp"),
		    "the token has bytes that are not printable ASCII" },
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"expiresAt\":\"soon\""), "'expiresAt' is not a time" },
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"expiresAt\":true"), "'expiresAt' is not a time" },
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"expiresAt\":0"), "'expiresAt' is not a time" },
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"expiresAt\":-1"), "'expiresAt' is not a time" },
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"expiresAt\":1e99"), "'expiresAt' is not a time" },
		{ DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"proxyEndpoint\":\"\""), "'proxyEndpoint' is no URL" },
	};
	/* Their texts are those of other modules. */
	static const char *const more[] = {
		"", "{", "not json", "<html>", "{\"authorizationData\":[{}]",
		DATA(""), DATA("\"authorizationToken\":5"),
		DATA("\"authorizationToken\":null"),
		DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"authorizationToken\":\"" TOKEN "\""),
		DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"proxyEndpoint\":5"),
		DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"proxyEndpoint\":\"https://a b/\""),
		DATA("\"authorizationToken\":\"" TOKEN "\","
		    "\"proxyEndpoint\":\"https://u:p@h/\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(HOST);
		answer(NULL, cases[i].body);
		assert_false(authorize());
		assert_true(str_starts(str_of(err.msg), S(OP)));
		assert_string_equal(err.msg + sizeof(OP) - 1, cases[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_str_equal(t.user, S("kept"));
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		open_world(HOST);
		answer(NULL, more[i]);
		assert_false(authorize());
		assert_true(str_starts(str_of(err.msg), S(OP)));
		assert_int_equal(err.kind, ERR_REPLY);
		/* No part of a token in any message. */
		assert_null(strstr(err.msg, "QVdT"));
		assert_str_equal(t.user, S("kept"));
	}
}

/* The longest password that is taken, and one byte more. */
static void
test_password_size(void **state)
{
	static char text[4 + ECR_PASSWORD_MAX + 1];
	static char body[64 << 10];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "AWS:", 4);
	for (size_t n = sizeof(text) - 1; n <= sizeof(text); n++) {
		struct buf b = BUF(body);

		buf_add(&b, S("{\"authorizationData\":[{"
		    "\"authorizationToken\":\""));
		buf_base64(&b, (struct str){ text, n });
		buf_add(&b, S("\"}]}"));
		buf_char(&b, '\0');
		assert_false(b.full);
		open_world(HOST);
		answer(NULL, body);
		assert_int_equal(authorize(), n < sizeof(text));
	}
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, OP "the password has 16385 bytes, at "
	    "most 16384");
}

static void
test_cut_short(void **state)
{
	const struct str body = S(TOKEN_IS(TOKEN));

	(void)state;
	open_world(HOST);
	assert_true(config_load(&f.w, &a, &(struct config_flags){ .region =
	    NULL }, &c, &err));
	for (size_t n = 0; n < body.n; n++)
		assert_false(ecr_read(&c, t_edge(str_head(body, n)), &r, &a,
		    &t, &err));
	assert_true(ecr_read(&c, t_edge(body), &r, &a, &t, &err));
}

static void
test_denied(void **state)
{
	(void)state;
	open_world(HOST);
	fake_answer(&f, (struct fake_answer){ .status = 400,
		.body = "{\"__type\":\"AccessDeniedException\"}" });
	assert_false(authorize());
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(err.msg, OP "AccessDeniedException; this identity "
	    "needs the permission ecr:GetAuthorizationToken");

	open_world("public.ecr.aws");
	fake_answer(&f, (struct fake_answer){ .status = 400,
		.body = "{\"__type\":\"AccessDeniedException\"}" });
	assert_false(authorize());
	assert_non_null(strstr(err.msg, "needs the permission "
	    "ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken"));
}

static void
test_no_region(void **state)
{
	(void)state;
	open_world(HOST);
	r = (struct registry){ .account = S("") };
	assert_false(authorize());
	assert_string_equal(err.msg, "no region for ecr");
	assert_int_equal(f.request_count, 0);
}

/* Of which region's registries several are asked for. */
#define IDS 3
static const char *const ids[] = {
	ID, "210987654321", "000000000007"
};
static struct registry of[ECR_IDS_MAX];
static struct ecr_ask asks[ECR_IDS_MAX];
static struct err why[ECR_IDS_MAX];

static void
ask_all(size_t count)
{
	const struct config_flags flags = { .profile = NULL };

	for (size_t i = 0; i < count; i++) {
		assert_true(registry_make(str_of(i < IDS ? ids[i] :
		    "999999999999"), S("eu-west-1"), false, false, &a, &of[i],
		    &err));
		why[i] = (struct err){ .kind = ERR_NONE };
		asks[i] = (struct ecr_ask){ .r = &of[i], .why = &why[i] };
	}
	assert_true(config_load(&f.w, &a, &flags, &c, &err));
	ecr_authorize_all(&c, &cred, asks, count, &a);
}

#define ENTRY(t, host) "{\"authorizationToken\":\"" t "\"," \
    "\"expiresAt\":1440981360,\"proxyEndpoint\":\"https://" host "\"}"
#define ENTRY_OF(t, id) ENTRY(t, id ".dkr.ecr.eu-west-1.amazonaws.com")
#define MUTE(t) "{\"authorizationToken\":\"" t "\"}"
#define LIST(entries) "{\"authorizationData\":[" entries "]}"
#define T1 "QVdTOm9uZQ=="	/* AWS:one */
#define T2 "QVdTOnR3bw=="
#define T3 "QVdTOnRocmVl"

/* Whose token is whose. */
static void
test_several(void **state)
{
	static const struct {
		const char *body;
		const char *got[IDS];	/* passwords; begins with '!': why not,
					   behind what says where */
	} cases[] = {
		{ LIST(ENTRY_OF(T1, ID) "," ENTRY_OF(T2, "210987654321") ","
		    ENTRY_OF(T3, "000000000007")), { "one", "two", "three" } },
		{ LIST(ENTRY_OF(T3, "000000000007") "," ENTRY_OF(T1, ID) ","
		    ENTRY_OF(T2, "210987654321")), { "one", "two", "three" } },
		/* A stand-in's, which show no account. */
		{ LIST(ENTRY(T1, "localhost:1") "," ENTRY(T2, "localhost:1")
		    "," MUTE(T3)), { "one", "two", "three" } },
		{ LIST(ENTRY(T2, "localhost:1") "," ENTRY_OF(T1, ID) ","
		    MUTE(T3)),
		    { "two", "!no token for '210987654321' in the answer",
		    "three" } },
		/* Fewer or more: nobody knows whose they are. */
		{ LIST(MUTE(T1) "," MUTE(T2)),
		    { "!no token for '" ID "' in the answer",
		    "!no token for '210987654321' in the answer",
		    "!no token for '000000000007' in the answer" } },
		{ LIST(MUTE(T1) "," MUTE(T2) "," MUTE(T3) "," MUTE(T3)),
		    { "!no token for '" ID "' in the answer",
		    "!no token for '210987654321' in the answer",
		    "!no token for '000000000007' in the answer" } },
		{ LIST(ENTRY_OF(T1, ID) "," ENTRY_OF(T3, "000000000007")),
		    { "one", "!no token for '210987654321' in the answer",
		    "three" } },
		{ LIST(""),
		    { "!no token for '" ID "' in the answer",
		    "!no token for '210987654321' in the answer",
		    "!no token for '000000000007' in the answer" } },
		/* Another's is nobody's, whatever its place. */
		{ LIST(ENTRY_OF(T1, ID) "," ENTRY_OF(T2, "210987654322") ","
		    ENTRY(T3, "public.ecr.aws")),
		    { "one", "!no token for '210987654321' in the answer",
		    "!no token for '000000000007' in the answer" } },
		/* The first that is one. */
		{ LIST(ENTRY_OF(T1, ID) "," ENTRY_OF(T2, ID) ","
		    ENTRY_OF("@", "210987654321") ","
		    ENTRY_OF(T2, "210987654321") ","
		    ENTRY_OF(T3, "000000000007")), { "one", "two", "three" } },
		/* One that cannot be read harms no other. */
		{ LIST(ENTRY_OF(T1, ID) "," ENTRY_OF("@@@@", "210987654321")
		    ",5"), { "one", "!the token is not base64",
		    "!'authorizationData' holds no object" } },
		{ LIST(ENTRY_OF(T1, ID) "," ENTRY_OF(T2, "210987654321") ","
		    "{\"proxyEndpoint\":\"x\",\"authorizationToken\":\"" T3
		    "\"}"), { "one", "two", "!'proxyEndpoint' is no URL" } },
		/* All of it. */
		{ "{}", { "!no 'authorizationData'",
		    "!no 'authorizationData'", "!no 'authorizationData'" } },
		{ "{\"authorizationData\":" ENTRY_OF(T1, ID) "}",
		    { "!'authorizationData' is no list",
		    "!'authorizationData' is no list",
		    "!'authorizationData' is no list" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(HOST);
		answer("https://api.ecr.eu-west-1.amazonaws.com/",
		    cases[i].body);
		ask_all(IDS);
		assert_int_equal(f.request_count, 1);
		assert_string_equal(f.requests[0].body, "{\"registryIds\":["
		    "\"" ID "\",\"210987654321\",\"000000000007\"]}");
		for (size_t k = 0; k < IDS; k++) {
			const char *got = cases[i].got[k];

			assert_int_equal(asks[k].good, got[0] != '!');
			if (asks[k].good) {
				assert_str_equal(asks[k].token.password,
				    str_of(got));
				continue;
			}
			assert_int_equal(why[k].kind, ERR_REPLY);
			assert_true(str_starts(str_of(why[k].msg), S(OP)));
			assert_string_equal(why[k].msg + sizeof(OP) - 1,
			    got + 1);
		}
	}
}

/* A refusal that one id may have brought upon all, and others. */
static void
test_several_refused(void **state)
{
	static const struct {
		const char *body;
		size_t requests;
		bool alone;
	} cases[] = {
		{ "{\"__type\":\"InvalidParameterException\"}", 1 + IDS,
		    true },
		{ "{\"__type\":\"AccessDeniedException\"}", 1 + IDS, true },
		{ "{\"__type\":\"ValidationException\"}", 1 + IDS, true },
		{ "{\"__type\":\"ExpiredTokenException\"}", 1, false },
		{ "{\"__type\":\"UnrecognizedClientException\"}", 1, false },
		{ "{\"__type\":\"InvalidParameterExceptions\"}", 1, false },
		{ "<html>", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(HOST);
		fake_answer(&f, (struct fake_answer){ .status = 400,
			.body = cases[i].body });
		answer(NULL, LIST(ENTRY_OF(T1, ID)));
		fake_answer(&f, (struct fake_answer){ .status = 400,
			.body = cases[i].body });
		answer(NULL, LIST(ENTRY_OF(T3, "000000000007")));
		ask_all(IDS);
		assert_int_equal(f.request_count, cases[i].requests);
		assert_int_equal(asks[0].good, cases[i].alone);
		assert_false(asks[1].good);
		assert_int_equal(asks[2].good, cases[i].alone);
		assert_true(str_starts(str_of(why[1].msg), S(OP)));
		assert_int_equal(fake_noted(&f, NOTE_DETAIL,
		    "; asking for each registry alone"), cases[i].alone);
		if (!cases[i].alone) {
			assert_string_equal(why[0].msg, why[1].msg);
			assert_int_equal(why[2].kind, why[1].kind);
			continue;
		}
		assert_str_equal(asks[2].token.password, S("three"));
		assert_string_equal(f.requests[2].body,
		    "{\"registryIds\":[\"210987654321\"]}");
	}
}

/* What is not AWS's answer is no id's fault; and one is asked for as ever. */
static void
test_several_failed(void **state)
{
	(void)state;
	open_world(HOST);
	fake_answer(&f, (struct fake_answer){ .kind = ERR_TRUST,
		.msg = "unknown authority" });
	ask_all(2);
	assert_int_equal(f.request_count, 1);
	for (size_t i = 0; i < 2; i++) {
		assert_false(asks[i].good);
		assert_int_equal(why[i].kind, ERR_TRUST);
		assert_string_equal(why[i].msg, OP "unknown authority");
	}

	open_world(HOST);
	answer(NULL, LIST(MUTE(T1)));
	ask_all(1);
	assert_true(asks[0].good);
	assert_str_equal(asks[0].token.host, S(HOST));
	assert_string_equal(f.requests[0].body,
	    "{\"registryIds\":[\"" ID "\"]}");

	open_world(HOST);
	fake_answer(&f, (struct fake_answer){ .status = 400,
		.body = "{\"__type\":\"AccessDeniedException\"}" });
	ask_all(1);
	assert_int_equal(f.request_count, 1);
	assert_false(asks[0].good);
	assert_int_equal(why[0].kind, ERR_DENIED);

	/* As many as can be. */
	open_world(HOST);
	answer(NULL, LIST(ENTRY_OF(T1, ID)));
	ask_all(ECR_IDS_MAX);
	assert_int_equal(strlen(f.requests[0].body),
	    sizeof("{\"registryIds\":[]}") - 1 + ECR_IDS_MAX * 15 - 1);
	assert_true(asks[0].good);
	assert_false(asks[ECR_IDS_MAX - 1].good);

	/* No region: nobody is asked. */
	open_world(HOST);
	fake_env(&f, "AWS_ENDPOINT_URL", "nowhere");
	ask_all(2);
	assert_int_equal(f.request_count, 0);
	assert_string_equal(why[1].msg, "AWS_ENDPOINT_URL: URL does not"
	    " begin with http:// or https://");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_own_registry),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_fips_fallback),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_answer_refusals),
		cmocka_unit_test(test_password_size),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_no_region),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_several_refused),
		cmocka_unit_test(test_several_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
