/* stream.h - standard input and output, whole or an error. */
#ifndef APPLETS_STREAM_H
#define APPLETS_STREAM_H

#include "base/arena.h"

/* All of standard input, at most max bytes, in a. */
MUST_USE bool stream_read(size_t max, struct arena *a, struct str *input,
    struct err *e);

MUST_USE bool stream_print(struct str text, struct err *e);

#endif
