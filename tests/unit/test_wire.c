#include "t.h"

#include <stdlib.h>

#include "base/limits.h"
#include "net/wire.h"

/* What became of one answer, as text: "200 keep [a=b;c=d] body|surplus", or
 * the error's message.
 */
struct seen {
	char text[HTTP_HEAD_MAX + 1024];
	char body[4096];
	struct buf body_buf;
	enum err_kind kind;
};

static char head_store[HTTP_HEAD_MAX + 1];

static bool
take(void *me, struct str bytes, struct err *e)
{
	struct seen *seen = me;

	(void)e;
	assert_true(bytes.n > 0);
	buf_add(&seen->body_buf, bytes);
	return true;
}

static void
tell(struct seen *seen, const struct wire *w, size_t surplus)
{
	static struct http_field fields[HTTP_FIELDS_MAX];
	struct buf b = BUF(seen->text);

	wire_fields(w, fields);
	buf_u64(&b, w->status);
	buf_add(&b, w->keep ? S(" keep [") : S(" close ["));
	for (size_t i = 0; i < w->count; i++) {
		buf_add(&b, i > 0 ? S(";") : S(""));
		buf_add(&b, fields[i].name);
		buf_add(&b, S("="));
		buf_add(&b, fields[i].value);
	}
	buf_add(&b, S("] "));
	buf_add(&b, buf_str(&seen->body_buf));
	if (surplus > 0) {
		buf_add(&b, S("|"));
		buf_u64(&b, surplus);
	}
	assert_false(b.full);
	buf_char(&b, '\0');
	assert_int_equal(w->body_n, seen->body_buf.n);
}

/* Feed s in pieces of at most step bytes (0: random), then close. */
static void
feed(struct str s, bool to_head, size_t step, struct seen *seen)
{
	const struct push to = { seen, take };
	struct wire w;
	struct err e = { ERR_NONE, "" };
	size_t surplus = 0;
	bool ok = true;

	seen->body_buf = BUF(seen->body);
	wire_start(&w, to_head, BUF(head_store));
	while (ok && s.n > 0) {
		size_t n = step > 0 ? step : 1 + (size_t)rand() % 7;
		struct str in = t_edge(str_head(s, n));

		s = str_skip(s, n);
		ok = wire_head(&w, &in, &e);
		if (ok && w.at != WIRE_HEAD)
			ok = wire_body(&w, &in, &to, &e);
		assert_true(!ok || in.n == 0 || w.at == WIRE_DONE);
		surplus += in.n;
	}
	seen->kind = e.kind;
	if (ok && wire_end(&w, &e)) {
		assert_int_equal(w.at, WIRE_DONE);
		tell(seen, &w, surplus);
		return;
	}
	assert_int_not_equal(e.kind, ERR_NONE);
	seen->kind = e.kind;
	strcpy(seen->text, e.msg);
}

static const char *
all_ways(struct str s, bool to_head, enum err_kind *kind)
{
	static struct seen whole, other;

	feed(s, to_head, s.n + 1, &whole);
	feed(s, to_head, 1, &other);
	assert_string_equal(whole.text, other.text);
	for (int i = 0; i < 10; i++) {
		feed(s, to_head, 0, &other);
		assert_string_equal(whole.text, other.text);
		assert_int_equal(whole.kind, other.kind);
	}
	if (kind)
		*kind = whole.kind;
	return whole.text;
}

#define OK11 "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK11 "Transfer-Encoding: chunked\r\n\r\n"

static void
accepts(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} cases[] = {
		{ S_INIT(OK11 "Content-Length: 5\r\n\r\nhello"),
		    "200 keep [Content-Length=5] hello" },
		{ S_INIT(OK11 "content-length:005\t \r\n\r\nhello"),
		    "200 keep [content-length=005] hello" },
		{ S_INIT(OK11 "Content-Length: 0\r\n\r\n"),
		    "200 keep [Content-Length=0] " },
		{ S_INIT(OK11 "Content-Length: 2\r\n\r\nhello"),
		    "200 keep [Content-Length=2] he|3" },
		{ S_INIT("HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"),
		    "299 keep [Content-Length=0] " },
		{ S_INIT("HTTP/1.1 200 a\tb \xc3\xa9\r\nA:\r\n\r\nx"),
		    "200 close [A=] x" },
		/* until close */
		{ S_INIT(OK11 "\r\nhello"), "200 close [] hello" },
		{ S_INIT(OK11 "\r\n"), "200 close [] " },
		{ S_INIT("HTTP/1.0 200 OK\r\n\r\nhello"),
		    "200 close [] hello" },
		/* Connection */
		{ S_INIT(OK11 "Connection: Close\r\nContent-Length: 0\r\n\r\n"),
		    "200 close [Connection=Close;Content-Length=0] " },
		{ S_INIT(OK11 "Connection: x , close,\r\nContent-Length: 0\r\n"
		    "\r\n"),
		    "200 close [Connection=x , close,;Content-Length=0] " },
		{ S_INIT(OK11 "Connection: closed\r\nContent-Length: 0\r\n"
		    "\r\n"), "200 keep [Connection=closed;Content-Length=0] " },
		{ S_INIT("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
		    "200 close [Content-Length=0] " },
		{ S_INIT("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n"
		    "Content-Length: 0\r\n\r\n"),
		    "200 keep [Connection=Keep-Alive;Content-Length=0] " },
		/* chunked */
		{ S_INIT(CHUNKED "5\r\nhello\r\n0\r\n\r\n"),
		    "200 keep [Transfer-Encoding=chunked] hello" },
		{ S_INIT(CHUNKED "0\r\n\r\n"),
		    "200 keep [Transfer-Encoding=chunked] " },
		{ S_INIT(CHUNKED "00000002\r\n\r\n\r\n0A\r\n0123456789\r\n"
		    "000\r\n\r\n"),
		    "200 keep [Transfer-Encoding=chunked] \r\n0123456789" },
		{ S_INIT(CHUNKED "1;a\r\nx\r\n0;b=\"c;d\" ;e\r\n\r\nHTTP"),
		    "200 keep [Transfer-Encoding=chunked] x|4" },
		{ S_INIT(CHUNKED "1\r\nx\r\n0\r\nTrailer: y\r\nZ:\r\n\r\n"),
		    "200 keep [Transfer-Encoding=chunked] x" },
		{ S_INIT(OK11 "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n"),
		    "200 keep [transfer-encoding=Chunked] " },
		/* 1xx */
		{ S_INIT("HTTP/1.1 100 Continue\r\n\r\n"
		    "HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n"
		    OK11 "Content-Length: 1\r\n\r\nx"),
		    "200 keep [Content-Length=1] x" },
		/* never a body */
		{ S_INIT("HTTP/1.1 204 No\r\n\r\n"), "204 keep [] " },
		{ S_INIT("HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nhi"),
		    "204 close [Content-Length=2] |2" },
		{ S_INIT("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n"),
		    "204 keep [Content-Length=0] " },
		{ S_INIT("HTTP/1.1 304 Same\r\nContent-Length: 2\r\n\r\n"),
		    "304 keep [Content-Length=2] " },
		/* content coding */
		{ S_INIT(OK11 "Content-Encoding: IDENTITY\r\n"
		    "Content-Length: 0\r\n\r\n"),
		    "200 keep [Content-Encoding=IDENTITY;Content-Length=0] " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(all_ways(cases[i].in, false, NULL),
		    cases[i].out);
	assert_string_equal(all_ways(S(OK11 "Content-Length: 9\r\n"
	    "Content-Encoding: gzip\r\n\r\n"), true, NULL),
	    "200 keep [Content-Length=9;Content-Encoding=gzip] ");
	assert_string_equal(all_ways(S(CHUNKED), true, NULL),
	    "200 keep [Transfer-Encoding=chunked] ");
}

/* Is that the message of an answer that ended too early? */
static bool
ended(const char *msg)
{
	return strncmp(msg, "truncated: ", 11) == 0 ||
	    strncmp(msg, "connection closed", 17) == 0;
}

static void
refuses_heads(void **state)
{
	static const struct {
		struct str in;
		const char *msg;
	} cases[] = {
		{ S_INIT(""), "connection closed before an answer came" },
		{ S_INIT("HTT"), "truncated: connection closed after 3"
		    " bytes of the head" },
		{ S_INIT(OK11 "A: b\r\n"), "truncated: connection closed"
		    " after 23 bytes of the head" },
		{ S_INIT("HTTP/1.1 100 Continue\r\n\r\n"),
		    "connection closed before an answer came" },
		/* status line */
		{ S_INIT("\x15\x03\x03"),
		    "the answer does not begin with 'HTTP/'" },
		{ S_INIT("<html>"),
		    "the answer does not begin with 'HTTP/'" },
		{ S_INIT("\r\n" OK11 "\r\n"),
		    "the answer does not begin with 'HTTP/'" },
		{ S_INIT("http/1.1 200 OK\r\n"),
		    "the answer does not begin with 'HTTP/'" },
		{ S_INIT("HTTP/2 200\r\n"), "'HTTP/2 200' is no status line of"
		    " HTTP/1.1 (RFC 9112 4)" },
		{ S_INIT("HTTP/0.9 200 OK\r\n"), "'HTTP/0.9 200 OK' is no"
		    " status line of HTTP/1.1 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.2 200 OK\r\n"), "'HTTP/1.2 200 OK' is no"
		    " status line of HTTP/1.1 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1\r\n"), "'HTTP/1.1' is no status line of"
		    " HTTP/1.1 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1\t200 OK\r\n"), "'HTTP/1.1?200 OK' is no"
		    " status line of HTTP/1.1 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1 200\r\n"), "status line 'HTTP/1.1 200'"
		    " without a status from 100 to 599 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1  200 OK\r\n"), "status line 'HTTP/1.1  200"
		    " OK' without a status from 100 to 599 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1 099 OK\r\n"), "status line 'HTTP/1.1 099"
		    " OK' without a status from 100 to 599 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1 600 OK\r\n"), "status line 'HTTP/1.1 600"
		    " OK' without a status from 100 to 599 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1 0200 OK\r\n"), "status line 'HTTP/1.1 0200"
		    " OK' without a status from 100 to 599 (RFC 9112 4)" },
		{ S_INIT("HTTP/1.1 +20 OK\r\n"), "status line 'HTTP/1.1 +20"
		    " OK' without a status from 100 to 599 (RFC 9112 4)" },
		/* lines */
		{ S_INIT("HTTP/1.1 200 OK\n"),
		    "LF without CR in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(OK11 "A: b\n"),
		    "LF without CR in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(OK11 "\n"),
		    "LF without CR in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(OK11 "A: b\rc\r\n"),
		    "CR without LF in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(OK11 "A: b\r\r\n"),
		    "CR without LF in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(OK11 "A: b\0c\r\n"),
		    "byte 0x00 in the answer's framing (RFC 9110 5.5)" },
		{ S_INIT(OK11 "A: \x1b[2J\r\n"),
		    "byte 0x1b in the answer's framing (RFC 9110 5.5)" },
		{ S_INIT("HTTP/1.1 200 \x7f\r\n"),
		    "byte 0x7f in the answer's framing (RFC 9110 5.5)" },
		/* fields */
		{ S_INIT(OK11 " A: b\r\n"),
		    "folded field line (RFC 9112 5.2)" },
		{ S_INIT(OK11 "A: b\r\n\tc\r\n"),
		    "folded field line (RFC 9112 5.2)" },
		{ S_INIT(OK11 "A: b\r\nnonsense\r\n"),
		    "field line 2 without a colon (RFC 9112 5)" },
		{ S_INIT(OK11 "A : b\r\n"), "blank before the colon of field"
		    " 'A ' (RFC 9112 5.1)" },
		{ S_INIT(OK11 "A\t: b\r\n"), "blank before the colon of field"
		    " 'A?' (RFC 9112 5.1)" },
		{ S_INIT(OK11 ": b\r\n"),
		    "field name '' is no token (RFC 9110 5.1)" },
		{ S_INIT(OK11 "A b: c\r\n"),
		    "field name 'A b' is no token (RFC 9110 5.1)" },
		{ S_INIT(OK11 "A\xe9: c\r\n"),
		    "field name 'A?' is no token (RFC 9110 5.1)" },
		/* Content-Length */
		{ S_INIT(OK11 "Content-Length: 5\r\nContent-Length: 5\r\n"),
		    "two Content-Length fields (RFC 9112 6.3)" },
		{ S_INIT(OK11 "Content-Length: 5, 5\r\n"),
		    "Content-Length '5, 5' is no number of bytes (RFC 9112"
		    " 6.3)" },
		{ S_INIT(OK11 "Content-Length: +5\r\n"), "Content-Length '+5'"
		    " is no number of bytes (RFC 9112 6.3)" },
		{ S_INIT(OK11 "Content-Length: -5\r\n"), "Content-Length '-5'"
		    " is no number of bytes (RFC 9112 6.3)" },
		{ S_INIT(OK11 "Content-Length: 0x5\r\n"), "Content-Length"
		    " '0x5' is no number of bytes (RFC 9112 6.3)" },
		{ S_INIT(OK11 "Content-Length: 5 5\r\n"), "Content-Length"
		    " '5 5' is no number of bytes (RFC 9112 6.3)" },
		{ S_INIT(OK11 "Content-Length: \r\n"), "Content-Length '' is"
		    " no number of bytes (RFC 9112 6.3)" },
		{ S_INIT(OK11 "Content-Length: 9223372036854775808\r\n"),
		    "Content-Length '9223372036854775808' is no number of"
		    " bytes (RFC 9112 6.3)" },
		/* Transfer-Encoding */
		{ S_INIT(OK11 "Transfer-Encoding: gzip\r\n"), "transfer coding"
		    " 'gzip', 'chunked' is the only one known (RFC 9112 7)" },
		{ S_INIT(OK11 "Transfer-Encoding: gzip, chunked\r\n"),
		    "transfer coding 'gzip, chunked', 'chunked' is the only"
		    " one known (RFC 9112 7)" },
		{ S_INIT(OK11 "Transfer-Encoding: identity\r\n"),
		    "transfer coding 'identity', 'chunked' is the only one"
		    " known (RFC 9112 7)" },
		{ S_INIT(OK11 "Transfer-Encoding: xchunked\r\n"),
		    "transfer coding 'xchunked', 'chunked' is the only one"
		    " known (RFC 9112 7)" },
		{ S_INIT(OK11 "Transfer-Encoding: chunked\r\n"
		    "Transfer-Encoding: chunked\r\n"),
		    "two Transfer-Encoding fields (RFC 9112 7.1)" },
		{ S_INIT(OK11 "Transfer-Encoding: chunked\r\n"
		    "Content-Length: 5\r\n\r\n"), "both Content-Length and"
		    " Transfer-Encoding (RFC 9112 6.3)" },
		{ S_INIT(OK11 "Content-Length: 5\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n"), "both Content-Length"
		    " and Transfer-Encoding (RFC 9112 6.3)" },
		{ S_INIT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n"
		    "\r\n"), "Transfer-Encoding in an HTTP/1.0 answer (RFC"
		    " 9112 6.1)" },
		/* content coding */
		{ S_INIT(OK11 "Content-Encoding: gzip\r\n\r\n"),
		    "content coding 'gzip', asked was for none" },
		{ S_INIT(OK11 "Content-Encoding: identity\r\n"
		    "Content-Encoding: br\r\n\r\n"),
		    "content coding 'br', asked was for none" },
		/* 1xx */
		{ S_INIT("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
		    "the peer switches protocols (status 101), which nobody"
		    " asked for" },
		{ S_INIT("HTTP/1.1 100 C\r\nContent-Length: 1\r\n\r\n"),
		    "interim answer (status 100) with a body (RFC 9110 15.2)" },
		{ S_INIT("HTTP/1.1 199 C\r\nTransfer-Encoding: chunked\r\n"
		    "\r\n"),
		    "interim answer (status 199) with a body (RFC 9110 15.2)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum err_kind kind;

		assert_string_equal(all_ways(cases[i].in, false, &kind),
		    cases[i].msg);
		assert_int_equal(kind, ended(cases[i].msg) ? ERR_NET :
		    ERR_REPLY);
	}
}

static void
refuses_bodies(void **state)
{
	static const struct {
		struct str in;
		const char *msg;
	} cases[] = {
		{ S_INIT(OK11 "Content-Length: 5\r\n\r\n"),
		    "truncated: 0 of 5 bytes of the body came" },
		{ S_INIT(OK11 "Content-Length: 5\r\n\r\nhell"),
		    "truncated: 4 of 5 bytes of the body came" },
		{ S_INIT(CHUNKED), "truncated: connection closed after 0"
		    " bytes of a chunked body" },
		{ S_INIT(CHUNKED "5"), "truncated: connection closed after"
		    " 0 bytes of a chunked body" },
		{ S_INIT(CHUNKED "5\r\nhel"), "truncated: connection"
		    " closed after 3 bytes of a chunked body" },
		{ S_INIT(CHUNKED "5\r\nhello"), "truncated: connection"
		    " closed after 5 bytes of a chunked body" },
		{ S_INIT(CHUNKED "5\r\nhello\r\n"), "truncated:"
		    " connection closed after 5 bytes of a chunked body" },
		{ S_INIT(CHUNKED "5\r\nhello\r\n0\r\n"), "truncated:"
		    " connection closed after 5 bytes of a chunked body" },
		{ S_INIT(CHUNKED "0\r\nA: b\r\n"), "truncated: connection"
		    " closed after 0 bytes of a chunked body" },
		{ S_INIT(CHUNKED "\r\n"),
		    "chunk without a size (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED ";a\r\n"),
		    "chunk without a size (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "+5\r\n"),
		    "chunk size is not hex (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "-5\r\n"),
		    "chunk size is not hex (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "0x5\r\n"),
		    "chunk size is not hex (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED " 5\r\n"),
		    "chunk size is not hex (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "5 \r\n"),
		    "chunk size is not hex (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "5 ;a\r\n"),
		    "chunk size is not hex (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "g\r\n"),
		    "chunk size is not hex (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "5\n"),
		    "LF without CR in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(CHUNKED "5\r5\r\n"),
		    "CR without LF in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(CHUNKED "5;\0\r\n"),
		    "byte 0x00 in the answer's framing (RFC 9110 5.5)" },
		{ S_INIT(CHUNKED "5\r\nhello!\r\n"),
		    "chunk is longer than its size says (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "5\r\nhello\n0\r\n\r\n"),
		    "chunk is longer than its size says (RFC 9112 7.1)" },
		{ S_INIT(CHUNKED "5\r\nhello\r0\r\n"),
		    "CR without LF in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(CHUNKED "0\r\n A: b\r\n\r\n"), "trailer line without"
		    " a field name and colon (RFC 9112 7.1.2)" },
		{ S_INIT(CHUNKED "0\r\nA : b\r\n\r\n"), "trailer line without"
		    " a field name and colon (RFC 9112 7.1.2)" },
		{ S_INIT(CHUNKED "0\r\n: b\r\n\r\n"), "trailer line without"
		    " a field name and colon (RFC 9112 7.1.2)" },
		{ S_INIT(CHUNKED "0\r\nA: b\r\nHTTP\r\n\r\n"), "trailer line"
		    " without a field name and colon (RFC 9112 7.1.2)" },
		{ S_INIT(CHUNKED "0\r\nA: b\n\r\n"),
		    "LF without CR in the answer's framing (RFC 9112 2.2)" },
		{ S_INIT(CHUNKED "0\r\nA: \0\r\n\r\n"),
		    "byte 0x00 in the answer's framing (RFC 9110 5.5)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum err_kind kind;

		assert_string_equal(all_ways(cases[i].in, false, &kind),
		    cases[i].msg);
		assert_int_equal(kind, ended(cases[i].msg) ? ERR_NET :
		    ERR_REPLY);
	}
}

static struct str
repeat(struct buf *b, struct str first, struct str part, size_t times,
    struct str last)
{
	b->n = 0;
	buf_add(b, first);
	while (times-- > 0)
		buf_add(b, part);
	buf_add(b, last);
	assert_false(b->full);
	return buf_str(b);
}

/* Each at its bound, and one beyond. */
static void
bounds(void **state)
{
	static char text[HTTP_HEAD_MAX * 2];
	static struct seen seen;
	struct buf b = BUF(text);
	enum err_kind kind;
	const struct str end = S("Content-Length: 0\r\n\r\n");
	size_t n = HTTP_HEAD_MAX - sizeof(OK11 "A: \r\n\r\n") + 1;

	(void)state;
	feed(repeat(&b, S(OK11 "A: "), S("a"), n, S("\r\n\r\n")), false,
	    sizeof(text), &seen);
	assert_int_equal(seen.kind, ERR_NONE);
	feed(repeat(&b, S(OK11 "A: "), S("a"), n + 1, S("\r\n\r\n")), false,
	    sizeof(text), &seen);
	assert_string_equal(seen.text, "head of more than 65536 bytes");
	assert_int_equal(seen.kind, ERR_LIMIT);

	feed(repeat(&b, S(OK11), S("A: b\r\n"), HTTP_FIELDS_MAX - 1, end),
	    false, 1000, &seen);
	assert_int_equal(seen.kind, ERR_NONE);
	assert_string_equal(all_ways(repeat(&b, S(OK11), S("A: b\r\n"),
	    HTTP_FIELDS_MAX, end), false, &kind),
	    "more than 128 fields in the answer");
	assert_int_equal(kind, ERR_LIMIT);

	assert_string_equal(all_ways(repeat(&b, S(""),
	    S("HTTP/1.1 100 C\r\n\r\n"), HTTP_INTERIM_MAX,
	    S(OK11 "Content-Length: 0\r\n\r\n")), false, NULL),
	    "200 keep [Content-Length=0] ");
	assert_string_equal(all_ways(repeat(&b, S(""),
	    S("HTTP/1.1 100 C\r\n\r\n"), HTTP_INTERIM_MAX + 1, end), false,
	    &kind), "more than 8 interim answers (1xx)");
	assert_int_equal(kind, ERR_LIMIT);

	n = HTTP_CHUNK_LINE_MAX - 4;
	assert_string_equal(all_ways(repeat(&b, S(CHUNKED "0;"), S("x"), n,
	    S("\r\n\r\n")), false, NULL),
	    "200 keep [Transfer-Encoding=chunked] ");
	assert_string_equal(all_ways(repeat(&b, S(CHUNKED "0;"), S("x"), n + 1,
	    S("\r\n\r\n")), false, &kind),
	    "chunk size line of more than 256 bytes");
	assert_int_equal(kind, ERR_LIMIT);
	assert_string_equal(all_ways(S(CHUNKED "000000001\r\n"), false, &kind),
	    "chunk size of more than 8 digits");
	assert_int_equal(kind, ERR_LIMIT);

	n = (HTTP_HEAD_MAX - 2) / 8;
	feed(repeat(&b, S(CHUNKED "0\r\n"), S("A: bcd\r\n"), n, S("\r\n")),
	    false, sizeof(text), &seen);
	assert_int_equal(seen.kind, ERR_NONE);
	feed(repeat(&b, S(CHUNKED "0\r\n"), S("A: bcd\r\n"), n + 1,
	    S("\r\n")), false, sizeof(text), &seen);
	assert_string_equal(seen.text, "trailer of more than 65536 bytes");
	assert_int_equal(seen.kind, ERR_LIMIT);
}

static void
tells_lack_of_memory(void **state)
{
	char small[8];
	struct wire w;
	struct err e;
	struct str in = S(OK11);

	(void)state;
	wire_start(&w, false, BUF(small));
	assert_false(wire_head(&w, &in, &e));
	assert_string_equal(e.msg, "out of memory for the head");
	assert_int_equal(e.kind, ERR_LIMIT);
}

static bool
refuse(void *me, struct str bytes, struct err *e)
{
	(void)me;
	return err_set(e, ERR_SYS, "disk full at '%.*s'", STR_ARG(bytes));
}

static void
stops_with_the_taker(void **state)
{
	const struct push to = { NULL, refuse };
	struct wire w;
	struct err e;
	struct str in = S(CHUNKED "5\r\nhello\r\n0\r\n\r\n");

	(void)state;
	wire_start(&w, false, BUF(head_store));
	assert_true(wire_head(&w, &in, &e));
	assert_false(wire_body(&w, &in, &to, &e));
	assert_string_equal(e.msg, "disk full at 'hello'");
	assert_int_not_equal(w.at, WIRE_DONE);
}

static void
writes(void **state)
{
	static const struct {
		struct str method, target, name, value;
		const char *text;	/* NULL: must poison */
	} cases[] = {
		{ S_INIT("GET"), S_INIT("/a"), S_INIT("A"), S_INIT("b"),
		    "GET /a?q HTTP/1.1\r\nA: b\r\n\r\n" },
		{ S_INIT("PUT"), S_INIT(""), S_INIT("x-y"), S_INIT(""),
		    "PUT /?q HTTP/1.1\r\nx-y: \r\n\r\n" },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A"), S_INIT("b\tc d\xe9"),
		    "GET /?q HTTP/1.1\r\nA: b\tc d\xe9\r\n\r\n" },
		{ S_INIT(""), S_INIT("/"), S_INIT("A"), S_INIT("b"), NULL },
		{ S_INIT("GET /x"), S_INIT("/"), S_INIT("A"), S_INIT("b"),
		    NULL },
		{ S_INIT("GET\r\n"), S_INIT("/"), S_INIT("A"), S_INIT("b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/ HTTP/1.1"), S_INIT("A"),
		    S_INIT("b"), NULL },
		{ S_INIT("GET"), S_INIT("/\r\nX: y"), S_INIT("A"), S_INIT("b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/\0"), S_INIT("A"), S_INIT("b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/\xe9"), S_INIT("A"), S_INIT("b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT(""), S_INIT("b"), NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A "), S_INIT("b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A:"), S_INIT("b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A\n"), S_INIT("b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A"), S_INIT("b\r"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A"), S_INIT("b\nX: y"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A"), S_INIT("b\0c"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A"), S_INIT("\x1b"),
		    NULL },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("A"), S_INIT("\x7f"),
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[100];
		struct buf b = BUF(text);
		const struct uri u = { .host = S("h"), .port = 80,
			.path = cases[i].target, .query = S("q") };

		wire_request(&b, cases[i].method, WIRE_ORIGIN, &u);
		wire_field(&b, cases[i].name, cases[i].value);
		wire_request_end(&b);
		assert_int_equal(b.full, cases[i].text == NULL);
		if (cases[i].text)
			assert_str_equal(buf_str(&b), str_of(cases[i].text));
	}
}

static void
forms(void **state)
{
	static const struct {
		const char *uri;
		enum wire_form form;
		const char *line;
	} cases[] = {
		{ "http://h.example/a?b", WIRE_ORIGIN, "/a?b" },
		{ "http://H.Example/a?b", WIRE_ABSOLUTE,
		    "http://h.example/a?b" },
		{ "http://h:81", WIRE_ABSOLUTE, "http://h:81/" },
		{ "https://[::1]/", WIRE_ABSOLUTE, "https://[::1]/" },
		{ "https://H.Example/a?b", WIRE_AUTHORITY, "h.example:443" },
		{ "https://h:80", WIRE_AUTHORITY, "h:80" },
		{ "https://[::1]", WIRE_AUTHORITY, "[::1]:443" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[100];
		struct buf b = BUF(text);
		struct uri u;
		struct err e;

		assert_true(uri_parse(str_of(cases[i].uri), &u, &e));
		wire_request(&b, S("X"), cases[i].form, &u);
		assert_false(b.full);
		assert_true(str_starts(buf_str(&b), S("X ")));
		assert_true(str_ends(buf_str(&b), S(" HTTP/1.1\r\n")));
		assert_str_equal(str_head(str_skip(buf_str(&b), 2),
		    b.n - 2 - 11), str_of(cases[i].line));
	}
}

/* The answer to CONNECT ends with its head, and fields that frame a body mean
 * nothing (RFC 9110 9.3.6); the head itself is as strict as any.
 */
static void
tunnels(void **state)
{
	static const struct {
		const char *in;
		unsigned status;
		const char *rest;	/* or the message, when status is 0 */
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\n\r\nTLS", 200, "TLS" },
		{ "HTTP/1.0 200 OK\r\n\r\n", 200, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nTLS", 200,
		    "TLS" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
		    "Content-Length: x\r\nTransfer-Encoding: gzip\r\n"
		    "Transfer-Encoding: chunked\r\n\r\nTLS", 200, "TLS" },
		{ "HTTP/1.0 299 OK\r\nTransfer-Encoding: chunked\r\n"
		    "Content-Encoding: br\r\n\r\nTLS", 299, "TLS" },
		{ "HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 OK\r\n"
		    "Content-Length: 3\r\n\r\nTLS", 200, "TLS" },
		{ "HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\nWhy", 407,
		    "Why" },
		{ "HTTP/1.1 204 No\r\n\r\n", 204, "" },
		{ "HTTP/1.1 101 Switch\r\n\r\n", 0, "the peer switches"
		    " protocols (status 101), which nobody asked for" },
		{ "HTTP/1.1 200 OK\n\n", 0, "LF without CR in the answer's"
		    " framing (RFC 9112 2.2)" },
		{ "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 0, "blank before the"
		    " colon of field 'A ' (RFC 9112 5.1)" },
		{ "SSH-2.0-x\r\n", 0,
		    "the answer does not begin with 'HTTP/'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char head[500];
		struct str in = t_edge(str_of(cases[i].in));
		struct wire w;
		struct err e;

		wire_start(&w, false, BUF(head));
		w.tunnel = true;
		if (!wire_head(&w, &in, &e)) {
			assert_int_equal(cases[i].status, 0);
			assert_string_equal(e.msg, cases[i].rest);
			continue;
		}
		assert_int_equal(w.status, cases[i].status);
		assert_int_equal(w.at, WIRE_DONE);
		assert_str_equal(in, str_of(cases[i].rest));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses_heads),
		cmocka_unit_test(refuses_bodies),
		cmocka_unit_test(bounds),
		cmocka_unit_test(tells_lack_of_memory),
		cmocka_unit_test(stops_with_the_taker),
		cmocka_unit_test(writes),
		cmocka_unit_test(forms),
		cmocka_unit_test(tunnels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
