#include "t.h"

#include <dirent.h>
#include <limits.h>
#include <time.h>

#include "base/json.h"
#include "vectors.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
t_accepted(void **state)
{
	static const struct str rows[] = {
		S_INIT("0"), S_INIT("-0"), S_INIT("10"), S_INIT("1.5"),
		S_INIT("-1.50e+10"), S_INIT("1E5"), S_INIT("0e-1"),
		S_INIT("true"), S_INIT("false"), S_INIT("null"),
		S_INIT(" \t\r\n7\n"), S_INIT("\"\""), S_INIT("{}"),
		S_INIT("[]"), S_INIT("[ ]"), S_INIT("{ }"),
		S_INIT("{\"\":0}"), S_INIT("[[],{},\"\",0,null]"),
		S_INIT("{ \"a\" : [ 1 , 2 ] , \"b\" : { } }"),
		S_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
		S_INIT("\"\\u0001\\uFFFF\\uabCD\""),
		S_INIT("\"\\ud83d\\ude00 \\uDBFF\\uDFFF\""),
		S_INIT("\"\x7f \xc2\x80 \xdf\xbf\""),
		S_INIT("\"\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80\""),
		S_INIT("\"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf\""),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct json v = { 0 };
		struct str s = t_edge(rows[i]);

		if (!json_check(s, &e) || !json_parse(s, &a, &v, &e))
			fail_msg("%.*s: %s", STR_ARG(rows[i]), e.msg);
		assert_str_equal(json_raw(v), str_trim(rows[i]));
	}
}

static void
t_refused(void **state)
{
	static const struct {
		struct str s;
		const char *msg;	/* behind "not json at byte " */
	} rows[] = {
		{ S_INIT(""), "0, the end: value expected" },
		{ S_INIT(" "), "1, the end: value expected" },
		{ S_INIT("\xef\xbb\xbf{}"), "0: value expected" },
		{ S_INIT("\f1"), "0: value expected" },
		{ S_INIT("{} {}"), "3: text after the value" },
		{ S_INIT("{\"a\":1}{\"b\":2}"), "7: text after the value" },
		{ S_INIT("1\0"), "1: text after the value" },
		{ S_INIT("nul"), "0: value expected" },
		{ S_INIT("nulll"), "4: text after the value" },
		{ S_INIT("True"), "0: value expected" },
		{ S_INIT("NaN"), "0: value expected" },
		{ S_INIT("'a'"), "0: value expected" },
		{ S_INIT("// c"), "0: value expected" },
		/* Numbers. */
		{ S_INIT("+1"), "0: value expected" },
		{ S_INIT("-"), "1, the end: digit expected" },
		{ S_INIT("-a"), "1: digit expected" },
		{ S_INIT("01"), "1: digit after a leading zero" },
		{ S_INIT("-00"), "2: digit after a leading zero" },
		{ S_INIT(".5"), "0: value expected" },
		{ S_INIT("1."), "2, the end: digit expected" },
		{ S_INIT("1.e5"), "2: digit expected" },
		{ S_INIT("1e"), "2, the end: digit expected" },
		{ S_INIT("1e+-1"), "3: digit expected" },
		{ S_INIT("0x1"), "1: text after the value" },
		/* Arrays, objects. */
		{ S_INIT("["), "1, the end: value expected" },
		{ S_INIT("]"), "0: value expected" },
		{ S_INIT("[1"), "2, the end: ',' or ']' expected" },
		{ S_INIT("[1 2]"), "3: ',' or ']' expected" },
		{ S_INIT("[1,]"), "3: value expected" },
		{ S_INIT("[,1]"), "1: value expected" },
		{ S_INIT("[1}"), "2: ',' or ']' expected" },
		{ S_INIT("[1:2]"), "2: ',' or ']' expected" },
		{ S_INIT("{"), "1, the end: string expected" },
		{ S_INIT("{]"), "1: string expected" },
		{ S_INIT("{,}"), "1: string expected" },
		{ S_INIT("{\"a\"}"), "4: ':' expected" },
		{ S_INIT("{\"a\" \"b\"}"), "5: ':' expected" },
		{ S_INIT("{\"a\":}"), "5: value expected" },
		{ S_INIT("{\"a\":tru}"), "5: value expected" },
		{ S_INIT("{\"a\":1,}"), "7: string expected" },
		{ S_INIT("{\"a\":1 \"b\":2}"), "7: ',' or '}' expected" },
		{ S_INIT("{\"a\"::1}"), "5: value expected" },
		{ S_INIT("{a:1}"), "1: string expected" },
		{ S_INIT("{1:1}"), "1: string expected" },
		{ S_INIT("{\"a\":1]"), "6: ',' or '}' expected" },
		/* Strings. */
		{ S_INIT("\""), "1, the end: string without an end" },
		{ S_INIT("\"a"), "2, the end: string without an end" },
		{ S_INIT("\"\\\""), "3, the end: string without an end" },
		{ S_INIT("\"\\"), "2, the end: unknown escape" },
		{ S_INIT("\"\\x41\""), "2: unknown escape" },
		{ S_INIT("\"\\\0\""), "2: unknown escape" },
		{ S_INIT("\"\\U0041\""), "2: unknown escape" },
		{ S_INIT("\"a\nb\""), "2: control byte in a string" },
		{ S_INIT("\"\x1f\""), "1: control byte in a string" },
		{ S_INIT("\"\0\""), "1: control byte in a string" },
		{ S_INIT("\"\\u12"), "5, the end: four hex digits expected" },
		{ S_INIT("\"\\u12g4\""), "5: four hex digits expected" },
		{ S_INIT("\"\\u0000\""), "7: NUL in a string" },
		{ S_INIT("\"\\ud800\""), "7: lone surrogate" },
		{ S_INIT("\"\\udc00\""), "7: lone surrogate" },
		{ S_INIT("\"\\ud800\\n\""), "8: lone surrogate" },
		{ S_INIT("\"\\ud800\\ud800\""), "13: lone surrogate" },
		{ S_INIT("\"\\ud800\\u0041\""), "13: lone surrogate" },
		{ S_INIT("\"\\ud800\\u"), "9, the end: four hex digits"
		    " expected" },
		/* UTF-8: stray, overlong, surrogate, too high, cut. */
		{ S_INIT("\"\x80\""), "1: invalid UTF-8" },
		{ S_INIT("\"\xff\""), "1: invalid UTF-8" },
		{ S_INIT("\"\xc0\x80\""), "1: invalid UTF-8" },
		{ S_INIT("\"\xc1\xbf\""), "1: invalid UTF-8" },
		{ S_INIT("\"\xc2\""), "2: invalid UTF-8" },
		{ S_INIT("\"\xc2"), "2, the end: invalid UTF-8" },
		{ S_INIT("\"\xe0\x9f\xbf\""), "2: invalid UTF-8" },
		{ S_INIT("\"\xed\xa0\x80\""), "2: invalid UTF-8" },
		{ S_INIT("\"\xe2\x82\""), "3: invalid UTF-8" },
		{ S_INIT("\"\xf0\x8f\xbf\xbf\""), "2: invalid UTF-8" },
		{ S_INIT("\"\xf4\x90\x80\x80\""), "2: invalid UTF-8" },
		{ S_INIT("\"\xf5\x80\x80\x80\""), "1: invalid UTF-8" },
		{ S_INIT("\"\xf0\x90\x80\""), "4: invalid UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 }, parse = { 0 };
		struct json v = { .at = 7 };
		struct str s = t_edge(rows[i].s);

		if (json_check(s, &e))
			fail_msg("accepted: %.*s", STR_ARG(rows[i].s));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_memory_equal(e.msg, "not json at byte ", 17);
		assert_string_equal(e.msg + 17, rows[i].msg);
		assert_false(json_parse(s, &a, &v, &parse));
		assert_string_equal(parse.msg, e.msg);
		assert_int_equal(v.at, 7);
		assert_int_equal(a.used, 0);
	}
}

static void
t_depth(void **state)
{
	char text[2 * 65];
	struct arena a = t_arena();
	struct err e = { 0 };
	struct json v;

	(void)state;
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_true(json_parse((struct str){ text + 1, 128 }, &a, &v, &e));
	assert_false(json_check((struct str){ text, 130 }, &e));
	assert_string_equal(e.msg, "not json at byte 64: nested too deeply");
}

static void
t_twice(void **state)
{
	static const struct {
		const char *text, *msg;
	} rows[] = {
		{ "{\"a\":1,\"b\":2,\"A\":3,\"\":4,\"ab\":5}", NULL },
		{ "[{\"a\":1},{\"a\":2}]", NULL },
		{ "{\"a\":{\"a\":{\"a\":1}}}", NULL },
		{ "{\"a\":\"a\",\"b\":\"a\"}", NULL },
		{ "{\"\\\\u0061\":1,\"a\":2}", NULL },
		{ "{\"a\":1,\"\\u0061b\":2,\"\\u0061\\u0062c\":3}", NULL },
		{ "{\"a\":1,\"a\":1}", "json has the key 'a' twice" },
		{ "{\"\":1,\"\":1}", "json has the key '' twice" },
		{ "{\"a\":1,\"b\":2,\"a\":null}",
		    "json has the key 'a' twice" },
		{ "{\"a\":1,\"\\u0061\":1}",
		    "json has the key '\\u0061' twice" },
		{ "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}",
		    "json has the key '?" "?" "?" "?' twice" },
		{ "{\"\\u00e9\":1,\"\xc3\xa9\":1}",
		    "json has the key '?" "?' twice" },
		{ "{\"/\":1,\"\\/\":1}", "json has the key '\\/' twice" },
		{ "[1,{\"x\":{\"b\":1,\"b\":2}}]",
		    "json has the key 'b' twice" },
		{ "{\"x\":[{\"k\":1,\"k\":2}],\"y\":0}",
		    "json has the key 'k' twice" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct json v;
		bool ok = json_parse(t_edge(str_of(rows[i].text)), &a, &v, &e);

		assert_true(json_check(str_of(rows[i].text), &e));
		assert_int_equal(ok, rows[i].msg == NULL);
		if (!ok) {
			assert_int_equal(e.kind, ERR_REPLY);
			assert_string_equal(e.msg, rows[i].msg);
			assert_int_equal(a.used, 0);
		}
	}
}

/* An object of n members k0, k1, ...; twin (if < n) is renamed to "k0", with
 * an escape when escaped.
 */
static struct str
object_of(char *mem, size_t cap, size_t n, size_t twin, bool escaped)
{
	struct buf b = { mem, 0, cap, false };

	buf_char(&b, '{');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&b, ',');
		buf_add(&b, escaped && i == twin ? S("\"\\u006b") : S("\"k"));
		buf_u64(&b, i == twin ? 0 : i);
		buf_add(&b, S("\":1"));
	}
	buf_char(&b, '}');
	assert_false(b.full);
	return buf_str(&b);
}

/* Both ways to look for a key twice: pairs and sorting; each position. */
static void
t_twice_many(void **state)
{
	static char mem[4096];

	(void)state;
	for (size_t n = 2; n < 40; n++)
		for (size_t twin = 1; twin <= n; twin++) {
			struct arena a = t_arena();
			struct err e = { 0 };
			struct json v;
			struct str s = object_of(mem, sizeof(mem), n, twin,
			    twin % 2);

			assert_int_equal(json_parse(s, &a, &v, &e), twin == n);
		}
}

static const char doc[] =
    "{ \"name\" : \"v\\u0061l\\n\", \"none\":null, \"n\" : -1.5e3,\n"
    "\"list\":[1,[2,3],{\"x\":[]},\"s\",true,false,null],\"e\":{},\"\":0,"
    "\"\\u006bey\":\"k\",\"a\\\\u0062\":\"raw\" }";

static struct json
parse(const char *text, struct arena *a)
{
	struct err e = { 0 };
	struct json v;

	if (!json_parse(str_of(text), a, &v, &e))
		fail_msg("%s", e.msg);
	return v;
}

static void
t_get(void **state)
{
	static const struct {
		struct str key;
		const char *raw;	/* NULL: not there */
		enum json_kind kind;
	} rows[] = {
		{ S_INIT("name"), "\"v\\u0061l\\n\"", JSON_STRING },
		{ S_INIT("n"), "-1.5e3", JSON_NUMBER },
		{ S_INIT("list"), "[1,[2,3],{\"x\":[]},\"s\",true,false,null]",
		    JSON_ARRAY },
		{ S_INIT("e"), "{}", JSON_OBJECT },
		{ S_INIT(""), "0", JSON_NUMBER },
		{ S_INIT("key"), "\"k\"", JSON_STRING },
		{ S_INIT("a\\u0062"), "\"raw\"", JSON_STRING },
		{ S_INIT("none"), NULL, JSON_NULL },	/* null is absent */
		{ S_INIT("x"), NULL, JSON_NULL },	/* of an inner object */
		{ S_INIT("s"), NULL, JSON_NULL },
		{ S_INIT("Name"), NULL, JSON_NULL },
		{ S_INIT("nam"), NULL, JSON_NULL },
		{ S_INIT("names"), NULL, JSON_NULL },
		{ S_INIT("name\0"), NULL, JSON_NULL },
		{ S_INIT("\\u006bey"), NULL, JSON_NULL },
		{ S_INIT("ke"), NULL, JSON_NULL },
		{ S_INIT("keyy"), NULL, JSON_NULL },
		{ S_INIT("ab"), NULL, JSON_NULL },
	};
	struct arena a = t_arena();
	struct json root = parse(doc, &a), v;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool ok = json_get(root, rows[i].key, &v);

		assert_int_equal(ok, rows[i].raw != NULL);
		if (ok) {
			assert_str_equal(json_raw(v), str_of(rows[i].raw));
			assert_int_equal(json_kind(v), rows[i].kind);
		}
	}
	assert_false(json_get(parse("[\"a\",1]", &a), S("a"), &v));
	assert_false(json_get(parse("\"a\"", &a), S("a"), &v));
	assert_false(json_get(parse("3", &a), S("3"), &v));
}

static void
t_walk(void **state)
{
	static const char *const keys[] = {
		"\"name\"", "\"none\"", "\"n\"", "\"list\"", "\"e\"", "\"\"",
		"\"\\u006bey\"", "\"a\\\\u0062\"",
	};
	static const char *const items[] = {
		"1", "[2,3]", "{\"x\":[]}", "\"s\"", "true", "false", "null",
	};
	static const enum json_kind kinds[] = {
		JSON_NUMBER, JSON_ARRAY, JSON_OBJECT, JSON_STRING, JSON_TRUE,
		JSON_FALSE, JSON_NULL,
	};
	struct arena a = t_arena();
	struct json root = parse(doc, &a), list, key, v;
	size_t n = 0;

	(void)state;
	for (bool more = json_first(root, &key, &v); more;
	    more = json_next(root, &key, &v)) {
		assert_true(n < COUNT(keys));
		assert_str_equal(json_raw(key), str_of(keys[n]));
		n++;
	}
	assert_int_equal(n, COUNT(keys));

	assert_true(json_get(root, S("list"), &list));
	n = 0;
	key = root;
	for (bool more = json_first(list, &key, &v); more;
	    more = json_next(list, NULL, &v)) {
		assert_true(n < COUNT(items));
		assert_str_equal(json_raw(v), str_of(items[n]));
		assert_int_equal(json_kind(v), kinds[n]);
		n++;
	}
	assert_int_equal(n, COUNT(items));
	assert_int_equal(key.at, root.at);

	assert_true(json_get(root, S("e"), &v));
	assert_false(json_first(v, NULL, &v));
	assert_true(json_get(root, S("name"), &v));
	assert_false(json_first(v, NULL, &v));
	assert_false(json_first(parse(" 12 ", &a), NULL, &v));
	assert_false(json_first(parse("[]", &a), NULL, &v));
}

static void
t_string(void **state)
{
	static const struct {
		const char *text;
		struct str s;
		bool copied;
	} rows[] = {
		{ "\"\"", S_INIT(""), false },
		{ "\"plain \xc3\xa9/\"", S_INIT("plain \xc3\xa9/"), false },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		    S_INIT("\"\\/\b\f\n\r\t"), true },
		{ "\"a\\nb\"", S_INIT("a\nb"), true },
		{ "\"\\u0041\\u007f\"", S_INIT("A\x7f"), true },
		{ "\"\\u0080\\u07ff\"", S_INIT("\xc2\x80\xdf\xbf"), true },
		{ "\"\\u0800\\uFFFF\"",
		    S_INIT("\xe0\xa0\x80\xef\xbf\xbf"), true },
		{ "\"\\ud800\\udc00\\uDBFF\\uDFFF!\"",
		    S_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf!"), true },
		{ "\"\\\\u0041\"", S_INIT("\\u0041"), true },
		{ "\"\\u005cn\"", S_INIT("\\n"), true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };
		struct json v = parse(rows[i].text, &a);
		size_t used = a.used;
		struct str s;

		assert_true(json_str(v, &a, &s, &e));
		assert_str_equal(s, rows[i].s);
		assert_int_equal(a.used != used, rows[i].copied);
	}
}

static void
t_string_refused(void **state)
{
	static const char *const rows[] = {
		"{}", "[\"a\"]", "1", "true", "null",
	};
	struct arena a = t_arena();
	struct err e = { 0 };
	struct str s = S("untouched");
	struct json v;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		v = parse(rows[i], &a);
		assert_false(json_str(v, &a, &s, &e));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_str_equal(s, S("untouched"));
	}
	v = parse("\"long enough to need room\\n\"", &a);
	a.cap = a.used;
	assert_false(json_str(v, &a, &s, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_str_equal(s, S("untouched"));
}

static void
t_get_str(void **state)
{
	struct arena a = t_arena();
	struct json v = parse("{\"a\":\"x\\ty\",\"e\":\"\",\"n\":null,\"i\":1,"
	    "\"o\":{\"z\":\"\"}}", &a);
	struct err e = { 0 };
	struct str s;

	(void)state;
	assert_true(json_get_str(v, S("a"), &a, &s, &e));
	assert_str_equal(s, S("x\ty"));
	assert_true(json_get_str(v, S("e"), &a, &s, &e));
	assert_str_equal(s, S(""));
	for (const char *key = "niozx"; *key; key++) {
		char want[] = "no '?'";

		want[4] = *key;
		s = S("untouched");
		assert_false(json_get_str(v, (struct str){ key, 1 }, &a, &s,
		    &e));
		assert_int_equal(e.kind, ERR_REPLY);
		assert_string_equal(e.msg, want);
		assert_str_equal(s, S("untouched"));
	}
}

static void
t_quote(void **state)
{
	static const struct {
		struct str s, quoted;
	} rows[] = {
		{ S_INIT(""), S_INIT("\"\"") },
		{ S_INIT("a/b\x7f\xc3\xa9"), S_INIT("\"a/b\x7f\xc3\xa9\"") },
		{ S_INIT("\"\\"), S_INIT("\"\\\"\\\\\"") },
		{ S_INIT("\n\t\r"), S_INIT("\"\\n\\t\\u000d\"") },
		{ S_INIT("\0\x1f"), S_INIT("\"\\u0000\\u001f\"") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char mem[64];
		struct buf b = BUF(mem);

		json_quote(&b, t_edge(rows[i].s));
		assert_str_equal(buf_str(&b), rows[i].quoted);
	}
}

/* A document too large for the arena is refused, at any size of arena. */
static void
t_full(void **state)
{
	static char mem[4096];
	struct str text = object_of(mem, sizeof(mem), 20, 20, false);
	struct arena all = t_arena();
	struct err e = { 0 };
	struct json v;
	size_t cap = 0;

	(void)state;
	for (;; cap += 16) {
		struct arena a = { all.p, cap, 0 };

		if (json_parse(text, &a, &v, &e))
			break;
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_int_equal(a.used, 0);
	}
	assert_in_range(cap, 41 * 20, 41 * 20 + 20 * 12 + 32);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* jsmn counts bytes in an int. */
static void
t_too_large(void **state)
{
	struct str text = { "{}", (size_t)INT_MAX / 2 + 1 };
	struct arena a = t_arena();
	struct json v;
	struct err e;

	(void)state;
	assert_false(json_parse(text, &a, &v, &e));
	assert_string_equal(e.msg, "json of 1073741824 bytes");
	assert_int_equal(e.kind, ERR_LIMIT);
}

/* A 4 MiB object of many keys: quadratic work would take minutes. The bound
 * is for a sanitized build on a busy machine.
 */
static void
t_large(void **state)
{
	static char mem[5 << 20];
	struct str text = object_of(mem, sizeof(mem), 400000, 400000, false);
	struct arena a = t_arena();
	struct err e = { 0 };
	struct json v;
	double start = seconds();

	(void)state;
	assert_true(text.n > 4 << 20);
	assert_true(json_parse(text, &a, &v, &e));
	assert_true(json_get(v, S("k399999"), &v));
	assert_true(seconds() - start < 10);
}

/* The public suite, but for what json.h refuses on purpose. */
static bool
on_purpose(const char *name)
{
	return strcmp(name, "y_object_duplicated_key.json") == 0 ||
	    strcmp(name, "y_object_duplicated_key_and_value.json") == 0 ||
	    strcmp(name, "y_object_escaped_null_in_key.json") == 0 ||
	    strcmp(name, "y_string_null_escape.json") == 0;
}

static void
suite_case(const char *name)
{
	char path[512];
	struct arena a = t_arena();
	struct err e = { 0 };
	struct str text;
	struct json v;
	bool ok;

	snprintf(path, sizeof(path), "json/%s", name);
	assert_true(vector_file(path, &a, &text, &e));
	ok = json_parse(t_edge(text), &a, &v, &e);
	if (name[0] != 'i' && ok != (name[0] == 'y' && !on_purpose(name)))
		fail_msg("%s: %s", name, ok ? "accepted" : e.msg);
}

static void
t_suite(void **state)
{
	const char *vectors = getenv("ECRBOX_VECTORS");
	char dir[2048];
	struct dirent *d;
	int count = 0;
	DIR *all;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/json",
	    vectors ? vectors : "../shared/vectors");
	all = opendir(dir);
	if (!all) {
		print_message("skipped: no %s\n", dir);
		skip();
	}
	while ((d = readdir(all)))
		if (strstr(d->d_name, ".json")) {
			suite_case(d->d_name);
			count++;
		}
	closedir(all);
	assert_in_range(count, 300, 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_accepted),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_depth),
		cmocka_unit_test(t_twice),
		cmocka_unit_test(t_twice_many),
		cmocka_unit_test(t_get),
		cmocka_unit_test(t_walk),
		cmocka_unit_test(t_string),
		cmocka_unit_test(t_string_refused),
		cmocka_unit_test(t_get_str),
		cmocka_unit_test(t_quote),
		cmocka_unit_test(t_full),
		cmocka_unit_test(t_too_large),
		cmocka_unit_test(t_large),
		cmocka_unit_test(t_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
