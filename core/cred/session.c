#include "cred/session.h"

bool
session_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!char_alnum(name.p[i]) &&
		    !str_has(S("_+=,.@-"), name.p[i]))
			return false;
	return name.n >= 2 && name.n <= 64;
}

bool
session_name(struct config *c, struct str configured, struct str *name,
    struct err *e)
{
	char text[64];
	struct buf b = BUF(text);

	if (configured.n) {
		*name = configured;
		return true;
	}
	buf_add(&b, S("ecrbox-"));
	buf_u64(&b, (uint64_t)c->w->now(c->w->me));
	return arena_copy(c->a, buf_str(&b), name, e);
}

bool
session_region(struct config *c, struct str *region, struct err *e)
{
	struct err why;

	*region = c->registry_region;
	if ((region->n && c->registry_first) ||
	    config_region(c, region, NULL, &why) || why.kind == ERR_ABSENT)
		return true;
	*e = why;
	return false;
}
