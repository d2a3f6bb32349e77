/* Which connection carries which exchange. */
#include "t.h"

#include <sys/socket.h>

#include "tests/unit/script.h"

static void
three_on_one(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear(fd, 0);
	script_say(fd, S(OK11 "Transfer-Encoding: chunked\r\n\r\n"
	    "3\r\ntwo\r\n0\r\n\r\n"));
	script_hear(fd, 0);
	script_say(fd, S("HTTP/1.1 204 Three\r\n\r\n"));
	script_hear_end(fd);
}

/* The end of a connection is seen before it is used again... */
static void
closes_after_one(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	close(fd);
	three_on_one(listener);
}

/* ...or only afterwards. */
static void
closes_on_second(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear(fd, 0);
	close(fd);
	three_on_one(listener);
}

static void
resets_on_second(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear(fd, 0);
	script_reset(fd);
	three_on_one(listener);
}

/* A second answer that nobody asked for must not become the next one's. */
static void
says_too_much(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"
	    OK11 "Content-Length: 4\r\n\r\nevil"));
	script_hear_end(fd);
	three_on_one(listener);
}

static void
says_too_much_later(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_nap(50);
	send(fd, "HTTP", 4, MSG_NOSIGNAL);
	script_hear_end(fd);
	three_on_one(listener);
}

static void
wants_to_close(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Connection: close\r\n"
	    "Content-Length: 3\r\n\r\none"));
	script_hear_end(fd);
	three_on_one(listener);
}

static void
expect_body(struct http *h, struct server s, struct arena *a, const char *body)
{
	struct http_req req = client_get(s);
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
		struct http *h = client_new(&a);
		struct server s = server_start(scripts[i]);

		if (i > 0) {
			expect_body(h, s, &a, "one");
			script_nap(100);
		}
		expect_body(h, s, &a, "one");
		expect_body(h, s, &a, "two");
		expect_body(h, s, &a, "");
		http_close(h);
		server_finish(s);
		if (i == 2 || i == 3)
			assert_non_null(strstr(client_notes,
			    "kept connection to '127.0.0.1' was gone\n"));
	}
}

/* Not sent twice: an answer had begun, or there was only silence. */
static void
dies_in_second(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear(fd, 0);
	script_say(fd, S("H"));
	close(fd);
}

static void
mute_in_second(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear(fd, 0);
	script_hear_end(fd);
}

static void
sends_once_only(void **state)
{
	static const struct {
		void (*script)(int);
		const char *msg;
	} cases[] = {
		{ dies_in_second, "http '127.0.0.1': truncated:"
		    " connection closed after 1 bytes of the head" },
		{ mute_in_second,
		    "http '127.0.0.1': receive: timed out after 100 ms" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct http *h = client_new(&a);
		struct server s = server_start(cases[i].script);
		struct http_req req = client_get(s);
		struct http_res res;
		struct err e;

		req.read_ms = 100;
		assert_true(http_exchange(h, &req, 0, &a, &res, &e));
		assert_false(http_exchange(h, &req, 0, &a, &res, &e));
		assert_string_equal(e.msg, cases[i].msg);
		server_finish(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_connection),
		cmocka_unit_test(sends_once_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
