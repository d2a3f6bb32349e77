/* fake_dns.h - a name server in a child process, on a loopback address. */
#ifndef TESTS_FAKE_DNS_H
#define TESTS_FAKE_DNS_H

#include <stdint.h>
#include <sys/types.h>

enum fake_dns_mode {
	FAKE_NONE,		/* no server: the kernel refuses */
	FAKE_GOOD,		/* answers from the zone in fake_dns.c */
	FAKE_MUTE,
	FAKE_LATE,		/* good, FAKE_LATE_MS later */
	FAKE_SERVFAIL,
	FAKE_REFUSED,
	FAKE_MALFORMED,
	FAKE_LIAR,		/* lies first, then the truth */
	FAKE_ONLY_LIES,
	FAKE_AAAA_MUTE,		/* good for A */
	FAKE_AAAA_SERVFAIL,	/* good for A */
	FAKE_CUT,		/* truncates; good over TCP */
	FAKE_HUGE,		/* a datagram beyond bounds; good over TCP */
	FAKE_CUT_NO_TCP,	/* truncates; TCP is refused */
	FAKE_CUT_TCP_MUTE,
	FAKE_CUT_TCP_SHORT,	/* closes in the middle of its answer */
	FAKE_CUT_TCP_LIES,	/* another id over TCP */
	FAKE_CUT_TCP_DRIP,	/* a byte at a time; good */
};

enum { FAKE_LATE_MS = 1300 };

struct fake_dns {
	pid_t pid;
	/* Shared with the child: the A questions heard, "a.test b.test " and
	 * "tcp:a.test " over TCP.
	 */
	char *asked;
};

/* Serve on 127.0.0.last, UDP and TCP port *port (0: one is chosen). */
void fake_dns_start(struct fake_dns *f, enum fake_dns_mode mode,
    unsigned char last, uint16_t *port);

void fake_dns_stop(struct fake_dns *f);

#endif
