/* program.h - programs of others, under a time limit (house rule 11).
 *
 * Between us and the program stands a broker: a child (sys/child.h) that starts
 * it, waits for it and, when it takes too long or we die, ends it with all that
 * it started. A program gets our standard input and error, the environment and
 * the terminal; no other descriptor of ours. Left out of the environment is in
 * any case what a service manager says to us alone (NOTIFY_SOCKET,
 * WATCHDOG_USEC, WATCHDOG_PID). Signals, the umask and the resource limits are
 * as they were before process_harden. It stays in our process group, so it may
 * ask at the terminal whenever we might, and Ctrl-C meets us both. Its standard
 * output comes back whole.
 */
#ifndef SYS_PROGRAM_H
#define SYS_PROGRAM_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* The variables that hold secrets of ours; ends with NULL. */
extern const char *const program_secrets[];

struct program {
	/* Ends with NULL. argv[0] without a slash is looked up in PATH. */
	const char *const *argv;
	/* "NAME=value" to set besides the environment; ends with NULL, or
	 * NULL for none.
	 */
	const char *const *env;
	/* Names to leave out of the environment; ends with NULL, or NULL for
	 * none.
	 */
	const char *const *unset;
	/* What its standard input is; absent: ours. It need not read it. */
	struct str in;
	/* What it prints is for people, and so for our log: its standard output
	 * is our standard error, and nothing comes back.
	 */
	bool aside;
	int64_t deadline;	/* absolute, process_clock_ms */
	size_t out_max;		/* bytes of standard output, at most
				   CHILD_ANSWER_MAX */
};

/* Run it to its end and take its output into a. A program that is not done at
 * the deadline, or says more than out_max, is ended, with all it started (only
 * itself, where /proc is not mounted): by SIGTERM, CHILD_END_MS later by
 * SIGKILL; and the terminal is put back as it was. What one that ends by itself
 * leaves running goes on, and is not waited for.
 * Messages name argv[0] only, and never what it printed. ERR_ABSENT: there is
 * no such program; ERR_DENIED: it failed (with which status); ERR_NET: too
 * late; ERR_LIMIT; ERR_SYS.
 */
MUST_USE bool program_run(const struct program *p, struct arena *a,
    struct str *out, struct err *e);

#endif
