/* alert.h - why a TLS connection failed, in words. */
#ifndef NET_ALERT_H
#define NET_ALERT_H

#include "base/err.h"

/* What BearSSL's engine error code means. Codes of the X.509 engine are not
 * among them: see refusal.h. Always false. ERR_REPLY, or ERR_NET for a
 * connection that the server closed in good order (code 0).
 */
bool alert_explain(int code, struct err *e);

#endif
