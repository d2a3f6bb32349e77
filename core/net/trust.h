/* trust.h - whom to believe: a chain of certificates against the anchors.
 *
 * Wraps BearSSL's minimal X.509 engine, which can neither read a bundle file
 * nor check what a certificate may be used for. The server's chain is kept
 * whole; then it is checked against the anchors that it names and no others:
 *   - with a user's bundle: those of its certificates whose subject is an
 *     issuer in the chain, or the server itself (a server's own certificate
 *     that is no CA is trusted directly: same name, same key);
 *   - else the anchors compiled in and, when they do not do, the system's
 *     bundle, searched the same way.
 * What the engine leaves out is checked here: extendedKeyUsage of the server's
 * certificate and of each CA below the anchor must be absent or allow servers;
 * a server needs a subjectAltName (RFC 9525 6.3); nameConstraints, which the
 * engine ignores unless they are critical, are always refused; anchors obey
 * TLS_RSA_MIN too. Not checked: revocation, certificate transparency, and an
 * anchor's own validity (RFC 5280 6.1.1 (d): an anchor is a name and a key).
 */
#ifndef NET_TRUST_H
#define NET_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bearssl.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "net/refusal.h"

/* Paths must live as long as the struct trust. */
struct trust_conf {
	const char *bundle;	/* replaces all anchors; NULL: none */
	const char *system;	/* system bundle; NULL: the usual places */
	/* Anchors compiled in; NULL: those of net/roots.h. */
	const br_x509_trust_anchor *roots;
	size_t roots_count;
	/* When this program was made (its commit), in seconds. A clock that is
	 * earlier must be wrong. 0: not known.
	 */
	int64_t made_s;
};

struct trust {
	struct trust_conf conf;	/* bundle may be changed between handshakes */
	/* The rest is private, and of one handshake. */
	const br_x509_class *vtable;	/* what BearSSL calls */
	br_x509_minimal_context xc;
	struct arena *a;
	size_t mark;
	struct err *e;
	struct chain chain;		/* its bytes are in the arena */
	size_t total, filled;		/* bytes; bytes of the last link */
	br_x509_trust_anchor anchors[TLS_ANCHORS_MAX];
	size_t anchors_count;
	bool failed;			/* *e says why */
};

/* Bundles and chains are held in a, and given back after each handshake.
 * Nothing is read before a chain is seen.
 */
void trust_init(struct trust *t, const struct trust_conf *conf,
    struct arena *a);

/* For tls.c, round one handshake, in which BearSSL gets &t->vtable as its
 * X.509 engine and the server's name. now is in seconds. When the handshake
 * failed and trust_failed is true, *e says why (without the server's name in
 * front): ERR_TRUST, also for a user's bundle that cannot be read or has no
 * certificate in it; ERR_REPLY for malformed certificates; ERR_LIMIT for a
 * chain beyond the TLS_ bounds or a full arena.
 */
void trust_begin(struct trust *t, int64_t now, struct err *e);
bool trust_failed(const struct trust *t);
/* Give the chain's memory back. */
void trust_end(struct trust *t);

#endif
