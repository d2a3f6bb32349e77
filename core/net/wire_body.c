#include "base/enc.h"
#include "base/limits.h"
#include "net/wire.h"
#include "net/wire_line.h"

#define CHUNK_DIGITS_MAX 8	/* 4 GiB a chunk */

/* chunk-size [ chunk-ext ] CRLF, RFC 9112 7.1. Extensions are allowed and
 * ignored; blanks before them are not.
 */
static bool
chunk_size_byte(struct wire *w, char c, struct err *e)
{
	bool end;
	int d = hex_digit(c);

	if (!wire_line_byte(w, c, &end, e))
		return false;
	if (++w->line_n > HTTP_CHUNK_LINE_MAX)
		return err_set(e, ERR_LIMIT, "chunk size line of more than %u"
		    " bytes", HTTP_CHUNK_LINE_MAX);
	if (c == '\r' || c == ';') {
		if (w->digits == 0)
			return err_set(e, ERR_REPLY, "chunk without a size"
			    " (RFC 9112 7.1)");
		w->extension = true;
	}
	if (end) {
		w->at = w->left > 0 ? WIRE_CHUNK_DATA : WIRE_TRAILER;
		w->line_n = w->digits = 0;
		w->extension = false;
	} else if (!w->extension) {
		if (d < 0)
			return err_set(e, ERR_REPLY, "chunk size is not hex"
			    " (RFC 9112 7.1)");
		if (++w->digits > CHUNK_DIGITS_MAX)
			return err_set(e, ERR_LIMIT, "chunk size of more than"
			    " %d digits", CHUNK_DIGITS_MAX);
		w->left = w->left << 4 | (unsigned)d;
	}
	return true;
}

/* The CRLF behind a chunk's data. */
static bool
chunk_end_byte(struct wire *w, char c, struct err *e)
{
	bool end;

	if (!w->cr && c != '\r')
		return err_set(e, ERR_REPLY, "chunk is longer than its size"
		    " says (RFC 9112 7.1)");
	if (!wire_line_byte(w, c, &end, e))
		return false;
	if (end)
		w->at = WIRE_CHUNK_SIZE;
	return true;
}

/* Trailer fields are looked at only so far that their end is certain. */
static bool
trailer_byte(struct wire *w, char c, struct err *e)
{
	bool end;

	if (++w->trailer_n > HTTP_HEAD_MAX)
		return err_set(e, ERR_LIMIT, "trailer of more than %u bytes",
		    HTTP_HEAD_MAX);
	if (!wire_line_byte(w, c, &end, e))
		return false;
	if (end && w->line_n == 0) {
		w->at = WIRE_DONE;
	} else if (end) {
		w->line_n = 0;
		w->colon = false;
	} else if (c == ':' && w->line_n > 0) {
		w->colon = true;
	} else if (!w->colon && !wire_token_char(c) &&
	    (c != '\r' || w->line_n > 0)) {
		return err_set(e, ERR_REPLY, "trailer line without a field"
		    " name and colon (RFC 9112 7.1.2)");
	}
	if (!end && c != '\r')
		w->line_n++;
	return true;
}

static bool
push_body(struct wire *w, struct str *in, const struct push *to,
    struct err *e)
{
	struct str s = *in;

	if (w->at != WIRE_UNTIL_CLOSE) {
		if (s.n > w->left)
			s = str_head(s, (size_t)w->left);
		w->left -= s.n;
		if (w->left == 0)
			w->at = w->at == WIRE_LENGTH ? WIRE_DONE :
			    WIRE_CHUNK_END;
	}
	*in = str_skip(*in, s.n);
	w->body_n += s.n;
	return to->take(to->me, s, e);
}

static bool
body_step(struct wire *w, struct str *in, const struct push *to,
    struct err *e)
{
	char c = in->p[0];

	switch (w->at) {
	case WIRE_LENGTH:
	case WIRE_CHUNK_DATA:
	case WIRE_UNTIL_CLOSE:
		return push_body(w, in, to, e);
	case WIRE_CHUNK_SIZE:
		*in = str_skip(*in, 1);
		return chunk_size_byte(w, c, e);
	case WIRE_CHUNK_END:
		*in = str_skip(*in, 1);
		return chunk_end_byte(w, c, e);
	case WIRE_TRAILER:
		*in = str_skip(*in, 1);
		return trailer_byte(w, c, e);
	case WIRE_HEAD:
	case WIRE_DONE:
		break;
	}
	return true;
}

bool
wire_body(struct wire *w, struct str *in, const struct push *to,
    struct err *e)
{
	while (in->n > 0 && w->at != WIRE_HEAD && w->at != WIRE_DONE) {
		if (!body_step(w, in, to, e))
			return false;
	}
	return true;
}

bool
wire_end(struct wire *w, struct err *e)
{
	unsigned long long n = w->body_n;

	switch (w->at) {
	case WIRE_HEAD:
		if (w->head.n == 0)
			return err_set(e, ERR_NET, "connection closed before"
			    " an answer came");
		return err_set(e, ERR_NET, "truncated: connection closed"
		    " after %zu bytes of the head", w->head.n);
	case WIRE_LENGTH:
		return err_set(e, ERR_NET, "truncated: %llu of %llu"
		    " bytes of the body came", n,
		    (unsigned long long)w->length);
	case WIRE_CHUNK_SIZE:
	case WIRE_CHUNK_DATA:
	case WIRE_CHUNK_END:
	case WIRE_TRAILER:
		return err_set(e, ERR_NET, "truncated: connection closed"
		    " after %llu bytes of a chunked body", n);
	case WIRE_UNTIL_CLOSE:
		w->at = WIRE_DONE;
		break;
	case WIRE_DONE:
		break;
	}
	return true;
}
