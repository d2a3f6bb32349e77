#include "applets/session.h"

#include "version.h"

bool
session_open(struct session *s, const struct app *app, struct err *e)
{
	const struct world_conf conf = {
		.prog = str_of(app->applet->name),
		.verbose = s->verbose,
		.http = {
			.user_agent = S("ecrbox/" ECRBOX_VERSION),
			.made_s = ECRBOX_COMMIT_TIME,
		},
	};
	const char *bundle;

	if (!world_open(&conf, app->a, &s->w, e) ||
	    !config_load(s->w, app->a, &s->flags, &s->config, e))
		return false;
	bundle = config_ca_bundle(&s->config);
	if (bundle)
		world_ca_bundle(s->w, bundle);
	return true;
}

void
session_close(struct session *s)
{
	if (s->w)
		world_close(s->w);
}
