#include "t.h"

#include "aws/partition.h"
#include "aws/registry.h"
#include "base/limits.h"

#define ID "123456789012"

static void
test_parse(void **state)
{
	static const struct {
		const char *text, *region, *host;
		bool is_public, fips, dual_stack;
	} cases[] = {
		{ ID ".dkr.ecr.us-east-1.amazonaws.com", "us-east-1",
		    ID ".dkr.ecr.us-east-1.amazonaws.com", 0, 0, 0 },
		{ ID ".dkr.ecr-fips.us-gov-west-1.amazonaws.com",
		    "us-gov-west-1",
		    ID ".dkr.ecr-fips.us-gov-west-1.amazonaws.com", 0, 1, 0 },
		{ ID ".dkr-ecr.eu-west-1.on.aws", "eu-west-1",
		    ID ".dkr-ecr.eu-west-1.on.aws", 0, 0, 1 },
		{ ID ".dkr-ecr-fips.us-west-2.on.aws", "us-west-2",
		    ID ".dkr-ecr-fips.us-west-2.on.aws", 0, 1, 1 },
		{ ID ".dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1",
		    ID ".dkr.ecr.cn-north-1.amazonaws.com.cn", 0, 0, 0 },
		{ ID ".dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
		    "cn-north-1",
		    ID ".dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
		    0, 0, 1 },
		{ ID ".dkr.ecr.cn-north-1.on.amazonwebservices.com.cn",
		    "cn-north-1",
		    ID ".dkr.ecr.cn-north-1.on.amazonwebservices.com.cn",
		    0, 0, 1 },
		{ ID ".dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1",
		    ID ".dkr.ecr.eusc-de-east-1.amazonaws.eu", 0, 0, 0 },
		{ ID ".dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1",
		    ID ".dkr.ecr.us-iso-east-1.c2s.ic.gov", 0, 0, 0 },
		{ ID ".dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
		    "us-isob-east-1",
		    ID ".dkr.ecr.us-isob-east-1.sc2s.sgov.gov", 0, 0, 0 },
		{ ID ".dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
		    "eu-isoe-west-1",
		    ID ".dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", 0, 0, 0 },
		{ ID ".dkr.ecr.us-isof-south-1.csp.hci.ic.gov",
		    "us-isof-south-1",
		    ID ".dkr.ecr.us-isof-south-1.csp.hci.ic.gov", 0, 0, 0 },
		{ "public.ecr.aws", "", "public.ecr.aws", 1, 0, 0 },
		{ "ecr-public.aws.com", "", "ecr-public.aws.com", 1, 0, 1 },
		/* What may stand round a name. */
		{ "https://" ID ".dkr.ecr.us-east-1.amazonaws.com",
		    "us-east-1", ID ".dkr.ecr.us-east-1.amazonaws.com",
		    0, 0, 0 },
		{ "HTTPS://" ID ".DKR.ECR.US-East-1.AmazonAWS.Com",
		    "us-east-1", ID ".dkr.ecr.us-east-1.amazonaws.com",
		    0, 0, 0 },
		{ ID ".dkr.ecr.us-east-1.amazonaws.com:443", "us-east-1",
		    ID ".dkr.ecr.us-east-1.amazonaws.com", 0, 0, 0 },
		{ "https://" ID ".dkr.ecr.us-east-1.amazonaws.com:65535/v2/",
		    "us-east-1", ID ".dkr.ecr.us-east-1.amazonaws.com",
		    0, 0, 0 },
		{ ID ".dkr.ecr.us-east-1.amazonaws.com/a/b:tag", "us-east-1",
		    ID ".dkr.ecr.us-east-1.amazonaws.com", 0, 0, 0 },
		{ ID ".dkr.ecr.us-east-1.amazonaws.com/a@sha256:00",
		    "us-east-1", ID ".dkr.ecr.us-east-1.amazonaws.com",
		    0, 0, 0 },
		{ "public.ecr.aws/docker/library/busybox:latest", "",
		    "public.ecr.aws", 1, 0, 0 },
		{ "PUBLIC.ecr.aws:443/x", "", "public.ecr.aws", 1, 0, 0 },
		/* A region not known yet. */
		{ ID ".dkr.ecr.xx-moon-9.amazonaws.com", "xx-moon-9",
		    ID ".dkr.ecr.xx-moon-9.amazonaws.com", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct registry r;
		struct err e;

		if (!registry_parse(t_edge(str_of(cases[i].text)), &a, &r,
		    &e))
			fail_msg("%s", e.msg);
		assert_str_equal(r.host, str_of(cases[i].host));
		assert_str_equal(r.region, str_of(cases[i].region));
		assert_str_equal(r.account, cases[i].is_public ? S("") :
		    S(ID));
		assert_int_equal(r.is_public, cases[i].is_public);
		assert_int_equal(r.fips, cases[i].fips);
		assert_int_equal(r.dual_stack, cases[i].dual_stack);
	}
}

static void
test_parse_refusals(void **state)
{
	static const char *const cases[] = {
		"", ".", "/", ":", "https://", "https:///", "@",
		"docker.io", "https://index.docker.io/v1/", "localhost:5000",
		"gcr.io", "ecr.aws", "amazonaws.com", ".amazonaws.com",
		/* Account. */
		"12345678901.dkr.ecr.us-east-1.amazonaws.com",
		"1234567890123.dkr.ecr.us-east-1.amazonaws.com",
		"12345678901a.dkr.ecr.us-east-1.amazonaws.com",
		"12345678901\xc2.dkr.ecr.us-east-1.amazonaws.com",
		".dkr.ecr.us-east-1.amazonaws.com",
		"dkr.ecr.us-east-1.amazonaws.com",
		" " ID ".dkr.ecr.us-east-1.amazonaws.com",
		"x." ID ".dkr.ecr.us-east-1.amazonaws.com",
		/* Service. */
		ID ".dkr_ecr.us-east-1.amazonaws.com",
		ID ".dkrxecr.us-east-1.amazonaws.com",
		ID ".dkr.ecrfips.us-east-1.amazonaws.com",
		ID ".dkr.ecr-.us-east-1.amazonaws.com",
		ID ".dkr.ecr-fips-fips.us-east-1.amazonaws.com",
		ID ".api.ecr.us-east-1.amazonaws.com",
		ID ".ecr.us-east-1.amazonaws.com",
		ID "..dkr.ecr.us-east-1.amazonaws.com",
		/* Region. */
		ID ".dkr.ecr.amazonaws.com",
		ID ".dkr.ecr..amazonaws.com",
		ID ".dkr.ecr.us_east_1.amazonaws.com",
		ID ".dkr.ecr.-us-east-1.amazonaws.com",
		ID ".dkr.ecr.us-east-1-.amazonaws.com",
		ID ".dkr.ecr.12.amazonaws.com",
		ID ".dkr.ecr.us-east-1.x.amazonaws.com",
		ID ".dkr.ecr.us east.amazonaws.com",
		ID ".dkr.ecr.us%2deast.amazonaws.com",
		ID ".dkr.ecr.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaa.amazonaws.com",
		/* Suffix. */
		ID ".dkr.ecr.us-east-1.amazonaws.co",
		ID ".dkr.ecr.us-east-1.amazonaws.com.evil.example",
		ID ".dkr.ecr.us-east-1.evilamazonaws.com",
		ID ".dkr.ecr.us-east-1.amazonaws.com.",
		ID ".dkr.ecr.us-east-1.amazonaws.com.cn.",
		ID ".dkr.ecr.us-east-1.aws",
		ID ".dkr-ecr.us-east-1.on.aws.com.cn",
		ID ".dkr.ecr.us-east-1amazonaws.com",
		ID ".dkr.ecr.us-east-1xamazonaws.com",
		ID ".dkr-ecr.us-east-1-on.aws",
		ID ".dkr.ecr.us-east-1.amazonaws.com?x",
		ID ".dkr.ecr.us-east-1.amazonaws.com#x",
		ID ".dkr.ecr.us-east-1.amazonaws.com\n",
		ID ".dkr.ecr.us-east-1.amazonaws.com ",
		"vpce-0.dkr.ecr.us-east-1.vpce.amazonaws.com",
		/* Public. */
		"x.public.ecr.aws", "public.ecr.aws.", "public.ecr.aws.com",
		"public-ecr.aws", "ecr-public.aws", "public.ecr.awsx",
		/* What stands round it. */
		"http://" ID ".dkr.ecr.us-east-1.amazonaws.com",
		"HTTP://public.ecr.aws",
		"https://https://" ID ".dkr.ecr.us-east-1.amazonaws.com",
		"//" ID ".dkr.ecr.us-east-1.amazonaws.com",
		"ftp://public.ecr.aws", "https:/public.ecr.aws",
		"oci://public.ecr.aws",
		"public.ecr.aws:", "public.ecr.aws:0", "public.ecr.aws:65536",
		"public.ecr.aws:tag", "public.ecr.aws:+1",
		"public.ecr.aws:443:443", "public.ecr.aws:443x/",
		"AWS@public.ecr.aws", "AWS:secret@public.ecr.aws",
		ID ".dkr.ecr.us-east-1.amazonaws.com@evil.example",
		ID ".dkr.ecr.us-east-1.amazonaws.com:443@evil.example",
		"evil.example/" ID ".dkr.ecr.us-east-1.amazonaws.com",
		"evil.example:1/public.ecr.aws",
		"evil.example\\@public.ecr.aws",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct registry r = { .account = S("kept") };
		struct err e;

		if (registry_parse(t_edge(str_of(cases[i])), &a, &r, &e))
			fail_msg("taken: '%s'", cases[i]);
		assert_int_equal(e.kind, ERR_ABSENT);
		assert_str_equal(r.account, S("kept"));
	}
}

static void
test_parse_messages(void **state)
{
	struct arena a = t_arena(), full = { a.p, 8, 0 };
	struct registry r;
	struct err e;

	(void)state;
	assert_false(registry_parse(S("docker.io"), &a, &r, &e));
	assert_string_equal(e.msg,
	    "registry 'docker.io': not the name of an ECR registry");
	assert_false(registry_parse(S("http://public.ecr.aws"), &a, &r, &e));
	assert_string_equal(e.msg, "registry 'http://public.ecr.aws': "
	    "passwords are for https only");
	assert_false(registry_parse(S("public.ecr.aws"), &full, &r, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "registry name: out of memory");
}

static void
test_make(void **state)
{
	static const struct {
		const char *region;
		bool fips, dual_stack;
		const char *host;	/* NULL: refused */
	} cases[] = {
		{ "us-east-1", 0, 0, ".dkr.ecr.us-east-1.amazonaws.com" },
		{ "us-east-1", 1, 0, ".dkr.ecr-fips.us-east-1.amazonaws.com" },
		{ "us-east-1", 0, 1, ".dkr-ecr.us-east-1.on.aws" },
		{ "us-east-1", 1, 1, ".dkr-ecr-fips.us-east-1.on.aws" },
		{ "us-gov-east-1", 1, 1,
		    ".dkr-ecr-fips.us-gov-east-1.on.aws" },
		{ "cn-north-1", 0, 0, ".dkr.ecr.cn-north-1.amazonaws.com.cn" },
		{ "cn-north-1", 0, 1,
		    ".dkr-ecr.cn-north-1.on.amazonwebservices.com.cn" },
		{ "eusc-de-east-1", 0, 0,
		    ".dkr.ecr.eusc-de-east-1.amazonaws.eu" },
		{ "eusc-de-east-1", 0, 1, NULL },
		{ "us-iso-east-1", 0, 0, ".dkr.ecr.us-iso-east-1.c2s.ic.gov" },
		{ "us-iso-east-1", 0, 1, NULL },
		{ "us-isob-east-1", 0, 0,
		    ".dkr.ecr.us-isob-east-1.sc2s.sgov.gov" },
		{ "eu-isoe-west-1", 0, 0,
		    ".dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk" },
		{ "us-isof-south-1", 0, 0,
		    ".dkr.ecr.us-isof-south-1.csp.hci.ic.gov" },
		{ "US-East-1", 0, 0, ".dkr.ecr.us-east-1.amazonaws.com" },
		{ "", 0, 0, NULL },
		{ "us_east_1", 0, 0, NULL },
		{ "us-east-1.evil.example", 0, 0, NULL },
		{ "us-east-1/", 0, 0, NULL },
		{ "1234", 0, 0, NULL },
		{ "-a", 0, 0, NULL },
		{ "a-", 0, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct registry r;
		struct err e;
		char text[256];
		struct buf want = BUF(text);

		if (!registry_make(S(ID), str_of(cases[i].region),
		    cases[i].fips, cases[i].dual_stack, &a, &r, &e)) {
			assert_null(cases[i].host);
			assert_int_equal(e.kind, ERR_USAGE);
			continue;
		}
		assert_non_null(cases[i].host);
		buf_add(&want, S(ID));
		buf_add(&want, str_of(cases[i].host));
		assert_str_equal(r.host, buf_str(&want));
		assert_str_equal(r.account, S(ID));
		assert_int_equal(r.fips, cases[i].fips);
		assert_int_equal(r.dual_stack, cases[i].dual_stack);
	}
}

static void
test_make_messages(void **state)
{
	struct arena a = t_arena();
	struct registry r;
	struct err e;

	(void)state;
	assert_false(registry_make(S("12"), S("us-east-1"), 0, 0, &a, &r, &e));
	assert_string_equal(e.msg, "account '12': not 12 digits");
	assert_false(registry_make(S(ID), S("a/b"), 0, 0, &a, &r, &e));
	assert_string_equal(e.msg, "region 'a/b': not a name of letters, "
	    "digits and hyphens");
	assert_false(registry_make(S(ID), S("us-iso-west-1"), 0, 1, &a, &r,
	    &e));
	assert_string_equal(e.msg, "region 'us-iso-west-1': no dual-stack "
	    "registry names are known there");
}

static void
test_partition(void **state)
{
	static const struct {
		const char *region, *id;
	} cases[] = {
		{ "us-east-1", "aws" }, { "eu-central-1", "aws" },
		{ "mx-central-1", "aws" }, { "il-central-1", "aws" },
		{ "aws-global", "aws" }, { "", "aws" }, { "xx-moon-9", "aws" },
		{ "us-go-west-1", "aws" }, { "us-gov", "aws" },
		{ "cnn-north-1", "aws" }, { "us-isox-east-1", "aws" },
		{ "cn-north-1", "aws-cn" }, { "us-gov-west-1", "aws-us-gov" },
		{ "eusc-de-east-1", "aws-eusc" },
		{ "us-iso-east-1", "aws-iso" },
		{ "us-isob-east-1", "aws-iso-b" },
		{ "eu-isoe-west-1", "aws-iso-e" },
		{ "us-isof-south-1", "aws-iso-f" },
	};
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_str_equal(partition_of(str_of(cases[i].region))->id,
		    str_of(cases[i].id));
	for (const struct partition *p = partitions; p->id.n; p++, count++)
		assert_ptr_equal(partition_of(p->global_region), p);
	assert_int_equal(count, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refusals),
		cmocka_unit_test(test_parse_messages),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_make_messages),
		cmocka_unit_test(test_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
