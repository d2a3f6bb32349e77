/* session.h - the options that our applets share, and what they lead to:
 * the world, and the user's configuration.
 */
#ifndef APPLETS_SESSION_H
#define APPLETS_SESSION_H

#include "applets/opt.h"
#include "aws/config.h"
#include "world.h"

struct session {
	struct config_flags flags;
	bool verbose;
	/* Where notes go; see struct world_conf. */
	void (*note)(void *me, enum world_note kind, struct str text);
	void *note_me;
	/* What the applet needs besides, like its own files (sys/sandbox.h),
	 * to be said before the first exchange; and whether it may be several
	 * identities, one after the other.
	 */
	struct sandbox_needs more;
	bool many;
	/* Filled by session_open; valid until session_close. */
	unsigned needs;		/* the applet's */
	struct world *w;
	struct config config;
};

/* Rows for an option table: struct session *s. */
#define SESSION_OPTIONS(s) \
	SESSION_ENDPOINT(s), \
	SESSION_IDENTITY(s)
#define SESSION_ENDPOINT(s) \
	OPT_STR(0, "endpoint-url", "URL", &(s)->flags.endpoint_url, \
	    "ask this endpoint instead of ECR's")

/* Those of them that ECR is not needed for. */
#define SESSION_IDENTITY(s) \
	SESSION_PROFILE(s), \
	SESSION_REGION(s, 0), \
	SESSION_CALLS(s)
#define SESSION_REGION(s, letter) \
	OPT_STR(letter, "region", "REGION", &(s)->flags.region, \
	    "region; else AWS_REGION, profile, metadata")
#define SESSION_CALLS(s) \
	OPT_STR(0, "ca-bundle", "FILE", &(s)->flags.ca_bundle, \
	    "believe only these authorities (PEM)"), \
	OPT_SECONDS(0, "timeout", &(s)->flags.timeout_ms, \
	    "give up after so long; default 60"), \
	SESSION_VERBOSE(s)

/* For those that know the registry. */
#define SESSION_AUTO_PROFILE(s) \
	OPT_FLAG(0, "auto-profile", &(s)->flags.auto_profile, \
	    "choose the profile by the registry's account")

/* Those of them that concern what AWS is not asked for. */
#define SESSION_PROFILE(s) \
	OPT_STR(0, "profile", "NAME", &(s)->flags.profile, \
	    "profile of ~/.aws/config and ~/.aws/credentials")
#define SESSION_VERBOSE(s) \
	OPT_FLAG('v', "verbose", &(s)->verbose, \
	    "say what is done, on standard error")

MUST_USE bool session_open(struct session *s, const struct app *app,
    struct err *e);

/* From now on believe the authorities of c, whose profile may be another than
 * the session's own.
 */
void session_trust(struct session *s, struct config *c);

/* What a sandbox has to let through for those of enum applet_needs, and
 * s->more: by variables, and by the profiles that can be reached. For apart of
 * world.h; the process itself is in such a sandbox from its first exchange on.
 * Paths in the run's arena.
 */
void session_needs(struct session *s, unsigned which,
    struct sandbox_needs *n);

void session_close(struct session *s);

#endif
