/* sink_case.h - a fake world, two registries' tokens, and a sink to write them
 * to: what tests of sinks begin with.
 */
#ifndef TESTS_SINK_CASE_H
#define TESTS_SINK_CASE_H

#include "fake_world.h"
#include "sink/sink.h"

#define HOST_A "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
#define HOST_B "222222222222.dkr.ecr.us-east-1.amazonaws.com"
#define GOT_S FAKE_NOW
#define DEADLINE (FAKE_CLOCK_MS + 30000)

static const struct format_entry both[] = {
	{ S_INIT(HOST_A), S_INIT("111111111111"), S_INIT("eu-west-1"),
	    S_INIT("AWS"), S_INIT("pwA"), S_INIT("QVdTOnB3QQ=="),
	    FAKE_NOW + 43200 },
	{ S_INIT(HOST_B), S_INIT("222222222222"), S_INIT("us-east-1"),
	    S_INIT("AWS"), S_INIT("pwB"), S_INIT("QVdTOnB3Qg=="),
	    FAKE_NOW + 43201 },
};
static struct fake_world f;
static struct arena a;
static struct err e;
static char text[64 << 10];
static struct buf out;

static inline void
start(void)
{
	a = t_arena();
	fake_open(&f);
	out = BUF(text);
	memset(&e, 0, sizeof(e));
}

static inline bool
write_to(struct sink s, size_t count)
{
	return sink_write(&f.w, &s, both, count, GOT_S, DEADLINE, &a, &out,
	    &e);
}

static inline void
writes(struct sink s, size_t count)
{
	if (!write_to(s, count))
		fail_msg("%s", e.msg);
}

static inline void
fails(struct sink s, size_t count, enum err_kind kind, const char *msg)
{
	if (write_to(s, count))
		fail_msg("written: not %s", msg);
	assert_string_equal(e.msg, msg);
	assert_int_equal(e.kind, kind);
}

static inline struct sink
at(enum sink_kind kind, const char *target)
{
	return (struct sink){ .kind = kind, .target = str_of(target) };
}

#endif
