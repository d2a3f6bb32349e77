#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "served.h"
#include "tests/unit/refuse.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* What every answer has, between status and own fields. */
#define REST(type, n) SERVED_DATE type "Content-Length: " #n "\r\n" \
    "Cache-Control: no-store\r\n"
#define TEXT "Content-Type: text/plain\r\n"
#define CLOSE "Connection: close\r\n"
#define HELLO "HTTP/1.1 200 OK\r\n" REST(TEXT, 5) "\r\nhello"

static struct served w;

static void
t_parse(void **state)
{
	static const struct {
		const char *text, *ip;
		uint16_t port;
		const char *error;
	} cases[] = {
		{ ":5001", "127.0.0.1", 5001, NULL },
		{ "0.0.0.0:65535", "0.0.0.0", 65535, NULL },
		{ "192.0.2.1:1", "192.0.2.1", 1, NULL },
		{ "[::1]:80", "::1", 80, NULL },
		{ "[::]:80", "::", 80, NULL },
		{ "[fe80::1%2]:80", "fe80::1%2", 80, NULL },
		{ "", NULL, 0, "'': no port; write ADDRESS:PORT, or :PORT for"
		    " loopback" },
		{ "80", NULL, 0, "'80': no port; write ADDRESS:PORT, or :PORT"
		    " for loopback" },
		{ "[::1]", NULL, 0, "'[::1]': no port; write ADDRESS:PORT, or"
		    " :PORT for loopback" },
		{ ":", NULL, 0, "':': '' is no port from 1 to 65535" },
		{ ":0", NULL, 0, "':0': '0' is no port from 1 to 65535" },
		{ ":65536", NULL, 0, "':65536': '65536' is no port from 1 to"
		    " 65535" },
		{ ":+1", NULL, 0, "':+1': '+1' is no port from 1 to 65535" },
		{ ":http", NULL, 0, "':http': 'http' is no port from 1 to"
		    " 65535" },
		{ "localhost:80", NULL, 0, "'localhost:80': 'localhost' is no"
		    " address; one of this machine is wanted, or nothing for"
		    " loopback" },
		{ "*:80", NULL, 0, "'*:80': '*' is no address; one of this"
		    " machine is wanted, or nothing for loopback" },
		{ "127.1:80", NULL, 0, "'127.1:80': '127.1' is no address; one"
		    " of this machine is wanted, or nothing for loopback" },
		{ "::1:80", NULL, 0, "'::1:80': an IPv6 address stands in"
		    " brackets" },
		{ "[127.0.0.1]:80", NULL, 0, "'[127.0.0.1]:80': '[127.0.0.1]'"
		    " is no address; one of this machine is wanted, or nothing"
		    " for loopback" },
		{ "[]:80", NULL, 0, "'[]:80': '[]' is no address; one of this"
		    " machine is wanted, or nothing for loopback" },
		{ "[::1:80", NULL, 0, "'[::1:80': '[::1' is no address; one of"
		    " this machine is wanted, or nothing for loopback" },
		{ "[::1]x:80", NULL, 0, "'[::1]x:80': '[::1]x' is no address;"
		    " one of this machine is wanted, or nothing for loopback" },
		{ "[h]:80", NULL, 0, "'[h]:80': '[h]' is no address; one of"
		    " this machine is wanted, or nothing for loopback" },
		{ "http://[::1]:80", NULL, 0, "'http://[::1]:80': an IPv6"
		    " address stands in brackets" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct serve_address at = { .port = 7 };
		char text[64];
		struct buf b = BUF(text);
		struct err e = { ERR_NONE, "" };
		bool done = serve_parse(t_edge(str_of(cases[i].text)), &at,
		    &e);

		assert_int_equal(done, !cases[i].error);
		if (!done) {
			assert_int_equal(e.kind, ERR_USAGE);
			assert_true(str_starts(str_of(e.msg),
			    S("listen on ")));
			assert_string_equal(e.msg + 10, cases[i].error);
			assert_int_equal(at.port, 7);
			continue;
		}
		addr_format(&at.ip, &b);
		assert_str_equal(buf_str(&b), str_of(cases[i].ip));
		assert_int_equal(at.port, cases[i].port);
	}
}

static void
t_open(void **state)
{
	static struct serve other;
	static const char *const away[][2] = {
		{ "203.0.113.9", "listen on '203.0.113.9:80': this machine has"
		    " no such address" },
		{ "2001:db8::9", "listen on '[2001:db8::9]:80': this machine"
		    " has no such address" },
		{ "fe80::1", "listen on '[fe80::1]:80': not a usable"
		    " address" },
	};
	struct serve_address at = { .port = 0 };
	size_t before = served_descriptors();
	char want[128];
	struct err e;

	(void)state;
	served_open(&w, "127.0.0.1");
	at.ip = (struct addr){ .family = AF_INET, .ip = { 127, 0, 0, 1 } };
	at.port = serve_port(&w.s);
	assert_false(serve_open(&other, &at, &e));
	assert_int_equal(e.kind, ERR_SYS);
	snprintf(want, sizeof(want), "listen on '127.0.0.1:%u': another program"
	    " listens there", at.port);
	assert_string_equal(e.msg, want);
	for (size_t i = 0; i < COUNT(away); i++) {
		assert_true(addr_parse(str_of(away[i][0]), &at.ip));
		at.port = 80;
		assert_false(serve_open(&other, &at, &e));
		assert_string_equal(e.msg, away[i][1]);
		assert_int_equal(e.kind, ERR_SYS);
	}
	assert_false(other.open);
	served_close(&w);
	assert_int_equal(served_descriptors(), before);
}

static bool
open_80(void *me, struct err *e)
{
	static const struct serve_address at = { .ip = { .family = AF_INET,
	    .ip = { 127, 0, 0, 1 } }, .port = 80 };

	return serve_open(me, &at, e);
}

static void
t_open_refused(void **state)
{
	static const struct {
		struct refuse call;
		const char *msg;
	} cases[] = {
		{ { .call = SYS_bind, .code = EACCES },
		    "listen on '127.0.0.1:80': not permitted; ports below 1024"
		    " are for root or CAP_NET_BIND_SERVICE" },
		{ { .call = SYS_listen, .code = EADDRINUSE },
		    "listen on '127.0.0.1:80': another program listens"
		    " there" },
		{ { .call = SYS_socket, .code = EMFILE },
		    "listen on '127.0.0.1:80': Too many open files" },
	};
	static struct serve other;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e;

		if (cases[i].call.call == SYS_listen && geteuid() != 0)
			continue;
		assert_false(refuse_run(&cases[i].call, 1, open_80, &other,
		    &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_SYS);
	}
}

/* Who was there before has left connections that are not over. */
static void
t_open_again(void **state)
{
	static struct serve again;
	struct serve_address at = { .ip = { .family = AF_INET,
	    .ip = { 127, 0, 0, 1 } } };
	struct err e;
	int fd, end;

	(void)state;
	served_open(&w, "127.0.0.1");
	at.port = serve_port(&w.s);
	fd = served_client(&w);
	served_say(fd, "GET / HTTP/1.0\r\n\r\n");
	served_turn(&w, 2);
	served_heard(fd, &end);
	assert_int_equal(end, 1);
	close(fd);
	served_turn(&w, 1);
	served_close(&w);
	if (!serve_open(&again, &at, &e))
		fail_msg("%s", e.msg);
	serve_close(&again);
}

/* Nothing happens, and descriptor 0 is nobody's. */
static void
t_closed(void **state)
{
	struct pollfd p[SERVE_POLL_MAX];
	int64_t wake = 42;

	(void)state;
	memset(&w, 0, sizeof(w));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(serve_watch(&w.s, p, &wake), 1);
		assert_int_equal(p[0].fd, -1);
		assert_int_equal(wake, 42);
		served_turn(&w, 2);
		served_close(&w);
	}
	assert_true(fcntl(0, F_GETFD) >= 0);
}

/* Through IPv6, through IPv4 to all of IPv6, and what the sockets are like. */
static void
t_sockets(void **state)
{
	static const char *const ips[] = { "127.0.0.1", "::1", "::" };

	(void)state;
	for (size_t i = 0; i < COUNT(ips); i++) {
		socklen_t n = sizeof(int);
		int fd, one = 0;

		served_open(&w, ips[i]);
		if (i == 2) {
			struct sockaddr_in to = { .sin_family = AF_INET,
				.sin_port = htons(serve_port(&w.s)),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

			fd = socket(AF_INET, SOCK_STREAM, 0);
			assert_int_equal(connect(fd, (struct sockaddr *)&to,
			    sizeof(to)), 0);
		} else {
			fd = served_client(&w);
		}
		served_say(fd, GET("/"));
		served_turn(&w, 2);
		assert_string_equal(served_heard(fd, NULL), HELLO);
		for (int k = 0; k < 2; k++) {
			int its = k ? w.s.fd : w.s.connections[0].fd;

			assert_true(fcntl(its, F_GETFD) & FD_CLOEXEC);
			assert_true(fcntl(its, F_GETFL) & O_NONBLOCK);
		}
		getsockopt(w.s.connections[0].fd, IPPROTO_TCP, TCP_NODELAY,
		    &one, &n);
		assert_true(one);
		close(fd);
		served_close(&w);
	}
}

static void
t_answers(void **state)
{
	static const struct {
		const char *say, *hear;
		int end;
		unsigned refused;
	} cases[] = {
		{ GET("/"), HELLO, 0, 0 },
		{ GET("/path?a=b&c"), "HTTP/1.1 200 OK\r\n" REST(TEXT, 5)
		    "\r\na=b&c", 0, 0 },
		{ "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\n"
		    REST(TEXT, 5) "\r\n", 0, 0 },
		{ "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"
		    REST(TEXT, 5) CLOSE "\r\nhello", 1, 0 },
		{ "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
		    "HTTP/1.1 200 OK\r\n" REST(TEXT, 5) CLOSE "\r\nhello", 1,
		    0 },
		{ GET("/x"), "HTTP/1.1 404 Not Found\r\n" REST(TEXT, 12)
		    "\r\nno such path", 0, 0 },
		{ GET("/fields"), "HTTP/1.1 401 Unauthorized\r\n" REST("", 0)
		    "WWW-Authenticate: Bearer\r\nX-Was: /fields\r\n\r\n", 0,
		    0 },
		{ GET("/bad"), "HTTP/1.1 500 Internal Server Error\r\n"
		    REST(TEXT, 28) "\r\nthe answer cannot be written", 0, 0 },
		{ GET("/status"), "HTTP/1.1 500 Internal Server Error\r\n"
		    REST(TEXT, 28) "\r\nthe answer cannot be written", 0, 0 },
		{ GET("/status?"), "HTTP/1.1 500 Internal Server Error\r\n"
		    REST(TEXT, 28) "\r\nthe answer cannot be written", 0, 0 },
		{ GET("/status?x"), "HTTP/1.1 500 Internal Server Error\r\n"
		    REST(TEXT, 28) "\r\nthe answer cannot be written", 0, 0 },
		{ GET("/four"), "HTTP/1.1 200 OK\r\n" REST(TEXT, 0)
		    "X: y\r\nX: y\r\nX: y\r\nX: y\r\n\r\n", 0, 0 },
		/* In order. */
		{ GET("/path?1") GET("/x") GET("/path?3"),
		    "HTTP/1.1 200 OK\r\n" REST(TEXT, 1) "\r\n1"
		    "HTTP/1.1 404 Not Found\r\n" REST(TEXT, 12)
		    "\r\nno such path"
		    "HTTP/1.1 200 OK\r\n" REST(TEXT, 1) "\r\n3", 0, 0 },
		{ GET("/path?1") "GET / HTTP/1.0\r\n\r\n" GET("/path?3"),
		    "HTTP/1.1 200 OK\r\n" REST(TEXT, 1) "\r\n1"
		    "HTTP/1.1 200 OK\r\n" REST(TEXT, 5) CLOSE "\r\nhello", 1,
		    0 },
		/* Refused. */
		{ "POST / HTTP/1.1\r\n", "HTTP/1.1 405 Method Not Allowed\r\n"
		    REST(TEXT, 30) "Allow: GET, HEAD\r\n" CLOSE "\r\n"
		    "only GET and HEAD are answered", 1, 405 },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		    "HTTP/1.1 505 HTTP Version Not Supported\r\n"
		    REST(TEXT, 28) CLOSE "\r\nonly HTTP/1.1 is spoken here", 1,
		    505 },
		{ "HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"
		    REST(TEXT, 13) CLOSE "\r\n", 1, 400 },
		{ "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
		    "HTTP/1.1 413 Content Too Large\r\n" REST(TEXT, 26) CLOSE
		    "\r\na request here has no body", 1, 413 },
		{ "GET / HTTP/1.1\nHost: h\n\n", "HTTP/1.1 400 Bad Request\r\n"
		    REST(TEXT, 18) CLOSE "\r\nlines end in CR LF", 1, 400 },
		{ GET("/path?1") "\x16\x03\x01", "HTTP/1.1 200 OK\r\n"
		    REST(TEXT, 1) "\r\n1" "HTTP/1.1 400 Bad Request\r\n"
		    REST(TEXT, 29) CLOSE "\r\na control byte in the request", 1,
		    400 },
	};

	(void)state;
	served_open(&w, "127.0.0.1");
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		const char *say = cases[i / 2].say;
		int fd = served_client(&w), end;
		const char *heard;

		served_turn(&w, 1);
		w.refused = 0;
		if (i % 2) {
			char one[2] = "";

			for (; *say; say++) {
				one[0] = *say;
				if (send(fd, one, 1, MSG_NOSIGNAL) != 1)
					break;
				served_turn(&w, 1);
			}
		} else {
			served_say(fd, say);
		}
		served_turn(&w, 4);
		heard = served_heard(fd, &end);
		if (strcmp(heard, cases[i / 2].hear) != 0)
			fail_msg("row %zu: %s", i / 2, heard);
		assert_int_equal(end, cases[i / 2].end);
		assert_int_equal(w.refused, cases[i / 2].refused);
		close(fd);
		served_turn(&w, 2);
		assert_int_equal(served_at(&w, SERVE_AT_NOTHING),
		    SERVE_CONNECTIONS_MAX);
	}
	served_close(&w);
}

/* A request too many by one byte, and one that just fits. */
static void
t_long(void **state)
{
	(void)state;
	served_open(&w, "127.0.0.1");
	for (size_t n = SERVE_REQUEST_MAX; n <= SERVE_REQUEST_MAX + 1; n++) {
		static const char end[] = " HTTP/1.1\r\nHost: h\r\n\r\n";
		char text[SERVE_REQUEST_MAX + 2];
		int fd = served_client(&w);

		memset(text, 'x', sizeof(text));
		memcpy(text, "GET /", 5);
		memcpy(text + n - strlen(end), end, sizeof(end));
		served_say(fd, text);
		served_turn(&w, 4);
		assert_string_equal(str_head(str_of(served_heard(fd, NULL)),
		    12).p + 9, n > SERVE_REQUEST_MAX ?
		    "431 Request Header Fields Too Large\r\n" REST(TEXT, 23)
		    CLOSE "\r\nthe request is too long" :
		    "404 Not Found\r\n" REST(TEXT, 12) "\r\nno such path");
		close(fd);
	}
	served_close(&w);
}

/* A client's pipeline does not make others wait: one request a turn. */
static void
t_fair(void **state)
{
	int fd, other;

	(void)state;
	served_open(&w, "127.0.0.1");
	fd = served_client(&w);
	other = served_client(&w);
	served_say(fd, GET("/") GET("/") GET("/"));
	served_say(other, GET("/"));
	served_turn(&w, 2);
	assert_string_equal(served_heard(fd, NULL), HELLO);
	assert_string_equal(served_heard(other, NULL), HELLO);
	served_turn(&w, 2);
	assert_string_equal(served_heard(fd, NULL), HELLO HELLO);
	close(fd);
	close(other);
	served_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_parse),
		cmocka_unit_test(t_open),
		cmocka_unit_test(t_open_refused),
		cmocka_unit_test(t_open_again),
		cmocka_unit_test(t_closed),
		cmocka_unit_test(t_sockets),
		cmocka_unit_test(t_answers),
		cmocka_unit_test(t_long),
		cmocka_unit_test(t_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
