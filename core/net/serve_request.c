#include "net/serve_request.h"

#include "net/wire_line.h"

static enum serve_state
refuse(struct serve_request *r, unsigned status, const char *reason)
{
	r->status = status;
	r->reason = reason;
	return SERVE_REFUSED;
}

/* HTTP-version, RFC 9112 2.3. */
static enum serve_state
version(struct serve_request *r, struct str s)
{
	if (str_eq(s, S("HTTP/1.1")))
		r->keep = true;
	else if (str_starts(s, S("HTTP/")) && !str_starts(s, S("HTTP/1.")))
		return refuse(r, 505, "only HTTP/1.1 is spoken here");
	else if (!str_eq(s, S("HTTP/1.0")))
		return refuse(r, 400, "no HTTP version in the request line");
	else
		r->http10 = true;
	return SERVE_MORE;
}

/* origin-form, or absolute-form whose host does not matter, RFC 9112 3.2. */
static enum serve_state
target(struct serve_request *r, struct str s)
{
	struct str host;

	if (str_starts(s, S("http://")) && str_cut(str_skip(s, 7), '/', &host,
	    &s))
		s = (struct str){ s.p - 1, s.n + 1 };
	if (!str_starts(s, S("/")))
		return refuse(r, 400, "the target is no path");
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '#')
			return refuse(r, 400, "a byte of the target is none"
			    " of a URI's");
	str_cut(s, '?', &r->path, &r->query);
	return SERVE_MORE;
}

/* method SP request-target SP HTTP-version, RFC 9112 3. */
static enum serve_state
request_line(struct serve_request *r, struct str line)
{
	struct str method, rest, path;
	enum serve_state at;

	if (!str_cut(line, ' ', &method, &rest) || !wire_token(method) ||
	    !str_cut(rest, ' ', &path, &rest))
		return refuse(r, 400, "this is no request line");
	at = version(r, rest);
	if (at != SERVE_MORE)
		return at;
	r->head = str_eq(method, S("HEAD"));
	if (!r->head && !str_eq(method, S("GET")))
		return refuse(r, 405, "only GET and HEAD are answered");
	return target(r, path);
}

/* A body would have to be read to find the next request; none is wanted. */
static enum serve_state
length_field(struct serve_request *r, struct str value)
{
	uint64_t n;

	if (r->has_length || r->chunked)
		return refuse(r, 400, "two fields give the body's length");
	if (!str_u64(value, UINT64_MAX, &n))
		return refuse(r, 400, "Content-Length is no number");
	r->has_length = true;
	return n ? refuse(r, 413, "a request here has no body") : SERVE_MORE;
}

static enum serve_state
coding_field(struct serve_request *r, struct str value)
{
	if (r->has_length || r->chunked)
		return refuse(r, 400, "two fields give the body's length");
	r->chunked = true;
	return str_eq_nocase(value, S("chunked")) ?
	    refuse(r, 413, "a request here has no body") :
	    refuse(r, 501, "this transfer coding is not known");
}

static void
connection_field(struct serve_request *r, struct str value)
{
	struct str option;
	bool more = true;

	while (more) {
		more = str_cut(value, ',', &option, &value);
		if (str_eq_nocase(str_trim(option), S("close")))
			r->keep = false;
	}
}

static enum serve_state
field(struct serve_request *r, struct str name, struct str value)
{
	if (str_eq_nocase(name, S("Host"))) {
		if (r->host.p)
			return refuse(r, 400, "two Host fields");
		r->host = value;
	} else if (str_eq_nocase(name, S("Content-Length"))) {
		return length_field(r, value);
	} else if (str_eq_nocase(name, S("Transfer-Encoding"))) {
		return coding_field(r, value);
	} else if (str_eq_nocase(name, S("Authorization"))) {
		if (r->authorization.p)
			return refuse(r, 400, "two Authorization fields");
		r->authorization = value;
	} else if (str_eq_nocase(name, S("Connection"))) {
		connection_field(r, value);
	} else if (str_eq_nocase(name, S("Expect"))) {
		return refuse(r, 417, "nothing is expected of requests here");
	}
	return SERVE_MORE;
}

/* field-name ":" OWS field-value OWS, RFC 9112 5; folded lines and a blank
 * before the colon are refused there too.
 */
static enum serve_state
field_line(struct serve_request *r, struct str line)
{
	struct str name, value;

	if (!str_cut(line, ':', &name, &value) || !wire_token(name))
		return refuse(r, 400, "this is no field line");
	return field(r, name, str_trim(value));
}

/* RFC 9112 3.2: each request of HTTP/1.1 names its host. */
static enum serve_state
complete(struct serve_request *r)
{
	if (!r->host.p && !r->http10)
		return refuse(r, 400, "no Host field");
	return SERVE_COMPLETE;
}

static enum serve_state
whole_line(struct serve_request *r)
{
	struct str line = { r->bytes + r->line, r->n - 2 - r->line };
	bool first = r->line == 0;

	r->line = r->n;
	if (first)
		return request_line(r, line);
	return line.n ? field_line(r, line) : complete(r);
}

static enum serve_state
take(struct serve_request *r, char c)
{
	bool after_cr = r->n > r->line && r->bytes[r->n - 1] == '\r';

	if (r->n == sizeof(r->bytes))
		return r->line == 0 ?
		    refuse(r, 414, "the target is too long") :
		    refuse(r, 431, "the request is too long");
	if (after_cr != (c == '\n'))
		return refuse(r, 400, "lines end in CR LF");
	if (wire_control(c) && c != '\t' && c != '\r' && c != '\n')
		return refuse(r, 400, "a control byte in the request");
	r->bytes[r->n++] = c;
	return c == '\n' ? whole_line(r) : SERVE_MORE;
}

enum serve_state
serve_request_take(struct serve_request *r, struct str *in)
{
	enum serve_state at = SERVE_MORE;

	while (in->n > 0 && at == SERVE_MORE) {
		at = take(r, in->p[0]);
		*in = str_skip(*in, 1);
	}
	return at;
}
