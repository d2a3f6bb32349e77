#include "sidecar/routes_guard.h"

#include "base/enc.h"

/* uri-host [ ":" port ], RFC 9110 7.2: an address, or localhost. */
static bool
own_host(struct str host)
{
	struct str name, port;
	struct addr ip;
	uint64_t number;

	if (str_starts(host, S("["))) {
		if (!str_cut(str_skip(host, 1), ']', &name, &port) ||
		    !addr_parse(name, &ip) || ip.family != AF_INET6 ||
		    (port.n && port.p[0] != ':'))
			return false;
		port = str_skip(port, 1);
	} else {
		str_cut(host, ':', &name, &port);
		if (!str_eq_nocase(name, S("localhost")) &&
		    !addr_parse(name, &ip))
			return false;
	}
	return !port.n || str_u64(port, UINT16_MAX, &number);
}

/* How long it takes depends on how much was given, not on what is wanted: the
 * first difference ends nothing, and neither does the wrong length. wanted is
 * not empty.
 */
static bool
same(struct str given, struct str wanted)
{
	size_t differ = given.n ^ wanted.n;

	for (size_t i = 0, k = 0; i < given.n; i++, k++) {
		if (k == wanted.n)
			k = 0;
		differ |= (size_t)(given.p[i] ^ wanted.p[k]);
	}
	return differ == 0;
}

/* user-id ":" password in base64, RFC 7617 2; the user is anybody. */
static bool
basic(struct str given, struct str wanted)
{
	char text[SERVE_REQUEST_MAX];
	struct buf b = BUF(text);
	struct str user, password;
	bool good = base64_add(&b, given, false) &&
	    str_cut(buf_str(&b), ':', &user, &password) &&
	    same(password, wanted);

	buf_wipe(&b);
	return good;
}

/* auth-scheme 1*SP token68, RFC 9110 11.4. */
static bool
known(struct str authorization, struct str wanted)
{
	struct str scheme, given;

	str_cut(authorization, ' ', &scheme, &given);
	given = str_trim(given);
	if (str_eq_nocase(scheme, S("Bearer")))
		return same(given, wanted);
	return str_eq_nocase(scheme, S("Basic")) && basic(given, wanted);
}

enum guard
routes_guard(const struct routes *t, const struct serve_request *r)
{
	if (t->loopback && !own_host(r->host))
		return GUARD_FOREIGN;
	if (t->token.n && !known(r->authorization, t->token))
		return GUARD_UNKNOWN;
	return GUARD_PASSES;
}
