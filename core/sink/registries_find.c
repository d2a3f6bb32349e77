#include "sink/registries.h"

#include "aws/profile.h"

#define CONTAINERS "/.config/containers/registries.conf"
#define SYSTEM "/etc/containers/registries.conf"
#define OURS "99-ecrbox.conf"

/* What is not there sets nothing. */
static bool
absent(const struct err *why, struct err *e)
{
	if (why->kind == ERR_ABSENT)
		return true;
	*e = *why;
	return false;
}

/* Take over the list of the file at path if it sets one. */
static bool
look_at(const struct world *w, const char *path, struct arena *a,
    struct registries *r, bool *found, struct err *e)
{
	struct str text;
	struct err why;

	*found = false;
	if (!w->file(w->me, path, a, &text, &why))
		return absent(&why, e);
	if (!registries_read(text, &r->helpers, found, e))
		return err_in(e, "read '%s'", path);
	if (*found)
		r->file = path;
	return true;
}

static bool
join(const char *dir, struct str name, struct arena *a, const char **path,
    struct err *e)
{
	struct buf b = arena_buf(a, PATH_MAX_BYTES);
	struct str whole;

	buf_add(&b, str_of(dir));
	buf_char(&b, '/');
	buf_add(&b, name);
	buf_char(&b, '\0');
	*path = b.p;
	return arena_keep(a, &b, &whole, e);
}

/* Drop-ins are read in the order of their names, so *last is the one that
 * counts; empty: none sets the list.
 */
static bool
look_into(const struct world *w, const char *dir, struct arena *a,
    struct registries *r, struct str *last, struct err *e)
{
	struct str *names;
	size_t count;
	struct err why;

	*last = S("");
	if (!w->list(w->me, dir, a, &names, &count, &why))
		return absent(&why, e);
	for (size_t i = 0; i < count; i++) {
		const char *path;
		bool found;

		if (!str_ends(names[i], S(".conf")) ||
		    str_eq(names[i], S(OURS)) || str_cmp(names[i], *last) < 0)
			continue;
		if (!join(dir, names[i], a, &path, e) ||
		    !look_at(w, path, a, r, &found, e))
			return false;
		if (found)
			*last = names[i];
	}
	return true;
}

/* A user's registries.conf replaces the system's and its drop-ins; the user's
 * drop-ins are read last in any case. XDG_CONFIG_HOME is not asked: the tools
 * of today do not.
 */
bool
registries_find(const struct world *w, struct arena *a,
    struct registries *r, struct err *e)
{
	struct str named = world_env(w, "CONTAINERS_REGISTRIES_CONF");
	const char *user, *dir;
	struct str text, last;
	struct err why;
	bool found, own;

	*r = (struct registries){ .file = NULL };
	if (!profile_path(w, S("~" CONTAINERS), a, &user, e) ||
	    !profile_path(w, S("~" CONTAINERS ".d"), a, &dir, e) ||
	    !join(dir, S(OURS), a, &r->drop_in, e))
		return false;
	own = !named.n && (w->file(w->me, user, a, &text, &why) ||
	    why.kind != ERR_ABSENT);
	if (!look_at(w, named.n ? named.p : own ? user : SYSTEM, a, r, &found,
	    e) ||
	    (!own && !look_into(w, SYSTEM ".d", a, r, &last, e)) ||
	    !look_into(w, dir, a, r, &last, e))
		return false;
	r->after = str_cmp(last, S(OURS)) > 0;
	return r->helpers.count ||
	    helper_list_add(&r->helpers, S("containers-auth.json"), e);
}

void
registries_needs(const struct world *w, struct arena *a,
    struct sandbox_needs *n)
{
	struct str named = world_env(w, "CONTAINERS_REGISTRIES_CONF");
	const char *path;
	struct err ignored;

	sandbox_read(n, named.n ? named.p : SYSTEM);
	sandbox_read(n, SYSTEM ".d");
	if (profile_path(w, S("~" CONTAINERS), a, &path, &ignored))
		sandbox_read(n, path);
	if (profile_path(w, S("~" CONTAINERS ".d/" OURS), a, &path, &ignored))
		sandbox_write(n, path);
}
