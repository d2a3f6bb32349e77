/* tls.h - TLS 1.2 client over a connected socket.
 *
 * Five functions, so that the library behind them can be changed. One
 * connection at a time: the context and its record buffer (34 KiB) belong to
 * the caller, static, never on the stack.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/trust.h"

struct tls;	/* complete below: BearSSL contexts; the members are private */

/* Handshake with the peer on fd. name is the DNS name that its certificate
 * must carry, apart from whatever address was dialled: an empty name or an IP
 * literal is refused (ERR_USAGE). now is the time to check validity at, in
 * seconds. deadline is absolute (process_clock_ms).
 *
 * ERR_TRUST, no retry: wrong name, unknown authority, expired, not yet valid,
 * weak key or signature, not for servers. When the clock is before the day of
 * this build's commit the message blames the clock, not the certificate.
 * ERR_NET: connection lost, time-out; ERR_REPLY: handshake failures (a server
 * with TLS 1.3 only is told as such).
 */
MUST_USE bool tls_start(struct tls *t, int fd, struct str name,
    struct trust *trust, int64_t now, int64_t deadline, struct err *e);

/* Up to n bytes into p. *got == 0 only at an orderly end (close_notify); an
 * end without it is ERR_REPLY "truncated". read_ms bounds the silence.
 */
MUST_USE bool tls_read(struct tls *t, char *p, size_t n, size_t *got,
    int64_t deadline, struct err *e);

/* All of s, flushed. */
MUST_USE bool tls_write(struct tls *t, struct str s, int64_t deadline,
    struct err *e);

/* close_notify on a best-effort basis (does not wait), then wipe. The socket
 * stays the caller's.
 */
void tls_close(struct tls *t);

#endif
