#include "cred/chain.h"

#include "aws/sigv4.h"
#include "base/limits.h"
#include "base/words.h"
#include "cred/document.h"

/* What a profile's credential_process prints (aws 1.8). It is divided into
 * words and run as it is, as botocore does; where that cannot be what was
 * meant, by a shell, as the Go SDK does.
 */
#define SHELL "/bin/sh"

static struct str
base_name(struct str path)
{
	struct str dir, base;

	return str_cut_last(path, '/', &dir, &base) ? base : path;
}

/* The profile that the rest of a command line names, from *usual on. */
static struct str
named_profile(const char *const *word, struct str usual)
{
	const struct str option = S("--profile"), with = S("--profile=");

	for (; *word; word++) {
		struct str w = str_of(*word);

		if (str_starts(w, with))
			usual = str_skip(w, with.n);
		else if (str_eq(w, option) && word[1])
			usual = str_of(*++word);
		else if (str_eq(w, option))
			usual.n = 0;
	}
	return usual;
}

/* Would command be our own applet once more, for this very profile? */
static bool
is_ours(struct config *c, const struct profile *p, struct str command)
{
	struct str profile = world_env(c->w, "AWS_PROFILE");
	size_t mark = c->a->used, count;
	const char *const *word;
	struct err ignored;
	bool ours = false;

	if (!profile.n)
		profile = world_env(c->w, "AWS_DEFAULT_PROFILE");
	if (!profile.n)
		profile = S("default");
	if (!words_split(command, c->a, &word, &count, &ignored))
		return false;
	/* By the box's name only: other people have a credential-process. */
	if (count > 1 && str_eq(base_name(str_of(word[0])), S("ecrbox")) &&
	    str_eq(str_of(word[1]), S("credential-process")))
		ours = str_eq(named_profile(word + 2, profile), p->name);
	arena_back(c->a, mark);
	return ours;
}

/* Does the environment, or the directory that we are in, decide what the
 * command does?
 */
static bool
depends(struct config *c, struct str command)
{
	size_t mark = c->a->used, count;
	const char *const *word;
	struct err ignored;
	bool relative = false;

	if (words_shell(command).n)
		return str_has(command, '$') || str_has(command, '`');
	if (words_split(command, c->a, &word, &count, &ignored)) {
		relative = count && *word[0] != '/' &&
		    str_has(str_of(word[0]), '/');
		arena_back(c->a, mark);
	}
	return relative;
}

/* Shared files that it finds in another place are others. */
static void
id_file(struct buf *id, struct str key, const char *path)
{
	cred_id(id, key, str_of(path));
	if (path && path[0] != '/')
		id->full = true;
}

/* The command may hold a secret, so its hash stands for it. Without an identity
 * there is no cache: better than another's token. Most programs go by the same
 * variables and files as we do but may find more in them, such as another
 * profile in AWS_PROFILE than the one that names them; and some by keys and
 * certificates of this machine.
 */
static void
identify(struct config *c, const struct profile *p, struct str command,
    struct buf *id)
{
	struct str variable = world_env(c->w, "AWS_PROFILE");
	struct str key_id = world_env(c->w, "AWS_ACCESS_KEY_ID");
	char hex[64 + 1];

	sigv4_hash(command, hex);
	cred_id(id, S("provider"), S("process"));
	cred_id(id, S("profile"), p->name);
	cred_id(id, S("command_hash"), str_of(hex));
	id_file(id, S("config"), p->config_path);
	id_file(id, S("credentials"), p->credentials_path);
	if (key_id.n)
		cred_id(id, S("AWS_ACCESS_KEY_ID"), key_id);
	cred_id_machine(id, c);
	if (variable.n && !str_eq(variable, p->name))
		cred_id(id, S("AWS_PROFILE"), variable);
	if (depends(c, command))
		id->full = true;
}

/* A profile by which other programs ask us says nothing of where we are to
 * look: run by us, its command would run itself for ever. The sources after it
 * are what it would have found.
 */
static bool
select_process(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	struct str command = profile_get(p, S("credential_process"));

	if (!command.n)
		return err_set(e, ERR_ABSENT, "profile '%.*s' has no"
		    " credential_process", STR_ARG(p->name));
	if (is_ours(c, p, command))
		return err_set(e, ERR_ABSENT, "credential_process of profile"
		    " '%.*s' is this program", STR_ARG(p->name));
	if (world_env(c->w, CRED_PROCESS_GUARD).n)
		return err_set(e, ERR_USAGE, "profile '%.*s' uses"
		    " credential_process, and " CRED_PROCESS_GUARD " is set:"
		    " that process leads back here; name another profile by"
		    " --profile", STR_ARG(p->name));
	if (c->no_process)
		return err_set(e, ERR_USAGE, "profile '%.*s' uses"
		    " credential_process, and --auto-profile never runs"
		    " programs; name the profile by --profile",
		    STR_ARG(p->name));
	identify(c, p, command, id);
	return true;
}

/* It was configured, so that there is no such program is no reason to go on to
 * another identity.
 */
static bool
run(struct config *c, const struct program *program, struct str shell,
    struct str *out, struct err *e)
{
	if (c->w->run(c->w->me, program, c->a, out, e))
		return true;
	if (e->kind != ERR_ABSENT)
		return false;
	if (shell.n)
		return err_set(e, ERR_USAGE, "'%.*s' needs a shell, and there"
		    " is no " SHELL " here; write a program and its arguments"
		    " only", STR_ARG(shell));
	e->kind = ERR_USAGE;
	return false;
}

static bool
read_process(struct config *c, struct str command, struct str *out,
    struct err *e)
{
	static const char *const env[] = { CRED_PROCESS_GUARD "=1", NULL };
	const char *by_shell[] = { SHELL, "-c", NULL, NULL };
	struct str shell = words_shell(command);
	int64_t deadline = c->w->clock_ms(c->w->me) + PROGRAM_MS;
	struct program program = {
		.argv = by_shell, .env = env, .out_max = PROGRAM_OUT_MAX,
		.deadline = deadline < c->deadline ? deadline : c->deadline,
	};
	size_t count = 3;

	if (!(shell.n ? arena_z(c->a, command, &by_shell[2], e) :
	    words_split(command, c->a, &program.argv, &count, e)))
		return false;
	if (!count)
		return err_set(e, ERR_USAGE, "it names no program");
	return run(c, &program, shell, out, e);
}

static bool
fetch_process(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	struct str out;
	bool done = read_process(c, profile_get(p, S("credential_process")),
	    &out, e);

	if (done && !cred_document_process(out, c->a, cred, e))
		done = err_in(e, "what it printed");
	return done || err_in(e, "credential_process of profile '%.*s'",
	    STR_ARG(p->name));
}

const struct provider cred_process = {
	.name = "process", .quiet = true, .remote = true,
	.select = select_process, .fetch = fetch_process,
};
