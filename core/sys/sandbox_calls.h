/* sandbox_calls.h - which system calls go with which needs. For sandbox*.c
 * only.
 */
#ifndef SYS_SANDBOX_CALLS_H
#define SYS_SANDBOX_CALLS_H

#include "sys/sandbox.h"

enum sandbox_need {
	NEED_NOTHING = 1 << 0,	/* had by all */
	NEED_FILES = 1 << 1,	/* looks for files */
	NEED_WRITES = 1 << 2,
	NEED_SOCKETS = 1 << 3,	/* of whatever kind */
	NEED_TCP = 1 << 4,
	NEED_UDP = 1 << 5,
	NEED_CONNECT = 1 << 6,
	NEED_LISTEN = 1 << 7,
	NEED_TERMINAL = 1 << 8,
	NEED_CHILDREN = 1 << 9,
	NEED_NARROWER = 1 << 10,
	NEED_ACCEPT = 1 << 11,
};

/* A call that is allowed, whatever it says, when one of its needs is had. */
struct sandbox_call {
	uint16_t number, needs;
};

extern const struct sandbox_call sandbox_calls[];
extern const size_t sandbox_calls_count;

#define SANDBOX_CONDITIONS 3

/* One that is judged by its arguments: allowed when one of its rows, which
 * stand together, says so: one of the row's needs is had, and for each
 * condition (up to the first without a mask) the argument's lower 32 bits,
 * masked, are the value. The kernel takes all of these arguments as 32 bits, or
 * wants the upper ones to be zero.
 */
struct sandbox_row {
	struct sandbox_call call;
	struct sandbox_condition {
		uint32_t arg, mask, value;
	} when[SANDBOX_CONDITIONS];
};

extern const struct sandbox_row sandbox_rows[];
extern const size_t sandbox_rows_count;

/* No honest code of ours calls these, and of the first few no program has any
 * business with them either.
 */
extern const uint16_t sandbox_hostile[];
extern const size_t sandbox_hostile_count, sandbox_hostile_programs;

/* As audit(7) names the architecture; 0: not one that we know. */
extern const uint32_t sandbox_architecture;

/* The enum's bits. */
unsigned sandbox_needs_bits(const struct sandbox_needs *n);

#endif
