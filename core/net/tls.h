/* tls.h - TLS 1.2 client over a connected socket.
 *
 * Five functions, so that the library behind them can be changed. One
 * connection at a time: the contexts and the record buffer (20 KiB in all)
 * belong to the caller and are never on the stack. The buffer is shared by
 * both directions: write all of a request, then read all of its answer.
 *
 * Profile: ECDHE with ECDSA or RSA; ChaCha20-Poly1305, AES-128-GCM,
 * AES-256-GCM; SHA-256, SHA-384, SHA-512; ALPN http/1.1. No renegotiation, no
 * resumption, no client certificate.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bearssl.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/trust.h"

struct tls {		/* the members are private, but for stop */
	br_ssl_client_context client;
	unsigned char records[BR_SSL_BUFSIZE_MONO];
	char name[DNS_NAME_MAX + 1];
	int fd;
	bool heard;	/* at least one byte of the server's */
	bool open;
	/* A descriptor: once it is readable, no time is left. NULL: none. */
	const int *stop;
};

/* Handshake with the peer on fd. name is the DNS name that its certificate
 * must carry, apart from whatever address was dialled; a final dot is dropped.
 * An empty name, an IP literal or anything else that is no host name is
 * refused (ERR_USAGE). now is the time to check validity at, in seconds.
 * deadline is absolute (process_clock_ms). On failure *t is wiped.
 *
 * ERR_TRUST, no retry: wrong name, unknown authority, expired, not yet valid,
 * weak key or signature, not for servers; see trust.h. When the clock is
 * before the day of this build's commit the message blames the clock, not the
 * certificate.
 * ERR_NET: connection lost, time-out; ERR_REPLY: handshake failures (a server
 * with TLS 1.3 only is told as such), or no TLS at all; ERR_SYS: no entropy.
 */
MUST_USE bool tls_start(struct tls *t, int fd, struct str name,
    struct trust *trust, int64_t now, int64_t deadline, struct err *e);

/* Up to n bytes, n > 0, into p. *got == 0 only at an orderly end
 * (close_notify); an end without it is ERR_NET "truncated". ERR_NET also:
 * reset, or past deadline, which is absolute.
 */
MUST_USE bool tls_read(struct tls *t, char *p, size_t n, size_t *got,
    int64_t deadline, struct err *e);

/* All of s, flushed. ERR_NET, also when the server has closed; ERR_REPLY when
 * it broke the protocol.
 */
MUST_USE bool tls_write(struct tls *t, struct str s, int64_t deadline,
    struct err *e);

/* close_notify on a best-effort basis (does not wait), then wipe. The socket
 * stays the caller's. Harmless on a struct tls that is zeroed or closed.
 */
void tls_close(struct tls *t);

#endif
