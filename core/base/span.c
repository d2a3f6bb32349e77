#include "base/span.h"

bool
span_parse(struct str text, int64_t *seconds)
{
	static const struct {
		struct str name;
		uint64_t s;
	} units[] = {
		{ S_INIT("s"), 1 },
		{ S_INIT("m"), 60 },
		{ S_INIT("h"), 3600 },
		{ S_INIT("d"), 86400 },
	};
	uint64_t unit = 1, n;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (str_ends(text, units[i].name)) {
			unit = units[i].s;
			text.n--;
			break;
		}
	if (!str_u64(text, SPAN_MAX_S / unit, &n) || !n)
		return false;
	*seconds = (int64_t)(n * unit);
	return true;
}
