#include <stdio.h>

#include "cred/role_chain.h"
#include "fake_world.h"

static struct fake_world f;
static struct arena a;
static struct profile p;

static void
open_profile(const char *config, const char *credentials, const char *name)
{
	struct err e;

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_file(&f, "/h/.aws/config", config);
	fake_file(&f, "/h/.aws/credentials", credentials);
	if (!profile_load(&f.w, name, &a, &p, &e))
		fail_msg("%s", e.msg);
}

#define KEYS "aws_access_key_id=A\naws_secret_access_key=s\n"
#define HALF "aws_access_key_id=A\n"
#define P(name) "[profile " name "]\n"
#define FROM(name) "source_profile=" name "\n"
#define NAMED(name) "credential_source=" name "\n"
#define WEB "web_identity_token_file=/t\n"
#define PROCESS "credential_process=x\n"
#define NOT_FOUND " not found in '/h/.aws/config' or '/h/.aws/credentials'"
#define CIRCLE(path) "source_profile leads round in a circle: " path \
    "; name a profile that has credentials itself"
#define ALONE "profile 'a' has role_arn, but neither source_profile nor" \
    " credential_source to take it with"
#define NO_ARN "profile 'a' has no role_arn"
#define FOR_WEB "role_arn of profile 'a' is for its web_identity_token_file"
#define BOTH(p, x, y) "profile '" p "' has both " x " and " y "; keep one"
#define LONE(p, key) "profile '" p "' has " key ", but no role_arn to take" \
    " with it"
#define ODD(p, key) "profile '" p "': " key " has a blank or a byte that is" \
    " not printable ASCII"
#define SESSION(s) "profile 'a': role_session_name '" s "' is not 2 to 64 of" \
    " [A-Za-z0-9_+=,.@-]"
#define NO_SUCH(s) "profile 'a': credential_source '" s "' is none of" \
    " Environment, Ec2InstanceMetadata and EcsContainer"
#define SIXTEEN "abcdefghijklmnop"
#define SIXTY_FOUR SIXTEEN SIXTEEN SIXTEEN SIXTEEN
#define ROLE(n) P(#n) "role_arn=r\n"
#define EIGHT P("a") "role_arn=r\n" FROM("2") ROLE(2) FROM("3") ROLE(3) \
    FROM("4") ROLE(4) FROM("5") ROLE(5) FROM("6") ROLE(6) FROM("7") ROLE(7) \
    FROM("8") ROLE(8) FROM("9")

/* Paths and messages of profile a; a lone word is a path. In the config file
 * each role is called r but where it matters.
 */
static const struct {
	const char *config, *cli, *go;	/* go NULL: as cli */
} cases[] = {
	/* No role. */
	{ P("a"), NO_ARN, NULL },
	{ P("a") KEYS, NO_ARN, NULL },
	{ P("a") "role_arn=\n" FROM("b"), NO_ARN, LONE("a",
	    "source_profile") },
	{ P("a") FROM("b"), NO_ARN, LONE("a", "source_profile") },
	{ P("a") NAMED("Environment") KEYS, NO_ARN, LONE("a",
	    "credential_source") },
	{ P("a") WEB, NO_ARN, LONE("a", "web_identity_token_file") },
	{ P("a") PROCESS, NO_ARN, NULL },
	{ P("a") "role_arn=r\n" WEB, FOR_WEB, NULL },
	{ P("a") "role_arn=r\n" WEB FROM("b"), FOR_WEB, BOTH("a",
	    "source_profile", "web_identity_token_file") },
	{ P("a") "role_arn=r\n" WEB KEYS, FOR_WEB, "'a'" },

	/* A source profile. */
	{ P("a") "role_arn=r\n" FROM("b") P("b") KEYS, "'a' -> 'b'", NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b"), "'a' -> 'b'", NULL },
	{ P("a") "role_arn=r\n" FROM("b") KEYS P("b") KEYS, "'a' -> 'b'",
	    NULL },
	{ P("a") "role_arn=r\n" FROM("c") P("b") KEYS, "source_profile of 'a':"
	    " profile 'c'" NOT_FOUND, NULL },
	{ P("a") "role_arn=r\n" FROM("b") "[b]\n" KEYS, "source_profile of"
	    " 'a': profile 'b' not found: its section in '/h/.aws/config' must"
	    " be headed [profile b]", NULL },
	{ P("a") "role_arn=r\n" FROM("inside"), "'a' -> 'inside'", NULL },
	{ P("a") "role_arn=r\n" FROM("default") "[default]\n" KEYS,
	    "'a' -> 'default'", NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n" WEB,
	    "'a' -> 'b'", NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") WEB, "'a' -> 'b'", LONE("b",
	    "web_identity_token_file") },
	{ P("a") "role_arn=r\n" FROM("b") P("b") FROM("c"), "'a' -> 'b'",
	    LONE("b", "source_profile") },
	{ P("a") "role_arn=r\n" FROM("b") P("b") WEB "role_arn=r\n" PROCESS,
	    "'a' -> 'b'", BOTH("b", "web_identity_token_file",
	    "credential_process") },

	/* Chains; the keys of a source profile end them. */
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n" FROM("c")
	    P("c") KEYS, "'a' -> 'b' -> 'c'", NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n" FROM("c") KEYS
	    P("c") KEYS, "'a' -> 'b'", NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n" FROM("c") HALF
	    P("c") KEYS, "'a' -> 'b'", NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n"
	    NAMED("EcsContainer"), "'a' -> 'b' -> EcsContainer", NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n",
	    "profile 'b' has role_arn, but neither source_profile nor"
	    " credential_source to take it with", "'a' -> 'b'" },
	{ EIGHT P("9") KEYS, "'a' -> '2' -> '3' -> '4' -> '5' -> '6' -> '7' ->"
	    " '8' -> '9'", NULL },
	{ EIGHT ROLE(9) FROM("10") P("10") KEYS, "profile 'a': more than 8"
	    " roles one after the other", NULL },

	/* Circles. */
	{ P("a") "role_arn=r\n" FROM("a") KEYS, "'a' -> 'a'", NULL },
	{ P("a") "role_arn=r\n" FROM("a") HALF, "'a' -> 'a'", NULL },
	/* In Go's order any source of its own may be meant; whether there is
	 * one is seen when it is asked.
	 */
	{ P("a") "role_arn=r\n" FROM("a"), CIRCLE("'a' -> 'a'"),
	    "'a' -> 'a'" },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n" FROM("a"),
	    CIRCLE("'a' -> 'b' -> 'a'"), NULL },
	{ P("a") "role_arn=r\n" FROM("b") KEYS P("b") "role_arn=s\n" FROM("a"),
	    CIRCLE("'a' -> 'b' -> 'a'"), NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n" FROM("b"),
	    CIRCLE("'a' -> 'b' -> 'b'"), "'a' -> 'b' -> 'b'" },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=s\n" FROM("c")
	    P("c") "role_arn=t\n" FROM("b"),
	    CIRCLE("'a' -> 'b' -> 'c' -> 'b'"), NULL },

	/* A source by name, in just this spelling. */
	{ P("a") "role_arn=r\n" NAMED("Environment"), "'a' -> Environment",
	    NULL },
	{ P("a") "role_arn=r\n" NAMED("Ec2InstanceMetadata"),
	    "'a' -> Ec2InstanceMetadata", NULL },
	{ P("a") "role_arn=r\n" NAMED("EcsContainer"), "'a' -> EcsContainer",
	    NULL },
	{ P("a") "role_arn=r\n" NAMED("environment"), NO_SUCH("environment"),
	    NULL },
	{ P("a") "role_arn=r\n" NAMED("Ec2instancemetadata"),
	    NO_SUCH("Ec2instancemetadata"), NULL },
	{ P("a") "role_arn=r\n" NAMED("EcsContainer x"),
	    NO_SUCH("EcsContainer x"), NULL },
	{ P("a") "role_arn=r\n" NAMED("Environment") FROM("b") P("b") KEYS,
	    BOTH("a", "source_profile", "credential_source"), NULL },
	{ P("a") "role_arn=r\n" NAMED("Environment") PROCESS,
	    "'a' -> Environment", BOTH("a", "credential_source",
	    "credential_process") },

	/* Keys of its own: Go's order takes them, above all but another
	 * profile.
	 */
	{ P("a") "role_arn=r\n" KEYS, ALONE, "'a'" },
	{ P("a") "role_arn=r\n" NAMED("Environment") KEYS,
	    "'a' -> Environment", "'a'" },
	{ P("a") "role_arn=r\n" NAMED("Nowhere") KEYS, NO_SUCH("Nowhere"),
	    "'a'" },
	{ P("a") "role_arn=r\n" PROCESS, ALONE, "'a'" },
	/* The decision about a role alone is made where its own sources turn
	 * out to be none.
	 */
	{ P("a") "role_arn=r\n", ALONE, "'a'" },

	/* Values. */
	{ P("a") "role_arn=a b\n" FROM("b") P("b") KEYS, ODD("a", "role_arn"),
	    NULL },
	{ P("a") "role_arn=r\n  s\n" FROM("b") P("b") KEYS,
	    ODD("a", "role_arn"), NULL },
	{ P("a") "role_arn=r\n" FROM("b") P("b") "role_arn=\x80\n" FROM("c")
	    P("c") KEYS, ODD("b", "role_arn"), NULL },
	{ P("a") "role_arn=r\x7f\n" FROM("b") P("b") KEYS,
	    ODD("a", "role_arn"), NULL },
	{ P("a") "role_arn=r\nexternal_id=x y\n" FROM("b") P("b") KEYS,
	    ODD("a", "external_id"), NULL },
	{ P("a") "role_arn=r\nmfa_serial=x\ty\n" FROM("b") P("b") KEYS,
	    ODD("a", "mfa_serial"), NULL },
	{ P("a") "role_arn=r\nrole_session_name=x\n" FROM("b") P("b") KEYS,
	    SESSION("x"), NULL },
	{ P("a") "role_arn=r\nrole_session_name=x/y\n" FROM("b") P("b") KEYS,
	    SESSION("x/y"), NULL },
	{ P("a") "role_arn=r\nrole_session_name=" SIXTY_FOUR "q\n" FROM("b")
	    P("b") KEYS, SESSION(SIXTY_FOUR "q"), NULL },
	{ P("a") "role_arn=r\nrole_session_name=" SIXTY_FOUR "\n" FROM("b")
	    P("b") KEYS, "'a' -> 'b'", NULL },
	{ P("a") "role_arn=r\nrole_session_name=_+=,.@-Z9\n" FROM("b") P("b")
	    KEYS, "'a' -> 'b'", NULL },
};

static void
check(const char *config, enum cred_order order, const char *want)
{
	struct role_chain chain = { .count = 99 };
	char text[256];
	struct buf b = BUF(text);
	struct err e;

	open_profile(config, "[inside]\n" KEYS, "a");
	if (!role_chain(&p, order, &chain, &e)) {
		assert_string_equal(e.msg, want);
		assert_int_equal(chain.count, 99);
		assert_int_equal(e.kind, strcmp(want, NO_ARN) == 0 ||
		    strcmp(want, FOR_WEB) == 0 ? ERR_ABSENT :
		    strstr(want, "more than") ? ERR_LIMIT : ERR_USAGE);
		return;
	}
	role_chain_path(&chain, &b);
	assert_str_equal(buf_str(&b), str_of(want));
}

static void
t_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check(cases[i].config, CRED_ORDER_CLI, cases[i].cli);
		check(cases[i].config, CRED_ORDER_GO,
		    cases[i].go ? cases[i].go : cases[i].cli);
	}
}

/* A source profile with keys and a role: the keys, and Go takes the role. */
static void
t_keys_and_role(void **state)
{
	static const struct {
		const char *config;	/* of profile b */
		size_t cli, go;		/* roles taken; 0: refused */
	} keys[] = {
		{ KEYS, 1, 1 },
		{ KEYS "role_arn=s\n", 1, 2 },
		{ KEYS "role_arn=s\n" FROM("c") P("c") KEYS, 1, 2 },
		{ KEYS "role_arn=s\n" FROM("nobody"), 1, 2 },
		{ KEYS "role_arn=s\n" NAMED("EcsContainer"), 1, 2 },
		{ KEYS "role_arn=s\n" WEB, 1, 2 },
		{ KEYS "role_arn=s\n" WEB PROCESS FROM("c"), 1, 2 },
		{ KEYS FROM("c"), 1, 0 },
		{ KEYS WEB, 1, 0 },
		{ "role_arn=s\n" WEB, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(keys) / sizeof(keys[0]); i++) {
		size_t want = i % 2 ? keys[i / 2].go : keys[i / 2].cli;
		struct role_chain chain;
		char config[256];
		struct err e;

		snprintf(config, sizeof(config), P("a") "role_arn=r\n"
		    FROM("b") P("b") "%s", keys[i / 2].config);
		open_profile(config, NULL, "a");
		assert_int_equal(role_chain(&p, i % 2 ? CRED_ORDER_GO :
		    CRED_ORDER_CLI, &chain, &e), want > 0);
		if (!want)
			continue;
		assert_int_equal(chain.count, want);
		assert_int_equal(chain.own, want == 2);
		assert_str_equal(chain.from.name, S("b"));
		assert_int_equal(chain.named.n, 0);
	}
}

static void
t_values(void **state)
{
	const struct role_link *link;
	struct role_chain chain;
	struct err e;

	(void)state;
	open_profile(P("a") "role_arn=arn:a\nexternal_id=x:/1\nmfa_serial=s/u\n"
	    "role_session_name=me@here\nduration_seconds=900\n" FROM("b")
	    P("b") "role_arn=arn:b\n" FROM("c"), "[c]\n" KEYS, "a");
	assert_true(role_chain(&p, CRED_ORDER_CLI, &chain, &e));
	assert_int_equal(chain.count, 2);
	link = &chain.links[0];
	assert_str_equal(link->profile, S("a"));
	assert_str_equal(link->arn, S("arn:a"));
	assert_str_equal(link->external_id, S("x:/1"));
	assert_str_equal(link->serial, S("s/u"));
	assert_str_equal(link->session, S("me@here"));
	assert_str_equal(link->duration_s, S("900"));
	link = &chain.links[1];
	assert_str_equal(link->profile, S("b"));
	assert_str_equal(link->arn, S("arn:b"));
	assert_int_equal(link->external_id.n + link->serial.n +
	    link->session.n + link->duration_s.n + link->odd_duration.n, 0);
	assert_str_equal(chain.from.name, S("c"));
	assert_false(chain.own);
}

static void
t_duration(void **state)
{
	static const struct {
		const char *value, *sent, *odd;
	} durations[] = {
		{ "900", "900", "" }, { "0900", "900", "" }, { "0", "0", "" },
		{ "00", "0", "" }, { "4294967295", "4294967295", "" },
		{ "", "", "" }, { "1h", "", "1h" }, { "-900", "", "-900" },
		{ "900.0", "", "900.0" }, { "+900", "", "+900" },
		{ "9 00", "", "9 00" }, { "4294967296", "", "4294967296" },
		{ "0x384", "", "0x384" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		struct role_chain chain;
		char config[128];
		struct buf b = BUF(config);
		struct err e;

		buf_add(&b, S(P("a") "role_arn=r\n" FROM("a") KEYS
		    "duration_seconds="));
		buf_add(&b, str_of(durations[i].value));
		buf_add(&b, S("\n"));
		buf_char(&b, '\0');
		open_profile(config, NULL, "a");
		assert_true(role_chain(&p, CRED_ORDER_GO, &chain, &e));
		assert_str_equal(chain.links[0].duration_s,
		    str_of(durations[i].sent));
		assert_str_equal(chain.links[0].odd_duration,
		    str_of(durations[i].odd));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_paths),
		cmocka_unit_test(t_keys_and_role),
		cmocka_unit_test(t_values),
		cmocka_unit_test(t_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
