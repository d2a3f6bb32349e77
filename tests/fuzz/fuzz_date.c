/* A date that was accepted must be in range and survive being written. */
#include <stdlib.h>

#include "base/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define DAY_S 86400
#define FIRST (-62167219200)
#define LAST 253402300799

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
round_trip(int64_t t)
{
	char iso[DATE_ISO_LEN + 1];
	int64_t again;

	date_format_iso(t, iso);
	check(date_iso(str_of(iso), &again));
	check(again == (t < FIRST ? FIRST : t > LAST ? LAST : t));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str s = { (const char *)p, n };
	int64_t t = 42;

	if (date_iso(s, &t)) {
		check(n >= DATE_ISO_LEN);
		check(t > FIRST - DAY_S && t < LAST + DAY_S);
		round_trip(t);
		t = 42;
	}
	if (date_epoch(s, &t)) {
		check(t <= LAST && t >= -LAST - 1);
		round_trip(t);
		t = 42;
	}
	if (date_http(s, &t)) {
		check(n == 29 && t >= FIRST && t <= LAST + 1);
		round_trip(t);
		t = 42;
	}
	check(t == 42);
	return 0;
}
