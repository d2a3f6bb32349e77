#include "net/serve_request.h"
#include "t.h"

#define HOST "Host: h\r\n"
#define GET "GET / HTTP/1.1\r\n"

/* Whole, and byte by byte: both must agree. */
static enum serve_state
take(struct serve_request *r, struct str text, size_t step, struct str *left)
{
	enum serve_state at = SERVE_MORE;

	*r = (struct serve_request){ .n = 0 };
	*left = text;
	while (at == SERVE_MORE && left->n) {
		struct str piece = str_head(*left, step);
		size_t before = piece.n;

		at = serve_request_take(r, &piece);
		*left = str_skip(*left, before - piece.n);
	}
	return at;
}

static void
t_complete(void **state)
{
	static const struct {
		const char *text;
		bool head, keep;
		const char *path, *query, *host, *authorization, *left;
	} cases[] = {
		{ GET HOST "\r\n", false, true, "/", "", "h", NULL, "" },
		{ "HEAD /a HTTP/1.1\r\n" HOST "\r\n", true, true, "/a", "",
		    "h", NULL, "" },
		{ "GET /?since=1&limit=2 HTTP/1.1\r\n" HOST "\r\n", false,
		    true, "/", "since=1&limit=2", "h", NULL, "" },
		{ "GET /%2e%2e/x HTTP/1.1\r\n" HOST "\r\n", false, true,
		    "/%2e%2e/x", "", "h", NULL, "" },
		{ "GET http://a.example:80/p?q HTTP/1.1\r\n" HOST "\r\n",
		    false, true, "/p", "q", "h", NULL, "" },
		{ "GET / HTTP/1.0\r\n\r\n", false, false, "/", "", "", NULL,
		    "" },
		{ GET HOST "Connection: close\r\n\r\n", false, false, "/", "",
		    "h", NULL, "" },
		{ GET HOST "connection: x , CLOSE\r\n\r\n", false, false, "/",
		    "", "h", NULL, "" },
		{ GET "host:\t[::1]:80 \r\nAuthorization: Bearer x\r\n\r\n",
		    false, true, "/", "", "[::1]:80", "Bearer x", "" },
		{ GET HOST "Content-Length: 0\r\n\r\n", false, true, "/", "",
		    "h", NULL, "" },
		{ GET "Host: \r\nX: \t\r\n\r\n", false, true, "/", "", "",
		    NULL, "" },
		/* Two at once. */
		{ GET HOST "\r\nGET /2 HTTP/1.1\r\n", false, true, "/", "",
		    "h", NULL, "GET /2 HTTP/1.1\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t step = 1; step < 100; step += 98) {
			struct serve_request r;
			struct str left;

			assert_int_equal(take(&r, t_edge(str_of(
			    cases[i].text)), step, &left), SERVE_COMPLETE);
			assert_int_equal(r.head, cases[i].head);
			assert_int_equal(r.keep, cases[i].keep);
			assert_str_equal(r.path, str_of(cases[i].path));
			assert_str_equal(r.query, str_of(cases[i].query));
			assert_str_equal(r.host, str_of(cases[i].host));
			assert_str_equal(r.authorization,
			    str_of(cases[i].authorization));
			assert_str_equal(left, str_of(cases[i].left));
		}
	}
}

static void
t_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
	} cases[] = {
		{ "\r\n", 400 },
		{ " GET / HTTP/1.1\r\n", 400 },
		{ "GET\r\n", 400 },
		{ "GET /\r\n", 400 },
		{ "GET / HTTP/1.1 \r\n", 400 },
		{ "GET  / HTTP/1.1\r\n", 400 },
		{ "GET / http/1.1\r\n", 400 },
		{ "GET / HTTP/1.2\r\n", 400 },
		{ "GET / HTTP/1.11\r\n", 400 },
		{ "GET / HTTP/2.0\r\n", 505 },
		{ "GET / HTTP/\r\n", 505 },
		{ "POST / HTTP/1.1\r\n", 405 },
		{ "get / HTTP/1.1\r\n", 405 },
		{ "OPTIONS * HTTP/1.1\r\n", 405 },
		{ "G@T / HTTP/1.1\r\n", 400 },
		{ "GET a HTTP/1.1\r\n", 400 },
		{ "GET * HTTP/1.1\r\n", 400 },
		{ "GET http://a HTTP/1.1\r\n", 400 },
		{ "GET https://a/ HTTP/1.1\r\n", 400 },
		{ "GET /a\tb HTTP/1.1\r\n", 400 },
		{ "GET /\xc3\xa4 HTTP/1.1\r\n", 400 },
		{ "GET /#x HTTP/1.1\r\n", 400 },
		{ GET "\r\n", 400 },
		{ GET HOST HOST, 400 },
		{ GET "Host\r\n", 400 },
		{ GET "Host : h\r\n", 400 },
		{ GET HOST " folded\r\n", 400 },
		{ GET ": x\r\n", 400 },
		{ GET "H\xf6st: x\r\n", 400 },
		{ GET HOST "Content-Length: 1\r\n", 413 },
		{ GET HOST "Content-Length: +0\r\n", 400 },
		{ GET HOST "Content-Length:\r\n", 400 },
		{ GET HOST "Content-Length: 0, 0\r\n", 400 },
		{ GET HOST "Content-Length: 0\r\nContent-Length: 0\r\n", 400 },
		{ GET HOST "Transfer-Encoding: chunked\r\n", 413 },
		{ GET HOST "Transfer-Encoding: gzip\r\n", 501 },
		{ GET HOST "Content-Length: 0\r\n"
		    "Transfer-Encoding: chunked\r\n", 400 },
		{ GET HOST "Expect: 100-continue\r\n", 417 },
		{ GET HOST "Authorization: a\r\nAuthorization: b\r\n", 400 },
		/* Framing. */
		{ "GET / HTTP/1.1\n", 400 },
		{ "GET / HTTP/1.1\rX", 400 },
		{ GET "Host: h\n", 400 },
		{ GET "Host: h\r\r\n", 400 },
		{ GET "Host: h\x01", 400 },
		{ GET "Host: h\x7f", 400 },
		{ "\x16\x03\x01\x02", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t step = 1; step < 100; step += 98) {
			struct serve_request r;
			struct str left;

			if (take(&r, t_edge(str_of(cases[i].text)), step,
			    &left) != SERVE_REFUSED)
				fail_msg("taken: %s", cases[i].text);
			if (r.status != cases[i].status)
				fail_msg("%u: %s", r.status, cases[i].text);
			assert_true(strlen(r.reason) > 0);
		}
	}
}

static void
t_unfinished(void **state)
{
	static const char *const cases[] = {
		"", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r", GET, GET HOST,
		GET HOST "\r",
	};
	struct serve_request r;
	struct str left;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(take(&r, t_edge(str_of(cases[i])), 1, &left),
		    SERVE_MORE);
}

/* The bound is exact: a request of so many bytes is taken. */
static void
t_long(void **state)
{
	char text[SERVE_REQUEST_MAX + 1];
	struct serve_request r;
	struct buf b;
	struct str left;

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		b = BUF(text);
		buf_add(&b, S(GET HOST "X: "));
		while (b.n < SERVE_REQUEST_MAX - 4 + over)
			buf_char(&b, 'x');
		buf_add(&b, S("\r\n\r\n"));
		assert_int_equal(b.n, SERVE_REQUEST_MAX + over);
		assert_int_equal(take(&r, t_edge(buf_str(&b)), 4096, &left),
		    over ? SERVE_REFUSED : SERVE_COMPLETE);
	}
	assert_int_equal(r.status, 431);
	b = BUF(text);
	buf_add(&b, S("GET /"));
	while (!b.full)
		buf_char(&b, 'x');
	assert_int_equal(take(&r, t_edge(buf_str(&b)), 4096, &left),
	    SERVE_REFUSED);
	assert_int_equal(r.status, 414);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_complete),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_unfinished),
		cmocka_unit_test(t_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
