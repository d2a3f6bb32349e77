#include "fake_world.h"

#include "login/choose.h"

#define A "123456789012"
#define B "210987654321"
#define HOST_IN(account, region) account ".dkr.ecr." region ".amazonaws.com"
#define HOST HOST_IN(A, "eu-west-1")
#define ROLE "arn:aws:iam::" B ":role/pull"
#define MAP "/m"

static struct fake_world f;
static struct arena a;
static struct config base, c;
static struct registry r;

static const char profiles[] =
    "[default]\nregion = eu-west-1\n"
    "[profile prod]\nregion = us-east-1\n"
    "[profile dual]\nuse_dualstack_endpoint = true\n"
    "[profile sso-a]\nsso_account_id = " A "\nregion = us-west-2\n"
    "[profile sso-b1]\nsso_account_id = " B "\n"
    "[profile sso-b2]\nsso_account_id = " B "\n";

static void
open_world(const char *map, const struct config_flags *flags)
{
	struct err e;

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	fake_file(&f, "/h/.aws/config", profiles);
	if (map) {
		fake_file(&f, MAP, map);
		fake_env(&f, "ECRBOX_CONFIG", MAP);
	}
	assert_true(config_load(&f.w, &a, flags, &base, &e));
}

/* What text leads to, with which map. */
static void
t_choose(void **state)
{
	static const struct {
		const char *map, *text;
		const char *host;	/* of the registry */
		const char *account, *region;
		const char *profile, *role;
		const char *url;
	} cases[] = {
		/* No map, or none that says anything of it. */
		{ NULL, "", "", "", "eu-west-1", "default", "", "" },
		{ NULL, A, HOST, A, "eu-west-1", "default", "", "" },
		{ NULL, A "@us-east-1", HOST_IN(A, "us-east-1"), A,
		    "us-east-1", "default", "", "" },
		{ NULL, A "@US-EAST-1", HOST_IN(A, "us-east-1"), A,
		    "us-east-1", "default", "", "" },
		{ NULL, HOST, HOST, A, "eu-west-1", "default", "", "" },
		{ NULL, "https://" HOST "/team/app:1@sha256:00", HOST, A,
		    "eu-west-1", "default", "", "" },
		{ NULL, "public.ecr.aws", "public.ecr.aws", "", "", "default",
		    "", "" },
		{ "[" B "]\nprofile = prod\n", A, HOST, A, "eu-west-1",
		    "default", "", "" },
		/* Accounts. */
		{ "[" A "]\nprofile = prod\n", HOST, HOST, A, "eu-west-1",
		    "prod", "", "" },
		{ "[" A "]\nprofile = prod\n", A, HOST_IN(A, "us-east-1"), A,
		    "us-east-1", "prod", "", "" },
		{ "[" A "]\nprofile = prod\n", A "@eu-west-2",
		    HOST_IN(A, "eu-west-2"), A, "eu-west-2", "prod", "", "" },
		{ "[" A "]\nprofile = prod\nregion = eu-west-3\n", A,
		    HOST_IN(A, "eu-west-3"), A, "eu-west-3", "prod", "", "" },
		{ "[" A "]\nprofile = prod\nregion = eu-west-3\n",
		    A "@eu-west-2", HOST_IN(A, "eu-west-2"), A, "eu-west-2",
		    "prod", "", "" },
		{ "[" A "]\nprofile = prod\nregion = eu-west-3\n", HOST, HOST,
		    A, "eu-west-1", "prod", "", "" },
		{ "[" A "]\nrole_arn = " ROLE "\nexternal_id = x\n", A, HOST,
		    A, "eu-west-1", "default", ROLE, "" },
		{ "[" A "]\nprofile = prod\nrole_arn = " ROLE "\n"
		    "external_id = x\nendpoint_url = http://e/\n", HOST, HOST,
		    A, "eu-west-1", "prod", ROLE, "http://e/" },
		{ "[" A "]\nprofile = dual\nregion = eu-west-1\n", A,
		    A ".dkr-ecr.eu-west-1.on.aws", A, "eu-west-1", "dual", "",
		    "" },
		/* One's own has no name to look up. */
		{ "[*]\nprofile = prod\n[" A "]\nprofile = prod\n", "", "",
		    "", "eu-west-1", "default", "", "" },
		/* The first that fits, and it alone. */
		{ "[" HOST "]\nprofile = dual\n[" A "]\nprofile = prod\n"
		    "role_arn = " ROLE "\nexternal_id = x\n",
		    HOST, HOST, A, "eu-west-1", "dual", "", "" },
		{ "[" A "]\n[" HOST "]\nprofile = prod\n", HOST, HOST, A,
		    "eu-west-1", "default", "", "" },
		/* A host's section before that of its account. */
		{ "[*.us-east-1.*]\nprofile = dual\n[" A "]\nprofile = prod\n",
		    A, HOST_IN(A, "us-east-1"), A, "us-east-1", "dual", "",
		    "" },
		{ "[*.us-east-1.*]\nprofile = dual\n[" A "]\nprofile = prod\n"
		    "region = eu-west-1\n", A, HOST, A, "eu-west-1", "prod",
		    "", "" },
		{ "[*.eu-west-1.*]\nprofile = prod\n", A, HOST, A,
		    "eu-west-1", "prod", "", "" },
		{ "[*]\nprofile = prod\n", "public.ecr.aws", "public.ecr.aws",
		    "", "", "prod", "", "" },
		{ "[public.ecr.aws]\nprofile = prod\nendpoint_url = http://e\n",
		    "public.ecr.aws/x/y:1", "public.ecr.aws", "", "", "prod",
		    "", "http://e" },
		/* Hosts of one's own. */
		{ "[*]\nprofile = dual\n[r.example.com]\naccount = " A "\n"
		    "region = us-west-1\nprofile = prod\n", "r.example.com/x",
		    "r.example.com", A, "us-west-1", "prod", "", "" },
		{ "[" A "]\nprofile = dual\n[r.example.com:5000]\n"
		    "account = " A "\nregion = us-west-1\n",
		    "https://R.example.com:5000", "r.example.com:5000", A,
		    "us-west-1", "default", "", "" },
	};
	static const struct config_flags none;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config before;
		struct err e = { ERR_NONE, "" };

		open_world(cases[i].map, &none);
		before = base;
		if (!registry_choose(&base, t_edge(str_of(cases[i].text)),
		    &c, &r, &e))
			fail_msg("%zu: %s", i, e.msg);
		assert_str_equal(r.host, str_of(cases[i].host));
		assert_str_equal(r.account, str_of(cases[i].account));
		assert_str_equal(r.region, str_of(cases[i].region));
		assert_str_equal(c.profile.name, str_of(cases[i].profile));
		assert_str_equal(c.role_arn, str_of(cases[i].role));
		assert_str_equal(c.external_id, *cases[i].role ? S("x") :
		    S(""));
		assert_str_equal(c.ecr_url, str_of(cases[i].url));
		assert_str_equal(c.registry_region, r.is_public ?
		    S("us-east-1") : str_of(cases[i].region));
		assert_int_equal(c.profile.explicit,
		    strcmp(cases[i].profile, "default") != 0);
		assert_false(c.no_process);
		assert_memory_equal(&before, &base, sizeof(base));
		assert_int_equal(f.request_count, 0);
	}
}

static void
t_refused(void **state)
{
	static const struct {
		const char *map, *text;
		const char *msg;
	} cases[] = {
		{ NULL, "docker.io", "registry 'docker.io': not an ECR host,"
		    " an account id or ACCOUNT@REGION, nor a host of"
		    " ecrbox.conf" },
		{ "[*]\nprofile = prod\n", "docker.io", "registry 'docker.io':"
		    " not an ECR host, an account id or ACCOUNT@REGION, nor a"
		    " host of ecrbox.conf" },
		{ NULL, "12345678901", "registry '12345678901': '12345678901'"
		    " is not an account id of 12 digits" },
		{ NULL, "1234567890123", "registry '1234567890123':"
		    " '1234567890123' is not an account id of 12 digits" },
		{ NULL, "12345678901x", "registry '12345678901x': not an ECR"
		    " host, an account id or ACCOUNT@REGION, nor a host of"
		    " ecrbox.conf" },
		{ NULL, "12345678901@eu-west-1", "registry"
		    " '12345678901@eu-west-1': '12345678901' is not an account"
		    " id of 12 digits" },
		{ NULL, "@eu-west-1", "registry '@eu-west-1': '' is not an"
		    " account id of 12 digits" },
		{ NULL, A "@", "registry '" A "@': region '': not a name of"
		    " letters, digits and hyphens" },
		{ NULL, A "@eu_west_1", "registry '" A "@eu_west_1': region"
		    " 'eu_west_1': not a name of letters, digits and"
		    " hyphens" },
		{ "[" A "]\nprofil = prod\n", A, "registry '" A "': ECRBOX"
		    "_CONFIG: '" MAP "' line 2: unknown key 'profil' (there"
		    " are profile, role_arn, external_id, region, account and"
		    " endpoint_url)" },
		{ "[" A "]\nprofile = gone\n", A, "registry '" A "': '" MAP
		    "' line 1: profile 'gone' not found in '/h/.aws/config' or"
		    " '/h/.aws/credentials'" },
		{ "[" A "]\nprofile = gone\n", HOST, "registry '" HOST "': '"
		    MAP "' line 1: profile 'gone' not found in"
		    " '/h/.aws/config' or '/h/.aws/credentials'" },
		{ "[" HOST "]\nprofile = gone\n", A, "registry '" A "': '"
		    MAP "' line 1: profile 'gone' not found in"
		    " '/h/.aws/config' or '/h/.aws/credentials'" },
		{ "[" A "]\nprofile = dual\n", A "@us-iso-east-1", "registry"
		    " '" A "@us-iso-east-1': region 'us-iso-east-1': no"
		    " dual-stack registry names are known there" },
	};
	static const struct config_flags none;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { ERR_NONE, "" };

		open_world(cases[i].map, &none);
		if (registry_choose(&base, str_of(cases[i].text), &c, &r, &e))
			fail_msg("accepted: %s", cases[i].text);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.msg, cases[i].msg);
	}
}

/* Others can write the map: nothing it says is done, and nothing else. */
static void
t_open_map(void **state)
{
	static const struct config_flags none;
	struct err e;

	(void)state;
	open_world("[" A "]\nprofile = prod\n", &none);
	f.open_files = true;
	assert_false(registry_choose(&base, S(HOST), &c, &r, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_string_equal(e.msg, "ECRBOX_CONFIG: read '" MAP "': others can"
	    " write it");
	assert_false(registry_choose_host(&base, S("docker.io"), &c, &r, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	/* The registry alone does not hang on it. */
	assert_true(registry_choose(&base, S(HOST), NULL, &r, &e));
	assert_str_equal(r.host, S(HOST));
}

static void
t_flags(void **state)
{
	static const char map[] = "[" A "]\nprofile = prod\n"
	    "role_arn = " ROLE "\nregion = eu-west-3\n"
	    "endpoint_url = http://e\n";
	static const struct config_flags profile = { .profile = "dual" };
	static const struct config_flags region = { .region = "us-west-1" };
	static const struct config_flags fips = { .region = "fips-us-east-1" };
	struct err e;

	(void)state;
	/* As whom comes from the option, where from the map. */
	open_world(map, &profile);
	assert_true(registry_choose(&base, S(A), &c, &r, &e));
	assert_str_equal(c.profile.name, S("dual"));
	assert_int_equal(c.role_arn.n, 0);
	assert_str_equal(c.ecr_url, S("http://e"));
	assert_str_equal(r.host, S(A ".dkr-ecr.eu-west-3.on.aws"));
	assert_true(fake_noted(&f, NOTE_DETAIL,
	    "--profile 'dual' goes before what it says"));

	open_world(map, &region);
	assert_true(registry_choose(&base, S(A), &c, &r, &e));
	assert_str_equal(r.region, S("us-west-1"));
	assert_str_equal(c.profile.name, S("prod"));
	assert_true(fake_noted(&f, NOTE_DETAIL, "registry '"
	    HOST_IN(A, "us-west-1") "': section [" A "] in line 1 of '" MAP
	    "'"));
	assert_false(fake_noted(&f, NOTE_DETAIL, "--profile"));

	open_world(map, &fips);
	assert_true(registry_choose(&base, S(A), &c, &r, &e));
	assert_str_equal(r.host,
	    S(A ".dkr.ecr-fips.us-east-1.amazonaws.com"));
	assert_true(r.fips);
}

/* Who is taken for what, when it is asked for. */
static void
t_auto(void **state)
{
	static const struct {
		const char *map, *text, *flag;
		const char *host, *profile;	/* NULL: refused */
		bool taken;
	} cases[] = {
		{ NULL, HOST, NULL, HOST, "sso-a", true },
		{ NULL, A, NULL, HOST_IN(A, "us-west-2"), "sso-a", true },
		{ NULL, HOST_IN(B, "us-east-1"), NULL, NULL, NULL, false },
		{ NULL, B, NULL, NULL, NULL, false },
		{ NULL, HOST_IN("333333333333", "us-east-1"), NULL,
		    HOST_IN("333333333333", "us-east-1"), "default", false },
		{ NULL, "public.ecr.aws", NULL, "public.ecr.aws", "default",
		    false },
		{ NULL, "", NULL, "", "default", false },
		/* --profile and the map's identities are stronger, */
		{ NULL, HOST, "prod", HOST, "prod", false },
		{ NULL, HOST_IN(B, "us-east-1"), "prod",
		    HOST_IN(B, "us-east-1"), "prod", false },
		{ "[" A "]\nprofile = dual\n", HOST, NULL, HOST, "dual",
		    false },
		{ "[" B "]\nrole_arn = " ROLE "\n", HOST_IN(B, "us-east-1"),
		    NULL, HOST_IN(B, "us-east-1"), "default", false },
		{ "[" B "]\nprofile = sso-b2\nregion = us-east-1\n", B, NULL,
		    HOST_IN(B, "us-east-1"), "sso-b2", false },
		/* and a section without one leaves the choice. */
		{ "[" A "]\nregion = eu-west-1\n", A, NULL, HOST, "sso-a",
		    true },
		{ "[r.example.com]\naccount = " A "\nregion = eu-west-1\n",
		    "r.example.com", NULL, "r.example.com", "sso-a", true },
		{ "[r.example.com]\naccount = " B "\nregion = eu-west-1\n",
		    "r.example.com", NULL, NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_flags flags = { .profile = cases[i].flag,
			.auto_profile = true };
		struct err e = { ERR_NONE, "" };
		bool done;

		open_world(cases[i].map, &flags);
		done = registry_choose(&base, str_of(cases[i].text), &c, &r,
		    &e);
		if (!cases[i].profile) {
			assert_false(done);
			assert_int_equal(e.kind, ERR_USAGE);
			assert_non_null(strstr(e.msg, "auto-profile: account "
			    B " has the profiles 'sso-b1' and 'sso-b2'"));
			continue;
		}
		if (!done)
			fail_msg("%zu: %s", i, e.msg);
		assert_str_equal(r.host, str_of(cases[i].host));
		assert_str_equal(c.profile.name, str_of(cases[i].profile));
		assert_int_equal(c.no_process, cases[i].taken);
		/* Off, it is as if there were none. */
		base.flags.auto_profile = false;
		assert_true(registry_choose(&base, str_of(cases[i].text), &c,
		    &r, &e));
		assert_false(c.no_process);
		if (cases[i].taken)
			assert_str_equal(c.profile.name, S("default"));
	}
}

static void
t_host(void **state)
{
	static const char map[] =
	    "[r.example.com]\naccount = " A "\nregion = us-west-1\n"
	    "profile = prod\n";
	static const struct {
		const char *server, *host;	/* NULL: not ours */
	} cases[] = {
		{ HOST, HOST }, { "https://" HOST, HOST },
		{ HOST "/v2/", HOST }, { HOST ":443", HOST },
		{ "public.ecr.aws", "public.ecr.aws" },
		{ "r.example.com", "r.example.com" },
		{ "https://r.example.com/v2/", "r.example.com" },
		{ "http://" HOST, NULL }, { "http://r.example.com", NULL },
		{ A, NULL }, { A "@eu-west-1", NULL }, { "", NULL },
		{ "docker.io", NULL }, { "https://index.docker.io/v1/", NULL },
		{ "x.r.example.com", NULL }, { "r.example.com:444", NULL },
	};
	static const struct config_flags none;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { ERR_NONE, "" };
		struct str server = str_of(cases[i].server);

		open_world(map, &none);
		if (registry_choose_host(&base, t_edge(server), &c, &r, &e) !=
		    !!cases[i].host)
			fail_msg("%s: %s", cases[i].server, e.msg);
		if (cases[i].host) {
			assert_str_equal(r.host, str_of(cases[i].host));
			assert_true(registry_choose_host(&base, server, NULL,
			    &r, &e));
			assert_str_equal(r.host, str_of(cases[i].host));
		} else {
			assert_int_equal(e.kind, ERR_ABSENT);
		}
	}
}

/* Only the registry: that nobody can ask for it does not matter. */
static void
t_registry_alone(void **state)
{
	static const char map[] = "[" A "]\nprofile = gone\n"
	    "[r.example.com]\naccount = " A "\nregion = us-west-1\n"
	    "profile = gone\n";
	static const char *const hosts[] = { HOST, "r.example.com" };
	static const struct config_flags none;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct str host = str_of(hosts[i]);
		struct err e;

		open_world(map, &none);
		assert_false(registry_choose(&base, host, &c, &r, &e));
		assert_true(registry_choose(&base, host, NULL, &r, &e));
		assert_str_equal(r.host, host);
	}
}

static void
t_no_room(void **state)
{
	static const struct config_flags none;
	struct err e;

	(void)state;
	open_world(NULL, &none);
	a.cap = a.used;
	assert_false(registry_choose(&base, S(HOST), &c, &r, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_false(registry_choose(&base, S(A), &c, &r, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

/* Without a region nothing can be named. */
static void
t_no_region(void **state)
{
	static const struct config_flags none;
	struct err e;

	(void)state;
	open_world(NULL, &none);
	fake_file(&f, "/h/.aws/config", "");
	assert_true(config_load(&f.w, &a, &none, &base, &e));
	assert_false(registry_choose(&base, S(""), &c, &r, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_true(str_starts(str_of(e.msg), S("no region: ")));
	assert_false(registry_choose(&base, S(A), &c, &r, &e));
	assert_true(str_starts(str_of(e.msg), S("registry '" A
	    "': no region: ")));
	assert_true(registry_choose(&base, S(HOST), &c, &r, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_choose),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_open_map),
		cmocka_unit_test(t_flags),
		cmocka_unit_test(t_auto),
		cmocka_unit_test(t_host),
		cmocka_unit_test(t_registry_alone),
		cmocka_unit_test(t_no_room),
		cmocka_unit_test(t_no_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
