#include "cred/chain.h"
#include "fake_world.h"

#define BASE "http://169.254.169.254/latest/"
#define ROLES BASE "meta-data/iam/security-credentials/"
#define EXTENDED BASE "meta-data/iam/security-credentials-extended/"
#define GOOD "{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\"," \
	"\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SK\"," \
	"\"Token\":\"T\",\"Expiration\":\"2015-08-30T18:36:00Z\"}"

static struct fake_world f;
static struct arena a;
static struct config c;
static bool want_account;

static void
open_world(const char *profile)
{
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	if (profile)
		fake_file(&f, "/h/.aws/config", profile);
}

static bool
select_it(struct str *id, struct err *e)
{
	static const struct config_flags none;
	static char text[1024];
	struct buf b = BUF(text);
	bool done;

	a = t_arena();
	assert_true(config_load(&f.w, &a, &none, &c, e));
	c.want_account = want_account;
	done = cred_imds.select(&c, &c.profile, &b, e);
	*id = buf_str(&b);
	return done;
}

static bool
fetch_it(struct cred *cred, struct err *e)
{
	struct str id;

	if (!select_it(&id, e))
		return false;
	*cred = (struct cred){ .source = "imds" };
	return cred_imds.fetch(&c, &c.profile, cred, e);
}

static void
answer(const char *url, unsigned status, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .url = url, .status = status,
		.body = body });
}

static void
t_found(void **state)
{
	static const struct {
		const char *listing, *role;	/* role: as in the URL */
	} cases[] = {
		{ "r", "r" },
		{ "r\n", "r" },
		{ " r \r\nsecond\n", "r" },
		{ "My_Role+=,.@-9\nx", "My_Role+=,.@-9" },
		{ "../../api", "..%2F..%2Fapi" },
		{ "a b", "a%20b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char url[256] = ROLES;
		struct cred cred;
		struct err e;

		strcat(url, cases[i].role);
		open_world(NULL);
		answer(BASE "api/token", 200, "TOKEN");
		answer(ROLES, 200, cases[i].listing);
		answer(url, 200, GOOD);
		if (!fetch_it(&cred, &e))
			fail_msg("%s", e.msg);
		assert_true(fake_done(&f));
		assert_str_equal(cred.key_id, S("AK"));
		assert_str_equal(cred.secret, S("SK"));
		assert_str_equal(cred.token, S("T"));
		assert_int_equal(cred.account.n, 0);
		assert_true(cred.expires == FAKE_NOW + 6 * 3600);
		assert_string_equal(cred.source, "imds");
	}
}

static void
t_named_role(void **state)
{
	static const struct {
		const char *env, *profile, *url;	/* NULL: refused */
	} cases[] = {
		{ "e", "[default]\nec2_instance_profile_name = p\n",
		    ROLES "e" },
		{ "", "[default]\nec2_instance_profile_name = p\n",
		    ROLES "p" },
		{ " e\n", NULL, ROLES "e" },
		{ "  ", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct err e;

		open_world(cases[i].profile);
		fake_env(&f, "AWS_EC2_INSTANCE_PROFILE_NAME", cases[i].env);
		answer(BASE "api/token", 200, "TOKEN");
		if (cases[i].url) {
			answer(cases[i].url, 200, GOOD);
			assert_true(fetch_it(&cred, &e));
			assert_int_equal(f.request_count, 2);
			continue;
		}
		assert_false(fetch_it(&cred, &e));
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.msg, "AWS_EC2_INSTANCE_PROFILE_NAME or"
		    " ec2_instance_profile_name is blank; name the role or"
		    " leave it unset");
		assert_int_equal(f.request_count, 0);
	}
}

/* The role was replaced between the two requests: once, not for ever. */
static void
t_role_gone(void **state)
{
	struct cred cred;
	struct err e;

	(void)state;
	open_world(NULL);
	answer(BASE "api/token", 200, "TOKEN");
	answer(ROLES, 200, "old");
	answer(ROLES "old", 404, "");
	answer(ROLES, 200, "new");
	answer(ROLES "new", 200, GOOD);
	assert_true(fetch_it(&cred, &e));
	assert_true(fake_done(&f));

	open_world(NULL);
	answer(BASE "api/token", 200, "TOKEN");
	fake_answer(&f, (struct fake_answer){ .url = ROLES, .status = 200,
		.body = "r", .always = true });
	fake_answer(&f, (struct fake_answer){ .url = ROLES "r", .status = 404,
		.always = true });
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.msg, "role 'r': imds /latest/meta-data/iam/"
	    "security-credentials/r: not there (status 404)");
	assert_int_equal(f.request_count, 5);

	/* A role that the user named is not looked for under another name. */
	open_world(NULL);
	fake_env(&f, "AWS_EC2_INSTANCE_PROFILE_NAME", "mine");
	answer(BASE "api/token", 200, "TOKEN");
	answer(ROLES "mine", 404, "");
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(f.request_count, 2);
}

static void
t_no_role(void **state)
{
	struct cred cred;
	struct err e;

	(void)state;
	open_world(NULL);
	answer(BASE "api/token", 200, "TOKEN");
	answer(ROLES, 404, "<html>");
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.msg, "no role of the instance: imds /latest/"
	    "meta-data/iam/security-credentials/: not there (status 404)");

	/* The same of a service without version 2. */
	open_world(NULL);
	answer(BASE "api/token", 404, "");
	answer(ROLES, 404, "");
	assert_false(fetch_it(&cred, &e));
	assert_string_equal(e.msg, "no role of the instance: imds /latest/"
	    "meta-data/iam/security-credentials/: not there (status 404)");

	open_world(NULL);
	answer(BASE "api/token", 200, "TOKEN");
	answer(ROLES, 200, " \nr");
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.msg, "the instance has no role");

	open_world(NULL);
	fake_answer(&f, (struct fake_answer){ .refused = true,
		.phase = HTTP_CONNECT, .always = true });
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.msg, "imds /latest/api/token: connect"
	    " 169.254.169.254: connection refused");
}

/* Answers of a role that end the chain. */
static void
t_bad_role(void **state)
{
	static const struct {
		const char *body;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ "{\"Code\":\"AssumeRoleUnauthorizedAccess\","
		    "\"Message\":\"EC2 cannot assume\\u001b[2J the role\"}",
		    ERR_DENIED, "metadata service: role 'r':"
		    " AssumeRoleUnauthorizedAccess: EC2 cannot assume?[2J the"
		    " role" },
		{ "{\"Code\":\"Success\"}", ERR_REPLY,
		    "metadata service: role 'r': no 'AccessKeyId'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct err e;

		open_world(NULL);
		answer(BASE "api/token", 200, "TOKEN");
		answer(ROLES, 200, "r");
		answer(ROLES "r", 200, cases[i].body);
		assert_false(fetch_it(&cred, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.msg, cases[i].msg);
	}
}

static void
t_long_name(void **state)
{
	char name[800];
	struct cred cred;
	struct err e;

	(void)state;
	memset(name, 'r', sizeof(name));
	name[799] = '\0';
	open_world(NULL);
	fake_env(&f, "AWS_EC2_INSTANCE_PROFILE_NAME", name);
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "role name of 799 bytes, at most 256");

	memset(name, 'r', sizeof(name));
	name[257] = '\0';
	open_world(NULL);
	answer(BASE "api/token", 200, "TOKEN");
	answer(ROLES, 200, name);
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg,
	    "metadata service: role name of 257 bytes, at most 256");

	/* The longest there may be, every byte of it encoded. */
	memset(name, ' ', sizeof(name));
	name[0] = name[255] = '/';
	name[256] = '\0';
	open_world(NULL);
	answer(BASE "api/token", 200, "TOKEN");
	answer(ROLES, 200, name);
	answer(NULL, 200, GOOD);
	assert_true(fetch_it(&cred, &e));
}

#define GOOD_ACCOUNT "{\"Code\":\"Success\"," \
	"\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SK\"," \
	"\"AccountId\":\"123456789012\"}"
#define NOT_THERE(path) path ": not there (status 404)"

/* What is asked when the account id is wanted, in order. */
static void
t_extended(void **state)
{
	static const struct {
		const char *name;	/* of the role, set by the user */
		bool account;
		enum err_kind kind;
		const char *msg;	/* NULL: found */
		struct fake_answer answers[6];
	} cases[] = {
		{ NULL, true, ERR_NONE, NULL, {
		    { .url = EXTENDED, .status = 200, .body = "r" },
		    { .url = EXTENDED "r", .status = 200,
			.body = GOOD_ACCOUNT } } },
		/* An old instance; and a proxy that knows what it knows. */
		{ NULL, false, ERR_NONE, NULL, {
		    { .url = EXTENDED, .status = 404 },
		    { .url = ROLES, .status = 200, .body = "r" },
		    { .url = ROLES "r", .status = 200, .body = GOOD } } },
		{ NULL, false, ERR_NONE, NULL, {
		    { .url = EXTENDED, .status = 403 },
		    { .url = ROLES, .status = 200, .body = "r" },
		    { .url = ROLES "r", .status = 200, .body = GOOD } } },
		/* Once is enough. */
		{ NULL, false, ERR_NONE, NULL, {
		    { .url = EXTENDED, .status = 404 },
		    { .url = ROLES, .status = 200, .body = "old" },
		    { .url = ROLES "old", .status = 404 },
		    { .url = ROLES, .status = 200, .body = "new" },
		    { .url = ROLES "new", .status = 200, .body = GOOD } } },
		{ NULL, true, ERR_NONE, NULL, {
		    { .url = EXTENDED, .status = 200, .body = "old" },
		    { .url = EXTENDED "old", .status = 404 },
		    { .url = EXTENDED, .status = 200, .body = "new" },
		    { .url = EXTENDED "new", .status = 200,
			.body = GOOD_ACCOUNT } } },
		{ "mine", true, ERR_NONE, NULL, {
		    { .url = EXTENDED "mine", .status = 200,
			.body = GOOD_ACCOUNT } } },
		{ "mine", false, ERR_NONE, NULL, {
		    { .url = EXTENDED "mine", .status = 404 },
		    { .url = ROLES "mine", .status = 200, .body = GOOD } } },
		{ "mine", false, ERR_ABSENT, "role 'mine': imds "
		    NOT_THERE("/latest/meta-data/iam/security-credentials/"
		    "mine"), {
		    { .url = EXTENDED "mine", .status = 404 },
		    { .url = ROLES "mine", .status = 404 } } },
		{ "mine", false, ERR_LIMIT, "role 'mine': imds /latest/"
		    "meta-data/iam/security-credentials-extended/mine: too"
		    " large", {
		    { .url = EXTENDED "mine", .kind = ERR_LIMIT,
			.msg = "too large" } } },
		{ NULL, false, ERR_ABSENT, "no role of the instance: imds "
		    NOT_THERE("/latest/meta-data/iam/security-credentials/"), {
		    { .url = EXTENDED, .status = 404 },
		    { .url = ROLES, .status = 404 } } },
		{ NULL, false, ERR_REPLY, "no role of the instance: imds"
		    " /latest/meta-data/iam/security-credentials-extended/:"
		    " status 400", {
		    { .url = EXTENDED, .status = 400 } } },
		{ NULL, false, ERR_DENIED, "role 'r': imds /latest/meta-data/"
		    "iam/security-credentials-extended/r: status 403, the"
		    " metadata service is switched off or closed to us", {
		    { .url = EXTENDED, .status = 200, .body = "r" },
		    { .url = EXTENDED "r", .status = 403 } } },
	};

	(void)state;
	want_account = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count = 0;
		struct cred cred;
		struct err e;

		open_world(NULL);
		if (cases[i].name)
			fake_env(&f, "AWS_EC2_INSTANCE_PROFILE_NAME",
			    cases[i].name);
		answer(BASE "api/token", 200, "TOKEN");
		while (cases[i].answers[count].url)
			fake_answer(&f, cases[i].answers[count++]);
		if (fetch_it(&cred, &e)) {
			assert_null(cases[i].msg);
			assert_str_equal(cred.key_id, S("AK"));
			assert_int_equal(cred.account.n,
			    cases[i].account ? 12 : 0);
		} else {
			if (!cases[i].msg)
				fail_msg("%zu: %s", i, e.msg);
			assert_string_equal(e.msg, cases[i].msg);
			assert_int_equal(e.kind, cases[i].kind);
		}
		assert_int_equal(f.request_count, count + 1);
		for (size_t k = 0; k < count; k++)
			assert_string_equal(f.requests[k + 1].url,
			    cases[i].answers[k].url);
	}
	want_account = false;
}

/* It is remembered for the run that there is no extended path; and the account
 * id is not worth a second attempt at a service that nobody reaches.
 */
static void
t_extended_once(void **state)
{
	struct cred cred;
	struct err e;

	(void)state;
	want_account = true;
	open_world(NULL);
	answer(BASE "api/token", 200, "TOKEN");
	answer(EXTENDED, 404, "");
	for (int i = 0; i < 2; i++) {
		answer(ROLES, 200, "r");
		answer(ROLES "r", 200, GOOD);
	}
	assert_true(fetch_it(&cred, &e));
	assert_true(cred_imds.fetch(&c, &c.profile, &cred, &e));
	assert_int_equal(f.request_count, 6);

	open_world(NULL);
	fake_env(&f, "AWS_EC2_METADATA_V1_DISABLED", "true");
	fake_answer(&f, (struct fake_answer){ .url = BASE "api/token",
		.status = 404, .always = true });
	assert_false(fetch_it(&cred, &e));
	assert_int_equal(f.request_count, 1);

	open_world(NULL);
	fake_answer(&f, (struct fake_answer){ .refused = true,
		.phase = HTTP_CONNECT, .always = true });
	assert_false(fetch_it(&cred, &e));
	assert_string_equal(e.msg, "imds /latest/api/token: connect"
	    " 169.254.169.254: connection refused");
	assert_int_equal(f.request_count, 1);
	want_account = false;
}

static void
t_identity(void **state)
{
	static const struct {
		const char *env, *value, *boot;
		const char *id;	/* NULL: ERR_ABSENT */
	} cases[] = {
		{ NULL, NULL, NULL, "provider=\"imds\"\n"
		    "endpoint=http://169.254.169.254/\nrole=\"\"\n" },
		{ NULL, NULL, "b-1\n", "provider=\"imds\"\n"
		    "endpoint=http://169.254.169.254/\nrole=\"\"\n"
		    "boot=\"b-1\"\n" },
		{ "AWS_EC2_INSTANCE_PROFILE_NAME", "r", NULL,
		    "provider=\"imds\"\n"
		    "endpoint=http://169.254.169.254/\nrole=\"r\"\n" },
		{ "AWS_EC2_METADATA_SERVICE_ENDPOINT",
		    "http://127.0.0.1:1338/x", NULL, "provider=\"imds\"\n"
		    "endpoint=http://127.0.0.1:1338/x\nrole=\"\"\n" },
		{ "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6", NULL,
		    "provider=\"imds\"\n"
		    "endpoint=http://[fd00:ec2::254]/\nrole=\"\"\n" },
		{ "AWS_EC2_METADATA_DISABLED", "True", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str id;
		struct err e;

		open_world(NULL);
		if (cases[i].env)
			fake_env(&f, cases[i].env, cases[i].value);
		if (cases[i].boot)
			fake_file(&f, "/proc/sys/kernel/random/boot_id",
			    cases[i].boot);
		assert_int_equal(select_it(&id, &e), cases[i].id != NULL);
		if (cases[i].id)
			assert_str_equal(id, str_of(cases[i].id));
		else
			assert_int_equal(e.kind, ERR_ABSENT);
		assert_int_equal(f.request_count, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_found),
		cmocka_unit_test(t_named_role),
		cmocka_unit_test(t_role_gone),
		cmocka_unit_test(t_no_role),
		cmocka_unit_test(t_bad_role),
		cmocka_unit_test(t_long_name),
		cmocka_unit_test(t_extended),
		cmocka_unit_test(t_extended_once),
		cmocka_unit_test(t_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
