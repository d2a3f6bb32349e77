/* ec2-metadata.c - the drop-in for the tool of amazon-ec2-utils.
 *
 * Options are getopt(1)'s: bundles, unique prefixes of long names, operands
 * anywhere (and ignored). All are read before the first is done, in the order
 * in which they stand. What is not there is "not available", and no failure.
 */
#include <stdlib.h>

#include "applets/ec2-options.h"
#include "applets/session.h"
#include "applets/stream.h"
#include "aws/imds.h"
#include "base/limits.h"
#include "sys/file.h"
#include "sys/log.h"

#define NAME "ec2-metadata"

struct tool {
	struct session s;
	struct arena *a;
	bool quiet;
	bool silent;	/* the service does not answer any more */
};

/* "label: value"; without a label, the value alone. */
static bool
print_line(struct tool *t, struct str label, struct str value, struct err *e)
{
	struct buf b = arena_buf(t->a, label.n + value.n + 3);

	buf_add(&b, label);
	if (label.n)
		buf_add(&b, S(": "));
	buf_add(&b, value);
	buf_char(&b, '\n');
	return stream_built(t->a, &b, e);
}

/* As the shell's $(...) has it: no NUL, no newlines at the end. */
static struct str
shell_value(struct tool *t, struct str body)
{
	struct buf b = arena_buf(t->a, body.n + 1);

	for (size_t i = 0; i < body.n; i++)
		if (body.p[i])
			buf_char(&b, body.p[i]);
	while (b.n && b.p[b.n - 1] == '\n')
		b.n--;
	return buf_str(&b);
}

/* Empty when it is not there. That it could not be had looks the same on
 * standard output, as in the original, but is not passed over. Each value has
 * a budget of its own, since all of them are many requests.
 */
static struct str
get(struct tool *t, const struct buf *path)
{
	struct config *c = &t->s.config;
	struct str body;
	struct err why;
	bool found = false;

	c->imds_deadline = 0;
	if (t->silent)
		return S("");
	if (path->full)
		(void)err_set(&why, ERR_LIMIT, "name too long");
	else if (imds_find(c, buf_str(path), t->a, &found, &body, &why))
		return found ? shell_value(t, body) : S("");
	t->silent = why.kind == ERR_ABSENT;
	world_warn(t->s.w, "%s", why.msg);
	return S("");
}

static bool
print_value(struct tool *t, struct str label, const struct buf *path,
    struct err *e)
{
	struct str value = get(t, path);

	return print_line(t, t->quiet ? S("") : label,
	    value.n ? value : S("not available"), e);
}

static bool
print_key(struct tool *t, struct buf *path, struct str line, struct err *e)
{
	struct str index, name, format, rest;
	struct buf b;

	str_cut(line, '=', &index, &name);
	buf_add(path, index);
	buf_char(path, '/');
	str_cut(get(t, path), '\n', &format, &rest);
	buf_add(path, format);
	b = arena_buf(t->a, line.n + format.n + 64);
	buf_add(&b, S("keyname:"));
	buf_add(&b, name);
	buf_add(&b, S("\nindex:"));
	buf_add(&b, index);
	buf_add(&b, S("\nformat:"));
	buf_add(&b, format);
	buf_add(&b, S("\nkey:(begins from next line)\n"));
	return (t->quiet || stream_built(t->a, &b, e)) &&
	    print_line(t, S(""), get(t, path), e);
}

/* One entry of a directory; a tag without its key would mean nothing. */
static bool
print_entry(struct tool *t, const struct ec2_field *f, struct buf *path,
    struct str line, struct err *e)
{
	struct buf label = arena_buf(t->a, line.n + 2);

	buf_add(path, line);
	buf_add(&label, S("\t "));
	buf_add(&label, line);
	return print_line(t, t->quiet && f->kind != EC2_TAGS ? S("") :
	    buf_str(&label), get(t, path), e);
}

static bool
print_directory(struct tool *t, const struct ec2_field *f, struct buf *path,
    struct err *e)
{
	struct str rest, line;
	size_t end;

	if (!t->quiet && !print_line(t, str_of(f->name), S(""), e))
		return false;
	buf_char(path, '/');
	end = path->n;
	rest = get(t, path);
	if (!rest.n)
		return print_line(t, S(""), S("not available"), e);
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		path->n = end;
		path->full = false;
		if (line.n == 0)
			continue;
		if (!(f->kind == EC2_KEYS ? print_key(t, path, line, e) :
		    print_entry(t, f, path, line, e)))
			return false;
	}
	return true;
}

static bool
print_field(struct tool *t, const struct ec2_field *f, struct err *e)
{
	char text[PATH_MAX_BYTES];
	struct buf path = BUF(text);

	buf_add(&path, S("latest/"));
	if (!f->path)
		buf_add(&path, S("meta-data/"));
	buf_add(&path, str_of(f->path ? f->path : f->name));
	if (f->kind == EC2_VALUE || f->kind == EC2_LATER)
		return print_value(t, str_of(f->label ? f->label : f->name),
		    &path, e);
	return print_directory(t, f, &path, e);
}

static bool
print_all(struct tool *t, struct err *e)
{
	for (const struct ec2_field *f = ec2_fields; f->kind != EC2_HELP; f++)
		if (f->kind != EC2_LATER && !print_field(t, f, e))
			return false;
	return true;
}

static bool
print_path(struct tool *t, const char *word, struct err *e)
{
	struct str path;
	struct buf b;

	if (!imds_path(str_of(word), t->a, &path, e))
		return false;
	b = arena_buf(t->a, path.n + 1);
	buf_add(&b, path);
	return print_value(t, path, &b, e);
}

static bool
print_help(struct tool *t, struct err *e)
{
	struct buf b = arena_buf(t->a, 4096);

	buf_add(&b, S("Usage: " NAME " [OPTION...]\n\n"
	    "Print EC2 instance metadata, as the tool of amazon-ec2-utils"
	    " does.\n\n"));
	for (size_t i = 0; i < EC2_FIELDS; i++) {
		const struct ec2_field *f = &ec2_fields[i];

		buf_add(&b, S("  -"));
		buf_char(&b, f->letter ? f->letter : '-');
		buf_add(&b, f->letter ? S("/--") : S(""));
		buf_add(&b, str_of(f->name));
		buf_add(&b, f->kind == EC2_PATH ? S(" PATH\n") : S("\n"));
	}
	buf_add(&b, S("\nWithout an option: --all. --quiet leaves out the"
	    " labels. --path is taken below\nlatest/meta-data/ unless it says"
	    " otherwise, and may be given more than once.\n"));
	return stream_built(t->a, &b, e);
}

/* Everything is read before anything is done, as getopt(1) does it: it names
 * all that is wrong, and the shell script round it has the last word.
 */
static bool
read_options(struct ec2_walk w, struct tool *t, bool *help, bool *actions,
    struct err *e)
{
	struct ec2_option o = { .value = NULL };
	bool wrong = false;

	while (ec2_next(&w, &o)) {
		if (!o.field) {
			log_line(S(NAME), str_of(o.bad.msg));
			wrong = true;
		} else if (o.field->kind == EC2_HELP) {
			*help = true;
		} else if (o.field->kind == EC2_QUIET) {
			t->quiet = true;
		} else {
			*actions = true;
		}
	}
	if (!wrong)
		return true;
	stream_complain(S("Terminating...\n"));
	return err_set(e, ERR_SYS, "%s", "");	/* exit status 1, not 2 */
}

static bool
do_options(struct ec2_walk w, struct tool *t, struct err *e)
{
	struct ec2_option o = { .value = NULL };

	while (ec2_next(&w, &o)) {
		if (o.field->kind == EC2_ALL)
			return print_all(t, e);
		if (o.field->kind == EC2_PATH ? !print_path(t, o.value, e) :
		    o.field->kind < EC2_HELP && !print_field(t, o.field, e))
			return false;
	}
	return true;
}

/* The original's line first, since tools look for it; then why. */
static bool
find_token(struct tool *t, struct err *e)
{
	static const struct str sorry = S_INIT("[ERROR] Could not get IMDSv2"
	    " token. Instance Metadata might have been disabled or this is not"
	    " an EC2 instance.\n");

	if (imds_token(&t->s.config, world_env(t->s.w, "IMDS_TOKEN"), e))
		return true;
	e->kind = ERR_ABSENT;	/* exit status 1 whatever it is */
	stream_complain(sorry);
	return false;
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct tool t = { .a = app->a, .s.flags.no_profile = true };
	const struct ec2_walk w = { argv, argc, 1, "" };
	bool help = false, actions = false, done;

	t.s.verbose = str_eq(str_of(getenv("ECRBOX_VERBOSE")), S("1"));
	if (!read_options(w, &t, &help, &actions, e))
		return false;
	if (help)
		return print_help(&t, e);
	done = session_open(&t.s, app, e) && find_token(&t, e) &&
	    (actions ? do_options(w, &t, e) : print_all(&t, e));
	session_close(&t.s);
	return done;
}

const struct applet applet_ec2_metadata = {
	.name = NAME,
	.synopsis = "[OPTION...]",
	.help = "Print EC2 instance metadata.",
	.link_named = true,
	.needs = NEEDS_METADATA,
	.run = run,
};
