#include "sink/password_file.h"

/* What a pattern is of, for messages. */
struct pattern {
	const char *what;
	struct str text;
};

/* One brace at the front of *rest is replaced. */
static bool
replace(struct str *rest, const struct registry *r, const struct pattern *of,
    struct buf *b, struct err *e)
{
	const struct {
		struct str name, value;
	} known[] = {
		{ S("{account}"), r->account },
		{ S("{region}"), r->region },
		{ S("{host}"), r->host },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!str_starts(*rest, known[i].name))
			continue;
		if (!known[i].value.n)
			return err_set(e, ERR_USAGE, "%s '%.*s': registry"
			    " '%.*s' has no %.*s; write {host}", of->what,
			    STR_ARG(of->text), STR_ARG(r->host),
			    (int)known[i].name.n - 2, known[i].name.p + 1);
		buf_add(b, known[i].value);
		*rest = str_skip(*rest, known[i].name.n);
		return true;
	}
	return err_set(e, ERR_USAGE, "%s '%.*s': in braces there may be"
	    " account, region or host", of->what, STR_ARG(of->text));
}

static bool
name_of(const struct pattern *of, const struct registry *r, struct arena *a,
    struct str *name, struct err *e)
{
	size_t mark = a->used;
	struct buf b = arena_buf(a, 0);
	struct str rest = of->text;

	while (rest.n) {
		if (rest.p[0] == '{' || rest.p[0] == '}') {
			if (!replace(&rest, r, of, &b, e)) {
				arena_trim(a, &b);
				arena_back(a, mark);
				return false;
			}
			continue;
		}
		buf_char(&b, rest.p[0]);
		rest = str_skip(rest, 1);
	}
	return arena_keep(a, &b, name, e);
}

static bool
alone(const struct pattern *of, const struct registry *registries,
    const struct str *names, size_t i, struct err *e)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(names[k], names[i]))
			return err_set(e, ERR_USAGE, "%s '%.*s': the same for"
			    " '%.*s' and '%.*s'; write {account} and {region},"
			    " or {host}, into it", of->what,
			    STR_ARG(of->text), STR_ARG(registries[k].host),
			    STR_ARG(registries[i].host));
	return true;
}

bool
password_file_names(const char *what, struct str pattern,
    const struct registry *registries, size_t count, struct arena *a,
    struct str **names, struct err *e)
{
	const struct pattern of = { what, pattern };
	size_t mark = a->used;
	struct str *all = arena_get(a, count * sizeof(*all));

	if (!all)
		return err_set(e, ERR_LIMIT, "%s '%.*s': out of memory", what,
		    STR_ARG(pattern));
	for (size_t i = 0; i < count; i++)
		if (!name_of(&of, &registries[i], a, &all[i], e) ||
		    !alone(&of, registries, all, i, e)) {
			arena_back(a, mark);
			return false;
		}
	*names = all;
	return true;
}

bool
password_file_paths(struct str pattern, const struct registry *registries,
    size_t count, struct arena *a, struct str **paths, struct err *e)
{
	if (!pattern.n || str_ends(pattern, S("/")))
		return err_set(e, ERR_USAGE, "password file '%.*s': the name"
		    " of a file is wanted", STR_ARG(pattern));
	return password_file_names("password file", pattern, registries,
	    count, a, paths, e);
}
