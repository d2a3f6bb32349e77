/* configure.h - ecr-login --configure-docker and --configure-containers.
 *
 * Both tell a client to run docker-credential-ecr-login when it wants a
 * password: Docker for single hosts, by its config.json; podman, skopeo and
 * buildah for all hosts at once, by a drop-in beside registries.conf.
 */
#ifndef APPLETS_CONFIGURE_H
#define APPLETS_CONFIGURE_H

#include "aws/config.h"

struct configure {
	struct config *c;
	bool docker, containers;	/* whom to tell */
	bool remove;			/* or to tell no more */
	const char *path;		/* config.json; when docker is set */
	int out;			/* where the answer goes */
};

/* The operands name registries for Docker. Without one it is the caller's own
 * in each of the regions that c->flags.region lists with commas; to remove,
 * all of ECR's (in these regions, if it lists any).
 */
MUST_USE bool configure(const struct configure *k, int argc, char **argv,
    struct err *e);

#endif
