#include "net/proxy.h"

#include <string.h>

#include "base/enc.h"
#include "net/addr.h"
#include "net/dns.h"

static struct proxy_var
read_var(const char *lower, const char *upper,
    const char *(*env)(void *me, const char *name), void *me)
{
	const char *z = env(me, lower), *name = lower;

	if (!z && upper)
		z = env(me, name = upper);
	return (struct proxy_var){ name, str_trim(str_of(z)) };
}

void
proxy_read(struct proxy_conf *conf,
    const char *(*env)(void *me, const char *name), void *me)
{
	bool cgi = env(me, "REQUEST_METHOD") != NULL;

	conf->https = read_var("https_proxy", "HTTPS_PROXY", env, me);
	conf->http = read_var("http_proxy", cgi ? NULL : "HTTP_PROXY", env,
	    me);
	conf->except = read_var("no_proxy", "NO_PROXY", env, me).value;
}

/* address[/bits], brackets allowed round an address. */
static bool
parse_network(struct str s, struct addr *net, unsigned *bits)
{
	struct str ip, tail;
	bool cut = str_cut(s, '/', &ip, &tail);
	uint64_t n;

	if (str_starts(ip, S("[")) && str_ends(ip, S("]")))
		ip = str_head(str_skip(ip, 1), ip.n - 2);
	if (!addr_parse(ip, net))
		return false;
	*bits = net->family == AF_INET ? 32 : 128;
	if (!cut)
		return true;
	if (!str_u64(tail, *bits, &n))
		return false;
	*bits = (unsigned)n;
	return true;
}

static bool
below(struct str host, struct str name)
{
	size_t n = host.n - name.n;

	return name.n > 0 && name.n <= host.n &&
	    str_eq_nocase(str_skip(host, n), name) &&
	    (n == 0 || host.p[n - 1] == '.');
}

/* Does an entry of no_proxy mean this target? ip is its host if that is an
 * address, else NULL.
 */
static bool
matches(struct str entry, const struct uri *to, const struct addr *ip)
{
	struct str host, port;
	struct addr net;
	unsigned bits;
	uint64_t n;
	bool is_net = parse_network(entry, &net, &bits);

	if (!is_net && str_cut_last(entry, ':', &host, &port) &&
	    str_u64(port, UINT16_MAX, &n)) {
		if (n != to->port)
			return false;
		entry = host;
		is_net = !str_has(entry, '/') &&
		    parse_network(entry, &net, &bits);
	}
	if (str_eq(entry, S("*")))
		return true;
	if (is_net || ip)
		return is_net && ip && addr_within(ip, &net, bits);
	if (str_starts(entry, S("*.")))
		entry = str_skip(entry, 1);
	while (str_starts(entry, S(".")))
		entry = str_skip(entry, 1);
	if (str_ends(entry, S(".")))
		entry.n--;
	return below(to->host, entry);
}

static bool
goes_directly(const struct uri *to, struct str except)
{
	struct addr ip;
	struct str entry;

	/* An address that is none leads nowhere, by whatever way. */
	if (to->literal && (!addr_parse(to->host, &ip) ||
	    addr_loopback(&ip) || addr_link_local(&ip)))
		return true;
	if (dns_localhost(to->host))
		return true;
	while (except.n > 0) {
		str_cut(except, ',', &entry, &except);
		if (matches(str_trim(entry), to, to->literal ? &ip : NULL))
			return true;
	}
	return false;
}

/* Take one byte, percent-decoded, off the front. False for what RFC 7617 2
 * forbids and for what a URL must escape.
 */
static bool
user_byte(struct str *s, char *c)
{
	int high, low;

	*c = s->p[0];
	if (str_has(S("/?#"), *c))
		return false;
	if (*c == '%') {
		if (s->n < 3)
			return false;
		high = hex_digit(s->p[1]);
		low = hex_digit(s->p[2]);
		if (high < 0 || low < 0)
			return false;
		*c = (char)(high << 4 | low);
		*s = str_skip(*s, 2);
	}
	*s = str_skip(*s, 1);
	return (unsigned char)*c >= ' ' && *c != 0x7f;
}

static bool
check_user(struct str user)
{
	bool ok = true;
	char c;

	while (ok && user.n > 0)
		ok = user_byte(&user, &c);
	explicit_bzero(&c, sizeof(c));
	return ok;
}

void
proxy_authorization(const struct proxy *p, struct buf *b)
{
	struct str rest = p->user;
	bool colon = str_has(rest, ':');
	char three[3];
	size_t n = 0;

	buf_add(b, S("Basic "));
	while (rest.n > 0 && user_byte(&rest, &three[n])) {
		if (++n < sizeof(three))
			continue;
		buf_base64(b, (struct str){ three, n });
		n = 0;
	}
	if (!colon)
		three[n++] = ':';
	buf_base64(b, (struct str){ three, n });
	explicit_bzero(three, sizeof(three));
}

/* What stands before "://" if it has the form of a scheme (RFC 3986 3.1), so
 * that a password never passes for one.
 */
static bool
cut_scheme(struct str s, struct str *scheme, struct str *rest)
{
	if (!str_cut(s, ':', scheme, rest) || !str_starts(*rest, S("//")))
		return false;
	for (size_t i = 0; i < scheme->n; i++) {
		if (!char_alnum(scheme->p[i]) &&
		    !str_has(S("+-."), scheme->p[i]))
			return false;
	}
	return scheme->n > 0;
}

static bool
parse(const struct proxy_var *var, struct proxy *p, struct err *e)
{
	struct proxy got = { .user = { NULL, 0 } };
	struct str s = var->value, scheme, rest, host;
	struct err ignored;

	if (cut_scheme(s, &scheme, &rest)) {
		if (!str_eq_nocase(scheme, S("http")))
			return err_set(e, ERR_USAGE, "%s: a proxy of"
			    " '%.*s://' is not supported, only of http://",
			    var->name, STR_ARG(str_head(scheme, 16)));
		s = rest;
	}
	if (str_starts(s, S("//")))
		s = str_skip(s, 2);
	if (str_cut_last(s, '@', &got.user, &host))
		s = host;
	else
		got.user = S("");
	if (!check_user(got.user))
		return err_set(e, ERR_USAGE, "%s: user name or password with a"
		    " '/', '?', '#' or '%%' that is not written as %%XX, or a"
		    " control byte", var->name);
	if (str_ends(s, S("/")))
		s.n--;
	/* The reason would quote a password that has no '@' behind it. */
	if (!uri_parse_authority(s, &got.at, &ignored))
		return err_set(e, ERR_USAGE, "%s: not of the form"
		    " http://[user:password@]host[:port]", var->name);
	*p = got;
	return true;
}

bool
proxy_choose(const struct proxy_conf *conf, const struct uri *to,
    struct proxy *p, struct err *e)
{
	const struct proxy_var *var = to->tls ? &conf->https : &conf->http;

	if (var->value.n > 0 && !goes_directly(to, conf->except))
		return parse(var, p, e);
	*p = (struct proxy){ .user = { NULL, 0 } };
	return true;
}

void
proxy_needs(const struct proxy_conf *conf, struct sandbox_needs *n)
{
	const struct proxy_var *vars[] = { &conf->https, &conf->http };
	struct proxy p;
	struct err ignored;

	for (size_t i = 0; i < 2; i++)
		if (parse(vars[i], &p, &ignored))
			sandbox_connect(n, p.at.port);
}
