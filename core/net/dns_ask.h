/* dns_ask.h - one name, asked of the name servers. */
#ifndef NET_DNS_ASK_H
#define NET_DNS_ASK_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "net/addr.h"
#include "net/dns_message.h"

struct dns_servers {
	struct addr at[DNS_SERVERS_MAX];
	size_t count;		/* >= 1 */
	uint16_t port;
	unsigned attempts;	/* rounds through all servers */
	int64_t timeout_ms;	/* for one server in one round */
	const int *stop;	/* may be NULL; see dns.h */
};

/* What the servers said about one name. */
struct dns_said {
	enum dns_says says;	/* DNS_FOUND, DNS_NO_DATA, DNS_NO_NAME */
	struct addr at[2 * ADDR_MAX];	/* IPv6 first */
	size_t count;
	bool spoke;	/* on failure: some server answered, if only SERVFAIL */
};

/* Ask v's servers in turn for name's IPv6 and IPv4 addresses, both questions
 * at once. deadline is absolute. The server that answered moves to the front
 * of v. Scratch memory comes from a and is given back.
 *
 * A server that failed (SERVFAIL, refused, unreachable) is passed over at
 * once and for good; a silent one is asked again in the next round. Addresses
 * of one family are enough: the other's failure is then no failure, and its
 * silence costs one time-out at most.
 * ERR_NET: nobody said anything definite; the message has each server's
 * reason, "name server 10.0.0.2: no answer; 10.0.0.3: SERVFAIL".
 */
MUST_USE bool dns_ask(struct dns_servers *v, struct str name,
    int64_t deadline, struct arena *a, struct dns_said *said, struct err *e);

#endif
