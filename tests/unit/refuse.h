/* refuse.h - what is said when the kernel refuses a system call. */
#ifndef TESTS_REFUSE_H
#define TESTS_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The call only with that value, of at most 15 bits, of argument 1 to 6. */
#define REFUSE_ARG(call, arg, value) ((call) | (arg) << 12 | (value) << 16)

struct refuse {
	int call;	/* SYS_x, or REFUSE_ARG of one */
	int code;	/* the errno it gets */
};

/* What act answers, and its *e, when those calls fail. It runs in a child,
 * since such a filter (seccomp(2)) is for good; so it must not assert.
 */
bool refuse_run(const struct refuse *calls, size_t count,
    bool (*act)(void *me, struct err *e), void *me, struct err *e);

#endif
