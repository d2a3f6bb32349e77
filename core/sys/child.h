/* child.h - work done in a child process, which answers over a pipe (house
 * rule 10): the parent goes on meanwhile, and may give it up at any time.
 *
 * The child stays in the parent's process group and session, so that it meets
 * the same terminal and the same interrupts; it gets SIGTERM when the parent
 * dies.
 */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct child {
	pid_t pid;	/* private */
	/* Readable once there is an answer, or there will be none. */
	int fd;
	/* A descriptor that is readable once the work has failed: there is no
	 * point in going on with what wants its answer. -1: not to be had.
	 */
	int failed;
};

/* What a child does: append its answer to out, at most CHILD_ANSWER_MAX bytes,
 * or fail. It runs in a copy of the whole process and leaves by _exit, so
 * nothing that it changes in memory comes back.
 */
typedef bool child_work(void *me, struct buf *out, struct err *e);

/* Start work(me). Its scratch memory is what is left of a, in its own copy,
 * which is wiped when it ends. ERR_SYS.
 */
MUST_USE bool child_start(struct child *ch, child_work *work, void *me,
    struct arena *a, struct err *e);

/* The same, but the child has none of the descriptors that we opened: it can
 * say nothing to anybody but by its answer. Those that we were given when we
 * were started it keeps, since a path may name them (/dev/fd/63).
 */
MUST_USE bool child_start_alone(struct child *ch, child_work *work, void *me,
    struct arena *a, struct err *e);

/* Wait for the answer until deadline (absolute, process_clock_ms), into a.
 * A failure of the work comes back as it was, kind and message. ERR_NET: too
 * late, and the child is ended; ERR_SYS: it died, of what. In any case it is
 * gone afterwards.
 */
MUST_USE bool child_finish(struct child *ch, int64_t deadline,
    struct arena *a, struct str *answer, struct err *e);

/* The same without its answer: it is asked to go, so that it can put the
 * terminal back or finish a file, and CHILD_END_MS later made to.
 */
void child_end(struct child *ch);

#endif
