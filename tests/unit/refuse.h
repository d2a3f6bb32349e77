/* refuse.h - what is said when the kernel refuses a system call. */
#ifndef TESTS_REFUSE_H
#define TESTS_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct refuse {
	int call;	/* SYS_x */
	int code;	/* the errno it gets */
	int arg;	/* 1 to 6: only when this argument is value; 0: always */
	unsigned value;
};

/* What act answers, and its *e, when those calls fail. It runs in a child,
 * since such a filter (seccomp(2)) is for good; so it must not assert.
 */
bool refuse_run(const struct refuse *calls, size_t count,
    bool (*act)(void *me, struct err *e), void *me, struct err *e);

#endif
