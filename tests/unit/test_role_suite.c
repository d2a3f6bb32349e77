#include "base/json.h"
#include "cred/role_chain.h"
#include "fake_world.h"
#include "vectors.h"

/* The public suite: profiles, and the chain of roles or error that comes of
 * them. Its errors are told in our words.
 */
static struct fake_world f;
static struct arena a;
static struct config c;
static struct cred cred;
static struct err e;

static void
open_config(const char *profile)
{
	const struct config_flags flags = { .profile = profile };

	if (!config_load(&f.w, &a, &flags, &c, &e))
		fail_msg("%s", e.msg);
}

static struct json
member(struct json v, const char *key)
{
	struct json m = v;

	if (!json_get(v, str_of(key), &m))
		fail_msg("no %s", key);
	return m;
}

static struct str
text_of(struct json v)
{
	struct str s = { NULL, 0 };

	assert_true(json_str(v, &a, &s, &e));
	return s;
}

static void
add_sections(struct json input, const char *kind, const char *key,
    struct buf *b)
{
	struct json sections, name, section, setting, value;

	if (!json_get(input, str_of(key), &sections))
		return;
	for (bool more = json_first(sections, &name, &section); more;
	    more = json_next(sections, &name, &section)) {
		buf_char(b, '[');
		buf_add(b, str_of(kind));
		buf_add(b, text_of(name));
		buf_add(b, S("]\n"));
		for (bool other = json_first(section, &setting, &value);
		    other; other = json_next(section, &setting, &value)) {
			buf_add(b, text_of(setting));
			buf_char(b, '=');
			buf_add(b, text_of(value));
			buf_char(b, '\n');
		}
	}
}

/* Does want, where it has key, say the same as got? Where not, got is empty. */
static void
check_member(struct json want, const char *key, struct str got)
{
	struct json m;

	if (json_get(want, str_of(key), &m))
		assert_str_equal(got, text_of(m));
	else
		assert_int_equal(got.n, 0);
}

/* What selects a source, as the identity tells it. */
static void
check_named(struct json want, const char *key, const char *id_key,
    struct str id)
{
	char text[256];
	struct buf b = BUF(text);

	cred_id(&b, str_of(id_key), text_of(member(want, key)));
	if (!str_contains(id, buf_str(&b)))
		fail_msg("%.*s", STR_ARG(id));
}

static void
check_base(enum cred_order order, const struct role_chain *chain,
    struct json want)
{
	char text[1024];
	struct buf id = BUF(text);
	struct json of;

	if (json_get(want, S("NamedSource"), &of)) {
		assert_str_equal(chain->named, text_of(of));
		return;
	}
	if (json_get(want, S("AccessKey"), &of)) {
		assert_true(cred_source(&c, order, &chain->from, &id, &cred,
		    &e));
		check_member(of, "access_key_id", cred.key_id);
		check_member(of, "secret_access_key", cred.secret);
		check_member(of, "account_id", cred.account);
		assert_string_equal(cred.source, "profile");
		return;
	}
	assert_true(cred_source(&c, order, &chain->from, &id, NULL, &e));
	if (json_get(want, S("WebIdentityToken"), &of)) {
		struct json name;

		check_named(of, "role_arn", "role_arn", buf_str(&id));
		check_named(of, "web_identity_token_file", "token_file",
		    buf_str(&id));
		if (json_get(of, S("role_session_name"), &name))
			check_named(of, "role_session_name",
			    "role_session_name", buf_str(&id));
		return;
	}
	of = member(want, "Sso");
	assert_true(str_starts(buf_str(&id), S("provider=\"sso\"\n")));
	assert_true(str_contains(buf_str(&id),
	    text_of(member(of, "sso_account_id"))));
	assert_true(str_contains(buf_str(&id),
	    text_of(member(of, "sso_role_name"))));
}

static void
check_chain(enum cred_order order, struct json want)
{
	struct role_chain chain = { .from = c.profile };
	struct json link;
	size_t i;

	/* A profile without a role is a chain of its own sources. */
	if (!role_chain(&c.profile, order, &chain, &e))
		assert_int_equal(e.kind, ERR_ABSENT);
	assert_true(json_first(want, NULL, &link));
	check_base(order, &chain, link);
	for (i = chain.count; json_next(want, NULL, &link); i--) {
		struct json of = member(link, "AssumeRole");

		assert_true(i > 0);
		check_member(of, "role_arn", chain.links[i - 1].arn);
		check_member(of, "role_session_name",
		    chain.links[i - 1].session);
		check_member(of, "external_id",
		    chain.links[i - 1].external_id);
	}
	assert_int_equal(i, 0);
}

#define NOTHING "no credentials: env: AWS_ACCESS_KEY_ID not set; profile:" \
    " 'A' has no aws_access_key_id; container:" \
    " AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and" \
    " AWS_CONTAINER_CREDENTIALS_FULL_URI not set; imds: switched off by" \
    " AWS_EC2_METADATA_DISABLED"
#define LONE_HALF(has, lacks) "profile 'B' in '/h/.aws/config' has " has \
    " without " lacks "; keep both in one file"

static const struct {
	const char *theirs, *cli, *go;	/* go NULL: as cli */
} suite_errors[] = {
	{ "profile must contain `source_profile`", "profile 'A' has role_arn,"
	    " but neither source_profile nor credential_source to take it"
	    " with", "profile 'A' has role_arn, but neither source_profile nor"
	    " credential_source to take it with: no credentials: profile: 'A'"
	    " has no aws_access_key_id" },
	{ "profile missing aws_secret_access_key", LONE_HALF(
	    "aws_access_key_id", "aws_secret_access_key"), NULL },
	{ "profile missing aws_access_key_id", LONE_HALF(
	    "aws_secret_access_key", "aws_access_key_id"), NULL },
	{ "profile `B` did not contain credential information",
	    "source_profile 'B' of profile 'A': no credentials: profile: 'B'"
	    " has no aws_access_key_id", NULL },
	{ "could not find source profile B referenced from A",
	    "source_profile of 'A': profile 'B' not found in"
	    " '/h/.aws/config' or '/h/.aws/credentials'", NULL },
	{ "No profiles were defined", "profile 'A' not found in"
	    " '/h/.aws/config' or '/h/.aws/credentials'", NULL },
	{ "profile formed an infinite loop", "source_profile leads round in a"
	    " circle: 'A' -> 'B' -> 'A'; name a profile that has credentials"
	    " itself", NULL },
	{ "`role_arn` was missing", "profile 'A' has web_identity_token_file,"
	    " but no role_arn to take with it", NULL },
	{ "if `sso_account_id` is set, then `sso_role_name` must also be set",
	    "profile 'A' is one of IAM Identity Center, but has no"
	    " sso_role_name", NULL },
	/* A session without account and role is for bearer tokens: aws 1.1,
	 * "profile has sso_role_name or sso_account_id".
	 */
	{ "`sso_region` can only be specified in the [sso-session] config when"
	    " a session name is given", NOTHING, NULL },
};

static void
check_error(enum cred_order order, struct str theirs)
{
	const struct config_flags flags = { .profile = NULL };

	fake_env(&f, "AWS_PROFILE", "A");
	assert_false(config_load(&f.w, &a, &flags, &c, &e) &&
	    cred_find(&c, order, &cred, &e));
	for (size_t i = 0; i < sizeof(suite_errors) / sizeof(suite_errors[0]);
	    i++)
		if (str_eq(theirs, str_of(suite_errors[i].theirs))) {
			assert_string_equal(e.msg,
			    order == CRED_ORDER_GO && suite_errors[i].go ?
			    suite_errors[i].go : suite_errors[i].cli);
			return;
		}
	fail_msg("%.*s", STR_ARG(theirs));
}

static void
check_case(struct json test, enum cred_order order)
{
	struct json output = member(test, "output"), chain, first;
	struct buf config;
	struct str text;
	const char *z;

	config = arena_buf(&a, 4096);
	add_sections(member(test, "input"), "profile ", "profiles", &config);
	add_sections(member(test, "input"), "sso-session ", "sso_sessions",
	    &config);
	assert_true(arena_keep(&a, &config, &text, &e));
	assert_true(arena_z(&a, text, &z, &e));
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	fake_file(&f, "/h/.aws/config", z);
	fake_file(&f, "/var/token.jwt", "opaque");
	if (!json_get(output, S("ProfileChain"), &chain)) {
		check_error(order, text_of(member(output, "Error")));
		return;
	}
	/* The same row as above. */
	assert_true(json_first(chain, NULL, &first));
	if (str_eq(text_of(member(test, "docs")),
	    S("SSO token profile selected"))) {
		open_config("A");
		assert_false(cred_find(&c, order, &cred, &e));
		assert_int_equal(e.kind, ERR_ABSENT);
		return;
	}
	open_config("A");
	check_chain(order, chain);
}

static void
t_suite(void **state)
{
	struct json root, test;
	struct str text;
	size_t count = 0;

	(void)state;
	a = t_arena();
	text = vector("aws-config/assume-role-tests.json", &a);
	assert_true(json_parse(text, &a, &root, &e));
	for (bool more = json_first(root, NULL, &test); more;
	    more = json_next(root, NULL, &test), count++) {
		check_case(test, CRED_ORDER_CLI);
		check_case(test, CRED_ORDER_GO);
	}
	assert_int_equal(count, 21);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
