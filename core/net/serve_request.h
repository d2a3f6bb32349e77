/* serve_request.h - one HTTP/1.1 request, read by a server. Pure.
 *
 * As strict as wire.h, and smaller: GET and HEAD without a body are all that
 * our servers answer, and a whole request has to fit into SERVE_REQUEST_MAX
 * bytes. What is refused says with which status.
 * Source: RFC 9112, RFC 9110.
 */
#ifndef NET_SERVE_REQUEST_H
#define NET_SERVE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/str.h"

struct serve_request {
	char bytes[SERVE_REQUEST_MAX];
	size_t n;
	/* Of a complete request; views into bytes. */
	bool head;		/* the method is HEAD */
	bool keep;		/* the client wants to go on afterwards */
	struct str path;	/* as it was sent: nothing is decoded */
	struct str query;	/* behind the '?'; empty if there is none */
	struct str host;	/* value of Host, empty in HTTP/1.0 */
	struct str authorization;	/* value of the field, or absent */
	/* Of a refused one. */
	unsigned status;	/* 400, 405, 413, 414, 417, 431, 501, 505 */
	const char *reason;	/* for the answer's body and the log */
	/* The rest is private. */
	size_t line;		/* the present line's beginning */
	bool http10, has_length, chunked;
};

enum serve_state {
	SERVE_MORE,		/* not whole yet */
	SERVE_COMPLETE,
	SERVE_REFUSED,		/* answer with status, then close */
};

/* Take bytes off the front of *in until the request is complete or refused, or
 * *in is empty. A zeroed struct begins. What is left in *in is the client's
 * next request.
 */
enum serve_state serve_request_take(struct serve_request *r, struct str *in);

#endif
