/* What a server does when time, places, descriptors or a client's patience are
 * over.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "served.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define HALF "GET / HTTP/1.1\r\nHost: h\r\n"

static struct served w;
static int clients[2 * SERVE_CONNECTIONS_MAX];

/* The status of what has come, or what else has. */
static const char *
heard(int fd)
{
	static char text[64];
	int end;
	const char *all = served_heard(fd, &end);

	if (*all)
		snprintf(text, sizeof(text), "%.3s%s", strlen(all) > 9 ?
		    all + 9 : "???", end ? " end" : "");
	else
		snprintf(text, sizeof(text), "%s", end > 0 ? "end" :
		    end ? "reset" : "");
	return text;
}

static void
advance(int64_t ms)
{
	w.clock.ms += ms;
	served_turn(&w, 1);
}

static void
t_deadlines(void **state)
{
	static const struct {
		const char *say, *more;	/* after half of the time */
		int64_t wait;
		const char *hear;
	} cases[] = {
		/* Nothing asked, nothing answered. */
		{ "", "", SERVE_HEAD_MS, "end" },
		{ HALF, "", SERVE_HEAD_MS, "408 end" },
		{ HALF, "X: y\r\n", SERVE_HEAD_MS, "408 end" },
		{ "G", "", SERVE_HEAD_MS, "408 end" },
		{ GET("/"), "", SERVE_IDLE_MS, "end" },
		/* The time of each request is its own. */
		{ GET("/") HALF, "X: y\r\n", SERVE_HEAD_MS, "408 end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd;

		served_open(&w, "127.0.0.1");
		fd = served_client(&w);
		served_turn(&w, 1);
		served_say(fd, cases[i].say);
		served_turn(&w, 3);
		if (str_starts(str_of(cases[i].say), S(GET("/"))))
			assert_string_equal(heard(fd), "200");
		assert_true(w.wake == w.clock.ms + cases[i].wait);
		advance(cases[i].wait / 2);
		served_say(fd, cases[i].more);
		served_turn(&w, 1);
		advance(cases[i].wait - cases[i].wait / 2 - 1);
		assert_string_equal(heard(fd), "");
		advance(1);
		assert_string_equal(heard(fd), cases[i].hear);
		assert_int_equal(served_at(&w, SERVE_AT_NOTHING),
		    SERVE_CONNECTIONS_MAX);
		close(fd);
		served_close(&w);
	}
}

/* The soonest counts, wherever it stands; but not before the caller's own. */
static void
t_wake(void **state)
{
	struct pollfd p[SERVE_POLL_MAX];
	int64_t wake;

	(void)state;
	for (int first = 0; first < 2; first++) {
		int fd[2];

		served_open(&w, "127.0.0.1");
		for (int i = 0; i < 2; i++) {
			fd[i] = served_client(&w);
			served_turn(&w, 1);
		}
		served_say(fd[first], HALF);
		served_say(fd[!first], GET("/"));
		served_turn(&w, 2);
		assert_true(w.wake == w.clock.ms + SERVE_HEAD_MS);
		wake = 7;
		serve_watch(&w.s, p, &wake);
		assert_true(wake == 7);
		close(fd[0]);
		close(fd[1]);
		served_close(&w);
	}
}

/* A request that begins late has all of its time. */
static void
t_late(void **state)
{
	int fd;

	(void)state;
	served_open(&w, "127.0.0.1");
	fd = served_client(&w);
	served_turn(&w, 1);
	advance(SERVE_HEAD_MS - 1);
	served_say(fd, HALF);
	served_turn(&w, 1);
	advance(SERVE_HEAD_MS - 1);
	served_say(fd, "\r\n");
	served_turn(&w, 1);
	assert_string_equal(heard(fd), "200");
	close(fd);
	served_close(&w);
}

/* Who does not read in time is cut off; who does gets all of it. */
static void
t_slow_reader(void **state)
{
	int fd[2], end;
	size_t got = 0;

	(void)state;
	served_open(&w, "127.0.0.1");
	for (int i = 0; i < 2; i++) {
		fd[i] = served_client(&w);
		served_say(fd[i], GET("/big"));
	}
	served_turn(&w, 2);
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 2);
	for (int i = 0; i < 1000 && got <= SERVED_BIG; i++) {
		got += strlen(served_heard(fd[1], &end));
		served_turn(&w, 1);
	}
	assert_true(got > SERVED_BIG && got < SERVED_BIG + 512);
	assert_int_equal(end, 0);
	advance(SERVE_SEND_MS - 1);
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 1);
	advance(1);
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER), 0);
	assert_true(strlen(served_heard(fd[0], &end)) < SERVED_BIG);
	assert_int_equal(end, 1);
	close(fd[0]);
	close(fd[1]);
	served_close(&w);
}

static void
t_later(void **state)
{
	int fd[4];

	(void)state;
	served_open(&w, "127.0.0.1");
	w.later = true;
	/* Not waiting. */
	fd[3] = served_client(&w);
	served_say(fd[3], HALF);
	for (int i = 0; i < 3; i++) {
		fd[i] = served_client(&w);
		served_say(fd[i], GET("/later") GET("/x"));
	}
	served_turn(&w, 2);
	served_again(&w);
	assert_int_equal(w.asked, 6);
	assert_int_equal(served_at(&w, SERVE_AT_LATER), 3);
	assert_true(w.wake == w.clock.ms + SERVE_HEAD_MS);
	close(fd[3]);
	served_turn(&w, 3);
	/* Said ahead, it does not wake us. */
	advance(1000000);
	assert_true(w.wake == INT64_MAX);
	served_again(&w);
	assert_int_equal(w.asked, 9);
	assert_int_equal(served_at(&w, SERVE_AT_LATER), 3);
	/* One has lost patience, one sends nothing more. */
	assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_LINGER,
	    &(struct linger){ 1, 0 }, sizeof(struct linger)), 0);
	close(fd[0]);
	shutdown(fd[1], SHUT_WR);
	served_turn(&w, 1);
	assert_int_equal(served_at(&w, SERVE_AT_LATER), 2);
	w.later = false;
	served_again(&w);
	assert_int_equal(w.asked, 11);
	for (int i = 1; i < 3; i++) {
		const char *all = served_heard(fd[i], NULL);

		assert_true(str_ends(str_of(all), S("\r\n\r\nnow")));
	}
	served_turn(&w, 1);
	assert_string_equal(heard(fd[1]), "404");
	assert_string_equal(heard(fd[2]), "404");
	served_turn(&w, 1);
	assert_string_equal(heard(fd[1]), "end");
	close(fd[1]);
	close(fd[2]);
	served_close(&w);
}

static void
fill(const char *say, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		clients[i] = served_client(&w);
		served_say(clients[i], say);
		served_turn(&w, 2);
		w.clock.ms++;
	}
}

static void
empty(size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(clients[i]);
	served_close(&w);
}

/* Who asked longest ago gives way to who is new; who has just asked first. */
static void
t_full_of_idle(void **state)
{
	int fd;

	(void)state;
	served_open(&w, "127.0.0.1");
	fill(GET("/"), SERVE_CONNECTIONS_MAX);
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		assert_string_equal(heard(clients[i]), "200");
	served_say(clients[0], GET("/"));
	served_turn(&w, 1);
	assert_string_equal(heard(clients[0]), "200");
	fd = served_client(&w);
	served_say(fd, GET("/"));
	served_turn(&w, 2);
	assert_string_equal(heard(fd), "200");
	assert_string_equal(heard(clients[0]), "");
	assert_string_equal(heard(clients[1]), "end");
	assert_string_equal(heard(clients[2]), "");
	assert_int_equal(w.refusals, 0);
	close(fd);
	empty(SERVE_CONNECTIONS_MAX);
}

/* Slow-loris: who has begun may go on for a moment, and then gives way. */
static void
t_full_of_halves(void **state)
{
	int fd;

	(void)state;
	served_open(&w, "127.0.0.1");
	fill(HALF, SERVE_CONNECTIONS_MAX);
	w.clock.ms += SERVE_YIELD_MS - 1 - (int)SERVE_CONNECTIONS_MAX;
	fd = served_client(&w);
	served_say(fd, GET("/"));
	served_turn(&w, 1);
	assert_string_equal(heard(fd), "503 end");
	assert_int_equal(w.refused, 503);
	assert_string_equal(w.reason, "too many connections");
	close(fd);
	served_turn(&w, 1);
	w.clock.ms++;
	fd = served_client(&w);
	served_say(fd, GET("/"));
	served_turn(&w, 2);
	assert_string_equal(heard(fd), "200");
	assert_string_equal(heard(clients[0]), "end");
	assert_string_equal(heard(clients[1]), "");
	/* And before it one that has not begun. */
	clients[SERVE_CONNECTIONS_MAX] = served_client(&w);
	served_turn(&w, 1);
	assert_string_equal(heard(fd), "end");
	assert_string_equal(heard(clients[1]), "");
	close(fd);
	empty(SERVE_CONNECTIONS_MAX + 1);
}

/* The moment counts from the request's beginning. */
static void
t_full_of_new_halves(void **state)
{
	int fd;

	(void)state;
	served_open(&w, "127.0.0.1");
	fill(GET("/"), SERVE_CONNECTIONS_MAX);
	w.clock.ms += SERVE_YIELD_MS;
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		served_say(clients[i], HALF);
	served_turn(&w, 1);
	fd = served_client(&w);
	served_turn(&w, 1);
	assert_string_equal(heard(fd), "503 end");
	close(fd);
	empty(SERVE_CONNECTIONS_MAX);
}

/* Who waits for an answer keeps the place, but not all wait. What is said to
 * who is turned away:
 */
static void
t_full_of_waiting(void **state)
{
	size_t n = SERVE_LATER_MAX;
	int fd, end;

	(void)state;
	served_open(&w, "127.0.0.1");
	w.later = true;
	fill(GET("/later"), n);
	w.clock.ms += SERVE_IDLE_MS;
	fd = served_client(&w);
	served_say(fd, GET("/later"));
	served_turn(&w, 2);
	assert_string_equal(heard(fd), "503 end");
	assert_int_equal(w.refused, 503);
	assert_string_equal(w.reason, "too many wait already");
	close(fd);
	served_turn(&w, 1);
	/* They are asked again, and go on waiting. */
	served_again(&w);
	assert_int_equal(served_at(&w, SERVE_AT_LATER), n);
	for (; n < SERVE_CONNECTIONS_MAX; n++) {
		clients[n] = served_client(&w);
		served_say(clients[n], HALF);
		served_turn(&w, 2);
	}
	fd = served_client(&w);
	served_say(fd, GET("/"));
	served_turn(&w, 1);
	assert_string_equal(served_heard(fd, &end),
	    "HTTP/1.1 503 Service Unavailable\r\n" SERVED_DATE
	    "Content-Type: text/plain\r\nContent-Length: 20\r\n"
	    "Cache-Control: no-store\r\nRetry-After: 1\r\n"
	    "Connection: close\r\n\r\ntoo many connections");
	assert_int_equal(end, 1);
	close(fd);
	w.later = false;
	served_again(&w);
	for (size_t i = 0; i < SERVE_LATER_MAX; i++)
		assert_string_equal(heard(clients[i]), "200");
	/* A place is free again: for one that waits, too. */
	w.later = true;
	fd = served_client(&w);
	served_say(fd, GET("/later"));
	served_turn(&w, 2);
	assert_string_equal(heard(fd), "");
	assert_int_equal(served_at(&w, SERVE_AT_LATER), 1);
	close(fd);
	empty(SERVE_CONNECTIONS_MAX);
}

/* Who does not take the answer gives way after a moment. */
static void
t_full_of_slow_readers(void **state)
{
	int fd;

	(void)state;
	served_open(&w, "127.0.0.1");
	fill(GET("/big"), SERVE_CONNECTIONS_MAX);
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER),
	    SERVE_CONNECTIONS_MAX);
	w.clock.ms += SERVE_YIELD_MS - 1 - (int)SERVE_CONNECTIONS_MAX;
	fd = served_client(&w);
	served_turn(&w, 1);
	assert_string_equal(heard(fd), "503 end");
	close(fd);
	served_turn(&w, 1);
	w.clock.ms++;
	fd = served_client(&w);
	served_say(fd, GET("/"));
	served_turn(&w, 2);
	assert_string_equal(heard(fd), "200");
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER),
	    SERVE_CONNECTIONS_MAX - 1);
	/* But what is less of a loss goes first. */
	clients[SERVE_CONNECTIONS_MAX] = served_client(&w);
	served_turn(&w, 1);
	assert_string_equal(heard(fd), "end");
	assert_int_equal(served_at(&w, SERVE_AT_ANSWER),
	    SERVE_CONNECTIONS_MAX - 1);
	close(fd);
	empty(SERVE_CONNECTIONS_MAX + 1);
}

/* Is the listener looked at, and when is it next, if ever? */
static bool
listens(int64_t *wake)
{
	struct pollfd p[SERVE_POLL_MAX];

	*wake = INT64_MAX;
	serve_watch(&w.s, p, wake);
	*wake -= w.clock.ms;
	return p[0].fd >= 0;
}

/* Out of descriptors: no turn comes before the pause is over. */
static void
t_starved(void **state)
{
	struct rlimit was, few;
	int64_t wake;
	int fd[3];

	(void)state;
	served_open(&w, "127.0.0.1");
	fd[0] = served_client(&w);
	served_say(fd[0], GET("/"));
	served_turn(&w, 2);
	assert_string_equal(heard(fd[0]), "200");
	fd[1] = served_client(&w);
	fd[2] = served_client(&w);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = (struct rlimit){ 3, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	served_turn(&w, 1);
	/* The idle one went. */
	assert_string_equal(heard(fd[0]), "end");
	assert_false(listens(&wake));
	assert_true(wake == SERVE_ACCEPT_PAUSE_MS);
	advance(SERVE_ACCEPT_PAUSE_MS - 1);
	assert_false(listens(&wake));
	assert_true(wake == 1);
	advance(1);
	assert_true(listens(&wake));
	served_turn(&w, 1);
	assert_false(listens(&wake));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	advance(SERVE_ACCEPT_PAUSE_MS);
	served_say(fd[1], GET("/"));
	served_say(fd[2], GET("/"));
	served_turn(&w, 2);
	assert_string_equal(heard(fd[1]), "200");
	assert_string_equal(heard(fd[2]), "200");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	served_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_deadlines),
		cmocka_unit_test(t_wake),
		cmocka_unit_test(t_late),
		cmocka_unit_test(t_slow_reader),
		cmocka_unit_test(t_later),
		cmocka_unit_test(t_full_of_idle),
		cmocka_unit_test(t_full_of_halves),
		cmocka_unit_test(t_full_of_new_halves),
		cmocka_unit_test(t_full_of_waiting),
		cmocka_unit_test(t_full_of_slow_readers),
		cmocka_unit_test(t_starved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
