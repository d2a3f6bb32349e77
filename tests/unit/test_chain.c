#include "cred/chain.h"
#include "fake_world.h"

static struct fake_world f;
static struct arena a;
static struct config c;

static void
open_config(const char *profile)
{
	struct config_flags flags = { .profile = profile };
	struct err e;

	a = t_arena();
	if (!config_load(&f.w, &a, &flags, &c, &e))
		fail_msg("%s", e.msg);
}

static const char *
z_of(struct str s)
{
	const char *z = NULL;
	struct err e;

	assert_true(arena_z(&a, s, &z, &e));
	return z;
}

/* A world with env, config and credentials; every source that is asked gives a
 * key with a letter of its own.
 */
#define ENV "AWS_ACCESS_KEY_ID=E|AWS_SECRET_ACCESS_KEY=s|"
#define GO_ENV "AWS_ACCESS_KEY=G|AWS_SECRET_KEY=s|"
#define AGENT "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x|"
#define IRSA "AWS_WEB_IDENTITY_TOKEN_FILE=/t|AWS_ROLE_ARN=arn:w|"
#define KEYS(k) "aws_access_key_id=" k "\naws_secret_access_key=s\n"
#define ROLE "role_arn=arn:r\nsource_profile=b\n"
#define BASE "[profile b]\n" KEYS("B")
#define WEB "web_identity_token_file=/t\n"
#define SSO "sso_account_id=111122223333\nsso_role_name=r\n" \
    "sso_start_url=https://x.awsapps.com/start\nsso_region=eu-west-1\n"
#define LOGIN "login_session=x\n"
#define PROCESS "credential_process=/bin/x\n"

/* What STS gives for either action, and the rest of the sources. */
#define GIVES(action, key) "\"" action "Response\":{\"" action "Result\":{" \
    "\"Credentials\":{\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"s\"" \
    ",\"SessionToken\":\"t\",\"Expiration\":1440941760}}}"
#define STS "{" GIVES("AssumeRole", "R") "," \
    GIVES("AssumeRoleWithWebIdentity", "W") "}"
#define SSO_TOKEN "{\"accessToken\":\"t\"," \
    "\"expiresAt\":\"2015-08-30T20:36:00Z\"}"
#define SSO_GIVES "{\"roleCredentials\":{\"accessKeyId\":\"S\"," \
    "\"secretAccessKey\":\"s\",\"sessionToken\":\"t\"," \
    "\"expiration\":1440941760000}}"
#define LOGIN_TOKEN "{\"accessToken\":{\"accessKeyId\":\"L\"," \
    "\"secretAccessKey\":\"s\",\"sessionToken\":\"t\"," \
    "\"accountId\":\"012345678910\"," \
    "\"expiresAt\":\"2015-08-30T12:51:00Z\"},\"tokenType\":\"aws_sigv4\"," \
    "\"clientId\":\"c\",\"refreshToken\":\"r\",\"idToken\":\"i\"," \
    "\"dpopKey\":\"k\"}"
#define PROCESS_GIVES "{\"Version\":1,\"AccessKeyId\":\"X\"," \
    "\"SecretAccessKey\":\"s\"}"
#define SSO_FILE "/h/.aws/sso/cache/3947de8b16688092197fa616c34e01335f21d256" \
    ".json"
#define LOGIN_FILE "/h/.aws/login/cache/2d711642b726b04401627ca9fbac32f5c853" \
    "0fb1903cc4db02258717921a4881.json"

static void
set_up(const char *env, const char *config, const char *credentials)
{
	struct str rest = str_of(env), line, name, value;

	a = t_arena();
	fake_open(&f);
	fake_file(&f, "/proc/sys/kernel/random/boot_id", "b-1\n");
	fake_env(&f, "HOME", "/h");
	while (rest.n) {
		str_cut(rest, '|', &line, &rest);
		str_cut(line, '=', &name, &value);
		fake_env(&f, z_of(name), z_of(value));
	}
	if (config)
		fake_file(&f, "/h/.aws/config", config);
	if (credentials)
		fake_file(&f, "/h/.aws/credentials", credentials);
	fake_file(&f, "/t", "opaque");
	fake_file(&f, SSO_FILE, SSO_TOKEN);
	fake_file(&f, LOGIN_FILE, LOGIN_TOKEN);
	f.program.command = "/bin/x";
	f.program.out = PROCESS_GIVES;
	fake_answer(&f, (struct fake_answer){ .always = true, .status = 200,
		.method = "POST", .url = "https://sts.*", .body = STS });
	fake_answer(&f, (struct fake_answer){ .always = true, .status = 200,
		.url = "https://portal.sso.eu-west-1.amazonaws.com/*",
		.body = SSO_GIVES });
	fake_answer(&f, (struct fake_answer){ .always = true, .status = 200,
		.url = "http://169.254.170.2/x", .body =
		"{\"AccessKeyId\":\"C\",\"SecretAccessKey\":\"s\"}" });
	fake_answer(&f, (struct fake_answer){ .always = true, .status = 200,
		.method = "PUT", .body = "TOKEN" });
	fake_answer(&f, (struct fake_answer){ .always = true, .status = 200,
		.url = "http://169.254.169.254/latest/meta-data/iam/"
		    "security-credentials/", .body = "r" });
	fake_answer(&f, (struct fake_answer){ .always = true, .status = 200,
		.url = "http://169.254.169.254/latest/meta-data/iam/"
		    "security-credentials/r", .body =
		"{\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"s\"}" });
}

#define ALONE "profile 'default' has role_arn, but neither source_profile nor" \
    " credential_source to take it with"
#define NO_ROLE(key) "profile 'default' has " key ", but no role_arn to take" \
    " with it"
#define BOTH(x, y) "profile 'default' has both " x " and " y "; keep one"

static void
t_order(void **state)
{
	static const struct {
		const char *env, *config, *credentials, *profile;
		/* Key that is found, or part of the refusal. */
		const char *cli, *go;
	} cases[] = {
		{ "", NULL, NULL, NULL, "I", "I" },
		{ AGENT, NULL, NULL, NULL, "C", "C" },
		{ ENV AGENT IRSA, "[default]\n" ROLE, NULL, NULL, "E",
		    "E" },
		{ GO_ENV AGENT, NULL, NULL, NULL, "C", "G" },
		{ AGENT, "[default]\n" KEYS("F"), NULL, NULL, "F", "F" },
		{ AGENT, "[default]\n" KEYS("F"), "[default]\n" KEYS("K"),
		    NULL, "K", "K" },
		{ AGENT, NULL, "[default]\n" KEYS("K"), NULL, "K", "K" },
		{ AGENT, "[default]\nregion=x\n", NULL, NULL, "C", "C" },
		/* --profile puts the environment aside, AWS_PROFILE not. */
		{ ENV, "[profile p]\n" KEYS("P"), NULL, "p", "P", "P" },
		{ GO_ENV, "[profile p]\n" KEYS("P"), NULL, "p", "P", "P" },
		{ ENV IRSA AGENT, "[profile p]\n", NULL, "p", "C", "C" },
		{ ENV "AWS_PROFILE=p|", "[profile p]\n" KEYS("P"), NULL, NULL,
		    "E", "E" },
		{ "AWS_PROFILE=p|", "[profile p]\n" KEYS("P"), NULL, NULL,
		    "P", "P" },
		/* Each source, before those of the machine. */
		{ AGENT IRSA, NULL, NULL, NULL, "W", "W" },
		{ IRSA, "[default]\n" KEYS("F"), NULL, NULL, "W", "W" },
		{ AGENT, "[default]\n" ROLE BASE, NULL, NULL, "R", "R" },
		{ AGENT, "[default]\n" ROLE KEYS("F") BASE, NULL, NULL, "R",
		    "R" },
		{ AGENT, BASE, "[default]\n" ROLE, NULL, "R", "R" },
		{ AGENT, "[default]\n" SSO, NULL, NULL, "S", "S" },
		{ AGENT, "[default]\nsso_session=s\nsso_start_url=u\n", NULL,
		    NULL, "C", "C" },
		{ AGENT, "[default]\n" PROCESS, NULL, NULL, "X", "X" },
		{ AGENT, "[default]\n" LOGIN, NULL, NULL, "L", "L" },
		{ AGENT, "[default]\nrole_arn=arn:w\n" WEB, NULL, NULL, "W",
		    "W" },
		{ AGENT, "[default]\nrole_arn=arn:w\n" WEB PROCESS SSO LOGIN,
		    NULL, NULL, "W", BOTH("web_identity_token_file",
		    "credential_process") },
		{ AGENT, "[default]\nrole_arn=arn:w\n" WEB SSO LOGIN, NULL,
		    NULL, "W", "W" },
		{ AGENT, "[profile p]\n" PROCESS, NULL, NULL, "C", "C" },
		{ ENV, "[profile p]\n" PROCESS, NULL, "p", "X", "X" },
		{ IRSA, "[profile p]\n" PROCESS, NULL, "p", "X", "X" },
		{ AGENT, "[default]\n" SSO LOGIN PROCESS, NULL, NULL, "S",
		    "S" },
		{ AGENT, "[default]\n" LOGIN PROCESS, NULL, NULL, "L", "L" },
		/* A source_profile's, in the same order. */
		{ AGENT, "[default]\n" ROLE "[profile b]\n" SSO PROCESS, NULL,
		    NULL, "R", "R" },
		{ AGENT, "[default]\n" ROLE "[profile b]\n", NULL, NULL,
		    "source_profile 'b' of profile 'default': no credentials:"
		    " profile: 'b' has no aws_access_key_id",
		    "source_profile 'b' of profile 'default'" },
		/* Where the two differ. */
		{ IRSA, "[default]\n" ROLE BASE, NULL, NULL, "R", "W" },
		{ AGENT, "[default]\n" SSO KEYS("F"), NULL, NULL, "S", "F" },
		{ AGENT, "[default]\n" SSO, "[default]\n" KEYS("K"), NULL,
		    "S", "K" },
		{ AGENT, "[default]\nrole_arn=arn:w\n" WEB KEYS("F"), NULL,
		    NULL, "W", "R" },
		{ AGENT, "[default]\n" PROCESS KEYS("F"), NULL, NULL, "X",
		    "F" },
		{ AGENT, "[default]\n" LOGIN KEYS("F"), NULL, NULL, "L",
		    "F" },
		{ AGENT, "[default]\n" PROCESS, "[default]\n" KEYS("K"),
		    NULL, "K", "K" },
		{ AGENT, "[default]\n" LOGIN, "[default]\n" KEYS("K"), NULL,
		    "K", "K" },
		{ AGENT, "[default]\nsource_profile=b\n" KEYS("F") BASE, NULL,
		    NULL, "F", NO_ROLE("source_profile") },
		{ AGENT, "[default]\ncredential_source=Environment\n", NULL,
		    NULL, "C", NO_ROLE("credential_source") },
		{ AGENT, "[default]\nrole_arn=arn:r\n" KEYS("F"), NULL, NULL,
		    ALONE, "R" },
		{ AGENT, "[default]\nrole_arn=arn:r\n" SSO, NULL, NULL, ALONE,
		    "R" },
		/* Nobody becomes somebody else in silence. */
		{ AGENT, "[default]\nrole_arn=arn:r\n", NULL, NULL, ALONE,
		    ALONE },
		{ AGENT, "[default]\n" WEB, NULL, NULL,
		    NO_ROLE("web_identity_token_file"),
		    NO_ROLE("web_identity_token_file") },
		{ AGENT "AWS_WEB_IDENTITY_TOKEN_FILE=/t|", NULL, NULL, NULL,
		    "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN and"
		    " the profile's role_arn are not",
		    "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is"
		    " not; set both or neither" },
		{ AGENT, "[default]\nsso_role_name=r\n", NULL, NULL,
		    "profile 'default' is one of IAM Identity Center, but has"
		    " no sso_start_url", "sso_start_url, sso_region,"
		    " sso_account_id" },
		/* Errors end the chain. */
		{ "AWS_ACCESS_KEY_ID=E|" AGENT, NULL, NULL, NULL,
		    "AWS_SECRET_ACCESS_KEY is not; set both",
		    "AWS_SECRET_ACCESS_KEY is not; set both" },
		{ AGENT, NULL, "[default]\naws_access_key_id=K\n", NULL,
		    "profile 'default' in '/h/.aws/credentials' has"
		    " aws_access_key_id without aws_secret_access_key; keep"
		    " both in one file", "without aws_secret_access_key" },
		{ AGENT, "[default]\naws_secret_access_key=s\n", NULL, NULL,
		    "profile 'default' in '/h/.aws/config' has"
		    " aws_secret_access_key without aws_access_key_id",
		    "without aws_access_key_id" },
		/* Not half from one file, half from the other. */
		{ AGENT, "[default]\n" KEYS("F"),
		    "[default]\naws_access_key_id=K\n", NULL,
		    "without aws_secret_access_key",
		    "without aws_secret_access_key" },
		{ "AWS_ACCESS_KEY_ID=a b|AWS_SECRET_ACCESS_KEY=s|", NULL,
		    NULL, NULL, "env: the access key id has a blank",
		    "env: the access key id has a blank" },
		{ "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://192.0.2.1/|",
		    NULL, NULL, NULL, "plain http to '192.0.2.1'",
		    "plain http to '192.0.2.1'" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t k = i / 2;
		const char *want = i % 2 ? cases[k].go : cases[k].cli;
		enum cred_order order = i % 2 ? CRED_ORDER_GO : CRED_ORDER_CLI;
		struct cred cred;
		struct str id;
		struct err e, also;

		set_up(cases[k].env, cases[k].config, cases[k].credentials);
		open_config(cases[k].profile);
		if (!cred_find(&c, order, &cred, &e)) {
			if (strlen(want) == 1 || !strstr(e.msg, want))
				fail_msg("%zu: %s", i, e.msg);
			assert_int_equal(e.kind, ERR_USAGE);
			assert_int_equal(f.request_count, 0);
			continue;
		}
		if (!str_eq(cred.key_id, str_of(want)))
			fail_msg("%zu: %.*s", i, STR_ARG(cred.key_id));
		/* The identity is of the same source, and costs nothing. */
		f.request_count = 0;
		assert_true(cred_identity(&c, order, &id, &also));
		assert_true(str_starts(id, S("provider=\"")));
		assert_true(str_starts(str_skip(id, 10),
		    str_of(cred.source)));
		assert_int_equal(f.request_count, 0);
	}
}

static void
t_story(void **state)
{
	static const struct {
		const char *home, *config, *credentials;
		enum err_kind unreadable;
		const char *part;
	} cases[] = {
		{ "/h", NULL, NULL, ERR_NONE, "; profile: no profile"
		    " 'default'; " },
		{ "/h", "[default]\nregion=x\n", NULL, ERR_NONE, "; profile:"
		    " 'default' has no aws_access_key_id; " },
		{ NULL, NULL, NULL, ERR_NONE, "; profile: HOME is not set, so"
		    " there is no ~/.aws/credentials; " },
		{ "/h", NULL, NULL, ERR_SYS, "; profile: read"
		    " '/h/.aws/credentials': made to fail; " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct str id;
		struct err e;

		fake_open(&f);
		fake_env(&f, "HOME", cases[i].home);
		fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
		if (cases[i].config)
			fake_file(&f, "/h/.aws/config", cases[i].config);
		if (cases[i].unreadable)
			fake_file_fails(&f, "/h/.aws/credentials",
			    cases[i].unreadable);
		open_config(NULL);
		assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
		assert_int_equal(e.kind, ERR_ABSENT);
		if (!strstr(e.msg, cases[i].part))
			fail_msg("%s", e.msg);
		/* -v tells what the story leaves out. */
		assert_true(fake_noted(&f, NOTE_DETAIL, "no credentials of"
		    " sso: profile 'default' has no sso_account_id"));
		assert_false(fake_noted(&f, NOTE_WARNING, ""));
		assert_false(cred_identity(&c, CRED_ORDER_GO, &id, &e));
		assert_int_equal(e.kind, ERR_ABSENT);
	}
}

/* Times are AWS's: the clock's known error counts. */
static void
t_expiry(void **state)
{
	static const struct {
		const char *expires;
		int64_t skew_s;
		const char *msg;	/* NULL: taken */
	} cases[] = {
		{ "2015-08-30T12:37:00Z", 0, NULL },
		{ "2015-08-30T12:36:59Z", 0, "credentials of env are about to"
		    " expire, at 2015-08-30T12:36:59Z; renew them, or check"
		    " this machine's clock" },
		{ "2015-08-30T12:36:00Z", 0, "credentials of env expired at"
		    " 2015-08-30T12:36:00Z; renew them, or check this"
		    " machine's clock" },
		{ "2015-08-30T12:36:00Z", -60, NULL },
		{ "2015-08-30T13:36:00Z", 3541, "credentials of env are about"
		    " to expire, at 2015-08-30T13:36:00Z; renew them, or"
		    " check this machine's clock" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct err e;

		set_up(ENV, NULL, NULL);
		fake_env(&f, "AWS_CREDENTIAL_EXPIRATION", cases[i].expires);
		open_config(NULL);
		c.skew_s = cases[i].skew_s;
		assert_int_equal(cred_find(&c, CRED_ORDER_CLI, &cred, &e),
		    !cases[i].msg);
		if (cases[i].msg) {
			assert_string_equal(e.msg, cases[i].msg);
			assert_int_equal(e.kind, ERR_DENIED);
		}
	}
}

/* Static stability: the metadata service's are used beyond their date. */
static void
t_stable(void **state)
{
	struct cred cred;
	struct err e;

	(void)state;
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "TOKEN" });
	fake_answer(&f, (struct fake_answer){ .status = 200, .body = "r" });
	fake_answer(&f, (struct fake_answer){ .status = 200, .body =
		"{\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"s\","
		"\"Expiration\":\"2015-08-30T12:35:59Z\"}" });
	open_config(NULL);
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_str_equal(cred.key_id, S("I"));
	assert_true(fake_noted(&f, NOTE_WARNING, "credentials of imds expired"
	    " at 2015-08-30T12:35:59Z; using them all the same, as AWS may"
	    " have extended them"));
	assert_true(fake_noted(&f, NOTE_DETAIL, "credentials of imds: key I"));
}

static void
t_identity(void **state)
{
	static const struct {
		const char *env, *config, *credentials, *id;
	} cases[] = {
		{ ENV, NULL, NULL, "provider=\"env\"\nkey_id=\"E\"\n" },
		{ "", "[default]\n" KEYS("F"), NULL, "provider=\"profile\"\n"
		    "profile=\"default\"\nfile=\"/h/.aws/config\"\n"
		    "key_id=\"F\"\n" },
		{ "AWS_PROFILE=p|", NULL, "[p]\n" KEYS("K"),
		    "provider=\"profile\"\nprofile=\"p\"\n"
		    "file=\"/h/.aws/credentials\"\nkey_id=\"K\"\n" },
		{ "", NULL, NULL, "provider=\"imds\"\n"
		    "endpoint=http://169.254.169.254/\nrole=\"\"\n"
		    "boot=\"b-1\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str id;
		struct err e;

		set_up(cases[i].env, cases[i].config, cases[i].credentials);
		open_config(NULL);
		assert_true(cred_identity(&c, CRED_ORDER_CLI, &id, &e));
		assert_str_equal(id, str_of(cases[i].id));
	}
}

static void
t_identity_quoted(void **state)
{
	char text[64];
	struct buf b = BUF(text);

	(void)state;
	cred_id(&b, S("profile"), S("a\"\nkey_id=\"b"));
	assert_str_equal(buf_str(&b), S("profile=\"a\\\"\\nkey_id=\\\"b\"\n"));
}

/* An identity too long for the text is refused, not cut short: two that begin
 * alike must not be one.
 */
static void
t_identity_long(void **state)
{
	char config[4096] = "[profile ", name[3001];
	struct str id;
	struct err e;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[3000] = '\0';
	strcat(strcat(config, name), "]\n" KEYS("K"));
	set_up("", config, NULL);
	fake_env(&f, "AWS_PROFILE", name);
	open_config(NULL);
	assert_false(cred_identity(&c, CRED_ORDER_CLI, &id, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "identity: longer than 2048 bytes, or"
	    " this machine's boot id cannot be read");
}

/* Key, secret and token come from one file. */
static void
t_shared(void **state)
{
	static const struct {
		const char *config, *credentials;
		const char *key_id, *token, *account;
	} cases[] = {
		{ "[default]\n" KEYS("F") "aws_session_token=t\n",
		    "[default]\n" KEYS("K"), "K", "", "" },
		{ "[default]\n" KEYS("F"),
		    "[default]\naws_session_token=t\n", "F", "", "" },
		{ "[default]\naws_account_id=123456789012\n",
		    "[default]\n" KEYS("K") "aws_security_token=u\n", "K", "u",
		    "123456789012" },
		{ NULL, "[default]\n" KEYS("K") "aws_session_token=t\n"
		    "aws_security_token=u\naws_account_id=12\n", "K", "t",
		    "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct err e;

		set_up("", cases[i].config, cases[i].credentials);
		open_config(NULL);
		assert_true(cred_find(&c, CRED_ORDER_GO, &cred, &e));
		assert_str_equal(cred.key_id, str_of(cases[i].key_id));
		assert_str_equal(cred.secret, S("s"));
		assert_str_equal(cred.token, str_of(cases[i].token));
		assert_str_equal(cred.account, str_of(cases[i].account));
		assert_string_equal(cred.source, "profile");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_order),
		cmocka_unit_test(t_story),
		cmocka_unit_test(t_expiry),
		cmocka_unit_test(t_stable),
		cmocka_unit_test(t_identity),
		cmocka_unit_test(t_identity_quoted),
		cmocka_unit_test(t_identity_long),
		cmocka_unit_test(t_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
