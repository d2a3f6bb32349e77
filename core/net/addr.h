/* addr.h - one IPv4 or IPv6 address. */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/str.h"

struct addr {
	sa_family_t family;	/* AF_INET or AF_INET6 */
	unsigned char ip[16];	/* network order; 4 or 16 used */
	uint32_t scope;		/* IPv6 zone index, else 0 */
};

/* Parse a dotted quad (four decimal parts, no leading zeros) or an RFC 4291
 * IPv6 address (no brackets; "%zone" with a number is allowed).
 */
bool addr_parse(struct str s, struct addr *a);

/* Append in text form; IPv6 as RFC 5952 says, without brackets. */
void addr_format(const struct addr *a, struct buf *b);

/* 127.0.0.0/8 or ::1 (also v4-mapped). */
bool addr_loopback(const struct addr *a);
/* 169.254.0.0/16, fe80::/10, or AWS's fd00:ec2::/32 metadata range. */
bool addr_link_local(const struct addr *a);

/* Do the first bits bits of a and net agree? False when they are of different
 * families (a v4-mapped address is of both), or bits exceeds net's width.
 */
bool addr_within(const struct addr *a, const struct addr *net, unsigned bits);

/* Fill ss for connect(2) and friends; returns its length. */
socklen_t addr_sockaddr(const struct addr *a, uint16_t port,
    struct sockaddr_storage *ss);

#endif
