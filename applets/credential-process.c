/* credential-process.c - the credentials that the chain finds, for others.
 *
 * Source: AWS SDK reference guide, "Process credential provider"; the other
 * formats are those of the AWS CLI's "configure export-credentials".
 */
#include "applets/session.h"
#include "applets/stream.h"
#include "base/date.h"
#include "base/json.h"
#include "base/limits.h"
#include "cred/chain.h"

/* What is given as the rest of their life to credentials that work beyond
 * their date: SDKs refuse expired ones, and ask again when so much is left.
 */
#define STABLE_S 900

struct format {
	const char *name;
	/* Of each line; NULL: JSON. */
	const char *before;
	bool lower;	/* names in lower case, under the profile's name */
	void (*value)(struct buf *b, struct str s);
};

/* In single quotes, with what stands for one inside. */
static void
quote(struct buf *b, struct str s, struct str inside)
{
	buf_char(b, '\'');
	for (size_t i = 0; i < s.n; i++)
		buf_add(b, s.p[i] == '\'' ? inside :
		    (struct str){ s.p + i, 1 });
	buf_char(b, '\'');
}

/* POSIX shell. Bare where that is safe, as it is for all real keys: readers of
 * NAME=VALUE files do not all take quotes off.
 */
static void
shell(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (char_alnum(s.p[i]) || str_has(S("+/=_.:,@%-"), s.p[i]))
			continue;
		quote(b, s, S("'\\''"));
		return;
	}
	buf_add(b, s);
}

static void
powershell(struct buf *b, struct str s)
{
	quote(b, s, S("''"));
}

static const struct format formats[] = {
	{ "json", NULL, false, NULL },
	{ "env", "export ", false, shell },
	{ "env-no-export", "", false, shell },
	{ "powershell", "$Env:", false, powershell },
	/* No blanks, so nothing in a value can begin a comment. */
	{ "ini", "", true, buf_add },
};

static const struct format *
find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (str_eq(str_of(name), str_of(formats[i].name)))
			return &formats[i];
	return NULL;
}

static void
add_line(struct buf *b, const struct format *f, struct str name,
    struct str value)
{
	if (!value.n)
		return;
	buf_add(b, str_of(f->before));
	for (size_t i = 0; i < name.n; i++)
		buf_char(b, f->lower ? char_lower(name.p[i]) : name.p[i]);
	buf_char(b, '=');
	f->value(b, value);
	buf_char(b, '\n');
}

static void
add_lines(struct buf *b, const struct format *f, struct str profile,
    const struct cred *cred, struct str expires)
{
	if (f->lower) {
		buf_char(b, '[');
		buf_add(b, profile);
		buf_add(b, S("]\n"));
	}
	add_line(b, f, S("AWS_ACCESS_KEY_ID"), cred->key_id);
	add_line(b, f, S("AWS_SECRET_ACCESS_KEY"), cred->secret);
	add_line(b, f, S("AWS_SESSION_TOKEN"), cred->token);
	add_line(b, f, S("AWS_CREDENTIAL_EXPIRATION"), expires);
}

static void
add_member(struct buf *b, struct str name, struct str value)
{
	if (!value.n)
		return;
	buf_char(b, ',');
	json_quote(b, name);
	buf_char(b, ':');
	json_quote(b, value);
}

static void
add_json(struct buf *b, const struct cred *cred, struct str expires)
{
	buf_add(b, S("{\"Version\":1"));
	add_member(b, S("AccessKeyId"), cred->key_id);
	add_member(b, S("SecretAccessKey"), cred->secret);
	add_member(b, S("SessionToken"), cred->token);
	add_member(b, S("Expiration"), expires);
	add_member(b, S("AccountId"), cred->account);
	buf_add(b, S("}\n"));
}

static bool
print(const struct config *c, const struct format *f, const struct cred *cred,
    struct err *e)
{
	int64_t now = c->w->now(c->w->me) + c->skew_s;
	char text[DATE_ISO_LEN + 1] = "";
	struct buf b = arena_buf(c->a, 0);

	if (cred->expires)
		date_format_iso(cred->expires - now >= CRED_DYING_S ?
		    cred->expires : now + STABLE_S, text);
	if (f->before)
		add_lines(&b, f, c->profile.name, cred, str_of(text));
	else
		add_json(&b, cred, str_of(text));
	return stream_built(c->a, &b, e);
}

static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct session s = { .verbose = false };
	const char *name = "json";
	const struct format *f;
	struct cred cred;
	const struct opt opts[] = {
		OPT_STR(0, "format", "FORMAT", &name,
		    "json, env, env-no-export, powershell or ini"),
		SESSION_IDENTITY(&s),
		OPT_END
	};
	bool help, done;

	if (!opt_parse(opts, &argc, &argv, &help, e))
		return false;
	if (help)
		return opt_help(app, opts, e);
	if (argc)
		return err_set(e, ERR_USAGE, "unexpected argument '%s'",
		    argv[0]);
	f = find_format(name);
	if (!f)
		return err_set(e, ERR_USAGE, "format '%s' is not one of json,"
		    " env, env-no-export, powershell and ini", name);
	done = session_open(&s, app, e);
	s.config.want_account = true;
	done = done && cred_find(&s.config, CRED_ORDER_CLI, &cred, e) &&
	    print(&s.config, f, &cred, e);
	session_close(&s);
	return done;
}

const struct applet applet_credential_process = {
	.name = "credential-process",
	.synopsis = "[-v] [--format FORMAT] [OPTION...]",
	.help =
"Print AWS credentials: those of the first source that has some, in the AWS\n"
"CLI's order. The JSON is what a profile's credential_process is to print.",
	.needs = NEEDS_AWS,
	.run = run,
};
