/* docker_helpers.h - credHelpers of Docker's config.json.
 *
 * {"credHelpers": {"HOST": "ecr-login"}} makes docker run
 * docker-credential-ecr-login for exactly that host; containers' auth.json has
 * the same member. The file is edited as text: what is not ours stays byte for
 * byte. All of this is pure; errors are those of docker_edit.h.
 * Source: docker/cli config file; containers-auth.json(5).
 */
#ifndef SINK_DOCKER_HELPERS_H
#define SINK_DOCKER_HELPERS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* What a file had of a host. Views are in the arena. */
struct docker_helper {
	struct str name;	/* its helper; absent: none */
	bool login;		/* auths has an entry for it that holds
				   something: dead once there is a helper */
};

/* *now is old with credHelpers[host] = helper, or old itself when that is what
 * it has.
 */
MUST_USE bool docker_helper_put(struct str old, struct str host,
    struct str helper, struct arena *a, struct str *now,
    struct docker_helper *was, struct err *e);

/* *now is old without credHelpers[host], if that is helper, and without
 * credHelpers if nothing is left in it; else old itself.
 */
MUST_USE bool docker_helper_remove(struct str old, struct str host,
    struct str helper, struct arena *a, struct str *now,
    struct docker_helper *was, struct err *e);

/* The hosts that have helper, in the file's order; none when text is blank.
 */
MUST_USE bool docker_helper_hosts(struct str text, struct str helper,
    struct arena *a, struct str **hosts, size_t *count, struct err *e);

#endif
