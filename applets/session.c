#include "applets/session.h"

#include "version.h"

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
	};

	if (!world_open(&conf, app->a, &s->w, e) ||
	    !config_load(s->w, app->a, &s->flags, &s->config, e))
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
