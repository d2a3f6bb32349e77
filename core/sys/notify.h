/* notify.h - tell the service manager how we are.
 *
 * Nothing depends on it: a message that cannot be sent is dropped, and without
 * a manager there is nobody to send to.
 * Source: sd_notify(3), systemd.service(5) Type=notify and notify-reload,
 * sd_watchdog_enabled(3).
 */
#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/str.h"

/* The environment's NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. Programs that
 * we run must not get them: they would speak for us.
 */
struct notify_env {
	struct str socket, usec, pid;
};

struct notify {
	int64_t watchdog_ms;	/* tell NOTIFY_ALIVE so often; 0: never. It is
				   half of what the manager waits */
	/* The rest is private. */
	bool open;
	int fd;
	struct sockaddr_un to;
	socklen_t to_n;
};

/* Connect, so that it works behind a sandbox. Without a socket in env *n tells
 * nobody, and that is no failure. On failure *n can be used: ERR_USAGE: the
 * address is neither a path nor abstract ("@name"), or too long, and nobody is
 * told; or the watchdog's time is none, and there is no watchdog. Else nobody
 * is there yet, and it is tried again with each message.
 */
MUST_USE bool notify_open(struct notify *n, const struct notify_env *env,
    struct err *e);

enum notify_what {
	NOTIFY_NOTHING,		/* only a status */
	NOTIFY_READY,		/* after the start, and after each reload */
	NOTIFY_RELOADING,
	NOTIFY_STOPPING,
	NOTIFY_ALIVE,		/* for the watchdog */
};

/* With a status for people, unless it is empty; made printable. Never waits.
 * False: it did not arrive.
 */
bool notify_tell(struct notify *n, enum notify_what what, struct str status);

void notify_close(struct notify *n);

#endif
