#include "net/serve_connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void
serve_part(struct serve_step *t, int fd)
{
	struct serve_parting *to = t->s->partings;

	for (size_t i = 0; i < SERVE_PARTINGS_MAX; i++) {
		struct serve_parting *p = &t->s->partings[i];

		if (!p->open || p->until < to->until)
			to = p;
		if (!p->open)
			break;
	}
	if (to->open)
		close(to->fd);
	(void)shutdown(fd, SHUT_WR);
	*to = (struct serve_parting){ .fd = fd, .open = true,
		.until = t->clock.ms + SERVE_LINGER_MS };
}

static void
read_away(struct serve_parting *p)
{
	char text[SERVE_REQUEST_MAX];
	ssize_t n = recv(p->fd, text, sizeof(text), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	p->n += n > 0 ? (size_t)n : 0;
	if (n > 0 && p->n < SERVE_LINGER_BYTES)
		return;
	close(p->fd);
	p->open = false;
}

void
serve_part_on(struct serve *s, const struct pollfd *p, int64_t now)
{
	for (size_t i = 0; i < SERVE_PARTINGS_MAX; i++) {
		struct serve_parting *g = &s->partings[i];

		if (g->open && g->polled && p[g->polled].revents)
			read_away(g);
		if (g->open && g->until <= now) {
			close(g->fd);
			g->open = false;
		}
	}
}
