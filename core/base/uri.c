#include "base/uri.h"

#include "base/enc.h"
#include "base/limits.h"

#define PORT_HTTP 80
#define PORT_HTTPS 443
#define IPV6_TEXT_MAX 45	/* eight groups, the last two a dotted quad */

static bool
starts_nocase(struct str s, struct str head)
{
	return str_eq_nocase(str_head(s, head.n), head);
}

/* RFC 3986 2: a URI is printable ASCII. */
static bool
check_printable(struct str s, struct err *e)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return err_set(e, ERR_USAGE, "byte %zu of the URL is a"
			    " blank or not printable ASCII", i + 1);
	}
	return true;
}

/* pchar, "/" and "?" of RFC 3986 3.3, 3.4; all of what a request target may
 * hold.
 */
static bool
check_target(struct str s, struct err *e)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (char_alnum(c) || str_has(S("-._~!$&'()*+,;=:@/?"), c))
			continue;
		if (c == '#')
			return err_set(e, ERR_USAGE,
			    "URL with a fragment ('#')");
		if (c != '%')
			return err_set(e, ERR_USAGE,
			    "'%c' in a URL's path or query must be written as"
			    " %%%02X", c, (unsigned)c);
		if (s.n - i < 3 || hex_digit(s.p[i + 1]) < 0 ||
		    hex_digit(s.p[i + 2]) < 0)
			return err_set(e, ERR_USAGE,
			    "'%%' in a URL without two hex digits behind it");
	}
	return true;
}

static bool
all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!char_digit(s.p[i]))
			return false;
	}
	return s.n > 0;
}

/* dec-octet, RFC 3986 3.2.2: no leading zero, which some read as octal. */
static bool
dotted_quad(struct str s)
{
	for (int i = 0; i < 4; i++) {
		struct str part;
		uint64_t v;
		bool more = str_cut(s, '.', &part, &s);

		if (more != (i < 3) || !str_u64(part, 255, &v) ||
		    (part.n > 1 && part.p[0] == '0'))
			return false;
	}
	return true;
}

/* A name whose last label is a number is an IPv4 address to some resolvers
 * ("127.1", "0x7f.1", "2130706433"); so it is one here too, or nothing.
 */
static bool
looks_numeric(struct str host)
{
	struct str rest, last;

	if (!str_cut_last(host, '.', &rest, &last))
		last = host;
	return all_digits(last) || starts_nocase(last, S("0x"));
}

static bool
check_name(struct str host, struct err *e)
{
	struct str label, rest = host;
	bool more = true;

	if (host.n > DNS_NAME_MAX)
		return err_set(e, ERR_USAGE, "host name of %zu bytes, at most"
		    " %u", host.n, DNS_NAME_MAX);
	while (more) {
		more = str_cut(rest, '.', &label, &rest);
		if (label.n == 0 || label.n > DNS_LABEL_MAX)
			return err_set(e, ERR_USAGE, "host '%.*s' has a label"
			    " of %zu bytes, allowed are 1 to %u",
			    STR_ARG(host), label.n, DNS_LABEL_MAX);
		for (size_t i = 0; i < label.n; i++) {
			if (!char_alnum(label.p[i]) &&
			    !str_has(S("-_"), label.p[i]))
				return err_set(e, ERR_USAGE, "host '%.*s' has"
				    " a '%c' in it", STR_ARG(host),
				    label.p[i]);
		}
	}
	return true;
}

/* host is what stands between the brackets. Which of these texts are
 * addresses is for the dialler to say; here it matters that nothing else can
 * be smuggled in. A zone (RFC 6874) would have to be kept out of the Host
 * field; nobody needs one here.
 */
static bool
check_ipv6(struct str host, struct err *e)
{
	size_t colons = 0;

	if (str_has(host, '%'))
		return err_set(e, ERR_USAGE, "IPv6 address '[%.*s]' with a"
		    " zone", STR_ARG(host));
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (hex_digit(c) < 0 && c != ':' && c != '.')
			return err_set(e, ERR_USAGE, "'%c' in the IPv6 address"
			    " '[%.*s]'", c, STR_ARG(host));
		if (c == ':')
			colons++;
	}
	if (colons < 2 || host.n > IPV6_TEXT_MAX)
		return err_set(e, ERR_USAGE, "'[%.*s]' is no IPv6 address",
		    STR_ARG(host));
	return true;
}

static bool
parse_host(struct str host, struct uri *u, struct err *e)
{
	if (str_ends(host, S(".")))
		host = str_head(host, host.n - 1);
	if (host.n == 0)
		return err_set(e, ERR_USAGE, "URL without a host");
	if (!check_name(host, e))
		return false;
	u->literal = dotted_quad(host);
	if (!u->literal && looks_numeric(host))
		return err_set(e, ERR_USAGE, "host '%.*s' is neither a name"
		    " nor four decimal numbers", STR_ARG(host));
	u->host = host;
	return true;
}

static bool
parse_port(struct str port, struct uri *u, struct err *e)
{
	uint64_t v;

	u->port = u->tls ? PORT_HTTPS : PORT_HTTP;
	if (port.n == 0)
		return true;
	if (!str_u64(port, UINT16_MAX, &v) || v == 0)
		return err_set(e, ERR_USAGE, "port '%.*s' is no number from 1"
		    " to 65535", STR_ARG(port));
	u->port = (uint16_t)v;
	return true;
}

bool
uri_parse_authority(struct str s, struct uri *u, struct err *e)
{
	struct str host, port;

	/* Not quoted: what is in front of the '@' may be a password. */
	if (str_has(s, '@'))
		return err_set(e, ERR_USAGE, "URL with a user name or password"
		    " in it");
	if (!str_starts(s, S("["))) {
		str_cut(s, ':', &host, &port);
		return parse_host(host, u, e) && parse_port(port, u, e);
	}
	if (!str_cut(str_skip(s, 1), ']', &host, &port))
		return err_set(e, ERR_USAGE, "'[' without ']' in a URL");
	if (port.n > 0 && port.p[0] != ':')
		return err_set(e, ERR_USAGE, "'%c' behind ']' in a URL",
		    port.p[0]);
	if (!check_ipv6(host, e))
		return false;
	u->literal = true;
	u->host = host;
	return parse_port(str_skip(port, 1), u, e);
}

bool
uri_parse(struct str s, struct uri *u, struct err *e)
{
	struct uri got = { .tls = starts_nocase(s, S("https://")) };
	struct str rest, path;
	size_t n = 0;

	if (!check_printable(s, e))
		return false;
	if (!got.tls && !starts_nocase(s, S("http://")))
		return err_set(e, ERR_USAGE, "URL does not begin with http://"
		    " or https://");
	rest = str_skip(s, got.tls ? 8 : 7);
	while (n < rest.n && !str_has(S("/?#"), rest.p[n]))
		n++;
	if (!uri_parse_authority(str_head(rest, n), &got, e))
		return false;
	rest = str_skip(rest, n);
	if (!check_target(rest, e))
		return false;
	str_cut(rest, '?', &path, &got.query);
	got.path = path;
	*u = got;
	return true;
}

static void
add_host(const struct uri *u, struct buf *b)
{
	bool v6 = str_has(u->host, ':');

	if (v6)
		buf_char(b, '[');
	for (size_t i = 0; i < u->host.n; i++)
		buf_char(b, char_lower(u->host.p[i]));
	if (v6)
		buf_char(b, ']');
}

void
uri_host_port(const struct uri *u, struct buf *b)
{
	add_host(u, b);
	buf_char(b, ':');
	buf_u64(b, u->port);
}

void
uri_authority(const struct uri *u, struct buf *b)
{
	if (u->port != (u->tls ? PORT_HTTPS : PORT_HTTP))
		uri_host_port(u, b);
	else
		add_host(u, b);
}

void
uri_target(const struct uri *u, struct buf *b)
{
	buf_add(b, u->path.n > 0 ? u->path : S("/"));
	if (u->query.n > 0) {
		buf_char(b, '?');
		buf_add(b, u->query);
	}
}
