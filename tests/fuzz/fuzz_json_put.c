/* Of any object, what is put is an object that has it, without what was taken
 * away, and every other member with its text.
 */
#include <stdlib.h>

#include "base/json_put.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static size_t
members(struct json v)
{
	struct json key, item;
	size_t count = 0;

	for (bool more = json_first(v, &key, &item); more;
	    more = json_next(v, &key, &item))
		count++;
	return count;
}

/* Members of old are those of now, in order, but for "a" and "b". */
static void
compare(struct json old, struct json now, struct arena *a)
{
	struct json key, item, found;
	struct err e;
	struct str name;

	for (bool more = json_first(old, &key, &item); more;
	    more = json_next(old, &key, &item)) {
		check(json_str(key, a, &name, &e));
		if (str_eq(name, S("a")) || str_eq(name, S("b")))
			continue;
		check(json_get(now, name, &found) ==
		    (json_kind(item) != JSON_NULL));
		check(json_kind(item) == JSON_NULL ||
		    str_eq(json_raw(found), json_raw(item)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[1 << 20];
	static const struct json_member with[] = {
		{ S_INIT("a"), S_INIT("[1]") }, { S_INIT("b"), { NULL, 0 } },
	};
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text = { (const char *)p, n };
	struct json old, now, found;
	struct err e;
	struct buf b;

	if (n > 4096 || !json_parse(text, &a, &old, &e))
		return 0;
	b = arena_buf(&a, n + 16);
	json_put(old, with, 2, &b);
	check(!b.full);
	check(json_parse(buf_str(&b), &a, &now, &e));
	check(json_kind(now) == JSON_OBJECT);
	check(json_get(now, S("a"), &found));
	check(str_eq(json_raw(found), S("[1]")));
	check(!json_get(now, S("b"), &found));
	if (json_kind(old) == JSON_OBJECT)
		compare(old, now, &a);
	else
		check(members(now) == 1);
	/* Once more changes nothing. */
	text = buf_str(&b);
	b = arena_buf(&a, n + 16);
	json_put(now, with, 2, &b);
	check(str_eq(buf_str(&b), text));
	return 0;
}
