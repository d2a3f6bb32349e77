/* schedule.h - when to refresh next. Pure.
 *
 * A token is renewed after the interval asked for, but never later than half of
 * its remaining life, and a little earlier at random, so that a thousand hosts
 * that were started together do not ask together. A failure is tried again
 * soon, then ever more slowly, but not later than without it.
 */
#ifndef SIDECAR_SCHEDULE_H
#define SIDECAR_SCHEDULE_H

#include <stdint.h>

struct schedule {
	int64_t interval_s;	/* 0: only the token's life counts */
	unsigned failures;	/* since the last success */
};

/* Milliseconds to wait from now. expires_s is that of the token in use (0:
 * none yet), now_s by the same clock; random is any 32 bits. At least
 * SCHEDULE_LEAST_S, at most the bounds above.
 */
int64_t schedule_wait_ms(const struct schedule *s, int64_t now_s,
    int64_t expires_s, uint32_t random);

#endif
