#include "base/words.h"

#include "base/limits.h"

static bool
blank(char c)
{
	return str_has(S(" \t\r\n"), c);
}

/* Where in s we are. */
struct place {
	struct str s;
	size_t at;
	char quote;	/* of which quotes we are inside; 0: of none */
};

/* May the backslash at p->at take away the meaning of the byte behind it? Else
 * it stands for itself.
 */
static bool
escapes(const struct place *p)
{
	if (p->quote == '\'')
		return false;
	return !p->quote || (p->at + 1 < p->s.n &&
	    str_has(S("\"\\"), p->s.p[p->at + 1]));
}

/* Append the word at p to b. */
static bool
add_word(struct place *p, struct buf *b, struct err *e)
{
	size_t open = 0;

	for (; p->at < p->s.n; p->at++) {
		char c = p->s.p[p->at];

		if (!p->quote && blank(c))
			break;
		if (c == '\0')
			return err_set(e, ERR_USAGE, "NUL byte at byte %zu",
			    p->at);
		if (c == '\\' && escapes(p)) {
			if (++p->at == p->s.n)
				return err_set(e, ERR_USAGE, "nothing behind"
				    " the backslash at byte %zu", p->at - 1);
			if (p->s.p[p->at] == '\0')
				return err_set(e, ERR_USAGE, "NUL byte at byte"
				    " %zu", p->at);
			buf_char(b, p->s.p[p->at]);
		} else if (p->quote ? c == p->quote : str_has(S("'\""), c)) {
			p->quote = p->quote ? '\0' : c;
			open = p->at;
		} else {
			buf_char(b, c);
		}
	}
	return !p->quote || err_set(e, ERR_USAGE, "no end of the quote at byte"
	    " %zu", open);
}

bool
words_split(struct str s, struct arena *a, const char *const **words,
    size_t *count, struct err *e)
{
	size_t mark = a->used, n = 0;
	const char **word = arena_get(a,
	    (PROGRAM_WORDS_MAX + 1) * sizeof(*word));
	/* No word is longer than what it is made of, and each takes a byte
	 * that parts it from the next, but for the last.
	 */
	struct buf b = arena_buf(a, s.n + 1);
	struct place p = { .s = s };

	if (!word || b.full) {
		arena_back(a, mark);
		return err_set(e, ERR_LIMIT, "words: out of memory");
	}
	for (;;) {
		while (p.at < s.n && blank(s.p[p.at]))
			p.at++;
		if (p.at == s.n)
			break;
		if (n == PROGRAM_WORDS_MAX) {
			arena_back(a, mark);
			return err_set(e, ERR_LIMIT, "more than %u words",
			    PROGRAM_WORDS_MAX);
		}
		word[n++] = b.p + b.n;
		if (!add_word(&p, &b, e)) {
			arena_back(a, mark);
			return false;
		}
		buf_char(&b, '\0');
	}
	arena_trim(a, &b);
	word[n] = NULL;
	*words = word;
	*count = n;
	return true;
}

/* NAME, XBD 3.235. */
static bool
name_byte(char c, bool first)
{
	return c == '_' || (first ? char_alpha(c) : char_alnum(c));
}

/* The NAME= that s begins with. */
static struct str
assigns(struct str s)
{
	size_t n = 0;

	while (n < s.n && name_byte(s.p[n], n == 0))
		n++;
	return str_head(s, n > 0 && n < s.n && s.p[n] == '=' ? n + 1 : 0);
}

/* Does the shell do something with the byte at p? head: it begins a word. */
static bool
special(const struct place *p, bool head)
{
	struct str rest = str_skip(p->s, p->at);
	char next = rest.n > 1 ? rest.p[1] : '\0';

	switch (rest.p[0]) {
	case '`':
		return true;
	case '$':
		return name_byte(next, true) || next == '{' || next == '(';
	case '~':
		return head;
	default:
		return !p->quote && str_has(S("|&;<>()"), rest.p[0]);
	}
}

struct str
words_shell(struct str s)
{
	struct place p = { .s = s };
	struct str name;
	bool head = true;

	while (p.at < s.n && blank(s.p[p.at]))
		p.at++;
	name = assigns(str_skip(s, p.at));
	if (name.n)
		return name;
	for (; p.at < s.n; p.at++) {
		char c = s.p[p.at];

		/* The shell's backslash escapes these in double quotes too. */
		if (c == '\\' && p.quote != '\'')
			p.at++;
		else if (p.quote ? c == p.quote : str_has(S("'\""), c))
			p.quote = p.quote ? '\0' : c;
		else if (p.quote != '\'' && special(&p, head))
			return str_head(str_skip(s, p.at), 1);
		head = !p.quote && blank(c);
	}
	return (struct str){ NULL, 0 };
}
