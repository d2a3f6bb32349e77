#include "base/json_put.h"

#include "base/json_text.h"

static bool
is_object(struct json v)
{
	return v.text.p && json_kind(v) == JSON_OBJECT;
}

/* Between the quotes of a key. */
static bool
is_key(struct json key, struct str name)
{
	struct str raw = json_raw(key);

	return json_text_is(str_head(str_skip(raw, 1), raw.n - 2), name);
}

static bool
has(struct json v, struct str name)
{
	struct json key, item;

	if (!is_object(v))
		return false;
	for (bool more = json_first(v, &key, &item); more;
	    more = json_next(v, &key, &item))
		if (is_key(key, name))
			return true;
	return false;
}

/* What stands before a member: '{' before the first. */
static void
separate(struct buf *b, bool *any)
{
	buf_char(b, *any ? ',' : '{');
	*any = true;
}

static void
put_old(struct json key, struct str value, const struct json_member *with,
    size_t count, struct buf *b, bool *any)
{
	for (size_t i = 0; i < count; i++)
		if (is_key(key, with[i].key))
			value = with[i].raw;
	if (!value.n)
		return;
	separate(b, any);
	buf_add(b, json_raw(key));
	buf_char(b, ':');
	buf_add(b, value);
}

void
json_put(struct json old, const struct json_member *with, size_t count,
    struct buf *b)
{
	struct json key, item;
	bool any = false;

	if (is_object(old))
		for (bool more = json_first(old, &key, &item); more;
		    more = json_next(old, &key, &item))
			put_old(key, json_raw(item), with, count, b, &any);
	for (size_t i = 0; i < count; i++) {
		if (!with[i].raw.n || has(old, with[i].key))
			continue;
		separate(b, &any);
		json_quote(b, with[i].key);
		buf_char(b, ':');
		buf_add(b, with[i].raw);
	}
	buf_add(b, any ? S("}") : S("{}"));
}
