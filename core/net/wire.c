#include "net/wire.h"

#include "base/limits.h"
#include "net/wire_line.h"

void
wire_request(struct buf *b, struct str method, enum wire_form form,
    const struct uri *to)
{
	size_t start = b->n;

	buf_add(b, method);
	buf_char(b, ' ');
	if (form == WIRE_ABSOLUTE) {
		buf_add(b, to->tls ? S("https://") : S("http://"));
		uri_authority(to, b);
	}
	if (form == WIRE_AUTHORITY)
		uri_host_port(to, b);
	else
		uri_target(to, b);
	for (size_t i = start + method.n + 1; i < b->n; i++) {
		if (b->p[i] <= ' ' || b->p[i] > '~')
			b->full = true;
	}
	buf_add(b, S(" HTTP/1.1\r\n"));
	if (!wire_token(method))
		b->full = true;
}

void
wire_field(struct buf *b, struct str name, struct str value)
{
	if (!wire_token(name))
		b->full = true;
	for (size_t i = 0; i < value.n; i++) {
		if (wire_control(value.p[i]) && value.p[i] != '\t')
			b->full = true;
	}
	buf_add(b, name);
	buf_add(b, S(": "));
	buf_add(b, value);
	buf_add(b, S("\r\n"));
}

void
wire_request_end(struct buf *b)
{
	buf_add(b, S("\r\n"));
}

void
wire_start(struct wire *w, bool to_head, struct buf head)
{
	*w = (struct wire){ .at = WIRE_HEAD, .to_head = to_head, .head = head };
}

/* HTTP-version SP 3DIGIT SP [ reason-phrase ], RFC 9112 4. */
static bool
status_line(struct wire *w, struct str line, struct err *e)
{
	struct str version, code, reason;
	uint64_t status;

	if (!str_cut(line, ' ', &version, &code) ||
	    (!str_eq(version, S("HTTP/1.1")) &&
	    !str_eq(version, S("HTTP/1.0"))))
		return err_set(e, ERR_REPLY, "'%.*s' is no status line of"
		    " HTTP/1.1 (RFC 9112 4)", STR_ARG(str_head(line, 64)));
	if (!str_cut(code, ' ', &code, &reason) || code.n != 3 ||
	    !str_u64(code, 599, &status) || status < 100)
		return err_set(e, ERR_REPLY, "status line '%.*s' without a"
		    " status from 100 to 599 (RFC 9112 4)",
		    STR_ARG(str_head(line, 64)));
	w->http10 = str_ends(version, S("0"));
	w->status = (unsigned)status;
	w->reason = reason;
	return true;
}

/* Connection = #connection-option, RFC 9110 7.6.1. */
static void
connection_field(struct wire *w, struct str value)
{
	struct str option;
	bool more = true;

	while (more) {
		more = str_cut(value, ',', &option, &value);
		option = str_trim(option);
		if (str_eq_nocase(option, S("close")))
			w->close = true;
		if (str_eq_nocase(option, S("keep-alive")))
			w->keep_alive = true;
	}
}

/* The fields that say how long the body is, RFC 9112 6. */
static bool
framing_field(struct wire *w, struct str name, struct str value,
    struct err *e)
{
	if (w->tunnel)
		return true;
	if (str_eq_nocase(name, S("Content-Length"))) {
		if (w->has_length)
			return err_set(e, ERR_REPLY, "two Content-Length"
			    " fields (RFC 9112 6.3)");
		if (!str_u64(value, INT64_MAX, &w->length))
			return err_set(e, ERR_REPLY, "Content-Length '%.*s' is"
			    " no number of bytes (RFC 9112 6.3)",
			    STR_ARG(str_head(value, 64)));
		w->has_length = true;
	} else if (str_eq_nocase(name, S("Transfer-Encoding"))) {
		if (w->chunked)
			return err_set(e, ERR_REPLY, "two Transfer-Encoding"
			    " fields (RFC 9112 7.1)");
		if (!str_eq_nocase(value, S("chunked")))
			return err_set(e, ERR_REPLY, "transfer coding '%.*s',"
			    " 'chunked' is the only one known (RFC 9112 7)",
			    STR_ARG(str_head(value, 64)));
		w->chunked = true;
	} else if (str_eq_nocase(name, S("Content-Encoding"))) {
		if (!str_eq_nocase(value, S("identity")))
			w->coding = value;
	} else if (str_eq_nocase(name, S("Connection"))) {
		connection_field(w, value);
	}
	return true;
}

/* field-name ":" OWS field-value OWS, RFC 9112 5. */
static bool
field_line(struct wire *w, struct str line, struct err *e)
{
	struct str name, value;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return err_set(e, ERR_REPLY, "folded field line (RFC 9112"
		    " 5.2)");
	if (!str_cut(line, ':', &name, &value))
		return err_set(e, ERR_REPLY, "field line %zu without a colon"
		    " (RFC 9112 5)", w->count + 1);
	if (str_ends(name, S(" ")) || str_ends(name, S("\t")))
		return err_set(e, ERR_REPLY, "blank before the colon of field"
		    " '%.*s' (RFC 9112 5.1)", STR_ARG(str_head(name, 64)));
	if (!wire_token(name))
		return err_set(e, ERR_REPLY, "field name '%.*s' is no token"
		    " (RFC 9110 5.1)", STR_ARG(str_head(name, 64)));
	if (++w->count > HTTP_FIELDS_MAX)
		return err_set(e, ERR_LIMIT, "more than %u fields in the"
		    " answer", HTTP_FIELDS_MAX);
	return framing_field(w, name, str_trim(value), e);
}

/* Interim answers carry nothing that we asked for, RFC 9110 15.2. */
static bool
skip_interim(struct wire *w, struct err *e)
{
	struct buf head = w->head;
	size_t interim = w->interim + 1;
	bool tunnel = w->tunnel;

	if (w->status == 101)
		return err_set(e, ERR_REPLY, "the peer switches protocols"
		    " (status 101), which nobody asked for");
	if (w->has_length || w->chunked)
		return err_set(e, ERR_REPLY, "interim answer (status %u) with"
		    " a body (RFC 9110 15.2)", w->status);
	if (interim > HTTP_INTERIM_MAX)
		return err_set(e, ERR_LIMIT, "more than %u interim answers"
		    " (1xx)", HTTP_INTERIM_MAX);
	head.n = 0;
	wire_start(w, w->to_head, head);
	w->interim = interim;
	w->tunnel = tunnel;
	return true;
}

/* Which body follows: RFC 9112 6.3, its cases in their order. */
static bool
end_of_head(struct wire *w, struct err *e)
{
	bool bare = w->to_head || w->tunnel || w->status == 204 ||
	    w->status == 304;

	if (w->chunked && w->has_length)
		return err_set(e, ERR_REPLY, "both Content-Length and"
		    " Transfer-Encoding (RFC 9112 6.3)");
	if (w->chunked && w->http10)
		return err_set(e, ERR_REPLY, "Transfer-Encoding in an HTTP/1.0"
		    " answer (RFC 9112 6.1)");
	if (w->status < 200)
		return skip_interim(w, e);
	if (!bare && w->coding.n > 0)
		return err_set(e, ERR_REPLY, "content coding '%.*s', asked was"
		    " for none", STR_ARG(str_head(w->coding, 64)));

	w->keep = !w->close && (!w->http10 || w->keep_alive);
	/* A body announced where there can be none may yet be sent. */
	if (w->status == 204 && (w->chunked || w->length > 0))
		w->keep = false;

	if (bare || (w->has_length && w->length == 0)) {
		w->at = WIRE_DONE;
	} else if (w->chunked) {
		w->at = WIRE_CHUNK_SIZE;
	} else if (w->has_length) {
		w->at = WIRE_LENGTH;
		w->left = w->length;
	} else {
		w->at = WIRE_UNTIL_CLOSE;
		w->keep = false;
	}
	return true;
}

static bool
head_byte(struct wire *w, char c, struct err *e)
{
	struct str line;
	bool end;

	if (w->head.n == HTTP_HEAD_MAX)
		return err_set(e, ERR_LIMIT, "head of more than %u bytes",
		    HTTP_HEAD_MAX);
	buf_char(&w->head, c);
	if (w->head.full)
		return err_set(e, ERR_LIMIT, "out of memory for the head");
	/* Told before anything else is: this may be TLS, or a greeting. */
	if (w->head.n <= 5 && !str_starts(S("HTTP/"), buf_str(&w->head)))
		return err_set(e, ERR_REPLY, "the answer does not begin with"
		    " 'HTTP/'");
	if (!wire_line_byte(w, c, &end, e))
		return false;
	if (!end)
		return true;
	line = str_skip(str_head(buf_str(&w->head), w->head.n - 2), w->line);
	w->line = w->head.n;
	if (w->status == 0)
		return status_line(w, line, e);
	return line.n > 0 ? field_line(w, line, e) : end_of_head(w, e);
}

bool
wire_head(struct wire *w, struct str *in, struct err *e)
{
	while (in->n > 0 && w->at == WIRE_HEAD) {
		if (!head_byte(w, in->p[0], e))
			return false;
		*in = str_skip(*in, 1);
	}
	return true;
}

void
wire_fields(const struct wire *w, struct http_field *out)
{
	struct str line, rest;

	/* Each line was checked as it came. */
	str_cut(buf_str(&w->head), '\n', &line, &rest);
	for (size_t i = 0; i < w->count; i++) {
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, ':', &out[i].name, &out[i].value);
		out[i].value = str_trim(out[i].value);
	}
}
