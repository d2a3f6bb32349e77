/* docker_file.h - where Docker's config.json is. */
#ifndef APPLETS_DOCKER_FILE_H
#define APPLETS_DOCKER_FILE_H

#include "aws/config.h"

/* $DOCKER_CONFIG/config.json, else ~/.docker/config.json; in c->a. Errors as
 * of profile_path.
 */
MUST_USE bool docker_file(const struct config *c, const char **path,
    struct err *e);

#endif
