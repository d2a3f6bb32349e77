/* arena.h - all memory of one run.
 *
 * One block, handed out from the front, wiped when given back. There is no
 * free for one piece: what lives longer is allocated earlier. main.c owns the
 * only large one.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct arena {
	char *p;
	size_t cap, used;	/* bytes */
};

/* n bytes, 16-aligned and zeroed; NULL when the arena is full. */
MUST_USE void *arena_get(struct arena *a, size_t n);

/* n bytes, 16-aligned, off the far end of a, which loses them for good; NULL
 * when there is no room. Not zeroed, and never wiped from here: for what is
 * large, perhaps never touched, and wiped by who writes it.
 */
MUST_USE void *arena_end(struct arena *a, size_t n);

/* Forget, and wipe, all that was allocated since used was mark. */
void arena_back(struct arena *a, size_t mark);

/* *copy is s, copied into a. ERR_LIMIT when a is full. */
MUST_USE bool arena_copy(struct arena *a, struct str s, struct str *copy,
    struct err *e);

/* The same with a NUL behind it, for the operating system. A NUL inside s is
 * refused (ERR_LIMIT when full, ERR_REPLY for the NUL).
 */
MUST_USE bool arena_z(struct arena *a, struct str s, const char **z,
    struct err *e);

/* A writer over n fresh bytes of a; n == 0 takes all that is left. Give back
 * what is large by arena_trim or arena_keep: all that is not is wiped one day,
 * written or not, and so takes memory. A full arena gives a writer
 * that is already full.
 */
struct buf arena_buf(struct arena *a, size_t n);

/* End of an arena_buf, which must be the arena's last allocation: what was not
 * written is free again.
 */
void arena_trim(struct arena *a, const struct buf *b);

/* The same; *s views what was written. ERR_LIMIT when the writer had
 * overflowed.
 */
MUST_USE bool arena_keep(struct arena *a, const struct buf *b, struct str *s,
    struct err *e);

#endif
