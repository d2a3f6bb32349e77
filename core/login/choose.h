/* choose.h - which registry is meant, and the right identity for it.
 *
 * The registry map (registry_map.h) says which profile or role to use for
 * which registry: a section's name is an account id, a registry host name or a
 * pattern (* and ?) of ECR's host names, and the first that fits counts, alone:
 *
 *	[123456789012]
 *	profile = prod
 *
 *	[registry.example.com]
 *	account = 123456789012
 *	region = eu-west-1
 *	role_arn = arn:aws:iam::123456789012:role/pull
 *
 * --profile on the command line is stronger than the profile and the role
 * there. Where neither names an identity, --auto-profile or
 * ECRBOX_AUTO_PROFILE=1 takes the one profile whose role or SSO account is the
 * registry's (auto_profile.h).
 */
#ifndef LOGIN_CHOOSE_H
#define LOGIN_CHOOSE_H

#include "aws/config.h"
#include "aws/registry.h"

/* What text names, and in *c a copy of base that has the identity to use for
 * it; c NULL: only the registry is wanted, and no identity is looked for
 * unless an account's region hangs on it. text is ACCOUNT, ACCOUNT@REGION, a
 * registry host name or what begins with one, a host name of the map, or empty:
 * the caller's own registry, whose account and host stay empty, since only
 * ECR's answer tells them, and for which no map is read.
 *
 * ACCOUNT is its host in --region's region, else in that of the map's section
 * for it, else in the run's, which may ask the metadata service. The identity
 * is then that for this host.
 *
 * Views in base->a. ERR_USAGE when text is none of these, the map is wrong, or
 * two profiles would do; ERR_DENIED: the map can be written by others. What *c
 * learns, base should (config_learn).
 */
MUST_USE bool registry_choose(const struct config *base, struct str text,
    struct config *c, struct registry *r, struct err *e);

/* The same for a host name that another program gives, with or without scheme,
 * port and path. ERR_ABSENT: neither ECR's nor in the map, so not ours.
 */
MUST_USE bool registry_choose_host(const struct config *base,
    struct str server, struct config *c, struct registry *r, struct err *e);

#endif
