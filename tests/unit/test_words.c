#include "t.h"

#include <stdio.h>

#include "base/enc.h"
#include "base/limits.h"
#include "base/words.h"

/* The words with '|' behind each. */
static bool
split(struct str s, struct buf *joined, struct err *e)
{
	struct arena a = t_arena();
	const char *const *word = NULL;
	size_t count = 99;

	if (!words_split(t_edge(s), &a, &word, &count, e)) {
		assert_null(word);
		assert_int_equal(count, 99);
		assert_int_equal(a.used, 0);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		buf_add(joined, str_of(word[i]));
		buf_char(joined, '|');
	}
	assert_null(word[count]);
	assert_false(joined->full);
	return true;
}

static void
t_splits(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ " \t\r\n", "" },
		{ "a", "a|" },
		{ "  a  b\tc\r\nd ", "a|b|c|d|" },
		{ "''", "|" },
		{ "\"\"  ''", "||" },
		{ "a''", "a|" },
		{ "'a b'", "a b|" },
		{ "\"a b\"c' d'", "a bc d|" },
		{ "'a\"b'", "a\"b|" },
		{ "\"a'b\"", "a'b|" },
		{ "a\\ b", "a b|" },
		{ "\\a\\'\\\"\\\\", "a'\"\\|" },
		{ "'a\\'", "a\\|" },
		{ "\"a\\\"b\\\\\"", "a\"b\\|" },
		/* Not so in a shell. */
		{ "\"a\\$b\\`\"", "a\\$b\\`|" },
		{ "\"a\\\nb\"", "a\\\nb|" },
		{ "a\\\nb", "a\nb|" },
		{ "\"a\\b\"", "a\\b|" },
		{ "'a\nb'", "a\nb|" },
		{ "\\\\'", NULL },
		/* Nothing to us. */
		{ "a #b", "a|#b|" },
		{ "a|b;c&d>e<(f)", "a|b;c&d>e<(f)|" },
		{ "$A ~ * ?[x]", "$A|~|*|?[x]|" },
		{ "\303\244\377 b", "\303\244\377|b|" },
		{ "a\vb\fc", "a\vb\fc|" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct buf b = BUF(text);
		struct err e;
		bool done = split(str_of(cases[i][0]), &b, &e);

		assert_int_equal(done, cases[i][1] != NULL);
		if (done)
			assert_str_equal(buf_str(&b), str_of(cases[i][1]));
	}
}

static void
t_refusals(void **state)
{
	static const struct {
		struct str s;
		const char *msg;
	} cases[] = {
		{ S_INIT("'"), "no end of the quote at byte 0" },
		{ S_INIT("a \"b"), "no end of the quote at byte 2" },
		{ S_INIT("'a' 'b"), "no end of the quote at byte 4" },
		{ S_INIT("a\"b'c"), "no end of the quote at byte 1" },
		{ S_INIT("'a\\"), "no end of the quote at byte 0" },
		{ S_INIT("\"a\\\""), "no end of the quote at byte 0" },
		{ S_INIT("\"a\\"), "no end of the quote at byte 0" },
		{ S_INIT("\"a' b"), "no end of the quote at byte 0" },
		{ S_INIT("\\"), "nothing behind the backslash at byte 0" },
		{ S_INIT("a b\\"), "nothing behind the backslash at byte 3" },
		{ S_INIT("a\\\\\\"), "nothing behind the backslash at byte 3" },
		{ S_INIT("\0"), "NUL byte at byte 0" },
		{ S_INIT("ab \0c"), "NUL byte at byte 3" },
		{ S_INIT("'a\0'"), "NUL byte at byte 2" },
		{ S_INIT("a\\\0b"), "NUL byte at byte 2" },
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b = BUF(text);
		struct err e;

		assert_false(split(cases[i].s, &b, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

static void
t_bounds(void **state)
{
	static _Alignas(16) char few[sizeof(char *) *
	    (PROGRAM_WORDS_MAX + 1) + 24];
	static char many[2 * (PROGRAM_WORDS_MAX + 1)];
	static char joined[2 * (PROGRAM_WORDS_MAX + 1)];
	struct buf b = BUF(joined);
	struct arena a = { few, sizeof(few), 0 };
	const char *const *word;
	struct err e;
	size_t count;

	(void)state;
	memset(many, 'a', sizeof(many));
	for (size_t i = 1; i < sizeof(many); i += 2)
		many[i] = ' ';
	assert_true(split((struct str){ many, 2 * PROGRAM_WORDS_MAX }, &b,
	    &e));
	assert_int_equal(b.n, 2 * PROGRAM_WORDS_MAX);
	assert_false(split((struct str){ many, sizeof(many) }, &b, &e));
	assert_string_equal(e.msg, "more than 256 words");
	assert_int_equal(e.kind, ERR_LIMIT);

	memset(many, 'b', 16);
	assert_true(words_split((struct str){ many, 15 }, &a, &word, &count,
	    &e));
	assert_int_equal(a.used, sizeof(few));
	assert_string_equal(word[0], "bbbbbbbbbbbbbbb");
	a.used = 0;
	/* What quotes took is given back. */
	assert_true(words_split(S("'a' ''   "), &a, &word, &count, &e));
	assert_ptr_equal(a.p + a.used, word[1] + 1);
	a.used = 0;
	assert_false(words_split((struct str){ many, 16 }, &a, &word, &count,
	    &e));
	assert_string_equal(e.msg, "words: out of memory");
	assert_int_equal(e.kind, ERR_LIMIT);
	a.cap = 64;
	assert_false(words_split(S(""), &a, &word, &count, &e));
	assert_int_equal(a.used, 0);
}

/* Python makes the strings, all short ones of what has a meaning and many that
 * are longer, and says what shlex makes of them: a line each, in hex, "!" for
 * what it refuses.
 */
static const char python[] = "exec /usr/bin/python3 -c '"
"import itertools, random, shlex\n"
"kinds = [chr(39), chr(34), chr(92), chr(32), \"a\", \"$\"]\n"
"draw = random.Random(1).choice\n"
"more = kinds + [chr(9), chr(13), chr(10), \"#\", \"|\", \"b\", \"`\", \"~\"]\n"
"strings = [\"\".join(p) for n in range(7)\n"
"           for p in itertools.product(kinds, repeat=n)]\n"
"strings += [\"\".join(draw(more) for _ in range(7 + i % 20))\n"
"            for i in range(20000)]\n"
"for s in strings:\n"
"    try:\n"
"        words = \"\".join(w + \"\\377\" for w in shlex.split(s))\n"
"    except ValueError:\n"
"        words = \"!\"\n"
"    print(s.encode().hex(), words.encode(\"latin-1\").hex())\n"
"'";

static struct str
unhex(struct str hex, char *out)
{
	for (size_t i = 0; i + 1 < hex.n; i += 2)
		out[i / 2] = (char)(hex_digit(hex.p[i]) << 4 |
		    hex_digit(hex.p[i + 1]));
	return (struct str){ out, hex.n / 2 };
}

static void
t_like_shlex(void **state)
{
	static char line[512], command[256], expected[256], got[256];
	size_t count = 0, refused = 0;
	FILE *from = popen(python, "r");

	(void)state;
	assert_non_null(from);
	while (fgets(line, sizeof(line), from)) {
		struct arena a = t_arena();
		struct str in, out;
		const char *const *word;
		struct buf b = BUF(got);
		struct err e;
		size_t n;

		str_cut(str_head(str_of(line), strlen(line) - 1), ' ', &in,
		    &out);
		in = unhex(in, command);
		out = unhex(out, expected);
		if (words_split(in, &a, &word, &n, &e))
			for (size_t i = 0; i < n; i++) {
				buf_add(&b, str_of(word[i]));
				buf_char(&b, '\377');
			}
		else
			buf_char(&b, '!');
		if (!str_eq(buf_str(&b), out))
			fail_msg("'%.*s': %.*s", STR_ARG(in),
			    STR_ARG(buf_str(&b)));
		count++;
		refused += str_eq(out, S("!"));
	}
	assert_int_equal(pclose(from), 0);
	assert_int_equal(count, 75987);
	assert_true(refused > 10000 && refused < count - 10000);
}

static void
t_shell(void **state)
{
	static const struct {
		const char *s, *part;	/* NULL: nothing */
	} cases[] = {
		{ "a | b", "|" }, { "a&&b", "&" }, { "a; b", ";" },
		{ "a <b", "<" }, { "a 2>/dev/null", ">" }, { "(a)", "(" },
		{ "a )", ")" }, { "a `b`", "`" }, { "a \"`b`\"", "`" },
		{ "a $B", "$" }, { "a ${B}", "$" }, { "a $(b)", "$" },
		{ "a \"x$_\"", "$" }, { "a 'b'$B", "$" },
		{ "~/bin/a", "~" }, { "a ~/b", "~" }, { " ~", "~" },
		{ "A=1 b", "A=" }, { " _a1='x' b", "_a1=" },
		{ "'|' | b", "|" }, { "\\'|'", "|" }, { "\"'\"$A", "$" },
		{ "'\\'$A", "$" }, { "a \"\\\\$A\"", "$" },

		{ "", NULL }, { " ", NULL }, { "a b", NULL },
		{ "a '|&;<>()`$A~'", NULL }, { "a \"|&;<>()\"", NULL },
		{ "a \\| \\& \\; \\< \\> \\( \\)", NULL },
		{ "\\~/a", NULL }, { "a~", NULL }, { "''~", NULL },
		{ "'~/a'", NULL }, { "\"~/a\"", NULL }, { "b a=~", NULL },
		{ "a \\$B \"\\$B\" \"\\`\" \\`", NULL },
		{ "a $ \"$\" $1 $$ $? x$", NULL },
		{ "a *.? [b] {c,d} #e !f", NULL },
		{ "a B=1", NULL }, { "1A=2", NULL }, { "=1", NULL },
		{ "'A'=1 b", NULL }, { "/a=b", NULL }, { "A", NULL },
		{ "a\nb", NULL }, { "a \\", NULL }, { "a '", NULL },
		{ "a \"|", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str s = t_edge(str_of(cases[i].s));
		struct str part = words_shell(s);

		if (!str_eq(part, str_of(cases[i].part)))
			fail_msg("%s: '%.*s'", cases[i].s, STR_ARG(part));
		assert_true(!part.n || (part.p >= s.p &&
		    part.p + part.n <= s.p + s.n));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_splits),
		cmocka_unit_test(t_refusals),
		cmocka_unit_test(t_bounds),
		cmocka_unit_test(t_like_shlex),
		cmocka_unit_test(t_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
