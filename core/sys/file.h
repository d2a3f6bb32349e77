/* file.h - files read whole and replaced atomically. */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* All of the file at path, at most max bytes, read into a. Regular files,
 * pipes and devices alike. ERR_ABSENT when it does not exist (ENOENT,
 * ENOTDIR), ERR_LIMIT when it is larger, else ERR_SYS.
 */
MUST_USE bool file_read(const char *path, size_t max, struct arena *a,
    struct str *body, struct err *e);

/* The same, but ERR_DENIED unless the file is regular, belongs to us or to
 * root, and only its owner may write it; and unless the same is true of the
 * directories that lead to it (or they are sticky, or mounted read-only), with
 * links resolved and as path names them, and links on that way belong to us or
 * to root: who may write there chooses the file. ERR_ABSENT also when a
 * directory on the way may not be searched.
 */
MUST_USE bool file_read_own(const char *path, size_t max, struct arena *a,
    struct str *body, struct err *e);

/* When the file at path was written last, in seconds since 1970; links are
 * followed. ERR_ABSENT when it does not exist; ERR_SYS, also when it is none
 * that could be read again later, such as a pipe.
 */
MUST_USE bool file_written(const char *path, int64_t *written_s,
    struct err *e);

/* How one file is changed. change is called once, under the lock, with the
 * file's present bytes (old->p == NULL when there is none); it points *now at
 * the new ones, which must live until file_edit returns. now->p == NULL
 * removes the file. False gives the edit up; the file is left as it was.
 */
struct file_edit {
	bool (*change)(void *me, struct str old, struct str *now,
	    struct err *e);
	void *me;
	mode_t mode;	/* of a new file; an old one keeps permissions and
			   owner, unless blind */
	mode_t dir_mode;	/* of directories that have to be made; 0: none */
	bool blind;	/* whatever was there: old is always absent, and the
			   file is a new one */
	bool wait;	/* wait for another's lock up to LOCK_MS; else go on
			   without one */
};

/* Change the file at path, following symbolic links. The new bytes go to a
 * temporary file in the same directory, are synced, and renamed over the old.
 * A target that is no regular file (a pipe, /dev/stdout) is written to, never
 * renamed over. Where rename gives EBUSY (the file is a mount point) the file
 * is written in place, and *in_place is set so that the caller can warn;
 * in_place may be NULL. The lock is flock(2) on the directory, so it leaves
 * nothing behind; a file system without locks is used without.
 * In a sticky directory where all may make files, another user's links are not
 * followed and his files not touched (ERR_SYS). Signals wait while the
 * temporary file is there.
 * The old bytes and what change allocates live in a.
 */
MUST_USE bool file_edit(const char *path, const struct file_edit *how,
    struct arena *a, bool *in_place, struct err *e);

/* What file_edit would write beneath, as a sandbox (sys/sandbox.h) has to know
 * it before: the nearest directory that is there of those that lead to the
 * file, with links followed, since the others are made; the file itself where
 * it is no regular one; the directory at path, if it is one. In a. NULL: it
 * needs nothing (a descriptor of ours, like /dev/stdout), or cannot be told,
 * and then file_edit will say why.
 */
const char *file_edit_root(const char *path, struct arena *a);

/* Names of the entries in the directory at path but "." and "..", in no order,
 * in a; past the first max they are left out. ERR_ABSENT when it does not
 * exist, else ERR_SYS.
 */
MUST_USE bool file_list(const char *path, size_t max, struct arena *a,
    struct str **names, size_t *count, struct err *e);

/* Write all of s to fd, through EINTR and short writes. errno is set. */
MUST_USE bool write_all(int fd, struct str s);

#endif
