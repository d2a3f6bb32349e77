/* session.h - what every role that is taken needs besides its name: a name for
 * the session, and a region whose STS is asked.
 */
#ifndef CRED_SESSION_H
#define CRED_SESSION_H

#include "aws/config.h"

/* Would STS take it as RoleSessionName: 2 to 64 of [A-Za-z0-9_+=,.@-]? */
bool session_name_ok(struct str name);

/* configured, which is as above, or for want of it "ecrbox-<unix seconds>", in
 * c->a.
 */
MUST_USE bool session_name(struct config *c, struct str configured,
    struct str *name, struct err *e);

/* The run's region; first of all that of the registry with c->registry_first,
 * and last of all without. Empty when there is none: the global endpoint is
 * asked then (decision 0.11). ERR_USAGE: a region that cannot be one.
 */
MUST_USE bool session_region(struct config *c, struct str *region,
    struct err *e);

#endif
