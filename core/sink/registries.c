#include "sink/registries.h"

static const struct str head = S_INIT(
    "# Made by ecr-login --configure-containers; --remove takes it away.\n"
    "credential-helpers = [");

bool
helper_list_has(const struct helper_list *list, struct str name)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->names[i], name))
			return true;
	return false;
}

bool
helper_list_add(struct helper_list *list, struct str name, struct err *e)
{
	if (list->count == HELPERS_MAX)
		return err_set(e, ERR_LIMIT, "more than %u credential-helpers",
		    HELPERS_MAX);
	list->names[list->count++] = name;
	return true;
}

/* Is c next? Then step over it. */
static bool
take(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

static void
skip_comment(struct str *s)
{
	struct str line, rest;

	str_cut(*s, '\n', &line, &rest);
	*s = str_skip(*s, line.n);
}

static void
skip_blanks(struct str *s)
{
	while (take(s, ' ') || take(s, '\t'))
		;
}

static void
skip_lines(struct str *s)
{
	for (;;) {
		skip_blanks(s);
		if (s->n && s->p[0] == '#')
			skip_comment(s);
		else if (!take(s, '\n') && !take(s, '\r'))
			return;
	}
}

static bool
at_quote(struct str s)
{
	return s.n && (s.p[0] == '"' || s.p[0] == '\'');
}

/* A string of any of TOML's four kinds; *in is what stands between its quotes.
 * Two quotes more may stand at the end of one with three.
 */
static bool
cut_string(struct str *s, struct str *in)
{
	const char quotes[] = { s->p[0], s->p[0], s->p[0] };
	struct str end = { quotes, 3 };

	if (!str_starts(*s, end))
		end.n = 1;
	for (size_t i = end.n; i < s->n; i++) {
		if (s->p[i] == '\\' && quotes[0] == '"') {
			i++;
			continue;
		}
		if (s->p[i] == '\n' && end.n == 1)
			return false;
		if (!str_starts(str_skip(*s, i), end))
			continue;
		*in = str_skip(str_head(*s, i), end.n);
		*s = str_skip(*s, i + end.n);
		if (end.n == 3 && take(s, quotes[0]))
			(void)take(s, quotes[0]);
		return true;
	}
	return false;
}

/* Any value, to the end of its last line. */
static bool
skip_value(struct str *s)
{
	size_t depth = 0;
	struct str in;

	while (s->n && (depth || s->p[0] != '\n')) {
		char c = s->p[0];

		if (at_quote(*s)) {
			if (!cut_string(s, &in))
				return false;
			continue;
		}
		if (c == '#') {
			skip_comment(s);
			continue;
		}
		if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth-- == 0)
			return false;
		*s = str_skip(*s, 1);
	}
	return depth == 0;
}

static bool
is_bare(char c)
{
	return char_alnum(c) || c == '_' || c == '-';
}

/* key = or a.b.c =; *key is empty for the latter, which is none of ours. */
static bool
cut_key(struct str *s, struct str *key)
{
	size_t parts = 0;

	do {
		skip_blanks(s);
		if (at_quote(*s)) {
			if (!cut_string(s, key))
				return false;
		} else {
			key->p = s->p;
			for (key->n = 0; key->n < s->n &&
			    is_bare(s->p[key->n]); key->n++)
				;
			if (key->n == 0)
				return false;
			*s = str_skip(*s, key->n);
		}
		skip_blanks(s);
		parts++;
	} while (take(s, '.'));
	if (parts > 1)
		key->n = 0;
	return take(s, '=');
}

static bool
is_plain(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < ' ' || name.p[i] > '~' || name.p[i] == '"' ||
		    name.p[i] == '\\')
			return false;
	return name.n > 0;
}

static bool
cut_list(struct str *s, struct helper_list *list, struct err *e)
{
	struct str name;

	skip_blanks(s);
	if (!take(s, '['))
		return err_set(e, ERR_REPLY, "credential-helpers is no list");
	for (;;) {
		skip_lines(s);
		if (take(s, ']'))
			return true;
		if (!at_quote(*s) || !cut_string(s, &name))
			return err_set(e, ERR_REPLY, "credential-helpers:"
			    " string expected");
		if (!is_plain(name))
			return err_set(e, ERR_REPLY, "credential-helpers:"
			    " '%.*s' is no helper's name", STR_ARG(name));
		if (!helper_list_add(list, name, e))
			return false;
		skip_lines(s);
		if (!take(s, ',') && !(s->n && s->p[0] == ']'))
			return err_set(e, ERR_REPLY, "credential-helpers:"
			    " ',' or ']' expected");
	}
}

static bool
fail_at(struct str text, struct str rest, struct err *e)
{
	size_t line = 1;

	for (const char *p = text.p; p < rest.p; p++)
		line += *p == '\n';
	return err_in(e, "line %zu", line);
}

/* All that counts stands before the first table. The keys of Go's TOML reader
 * are matched without regard to case.
 */
bool
registries_read(struct str text, struct helper_list *list, bool *found,
    struct err *e)
{
	struct helper_list got = { .count = 0 };
	struct str s = text, key;

	for (;;) {
		skip_lines(&s);
		if (s.n == 0 || s.p[0] == '[') {
			*found = false;
			return true;
		}
		if (!cut_key(&s, &key)) {
			err_set(e, ERR_REPLY, "not toml: 'key =' expected");
			break;
		}
		if (str_eq_nocase(key, S("credential-helpers"))) {
			if (!cut_list(&s, &got, e))
				break;
			*list = got;
			*found = true;
			return true;
		}
		if (!skip_value(&s)) {
			err_set(e, ERR_REPLY, "not toml: value has no end");
			break;
		}
	}
	return fail_at(text, s, e);
}

bool
registries_write(const struct helper_list *list, struct arena *a,
    struct str *text, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_add(&b, head);
	for (size_t i = 0; i < list->count; i++) {
		buf_add(&b, i ? S(", \"") : S("\""));
		buf_add(&b, list->names[i]);
		buf_char(&b, '"');
	}
	buf_add(&b, S("]\n"));
	return arena_keep(a, &b, text, e);
}

bool
registries_ours(struct str text, struct arena *a)
{
	struct helper_list list;
	struct str made;
	struct err ignored;
	bool found;

	return registries_read(text, &list, &found, &ignored) && found &&
	    registries_write(&list, a, &made, &ignored) &&
	    str_eq(made, text);
}
