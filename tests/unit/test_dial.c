#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/time.h>

#include "base/limits.h"
#include "net/dial.h"
#include "sys/process.h"

/* 127.0.0.last; all of 127.0.0.0/8 is this host. */
static struct addr
loopback(unsigned char last)
{
	return (struct addr){ .family = AF_INET, .ip = { 127, 0, 0, last } };
}

/* A socket bound to a, of a port of the kernel's choice or to the one given.
 * Without listen(2) connections to it are refused, and nobody else gets the
 * port.
 */
static int
bound(struct addr a, uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t n = addr_sockaddr(&a, *port, &ss);
	int one = 1;
	int fd = socket(a.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&ss, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &n), 0);
	*port = ntohs(a.family == AF_INET ?
	    ((struct sockaddr_in *)&ss)->sin_port :
	    ((struct sockaddr_in6 *)&ss)->sin6_port);
	return fd;
}

/* A listener whose queue is full: the kernel drops further connections'
 * packets, so they hang as behind a packet filter. fds are for closing.
 */
enum { MUTE_FDS = 3 };
static void
mute(struct addr a, uint16_t *port, int fds[MUTE_FDS])
{
	struct sockaddr_storage ss;
	socklen_t n;

	fds[0] = bound(a, port);
	assert_int_equal(listen(fds[0], 0), 0);
	n = addr_sockaddr(&a, *port, &ss);
	for (int i = 1; i < MUTE_FDS; i++) {
		fds[i] = socket(a.family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(fds[i] >= 0);
		if (connect(fds[i], (struct sockaddr *)&ss, n) < 0)
			assert_int_equal(errno, EINPROGRESS);
	}
}

static void
close_all(const int *fds, int count)
{
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

static int
open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static bool
have_ipv6(void)
{
	struct sockaddr_storage ss;
	struct addr one = { .family = AF_INET6, .ip = { [15] = 1 } };
	socklen_t n = addr_sockaddr(&one, 0, &ss);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&ss, n) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void
assert_same(const struct err *got, const struct err *want)
{
	assert_string_equal(got->msg, want->msg);
	assert_int_equal(got->kind, want->kind);
}

static void
t_connects(void **state)
{
	struct addr to = loopback(1);
	struct err e = { .kind = ERR_NONE };
	uint16_t port = 0;
	int flag = 0, fd = -1, server = bound(to, &port);
	socklen_t n = sizeof(flag);

	(void)state;
	assert_int_equal(listen(server, 1), 0);
	assert_true(dial(&to, 1, port, 1000, process_clock_ms() + 5000, NULL,
	    &fd, NULL, &e));
	assert_int_equal(e.kind, ERR_NONE);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &flag, &n),
	    0);
	assert_int_not_equal(flag, 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	close(server);
}

static void
t_refused(void **state)
{
	struct addr to = loopback(1);
	struct dial_why why = { false, true };
	struct err e, want;
	uint16_t port = 0;
	int fd = -1, server = bound(to, &port), before = open_fds();
	int64_t begun = process_clock_ms();

	(void)state;
	assert_false(dial(&to, 1, port, 1000, begun + 5000,
	    NULL, &fd, &why, &e));
	err_set(&want, ERR_NET, "connect 127.0.0.1:%u: connection refused",
	    port);
	assert_same(&e, &want);
	assert_true(why.refused);
	assert_false(why.timed_out);
	assert_true(process_clock_ms() - begun < 500);
	assert_int_equal(open_fds(), before);
	assert_int_equal(fd, -1);
	close(server);
}

static void
t_refused_ipv6(void **state)
{
	struct addr to = { .family = AF_INET6, .ip = { [15] = 1 } };
	struct err e, want;
	uint16_t port = 0;
	int fd, server;

	(void)state;
	if (!have_ipv6())
		skip();
	server = bound(to, &port);
	assert_false(dial(&to, 1, port, 1000, process_clock_ms() + 5000, NULL,
	    &fd, NULL, &e));
	err_set(&want, ERR_NET, "connect [::1]:%u: connection refused", port);
	assert_same(&e, &want);
	close(server);
}

static void
t_all_refused(void **state)
{
	const struct addr to[] = { loopback(1), loopback(2), loopback(3) };
	struct dial_why why = { false, true };
	struct err e, want;
	uint16_t port = 0;
	int fd, server[] = {
		bound(to[0], &port), bound(to[1], &port), bound(to[2], &port),
	};
	int64_t begun = process_clock_ms();

	(void)state;
	assert_false(dial(to, 3, port, 1000, begun + 5000,
	    NULL, &fd, &why, &e));
	err_set(&want, ERR_NET, "connect 127.0.0.3:%u: connection refused"
	    " (the last of 3 addresses tried)", port);
	assert_same(&e, &want);
	assert_true(why.refused);
	assert_false(why.timed_out);
	/* each at once, without the stagger */
	assert_true(process_clock_ms() - begun < 2 * STAGGER_MS);
	close_all(server, 3);
}

static void
t_timeout(void **state)
{
	struct addr to = loopback(1);
	struct dial_why why = { true, false };
	struct err e, want;
	uint16_t port = 0;
	int fd, fds[MUTE_FDS], before = open_fds();
	int64_t begun, took;

	(void)state;
	mute(to, &port, fds);
	begun = process_clock_ms();
	assert_false(dial(&to, 1, port, 150, begun + 5000,
	    NULL, &fd, &why, &e));
	took = process_clock_ms() - begun;
	err_set(&want, ERR_NET, "connect 127.0.0.1:%u: timed out after 150 ms",
	    port);
	assert_same(&e, &want);
	assert_true(why.timed_out);
	assert_false(why.refused);
	assert_in_range(took, 150, 1000);
	close_all(fds, MUTE_FDS);
	assert_int_equal(open_fds(), before);
}

/* Somebody says that there is no point in it. */
static void
t_stopped(void **state)
{
	const struct addr to[] = { loopback(1), loopback(2), loopback(3) };
	uint16_t port = 0;
	int fds[MUTE_FDS], stop[2], fd;
	struct err e, want;
	int64_t begun;

	(void)state;
	mute(to[0], &port, fds);
	assert_int_equal(pipe(stop), 0);
	/* Nothing said: no difference. */
	assert_false(dial(to, 1, port, 100, process_clock_ms() + 5000,
	    &stop[0], &fd, NULL, &e));
	err_set(&want, ERR_NET, "connect 127.0.0.1:%u: timed out after 100 ms",
	    port);
	assert_same(&e, &want);
	assert_int_equal(write(stop[1], "", 1), 1);
	begun = process_clock_ms();
	assert_false(dial(to, 3, port, 60000, begun + 60000, &stop[0], &fd,
	    NULL, &e));
	assert_true(process_clock_ms() - begun < 1000);
	err_set(&want, ERR_NET, "connect 127.0.0.1:%u: no time left", port);
	assert_same(&e, &want);
	close_all(fds, MUTE_FDS);
	close_all(stop, 2);
}

/* The deadline is nearer than the address's own bound. */
static void
t_deadline(void **state)
{
	const struct addr to[] = { loopback(1), loopback(2), loopback(3) };
	struct dial_why why = { true, false };
	struct err e;
	uint16_t port = 0;
	int fd, fds[MUTE_FDS], before = open_fds();
	int64_t begun, took;

	(void)state;
	mute(to[0], &port, fds);
	begun = process_clock_ms();
	assert_false(dial(to, 3, port, 60000, begun + 120,
	    NULL, &fd, &why, &e));
	took = process_clock_ms() - begun;
	assert_non_null(strstr(e.msg, ": timed out after 1"));
	assert_true(why.timed_out);
	assert_false(why.refused);
	assert_in_range(took, 120, 1000);
	close_all(fds, MUTE_FDS);
	assert_int_equal(open_fds(), before);
}

static void
t_deadline_past(void **state)
{
	struct addr to = loopback(1);
	struct dial_why why = { true, false };
	struct err e;
	int fd;

	(void)state;
	assert_false(dial(&to, 1, 81, 1000, process_clock_ms() - 1,
	    NULL, &fd, &why, &e));
	assert_string_equal(e.msg, "connect 127.0.0.1:81: no time left");
	assert_int_equal(e.kind, ERR_NET);
	assert_true(why.timed_out);
	assert_false(why.refused);
}

static void
t_no_address(void **state)
{
	struct err e;
	int fd;

	(void)state;
	assert_false(dial(NULL, 0, 81, 1000, process_clock_ms() + 1000, NULL,
	    &fd, NULL, &e));
	assert_string_equal(e.msg, "no address to connect to");
}

/* Where the connection on fd leads. */
static unsigned
peer(int fd)
{
	struct sockaddr_in in;
	socklen_t n = sizeof(in);

	assert_int_equal(getpeername(fd, (struct sockaddr *)&in, &n), 0);
	return ntohl(in.sin_addr.s_addr) & 0xff;
}

static void
t_third_after_refusals(void **state)
{
	const struct addr to[] = { loopback(1), loopback(2), loopback(3) };
	struct err e = { .kind = ERR_NONE };
	uint16_t port = 0;
	int fd, server[] = {
		bound(to[0], &port), bound(to[1], &port), bound(to[2], &port),
	};
	int64_t begun = process_clock_ms();

	(void)state;
	assert_int_equal(listen(server[2], 1), 0);
	assert_true(dial(to, 3, port, 1000, begun + 5000, NULL, &fd, NULL, &e));
	assert_true(process_clock_ms() - begun < 2 * STAGGER_MS);
	assert_int_equal(peer(fd), 3);
	close(fd);
	close_all(server, 3);
}

static void
t_second_after_silence(void **state)
{
	const struct addr to[] = { loopback(1), loopback(2) };
	struct err e = { .kind = ERR_NONE };
	uint16_t port = 0;
	int fd, server, fds[MUTE_FDS], before = open_fds();
	int64_t begun, took;

	(void)state;
	mute(to[0], &port, fds);
	server = bound(to[1], &port);
	assert_int_equal(listen(server, 1), 0);
	begun = process_clock_ms();
	assert_true(dial(to, 2, port, 60000, begun + 60000,
	    NULL, &fd, NULL, &e));
	took = process_clock_ms() - begun;
	assert_in_range(took, STAGGER_MS, 4 * STAGGER_MS);
	assert_int_equal(peer(fd), 2);
	close(fd);
	close(server);
	close_all(fds, MUTE_FDS);
	assert_int_equal(open_fds(), before);
}

/* Behind a silent address a refusing one is no reason to wait. */
static void
t_third_after_both(void **state)
{
	const struct addr to[] = { loopback(1), loopback(2), loopback(3) };
	struct err e = { .kind = ERR_NONE };
	uint16_t port = 0;
	int fd, server[2], fds[MUTE_FDS];
	int64_t begun, took;

	(void)state;
	mute(to[0], &port, fds);
	server[0] = bound(to[1], &port);
	server[1] = bound(to[2], &port);
	assert_int_equal(listen(server[1], 1), 0);
	begun = process_clock_ms();
	assert_true(dial(to, 3, port, 60000, begun + 60000,
	    NULL, &fd, NULL, &e));
	took = process_clock_ms() - begun;
	assert_in_range(took, STAGGER_MS, 2 * STAGGER_MS - 1);
	assert_int_equal(peer(fd), 3);
	close(fd);
	close_all(server, 2);
	close_all(fds, MUTE_FDS);
}

/* One silent, one refusing: no refusal on the whole, and the last to fail is
 * the one told about.
 */
static void
t_mixed(void **state)
{
	const struct addr to[] = { loopback(1), loopback(2) };
	struct dial_why why = { true, false };
	struct err e, want;
	uint16_t port = 0;
	int fd, server, fds[MUTE_FDS];

	(void)state;
	mute(to[0], &port, fds);
	server = bound(to[1], &port);
	assert_false(dial(to, 2, port, 400, process_clock_ms() + 5000, NULL,
	    &fd, &why, &e));
	err_set(&want, ERR_NET, "connect 127.0.0.1:%u: timed out after 400 ms"
	    " (the last of 2 addresses tried)", port);
	assert_same(&e, &want);
	assert_false(why.refused);
	assert_true(why.timed_out);
	close(server);
	close_all(fds, MUTE_FDS);
}

static void
nothing(int number)
{
	(void)number;
}

/* Signals that interrupt every wait neither end nor lengthen it. */
static void
t_interrupted(void **state)
{
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction old, act = { .sa_handler = nothing };
	struct addr to = loopback(1);
	struct err e, want;
	uint16_t port = 0;
	int fd, fds[MUTE_FDS];
	int64_t begun, took;

	(void)state;
	mute(to, &port, fds);
	assert_int_equal(sigaction(SIGALRM, &act, &old), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	begun = process_clock_ms();
	assert_false(dial(&to, 1, port, 200, begun + 5000,
	    NULL, &fd, NULL, &e));
	took = process_clock_ms() - begun;
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	err_set(&want, ERR_NET, "connect 127.0.0.1:%u: timed out after 200 ms",
	    port);
	assert_same(&e, &want);
	assert_in_range(took, 200, 1000);
	close_all(fds, MUTE_FDS);
}

static void
t_errno_text(void **state)
{
	static const struct {
		int code;
		const char *text;
	} cases[] = {
		{ ECONNREFUSED, "connection refused" },
		{ ENETUNREACH, "network unreachable" },
		{ EHOSTUNREACH, "no route to host" },
		{ ETIMEDOUT, "timed out" },
		{ EINVAL, "not a usable address" },
		{ EMFILE, "Too many open files" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e;

		assert_false(dial_errno(cases[i].code, &e));
		assert_string_equal(e.msg, cases[i].text);
		assert_int_equal(e.kind, ERR_NET);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_connects),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_refused_ipv6),
		cmocka_unit_test(t_all_refused),
		cmocka_unit_test(t_timeout),
		cmocka_unit_test(t_stopped),
		cmocka_unit_test(t_deadline),
		cmocka_unit_test(t_deadline_past),
		cmocka_unit_test(t_no_address),
		cmocka_unit_test(t_third_after_refusals),
		cmocka_unit_test(t_second_after_silence),
		cmocka_unit_test(t_third_after_both),
		cmocka_unit_test(t_mixed),
		cmocka_unit_test(t_interrupted),
		cmocka_unit_test(t_errno_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
