/* docker.h - Docker's config.json and containers' auth.json.
 *
 * The file is edited as text: what is not ours stays byte for byte.
 * Source: docker/cli config file; containers-auth.json(5).
 */
#ifndef SINK_DOCKER_H
#define SINK_DOCKER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Pure: old (p == NULL: no file; empty or blanks: {}) with auths[host] =
 * {"auth": auth}, an "https://host" twin replaced. A new file is TAB-indented
 * as docker writes it. *now is in a. *shadow is set to "credHelpers" or
 * "credsStore" when that key of the file makes the entry dead for docker, else
 * NULL. ERR_REPLY when old is not a JSON object, or auths is no object.
 */
MUST_USE bool docker_put(struct str old, struct str host, struct str auth,
    struct arena *a, struct str *now, const char **shadow, struct err *e);

/* Pure: old without auths[host] and its twins (https://host, http://host,
 * those with a path). *found says whether there was one; without one *now is
 * old.
 */
MUST_USE bool docker_remove(struct str old, struct str host, struct arena *a,
    struct str *now, bool *found, struct err *e);

#endif
