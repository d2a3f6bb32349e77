/* applet.h - one command of the binary.
 *
 * An applet is a const struct at the foot of its own file and a line in
 * applets.def; main.c knows no more about it. The applet prints its answer
 * itself, by write_all and with the result checked; errors are main's to print.
 */
#ifndef APPLETS_APPLET_H
#define APPLETS_APPLET_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sys/sandbox.h"

/* What main hands to the applet that it runs. */
struct app {
	const struct applet *applet;
	struct arena *a;	/* the run's memory; wiped by main at the end */
	enum sandbox_mode sandbox;
};

/* What is left to do for who has heard from the network; session_needs makes
 * paths and ports of it, by what the user's configuration names.
 */
enum applet_needs {
	NEEDS_METADATA = 1 << 0,	/* EC2's metadata service */
	NEEDS_AWS = 1 << 1,	/* AWS, and all that tells who we are */
	NEEDS_CACHE = 1 << 2,	/* tokens kept */
	NEEDS_CHILDREN = 1 << 3,
	/* A credential_process even then, of another identity than the first.
	 * What runs before it does so outside.
	 */
	NEEDS_PROGRAMS = 1 << 4,
	NEEDS_TOKEN = NEEDS_AWS | NEEDS_CACHE | NEEDS_CHILDREN,
};

struct applet {
	const char *name;
	const char *alias;	/* second name, or NULL */
	const char *synopsis;	/* behind the name in the usage line */
	const char *help;	/* paragraphs under it */
	bool link_named;	/* --install links it only when it is named: the
				   name is another program's */
	unsigned needs;		/* enum applet_needs; 0: no network */
	/* argv[0] is the applet's name. False: *e is printed unless it is
	 * empty; exit status 2 for ERR_USAGE, else 1.
	 */
	bool (*run)(struct app *app, int argc, char **argv, struct err *e);
};

#define APPLET(x) extern const struct applet applet_##x;
#include "applets.def"
#undef APPLET

#endif
