#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/file.h"
#include "t.h"
#include "tests/unit/refuse.h"

enum { OTHER = 12 };

static char dir[64];

static int
enter(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_file_own.XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	char rm[] = "rm", rf[] = "-rf";
	char *const argv[] = { rm, rf, dir, NULL };
	pid_t pid;
	int status;

	(void)state;
	if (chdir("/") < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void
put(const char *path, uid_t owner, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_true(write_all(fd, S("text")));
	assert_int_equal(fchown(fd, owner, owner), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
make(const char *path, uid_t owner, mode_t mode)
{
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, owner, owner), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* msg NULL: it must be read. */
static void
expect(const char *path, enum err_kind kind, const char *msg)
{
	struct arena a = t_arena();
	struct str s = { NULL, 0 };
	struct err e = { ERR_NONE, "" };
	bool done = file_read_own(path, FILE_MAX, &a, &s, &e);

	assert_string_equal(e.msg, msg ? msg : "");
	assert_int_equal(done, !msg);
	assert_int_equal(e.kind, kind);
	if (msg)
		assert_int_equal(a.used, 0);
	else
		assert_str_equal(s, S("text"));
}

static void
t_file(void **state)
{
	static const struct {
		uid_t owner;
		mode_t mode;
		const char *msg;
	} cases[] = {
		{ 0, 0600, NULL }, { 0, 0644, NULL }, { 0, 0400, NULL },
		{ 0, 0755, NULL },
		{ 0, 0620, "read 'f': others can write it; chmod go-w would"
		    " end that" },
		{ 0, 0664, "read 'f': others can write it; chmod go-w would"
		    " end that" },
		{ 0, 0602, "read 'f': others can write it; chmod go-w would"
		    " end that" },
		{ 0, 0666, "read 'f': others can write it; chmod go-w would"
		    " end that" },
		{ OTHER, 0600, "read 'f': it belongs to user 12, neither to us"
		    " nor to root" },
		{ OTHER, 0444, "read 'f': it belongs to user 12, neither to us"
		    " nor to root" },
		{ OTHER, 0666, "read 'f': it belongs to user 12, neither to us"
		    " nor to root" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("f", cases[i].owner, cases[i].mode);
		expect("f", cases[i].msg ? ERR_DENIED : ERR_NONE,
		    cases[i].msg);
		assert_int_equal(unlink("f"), 0);
	}
}

static void
t_kind(void **state)
{
	const struct sockaddr_un at = { AF_UNIX, "s" };
	struct arena a = t_arena();
	struct str s = { NULL, 0 };
	struct err e;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	assert_int_equal(close(fd), 0);
	expect("s", ERR_SYS, "open 's': No such device or address");
	make("d", 0, 0755);
	assert_int_equal(mkfifo("p", 0600), 0);
	assert_int_equal(symlink("l", "l"), 0);
	expect("d", ERR_DENIED, "read 'd': not a regular file");
	/* Nobody writes to it, and we do not wait. */
	expect("p", ERR_DENIED, "read 'p': not a regular file");
	expect("/dev/null", ERR_DENIED,
	    "read '/dev/null': not a regular file");
	expect("none", ERR_ABSENT, "open 'none': No such file or directory");
	expect("none/f", ERR_ABSENT,
	    "open 'none/f': No such file or directory");
	put("f", 0, 0600);
	expect("f/f", ERR_ABSENT, "open 'f/f': Not a directory");
	expect("l", ERR_SYS, "open 'l': Too many levels of symbolic links");

	assert_false(file_read_own("f", 3, &a, &s, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	fd = open("empty", O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_true(file_read_own("empty", 3, &a, &s, &e));
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
}

/* The directory itself, and one above it. */
static void
t_directory(void **state)
{
	static const struct {
		uid_t owner;
		mode_t mode;
		const char *cause;
	} cases[] = {
		{ 0, 0755, NULL }, { 0, 0700, NULL },
		{ 0, 01777, NULL }, { 0, 01775, NULL },
		{ 0, 0777, "others can write to" },
		{ 0, 0775, "others can write to" },
		{ 0, 0703, "others can write to" },
		{ OTHER, 0755, "belongs to user 12" },
		{ OTHER, 01777, "belongs to user 12" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char msg[256];

		make("d", cases[i].owner, cases[i].mode);
		make("d/sub", 0, 0755);
		put("d/f", 0, 0600);
		put("d/sub/f", 0, 0600);
		for (size_t k = 0; k < 2; k++) {
			const char *path = k ? "d/sub/f" : "d/f";
			struct buf b = BUF(msg);

			buf_add(&b, S("read '"));
			buf_add(&b, str_of(path));
			if (str_eq(str_of(cases[i].cause),
			    S("belongs to user 12"))) {
				buf_add(&b, S("': the directory '"));
				buf_add(&b, str_of(dir));
				buf_add(&b, S("/d' belongs to user 12, neither"
				    " to us nor to root"));
			} else {
				buf_add(&b, S("': others can write to the"
				    " directory '"));
				buf_add(&b, str_of(dir));
				buf_add(&b, S("/d'; chmod go-w would end"
				    " that"));
			}
			buf_char(&b, '\0');
			assert_false(b.full);
			expect(path, cases[i].cause ? ERR_DENIED : ERR_NONE,
			    cases[i].cause ? msg : NULL);
		}
		assert_int_equal(unlink("d/sub/f"), 0);
		assert_int_equal(unlink("d/f"), 0);
		assert_int_equal(rmdir("d/sub"), 0);
		assert_int_equal(rmdir("d"), 0);
	}
}

static void
t_links(void **state)
{
	(void)state;
	make("real", 0, 0755);
	put("real/f", 0, 0600);
	make("d", 0, 01777);
	assert_int_equal(symlink("../real/f", "d/l"), 0);
	assert_int_equal(symlink("real", "way"), 0);
	expect("d/l", ERR_NONE, NULL);
	expect("way/f", ERR_NONE, NULL);

	/* In a directory like /tmp, somebody else's. */
	assert_int_equal(lchown("d/l", OTHER, OTHER), 0);
	expect("d/l", ERR_DENIED, "read 'd/l': the symbolic link 'd/l' belongs"
	    " to user 12, neither to us nor to root");
	/* And where he could swap it. */
	assert_int_equal(lchown("d/l", 0, 0), 0);
	assert_int_equal(chmod("d", 0777), 0);
	expect("d/l", ERR_DENIED, "read 'd/l': others can write to the"
	    " directory 'd'; chmod go-w would end that");
	assert_int_equal(chmod("d", 0755), 0);
	expect("d/l", ERR_NONE, NULL);
	/* The file that it leads to is judged as any other. */
	assert_int_equal(chmod("real/f", 0620), 0);
	expect("d/l", ERR_DENIED, "read 'd/l': others can write it; chmod"
	    " go-w would end that");
}

/* A link on the way chooses the file as well as one at its end. */
static void
t_links_on_the_way(void **state)
{
	(void)state;
	make("real", 0, 0755);
	put("real/f", 0, 0600);
	make("t", 0, 01777);
	assert_int_equal(symlink("../real", "t/way"), 0);
	expect("t/way/f", ERR_NONE, NULL);
	assert_int_equal(lchown("t/way", OTHER, OTHER), 0);
	expect("t/way/f", ERR_DENIED, "read 't/way/f': the symbolic link"
	    " 't/way' belongs to user 12, neither to us nor to root");
	assert_int_equal(lchown("t/way", 0, 0), 0);
	assert_int_equal(chmod("t", 0777), 0);
	expect("t/way/f", ERR_DENIED, "read 't/way/f': others can write to the"
	    " directory 't'; chmod go-w would end that");
	assert_int_equal(chmod("t", 0755), 0);
	expect("t/way/f", ERR_NONE, NULL);
	assert_int_equal(chown("t", OTHER, OTHER), 0);
	expect("t/way/f", ERR_DENIED, "read 't/way/f': the directory 't'"
	    " belongs to user 12, neither to us nor to root");
}

/* A volume of a container is open to all and cannot be written. */
static void
t_read_only(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		skip();
	make("d", 0, 0777);
	assert_int_equal(mount("none", "d", "tmpfs", 0, "mode=0777"), 0);
	put("d/f", 0, 0644);
	assert_int_equal(mount("none", "d", "tmpfs", MS_REMOUNT | MS_RDONLY,
	    NULL), 0);
	expect("d/f", ERR_NONE, NULL);
	assert_int_equal(mount("none", "d", "tmpfs", MS_REMOUNT, NULL), 0);
	assert_int_equal(chmod("d/f", 0666), 0);
	assert_int_equal(mount("none", "d", "tmpfs", MS_REMOUNT | MS_RDONLY,
	    NULL), 0);
	expect("d/f", ERR_DENIED, "read 'd/f': others can write it; chmod go-w"
	    " would end that");
	assert_int_equal(umount("d"), 0);
}

/* The longest that access(2) takes, and one more. */
static void
t_long(void **state)
{
	enum { LONGEST = PATH_MAX_BYTES - 1 };
	static char path[LONGEST + 2], msg[ERR_MSG_MAX];
	struct err e;

	(void)state;
	put("f", 0, 0600);
	memset(path, '/', sizeof(path) - 1);
	path[0] = '.';
	path[LONGEST - 1] = 'f';
	path[LONGEST] = '\0';
	expect(path, ERR_NONE, NULL);
	path[LONGEST - 1] = '/';
	path[LONGEST] = 'f';
	errno = ENAMETOOLONG;
	err_sys(&e, "open '%s'", path);
	strcpy(msg, e.msg);
	expect(path, ERR_SYS, msg);
}

static bool
read_as_other(const char *path, struct err *e)
{
	static char mem[1 << 16];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str s;

	return file_read_own(path, 100, &a, &s, e);
}

/* What is there and cannot be looked at: lstat(2), stat(2) and fstat(2) are
 * one system call with different flags.
 */
static bool
read_f(void *me, struct err *e)
{
	(void)me;
	return read_as_other("f", e);
}

static void
t_refused(void **state)
{
	static const struct {
		struct refuse call;
		const char *msg;
	} cases[] = {
		{ { REFUSE_ARG(SYS_newfstatat, 4, AT_SYMLINK_NOFOLLOW), EIO },
		    "open '/': Input/output error" },
		{ { REFUSE_ARG(SYS_newfstatat, 4, 0), EIO },
		    "open '/': Input/output error" },
		{ { REFUSE_ARG(SYS_newfstatat, 4, AT_EMPTY_PATH), EIO },
		    "open 'f': Input/output error" },
	};

	(void)state;
	put("f", 0, 0600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e;

		assert_false(refuse_run(&cases[i].call, 1, read_f, NULL, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_SYS);
	}
}

/* What an ordinary user sees; he cannot assert, since he is a child. */
static void
t_other_user(void **state)
{
	static const struct {
		const char *path;
		bool done;
		enum err_kind kind;
	} cases[] = {
		{ "his", true, ERR_NONE },
		{ "root", true, ERR_NONE },
		{ "third", false, ERR_DENIED },
		{ "secret", false, ERR_SYS },	/* not for him */
		{ "closed/f", false, ERR_ABSENT },
	};
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(chmod(dir, 0755), 0);
	put("his", OTHER, 0600);
	put("root", 0, 0644);
	put("third", OTHER + 1, 0644);
	put("secret", 0, 0600);
	make("closed", 0, 0700);
	put("closed/f", 0, 0644);
	pid = fork();
	if (pid == 0) {
		if (setgid(OTHER) < 0 || setuid(OTHER) < 0)
			_exit(99);
		for (int i = 0; i < 5; i++) {
			struct err e = { ERR_NONE, "" };

			if (read_as_other(cases[i].path, &e) != cases[i].done
			    || e.kind != cases[i].kind)
				_exit(i + 1);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* As podman does it for a user who is not root: he is, inside. */
static bool
enter_namespace(void)
{
	int fd;
	bool done;

	if (setgid(OTHER) < 0 || setuid(OTHER) < 0 ||
	    prctl(PR_SET_DUMPABLE, 1) < 0 || unshare(CLONE_NEWUSER) < 0)
		return false;
	fd = open("/proc/self/uid_map", O_WRONLY);
	done = fd >= 0 && write_all(fd, S("0 12 1"));
	close(fd);
	return done && geteuid() == 0;
}

/* There, root outside is nobody. */
static void
t_user_namespace(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(chmod(dir, 0755), 0);
	put("root", 0, 0644);
	pid = fork();
	if (pid == 0) {
		struct err e = { ERR_NONE, "" };

		if (!enter_namespace())
			_exit(99);
		_exit(!read_as_other("root", &e));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
		skip();
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, enter, leave)
		T(t_file),
		T(t_kind),
		T(t_directory),
		T(t_links),
		T(t_links_on_the_way),
		T(t_long),
		T(t_refused),
		T(t_other_user),
		T(t_user_namespace),
		T(t_read_only),
	};

	/* Who is not root has no files of others to show. */
	if (geteuid() != 0)
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
