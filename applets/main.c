/* main.c - one binary, many names: find the applet, run it, print its error,
 * wipe the memory.
 */
#include <stdlib.h>
#include <unistd.h>

#include "applets/applet.h"
#include "applets/install.h"
#include "applets/stream.h"
#include "base/limits.h"
#include "sys/log.h"
#include "sys/process.h"
#include "version.h"

static const struct applet *const applets[] = {
#define APPLET(x) &applet_##x,
#include "applets.def"
#undef APPLET
};

#define APPLETS (sizeof(applets) / sizeof(applets[0]))

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const struct applet *
find_applet(struct str name)
{
	for (size_t i = 0; i < APPLETS; i++)
		if (str_eq(name, str_of(applets[i]->name)) ||
		    (applets[i]->alias &&
		    str_eq(name, str_of(applets[i]->alias))))
			return applets[i];
	return NULL;
}

static bool
print_list(struct err *e)
{
	char text[1024];
	struct buf b = BUF(text);

	for (size_t i = 0; i < APPLETS; i++) {
		buf_add(&b, str_of(applets[i]->name));
		buf_char(&b, '\n');
	}
	return stream_print(buf_str(&b), e);
}

/* The binary under its own name. */
static bool
run_box(struct app *app, int argc, char **argv, struct err *e)
{
	static const struct str version =
	    S_INIT("ecrbox " ECRBOX_VERSION " (" ECRBOX_COMMIT ")\n");
	static const struct str help = S_INIT(
	    "Usage: ecrbox APPLET [ARGUMENT...]\n"
	    "       ecrbox --install DIR [LINK...]\n"
	    "       ecrbox --list | --version | --help\n"
	    "\n"
	    "Log in to Amazon ECR, with nothing but this file. An applet is"
	    " run by name, as\n"
	    "the first argument or as the name of a link to this file;"
	    " APPLET --help says\n"
	    "more about each.\n"
	    "\n"
	    "      --install DIR [LINK...]\n"
	    "                  copy this file to DIR and link the applets'"
	    " names to it;\n"
	    "                  names of other programs only when given as"
	    " LINK\n"
	    "      --list      print the applets' names\n"
	    "      --version   print version and commit\n"
	    "  -h, --help      print this\n");
	struct str word = str_of(argc > 1 ? argv[1] : NULL);

	if (argc < 2)
		return err_set(e, ERR_USAGE, "no applet named; --list"
		    " names them");
	if (str_eq(word, S("--install")))
		return install(applets, APPLETS, app->a, argc - 2, argv + 2, e);
	if (str_starts(word, S("-")) && argc > 2)
		return err_set(e, ERR_USAGE, "option '%s' stands alone",
		    argv[1]);
	if (str_eq(word, S("--list")))
		return print_list(e);
	if (str_eq(word, S("--version")))
		return stream_print(version, e);
	if (str_eq(word, S("--help")) || str_eq(word, S("-h")))
		return stream_print(help, e);
	if (str_starts(word, S("-")))
		return err_set(e, ERR_USAGE, "unknown option '%s'; --help"
		    " lists them", argv[1]);
	return err_set(e, ERR_USAGE, "unknown applet '%s'; --list names them",
	    argv[1]);
}

/* By argv[0], whatever its directory; under any other name, the binary's own
 * among them, by the first argument.
 */
static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct str dir, name = str_of(argc > 0 ? argv[0] : NULL);

	if (!str_cut_last(name, '/', &dir, &name))
		name = dir;
	app->applet = find_applet(name);
	if (!app->applet && argc > 1) {
		app->applet = find_applet(str_of(argv[1]));
		if (app->applet) {
			argc--;
			argv++;
		}
	}
	if (!app->applet)
		return run_box(app, argc, argv, e);
	if (!sandbox_mode(str_of(getenv("ECRBOX_SANDBOX")), &app->sandbox, e))
		return false;
	return app->applet->run(app, argc, argv, e);
}

int
main(int argc, char **argv)
{
	static _Alignas(16) char mem[ARENA_BYTES];
	struct arena a = { mem, sizeof(mem), 0 };
	struct app app = { .a = &a };
	struct err e = { ERR_NONE, "" };
	bool done;

	process_harden();
	done = run(&app, argc, argv, &e);
	if (!done && e.msg[0])
		log_line(str_of(app.applet ? app.applet->name : "ecrbox"),
		    str_of(e.msg));
	arena_back(&a, 0);
	return done ? EXIT_DONE :
	    e.kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
