/* sandbox_filter.h - the program that judges each system call. For sandbox.c
 * and its test only. Pure.
 */
#ifndef SYS_SANDBOX_FILTER_H
#define SYS_SANDBOX_FILTER_H

#include "sys/sandbox.h"

/* An instruction of classic BPF, as Linux's include/uapi/linux/filter.h has it;
 * musl does not.
 */
struct sandbox_op {
	uint16_t code;
	uint8_t yes, no;	/* instructions to skip when a test is true, or
				   false */
	uint32_t k;
};

/* What a program ends with: include/uapi/linux/seccomp.h. */
#define SANDBOX_KILL 0x80000000u	/* the whole process */
#define SANDBOX_ALLOW 0x7fff0000u
#define SANDBOX_ERRNO 0x00050000u	/* plus the errno */

struct sandbox_filter {
	struct sandbox_op op[SANDBOX_OPS_MAX];
	uint16_t n;
	bool full;
};

/* Write the program for needs in that mode, which is not SANDBOX_OFF. ERR_SYS:
 * for this architecture there is none; ERR_LIMIT.
 */
MUST_USE bool sandbox_filter(struct sandbox_filter *f,
    const struct sandbox_needs *needs, enum sandbox_mode mode, struct err *e);

#endif
