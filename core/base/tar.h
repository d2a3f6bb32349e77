/* tar.h - an archive of a few small files. Pure.
 *
 * Source: POSIX.1-2017 pax, "ustar Interchange Format", which every tar reads.
 * Owner is root by number, without names; so the same input gives the same
 * bytes everywhere.
 */
#ifndef BASE_TAR_H
#define BASE_TAR_H

#include <stdint.h>

#include "base/buf.h"

/* Append one member. A name that ends in '/' is a directory, whose body is
 * empty. name is at most 100 bytes; mode is of the usual nine bits; mtime_s is
 * seconds since 1970, not before. b->full when one of these does not fit.
 */
void tar_add(struct buf *b, struct str name, unsigned mode, int64_t mtime_s,
    struct str body);

/* Append the end: two blocks of zeros. */
void tar_end(struct buf *b);

#endif
