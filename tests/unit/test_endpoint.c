#include "fake_world.h"

#include "aws/endpoint.h"
#include "base/limits.h"

static struct fake_world f;
static struct arena a;
static struct config c;

static void
open_world(const char *config)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	if (config)
		fake_file(&f, "/config", config);
}

static void
load(const char *endpoint_url)
{
	const struct config_flags flags = { .endpoint_url = endpoint_url };
	struct err e;

	if (!config_load(&f.w, &a, &flags, &c, &e))
		fail_msg("%s", e.msg);
}

/* A region's hosts by service: plain, dual-stack, FIPS, both. public is what
 * begins ecr-public's dual-stack name, fips what other services than ECR have
 * in their FIPS names, site is sign-in's plain name.
 */
#define REGION(r, S, D, public, fips, site) \
	{ r, { \
		[SERVICE_ECR] = { \
			"api.ecr." r "." S, "ecr." r "." D, \
			"api.ecr-fips." r "." S, "ecr-fips." r "." D }, \
		[SERVICE_ECR_PUBLIC] = { \
			"api.ecr-public." r "." S, public r "." D, \
			"api.ecr-public-fips." r "." S, \
			"api.ecr-public-fips." r "." D }, \
		[SERVICE_STS] = { \
			"sts." r "." S, "sts." r "." D, \
			"sts" fips "." r "." S, "sts-fips." r "." D }, \
		[SERVICE_SSO] = { \
			"portal.sso." r "." S, "portal.sso." r "." D, \
			"portal.sso" fips "." r "." S, \
			"portal.sso-fips." r "." D }, \
		[SERVICE_SSO_OIDC] = { \
			"oidc." r "." S, "oidc." r "." D, \
			"oidc" fips "." r "." S, "oidc-fips." r "." D }, \
		[SERVICE_SIGNIN] = { \
			site, "signin." r "." D, \
			"signin-fips." r "." S, "signin-fips." r "." D }, \
	} }
#define AWS(r) REGION(r, "amazonaws.com", "api.aws", "ecr-public.", "-fips", \
    r ".signin.aws.amazon.com")
#define CN(r) REGION(r, "amazonaws.com.cn", "api.amazonwebservices.com.cn", \
    "api.ecr-public.", "-fips", r ".signin.amazonaws.cn")
#define GOV(r) REGION(r, "amazonaws.com", "api.aws", "api.ecr-public.", "", \
    r ".signin.amazonaws-us-gov.com")
#define OTHER(r, S, D) REGION(r, S, D, "api.ecr-public.", "-fips", \
    "signin." r "." S)

static void
check_host(enum service s, const char *region, unsigned variant,
    const char *expected)
{
	char text[DNS_NAME_MAX];
	struct buf b = BUF(text);
	struct err e;

	if (!endpoint_host(s, str_of(region), variant & 2, variant & 1, &b,
	    &e))
		fail_msg("%s", e.msg);
	assert_str_equal(buf_str(&b), str_of(expected));
}

static void
test_table(void **state)
{
	static const struct {
		const char *region, *hosts[SERVICE_COUNT][4];
	} cases[] = {
		AWS("us-east-1"),
		AWS("eu-central-1"),
		AWS("il-central-1"),
		/* Not yet there: in no list, and like no partition's. */
		AWS("zz-new-9"),
		CN("cn-north-1"),
		CN("cn-northwest-1"),
		GOV("us-gov-west-1"),
		GOV("us-gov-east-1"),
		OTHER("eusc-de-east-1", "amazonaws.eu",
		    "api.amazonwebservices.eu"),
		OTHER("us-iso-east-1", "c2s.ic.gov", "api.aws.ic.gov"),
		OTHER("us-iso-west-1", "c2s.ic.gov", "api.aws.ic.gov"),
		OTHER("us-isob-east-1", "sc2s.sgov.gov", "api.aws.scloud"),
		OTHER("eu-isoe-west-1", "cloud.adc-e.uk",
		    "api.cloud-aws.adc-e.uk"),
		OTHER("us-isof-south-1", "csp.hci.ic.gov",
		    "api.aws.hci.ic.gov"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t s = 0; s < SERVICE_COUNT; s++)
			for (unsigned v = 0; v < 4; v++)
				check_host((enum service)s, cases[i].region,
				    v, cases[i].hosts[s][v]);
}

/* STS alone answers without a region. */
static void
test_table_global(void **state)
{
	static const struct {
		const char *region, *hosts[4];
	} cases[] = {
#define GLOBAL { "sts.amazonaws.com", "sts.us-east-1.api.aws", \
    "sts-fips.us-east-1.amazonaws.com", "sts-fips.us-east-1.api.aws" }
		{ "", GLOBAL },
		{ "aws-global", GLOBAL },
#undef GLOBAL
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned v = 0; v < 4; v++)
			check_host(SERVICE_STS, cases[i].region, v,
			    cases[i].hosts[v]);
}

static void
test_host_refusals(void **state)
{
	static const struct {
		enum service service;
		const char *region, *msg;
	} cases[] = {
		{ SERVICE_ECR, "", "no region for ecr" },
		{ SERVICE_ECR_PUBLIC, "", "no region for ecr-public" },
		{ SERVICE_SSO, "", "no region for sso" },
		{ SERVICE_SSO_OIDC, "", "no region for sso-oidc" },
		{ SERVICE_SIGNIN, "", "no region for signin" },
		{ SERVICE_ECR, "us_east_1", "region 'us_east_1': not a name "
		    "of letters, digits and hyphens" },
		{ SERVICE_STS, "x.evil", "region 'x.evil': not a name of "
		    "letters, digits and hyphens" },
		{ SERVICE_ECR, "evil/", "region 'evil/': not a name of "
		    "letters, digits and hyphens" },
		{ SERVICE_ECR, "1", "region '1': not a name of letters, "
		    "digits and hyphens" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[DNS_NAME_MAX];
		struct buf b = BUF(text);
		struct err e;

		assert_false(endpoint_host(cases[i].service,
		    t_edge(str_of(cases[i].region)), false, false, &b, &e));
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.msg, cases[i].msg);
	}
}

static void
test_host_full(void **state)
{
	char text[8];
	struct buf b = BUF(text);
	struct err e;

	(void)state;
	assert_false(endpoint_host(SERVICE_ECR, S("us-east-1"), false, false,
	    &b, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

#define SECTION "[default]\nservices = s\nendpoint_url = http://profile\n" \
    "[services s]\necr =\n  endpoint_url = http://section\n" \
    "ecr_public =\n  endpoint_url = http://section-public\n"

/* From the strongest down; each row leaves one more out. */
static void
test_precedence(void **state)
{
	static const struct {
		const char *flag, *service, *global, *config, *ignore;
		enum service s;
		const char *host;
		bool custom;
	} cases[] = {
		{ "http://flag", "http://service", "http://global", SECTION,
		    NULL, SERVICE_ECR, "flag", true },
		{ "http://flag", "http://service", "http://global", SECTION,
		    "true", SERVICE_ECR, "flag", true },
		{ NULL, "http://service", "http://global", SECTION, NULL,
		    SERVICE_ECR, "service", true },
		{ "", "http://service", "http://global", SECTION, "false",
		    SERVICE_ECR, "service", true },
		{ NULL, "http://service", "http://global", SECTION, "TRUE",
		    SERVICE_ECR, "api.ecr.eu-west-1.amazonaws.com", false },
		{ NULL, NULL, "http://global", SECTION, NULL, SERVICE_ECR,
		    "global", true },
		{ NULL, "", "http://global", SECTION, NULL, SERVICE_ECR,
		    "global", true },
		{ NULL, "http://service", NULL, SECTION, NULL, SERVICE_STS,
		    "profile", true },
		{ NULL, NULL, NULL, SECTION, NULL, SERVICE_ECR, "section",
		    true },
		{ NULL, NULL, NULL, SECTION, NULL, SERVICE_ECR_PUBLIC,
		    "section-public", true },
		{ NULL, NULL, NULL, SECTION, NULL, SERVICE_STS, "profile",
		    true },
		{ NULL, NULL, NULL, "[default]\nendpoint_url = "
		    "http://profile\n", NULL, SERVICE_ECR, "profile", true },
		{ NULL, NULL, NULL, "[default]\nendpoint_url = "
		    "http://profile\nignore_configured_endpoint_urls = true\n",
		    NULL, SERVICE_ECR, "api.ecr.eu-west-1.amazonaws.com",
		    false },
		{ NULL, NULL, NULL, NULL, NULL, SERVICE_ECR,
		    "api.ecr.eu-west-1.amazonaws.com", false },
		{ NULL, NULL, NULL, NULL, NULL, SERVICE_STS,
		    "sts.eu-west-1.amazonaws.com", false },
		/* Not reached, so not complained of. */
		{ NULL, NULL, "http://global", "[default]\nservices = no\n",
		    NULL, SERVICE_ECR, "global", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint at;
		struct err e;

		open_world(cases[i].config);
		fake_env(&f, "AWS_ENDPOINT_URL_ECR", cases[i].service);
		fake_env(&f, "AWS_ENDPOINT_URL", cases[i].global);
		fake_env(&f, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		    cases[i].ignore);
		load(cases[i].flag);
		if (!endpoint_resolve(&c, cases[i].s, S("eu-west-1"), false,
		    false, &at, &e))
			fail_msg("%s", e.msg);
		assert_str_equal(at.uri.host, str_of(cases[i].host));
		assert_int_equal(at.custom, cases[i].custom);
		assert_int_equal(at.uri.tls, !cases[i].custom);
		assert_str_equal(at.region, S("eu-west-1"));
		assert_int_equal(at.fallback_host.n, 0);
	}
}

static void
test_service_names(void **state)
{
	static const struct {
		enum service s;
		const char *env, *signing_name;
	} cases[] = {
		{ SERVICE_ECR, "AWS_ENDPOINT_URL_ECR", "ecr" },
		{ SERVICE_ECR_PUBLIC, "AWS_ENDPOINT_URL_ECR_PUBLIC",
		    "ecr-public" },
		{ SERVICE_STS, "AWS_ENDPOINT_URL_STS", "sts" },
		{ SERVICE_SSO, "AWS_ENDPOINT_URL_SSO", "sso" },
		{ SERVICE_SSO_OIDC, "AWS_ENDPOINT_URL_SSO_OIDC", "sso-oidc" },
		{ SERVICE_SIGNIN, "AWS_ENDPOINT_URL_SIGNIN", "signin" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint at;
		struct err e;

		open_world(NULL);
		fake_env(&f, cases[i].env, "https://x:8443/base/?q");
		load(NULL);
		assert_true(endpoint_resolve(&c, cases[i].s, S("us-east-1"),
		    false, false, &at, &e));
		assert_str_equal(at.uri.host, S("x"));
		assert_int_equal(at.uri.port, 8443);
		assert_str_equal(at.uri.path, S("/base/"));
		assert_str_equal(at.signing_name,
		    str_of(cases[i].signing_name));
	}
}

static void
test_section_names(void **state)
{
	static const char *const keys[SERVICE_COUNT] = {
		[SERVICE_ECR] = "ecr", [SERVICE_ECR_PUBLIC] = "ecr_public",
		[SERVICE_STS] = "sts", [SERVICE_SSO] = "sso",
		[SERVICE_SSO_OIDC] = "sso_oidc", [SERVICE_SIGNIN] = "signin",
	};

	(void)state;
	open_world("[default]\nservices = s\n[services s]\n"
	    "ecr =\n  endpoint_url = http://ecr\n"
	    "ecr_public =\n  endpoint_url = http://ecr_public\n"
	    "sts =\n  endpoint_url = http://sts\n"
	    "sso =\n  endpoint_url = http://sso\n"
	    "sso_oidc =\n  endpoint_url = http://sso_oidc\n"
	    "signin =\n  endpoint_url = http://signin\n");
	load(NULL);
	for (size_t s = 0; s < SERVICE_COUNT; s++) {
		struct endpoint at;
		struct err e;

		assert_true(endpoint_resolve(&c, (enum service)s,
		    S("eu-west-1"), false, false, &at, &e));
		assert_str_equal(at.uri.host, str_of(keys[s]));
	}
}

/* Of the registry map: for registries alone, and the option is stronger. */
static void
test_map_url(void **state)
{
	static const struct {
		const char *flag;
		enum service s;
		const char *url, *host, *msg;
	} cases[] = {
		{ NULL, SERVICE_ECR, "http://map", "map", NULL },
		{ "http://flag", SERVICE_ECR, "http://map", "flag", NULL },
		{ NULL, SERVICE_ECR, "", "global", NULL },
		{ NULL, SERVICE_ECR_PUBLIC, "http://map", "map", NULL },
		{ NULL, SERVICE_STS, "http://map", "global", NULL },
		/* No token of these services goes where ECR is. */
		{ "http://flag", SERVICE_ECR_PUBLIC, "", "flag", NULL },
		{ "http://flag", SERVICE_STS, "", "global", NULL },
		{ "http://flag", SERVICE_SSO, "http://map", "global", NULL },
		{ "http://flag", SERVICE_SSO_OIDC, "", "global", NULL },
		{ "http://flag", SERVICE_SIGNIN, "", "global", NULL },
		{ NULL, SERVICE_ECR, "map", NULL,
		    "endpoint_url of the registry map: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint at;
		struct err e;

		open_world(NULL);
		fake_env(&f, "AWS_ENDPOINT_URL", "http://global");
		load(cases[i].flag);
		c.ecr_url = str_of(cases[i].url);
		if (endpoint_resolve(&c, cases[i].s, S("eu-west-1"), false,
		    false, &at, &e))
			assert_str_equal(at.uri.host, str_of(cases[i].host));
		else if (!cases[i].msg ||
		    !str_starts(str_of(e.msg), str_of(cases[i].msg)))
			fail_msg("%s", e.msg);
	}
}

static void
test_resolve_refusals(void **state)
{
	static const struct {
		const char *flag, *env, *config, *region, *msg;
	} cases[] = {
		{ "ftp://x", NULL, NULL, "us-east-1", "--endpoint-url: " },
		{ "x", NULL, NULL, "us-east-1", "--endpoint-url: " },
		{ "http://u:p@x", NULL, NULL, "us-east-1",
		    "--endpoint-url: " },
		{ NULL, "http://", NULL, "us-east-1",
		    "AWS_ENDPOINT_URL_ECR: " },
		{ NULL, NULL, "[default]\nendpoint_url = no url\n",
		    "us-east-1", "endpoint_url of the profile: " },
		{ NULL, NULL, "[default]\nservices = s\n[services s]\n"
		    "ecr =\n  endpoint_url = :\n", "us-east-1",
		    "endpoint_url of the services section: " },
		{ NULL, NULL, "[default]\nservices = gone\n", "us-east-1",
		    "profile 'default': there is no section [services gone]" },
		{ NULL, NULL, NULL, "", "no region for ecr" },
		{ "http://x", NULL, NULL, "", "no region for ecr" },
		{ "http://x", NULL, NULL, "a\nb", "region 'a?b': not a name "
		    "of letters, digits and hyphens" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint at = { .signing_name = S("kept") };
		struct err e;

		open_world(cases[i].config);
		fake_env(&f, "AWS_ENDPOINT_URL_ECR", cases[i].env);
		load(cases[i].flag);
		assert_false(endpoint_resolve(&c, SERVICE_ECR,
		    str_of(cases[i].region), false, false, &at, &e));
		assert_int_equal(e.kind, ERR_USAGE);
		if (!str_starts(str_of(e.msg), str_of(cases[i].msg)))
			fail_msg("'%s' is not '%s...'", e.msg, cases[i].msg);
		assert_str_equal(at.signing_name, S("kept"));
	}
}

static void
test_fips_and_dual_stack(void **state)
{
	static const struct {
		bool fips, dual_stack;
		const char *env_fips, *env_dual, *config, *url;
		const char *host, *fallback;
		bool noted;
	} cases[] = {
		{ true, false, NULL, NULL, NULL, NULL,
		    "api.ecr-fips.us-east-1.amazonaws.com",
		    "ecr-fips.us-east-1.amazonaws.com", false },
		{ false, false, "True", NULL, NULL, NULL,
		    "api.ecr-fips.us-east-1.amazonaws.com",
		    "ecr-fips.us-east-1.amazonaws.com", false },
		{ false, true, NULL, NULL, NULL, NULL,
		    "ecr.us-east-1.api.aws", "", false },
		{ true, false, NULL, "true", NULL, NULL,
		    "ecr-fips.us-east-1.api.aws", "", false },
		{ false, false, NULL, NULL, "[default]\n"
		    "use_fips_endpoint = true\nuse_dualstack_endpoint=true\n",
		    NULL, "ecr-fips.us-east-1.api.aws", "", false },
		{ false, false, "false", "no", "[default]\n"
		    "use_fips_endpoint = true\n", NULL,
		    "api.ecr.us-east-1.amazonaws.com", "", false },
		{ true, false, NULL, NULL, NULL, "http://x", "x", "", true },
		{ false, false, NULL, "true", NULL, "http://x", "x", "",
		    true },
		{ false, false, NULL, NULL, NULL, "http://x", "x", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint at;
		struct err e;

		open_world(cases[i].config);
		fake_env(&f, "AWS_USE_FIPS_ENDPOINT", cases[i].env_fips);
		fake_env(&f, "AWS_USE_DUALSTACK_ENDPOINT", cases[i].env_dual);
		load(cases[i].url);
		assert_true(endpoint_resolve(&c, SERVICE_ECR, S("us-east-1"),
		    cases[i].fips, cases[i].dual_stack, &at, &e));
		assert_str_equal(at.uri.host, str_of(cases[i].host));
		assert_str_equal(at.fallback_host, str_of(cases[i].fallback));
		assert_int_equal(fake_noted(&f, NOTE_DETAIL,
		    "--endpoint-url is set: FIPS and dual-stack settings do "
		    "not apply"), cases[i].noted);
		/* Once is enough for a run, which asks several times. */
		f.note_count = 0;
		assert_true(endpoint_resolve(&c, SERVICE_ECR, S("us-east-1"),
		    cases[i].fips, cases[i].dual_stack, &at, &e));
		assert_false(fake_noted(&f, NOTE_DETAIL, "settings do not"));
	}
}

static void
test_global_sts(void **state)
{
	struct endpoint at;
	struct err e;

	(void)state;
	open_world(NULL);
	load(NULL);
	assert_true(endpoint_resolve(&c, SERVICE_STS, S(""), false, false,
	    &at, &e));
	assert_str_equal(at.uri.host, S("sts.amazonaws.com"));
	assert_str_equal(at.region, S("us-east-1"));
	fake_env(&f, "AWS_ENDPOINT_URL_STS", "http://127.0.0.1:4566");
	assert_true(endpoint_resolve(&c, SERVICE_STS, S(""), false, false,
	    &at, &e));
	assert_str_equal(at.uri.host, S("127.0.0.1"));
	assert_str_equal(at.region, S("us-east-1"));
}

/* AWS_STS_REGIONAL_ENDPOINTS and what the profile says instead. */
static void
test_legacy_sts(void **state)
{
	static const struct {
		const char *env, *config, *url;
		enum service s;
		const char *region;
		bool fips, dual_stack;
		const char *host, *signed_for;
	} cases[] = {
#define OLD(r) { "legacy", NULL, NULL, SERVICE_STS, r, false, false, \
    "sts.amazonaws.com", "us-east-1" }
		OLD("ap-northeast-1"), OLD("ap-south-1"),
		OLD("ap-southeast-1"), OLD("ap-southeast-2"),
		OLD("ca-central-1"), OLD("eu-central-1"), OLD("eu-north-1"),
		OLD("eu-west-1"), OLD("eu-west-2"), OLD("eu-west-3"),
		OLD("sa-east-1"), OLD("us-east-1"), OLD("us-east-2"),
		OLD("us-west-1"), OLD("us-west-2"),
		OLD("aws-global"), OLD(""),
#undef OLD
#define NEW(env, config, region) \
	{ env, config, NULL, SERVICE_STS, region, false, false, \
	    "sts." region ".amazonaws.com", region }
		NEW("legacy", NULL, "ap-northeast-3"),
		NEW("legacy", NULL, "ap-east-1"),
		NEW("legacy", NULL, "us-gov-west-1"),
		NEW("regional", NULL, "us-east-1"),
		NEW(NULL, NULL, "us-east-1"),
		NEW("", NULL, "us-east-1"),
		NEW("Regional", "[default]\nsts_regional_endpoints = legacy\n",
		    "us-east-1"),
#undef NEW
		{ NULL, "[default]\nsts_regional_endpoints = Legacy\n", NULL,
		    SERVICE_STS, "us-east-1", false, false,
		    "sts.amazonaws.com", "us-east-1" },
		{ "legacy", NULL, NULL, SERVICE_STS, "us-west-2", true, false,
		    "sts-fips.us-west-2.amazonaws.com", "us-west-2" },
		{ "legacy", NULL, NULL, SERVICE_STS, "us-west-2", false, true,
		    "sts.us-west-2.api.aws", "us-west-2" },
		{ "legacy", NULL, "http://x", SERVICE_STS, "us-west-2", false,
		    false, "x", "us-west-2" },
		{ "nonsense", NULL, "http://x", SERVICE_STS, "us-west-2",
		    false, false, "x", "us-west-2" },
		{ "legacy", NULL, NULL, SERVICE_ECR, "us-west-2", false,
		    false, "api.ecr.us-west-2.amazonaws.com", "us-west-2" },
		{ "nonsense", NULL, NULL, SERVICE_SSO, "us-west-2", false,
		    false, "portal.sso.us-west-2.amazonaws.com",
		    "us-west-2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint at;
		struct err e;

		open_world(cases[i].config);
		fake_env(&f, "AWS_STS_REGIONAL_ENDPOINTS", cases[i].env);
		fake_env(&f, "AWS_ENDPOINT_URL", cases[i].url);
		load(NULL);
		if (!endpoint_resolve(&c, cases[i].s,
		    str_of(cases[i].region), cases[i].fips,
		    cases[i].dual_stack, &at, &e))
			fail_msg("%s", e.msg);
		assert_str_equal(at.uri.host, str_of(cases[i].host));
		assert_str_equal(at.region, str_of(cases[i].signed_for));
	}
}

static void
test_legacy_refusals(void **state)
{
	static const struct {
		const char *env, *config, *region, *msg;
	} cases[] = {
		{ "Global", NULL, "eu-west-1", "AWS_STS_REGIONAL_ENDPOINTS "
		    "'Global': neither legacy nor regional" },
		{ "legacy ", NULL, "zz-new-9", "AWS_STS_REGIONAL_ENDPOINTS "
		    "'legacy ': neither legacy nor regional" },
		{ "true", NULL, "", "AWS_STS_REGIONAL_ENDPOINTS "
		    "'true': neither legacy nor regional" },
		{ NULL, "[default]\nsts_regional_endpoints = no\n",
		    "eu-west-1", "sts_regional_endpoints of the profile "
		    "'no': neither legacy nor regional" },
		{ "legacy", NULL, "eu_west_1", "region 'eu_west_1': not a name "
		    "of letters, digits and hyphens" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint at;
		struct err e;

		open_world(cases[i].config);
		fake_env(&f, "AWS_STS_REGIONAL_ENDPOINTS", cases[i].env);
		load(NULL);
		assert_false(endpoint_resolve(&c, SERVICE_STS,
		    str_of(cases[i].region), false, false, &at, &e));
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.msg, cases[i].msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_global),
		cmocka_unit_test(test_host_refusals),
		cmocka_unit_test(test_host_full),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_service_names),
		cmocka_unit_test(test_section_names),
		cmocka_unit_test(test_map_url),
		cmocka_unit_test(test_resolve_refusals),
		cmocka_unit_test(test_fips_and_dual_stack),
		cmocka_unit_test(test_global_sts),
		cmocka_unit_test(test_legacy_sts),
		cmocka_unit_test(test_legacy_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
