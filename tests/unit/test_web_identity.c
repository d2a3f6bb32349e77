#include "cred/chain.h"
#include "fake_world.h"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct cred cred;
static struct err e;

#define ROLE "arn:aws:iam::111122223333:role/w"
#define OTHER "arn:aws:iam::111122223333:role/o"
#define KEYS(k) "aws_access_key_id=" k "\naws_secret_access_key=s\n"
#define ENV "AWS_WEB_IDENTITY_TOKEN_FILE=/t|"
#define ENV_ROLE "AWS_ROLE_ARN=" ROLE "|"
#define GIVES "{\"AssumeRoleWithWebIdentityResponse\":" \
    "{\"AssumeRoleWithWebIdentityResult\":{\"Credentials\":{" \
    "\"AccessKeyId\":\"ASIAW\",\"SecretAccessKey\":\"s\"," \
    "\"SessionToken\":\"t\",\"Expiration\":1440941760}}}}"
/* {"iss":"https://i","sub":"system:serviceaccount:n:s"} */
#define JWT "e30.eyJpc3MiOiJodHRwczovL2kiLCJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291" \
    "bnQ6bjpzIn0.c2ln"

static void
set_env(const char *lines)
{
	struct str rest = str_of(lines), line, name, value;
	const char *name_z, *value_z;

	while (rest.n) {
		str_cut(rest, '|', &line, &rest);
		str_cut(line, '=', &name, &value);
		assert_true(arena_z(&a, name, &name_z, &e));
		assert_true(arena_z(&a, value, &value_z, &e));
		fake_env(&f, name_z, value_z);
	}
}

static void
open_world(const char *env, const char *config, const char *profile)
{
	const struct config_flags flags = { .profile = profile };

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	fake_env(&f, "AWS_REGION", "eu-west-1");
	fake_file(&f, "/h/.aws/config", config);
	fake_file(&f, "/t", "from-env\n");
	fake_file(&f, "/p", "from-profile\r\n");
	fake_file(&f, "/h/token", "from-home");
	fake_answer(&f, (struct fake_answer){ .method = "POST", .status = 200,
		.url = "https://sts.eu-west-1.amazonaws.com/", .always = true,
		.body = GIVES });
	set_env(env);
	cred = (struct cred){ .key_id = S("kept") };
	e = (struct err){ .kind = ERR_NONE };
	if (!config_load(&f.w, &a, &flags, &c, &e))
		fail_msg("%s", e.msg);
}

#define FORM(role, session, token) "Action=AssumeRoleWithWebIdentity" \
    "&Version=2011-06-15" \
    "&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2F" role \
    "&RoleSessionName=" session "&WebIdentityToken=" token
#define NAME "ecrbox-1440938160"
#define PROFILE "[default]\nrole_arn=" OTHER "\nrole_session_name=me\n" \
    "web_identity_token_file=/p\n"
#define ONLY_TOKEN "[default]\nweb_identity_token_file=/p\n"

/* What is sent, by each of the three. */
static void
t_sent(void **state)
{
	static const struct {
		const struct provider *by;
		const char *env, *config, *body;
	} cases[] = {
		{ &cred_web_identity, ENV ENV_ROLE, NULL,
		    FORM("w", NAME, "from-env") },
		{ &cred_web_identity_env, ENV ENV_ROLE, NULL,
		    FORM("w", NAME, "from-env") },
		{ &cred_web_identity, ENV ENV_ROLE "AWS_ROLE_SESSION_NAME=it|",
		    NULL, FORM("w", "it", "from-env") },
		{ &cred_web_identity, "", PROFILE,
		    FORM("o", "me", "from-profile") },
		{ &cred_web_identity_profile, "", PROFILE,
		    FORM("o", "me", "from-profile") },
		{ &cred_web_identity, "", "[default]\nrole_arn=" OTHER "\n"
		    "web_identity_token_file=~/token\n",
		    FORM("o", NAME, "from-home") },
		/* botocore: each variable wins over its key. */
		{ &cred_web_identity, ENV ENV_ROLE, PROFILE,
		    FORM("w", "me", "from-env") },
		{ &cred_web_identity, ENV, PROFILE,
		    FORM("o", "me", "from-env") },
		{ &cred_web_identity, ENV_ROLE, ONLY_TOKEN,
		    FORM("w", NAME, "from-profile") },
		{ &cred_web_identity, "AWS_ROLE_SESSION_NAME=it|", PROFILE,
		    FORM("o", "it", "from-profile") },
		/* Go: one or the other. */
		{ &cred_web_identity_env, ENV ENV_ROLE, PROFILE,
		    FORM("w", NAME, "from-env") },
		{ &cred_web_identity_profile, ENV ENV_ROLE
		    "AWS_ROLE_SESSION_NAME=it|", PROFILE,
		    FORM("o", "me", "from-profile") },
		/* A source_profile does not matter: no role is taken twice. */
		{ &cred_web_identity, "", PROFILE "source_profile=b\n",
		    FORM("o", "me", "from-profile") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		struct buf id = BUF(text);

		open_world(cases[i].env, cases[i].config, NULL);
		if (!cred_ask(&c, cases[i].by, &c.profile, &id, &cred, &e))
			fail_msg("%zu: %s", i, e.msg);
		assert_string_equal(f.requests[0].body, cases[i].body);
		assert_null(fake_field(&f, 0, "authorization"));
		assert_str_equal(cred.key_id, S("ASIAW"));
		assert_str_equal(cred.account, S("111122223333"));
		assert_string_equal(cred.source, "web identity");
		assert_true(cred.expires == FAKE_NOW + 3600);
		assert_int_equal(f.edit_count, 0);
		assert_true(fake_noted(&f, NOTE_DETAIL, "role 'arn:aws:"));
		assert_true(fake_noted(&f, NOTE_DETAIL,
		    ": key ASIAW until 2015-08-30T13:36:00Z"));
	}
}

#define NO_KEY "profile 'default' has no web_identity_token_file"
#define ABSENT "AWS_WEB_IDENTITY_TOKEN_FILE not set, and " NO_KEY
#define NO_ROLE "profile 'default' has web_identity_token_file, but no" \
    " role_arn to take with it"
#define READ "web identity token: read '/none': No such file or directory"

static void
t_refused(void **state)
{
	static const struct {
		const struct provider *by;
		const char *env, *config, *profile;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ &cred_web_identity, "", NULL, NULL, ERR_ABSENT, ABSENT },
		{ &cred_web_identity, "AWS_WEB_IDENTITY_TOKEN_FILE=|" ENV_ROLE,
		    NULL, NULL, ERR_ABSENT, ABSENT },
		{ &cred_web_identity_env, ENV_ROLE, PROFILE, NULL, ERR_ABSENT,
		    "AWS_WEB_IDENTITY_TOKEN_FILE not set" },
		{ &cred_web_identity_profile, ENV ENV_ROLE, NULL, NULL,
		    ERR_ABSENT, NO_KEY },
		{ &cred_web_identity_env, ENV ENV_ROLE, "[profile p]\n", "p",
		    ERR_ABSENT, "passed over for profile 'p'" },
		{ &cred_web_identity, ENV ENV_ROLE, "[profile p]\n", "p",
		    ERR_ABSENT, "profile 'p' has no"
		    " web_identity_token_file" },
		{ &cred_web_identity, ENV, NULL, NULL, ERR_USAGE,
		    "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN and"
		    " the profile's role_arn are not; set both or neither" },
		{ &cred_web_identity_env, ENV, PROFILE, NULL, ERR_USAGE,
		    "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is"
		    " not; set both or neither" },
		{ &cred_web_identity, "", ONLY_TOKEN, NULL, ERR_USAGE,
		    NO_ROLE },
		{ &cred_web_identity_profile, ENV_ROLE, ONLY_TOKEN, NULL,
		    ERR_USAGE, NO_ROLE },
		{ &cred_web_identity, ENV_ROLE, "[profile default]\n"
		    "web_identity_token_file=/p\n", "default", ERR_USAGE,
		    NO_ROLE },
		{ &cred_web_identity, ENV "AWS_ROLE_ARN=a b|", NULL, NULL,
		    ERR_USAGE, "web identity: the role has a blank or a byte"
		    " that is not printable ASCII" },
		{ &cred_web_identity, ENV ENV_ROLE "AWS_ROLE_SESSION_NAME=a b|",
		    NULL, NULL, ERR_USAGE, "web identity: session name 'a b'"
		    " is not 2 to 64 of [A-Za-z0-9_+=,.@-]" },
		{ &cred_web_identity, "AWS_WEB_IDENTITY_TOKEN_FILE=/none|"
		    ENV_ROLE, NULL, NULL, ERR_SYS, READ },
		/* The variable's path is the kernel's: nothing is expanded. */
		{ &cred_web_identity, "AWS_WEB_IDENTITY_TOKEN_FILE=~/token|"
		    ENV_ROLE, NULL, NULL, ERR_SYS, "web identity token: read"
		    " '~/token': No such file or directory" },
		{ &cred_web_identity, "AWS_WEB_IDENTITY_TOKEN_FILE=/empty|"
		    ENV_ROLE, NULL, NULL, ERR_USAGE, "web identity token:"
		    " '/empty' is empty" },
		{ &cred_web_identity, "AWS_WEB_IDENTITY_TOKEN_FILE=/failing|"
		    ENV_ROLE, NULL, NULL, ERR_SYS, "web identity token: read"
		    " '/failing': made to fail" },
		{ &cred_web_identity, "HOME=|AWS_CONFIG_FILE=/config|",
		    NULL, NULL, ERR_USAGE, "web_identity_token_file of"
		    " profile 'default': expand '~/token': HOME is not set" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		struct buf id = BUF(text);
		const struct config_flags flags = {
			.profile = cases[i].profile };

		open_world(cases[i].env, cases[i].config, cases[i].profile);
		fake_file(&f, "/empty", "\r\n");
		fake_file_fails(&f, "/failing", ERR_SYS);
		fake_file(&f, "/config", "[default]\nrole_arn=r\n"
		    "web_identity_token_file=~/token\n");
		assert_true(config_load(&f.w, &a, &flags, &c, &e));
		assert_false(cred_ask(&c, cases[i].by, &c.profile, &id, &cred,
		    &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(f.request_count, 0);
	}
}

/* Who it is: the role and the token's subject, wherever the token lies. */
static void
t_identity(void **state)
{
	static const struct {
		const char *token, *session, *id;
	} cases[] = {
		{ JWT, NULL, "provider=\"web identity\"\nrole_arn=\"" ROLE
		    "\"\ntoken_file=\"/t\"\nissuer=\"https://i\"\n"
		    "subject=\"system:serviceaccount:n:s\"\n" },
		{ JWT "-renewed\n", NULL, "provider=\"web identity\"\n"
		    "role_arn=\"" ROLE "\"\ntoken_file=\"/t\"\n"
		    "issuer=\"https://i\"\n"
		    "subject=\"system:serviceaccount:n:s\"\n" },
		{ "opaque\n", "me", "provider=\"web identity\"\nrole_arn=\""
		    ROLE "\"\nrole_session_name=\"me\"\ntoken_file=\"/t\"\n"
		    "token_hash=\"6d229884c1268bb0ab32d8da315d0fe52f914722"
		    "8bd830a37bc9fb28a954940d\"\n" },
	};
	struct str id;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(ENV ENV_ROLE, NULL, NULL);
		fake_file(&f, "/t", cases[i].token);
		fake_env(&f, "AWS_ROLE_SESSION_NAME", cases[i].session);
		assert_true(cred_identity(&c, CRED_ORDER_GO, &id, &e));
		assert_str_equal(id, str_of(cases[i].id));
		assert_int_equal(f.request_count, 0);
	}
}

/* The token is read anew each time. */
static void
t_renewed(void **state)
{
	(void)state;
	open_world(ENV ENV_ROLE, NULL, NULL);
	assert_true(cred_find(&c, CRED_ORDER_GO, &cred, &e));
	fake_file(&f, "/t", "second");
	assert_true(cred_find(&c, CRED_ORDER_GO, &cred, &e));
	assert_string_equal(f.requests[1].body, FORM("w", NAME, "second"));
}

/* A failure names the role, and ends the chain; the token is not in it. */
static void
t_failed(void **state)
{
	static const struct {
		struct fake_answer answer;
		const char *msg;
		enum err_kind kind;
	} cases[] = {
		{ { .status = 400, .body = "{\"Error\":{\"Code\":"
		    "\"ExpiredTokenException\",\"Message\":\"Token expired:"
		    " from-env\"}}" }, "role '" ROLE "': sts"
		    " AssumeRoleWithWebIdentity at"
		    " 'sts.eu-west-1.amazonaws.com': ExpiredToken",
		    ERR_DENIED },
		{ { .kind = ERR_ABSENT, .msg = "resolve x: no such host" },
		    "role '" ROLE "': sts AssumeRoleWithWebIdentity",
		    ERR_NET },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_answer answer = cases[i].answer;

		open_world(ENV ENV_ROLE "AWS_MAX_ATTEMPTS=1|",
		    "[default]\n" KEYS("F"), NULL);
		answer.always = true;
		f.answer_count = 0;
		fake_answer(&f, answer);
		assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
		if (!str_starts(str_of(e.msg), str_of(cases[i].msg)))
			fail_msg("%s", e.msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_null(strstr(e.msg, "from-env"));
	}
}

/* Go's order asks where the registry is; see test_role.c for all of it. */
static void
t_region(void **state)
{
	static const struct {
		enum cred_order order;
		const char *env, *url;
	} cases[] = {
		{ CRED_ORDER_CLI, "", "https://sts.eu-west-1.amazonaws.com/" },
		{ CRED_ORDER_GO, "", "https://sts.us-west-2.amazonaws.com/" },
		{ CRED_ORDER_CLI, "AWS_REGION=|",
		    "https://sts.us-west-2.amazonaws.com/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(ENV ENV_ROLE, NULL, NULL);
		set_env(cases[i].env);
		fake_answer(&f, (struct fake_answer){ .status = 200,
			.body = GIVES });
		c.registry_region = S("us-west-2");
		assert_true(cred_find(&c, cases[i].order, &cred, &e));
		assert_string_equal(f.requests[0].url, cases[i].url);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_sent),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_identity),
		cmocka_unit_test(t_renewed),
		cmocka_unit_test(t_failed),
		cmocka_unit_test(t_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
