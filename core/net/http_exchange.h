/* http_exchange.h - one exchange in its two halves. For http*.c only. */
#ifndef NET_HTTP_EXCHANGE_H
#define NET_HTTP_EXCHANGE_H

#include "base/limits.h"
#include "net/http.h"
#include "net/http_conn.h"

/* Large, and not touched before it is needed, nor wiped as a whole at the end:
 * a run that finds its answer in a file should not pay for it. tls and the
 * buffers are wiped after each use; what trust holds is public.
 */
struct http_large {
	struct tls tls;
	struct trust trust;
	char in[HTTP_READ_BYTES];
	char out[HTTP_REQUEST_HEAD_MAX];
};

struct http {
	struct http_conf conf;
	struct arena *a;
	struct http_large *large;
	struct http_conn conn;
	/* Whom conn leads to: proxy, scheme, authority, name verified. */
	char peer[3 * DNS_NAME_MAX + 64];
	size_t peer_n;
};

struct http_exchange {
	struct http *h;
	const struct http_req *req;
	struct http_res *res;
	struct arena *a;
	int64_t now;
	struct proxy via;	/* host empty: none */
	enum wire_form form;	/* not WIRE_ORIGIN: for the proxy to read */

	/* The request. */
	struct buf out;		/* head, and the body if that fits */
	struct str rest;	/* the body if it does not */
	uint64_t made;		/* bytes that req->send has pushed */
	bool made_some;		/* req->send was called */
	bool cut;		/* and stopped by an early answer */
	bool sent;		/* all of it has been sent */

	/* The answer. */
	struct wire wire;
	bool answered;		/* a byte of it has come */
	bool surplus;		/* bytes have come that do not belong to it */
	struct buf body;
	size_t body_max;
	struct push to;
	struct buf *open;	/* wire.head or body: whichever has the arena's
				   end at the moment */
};

/* Write the head into x->out. ERR_USAGE. */
MUST_USE bool http_request_write(struct http_exchange *x, struct err *e);

/* Send it and the body, and read meanwhile what the peer says: with its final
 * status the rest is pointless, and x->sent stays false.
 */
MUST_USE bool http_request_send(struct http_exchange *x, struct err *e);

void http_answer_begin(struct http_exchange *x);

/* Read once from the connection, which may complete the answer. */
MUST_USE bool http_answer_read(struct http_exchange *x, struct err *e);

/* After WIRE_DONE: fill x->res. */
MUST_USE bool http_answer_end(struct http_exchange *x, struct err *e);

/* Give back the arena's end. */
void http_answer_drop(struct http_exchange *x);

/* Details for -v. */
void http_note(const struct http *h, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
