#include "base/json.h"

#include <limits.h>

/* Our include, so our flags: the tokenizer refuses what it can, and links let
 * close brackets find their partners without a search.
 */
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include "base/enc.h"
#include "base/json_text.h"
#include "base/json_unique.h"

static const jsmntok_t *
token(struct json v)
{
	return (const jsmntok_t *)v.tok + v.at;
}

static struct str
inside(struct json v)
{
	const jsmntok_t *t = token(v);

	return (struct str){ v.text.p + t->start, (size_t)(t->end - t->start) };
}

/* From here on a token's size is not its number of children, as jsmn left it,
 * but the index of the token behind all its descendants: one step goes from
 * a value to the next, whatever is inside.
 */
static void
link_next(jsmntok_t *tok, int count)
{
	for (int i = 0; i < count; i++)
		tok[i].size = 0;
	for (int i = count - 1; i >= 0; i--) {
		if (tok[i].size == 0)
			tok[i].size = i + 1;
		/* Last children come first: their end is the parent's. */
		if (tok[i].parent >= 0 && tok[tok[i].parent].size == 0)
			tok[tok[i].parent].size = tok[i].size;
	}
}

/* jsmn in strict mode wants something behind a number or a word, so a
 * document that is only that gets its token here.
 */
static void
lone_token(struct str text, jsmntok_t *tok)
{
	struct str s = str_trim(text);

	tok->type = JSMN_PRIMITIVE;
	tok->start = (int)(s.p - text.p);
	tok->end = tok->start + (int)s.n;
	tok->parent = -1;
}

static bool
tokenize(struct str text, jsmntok_t *tok, int count)
{
	jsmn_parser p;

	jsmn_init(&p);
	return jsmn_parse(&p, text.p, text.n, tok, (unsigned)count) == count;
}

bool
json_parse(struct str text, struct arena *a, struct json *root, struct err *e)
{
	size_t mark = a->used;
	struct json v = { .text = text };
	jsmn_parser p;
	jsmntok_t *tok;
	int count;
	bool lone;

	if (text.n > INT_MAX / 2)	/* jsmn counts bytes in an int */
		return err_set(e, ERR_LIMIT, "json of %zu bytes", text.n);
	if (!json_check(text, e))
		return false;
	jsmn_init(&p);
	count = jsmn_parse(&p, text.p, text.n, NULL, 0);
	lone = count < 1;
	if (lone)
		count = 1;
	tok = arena_get(a, (size_t)count * sizeof(*tok));
	/* jsmn takes what was validated and counted; were it not to, then the
	 * room for its tokens would be what is wrong.
	 */
	if (!tok || !(lone || tokenize(text, tok, count))) {
		arena_back(a, mark);
		return err_set(e, ERR_LIMIT, "out of memory: json of %d"
		    " values", count);
	}
	if (lone)
		lone_token(text, tok);
	link_next(tok, count);
	v.tok = tok;
	if (!json_unique(v, a, e)) {
		arena_back(a, mark);
		return false;
	}
	*root = v;
	return true;
}

enum json_kind
json_kind(struct json v)
{
	switch (token(v)->type) {
	case JSMN_OBJECT:
		return JSON_OBJECT;
	case JSMN_ARRAY:
		return JSON_ARRAY;
	case JSMN_STRING:
		return JSON_STRING;
	default:
		break;
	}
	switch (v.text.p[token(v)->start]) {
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

struct str
json_raw(struct json v)
{
	struct str s = inside(v);

	if (token(v)->type == JSMN_STRING)
		return (struct str){ s.p - 1, s.n + 2 };
	return s;
}

/* The member or element at token i of box, unless box ends before it. */
static bool
step(struct json box, size_t i, struct json *key, struct json *item)
{
	struct json at = box;

	if (i >= (size_t)token(box)->size)
		return false;
	at.at = i;
	if (token(box)->type == JSMN_OBJECT) {
		if (key)
			*key = at;
		at.at++;
	}
	*item = at;
	return true;
}

bool
json_first(struct json box, struct json *key, struct json *item)
{
	if (token(box)->type != JSMN_OBJECT && token(box)->type != JSMN_ARRAY)
		return false;
	return step(box, box.at + 1, key, item);
}

bool
json_next(struct json box, struct json *key, struct json *item)
{
	return step(box, (size_t)token(*item)->size, key, item);
}

bool
json_get(struct json v, struct str key, struct json *member)
{
	struct json k, item;

	if (json_kind(v) != JSON_OBJECT)
		return false;
	for (bool more = json_first(v, &k, &item); more;
	    more = json_next(v, &k, &item))
		if (json_text_is(inside(k), key)) {
			if (json_kind(item) == JSON_NULL)
				return false;
			*member = item;
			return true;
		}
	return false;
}

bool
json_str(struct json v, struct arena *a, struct str *s, struct err *e)
{
	struct str raw = inside(v);
	struct buf b;

	if (json_kind(v) != JSON_STRING)
		return err_set(e, ERR_REPLY, "json string expected");
	if (!str_has(raw, '\\')) {
		*s = raw;
		return true;
	}
	b = arena_buf(a, raw.n);
	json_text_add(&b, raw);
	if (b.full)
		return err_set(e, ERR_LIMIT, "out of memory: json string of"
		    " %zu bytes", raw.n);
	*s = buf_str(&b);
	return true;
}

bool
json_get_str(struct json v, struct str key, struct arena *a, struct str *s,
    struct err *e)
{
	struct json member;

	if (!json_get(v, key, &member) || json_kind(member) != JSON_STRING)
		return err_set(e, ERR_REPLY, "no '%.*s'", STR_ARG(key));
	return json_str(member, a, s, e);
}
