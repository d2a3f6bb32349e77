/* served.h - a server and its clients in one process, under a clock that only
 * the test moves.
 */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include "net/serve.h"
#include "t.h"

enum { SERVED_BIG = 8 << 20 };	/* more than any socket takes */

struct served {
	struct serve s;
	struct serve_clock clock;
	int64_t wake;		/* of the last turn */
	bool later;		/* "/later" is put off */
	size_t asked;		/* how often the handler was */
	unsigned refused;	/* status of the last refusal */
	size_t refusals;
	const char *reason;
	char big[SERVED_BIG];
};

/* On 127.0.0.1, or what text says. The handler knows "/", "/later", "/big",
 * "/fields", "/four" fields, "/bad" (a field that cannot be sent), "/status"
 * (199, 600 with a query) and "/path", which answers with its query's bytes at
 * the head of big.
 */
void served_open(struct served *w, const char *ip);
void served_close(struct served *w);

/* A client, connected; it never waits either. */
int served_client(const struct served *w);
void served_say(int fd, const char *text);

/* Poll without waiting, and a turn; so often. */
void served_turn(struct served *w, unsigned times);
void served_again(struct served *w);
/* A turn as if poll had said that all can be done that is wanted. */
void served_turn_spurious(struct served *w);

/* All that has come, with a NUL behind it; the same memory each time. *end:
 * 0 open, 1 closed in an orderly way, -1 reset; end may be NULL.
 */
const char *served_heard(int fd, int *end);

/* Descriptors open in this process. */
size_t served_descriptors(void);

/* How many connections are in that phase. */
size_t served_at(const struct served *w, int at);

#define SERVED_DATE "Date: Sun, 30 Aug 2015 12:36:00 GMT\r\n"

#endif
