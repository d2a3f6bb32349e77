#include "cred/chain.h"
#include "fake_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define PATH "/home/u/.aws/sso/cache/"
#define MY PATH "0ad374308c5a4e22f723adf10145eafad7c4031c.json"
#define OLD PATH "dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json"
#define START "https://ssotest.awsapps.com/start"
#define ROLE "sso_account_id = 123456789012\nsso_role_name = Pull\n"
#define AT "sso_start_url = " START "\nsso_region = eu-west-1\n"
#define LEGACY "[profile p]\n" ROLE AT
#define SESSION "[profile p]\nsso_session = my-sso\n" ROLE \
    "[sso-session my-sso]\n" AT
#define TOKEN "{\"accessToken\":\"access-token-1\"," \
    "\"expiresAt\":\"2015-08-30T13:36:00Z\"}"
#define PORTAL "https://portal.sso.eu-west-1.amazonaws.com/federation/" \
    "credentials?account_id=123456789012&role_name=Pull"
#define OP "sso GetRoleCredentials at" \
    " 'portal.sso.eu-west-1.amazonaws.com': "

static struct fake_world f;
static struct arena a;
static struct config c;
static char text[1024];
static struct buf id;
static struct err err;

static void
open_world(const char *config)
{
	static const struct config_flags none;

	a = t_arena();
	id = BUF(text);
	fake_open(&f);
	fake_env(&f, "HOME", "/home/u");
	fake_env(&f, "AWS_PROFILE", "p");
	fake_file(&f, "/home/u/.aws/config", config);
	if (!config_load(&f.w, &a, &none, &c, &err))
		fail_msg("%s", err.msg);
}

static void
t_select(void **state)
{
	static const struct {
		const char *config;
		const char *id;
	} rows[] = {
		{ LEGACY, "provider=\"sso\"\nstart_url=\"" START "\"\n"
		    "account=\"123456789012\"\nrole=\"Pull\"\n" },
		{ SESSION, "provider=\"sso\"\nsession=\"my-sso\"\n"
		    "account=\"123456789012\"\nrole=\"Pull\"\n" },
		/* The same twice; and everything in the section. */
		{ SESSION "[profile p]\n" AT, "provider=\"sso\"\n"
		    "session=\"my-sso\"\naccount=\"123456789012\"\n"
		    "role=\"Pull\"\n" },
		{ "[profile p]\nsso_session=my-sso\nsso_account_id=1\n"
		    "[sso-session my-sso]\n" AT "sso_account_id=1\n"
		    "sso_role_name=a b\n", "provider=\"sso\"\n"
		    "session=\"my-sso\"\naccount=\"1\"\nrole=\"a b\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world(rows[i].config);
		if (!cred_sso.select(&c, &c.profile, &id, &err))
			fail_msg("%zu: %s", i, err.msg);
		assert_str_equal(buf_str(&id), str_of(rows[i].id));
		assert_int_equal(f.request_count, 0);
	}
}

#define LACKS "profile 'p' is one of IAM Identity Center, but has no "

static void
t_refused(void **state)
{
	static const struct {
		const char *config;
		enum err_kind kind;
		const char *msg;
	} rows[] = {
		{ "[profile p]\nregion=x\n", ERR_ABSENT,
		    "profile 'p' has no sso_account_id" },
		/* For bearer tokens only. */
		{ "[profile p]\nsso_session=my-sso\n[sso-session my-sso]\n"
		    AT, ERR_ABSENT, "profile 'p' has no sso_account_id" },
		{ "[profile p]\n" AT, ERR_ABSENT,
		    "profile 'p' has no sso_account_id" },
		{ "[profile p]\n" ROLE, ERR_USAGE,
		    LACKS "sso_start_url, sso_region" },
		{ "[profile p]\nsso_account_id=1\n", ERR_USAGE,
		    LACKS "sso_start_url, sso_region, sso_role_name" },
		{ "[profile p]\nsso_role_name=r\n", ERR_USAGE,
		    LACKS "sso_start_url, sso_region, sso_account_id" },
		{ "[profile p]\n" ROLE "sso_start_url=x\n", ERR_USAGE,
		    LACKS "sso_region" },
		{ "[profile p]\n" ROLE "sso_region=x\n", ERR_USAGE,
		    LACKS "sso_start_url" },
		{ "[profile p]\n" ROLE "sso_session=s\n[sso-session s]\n"
		    "sso_region=x\n", ERR_USAGE, LACKS "sso_start_url" },
		{ "[profile p]\n" ROLE AT "sso_session=none\n[sso-session"
		    " other]\n" AT, ERR_USAGE, "profile 'p': there is no"
		    " section [sso-session none]" },
		{ SESSION "[profile p]\nsso_region=eu-west-2\n", ERR_USAGE,
		    "profile 'p': its sso_region is 'eu-west-2', but that of"
		    " [sso-session my-sso] is 'eu-west-1'; take one of them"
		    " out" },
		{ SESSION "[profile p]\nsso_start_url=" START "/\n",
		    ERR_USAGE, "profile 'p': its sso_start_url is '" START
		    "/', but that of [sso-session my-sso] is '" START
		    "'; take one of them out" },
		{ SESSION "sso_account_id=2\n", ERR_USAGE, "profile 'p': its"
		    " sso_account_id is '123456789012', but that of"
		    " [sso-session my-sso] is '2'; take one of them out" },
		{ SESSION "sso_role_name=pull\n", ERR_USAGE, "profile 'p': its"
		    " sso_role_name is 'Pull', but that of [sso-session"
		    " my-sso] is 'pull'; take one of them out" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cred cred = { .key_id = S("kept") };

		open_world(rows[i].config);
		assert_false(cred_sso.select(&c, &c.profile, &id, &err));
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, rows[i].kind);
		assert_false(cred_sso.fetch(&c, &c.profile, &cred, &err));
		assert_string_equal(err.msg, rows[i].msg);
		assert_str_equal(cred.key_id, S("kept"));
	}
}

static void
t_fetch(void **state)
{
	static const struct {
		const char *config, *path;
	} rows[] = {
		{ LEGACY, OLD },
		{ SESSION, MY },
		{ SESSION "[profile p]\n" AT, MY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cred cred;

		open_world(rows[i].config);
		fake_file(&f, rows[i].path, TOKEN);
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.url = PORTAL, .status = 200, .body =
			"{\"roleCredentials\":{\"accessKeyId\":\"ASIA1\","
			"\"secretAccessKey\":\"s\",\"sessionToken\":\"t\","
			"\"expiration\":1440941760000}}" });
		if (!cred_find(&c, CRED_ORDER_CLI, &cred, &err))
			fail_msg("%zu: %s", i, err.msg);
		assert_str_equal(cred.key_id, S("ASIA1"));
		assert_str_equal(cred.account, S("123456789012"));
		assert_string_equal(cred.source, "sso");
		assert_true(cred.expires == FAKE_NOW + 3600);
		assert_string_equal(fake_field(&f, 0,
		    "x-amz-sso_bearer_token"), "access-token-1");
		assert_true(fake_done(&f));
	}
}

static void
t_fetch_refused(void **state)
{
	static const struct {
		const char *config, *token, *fields, *body;
		unsigned status;
		const char *msg;
	} rows[] = {
		{ LEGACY, NULL, NULL, NULL, 0, "sso session of profile 'p':"
		    " not logged in: read '" OLD "': No such file or directory;"
		    " run: aws sso login --profile p" },
		{ SESSION, NULL, NULL, NULL, 0, "sso session 'my-sso': not"
		    " logged in: read '" MY "': No such file or directory;"
		    " run: aws sso login --sso-session my-sso" },
		{ LEGACY, TOKEN, "x-amzn-ErrorType: UnauthorizedException",
		    "{\"message\":\"Session token not found or invalid\"}",
		    401, "sso session of profile 'p' has ended: " OP
		    "UnauthorizedException: Session token not found or"
		    " invalid; run: aws sso login --profile p" },
		{ SESSION, TOKEN, "x-amzn-ErrorType: UnauthorizedException",
		    "{\"message\":\"Session token not found or invalid\"}",
		    401, "sso session 'my-sso' has ended: " OP
		    "UnauthorizedException: Session token not found or"
		    " invalid; run: aws sso login --sso-session my-sso" },
		{ SESSION, TOKEN, "x-amzn-ErrorType: ForbiddenException",
		    "{\"message\":\"No access\"}", 403, OP
		    "ForbiddenException: No access; is role 'Pull' in account"
		    " '123456789012' assigned to this user?" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cred cred;

		open_world(rows[i].config);
		if (rows[i].token) {
			fake_file(&f, OLD, TOKEN);
			fake_file(&f, MY, TOKEN);
			fake_answer(&f, (struct fake_answer){ .url = PORTAL,
				.status = rows[i].status,
				.fields = rows[i].fields,
				.body = rows[i].body });
		}
		/* The chain stops here: keys of others do not count. */
		fake_env(&f, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
		assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &err));
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_true(fake_done(&f));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_select),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_fetch),
		cmocka_unit_test(t_fetch_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
