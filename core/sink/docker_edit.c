#include "sink/docker_edit.h"

#include "base/json.h"
#include "base/json_text.h"

#define NONE SIZE_MAX

/* How the file is laid out round one member. */
struct style {
	bool pretty;		/* it is on a line of its own */
	struct str nl, indent;	/* line end; blanks before it */
	struct str unit;	/* what one level more adds to indent */
	struct str colon;	/* ":" with the blanks round it */
};

/* As docker writes: Go's MarshalIndent with one TAB. */
static const struct style fresh = {
	true, S_INIT("\n"), S_INIT(""), S_INIT("\t"), S_INIT(": "),
};

/* One member of an object with the blanks that belong to it. */
struct member {
	struct str lead;	/* from '{' or ',' to the key */
	struct str key, colon, value;	/* as they stand, quotes included */
	struct str tail;	/* from the value to ',' or '}' */
	struct json item;
};

struct edit {
	struct str old;
	const struct docker_entry *entry;
	bool adding;		/* else removing */
	struct json root;
	struct member section;	/* of root; key.p == NULL: not there */
	struct str unit;
	/* Of the section's members: all; host's; the one that becomes ours. */
	size_t count, hits, keep;
	struct buf name;	/* room for any key of old */
};

static struct str
before(struct str all, const char *p)
{
	return str_head(all, (size_t)(p - all.p));
}

static struct str
from(struct str all, const char *p)
{
	return str_skip(all, (size_t)(p - all.p));
}

static const char *
end(struct str s)
{
	return s.p + s.n;
}

/* Walk the members of box; m is zeroed for the first. */
static bool
next_member(struct json box, struct member *m)
{
	bool first = m->key.p == NULL;
	const char *start = first ? json_raw(box).p : end(m->tail);
	struct json key;
	struct str rest;

	if (first ? !json_first(box, &key, &m->item) :
	    !json_next(box, &key, &m->item))
		return false;
	m->key = json_raw(key);
	m->value = json_raw(m->item);
	/* start is at the '{' or ','. */
	m->lead = from(before(box.text, m->key.p), start + 1);
	m->colon = from(before(box.text, m->value.p), end(m->key));
	rest = from(box.text, end(m->value));
	m->tail = before(rest, str_trim(rest).p);
	return true;
}

static struct style
style_of(const struct member *m, struct str unit)
{
	struct style st = { .nl = S("\n"), .unit = unit, .colon = m->colon };
	struct str above;

	st.pretty = str_cut_last(m->lead, '\n', &above, &st.indent);
	if (str_ends(above, S("\r")))
		st.nl = S("\r\n");
	if (str_has(st.colon, '\n'))
		st.colon = S(": ");
	return st;
}

static void
line(struct buf *b, const struct style *st, int deeper)
{
	if (!st->pretty)
		return;
	buf_add(b, st->nl);
	buf_add(b, st->indent);
	while (deeper-- > 0)
		buf_add(b, st->unit);
}

/* What follows a comma that the file has not got yet. */
static void
gap(struct buf *b, const struct style *st)
{
	line(b, st, 0);
	if (!st->pretty && str_ends(st->colon, S(" ")))
		buf_char(b, ' ');
}

/* "host": {"field": "value"}, its key deeper levels below st. */
static void
put_entry(struct buf *b, const struct edit *ed, const struct style *st,
    int deeper)
{
	const struct docker_entry *entry = ed->entry;

	json_quote(b, entry->host);
	buf_add(b, st->colon);
	if (entry->field.n) {
		buf_char(b, '{');
		line(b, st, deeper + 1);
		json_quote(b, entry->field);
		buf_add(b, st->colon);
	}
	json_quote(b, entry->value);
	if (entry->field.n) {
		line(b, st, deeper);
		buf_char(b, '}');
	}
}

/* The value of the section with nothing but the entry. */
static void
put_section(struct buf *b, const struct edit *ed, const struct style *st,
    int deeper)
{
	buf_char(b, '{');
	line(b, st, deeper + 1);
	put_entry(b, ed, st, deeper + 1);
	line(b, st, deeper);
	buf_char(b, '}');
}

static void
put_file(struct buf *b, const struct edit *ed)
{
	buf_char(b, '{');
	line(b, &fresh, 1);
	json_quote(b, ed->entry->section);
	buf_add(b, fresh.colon);
	put_section(b, ed, &fresh, 1);
	line(b, &fresh, 0);
	buf_char(b, '}');
}

static bool
is_key(struct str key, struct str name)
{
	return json_text_is(str_head(str_skip(key, 1), key.n - 2), name);
}

/* Does docker's ConvertToHostname make host of the URL name? It does of
 * "host/path" too, but that is left alone: in containers' files it is an
 * entry of its own, for a part of the registry.
 */
static bool
is_twin(struct str name, struct str host)
{
	struct str path;

	if (str_starts(name, S("https://")))
		name = str_skip(name, 8);
	else if (str_starts(name, S("http://")))
		name = str_skip(name, 7);
	else
		return false;
	str_cut(name, '/', &name, &path);
	return str_eq(name, host);
}

enum whose { OTHERS, TWIN, EXACT };

static enum whose
whose(struct edit *ed, struct str key)
{
	if (is_key(key, ed->entry->host))
		return EXACT;
	if (!ed->entry->urls)
		return OTHERS;
	ed->name.n = 0;
	json_text_add(&ed->name, str_head(str_skip(key, 1), key.n - 2));
	return is_twin(buf_str(&ed->name), ed->entry->host) ? TWIN : OTHERS;
}

/* Of the entries for host keep its own, else the first twin. */
static void
choose(struct edit *ed)
{
	struct member m = { 0 };

	for (; next_member(ed->section.item, &m); ed->count++) {
		enum whose w = whose(ed, m.key);

		if (w == OTHERS)
			continue;
		if (w == EXACT || ed->keep == NONE)
			ed->keep = ed->count;
		ed->hits++;
	}
}

/* The section, which has members, without those for host, and with the new
 * entry if there is one: in the old one's place, else at the end.
 */
static void
put_members(struct buf *b, struct edit *ed)
{
	struct member m = { 0 };
	struct str first = { NULL, 0 }, tail = { NULL, 0 };
	struct style st = fresh;
	bool any = false;

	buf_char(b, '{');
	for (size_t i = 0; next_member(ed->section.item, &m); i++) {
		bool here = ed->adding && i == ed->keep;

		if (i == 0)
			first = m.lead;
		if (!here && whose(ed, m.key) != OTHERS)
			continue;
		if (any) {
			buf_add(b, tail);
			buf_char(b, ',');
		} else {
			m.lead = first;	/* those before it may be gone */
		}
		buf_add(b, m.lead);
		st = style_of(&m, ed->unit);
		if (here)
			put_entry(b, ed, &st, 0);
		else
			buf_add(b, from(before(ed->old, end(m.value)),
			    m.key.p));
		tail = m.tail;
		any = true;
	}
	if (ed->adding && ed->keep == NONE) {
		buf_char(b, ',');
		gap(b, &st);
		put_entry(b, ed, &st, 0);
	}
	/* What stood before the bracket stands there still. */
	if (any)
		buf_add(b, m.tail);
	buf_char(b, '}');
}

/* old with the section, which is there, written anew. */
static void
put_inside(struct buf *b, struct edit *ed)
{
	struct style st = style_of(&ed->section, ed->unit);
	struct member m = { 0 };

	buf_add(b, before(ed->old, ed->section.value.p));
	if (next_member(ed->section.item, &m))
		put_members(b, ed);
	else
		put_section(b, ed, &st, 0);
	buf_add(b, from(ed->old, end(ed->section.value)));
}

/* old without the section: to the file it is what host is to the section. */
static void
put_without(struct buf *b, const struct edit *ed)
{
	const struct docker_entry entry = { .host = ed->entry->section };
	struct edit up = *ed;

	up.entry = &entry;
	up.section.item = ed->root;
	up.section.value = json_raw(ed->root);
	put_inside(b, &up);
}

/* old, which is an object without the section, with it in front. */
static void
put_in_front(struct buf *b, const struct edit *ed)
{
	struct str object = json_raw(ed->root);
	struct member m = { 0 };
	struct style st;

	if (next_member(ed->root, &m)) {
		st = style_of(&m, ed->unit);
		buf_add(b, before(ed->old, m.key.p));
		json_quote(b, ed->entry->section);
		buf_add(b, st.colon);
		put_section(b, ed, &st, 0);
		buf_char(b, ',');
		gap(b, &st);
		buf_add(b, from(ed->old, m.key.p));
	} else {
		buf_add(b, before(ed->old, object.p));
		put_file(b, ed);
		buf_add(b, from(ed->old, end(object)));
	}
}

/* Read old, which is not blank, and find what there is for host. */
static bool
read_file(struct edit *ed, struct arena *a, struct err *e)
{
	struct member m = { 0 };

	if (!json_parse(ed->old, a, &ed->root, e))
		return false;
	if (json_kind(ed->root) != JSON_OBJECT)
		return err_set(e, ERR_REPLY, "json, but not an object");
	ed->name = arena_buf(a, ed->old.n);
	if (ed->name.full)
		return err_set(e, ERR_LIMIT, "out of memory: %zu bytes wanted",
		    ed->old.n);
	ed->keep = NONE;
	ed->unit = fresh.unit;
	for (size_t i = 0; next_member(ed->root, &m); i++) {
		struct style st = style_of(&m, fresh.unit);

		if (i == 0 && st.pretty)
			ed->unit = st.indent;
		if (is_key(m.key, ed->entry->section))
			ed->section = m;
	}
	if (!ed->section.key.p || json_kind(ed->section.item) == JSON_NULL)
		return true;
	if (json_kind(ed->section.item) != JSON_OBJECT)
		return err_set(e, ERR_REPLY, "'%.*s' is not an object",
		    STR_ARG(ed->entry->section));
	choose(ed);
	return true;
}

bool
docker_edit_put(struct str old, const struct docker_entry *entry,
    struct arena *a, struct str *now, struct err *e)
{
	struct edit ed = { .old = old, .entry = entry, .adding = true };
	bool blank = str_trim(old).n == 0;
	struct str made;
	struct buf b;

	if (!blank && !read_file(&ed, a, e))
		return err_in(e, "file left as it was");
	b = arena_buf(a, 0);
	if (blank)
		put_file(&b, &ed);
	else if (ed.section.key.p)
		put_inside(&b, &ed);
	else
		put_in_front(&b, &ed);
	/* The check is for a host that is not text; then nothing is written. */
	if (!arena_keep(a, &b, &made, e) || !json_check(made, e))
		return err_in(e, "file left as it was");
	*now = made;
	return true;
}

bool
docker_edit_remove(struct str old, const struct docker_entry *entry,
    struct arena *a, struct str *now, bool *found, struct err *e)
{
	struct edit ed = { .old = old, .entry = entry };
	struct buf b;

	if (str_trim(old).n != 0 && !read_file(&ed, a, e))
		return err_in(e, "file left as it was");
	if (ed.hits == 0) {
		*now = old;
		*found = false;
		return true;
	}
	b = arena_buf(a, 0);
	if (entry->tidy && ed.hits == ed.count)
		put_without(&b, &ed);
	else
		put_inside(&b, &ed);
	if (!arena_keep(a, &b, now, e))
		return err_in(e, "file left as it was");
	*found = true;
	return true;
}
