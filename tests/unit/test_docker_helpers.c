#include "t.h"

#include "base/json.h"
#include "sink/docker_helpers.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Host and helper are short here, so that a row can be read: h and x. */
#define FRESH "{\n\t\"credHelpers\": {\n\t\t\"h\": \"x\"\n\t}\n}"

static struct str
put(struct arena *a, struct str old, struct docker_helper *was)
{
	struct err e = { 0 };
	struct str now;

	if (!docker_helper_put(old, S("h"), S("x"), a, &now, was, &e))
		fail_msg("%.*s: %s", STR_ARG(old), e.msg);
	if (!json_check(now, &e))
		fail_msg("%.*s: %s", STR_ARG(now), e.msg);
	return now;
}

/* Put twice: the second changes nothing. Remove: what was there before. */
static void
t_put(void **state)
{
	static const struct {
		const char *old, *now;
		const char *back;	/* NULL: old, to the byte */
		const char *was;
	} rows[] = {
		{ NULL, FRESH, "{}", NULL },
		{ "", FRESH, "{}", NULL },
		{ "\n", FRESH, "{}", NULL },
		{ "{}", FRESH, NULL, NULL },
		{ "\n{}\n", "\n" FRESH "\n", NULL, NULL },
		{ "{ }", FRESH, "{}", NULL },
		{ "{\"a\":1}", "{\"credHelpers\":{\"h\":\"x\"},\"a\":1}", NULL,
		    NULL },
		{ "{ \"a\": 1, \"b\": 2 }\n",
		    "{ \"credHelpers\": {\"h\": \"x\"}, \"a\": 1, \"b\": 2 }\n",
		    NULL, NULL },
		{ "{\n\t\"auths\": {}\n}\n",
		    "{\n\t\"credHelpers\": {\n\t\t\"h\": \"x\"\n\t},\n"
		    "\t\"auths\": {}\n}\n", NULL, NULL },
		{ "{\r\n  \"a\" : 1\r\n}",
		    "{\r\n  \"credHelpers\" : {\r\n    \"h\" : \"x\"\r\n  },"
		    "\r\n  \"a\" : 1\r\n}", NULL, NULL },
		{ "{\"credHelpers\":{\"g\":\"y\"}}",
		    "{\"credHelpers\":{\"g\":\"y\",\"h\":\"x\"}}", NULL,
		    NULL },
		{ "{\n \"credHelpers\": {\n  \"g\": \"y\"\n }\n}",
		    "{\n \"credHelpers\": {\n  \"g\": \"y\",\n  \"h\": \"x\"\n"
		    " }\n}", NULL, NULL },
		/* Of an empty one nothing is left, which means the same. */
		{ "{\"credHelpers\":{}}", "{\"credHelpers\":{\"h\":\"x\"}}",
		    "{}", NULL },
		{ "{\"a\":1, \"credHelpers\":null, \"b\":2}",
		    "{\"a\":1, \"credHelpers\":{\"h\":\"x\"}, \"b\":2}",
		    "{\"a\":1, \"b\":2}", NULL },
		/* Another helper's place is taken. */
		{ "{\"credHelpers\":{\"h\":\"y\", \"g\":\"z\"}}",
		    "{\"credHelpers\":{\"h\":\"x\", \"g\":\"z\"}}",
		    "{\"credHelpers\":{\"g\":\"z\"}}", "y" },
		{ "{\"credHelpers\":{\"h\":\"\"}}",
		    "{\"credHelpers\":{\"h\":\"x\"}}", "{}", "" },
		{ "{\"credHelpers\":{\"h\":7}}",
		    "{\"credHelpers\":{\"h\":\"x\"}}", "{}", NULL },
		/* docker knows no URLs here. */
		{ "{\"credHelpers\":{\"https://h\":\"x\"}}",
		    "{\"credHelpers\":{\"https://h\":\"x\",\"h\":\"x\"}}",
		    NULL, NULL },
		/* It is there already, however it is written. */
		{ "{\"credHelpers\":{\"h\":\"x\"}}",
		    "{\"credHelpers\":{\"h\":\"x\"}}", "{}", "x" },
		{ "{\"credHelpers\":{\"\\u0068\" : \"\\u0078\"},\"b\":[]}",
		    "{\"credHelpers\":{\"\\u0068\" : \"\\u0078\"},\"b\":[]}",
		    "{\"b\":[]}", "x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct docker_helper was;
		struct str old = str_of(rows[i].old), now, back;

		now = put(&a, old.p ? t_edge(old) : old, &was);
		assert_str_equal(now, str_of(rows[i].now));
		assert_str_equal(was.name, str_of(rows[i].was));
		assert_false(was.login);
		back = put(&a, now, &was);
		assert_ptr_equal(back.p, now.p);
		assert_str_equal(back, now);
		assert_str_equal(was.name, S("x"));

		assert_true(docker_helper_remove(now, S("h"), S("x"), &a,
		    &back, &was, &e));
		assert_str_equal(was.name, S("x"));
		assert_str_equal(back, rows[i].back ? str_of(rows[i].back) :
		    old);
		assert_true(docker_helper_remove(back, S("h"), S("x"), &a,
		    &now, &was, &e));
		assert_ptr_equal(now.p, back.p);
	}
}

static void
t_refused(void **state)
{
	static const struct {
		const char *old, *msg;
	} rows[] = {
#define LEFT "file left as it was: "
		{ "[]", LEFT "json, but not an object" },
		{ "null", LEFT "json, but not an object" },
		{ "{\"credHelpers\":[]}", LEFT "'credHelpers' is not an"
		    " object" },
		{ "{\"credHelpers\":\"x\"}", LEFT "'credHelpers' is not an"
		    " object" },
		{ "{", LEFT "not json at byte 1, the end: string expected" },
		{ "{\"credHelpers\":{}}}",
		    LEFT "not json at byte 18: text after the value" },
		{ "{\"credHelpers\":{\"h\":\"x\",\"h\":\"y\"}}",
		    LEFT "json has the key 'h' twice" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct str old = t_edge(str_of(rows[i].old)), now = S("as is");
		struct docker_helper was = { S("as was"), true };

		assert_false(docker_helper_put(old, S("h"), S("x"), &a, &now,
		    &was, &e));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_string_equal(e.msg, rows[i].msg);
		assert_str_equal(now, S("as is"));
		assert_str_equal(was.name, S("as was"));
	}
}

/* What is somebody else's is not removed. */
static void
t_remove_nothing(void **state)
{
	static const char *const rows[] = {
		"", " \n", "{}", "{\"credHelpers\":{}}",
		"{\"credHelpers\":null}", "{\"credHelpers\":[\"h\",\"x\"]}",
		"{\"credHelpers\":{\"h\":\"y\"}}",
		"{\"credHelpers\":{\"h\":\"\"}}",
		"{\"credHelpers\":{\"h\":null}}",
		"{\"credHelpers\":{\"hh\":\"x\",\"H\":\"x\"}}",
		"{\"credHelpers\":{\"https://h\":\"x\"}}",
		"{\"h\":\"x\",\"auths\":{\"h\":\"x\"}}",
		"{\"a\":{\"credHelpers\":{\"h\":\"x\"}}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct docker_helper was;
		struct str old = t_edge(str_of(rows[i])), now;

		assert_true(docker_helper_remove(old, S("h"), S("x"), &a, &now,
		    &was, &e));
		assert_ptr_equal(now.p, old.p);
		assert_int_equal(now.n, old.n);
	}
}

static void
t_login(void **state)
{
	static const struct {
		const char *old;
		bool login;
	} rows[] = {
		{ "{\"auths\":{\"h\":{\"auth\":\"x\"}}}", true },
		{ "{\"auths\":{\"h\":{\"identitytoken\":\"x\"}}}", true },
		/* docker leaves this behind where a helper has the password. */
		{ "{\"auths\":{\"h\":{}}}", false },
		{ "{\"auths\":{\"h\":null}}", false },
		{ "{\"auths\":{\"g\":{\"auth\":\"x\"}}}", false },
		{ "{\"auths\":null}", false },
		{ "{\"auths\":7,\"h\":{\"auth\":\"x\"}}", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct docker_helper was;

		put(&a, t_edge(str_of(rows[i].old)), &was);
		assert_int_equal(was.login, rows[i].login);
	}
}

static void
t_hosts(void **state)
{
	static const struct {
		const char *text;
		const char *hosts;	/* each with a blank behind it */
	} rows[] = {
		{ NULL, "" },
		{ "\n", "" },
		{ "{}", "" },
		{ "[]", "" },
		{ "{\"credHelpers\":[\"x\"]}", "" },
		{ "{\"credHelpers\":{}}", "" },
		{ "{\"credHelpers\":{\"g\":\"y\",\"h\":1,\"i\":null}}", "" },
		{ "{\"credHelpers\":{\"g\":\"x\",\"h\":\"y\",\"\\u0069\":"
		    "\"x\"}}", "g i " },
		{ "{", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct str *hosts;
		size_t count;
		char text[64];
		struct buf b = BUF(text);

		if (!rows[i].hosts) {
			assert_false(docker_helper_hosts(str_of(rows[i].text),
			    S("x"), &a, &hosts, &count, &e));
			continue;
		}
		assert_true(docker_helper_hosts(str_of(rows[i].text), S("x"),
		    &a, &hosts, &count, &e));
		for (size_t k = 0; k < count; k++) {
			buf_add(&b, hosts[k]);
			buf_char(&b, ' ');
		}
		assert_str_equal(buf_str(&b), str_of(rows[i].hosts));
	}
}

static void
t_full(void **state)
{
	struct arena all = t_arena();
	struct str old = S("{\"credHelpers\":{\"g\":\"x\"}}"), now, *hosts;
	struct docker_helper was;
	struct err e = { 0 };
	size_t count;

	(void)state;
	for (size_t cap = 0;; cap++) {
		struct arena a = { all.p, cap, 0 };

		now = S("as is");
		if (docker_helper_put(old, S("h"), S("x"), &a, &now, &was, &e))
			break;
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_str_equal(now, S("as is"));
	}
	for (size_t cap = 0;; cap++) {
		struct arena a = { all.p, cap, 0 };

		if (docker_helper_hosts(old, S("x"), &a, &hosts, &count, &e))
			break;
		assert_int_equal(e.kind, ERR_LIMIT);
	}
	assert_int_equal(count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_put),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_remove_nothing),
		cmocka_unit_test(t_login),
		cmocka_unit_test(t_hosts),
		cmocka_unit_test(t_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
