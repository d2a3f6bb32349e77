/* signals.h - signals as things to be read, for a poll loop.
 *
 * PID 1 has no default actions, so a container's first process must listen to
 * SIGTERM, and must wait for the orphans that become its children.
 */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include "base/err.h"
#include "base/str.h"

enum signal_seen {
	SIGNAL_NONE,
	SIGNAL_END,		/* SIGTERM, SIGINT, SIGQUIT */
	SIGNAL_AGAIN,		/* SIGHUP */
	SIGNAL_CHILD,		/* SIGCHLD */
};

/* Block them from now on, and open *fd: to be polled for POLLIN. SIGINT and
 * SIGQUIT that were ignored stay so: a shell's background job is not meant by
 * Ctrl-C. Children inherit the blocked ones and must open them again, so a
 * broker is forked before. ERR_SYS.
 */
MUST_USE bool signals_open(int *fd, struct err *e);

/* The next one that came, without waiting. *name is its name, static text. */
enum signal_seen signals_next(int fd, struct str *name);

/* Wait for all children that have ended, ours or orphans. */
void signals_reap(void);

#endif
