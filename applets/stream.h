/* stream.h - standard input and output, whole or an error. */
#ifndef APPLETS_STREAM_H
#define APPLETS_STREAM_H

#include "base/arena.h"

/* All of standard input, at most max bytes, in a. */
MUST_USE bool stream_read(size_t max, struct arena *a, struct str *input,
    struct err *e);

MUST_USE bool stream_print(struct str text, struct err *e);

/* The text in b, an arena_buf and a's last allocation. ERR_LIMIT when a had
 * no room for all of it.
 */
MUST_USE bool stream_built(struct arena *a, const struct buf *b,
    struct err *e);

/* Text as it is for standard error. When that fails there is nobody to tell. */
void stream_complain(struct str text);

#endif
