#include "tests/unit/script.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/process.h"
#include "t.h"

void
script_want(bool ok)
{
	if (!ok)
		_exit(1);
}

int
script_accept(int listener)
{
	int fd = accept(listener, NULL, NULL), one = 1;

	script_want(fd >= 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

void
script_say(int fd, struct str s)
{
	script_want(send(fd, s.p, s.n, MSG_NOSIGNAL) == (ssize_t)s.n);
}

/* Read up to the empty line and n bytes behind it. */
void
script_hear(int fd, size_t n)
{
	static char text[HTTP_REQUEST_HEAD_MAX + 1];
	size_t got = 0;

	memset(text, 0, sizeof(text));
	for (;;) {
		const char *end = strstr(text, "\r\n\r\n");
		ssize_t r;

		if (end && got == (size_t)(end + 4 - text) + n)
			return;
		script_want(!end || got < (size_t)(end + 4 - text) + n);
		r = read(fd, text + got, sizeof(text) - 1 - got);
		script_want(r > 0);
		got += (size_t)r;
	}
}

void
script_hear_text(int fd, const char *expected)
{
	static char text[4096];
	size_t got = 0, n = strlen(expected);

	while (got < n) {
		ssize_t r = read(fd, text + got, sizeof(text) - got);

		script_want(r > 0);
		got += (size_t)r;
	}
	if (got != n || memcmp(text, expected, n) != 0) {
		print_error("%.*s", (int)got, text);
		_exit(1);
	}
}

void
script_hear_end(int fd)
{
	char c;

	/* A peer that leaves bytes unread ends by a reset. */
	script_want(read(fd, &c, 1) <= 0);
	close(fd);
}

void
script_reset(int fd)
{
	struct linger l = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

void
script_nap(int ms)
{
	poll(NULL, 0, ms);
}

struct server
server_start(void (*script)(int listener))
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

void
server_finish(struct server s)
{
	int status;

	assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

char client_notes[4096];

static void
take_note(void *me, struct str line)
{
	struct buf *b = me;

	buf_add(b, line);
	buf_add(b, S("\n"));
	client_notes[b->n] = '\0';
}

struct http *
client_new(struct arena *a)
{
	return client_new_behind(a, NULL);
}

struct http *
client_new_behind(struct arena *a, const char *proxy)
{
	static struct buf b;
	/* Padding too, for a search through the arena under MSan. */
	static struct http_conf conf;
	struct http *h;
	struct err e;

	b = (struct buf){ client_notes, 0, sizeof(client_notes) - 1, false };
	client_notes[0] = '\0';
	conf.proxy.https = (struct proxy_var){ "https_proxy", str_of(proxy) };
	conf.proxy.http = (struct proxy_var){ "http_proxy", str_of(proxy) };
	conf.user_agent = S("test/1");
	conf.note = take_note;
	conf.note_me = &b;
	assert_true(http_new(&conf, a, &h, &e));
	return h;
}

struct http_req
client_get(struct server s)
{
	return (struct http_req){
		.method = S("GET"),
		.to = { .literal = true, .host = S("127.0.0.1"),
		    .port = s.port, .path = S("/p") },
		.deadline = process_clock_ms() + 5000,
	};
}

/* Exchange once, see that the arena has what it should, and end the script. */
void
client_once(void (*script)(int listener), struct http_req req, unsigned status,
    const char *body_or_msg)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct server s = server_start(script);
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
	server_finish(s);
}
