/* dial.h - from addresses to one connected socket.
 *
 * Happy Eyeballs (RFC 8305 section 5): the next address is tried STAGGER_MS
 * after the last one or as soon as that failed; the first to connect wins.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/err.h"
#include "base/str.h"
#include "net/addr.h"

/* A connected, non-blocking, close-on-exec TCP socket with TCP_NODELAY in
 * *fd. connect_ms bounds each address, deadline (absolute) the whole; of
 * count addresses the first ADDR_MAX are tried. *stop (may be NULL) is a
 * descriptor: once it is readable, no time is left. The message names the address
 * and why: "connect 169.254.169.254:80: timed out after 1000 ms", "connect
 * [::1]:443: connection refused". With several addresses the last failure is
 * told and how many were tried. ERR_NET. *why (may be NULL) is set on
 * failure: refused when every address refused or was unreachable at once (a
 * retry at once is pointless), timed_out when any address timed out.
 */
struct dial_why {
	bool refused, timed_out;
};
MUST_USE bool dial(const struct addr *to, size_t count, uint16_t port,
    int64_t connect_ms, int64_t deadline, const int *stop, int *fd,
    struct dial_why *why, struct err *e);

/* ERR_NET with the text of a socket's errno, lower case and the same under
 * every libc. Returns false.
 */
bool dial_errno(int code, struct err *e);

#endif
