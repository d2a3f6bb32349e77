#include "cred/chain.h"
#include "fake_world.h"

static struct fake_world f;

/* NAME=value, one a line. */
static void
set_all(const char *text)
{
	struct arena a = t_arena();
	struct str rest = str_of(text), line, name, value;
	struct err e;

	fake_open(&f);
	while (rest.n) {
		const char *n, *v;

		str_cut(rest, '|', &line, &rest);
		str_cut(line, '=', &name, &value);
		assert_true(arena_z(&a, name, &n, &e));
		assert_true(arena_z(&a, value, &v, &e));
		fake_env(&f, n, v);
	}
}

static bool
ask(const struct provider *p, const char *profile, struct str *id,
    struct cred *cred, struct err *e)
{
	static char text[1024];
	static struct arena a;
	struct config_flags flags = { .profile = profile };
	struct buf b = BUF(text);
	struct config c;
	bool done;

	a = t_arena();
	fake_file(&f, "/c", "[profile x]\n");
	fake_file(&f, "/run/id", "AK\n");
	fake_file(&f, "/run/secret", "SK");
	fake_file(&f, "/run/token", "T\r\n");
	fake_file(&f, "/run/empty", "\n");
	fake_file_fails(&f, "/run/closed", ERR_SYS);
	fake_env(&f, "AWS_CONFIG_FILE", "/c");
	assert_true(config_load(&f.w, &a, &flags, &c, e));
	done = p->select(&c, &c.profile, &b, e);
	*id = buf_str(&b);
	if (!done)
		return false;
	*cred = (struct cred){ .source = p->name };
	return p->fetch(&c, &c.profile, cred, e);
}

#define KEYS "AWS_ACCESS_KEY_ID=AK|AWS_SECRET_ACCESS_KEY=SK"
#define FILES "AWS_ACCESS_KEY_ID_FILE=/run/id|" \
    "AWS_SECRET_ACCESS_KEY_FILE=/run/secret"

static void
t_found(void **state)
{
	static const struct {
		const char *env;
		bool go;
		const char *key_id, *secret, *token, *account;
		int64_t expires;
		const char *id;
	} cases[] = {
		{ KEYS, false, "AK", "SK", "", "", 0,
		    "provider=\"env\"\nkey_id=\"AK\"\n" },
		{ KEYS, true, "AK", "SK", "", "", 0,
		    "provider=\"env\"\nkey_id=\"AK\"\n" },
		/* Decision 0.2. */
		{ KEYS "|AWS_SESSION_TOKEN=T|AWS_SECURITY_TOKEN=U", false,
		    "AK", "SK", "T", "", 0, NULL },
		{ KEYS "|AWS_SESSION_TOKEN=|AWS_SECURITY_TOKEN=U", true,
		    "AK", "SK", "U", "", 0, NULL },
		/* The Go SDK's own names, after the usual ones. */
		{ "AWS_ACCESS_KEY=a|AWS_SECRET_KEY=b", true, "a", "b", "", "",
		    0, NULL },
		{ KEYS "|AWS_ACCESS_KEY=a|AWS_SECRET_KEY=b", true, "AK", "SK",
		    "", "", 0, NULL },
		{ "AWS_ACCESS_KEY_ID=AK|AWS_SECRET_KEY=b", true, "AK", "b",
		    "", "", 0, NULL },
		{ KEYS "|AWS_ACCESS_KEY=a|AWS_SECRET_KEY=b", false, "AK",
		    "SK", "", "", 0, NULL },
		{ "AWS_ACCESS_KEY_ID=AK\r\n|AWS_SECRET_ACCESS_KEY=SK\n|"
		    "AWS_SESSION_TOKEN=T\r", false, "AK", "SK", "T", "", 0,
		    NULL },
		{ FILES, false, "AK", "SK", "", "", 0,
		    "provider=\"env\"\nkey_id=\"AK\"\n" },
		{ FILES "|AWS_SESSION_TOKEN_FILE=/run/token", true, "AK",
		    "SK", "T", "", 0, NULL },
		{ FILES "|AWS_ACCESS_KEY_ID=a|AWS_SECRET_ACCESS_KEY=b", false,
		    "a", "b", "", "", 0, NULL },
		{ "AWS_ACCESS_KEY_ID=a|AWS_SECRET_ACCESS_KEY_FILE=/run/secret",
		    false, "a", "SK", "", "", 0, NULL },
		{ FILES "|AWS_ACCESS_KEY_ID=\n", false, "AK", "SK", "", "", 0,
		    NULL },
		{ KEYS "|AWS_ACCOUNT_ID=123456789012", false, "AK", "SK", "",
		    "123456789012", 0, NULL },
		{ KEYS "|AWS_ACCOUNT_ID=12345678901", false, "AK", "SK", "",
		    "", 0, NULL },
		{ KEYS "|AWS_ACCOUNT_ID=12345678901x", false, "AK", "SK", "",
		    "", 0, NULL },
		{ KEYS "|AWS_CREDENTIAL_EXPIRATION=2015-08-30T13:36:00Z",
		    false, "AK", "SK", "", "", FAKE_NOW + 3600, NULL },
		{ KEYS "|AWS_CREDENTIAL_EXPIRATION=tomorrow", false, "AK",
		    "SK", "", "", 0, NULL },
		{ KEYS "|AWS_CREDENTIAL_EXPIRATION=", false, "AK", "SK", "",
		    "", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct str id;
		struct err e;

		set_all(cases[i].env);
		if (!ask(cases[i].go ? &cred_env_go : &cred_env, NULL, &id,
		    &cred, &e))
			fail_msg("%s: %s", cases[i].env, e.msg);
		assert_str_equal(cred.key_id, str_of(cases[i].key_id));
		assert_str_equal(cred.secret, str_of(cases[i].secret));
		assert_str_equal(cred.token, str_of(cases[i].token));
		assert_str_equal(cred.account, str_of(cases[i].account));
		assert_true(cred.expires == cases[i].expires);
		assert_string_equal(cred.source, "env");
		if (cases[i].id)
			assert_str_equal(id, str_of(cases[i].id));
	}
	assert_false(fake_noted(&f, NOTE_WARNING, ""));
}

static void
t_expiration_unread(void **state)
{
	struct cred cred;
	struct str id;
	struct err e;

	(void)state;
	set_all(KEYS "|AWS_CREDENTIAL_EXPIRATION=1440938160");
	assert_true(ask(&cred_env, NULL, &id, &cred, &e));
	assert_true(fake_noted(&f, NOTE_WARNING, "AWS_CREDENTIAL_EXPIRATION"
	    " '1440938160' is no ISO 8601 time; taken as if it were not"
	    " set"));
}

static void
t_not_found(void **state)
{
	static const struct {
		const char *env, *profile;
		bool go;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ "", NULL, false, ERR_ABSENT, "AWS_ACCESS_KEY_ID not set" },
		{ "", NULL, true, ERR_ABSENT, "AWS_ACCESS_KEY_ID not set" },
		{ "AWS_ACCESS_KEY_ID=|AWS_SECRET_ACCESS_KEY=", NULL, false,
		    ERR_ABSENT, "AWS_ACCESS_KEY_ID not set" },
		{ "AWS_ACCESS_KEY_ID=\r\n|AWS_SECRET_ACCESS_KEY=\n", NULL,
		    false, ERR_ABSENT, "AWS_ACCESS_KEY_ID not set" },
		{ "AWS_SECRET_ACCESS_KEY=SK", NULL, false, ERR_ABSENT,
		    "AWS_ACCESS_KEY_ID not set, though AWS_SECRET_ACCESS_KEY"
		    " is" },
		{ "AWS_ACCESS_KEY=a|AWS_SECRET_KEY=b", NULL, false,
		    ERR_ABSENT, "AWS_ACCESS_KEY_ID not set" },
		{ KEYS, "x", false, ERR_ABSENT,
		    "passed over for profile 'x'" },
		{ KEYS, "x", true, ERR_ABSENT, "passed over for profile 'x'" },
		{ FILES, "x", false, ERR_ABSENT,
		    "passed over for profile 'x'" },
		{ "AWS_ACCESS_KEY_ID_FILE=/run/closed", "x", false, ERR_ABSENT,
		    "passed over for profile 'x'" },
		{ "AWS_ACCESS_KEY_ID_FILE=/run/empty", NULL, false, ERR_ABSENT,
		    "AWS_ACCESS_KEY_ID not set" },
		{ "AWS_SECRET_ACCESS_KEY_FILE=/run/secret", NULL, false,
		    ERR_ABSENT, "AWS_ACCESS_KEY_ID not set, though"
		    " AWS_SECRET_ACCESS_KEY is" },
		{ "AWS_ACCESS_KEY_ID_FILE=/run/id", NULL, false, ERR_USAGE,
		    "credentials of env: AWS_ACCESS_KEY_ID is set, but"
		    " AWS_SECRET_ACCESS_KEY is not; set both or neither" },
		/* Configured, but not to be had: no other identity will do. */
		{ "AWS_ACCESS_KEY_ID_FILE=/run/closed", NULL, false, ERR_SYS,
		    "credentials of env: AWS_ACCESS_KEY_ID_FILE: read"
		    " '/run/closed': made to fail" },
		{ "AWS_ACCESS_KEY_ID=a|AWS_SECRET_ACCESS_KEY_FILE=/none",
		    NULL, true, ERR_SYS, "credentials of env:"
		    " AWS_SECRET_ACCESS_KEY_FILE: read '/none': No such file"
		    " or directory" },
		/* Decision 0.3. */
		{ "AWS_ACCESS_KEY_ID=AK", NULL, false, ERR_USAGE,
		    "credentials of env: AWS_ACCESS_KEY_ID is set, but"
		    " AWS_SECRET_ACCESS_KEY is not; set both or neither" },
		{ "AWS_ACCESS_KEY_ID=AK|AWS_SECRET_ACCESS_KEY=\n", NULL, true,
		    ERR_USAGE,
		    "credentials of env: AWS_ACCESS_KEY_ID is set, but"
		    " AWS_SECRET_ACCESS_KEY is not; set both or neither" },
		{ "AWS_ACCESS_KEY_ID=AK|AWS_SECRET_KEY=b", NULL, false,
		    ERR_USAGE,
		    "credentials of env: AWS_ACCESS_KEY_ID is set, but"
		    " AWS_SECRET_ACCESS_KEY is not; set both or neither" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct str id;
		struct err e;

		set_all(cases[i].env);
		assert_false(ask(cases[i].go ? &cred_env_go : &cred_env,
		    cases[i].profile, &id, &cred, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(id.n, 0);
	}
}

/* What selects the identity is there, and the rest is not. */
static void
t_no_token(void **state)
{
	struct cred cred;
	struct str id;
	struct err e;

	(void)state;
	set_all(FILES "|AWS_SESSION_TOKEN_FILE=/run/closed");
	assert_false(ask(&cred_env, NULL, &id, &cred, &e));
	assert_int_equal(e.kind, ERR_SYS);
	assert_string_equal(e.msg, "credentials of env:"
	    " AWS_SESSION_TOKEN_FILE: read '/run/closed': made to fail");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_found),
		cmocka_unit_test(t_expiration_unread),
		cmocka_unit_test(t_not_found),
		cmocka_unit_test(t_no_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
