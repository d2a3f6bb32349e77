/* serve_connection.h - the steps of one connection. For serve*.c only. */
#ifndef NET_SERVE_CONNECTION_H
#define NET_SERVE_CONNECTION_H

#include "net/serve.h"

/* What every step needs. */
struct serve_step {
	struct serve *s;
	struct serve_clock clock;
	const struct serve_handler *h;
};

/* Append the head of an answer; b->full: it cannot be written. */
void serve_head(struct buf *b, const struct serve_answer *answer, bool last,
    int64_t now_s);

/* Close it; its place is free. */
void serve_hang_up(struct serve_connection *c);

/* Say on fd that nothing more comes, and close it when the peer is done:
 * close(2) with bytes unread, or still on their way, has the kernel reset the
 * connection, and the peer lose what it has not read yet (RFC 9112 9.6).
 */
void serve_part(struct serve_step *t, int fd);

/* Go on with all those. */
void serve_part_on(struct serve *s, const struct pollfd *p, int64_t now);

/* Wait so long for the next request to begin. */
void serve_await(struct serve_connection *c, int64_t now, int64_t wait_ms);

/* Read, send, hand the request to the handler: as much as goes without
 * waiting. After each of them the connection may be gone.
 */
void serve_read(struct serve_step *t, struct serve_connection *c);
void serve_send(struct serve_step *t, struct serve_connection *c);
void serve_ask(struct serve_step *t, struct serve_connection *c);

/* There is no place for a new connection: tell it, and part. */
void serve_turn_away(struct serve_step *t, int fd);

/* Its time is up. */
void serve_expire(struct serve_step *t, struct serve_connection *c);

#endif
