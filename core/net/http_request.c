#include "net/http_exchange.h"

static bool
given(const struct http_req *req, struct str name)
{
	for (size_t i = 0; i < req->count; i++) {
		if (str_eq_nocase(req->fields[i].name, name))
			return true;
	}
	return false;
}

static bool
add(struct buf *b, struct str name, struct str value, struct err *e)
{
	wire_field(b, name, value);
	if (b->full)
		return err_set(e, ERR_USAGE, "request field '%.*s' has a line"
		    " break or another control byte in it, or is too long",
		    STR_ARG(str_head(name, 64)));
	return true;
}

static bool
add_host(struct buf *b, const struct http_exchange *x, struct err *e)
{
	char text[DNS_NAME_MAX + 16];
	struct buf host = BUF(text);

	if (x->form == WIRE_AUTHORITY)
		uri_host_port(&x->req->to, &host);
	else
		uri_authority(&x->req->to, &host);
	if (host.full)
		return err_set(e, ERR_USAGE, "host name is too long");
	return add(b, S("Host"), buf_str(&host), e);
}

/* The value never meets a message, nor any peer but the proxy. */
static void
add_proxy_user(struct buf *b, const struct proxy *via)
{
	buf_add(b, S("Proxy-Authorization: "));
	proxy_authorization(via, b);
	buf_add(b, S("\r\n"));
}

/* RFC 9110 8.6: a method that gives content a meaning says even that there is
 * none.
 */
static bool
add_length(struct buf *b, const struct http_req *req, struct err *e)
{
	char text[20];
	struct buf digits = BUF(text);
	uint64_t n = req->send ? req->body_n : req->body.n;

	if (n == 0 && !str_eq(req->method, S("POST")) &&
	    !str_eq(req->method, S("PUT")) && !str_eq(req->method, S("PATCH")))
		return true;
	buf_u64(&digits, n);
	return add(b, S("Content-Length"), buf_str(&digits), e);
}

static bool
add_fields(struct buf *b, const struct http_exchange *x, struct err *e)
{
	const struct http_req *req = x->req;
	struct str agent = x->h->conf.user_agent;

	if (!given(req, S("Host")) && !add_host(b, x, e))
		return false;
	if (x->form != WIRE_ORIGIN && x->via.user.n > 0)
		add_proxy_user(b, &x->via);
	for (size_t i = 0; i < req->count; i++) {
		const struct http_field *f = &req->fields[i];

		if (str_eq_nocase(f->name, S("Content-Length")) ||
		    str_eq_nocase(f->name, S("Transfer-Encoding")))
			return err_set(e, ERR_USAGE, "request field '%.*s' is"
			    " not the caller's to set", STR_ARG(f->name));
		if (!add(b, f->name, f->value, e))
			return false;
	}
	if (!given(req, S("User-Agent")) && agent.n > 0 &&
	    !add(b, S("User-Agent"), agent, e))
		return false;
	if (x->form != WIRE_AUTHORITY && !given(req, S("Accept-Encoding")) &&
	    !add(b, S("Accept-Encoding"), S("identity"), e))
		return false;
	return add_length(b, req, e);
}

bool
http_request_write(struct http_exchange *x, struct err *e)
{
	const struct http_req *req = x->req;
	struct buf *b = &x->out;

	*b = BUF(x->h->large->out);
	wire_request(b, req->method, x->form, &req->to);
	if (b->full)
		return err_set(e, ERR_USAGE, "method or path has a blank or"
		    " control byte in it, or is too long");
	if (!add_fields(b, x, e))
		return false;
	wire_request_end(b);
	if (b->full)
		return err_set(e, ERR_USAGE, "request head of more than %u"
		    " bytes", HTTP_REQUEST_HEAD_MAX);
	x->rest = req->send ? S("") : req->body;
	if (x->rest.n <= b->cap - b->n) {
		buf_add(b, x->rest);
		x->rest = S("");
	}
	return true;
}

static bool
send_bytes(struct http_exchange *x, struct str s, struct err *e)
{
	while (s.n > 0 && x->wire.at == WIRE_HEAD) {
		bool heard = false;

		if (!http_conn_send(&x->h->conn, &s, &heard, e))
			return false;
		if (heard && !http_answer_read(x, e))
			return false;
	}
	return true;
}

/* Where req->send pushes its bytes. */
static bool
send_made(void *me, struct str s, struct err *e)
{
	struct http_exchange *x = me;

	if (s.n > x->req->body_n - x->made)
		return err_set(e, ERR_USAGE, "request body of more than the"
		    " %llu bytes announced",
		    (unsigned long long)x->req->body_n);
	x->made += s.n;
	if (!send_bytes(x, s, e))
		return false;
	x->cut = x->wire.at != WIRE_HEAD;
	return !x->cut ||
	    err_set(e, ERR_NET, "answered before the whole body was sent");
}

static bool
make_body(struct http_exchange *x, struct err *e)
{
	const struct push to = { x, send_made };
	struct err why;

	x->made_some = true;
	if (!x->req->send(x->req->send_me, &to, &why)) {
		if (!x->cut)
			*e = why;
		return x->cut;
	}
	if (x->made != x->req->body_n)
		return err_set(e, ERR_USAGE, "request body of %llu bytes,"
		    " announced were %llu", (unsigned long long)x->made,
		    (unsigned long long)x->req->body_n);
	return true;
}

bool
http_request_send(struct http_exchange *x, struct err *e)
{
	if (!send_bytes(x, buf_str(&x->out), e) || !send_bytes(x, x->rest, e))
		return false;
	if (x->req->send && x->wire.at == WIRE_HEAD && !make_body(x, e))
		return false;
	x->sent = x->wire.at == WIRE_HEAD;
	return true;
}
