#include "aws/arn.h"
#include "t.h"

#define ACCOUNT "123456789012"

static void
t_account(void **state)
{
	static const struct {
		const char *arn, *account;
		bool role;
	} cases[] = {
		{ "arn:aws:iam::" ACCOUNT ":role/pull", ACCOUNT, true },
		{ "arn:aws-cn:iam::" ACCOUNT ":role/a/b/c", ACCOUNT, true },
		{ "arn:aws:iam::" ACCOUNT ":role/a:b", ACCOUNT, true },
		{ "arn:aws:iam::" ACCOUNT ":user/x", ACCOUNT, false },
		{ "arn:aws:iam::" ACCOUNT ":root", ACCOUNT, false },
		{ "arn:aws:iam::" ACCOUNT ":role/", ACCOUNT, false },
		{ "arn:aws:iam::" ACCOUNT ":role", ACCOUNT, false },
		{ "arn:aws:iam::" ACCOUNT ":role/a b", ACCOUNT, false },
		{ "arn:aws:iam::" ACCOUNT ":role/a\x7f", ACCOUNT, false },
		{ "arn:aws:iam:us-east-1:" ACCOUNT ":role/x", ACCOUNT, false },
		{ "arn:aws:sts::" ACCOUNT ":assumed-role/x/y", ACCOUNT,
		    false },
		{ "arn:aws:sns:eu-west-1:" ACCOUNT ":topic:x", ACCOUNT,
		    false },
		{ "", "", false },
		{ "arn", "", false },
		{ "arn:aws:iam::" ACCOUNT, "", false },
		{ "arn:aws:iam::" ACCOUNT ":", "", false },
		{ "arn:aws:s3:::bucket", "", false },
		{ "arn:aws:iam::aws:policy/x", "", false },
		{ "arn:aws:iam::12345678901:role/x", "", false },
		{ "arn:aws:iam::1234567890123:role/x", "", false },
		{ "arn::iam::" ACCOUNT ":role/x", "", false },
		{ "arn:aws:::" ACCOUNT ":role/x", "", false },
		{ "Arn:aws:iam::" ACCOUNT ":role/x", "", false },
		{ " arn:aws:iam::" ACCOUNT ":role/x", "", false },
		{ ACCOUNT, "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str arn = t_edge(str_of(cases[i].arn));

		assert_str_equal(arn_account(arn), str_of(cases[i].account));
		if (arn_is_role(arn) != cases[i].role)
			fail_msg("%s", cases[i].arn);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(t_account) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
