/* json.h - strict JSON (RFC 8259): jsmn tokenizes, our validator decides.
 *
 * jsmn alone accepts much that is not JSON; so a document is validated whole
 * before a token is looked at, and only the accessors below touch tokens.
 * Refused beyond the RFC: more than JSON_DEPTH_MAX levels, invalid UTF-8,
 * \u0000, lone surrogates, and a key twice in one object.
 *
 * A struct json is one value inside a document; it is small and is copied
 * freely. It views the document's text and token array, both of which must
 * outlive it.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct json {
	struct str text;		/* the whole document */
	const void *tok;		/* jsmn's, in the arena; json.c's */
	size_t at;			/* which token this value is */
};

enum json_kind {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

/* Is text one JSON value with nothing but blanks round it? ERR_REPLY with
 * the byte offset and what was wrong. Pure; no memory, and so the one check
 * that it leaves to json_parse is for keys that come twice.
 */
MUST_USE bool json_check(struct str text, struct err *e);

/* Validate and tokenize. Tokens go into a (ERR_LIMIT when it is full); *root
 * views text.
 */
MUST_USE bool json_parse(struct str text, struct arena *a, struct json *root,
    struct err *e);

enum json_kind json_kind(struct json v);

/* The text of v as it stands in the document, quotes included. */
struct str json_raw(struct json v);

/* Member key of an object. False when v is no object, or the member is
 * absent or null (AWS services mean the same by both). Keys are compared
 * unescaped.
 */
bool json_get(struct json v, struct str key, struct json *member);

/* Walk the members or elements: start with json_first, go on with json_next;
 * both are false at the end (or when box holds nothing). *key is the member's
 * name token for an object and is left alone for an array; key may be NULL.
 */
bool json_first(struct json box, struct json *key, struct json *item);
bool json_next(struct json box, struct json *key, struct json *item);

/* Unescaped text of a string: a view into the document when nothing is
 * escaped, else copied into a. ERR_REPLY when v is not a string.
 */
MUST_USE bool json_str(struct json v, struct arena *a, struct str *s,
    struct err *e);

/* Member key of object v as a string. ERR_REPLY "no 'key'" when absent or
 * not a string; an empty string is returned as such.
 */
MUST_USE bool json_get_str(struct json v, struct str key, struct arena *a,
    struct str *s, struct err *e);

/* Append s as a JSON string, quotes included. Control bytes are escaped;
 * other bytes go through as they are.
 */
void json_quote(struct buf *b, struct str s);

/* The same as a text of its own, in a. ERR_LIMIT. */
MUST_USE bool json_quoted(struct str s, struct arena *a, struct str *text,
    struct err *e);

#endif
