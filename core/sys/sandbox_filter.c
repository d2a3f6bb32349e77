#include "sys/sandbox_filter.h"

#include <errno.h>

#include "sys/sandbox_calls.h"

/* Linux's include/uapi/linux/bpf_common.h: class, size or test, operand. */
enum {
	LOAD = 0x20,	/* the word at k of the data */
	LOAD_CONSTANT = 0x00,
	AND = 0x54,
	SHIFT_RIGHT = 0x74,
	SHIFT_LEFT_X = 0x6c,
	TO_X = 0x07,
	JUMP = 0x05,
	IS = 0x15,
	AT_LEAST = 0x35,
	HAS_ANY_X = 0x4d,
	RETURN = 0x06,
};

/* struct seccomp_data, include/uapi/linux/seccomp.h */
enum {
	DATA_NUMBER = 0,
	DATA_ARCHITECTURE = 4,
	DATA_ARGS = 16,	/* 8 bytes each, the lower half first */
};

enum {
	/* From here on (Linux 5.1) architectures share their numbers, and any
	 * libc can do without what is newer.
	 */
	NUMBER_NEW = 424,
	/* x86_64: those of its other ABI, x32, which has some calls twice. */
	NUMBER_X32 = 0x40000000,
	WORD = 32,	/* numbers for which there is one mask */
	WORD_SHIFT = 5,
	WORDS = 16,
};

struct rules {
	unsigned needs;
	bool strict;
	uint32_t masks[WORDS];	/* calls that are allowed whatever they say */
};

static void
emit(struct sandbox_filter *f, uint16_t code, uint8_t yes, size_t no,
    uint32_t k)
{
	if (f->n == SANDBOX_OPS_MAX || no > UINT8_MAX) {
		f->full = true;
		return;
	}
	f->op[f->n++] = (struct sandbox_op){ code, yes, (uint8_t)no, k };
}

/* So that a test of some operations ago, when false, goes on here. */
static void
land(struct sandbox_filter *f, uint16_t test)
{
	size_t skip = f->n - test - 1u;

	if (f->full || skip > UINT8_MAX)
		f->full = true;
	else
		f->op[test].no = (uint8_t)skip;
}

static uint32_t
refusal(const struct rules *r, int code)
{
	return r->strict ? SANDBOX_KILL : SANDBOX_ERRNO | (uint32_t)code;
}

/* A condition is three operations; one that is not met skips those that are
 * left of its row.
 */
static void
emit_row(struct sandbox_filter *f, const struct sandbox_condition *when)
{
	size_t left = 0;

	while (left < SANDBOX_CONDITIONS && when[left].mask)
		left++;
	for (; left > 0; left--, when++) {
		emit(f, LOAD, 0, 0, DATA_ARGS + when->arg * 8u);
		emit(f, AND, 0, 0, when->mask);
		emit(f, IS, 0, (left - 1) * 3 + 1, when->value);
	}
	emit(f, RETURN, 0, 0, SANDBOX_ALLOW);
}

/* The rows of one call, from the first; their end is returned. Who makes
 * another call goes by.
 */
static size_t
emit_rows(struct sandbox_filter *f, const struct rules *r, size_t i)
{
	uint16_t number = sandbox_rows[i].call.number, test = f->n;

	emit(f, IS, 0, 0, number);
	for (; i < sandbox_rows_count && sandbox_rows[i].call.number == number;
	    i++)
		if (sandbox_rows[i].call.needs & r->needs)
			emit_row(f, sandbox_rows[i].when);
	emit(f, RETURN, 0, 0, refusal(r, EPERM));
	land(f, test);
	return i;
}

/* What is allowed, whatever it says, is looked up in masks of bits and not in a
 * tree: a kernel takes 0.2 us for each operation, once, and we make few calls.
 * A mask, if there is one for the number, is a jump away from its test.
 */
static void
emit_masks(struct sandbox_filter *f, const struct rules *r)
{
	uint32_t left = 0;

	for (size_t i = 0; i < WORDS; i++)
		left += r->masks[i] != 0;
	emit(f, AND, 0, 0, WORD - 1);
	emit(f, TO_X, 0, 0, 0);
	emit(f, LOAD_CONSTANT, 0, 0, 1);
	emit(f, SHIFT_LEFT_X, 0, 0, 0);
	emit(f, TO_X, 0, 0, 0);
	emit(f, LOAD, 0, 0, DATA_NUMBER);
	emit(f, SHIFT_RIGHT, 0, 0, WORD_SHIFT);
	for (uint32_t i = 0; i < WORDS; i++) {
		if (!r->masks[i])
			continue;
		left--;
		emit(f, IS, 0, 2, i);
		emit(f, LOAD_CONSTANT, 0, 0, r->masks[i]);
		emit(f, JUMP, 0, 0, left * 3 + 1);
	}
	emit(f, LOAD_CONSTANT, 0, 0, 0);
	emit(f, HAS_ANY_X, 0, 1, 0);
	emit(f, RETURN, 0, 0, SANDBOX_ALLOW);
}

static void
emit_hostile(struct sandbox_filter *f, size_t count, uint32_t end)
{
	for (size_t i = 0; i < count; i++)
		emit(f, IS, 0, 0, sandbox_hostile[i]);
	for (size_t i = 0; i < count; i++)
		f->op[f->n - 1u - i].yes = (uint8_t)(i + 1);
	emit(f, JUMP, 0, 0, 1);
	emit(f, RETURN, 0, 0, end);
}

/* Nobody is killed for what programs of others do. */
static void
emit_for_programs(struct sandbox_filter *f, const struct rules *r)
{
	emit(f, AT_LEAST, 0, 1, NUMBER_X32);
	emit(f, RETURN, 0, 0, refusal(r, EPERM));
	emit_hostile(f, sandbox_hostile_programs, refusal(r, EPERM));
	emit(f, RETURN, 0, 0, SANDBOX_ALLOW);
}

static void
emit_for_us(struct sandbox_filter *f, struct rules *r)
{
	for (size_t i = 0; i < sandbox_calls_count; i++) {
		const struct sandbox_call *call = &sandbox_calls[i];

		if (call->needs & r->needs)
			r->masks[call->number / WORD] |=
			    1u << call->number % WORD;
	}
	for (size_t i = 0; i < sandbox_rows_count;)
		i = emit_rows(f, r, i);
	emit_masks(f, r);
	if (!r->strict) {
		emit(f, LOAD, 0, 0, DATA_NUMBER);
		emit_hostile(f, sandbox_hostile_count, SANDBOX_KILL);
		emit(f, AT_LEAST, 0, 1, NUMBER_NEW);
		emit(f, RETURN, 0, 0, refusal(r, ENOSYS));
	}
	emit(f, RETURN, 0, 0, refusal(r, EPERM));
}

bool
sandbox_filter(struct sandbox_filter *f, const struct sandbox_needs *needs,
    enum sandbox_mode mode, struct err *e)
{
	struct rules r = {
		.needs = sandbox_needs_bits(needs),
		.strict = mode == SANDBOX_STRICT,
	};

	if (!sandbox_architecture)
		return err_set(e, ERR_SYS, "its rules are not known for this"
		    " architecture");
	f->n = 0;
	f->full = false;
	emit(f, LOAD, 0, 0, DATA_ARCHITECTURE);
	emit(f, IS, 1, 0, sandbox_architecture);
	emit(f, RETURN, 0, 0, SANDBOX_KILL);
	emit(f, LOAD, 0, 0, DATA_NUMBER);
	if (needs->programs)
		emit_for_programs(f, &r);
	else
		emit_for_us(f, &r);
	return !f->full || err_set(e, ERR_LIMIT, "its rules are more than %u"
	    " operations", SANDBOX_OPS_MAX);
}
