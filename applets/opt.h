/* opt.h - an option table that parses the arguments and prints the help.
 *
 * POSIX utility syntax with GNU long options: -x, -xVALUE, -x VALUE, -xy,
 * --name, --name=VALUE, --name VALUE, and -- as the end of options. Operands
 * and options may be mixed. Long names may not be abbreviated: an abbreviation
 * in a script breaks when an option is added.
 */
#ifndef APPLETS_OPT_H
#define APPLETS_OPT_H

#include "applets/applet.h"

enum opt_kind { OPT_KIND_END, OPT_KIND_FLAG, OPT_KIND_STR, OPT_KIND_SECONDS };

struct opt {
	enum opt_kind kind;
	char letter;		/* 0: none */
	const char *name;	/* long */
	const char *arg;	/* what the value is, for the help */
	union {
		bool *flag;
		const char **str;
		int64_t *ms;
	} to;
	const char *help;
};

#define OPT_FLAG(letter, name, to, help) \
	{ OPT_KIND_FLAG, letter, name, NULL, { .flag = to }, help }
#define OPT_STR(letter, name, arg, to, help) \
	{ OPT_KIND_STR, letter, name, arg, { .str = to }, help }
/* Whole seconds, 1 to 86400, stored as milliseconds. */
#define OPT_SECONDS(letter, name, to, help) \
	{ OPT_KIND_SECONDS, letter, name, "SECONDS", { .ms = to }, help }
#define OPT_END { OPT_KIND_END, 0, NULL, NULL, { NULL }, NULL }

/* Set what the options say and leave the operands, argv[0] not counted, in
 * *argc and *argv (argv is reordered). *help is set when -h or --help is met;
 * then nothing else is. ERR_USAGE.
 */
MUST_USE bool opt_parse(const struct opt *opts, int *argc, char ***argv,
    bool *help, struct err *e);

/* Print usage, help and the table on standard output. */
MUST_USE bool opt_help(const struct app *app, const struct opt *opts,
    struct err *e);

#endif
