/* round_kept.h - what a round leaves for the next one. Pure.
 *
 * A line with a sign for each registry, a blank, and a sign for each sink: + it
 * went well, - it did not; then the tokens in use, as tokens_write has them.
 */
#ifndef SIDECAR_ROUND_KEPT_H
#define SIDECAR_ROUND_KEPT_H

#include "login/tokens.h"

struct round_kept {
	size_t registries, sinks;
	/* Of each registry the token in use, if there is one; and whether the
	 * last round got it.
	 */
	struct tokens_item *items;
	bool *got;
	bool *has;	/* of each sink: it has these tokens */
};

void round_kept_write(const struct round_kept *k, struct buf *b);

/* Counts and arrays are the caller's; strings view text. Accepts nothing that
 * round_kept_write does not write. ERR_REPLY: *k was touched.
 */
MUST_USE bool round_kept_read(struct str text, struct round_kept *k,
    struct err *e);

#endif
