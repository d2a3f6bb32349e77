#include "fake_world.h"

#include "cred/chain.h"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct err err;

/* Ask the source alone, with command in profile p, which is chosen by flag or
 * by variable, whichever is not NULL.
 */
static bool
ask(const char *command, const char *flag, const char *variable)
{
	const struct config_flags flags = { .profile = flag };
	char text[256];
	struct buf b = BUF(text), id = { .full = true };

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	if (variable)
		fake_env(&f, variable, "p");
	buf_add(&b, S("[profile p]\nregion = x\ncredential_process = "));
	buf_add(&b, str_of(command));
	buf_add(&b, S("\n[default]\ncredential_process = "));
	buf_add(&b, str_of(command));
	buf_add(&b, S("\n[profile q]\n"));
	buf_char(&b, '\0');
	assert_false(b.full);
	fake_file(&f, "/config", text);
	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	return cred_process.select(&c, &c.profile, &id, &err);
}

static void
test_ours(void **state)
{
	static const char *const commands[] = {
		"ecrbox credential-process",
		"credential-process",
		"/usr/local/bin/ecrbox credential-process",
		"/opt/bin/credential-process --format json",
		"\"/opt/my tools/ecrbox\"  credential-process",
		"'/opt/my tools/ecrbox'\tcredential-process --profile p",
		"ecrbox credential-process --profile=p -v",
		"ecrbox credential-process --profile q --profile \"p\"",
		"./ecrbox 'credential-process' ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		assert_false(ask(commands[i], NULL, "AWS_PROFILE"));
		assert_int_equal(err.kind, ERR_ABSENT);
		assert_string_equal(err.msg, "credential_process of profile"
		    " 'p' is this program");
		assert_false(ask(commands[i], NULL, "AWS_DEFAULT_PROFILE"));
		assert_int_equal(err.kind, ERR_ABSENT);
	}
	/* The default profile, which needs no naming. */
	assert_false(ask("ecrbox credential-process", NULL, NULL));
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_false(ask("ecrbox credential-process --profile p", "p", NULL));
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void
test_others(void **state)
{
	static const struct {
		const char *command, *flag, *variable;
	} cases[] = {
		/* Other programs have a command of that name too. */
		{ "aws_signing_helper credential-process", "p", NULL },
		{ "granted credential-process --profile p", "p", NULL },
		{ "my-credential-process", "p", NULL },
		{ "ecrbox", "p", NULL },
		{ "ecrbox ecr-login", "p", NULL },
		{ "ecrbox --version credential-process", "p", NULL },
		{ "/opt/ecrbox/tool credential-process", "p", NULL },
		{ "sh -c 'ecrbox credential-process'", "p", NULL },
		{ "'ecrbox credential-process", "p", NULL },
		/* Our program, but for another profile. */
		{ "ecrbox credential-process --profile q", "p", NULL },
		{ "ecrbox credential-process --profile=q", NULL,
		    "AWS_PROFILE" },
		{ "ecrbox credential-process --profile", "p", NULL },
		{ "ecrbox credential-process --profile p", NULL, NULL },
		/* Run with no AWS_PROFILE, it would take the default one. */
		{ "ecrbox credential-process", "p", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(ask(cases[i].command, cases[i].flag,
		    cases[i].variable));
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.msg, "uses credential_process,"
		    " which this version cannot use yet"));
	}
	assert_false(ask("x", "q", NULL));
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_string_equal(err.msg, "profile 'q' has no credential_process");
}

/* Run by one already. */
static void
test_guard(void **state)
{
	struct buf id = { .full = true };

	(void)state;
	assert_false(ask("wrapper", "p", NULL));
	fake_env(&f, CRED_PROCESS_GUARD, "1");
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_string_equal(err.msg, "profile 'p' uses credential_process,"
	    " and ECRBOX_CREDENTIAL_PROCESS is set: that process leads back"
	    " here; name another profile by --profile");
	assert_false(ask("ecrbox credential-process", NULL, "AWS_PROFILE"));
	fake_env(&f, CRED_PROCESS_GUARD, "1");
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_false(ask("wrapper", "q", NULL));
	fake_env(&f, CRED_PROCESS_GUARD, "1");
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_ABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
