#include "base/limits.h"
#include "sidecar/schedule.h"
#include "t.h"

#define H 3600
#define NOW 1440938160

static void
t_wait(void **state)
{
	static const struct {
		int64_t interval_s;
		unsigned failures;
		int64_t life_s;		/* left; 0: no token */
		uint32_t random;
		int64_t wait_ms;
	} cases[] = {
		/* The smaller of the two, at the latest. */
		{ 0, 0, 12 * H, 0, 6 * H * 1000 },
		{ 6 * H, 0, 12 * H, 0, 6 * H * 1000 },
		{ 8 * H, 0, 12 * H, 0, 6 * H * 1000 },
		{ 5400, 0, 12 * H, 0, 5400 * 1000 },
		{ 6 * H, 0, 1 * H, 0, 1800 * 1000 },
		{ 6 * H, 0, 3, 0, 1000 },
		/* A tenth earlier, at the most. */
		{ 0, 0, 12 * H, UINT32_MAX, 54 * 6 * 60 * 1000 },
		{ 1000, 0, 12 * H, UINT32_MAX, 900 * 1000 },
		{ 1000, 0, 12 * H, UINT32_MAX / 2, 950 * 1000 + 1 },
		{ (int64_t)100 * 365 * 24 * H, 0, 0, UINT32_MAX,
		    (int64_t)90 * 365 * 24 * H * 1000 },
		/* Never at once. */
		{ 0, 0, 1, 0, 1000 },
		{ 0, 0, 2, UINT32_MAX, 900 },
		{ 1, 0, 12 * H, 0, 1000 },
		/* No token, or one that is over. */
		{ 0, 0, 0, 0, 6 * H * 1000 },
		{ 60, 0, -5, 0, 60 * 1000 },
		/* Failures. */
		{ 0, 1, 12 * H, 0, 5 * 1000 },
		{ 0, 2, 12 * H, 0, 10 * 1000 },
		{ 0, 3, 12 * H, 0, 20 * 1000 },
		{ 0, 7, 12 * H, 0, 320 * 1000 },
		{ 0, 8, 12 * H, 0, 600 * 1000 },
		{ 0, 4000000000u, 12 * H, 0, 600 * 1000 },
		{ 0, 8, 12 * H, UINT32_MAX, 300 * 1000 },
		{ 60, 8, 12 * H, 0, 60 * 1000 },
		{ 0, 8, 100, 0, 50 * 1000 },
		{ 0, 1, 0, 0, 5 * 1000 },
		{ 0, 8, 0, 0, 600 * 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct schedule s = { cases[i].interval_s,
			cases[i].failures };
		int64_t ms = schedule_wait_ms(&s, NOW, cases[i].life_s ?
		    NOW + cases[i].life_s : 0, cases[i].random);

		if (ms != cases[i].wait_ms)
			fail_msg("row %zu: %lld", i, (long long)ms);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
