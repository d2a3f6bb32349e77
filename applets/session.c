#include "applets/session.h"

#include "version.h"

/* The credential_process of the one identity that is wanted has been run by
 * now.
 */
static void
needs(void *me, struct sandbox_needs *n)
{
	struct session *s = me;

	session_needs(s, s->needs | (s->many ? NEEDS_PROGRAMS : 0), n);
}

bool
session_open(struct session *s, const struct app *app, struct err *e)
{
	const struct world_conf conf = {
		.prog = str_of(app->applet->name),
		.verbose = s->verbose,
		.note = s->note,
		.note_me = s->note_me,
		.http = {
			.user_agent = S("ecrbox/" ECRBOX_VERSION),
			.made_s = ECRBOX_COMMIT_TIME,
		},
		.sandbox = app->sandbox,
		.needs = needs,
		.needs_me = s,
	};
	const char *home;
	struct err ignored;

	s->needs = app->applet->needs;
	if (!world_open(&conf, app->a, &s->w, e))
		return false;
	if (!world_env(s->w, "HOME").n &&
	    profile_path(s->w, S("~/"), app->a, &home, &ignored))
		world_home(s->w, home);
	if (!config_load(s->w, app->a, &s->flags, &s->config, e))
		return false;
	session_trust(s, &s->config);
	return true;
}

void
session_trust(struct session *s, struct config *c)
{
	world_ca_bundle(s->w, config_ca_bundle(c));
}

void
session_close(struct session *s)
{
	if (s->w)
		world_close(s->w);
	s->w = NULL;
}
