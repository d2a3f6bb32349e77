/* What of the applets needs no network, and what no command line provokes. */
#include "t.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "applets/applet.h"
#include "applets/configure.h"
#include "applets/install.h"
#include "tests/unit/fake_world.h"
#include "tests/unit/refuse.h"

#define REGISTRY "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

/* Each with 16 bytes more than the time before, until it has no memory for
 * just that.
 */
static void
no_memory(void **state)
{
	static const struct {
		const struct applet *applet;
		const char *args[4];
		const char *msg;
	} cases[] = {
		{ &applet_imds, { "imds", "x" }, "too many paths" },
		{ &applet_ecr_login, { "ecr-login", "--auth-file", "/dev/null",
		    REGISTRY }, "out of memory at the start" },
		{ &applet_ecr_login, { "ecr-login", "--configure-docker",
		    "--auth-file=/dev/null", REGISTRY },
		    "out of memory: 1 registries" },
	};
	struct arena all = t_arena();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { ERR_NONE, "" };

		for (size_t n = 0; strcmp(e.msg, cases[i].msg) != 0; n += 16) {
			struct arena a = { all.p + all.cap - n, n, 0 };
			struct app app = { cases[i].applet, &a,
			    SANDBOX_OFF };
			char *words[5] = { NULL };
			int argc = 0;

			for (; argc < 4 && cases[i].args[argc]; argc++)
				words[argc] = (char *)cases[i].args[argc];
			assert_false(cases[i].applet->run(&app, argc, words,
			    &e));
			assert_int_equal(e.kind, ERR_LIMIT);
		}
	}
}

static char dir[] = "/tmp/ecrbox-install-XXXXXX";

static bool
install_here(void *me, struct err *e)
{
	static const struct applet *const applets[] = { &applet_imds };
	char *args[] = { dir };

	return install(applets, 1, me, 1, args, e);
}

static void
installs(void **state)
{
	static const struct {
		struct refuse call;
		const char *msg;
	} cases[] = {
		{ { SYS_readlink, EACCES },
		    "install: find this file in /proc: Permission denied" },
		{ { SYS_symlink, EPERM },
		    "install: 1 of the links not made" },
	};
	struct arena a = t_arena(), none = { NULL, 0, 0 };
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(refuse_run(&cases[i].call, 1, install_here, &a,
		    &e));
		assert_string_equal(e.msg, cases[i].msg);
	}
	assert_false(install_here(&none, &e));
	assert_string_equal(e.msg, "install: path too long");
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(unlink("ecrbox"), 0);
	assert_int_equal(rmdir(dir), 0);
}

static struct fake_world f;

/* With neither file to configure, all that is left is the look for the
 * program.
 */
static bool
look_for_program(void *me, struct err *e)
{
	struct arena a = t_arena();
	struct config c = { .w = &f.w, .a = &a };
	const struct configure k = { .c = &c };

	return configure(&k, 0, NULL, e) && fake_noted(&f, NOTE_WARNING, me);
}

static void
names_the_program(void **state)
{
	const struct refuse readlink = { SYS_readlink, ENOENT };
	char here[] = "/unit/applets' /usr/local/bin/docker-credential-ecr-",
	    unknown[] = "ln -s 'ecrbox' /usr/local/bin/docker-credential-ecr-";
	struct err e;

	(void)state;
	fake_open(&f);
	assert_true(refuse_run(NULL, 0, look_for_program, here, &e));
	assert_true(refuse_run(&readlink, 1, look_for_program, unknown, &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory),
		cmocka_unit_test(installs),
		cmocka_unit_test(names_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
