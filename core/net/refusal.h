/* refusal.h - why a chain of certificates is not believed, in words. */
#ifndef NET_REFUSAL_H
#define NET_REFUSAL_H

#include "base/err.h"
#include "net/trust.h"

/* What BearSSL made of a chain. */
struct verdict {
	unsigned code;	/* BR_ERR_X509_x, 0 when it was satisfied */
	size_t at;	/* the certificate at which it ended */
	bool anchored;	/* there was an anchor of a right name */
};

/* Say what code, not 0, means for t's chain. Always false. ERR_REPLY for what
 * is no certificate, ERR_TRUST for all else.
 */
bool refusal_explain(const struct trust *t, struct verdict v, struct err *e);

/* What BearSSL leaves out, for the certificate at i in the chain: see trust.h.
 */
MUST_USE bool refusal_check(const struct trust *t, size_t i, struct err *e);

#endif
