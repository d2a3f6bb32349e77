/* Which sources keep us waiting, known before one is asked. */
#include "cred/chain.h"
#include "fake_world.h"

#define KEYS "aws_access_key_id=A\naws_secret_access_key=s\n"

static void
t_remote(void **state)
{
	static const struct {
		const char *name, *value, *config, *role;
		bool cli, go;
	} cases[] = {
		{ NULL, NULL, NULL, "", true, true },	/* metadata */
		{ "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x", NULL, "",
		    true, true },
		{ "AWS_ACCESS_KEY_ID", "A", NULL, "", false, false },
		{ "AWS_ACCESS_KEY", "A", NULL, "", true, false },
		{ NULL, NULL, "[default]\n" KEYS, "", false, false },
		{ "AWS_EC2_METADATA_DISABLED", "true", NULL, "", false,
		    false },
		/* A role on top is asked for, unless there is nobody to ask
		 * for it.
		 */
		{ "AWS_ACCESS_KEY_ID", "A", NULL, "arn:r", true, true },
		{ "AWS_EC2_METADATA_DISABLED", "true", NULL, "arn:r", false,
		    false },
		/* A broken setting ends the chain. */
		{ "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "x", NULL, "",
		    false, false },
		{ NULL, NULL, "[default]\naws_access_key_id=A\n", "", false,
		    false },
	};
	static struct fake_world f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static const struct config_flags none;
		struct arena a = t_arena();
		struct config c;
		struct err e;

		fake_open(&f);
		fake_env(&f, "HOME", "/h");
		fake_env(&f, "AWS_SECRET_ACCESS_KEY", "s");
		fake_env(&f, "AWS_SECRET_KEY", "s");
		if (cases[i].name)
			fake_env(&f, cases[i].name, cases[i].value);
		if (cases[i].config)
			fake_file(&f, "/h/.aws/config", cases[i].config);
		assert_true(config_load(&f.w, &a, &none, &c, &e));
		c.role_arn = str_of(cases[i].role);
		if (cred_remote(&c, CRED_ORDER_CLI) != cases[i].cli ||
		    cred_remote(&c, CRED_ORDER_GO) != cases[i].go)
			fail_msg("%zu", i);
		assert_int_equal(f.request_count, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_remote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
