/* proxy.h - which proxy, if any, a target is to be reached through. Pure.
 *
 * https_proxy and http_proxy name the proxy for targets of that scheme, and
 * no_proxy those that are asked directly; each may be written in capitals. The
 * lower-case one wins, and set to nothing it switches the other off, as in
 * Python and curl. HTTP_PROXY does not count where REQUEST_METHOD is set: to a
 * CGI program it is the Proxy field of whoever asks. all_proxy is not read.
 *
 * Whatever they say, loopback and link-local addresses (so all that hand out
 * credentials) and localhost are asked directly.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uri.h"
#include "sys/sandbox.h"

/* Views into the environment; all zero: no proxy. */
struct proxy_conf {
	struct proxy_var {
		const char *name;	/* for messages */
		struct str value;
	} https, http;
	struct str except;		/* no_proxy */
};

/* Take the variables from env, which returns NULL for what is unset. */
void proxy_read(struct proxy_conf *conf,
    const char *(*env)(void *me, const char *name), void *me);

/* Both view the variable. */
struct proxy {
	struct uri at;		/* host (empty: no proxy), literal, port */
	struct str user;	/* "name:password" as in a URL: secret; or empty */
};

/* The proxy for a request to to. A value is [http://][user@]host[:port][/],
 * port 80 being the default. Entries of no_proxy are divided by commas, and
 * blanks and case do not matter: "*", which is everything; a name, which is
 * itself and all below it, with or without "." or "*." in front; an address;
 * a network as address/bits. All but a network may have ":port" behind.
 * ERR_USAGE, with the variable's name and nothing out of a value that may hold
 * a password: no such value, or a scheme other than http.
 */
MUST_USE bool proxy_choose(const struct proxy_conf *conf,
    const struct uri *to, struct proxy *p, struct err *e);

/* Add the ports of all proxies, whether or not anything goes through them. */
void proxy_needs(const struct proxy_conf *conf, struct sandbox_needs *n);

/* Append the value of Proxy-Authorization for p->user (RFC 7617 2): secret. */
void proxy_authorization(const struct proxy *p, struct buf *b);

#endif
