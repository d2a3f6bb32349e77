/* The client against a scripted server in a forked child. The script exits
 * with 0 when it saw what it wanted to see.
 */
#include "t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "net/http.h"
#include "sys/process.h"

#define OK11 "HTTP/1.1 200 OK\r\n"

/* The server's side. */

static void
want(bool ok)
{
	if (!ok)
		_exit(1);
}

static int
next_peer(int listener)
{
	int fd = accept(listener, NULL, NULL), one = 1;

	want(fd >= 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
say(int fd, struct str s)
{
	want(send(fd, s.p, s.n, MSG_NOSIGNAL) == (ssize_t)s.n);
}

/* Read up to the empty line and n bytes behind it. */
static void
hear(int fd, size_t n)
{
	static char text[HTTP_REQUEST_HEAD_MAX + 1];
	size_t got = 0;
	struct str all = { text, 0 };

	memset(text, 0, sizeof(text));
	for (;;) {
		const char *end = strstr(text, "\r\n\r\n");
		ssize_t r;

		all.n = got;
		if (end && got == (size_t)(end + 4 - text) + n)
			return;
		want(!end || got < (size_t)(end + 4 - text) + n);
		r = read(fd, text + got, sizeof(text) - 1 - got);
		want(r > 0);
		got += (size_t)r;
	}
}

static void
hear_text(int fd, const char *expected)
{
	static char text[4096];
	size_t got = 0, n = strlen(expected);

	while (got < n) {
		ssize_t r = read(fd, text + got, sizeof(text) - got);

		want(r > 0);
		got += (size_t)r;
	}
	if (got != n || memcmp(text, expected, n) != 0) {
		print_error("%.*s", (int)got, text);
		_exit(1);
	}
}

static void
hear_end(int fd)
{
	char c;

	/* A peer that leaves bytes unread ends by a reset. */
	want(read(fd, &c, 1) <= 0);
	close(fd);
}

static void
reset(int fd)
{
	struct linger l = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void
nap(int ms)
{
	poll(NULL, 0, ms);
}

/* The client's side. */

struct server {
	pid_t pid;
	uint16_t port;
};

static struct server
start(void (*script)(int listener))
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct server s;

	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	s.port = ntohs(at.sin_port);
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0) {
		alarm(20);
		script(listener);
		_exit(0);
	}
	close(listener);
	return s;
}

static void
finish(struct server s)
{
	int status;

	assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static char notes[4096];

static void
take_note(void *me, struct str line)
{
	struct buf *b = me;

	buf_add(b, line);
	buf_add(b, S("\n"));
	notes[b->n] = '\0';
}

static struct http *
client(struct arena *a)
{
	static struct buf b;
	const struct http_conf conf = {
		.user_agent = S("test/1"),
		.note = take_note,
		.note_me = &b,
	};
	struct http *h;
	struct err e;

	b = (struct buf){ notes, 0, sizeof(notes) - 1, false };
	notes[0] = '\0';
	assert_true(http_new(&conf, a, &h, &e));
	return h;
}

static struct http_req
get(struct server s)
{
	return (struct http_req){
		.method = S("GET"),
		.to = { .literal = true, .host = S("127.0.0.1"),
		    .port = s.port, .path = S("/p") },
		.deadline = process_clock_ms() + 5000,
	};
}

/* Exchange once, see that the arena has what it should, and end the script. */
static void
once(void (*script)(int listener), struct http_req req, unsigned status,
    const char *body_or_msg)
{
	struct arena a = t_arena();
	struct http *h = client(&a);
	struct server s = start(script);
	struct http_res res;
	struct err e = { ERR_NONE, "untouched" };
	size_t mark = a.used;

	memset(a.p + mark, 0, 4096);
	req.to.port = s.port;
	if (http_exchange(h, &req, 0, &a, &res, &e)) {
		assert_string_equal(e.msg, "untouched");
		assert_int_equal(res.status, status);
		assert_str_equal(res.body, str_of(body_or_msg));
		assert_int_equal(res.phase, HTTP_DONE);
		assert_false(res.refused || res.timed_out);
		assert_true(a.used < mark + HTTP_HEAD_MAX + res.body.n);
	} else {
		if (status > 0)
			fail_msg("%s", e.msg);
		assert_string_equal(e.msg, body_or_msg);
		assert_int_not_equal(res.phase, HTTP_DONE);
		assert_null(res.fields);
		assert_int_equal(a.used, mark);
		for (size_t i = mark; i < mark + 4096; i++)
			assert_int_equal(a.p[i], 0);
	}
	http_close(h);
	finish(s);
}

static struct http_req
plain(void)
{
	return get((struct server){ 0, 0 });
}

/* One answer, then an orderly end. */
#define ANSWERS(name, text) \
	static void \
	name(int listener) \
	{ \
		int fd = next_peer(listener); \
		hear(fd, 0); \
		say(fd, S(text)); \
		close(fd); \
	}

ANSWERS(with_length, OK11 "Content-Length: 5\r\n\r\nhello")
ANSWERS(with_chunks, OK11 "Transfer-Encoding: chunked\r\n\r\n"
    "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")
ANSWERS(until_close, OK11 "\r\nhello")
ANSWERS(interim, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nA: b\r\n\r\n"
    OK11 "Content-Length: 5\r\n\r\nhello")
ANSWERS(not_found, "HTTP/1.1 404 Not\r\nContent-Length: 2\r\n\r\nno")
ANSWERS(nothing_more, "HTTP/1.1 204 No\r\n\r\n")
ANSWERS(nothing, "")
ANSWERS(half_head, OK11 "Content-Le")
ANSWERS(half_body, OK11 "Content-Length: 10\r\n\r\nhello")
ANSWERS(half_chunk, OK11 "Transfer-Encoding: chunked\r\n\r\nA\r\nhello")
ANSWERS(no_last_chunk, OK11 "Transfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n")
ANSWERS(two_lengths, OK11 "Content-Length: 5\r\nContent-Length: 6\r\n\r\n")
ANSWERS(gzipped, OK11 "Content-Encoding: gzip\r\n\r\n")
ANSWERS(not_http, "SSH-2.0-OpenSSH_9\r\n")
ANSWERS(announced_too_long, OK11 "Content-Length: 9000000\r\n\r\n")
ANSWERS(eleven_bytes, OK11 "\r\nhello world")

static void
answers(void **state)
{
	struct http_req head = plain(), limited = plain();

	(void)state;
	once(with_length, plain(), 200, "hello");
	once(with_chunks, plain(), 200, "hello");
	once(until_close, plain(), 200, "hello");
	once(interim, plain(), 200, "hello");
	once(not_found, plain(), 404, "no");
	once(nothing_more, plain(), 204, "");
	head.method = S("HEAD");
	once(half_body, head, 200, "");
	limited.body_max = 11;
	once(eleven_bytes, limited, 200, "hello world");
}

static void
truncated_answers(void **state)
{
	(void)state;
	once(nothing, plain(), 0, "http '127.0.0.1': connection closed before"
	    " an answer came");
	once(half_head, plain(), 0, "http '127.0.0.1': answer cut off:"
	    " connection closed after 27 bytes of the head");
	once(half_body, plain(), 0, "http '127.0.0.1': answer cut off: 5 of 10"
	    " bytes of the body came");
	once(half_chunk, plain(), 0, "http '127.0.0.1': answer cut off:"
	    " connection closed after 5 bytes of a chunked body");
	once(no_last_chunk, plain(), 0, "http '127.0.0.1': answer cut off:"
	    " connection closed after 5 bytes of a chunked body");
}

static void
bad_answers(void **state)
{
	struct http_req limited = plain();

	(void)state;
	once(two_lengths, plain(), 0, "http '127.0.0.1': two Content-Length"
	    " fields (RFC 9112 6.3)");
	once(gzipped, plain(), 0, "http '127.0.0.1': content coding 'gzip',"
	    " asked was for none");
	once(not_http, plain(), 0, "http '127.0.0.1': the answer does not begin"
	    " with 'HTTP/'");
	once(announced_too_long, plain(), 0, "http '127.0.0.1': body of"
	    " 9000000 bytes, at most 8388608 are taken");
	limited.body_max = 10;
	once(eleven_bytes, limited, 0, "http '127.0.0.1': body of more than 10"
	    " bytes");
}

static void
resets(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "\r\nhello"));
	nap(50);
	reset(fd);
}

static void
endless_head(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "A: "));
	while (send(fd, "aaaaaaaaaaaaaaaa", 16, MSG_NOSIGNAL) > 0)
		continue;
}

static void
endless_body(int listener)
{
	static const char block[65536];
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "\r\n"));
	while (send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
		continue;
}

static void
hostile_peers(void **state)
{
	(void)state;
	once(resets, plain(), 0, "http '127.0.0.1': receive: connection reset"
	    " by peer");
	once(endless_head, plain(), 0, "http '127.0.0.1': head of more than"
	    " 65536 bytes");
	once(endless_body, plain(), 0, "http '127.0.0.1': body of more than"
	    " 8388608 bytes");
}

static void
mute(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	hear_end(fd);
}

static void
drips(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11));
	while (send(fd, "a", 1, MSG_NOSIGNAL) == 1)
		nap(20);
}

static void
one_by_one(int listener)
{
	struct str s = S(OK11 "Transfer-Encoding: chunked\r\n\r\n"
	    "5\r\nhello\r\n0\r\n\r\n");
	int fd = next_peer(listener);

	hear(fd, 0);
	for (; s.n > 0; s = str_skip(s, 1)) {
		say(fd, str_head(s, 1));
		nap(1);
	}
	hear_end(fd);
}

static void
times_out(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a);
	struct http_req req = plain();
	struct http_res res;
	struct server s;
	struct err e;
	int64_t begun;

	(void)state;
	once(one_by_one, plain(), 200, "hello");
	req.read_ms = 150;
	once(mute, req, 0, "http '127.0.0.1': receive: timed out after 150 ms");

	s = start(drips);
	req = get(s);
	begun = process_clock_ms();
	req.deadline = begun + 300;
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_in_range(process_clock_ms() - begun, 300, 1000);
	assert_int_equal(e.kind, ERR_NET);
	assert_true(res.timed_out);
	assert_int_equal(res.phase, HTTP_RECEIVE);
	assert_non_null(strstr(e.msg, "http '127.0.0.1': receive: timed out"
	    " after "));
	assert_true(str_ends(str_of(e.msg), S(" ms in all")));
	finish(s);

	req.deadline = process_clock_ms();
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_string_equal(e.msg, "http '127.0.0.1': no time left");
	assert_true(res.timed_out);
}

static void
refused(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a);
	struct server s = start(nothing);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;
	char expected[100];

	(void)state;
	kill(s.pid, SIGKILL);
	waitpid(s.pid, NULL, 0);
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	snprintf(expected, sizeof(expected),
	    "connect 127.0.0.1:%u: connection refused", s.port);
	assert_string_equal(e.msg, expected);
	assert_true(res.refused);
	assert_false(res.timed_out);
	assert_int_equal(res.phase, HTTP_CONNECT);

	req.to.host = S("a..b");
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_string_equal(e.msg, "resolve 'a..b': not a host name");
	assert_int_equal(res.phase, HTTP_RESOLVE);
}

/* Connections. */

static void
three_on_one(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	hear(fd, 0);
	say(fd, S(OK11 "Transfer-Encoding: chunked\r\n\r\n"
	    "3\r\ntwo\r\n0\r\n\r\n"));
	hear(fd, 0);
	say(fd, S("HTTP/1.1 204 Three\r\n\r\n"));
	hear_end(fd);
}

/* The end of a connection is seen before it is used again... */
static void
closes_after_one(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	close(fd);
	three_on_one(listener);
}

/* ...or only afterwards. */
static void
closes_on_second(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	hear(fd, 0);
	close(fd);
	three_on_one(listener);
}

static void
resets_on_second(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	hear(fd, 0);
	reset(fd);
	three_on_one(listener);
}

/* A second answer that nobody asked for must not become the next one's. */
static void
says_too_much(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"
	    OK11 "Content-Length: 4\r\n\r\nevil"));
	hear_end(fd);
	three_on_one(listener);
}

static void
says_too_much_later(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	nap(50);
	send(fd, "HTTP", 4, MSG_NOSIGNAL);
	hear_end(fd);
	three_on_one(listener);
}

static void
wants_to_close(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Connection: close\r\nContent-Length: 3\r\n\r\none"));
	hear_end(fd);
	three_on_one(listener);
}

static void
expect_body(struct http *h, struct server s, struct arena *a, const char *body)
{
	struct http_req req = get(s);
	struct http_res res;
	struct err e;

	if (!http_exchange(h, &req, 0, a, &res, &e))
		fail_msg("%s", e.msg);
	assert_str_equal(res.body, str_of(body));
}

static void
keeps_the_connection(void **state)
{
	static void (*const scripts[])(int) = {
		three_on_one, closes_after_one, closes_on_second,
		resets_on_second, says_too_much, says_too_much_later,
		wants_to_close,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		struct arena a = t_arena();
		struct http *h = client(&a);
		struct server s = start(scripts[i]);

		if (i > 0) {
			expect_body(h, s, &a, "one");
			nap(100);
		}
		expect_body(h, s, &a, "one");
		expect_body(h, s, &a, "two");
		expect_body(h, s, &a, "");
		http_close(h);
		finish(s);
		if (i == 2 || i == 3)
			assert_non_null(strstr(notes,
			    "kept connection to '127.0.0.1' was gone\n"));
	}
}

/* Not sent twice: an answer had begun, or there was only silence. */
static void
dies_in_second(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	hear(fd, 0);
	say(fd, S("H"));
	close(fd);
}

static void
mute_in_second(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	hear(fd, 0);
	hear_end(fd);
}

static void
sends_once_only(void **state)
{
	static const struct {
		void (*script)(int);
		const char *msg;
	} cases[] = {
		{ dies_in_second, "http '127.0.0.1': answer cut off:"
		    " connection closed after 1 bytes of the head" },
		{ mute_in_second,
		    "http '127.0.0.1': receive: timed out after 100 ms" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct http *h = client(&a);
		struct server s = start(cases[i].script);
		struct http_req req = get(s);
		struct http_res res;
		struct err e;

		req.read_ms = 100;
		assert_true(http_exchange(h, &req, 0, &a, &res, &e));
		assert_false(http_exchange(h, &req, 0, &a, &res, &e));
		assert_string_equal(e.msg, cases[i].msg);
		finish(s);
	}
}

/* Requests. */

static void
wants_get(int listener)
{
	int fd = next_peer(listener);
	char expected[200];
	struct sockaddr_in at;
	socklen_t n = sizeof(at);

	getsockname(fd, (struct sockaddr *)&at, &n);
	snprintf(expected, sizeof(expected), "GET /p HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%u\r\nX: y\r\nUser-Agent: test/1\r\n"
	    "Accept-Encoding: identity\r\n\r\n", ntohs(at.sin_port));
	hear_text(fd, expected);
	say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	close(fd);
}

static void
wants_put(int listener)
{
	int fd = next_peer(listener);

	hear_text(fd, "PUT /p HTTP/1.1\r\nhost: h\r\nuser-agent: u\r\n"
	    "accept-encoding: *\r\nContent-Length: 0\r\n\r\n");
	say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	close(fd);
}

static void
wants_post(int listener)
{
	int fd = next_peer(listener);

	hear_text(fd, "POST /p HTTP/1.1\r\nHost: h\r\nUser-Agent: test/1\r\n"
	    "Accept-Encoding: identity\r\nContent-Length: 4\r\n\r\nbody");
	say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
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
	once(wants_get, req, 200, "ok");
	req.method = S("PUT");
	req.fields = own;
	req.count = 3;
	once(wants_put, req, 200, "ok");
	req.method = S("POST");
	req.fields = host;
	req.count = 1;
	req.body = S("body");
	once(wants_post, req, 200, "ok");
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
	struct http *h = client(&a);

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

/* Large bodies: more than the socket buffers of both sides hold. */

#define LARGE (24u << 20)

static void
swallows(int listener)
{
	static char block[65536];
	int fd = next_peer(listener);
	size_t n = 0;

	while (n < LARGE) {
		ssize_t r = read(fd, block, sizeof(block));

		want(r > 0);
		n += (size_t)r;
	}
	say(fd, S(OK11 "Content-Length: 2\r\n\r\nok"));
	close(fd);
}

/* Says no before it has read anything, and counts what comes all the same. */
static void
says_no_early(int listener)
{
	static char block[65536];
	int fd = next_peer(listener);
	size_t n = 0;

	say(fd, S("HTTP/1.1 100 Go on\r\n\r\n"));
	nap(50);
	say(fd, S("HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno"));
	nap(200);
	for (;;) {
		ssize_t r = read(fd, block, sizeof(block));

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	want(n < LARGE);
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
	once(swallows, req, 200, "ok");
	once(says_no_early, req, 413, "no");

	req.body = S("");
	req.body_n = LARGE;
	req.send = make_large;
	req.send_me = &m;
	once(swallows, req, 200, "ok");
	assert_int_equal(m.made, LARGE);
	once(says_no_early, req, 413, "no");
	assert_true(m.made < LARGE);
}

/* A connection with half a request in it is done with. */
static void
refuses_then_answers(int listener)
{
	says_no_early(listener);
	three_on_one(listener);
}

static void
leaves_half_a_request(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a);
	struct server s = start(refuses_then_answers);
	struct making m = { LARGE, 0 };
	struct http_req req = get(s);
	struct http_res res;
	struct err e;

	(void)state;
	req.method = S("PUT");
	req.body_n = LARGE;
	req.send = make_large;
	req.send_me = &m;
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_int_equal(res.status, 413);
	expect_body(h, s, &a, "one");
	expect_body(h, s, &a, "two");
	expect_body(h, s, &a, "");
	http_close(h);
	finish(s);
}

static void
hears_anything(int listener)
{
	char c;
	int fd = next_peer(listener);

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
	once(hears_anything, req, 0, "request body of 9 bytes, announced were"
	    " 10");
	m.n = 11;
	once(hears_anything, req, 0, "request body of more than the 10 bytes"
	    " announced");
	req.send = make_nothing;
	once(hears_anything, req, 0, "read 'layer': no such luck");
}

/* Answers that are pushed. */

static bool
take_five(void *me, struct str bytes, struct err *e)
{
	struct buf *b = me;

	if (b->n + bytes.n > 5)
		return err_set(e, ERR_SYS, "write 'layer': no space left");
	buf_add(b, bytes);
	return true;
}

static void
pushes(void **state)
{
	char text[10];
	struct buf b = BUF(text);
	struct http_req req = plain();

	(void)state;
	req.take = (struct push){ &b, take_five };
	once(with_chunks, req, 200, "");
	assert_str_equal(buf_str(&b), S("hello"));
	b.n = 0;
	once(not_found, req, 404, "no");
	assert_int_equal(b.n, 0);
	once(eleven_bytes, req, 0,
	    "http '127.0.0.1': write 'layer': no space left");
}

static void
dated(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 0);
	say(fd, S(OK11 "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX: \t y z \r\n"
	    "x: 2\r\nContent-Length: 0\r\n\r\n"));
	close(fd);
}

static void
fields_and_notes(void **state)
{
	struct arena a = t_arena();
	struct http *h = client(&a);
	struct server s = start(dated);
	struct http_req req = get(s);
	struct http_res res;
	struct err e;
	char expected[200];

	(void)state;
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_int_equal(res.date, 784111777);
	assert_int_equal(res.count, 4);
	assert_str_equal(http_field_get(&res, S("x")), S("y z"));
	assert_null(http_field_get(&res, S("y")).p);
	finish(s);
	snprintf(expected, sizeof(expected), "resolve '127.0.0.1': 127.0.0.1\n"
	    "connected to '127.0.0.1' port %u\n"
	    "GET '127.0.0.1': status 200 OK\n", s.port);
	assert_string_equal(notes, expected);
}

static void
secretive(int listener)
{
	int fd = next_peer(listener);

	hear(fd, 6);
	say(fd, S(OK11 "Content-Length: 6\r\nX: s3cr3t\r\n\r\ns3cr3t"));
	hear(fd, 6);
	say(fd, S(OK11 "Content-Length: 7\r\n\r\ns3cr3t"));
	close(fd);
}

/* Nothing stays in the client's buffers, nor in the arena after a failure. */
static void
wipes(void **state)
{
	enum { LOOK = 1 << 20 };
	const struct http_field secret[] = { { S("X"), S("s3cr3t") } };
	struct arena a = t_arena();
	struct server s;
	struct http *h;
	struct http_req req;
	struct http_res res;
	struct err e;
	size_t mark;

	(void)state;
	memset(a.p, 0, LOOK);
	h = client(&a);
	s = start(secretive);
	mark = a.used;
	req = get(s);
	req.fields = secret;
	req.count = 1;
	req.body = S("s3cr3t");
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_non_null(memmem(a.p, LOOK, "s3cr3t", 6));
	arena_back(&a, mark);
	assert_null(memmem(a.p, LOOK, "s3cr3t", 6));
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_null(memmem(a.p, LOOK, "s3cr3t", 6));
	finish(s);
}

/* Every size of arena up to one that does: a message or an answer. */
static void
little_memory(void **state)
{
	struct arena whole = t_arena();
	struct http *h = client(&whole);
	size_t room;

	(void)state;
	for (room = 0; room < 400; room += 24) {
		struct arena a = { whole.p + whole.used, room, 0 };
		struct server s = start(with_length);
		struct http_req req = get(s);
		struct http_res res;
		struct err e;

		if (http_exchange(h, &req, 0, &a, &res, &e)) {
			assert_str_equal(res.body, S("hello"));
			finish(s);
			break;
		}
		assert_non_null(strstr(e.msg, "out of memory"));
		assert_int_equal(a.used, 0);
		finish(s);
	}
	assert_in_range(room, 24, 399);
}

static void
no_memory_at_all(void **state)
{
	char few[1000];
	struct arena a = { few, sizeof(few), 0 };
	const struct http_conf conf = { .hosts = NULL };
	struct http *h;
	struct err e;

	(void)state;
	assert_false(http_new(&conf, &a, &h, &e));
	assert_string_equal(e.msg, "out of memory for http");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(truncated_answers),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(hostile_peers),
		cmocka_unit_test(times_out),
		cmocka_unit_test(refused),
		cmocka_unit_test(keeps_the_connection),
		cmocka_unit_test(sends_once_only),
		cmocka_unit_test(requests),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(large_requests),
		cmocka_unit_test(leaves_half_a_request),
		cmocka_unit_test(bodies_made_wrong),
		cmocka_unit_test(pushes),
		cmocka_unit_test(fields_and_notes),
		cmocka_unit_test(wipes),
		cmocka_unit_test(little_memory),
		cmocka_unit_test(no_memory_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
