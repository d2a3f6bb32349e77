/* What an edit would write beneath: file_edit_root. */
#include "t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/file.h"

static char dir[64];

/* sub/file, link -> sub, there -> sub/file, hanging -> sub/none/x,
 * up -> ../T/sub/new, out -> /dev/stdout, full -> /dev/full, a -> b -> a, fifo
 */
static int
make(void **state)
{
	char up[80];

	(void)state;
	strcpy(dir, "/tmp/test_file_root.XXXXXX");
	if (!mkdtemp(dir) || chdir(dir) < 0 || mkdir("sub", 0700) < 0)
		return -1;
	snprintf(up, sizeof(up), "..%s/sub/new", strrchr(dir, '/'));
	close(open("sub/file", O_WRONLY | O_CREAT, 0600));
	return symlink("sub", "link") || symlink("sub/file", "there") ||
	    symlink("sub/none/x", "hanging") || symlink(up, "up") ||
	    symlink("/dev/stdout", "out") || symlink("/dev/full", "full") ||
	    symlink("b", "a") || symlink("a", "b") || mkfifo("fifo", 0600);
}

static int
leave(void **state)
{
	char command[80];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") || system(command);
}

static void
roots(void **state)
{
	static const struct {
		const char *path, *root;	/* root NULL: none */
	} cases[] = {
		/* files, there or not */
		{ "sub/file", "sub" },
		{ "sub/new", "sub" },
		{ "./sub//new", "./sub/" },
		{ "new", "." },
		{ "/new", "/" },
		{ "/tmp/new", "/tmp" },
		/* directories that have to be made */
		{ "sub/a/b/c/new", "sub" },
		{ "none/new", "." },
		{ "none/a/b/new", "." },
		{ "/none-at-all/a/new", "/" },
		{ "sub/a/../new", "sub" },
		/* links */
		{ "link/new", "link" },
		{ "link/a/new", "link" },
		{ "there", "./sub" },
		{ "hanging", "./sub" },
		{ "full", "/dev/full" },
		/* no regular files */
		{ "/dev/null", "/dev/null" },
		{ "fifo", "fifo" },
		{ "sub", "sub" },
		{ "sub/", "sub/" },
		{ "/", "/" },
		/* descriptors, and what cannot be told */
		{ "out", NULL },
		{ "/dev/stdout", NULL },
		{ "/dev/fd/7", NULL },
		{ "/proc/self/fd/1", NULL },
		{ "a", NULL },
		{ "sub/file/new", NULL },
		{ "fifo/a/new", NULL },
		{ "", "." },
	};
	struct arena a = t_arena();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t mark = a.used;
		const char *root = file_edit_root(cases[i].path, &a);

		if (!cases[i].root) {
			assert_null(root);
			assert_int_equal(a.used, mark);
			continue;
		}
		if (!root)
			fail_msg("%s", cases[i].path);
		assert_string_equal(root, cases[i].root);
		assert_true(a.used - mark < strlen(root) + 32);
	}
}

/* The real directory of a link that leads elsewhere. */
static void
leads_elsewhere(void **state)
{
	struct arena a = t_arena();
	const char *root = file_edit_root("up", &a);
	struct stat is, wanted;

	(void)state;
	assert_int_equal(stat(root, &is), 0);
	assert_int_equal(stat("sub", &wanted), 0);
	assert_true(is.st_ino == wanted.st_ino);
}

static void
too_much(void **state)
{
	static char path[PATH_MAX_BYTES + 1];
	struct arena a = t_arena(), none = { a.p, 0, 0 };

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	assert_null(file_edit_root(path, &a));
	assert_null(file_edit_root("sub/new", &none));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots),
		cmocka_unit_test(leads_elsewhere),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, make, leave);
}
