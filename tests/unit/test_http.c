/* Answers of all kinds, and time. */
#include "t.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/process.h"
#include "tests/unit/script.h"

static struct http_req
plain(void)
{
	return client_get((struct server){ 0, 0 });
}

SCRIPT_ANSWER(with_length, OK11 "Content-Length: 5\r\n\r\nhello")
SCRIPT_ANSWER(with_chunks, OK11 "Transfer-Encoding: chunked\r\n\r\n"
    "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")
SCRIPT_ANSWER(until_close, OK11 "\r\nhello")
SCRIPT_ANSWER(interim, "HTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 103 X\r\nA: b\r\n\r\n" OK11 "Content-Length: 5\r\n\r\nhello")
SCRIPT_ANSWER(not_found, "HTTP/1.1 404 Not\r\nContent-Length: 2\r\n\r\nno")
SCRIPT_ANSWER(nothing_more, "HTTP/1.1 204 No\r\n\r\n")
SCRIPT_ANSWER(nothing, "")
SCRIPT_ANSWER(half_head, OK11 "Content-Le")
SCRIPT_ANSWER(half_body, OK11 "Content-Length: 10\r\n\r\nhello")
SCRIPT_ANSWER(half_chunk, OK11 "Transfer-Encoding: chunked\r\n\r\nA\r\nhello")
SCRIPT_ANSWER(no_last_chunk, OK11 "Transfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n")
SCRIPT_ANSWER(two_lengths, OK11 "Content-Length: 5\r\n"
    "Content-Length: 6\r\n\r\n")
SCRIPT_ANSWER(gzipped, OK11 "Content-Encoding: gzip\r\n\r\n")
SCRIPT_ANSWER(not_http, "SSH-2.0-OpenSSH_9\r\n")
SCRIPT_ANSWER(announced_too_long, OK11 "Content-Length: 9000000\r\n\r\n")
SCRIPT_ANSWER(eleven_bytes, OK11 "\r\nhello world")

static void
answers(void **state)
{
	struct http_req head = plain(), limited = plain();

	(void)state;
	client_once(with_length, plain(), 200, "hello");
	client_once(with_chunks, plain(), 200, "hello");
	client_once(until_close, plain(), 200, "hello");
	client_once(interim, plain(), 200, "hello");
	client_once(not_found, plain(), 404, "no");
	client_once(nothing_more, plain(), 204, "");
	head.method = S("HEAD");
	client_once(half_body, head, 200, "");
	limited.body_max = 11;
	client_once(eleven_bytes, limited, 200, "hello world");
}

/* A name is told beside the addresses that it stands for. */
static void
refused_by_name(void **state)
{
	struct server s = server_start(nothing);
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct http_req req = plain();
	struct http_res res;
	struct err e;
	char want[128];

	(void)state;
	kill(s.pid, SIGKILL);
	assert_int_equal(waitpid(s.pid, NULL, 0), s.pid);
	req.to.host = S("localhost");
	req.to.literal = false;
	req.to.port = s.port;
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	(void)snprintf(want, sizeof(want), "http 'localhost': connect"
	    " 127.0.0.1:%u: connection refused (the last of 2 addresses"
	    " tried)", s.port);
	assert_string_equal(e.msg, want);
	assert_true(res.refused);
}

/* Room for the head only. */
static void
no_memory_for_the_body(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct http_req req = plain();
	size_t room = 16;
	struct http_res res;
	struct err e = { ERR_NONE, "" };

	(void)state;
	for (; !str_ends(str_of(e.msg), S("out of memory for the body"));
	    room += 16) {
		struct server s = server_start(with_length);
		struct arena small = { a.p + a.used, room, 0 };

		req.to.port = s.port;
		assert_false(http_exchange(h, &req, 0, &small, &res, &e));
		assert_int_equal(e.kind, ERR_LIMIT);
		http_close(h);
		server_finish(s);
	}
	assert_string_equal(e.msg,
	    "http '127.0.0.1': out of memory for the body");
}

static void
resets(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "\r\nhello"));
	script_nap(50);
	script_reset(fd);
}

static void
endless_head(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "A: "));
	while (send(fd, "aaaaaaaaaaaaaaaa", 16, MSG_NOSIGNAL) > 0)
		continue;
}

static void
endless_body(int listener)
{
	static const char block[65536];
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "\r\n"));
	while (send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
		continue;
}

static void
refuses_answers(void **state)
{
	static const struct {
		void (*script)(int);
		const char *msg;	/* behind "http '127.0.0.1': " */
	} cases[] = {
		{ nothing, "connection closed before an answer came" },
		{ half_head, "truncated: connection closed after 27 bytes"
		    " of the head" },
		{ half_body, "truncated: 5 of 10 bytes of the body"
		    " came" },
		{ half_chunk, "truncated: connection closed after 5 bytes"
		    " of a chunked body" },
		{ no_last_chunk, "truncated: connection closed after 5"
		    " bytes of a chunked body" },
		{ two_lengths, "two Content-Length fields (RFC 9112 6.3)" },
		{ gzipped, "content coding 'gzip', asked was for none" },
		{ not_http, "the answer does not begin with 'HTTP/'" },
		{ announced_too_long, "body of 9000000 bytes, at most 8388608"
		    " are taken" },
		{ resets, "receive: connection reset by peer" },
		{ endless_head, "head of more than 65536 bytes" },
		{ endless_body, "body of more than 8388608 bytes" },
	};
	struct http_req limited = plain();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char msg[200];

		(void)snprintf(msg, sizeof(msg), "http '127.0.0.1': %s",
		    cases[i].msg);
		client_once(cases[i].script, plain(), 0, msg);
	}
	limited.body_max = 10;
	client_once(eleven_bytes, limited, 0, "http '127.0.0.1': body of more"
	    " than 10 bytes");
}

static void
mute(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_hear_end(fd);
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
one_by_one(int listener)
{
	struct str s = S(OK11 "Transfer-Encoding: chunked\r\n\r\n"
	    "5\r\nhello\r\n0\r\n\r\n");
	int fd = script_accept(listener);

	script_hear(fd, 0);
	for (; s.n > 0; s = str_skip(s, 1)) {
		script_say(fd, str_head(s, 1));
		script_nap(1);
	}
	script_hear_end(fd);
}

static void
times_out(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct http_req req = plain();
	struct http_res res;
	struct server s;
	struct err e;
	int64_t begun;

	(void)state;
	client_once(one_by_one, plain(), 200, "hello");
	req.read_ms = 150;
	client_once(mute, req, 0, "http '127.0.0.1': receive: timed out after"
	    " 150 ms");

	s = server_start(drips);
	req = client_get(s);
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
	server_finish(s);

	req.deadline = process_clock_ms();
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_string_equal(e.msg, "http '127.0.0.1': no time left");
	assert_true(res.timed_out);
}

static void
refused(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct server s = server_start(nothing);
	struct http_req req = client_get(s);
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
	client_once(with_chunks, req, 200, "");
	assert_str_equal(buf_str(&b), S("hello"));
	b.n = 0;
	client_once(not_found, req, 404, "no");
	assert_int_equal(b.n, 0);
	client_once(eleven_bytes, req, 0,
	    "http '127.0.0.1': write 'layer': no space left");
}

static void
dated(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "X: \t y z \r\nx: 2\r\nContent-Length: 0\r\n\r\n"));
	close(fd);
}

static void
fields_and_notes(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct server s = server_start(dated);
	struct http_req req = client_get(s);
	struct http_res res;
	struct err e;
	char expected[200];

	(void)state;
	req.to.host = S("localhost");
	req.to.literal = false;
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_int_equal(res.date, 784111777);
	assert_int_equal(res.count, 4);
	assert_str_equal(http_field_get(&res, S("x")), S("y z"));
	assert_null(http_field_get(&res, S("y")).p);
	server_finish(s);
	(void)snprintf(expected, sizeof(expected),
	    "resolve 'localhost': ::1 127.0.0.1\n"
	    "connected to 'localhost' port %u\n"
	    "GET 'localhost': status 200 OK\n", s.port);
	assert_string_equal(client_notes, expected);
}

static void
repeats(int listener)
{
	static const char *const reasons[] = {
		"aToken12345", "Alettersalltheway and thirty-two",
		"Alettersalltheway and thirty two", "Bad Gateway", "",
	};

	for (size_t i = 0; i < 5; i++) {
		int fd = script_accept(listener);

		script_hear(fd, 0);
		script_say(fd, S("HTTP/1.1 500 "));
		script_say(fd, str_of(reasons[i]));
		script_say(fd, S("\r\nContent-Length: 0\r\n"
		    "Connection: close\r\n\r\n"));
		close(fd);
	}
}

/* What a status is called, and not what a server puts in that place. */
static void
names_of_statuses(void **state)
{
	static const char *const ends[] = {
		"500\n", "500\n", "500\n", "500 Bad Gateway\n", "500\n",
	};
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct server s = server_start(repeats);
	struct http_req req = client_get(s);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct http_res res;
		struct err e;

		assert_true(http_exchange(h, &req, 0, &a, &res, &e));
		assert_int_equal(res.status, 500);
		assert_true(str_ends(str_of(client_notes), str_of(ends[i])));
	}
	server_finish(s);
}

static void
secretive(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 6);
	script_say(fd, S(OK11 "Content-Length: 6\r\nX: s3cr3t\r\n\r\ns3cr3t"));
	script_hear(fd, 6);
	script_say(fd, S(OK11 "Content-Length: 7\r\n\r\ns3cr3t"));
	close(fd);
}

/* Nothing stays in the client's buffers, nor in the arena after a failure. */
static void
wipes(void **state)
{
	enum { LOOK = 1 << 20 };
	const struct http_field secret[] = { { S("X"), S("s3cr3t") } };
	struct arena a = { t_arena().p, LOOK, 0 };
	struct server s;
	struct http *h;
	struct http_req req;
	struct http_res res;
	struct err e;
	size_t mark;

	(void)state;
	memset(a.p, 0, LOOK);
	h = client_new(&a);
	s = server_start(secretive);
	mark = a.used;
	req = client_get(s);
	req.fields = secret;
	req.count = 1;
	req.body = S("s3cr3t");
	assert_true(http_exchange(h, &req, 0, &a, &res, &e));
	assert_non_null(memmem(a.p, LOOK, "s3cr3t", 6));
	arena_back(&a, mark);
	assert_null(memmem(a.p, LOOK, "s3cr3t", 6));
	assert_false(http_exchange(h, &req, 0, &a, &res, &e));
	assert_null(memmem(a.p, LOOK, "s3cr3t", 6));
	server_finish(s);
}

/* Every size of arena up to one that does: a message or an answer. */
static void
little_memory(void **state)
{
	struct arena whole = t_arena();
	struct http *h = client_new(&whole);
	size_t room;

	(void)state;
	for (room = 0; room < 400; room += 24) {
		struct arena a = { whole.p + whole.used, room, 0 };
		struct server s = server_start(with_length);
		struct http_req req = client_get(s);
		struct http_res res;
		struct err e;

		if (http_exchange(h, &req, 0, &a, &res, &e)) {
			assert_str_equal(res.body, S("hello"));
			server_finish(s);
			break;
		}
		assert_non_null(strstr(e.msg, "out of memory"));
		assert_int_equal(a.used, 0);
		server_finish(s);
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
		cmocka_unit_test(refused_by_name),
		cmocka_unit_test(no_memory_for_the_body),
		cmocka_unit_test(refuses_answers),
		cmocka_unit_test(times_out),
		cmocka_unit_test(refused),
		cmocka_unit_test(pushes),
		cmocka_unit_test(fields_and_notes),
		cmocka_unit_test(names_of_statuses),
		cmocka_unit_test(wipes),
		cmocka_unit_test(little_memory),
		cmocka_unit_test(no_memory_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
