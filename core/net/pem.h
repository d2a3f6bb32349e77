/* pem.h - certificates in text (RFC 7468 sections 2, 3 and 5).
 *
 * Blocks labelled CERTIFICATE; whatever stands between blocks, and blocks with
 * another label, are passed over. Pure.
 */
#ifndef NET_PEM_H
#define NET_PEM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Go to the next block in *text, and past it. *body views its base64 lines;
 * it is empty for a block that does not end before the next one begins. False
 * when there is no further block.
 */
bool pem_next(struct str *text, struct str *body);

/* Append what body encodes: padded base64 with blanks and line ends anywhere.
 * False, with out spoilt, for anything else, for nothing at all, and when out
 * is full.
 */
bool pem_decode(struct str body, struct buf *out);

#endif
