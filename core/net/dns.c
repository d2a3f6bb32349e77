#include "net/dns.h"

#include <net/if.h>
#include <string.h>

#include "net/dns_ask.h"
#include "net/dns_files.h"
#include "sys/file.h"

#define HOSTS "/etc/hosts"
#define RESOLV "/etc/resolv.conf"
#define DNS_PORT 53

/* Amazon's resolver, at the same address in every VPC. */
static const struct addr vpc_server = {
	.family = AF_INET,
	.ip = { 169, 254, 169, 253 },
};

/* What one lookup goes by. */
struct plan {
	struct dns_servers servers;
	struct dns_setup setup;
	bool vpc;		/* no server is set up: vpc_server */
	int64_t deadline;
	struct arena *a;
};

static size_t
next_of(sa_family_t family, const struct addr *all, size_t n, size_t at)
{
	while (at < n && all[at].family != family)
		at++;
	return at;
}

/* IPv6 and IPv4 in turn, IPv6 first (RFC 8305 section 4). */
static size_t
interleave(const struct addr *all, size_t n, struct addr *out, size_t max)
{
	size_t six = 0, four = 0, count = 0;

	while (count < max) {
		six = next_of(AF_INET6, all, n, six);
		four = next_of(AF_INET, all, n, four);
		if (six == n && four == n)
			break;
		if (six < n)
			out[count++] = all[six++];
		if (four < n && count < max)
			out[count++] = all[four++];
	}
	return count;
}

bool
dns_localhost(struct str host)
{
	struct str top, rest;

	if (!str_cut_last(host, '.', &rest, &top))
		top = host;
	return str_eq_nocase(top, S("localhost"));
}

/* The text of a file that need not be there: empty when it is not. */
static struct str
read_text(const char *path, struct arena *a, const char *trouble,
    const char **note)
{
	struct str text = { NULL, 0 };
	struct err why = { .kind = ERR_NONE };

	if (file_read(path, DNS_FILE_MAX, a, &text, &why))
		return text;
	if (why.kind != ERR_ABSENT)
		*note = trouble;
	return (struct str){ NULL, 0 };
}

static uint32_t
zone_index(struct str zone)
{
	char z[IF_NAMESIZE];

	memcpy(z, zone.p, zone.n);
	z[zone.n] = '\0';
	return if_nametoindex(z);
}

static void
set_up(struct plan *p, const struct dns_conf *conf, const char **note)
{
	struct str text = read_text(conf->resolv ? conf->resolv : RESOLV, p->a,
	    "cannot read resolv.conf", note);
	struct dns_servers *v = &p->servers;

	dns_setup_parse(text, &p->setup);
	v->port = conf->port ? conf->port : DNS_PORT;
	v->stop = conf->stop;
	v->attempts = p->setup.attempts;
	v->timeout_ms = p->setup.timeout_ms;
	for (; v->count < p->setup.server_count; v->count++) {
		const struct dns_server *server = &p->setup.servers[v->count];

		v->at[v->count] = server->addr;
		if (server->zone.n > 0)
			v->at[v->count].scope = zone_index(server->zone);
	}
	if (v->count > 0)
		return;
	*note = "no name server in resolv.conf: asking the VPC's,"
	    " 169.254.169.253";
	p->vpc = true;
	v->at[v->count++] = vpc_server;
}

/* host with each domain of the search list, and as it is: before them when it
 * has ndots dots or more, else behind them. The first that has addresses
 * wins. Silence ends the search, as it would meet every further name; a
 * server's failure does not, as it may concern one domain only.
 */
static bool
search(struct plan *p, struct str host, struct dns_said *said, struct err *e)
{
	size_t dots = 0, last = p->setup.search_count;
	bool plain_first, no_data = false, failed = false;
	struct err why = { .kind = ERR_NONE };

	for (size_t i = 0; i < host.n; i++)
		dots += host.p[i] == '.';
	plain_first = dots >= p->setup.ndots;
	for (size_t i = 0; i <= last; i++) {
		char name[DNS_NAME_MAX];
		struct buf b = BUF(name);

		buf_add(&b, host);
		if (i != (plain_first ? 0 : last)) {
			buf_char(&b, '.');
			buf_add(&b, p->setup.search[i - plain_first]);
		}
		if (b.full)
			continue;
		if (!dns_ask(&p->servers, buf_str(&b), p->deadline, p->a,
		    said, &why)) {
			failed = true;
			if (!said->spoke)
				break;
		} else if (said->says == DNS_FOUND) {
			return true;
		} else if (said->says == DNS_NO_DATA) {
			no_data = true;
		}
	}
	if (failed)
		return err_set(e, why.kind, "%s%s", why.msg, p->vpc ?
		    " (asked since resolv.conf names no other)" : "");
	return err_set(e, ERR_ABSENT, no_data ? "has no address" :
	    "does not exist");
}

static bool
ask_servers(const struct dns_conf *conf, struct str host, bool absolute,
    int64_t deadline, struct arena *a, struct dns_said *said,
    const char **note, struct err *e)
{
	struct plan p = { .deadline = deadline, .a = a };

	set_up(&p, conf, note);
	if (absolute)
		p.setup.search_count = 0;
	return search(&p, host, said, e) ||
	    err_in(e, "resolve '%.*s'", STR_ARG(host));
}

bool
dns_lookup(const struct dns_conf *conf, struct str host, int64_t deadline,
    struct arena *a, struct addr *out, size_t max, size_t *count,
    const char **note, struct err *e)
{
	static const struct addr loopback[] = {
		{ .family = AF_INET6, .ip = { [15] = 1 } },
		{ .family = AF_INET, .ip = { 127, 0, 0, 1 } },
	};
	struct str name = host;
	struct dns_said said = { .count = 0 };
	size_t mark = a->used;
	bool ok;

	if (addr_parse(host, &out[0])) {
		*count = 1;
		return true;
	}
	if (str_ends(name, S(".")))
		name = str_head(name, name.n - 1);
	if (!dns_name_ok(name))
		return err_set(e, ERR_USAGE, "resolve '%.*s': not a host name",
		    STR_ARG(host));
	if (dns_localhost(name)) {
		*count = interleave(loopback, 2, out, max);
		return true;
	}
	said.count = dns_hosts_find(read_text(conf->hosts ? conf->hosts :
	    HOSTS, a, "cannot read the hosts file", note), name, said.at,
	    sizeof(said.at) / sizeof(said.at[0]));
	arena_back(a, mark);
	ok = said.count > 0 || ask_servers(conf, name, name.n < host.n,
	    deadline, a, &said, note, e);
	arena_back(a, mark);
	if (ok)
		*count = interleave(said.at, said.count, out, max);
	return ok;
}

void
dns_needs(const struct dns_conf *conf, struct sandbox_needs *n)
{
	sandbox_read(n, conf->hosts ? conf->hosts : HOSTS);
	sandbox_read(n, conf->resolv ? conf->resolv : RESOLV);
	sandbox_connect(n, conf->port ? conf->port : DNS_PORT);
	n->udp = true;
}
