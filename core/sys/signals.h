/* signals.h - signals as things to be read, for a poll loop.
 *
 * PID 1 has no default actions, so a container's first process must listen to
 * SIGTERM, and must wait for the orphans that become its children.
 */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include "base/err.h"

enum signal_seen {
	SIGNAL_NONE,
	SIGNAL_END,		/* SIGTERM, SIGINT, SIGQUIT */
	SIGNAL_AGAIN,		/* SIGHUP */
	SIGNAL_CHILD,		/* SIGCHLD */
};

/* Block them from now on, and open *fd: to be polled for POLLIN. ERR_SYS. */
MUST_USE bool signals_open(int *fd, struct err *e);

/* The next one that came, without waiting. */
enum signal_seen signals_next(int fd);

/* Wait for all children that have ended, ours or orphans. */
void signals_reap(void);

/* Which signal ended it last: for who says so in a log. Static text. */
const char *signals_name(int fd);

#endif
