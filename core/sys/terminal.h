/* terminal.h - a question to the person at the terminal. */
#ifndef SYS_TERMINAL_H
#define SYS_TERMINAL_H

#include <stdint.h>
#include <termios.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Write question to the controlling terminal and read one line from there,
 * without echo; standard input and output are left alone. The terminal is put
 * back as it was, also when a signal ends us or stops us; a question that was
 * stopped is asked again. What was typed before the question is forgotten. The
 * answer, without its line end, is in a. deadline is absolute,
 * process_clock_ms. ERR_ABSENT: there is no terminal; ERR_NET: too late;
 * ERR_LIMIT: a line longer than ANSWER_MAX; ERR_SYS: also when input ends.
 */
MUST_USE bool terminal_ask(struct str question, int64_t deadline,
    struct arena *a, struct str *answer, struct err *e);

/* The controlling terminal's settings, for who may have to end a program in
 * the midst of a question. Members are private.
 */
struct terminal {
	int fd;		/* -1: there is none */
	struct termios was;
};

/* Open it and remember its settings; it stays open. */
void terminal_remember(struct terminal *t);

/* Put them back, if the terminal is still ours: not when the shell has moved
 * us to the background.
 */
void terminal_restore(const struct terminal *t);

#endif
