/* sigv4.h - AWS Signature Version 4, header form. Pure.
 *
 * Source: IAM user guide, "Create a signed AWS API request"; checked against
 * awslabs' test suite.
 */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "net/http.h"

struct sigv4 {
	struct str method;
	struct str path;	/* as on the wire, without query */
	struct str query;	/* as on the wire, without '?' */
	const struct http_field *fields;	/* to sign: Host, ... */
	size_t count;
	struct str body_hash;	/* hex SHA-256 of the body */
	bool keep_path;		/* S3: neither normalise nor encode again */
	struct str date;	/* YYYYMMDDTHHMMSSZ */
	struct str region, service;
	struct str key_id, secret;
};

/* Lower-case hex SHA-256. */
void sigv4_hash(struct str s, char hex[64 + 1]);

/* The three texts of the algorithm, appended to b; ERR_LIMIT when b is full or
 * there are more than SIGN_HEADERS_MAX fields. For tests; sigv4_authorization
 * does it all.
 */
MUST_USE bool sigv4_canonical(const struct sigv4 *s, struct buf *b,
    struct err *e);
MUST_USE bool sigv4_to_sign(const struct sigv4 *s, struct str canonical,
    struct buf *b, struct err *e);
/* hex must hold 65 bytes. Derived keys are wiped. */
void sigv4_signature(const struct sigv4 *s, struct str to_sign,
    char hex[64 + 1]);

/* Append the value of the Authorization field. */
MUST_USE bool sigv4_authorization(const struct sigv4 *s, struct arena *scratch,
    struct buf *b, struct err *e);

#endif
