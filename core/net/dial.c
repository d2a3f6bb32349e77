#include "net/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/process.h"

bool
dial_errno(int code, struct err *e)
{
	static const struct {
		int code;
		const char *text;
	} usual[] = {
		{ ECONNREFUSED, "connection refused" },
		{ ECONNRESET, "connection reset by peer" },
		{ EHOSTUNREACH, "no route to host" },
		{ ENETUNREACH, "network unreachable" },
		{ ENETDOWN, "network down" },
		{ ETIMEDOUT, "timed out" },
		{ EADDRNOTAVAIL, "no local address for it" },
		{ EAFNOSUPPORT, "address family not supported" },
		/* a link-local address without its zone */
		{ EINVAL, "not a usable address" },
		{ EACCES, "not permitted" },
		{ EPERM, "not permitted" },
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i].code == code)
			return err_set(e, ERR_NET, "%s", usual[i].text);
	return err_set(e, ERR_NET, "%s", strerror(code));
}

/* One address under way. */
struct attempt {
	int fd;			/* -1: over */
	int64_t begun, until;	/* process_clock_ms */
};

struct dialling {
	const struct addr *to;
	uint16_t port;
	struct attempt at[ADDR_MAX];
	size_t begun, live;	/* attempts made so far, those not over */
	int64_t next;		/* when the next address is due */
	size_t refused;		/* failures without a wait */
	bool timed_out;
	int won;		/* the connected socket, or -1 */
	const int *stop;	/* may be NULL */
	bool stopped;
	struct err last;
};

static void
name_address(struct dialling *d, size_t i)
{
	char text[80];
	struct buf b = BUF(text);
	bool v6 = d->to[i].family == AF_INET6;

	addr_format(&d->to[i], &b);
	err_in(&d->last, "connect %s%.*s%s:%u", v6 ? "[" : "",
	    STR_ARG(buf_str(&b)), v6 ? "]" : "", (unsigned)d->port);
}

static void
end(struct dialling *d, size_t i)
{
	close(d->at[i].fd);
	d->at[i].fd = -1;
	d->live--;
}

static void
failed(struct dialling *d, size_t i, int code)
{
	dial_errno(code, &d->last);
	name_address(d, i);
	if (i + 1 == d->begun)
		d->next = 0;
	if (code == ETIMEDOUT)
		d->timed_out = true;
	else if (code == ECONNREFUSED || code == ENETUNREACH ||
	    code == EHOSTUNREACH || code == EAFNOSUPPORT ||
	    code == EADDRNOTAVAIL || code == ENETDOWN)
		d->refused++;
}

static void
start(struct dialling *d, int64_t now, int64_t until)
{
	struct sockaddr_storage ss;
	size_t i = d->begun++;
	socklen_t n = addr_sockaddr(&d->to[i], d->port, &ss);
	int one = 1;
	int fd = socket(ss.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	d->at[i] = (struct attempt){ fd, now, until };
	if (fd < 0) {
		failed(d, i, errno);
		return;
	}
	d->live++;
	d->next = now + STAGGER_MS;
	/* only speed is lost where this fails */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* interrupted, it goes on by itself: connect(2) under EINTR */
	if (connect(fd, (struct sockaddr *)&ss, n) < 0 &&
	    errno != EINPROGRESS && errno != EINTR) {
		failed(d, i, errno);
		end(d, i);
	}
}

/* Wait until something happens, at most until wake, and take note of it. */
static void
watch(struct dialling *d, int64_t now, int64_t wake)
{
	struct pollfd p[ADDR_MAX + 1];

	for (size_t i = 0; i < d->begun; i++)
		p[i] = (struct pollfd){ d->at[i].fd, POLLOUT, 0 };
	p[d->begun] = (struct pollfd){ d->stop ? *d->stop : -1, POLLIN, 0 };
	/* an early return does no harm, an int that overflows would */
	if (wake > now + READ_MS)
		wake = now + READ_MS;
	if (poll(p, (nfds_t)d->begun + 1, (int)(wake - now)) <= 0)
		return;
	d->stopped = p[d->begun].revents != 0;
	for (size_t i = 0; i < d->begun; i++) {
		int code = 0;
		socklen_t n = sizeof(code);

		if (d->at[i].fd < 0 || p[i].revents == 0)
			continue;
		if (getsockopt(d->at[i].fd, SOL_SOCKET, SO_ERROR, &code,
		    &n) < 0)
			code = errno;
		if (code == 0) {
			d->won = d->at[i].fd;
			return;
		}
		failed(d, i, code);
		end(d, i);
	}
}

/* Attempts whose time is up end; *wake is cut to when the next one's is. */
static void
expire(struct dialling *d, int64_t now, int64_t *wake)
{
	for (size_t i = 0; i < d->begun; i++) {
		if (d->at[i].fd < 0)
			continue;
		if (d->at[i].until <= now) {
			err_set(&d->last, ERR_NET, "timed out after %lld ms",
			    (long long)(d->at[i].until - d->at[i].begun));
			name_address(d, i);
			d->timed_out = true;
			end(d, i);
		} else if (d->at[i].until < *wake) {
			*wake = d->at[i].until;
		}
	}
}

/* Run attempts until one has won or none is left. */
static void
race(struct dialling *d, size_t count, int64_t connect_ms, int64_t deadline)
{
	while (d->won < 0 && !d->stopped) {
		int64_t now = process_clock_ms(), wake = deadline;

		expire(d, now, &wake);
		if (d->begun < count && now < deadline &&
		    (d->live == 0 || d->next <= now)) {
			start(d, now, deadline - now > connect_ms ?
			    now + connect_ms : deadline);
			continue;
		}
		if (d->live == 0)
			break;
		if (d->begun < count && d->next < wake)
			wake = d->next;
		watch(d, now, wake);
	}
}

bool
dial(const struct addr *to, size_t count, uint16_t port, int64_t connect_ms,
    int64_t deadline, const int *stop, int *fd, struct dial_why *why,
    struct err *e)
{
	struct dialling d = { .to = to, .port = port, .won = -1,
		.stop = stop };

	if (count == 0)
		return err_set(e, ERR_NET, "no address to connect to");
	if (count > ADDR_MAX)
		count = ADDR_MAX;
	err_set(&d.last, ERR_NET, "no time left");
	name_address(&d, 0);
	race(&d, count, connect_ms, deadline);
	for (size_t i = 0; i < d.begun; i++)
		if (d.at[i].fd >= 0 && d.at[i].fd != d.won)
			close(d.at[i].fd);
	if (d.won >= 0) {
		*fd = d.won;
		return true;
	}
	if (why) {
		why->timed_out = d.timed_out || d.begun < count;
		why->refused = d.refused == count;
	}
	if (d.begun < 2)
		return err_set(e, ERR_NET, "%s", d.last.msg);
	return err_set(e, ERR_NET, "%s (the last of %zu addresses tried)",
	    d.last.msg, d.begun);
}
