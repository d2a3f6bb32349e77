/* uri.h - http and https URIs (RFC 3986, RFC 9110 4.2). */
#ifndef BASE_URI_H
#define BASE_URI_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct uri {
	bool tls;		/* https */
	bool literal;		/* host is an IPv4 or IPv6 address */
	struct str host;	/* without brackets or final dot; as written */
	uint16_t port;		/* the scheme's default when none is written */
	struct str path;	/* empty, or from the first '/' on */
	struct str query;	/* without '?' */
};

/* Parse an absolute http(s) URI. User information, a fragment, an empty
 * host, port 0, an IPv6 zone, and bytes that RFC 3986 does not allow are
 * refused (ERR_USAGE). Host names are [A-Za-z0-9._-], labels up to 63 and
 * names up to 253 bytes; one whose last label is a number must be four decimal
 * numbers without leading zeros. All views point into s.
 */
MUST_USE bool uri_parse(struct str s, struct uri *u, struct err *e);

/* Parse "host[:port]" by the same rules; u->tls says which port is the default.
 * Sets host, literal and port, which may have been touched on failure.
 */
MUST_USE bool uri_parse_authority(struct str s, struct uri *u, struct err *e);

/* The Host field value: host in lower case, brackets round an IPv6 address,
 * ":port" unless it is the scheme's default.
 */
void uri_authority(const struct uri *u, struct buf *b);

/* The same, always with ":port", as CONNECT wants it (RFC 9110 9.3.6). */
void uri_host_port(const struct uri *u, struct buf *b);

/* The request target, origin form: path ("/" when empty), "?query". */
void uri_target(const struct uri *u, struct buf *b);

#endif
