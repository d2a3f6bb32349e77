/* What goes for every world. */
#include "world.h"

struct str
world_env(const struct world *w, const char *name)
{
	struct str value = str_of(w->env(w->me, name));

	return value.n > 0 ? value : (struct str){ NULL, 0 };
}

bool
world_env_true(const struct world *w, const char *name)
{
	return str_eq_nocase(world_env(w, name), S("true"));
}

static void
say(const struct world *w, enum world_note kind, const char *fmt, va_list ap)
{
	char line[ERR_MSG_MAX];

	err_text(line, sizeof(line), fmt, ap);
	w->note(w->me, kind, str_of(line));
}

void
world_warn(const struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(w, NOTE_WARNING, fmt, ap);
	va_end(ap);
}

void
world_detail(const struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(w, NOTE_DETAIL, fmt, ap);
	va_end(ap);
}
