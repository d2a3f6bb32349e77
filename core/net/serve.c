#include "net/serve_connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static short
wanted(const struct serve_connection *c)
{
	return c->at == SERVE_AT_REQUEST ? POLLIN :
	    c->at == SERVE_AT_ANSWER ? POLLOUT : 0;
}

static void
go_on(struct serve_step *t, struct serve_connection *c, const struct pollfd *p)
{
	short now = c->polled ? p[c->polled].revents : 0;

	if (c->at == SERVE_AT_NOTHING)
		return;
	if (c->at == SERVE_AT_LATER) {
		/* Gone altogether: nobody to answer. */
		if (now)
			serve_hang_up(c);
	} else if (now) {
		if (c->at == SERVE_AT_REQUEST)
			serve_read(t, c);
		else
			serve_send(t, c);
	}
	if (c->at != SERVE_AT_NOTHING && c->until <= t->clock.ms)
		serve_expire(t, c);
}

/* Who gives way the sooner, the smaller it is; 0: does not. */
static unsigned
rank(const struct serve_connection *c)
{
	return c->at == SERVE_AT_REQUEST ? (c->request.n ? 2 : 1) :
	    c->at == SERVE_AT_ANSWER ? 3 : 0;
}

/* The oldest of that rank that gives way now, or NULL. */
static struct serve_connection *
oldest(struct serve_step *t, unsigned of)
{
	struct serve_connection *found = NULL;

	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++) {
		struct serve_connection *c = &t->s->connections[i];

		if (rank(c) == of && (!found || c->since < found->since))
			found = c;
	}
	if (found && of > 1 && t->clock.ms - found->since < SERVE_YIELD_MS)
		found = NULL;
	return found;
}

static struct serve_connection *
place(struct serve_step *t)
{
	struct serve_connection *c = NULL;

	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		if (t->s->connections[i].at == SERVE_AT_NOTHING)
			return &t->s->connections[i];
	for (unsigned of = 1; !c && of <= 3; of++)
		c = oldest(t, of);
	if (c)
		serve_hang_up(c);
	return c;
}

static void
begin(struct serve_step *t, int fd)
{
	struct serve_connection *c = place(t);
	int one = 1;

	if (!c) {
		serve_turn_away(t, fd);
		return;
	}
	/* only speed is lost where this fails */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->fd = fd;
	serve_await(c, t->clock.ms, SERVE_HEAD_MS);
}

/* Out of descriptors or memory, most likely. The kernel goes on to say that
 * somebody waits: look away for a while, and let one go.
 */
static void
starved(struct serve_step *t)
{
	struct serve_connection *c = oldest(t, 1);

	t->s->pause = t->clock.ms + SERVE_ACCEPT_PAUSE_MS;
	if (c)
		serve_hang_up(c);
}

static void
take_new(struct serve_step *t)
{
	for (size_t i = 0; i < SERVE_ACCEPT_MAX; i++) {
		int fd = accept4(t->s->fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			begin(t, fd);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			starved(t);
			return;
		}
	}
}

static void
sooner(int64_t *wake, int64_t at)
{
	if (at < *wake)
		*wake = at;
}

size_t
serve_watch(struct serve *s, struct pollfd p[SERVE_POLL_MAX], int64_t *wake)
{
	size_t n = 0;

	if (s->pause)
		sooner(wake, s->pause);
	p[n++] = (struct pollfd){ s->open && !s->pause ? s->fd : -1, POLLIN,
		0 };
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++) {
		struct serve_connection *c = &s->connections[i];

		if (c->at == SERVE_AT_NOTHING)
			continue;
		c->polled = n;
		p[n++] = (struct pollfd){ c->fd, wanted(c), 0 };
		sooner(wake, c->until);
	}
	for (size_t i = 0; i < SERVE_PARTINGS_MAX; i++) {
		struct serve_parting *g = &s->partings[i];

		if (!g->open)
			continue;
		g->polled = n;
		p[n++] = (struct pollfd){ g->fd, POLLIN, 0 };
		sooner(wake, g->until);
	}
	return n;
}

void
serve_turn(struct serve *s, const struct pollfd p[SERVE_POLL_MAX],
    struct serve_clock clock, const struct serve_handler *h)
{
	struct serve_step t = { s, clock, h };

	serve_part_on(s, p, clock.ms);
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		go_on(&t, &s->connections[i], p);
	if (s->pause && s->pause <= clock.ms)
		s->pause = 0;
	if (p[0].revents && !s->pause)
		take_new(&t);
}

void
serve_again(struct serve *s, struct serve_clock clock,
    const struct serve_handler *h)
{
	struct serve_step t = { s, clock, h };

	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		if (s->connections[i].at == SERVE_AT_LATER)
			serve_ask(&t, &s->connections[i]);
}

static bool
is_sent(const struct serve_connection *c, struct str bytes)
{
	uintptr_t begin_at = (uintptr_t)bytes.p, end_at = begin_at + bytes.n;
	uintptr_t at = (uintptr_t)c->body.p;

	return c->at == SERVE_AT_ANSWER && c->body.n && bytes.n &&
	    at < end_at && begin_at < at + c->body.n;
}

bool
serve_sends(const struct serve *s, struct str bytes)
{
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		if (is_sent(&s->connections[i], bytes))
			return true;
	return false;
}

void
serve_release(struct serve *s, struct str bytes)
{
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		if (is_sent(&s->connections[i], bytes))
			serve_hang_up(&s->connections[i]);
}

void
serve_close(struct serve *s)
{
	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		if (s->connections[i].at != SERVE_AT_NOTHING)
			serve_hang_up(&s->connections[i]);
	for (size_t i = 0; i < SERVE_PARTINGS_MAX; i++) {
		if (s->partings[i].open)
			close(s->partings[i].fd);
		s->partings[i].open = false;
	}
	if (s->open)
		close(s->fd);
	s->open = false;
	s->pause = 0;
}
