/* report.h - what a refresh, in its own process, tells the loop. Pure.
 *
 * Each is one word of the broker's. Both ends are one program, but the loop
 * believes nothing: whatever does not fit is refused.
 */
#ifndef SIDECAR_REPORT_H
#define SIDECAR_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"

enum report_kind {
	REPORT_REGISTRY,	/* of part: a token, or why there is none */
	REPORT_SINK,		/* of part: written, or why not */
	REPORT_BODY,		/* of part: bytes to serve, in order */
};

struct report {
	enum report_kind kind;
	size_t part;		/* index among the registries or the sinks */
	bool good;		/* REPORT_BODY: these are its last bytes */
	enum err_kind why;	/* when it is not good: of what kind that is;
				   ERR_NONE: nobody says */
	int64_t expires_s;	/* of a registry's token; good or not, of the
				   one in use; 0: none */
	struct str text;	/* registry: its host; failed: the message; sink
				   that is good: nothing; body: bytes */
};

#define REPORT_TEXT_MAX (16u << 10)

/* Append it; b->full: it has more text than REPORT_TEXT_MAX. For this machine
 * only: numbers stand in it as in memory.
 */
void report_write(const struct report *r, struct buf *b);

/* Read a word; text views it, and is printable ASCII unless it is a body.
 * ERR_REPLY; *r is left alone.
 */
MUST_USE bool report_read(struct str word, size_t registries, size_t sinks,
    struct report *r, struct err *e);

#endif
