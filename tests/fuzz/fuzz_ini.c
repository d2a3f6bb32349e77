/* Any bytes are read. What was understood, written out in plain form, must be
 * understood again as the same, with nothing skipped.
 */
#include <stdlib.h>

#include "base/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
value(struct buf *b, struct str v)
{
	for (size_t i = 0; i < v.n; i++) {
		buf_char(b, v.p[i]);
		if (v.p[i] == '\n')
			buf_char(b, '\t');
	}
	buf_char(b, '\n');
}

static void
write(const struct ini *ini, struct buf *b)
{
	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_item *it = &ini->items[i];

		if (it->key.n == 0) {
			buf_char(b, '[');
			buf_add(b, it->section);
			buf_add(b, S("]\n"));
			continue;
		}
		if (it->sub.n)
			buf_char(b, ' ');
		buf_add(b, it->sub.n ? it->sub : it->key);
		buf_char(b, '=');
		value(b, it->value);
	}
}

static void
same(const struct ini_item *a, const struct ini_item *b)
{
	check(str_eq(a->section, b->section));
	check(str_eq(a->key, b->key));
	check(str_eq(a->sub, b->sub));
	check(str_eq(a->value, b->value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[8 << 20];
	static char text[1 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct buf b = BUF(text);
	struct ini ini, again;
	struct err e;
	size_t line = 0;

	if (n > 1 << 16)
		return 0;
	check(ini_parse((struct str){ (const char *)p, n }, &a, &ini, &e));
	check((ini.skipped > 0) == (ini.skipped_line > 0));
	for (size_t i = 0; i < ini.count; i++) {
		check(ini.items[i].line > line);
		line = ini.items[i].line;
	}
	write(&ini, &b);
	check(!b.full);
	check(ini_parse(buf_str(&b), &a, &again, &e));
	check(again.skipped == 0 && again.count == ini.count);
	for (size_t i = 0; i < ini.count; i++)
		same(&ini.items[i], &again.items[i]);
	return 0;
}
