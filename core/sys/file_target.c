#include "sys/file_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 40	/* Linux's own limit, path_resolution(7) */

bool
file_target_too_long(const char *path, struct err *e)
{
	return err_set(e, ERR_LIMIT, "path '%.60s...': longer than %u bytes",
	    path, PATH_MAX_BYTES - 1);
}

/* Directory part of path, "." when there is none. */
static bool
directory_of(const char *path, char *dir, size_t cap)
{
	struct buf b = { dir, 0, cap, false };
	struct str head, tail;

	if (!str_cut_last(str_of(path), '/', &head, &tail))
		head = S(".");
	else if (head.n == 0)
		head = S("/");
	buf_add(&b, head);
	buf_char(&b, '\0');
	return !b.full;
}

/* Is path a name for a descriptor of ours? /dev/stdout leads here. Writing
 * through the descriptor keeps its offset, which reopening would not.
 */
static bool
own_descriptor(const char *path, int *fd)
{
	static const struct str dirs[] = {
		S_INIT("/proc/self/fd/"), S_INIT("/dev/fd/"),
	};
	struct str s = str_of(path);
	uint64_t n;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (str_starts(s, dirs[i]) &&
		    str_u64(str_skip(s, dirs[i].n), INT_MAX, &n)) {
			*fd = (int)n;
			return true;
		}
	return false;
}

/* Put the link's text in place of the name it stands for. */
static bool
step_through(struct file_target *t, struct str link, struct err *e)
{
	struct buf b = BUF(t->path);

	if (!str_starts(link, S("/"))) {
		buf_add(&b, str_of(t->dir));
		buf_char(&b, '/');
	}
	buf_add(&b, link);
	buf_char(&b, '\0');
	return !b.full || file_target_too_long(t->asked, e);
}

/* What Linux refuses to open(2) (fs.protected_symlinks, protected_regular),
 * which readlink(2) and rename(2) know nothing of: in a sticky directory where
 * all may make files, those of another user are a trap. We would fill his file,
 * or leave him its owner.
 */
static bool
is_trap(const char *in, const struct stat *st)
{
	struct stat dir;

	return st->st_uid != geteuid() && stat(in, &dir) == 0 &&
	    (dir.st_mode & S_ISVTX) && (dir.st_mode & S_IWOTH) &&
	    st->st_uid != dir.st_uid && st->st_dev == dir.st_dev;
}

static bool
check_owner(const struct file_target *t, const struct stat *st, struct err *e)
{
	return !is_trap(t->dir, st) || err_set(e, ERR_SYS, "write '%s': it is"
	    " another user's, in a directory where all may make files",
	    t->asked);
}

/* What another link may stand in place of a moment later is looked at and read
 * by one descriptor. False: no link, or not there at all.
 */
static bool
read_link(struct file_target *t, ssize_t *n)
{
	int fd = open(t->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	*n = fstat(fd, &t->st) == 0 && S_ISLNK(t->st.st_mode) ?
	    readlinkat(fd, "", t->temp, sizeof(t->temp)) : -1;
	close(fd);
	return *n >= 0;
}

static bool
follow_links(struct file_target *t, struct err *e)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n;

		if (own_descriptor(t->path, &t->stream))
			return true;
		if (!directory_of(t->path, t->dir, sizeof(t->dir)))
			return file_target_too_long(t->asked, e);
		if (!read_link(t, &n))
			return true;
		if (!check_owner(t, &t->st, e))
			return false;
		if ((size_t)n == sizeof(t->temp))
			return file_target_too_long(t->asked, e);
		if (!step_through(t, (struct str){ t->temp, (size_t)n }, e))
			return false;
	}
	errno = ELOOP;
	return err_sys(e, "open '%s'", t->asked);
}

/* That it is there already need not be the first reason not to make it. */
static bool
make_directory(const char *dir, mode_t mode)
{
	int why;

	if (mkdir(dir, mode) == 0 || errno == EEXIST)
		return true;
	why = errno;
	if (access(dir, F_OK) == 0)
		return true;
	errno = why;
	return false;
}

/* Each directory on the way to dir, from the top; dir is whole again after. */
static bool
make_directories(char *dir, mode_t mode, struct err *e)
{
	size_t n = strlen(dir);

	for (size_t i = 1; i <= n; i++) {
		char end = dir[i];

		if (end != '/' && end != '\0')
			continue;
		dir[i] = '\0';
		if (!make_directory(dir, mode))
			return err_sys(e, "make directory '%s'", dir);
		dir[i] = end;
	}
	return true;
}

bool
file_target_look(struct file_target *t, struct err *e)
{
	t->exists = lstat(t->path, &t->st) == 0;
	/* All links have been followed: this one is new. */
	if (t->exists && S_ISLNK(t->st.st_mode)) {
		t->exists = false;
		errno = ELOOP;
	}
	if (!t->exists && errno != ENOENT)
		return err_sys(e, "open '%s'", t->asked);
	t->regular = t->exists && S_ISREG(t->st.st_mode);
	if (t->exists && S_ISDIR(t->st.st_mode)) {
		errno = EISDIR;
		return err_sys(e, "write '%s'", t->asked);
	}
	return !t->exists || check_owner(t, &t->st, e);
}

/* Is the directory itself a trap, which waited for us to make it? */
static bool
check_made(struct file_target *t, struct err *e)
{
	struct stat st;

	return !directory_of(t->dir, t->temp, sizeof(t->temp)) ||
	    lstat(t->dir, &st) < 0 || !is_trap(t->temp, &st) || err_set(e,
	    ERR_SYS, "write '%s': '%s' is another user's, in a directory where"
	    " all may make files", t->asked, t->dir);
}

static bool
name(struct file_target *t, const char *path, struct err *e)
{
	struct buf b = BUF(t->path);

	t->asked = path;
	t->stream = -1;
	buf_add(&b, str_of(path));
	buf_char(&b, '\0');
	return !b.full || file_target_too_long(path, e);
}

bool
file_target_find(struct file_target *t, const char *path,
    const struct file_edit *how, struct err *e)
{
	if (!name(t, path, e) || !follow_links(t, e))
		return false;
	if (t->stream >= 0)
		return true;
	if (how->dir_mode && (!make_directories(t->dir, how->dir_mode, e) ||
	    !check_made(t, e)))
		return false;
	return file_target_look(t, e);
}

static const char *
root_of(struct file_target *t)
{
	if (stat(t->path, &t->st) == 0 && !S_ISREG(t->st.st_mode))
		return t->path;
	while (stat(t->dir, &t->st) < 0) {
		if (errno != ENOENT)
			return NULL;
		memcpy(t->temp, t->dir, sizeof(t->temp));
		(void)directory_of(t->temp, t->dir, sizeof(t->dir));
	}
	return S_ISDIR(t->st.st_mode) ? t->dir : NULL;
}

const char *
file_edit_root(const char *path, struct arena *a)
{
	size_t mark = a->used, n;
	struct file_target *t = arena_get(a, sizeof(*t));
	const char *root = NULL;
	struct err ignored;

	if (t && name(t, path, &ignored) && follow_links(t, &ignored) &&
	    t->stream < 0)
		root = root_of(t);
	if (!root) {
		arena_back(a, mark);
		return NULL;
	}
	/* All but the answer is given back. */
	n = strlen(root) + 1;
	root = memmove(t, root, n);
	arena_back(a, (size_t)(root - a->p) + n);
	return root;
}
