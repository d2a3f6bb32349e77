/* script.h - an HTTP client against a scripted server in a forked child.
 *
 * A script gets a listening socket on 127.0.0.1. It ends the child with 0 when
 * it returns, and with 1 as soon as it is not offered what it wants.
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include <stdint.h>
#include <sys/types.h>

#include "net/http.h"

#define OK11 "HTTP/1.1 200 OK\r\n"

/* In the child. */

void script_want(bool ok);
int script_accept(int listener);
void script_say(int fd, struct str s);
/* Read up to the empty line and n bytes behind it, no more, no less. */
void script_hear(int fd, size_t n);
void script_hear_text(int fd, const char *expected);
/* The peer closes without another word. Closes fd. */
void script_hear_end(int fd);
/* Close fd by RST. */
void script_reset(int fd);
void script_nap(int ms);

/* One connection, one answer whatever is asked, an orderly end. */
#define SCRIPT_ANSWER(name, text) \
	static void \
	name(int listener) \
	{ \
		int fd = script_accept(listener); \
		script_hear(fd, 0); \
		script_say(fd, S(text)); \
		close(fd); \
	}

/* In the test. */

struct server {
	pid_t pid;
	uint16_t port;
};

struct server server_start(void (*script)(int listener));
/* Wait for the script's end; fails when it was not content. */
void server_finish(struct server s);

/* A client whose notes are gathered, a line each, in client_notes. */
extern char client_notes[4096];
struct http *client_new(struct arena *a);
/* The same with proxy (http://...) for all but what goes directly. */
struct http *client_new_behind(struct arena *a, const char *proxy);

/* GET /p from s, with five seconds' time. */
struct http_req client_get(struct server s);

/* Start the script, exchange once with it (req's port is filled in) and see
 * its end. With a status: it and this body must come; with 0: this message.
 */
void client_once(void (*script)(int listener), struct http_req req,
    unsigned status, const char *body_or_msg);

#endif
