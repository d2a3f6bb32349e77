/* http.h - one HTTP/1.1 exchange, with the connection kept for the next.
 *
 * The framing rules are RFC 9112's, without leniency: see wire.h. No
 * redirects are followed: requests carry secrets.
 * A connection is kept while the peer allows and is reused when scheme, host,
 * port and proxy are the same; a kept connection that the peer has closed is
 * dialled again, once, when no byte of an answer had come.
 *
 * Proxies: see proxy.h. An https target is reached through a tunnel (CONNECT),
 * so that TLS is with the target and the proxy sees its name only; an http
 * target's requests are the proxy's to read and pass on. A target's name is
 * then the proxy's to resolve. Errors begin with "proxy 'host:port': "; a
 * proxy that wants another password (407) is one, ERR_DENIED, as is a tunnel
 * refused with 4xx.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uri.h"
#include "net/proxy.h"
#include "net/wire.h"

struct http_req {
	struct str method;
	struct uri to;
	/* Host, User-Agent and Accept-Encoding are added unless they are
	 * here, and Content-Length, which must not be (nor Transfer-Encoding).
	 * Values with control bytes make the request fail (ERR_USAGE).
	 */
	const struct http_field *fields;
	size_t count;
	/* The body: bytes, or (send set) exactly body_n bytes which send
	 * pushes when asked. A body that send makes is not sent twice. The
	 * push fails when the answer is there before the end of the body.
	 */
	struct str body;
	uint64_t body_n;
	bool (*send)(void *send_me, const struct push *to, struct err *e);
	void *send_me;
	/* Where the answer's body goes: pushed at take, or (take.take NULL)
	 * into the arena, at most body_max (0: HTTP_BODY_MAX) bytes. With take,
	 * a status outside 200..299 still goes into the arena.
	 */
	struct push take;
	size_t body_max;
	struct str verify;	/* name the certificate must carry; empty: to.host */
	const char *anchors;	/* file of the only authorities to believe in
				   this exchange; NULL: the client's own */
	bool direct;		/* through no proxy, whatever the host */
	int64_t deadline;	/* absolute, process_clock_ms */
	int64_t connect_ms;	/* per address; 0: CONNECT_MS */
	int64_t read_ms;	/* silence; 0: READ_MS */
};

/* How far a failed exchange came; for retry decisions. */
enum http_phase {
	HTTP_RESOLVE,
	HTTP_CONNECT,
	HTTP_TLS,
	HTTP_SEND,
	HTTP_RECEIVE,
	HTTP_DONE,
};

struct http_res {
	unsigned status;		/* 200..599; 1xx never */
	const struct http_field *fields;	/* in the arena */
	size_t count;
	struct str body;		/* in the arena */
	int64_t date;			/* Date field, seconds; 0 when absent */
	/* Set on failure too. */
	enum http_phase phase;
	bool refused;			/* refused or unreachable at once */
	bool timed_out;
};

/* Value of the first field of that name, case ignored; absent view if none. */
struct str http_field_get(const struct http_res *res, struct str name);

struct http;	/* the client: kept connection, resolver, trust */

struct http_conf {
	const char *hosts, *resolv;	/* see dns.h; NULL: the system's */
	uint16_t dns_port;
	const char *ca_bundle;		/* replaces the anchors; NULL: default */
	const char *ca_system;		/* system bundle; NULL: usual places */
	int64_t made_s;			/* see trust.h */
	struct proxy_conf proxy;
	struct str user_agent;
	/* Notes for -v; may be NULL. */
	void (*note)(void *me, struct str line);
	void *note_me;
};

/* One client, in a, which holds its buffers and, while a handshake lasts, the
 * peer's certificates. *conf is copied, what it points at is not.
 */
MUST_USE bool http_new(const struct http_conf *conf, struct arena *a,
    struct http **h, struct err *e);

/* Replace the anchors; a connection that was kept on the word of others is
 * closed. path must live as long as h. NULL: the default.
 */
void http_ca_bundle(struct http *h, const char *path);

/* now is wall-clock seconds, for certificates. On failure only the last three
 * members of *res are filled, and a is as it was. Kinds of failure: ERR_NET,
 * ERR_TRUST, ERR_REPLY, ERR_LIMIT, ERR_USAGE, ERR_ABSENT (the host name does
 * not exist), ERR_DENIED (by a proxy), ERR_SYS, and whatever send and take
 * report.
 */
MUST_USE bool http_exchange(struct http *h, const struct http_req *req,
    int64_t now, struct arena *a, struct http_res *res, struct err *e);

/* Is the connection kept that req will want? */
bool http_ready(struct http *h, const struct http_req *req);

/* Open that connection if it is not, and keep it for the exchange, as far as
 * this can be done until req->deadline, within PREPARE_MS, and before *stop
 * (may be NULL), a descriptor, is readable. What fails here will fail, and be
 * told, there; here it is a note. Nothing of req but to, verify, direct,
 * deadline and connect_ms counts, which must be the same there. a is scratch
 * memory.
 */
void http_prepare(struct http *h, const struct http_req *req, int64_t now,
    const int *stop, struct arena *a);

/* Forget the kept connection without a word to the peer: after a fork the
 * other process goes on with it.
 */
void http_leave(struct http *h);

/* Add what any exchange may take, but for the port of its target and for
 * anchors of its own: the resolver, authorities, proxies.
 */
void http_needs(const struct http *h, struct sandbox_needs *n);

/* Close the kept connection and wipe. */
void http_close(struct http *h);

#endif
