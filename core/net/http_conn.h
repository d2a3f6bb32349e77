/* http_conn.h - the connection under an exchange, plain or TLS. For http*.c
 * only.
 *
 * Whatever waits does so in poll(2), until the exchange's deadline or the
 * silence allowed is over. Messages begin with "http 'host'" or "tls 'host'"
 * and, but for those of the peer's protocol, are ERR_NET.
 */
#ifndef NET_HTTP_CONN_H
#define NET_HTTP_CONN_H

#include "net/dial.h"
#include "net/tls.h"

struct http_conn {
	int fd;			/* -1: closed */
	struct tls *tls;	/* NULL: plain */
	/* Set by the caller at the start of each exchange. */
	struct str host;	/* for messages */
	int64_t begun, deadline;	/* absolute, process_clock_ms */
	int64_t read_ms;	/* silence */
	const int *stop;	/* a descriptor: once it is readable, no time
				   is left; NULL: none */
	struct dial_why why;	/* of the last failure */
};

MUST_USE bool http_conn_dial(struct http_conn *c, const struct addr *to,
    size_t count, uint16_t port, int64_t connect_ms, struct err *e);

/* Go over to TLS, see tls_start. t is used until http_conn_close. */
MUST_USE bool http_conn_secure(struct http_conn *c, struct tls *t,
    struct str name, struct trust *trust, int64_t now, struct err *e);

/* Send all of *s, or (plain) until the peer is heard: then *heard is set and
 * *s is what is left.
 */
MUST_USE bool http_conn_send(struct http_conn *c, struct str *s, bool *heard,
    struct err *e);

/* Up to n bytes into p; *got == 0 at the peer's orderly end: FIN, or
 * close_notify.
 */
MUST_USE bool http_conn_receive(struct http_conn *c, char *p, size_t n,
    size_t *got, struct err *e);

/* Open, and not a word from the peer: fit for another request. */
bool http_conn_idle(const struct http_conn *c);

void http_conn_close(struct http_conn *c);

/* The same without close_notify: the connection is another process's now. */
void http_conn_leave(struct http_conn *c);

#endif
