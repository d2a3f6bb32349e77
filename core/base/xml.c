#include "base/xml.h"

#include "base/enc.h"
#include "base/limits.h"

struct reader {
	struct str whole, rest;
	struct xml_want *wants;
	size_t count;
	struct arena *a;
	struct buf path;	/* names of the open elements, joined by '/' */
	struct xml_want *open;	/* the one whose text is being gathered */
	struct buf text;
	bool ended;		/* the root has */
};

static bool
wrong(const struct reader *r, const char *what, struct err *e)
{
	return err_set(e, ERR_REPLY, "not XML at byte %zu: %s",
	    r->whole.n - r->rest.n, what);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
skip_blanks(struct reader *r)
{
	size_t n = 0;

	while (n < r->rest.n && blank(r->rest.p[n]))
		n++;
	r->rest = str_skip(r->rest, n);
	return n > 0;
}

static bool
skip(struct reader *r, struct str mark)
{
	if (!str_starts(r->rest, mark))
		return false;
	r->rest = str_skip(r->rest, mark.n);
	return true;
}

/* Past the next mark. */
static bool
skip_to(struct reader *r, struct str mark)
{
	while (r->rest.n && !str_starts(r->rest, mark))
		r->rest = str_skip(r->rest, 1);
	return skip(r, mark);
}

/* XML 1.0, 2.3, in ASCII; a ':' is as good as a letter. */
static struct str
name(struct reader *r)
{
	struct str s = r->rest;
	size_t n = 0;

	while (n < s.n && (char_alpha(s.p[n]) || str_has(S("_:"), s.p[n]) ||
	    (n && (char_digit(s.p[n]) || str_has(S("-."), s.p[n])))))
		n++;
	r->rest = str_skip(s, n);
	return str_head(s, n);
}

/* XML 1.0, 2.2. */
static bool
is_char(unsigned c)
{
	return c == '\t' || c == '\n' || c == '\r' ||
	    (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
	    (c >= 0x10000 && c < 0x110000);
}

static void
add_utf8(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_char(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_char(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_char(b, (char)(0xe0 | c >> 12));
		} else {
			buf_char(b, (char)(0xf0 | c >> 18));
			buf_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_char(b, (char)(0x80 | (c & 0x3f)));
}

/* "#38" or "#x26", XML 1.0, 4.1. */
static bool
number(struct str s, unsigned *code)
{
	unsigned base = 10;

	s = str_skip(s, 1);
	if (str_starts(s, S("x"))) {
		base = 16;
		s = str_skip(s, 1);
	}
	*code = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);

		if (d < 0 || (unsigned)d >= base || *code > 0x10ffff)
			return false;
		*code = *code * base + (unsigned)d;
	}
	return is_char(*code);
}

/* What stands between '&' and ';'. */
static bool
reference(struct reader *r, struct buf *b, struct err *e)
{
	static const struct {
		struct str name;
		char c;
	} known[] = {
		{ S_INIT("lt"), '<' }, { S_INIT("gt"), '>' },
		{ S_INIT("amp"), '&' }, { S_INIT("quot"), '"' },
		{ S_INIT("apos"), '\'' },
	};
	struct str s, rest;
	unsigned code = 0;

	if (!str_cut(r->rest, ';', &s, &rest))
		return wrong(r, "'&' without ';'", e);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq(s, known[i].name))
			code = (unsigned char)known[i].c;
	if (!code && !(str_starts(s, S("#")) && number(s, &code)))
		return wrong(r, "unknown reference after '&'", e);
	r->rest = rest;
	add_utf8(b, code);
	return true;
}

/* Text up to end or '<', decoded into b. */
static bool
characters(struct reader *r, char end, struct buf *b, struct err *e)
{
	while (r->rest.n && *r->rest.p != end && *r->rest.p != '<') {
		char c = *r->rest.p;

		if (!is_char((unsigned char)c))
			return wrong(r, "control byte", e);
		r->rest = str_skip(r->rest, 1);
		if (c != '&')
			buf_char(b, c);
		else if (!reference(r, b, e))
			return false;
	}
	return true;
}

static bool
content(struct reader *r, struct err *e)
{
	struct buf nowhere = { .full = true };

	if (r->path.n)
		return characters(r, '<', r->open ? &r->text : &nowhere, e);
	return skip_blanks(r) || wrong(r, "text outside the root element", e);
}

static bool
enter(struct reader *r, struct str tag, struct err *e)
{
	if (r->ended)
		return wrong(r, "a second root element", e);
	if (r->open)
		return wrong(r, "elements where text is expected", e);
	buf_add(&r->path, r->path.n ? S("/") : S(""));
	buf_add(&r->path, tag);
	if (r->path.full)
		return err_set(e, ERR_LIMIT, "XML: element names on one path"
		    " are longer than %u bytes", XML_PATH_MAX);
	for (size_t i = 0; i < r->count; i++) {
		if (!str_eq(buf_str(&r->path), r->wants[i].path))
			continue;
		if (r->wants[i].found)
			return wrong(r, "the same element twice", e);
		r->open = &r->wants[i];
		/* Decoded, it is no longer than what is left to read. */
		r->text = arena_buf(r->a, r->rest.n + 1);
	}
	return true;
}

static bool
leave(struct reader *r, struct str tag, struct err *e)
{
	struct str parent, last;

	if (!str_cut_last(buf_str(&r->path), '/', &parent, &last)) {
		last = parent;
		parent = S("");
	}
	if (!tag.n || !str_eq(tag, last))
		return wrong(r, "the end of another element than was open", e);
	if (r->open) {
		if (!arena_keep(r->a, &r->text, &r->open->text, e))
			return false;
		r->open->found = true;
		r->open = NULL;
	}
	r->path.n = parent.n;
	r->ended = !parent.n;
	return true;
}

static bool
attribute(struct reader *r, struct err *e)
{
	struct buf nowhere = { .full = true };
	char quote;

	if (!name(r).n)
		return wrong(r, "a tag that does not end", e);
	skip_blanks(r);
	if (!skip(r, S("=")))
		return wrong(r, "an attribute without '='", e);
	skip_blanks(r);
	quote = r->rest.n ? *r->rest.p : '\0';
	if (quote != '"' && quote != '\'')
		return wrong(r, "an attribute without quotes", e);
	r->rest = str_skip(r->rest, 1);
	if (!characters(r, quote, &nowhere, e))
		return false;
	return skip(r, (struct str){ &quote, 1 }) ||
	    wrong(r, "an attribute that does not end", e);
}

static bool
start_tag(struct reader *r, struct err *e)
{
	struct str tag = name(r);

	if (!tag.n)
		return wrong(r, "'<' without a name", e);
	for (;;) {
		bool space = skip_blanks(r);

		if (skip(r, S("/>")))
			return enter(r, tag, e) && leave(r, tag, e);
		if (skip(r, S(">")))
			return enter(r, tag, e);
		if (!space)
			return wrong(r, "a tag that does not end", e);
		if (!attribute(r, e))
			return false;
	}
}

static bool
end_tag(struct reader *r, struct err *e)
{
	struct str tag = name(r);

	skip_blanks(r);
	if (!skip(r, S(">")))
		return wrong(r, "a tag that does not end", e);
	return leave(r, tag, e);
}

static bool
markup(struct reader *r, struct err *e)
{
	if (skip(r, S("</")))
		return end_tag(r, e);
	if (skip(r, S("<!--")))
		/* "--" may not be in a comment, so what follows is '>'. */
		return (skip_to(r, S("--")) && skip(r, S(">"))) ||
		    wrong(r, "a comment that does not end", e);
	if (str_starts(r->rest, S("<!")))
		return wrong(r, "a document type or CDATA section", e);
	if (r->path.n == 0 && skip(r, S("<?")))
		return skip_to(r, S("?>")) ||
		    wrong(r, "an instruction that does not end", e);
	r->rest = str_skip(r->rest, 1);
	return start_tag(r, e);
}

bool
xml_read(struct str text, struct xml_want *wants, size_t count,
    struct arena *a, struct err *e)
{
	char path[XML_PATH_MAX];
	struct reader r = {
		.whole = text, .rest = text, .wants = wants, .count = count,
		.a = a, .path = BUF(path),
	};

	for (size_t i = 0; i < count; i++)
		wants[i].found = false;
	while (r.rest.n)
		if (!(*r.rest.p == '<' ? markup : content)(&r, e))
			return false;
	return r.ended || wrong(&r, "it ends before its root element", e);
}
