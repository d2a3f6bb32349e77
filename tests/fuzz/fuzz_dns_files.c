/* Whatever /etc/resolv.conf and /etc/hosts hold, what is taken from them is
 * inside its bounds, and addresses survive being written and parsed again.
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "net/dns_files.h"
#include "net/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_addr(const struct addr *a)
{
	char text[64];
	struct buf b = BUF(text);
	struct addr again;

	addr_format(a, &b);
	check(!b.full);
	check(addr_parse(buf_str(&b), &again));
	check(again.family == a->family && again.scope == a->scope);
	check(memcmp(again.ip, a->ip, sizeof(a->ip)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str text = { (const char *)p, n };
	struct dns_setup s;
	struct addr out[4];
	size_t count;

	dns_setup_parse(text, &s);
	check(s.server_count <= DNS_SERVERS_MAX);
	for (size_t i = 0; i < s.server_count; i++) {
		check_addr(&s.servers[i].addr);
		check(s.servers[i].zone.n < IF_NAMESIZE);
	}
	check(s.search_count <= DNS_SEARCH_MAX);
	for (size_t i = 0; i < s.search_count; i++)
		check(dns_name_ok(s.search[i]));
	check(s.ndots <= 15);
	check(s.attempts >= 1 && s.attempts <= 5);
	check(s.timeout_ms >= 1000 && s.timeout_ms <= 30000);

	count = dns_hosts_find(text, S("a.test"), out, 4);
	check(count <= 4);
	for (size_t i = 0; i < count; i++)
		check_addr(&out[i]);
	return 0;
}
