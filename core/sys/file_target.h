/* file_target.h - which file an edit is about. For file_*.c only. */
#ifndef SYS_FILE_TARGET_H
#define SYS_FILE_TARGET_H

#include <sys/stat.h>

#include "base/limits.h"
#include "sys/file.h"

/* Once links are followed. */
struct file_target {
	const char *asked;	/* as the user said it */
	char path[PATH_MAX_BYTES];
	char dir[PATH_MAX_BYTES];
	char temp[PATH_MAX_BYTES];	/* in dir, beside path */
	int stream;		/* already open descriptor, or -1 */
	bool exists, regular;
	struct stat st;		/* when it exists */
	struct str old;
};

/* Find it: follow links, make directories as how says. ERR_SYS also for what
 * another user has put into a directory that all may write to.
 */
MUST_USE bool file_target_find(struct file_target *t, const char *path,
    const struct file_edit *how, struct err *e);

/* Look again at what is there, once the lock is had. */
MUST_USE bool file_target_look(struct file_target *t, struct err *e);

/* ERR_LIMIT */
bool file_target_too_long(const char *path, struct err *e);

#endif
