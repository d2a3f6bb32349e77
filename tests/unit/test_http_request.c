/* What is sent, also to a peer that does not wait for all of it. */
#include "t.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "tests/unit/script.h"

static struct http_req
plain(void)
{
	return client_get((struct server){ 0, 0 });
}

static void
wants_get(int listener)
{
	int fd = script_accept(listener);
	char expected[200];
	struct sockaddr_in at;
	socklen_t n = sizeof(at);

	getsockname(fd, (struct sockaddr *)&at, &n);
	snprintf(expected, sizeof(expected), "GET /p HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%u\r\nX: y\r\nUser-Agent: test/1\r\n"
	    "Accept-Encoding: identity\r\n\r\n", ntohs(at.sin_port));
	script_hear_text(fd, expected);
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	close(fd);
}

static void
wants_put(int listener)
{
	int fd = script_accept(listener);

	script_hear_text(fd, "PUT /p HTTP/1.1\r\nhost: h\r\nuser-agent: u\r\n"
	    "accept-encoding: *\r\nContent-Length: 0\r\n\r\n");
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	close(fd);
}

static void
wants_post(int listener)
{
	int fd = script_accept(listener);

	script_hear_text(fd, "POST /p HTTP/1.1\r\nHost: h\r\n"
	    "User-Agent: test/1\r\nAccept-Encoding: identity\r\n"
	    "Content-Length: 4\r\n\r\nbody");
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	close(fd);
}

static void
requests(void **state)
{
	const struct http_field x[] = { { S("X"), S("y") } };
	const struct http_field own[] = {
		{ S("host"), S("h") },
		{ S("user-agent"), S("u") },
		{ S("accept-encoding"), S("*") },
	};
	const struct http_field host[] = { { S("Host"), S("h") } };
	struct http_req req = plain();

	(void)state;
	req.fields = x;
	req.count = 1;
	client_once(wants_get, req, 200, "ok");
	req.method = S("PUT");
	req.fields = own;
	req.count = 3;
	client_once(wants_put, req, 200, "ok");
	req.method = S("POST");
	req.fields = host;
	req.count = 1;
	req.body = S("body");
	client_once(wants_post, req, 200, "ok");
}

static void
bad_requests(void **state)
{
	static const struct {
		struct str method, path, name, value;
		const char *msg;
	} cases[] = {
		{ S_INIT("GET"), S_INIT("/"), S_INIT("X"), S_INIT("a\r\nY: b"),
		    "http '127.0.0.1': request field 'X' has a line break or"
		    " another control byte in it, or is too long" },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("X"), S_INIT("a\0"),
		    "http '127.0.0.1': request field 'X' has a line break or"
		    " another control byte in it, or is too long" },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("X y"), S_INIT(""),
		    "http '127.0.0.1': request field 'X y' has a line break or"
		    " another control byte in it, or is too long" },
		{ S_INIT("GET"), S_INIT("/ x"), S_INIT("X"), S_INIT(""),
		    "http '127.0.0.1': method or path has a blank or control"
		    " byte in it, or is too long" },
		{ S_INIT("GE T"), S_INIT("/"), S_INIT("X"), S_INIT(""),
		    "http '127.0.0.1': method or path has a blank or control"
		    " byte in it, or is too long" },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("content-length"),
		    S_INIT("1"), "http '127.0.0.1': request field"
		    " 'content-length' is not the caller's to set" },
		{ S_INIT("GET"), S_INIT("/"), S_INIT("Transfer-Encoding"),
		    S_INIT("chunked"), "http '127.0.0.1': request field"
		    " 'Transfer-Encoding' is not the caller's to set" },
	};
	struct arena a = t_arena();
	struct http *h = client_new(&a);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct http_field f = { cases[i].name, cases[i].value };
		struct http_req req = plain();
		struct http_res res;
		struct err e;

		req.method = cases[i].method;
		req.to.path = cases[i].path;
		req.fields = &f;
		req.count = 1;
		assert_false(http_exchange(h, &req, 0, &a, &res, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

/* A head is as long as it may be, or refused. */
static void
too_large_requests(void **state)
{
	static char text[HTTP_REQUEST_HEAD_MAX];
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct http_req req = plain();
	struct http_field f = { S("X"), { text, 0 } };
	struct http_res res;
	struct err e;
	bool whole = false;

	(void)state;
	memset(text, 'x', sizeof(text));
	req.to.host = (struct str){ text, 300 };
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_true(str_ends(str_of(e.msg), S("': host name is too long")));

	req = plain();
	req.deadline += 60000;
	req.fields = &f;
	req.count = 1;
	for (f.value.n = HTTP_REQUEST_HEAD_MAX - 200;
	    f.value.n < HTTP_REQUEST_HEAD_MAX; f.value.n++) {
		assert_false(http_exchange(h, &req, 0, &a, &res, &e));
		if (e.kind == ERR_NET)	/* it fits; nobody is there */
			continue;
		assert_int_equal(e.kind, ERR_USAGE);
		whole |= str_eq(str_of(e.msg), S("http '127.0.0.1': request"
		    " head of more than 32768 bytes"));
	}
	assert_true(whole);
}

/* Large bodies: more than the socket buffers of both sides hold. */

#define LARGE (24u << 20)

static void
swallows(int listener)
{
	static char block[65536];
	int fd = script_accept(listener);
	size_t n = 0;

	while (n < LARGE) {
		ssize_t r = read(fd, block, sizeof(block));

		script_want(r > 0);
		n += (size_t)r;
	}
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	close(fd);
}

/* Says no before it has read anything, and counts what comes all the same. */
static void
says_no_early(int listener)
{
	static char block[65536];
	int fd = script_accept(listener);
	size_t n = 0;

	script_say(fd, S("HTTP/1.1 100 Go on\r\n\r\n"));
	script_nap(50);
	script_say(fd, S("HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno"));
	script_nap(200);
	for (;;) {
		ssize_t r = read(fd, block, sizeof(block));

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	script_want(n < LARGE);
}

struct making {
	size_t n, made;
};

static bool
make_large(void *me, const struct push *to, struct err *e)
{
	static const char block[10000];
	struct making *m = me;

	for (m->made = 0; m->made < m->n; ) {
		size_t n = m->n - m->made;

		if (n > sizeof(block))
			n = sizeof(block);
		if (!to->take(to->me, (struct str){ block, n }, e))
			return false;
		m->made += n;
	}
	return true;
}

static bool
make_nothing(void *me, const struct push *to, struct err *e)
{
	(void)me;
	(void)to;
	return err_set(e, ERR_SYS, "read 'layer': no such luck");
}

static void
large_requests(void **state)
{
	static char large[LARGE];
	struct http_req req = plain();
	struct making m = { LARGE, 0 };

	(void)state;
	req.method = S("PUT");
	req.body = (struct str){ large, sizeof(large) };
	client_once(swallows, req, 200, "ok");
	client_once(says_no_early, req, 413, "no");

	req.body = S("");
	req.body_n = LARGE;
	req.send = make_large;
	req.send_me = &m;
	client_once(swallows, req, 200, "ok");
	assert_int_equal(m.made, LARGE);
	client_once(says_no_early, req, 413, "no");
	assert_true(m.made < LARGE);
}

/* A connection with half a request in it is done with. */
static void
refuses_then_answers(int listener)
{
	int fd;

	says_no_early(listener);
	fd = script_accept(listener);
	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	script_hear_end(fd);
}

static void
leaves_half_a_request(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct server s = server_start(refuses_then_answers);
	struct making m = { LARGE, 0 };
	struct http_req req = client_get(s);
	struct http_res res;
	struct err e;

	(void)state;
	req.method = S("PUT");
	req.body_n = LARGE;
	req.send = make_large;
	req.send_me = &m;
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_int_equal(res.status, 413);
	req = client_get(s);
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_str_equal(res.body, S("ok"));
	http_close(h);
	server_finish(s);
}

static void
hears_anything(int listener)
{
	char c;
	int fd = script_accept(listener);

	while (read(fd, &c, 1) > 0)
		continue;
}

static void
bodies_made_wrong(void **state)
{
	struct http_req req = plain();
	struct making m = { 9, 0 };

	(void)state;
	req.method = S("PUT");
	req.body_n = 10;
	req.send = make_large;
	req.send_me = &m;
	client_once(hears_anything, req, 0, "request body of 9 bytes, announced"
	    " were 10");
	m.n = 11;
	client_once(hears_anything, req, 0, "request body of more than the 10"
	    " bytes announced");
	req.send = make_nothing;
	client_once(hears_anything, req, 0, "read 'layer': no such luck");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(too_large_requests),
		cmocka_unit_test(large_requests),
		cmocka_unit_test(leaves_half_a_request),
		cmocka_unit_test(bodies_made_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
