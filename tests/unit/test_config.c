#include "aws/config.h"
#include "base/limits.h"
#include "fake_world.h"

static struct fake_world f;

static void
load(struct arena *a, struct config *c, const struct config_flags *flags)
{
	struct err e;

	if (!config_load(&f.w, a, flags, c, &e))
		fail_msg("%s", e.msg);
}

static void
open_world(const char *profile)
{
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	if (profile)
		fake_file(&f, "/h/.aws/config", profile);
}

static void
t_load(void **state)
{
	struct arena a = t_arena();
	struct config_flags flags = { .profile = NULL };
	struct config c;
	struct err e;

	(void)state;
	open_world(NULL);
	load(&a, &c, &flags);
	assert_int_equal(c.deadline, FAKE_CLOCK_MS + EXCHANGE_MS);
	assert_int_equal(c.skew_s, 0);
	assert_false(c.profile.named);
	flags.timeout_ms = 7;
	load(&a, &c, &flags);
	assert_int_equal(c.deadline, FAKE_CLOCK_MS + 7);
	flags.profile = "nope";
	assert_false(config_load(&f.w, &a, &flags, &c, &e));
	assert_int_equal(e.kind, ERR_USAGE);
}

#define L63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

static void
t_region(void **state)
{
	static const struct {
		const char *flag, *first, *second, *profile;
		const char *region;
		bool fips;
	} cases[] = {
		{ "a-1", "b-1", "c-1", "region = d-1", "a-1", false },
		{ NULL, "b-1", "c-1", "region = d-1", "b-1", false },
		{ NULL, "", "c-1", "region = d-1", "c-1", false },
		{ "", NULL, "", "region = d-1", "d-1", false },
		{ "US-East-1", NULL, NULL, "", "us-east-1", false },
		{ "fips-us-east-1", NULL, NULL, "", "us-east-1", true },
		{ "us-east-1-fips", NULL, NULL, "", "us-east-1", true },
		{ "US-EAST-1-FIPS", NULL, NULL, "", "us-east-1", true },
		{ "us-gov-west-1", NULL, NULL, "", "us-gov-west-1", false },
		{ L63, NULL, NULL, "", L63, false },
		{ "1a", NULL, NULL, "", "1a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_flags flags = { .region = cases[i].flag };
		char profile[128] = "[default]\n";
		struct arena a = t_arena();
		struct config c;
		struct str region;
		struct err e;
		bool fips = !cases[i].fips;

		strcat(profile, cases[i].profile);
		open_world(profile);
		fake_env(&f, "AWS_REGION", cases[i].first);
		fake_env(&f, "AWS_DEFAULT_REGION", cases[i].second);
		load(&a, &c, &flags);
		assert_true(config_region(&c, &region, &fips, &e));
		assert_str_equal(region, str_of(cases[i].region));
		assert_int_equal(fips, cases[i].fips);
		assert_true(config_region(&c, &region, NULL, &e));
	}
}

static void
t_region_refused(void **state)
{
	static const struct {
		const char *region, *profile;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ NULL, NULL, ERR_ABSENT, "no region: give --region, or set"
		    " AWS_REGION or the profile's region" },
		{ "us_east_1", NULL, ERR_USAGE, "region 'us_east_1' of"
		    " AWS_REGION cannot be part of a host name: letters,"
		    " digits and '-' only" },
		{ NULL, "[default]\nregion = x.example.com/", ERR_USAGE,
		    "region 'x.example.com/' of the profile cannot be part of"
		    " a host name: letters, digits and '-' only" },
		{ "us-east-1\r", NULL, ERR_USAGE, "region 'us-east-1?' of"
		    " AWS_REGION cannot be part of a host name: letters,"
		    " digits and '-' only" },
		{ "-a", NULL, ERR_USAGE, NULL },
		{ "a-", NULL, ERR_USAGE, NULL },
		{ "-", NULL, ERR_USAGE, NULL },
		{ "123", NULL, ERR_USAGE, NULL },
		{ "fips-", NULL, ERR_USAGE, NULL },
		{ "-fips", NULL, ERR_USAGE, NULL },
		{ "fips-7", NULL, ERR_USAGE, NULL },
		{ "fips--a", NULL, ERR_USAGE, NULL },
		{ "a b", NULL, ERR_USAGE, NULL },
		{ "a@b", NULL, ERR_USAGE, NULL },
		{ "\xc3\xa9u-1", NULL, ERR_USAGE, NULL },
		{ L63 "4", NULL, ERR_USAGE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_flags flags = { .region = NULL };
		struct arena a = t_arena();
		struct config c;
		struct str region = { NULL, 0 };
		struct err e;
		bool fips = true;

		open_world(cases[i].profile);
		fake_env(&f, "AWS_REGION", cases[i].region);
		load(&a, &c, &flags);
		if (config_region(&c, &region, &fips, &e))
			fail_msg("accepted: %s", cases[i].region);
		assert_int_equal(e.kind, cases[i].kind);
		if (cases[i].msg)
			assert_string_equal(e.msg, cases[i].msg);
		assert_null(region.p);
		assert_true(fips);
	}
}

static void
t_ca_bundle(void **state)
{
	static const struct {
		const char *flag, *env, *profile, *cert_file;
		const char *home, *bundle;
	} cases[] = {
		{ "/f", "/e", "ca_bundle=/p", "/s", "/h", "/f" },
		{ "", "/e", "ca_bundle=/p", "/s", "/h", "/e" },
		{ NULL, "", "ca_bundle=/p", "/s", "/h", "/p" },
		{ NULL, NULL, "ca_bundle=~/p", "/s", "/h", "/h/p" },
		{ NULL, NULL, "", "/s", "/h", "/s" },
		{ NULL, NULL, "", "", "/h", NULL },
		/* Asked for and not to be had: never the usual anchors. */
		{ NULL, NULL, "ca_bundle=~/p", "/s", NULL, "~/p" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_flags flags = { .ca_bundle = cases[i].flag };
		char profile[128] = "[default]\n";
		struct arena a = t_arena();
		struct config c;
		const char *z;

		strcat(profile, cases[i].profile);
		open_world(profile);
		fake_file(&f, "/config", profile);
		fake_env(&f, "AWS_CONFIG_FILE", "/config");
		fake_env(&f, "HOME", cases[i].home);
		fake_env(&f, "AWS_CA_BUNDLE", cases[i].env);
		fake_env(&f, "SSL_CERT_FILE", cases[i].cert_file);
		load(&a, &c, &flags);
		z = config_ca_bundle(&c);
		assert_str_equal(str_of(z), str_of(cases[i].bundle));
		assert_int_equal(!z, !cases[i].bundle);
	}
}

static void
t_ca_bundle_no_room(void **state)
{
	struct config_flags flags = { .ca_bundle = NULL };
	struct arena a = t_arena();
	struct config c;

	(void)state;
	open_world("[default]\nca_bundle = /p\n");
	load(&a, &c, &flags);
	a.cap = a.used;
	assert_non_null(config_ca_bundle(&c));
	assert_string_not_equal(config_ca_bundle(&c), "");
}

static void
t_true(void **state)
{
	static const struct {
		const char *env, *profile;
		bool is;
	} cases[] = {
		{ "true", NULL, true },
		{ "TrUe", NULL, true },
		{ "true", "x = false", true },
		{ NULL, "x = True", true },
		{ "", "x = true", true },
		{ "false", "x = true", false },
		{ "1", "x = true", false },
		{ "yes", NULL, false },
		{ "true ", NULL, false },
		{ NULL, "x = 1", false },
		{ NULL, "x =", false },
		{ NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_flags flags = { .profile = NULL };
		char profile[128] = "[default]\n";
		struct arena a = t_arena();
		struct config c;

		if (cases[i].profile)
			strcat(profile, cases[i].profile);
		open_world(profile);
		fake_env(&f, "X", cases[i].env);
		load(&a, &c, &flags);
		assert_int_equal(config_true(&c, "X", S("x")), cases[i].is);
	}
}

static void
t_use_profile(void **state)
{
	struct config_flags flags = { .profile = NULL };
	struct arena a = t_arena();
	struct config c;
	struct err e;

	(void)state;
	open_world("[default]\nregion=d\n[profile p]\nregion=eu-west-1\n"
	    "[q]\n[sso-session s]\n");
	load(&a, &c, &flags);
	assert_false(c.profile.named || c.profile.explicit);
	assert_true(config_use_profile(&c, S("p"), &e));
	assert_str_equal(c.profile.name, S("p"));
	assert_str_equal(profile_get(&c.profile, S("region")),
	    S("eu-west-1"));
	/* The environment's credentials do not count any more. */
	assert_true(c.profile.named && c.profile.explicit &&
	    c.profile.found);
	assert_false(config_use_profile(&c, S("none"), &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.msg, "profile 'none' not found in '"));
	assert_false(config_use_profile(&c, S("q"), &e));
	assert_non_null(strstr(e.msg, "must be headed [profile q]"));
	assert_false(config_use_profile(&c, S("s"), &e));
	assert_false(config_use_profile(&c, S(""), &e));
	/* It is left as it was. */
	assert_str_equal(c.profile.name, S("p"));
	assert_true(c.profile.found);
	assert_true(config_use_profile(&c, S("default"), &e));
	assert_str_equal(profile_get(&c.profile, S("region")), S("d"));
}

static void
t_use_profile_of_environment(void **state)
{
	struct config_flags flags = { .profile = NULL };
	struct arena a = t_arena();
	struct config c;
	struct err e;

	(void)state;
	open_world("[profile p]\n[default]\n");
	fake_env(&f, "AWS_PROFILE", "p");
	load(&a, &c, &flags);
	assert_true(c.profile.named && !c.profile.explicit);
	assert_true(config_use_profile(&c, S("default"), &e));
	assert_true(c.profile.explicit && !c.profile.prefixed);
}

/* What one registry's conversation finds out serves the next; as whom and
 * where it was held does not.
 */
static void
t_learn(void **state)
{
	struct config_flags flags = { .profile = NULL };
	struct arena a = t_arena();
	struct config c, copy;

	(void)state;
	open_world(NULL);
	load(&a, &c, &flags);
	copy = c;
	copy.skew_s = 1;
	copy.cred_id = S("id");
	copy.cred.key_id = S("k");
	copy.imds_deadline = 2;
	copy.imds_token = S("t");
	copy.imds_v1 = copy.imds_plain = copy.custom_told = true;
	copy.role_arn = copy.external_id = copy.ecr_url = S("x");
	copy.registry_region = S("r");
	copy.no_process = true;
	copy.profile.name = S("other");
	config_learn(&c, &copy);
	assert_int_equal(c.skew_s, 1);
	assert_str_equal(c.cred_id, S("id"));
	assert_str_equal(c.cred.key_id, S("k"));
	assert_int_equal(c.imds_deadline, 2);
	assert_str_equal(c.imds_token, S("t"));
	assert_true(c.imds_v1 && c.imds_plain && c.custom_told);
	assert_int_equal(c.role_arn.n + c.external_id.n + c.ecr_url.n +
	    c.registry_region.n, 0);
	assert_false(c.no_process);
	assert_str_equal(c.profile.name, S("default"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_load),
		cmocka_unit_test(t_region),
		cmocka_unit_test(t_region_refused),
		cmocka_unit_test(t_ca_bundle),
		cmocka_unit_test(t_ca_bundle_no_room),
		cmocka_unit_test(t_true),
		cmocka_unit_test(t_use_profile),
		cmocka_unit_test(t_use_profile_of_environment),
		cmocka_unit_test(t_learn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
