/* json_put.h - an object once more, with some members replaced: for files that
 * belong to other programs too, whose other members must survive. Pure.
 */
#ifndef BASE_JSON_PUT_H
#define BASE_JSON_PUT_H

#include "base/json.h"

struct json_member {
	struct str key;
	struct str raw;		/* JSON text of the new value; empty: the
				   member goes */
};

/* Append the object old, each member as it stands but for those in with (no key
 * twice), which get their new value in place; those of them that it lacked come
 * at the end. old that is no object, or zeroed, counts as an empty one. No
 * blanks between members, no line end.
 */
void json_put(struct json old, const struct json_member *with, size_t count,
    struct buf *b);

#endif
