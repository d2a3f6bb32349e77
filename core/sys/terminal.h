/* terminal.h - a question to the person at the terminal. */
#ifndef SYS_TERMINAL_H
#define SYS_TERMINAL_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Write question to the controlling terminal and read one line from there,
 * without echo; standard input and output are left alone. The terminal is put
 * back as it was, also when a signal ends us. The answer, without its line
 * end, is in a. deadline is absolute, process_clock_ms. ERR_ABSENT: there is no
 * terminal; ERR_NET: too late; ERR_LIMIT: a line longer than ANSWER_MAX;
 * ERR_SYS.
 */
MUST_USE bool terminal_ask(struct str question, int64_t deadline,
    struct arena *a, struct str *answer, struct err *e);

#endif
