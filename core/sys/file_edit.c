#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/limits.h"
#include "sys/process.h"

#define LINKS_MAX 40	/* Linux's own limit, path_resolution(7) */
#define LOCK_POLL_MS 20
#define TEMP_RANDOM 8	/* bytes */

/* The file that an edit is about, once links are followed. */
struct target {
	const char *asked;	/* as the user said it */
	char path[PATH_MAX_BYTES];
	char dir[PATH_MAX_BYTES];
	char temp[PATH_MAX_BYTES];	/* in dir, beside path */
	int stream;		/* already open descriptor, or -1 */
	bool exists, regular;
	struct stat st;		/* when it exists */
	struct str old;
};

static bool
too_long(const char *path, struct err *e)
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
step_through(struct target *t, struct str link, struct err *e)
{
	struct buf b = BUF(t->path);

	if (!str_starts(link, S("/"))) {
		buf_add(&b, str_of(t->dir));
		buf_char(&b, '/');
	}
	buf_add(&b, link);
	buf_char(&b, '\0');
	return !b.full || too_long(t->asked, e);
}

static bool
follow_links(struct target *t, struct err *e)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n;

		if (own_descriptor(t->path, &t->stream))
			return true;
		if (!directory_of(t->path, t->dir, sizeof(t->dir)))
			return too_long(t->asked, e);
		n = readlink(t->path, t->temp, sizeof(t->temp));
		if (n < 0)
			return true;	/* no link, or not there at all */
		if ((size_t)n == sizeof(t->temp))
			return too_long(t->asked, e);
		if (!step_through(t, (struct str){ t->temp, (size_t)n }, e))
			return false;
	}
	errno = ELOOP;
	return err_sys(e, "open '%s'", t->asked);
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
		if (mkdir(dir, mode) < 0 && errno != EEXIST &&
		    access(dir, F_OK) < 0)
			return err_sys(e, "make directory '%s'", dir);
		dir[i] = end;
	}
	return true;
}

static bool
find_target(struct target *t, const char *path, const struct file_edit *how,
    struct err *e)
{
	struct buf b = BUF(t->path);

	t->asked = path;
	t->stream = -1;
	buf_add(&b, str_of(path));
	buf_char(&b, '\0');
	if (b.full)
		return too_long(path, e);
	if (!follow_links(t, e))
		return false;
	if (t->stream >= 0)
		return true;
	if (how->dir_mode && !make_directories(t->dir, how->dir_mode, e))
		return false;
	t->exists = stat(t->path, &t->st) == 0;
	if (!t->exists && errno != ENOENT)
		return err_sys(e, "open '%s'", path);
	t->regular = t->exists && S_ISREG(t->st.st_mode);
	if (t->exists && S_ISDIR(t->st.st_mode)) {
		errno = EISDIR;
		return err_sys(e, "write '%s'", path);
	}
	return true;
}

/* *fd is -1 when there is no locking to be had here. */
static bool
lock_directory(const struct target *t, bool wait, int *fd, struct err *e)
{
	int64_t end = process_clock_ms() + LOCK_MS;

	*fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return true;
	while (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || !wait)
			return true;
		if (process_clock_ms() >= end)
			return err_set(e, ERR_SYS, "lock '%s': another process"
			    " has kept it for %d s", t->dir, LOCK_MS / 1000);
		process_sleep_ms(LOCK_POLL_MS);
	}
	return true;
}

static bool
write_stream(const struct target *t, struct str now, struct err *e)
{
	bool done;
	int fd = t->stream;

	if (fd < 0)
		fd = open(t->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, "open '%s'", t->asked);
	done = write_all(fd, now);
	if (!done)
		err_sys(e, "write '%s'", t->asked);
	if (fd != t->stream && close(fd) < 0 && done)
		return err_sys(e, "write '%s'", t->asked);
	return done;
}

/* Write now over old in the same file; if that fails, put old back, as far as
 * the file system lets us.
 */
static bool
write_in_place(const struct target *t, struct str now, struct err *e)
{
	bool done = false;
	int fd;

	fd = open(t->path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "write '%s'", t->asked);
	if (!write_all(fd, now) || ftruncate(fd, (off_t)now.n) < 0 ||
	    fsync(fd) < 0) {
		err_sys(e, "write '%s'", t->asked);
		if (lseek(fd, 0, SEEK_SET) < 0 || !write_all(fd, t->old) ||
		    ftruncate(fd, (off_t)t->old.n) < 0)
			err_in(e, "old content lost");
	} else {
		done = true;
	}
	close(fd);
	return done;
}

/* Content first, while only we may read it; then owner, then mode. *kept is
 * false when the old owner cannot be had.
 */
static bool
fill_temporary(const struct target *t, int fd, struct str now, mode_t mode,
    bool *kept, struct err *e)
{
	*kept = true;
	if (!write_all(fd, now))
		return err_sys(e, "write '%s'", t->asked);
	if (t->exists && (t->st.st_uid != geteuid() ||
	    t->st.st_gid != getegid()) &&
	    fchown(fd, t->st.st_uid, t->st.st_gid) < 0) {
		*kept = false;
		return err_sys(e, "keep the owner of '%s'", t->asked);
	}
	if (fchmod(fd, t->exists ? t->st.st_mode & 07777 : mode) < 0 ||
	    fsync(fd) < 0)
		return err_sys(e, "write '%s'", t->asked);
	return true;
}

static bool
temporary_name(struct target *t, struct err *e)
{
	struct buf b = BUF(t->temp);
	char random[TEMP_RANDOM];

	if (!process_random(random, sizeof(random), e))
		return false;
	buf_add(&b, str_of(t->dir));
	buf_add(&b, S("/.ecrbox-"));
	buf_hex(&b, (struct str){ random, sizeof(random) });
	buf_char(&b, '\0');
	return !b.full || too_long(t->asked, e);
}

/* *in_place is set, with the cause in *e, when the file can be written but
 * not replaced: it is a mount point, its directory is closed to us, or its
 * owner would change.
 */
static bool
replace(struct target *t, struct str now, mode_t mode, bool *in_place,
    struct err *e)
{
	bool kept, done;
	int fd;

	if (!temporary_name(t, e))
		return false;
	fd = open(t->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0) {
		*in_place = t->exists && (errno == EROFS || errno == EACCES ||
		    errno == EPERM);
		return err_sys(e, "write '%s'", t->asked);
	}
	done = fill_temporary(t, fd, now, mode, &kept, e);
	*in_place = !kept;
	close(fd);
	if (done && rename(t->temp, t->path) < 0) {
		*in_place = t->exists && errno == EBUSY;
		done = err_sys(e, "replace '%s'", t->asked);
	}
	if (!done)
		(void)unlink(t->temp);
	return done;
}

static bool
store(struct target *t, const struct file_edit *how, struct str now,
    int dir, bool *in_place, struct err *e)
{
	struct err why;
	bool must = false;

	if (!now.p) {
		if (t->exists && unlink(t->path) < 0 && errno != ENOENT)
			return err_sys(e, "remove '%s'", t->asked);
		return true;
	}
	if (!how->blind && t->exists && str_eq(now, t->old))
		return true;
	if (replace(t, now, how->mode, &must, &why)) {
		if (dir >= 0)
			(void)fsync(dir);
		return true;
	}
	if (!must) {
		*e = why;
		return false;
	}
	*in_place = true;
	return write_in_place(t, now, e);
}

static bool
edit(struct target *t, const struct file_edit *how, struct arena *a,
    bool *in_place, struct err *e)
{
	struct str now = { NULL, 0 };
	bool done = false;
	int dir = -1;

	if (t->stream >= 0 || (t->exists && !t->regular))
		return how->change(how->me, t->old, &now, e) &&
		    (!now.p || write_stream(t, now, e));
	if (!lock_directory(t, how->wait, &dir, e))
		goto out;
	/* Another may have made or replaced it while we waited. */
	t->exists = stat(t->path, &t->st) == 0;
	if (t->exists && !how->blind &&
	    !file_read(t->path, FILE_MAX, a, &t->old, e))
		goto out;
	done = how->change(how->me, t->old, &now, e) &&
	    store(t, how, now, dir, in_place, e);
out:
	if (dir >= 0)
		close(dir);	/* and so unlock */
	return done;
}

bool
file_edit(const char *path, const struct file_edit *how, struct arena *a,
    bool *in_place, struct err *e)
{
	struct target *t = arena_get(a, sizeof(*t));
	bool unused;

	if (!t)
		return err_set(e, ERR_LIMIT, "write '%s': out of memory",
		    path);
	if (!in_place)
		in_place = &unused;
	*in_place = false;
	return find_target(t, path, how, e) && edit(t, how, a, in_place, e);
}
