#include "net/addr.h"

#include <arpa/inet.h>
#include <string.h>

bool
addr_parse(struct str s, struct addr *a)
{
	char z[INET6_ADDRSTRLEN];
	struct addr got = { .family = AF_INET };
	struct str ip, zone;
	uint64_t scope = 0;
	bool zoned = str_cut(s, '%', &ip, &zone);

	/* inet_pton would take a NUL for the end */
	if (ip.n == 0 || ip.n >= sizeof(z) || str_has(ip, '\0'))
		return false;
	memcpy(z, ip.p, ip.n);
	z[ip.n] = '\0';
	if (str_has(ip, ':'))
		got.family = AF_INET6;
	if (zoned && (got.family != AF_INET6 ||
	    !str_u64(zone, UINT32_MAX, &scope)))
		return false;
	if (inet_pton(got.family, z, got.ip) != 1)
		return false;
	got.scope = (uint32_t)scope;
	*a = got;
	return true;
}

static unsigned
group(const struct addr *a, size_t i)
{
	return (unsigned)a->ip[2 * i] << 8 | a->ip[2 * i + 1];
}

static void
add_quad(struct buf *b, const unsigned char *ip)
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			buf_char(b, '.');
		buf_u64(b, ip[i]);
	}
}

/* Without leading zeros, lower case (RFC 5952 4.1, 4.3). */
static void
add_group(struct buf *b, unsigned v)
{
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned d = v >> shift & 15;

		begun = begun || d != 0 || shift == 0;
		if (begun)
			buf_char(b, "0123456789abcdef"[d]);
	}
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952
 * 4.2.2, 4.2.3). musl's inet_ntop shortens a single zero group as well.
 */
static size_t
zero_run(const struct addr *a, size_t *at)
{
	size_t best = 0;

	for (size_t i = 0; i < 8; i++) {
		size_t n = 0;

		while (i + n < 8 && group(a, i + n) == 0)
			n++;
		if (n > 1 && n > best) {
			best = n;
			*at = i;
		}
	}
	return best;
}

static bool
mapped(const struct addr *a)
{
	static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == AF_INET6 &&
	    memcmp(a->ip, prefix, sizeof(prefix)) == 0;
}

void
addr_format(const struct addr *a, struct buf *b)
{
	if (a->family == AF_INET) {
		add_quad(b, a->ip);
		return;
	}
	if (mapped(a)) {
		buf_add(b, S("::ffff:"));
		add_quad(b, a->ip + 12);
	} else {
		size_t at = 8, run = zero_run(a, &at);

		for (size_t i = 0; i < 8; i++) {
			if (i == at) {
				buf_add(b, S("::"));
				i += run - 1;
				continue;
			}
			if (i > 0 && i != at + run)
				buf_char(b, ':');
			add_group(b, group(a, i));
		}
	}
	if (a->scope != 0) {
		buf_char(b, '%');
		buf_u64(b, a->scope);
	}
}

/* The four bytes of an IPv4 address, mapped ones (RFC 4291 2.5.5.2) too: the
 * kernel sends to the same host either way. NULL for IPv6 proper.
 */
static const unsigned char *
quad(const struct addr *a)
{
	if (a->family == AF_INET)
		return a->ip;
	return mapped(a) ? a->ip + 12 : NULL;
}

bool
addr_loopback(const struct addr *a)
{
	static const unsigned char one[16] = { [15] = 1 };
	const unsigned char *v4 = quad(a);

	if (v4)
		return v4[0] == 127;
	return memcmp(a->ip, one, sizeof(one)) == 0;
}

bool
addr_link_local(const struct addr *a)
{
	static const unsigned char aws[4] = { 0xfd, 0x00, 0x0e, 0xc2 };
	const unsigned char *v4 = quad(a);

	if (v4)
		return v4[0] == 169 && v4[1] == 254;
	if (a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80)
		return true;
	return memcmp(a->ip, aws, sizeof(aws)) == 0;
}

bool
addr_within(const struct addr *a, const struct addr *net, unsigned bits)
{
	bool four = net->family == AF_INET;
	const unsigned char *ip = four ? quad(a) : a->ip;
	size_t whole = bits / 8;
	unsigned rest = bits % 8;

	if (!ip || bits > (four ? 32 : 128) ||
	    (!four && a->family != AF_INET6))
		return false;
	if (memcmp(ip, net->ip, whole) != 0)
		return false;
	return rest == 0 || (ip[whole] ^ net->ip[whole]) >> (8 - rest) == 0;
}

socklen_t
addr_sockaddr(const struct addr *a, uint16_t port,
    struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (a->family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)ss;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, a->ip, sizeof(v4->sin_addr));
		return sizeof(*v4);
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	v6->sin6_scope_id = a->scope;
	memcpy(&v6->sin6_addr, a->ip, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}
