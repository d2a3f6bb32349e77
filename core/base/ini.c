#include "base/ini.h"

enum after {
	AFTER_NOTHING,	/* a header: an indented line is a plain property */
	AFTER_VALUE,	/* indented lines continue the value */
	AFTER_EMPTY,	/* indented lines are nested properties */
	AFTER_SKIPPED,	/* indented lines go with what was skipped */
};

/* The same parser runs twice: to count, with items NULL, and to fill. */
struct parse {
	struct buf text;	/* what the items view */
	struct ini_item *items;
	size_t count;
	struct ini_item now;	/* section and key that lines belong to */
	bool inside;		/* a section has begun */
	enum after after;
	size_t indent;		/* blanks before the last property */
	size_t line;
	size_t skipped, skipped_line;
};

static void
skip(struct parse *p)
{
	if (p->skipped++ == 0)
		p->skipped_line = p->line;
}

/* Keep s beyond the call; names fold to lower case. */
static struct str
keep(struct parse *p, struct str s, bool fold)
{
	size_t start = p->text.n;

	for (size_t i = 0; i < s.n; i++)
		buf_char(&p->text, fold ? char_lower(s.p[i]) : s.p[i]);
	return str_skip(buf_str(&p->text), start);
}

static void
emit(struct parse *p)
{
	p->now.line = p->line;
	if (p->items)
		p->items[p->count] = p->now;
	p->count++;
}

/* [name] and perhaps a comment. What follows a header that cannot be read
 * belongs to no section: better than to the one before.
 */
static void
header(struct parse *p, struct str s)
{
	struct str name, rest;
	bool closed = str_cut(str_skip(s, 1), ']', &name, &rest);

	name = str_trim(name);
	rest = str_trim(rest);
	p->after = AFTER_NOTHING;
	p->inside = closed && name.n &&
	    (rest.n == 0 || rest.p[0] == '#' || rest.p[0] == ';');
	if (!p->inside) {
		skip(p);
		return;
	}
	p->now = (struct ini_item){ .section = keep(p, name, false) };
	emit(p);
}

/* A comment inside a value has a blank before its mark. */
static struct str
cut_comment(struct str s)
{
	for (size_t i = 1; i < s.n; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') &&
		    (s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			return str_head(s, i);
	return s;
}

/* The names that the SDKs allow for properties. */
static bool
is_key(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!char_alnum(s.p[i]) && !str_has(S("-_/.%@:+"), s.p[i]))
			return false;
	return s.n > 0;
}

/* A name may have a colon in it; where no '=' makes a property of the line, the
 * first one may.
 */
static bool
cut_key(struct str s, struct str *key, struct str *value)
{
	static const char marks[] = { '=', ':' };

	for (size_t i = 0; i < sizeof(marks); i++) {
		bool cut = str_cut(s, marks[i], key, value);

		*key = str_trim(*key);
		if (cut && is_key(*key))
			return true;
	}
	return false;
}

static void
property(struct parse *p, struct str s)
{
	struct str key, value;

	if (!p->inside || !cut_key(s, &key, &value)) {
		p->after = AFTER_SKIPPED;
		skip(p);
		return;
	}
	value = str_trim(cut_comment(value));
	p->now.key = keep(p, key, true);
	p->now.sub = S("");
	p->now.value = keep(p, value, false);
	p->after = value.n ? AFTER_VALUE : AFTER_EMPTY;
	emit(p);
}

static void
nested(struct parse *p, struct str s)
{
	struct str sub, value;
	bool cut = str_cut(s, '=', &sub, &value);

	sub = str_trim(sub);
	if (!cut || sub.n == 0) {
		skip(p);
		return;
	}
	p->now.sub = keep(p, sub, true);
	p->now.value = keep(p, str_trim(cut_comment(value)), false);
	emit(p);
}

/* The value is the last that was kept, so it grows where it stands. */
static void
continuation(struct parse *p, struct str s)
{
	size_t start = p->text.n - p->now.value.n;

	keep(p, S("\n"), false);
	keep(p, s, false);
	p->now.value = str_skip(buf_str(&p->text), start);
	if (p->items)
		p->items[p->count - 1].value = p->now.value;
}

static void
line(struct parse *p, struct str raw)
{
	struct str s = str_trim(raw);
	size_t indent = 0;

	if (s.n == 0 || s.p[0] == '#' || s.p[0] == ';')
		return;
	while (raw.p[indent] == ' ' || raw.p[indent] == '\t')
		indent++;
	if (p->after != AFTER_NOTHING && indent > p->indent) {
		if (p->after == AFTER_VALUE)
			continuation(p, s);
		else if (p->after == AFTER_EMPTY)
			nested(p, s);
		else
			skip(p);
		return;
	}
	p->indent = indent;
	if (s.p[0] == '[')
		header(p, s);
	else
		property(p, s);
}

static void
run(struct parse *p, struct str text)
{
	struct str one;
	bool more = true;

	while (more) {
		more = str_cut(text, '\n', &one, &text);
		p->line++;
		line(p, one);
	}
}

bool
ini_parse(struct str text, struct arena *a, struct ini *out, struct err *e)
{
	/* Names and values take no more room than the lines they came from. */
	struct buf kept = arena_buf(a, text.n + 1);
	struct parse count = { .text = kept }, fill = { .text = kept };

	if (str_starts(text, S("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	run(&count, text);
	fill.items = arena_get(a, (count.count + 1) * sizeof(*fill.items));
	if (kept.full || !fill.items)
		return err_set(e, ERR_LIMIT, "out of memory: file of %zu lines",
		    count.line);
	run(&fill, text);
	*out = (struct ini){ fill.items, fill.count, fill.skipped,
	    fill.skipped_line };
	return true;
}
