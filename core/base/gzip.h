/* gzip.h - the container of gzip, around bytes as they are. Pure.
 *
 * Stored blocks only: what we wrap is a few KiB, half of it incompressible, and
 * a compressor would be larger than the rest of this program's parts. Every
 * gunzip reads it.
 * Source: RFC 1952, RFC 1951 3.2.4.
 */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include <stdint.h>

#include "base/buf.h"

/* Append s in a gzip member without name and time. */
void gzip_add(struct buf *b, struct str s);

/* CRC-32 as in RFC 1952 section 8. */
uint32_t gzip_crc(struct str s);

#endif
