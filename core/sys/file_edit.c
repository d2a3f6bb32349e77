#include "sys/file_target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/limits.h"
#include "sys/process.h"

#define LOCK_POLL_MS 20
#define TEMP_RANDOM 8	/* bytes */

/* *fd is -1 when there is no locking to be had here. */
static bool
lock_directory(const struct file_target *t, bool wait, int *fd, struct err *e)
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
write_stream(const struct file_target *t, struct str now, struct err *e)
{
	bool done;
	int fd = t->stream;

	if (fd < 0)
		fd = open(t->path, O_WRONLY | O_CLOEXEC | O_NOCTTY |
		    O_NOFOLLOW);
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
write_in_place(const struct file_target *t, struct str now, struct err *e)
{
	bool done = false;
	int fd;

	fd = open(t->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
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

/* Content first, while only we may read it; then owner, then mode, whose
 * set-user-id bits were meant for the old content. *kept is false when the old
 * owner cannot be had.
 */
static bool
fill_temporary(const struct file_target *t, int fd, struct str now,
    const struct file_edit *how, bool *kept, struct err *e)
{
	bool keep = t->exists && !how->blind;

	*kept = true;
	if (!write_all(fd, now))
		return err_sys(e, "write '%s'", t->asked);
	if (keep && (t->st.st_uid != geteuid() ||
	    t->st.st_gid != getegid()) &&
	    fchown(fd, t->st.st_uid, t->st.st_gid) < 0) {
		*kept = false;
		return err_sys(e, "keep the owner of '%s'", t->asked);
	}
	if (fchmod(fd, keep ? t->st.st_mode & 0777 : how->mode) < 0 ||
	    fsync(fd) < 0)
		return err_sys(e, "write '%s'", t->asked);
	return true;
}

static bool
temporary_name(struct file_target *t, struct err *e)
{
	struct buf b = BUF(t->temp);
	char random[TEMP_RANDOM];

	if (!process_random(random, sizeof(random), e))
		return false;
	buf_add(&b, str_of(t->dir));
	buf_add(&b, S("/.ecrbox-"));
	buf_hex(&b, (struct str){ random, sizeof(random) });
	buf_char(&b, '\0');
	return !b.full || file_target_too_long(t->asked, e);
}

/* *in_place is set, with the cause in *e, when the file can be written but
 * not replaced: it is a mount point, its directory is closed to us, or its
 * owner would change.
 */
static bool
replace(struct file_target *t, struct str now, const struct file_edit *how,
    bool *in_place, struct err *e)
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
	done = fill_temporary(t, fd, now, how, &kept, e);
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

/* What is written in place may have to be put back. */
static bool
store_in_place(struct file_target *t, const struct file_edit *how,
    struct str now, struct arena *a, struct err *e)
{
	return (!how->blind || file_read(t->path, FILE_MAX, a, &t->old, e)) &&
	    write_in_place(t, now, e);
}

static bool
store(struct file_target *t, const struct file_edit *how, struct str now,
    int dir, struct arena *a, bool *in_place, struct err *e)
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
	if (replace(t, now, how, &must, &why)) {
		if (dir >= 0)
			(void)fsync(dir);
		return true;
	}
	if (!must) {
		*e = why;
		return false;
	}
	*in_place = true;
	return store_in_place(t, how, now, a, e);
}

/* Signals wait: one that ended us halfway would leave a temporary file with a
 * password in it, or half a file where it is written in place.
 */
static bool
store_whole(struct file_target *t, const struct file_edit *how,
    struct str now, int dir, struct arena *a, bool *in_place,
    struct err *e)
{
	sigset_t all, before;
	bool done;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	done = store(t, how, now, dir, a, in_place, e);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return done;
}

static bool
edit(struct file_target *t, const struct file_edit *how, struct arena *a,
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
	if (!file_target_look(t, e))
		goto out;
	if (t->exists && !how->blind &&
	    !file_read(t->path, FILE_MAX, a, &t->old, e))
		goto out;
	done = how->change(how->me, t->old, &now, e) &&
	    store_whole(t, how, now, dir, a, in_place, e);
out:
	if (dir >= 0)
		close(dir);	/* and so unlock */
	return done;
}

bool
file_edit(const char *path, const struct file_edit *how, struct arena *a,
    bool *in_place, struct err *e)
{
	struct file_target *t = arena_get(a, sizeof(*t));
	bool unused;

	if (!t)
		return err_set(e, ERR_LIMIT, "write '%s': out of memory",
		    path);
	if (!in_place)
		in_place = &unused;
	*in_place = false;
	return file_target_find(t, path, how, e) &&
	    edit(t, how, a, in_place, e);
}
