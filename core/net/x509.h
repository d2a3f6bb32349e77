/* x509.h - what we need to know of a certificate (RFC 5280 section 4).
 *
 * BearSSL verifies; this only reads, to do what BearSSL leaves out and to say
 * in an error message what was wrong. Strict DER, version 3 (anchors may be of
 * version 1), no extension twice. Pure; all views point into the certificate.
 */
#ifndef NET_X509_H
#define NET_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum x509_key {
	X509_KEY_OTHER,
	X509_KEY_RSA,
	X509_KEY_EC,
};

struct x509 {
	struct str issuer, subject;	/* whole Names, DER */
	int64_t not_before, not_after;	/* seconds, both inclusive */
	struct str signature;		/* algorithm: body of its OID */
	enum x509_key key;
	struct str modulus, exponent;	/* RSA: big endian, no leading zero */
	int curve;			/* EC: as in RFC 8422 5.1.1; 0: other */
	struct str point;		/* EC */
	bool ca;			/* basicConstraints say so */
	bool usage;			/* has an extendedKeyUsage */
	bool usage_critical;
	bool usage_server;		/* ... that allows TLS servers */
	bool constraints;		/* has nameConstraints */
	bool alt;			/* has a subjectAltName */
	struct str names;		/* body of its GeneralNames */
};

/* Read one certificate; der must end with it. False leaves *c alone. */
bool x509_read(struct str der, struct x509 *c);

/* Only a certificate's subject, without a look at what follows it: much less
 * work, for going through a bundle. False leaves *subject alone.
 */
bool x509_subject(struct str der, struct str *subject);

/* Bits of an RSA modulus. */
size_t x509_bits(const struct x509 *c);

/* "SHA-1" or "MD5" when that is what the signature rests on, else NULL. */
const char *x509_weak_hash(const struct x509 *c);

/* The first dNSName; *more is how many follow. False when there is none. */
bool x509_dns_name(const struct x509 *c, struct str *name, size_t *more);

/* Append a Name for people: its commonName, else its organizationName, else
 * its organizationalUnitName, else "(no name)". Printable ASCII only.
 */
void x509_name(struct str name, struct buf *b);

#endif
