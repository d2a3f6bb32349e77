#include "net/serve_connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void
forget(struct serve_connection *c)
{
	explicit_bzero(c, sizeof(*c));
}

void
serve_hang_up(struct serve_connection *c)
{
	close(c->fd);
	forget(c);
}

void
serve_await(struct serve_connection *c, int64_t now, int64_t wait_ms)
{
	int fd = c->fd;

	forget(c);
	c->fd = fd;
	c->at = SERVE_AT_REQUEST;
	c->since = now;
	c->until = now + wait_ms;
}

void
serve_send(struct serve_step *t, struct serve_connection *c)
{
	size_t head = c->sent < c->head_n ? c->head_n - c->sent : 0;
	struct str body = str_skip(c->body, c->sent - (c->head_n - head));
	struct iovec parts[] = {
		{ c->request.bytes + (c->head_n - head), head },
		{ (void *)(uintptr_t)body.p, body.n },
	};
	ssize_t n = writev(c->fd, parts, 2);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			serve_hang_up(c);
		return;
	}
	c->sent += (size_t)n;
	if (c->sent < c->head_n + c->body.n)
		return;
	if (c->last) {
		serve_part(t, c->fd);
		forget(c);
	} else {
		serve_await(c, t->clock.ms, SERVE_IDLE_MS);
	}
}

static struct serve_answer
plain(unsigned status, const char *reason)
{
	return (struct serve_answer){ .status = status,
		.type = S("text/plain"), .body = str_of(reason) };
}

/* The head takes the place of the request, whose bytes it may quote. */
static void
answer(struct serve_step *t, struct serve_connection *c, struct serve_answer a)
{
	char text[SERVE_REQUEST_MAX];
	struct buf b = BUF(text);

	serve_head(&b, &a, c->last, t->clock.s);
	if (b.full) {
		a = plain(500, "the answer cannot be written");
		b = BUF(text);
		serve_head(&b, &a, c->last, t->clock.s);
	}
	if (c->request.head)
		a.body.n = 0;
	explicit_bzero(&c->request, sizeof(c->request));
	memcpy(c->request.bytes, text, b.n);
	c->at = SERVE_AT_ANSWER;
	c->since = t->clock.ms;
	c->until = t->clock.ms + SERVE_SEND_MS;
	c->head_n = b.n;
	c->body = a.body;
	serve_send(t, c);
}

static void
refuse(struct serve_step *t, struct serve_connection *c, unsigned status,
    const char *reason)
{
	if (t->h->refused)
		t->h->refused(t->h->me, status, reason);
	c->last = true;
	answer(t, c, plain(status, reason));
}

/* Do so many wait that this one had better come again? */
static bool
crowded(const struct serve *s)
{
	size_t n = 0;

	for (size_t i = 0; i < SERVE_CONNECTIONS_MAX; i++)
		n += s->connections[i].at == SERVE_AT_LATER;
	return n >= SERVE_LATER_MAX;
}

void
serve_ask(struct serve_step *t, struct serve_connection *c)
{
	struct serve_answer a = { .status = 0 };

	c->last = !c->request.keep;
	if (t->h->answer(t->h->me, &c->request, &a)) {
		answer(t, c, a);
		return;
	}
	if (c->at != SERVE_AT_LATER && crowded(t->s)) {
		refuse(t, c, 503, "too many wait already");
		return;
	}
	c->at = SERVE_AT_LATER;
	c->until = INT64_MAX;
}

/* Only what belongs to this request is taken out of the socket. */
void
serve_read(struct serve_step *t, struct serve_connection *c)
{
	char text[SERVE_REQUEST_MAX];
	ssize_t n = recv(c->fd, text, sizeof(text), MSG_PEEK);
	struct str in = { text, n > 0 ? (size_t)n : 0 };
	enum serve_state state;

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			serve_hang_up(c);
		return;
	}
	if (n == 0) {
		if (c->request.n)
			refuse(t, c, 400, "the request ends too early");
		else
			serve_hang_up(c);
		return;
	}
	if (!c->request.n) {
		c->since = t->clock.ms;
		c->until = t->clock.ms + SERVE_HEAD_MS;
	}
	state = serve_request_take(&c->request, &in);
	/* These bytes are there. */
	n = recv(c->fd, text, (size_t)n - in.n, 0);
	explicit_bzero(text, sizeof(text));
	if (n <= 0)
		serve_hang_up(c);
	else if (state == SERVE_COMPLETE)
		serve_ask(t, c);
	else if (state == SERVE_REFUSED)
		refuse(t, c, c->request.status, c->request.reason);
}

/* A connection that has asked for nothing is not told that it was slow. */
void
serve_expire(struct serve_step *t, struct serve_connection *c)
{
	if (c->request.n)
		refuse(t, c, 408, "the request did not come in time");
	else
		serve_hang_up(c);
}

/* The few bytes fit into any socket's buffer. */
void
serve_turn_away(struct serve_step *t, int fd)
{
	struct serve_answer a = plain(503, "too many connections");
	char text[SERVE_REQUEST_MAX];
	struct buf b = BUF(text);

	if (t->h->refused)
		t->h->refused(t->h->me, a.status, a.body.p);
	a.fields[0] = (struct http_field){ S("Retry-After"), S("1") };
	serve_head(&b, &a, true, t->clock.s);
	buf_add(&b, a.body);
	(void)!write(fd, text, b.n);
	serve_part(t, fd);
}
