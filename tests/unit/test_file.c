#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/file.h"

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
put(const char *path, struct str s, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_true(write_all(fd, s));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct str
get(const char *path)
{
	static char mem[1 << 16];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str s = { NULL, 0 };
	struct err e;

	(void)!file_read(path, FILE_MAX, &a, &s, &e);
	return s;
}

static size_t
entries(void)
{
	int fds[2];
	char out[4096];
	ssize_t n;
	size_t lines = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		execlp("ls", "ls", "-A", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	while ((n = read(fds[0], out, sizeof(out))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += out[i] == '\n';
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return lines;
}

/* An edit that checks what it sees and says what it was told to. */
struct script {
	struct str want_old, now;
	bool refuse, called;
};

static bool
change(void *me, struct str old, struct str *now, struct err *e)
{
	struct script *s = me;

	s->called = true;
	assert_int_equal(old.p == NULL, s->want_old.p == NULL);
	assert_str_equal(old, s->want_old);
	*now = s->now;
	if (s->refuse)
		return err_set(e, ERR_REPLY, "not wanted");
	return true;
}

static bool
edit(const char *path, struct script *s, bool *in_place, struct err *e)
{
	struct arena a = t_arena();
	const struct file_edit how = { change, s, 0600, 0700, false, true };

	return file_edit(path, &how, &a, in_place, e);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
reads_whole_or_says_why(void **state)
{
	struct arena a = t_arena();
	struct str s;
	struct err e;

	(void)state;
	put("five", S("12345"), 0600);
	put("none", S(""), 0600);
	assert_true(file_read("five", 5, &a, &s, &e));
	assert_str_equal(s, S("12345"));
	assert_true(file_read("none", 5, &a, &s, &e));
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
	assert_false(file_read("five", 4, &a, &s, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "read 'five': larger than 4 bytes");
	assert_false(file_read("absent", 4, &a, &s, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_string_equal(e.msg,
	    "open 'absent': No such file or directory");
	assert_false(file_read("five/x", 4, &a, &s, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_false(file_read(".", 4, &a, &s, &e));
	assert_int_equal(e.kind, ERR_SYS);
	assert_string_equal(e.msg, "read '.': Is a directory");
}

/* /proc/sys refuses to be asked for more than the kernel can allocate. */
static void
reads_what_the_kernel_says(void **state)
{
	struct arena a = t_arena();
	struct str s;
	struct err e;

	(void)state;
	if (access("/proc/sys/kernel/random/boot_id", R_OK) < 0)
		skip();
	assert_true(file_read("/proc/sys/kernel/random/boot_id", FILE_MAX, &a,
	    &s, &e));
	assert_int_equal(s.n, 37);
}

static void
reads_large_files(void **state)
{
	enum { SIZE = 3 * FILE_READ_BYTES + 1 };
	static char mem[SIZE];
	struct arena a = t_arena();
	struct str s;
	struct err e;

	(void)state;
	memset(mem, 'x', SIZE);
	put("f", (struct str){ mem, SIZE }, 0600);
	assert_true(file_read("f", SIZE, &a, &s, &e));
	assert_int_equal(s.n, SIZE);
	assert_memory_equal(s.p, mem, SIZE);
	assert_false(file_read("f", SIZE - 1, &a, &s, &e));
}

/* What was read of it may be a secret. */
static void
failed_read_is_wiped(void **state)
{
	static char mem[4096];
	struct arena a = { mem, sizeof(mem), 64 };
	struct str s;
	struct err e;

	(void)state;
	put("f", S("12345678"), 0600);
	assert_false(file_read("f", 7, &a, &s, &e));
	assert_int_equal(a.used, 64);
	for (size_t i = 0; i < sizeof(mem); i++)
		assert_int_equal(mem[i], 0);
	a.used = sizeof(mem);
	assert_false(file_read("f", 7, &a, &s, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(a.used, sizeof(mem));
}

static void
tells_when_it_was_written(void **state)
{
	const struct timespec at[2] = { { 5, 0 }, { 1440938160, 999999999 } };
	static const struct {
		const char *path, *msg;
		enum err_kind kind;
	} cases[] = {
		{ "f", NULL, ERR_NONE },
		{ "link", NULL, ERR_NONE },
		{ "none", "look at 'none': No such file or directory",
		    ERR_ABSENT },
		{ "f/x", "look at 'f/x': Not a directory", ERR_ABSENT },
		{ "loop", "look at 'loop': Too many levels of symbolic links",
		    ERR_SYS },
		{ ".", "look at '.': not a regular file", ERR_SYS },
		{ "/dev/null", "look at '/dev/null': not a regular file",
		    ERR_SYS },
	};

	(void)state;
	put("f", S("x"), 0400);
	assert_int_equal(utimensat(AT_FDCWD, "f", at, 0), 0);
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { ERR_NONE, "" };
		int64_t t = -1;
		bool good = file_written(cases[i].path, &t, &e);

		assert_int_equal(good, !cases[i].msg);
		assert_int_equal(t, good ? 1440938160 : -1);
		assert_int_equal(e.kind, cases[i].kind);
		assert_str_equal(str_of(e.msg), good ? S("") :
		    str_of(cases[i].msg));
	}
}

static void
makes_file_and_directories(void **state)
{
	struct script s = { .now = S_INIT("new") };
	struct err e;

	(void)state;
	assert_true(edit("a/b/c", &s, NULL, &e));
	assert_str_equal(get("a/b/c"), S("new"));
	assert_int_equal(mode_of("a/b/c"), 0600);
	assert_int_equal(mode_of("a/b"), 0700);
}

static void
keeps_mode_and_owner(void **state)
{
	struct script s = { S_INIT("old"), S_INIT("new"), false, false };
	struct stat st;
	struct err e;

	(void)state;
	put("f", S("old"), 0640);
	if (geteuid() == 0)
		assert_int_equal(chown("f", 12, 34), 0);
	assert_true(edit("f", &s, NULL, &e));
	assert_str_equal(get("f"), S("new"));
	assert_int_equal(mode_of("f"), 0640);
	assert_int_equal(stat("f", &st), 0);
	if (geteuid() == 0) {
		assert_int_equal(st.st_uid, 12);
		assert_int_equal(st.st_gid, 34);
	}
	assert_int_equal(entries(), 1);
}

/* The bits that lend an identity were meant for the old content. */
static void
drops_set_user_id(void **state)
{
	struct script s = { S_INIT("old"), S_INIT("new"), false, false };
	struct err e;

	(void)state;
	put("f", S("old"), 06755);
	assert_true(edit("f", &s, NULL, &e));
	assert_int_equal(mode_of("f"), 0755);
}

static void
blind_edit_makes_a_new_file(void **state)
{
	struct script s = { .now = S_INIT("new") };
	const struct file_edit how = { change, &s, 0600, 0700, true, false };
	struct arena a = t_arena();
	struct stat st;
	struct err e;

	(void)state;
	put("f", S("old"), 0666);
	if (geteuid() == 0)
		assert_int_equal(chown("f", 12, 34), 0);
	assert_true(file_edit("f", &how, &a, NULL, &e));
	assert_str_equal(get("f"), S("new"));
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_gid, getegid());
}

/* In a directory like /tmp, what another user has left there. */
static void
falls_into_no_trap(void **state)
{
	enum { OTHER = 12 };
	static const char message[] = "write 'tmp/f': it is another user's, in"
	    " a directory where all may make files";
	struct script s = { S_INIT("old"), S_INIT("new"), false, false };
	struct err e;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("tmp", 0700), 0);
	put("tmp/f", S("old"), 0666);
	put("mine", S("old"), 0600);
	assert_int_equal(chown("tmp/f", OTHER, OTHER), 0);
	assert_int_equal(chmod("tmp", 01777), 0);
	assert_false(edit("tmp/f", &s, NULL, &e));
	assert_string_equal(e.msg, message);
	assert_int_equal(e.kind, ERR_SYS);
	assert_false(s.called);
	assert_str_equal(get("tmp/f"), S("old"));

	assert_int_equal(unlink("tmp/f"), 0);
	assert_int_equal(symlink("../mine", "tmp/f"), 0);
	assert_int_equal(lchown("tmp/f", OTHER, OTHER), 0);
	assert_false(edit("tmp/f", &s, NULL, &e));
	assert_string_equal(e.msg, message);
	assert_str_equal(get("mine"), S("old"));

	/* Its owner may put there what he likes, */
	assert_int_equal(chown("tmp", OTHER, OTHER), 0);
	assert_true(edit("tmp/f", &s, NULL, &e));
	assert_str_equal(get("mine"), S("new"));
	/* and where anybody could swap it, to look is of no use. */
	put("mine", S("old"), 0600);
	assert_int_equal(chown("tmp", 0, 0), 0);
	assert_int_equal(chmod("tmp", 0777), 0);
	assert_true(edit("tmp/f", &s, NULL, &e));
}

/* Nor into a directory that waited for us to make it. */
static void
makes_nothing_in_a_trap(void **state)
{
	enum { OTHER = 12 };
	static const char message[] = "write 'tmp/d/f': 'tmp/d' is another"
	    " user's, in a directory where all may make files";
	struct script s = { .now = S_INIT("new") };
	const struct file_edit how = { change, &s, 0600, 0700, true, false };
	struct arena a = t_arena();
	struct err e;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("tmp", 0700), 0);
	assert_int_equal(mkdir("mine", 0700), 0);
	assert_int_equal(mkdir("tmp/d", 0777), 0);
	assert_int_equal(chown("tmp/d", OTHER, OTHER), 0);
	assert_int_equal(chmod("tmp", 01777), 0);
	assert_false(file_edit("tmp/d/f", &how, &a, NULL, &e));
	assert_string_equal(e.msg, message);
	assert_false(s.called);

	assert_int_equal(rmdir("tmp/d"), 0);
	assert_int_equal(symlink("../mine", "tmp/d"), 0);
	assert_int_equal(lchown("tmp/d", OTHER, OTHER), 0);
	assert_false(file_edit("tmp/d/f", &how, &a, NULL, &e));
	assert_string_equal(e.msg, message);
	assert_int_equal(access("mine/f", F_OK), -1);

	/* Ours may be anything. */
	assert_int_equal(lchown("tmp/d", 0, 0), 0);
	assert_true(file_edit("tmp/d/f", &how, &a, NULL, &e));
	assert_str_equal(get("mine/f"), S("new"));
	assert_int_equal(unlink("tmp/d"), 0);
	assert_true(file_edit("tmp/d/f", &how, &a, NULL, &e));
	assert_str_equal(get("tmp/d/f"), S("new"));
}

static void
follows_links(void **state)
{
	struct script s = { S_INIT("old"), S_INIT("new"), false, false };
	struct script fresh = { .now = S_INIT("made") };
	struct err e;

	(void)state;
	assert_int_equal(mkdir("real", 0700), 0);
	put("real/f", S("old"), 0600);
	assert_int_equal(symlink("real/f", "one"), 0);
	assert_int_equal(symlink("one", "two"), 0);
	assert_true(edit("two", &s, NULL, &e));
	assert_str_equal(get("real/f"), S("new"));
	assert_int_equal(symlink("real/dangling", "three"), 0);
	assert_true(edit("three", &fresh, NULL, &e));
	assert_str_equal(get("real/dangling"), S("made"));
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_false(edit("loop", &fresh, NULL, &e));
	assert_string_equal(e.msg,
	    "open 'loop': Too many levels of symbolic links");
}

static void
refusal_leaves_the_file(void **state)
{
	struct script s = { S_INIT("old"), S_INIT("new"), true, false };
	struct err e;

	(void)state;
	put("f", S("old"), 0600);
	assert_false(edit("f", &s, NULL, &e));
	assert_string_equal(e.msg, "not wanted");
	assert_str_equal(get("f"), S("old"));
	assert_int_equal(entries(), 1);
}

static void
removes(void **state)
{
	struct script s = { .want_old = S_INIT("old") };
	struct script again = { .now = { NULL, 0 } };
	struct err e;

	(void)state;
	put("f", S("old"), 0600);
	assert_true(edit("f", &s, NULL, &e));
	assert_int_equal(access("f", F_OK), -1);
	assert_true(edit("f", &again, NULL, &e));
	assert_int_equal(entries(), 0);
}

static void
directory_is_refused(void **state)
{
	struct script s = { .now = S_INIT("x") };
	struct err e;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	assert_false(edit("d", &s, NULL, &e));
	assert_string_equal(e.msg, "write 'd': Is a directory");
	assert_false(s.called);
}

static void
pipe_is_written_not_replaced(void **state)
{
	struct script s = { .now = S_INIT("through") };
	char got[16];
	struct stat st;
	struct err e;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("p", 0600), 0);
	fd = open("p", O_RDWR | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_true(edit("p", &s, NULL, &e));
	assert_int_equal(read(fd, got, sizeof(got)), 7);
	assert_memory_equal(got, "through", 7);
	assert_int_equal(stat("p", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
}

static void
descriptor_keeps_its_offset(void **state)
{
	struct script s = { .now = S_INIT("B") };
	char path[64] = "/proc/self/fd/";
	struct buf b = { path, strlen(path), sizeof(path), false };
	struct err e;
	int fd;

	(void)state;
	fd = open("f", O_WRONLY | O_CREAT, 0600);
	buf_u64(&b, (uint64_t)fd);
	buf_char(&b, '\0');
	assert_true(write_all(fd, S("A")));
	assert_true(edit(path, &s, NULL, &e));
	assert_true(write_all(fd, S("C")));
	close(fd);
	assert_str_equal(get("f"), S("ABC"));
}

static void
full_device_fails(void **state)
{
	struct script s = { .now = S_INIT("x") };
	struct err e;

	(void)state;
	assert_false(edit("/dev/full", &s, NULL, &e));
	assert_string_equal(e.msg,
	    "write '/dev/full': No space left on device");
}

static void
mount_point_is_written_in_place(void **state)
{
	struct script s = { S_INIT("longer than new"), S_INIT("new"), false,
	    false };
	bool in_place = false;
	struct stat before, after;
	struct err e;

	(void)state;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		skip();
	put("source", S("longer than new"), 0600);
	put("f", S(""), 0600);
	assert_int_equal(mount("source", "f", NULL, MS_BIND, NULL), 0);
	assert_int_equal(stat("f", &before), 0);
	assert_true(edit("f", &s, &in_place, &e));
	assert_true(in_place);
	assert_str_equal(get("f"), S("new"));
	assert_int_equal(stat("f", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(umount("f"), 0);
	assert_int_equal(entries(), 2);
}

static void
full_disk_loses_nothing(void **state)
{
	static char big[64 << 10];
	struct script s = { S_INIT("old"), { big, sizeof(big) }, false, false };
	struct err e;

	(void)state;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		skip();
	assert_int_equal(mkdir("small", 0700), 0);
	assert_int_equal(mount("none", "small", "tmpfs", 0, "size=16k"), 0);
	put("small/f", S("old"), 0600);
	assert_false(edit("small/f", &s, NULL, &e));
	assert_string_equal(e.msg,
	    "write 'small/f': No space left on device");
	assert_str_equal(get("small/f"), S("old"));
	assert_int_equal(chdir("small"), 0);
	assert_int_equal(entries(), 1);
	assert_int_equal(chdir(".."), 0);
	assert_int_equal(umount("small"), 0);
}

static bool
append_one(void *me, struct str old, struct str *now, struct err *e)
{
	char *text = me;

	(void)e;
	if (old.n)
		memcpy(text, old.p, old.n);
	usleep(2000);	/* let the others run into the lock */
	text[old.n] = 'x';
	*now = (struct str){ text, old.n + 1 };
	return true;
}

static void
edits_do_not_overtake_each_other(void **state)
{
	enum { WRITERS = 6, EDITS = 10 };
	static char text[256];
	const struct file_edit how = { append_one, text, 0600, 0, false, true };
	int status;

	(void)state;
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0) {
			for (int k = 0; k < EDITS; k++) {
				struct arena a = t_arena();
				struct err e;

				if (!file_edit("f", &how, &a, NULL, &e))
					_exit(1);
			}
			_exit(0);
		}
	for (int i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(get("f").n, WRITERS * EDITS);
}

/* However it ends, no temporary file with a password in it stays behind. */
static void
signals_leave_no_temporary_file(void **state)
{
	enum { RUNS = 60 };
	static char text[4096];
	const struct file_edit how = { append_one, text, 0600, 0, false, true };

	(void)state;
	for (int i = 0; i < RUNS; i++) {
		struct arena a = t_arena();
		int status;
		struct err e;
		pid_t pid = fork();

		if (pid == 0) {
			while (file_edit("f", &how, &a, NULL, &e))
				arena_back(&a, 0);
			_exit(1);
		}
		usleep(4000 + 97 * (useconds_t)i);
		assert_int_equal(kill(pid, SIGTERM), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_in_range(entries(), 0, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, enter, leave)
		T(reads_whole_or_says_why),
		T(reads_what_the_kernel_says),
		T(reads_large_files),
		T(failed_read_is_wiped),
		T(tells_when_it_was_written),
		T(makes_file_and_directories),
		T(keeps_mode_and_owner),
		T(drops_set_user_id),
		T(blind_edit_makes_a_new_file),
		T(falls_into_no_trap),
		T(makes_nothing_in_a_trap),
		T(follows_links),
		T(refusal_leaves_the_file),
		T(removes),
		T(directory_is_refused),
		T(pipe_is_written_not_replaced),
		T(descriptor_keeps_its_offset),
		T(full_device_fails),
		T(edits_do_not_overtake_each_other),
		T(signals_leave_no_temporary_file),
		T(mount_point_is_written_in_place),
		T(full_disk_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
