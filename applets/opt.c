#include "applets/opt.h"

#include <stdlib.h>

#include "applets/stream.h"
#include "base/span.h"

#define SECONDS_MAX 86400u
#define HELP_COLUMN 31	/* where the explanations begin */

static const struct opt *
by_letter(const struct opt *opts, char c)
{
	for (; opts->kind != OPT_KIND_END; opts++)
		if (opts->letter == c)
			return opts;
	return NULL;
}

static const struct opt *
by_name(const struct opt *opts, struct str name)
{
	for (; opts->kind != OPT_KIND_END; opts++)
		if (opts->name && str_eq(str_of(opts->name), name))
			return opts;
	return NULL;
}

static bool
set_seconds(const struct opt *o, const char *value, struct err *e)
{
	uint64_t s;

	if (!str_u64(str_of(value), SECONDS_MAX, &s) || s == 0)
		return err_set(e, ERR_USAGE, "option '--%s': '%s' is not a"
		    " number of seconds from 1 to %u", o->name, value,
		    SECONDS_MAX);
	*o->to.ms = (int64_t)s * 1000;
	return true;
}

static bool
set_value(const struct opt *o, const char *value, struct err *e)
{
	if (!value)
		return err_set(e, ERR_USAGE, "option '--%s' needs a value (%s)",
		    o->name, o->arg);
	if (o->kind == OPT_KIND_STR || o->kind == OPT_KIND_EACH) {
		if (!*value)
			return err_set(e, ERR_USAGE, "option '--%s': the value"
			    " is empty", o->name);
		if (o->kind == OPT_KIND_EACH)
			return o->to.each(o->me, o->which, value, e);
		*o->to.str = value;
		return true;
	}
	if (o->kind == OPT_KIND_SECONDS)
		return set_seconds(o, value, e);
	return span_parse(str_of(value), o->to.s) || err_set(e, ERR_USAGE,
	    "option '--%s': '%s' is not " SPAN_WANTED, o->name, value);
}

/* --name, --name=VALUE, --name VALUE; *i moves over a VALUE taken. */
static bool
long_option(const struct opt *opts, int argc, char **argv, int *i, bool *help,
    struct err *e)
{
	struct str name, value;
	bool with = str_cut(str_skip(str_of(argv[*i]), 2), '=', &name, &value);
	const struct opt *o = by_name(opts, name);

	if (str_eq(name, S("help"))) {
		*help = true;
		return !with || err_set(e, ERR_USAGE,
		    "option '--help' takes no value");
	}
	if (!o)
		return err_set(e, ERR_USAGE, "unknown option '--%.*s';"
		    " --help lists them",
		    STR_ARG(name));
	if (o->kind != OPT_KIND_FLAG)
		return set_value(o, with ? value.p :
		    *i + 1 < argc ? argv[++*i] : NULL, e);
	if (with)
		return err_set(e, ERR_USAGE, "option '--%s' takes no value",
		    o->name);
	*o->to.flag = true;
	return true;
}

/* -x, -xy, -xVALUE, -x VALUE. */
static bool
short_options(const struct opt *opts, int argc, char **argv, int *i,
    bool *help, struct err *e)
{
	for (const char *c = argv[*i] + 1; *c; c++) {
		const struct opt *o = by_letter(opts, *c);

		if (!o && *c == 'h') {
			*help = true;
			return true;
		}
		if (!o)
			return err_set(e, ERR_USAGE, "unknown option '-%c';"
			    " --help lists them",
			    *c);
		if (o->kind != OPT_KIND_FLAG)
			return set_value(o, c[1] ? c + 1 :
			    *i + 1 < argc ? argv[++*i] : NULL, e);
		*o->to.flag = true;
	}
	return true;
}

bool
opt_parse(const struct opt *opts, int *argc, char ***argv, bool *help,
    struct err *e)
{
	char **v = *argv;
	int operands = 0, i;

	*help = false;
	for (i = 1; i < *argc; i++) {
		if (v[i][0] != '-' || !v[i][1]) {
			v[operands++] = v[i];
			continue;
		}
		if (str_eq(str_of(v[i]), S("--"))) {
			i++;
			break;
		}
		if (!(v[i][1] == '-' ? long_option : short_options)(opts,
		    *argc, v, &i, help, e))
			return false;
		if (*help)
			return true;
	}
	for (; i < *argc; i++)
		v[operands++] = v[i];
	*argc = operands;
	return true;
}

const char *
opt_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void
help_head(struct buf *b, const char *text)
{
	buf_char(b, '\n');
	buf_add(b, str_of(text));
	buf_add(b, S(":\n"));
}

static void
help_row(struct buf *b, char letter, const char *name, const char *arg,
    const char *help)
{
	size_t start = b->n;

	buf_add(b, S("  "));
	if (letter) {
		buf_char(b, '-');
		buf_char(b, letter);
		buf_add(b, S(", --"));
	} else {
		buf_add(b, S("    --"));
	}
	buf_add(b, str_of(name));
	if (arg) {
		buf_char(b, ' ');
		buf_add(b, str_of(arg));
	}
	do {
		buf_char(b, ' ');
	} while (b->n - start < HELP_COLUMN && !b->full);
	buf_add(b, str_of(help));
	buf_char(b, '\n');
}

bool
opt_help(const struct app *app, const struct opt *opts, struct err *e)
{
	struct buf b = arena_buf(app->a, 0);

	buf_add(&b, S("Usage: "));
	buf_add(&b, str_of(app->applet->name));
	buf_char(&b, ' ');
	buf_add(&b, str_of(app->applet->synopsis));
	buf_add(&b, S("\n\n"));
	buf_add(&b, str_of(app->applet->help));
	buf_add(&b, S("\n\n"));
	for (; opts->kind != OPT_KIND_END; opts++) {
		if (opts->kind == OPT_KIND_HEAD)
			help_head(&b, opts->help);
		else
			help_row(&b, opts->letter, opts->name, opts->arg,
			    opts->help);
	}
	help_row(&b, by_letter(opts, 'h') ? 0 : 'h', "help", NULL,
	    "print this");
	return stream_built(app->a, &b, e);
}
