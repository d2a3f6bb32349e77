#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"

bool
write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		s = str_skip(s, (size_t)n);
	}
	return true;
}

/* One byte more than max is read, to tell a full file from a larger one. */
static bool
read_fd(int fd, const char *path, size_t max, struct arena *a,
    struct str *body, struct err *e)
{
	struct buf b = arena_buf(a, 0);
	size_t room = b.cap < max + 1 ? b.cap : max + 1;

	while (b.n < room) {
		size_t most = room - b.n;
		ssize_t n = read(fd, b.p + b.n, most < FILE_READ_BYTES ?
		    most : FILE_READ_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(e, "read '%s'", path);
			break;
		}
		if (n == 0)
			return arena_keep(a, &b, body, e);
		b.n += (size_t)n;
	}
	if (b.n == room)
		err_set(e, ERR_LIMIT, "read '%s': larger than %zu bytes", path,
		    room - (room > 0));
	/* The writer took all that was left: what it did not touch need not be
	 * wiped. One that got no room at all is not in the arena.
	 */
	if (b.cap)
		a->used = (size_t)(b.p - a->p) + b.n;
	return false;
}

bool
file_read(const char *path, size_t max, struct arena *a, struct str *body,
    struct err *e)
{
	size_t mark = a->used;
	bool done;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open '%s'", path);
	done = read_fd(fd, path, max, a, body, e);
	close(fd);
	if (!done) {
		arena_back(a, mark);
		return false;
	}
	/* An empty file is there; its view must not read as absent. */
	if (!body->p)
		*body = S("");
	return true;
}

/* Us, root, or who owns the root directory: in a user namespace, where root
 * outside is nobody, that is he.
 */
static bool
is_trusted(const struct stat *st)
{
	struct stat root;

	return st->st_uid == geteuid() || st->st_uid == 0 ||
	    (stat("/", &root) == 0 && st->st_uid == root.st_uid);
}

static bool
looked(int result, const char *at, struct err *e)
{
	return result == 0 || err_sys(e, "open '%s'", at);
}

/* Who has made a link can make it lead elsewhere. */
static bool
check_link(const char *path, const char *link, struct err *e)
{
	struct stat st;

	if (!looked(lstat(link, &st), link, e))
		return false;
	return !S_ISLNK(st.st_mode) || is_trusted(&st) || err_set(e,
	    ERR_DENIED, "read '%s': the symbolic link '%s' belongs to user %u,"
	    " neither to us nor to root", path, link, st.st_uid);
}

/* Who may write to a directory may put another file in place of the one there,
 * unless it is sticky, or mounted read-only as a volume is.
 */
static bool
check_directory(const char *path, const char *dir, struct err *e)
{
	struct statvfs fs;
	struct stat st;

	if (!check_link(path, dir, e) || !looked(stat(dir, &st), dir, e))
		return false;
	if (statvfs(dir, &fs) == 0 && (fs.f_flag & ST_RDONLY))
		return true;
	if (!is_trusted(&st))
		return err_set(e, ERR_DENIED, "read '%s': the directory '%s'"
		    " belongs to user %u, neither to us nor to root", path,
		    dir, st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
		return err_set(e, ERR_DENIED, "read '%s': others can write to"
		    " the directory '%s'; chmod go-w would end that", path,
		    dir);
	return true;
}

/* Each directory that where, a name of the file, goes through. */
static bool
check_way(const char *path, char *where, struct err *e)
{
	for (char *p = where; *p; p++) {
		bool done;

		if (*p != '/')
			continue;
		*p = '\0';
		done = check_directory(path, p == where ? "/" : where, e);
		*p = '/';
		if (!done)
			return false;
	}
	return true;
}

/* The way as it was named: past a link, in whichever place, it is another. It
 * has room in copy, since access(2) takes no longer ones.
 */
static bool
check_name(const char *path, char *copy, struct err *e)
{
	struct buf b = { copy, 0, PATH_MAX, false };

	buf_add(&b, str_of(path));
	buf_char(&b, '\0');
	return check_link(path, path, e) && check_way(path, copy, e);
}

static bool
check_file(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (!looked(fstat(fd, &st), path, e))
		return false;
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_DENIED, "read '%s': not a regular file",
		    path);
	if (!is_trusted(&st))
		return err_set(e, ERR_DENIED, "read '%s': it belongs to user"
		    " %u, neither to us nor to root", path, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_DENIED, "read '%s': others can write it;"
		    " chmod go-w would end that", path);
	return true;
}

bool
file_read_own(const char *path, size_t max, struct arena *a,
    struct str *body, struct err *e)
{
	char real[PATH_MAX];
	size_t mark = a->used;
	bool done;
	int fd;

	/* Most people have no such file: one call tells, not many. */
	if (access(path, F_OK) < 0 || !realpath(path, real)) {
		bool hidden = errno == EACCES;

		err_sys(e, "open '%s'", path);
		/* Where we may not even look, there is nothing for us. */
		if (hidden)
			e->kind = ERR_ABSENT;
		return false;
	}
	/* Not to wait for whoever writes to a pipe. */
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "open '%s'", path);
	done = check_file(path, fd, e) && check_way(path, real, e) &&
	    check_name(path, real, e) &&
	    read_fd(fd, path, max, a, body, e);
	close(fd);
	if (!done) {
		arena_back(a, mark);
		return false;
	}
	if (!body->p)
		*body = S("");
	return true;
}

bool
file_written(const char *path, int64_t *written_s, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(e, "look at '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_SYS, "look at '%s': not a regular file",
		    path);
	*written_s = st.st_mtime;
	return true;
}
