#include "fake_world.h"

#include "login/auto_profile.h"

#define A "123456789012"
#define B "210987654321"
#define ROLE(account) "role_arn = arn:aws:iam::" account ":role/r\n"
#define SSO(account) "sso_account_id = " account "\nsso_role_name = r\n"

static struct fake_world f;
static struct arena a;
static struct config c;

static void
open_world(const char *config, const char *credentials)
{
	static const struct config_flags none;
	struct err e;

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_file(&f, "/h/.aws/config", config);
	fake_file(&f, "/h/.aws/credentials", credentials);
	assert_true(config_load(&f.w, &a, &none, &c, &e));
}

static void
t_wanted(void **state)
{
	static const struct {
		bool flag;
		const char *variable;
		bool wanted;
	} cases[] = {
		{ true, NULL, true }, { true, "0", true },
		{ false, "1", true }, { false, "true", true },
		{ false, "TRUE", true },
		{ false, NULL, false }, { false, "", false },
		{ false, "0", false }, { false, "false", false },
		{ false, "yes", false }, { false, "11", false },
		{ false, " 1", false }, { false, "2", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(NULL, NULL);
		c.flags.auto_profile = cases[i].flag;
		fake_env(&f, "ECRBOX_AUTO_PROFILE", cases[i].variable);
		assert_int_equal(auto_profile_wanted(&c), cases[i].wanted);
	}
}

static void
t_one(void **state)
{
	static const struct {
		const char *config, *credentials;
		const char *profile;	/* NULL: none */
	} cases[] = {
		{ "[profile x]\n" ROLE(A), NULL, "x" },
		{ "[profile x]\n" SSO(A), NULL, "x" },
		{ "[default]\n" ROLE(A), NULL, "default" },
		{ NULL, "[x]\n" ROLE(A), "x" },
		{ "[profile x]\n" SSO(B) "[profile y]\n" SSO(A)
		    "[profile z]\n" ROLE(B), NULL, "y" },
		{ "[profile x]\n" ROLE(A) "[profile x]\nregion = r\n",
		    "[x]\naws_access_key_id = k\n", "x" },
		{ "[profile x]\n" SSO(B) ROLE(A), NULL, "x" },
		{ "[profile 'a b']\n" ROLE(A), NULL, "a b" },
		/* The credentials file wins. */
		{ "[profile x]\n" ROLE(B), "[x]\n" ROLE(A), "x" },
		{ "[profile x]\n" ROLE(A), "[x]\n" ROLE(B), NULL },
		/* A role's account, not that of the way to it. */
		{ "[profile x]\n" SSO(A) ROLE(B), NULL, NULL },
		{ "[profile x]\n" SSO(A) "role_arn = nonsense\n", NULL,
		    NULL },
		{ "[profile x]\n" ROLE(B), NULL, NULL },
		{ "[x]\n" ROLE(A), NULL, NULL },
		{ "[sso-session x]\n" SSO(A), NULL, NULL },
		{ "[profile x]\naws_account_id = " A "\n", NULL, NULL },
		{ "[profile x]\nsource_profile = y\nrole_arn =\n", NULL,
		    NULL },
		{ "[profile x]\nrole_arn = " A "\n", NULL, NULL },
		{ NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e;

		open_world(cases[i].config, cases[i].credentials);
		if (!auto_profile(&c, S(A), &e))
			fail_msg("%s", e.msg);
		assert_int_equal(c.no_process, !!cases[i].profile);
		assert_int_equal(c.profile.explicit, !!cases[i].profile);
		assert_str_equal(c.profile.name, cases[i].profile ?
		    str_of(cases[i].profile) : S("default"));
		assert_true(fake_noted(&f, NOTE_DETAIL, cases[i].profile ?
		    "' for account " A : "auto-profile: no profile's role_arn"
		    " or sso_account_id is of account '" A "'"));
		assert_int_equal(f.request_count + f.program_count, 0);
	}
}

#define CHOOSE ": choose one by --profile, or by a section [" A "] in" \
	" ecrbox.conf"

static void
t_several(void **state)
{
	static const struct {
		const char *config, *credentials, *names;
	} cases[] = {
		{ "[profile x]\n" ROLE(A) "[profile y]\n" SSO(A), NULL,
		    "'x' and 'y'" },
		{ "[profile y]\n" ROLE(A), "[x]\n" ROLE(A), "'y' and 'x'" },
		{ "[profile x]\n" SSO(A) "[profile z]\n" SSO(B)
		    "[profile y]\n" SSO(A) "[default]\n" SSO(A), NULL,
		    "'x', 'y' and 'default'" },
		{ "[profile 1]\n" SSO(A) "[profile 2]\n" SSO(A)
		    "[profile 3]\n" SSO(A) "[profile 4]\n" SSO(A)
		    "[profile 5]\n" SSO(A) "[profile 6]\n" SSO(A)
		    "[profile 7]\n" SSO(A) "[profile 8]\n" SSO(A)
		    "[profile 9]\n" SSO(A) "[profile 10]\n" SSO(A), NULL,
		    "'1', '2', '3', '4', '5', '6', '7', '8' and more" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[ERR_MSG_MAX];
		struct buf b = BUF(text);
		struct err e;

		open_world(cases[i].config, cases[i].credentials);
		assert_false(auto_profile(&c, S(A), &e));
		assert_int_equal(e.kind, ERR_USAGE);
		buf_add(&b, S("auto-profile: account " A " has the"
		    " profiles "));
		buf_add(&b, str_of(cases[i].names));
		buf_add(&b, S(CHOOSE));
		assert_str_equal(str_of(e.msg), buf_str(&b));
		assert_false(c.no_process);
		assert_str_equal(c.profile.name, S("default"));
	}
}

static void
t_no_room(void **state)
{
	struct err e;

	(void)state;
	open_world("[profile x]\n" ROLE(A), NULL);
	a.cap = a.used;
	assert_false(auto_profile(&c, S(A), &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "auto-profile: profiles: out of memory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_wanted),
		cmocka_unit_test(t_one),
		cmocka_unit_test(t_several),
		cmocka_unit_test(t_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
