#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
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

bool
file_read_own(const char *path, size_t max, struct arena *a,
    struct str *body, struct err *e)
{
	return file_read(path, max, a, body, e);
}
