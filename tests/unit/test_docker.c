#include "t.h"

#include "base/json.h"
#include "sink/docker.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Host and token are short here, so that a row can be read: h and QQ==. */
#define ENTRY "{\"auth\":\"QQ==\"}"
#define FRESH "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"QQ==\"\n" \
    "\t\t}\n\t}\n}"

static struct str
put(struct str old, const char **shadow)
{
	struct arena a = t_arena();
	struct err e = { 0 };
	struct str now;

	if (!docker_put(old, S("h"), S("QQ=="), &a, &now, shadow, &e))
		fail_msg("%.*s: %s", STR_ARG(old), e.msg);
	if (!json_check(now, &e))
		fail_msg("%.*s: %s", STR_ARG(now), e.msg);
	return now;
}

static void
t_put(void **state)
{
	static const struct {
		const char *old, *now;
	} rows[] = {
		/* A new file. */
		{ NULL, FRESH },
		{ "", FRESH },
		{ " \t\r\n\n", FRESH },
		{ "{}", FRESH },
		{ "{ \n }\n", FRESH "\n" },
		{ "\n{}\r\n", "\n" FRESH "\r\n" },
		/* No auths yet: docker has them first. */
		{ "{\"a\":1}", "{\"auths\":{\"h\":" ENTRY "},\"a\":1}" },
		{ "{\"a\": 1}",
		    "{\"auths\": {\"h\": {\"auth\": \"QQ==\"}}, \"a\": 1}" },
		{ "{ \"a\":1, \"b\":[{}] }\n",
		    "{ \"auths\":{\"h\":" ENTRY "},\"a\":1, \"b\":[{}] }\n" },
		{ "{\n\t\"a\": 1\n}\n",
		    "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"QQ==\""
		    "\n\t\t}\n\t},\n\t\"a\": 1\n}\n" },
		{ "{\r\n  \"a\" : 1\r\n}",
		    "{\r\n  \"auths\" : {\r\n    \"h\" : {\r\n      \"auth\" :"
		    " \"QQ==\"\r\n    }\r\n  },\r\n  \"a\" : 1\r\n}" },
		{ "{\n\"a\":\n1\n}",
		    "{\n\"auths\": {\n\"h\": {\n\"auth\": \"QQ==\"\n}\n},\n"
		    "\"a\":\n1\n}" },
		/* One that a "auths" further in must not be taken for. */
		{ "{\"x\":{\"auths\":{}}}",
		    "{\"auths\":{\"h\":" ENTRY "},\"x\":{\"auths\":{}}}" },
		/* Empty auths, with or without a line for each. */
		{ "{\"auths\":{}}", "{\"auths\":{\"h\":" ENTRY "}}" },
		{ "{\"auths\":null}", "{\"auths\":{\"h\":" ENTRY "}}" },
		{ "{\"auth\\u0073\":{ }}",
		    "{\"auth\\u0073\":{\"h\":" ENTRY "}}" },
		{ "{\n\t\"auths\": {}\n}", FRESH },
		{ "{\n\t\"auths\": null\n}\n", FRESH "\n" },
		{ "{\n  \"a\": 1,\n  \"auths\": {\n  }\n}",
		    "{\n  \"a\": 1,\n  \"auths\": {\n    \"h\": {\n"
		    "      \"auth\": \"QQ==\"\n    }\n  }\n}" },
		/* Behind other hosts. */
		{ "{\"auths\":{\"g\":{}}}",
		    "{\"auths\":{\"g\":{},\"h\":" ENTRY "}}" },
		{ "{\"auths\": {\"g\": {}}}",
		    "{\"auths\": {\"g\": {}, \"h\": {\"auth\": \"QQ==\"}}}" },
		{ "{\n\t\"auths\": {\n\t\t\"g\": {}\n\t}\n}",
		    "{\n\t\"auths\": {\n\t\t\"g\": {},\n\t\t\"h\": {\n\t\t\t"
		    "\"auth\": \"QQ==\"\n\t\t}\n\t}\n}" },
		{ "{\n\t\"auths\": {\"g\": {}}\n}",
		    "{\n\t\"auths\": {\"g\": {}, \"h\": {\"auth\": \"QQ==\"}}"
		    "\n}" },
		{ "{\"auths\":{\n \"g\":{}}}",
		    "{\"auths\":{\n \"g\":{},\n \"h\":{\n \t\"auth\":\"QQ==\""
		    "\n }}}" },
		/* In place of the old entry, whatever it held. */
		{ "{\"auths\":{\"h\":{\"auth\":\"x\",\"identitytoken\":\"y\"}"
		    ",\"g\":{}}}",
		    "{\"auths\":{\"h\":" ENTRY ",\"g\":{}}}" },
		{ "{\"auths\":{\"g\":{} , \"h\" : null , \"i\":{}}}",
		    "{\"auths\":{\"g\":{} , \"h\" : {\"auth\" : \"QQ==\"} , "
		    "\"i\":{}}}" },
		{ "{\"auths\":{\"\\u0068\":{}}}",
		    "{\"auths\":{\"h\":" ENTRY "}}" },
		/* And of the twins. */
		{ "{\"auths\":{\"https://h\":{},\"g\":{}}}",
		    "{\"auths\":{\"h\":" ENTRY ",\"g\":{}}}" },
		{ "{\"auths\":{\"https:\\/\\/h/v2/\":{}}}",
		    "{\"auths\":{\"h\":" ENTRY "}}" },
		{ "{\"auths\":{\"http://h/\":{},\"g\":{},\"h\":{}}}",
		    "{\"auths\":{\"g\":{},\"h\":" ENTRY "}}" },
		{ "{\"auths\":{\"h\":{},\"https://h\":{},\"http://h/v1\":{}}}",
		    "{\"auths\":{\"h\":" ENTRY "}}" },
		{ "{\"auths\":{\"https://h\":{}, \"g\":1, \"http://h\":{} }}",
		    "{\"auths\":{\"h\":" ENTRY ", \"g\":1 }}" },
		{ "{\n\t\"auths\": {\n\t\t\"g\": {},\n\t\t\"https://h\": {}\n"
		    "\t}\n}",
		    "{\n\t\"auths\": {\n\t\t\"g\": {},\n\t\t\"h\": {\n\t\t\t"
		    "\"auth\": \"QQ==\"\n\t\t}\n\t}\n}" },
		{ "{\"auths\":{\n  \"http://h\":{},\n\"h\":{}\n}}",
		    "{\"auths\":{\n  \"h\":{\n  \t\"auth\":\"QQ==\"\n  }\n}}" },
		/* Neighbours that are not twins. */
		{ "{\"auths\":{\"https://hh\":1,\"hh\":2,\"https://h:443\":3,"
		    "\"h/ns\":4,\"HTTPS://h\":5,\"H\":6,\"https://\":7,\"\":8,"
		    "\"https://x/h\":9}}",
		    "{\"auths\":{\"https://hh\":1,\"hh\":2,\"https://h:443\":3,"
		    "\"h/ns\":4,\"HTTPS://h\":5,\"H\":6,\"https://\":7,\"\":8,"
		    "\"https://x/h\":9,\"h\":" ENTRY "}}" },
		/* What we do not understand is kept to the byte. */
		{ "{\"x\" :\t1e2,\"auths\":{\"h\":0},\"\\u00e9\":\"\xc3\xa9\","
		    "\n\"z\":[ ]} \n",
		    "{\"x\" :\t1e2,\"auths\":{\"h\":" ENTRY "},\"\\u00e9\":\""
		    "\xc3\xa9\",\n\"z\":[ ]} \n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static char mem[4096];
		const char *shadow = "untouched";
		struct str old = str_of(rows[i].old), now;
		struct buf b = BUF(mem);

		now = put(old.p ? t_edge(old) : old, &shadow);
		assert_str_equal(now, str_of(rows[i].now));
		assert_null(shadow);
		buf_add(&b, now);
		assert_str_equal(put(t_edge(buf_str(&b)), &shadow),
		    buf_str(&b));
	}
}

static void
t_put_refused(void **state)
{
	static const struct {
		const char *old, *msg;
	} rows[] = {
#define LEFT "file left as it was: "
		{ "[]", LEFT "json, but not an object" },
		{ "null", LEFT "json, but not an object" },
		{ "\"auths\"", LEFT "json, but not an object" },
		{ "{\"auths\":[]}", LEFT "'auths' is not an object" },
		{ "{\"auths\":\"\"}", LEFT "'auths' is not an object" },
		{ "{\"auths\":false}", LEFT "'auths' is not an object" },
		{ "{", LEFT "not json at byte 1, the end: string expected" },
		{ "{}}", LEFT "not json at byte 2: text after the value" },
		{ "{\"auths\":{},}",
		    LEFT "not json at byte 12: string expected" },
		{ "{\"auths\":{}}\n{}",
		    LEFT "not json at byte 13: text after the value" },
		{ "{\"auths\":{},\"auths\":{}}",
		    LEFT "json has the key 'auths' twice" },
		{ "{\"auths\":{\"h\":{},\"\\u0068\":{}}}",
		    LEFT "json has the key '\\u0068' twice" },
		{ "\xef\xbb\xbf{}", LEFT "not json at byte 0: value expected" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct str old = t_edge(str_of(rows[i].old)), now = S("as is");
		const char *shadow = "untouched";
		bool found = true;

		assert_false(docker_put(old, S("h"), S("QQ=="), &a, &now,
		    &shadow, &e));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_string_equal(e.msg, rows[i].msg);
		assert_str_equal(now, S("as is"));
		assert_string_equal(shadow, "untouched");
		e.msg[0] = '\0';
		assert_false(docker_remove(old, S("h"), &a, &now, &found, &e));
		assert_string_equal(e.msg, rows[i].msg);
		assert_str_equal(now, S("as is"));
		assert_true(found);
	}
}

/* Whatever host and token are, the file stays one that can be read. */
static void
t_put_quotes(void **state)
{
	struct arena a = t_arena();
	struct err e = { 0 };
	struct str now = S("as is");
	const char *shadow = "untouched";

	(void)state;
	assert_true(docker_put(S("{}"), S("a\":{},\"b"), S("c\\\n\""), &a,
	    &now, &shadow, &e));
	assert_str_equal(now, S("{\n\t\"auths\": {\n\t\t\"a\\\":{},\\\"b\": {\n"
	    "\t\t\t\"auth\": \"c\\\\\\n\\\"\"\n\t\t}\n\t}\n}"));
	now = S("as is");
	assert_false(docker_put(S("{}"), S("h\xff"), S("QQ=="), &a, &now,
	    &shadow, &e));
	assert_str_equal(now, S("as is"));
	assert_false(docker_put(S("{\"a\":1}"), S("h"), S("\0"), &a, &now,
	    &shadow, &e));
	assert_str_equal(now, S("as is"));
}

static void
t_put_full(void **state)
{
	struct arena all = t_arena();
	struct str old = S("{\"auths\":{\"g\":{},\"https://h\":{}}}"), now;
	struct err e = { 0 };
	const char *shadow = "untouched";
	bool found;

	(void)state;
	for (size_t cap = 0;; cap++) {
		struct arena a = { all.p, cap, 0 };

		now = S("as is");
		if (docker_put(old, S("h"), S("QQ=="), &a, &now, &shadow, &e))
			break;
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_str_equal(now, S("as is"));
	}
	assert_str_equal(now, S("{\"auths\":{\"g\":{},\"h\":" ENTRY "}}"));
	for (size_t cap = 0;; cap++) {
		struct arena a = { all.p, cap, 0 };

		now = S("as is");
		if (docker_remove(old, S("h"), &a, &now, &found, &e))
			break;
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_str_equal(now, S("as is"));
	}
	assert_str_equal(now, S("{\"auths\":{\"g\":{}}}"));
}

static void
t_shadow(void **state)
{
	static const struct {
		const char *old, *shadow;
	} rows[] = {
		{ "{\"credsStore\":\"x\"}", "credsStore" },
		{ "{\"credHelpers\":{\"h\":\"x\"}}", "credHelpers" },
		{ "{\"credHelpers\":{\"\\u0068\":\"x\"}}", "credHelpers" },
		{ "{\"credsStore\":\"x\",\"credHelpers\":{\"h\":\"y\"}}",
		    "credHelpers" },
		{ "{\"credsStore\":\"x\",\"credHelpers\":{\"g\":\"y\"}}",
		    "credsStore" },
		/* An empty helper means the file. */
		{ "{\"credsStore\":\"x\",\"credHelpers\":{\"h\":\"\"}}", NULL },
		{ "{\"credsStore\":\"x\",\"credHelpers\":{\"h\":null}}", NULL },
		{ "{\"credsStore\":\"x\",\"credHelpers\":{\"h\":1}}", NULL },
		{ "{\"credsStore\":\"x\",\"credHelpers\":[\"h\"]}",
		    "credsStore" },
		{ "{\"credsStore\":\"\"}", NULL },
		{ "{\"credsStore\":null}", NULL },
		{ "{\"credsStore\":{\"a\":1}}", NULL },
		{ "{\"credsStore\":true}", NULL },
		{ "{\"x\":{\"credsStore\":\"x\"}}", NULL },
		{ "{\"credHelpers\":{\"g\":\"x\"}}", NULL },
		/* docker matches the host alone. */
		{ "{\"credHelpers\":{\"https://h\":\"x\"}}", NULL },
		{ "{\"credHelpers\":{\"*\":\"x\"}}", NULL },
		{ "{\"credHelpers\":{\"h\":null}}", NULL },
		{ "{\"credHelpers\":null}", NULL },
		{ "{\"credHelpers\":{}}", NULL },
		{ "{\"credHelpers\":[\"h\",\"x\"]}", NULL },
		{ "{\"credHelpers\":\"h\"}", NULL },
		{ "{\"auths\":{\"credsStore\":{}}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *shadow = "untouched";

		put(t_edge(str_of(rows[i].old)), &shadow);
		if (rows[i].shadow)
			assert_string_equal(shadow, rows[i].shadow);
		else
			assert_null(shadow);
	}
}

static void
t_remove(void **state)
{
	static const struct {
		const char *old, *now;	/* NULL: not found */
	} rows[] = {
		{ "{\"auths\":{\"h\":{}}}", "{\"auths\":{}}" },
		{ "{\"auths\":{\"h\":{},\"g\":{}}}", "{\"auths\":{\"g\":{}}}" },
		{ "{\"auths\":{\"g\":{},\"h\":{}}}", "{\"auths\":{\"g\":{}}}" },
		{ "{\"auths\":{\"g\":1, \"h\":2, \"i\":3 }}",
		    "{\"auths\":{\"g\":1, \"i\":3 }}" },
		{ "{\"auths\":{\"h\":{},\"https://h\":{},\"g\":1,"
		    "\"http://h/v1/\":{}},\"x\":2}",
		    "{\"auths\":{\"g\":1},\"x\":2}" },
		{ FRESH, "{\n\t\"auths\": {}\n}" },
		{ "{\n\t\"auths\": {\n\t\t\"g\": {},\n\t\t\"h\": {}\n\t}\n}\n",
		    "{\n\t\"auths\": {\n\t\t\"g\": {}\n\t}\n}\n" },
		{ "{\n\t\"auths\": {\n\t\t\"h\": {},\n\t\t\"g\": {}\n\t}\n}\n",
		    "{\n\t\"auths\": {\n\t\t\"g\": {}\n\t}\n}\n" },
		{ "", NULL },
		{ "\n", NULL },
		{ "{}", NULL },
		{ "{\"auths\":null}", NULL },
		{ "{\"auths\":{}}", NULL },
		{ "{\"h\":{},\"credHelpers\":{\"h\":\"x\"}}", NULL },
		{ "{\"auths\":{\"h/ns\":{},\"hh\":{},\"https://h:5000\":{},"
		    "\"ftp://h\":{}}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct str old = t_edge(str_of(rows[i].old)), now;
		bool found;

		if (!docker_remove(old, S("h"), &a, &now, &found, &e))
			fail_msg("%s: %s", rows[i].old, e.msg);
		assert_int_equal(found, rows[i].now != NULL);
		assert_str_equal(now, found ? str_of(rows[i].now) : old);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_put),
		cmocka_unit_test(t_put_refused),
		cmocka_unit_test(t_put_quotes),
		cmocka_unit_test(t_put_full),
		cmocka_unit_test(t_shadow),
		cmocka_unit_test(t_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
