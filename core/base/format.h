/* format.h - the part of printf that messages need.
 *
 * libc's own carries floating point, wide characters and a stream with it:
 * 12 KB of a static binary.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdarg.h>

#include "base/buf.h"

/* Append fmt with its arguments: %s (with .N or .*), %c, %d, %u, %x, %X (with
 * 0 and a width, and z, l or ll before it), and %%. Any other conversion ends
 * the text with "%?". What does not fit is cut, and b is then full.
 */
void buf_format(struct buf *b, const char *fmt, va_list ap);

#endif
