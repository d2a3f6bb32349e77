/* Exchanges through a proxy: what it is told, and what it may say. TLS through
 * it is in test_http_tls.c.
 */
#include "t.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "sys/process.h"
#include "tests/unit/script.h"

/* Longer than the requests that are written over it. */
#define USER "user:s3cr%65t-of-a-length-that-outlasts-by-far-the-whole-of-" \
    "the-request-that-is-written-over-it-when-there-is-a-tunnel-for-it-to-" \
    "be-sent-through@"
#define BASIC "Basic dXNlcjpzM2NyZXQtb2YtYS1sZW5ndGgtdGhhdC1vdXRsYXN0cy1ieS1mYXItdGhl" \
    "LXdob2xlLW9mLXRoZS1yZXF1ZXN0LXRoYXQtaXMtd3JpdHRlbi1vdmVyLWl0LXdo" \
    "ZW4tdGhlcmUtaXMtYS10dW5uZWwtZm9yLWl0LXRvLWJlLXNlbnQtdGhyb3VnaA=="

/* A client behind the proxy on s's port; user is empty or ends in '@'. */
static struct http *
client(struct arena *a, const char *user, struct server s)
{
	static char url[300];

	(void)snprintf(url, sizeof(url), "http://%s127.0.0.1:%u", user,
	    s.port);
	return client_new_behind(a, url);
}

static struct http_req
get(const char *url)
{
	static const struct http_field secret[] = {
		{ S_INIT("Authorization"), S_INIT("AWS4") },
	};
	struct http_req req = { .method = S("GET"), .fields = secret,
		.count = 1, .deadline = process_clock_ms() + 5000 };
	struct err e;

	if (!uri_parse(str_of(url), &req.to, &e))
		fail_msg("%s: %s", url, e.msg);
	return req;
}

static void
wants_absolute(int listener)
{
	int fd = script_accept(listener);

	script_hear_text(fd, "GET http://api.example/p?q HTTP/1.1\r\n"
	    "Host: api.example\r\nAuthorization: AWS4\r\nUser-Agent: test/1\r\n"
	    "Accept-Encoding: identity\r\n\r\n");
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	script_hear_end(fd);
}

static void
wants_absolute_and_user(int listener)
{
	int fd = script_accept(listener);

	script_hear_text(fd, "GET http://api.example/p?q HTTP/1.1\r\n"
	    "Host: api.example\r\nProxy-Authorization: " BASIC "\r\n"
	    "Authorization: AWS4\r\nUser-Agent: test/1\r\n"
	    "Accept-Encoding: identity\r\n\r\n");
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	script_hear_end(fd);
}

/* 401 and 403 are the target's to say. */
static void
passes_statuses_on(int listener)
{
	int fd = script_accept(listener);

	for (int i = 0; i < 2; i++) {
		script_hear(fd, 0);
		script_say(fd, i == 0 ?
		    S("HTTP/1.1 401 A\r\nContent-Length: 2\r\n\r\nno") :
		    S("HTTP/1.1 403 B\r\nContent-Length: 2\r\n\r\nno"));
	}
	script_hear_end(fd);
}

static void
plain_targets(void **state)
{
	struct arena a = t_arena();
	struct server s = server_start(wants_absolute);
	struct http *h = client(&a, "", s);
	struct http_req req = get("http://API.Example/p?q");
	struct http_res res;
	struct err e;
	char expected[200];

	(void)state;
	if (!http_exchange(h, &req, 0, &a, &res, &e))
		fail_msg("%s", e.msg);
	assert_str_equal(res.body, S("ok"));
	http_close(h);
	server_finish(s);
	(void)snprintf(expected, sizeof(expected),
	    "http 'API.Example': through proxy '127.0.0.1' port %u\n"
	    "connected to '127.0.0.1' port %u\n"
	    "GET 'API.Example': status 200 OK\n", s.port, s.port);
	assert_string_equal(client_notes, expected);

	s = server_start(wants_absolute_and_user);
	h = client(&a, USER, s);
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	http_close(h);
	server_finish(s);
	assert_null(strstr(client_notes, "user"));

	s = server_start(passes_statuses_on);
	h = client(&a, USER, s);
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_int_equal(res.status, 401);
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_int_equal(res.status, 403);
	http_close(h);
	server_finish(s);
}

/* One connection for one target, another for the next. */
static void
two_and_one(int listener)
{
	int fd = script_accept(listener);

	for (int i = 0; i < 2; i++) {
		script_hear(fd, 0);
		script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	}
	script_hear_end(fd);
	fd = script_accept(listener);
	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	script_hear_end(fd);
}

static void
keeps_targets_apart(void **state)
{
	static const char *const urls[] = {
		"http://a.example/1", "http://a.example/2", "http://b.example",
	};
	struct arena a = t_arena();
	struct server s = server_start(two_and_one);
	struct http *h = client(&a, "", s);

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct http_req req = get(urls[i]);
		struct http_res res;
		struct err e;

		if (!http_exchange(h, &req, 0, &a, &res, &e))
			fail_msg("%s", e.msg);
	}
	http_close(h);
	server_finish(s);
}

static void
wants_origin(int listener)
{
	int fd = script_accept(listener);
	char c[5];

	script_want(read(fd, c, 5) == 5 && memcmp(c, "GET /", 5) == 0);
	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	script_hear_end(fd);
}

static void
wants_absolute_then_origin(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	script_hear_end(fd);
	wants_origin(listener);
}

/* By its address, and when the caller says so: nobody is at port 1. */
static void
goes_directly(void **state)
{
	static const char *const urls[] = {
		"http://127.0.0.1/", "http://api.example/",
	};
	char hosts[40];
	const struct http_conf conf = { .hosts = hosts, .proxy = {
		.http = { "http_proxy", S("127.0.0.1:1") } } };
	int fd = memfd_create("hosts", 0);

	(void)state;
	(void)snprintf(hosts, sizeof(hosts), "/proc/self/fd/%d", fd);
	assert_int_equal(write(fd, "127.0.0.1 api.example", 21), 21);
	for (size_t i = 0; i < 2; i++) {
		struct arena a = t_arena();
		struct server s = server_start(wants_origin);
		struct http_req req = get(urls[i]);
		struct http *h;
		struct http_res res;
		struct err e;

		req.to.port = s.port;
		req.direct = i > 0;
		assert_true(http_new(&conf, &a, &h, &e));
		if (!http_exchange(h, &req, 0, &a, &res, &e))
			fail_msg("%s", e.msg);
		http_close(h);
		server_finish(s);
	}
	close(fd);
}

/* A proxy's connection is none to the target, even at one port. */
static void
keeps_ways_apart(void **state)
{
	struct arena a = t_arena();
	struct server s = server_start(wants_absolute_then_origin);
	struct http *h = client(&a, "", s);
	struct http_req req = get("http://0.0.0.0/");
	struct http_res res;
	struct err e;

	(void)state;
	req.to.port = s.port;
	for (int i = 0; i < 2; i++) {
		req.direct = i > 0;
		if (!http_exchange(h, &req, 0, &a, &res, &e))
			fail_msg("%s", e.msg);
	}
	http_close(h);
	server_finish(s);
}

/* Tunnels. */

static void
hello_of_tls(int fd, const char *name)
{
	char text[1000];
	ssize_t n = read(fd, text, sizeof(text));

	script_want(n > 50 && text[0] == 0x16 && text[1] == 3);
	script_want(memmem(text, (size_t)n, name, strlen(name)) != NULL);
	script_want(memmem(text, (size_t)n, "AWS4", 4) == NULL);
}

static void
wants_connect(int listener)
{
	int fd = script_accept(listener);

	script_hear_text(fd, "CONNECT api.example:443 HTTP/1.1\r\n"
	    "Host: api.example:443\r\nUser-Agent: test/1\r\n\r\n");
	script_say(fd, S("HTTP/1.1 200 Connection established\r\n"
	    "Content-Length: 9\r\n\r\n"));
	hello_of_tls(fd, "api.example");
	close(fd);
}

static void
wants_connect_and_user(int listener)
{
	int fd = script_accept(listener);

	script_hear_text(fd, "CONNECT api.example:8443 HTTP/1.1\r\n"
	    "Host: api.example:8443\r\nProxy-Authorization: " BASIC "\r\n"
	    "User-Agent: test/1\r\n\r\n");
	script_say(fd, S("HTTP/1.1 103 Soon\r\n\r\nHTTP/1.0 200 OK\r\n\r\n"));
	hello_of_tls(fd, "api.example");
	close(fd);
}

#define NO(name, text) SCRIPT_ANSWER(name, text)
NO(wants_user, "HTTP/1.1 407 Proxy Authentication Required\r\n"
    "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno")
NO(wants_user_by_401, "HTTP/1.0 401 Unauthorized\r\n\r\nno")
NO(forbids, "HTTP/1.1 403 Forb\x1bidden\r\n\r\n")
NO(forbids_quietly, "HTTP/1.1 403 \r\n\r\n")
NO(redirects, "HTTP/1.1 302 Found\r\nLocation: http://login.example\r\n\r\n")
NO(bad_gateway, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9999\r\n\r\n")
NO(too_much, "HTTP/1.1 200 OK\r\n\r\n\x16\x03")
NO(not_http, "220 mail.example ESMTP\r\n")
NO(says_nothing, "")
NO(half_head, "HTTP/1.1 200 OK\r\nA")

static void
mute(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_hear_end(fd);
}

#define WANTS ": the proxy wants a user name and password:" \
    " http://user:password@host:port"
#define REFUSES ": the proxy refuses the user name or password in its URL"
#define HTTP "http 'api.example': "

static const struct refusal {
	void (*script)(int);
	const char *user, *url;
	const char *msg;	/* behind "proxy '127.0.0.1:PORT': " */
	enum err_kind kind;
	enum http_phase phase;
} refusals[] = {
	{ wants_connect, "", "https://api.example",
	    "tls 'api.example': ", ERR_NET, HTTP_TLS },
	{ wants_connect_and_user, USER, "https://api.example:8443/x",
	    "tls 'api.example': ", ERR_NET, HTTP_TLS },
	{ wants_user, "", "https://api.example", HTTP "status 407" WANTS,
	    ERR_DENIED, HTTP_CONNECT },
	{ wants_user, USER, "https://api.example", HTTP "status 407" REFUSES,
	    ERR_DENIED, HTTP_CONNECT },
	{ wants_user, "", "http://api.example", HTTP "status 407" WANTS,
	    ERR_DENIED, HTTP_RECEIVE },
	{ wants_user, USER, "http://api.example", HTTP "status 407" REFUSES,
	    ERR_DENIED, HTTP_RECEIVE },
	{ wants_user_by_401, USER, "https://api.example",
	    HTTP "status 401" REFUSES, ERR_DENIED, HTTP_CONNECT },
	{ forbids, "", "https://api.example",
	    HTTP "byte 0x1b in the answer's framing (RFC 9110 5.5)",
	    ERR_REPLY, HTTP_CONNECT },
	{ forbids_quietly, "", "https://api.example",
	    HTTP "no tunnel: status 403 ", ERR_DENIED, HTTP_CONNECT },
	{ redirects, "", "https://api.example",
	    HTTP "no tunnel: status 302 Found", ERR_DENIED, HTTP_CONNECT },
	{ bad_gateway, "", "https://api.example",
	    HTTP "no tunnel: status 502 Bad Gateway", ERR_NET, HTTP_CONNECT },
	{ too_much, "", "https://api.example", HTTP "more than the answer"
	    " to CONNECT came", ERR_REPLY, HTTP_CONNECT },
	{ not_http, "", "https://api.example",
	    HTTP "the answer does not begin with 'HTTP/'", ERR_REPLY,
	    HTTP_CONNECT },
	{ says_nothing, "", "https://api.example",
	    HTTP "connection closed before an answer came", ERR_NET,
	    HTTP_CONNECT },
	{ half_head, "", "https://api.example", HTTP "truncated: connection"
	    " closed after 18 bytes of the head", ERR_NET, HTTP_CONNECT },
	{ mute, "", "https://api.example",
	    HTTP "receive: timed out after 100 ms", ERR_NET, HTTP_CONNECT },
	{ mute, "", "http://api.example",
	    HTTP "receive: timed out after 100 ms", ERR_NET, HTTP_RECEIVE },
};

static void
refuse(const struct refusal *r)
{
	enum { LOOK = 1 << 20 };
	struct arena a = { t_arena().p, LOOK, 0 };
	struct server s = server_start(r->script);
	struct http *h = client(&a, r->user, s);
	struct http_req req = get(r->url);
	struct http_res res;
	struct err e;
	char expected[300];
	size_t mark = a.used;

	req.read_ms = 100;
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	(void)snprintf(expected, sizeof(expected), "proxy '127.0.0.1:%u': %s",
	    s.port, r->msg);
	if (r->phase == HTTP_TLS)
		e.msg[strlen(expected)] = '\0';
	assert_string_equal(e.msg, expected);
	assert_int_equal(e.kind, r->kind);
	assert_int_equal(res.phase, r->phase);
	assert_int_equal(res.timed_out, r->script == mute);
	assert_int_equal(a.used, mark);
	/* Neither the user nor what was meant for the target stays. */
	assert_null(memmem(a.p, LOOK, BASIC, strlen(BASIC)));
	assert_null(memmem(a.p, LOOK, "AWS4", 4));
	assert_null(strstr(client_notes, "s3cr"));
	http_close(h);
	server_finish(s);
}

static void
refused(void **state)
{
	(void)state;
	memset(t_arena().p, 0, 1 << 20);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		refuse(&refusals[i]);
}

static void
drips(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11));
	while (send(fd, "a", 1, MSG_NOSIGNAL) == 1)
		script_nap(20);
}

static void
deadline_holds(void **state)
{
	struct arena a = t_arena();
	struct server s = server_start(drips);
	struct http *h = client(&a, "", s);
	struct http_req req = get("https://api.example");
	int64_t begun = process_clock_ms();
	struct http_res res;
	struct err e;

	(void)state;
	req.deadline = begun + 300;
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_in_range(process_clock_ms() - begun, 300, 1000);
	assert_true(str_ends(str_of(e.msg), S(" ms in all")));
	assert_true(res.timed_out);
	http_close(h);
	server_finish(s);
}

static void
unusable(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new_behind(&a, "http://u:s3cret@127.0.0.1:1");
	struct http_req req = get("https://api.example");
	struct http_res res;
	struct err e;

	(void)state;
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_string_equal(e.msg, "proxy '127.0.0.1:1': connect 127.0.0.1:1:"
	    " connection refused");
	assert_true(res.refused);
	assert_int_equal(res.phase, HTTP_CONNECT);

	h = client_new_behind(&a, "socks5://u:s3cret@127.0.0.1:1");
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_string_equal(e.msg, "http 'api.example': https_proxy: a proxy of"
	    " 'socks5://' is not supported, only of http://");
	assert_int_equal(e.kind, ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_targets),
		cmocka_unit_test(keeps_targets_apart),
		cmocka_unit_test(goes_directly),
		cmocka_unit_test(keeps_ways_apart),
		cmocka_unit_test(refused),
		cmocka_unit_test(deadline_holds),
		cmocka_unit_test(unusable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
