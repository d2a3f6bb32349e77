/* named.h - a registry as users name it on a command line. */
#ifndef LOGIN_NAMED_H
#define LOGIN_NAMED_H

#include "aws/config.h"
#include "aws/registry.h"

/* ACCOUNT, ACCOUNT@REGION, a host name or what begins with one, or (empty) the
 * caller's own registry: its account and host stay empty, since only ECR's
 * answer tells them. A region that text does not give is the run's, which may
 * ask the metadata service. Views in c->a. ERR_USAGE when it is none of these.
 */
MUST_USE bool registry_named(struct config *c, struct str text,
    struct registry *r, struct err *e);

#endif
