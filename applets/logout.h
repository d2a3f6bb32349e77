/* logout.h - take ECR's entries out of a file, and its tokens out of the
 * cache.
 */
#ifndef APPLETS_LOGOUT_H
#define APPLETS_LOGOUT_H

#include "aws/config.h"

/* Log out of each REGISTRY in argv; of none: of every ECR registry that the
 * file at path has an entry for. What is removed is said on fd out. One
 * failure does not keep the other registries waiting.
 */
MUST_USE bool logout(struct config *c, const char *path, int out, int argc,
    char **argv, struct err *e);

#endif
