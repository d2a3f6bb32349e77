/* A path, a line break, and a document: what is found is no longer than the
 * document, and what is written out again is read as the same.
 */
#include <stdlib.h>

#include "base/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
add_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<')
			buf_add(b, S("&lt;"));
		else if (s.p[i] == '&')
			buf_add(b, S("&#x26;"));
		else
			buf_char(b, s.p[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[8 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str text = { (const char *)p, n };
	struct xml_want want = { .found = true }, again = { .path = S("a") };
	struct err e;
	struct buf b;

	str_cut(text, '\n', &want.path, &text);
	if (!xml_read(text, &want, 1, &a, &e) || !want.found)
		return 0;
	check(want.text.n <= text.n);
	b = arena_buf(&a, 6 * want.text.n + 16);
	buf_add(&b, S("<a>"));
	add_escaped(&b, want.text);
	buf_add(&b, S("</a>"));
	check(!b.full && xml_read(buf_str(&b), &again, 1, &a, &e));
	check(again.found && str_eq(again.text, want.text));
	return 0;
}
