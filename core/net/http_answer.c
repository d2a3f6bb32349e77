#include <string.h>

#include "base/date.h"
#include "net/http_exchange.h"

/* Where a body goes that is to be in the arena. */
static bool
keep(void *me, struct str s, struct err *e)
{
	struct http_exchange *x = me;

	if (s.n > x->body_max - x->body.n)
		return err_set(e, ERR_LIMIT, "body of more than %zu bytes",
		    x->body_max);
	buf_add(&x->body, s);
	return !x->body.full ||
	    err_set(e, ERR_LIMIT, "out of memory for the body");
}

void
http_answer_begin(struct http_exchange *x)
{
	wire_start(&x->wire, str_eq(x->req->method, S("HEAD")), (struct buf){
	    NULL, 0, 0, false });
	x->wire.tunnel = x->form == WIRE_AUTHORITY;
	x->answered = x->surplus = false;
}

/* The head's text gets the end of the arena with the answer's first byte, the
 * body gets it after the head.
 */
static void
open_head(struct http_exchange *x)
{
	x->answered = true;
	x->wire.head = arena_buf(x->a, 0);
	x->open = &x->wire.head;
}

/* Does the proxy refuse? A CONNECT it answers itself, and some with 401; of
 * its other answers only 407 is certainly its own.
 */
static bool
check_proxy(const struct http_exchange *x, struct err *e)
{
	unsigned status = x->wire.status;
	bool tunnel = x->form == WIRE_AUTHORITY;

	if (x->form != WIRE_ORIGIN &&
	    (status == 407 || (tunnel && status == 401)))
		return err_set(e, ERR_DENIED, "status %u: the proxy %s",
		    status, x->via.user.n > 0 ? "refuses the user name or"
		    " password in its URL" : "wants a user name and password:"
		    " http://user:password@host:port");
	return !tunnel || status / 100 == 2 ||
	    err_set(e, status < 500 ? ERR_DENIED : ERR_NET, "no tunnel:"
	    " status %u %.*s", status, STR_ARG(x->wire.reason));
}

/* Letters and blanks; a server may put there what it was sent. */
static struct str
status_name(struct str reason)
{
	for (size_t i = 0; i < reason.n; i++)
		if (!char_alpha(reason.p[i]) && reason.p[i] != ' ')
			return (struct str){ NULL, 0 };
	return reason.n > HTTP_NAME_MAX ? (struct str){ NULL, 0 } : reason;
}

static bool
close_head(struct http_exchange *x, struct err *e)
{
	struct http_res *res = x->res;
	struct http_field *fields;
	struct str text, name = status_name(x->wire.reason);

	x->open = NULL;
	if (!arena_keep(x->a, &x->wire.head, &text, e))
		return false;
	fields = arena_get(x->a, x->wire.count * sizeof(*fields));
	if (!fields)
		return err_set(e, ERR_LIMIT, "out of memory for the head");
	wire_fields(&x->wire, fields);
	res->status = x->wire.status;
	res->fields = fields;
	res->count = x->wire.count;
	date_http(http_field_get(res, S("Date")), &res->date);
	http_note(x->h, "%.*s '%.*s': status %u%s%.*s",
	    STR_ARG(x->req->method), STR_ARG(x->req->to.host), res->status,
	    name.n ? " " : "", STR_ARG(name));
	return check_proxy(x, e);
}

static bool
open_body(struct http_exchange *x, struct err *e)
{
	const struct http_req *req = x->req;

	if (req->take.take && x->wire.status / 100 == 2) {
		x->to = req->take;
		return true;
	}
	x->body_max = req->body_max > 0 ? req->body_max : HTTP_BODY_MAX;
	if (x->wire.has_length && x->wire.length > x->body_max)
		return err_set(e, ERR_LIMIT, "body of %llu bytes, at most %zu"
		    " are taken", (unsigned long long)x->wire.length,
		    x->body_max);
	x->to = (struct push){ x, keep };
	x->body = arena_buf(x->a, 0);
	x->open = &x->body;
	return true;
}

static bool
feed(struct http_exchange *x, struct str in, struct err *e)
{
	bool in_head = x->wire.at == WIRE_HEAD;

	if (!x->answered)
		open_head(x);
	if (!wire_head(&x->wire, &in, e))
		return false;
	if (x->wire.at == WIRE_HEAD)
		return true;
	if (in_head && !close_head(x, e))
		return false;
	if (in_head && x->wire.at != WIRE_DONE && !open_body(x, e))
		return false;
	if (!wire_body(&x->wire, &in, &x->to, e))
		return false;
	x->surplus = in.n > 0;
	return true;
}

bool
http_answer_read(struct http_exchange *x, struct err *e)
{
	char *in = x->h->large->in;
	size_t got;
	bool ok;

	if (!http_conn_receive(&x->h->conn, in, HTTP_READ_BYTES, &got, e))
		return false;
	ok = got > 0 ? feed(x, (struct str){ in, got }, e) :
	    wire_end(&x->wire, e);
	explicit_bzero(in, got);
	return ok || err_in(e, "http '%.*s'", STR_ARG(x->req->to.host));
}

bool
http_answer_end(struct http_exchange *x, struct err *e)
{
	bool held = x->open == &x->body;

	x->open = NULL;
	return !held || arena_keep(x->a, &x->body, &x->res->body, e);
}

void
http_answer_drop(struct http_exchange *x)
{
	if (x->open)
		arena_trim(x->a, x->open);
	x->open = NULL;
}

struct str
http_field_get(const struct http_res *res, struct str name)
{
	for (size_t i = 0; i < res->count; i++) {
		if (str_eq_nocase(res->fields[i].name, name))
			return res->fields[i].value;
	}
	return (struct str){ NULL, 0 };
}
