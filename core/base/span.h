/* span.h - a length of time as people write it. Pure. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/str.h"

/* For messages: "'x' is not " SPAN_WANTED. */
#define SPAN_WANTED "a time from 1 second to 365 days; write seconds, or 90s," \
    " 90m, 6h, 2d"

/* 1*DIGIT [ "s" / "m" / "h" / "d" ], from 1 to SPAN_MAX_S seconds. False leaves
 * *seconds alone.
 */
bool span_parse(struct str text, int64_t *seconds);

#endif
