#include "aws/imds.h"

static bool
is_date(struct str s)
{
	if (s.n < 10)
		return false;
	for (size_t i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? s.p[i] != '-' : !char_digit(s.p[i]))
			return false;
	return true;
}

/* What goes before it. */
static struct str
place(struct str word)
{
	if (str_eq(word, S("/")))
		return S("");
	if (str_starts(word, S("/")))
		word = str_skip(word, 1);
	if (str_starts(word, S("1.0")) || str_starts(word, S("latest")) ||
	    is_date(word))
		return S("");
	if (str_starts(word, S("dynamic")) ||
	    str_starts(word, S("meta-data")))
		return S("latest/");
	return S("latest/meta-data/");
}

static void
add_once(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '/' || b->n == 0 || b->p[b->n - 1] != '/')
			buf_char(b, s.p[i]);
}

bool
imds_path(struct str word, struct arena *a, struct str *path, struct err *e)
{
	struct buf once = arena_buf(a, word.n + 1);
	struct buf b = arena_buf(a, word.n + sizeof("latest/meta-data/"));

	add_once(&once, word);
	add_once(&b, place(buf_str(&once)));
	add_once(&b, buf_str(&once));
	return arena_keep(a, &b, path, e);
}
