#include "net/http.h"

#include <string.h>

#include "net/dns.h"
#include "net/http_exchange.h"
#include "sys/process.h"

bool
http_new(const struct http_conf *conf, struct arena *a, struct http **h,
    struct err *e)
{
	struct http *new = arena_get(a, sizeof(*new));
	struct http_large *large = arena_end(a, sizeof(*large));

	if (!new || !large)
		return err_set(e, ERR_LIMIT, "out of memory for http");
	new->conf = *conf;
	new->a = a;
	new->large = large;
	new->conn.fd = -1;
	*h = new;
	return true;
}

void
http_ca_bundle(struct http *h, const char *path)
{
	if (!str_eq(str_of(path), str_of(h->conf.ca_bundle)))
		http_conn_close(&h->conn);
	h->conf.ca_bundle = path;
}

void
http_note(const struct http *h, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!h->conf.note)
		return;
	va_start(ap, fmt);
	err_text(line, sizeof(line), fmt, ap);
	va_end(ap);
	h->conf.note(h->conf.note_me, str_of(line));
}

static struct str
name_to_verify(const struct http_req *req)
{
	return req->verify.n > 0 ? req->verify : req->to.host;
}

/* Where the connection goes: the target, or the proxy. */
static const struct uri *
next_hop(const struct http_exchange *x)
{
	return x->via.at.host.n > 0 ? &x->via.at : &x->req->to;
}

/* Whom a connection leads to, as text that is the same for the same peer.
 * False when it does not fit, and is then good for no second exchange.
 */
static bool
peer_write(const struct http_exchange *x, struct buf *b)
{
	const struct http_req *req = x->req;

	if (x->via.at.host.n > 0) {
		uri_host_port(&x->via.at, b);
		buf_char(b, ' ');
	}
	buf_add(b, req->to.tls ? S("https://") : S("http://"));
	uri_authority(&req->to, b);
	if (req->to.tls) {
		buf_char(b, ' ');
		buf_add(b, name_to_verify(req));
		if (req->anchors) {
			buf_char(b, ' ');
			buf_add(b, str_of(req->anchors));
		}
	}
	return !b->full;
}

static bool
same_peer(const struct http *h, const struct http_exchange *x)
{
	char text[sizeof(h->peer)];
	struct buf b = BUF(text);

	return peer_write(x, &b) &&
	    str_eq(buf_str(&b), (struct str){ h->peer, h->peer_n });
}

/* Is the kept connection good for this request? If not it is closed. */
static bool
reuse(struct http *h, const struct http_exchange *x)
{
	if (same_peer(h, x) && http_conn_idle(&h->conn))
		return true;
	http_conn_close(&h->conn);
	return false;
}

static void
remember(struct http *h, const struct http_exchange *x)
{
	struct buf b = BUF(h->peer);

	h->peer_n = peer_write(x, &b) ? b.n : 0;
}

static void
note_addresses(const struct http *h, struct str host, const struct addr *at,
    size_t count)
{
	char text[400];
	struct buf b = BUF(text);

	for (size_t i = 0; i < count; i++) {
		buf_char(&b, ' ');
		addr_format(&at[i], &b);
	}
	http_note(h, "resolve '%.*s':%.*s", STR_ARG(host),
	    STR_ARG(buf_str(&b)));
}

static bool
resolve(struct http_exchange *x, struct addr *at, size_t *count,
    struct err *e)
{
	struct http *h = x->h;
	const struct uri *to = next_hop(x);
	const struct dns_conf conf = { h->conf.hosts, h->conf.resolv,
		h->conf.dns_port, h->conn.stop };
	const char *unusual = NULL;
	bool ok;

	x->res->phase = HTTP_RESOLVE;
	ok = dns_lookup(&conf, to->host, x->req->deadline, x->a, at,
	    ADDR_MAX, count, &unusual, e);
	if (unusual)
		http_note(h, "resolve '%.*s': %s", STR_ARG(to->host),
		    unusual);
	if (ok && !to->literal)
		note_addresses(h, to->host, at, *count);
	if (!ok && e->kind == ERR_NET)
		h->conn.why.timed_out = process_clock_ms() >=
		    x->req->deadline;
	return ok;
}

static bool
secure(struct http_exchange *x, struct err *e)
{
	struct http *h = x->h;
	struct http_large *large = h->large;
	const struct trust_conf conf = {
		.bundle = x->req->anchors ? x->req->anchors :
		    h->conf.ca_bundle,
		.system = h->conf.ca_system,
		.made_s = h->conf.made_s,
	};
	struct str name = name_to_verify(x->req);

	x->res->phase = HTTP_TLS;
	trust_init(&large->trust, &conf, h->a);
	if (!http_conn_secure(&h->conn, &large->tls, name, &large->trust,
	    x->now, e))
		return false;
	http_note(h, "tls '%.*s': verified", STR_ARG(name));
	return true;
}

static bool
converse(struct http_exchange *x, struct err *e)
{
	x->res->phase = HTTP_SEND;
	http_answer_begin(x);
	if (!http_request_send(x, e))
		return false;
	x->res->phase = HTTP_RECEIVE;
	while (x->wire.at != WIRE_DONE) {
		if (!http_answer_read(x, e))
			return false;
	}
	return http_answer_end(x, e);
}

/* Have the connection to the proxy lead on to the target, RFC 9110 9.3.6. */
static bool
tunnel(struct http_exchange *x, struct err *e)
{
	const struct http_req req = { .method = S("CONNECT"),
		.to = x->req->to };
	struct http_res res = { .status = 0 };
	struct http_exchange t = { .h = x->h, .req = &req, .res = &res,
		.a = x->a, .via = x->via, .form = WIRE_AUTHORITY };
	size_t mark = x->a->used;
	bool ok = http_request_write(&t, e) && converse(&t, e);

	explicit_bzero(x->h->large->out, t.out.n);
	http_answer_drop(&t);
	arena_back(x->a, mark);
	if (!ok)
		return false;
	/* The target does not speak before it is spoken to. */
	return !t.surplus || err_set(e, ERR_REPLY, "http '%.*s': more than the"
	    " answer to CONNECT came", STR_ARG(req.to.host));
}

static bool
connect_peer(struct http_exchange *x, struct err *e)
{
	const struct http_req *req = x->req;
	const struct uri *to = next_hop(x);
	struct http *h = x->h;
	struct addr at[ADDR_MAX];
	size_t count;

	if (!resolve(x, at, &count, e))
		return false;
	x->res->phase = HTTP_CONNECT;
	if (!http_conn_dial(&h->conn, at, count, to->port,
	    req->connect_ms > 0 ? req->connect_ms : CONNECT_MS, e)) {
		if (!to->literal && to == &req->to)
			err_in(e, "http '%.*s'", STR_ARG(to->host));
		return false;
	}
	http_note(h, "connected to '%.*s' port %u", STR_ARG(to->host),
	    (unsigned)to->port);
	return !req->to.tls || ((to == &req->to || tunnel(x, e)) &&
	    secure(x, e));
}

static bool
check_time(struct http_conn *c, struct err *e)
{
	if (c->deadline > c->begun)
		return true;
	c->why.timed_out = true;
	return err_set(e, ERR_NET, "http '%.*s': no time left",
	    STR_ARG(c->host));
}

/* Over the kept connection, or a new one when that turns out to be gone. The
 * request is written once more then: a tunnel's stood in its place.
 */
static bool
exchange(struct http_exchange *x, struct err *e)
{
	struct http *h = x->h;
	struct err first;

	if (!check_time(&h->conn, e))
		return false;
	if (!http_request_write(x, e))
		return err_in(e, "http '%.*s'", STR_ARG(h->conn.host));
	if (reuse(h, x)) {
		if (converse(x, &first))
			return true;
		http_conn_close(&h->conn);
		if (x->answered || x->made_some || h->conn.why.timed_out) {
			*e = first;
			return false;
		}
		http_note(h, "kept connection to '%.*s' was gone",
		    STR_ARG(h->conn.host));
	}
	return connect_peer(x, e) && http_request_write(x, e) &&
	    converse(x, e);
}

/* Choose the way. */
static bool
route(struct http_exchange *x, struct err *e)
{
	const struct http_req *req = x->req;
	struct proxy *via = &x->via;

	if (req->direct)
		return true;
	if (!proxy_choose(&x->h->conf.proxy, &req->to, via, e))
		return err_in(e, "http '%.*s'", STR_ARG(req->to.host));
	if (via->at.host.n == 0)
		return true;
	if (!req->to.tls)
		x->form = WIRE_ABSOLUTE;
	http_note(x->h, "http '%.*s': through proxy '%.*s' port %u",
	    STR_ARG(req->to.host), STR_ARG(via->at.host),
	    (unsigned)via->at.port);
	return true;
}

/* Whatever fails behind a proxy may be its doing. A proxy whose name does not
 * exist says nothing about the target's.
 */
static bool
blame(const struct http_exchange *x, struct err *e)
{
	char text[DNS_NAME_MAX + 16];
	struct buf b = BUF(text);

	if (x->via.at.host.n == 0)
		return false;
	uri_host_port(&x->via.at, &b);
	if (e->kind == ERR_ABSENT)
		e->kind = ERR_NET;
	return err_in(e, "proxy '%.*s'", STR_ARG(buf_str(&b)));
}

static void
begin(struct http_exchange *x)
{
	struct http_conn *c = &x->h->conn;
	const struct http_req *req = x->req;

	*x->res = (struct http_res){ .phase = HTTP_RESOLVE };
	c->host = req->to.host;
	c->begun = process_clock_ms();
	c->deadline = req->deadline;
	c->read_ms = req->read_ms > 0 ? req->read_ms : READ_MS;
	c->stop = NULL;
	c->why = (struct dial_why){ false, false };
}

bool
http_exchange(struct http *h, const struct http_req *req, int64_t now,
    struct arena *a, struct http_res *res, struct err *e)
{
	struct http_exchange x = { .h = h, .req = req, .res = res, .a = a,
		.now = now };
	struct http_conn *c = &h->conn;
	size_t mark = a->used;
	bool ok;

	begin(&x);
	ok = route(&x, e) && (exchange(&x, e) || blame(&x, e));
	explicit_bzero(h->large->out, x.out.n);
	http_answer_drop(&x);
	if (ok && x.wire.keep && x.sent && !x.surplus)
		remember(h, &x);
	else
		http_conn_close(c);
	if (ok) {
		res->phase = HTTP_DONE;
		return true;
	}
	arena_back(a, mark);
	*res = (struct http_res){ .phase = res->phase,
		.refused = c->why.refused, .timed_out = c->why.timed_out };
	return false;
}

bool
http_ready(struct http *h, const struct http_req *req)
{
	struct http_exchange x = { .h = h, .req = req };
	struct err ignored;

	return (req->direct || proxy_choose(&h->conf.proxy, &req->to, &x.via,
	    &ignored)) && same_peer(h, &x) && http_conn_idle(&h->conn);
}

void
http_prepare(struct http *h, const struct http_req *req, int64_t now,
    const int *stop, struct arena *a)
{
	struct http_req mine = *req;
	struct http_res res;
	struct http_exchange x = { .h = h, .req = &mine, .res = &res, .a = a,
		.now = now };
	int64_t latest = process_clock_ms() + PREPARE_MS;
	struct err why;

	if (mine.deadline > latest)
		mine.deadline = latest;
	begin(&x);
	h->conn.stop = stop;
	if (check_time(&h->conn, &why) && route(&x, &why) &&
	    (reuse(h, &x) || connect_peer(&x, &why) || blame(&x, &why))) {
		remember(h, &x);
		return;
	}
	http_conn_close(&h->conn);
	http_note(h, "not connected ahead: %s", why.msg);
}

void
http_leave(struct http *h)
{
	http_conn_leave(&h->conn);
}

void
http_close(struct http *h)
{
	http_conn_close(&h->conn);
}
