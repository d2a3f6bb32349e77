#include "login/auto_profile.h"

#include "aws/arn.h"

#define NAMED_MAX 8	/* of several profiles; the rest is counted */

bool
auto_profile_wanted(const struct config *c)
{
	const char *const name = "ECRBOX_AUTO_PROFILE";

	return c->flags.auto_profile || world_env_true(c->w, name) ||
	    str_eq(world_env(c->w, name), S("1"));
}

/* Where there is a role, single sign-on is only the way to it. */
static struct str
account_of(const struct profile *p)
{
	struct str role = profile_get(p, S("role_arn"));

	return role.n ? arn_account(role) :
	    profile_get(p, S("sso_account_id"));
}

static bool
several(struct str account, const struct str *names, size_t count,
    struct err *e)
{
	char text[ERR_MSG_MAX];
	struct buf b = BUF(text);

	for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
		buf_add(&b, i == 0 ? S("'") : i + 1 == count ? S(" and '") :
		    S(", '"));
		buf_add(&b, names[i]);
		buf_char(&b, '\'');
	}
	if (count > NAMED_MAX)
		buf_add(&b, S(" and more"));
	return err_set(e, ERR_USAGE, "auto-profile: account %.*s has the"
	    " profiles %.*s: choose one by --profile, or by a section"
	    " [%.*s] in ecrbox.conf", STR_ARG(account),
	    STR_ARG(buf_str(&b)), STR_ARG(account));
}

bool
auto_profile(struct config *c, struct str account, struct err *e)
{
	struct str *names;
	size_t count, found = 0;

	if (!profile_names(&c->profile, c->a, &names, &count, e))
		return err_in(e, "auto-profile");
	for (size_t i = 0; i < count; i++) {
		struct profile p = profile_other(&c->profile, names[i]);

		if (str_eq(account_of(&p), account))
			names[found++] = names[i];
	}
	if (found > 1)
		return several(account, names, found, e);
	if (!found) {
		world_detail(c->w, "auto-profile: no profile's role_arn or"
		    " sso_account_id is of account '%.*s'", STR_ARG(account));
		return true;
	}
	if (!config_use_profile(c, names[0], e))
		return false;
	c->no_process = true;
	world_detail(c->w, "auto-profile: profile '%.*s' for account %.*s",
	    STR_ARG(names[0]), STR_ARG(account));
	return true;
}
