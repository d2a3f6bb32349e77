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

enum opt_kind {
	OPT_KIND_END, OPT_KIND_FLAG, OPT_KIND_STR, OPT_KIND_SECONDS,
	OPT_KIND_TIME, OPT_KIND_EACH, OPT_KIND_HEAD
};

/* Takes the value of an option that may be repeated; which is the table's word
 * for the option.
 */
typedef bool opt_each(void *me, unsigned which, const char *value,
    struct err *e);

struct opt {
	enum opt_kind kind;
	char letter;		/* 0: none */
	const char *name;	/* long */
	const char *arg;	/* what the value is, for the help */
	union {
		bool *flag;
		const char **str;
		int64_t *ms, *s;
		opt_each *each;
	} to;
	const char *help;
	void *me;		/* of each */
	unsigned which;
};

#define OPT_FLAG(letter, name, to, help) \
	{ OPT_KIND_FLAG, letter, name, NULL, { .flag = to }, help, NULL, 0 }
#define OPT_STR(letter, name, arg, to, help) \
	{ OPT_KIND_STR, letter, name, arg, { .str = to }, help, NULL, 0 }
/* Whole seconds, 1 to 86400, stored as milliseconds. */
#define OPT_SECONDS(letter, name, to, help) \
	{ OPT_KIND_SECONDS, letter, name, "SECONDS", { .ms = to }, help, \
	    NULL, 0 }
/* A time as base/span.h reads it, stored as seconds. */
#define OPT_TIME(letter, name, to, help) \
	{ OPT_KIND_TIME, letter, name, "TIME", { .s = to }, help, NULL, 0 }
/* Any number of times; take is called for each, in order, and says what is
 * wrong with it.
 */
#define OPT_EACH(letter, name, arg, take, me, which, help) \
	{ OPT_KIND_EACH, letter, name, arg, { .each = take }, help, me, which }
/* A line of its own in the help, above the rows that follow. */
#define OPT_HEAD(text) { .kind = OPT_KIND_HEAD, .help = text }
#define OPT_END { .kind = OPT_KIND_END }

/* Set what the options say and leave the operands, argv[0] not counted, in
 * *argc and *argv (argv is reordered). *help is set when -h or --help is met;
 * then nothing else is. ERR_USAGE.
 */
MUST_USE bool opt_parse(const struct opt *opts, int *argc, char ***argv,
    bool *help, struct err *e);

/* The value of an environment variable, as the default of an option; NULL when
 * it is unset or empty. Valid for the run.
 */
const char *opt_env(const char *name);

/* Print usage, help and the table on standard output. */
MUST_USE bool opt_help(const struct app *app, const struct opt *opts,
    struct err *e);

#endif
