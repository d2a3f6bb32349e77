#include "sink/password_file.h"

/* One brace at the front of *rest is replaced. */
static bool
replace(struct str *rest, const struct registry *r, struct str pattern,
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
			return err_set(e, ERR_USAGE, "password file '%.*s':"
			    " registry '%.*s' has no %.*s; write {host}",
			    STR_ARG(pattern), STR_ARG(r->host),
			    (int)known[i].name.n - 2, known[i].name.p + 1);
		buf_add(b, known[i].value);
		*rest = str_skip(*rest, known[i].name.n);
		return true;
	}
	return err_set(e, ERR_USAGE, "password file '%.*s': in braces there"
	    " may be account, region or host", STR_ARG(pattern));
}

static bool
path_of(struct str pattern, const struct registry *r, struct arena *a,
    struct str *path, struct err *e)
{
	size_t mark = a->used;
	struct buf b = arena_buf(a, 0);
	struct str rest = pattern;

	while (rest.n) {
		if (rest.p[0] == '{' || rest.p[0] == '}') {
			if (!replace(&rest, r, pattern, &b, e)) {
				arena_trim(a, &b);
				arena_back(a, mark);
				return false;
			}
			continue;
		}
		buf_char(&b, rest.p[0]);
		rest = str_skip(rest, 1);
	}
	return arena_keep(a, &b, path, e);
}

static bool
alone(struct str pattern, const struct registry *registries,
    const struct str *paths, size_t i, struct err *e)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(paths[k], paths[i]))
			return err_set(e, ERR_USAGE, "password file '%.*s':"
			    " the same for '%.*s' and '%.*s'; write {account}"
			    " and {region}, or {host}, into it",
			    STR_ARG(pattern), STR_ARG(registries[k].host),
			    STR_ARG(registries[i].host));
	return true;
}

bool
password_file_paths(struct str pattern, const struct registry *registries,
    size_t count, struct arena *a, struct str **paths, struct err *e)
{
	size_t mark = a->used;
	struct str *all;

	if (!pattern.n || str_ends(pattern, S("/")))
		return err_set(e, ERR_USAGE, "password file '%.*s': the name"
		    " of a file is wanted", STR_ARG(pattern));
	all = arena_get(a, count * sizeof(*all));
	if (!all)
		return err_set(e, ERR_LIMIT, "password file '%.*s': out of"
		    " memory", STR_ARG(pattern));
	for (size_t i = 0; i < count; i++)
		if (!path_of(pattern, &registries[i], a, &all[i], e) ||
		    !alone(pattern, registries, all, i, e)) {
			arena_back(a, mark);
			return false;
		}
	*paths = all;
	return true;
}
