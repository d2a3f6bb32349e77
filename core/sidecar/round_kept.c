#include "sidecar/round_kept.h"

static void
put_signs(const bool *good, size_t count, struct buf *b)
{
	for (size_t i = 0; i < count; i++)
		buf_char(b, good[i] ? '+' : '-');
}

void
round_kept_write(const struct round_kept *k, struct buf *b)
{
	put_signs(k->got, k->registries, b);
	buf_char(b, ' ');
	put_signs(k->has, k->sinks, b);
	buf_char(b, '\n');
	tokens_write(k->items, k->registries, b);
}

static bool
take_signs(struct str s, bool *good, size_t count)
{
	if (s.n != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (s.p[i] != '+' && s.p[i] != '-')
			return false;
		good[i] = s.p[i] == '+';
	}
	return true;
}

bool
round_kept_read(struct str text, struct round_kept *k, struct err *e)
{
	struct str line, got, has;

	if (!str_cut(text, '\n', &line, &text) ||
	    !str_cut(line, ' ', &got, &has) ||
	    !take_signs(got, k->got, k->registries) ||
	    !take_signs(has, k->has, k->sinks))
		return err_set(e, ERR_REPLY, "what the last refresh left: not"
		    " of %zu registries and %zu outputs", k->registries,
		    k->sinks);
	if (!tokens_read(text, k->items, k->registries, e))
		return err_in(e, "what the last refresh left");
	for (size_t i = 0; i < k->registries; i++)
		if (k->got[i] && !k->items[i].good)
			return err_set(e, ERR_REPLY, "what the last refresh"
			    " left: no token %zu", i + 1);
	return true;
}
