/* What the validator accepts the tokenizer must take, except for a key that
 * comes twice; each value's text must be a document with the same meaning,
 * and each string must come back from its quoted form.
 */
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
string(struct json v, struct arena *a)
{
	struct json again;
	struct err e;
	struct str s, t;
	struct buf b;

	check(json_str(v, a, &s, &e));
	b = arena_buf(a, 6 * s.n + 2);
	json_quote(&b, s);
	check(!b.full);
	check(json_parse(buf_str(&b), a, &again, &e));
	check(json_str(again, a, &t, &e));
	check(str_eq(s, t));
}

/* The tokens below v, v included. */
static size_t
walk(struct json v, struct arena *a)
{
	struct json key, item, found;
	struct str raw = json_raw(v), name;
	struct err e;
	size_t count = 1;

	check(raw.p >= v.text.p);
	check(raw.p + raw.n <= v.text.p + v.text.n);
	check(json_check(raw, &e));
	if (json_kind(v) == JSON_STRING)
		string(v, a);
	for (bool more = json_first(v, &key, &item); more;
	    more = json_next(v, &key, &item)) {
		count += walk(item, a);
		if (json_kind(v) != JSON_OBJECT)
			continue;
		count++;
		string(key, a);
		check(json_str(key, a, &name, &e));
		check(json_get(v, name, &found) ==
		    (json_kind(item) != JSON_NULL));
		check(json_kind(item) == JSON_NULL || found.at == item.at);
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[4 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text = { (const char *)p, n }, raw;
	struct json v, again;
	struct err e;
	size_t count;

	/* Each level quotes and parses what it holds again: keep it short. */
	if (n > 4096 || !json_check(text, &e))
		return 0;
	if (!json_parse(text, &a, &v, &e)) {
		check(str_ends(str_of(e.msg), S("' twice")));
		return 0;
	}
	raw = json_raw(v);
	check(str_eq(raw, str_trim(text)));
	count = walk(v, &a);
	check(json_parse(raw, &a, &again, &e));
	check(walk(again, &a) == count);
	return 0;
}
