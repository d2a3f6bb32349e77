/* wire.h - HTTP/1.1 messages as bytes: requests written, answers read. Pure.
 *
 * Only what RFC 9112 allows a sender is taken, not what it lets a recipient
 * forgive: where two readers may differ about the end of a message, the
 * answer is refused, with the clause. Failures are ERR_REPLY, or ERR_LIMIT for
 * a bound of limits.h, unless it says otherwise.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uri.h"

/* Bytes pushed at somebody. false stops the transfer with *e set. */
struct push {
	void *me;
	bool (*take)(void *me, struct str bytes, struct err *e);
};

struct http_field {
	struct str name, value;
};

/* What the request line names: the path (RFC 9112 3.2.1), the whole URI for a
 * proxy (3.2.2), host and port for CONNECT (3.2.3).
 */
enum wire_form { WIRE_ORIGIN, WIRE_ABSOLUTE, WIRE_AUTHORITY };

/* Append the request line, a field line, the empty line at the end. What
 * would break the framing sets b->full: a method or field name that is no
 * token, a blank or control byte in the target, a control byte other than
 * TAB in a value (RFC 9110 5.5).
 */
void wire_request(struct buf *b, struct str method, enum wire_form form,
    const struct uri *to);
void wire_field(struct buf *b, struct str name, struct str value);
void wire_request_end(struct buf *b);

enum wire_at {
	WIRE_HEAD,		/* more of the head is wanted */
	WIRE_LENGTH,		/* body of a length that is known */
	WIRE_CHUNK_SIZE,	/* chunked body: the line before a chunk, */
	WIRE_CHUNK_DATA,	/* the chunk, */
	WIRE_CHUNK_END,		/* the line break behind it, */
	WIRE_TRAILER,		/* and the lines after the last one */
	WIRE_UNTIL_CLOSE,	/* body that ends with the connection */
	WIRE_DONE,
};

/* One answer being read. */
struct wire {
	enum wire_at at;
	/* Of the head; complete as soon as at is not WIRE_HEAD. */
	struct buf head;	/* its text */
	unsigned status;	/* 200..599 */
	struct str reason;	/* view into head */
	size_t count;		/* field lines */
	bool keep;		/* the connection may serve another exchange */
	bool has_length;
	uint64_t length;	/* of the body, when has_length */
	uint64_t body_n;	/* bytes of the body pushed so far */
	/* Set after wire_start when the request was CONNECT: nothing follows
	 * the head, whatever it says (RFC 9110 9.3.6).
	 */
	bool tunnel;
	/* The rest is private. */
	bool to_head, http10, chunked, close, keep_alive, cr, colon, extension;
	struct str coding;
	size_t line, line_n, trailer_n, digits, interim;
	uint64_t left;
};

/* Start to read the answer to one request; to_head: its method was HEAD.
 * head is the caller's storage, to be kept as long as fields are looked at.
 */
void wire_start(struct wire *w, bool to_head, struct buf head);

/* Take bytes off the front of *in until the head is complete or *in is empty.
 * Interim answers (1xx) are skipped, 101 is refused.
 */
MUST_USE bool wire_head(struct wire *w, struct str *in, struct err *e);

/* The fields of a complete head: fill out, w->count elements. Views into the
 * storage of the head.
 */
void wire_fields(const struct wire *w, struct http_field *out);

/* After the head: take bytes off the front of *in until the body is complete
 * or *in is empty, and push what is body. What is left in *in at WIRE_DONE
 * belongs to no answer. Trailer fields are checked and dropped.
 */
MUST_USE bool wire_body(struct wire *w, struct str *in, const struct push *to,
    struct err *e);

/* The peer has ended the connection in an orderly way; is the answer whole? If
 * not the message says "truncated", or "closed before", and how far it came:
 * ERR_NET, since to ask again may help.
 */
MUST_USE bool wire_end(struct wire *w, struct err *e);

#endif
