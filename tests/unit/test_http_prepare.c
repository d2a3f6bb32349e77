/* Connections opened before they are needed, and shared by a fork. TLS is in
 * test_http_tls.c.
 */
#include "t.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/process.h"
#include "tests/unit/script.h"

static void
one_on_one(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear_end(fd);
}

/* The first connection comes to nothing. */
static void
closes_at_once(int listener)
{
	close(script_accept(listener));
	one_on_one(listener);
}

static void
resets_at_once(int listener)
{
	script_reset(script_accept(listener));
	one_on_one(listener);
}

static void
speaks_first(int listener)
{
	int fd = script_accept(listener);

	script_say(fd, S(OK11 "Content-Length: 4\r\n\r\nevil"));
	script_hear_end(fd);
	one_on_one(listener);
}

/* Only once it has been asked. */
static void
closes_on_request(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	close(fd);
	one_on_one(listener);
}

static void
expect(struct http *h, const struct http_req *req, struct arena *a,
    const char *body)
{
	struct http_res res;
	struct err e;

	if (!http_exchange(h, req, 0, a, &res, &e))
		fail_msg("%s", e.msg);
	assert_str_equal(res.body, str_of(body));
}

static void
is_used(void **state)
{
	static void (*const scripts[])(int) = {
		one_on_one, closes_at_once, resets_at_once, speaks_first,
		closes_on_request,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		struct arena a = t_arena();
		struct http *h = client_new(&a);
		struct server s = server_start(scripts[i]);
		struct http_req req = client_get(s);
		size_t mark = a.used;

		assert_false(http_ready(h, &req));
		http_prepare(h, &req, 0, NULL, &a);
		assert_int_equal(a.used, mark);
		/* A busy machine sees the reset first. */
		assert_non_null(strstr(client_notes,
		    scripts[i] == resets_at_once ? "connect" :
		    "connected to '127.0.0.1' port "));
		if (i == 0) {
			/* There is no second one. */
			assert_true(http_ready(h, &req));
			http_prepare(h, &req, 0, NULL, &a);
		}
		script_nap(i > 0 ? 50 : 0);
		assert_int_equal(http_ready(h, &req), i == 0 || i == 4);
		expect(h, &req, &a, "one");
		assert_null(strstr(client_notes, "not connected ahead"));
		http_close(h);
		server_finish(s);
	}
}

/* The request is all that such a proxy is told. */
static void
one_through_a_proxy(int listener)
{
	int fd = script_accept(listener);

	script_hear_text(fd, "GET http://api.example/ HTTP/1.1\r\n"
	    "Host: api.example\r\nUser-Agent: test/1\r\n"
	    "Accept-Encoding: identity\r\n\r\n");
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear_end(fd);
}

static void
through_a_proxy(void **state)
{
	struct arena a = t_arena();
	struct server s = server_start(one_through_a_proxy);
	char url[40];
	struct buf b = BUF(url);
	struct http_req req = { .method = S("GET"),
		.deadline = process_clock_ms() + 5000 };
	struct http *h;
	struct err e;

	(void)state;
	buf_add(&b, S("http://127.0.0.1:"));
	buf_u64(&b, s.port);
	buf_char(&b, '\0');
	h = client_new_behind(&a, url);
	assert_true(uri_parse(S("http://api.example/"), &req.to, &e));
	http_prepare(h, &req, 0, NULL, &a);
	assert_true(http_ready(h, &req));
	/* Another way is another connection. */
	req.direct = true;
	assert_false(http_ready(h, &req));
	req.direct = false;
	expect(h, &req, &a, "one");
	http_close(h);
	server_finish(s);
}

/* What was kept for another peer makes room. */
static void
one_peer_at_a_time(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct server first = server_start(one_on_one);
	struct server second = server_start(one_on_one);
	struct http_req one = client_get(first), two = client_get(second);

	(void)state;
	expect(h, &one, &a, "one");
	assert_true(http_ready(h, &one));
	assert_false(http_ready(h, &two));
	http_prepare(h, &two, 0, NULL, &a);
	server_finish(first);
	assert_false(http_ready(h, &one));
	expect(h, &two, &a, "one");
	http_close(h);
	server_finish(second);
}

static void
nobody(int listener)
{
	(void)listener;
}

static void
refuses_tunnel(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"));
	script_hear_end(fd);
}

static void
mute(int listener)
{
	char c[1024];
	int fd = script_accept(listener);

	while (read(fd, c, sizeof(c)) > 0)
		continue;
}

/* A note, and no other trace. */
static void
fails_quietly(void **state)
{
	static const struct {
		void (*script)(int);
		bool tls, proxy, stop;
		int64_t ms;	/* to the deadline */
		const char *note;	/* the end of it */
		int64_t takes_ms;
	} cases[] = {
		{ nobody, false, false, false, 5000, ": connection refused\n",
		    0 },
		{ nobody, false, false, false, 0,
		    "ahead: http '127.0.0.1': no time left\n", 0 },
		{ mute, true, false, false, 100, "ahead: tls '127.0.0.1':"
		    " handshake: timed out after 100 ms in all\n", 100 },
		{ mute, true, false, false, 60000, "ahead: tls '127.0.0.1':"
		    " handshake: timed out after 2000 ms in all\n",
		    PREPARE_MS },
		{ mute, true, true, false, 100, "': http 'api.example':"
		    " receive: timed out after 100 ms in all\n", 100 },
		{ mute, true, false, true, 60000, "ahead: tls 'api.example':"
		    " given up\n", 0 },
		{ mute, true, true, true, 60000, "': given up\n", 0 },
		{ refuses_tunnel, true, true, false, 5000, "': http"
		    " 'api.example': no tunnel: status 403 No\n", 0 },
	};
	int stop[2];

	(void)state;
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "", 1), 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct server s = server_start(cases[i].script);
		struct http_req req = client_get(s);
		char url[40];
		struct buf b = BUF(url);
		struct http *h;
		size_t mark;
		int64_t begun;

		buf_add(&b, S("http://127.0.0.1:"));
		buf_u64(&b, s.port);
		buf_char(&b, '\0');
		h = client_new_behind(&a, cases[i].proxy ? url : NULL);
		if (cases[i].script == nobody)
			server_finish(s);
		req.to.tls = cases[i].tls;
		if (cases[i].proxy) {
			req.to.host = S("api.example");
			req.to.literal = false;
		} else {
			req.verify = S("api.example");
		}
		begun = process_clock_ms();
		req.deadline = begun + cases[i].ms;
		mark = a.used;
		http_prepare(h, &req, 0, cases[i].stop ? stop : NULL, &a);
		assert_in_range(process_clock_ms() - begun, cases[i].takes_ms,
		    cases[i].takes_ms + 900);
		assert_int_equal(a.used, mark);
		assert_false(http_ready(h, &req));
		if (!strstr(client_notes, "not connected ahead: ") ||
		    !str_ends(str_of(client_notes), str_of(cases[i].note)))
			fail_msg("%zu: %s", i, client_notes);
		http_close(h);
		if (cases[i].script != nobody)
			server_finish(s);
	}
	close(stop[0]);
	close(stop[1]);
}

static void
one_on_each_of_two(int listener)
{
	one_on_one(listener);
	one_on_one(listener);
}

/* Nor is half a connection taken for the one that was there before. */
static void
leaves_nothing(void **state)
{
	struct arena a = t_arena();
	struct http *h = client_new(&a);
	struct server s = server_start(one_on_each_of_two);
	struct server silent = server_start(mute);
	struct http_req req = client_get(s), to_silent = client_get(silent);

	(void)state;
	expect(h, &req, &a, "one");
	to_silent.to.tls = true;
	to_silent.verify = S("api.example");
	to_silent.deadline = process_clock_ms() + 100;
	http_prepare(h, &to_silent, 0, NULL, &a);
	server_finish(silent);
	assert_false(http_ready(h, &req));
	expect(h, &req, &a, "one");
	http_close(h);
	server_finish(s);
}

static void
two_on_one(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\none"));
	script_hear(fd, 0);
	script_say(fd, S(OK11 "Content-Length: 3\r\n\r\ntwo"));
	script_hear_end(fd);
}

/* One of two processes goes on with the connection, whichever it is. */
static void
left_to_the_other(void **state)
{
	(void)state;
	for (int child = 0; child < 2; child++) {
		struct arena a = t_arena();
		struct http *h = client_new(&a);
		struct server s = server_start(two_on_one);
		struct http_req req = client_get(s);
		int status;
		pid_t pid;

		expect(h, &req, &a, "one");
		pid = fork();
		if ((pid == 0) == child) {
			expect(h, &req, &a, "two");
			http_close(h);
		} else {
			http_leave(h);
			assert_false(http_ready(h, &req));
			http_leave(h);
		}
		if (pid == 0)
			_exit(0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		server_finish(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_used),
		cmocka_unit_test(through_a_proxy),
		cmocka_unit_test(one_peer_at_a_time),
		cmocka_unit_test(fails_quietly),
		cmocka_unit_test(leaves_nothing),
		cmocka_unit_test(left_to_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
