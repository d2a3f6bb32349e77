#include "base/json.h"
#include "cred/chain.h"
#include "fake_world.h"
#include "vectors.h"

/* Whole cases of a public suite: environment, files, recorded traffic, and
 * what comes of them.
 */
static struct fake_world f;
static struct arena a;
static struct config c;

static const char *
z_of(struct str s)
{
	const char *z = NULL;
	struct err e;

	assert_true(arena_z(&a, s, &z, &e));
	return z;
}

static struct json
parse(const char *name, const char *file)
{
	char path[256];
	struct json v = { 0 };
	struct str text;
	struct err e;

	snprintf(path, sizeof(path), "chain/%s/%s", name, file);
	text = vector(path, &a);
	if (!json_parse(text, &a, &v, &e))
		fail_msg("%s: %s", path, e.msg);
	return v;
}

static struct json
member(struct json v, const char *path)
{
	struct str rest = str_of(path), key;
	struct json m = v;

	while (rest.n) {
		str_cut(rest, '/', &key, &rest);
		if (!json_get(m, key, &m))
			fail_msg("no %s", path);
	}
	return m;
}

static struct str
text_of(struct json v)
{
	struct str s = { NULL, 0 };
	struct err e;

	assert_true(json_str(v, &a, &s, &e));
	return s;
}

static void
load_env(const char *name)
{
	struct json env = parse(name, "env.json"), key, item;

	for (bool more = json_first(env, &key, &item); more;
	    more = json_next(env, &key, &item))
		fake_env(&f, z_of(text_of(key)), z_of(text_of(item)));
}

static void
load_files(const char *name)
{
	static const char *const paths[] = {
		"/home/.aws/config", "/home/.aws/credentials", "/token.jwt",
		"/home/.aws/sso/cache/"
		    "dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char path[256];
		struct str text;
		struct err e;

		snprintf(path, sizeof(path), "chain/%s/fs%s", name, paths[i]);
		if (vector_file(path, &a, &text, &e))
			fake_file(&f, paths[i], z_of(text));
	}
}

/* Requests and what answered them. Fields of theirs that we must send too are
 * kept for after the run.
 */
static struct {
	const char *name, *value;
	size_t request;
} fields[32];
static size_t field_count;

static void
load_fields(struct json headers, size_t request)
{
	struct json key, item, value;

	for (bool more = json_first(headers, &key, &item); more;
	    more = json_next(headers, &key, &item)) {
		struct str name = text_of(key);

		if (str_ends(name, S("user-agent")))
			continue;
		assert_true(json_first(item, NULL, &value));
		assert_true(field_count < 32);
		fields[field_count].name = z_of(name);
		fields[field_count].value = z_of(text_of(value));
		fields[field_count++].request = request;
	}
}

static size_t
load_traffic(const char *name)
{
	struct json events = member(parse(name, "http-traffic.json"),
	    "events"), event, action, m;
	struct fake_answer answer = { .status = 0 };
	size_t requests = 0;

	field_count = 0;
	for (bool more = json_first(events, NULL, &event); more;
	    more = json_next(events, NULL, &event)) {
		action = member(event, "action");
		if (json_get(action, S("Request"), &m)) {
			m = member(m, "request");
			answer.method = z_of(text_of(member(m, "method")));
			answer.url = z_of(text_of(member(m, "uri")));
			load_fields(member(m, "headers"), requests++);
		} else if (json_get(action, S("Response"), &m)) {
			uint64_t status = 0;

			m = member(m, "response/Ok/status");
			assert_true(str_u64(json_raw(m), 599, &status));
			answer.status = (unsigned)status;
		} else if (json_get(action, S("Data"), &m)) {
			answer.body = z_of(text_of(member(m, "data/Utf8")));
			fake_answer(&f, answer);
		}
	}
	return requests;
}

static void
check_str(struct json ok, const char *name, struct str got)
{
	struct json m;

	if (json_get(ok, str_of(name), &m))
		assert_str_equal(got, text_of(m));
	else
		assert_int_equal(got.n, 0);
}

static void
check_result(const char *name, const struct cred *cred)
{
	struct json ok = member(parse(name, "test-case.json"), "result/Ok"), m;
	uint64_t expires = 0;

	check_str(ok, "access_key_id", cred->key_id);
	check_str(ok, "secret_access_key", cred->secret);
	check_str(ok, "session_token", cred->token);
	check_str(ok, "account_id", cred->account);
	if (json_get(ok, S("expiry"), &m))
		assert_true(str_u64(json_raw(m), UINT64_MAX, &expires));
	assert_true(cred->expires == (int64_t)expires);
}

static void
recorded(const char *name, const char *error, enum cred_order order)
{
	struct config_flags flags = { .profile = NULL };
	struct cred cred;
	struct err e;
	size_t requests;
	bool found;

	a = t_arena();
	fake_open(&f);
	f.now = 1234560000;	/* before the earliest expiry of the suite */
	load_env(name);
	load_files(name);
	requests = load_traffic(name);
	assert_true(config_load(&f.w, &a, &flags, &c, &e));
	found = cred_find(&c, order, &cred, &e);
	if (found != !error)
		fail_msg("%s: %s", name, found ? "found" : e.msg);
	if (error) {
		assert_string_equal(e.msg, error);
		return;
	}
	check_result(name, &cred);
	assert_int_equal(f.request_count, requests);
	for (size_t i = 0; i < field_count; i++) {
		const char *value = fake_field(&f, fields[i].request,
		    fields[i].name);

		if (!value || strcmp(value, fields[i].value) != 0)
			fail_msg("%s: field %s is %s", name, fields[i].name,
			    value);
	}
}

static void
t_recorded(void **state)
{
	static const struct {
		const char *name;
		const char *error;	/* in our words; NULL: as recorded */
	} cases[] = {
		{ "environment_variables", NULL },
		{ "prefer_environment", NULL },
		{ "profile_name", NULL },
		{ "profile_static_keys", NULL },
		{ "ecs_credentials", NULL },
		{ "ecs_credentials_invalid_profile", NULL },
		{ "eks_pod_identity_credentials", NULL },
		{ "e2e_fips_and_dual_stack_sso", NULL },
		{ "sso_assume_role", NULL },
		{ "sso_no_token_file", "sso session of profile 'sso-test': not"
		    " logged in: read '/home/.aws/sso/cache/dace00cba5f8355ec9"
		    "d274ceb2bcebdfbeed0e12.json': No such file or directory;"
		    " run: aws sso login --profile sso-test" },
		{ "imds_default_chain_success", NULL },
		{ "imds_config_with_no_creds", NULL },
		{ "imds_default_chain_error", "no credentials: env:"
		    " AWS_ACCESS_KEY_ID not set; profile: no profile"
		    " 'default'; container:"
		    " AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and"
		    " AWS_CONTAINER_CREDENTIALS_FULL_URI not set; imds: no"
		    " role of the instance: imds /latest/meta-data/iam/"
		    "security-credentials/: not there (status 404)" },
		{ "imds_disabled", "no credentials: env: AWS_ACCESS_KEY_ID not"
		    " set; profile: no profile 'default'; container:"
		    " AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and"
		    " AWS_CONTAINER_CREDENTIALS_FULL_URI not set; imds:"
		    " switched off by AWS_EC2_METADATA_DISABLED" },
		/* Needs the sources of pending.c. */
		{ "imds_no_iam_role", "profile 'default' uses role_arn, which"
		    " this version cannot use yet; choose a profile with"
		    " aws_access_key_id, or set AWS_ACCESS_KEY_ID and"
		    " AWS_SECRET_ACCESS_KEY" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		recorded(cases[i].name, cases[i].error, CRED_ORDER_CLI);
		recorded(cases[i].name, cases[i].error, CRED_ORDER_GO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
