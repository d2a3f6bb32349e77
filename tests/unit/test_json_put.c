#include "t.h"

#include "base/json_put.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
t_put(void **state)
{
	static const struct {
		const char *old;
		struct json_member with[2];
		const char *now;
	} rows[] = {
		/* Nothing to replace. */
		{ "{}", { { { NULL, 0 }, { NULL, 0 } } }, "{}" },
		{ " { \"a\" : 1 , \"b\" : [ 1 , 2 ] } \n",
		    { { { NULL, 0 }, { NULL, 0 } } },
		    "{\"a\":1,\"b\":[ 1 , 2 ]}" },
		/* In place; the rest as it stands, escapes and all. */
		{ "{\"x\":\"\\u0041\\/\",\"a\":1,\"\\u0062\":null,\"c\":{}}",
		    { { S_INIT("a"), S_INIT("\"n\"") } },
		    "{\"x\":\"\\u0041\\/\",\"a\":\"n\",\"\\u0062\":null,"
		    "\"c\":{}}" },
		{ "{\"\\u0061\":1,\"b\":2}",
		    { { S_INIT("a"), S_INIT("3") } },
		    "{\"\\u0061\":3,\"b\":2}" },
		{ "{\"a\":null}", { { S_INIT("a"), S_INIT("true") } },
		    "{\"a\":true}" },
		{ "{\"a\":1,\"b\":2}",
		    { { S_INIT("b"), S_INIT("4") }, { S_INIT("a"),
		    S_INIT("3") } }, "{\"a\":3,\"b\":4}" },
		/* At the end, in the order given. */
		{ "{\"a\":1}", { { S_INIT("c"), S_INIT("3") }, { S_INIT("b"),
		    S_INIT("2") } }, "{\"a\":1,\"c\":3,\"b\":2}" },
		{ "{}", { { S_INIT("k\"\n"), S_INIT("{}") } },
		    "{\"k\\\"\\n\":{}}" },
		/* One level deeper is another key. */
		{ "{\"o\":{\"a\":1}}", { { S_INIT("a"), S_INIT("2") } },
		    "{\"o\":{\"a\":1},\"a\":2}" },
		{ "{\"A\":1,\"aa\":1}", { { S_INIT("a"), S_INIT("2") } },
		    "{\"A\":1,\"aa\":1,\"a\":2}" },
		/* Taken away. */
		{ "{\"a\":1,\"b\":2}", { { S_INIT("a"), { NULL, 0 } } },
		    "{\"b\":2}" },
		{ "{\"a\":1,\"b\":2,\"c\":3}",
		    { { S_INIT("c"), { NULL, 0 } }, { S_INIT("b"),
		    { NULL, 0 } } }, "{\"a\":1}" },
		{ "{\"a\":1}", { { S_INIT("a"), { NULL, 0 } } }, "{}" },
		{ "{\"a\":1}", { { S_INIT("z"), { NULL, 0 } } },
		    "{\"a\":1}" },
		{ "{\"a\":1}", { { S_INIT("a"), { NULL, 0 } }, { S_INIT("b"),
		    S_INIT("2") } }, "{\"b\":2}" },
		/* No object. */
		{ NULL, { { S_INIT("a"), S_INIT("1") } }, "{\"a\":1}" },
		{ NULL, { { { NULL, 0 }, { NULL, 0 } } }, "{}" },
		{ "[{\"b\":2}]", { { S_INIT("a"), S_INIT("1") } },
		    "{\"a\":1}" },
		{ "\"a\"", { { S_INIT("a"), S_INIT("1") } }, "{\"a\":1}" },
		{ "null", { { S_INIT("a"), { NULL, 0 } } }, "{}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct json old = { 0 };
		char mem[256];
		struct buf b = BUF(mem);
		size_t count = 0;
		struct err e;

		while (count < 2 && rows[i].with[count].key.n)
			count++;
		if (rows[i].old)
			assert_true(json_parse(t_edge(str_of(rows[i].old)),
			    &a, &old, &e));
		json_put(old, rows[i].with, count, &b);
		assert_false(b.full);
		assert_str_equal(buf_str(&b), str_of(rows[i].now));
	}
}

/* A value inside a document is an object as good as the whole. */
static void
t_inside(void **state)
{
	struct json_member with = { S("a"), S("2") };
	struct arena a = t_arena();
	struct json root, box = { 0 };
	char mem[64];
	struct buf b = BUF(mem);
	struct err e;

	(void)state;
	assert_true(json_parse(S("{\"o\":{\"a\":1,\"x\":3},\"a\":4}"), &a,
	    &root, &e) && json_get(root, S("o"), &box));
	json_put(box, &with, 1, &b);
	assert_str_equal(buf_str(&b), S("{\"a\":2,\"x\":3}"));
}

static void
t_full(void **state)
{
	struct json_member with = { S("a"), S("1234") };
	struct arena a = t_arena();
	struct json old;
	struct err e;

	(void)state;
	assert_true(json_parse(S("{\"b\":2}"), &a, &old, &e));
	for (size_t n = 0; n <= 16; n++) {
		char mem[16];
		struct buf b = { mem, 0, n, false };

		json_put(old, &with, 1, &b);
		assert_int_equal(b.full, n < 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_put),
		cmocka_unit_test(t_inside),
		cmocka_unit_test(t_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
