/* refusal.h - why a chain of certificates is not believed, in words. */
#ifndef NET_REFUSAL_H
#define NET_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/x509.h"

/* A server's chain, and what it is judged by. */
struct chain {
	const char *name;	/* the server's */
	int64_t now;		/* seconds */
	int64_t made_s;		/* when this program was made, or 0 */
	const char *bundle;	/* the user's; NULL: none */
	struct {
		struct str der;
		struct x509 cert;
		bool known;	/* cert is filled in */
	} link[TLS_CHAIN_COUNT_MAX];	/* the server's own first */
	size_t count;
	size_t weak_bits;	/* of an anchor too weak to be used, or 0 */
	size_t broken;		/* entries of the bundle, unreadable */
};

/* What BearSSL made of it. */
struct verdict {
	unsigned code;	/* BR_ERR_X509_x, 0 when it was satisfied */
	size_t at;	/* the certificate at which it ended */
	bool anchored;	/* there was an anchor of a right name */
};

/* Say what v.code, not 0, means. Always false. ERR_REPLY for what is no
 * certificate, ERR_TRUST for all else.
 */
bool refusal_explain(const struct chain *c, struct verdict v, struct err *e);

/* What BearSSL leaves out, for the certificate at i: see trust.h. */
MUST_USE bool refusal_check(const struct chain *c, size_t i, struct err *e);

#endif
