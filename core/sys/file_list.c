#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#define BLOCK 2048	/* bytes asked for at once; a name needs 280 */

struct listing {
	struct str *names;
	size_t count, max;
};

static bool
dots(struct str name)
{
	return str_eq(name, S(".")) || str_eq(name, S(".."));
}

/* The names in one block of records (getdents64(2)). */
static bool
take_block(struct listing *l, const char *block, size_t n, struct arena *a,
    struct err *e)
{
	const struct dirent64 *entry;

	for (size_t at = 0; at < n && l->count < l->max;
	    at += entry->d_reclen) {
		struct str name;

		entry = (const void *)(block + at);
		name = str_of(entry->d_name);
		if (!dots(name) &&
		    !arena_copy(a, name, &l->names[l->count++], e))
			return false;
	}
	return true;
}

/* By the system call: opendir(3) would bring malloc with it. */
static bool
read_directory(int fd, const char *path, struct listing *l, struct arena *a,
    struct err *e)
{
	_Alignas(struct dirent64) char block[BLOCK];

	while (l->count < l->max) {
		ssize_t n = getdents64(fd, (void *)block, sizeof(block));

		if (n < 0)
			return err_sys(e, "list '%s'", path);
		if (n == 0)
			break;
		if (!take_block(l, block, (size_t)n, a, e))
			return false;
	}
	return true;
}

bool
file_list(const char *path, size_t max, struct arena *a, struct str **names,
    size_t *count, struct err *e)
{
	size_t mark = a->used;
	struct listing l = { .max = max };
	bool done;
	int fd;

	l.names = arena_get(a, max * sizeof(*l.names));
	if (!l.names)
		return err_set(e, ERR_LIMIT, "list '%s': out of memory", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		err_sys(e, "list '%s'", path);
		arena_back(a, mark);
		return false;
	}
	done = read_directory(fd, path, &l, a, e);
	close(fd);
	if (!done) {
		arena_back(a, mark);
		return false;
	}
	*names = l.names;
	*count = l.count;
	return true;
}
