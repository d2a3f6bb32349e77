#include "base/limits.h"
#include "sink/docker.h"
#include "sink/password_file.h"
#include "sink/sink_kinds.h"
#include "sink/tarball.h"

bool
sink_file_check(const struct sink *s, size_t registries, struct err *e)
{
	if (!s->target.n)
		return err_set(e, ERR_USAGE, "write '': the name of a file is"
		    " wanted");
	if (s->kind != SINK_TARBALL && str_ends(s->target, S("/")))
		return err_set(e, ERR_USAGE, "write '%.*s': the name of a file"
		    " is wanted, not of a directory", STR_ARG(s->target));
	return s->kind != SINK_PASSWORD_FILE || sink_pattern_check(
	    "password file", s->target, registries, e);
}

/* Only a directory can be listed. */
bool
sink_is_directory(const struct world *w, struct str path, struct arena *a,
    bool *directory, struct err *e)
{
	size_t mark = a->used, count;
	struct str *names;
	struct err why;
	const char *z;

	if (!arena_z(a, path, &z, e))
		return false;
	*directory = w->list(w->me, z, a, &names, &count, &why);
	if (!*directory && why.kind != ERR_ABSENT) {
		*e = why;
		return err_in(e, "file location");
	}
	arena_back(a, mark);
	return true;
}

static bool
locate(const struct world *w, const struct sink *s, struct arena *a,
    struct tarball_paths *paths, struct err *e)
{
	bool directory;

	return sink_is_directory(w, s->target, a, &directory, e) &&
	    tarball_paths(s->target, directory, a, paths, e);
}

static bool
tarball_both(const struct world *w, const struct sink *s, struct arena *a,
    struct str **paths, size_t *count, struct err *e)
{
	struct tarball_paths both;
	struct str *all;

	if (!locate(w, s, a, &both, e))
		return false;
	all = arena_get(a, 2 * sizeof(*all));
	if (!all)
		return err_set(e, ERR_LIMIT, "out of memory");
	all[0] = both.archive;
	all[1] = both.config;
	*paths = all;
	*count = both.config.n ? 2 : 1;
	return true;
}

static bool
password_paths(const struct sink *s, const struct format_entry *entries,
    size_t count, struct arena *a, struct str **paths, struct err *e)
{
	struct registry *registries;

	return sink_registries(entries, count, a, &registries, e) &&
	    password_file_paths(s->target, registries, count, a, paths, e);
}

bool
sink_file_paths(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, struct arena *a,
    struct str **paths, size_t *path_count, struct err *e)
{
	struct str *one;

	if (s->kind == SINK_TARBALL)
		return tarball_both(w, s, a, paths, path_count, e);
	if (s->kind == SINK_PASSWORD_FILE && count) {
		*path_count = count;
		return password_paths(s, entries, count, a, paths, e);
	}
	if (s->kind == SINK_PASSWORD_FILE && str_has(s->target, '{'))
		return err_set(e, ERR_ABSENT, "password file '%.*s': which"
		    " files these are depends on registries",
		    STR_ARG(s->target));
	one = arena_get(a, sizeof(*one));
	if (!one)
		return err_set(e, ERR_LIMIT, "out of memory");
	*one = s->target;
	*paths = one;
	*path_count = 1;
	return true;
}

/* What an edit of the user's file puts there. */
struct entries {
	const struct sink_job *j;
	const char **shadow;	/* of each: why docker will not look at it */
};

static bool
put_entries(void *me, struct str old, struct str *now, struct err *e)
{
	const struct entries *entries = me;
	const struct sink_job *j = entries->j;

	for (size_t i = 0; i < j->count; i++) {
		if (!docker_put(old, j->entries[i].host, j->entries[i].auth,
		    j->a, now, &entries->shadow[i], e))
			return false;
		old = *now;
	}
	return true;
}

/* Into a file in which others have entries, too. */
static bool
write_entries(const struct sink_job *j, struct str target, unsigned mode,
    unsigned dir_mode, struct err *e)
{
	const char **shadow = arena_get(j->a, j->count * sizeof(*shadow));
	struct entries entries = { j, shadow };
	const struct file_edit how = {
		.change = put_entries, .me = &entries, .mode = mode,
		.dir_mode = dir_mode, .wait = true,
	};
	const char *path;

	if (!shadow)
		return err_set(e, ERR_LIMIT, "out of memory");
	if (!arena_z(j->a, target, &path, e))
		return false;
	if (!j->w->edit(j->w->me, path, &how, j->a, e))
		return err_in(e, "update '%s'", path);
	for (size_t i = 0; i < j->count; i++)
		if (shadow[i])
			world_warn(j->w, "docker will not use the entry of"
			    " '%.*s': '%s' in '%s' names a credential helper"
			    " for it", STR_ARG(j->entries[i].host), shadow[i],
			    path);
	return true;
}

static bool
put_all(void *me, struct str old, struct str *now, struct err *e)
{
	const struct str *all = me;

	(void)old;
	(void)e;
	*now = *all;
	return true;
}

/* A file of ours alone, which may take the place of anything. */
static bool
write_whole(const struct sink_job *j, struct str path, struct str text,
    unsigned mode, unsigned dir_mode, struct err *e)
{
	const struct file_edit how = {
		.change = put_all, .me = &text, .mode = mode,
		.dir_mode = dir_mode, .blind = true, .wait = true,
	};
	const char *z;

	return arena_z(j->a, path, &z, e) &&
	    j->w->edit(j->w->me, z, &how, j->a, e);
}

static bool
write_tarball(const struct sink_job *j, struct err *e)
{
	unsigned mode = j->s->mode ? j->s->mode : TARBALL_MODE, dir_mode;
	struct sink_tally tally = { .count = 0 };
	struct tarball_paths paths;
	struct str archive;
	struct err why;

	if (!locate(j->w, j->s, j->a, &paths, e) || !tarball_write(j->entries,
	    j->count, mode, j->got_s, j->a, &archive, e))
		return false;
	/* Who may read may search. Only what is named as a directory is made
	 * when it is not there.
	 */
	dir_mode = paths.config.n ? 0100 | mode | (mode & 0444) >> 2 : 0;
	if (paths.config.n)
		sink_tally(&tally, write_entries(j, paths.config, mode,
		    dir_mode, &why) ? NULL : &why);
	sink_tally(&tally, write_whole(j, paths.archive, archive, mode,
	    dir_mode, &why) ? NULL : &why);
	return sink_tallied(&tally, "files", e);
}

static bool
write_dockercfg(const struct sink_job *j, struct err *e)
{
	struct buf b = arena_buf(j->a, 0);
	struct str text;

	if (!format_write(FORMAT_DOCKERCFG, j->entries, j->count, &b, e)) {
		arena_trim(j->a, &b);
		return false;
	}
	return arena_keep(j->a, &b, &text, e) &&
	    write_whole(j, j->s->target, text, 0600, 0, e);
}

static bool
write_passwords(const struct sink_job *j, struct err *e)
{
	struct sink_tally tally = { .count = 0 };
	struct str *paths;
	struct err why;

	if (!password_paths(j->s, j->entries, j->count, j->a, &paths, e))
		return false;
	for (size_t i = 0; i < j->count; i++)
		sink_tally(&tally, write_whole(j, paths[i],
		    j->entries[i].password, 0600, 0, &why) ? NULL : &why);
	return sink_tallied(&tally, "password files", e);
}

bool
sink_file_write(const struct sink_job *j, struct err *e)
{
	switch (j->s->kind) {
	case SINK_AUTH_FILE:
		return write_entries(j, j->s->target, 0600, 0700, e);
	case SINK_TARBALL:
		return write_tarball(j, e);
	case SINK_DOCKERCFG:
		return write_dockercfg(j, e);
	default:
		return write_passwords(j, e);
	}
}
