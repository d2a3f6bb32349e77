/* dns_files.h - what the texts of /etc/hosts and /etc/resolv.conf say.
 *
 * Pure: texts come in, views into them go out. Both files are somebody
 * else's, so a line or word that makes no sense is passed over, as every
 * resolver does. The environment (LOCALDOMAIN, RES_OPTIONS) and the domain in
 * the host's own name are not consulted.
 * Source: hosts(5), resolv.conf(5).
 */
#ifndef NET_DNS_FILES_H
#define NET_DNS_FILES_H

#include <stdint.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/addr.h"

struct dns_server {
	struct addr addr;
	/* "fe80::1%eth0": the interface, whose number only the kernel knows.
	 * Empty when there is none or addr.scope has it.
	 */
	struct str zone;
};

struct dns_setup {
	struct dns_server servers[DNS_SERVERS_MAX];
	size_t server_count;	/* 0: the file names none */
	struct str search[DNS_SEARCH_MAX];	/* dns_name_ok each */
	size_t search_count;
	unsigned ndots, attempts;
	int64_t timeout_ms;
};

/* Read resolv.conf's text. Servers and domains beyond the bounds are dropped,
 * numbers cut to what resolv.conf(5) allows; of several search or domain
 * lines the last counts.
 */
void dns_setup_parse(struct str text, struct dns_setup *out);

/* Addresses that the text of a hosts file gives host, case ignored, in file
 * order. Returns how many, at most max.
 */
size_t dns_hosts_find(struct str text, struct str host, struct addr *out,
    size_t max);

#endif
