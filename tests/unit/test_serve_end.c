/* How connections end: an answer that is the last is read, bytes that change
 * are nobody's answer, and in the end no descriptor is left.
 */
#include <sys/socket.h>

#include "served.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define HEAD_MAX 512

static struct served w;

static size_t
partings(void)
{
	size_t n = 0;

	for (size_t i = 0; i < SERVE_PARTINGS_MAX; i++)
		n += w.s.partings[i].open;
	return n;
}

/* More is sent behind what is refused than is read: the answer arrives whole,
 * and no reset takes it away.
 */
static void
t_refusal_is_read(void **state)
{
	static char much[SERVE_LINGER_BYTES / 2];
	int fd, end;

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	served_open(&w, "127.0.0.1");
	fd = served_client(&w);
	served_say(fd, "POST / HTTP/1.1\r\nHost: h\r\n\r\n");
	served_say(fd, much);
	served_turn(&w, 2);
	assert_int_equal(served_at(&w, SERVE_AT_NOTHING),
	    SERVE_CONNECTIONS_MAX);
	assert_int_equal(partings(), 1);
	served_say(fd, "and more");
	served_turn(&w, 100);
	assert_int_equal(partings(), 1);
	assert_true(str_contains(str_of(served_heard(fd, &end)), S("405 ")));
	assert_int_equal(end, 1);
	close(fd);
	served_turn(&w, 1);
	assert_int_equal(partings(), 0);
	served_close(&w);
}

/* It ends when the time is up, or what comes is too much. */
static void
t_parting_bounds(void **state)
{
	static char much[SERVE_LINGER_BYTES + SERVE_REQUEST_MAX];
	int fd[2];

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	served_open(&w, "127.0.0.1");
	for (int i = 0; i < 2; i++) {
		fd[i] = served_client(&w);
		served_say(fd[i], "\r\n");
	}
	served_turn(&w, 2);
	assert_int_equal(partings(), 2);
	served_say(fd[0], much);
	served_turn(&w, SERVE_LINGER_BYTES / SERVE_REQUEST_MAX - 1);
	assert_int_equal(partings(), 2);
	served_turn(&w, 3);
	assert_int_equal(partings(), 1);
	assert_true(w.wake == w.clock.ms + SERVE_LINGER_MS);
	w.clock.ms += SERVE_LINGER_MS - 1;
	served_say(fd[1], "drip");
	served_turn(&w, 1);
	assert_int_equal(partings(), 1);
	w.clock.ms++;
	served_turn(&w, 1);
	assert_int_equal(partings(), 0);
	close(fd[0]);
	close(fd[1]);
	served_close(&w);
}

/* When there are too many of them, the oldest goes. */
static void
t_many_partings(void **state)
{
	int fd[SERVE_PARTINGS_MAX + 1], end, error;
	socklen_t n = sizeof(error);

	(void)state;
	served_open(&w, "127.0.0.1");
	for (size_t i = 0; i <= SERVE_PARTINGS_MAX; i++) {
		fd[i] = served_client(&w);
		served_say(fd[i], "\r\n");
		served_turn(&w, 2);
		w.clock.ms++;
	}
	assert_int_equal(partings(), SERVE_PARTINGS_MAX);
	for (size_t i = 0; i <= SERVE_PARTINGS_MAX; i++) {
		assert_true(strlen(served_heard(fd[i], &end)) > 0);
		assert_int_equal(end, 1);
		/* To a socket that is closed, the kernel answers by a reset. */
		served_say(fd[i], "x");
		assert_int_equal(getsockopt(fd[i], SOL_SOCKET, SO_ERROR,
		    &error, &n), 0);
		assert_int_equal(error != 0, i == 0);
		close(fd[i]);
	}
	served_turn(&w, 2);
	assert_int_equal(partings(), 0);
	served_close(&w);
}

/* A peer that goes at the wrong moment costs its connection, no signal. */
static void
t_reset(void **state)
{
	static const struct linger at_once = { 1, 0 };
	static const char *const says[] = { "", "GET", GET("/big") };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(says) / sizeof(says[0]); i++) {
		int fd;

		served_open(&w, "127.0.0.1");
		fd = served_client(&w);
		served_say(fd, says[i / 2]);
		served_turn(&w, 2);
		/* A second half that was shut gives EPIPE. */
		if (i % 2)
			shutdown(fd, SHUT_WR);
		else
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
			    sizeof(at_once));
		close(fd);
		served_turn(&w, 2);
		assert_int_equal(served_at(&w, SERVE_AT_NOTHING),
		    SERVE_CONNECTIONS_MAX);
		served_close(&w);
	}
}

/* A request cut off in the middle is told so, if there is one. */
static void
t_half(void **state)
{
	int fd, end;

	(void)state;
	served_open(&w, "127.0.0.1");
	fd = served_client(&w);
	served_say(fd, "GET / HTTP/1.1\r\n");
	shutdown(fd, SHUT_WR);
	served_turn(&w, 3);
	assert_true(str_ends(str_of(served_heard(fd, &end)),
	    S("\r\n\r\nthe request ends too early")));
	assert_int_equal(end, 1);
	assert_int_equal(w.refused, 400);
	close(fd);
	served_close(&w);
}

/* poll(2) may be wrong about what can be done. */
static void
t_spurious(void **state)
{
	static const char *const says[] = { "", "GET", GET("/big"), "\r\n" };
	int fd[4];

	(void)state;
	served_open(&w, "127.0.0.1");
	for (size_t i = 0; i < 4; i++) {
		fd[i] = served_client(&w);
		served_say(fd[i], says[i]);
	}
	served_turn(&w, 4);
	for (int i = 0; i < 3; i++) {
		served_turn_spurious(&w);
		assert_int_equal(served_at(&w, SERVE_AT_REQUEST), 2);
		assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 1);
		assert_int_equal(partings(), 1);
	}
	for (size_t i = 0; i < 4; i++)
		close(fd[i]);
	served_close(&w);
}

/* Wherever the kernel stopped taking an answer, the rest follows. */
static void
t_parts(void **state)
{
	static const char all[] = "0123456789abcdef";

	(void)state;
	for (size_t sent = 0; sent < sizeof(all) - 1; sent++) {
		struct serve_connection *c = &w.s.connections[0];
		int fd;

		served_open(&w, "127.0.0.1");
		fd = served_client(&w);
		served_turn(&w, 1);
		memcpy(c->request.bytes, all, 10);
		c->at = SERVE_AT_ANSWER;
		c->head_n = 10;
		c->body = (struct str){ all + 10, 6 };
		c->sent = sent;
		/* Of a body that HEAD did not ask for, nothing is needed. */
		if (sent == 0) {
			c->body.n = 0;
			serve_release(&w.s, (struct str){ all, 16 });
			c->body.n = 6;
		}
		served_turn(&w, 1);
		assert_string_equal(served_heard(fd, NULL), all + sent);
		assert_int_equal(served_at(&w, SERVE_AT_REQUEST), 1);
		close(fd);
		served_close(&w);
	}
}

static void
t_release(void **state)
{
	static const struct {
		size_t at, n;
		bool cut;
	} cases[] = {
		{ 0, SERVED_BIG, true },
		{ 0, 1, true },
		{ SERVED_BIG - 1, 1, true },
		{ 5, 0, false },
		{ SERVED_BIG, 10, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd, other, end;

		served_open(&w, "127.0.0.1");
		fd = served_client(&w);
		other = served_client(&w);
		served_say(fd, GET("/big"));
		served_say(other, GET("/"));
		served_turn(&w, 2);
		assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 1);
		serve_release(&w.s, (struct str){ w.big - 10, 10 });
		assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 1);
		assert_false(serve_sends(&w.s,
		    (struct str){ w.big - 10, 10 }));
		assert_int_equal(serve_sends(&w.s,
		    (struct str){ w.big + cases[i].at, cases[i].n }),
		    cases[i].cut);
		serve_release(&w.s, (struct str){ w.big + cases[i].at,
		    cases[i].n });
		assert_int_equal(served_at(&w, SERVE_AT_ANSWER),
		    !cases[i].cut);
		assert_int_equal(served_at(&w, SERVE_AT_REQUEST), 1);
		if (cases[i].cut) {
			assert_true(strlen(served_heard(fd, &end)) <
			    SERVED_BIG);
			assert_int_equal(end, 1);
		}
		close(fd);
		close(other);
		served_close(&w);
	}
}

/* Whatever they are at. */
static void
t_close(void **state)
{
	static const char *const says[] = {
		"", "GET", GET("/"), GET("/later"), GET("/big"), "\r\n",
	};
	enum { N = sizeof(says) / sizeof(says[0]) };
	size_t before = served_descriptors();
	int fd[N], other;

	(void)state;
	served_open(&w, "127.0.0.1");
	w.later = true;
	for (size_t i = 0; i < N; i++) {
		fd[i] = served_client(&w);
		served_say(fd[i], says[i]);
	}
	served_turn(&w, 2);
	assert_int_equal(served_at(&w, SERVE_AT_REQUEST), 3);
	assert_int_equal(served_at(&w, SERVE_AT_LATER), 1);
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 1);
	assert_int_equal(partings(), 1);
	served_close(&w);
	other = dup(2);
	served_close(&w);
	assert_int_equal(close(other), 0);
	for (size_t i = 0; i < N; i++)
		close(fd[i]);
	assert_int_equal(served_descriptors(), before);
	/* Nothing of what was said is left. */
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		for (size_t k = 0; k < sizeof(w.s.connections[i]); k++)
			assert_int_equal(((char *)&w.s.connections[i])[k], 0);
}

/* What came with a request is gone with its answer. */
static void
t_wiped(void **state)
{
	const struct serve_request *r = &w.s.connections[0].request;
	char much[700] = "";
	int fd;

	(void)state;
	served_open(&w, "127.0.0.1");
	fd = served_client(&w);
	served_say(fd, "GET / HTTP/1.1\r\nHost: h\r\n"
	    "Authorization: Bearer s3cret\r\n\r\n");
	served_turn(&w, 2);
	assert_int_equal(served_at(&w, SERVE_AT_REQUEST), 1);
	for (size_t i = 0; i < sizeof(r->bytes); i++)
		assert_int_equal(r->bytes[i], 0);
	/* Behind the answer's head, too. */
	memset(much, 'x', sizeof(much) - 1);
	served_say(fd, "GET /big HTTP/1.1\r\nHost: h\r\nX: ");
	served_say(fd, much);
	served_say(fd, "\r\nAuthorization: Bearer s3cret\r\n\r\n");
	served_turn(&w, 2);
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 1);
	assert_false(str_contains((struct str){ r->bytes, sizeof(r->bytes) },
	    S("s3cret")));
	close(fd);
	served_close(&w);
}

/* 64 clients, 10,240 requests, ten connections each. */
static void
t_many(void **state)
{
	enum { CLIENTS = 64, ROUNDS = 160, FRESH = 16 };
	size_t before = served_descriptors();
	int fd[CLIENTS];

	(void)state;
	served_open(&w, "127.0.0.1");
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < CLIENTS; i++) {
			if (round % FRESH == 0)
				fd[i] = served_client(&w);
			served_say(fd[i], GET("/"));
		}
		served_turn(&w, round % FRESH ? 1 : 3);
		for (int i = 0; i < CLIENTS; i++) {
			struct str all = str_of(served_heard(fd[i], NULL));

			assert_true(all.n < HEAD_MAX);
			assert_true(str_ends(all, S("\r\n\r\nhello")));
			if (round % FRESH == FRESH - 1)
				close(fd[i]);
		}
	}
	assert_int_equal(w.asked, CLIENTS * ROUNDS);
	assert_int_equal(w.refusals, 0);
	served_turn(&w, 1);
	assert_int_equal(served_descriptors(), before + 1);
	served_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_refusal_is_read),
		cmocka_unit_test(t_parting_bounds),
		cmocka_unit_test(t_many_partings),
		cmocka_unit_test(t_reset),
		cmocka_unit_test(t_half),
		cmocka_unit_test(t_spurious),
		cmocka_unit_test(t_parts),
		cmocka_unit_test(t_release),
		cmocka_unit_test(t_close),
		cmocka_unit_test(t_wiped),
		cmocka_unit_test(t_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
