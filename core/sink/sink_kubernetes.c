#include "base/limits.h"
#include "sink/kubernetes.h"
#include "sink/sink_kinds.h"

/* The first word of *rest, which it takes off; empty: there is none. */
static struct str
next_word(struct str *rest)
{
	const struct str between = S(",; \t\r\n");
	size_t n = 0;
	struct str word;

	while (rest->n && str_has(between, rest->p[0]))
		*rest = str_skip(*rest, 1);
	while (n < rest->n && !str_has(between, rest->p[n]))
		n++;
	word = str_head(*rest, n);
	*rest = str_skip(*rest, n);
	return word;
}

static bool
is_glob(struct str word)
{
	return str_has(word, '*') || str_has(word, '?');
}

/* * is any text, ? any byte. What the last * took is tried from nothing up. */
static bool
fits(struct str pattern, struct str name)
{
	struct str behind = { NULL, 0 }, from = { NULL, 0 };

	while (name.n || pattern.n) {
		if (pattern.n && pattern.p[0] == '*') {
			pattern = str_skip(pattern, 1);
			behind = pattern;
			from = name;
		} else if (pattern.n && name.n && (pattern.p[0] == '?' ||
		    pattern.p[0] == name.p[0])) {
			pattern = str_skip(pattern, 1);
			name = str_skip(name, 1);
		} else if (from.n) {
			from = str_skip(from, 1);
			name = from;
			pattern = behind;
		} else {
			return false;
		}
	}
	return true;
}

static bool
fits_any(struct str list, struct str name)
{
	struct str word;

	while ((word = next_word(&list)).n)
		if (fits(word, name))
			return true;
	return false;
}

/* Is it in the list by its own name? */
static bool
listed(struct str list, struct str name)
{
	struct str word;

	while ((word = next_word(&list)).n)
		if (str_eq(word, name))
			return true;
	return false;
}

static bool
made_of_names(struct str s, struct str more)
{
	for (size_t i = 0; i < s.n; i++)
		if (!char_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !str_has(more, s.p[i]))
			return false;
	return true;
}

static bool
check_list(const char *what, struct str list, struct err *e)
{
	struct str word;

	while ((word = next_word(&list)).n)
		if (word.n > KUBERNETES_NAMESPACE_MAX ||
		    !made_of_names(word, S("-*?")))
			return err_set(e, ERR_USAGE, "%s '%.*s': in the name"
			    " of a namespace there are at most %u of a-z, 0-9"
			    " and -; * and ? stand for others", what,
			    STR_ARG(word), KUBERNETES_NAMESPACE_MAX);
	return true;
}

/* *own: no namespace is named, so it is ours. */
static struct str
name_in(struct str target, struct str *list, bool *own)
{
	struct str name;

	*own = !str_cut_last(target, '/', list, &name);
	return *own ? target : name;
}

bool
sink_kubernetes_check(const struct sink *s, struct err *e)
{
	struct str list, word, name;
	bool own;

	name = name_in(s->target, &list, &own);
	if (!name.n || name.n > KUBERNETES_NAME_MAX ||
	    !made_of_names(name, S("-.")))
		return err_set(e, ERR_USAGE, "kubernetes secret '%.*s': its"
		    " name is 1 to %u of a-z, 0-9, - and .", STR_ARG(name),
		    KUBERNETES_NAME_MAX);
	word = list;
	if (!own && !next_word(&word).n)
		return err_set(e, ERR_USAGE, "kubernetes secret '%.*s': no"
		    " namespace before the slash", STR_ARG(s->target));
	return (own || check_list("kubernetes namespace", list, e)) &&
	    check_list("excluded namespace", s->exclude, e);
}

/* What is to be done in each namespace. */
struct round {
	const struct sink_job *j;
	struct kubernetes k;
	struct kubernetes_secret secret;
	const struct kubernetes_entry *entries;
	struct sink_tally tally;
};

static void
write_in(struct round *r, struct str namespace)
{
	const struct sink_job *j = r->j;
	size_t mark = j->a->used;
	struct err why;
	bool done;

	if (fits_any(j->s->exclude, namespace))
		return;
	r->secret.namespace = namespace;
	done = kubernetes_write(j->w, &r->k, &r->secret, r->entries, j->count,
	    j->deadline, j->a, &why);
	sink_tally(&r->tally, done ? NULL : &why);
	arena_back(j->a, mark);
}

/* The namespaces that are named go first, whether they are there or not; then
 * those that fit a pattern.
 */
static bool
write_in_all(struct round *r, struct str list, struct err *e)
{
	struct str rest = list, word, *names;
	bool any_glob = false;
	size_t count;

	while ((word = next_word(&rest)).n) {
		struct str before = str_head(list, (size_t)(word.p - list.p));

		if (is_glob(word))
			any_glob = true;
		else if (!listed(before, word))
			write_in(r, word);
	}
	if (!any_glob)
		return true;
	if (!kubernetes_namespaces(r->j->w, &r->k, r->j->deadline, r->j->a,
	    &names, &count, e))
		return false;
	for (size_t i = 0; i < count; i++)
		if (fits_any(list, names[i]) && !listed(list, names[i]))
			write_in(r, names[i]);
	return true;
}

static bool
entries_of(const struct sink_job *j, const struct kubernetes_entry **entries,
    struct err *e)
{
	struct kubernetes_entry *all = arena_get(j->a,
	    j->count * sizeof(*all));

	if (!all)
		return err_set(e, ERR_LIMIT, "out of memory");
	for (size_t i = 0; i < j->count; i++) {
		all[i].host = j->entries[i].host;
		all[i].auth = j->entries[i].auth;
	}
	*entries = all;
	return true;
}

bool
sink_kubernetes_write(const struct sink_job *j, struct err *e)
{
	struct round r = { .j = j, .secret.adopt = j->s->adopt };
	struct err why;
	struct str list;
	bool own;

	r.secret.name = name_in(j->s->target, &list, &own);
	if (!kubernetes_here(j->w, j->a, &r.k, e) ||
	    !entries_of(j, &r.entries, e))
		return false;
	if (!write_in_all(&r, own ? r.k.namespace : list, &why))
		sink_tally(&r.tally, &why);
	if (!r.tally.count)
		return err_set(e, ERR_USAGE, "kubernetes secret '%.*s': there"
		    " is no such namespace, or all are excluded",
		    STR_ARG(j->s->target));
	return sink_tallied(&r.tally, "namespaces", e);
}
