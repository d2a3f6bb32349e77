#include "net/dns_files.h"

#include <net/if.h>

#include "net/dns_message.h"

/* RES_MAXNDOTS, RES_MAXRETRANS and RES_MAXRETRY of resolv.conf(5). */
enum {
	NDOTS_CAP = 15,
	TIMEOUT_CAP_S = 30,
	ATTEMPTS_CAP = 5,
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* The next word of *line, which is cut from it; empty at its end. */
static struct str
word(struct str *line)
{
	struct str w;
	size_t n = 0;

	while (line->n > 0 && blank(line->p[0]))
		*line = str_skip(*line, 1);
	while (n < line->n && !blank(line->p[n]))
		n++;
	w = str_head(*line, n);
	*line = str_skip(*line, n);
	return w;
}

static bool
server_parse(struct str s, struct dns_server *server)
{
	struct str ip, zone;

	*server = (struct dns_server){ .addr = { .family = AF_INET } };
	if (addr_parse(s, &server->addr))
		return true;
	str_cut(s, '%', &ip, &zone);
	if (zone.n == 0 || zone.n >= IF_NAMESIZE || !str_has(ip, ':'))
		return false;
	server->zone = zone;
	return addr_parse(ip, &server->addr);
}

static void
search(struct str rest, bool one, struct dns_setup *out)
{
	size_t most = one ? 1 : DNS_SEARCH_MAX;

	out->search_count = 0;
	while (out->search_count < most) {
		struct str w = word(&rest);

		if (w.n == 0)
			break;
		if (str_ends(w, S(".")))
			w = str_head(w, w.n - 1);
		/* "search ." is the usual way to say: no domain */
		if (dns_name_ok(w))
			out->search[out->search_count++] = w;
	}
}

/* A number of least..most; what is beyond is cut, as resolv.conf(5) says, and
 * what is no number changes nothing.
 */
static unsigned
number(struct str value, unsigned least, unsigned most, unsigned old)
{
	uint64_t v;

	if (!str_u64(value, UINT32_MAX, &v))
		return old;
	if (v < least)
		return least;
	return v > most ? most : (unsigned)v;
}

static void
options(struct str rest, struct dns_setup *out)
{
	struct str w, name, value;

	while ((w = word(&rest)).n > 0) {
		str_cut(w, ':', &name, &value);
		if (str_eq(name, S("ndots")))
			out->ndots = number(value, 0, NDOTS_CAP, out->ndots);
		else if (str_eq(name, S("timeout")))
			out->timeout_ms = 1000 * (int64_t)number(value, 1,
			    TIMEOUT_CAP_S, (unsigned)(out->timeout_ms / 1000));
		else if (str_eq(name, S("attempts")))
			out->attempts = number(value, 1, ATTEMPTS_CAP,
			    out->attempts);
	}
}

void
dns_setup_parse(struct str text, struct dns_setup *out)
{
	struct str line, key;

	*out = (struct dns_setup){
		.ndots = 1,
		.attempts = DNS_ATTEMPTS,
		.timeout_ms = DNS_TIMEOUT_MS,
	};
	while (text.n > 0) {
		str_cut(text, '\n', &line, &text);
		str_cut(line, '#', &line, &key);
		str_cut(line, ';', &line, &key);
		key = word(&line);
		if (str_eq(key, S("nameserver"))) {
			size_t n = out->server_count;

			if (n < DNS_SERVERS_MAX &&
			    server_parse(word(&line), &out->servers[n]))
				out->server_count++;
		} else if (str_eq(key, S("search"))) {
			search(line, false, out);
		} else if (str_eq(key, S("domain"))) {
			search(line, true, out);
		} else if (str_eq(key, S("options"))) {
			options(line, out);
		}
	}
}

size_t
dns_hosts_find(struct str text, struct str host, struct addr *out, size_t max)
{
	struct str line, name;
	struct addr addr;
	size_t count = 0;

	while (text.n > 0 && count < max) {
		str_cut(text, '\n', &line, &text);
		str_cut(line, '#', &line, &name);
		if (!addr_parse(word(&line), &addr))
			continue;
		do
			name = word(&line);
		while (name.n > 0 && !str_eq_nocase(name, host));
		if (name.n > 0)
			out[count++] = addr;
	}
	return count;
}
