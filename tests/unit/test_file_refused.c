/* Edits that the kernel or the file system does not let us finish. */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/file.h"
#include "tests/unit/refuse.h"

#define OLD "the old content"

static char dir[64];

static int
enter(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_file.XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	static const char *const names[] = { "f", "s", "d" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)(unlink(names[i]) == 0 || rmdir(names[i]) == 0);
	return chdir("/") < 0 ? -1 : rmdir(dir);
}

/* One edit of path, by itself. */
struct job {
	const char *path;
	struct str now;
	bool in_place, blind;
};

static bool
give(void *me, struct str old, struct str *now, struct err *e)
{
	const struct job *job = me;

	(void)old;
	(void)e;
	*now = job->now;
	return true;
}

static bool
edit(void *me, struct err *e)
{
	struct job *job = me;
	struct arena a = t_arena();
	const struct file_edit how = { give, job, 0600, 0, job->blind,
		false };

	return file_edit(job->path, &how, &a, &job->in_place, e);
}

static void
put(const char *path, struct str s, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_true(write_all(fd, s));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
holds(const char *path, struct str wanted)
{
	struct arena a = t_arena();
	struct str s;
	struct err e;

	assert_true(file_read(path, FILE_MAX, &a, &s, &e));
	assert_str_equal(s, wanted);
}

static void
calls_fail(void **state)
{
	static const struct {
		struct refuse calls[2];
		size_t count;
		struct str now, left;
		const char *msg;
	} cases[] = {
		{ { { SYS_fchmod, EPERM } }, 1, S_INIT("new"), S_INIT(OLD),
		    "write 'f': Operation not permitted" },
		{ { { SYS_fsync, EIO } }, 1, S_INIT("new"), S_INIT(OLD),
		    "write 'f': Input/output error" },
		{ { { SYS_getrandom, ENOSYS } }, 1, S_INIT("new"), S_INIT(OLD),
		    "getrandom: Function not implemented" },
		{ { { SYS_rename, EIO } }, 1, S_INIT("new"), S_INIT(OLD),
		    "replace 'f': Input/output error" },
		{ { { SYS_unlink, EPERM } }, 1, { NULL, 0 }, S_INIT(OLD),
		    "remove 'f': Operation not permitted" },
		/* A mount point, on a disk that then fails: new and old. */
		{ { { SYS_rename, EBUSY }, { SYS_ftruncate, EIO } }, 2,
		    S_INIT("new"), S_INIT(OLD),
		    "old content lost: write 'f': Input/output error" },
	};
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (size_t n = 0; n < 2 * count; n++) {
		size_t i = n % count;
		struct job job = { "f", cases[i].now, false, n < count };
		struct err e;

		put("f", S(OLD), 0600);
		assert_false(refuse_run(cases[i].calls, cases[i].count, edit,
		    &job, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_SYS);
		holds("f", cases[i].left);
	}
}

/* Who may not give a file to its owner writes into it. */
static void
owner_is_kept(void **state)
{
	const struct refuse chown = { SYS_fchown, EPERM };
	struct job job = { "f", S("new"), false, false };
	struct stat st;
	struct err e;

	(void)state;
	if (geteuid() != 0)
		skip();
	put("f", S(OLD), 0600);
	assert_int_equal(lchown("f", 1, 1), 0);
	assert_true(refuse_run(&chown, 1, edit, &job, &e));
	holds("f", S("new"));
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_uid, 1);
}

/* No room for the new content where it has to be written in place: the old
 * comes back.
 */
static bool
edit_in_little_room(void *me, struct err *e)
{
	const struct rlimit little = { 20, 20 };

	return setrlimit(RLIMIT_FSIZE, &little) == 0 && setuid(1) == 0 &&
	    edit(me, e);
}

static void
old_content_comes_back(void **state)
{
	struct job job = { "f", S("more than twenty bytes of new content"),
		false, true };
	struct err e;

	(void)state;
	if (geteuid() != 0)
		skip();
	put("f", S(OLD), 0666);
	assert_int_equal(chmod(".", 0755), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_false(refuse_run(NULL, 0, edit_in_little_room, &job, &e));
	signal(SIGXFSZ, SIG_DFL);
	assert_string_equal(e.msg, "write 'f': File too large");
	holds("f", S(OLD));
}

static void
streams_fail(void **state)
{
	const struct refuse close_fails = { SYS_close, EIO };
	const struct sockaddr_un at = { AF_UNIX, "s" };
	struct job job = { "s", S("new"), false, false };
	struct err e;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	assert_false(edit(&job, &e));
	assert_string_equal(e.msg, "open 's': No such device or address");
	close(fd);

	job.path = "/dev/null";
	assert_false(refuse_run(&close_fails, 1, edit, &job, &e));
	assert_string_equal(e.msg, "write '/dev/null': Input/output error");
}

static void
paths_that_lead_nowhere(void **state)
{
	char path[PATH_MAX_BYTES + 1];
	struct job job = { "f/g", S("new"), false, false };
	struct arena none = { NULL, 0, 0 };
	const struct file_edit how = { give, &job, 0600, 0, false, false };
	struct err e;

	(void)state;
	put("f", S(OLD), 0600);
	assert_false(edit(&job, &e));
	assert_string_equal(e.msg, "open 'f/g': Not a directory");

	memset(path, 'p', sizeof(path));
	path[PATH_MAX_BYTES] = '\0';
	job.path = path;
	assert_false(edit(&job, &e));
	assert_true(str_starts(str_of(e.msg), S("path 'ppp")));
	assert_true(str_ends(str_of(e.msg),
	    S("p...': longer than 4095 bytes")));
	assert_int_equal(e.kind, ERR_LIMIT);

	assert_false(file_edit("f", &how, &none, NULL, &e));
	assert_string_equal(e.msg, "write 'f': out of memory");
}

int
main(void)
{
#define IN_DIRECTORY(t) cmocka_unit_test_setup_teardown(t, enter, leave)
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(calls_fail),
		IN_DIRECTORY(owner_is_kept),
		IN_DIRECTORY(old_content_comes_back),
		IN_DIRECTORY(streams_fail),
		IN_DIRECTORY(paths_that_lead_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
