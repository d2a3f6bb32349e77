/* json_unique.h - no key twice in one object.
 *
 * RFC 8259 section 4 leaves open what a repeated key means, and readers
 * differ: one takes the first, another the last. So a document that has one
 * is refused, and nobody can be shown another value than we saw.
 */
#ifndef BASE_JSON_UNIQUE_H
#define BASE_JSON_UNIQUE_H

#include "base/json.h"

/* Look through all objects in v. Time is n log n in the members of an object
 * even for keys made to collide; a lends scratch space. ERR_REPLY names the
 * key.
 */
MUST_USE bool json_unique(struct json v, struct arena *a, struct err *e);

#endif
