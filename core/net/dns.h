/* dns.h - a stub resolver under the caller's deadline.
 *
 * Needs no libc resolver and no file: addresses are themselves, localhost and
 * *.localhost are loopback (RFC 6761 6.3), then /etc/hosts, then the name
 * servers of resolv.conf(5) (nameserver, search, domain, options ndots,
 * timeout, attempts, rotate ignored). Without resolv.conf or any name server
 * in it the VPC's resolver 169.254.169.253 is asked, and *note says so.
 * A and AAAA are asked side by side over UDP with random ids and ports; a
 * truncated answer is asked again over TCP. Answers must come from the server
 * asked, with our id and our question. CNAMEs inside an answer are followed.
 * Source: RFC 1034, 1035, 3596, 7766; resolv.conf(5), hosts(5).
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "net/addr.h"
#include "sys/sandbox.h"

/* Where the files are; NULL: /etc/hosts, /etc/resolv.conf. port 0: 53. Tests
 * point them elsewhere. *stop (may be NULL) is a descriptor: once it is
 * readable, no time is left.
 */
struct dns_conf {
	const char *hosts, *resolv;
	uint16_t port;
	const int *stop;
};

/* localhost and all below it never leave this machine (RFC 6761 6.3). Pure. */
bool dns_localhost(struct str host);

/* Addresses of host, at most max, in the order to try: IPv6 and IPv4 in turn
 * (RFC 8305 section 4), IPv6 first. *count >= 1 on success. deadline is
 * absolute, in process_clock_ms time. *note is set to a static sentence when
 * something unusual was done (for -v), else left alone. Scratch memory comes
 * from a and is given back.
 * ERR_ABSENT: the name does not exist, or has no address (say "does not
 * exist" or "has no address"); ERR_NET: no server answered in time, or servers
 * failed (SERVFAIL, REFUSED); ERR_USAGE: not a host name.
 */
MUST_USE bool dns_lookup(const struct dns_conf *conf, struct str host,
    int64_t deadline, struct arena *a, struct addr *out, size_t max,
    size_t *count, const char **note, struct err *e);

/* Add what a lookup takes: both files, UDP, and TCP to the servers' port. */
void dns_needs(const struct dns_conf *conf, struct sandbox_needs *n);

#endif
