#include "net/http_conn.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/process.h"

/* One wait: since when, until when at most. */
struct wait {
	const char *what;
	int64_t since, until;
};

static struct wait
wait_begin(const struct http_conn *c, const char *what, int64_t ms)
{
	int64_t now = process_clock_ms();
	bool all = c->deadline - now <= ms;

	return (struct wait){ what, now, all ? c->deadline : now + ms };
}

static bool
failed(const struct http_conn *c, const char *what, struct err *e)
{
	return err_in(e, "%s '%.*s': %s", c->tls ? "tls" : "http",
	    STR_ARG(c->host), what);
}

static bool
too_late(struct http_conn *c, const struct wait *w, struct err *e)
{
	bool all = w->until == c->deadline;

	c->why.timed_out = true;
	err_set(e, ERR_NET, "timed out after %lld ms%s",
	    (long long)(w->until - (all ? c->begun : w->since)),
	    all ? " in all" : "");
	return failed(c, w->what, e);
}

/* tls.c knows that it was late, but not how long anybody waited. */
static bool
tls_failed(struct http_conn *c, const struct wait *w, struct err *e)
{
	if (e->kind == ERR_NET && process_clock_ms() >= w->until)
		return too_late(c, w, e);
	return false;
}

/* errno of a socket call, told like dial's. */
static bool
broken(const struct http_conn *c, const char *what, struct err *e)
{
	dial_errno(errno, e);
	return failed(c, what, e);
}

/* *ready is what poll(2) says of events. */
static bool
wait_for(struct http_conn *c, const struct wait *w, short events,
    short *ready, struct err *e)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = c->fd, .events = events },
			{ .fd = c->stop ? *c->stop : -1, .events = POLLIN },
		};
		int64_t left = w->until - process_clock_ms();
		int n;

		if (left <= 0)
			return too_late(c, w, e);
		n = poll(p, 2, left > INT_MAX ? INT_MAX : (int)left);
		if (n < 0 && errno != EINTR)
			return broken(c, w->what, e);
		if (n > 0 && p[1].revents != 0)
			return err_set(e, ERR_NET, "given up");
		if (n > 0) {
			*ready = p[0].revents;
			return true;
		}
	}
}

bool
http_conn_dial(struct http_conn *c, const struct addr *to, size_t count,
    uint16_t port, int64_t connect_ms, struct err *e)
{
	return dial(to, count, port, connect_ms, c->deadline, c->stop, &c->fd,
	    &c->why, e);
}

bool
http_conn_secure(struct http_conn *c, struct tls *t, struct str name,
    struct trust *trust, int64_t now, struct err *e)
{
	struct wait w = wait_begin(c, "handshake", TLS_MS);

	c->tls = t;
	t->stop = c->stop;
	if (tls_start(t, c->fd, name, trust, now, w.until, e)) {
		t->stop = NULL;
		return true;
	}
	tls_failed(c, &w, e);
	c->tls = NULL;
	return false;
}

bool
http_conn_send(struct http_conn *c, struct str *s, bool *heard, struct err *e)
{
	struct wait w;

	if (c->tls) {
		w = wait_begin(c, "send", INT64_MAX);
		if (!tls_write(c->tls, *s, w.until, e))
			return tls_failed(c, &w, e);
		*s = str_skip(*s, s->n);
		return true;
	}
	while (s->n > 0) {
		short ready;
		ssize_t sent;

		w = wait_begin(c, "send", c->read_ms);
		if (!wait_for(c, &w, POLLIN | POLLOUT, &ready, e))
			return false;
		if (ready & POLLIN) {
			*heard = true;
			return true;
		}
		sent = send(c->fd, s->p, s->n, MSG_NOSIGNAL);
		if (sent >= 0)
			*s = str_skip(*s, (size_t)sent);
		else if (errno != EINTR && errno != EAGAIN)
			return broken(c, "send", e);
	}
	return true;
}

bool
http_conn_receive(struct http_conn *c, char *p, size_t n, size_t *got,
    struct err *e)
{
	struct wait w = wait_begin(c, "receive", c->read_ms);
	ssize_t r;
	short ready;

	if (c->tls)
		return tls_read(c->tls, p, n, got, w.until, e) ||
		    tls_failed(c, &w, e);
	do {
		if (!wait_for(c, &w, POLLIN, &ready, e))
			return false;
		r = recv(c->fd, p, n, 0);
	} while (r < 0 && (errno == EINTR || errno == EAGAIN));
	if (r < 0)
		return broken(c, "receive", e);
	*got = (size_t)r;
	return true;
}

bool
http_conn_idle(const struct http_conn *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return c->fd >= 0 && poll(&p, 1, 0) == 0;
}

void
http_conn_close(struct http_conn *c)
{
	if (c->tls)
		tls_close(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	c->tls = NULL;
	c->fd = -1;
}

void
http_conn_leave(struct http_conn *c)
{
	if (c->tls)
		explicit_bzero(c->tls, sizeof(*c->tls));
	http_conn_close(c);
}
