#include "sys/file.h"

#include <dirent.h>
#include <errno.h>

static bool
dots(struct str name)
{
	return str_eq(name, S(".")) || str_eq(name, S(".."));
}

bool
file_list(const char *path, size_t max, struct arena *a, struct str **names,
    size_t *count, struct err *e)
{
	size_t mark = a->used, n = 0;
	struct str *list = arena_get(a, max * sizeof(*list));
	struct dirent *entry;
	bool done = true;
	DIR *dir;

	if (!list)
		return err_set(e, ERR_LIMIT, "list '%s': out of memory", path);
	dir = opendir(path);
	if (!dir) {
		err_sys(e, "list '%s'", path);
		arena_back(a, mark);
		return false;
	}
	while (done && n < max) {
		errno = 0;
		entry = readdir(dir);
		if (!entry && errno) {
			done = err_sys(e, "list '%s'", path);
			break;
		}
		if (!entry)
			break;
		if (!dots(str_of(entry->d_name)))
			done = arena_copy(a, str_of(entry->d_name),
			    &list[n++], e);
	}
	closedir(dir);
	if (!done) {
		arena_back(a, mark);
		return false;
	}
	*names = list;
	*count = n;
	return true;
}
