#include "sidecar/schedule.h"

#include "base/limits.h"

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* After n failures, 1 at least: doubled each time. */
static int64_t
backoff_s(unsigned failures)
{
	int64_t s = SCHEDULE_BACKOFF_S;

	while (--failures > 0 && s < SCHEDULE_BACKOFF_MAX_S)
		s *= 2;
	return least(s, SCHEDULE_BACKOFF_MAX_S);
}

/* Without a token that lives there is nothing that could be kept. */
static int64_t
regular_s(const struct schedule *s, int64_t now_s, int64_t expires_s)
{
	int64_t wait = s->interval_s ? s->interval_s : ECR_TOKEN_LIFE_S / 2;

	if (expires_s > now_s)
		wait = least(wait, (expires_s - now_s) / 2);
	return wait;
}

int64_t
schedule_wait_ms(const struct schedule *s, int64_t now_s, int64_t expires_s,
    uint32_t random)
{
	int64_t wait = regular_s(s, now_s, expires_s), part_ms;

	if (s->failures)
		wait = least(wait, backoff_s(s->failures));
	if (wait < SCHEDULE_LEAST_S)
		wait = SCHEDULE_LEAST_S;
	/* Off the whole is taken up to a half of a retry's wait, and up to a
	 * tenth of a regular one's.
	 */
	part_ms = wait * 1000 / (s->failures ? 2 : 10);
	return wait * 1000 - part_ms * (int64_t)(random >> 8) / 0xffffff;
}
