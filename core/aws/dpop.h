/* dpop.h - proof that one holds a private key (RFC 9449). Pure.
 *
 * A proof is a JWS (RFC 7515) signed by ES256 (RFC 7518 3.4), made for one
 * request. The private key is of P-256, as SEC1 writes it (RFC 5915), in PEM:
 * what "aws login" leaves in its cache.
 */
#ifndef AWS_DPOP_H
#define AWS_DPOP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct dpop_key {
	unsigned char scalar[32];	/* secret; big endian, as are all */
	unsigned char point[1 + 2 * 32];	/* 4, x, y */
};

/* Read the one key in pem. ERR_REPLY on anything else: another curve, PKCS#8,
 * an encrypted key, a public key that does not belong to the private one, bytes
 * before or behind. *k is secret: dpop_forget it.
 */
MUST_USE bool dpop_key_read(struct str pem, struct dpop_key *k,
    struct err *e);

void dpop_forget(struct dpop_key *k);

/* For one request. */
struct dpop_claims {
	struct str method;	/* "POST" */
	struct str url;		/* with neither query nor fragment */
	int64_t issued;		/* seconds since 1970 */
	struct str id;		/* never used before: a UUID */
};

/* Append the value of the DPoP field. ERR_LIMIT when b is full or the claims
 * are longer than DPOP_CLAIMS_MAX.
 */
MUST_USE bool dpop_proof(const struct dpop_key *k,
    const struct dpop_claims *claims, struct buf *b, struct err *e);

#endif
