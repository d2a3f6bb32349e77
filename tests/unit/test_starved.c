/* A whole run with every amount of memory from none to enough: it works, or
 * says why not, and touches nothing that is not its own.
 */
#include "aws/imds.h"
#include "fake_world.h"
#include "login/token.h"

#define HOST "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
#define BASE "http://169.254.169.254/latest/"
#define ROLES BASE "meta-data/iam/security-credentials/"
#define ECR "https://api.ecr.eu-west-1.amazonaws.com/"

static struct fake_world f;

static void
answer(const char *url, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .url = url, .status = 200,
		.body = body, .date = FAKE_NOW, .always = true });
}

static void
ecr_answers(void)
{
	answer(ECR, "{\"authorizationData\":[{\"authorizationToken\":"
	    "\"QVdTOnB3\",\"expiresAt\":1440981360,"
	    "\"proxyEndpoint\":\"https://" HOST "\"}]}");
}

static bool
run(const struct config_flags *flags, struct arena *a, struct err *e)
{
	struct registry r = { .is_public = false };
	struct ecr_token t;
	struct config c;

	if (!config_load(&f.w, a, flags, &c, e) ||
	    !imds_region(&c, &r.region, NULL, e) ||
	    !token_get(&c, CRED_ORDER_CLI, &r, a, &t, e))
		return false;
	assert_str_equal(t.password, S("pw"));
	assert_str_equal(t.host, S(HOST));
	return true;
}

/* Each run gets 16 bytes more than the one before. */
static void
starve(const struct config_flags *flags)
{
	struct arena all = t_arena();
	size_t bytes = f.bytes_used, files = f.file_count;
	struct err e;

	for (size_t n = 0;; n += 16) {
		/* Off the end, so that a write beyond it is seen. */
		struct arena a = { all.p + all.cap - n, n, 0 };

		e = (struct err){ ERR_NONE, "" };
		f.request_count = f.pause_count = f.note_count = 0;
		f.file_count = files;
		f.bytes_used = bytes;
		f.clock_ms = FAKE_CLOCK_MS;
		if (run(flags, &a, &e))
			break;
		assert_int_not_equal(e.kind, ERR_NONE);
		assert_int_not_equal(e.msg[0], '\0');
		assert_true(n < 1 << 20);
	}
}

static void
with_keys_in_files(void **state)
{
	static const struct config_flags named = { .profile = "p" };

	(void)state;
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_CONFIG_FILE", "~/c");
	fake_file(&f, "/h/c", "[profile p]\nregion=EU-west-1\n"
	    "[services s]\necr =\n  endpoint_url = " ECR "\n");
	fake_file(&f, "/h/.aws/credentials", "[p]\naws_access_key_id=AK\n"
	    "aws_secret_access_key=SK\nservices=s\n");
	ecr_answers();
	starve(&named);
}

static void
with_a_role(void **state)
{
	static const struct config_flags none;

	(void)state;
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	answer(BASE "api/token", "TOKEN");
	answer(BASE "meta-data/placement/region", "eu-west-1");
	answer(ROLES, "r");
	answer(ROLES "r", "{\"Code\":\"Success\",\"AccessKeyId\":\"AK\","
	    "\"SecretAccessKey\":\"SK\",\"Token\":\"T\","
	    "\"Expiration\":\"2015-08-30T18:36:00Z\"}");
	ecr_answers();
	starve(&none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_keys_in_files),
		cmocka_unit_test(with_a_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
