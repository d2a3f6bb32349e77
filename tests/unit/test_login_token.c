#include "cred/login_token.h"
#include "t.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ACCESS(more) "\"accessToken\":{\"accessKeyId\":\"ASIA1\"," \
	"\"secretAccessKey\":\"s/+=\",\"sessionToken\":\"t/+==\"," \
	"\"expiresAt\":\"2015-08-30T12:51:00Z\"" more "}"
#define REST "\"clientId\":\"arn:aws:signin:::devtools/same-device\"," \
	"\"refreshToken\":\"R1\",\"dpopKey\":\"PEM\\n\""
#define FILE_(access, rest) "{" access "," rest "}"

static struct arena a;

static bool
read_it(const char *text, struct login_token *t, struct err *e)
{
	a = t_arena();
	*t = (struct login_token){ .cred.source = "login" };
	return login_token_read(t_edge(str_of(text)), &a, t, e);
}

static void
t_read(void **state)
{
	static const struct {
		const char *text, *account, *region;
	} cases[] = {
		{ FILE_(ACCESS(), REST), "", "" },
		{ FILE_(ACCESS(",\"accountId\":\"012345678910\""), REST
		    ",\"tokenType\":\"aws_sigv4\",\"idToken\":\"e30\","
		    "\"signInRegion\":\"us-east-1\""),
		    "012345678910", "us-east-1" },
		{ " " FILE_(REST, ACCESS(",\"accountId\":null")) "\n", "",
		    "" },
		/* What is only for show does no harm. */
		{ FILE_(ACCESS(",\"accountId\":\"12345678910\""), REST), "",
		    "" },
		{ FILE_(ACCESS(",\"accountId\":123456789012"), REST
		    ",\"signInRegion\":7"), "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct login_token t;
		struct err e;

		if (!read_it(cases[i].text, &t, &e))
			fail_msg("%s: %s", cases[i].text, e.msg);
		assert_str_equal(t.cred.key_id, S("ASIA1"));
		assert_str_equal(t.cred.secret, S("s/+="));
		assert_str_equal(t.cred.token, S("t/+=="));
		assert_int_equal(t.cred.expires, 1440939060);
		assert_string_equal(t.cred.source, "login");
		assert_str_equal(t.cred.account, str_of(cases[i].account));
		assert_str_equal(t.client_id,
		    S("arn:aws:signin:::devtools/same-device"));
		assert_str_equal(t.refresh_token, S("R1"));
		assert_str_equal(t.key, S("PEM\n"));
		assert_str_equal(t.region, str_of(cases[i].region));
	}
}

#define K "\"accessKeyId\":\"A\","
#define SEC "\"secretAccessKey\":\"s\","
#define TOK "\"sessionToken\":\"t\","
#define EXP "\"expiresAt\":\"2015-08-30T12:51:00Z\""
#define BOX(members) FILE_("\"accessToken\":{" members "}", REST)
#define CID "\"clientId\":\"c\","
#define REF "\"refreshToken\":\"r\","
#define DPK "\"dpopKey\":\"k\""

static void
t_refused(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{ "", "not json at byte 0, the end: value expected" },
		{ "[]", "no 'accessToken'" },
		{ "{}", "no 'accessToken'" },
		{ "{\"accessToken\":null," REST "}", "no 'accessToken'" },
		{ "{\"accessToken\":\"x\"," REST "}", "no 'accessKeyId'" },
		{ BOX(SEC TOK EXP), "no 'accessKeyId'" },
		{ BOX(K TOK EXP), "no 'secretAccessKey'" },
		{ BOX(K SEC EXP), "no 'sessionToken'" },
		{ BOX(K SEC "\"sessionToken\":\"t\""), "no 'expiresAt'" },
		{ BOX("\"accessKeyId\":\"\"," SEC TOK EXP),
		    "an empty 'accessKeyId'" },
		{ BOX(K "\"secretAccessKey\":\"\"," TOK EXP),
		    "an empty 'secretAccessKey'" },
		{ BOX(K SEC "\"sessionToken\":\"\"," EXP),
		    "an empty 'sessionToken'" },
		{ BOX(K SEC TOK "\"expiresAt\":\"\""),
		    "an empty 'expiresAt'" },
		{ BOX("\"accessKeyId\":7," SEC TOK EXP), "no 'accessKeyId'" },
		{ BOX(K SEC TOK "\"expiresAt\":1440939060"),
		    "no 'expiresAt'" },
		{ BOX(K SEC TOK "\"expiresAt\":\"tomorrow\""),
		    "'expiresAt' is no ISO 8601 time" },
		{ FILE_(ACCESS(), REF DPK), "no 'clientId'" },
		{ FILE_(ACCESS(), CID DPK), "no 'refreshToken'" },
		{ FILE_(ACCESS(), CID "\"refreshToken\":\"r\""),
		    "no 'dpopKey'" },
		{ FILE_(ACCESS(), "\"clientId\":\"\"," REF DPK),
		    "an empty 'clientId'" },
		{ FILE_(ACCESS(), CID "\"refreshToken\":\"\"," DPK),
		    "an empty 'refreshToken'" },
		{ FILE_(ACCESS(), CID REF "\"dpopKey\":\"\""),
		    "an empty 'dpopKey'" },
		{ FILE_(ACCESS(), CID REF "\"dpopKey\":{}"), "no 'dpopKey'" },
		{ FILE_(ACCESS(), REST ",\"dpopKey\":\"k\""),
		    "json has the key 'dpopKey' twice" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct login_token t;
		struct err e;

		if (read_it(cases[i].text, &t, &e))
			fail_msg("%s", cases[i].text);
		if (strcmp(e.msg, cases[i].msg) != 0)
			fail_msg("%s: %s", cases[i].text, e.msg);
		assert_int_equal(e.kind, ERR_REPLY);
		assert_null(t.key.p);
		assert_null(t.cred.key_id.p);
		assert_string_equal(t.cred.source, "login");
	}
}

static const struct signin_tokens fresh = {
	.cred = { .key_id = S_INIT("ASIA2"), .secret = S_INIT("u\"v"),
		.token = S_INIT("w"), .expires = 1440939960 },
	.refresh_token = S_INIT("R2"),
};

#define NEW_ACCESS(more) "\"accessToken\":{\"accessKeyId\":\"ASIA2\"," \
	"\"secretAccessKey\":\"u\\\"v\",\"sessionToken\":\"w\"," \
	"\"expiresAt\":\"2015-08-30T13:06:00Z\"" more "}"
#define NEW_REST "\"clientId\":\"arn:aws:signin:::devtools/same-device\"," \
	"\"refreshToken\":\"R2\",\"dpopKey\":\"PEM\\n\""

static void
t_renew(void **state)
{
	static const struct {
		const char *old, *new;
	} cases[] = {
		{ FILE_(ACCESS(), REST), FILE_(NEW_ACCESS(), NEW_REST) },
		/* Order, and members of others, stay. */
		{ "{\"x\": [1, {\"y\" : null}]," REST ",\"tokenType\":\"t\","
		    ACCESS(",\"accountId\":\"012345678910\",\"z\":1.50")
		    ",\"idToken\":\"e30.e30.e30\"}",
		    "{\"x\":[1, {\"y\" : null}]," NEW_REST
		    ",\"tokenType\":\"t\","
		    NEW_ACCESS(",\"accountId\":\"012345678910\",\"z\":1.50")
		    ",\"idToken\":\"e30.e30.e30\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct login_token t;
		struct str text;
		struct err e;

		assert_true(read_it(cases[i].old, &t, &e));
		assert_true(login_token_renew(&t, &fresh, &a, &text, &e));
		assert_str_equal(text, str_of(cases[i].new));
		assert_true(login_token_read(text, &a, &t, &e));
		assert_str_equal(t.cred.secret, S("u\"v"));
		assert_str_equal(t.refresh_token, S("R2"));
	}
}

static void
t_old_refresh_token_stays(void **state)
{
	struct signin_tokens with = fresh;
	struct login_token t;
	struct str text;
	struct err e;

	(void)state;
	with.refresh_token = S("");
	assert_true(read_it(FILE_(ACCESS(), REST), &t, &e));
	assert_true(login_token_renew(&t, &with, &a, &text, &e));
	assert_str_equal(text, S(FILE_(NEW_ACCESS(), REST)));
}

/* However much room there is, nothing is left out. */
static void
t_no_room(void **state)
{
	struct login_token t;
	struct str text;
	struct err e;
	size_t cap, full = 0;

	(void)state;
	assert_true(read_it(FILE_(ACCESS(), REST), &t, &e));
	cap = a.used;
	for (;; full++) {
		struct arena tight = a;

		tight.cap = cap + full;
		if (login_token_renew(&t, &fresh, &tight, &text, &e))
			break;
		assert_int_equal(e.kind, ERR_LIMIT);
	}
	assert_true(full > 400);
	assert_str_equal(text, S(FILE_(NEW_ACCESS(), NEW_REST)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_read),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_renew),
		cmocka_unit_test(t_old_refresh_token_stays),
		cmocka_unit_test(t_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
