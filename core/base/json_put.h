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

/* Append the object old, each member as it stands but for those in with, which
 * get their new value in place, and those of them that it lacked at the end.
 * old that is no object counts as an empty one. Compact, no line end.
 */
void json_put(struct json old, const struct json_member *with, size_t count,
    struct buf *b);

#endif
