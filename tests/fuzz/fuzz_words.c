/* Any bytes are divided or refused; the words, quoted and joined again, give
 * the same words, in which a shell has nothing to do.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
quote(struct buf *b, struct str word)
{
	buf_char(b, '\'');
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '\'')
			buf_add(b, S("'\\''"));
		else
			buf_char(b, word.p[i]);
	buf_add(b, S("' "));
}

static void
again(struct str s, struct arena *a, const char *const *word, size_t count)
{
	const char *const *same;
	size_t n;
	struct err e;

	check(words_split(s, a, &same, &n, &e));
	check(n == count);
	for (size_t i = 0; i < n; i++)
		check(str_eq(str_of(word[i]), str_of(same[i])));
	check(words_shell(s).n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[1 << 20];
	static char text[1 << 19];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str s = { (const char *)p, n }, part;
	struct buf b = BUF(text);
	const char *const *word;
	size_t count, bytes = 0;
	struct err e;

	if (n > 1 << 16)
		return 0;
	part = words_shell(s);
	check(!part.n || (part.p >= s.p && part.p + part.n <= s.p + n));
	if (!words_split(s, &a, &word, &count, &e)) {
		check(a.used == 0);
		check(e.kind == ERR_USAGE || e.kind == ERR_LIMIT);
		return 0;
	}
	check(count <= PROGRAM_WORDS_MAX && !word[count]);
	for (size_t i = 0; i < count; i++) {
		bytes += str_of(word[i]).n;
		quote(&b, str_of(word[i]));
	}
	check(bytes <= n && !b.full);
	again(buf_str(&b), &a, word, count);
	return 0;
}
