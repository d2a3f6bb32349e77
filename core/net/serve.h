/* serve.h - a listener and its connections, for a poll loop that never blocks.
 *
 *	for (;;) {
 *		wake = INT64_MAX;
 *		n = serve_watch(&s, p, &wake);
 *		poll(p, n, wake - clock.ms);
 *		serve_turn(&s, p, clock, &handler);
 *	}
 *
 * Requests of one connection are answered in their order; what a client sends
 * ahead stays with the kernel, so a connection's state is one request. Each
 * phase of a connection has a deadline. When all SERVE_CONNECTIONS_MAX places
 * are taken, the oldest that wants nothing gives way to a new one, then the
 * oldest whose request has not been whole for SERVE_YIELD_MS, then the oldest
 * that has not taken its answer for as long; else the new one is told 503. So
 * is who would have to wait when SERVE_LATER_MAX others do: some places are
 * left for what can be answered at once. A connection that we close is read on for a moment, since the
 * kernel would else let its last answer be lost.
 * Nothing is allocated. Addresses only: no name is ever looked up. SIGPIPE has
 * to be ignored (process_harden). After serve_open a sandbox with accepts
 * (sys/sandbox.h) lets all of it through.
 * Source: RFC 9112, RFC 9110; RFC 9112 9.6 for the close.
 */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <poll.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "net/addr.h"
#include "net/serve_request.h"
#include "net/wire.h"

struct serve_address {
	struct addr ip;
	uint16_t port;
};

/* "192.0.2.1:80", "[::1]:80", or ":80", which is loopback. [::] is all
 * addresses, IPv4's too. Pure. ERR_USAGE: a name, no port, port 0.
 */
MUST_USE bool serve_parse(struct str text, struct serve_address *at,
    struct err *e);

/* What a handler says. */
struct serve_answer {
	unsigned status;
	struct str type;	/* Content-Type */
	/* Sent from where it is: it must stay until serve_release says that
	 * nobody needs it. HEAD gets its length alone.
	 */
	struct str body;
	/* Further fields up to one without a name; copied. */
	struct http_field fields[SERVE_FIELDS_MAX];
};

struct serve_handler {
	void *me;
	/* Fill in the zeroed answer, or return false: later, by serve_again.
	 * r is for the time of the call.
	 */
	bool (*answer)(void *me, const struct serve_request *r,
	    struct serve_answer *answer);
	/* A request was refused here; NULL: nobody wants to know. */
	void (*refused)(void *me, unsigned status, const char *reason);
};

struct serve_clock {
	int64_t ms;	/* monotonic */
	int64_t s;	/* since 1970, for Date */
};

/* The rest is private. Zeroed memory is a connection that is not there, so
 * that a server without clients touches little of it.
 */
struct serve_connection {
	enum {
		SERVE_AT_NOTHING,
		SERVE_AT_REQUEST,	/* reading it */
		SERVE_AT_LATER,		/* the handler wants to be asked again */
		SERVE_AT_ANSWER,	/* sending it */
	} at;
	int fd;
	size_t polled;		/* its place in what is polled; 0: none */
	int64_t since, until;	/* ms; of this phase */
	bool last;		/* close after the answer */
	size_t head_n, sent;	/* the answer's head is where the request was */
	struct str body;
	struct serve_request request;
};

struct serve_parting {
	bool open;
	int fd;
	size_t polled;
	int64_t until;
	size_t n;	/* bytes thrown away */
};

struct serve {
	bool open;
	int fd;		/* the listener's */
	int64_t pause;	/* no accept(2) before; 0: at any time */
	struct serve_connection connections[SERVE_CONNECTIONS_MAX];
	struct serve_parting partings[SERVE_PARTINGS_MAX];
};

/* Listen, into zeroed *s, which until then has nothing to do. Port 0 lets the
 * kernel choose: see serve_port. The message says at which address, and what
 * to do. ERR_SYS.
 */
MUST_USE bool serve_open(struct serve *s, const struct serve_address *at,
    struct err *e);
uint16_t serve_port(const struct serve *s);

/* Close everything at once; zeroed again. A forked child does it first, else
 * its copies keep connections open.
 */
void serve_close(struct serve *s);

enum {
	SERVE_POLL_MAX = 1 + SERVE_CONNECTIONS_MAX + SERVE_PARTINGS_MAX,
};

/* Fill in what is to be watched and return how much that is: never more than
 * there are descriptors and one, since poll(2) refuses more than RLIMIT_NOFILE.
 * *wake becomes when serve_turn is due whatever happens, if that is sooner
 * (absolute ms).
 */
size_t serve_watch(struct serve *s, struct pollfd p[SERVE_POLL_MAX],
    int64_t *wake);

/* Do all that can be done without waiting. p is what serve_watch filled in
 * last, as poll(2) left it.
 */
void serve_turn(struct serve *s, const struct pollfd p[SERVE_POLL_MAX],
    struct serve_clock clock, const struct serve_handler *h);

/* Ask the handler again about each request that it put off. */
void serve_again(struct serve *s, struct serve_clock clock,
    const struct serve_handler *h);

/* Is somebody still being sent some of these bytes? */
bool serve_sends(const struct serve *s, struct str bytes);

/* Before bytes that were a body are changed: who is still being sent them is
 * cut off, and sees that by the length. Nobody gets half of each.
 */
void serve_release(struct serve *s, struct str bytes);

#endif
