#include "cred/chain.h"

/* The next word of a command: as in shlex, blanks part words, and a pair of
 * quotes round one keeps them in it.
 */
static struct str
next_word(struct str *rest)
{
	struct str s = str_trim(*rest), word;
	size_t n = 0;

	if (s.n && str_has(S("\"'"), *s.p)) {
		str_cut(str_skip(s, 1), *s.p, &word, rest);
		return word;
	}
	while (n < s.n && !str_has(S(" \t\r\n"), s.p[n]))
		n++;
	*rest = str_skip(s, n);
	return str_head(s, n);
}

static struct str
base_name(struct str path)
{
	struct str dir, base;

	return str_cut_last(path, '/', &dir, &base) ? base : path;
}

/* Would command be our own applet once more, for this very profile? */
static bool
is_ours(const struct config *c, const struct profile *p, struct str command)
{
	const struct str applet = S("credential-process");
	struct str word = base_name(next_word(&command));
	struct str profile = world_env(c->w, "AWS_PROFILE");

	if (str_eq(word, S("ecrbox")))
		word = next_word(&command);
	if (!str_eq(word, applet))
		return false;
	if (!profile.n)
		profile = world_env(c->w, "AWS_DEFAULT_PROFILE");
	if (!profile.n)
		profile = S("default");
	while (command.n) {
		word = next_word(&command);
		if (str_eq(word, S("--profile")))
			profile = next_word(&command);
		else if (str_starts(word, S("--profile=")))
			profile = str_skip(word, S("--profile=").n);
	}
	return str_eq(profile, p->name);
}

/* A profile by which other programs ask us says nothing of where we are to
 * look: run by us, its command would run itself for ever. The sources after it
 * are what it would have found.
 */
static bool
select_process(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	static const struct str keys[] = { S_INIT("credential_process") };

	(void)id;
	if (is_ours(c, p, profile_get(p, keys[0])))
		return err_set(e, ERR_ABSENT, "credential_process of profile"
		    " '%.*s' is this program", STR_ARG(p->name));
	if (profile_get(p, keys[0]).n &&
	    world_env(c->w, CRED_PROCESS_GUARD).n)
		return err_set(e, ERR_USAGE, "profile '%.*s' uses"
		    " credential_process, and " CRED_PROCESS_GUARD " is set:"
		    " that process leads back here; name another profile by"
		    " --profile", STR_ARG(p->name));
	return cred_pending(p, keys, 1, e);
}

const struct provider cred_process = {
	.name = "process", .quiet = true, .remote = true, .select = select_process,
};
