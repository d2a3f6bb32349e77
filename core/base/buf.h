/* buf.h - a bounded writer that sticks when it fails.
 *
 * Append without looking, then test full once: after the first append that
 * did not fit, nothing is added any more. A writer that must refuse a value
 * (a line break in a header field, say) sets full as well: one flag, two
 * causes.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap;	/* bytes written, bytes there are */
	bool full;
};

#define BUF(array) ((struct buf){ (array), 0, sizeof(array), false })

void buf_add(struct buf *b, struct str s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);	/* decimal */

/* Text that came from outside: what is not printable ASCII becomes '?'. */
void buf_safe(struct buf *b, struct str s);

/* View of what was written; do not keep beyond the next append. */
struct str buf_str(const struct buf *b);

/* Wipe the bytes and start again. */
void buf_wipe(struct buf *b);

#endif
