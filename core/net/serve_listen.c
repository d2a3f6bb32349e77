#include "net/serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/dial.h"

static bool
parse_ip(struct str text, struct str host, struct addr *ip, struct err *e)
{
	if (!host.n)
		return addr_parse(S("127.0.0.1"), ip);
	if (host.p[0] == '[') {
		if (str_ends(host, S("]")) && addr_parse(str_head(
		    str_skip(host, 1), host.n - 2), ip) &&
		    ip->family == AF_INET6)
			return true;
	} else if (str_has(host, ':')) {
		return err_set(e, ERR_USAGE, "listen on '%.*s': an IPv6"
		    " address stands in brackets", STR_ARG(text));
	} else if (addr_parse(host, ip)) {
		return true;
	}
	return err_set(e, ERR_USAGE, "listen on '%.*s': '%.*s' is no address;"
	    " one of this machine is wanted, or nothing for loopback",
	    STR_ARG(text), STR_ARG(host));
}

bool
serve_parse(struct str text, struct serve_address *at, struct err *e)
{
	struct serve_address got;
	struct str host, port;
	uint64_t number;

	if (!str_cut_last(text, ':', &host, &port) || str_ends(port, S("]")))
		return err_set(e, ERR_USAGE, "listen on '%.*s': no port; write"
		    " ADDRESS:PORT, or :PORT for loopback", STR_ARG(text));
	if (!str_u64(port, UINT16_MAX, &number) || !number)
		return err_set(e, ERR_USAGE, "listen on '%.*s': '%.*s' is no"
		    " port from 1 to 65535", STR_ARG(text), STR_ARG(port));
	if (!parse_ip(text, host, &got.ip, e))
		return false;
	got.port = (uint16_t)number;
	*at = got;
	return true;
}

static bool
refused(const struct serve_address *at, int code, struct err *e)
{
	char text[80];
	struct buf b = BUF(text);
	bool v6 = at->ip.family == AF_INET6;

	if (code == EADDRINUSE)
		err_set(e, ERR_SYS, "another program listens there");
	else if (code == EACCES)
		err_set(e, ERR_SYS, "not permitted; ports below 1024 are for"
		    " root or CAP_NET_BIND_SERVICE");
	else if (code == EADDRNOTAVAIL)
		err_set(e, ERR_SYS, "this machine has no such address");
	else
		dial_errno(code, e);
	e->kind = ERR_SYS;
	addr_format(&at->ip, &b);
	return err_in(e, "listen on '%s%.*s%s:%u'", v6 ? "[" : "",
	    STR_ARG(buf_str(&b)), v6 ? "]" : "", (unsigned)at->port);
}

bool
serve_open(struct serve *s, const struct serve_address *at, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_sockaddr(&at->ip, at->port, &ss);
	int one = 1, zero = 0, code;
	int fd = socket(ss.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return refused(at, errno, e);
	/* Who was here before may have connections that are not over. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at->ip.family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero,
		    sizeof(zero));
	if (bind(fd, (struct sockaddr *)&ss, n) < 0 ||
	    listen(fd, (int)SERVE_CONNECTIONS_MAX) < 0) {
		code = errno;
		close(fd);
		return refused(at, code, e);
	}
	s->fd = fd;
	s->open = true;
	return true;
}

uint16_t
serve_port(const struct serve *s)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(ss);

	(void)getsockname(s->fd, (struct sockaddr *)&ss, &n);
	return ntohs(ss.ss_family == AF_INET6 ?
	    ((struct sockaddr_in6 *)&ss)->sin6_port :
	    ((struct sockaddr_in *)&ss)->sin_port);
}
