#include "base/json.h"
#include "base/limits.h"
#include "cred/chain.h"
#include "cred/document.h"
#include "fake_world.h"
#include "vectors.h"

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"

#define GOOD "{\"RoleArn\":\"arn:aws:iam::123456789012:role/r\"," \
	"\"AccessKeyId\":\"AK\",\"SecretAccessKey\":\"SK\"," \
	"\"Token\":\"T\",\"AccountId\":\"123456789012\"," \
	"\"Expiration\" : \"2015-08-30T13:36:00Z\"}"

static struct fake_world f;
static struct arena a;
static struct config c;

static void
open_config(void)
{
	static const struct config_flags none;
	struct err e;

	a = t_arena();
	assert_true(config_load(&f.w, &a, &none, &c, &e));
}

static bool
select_it(struct str *id, struct err *e)
{
	static char text[4096];
	struct buf b = BUF(text);
	bool done;

	open_config();
	done = cred_container.select(&c, &c.profile, &b, e);
	*id = buf_str(&b);
	return done;
}

static bool
fetch_it(struct cred *cred, struct err *e)
{
	struct str id;

	if (!select_it(&id, e))
		return false;
	*cred = (struct cred){ .source = "container" };
	return cred_container.fetch(&c, &c.profile, cred, e);
}

static void
answer(unsigned status, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.status = status, .body = body });
}

/* ecs-tests.json: the URI that is asked, or a part of the error. */
static void
t_suite(void **state)
{
	static const struct {
		const char *theirs, *ours;
	} errors[] = {
		{ "No environment variables were set to configure ECS provider",
		    RELATIVE " and " FULL " not set" },
		{ "URI did not specify a host",
		    FULL ": URL does not begin with" },
	};
	struct arena b = t_arena();
	struct str text = vector("aws-config/ecs-tests.json", &b);
	struct json root, tests, test, env, key, item, result;
	struct str copy;
	struct err e;
	char keep[16384];
	size_t count = 0;

	(void)state;
	assert_true(text.n < sizeof(keep));
	memcpy(keep, text.p, text.n);
	copy = (struct str){ keep, text.n };
	for (;; count++) {
		struct cred cred;
		struct str want;
		size_t at = 0;
		bool more;

		/* t_arena is one memory: parse again for each case. */
		b = t_arena();
		assert_true(json_parse(copy, &b, &root, &e));
		assert_true(json_get(root, S("tests"), &tests));
		for (more = json_first(tests, NULL, &test); more && at < count;
		    more = json_next(tests, NULL, &test))
			at++;
		if (!more)
			break;
		fake_open(&f);
		assert_true(json_get(test, S("env"), &env));
		for (bool on = json_first(env, &key, &item); on;
		    on = json_next(env, &key, &item)) {
			struct str k, v;
			const char *kz, *vz;

			assert_true(json_str(key, &b, &k, &e) &&
			    json_str(item, &b, &v, &e) &&
			    arena_z(&b, k, &kz, &e) &&
			    arena_z(&b, v, &vz, &e));
			fake_env(&f, kz, vz);
		}
		assert_true(json_get(test, S("result"), &result));
		if (json_get_str(result, S("Ok"), &b, &want, &e)) {
			char url[256] = "";

			strncat(url, want.p, want.n);
			answer(200, GOOD);
			if (!fetch_it(&cred, &e))
				fail_msg("%s: %s", url, e.msg);
			assert_string_equal(f.requests[0].url, url);
			continue;
		}
		assert_true(json_get_str(result, S("ErrorContains"), &b, &want,
		    &e));
		at = 0;
		while (!str_eq(want, str_of(errors[at].theirs)))
			assert_true(++at < sizeof(errors) / sizeof(errors[0]));
		assert_false(fetch_it(&cred, &e));
		if (!strstr(e.msg, errors[at].ours))
			fail_msg("%s", e.msg);
	}
	assert_int_equal(count, 11);
}

static void
t_host(void **state)
{
	static const struct {
		const char *uri;
		bool allowed;
	} cases[] = {
		{ "http://127.0.0.1/x", true },
		{ "http://127.255.255.254:1338/x", true },
		{ "http://[::1]:8080/x", true },
		{ "http://[0:0::1]/x", true },
		{ "http://localhost/x", true },
		{ "http://LOCALHOST./x", true },
		{ "http://[fd00:0ec2::23]/x", true },
		{ "https://example.com/x", true },
		{ "https://192.0.2.1/x", true },
		{ "http://example.com/x", false },
		{ "http://192.0.2.1/x", false },
		{ "http://128.0.0.1/x", false },
		{ "http://169.254.169.254/x", false },
		{ "http://169.254.170.22/x", false },
		{ "http://[fd00:ec2::24]/x", false },
		{ "http://[fd00:ec2::254]/x", false },
		{ "http://localhost.example.com/x", false },
		{ "http://127.0.0.1.example.com/x", false },
		{ "http://sub.localhost/x", false },
		{ "http://[::]/x", false },
		{ "http://0.0.0.0/x", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str id;
		struct err e;

		fake_open(&f);
		fake_env(&f, FULL, cases[i].uri);
		if (select_it(&id, &e) != cases[i].allowed)
			fail_msg("%s", cases[i].uri);
		if (cases[i].allowed)
			continue;
		assert_int_equal(e.kind, ERR_USAGE);
		assert_non_null(strstr(e.msg, FULL ": plain http to '"));
	}
}

static void
t_refused(void **state)
{
	static const struct {
		const char *name, *value, *token_name, *token;
		enum err_kind kind;
		const char *msg;	/* how it begins */
	} cases[] = {
		{ RELATIVE, "", NULL, NULL, ERR_ABSENT,
		    RELATIVE " and " FULL " not set" },
		{ RELATIVE, ".example.com/x", NULL, NULL, ERR_USAGE, RELATIVE
		    " '.example.com/x' does not begin with '/'" },
		{ RELATIVE, "@example.com/x", NULL, NULL, ERR_USAGE, RELATIVE
		    " '@example.com/x' does not begin with '/'" },
		{ RELATIVE, "/x y", NULL, NULL, ERR_USAGE, RELATIVE ": " },
		{ RELATIVE, "/x#y", NULL, NULL, ERR_USAGE, RELATIVE ": " },
		{ FULL, "http://u@127.0.0.1/", NULL, NULL, ERR_USAGE,
		    FULL ": " },
		{ FULL, "ftp://127.0.0.1/", NULL, NULL, ERR_USAGE, FULL ": " },
		{ FULL, "http://[::1/", NULL, NULL, ERR_USAGE, FULL ": " },
		{ FULL, "http://:80/", NULL, NULL, ERR_USAGE, FULL ": " },
		{ RELATIVE, "/x", TOKEN, "a\r\nX: y", ERR_USAGE, TOKEN
		    ": the token has a line break or control byte at byte 1;"
		    " it is sent as it stands, so write it without" },
		{ RELATIVE, "/x", TOKEN, "a\n", ERR_USAGE, TOKEN ": the" },
		{ RELATIVE, "/x", TOKEN, "\x7f", ERR_USAGE, TOKEN ": the" },
		{ RELATIVE, "/x", TOKEN_FILE, "/nowhere", ERR_SYS, TOKEN_FILE
		    ": read '/nowhere': No such file or directory" },
		{ RELATIVE, "/x", TOKEN_FILE, "/broken", ERR_SYS, TOKEN_FILE
		    ": read '/broken': made to fail" },
		{ RELATIVE, "/x", TOKEN_FILE, "/empty", ERR_USAGE, TOKEN_FILE
		    ": '/empty' is empty" },
		{ RELATIVE, "/x", TOKEN_FILE, "/line", ERR_USAGE, TOKEN_FILE
		    ": the token has a line break or control byte at byte 5" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str id;
		struct err e;

		fake_open(&f);
		fake_file_fails(&f, "/broken", ERR_SYS);
		fake_file(&f, "/empty", "");
		fake_file(&f, "/line", "token\n");
		fake_env(&f, cases[i].name, cases[i].value);
		if (cases[i].token_name)
			fake_env(&f, cases[i].token_name, cases[i].token);
		assert_false(select_it(&id, &e));
		assert_int_equal(e.kind, cases[i].kind);
		if (strncmp(e.msg, cases[i].msg, strlen(cases[i].msg)) != 0)
			fail_msg("%s", e.msg);
	}
}

static void
t_request(void **state)
{
	struct cred cred;
	struct err e;

	(void)state;
	fake_open(&f);
	fake_env(&f, RELATIVE, "/v2/credentials/x");
	answer(200, GOOD);
	assert_true(fetch_it(&cred, &e));
	assert_str_equal(cred.key_id, S("AK"));
	assert_str_equal(cred.secret, S("SK"));
	assert_str_equal(cred.token, S("T"));
	assert_str_equal(cred.account, S("123456789012"));
	assert_true(cred.expires == FAKE_NOW + 3600);
	assert_string_equal(cred.source, "container");
	assert_string_equal(f.requests[0].method, "GET");
	assert_string_equal(f.requests[0].url,
	    "http://169.254.170.2/v2/credentials/x");
	assert_string_equal(fake_field(&f, 0, "accept"), "application/json");
	assert_null(fake_field(&f, 0, "authorization"));
	assert_int_equal(f.requests[0].deadline, FAKE_CLOCK_MS + CONTAINER_MS);

	/* The file wins over the variable. */
	fake_open(&f);
	fake_env(&f, FULL, "http://169.254.170.23/v1/credentials");
	fake_env(&f, TOKEN, "variable");
	answer(200, GOOD);
	assert_true(fetch_it(&cred, &e));
	assert_string_equal(fake_field(&f, 0, "authorization"), "variable");
	fake_env(&f, TOKEN_FILE, "/token");
	fake_file(&f, "/token", "file");
	answer(200, GOOD);
	assert_true(fetch_it(&cred, &e));
	assert_string_equal(fake_field(&f, 1, "authorization"), "file");
}

/* What an agent says to a token that it does not like may be that token, and
 * an answer that is no refusal may be the credentials.
 */
static void
t_echo(void **state)
{
	static const struct {
		unsigned status;
		const char *body, *msg;
	} cases[] = {
		{ 401, "bad token 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'",
		    "169.254.170.2: status 401: bad token '" },
		{ 401, "eyJhbGciOiJS...", "169.254.170.2: status 401" },
		{ 401, "eyJhbGciOiJ", "169.254.170.2: status 401:"
		    " eyJhbGciOiJ" },
		{ 200, "{\"Code\":\"Denied\",\"Message\":\"bad token"
		    " eyJhbGciOiJSUzI1NiJ9.e30.c2ln\"}",
		    "169.254.170.2: Denied: bad token " },
		{ 200, "{\"Code\":\"eyJhbGciOiJSUzI1NiJ9.e30.c2ln\"}",
		    "answer of 169.254.170.2: " },
		{ 201, GOOD, "169.254.170.2: status 201" },
		{ 300, GOOD, "169.254.170.2: status 300" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred;
		struct err e;

		fake_open(&f);
		fake_env(&f, RELATIVE, "/x");
		fake_env(&f, TOKEN, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln");
		fake_answer(&f, (struct fake_answer){ .always = true,
			.status = cases[i].status, .body = cases[i].body });
		assert_false(fetch_it(&cred, &e));
		assert_true(str_ends(str_of(e.msg), str_of(cases[i].msg)));
	}
}

/* What makes another attempt worth while, and how it ends. */
static void
t_retry(void **state)
{
	static const struct {
		struct fake_answer first;
		size_t requests;	/* in all */
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ { .status = 500, .body = "busy\x1b[31m" }, 3, ERR_REPLY,
		    "credentials of container: 169.254.170.2: status 500:"
		    " busy?[31m" },
		{ { .status = 404, .body = "{\"code\":\"x\"}" }, 3, ERR_REPLY,
		    "credentials of container: 169.254.170.2: status 404:"
		    " {\"code\":\"x\"}" },
		{ { .status = 302, .fields = "Location: http://192.0.2.1/" },
		    3, ERR_REPLY,
		    "credentials of container: 169.254.170.2: status 302" },
		{ { .status = 200, .body = "{}" }, 3, ERR_REPLY,
		    "credentials of container: answer of 169.254.170.2:"
		    " no 'AccessKeyId'" },
		{ { .timed_out = true, .phase = HTTP_CONNECT }, 3, ERR_NET,
		    "credentials of container: connect 169.254.170.2: timed"
		    " out after 2000 ms" },
		{ { .refused = true, .phase = HTTP_CONNECT }, 3, ERR_NET,
		    "credentials of container: connect 169.254.170.2:"
		    " connection refused" },
		{ { .kind = ERR_TRUST, .msg = "tls: unknown authority" }, 1,
		    ERR_TRUST,
		    "credentials of container: tls: unknown authority" },
		{ { .kind = ERR_LIMIT, .msg = "too large" }, 1, ERR_LIMIT,
		    "credentials of container: too large" },
		/* Never "absent": the chain would go on to somebody else. */
		{ { .kind = ERR_ABSENT, .msg = "host does not exist" }, 1,
		    ERR_NET, "credentials of container: host does not exist" },
		/* Refused by the agent, in the manner of the metadata. */
		{ { .status = 200, .body = "{\"Code\":\"Denied\"}" }, 3,
		    ERR_DENIED, "credentials of container: answer of"
		    " 169.254.170.2: Denied" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_answer bad = cases[i].first;
		struct cred cred;
		struct err e;

		fake_open(&f);
		fake_env(&f, RELATIVE, "/x");
		bad.always = true;
		fake_answer(&f, bad);
		assert_false(fetch_it(&cred, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(f.request_count, cases[i].requests);
		assert_int_equal(f.pause_count, cases[i].requests - 1);
		for (size_t k = 0; k < f.pause_count; k++)
			assert_int_equal(f.pauses[k].least_ms,
			    CONTAINER_PAUSE_MS);

		/* The third attempt counts too, and reads the token anew. */
		if (cases[i].requests == 1)
			continue;
		bad.always = false;
		fake_open(&f);
		fake_env(&f, RELATIVE, "/x");
		fake_answer(&f, bad);
		fake_answer(&f, bad);
		answer(200, GOOD);
		assert_true(fetch_it(&cred, &e));
		assert_str_equal(cred.key_id, S("AK"));
		assert_true(fake_done(&f));
	}
}

/* No pause and no attempt past the run's own deadline. */
static void
t_deadline(void **state)
{
	struct cred cred;
	struct str id;
	struct err e;

	(void)state;
	fake_open(&f);
	fake_env(&f, RELATIVE, "/x");
	fake_answer(&f, (struct fake_answer){ .timed_out = true,
		.phase = HTTP_RECEIVE, .always = true });
	assert_true(select_it(&id, &e));
	c.deadline = FAKE_CLOCK_MS + 3500;
	assert_false(cred_container.fetch(&c, &c.profile, &cred, &e));
	assert_int_equal(f.request_count, 2);
	assert_int_equal(f.requests[1].deadline, c.deadline);
	assert_int_equal(f.clock_ms, c.deadline);
}

/* {"iss":"https://oidc","sub":"system:serviceaccount:ns:a"} and other times */
#define JWT_A1 "e30.eyJpc3MiOiJodHRwczovL29pZGMiLCJzdWIiOiJzeXN0ZW06c2Vydml" \
	"jZWFjY291bnQ6bnM6YSIsImV4cCI6MX0.c2ln"
#define JWT_A2 "e30.eyJpc3MiOiJodHRwczovL29pZGMiLCJzdWIiOiJzeXN0ZW06c2Vydml" \
	"jZWFjY291bnQ6bnM6YSIsImV4cCI6Mn0.c2ln"
#define ID "provider=\"container\"\nuri=\"http://169.254.170.23/x\"\n"

static void
t_identity(void **state)
{
	static const struct {
		const char *token_name, *token, *boot;
		const char *id;
	} cases[] = {
		{ NULL, NULL, NULL, ID },
		{ NULL, NULL, "b-1\n", ID "boot=\"b-1\"\n" },
		{ TOKEN, JWT_A1, NULL, ID "issuer=\"https://oidc\"\n"
		    "subject=\"system:serviceaccount:ns:a\"\n" },
		{ TOKEN, JWT_A2, NULL, ID "issuer=\"https://oidc\"\n"
		    "subject=\"system:serviceaccount:ns:a\"\n" },
		{ TOKEN_FILE, "/jwt", NULL, ID "token_file=\"/jwt\"\n"
		    "issuer=\"https://oidc\"\n"
		    "subject=\"system:serviceaccount:ns:a\"\n" },
		{ TOKEN, "abc", NULL, ID "token_hash=\"ba7816bf8f01cfea414140d"
		    "e5dae2223b00361a396177a9cb410ff61f20015ad\"\n" },
		/* {"sub":"a"}, no issuer: not a subject. */
		{ TOKEN, "e30.eyJzdWIiOiJhIn0.x", NULL, ID "token_hash=\"5a111"
		    "589ebfe5c7c15f5403c513505d2ed2d6d2e2d" },
		{ TOKEN, "a.b", NULL, ID "token_hash=\"" },
		{ TOKEN, JWT_A1 ".x", NULL, ID "token_hash=\"" },
		{ TOKEN, "e30.!!!!.x", NULL, ID "token_hash=\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str id, want = str_of(cases[i].id);
		struct err e;

		fake_open(&f);
		fake_env(&f, FULL, "http://169.254.170.23/x");
		fake_file(&f, "/jwt", JWT_A1);
		if (cases[i].token_name)
			fake_env(&f, cases[i].token_name, cases[i].token);
		if (cases[i].boot)
			fake_file(&f, "/proc/sys/kernel/random/boot_id",
			    cases[i].boot);
		assert_true(select_it(&id, &e));
		if (want.n && want.p[want.n - 1] != '\n')
			id = str_head(id, want.n);
		assert_str_equal(id, want);
	}
}

static void
t_document(void **state)
{
	static const struct {
		const char *text;
		enum err_kind kind;	/* ERR_NONE: accepted */
		const char *msg;
	} cases[] = {
		{ "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}",
		    ERR_NONE, NULL },
		{ "{\"Code\":\"SUCCESS\",\"AccessKeyId\":\"a\","
		    "\"SecretAccessKey\":\"b\",\"Token\":null}",
		    ERR_NONE, NULL },
		{ "{\"AccountId\":\"1\",\"AccessKeyId\":\"a\","
		    "\"SecretAccessKey\":\"b\"}", ERR_NONE, NULL },
		{ "{\"Code\":\"AssumeRoleUnauthorizedAccess\","
		    "\"Message\":\"EC2 cannot assume the role\"}", ERR_DENIED,
		    "AssumeRoleUnauthorizedAccess: EC2 cannot assume the"
		    " role" },
		{ "{\"Code\":\"Failed\"}", ERR_DENIED, "Failed" },
		{ "", ERR_REPLY, NULL },
		{ "<html>", ERR_REPLY, NULL },
		{ "[]", ERR_REPLY, "no 'AccessKeyId'" },
		{ "{}", ERR_REPLY, "no 'AccessKeyId'" },
		{ "{\"AccessKeyId\":\"a\"}", ERR_REPLY,
		    "no 'SecretAccessKey'" },
		{ "{\"AccessKeyId\":1,\"SecretAccessKey\":\"b\"}", ERR_REPLY,
		    "no 'AccessKeyId'" },
		{ "{\"AccessKeyId\":\"\",\"SecretAccessKey\":\"b\"}",
		    ERR_REPLY, "empty AccessKeyId" },
		{ "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"\"}",
		    ERR_REPLY, "empty SecretAccessKey" },
		{ "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\","
		    "\"Token\":7}", ERR_REPLY, "no 'Token'" },
		{ "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\","
		    "\"Expiration\":\"soon\"}", ERR_REPLY,
		    "Expiration 'soon' is no ISO 8601 time" },
		{ "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\","
		    "\"Expiration\":1440938160}", ERR_REPLY,
		    "no 'Expiration'" },
		{ "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}x",
		    ERR_REPLY, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena b = t_arena();
		struct cred cred = { .source = "x" };
		struct err e = { ERR_NONE, "" };

		if (cred_document(t_edge(str_of(cases[i].text)), &b, &cred,
		    &e) != (cases[i].kind == ERR_NONE))
			fail_msg("%s: %s", cases[i].text, e.msg);
		assert_int_equal(e.kind, cases[i].kind);
		if (cases[i].msg)
			assert_string_equal(e.msg, cases[i].msg);
		assert_string_equal(cred.source, "x");
		if (cases[i].kind) {
			assert_null(cred.key_id.p);
			continue;
		}
		assert_str_equal(cred.key_id, S("a"));
		assert_str_equal(cred.secret, S("b"));
		assert_int_equal(cred.token.n, 0);
		assert_int_equal(cred.account.n, 0);
		assert_int_equal(cred.expires, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_suite),
		cmocka_unit_test(t_host),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_request),
		cmocka_unit_test(t_echo),
		cmocka_unit_test(t_retry),
		cmocka_unit_test(t_deadline),
		cmocka_unit_test(t_identity),
		cmocka_unit_test(t_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
