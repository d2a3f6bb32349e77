/* broker.h - a process that stays outside while its parent goes into a sandbox
 * (house rules 10 and 11), and has work done in children of its own.
 *
 * The parent asks for one piece of work at a time; the child that does it says
 * words to the parent while it works, and leaves bytes for the next piece. The
 * broker itself reads nothing but the parent's orders, and ends, with whatever
 * work is under way, when the parent is gone: by the end of a socket, since a
 * process in a sandbox cannot always send signals to what was there before it.
 */
#ifndef SYS_BROKER_H
#define SYS_BROKER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

struct broker {
	int fd;		/* to be polled for POLLIN; then broker_hear */
	enum err_kind why;	/* the last BROKER_FAILED */
	pid_t pid;	/* private */
};

/* What a piece of work is given. */
struct broker_order {
	uint64_t word;		/* the parent's own */
	int64_t deadline;	/* absolute, process_clock_ms */
	struct str kept;	/* what the last work that succeeded left;
				   empty at first */
	int fd;			/* private */
};

/* Runs in a child of the broker, a copy of the parent as it was at
 * broker_start, with no signal blocked. What it appends to keep (at most
 * CHILD_ANSWER_MAX) is kept when it returns true; else what was kept stays.
 * It is ended (child_end) when it has not returned CHILD_GRACE_MS after the
 * deadline, and when the parent is gone.
 */
typedef bool broker_work(void *me, const struct broker_order *order,
    struct buf *keep, struct err *e);

/* Before handlers are set and anything is opened that the broker must not
 * hold: it closes nothing. Whatever signal is meant for the whole group leaves
 * it alone; SIGPIPE has to be ignored (process_harden). Its memory is what is
 * left of a, and wiped when it ends. ERR_SYS; ERR_LIMIT.
 */
MUST_USE bool broker_start(struct broker *b, broker_work *work, void *me,
    struct arena *a, struct err *e);

/* Begin a piece of work; only one at a time. Never waits. ERR_SYS: the broker
 * is gone.
 */
MUST_USE bool broker_ask(struct broker *b, uint64_t word, int64_t deadline,
    struct err *e);

enum broker_said {
	BROKER_NOTHING,		/* at present */
	BROKER_WORD,		/* of the work */
	BROKER_DONE,		/* the work succeeded */
	BROKER_FAILED,		/* it did not, for the reason given */
	BROKER_GONE,		/* there is no broker any more */
};

/* The next that is there, without waiting. said has BROKER_WORD_MAX bytes; a
 * word's bytes, or a failure's message, are appended to it.
 */
enum broker_said broker_hear(struct broker *b, struct buf *said);

/* For the work: one word to the parent, at most BROKER_WORD_MAX bytes, whole or
 * not at all. Waits while the parent does not listen, until the deadline
 * (ERR_NET). ERR_LIMIT: too long; ERR_SYS.
 */
MUST_USE bool broker_say(const struct broker_order *order, struct str word,
    struct err *e);

/* End the broker and its work, and wait at most so long for it; what takes
 * longer goes on to end without us.
 */
void broker_stop(struct broker *b, int64_t wait_ms);

#endif
