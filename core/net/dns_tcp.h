/* dns_tcp.h - one DNS question over TCP, each message behind its length in
 * two bytes (RFC 1035 4.2.2, RFC 7766).
 */
#ifndef NET_DNS_TCP_H
#define NET_DNS_TCP_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "net/addr.h"

/* Send question (at most DNS_QUESTION_MAX bytes) to server and read one
 * message, into a. deadline is absolute. The answer's content is not looked
 * at. ERR_NET, or ERR_LIMIT when a has no room for it.
 */
MUST_USE bool dns_tcp(const struct addr *server, uint16_t port,
    struct str question, int64_t deadline, struct arena *a,
    struct str *answer, struct err *e);

#endif
