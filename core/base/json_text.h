/* json_text.h - what is between the quotes of a validated JSON string.
 *
 * raw is always the document's text without its quotes, and json_check has
 * accepted that document: nothing here looks for errors.
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Append raw, unescaped; never more bytes than raw has. */
void json_text_add(struct buf *b, struct str raw);

/* Is raw, unescaped, the bytes of plain? */
bool json_text_is(struct str raw, struct str plain);

/* Order of two strings by their unescaped bytes: <0, 0, >0. */
int json_text_cmp(struct str a, struct str b);

/* FNV-1a of the unescaped bytes. Not keyed: whoever uses it must bear
 * collisions made on purpose.
 */
uint32_t json_text_hash(struct str raw);

#endif
