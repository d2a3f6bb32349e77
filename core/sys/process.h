/* process.h - what a process owes its secrets before it holds any, its time, and
 * its memory.
 */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* No core dumps, not dumpable (so no ptrace by the same user); SIGPIPE and
 * SIGXFSZ ignored, since a write that fails can be told of; missing
 * descriptors 0-2 are filled with one whose every use fails, so that a password
 * never goes into whatever file is opened next.
 */
void process_harden(void);

/* In a child that is about to become another program: limits and signals as
 * they were before process_harden (which need not have been called). Core dumps
 * and ptrace come back with exec(2), which forgets our memory.
 */
void process_soften(void);

/* n bytes from getrandom(2), blocking until the kernel's pool is seeded; no
 * fall-back. ERR_SYS.
 */
MUST_USE bool process_random(void *p, size_t n, struct err *e);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t process_clock_ms(void);

/* CLOCK_REALTIME in seconds. */
int64_t process_now_s(void);

/* Sleep that long, through signals. */
void process_sleep_ms(int64_t ms);

/* Overwrite the values of these variables (names up to NULL) where they stand:
 * in this process's environment, which /proc shows, too. Its children have none
 * of them either.
 */
void process_forget_variables(const char *const *names);

/* n bytes that are zero, or of no worth: whole pages among them take no memory
 * until they are written again, and are zero.
 */
void process_forget(void *p, size_t n);

/* poll(2) until then (absolute; INT64_MAX: a long time). When nothing has
 * happened for PROCESS_QUIET_MS, most of our memory is given back: what is left
 * of a, the stack beneath the caller, and the program itself, which comes back
 * from its file, page by page, as it is run. A sandbox lets all of it through.
 */
int process_wait(struct pollfd *p, size_t count, int64_t until,
    const struct arena *a);

#endif
