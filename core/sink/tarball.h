/* tarball.h - docker.tar.gz for Mesos and Marathon. Pure.
 *
 * Mesos unpacks it into a task's sandbox and pulls with HOME there. It has
 * .docker/ and .docker/config.json, and the same entries at the same time give
 * the same bytes.
 * Source: Marathon, "Using a Private Docker Registry"; Mesos,
 * src/docker/docker.cpp.
 */
#ifndef SINK_TARBALL_H
#define SINK_TARBALL_H

#include "base/arena.h"
#include "sink/formats.h"

struct tarball_paths {
	struct str archive;
	struct str config;	/* beside it, and perhaps others' too; empty:
				   none */
};

/* The location is the archive itself; or, if there is a directory of that name
 * or it ends in '/', archive and .docker/config.json go into that. In a.
 * ERR_USAGE: it is empty.
 */
MUST_USE bool tarball_paths(struct str location, bool directory,
    struct arena *a, struct tarball_paths *paths, struct err *e);

#define TARBALL_MODE 0600u	/* of config.json, unless it is widened */

/* "0644": permissions of config.json, which others may read at most. Its
 * directory may be searched by who may read it. ERR_USAGE.
 */
MUST_USE bool tarball_mode(struct str text, unsigned *mode, struct err *e);

/* The archive, in a, with these entries and no others. time_s is that of its
 * members: when the tokens were got. Errors as format_write.
 */
MUST_USE bool tarball_write(const struct format_entry *entries, size_t count,
    unsigned mode, int64_t time_s, struct arena *a, struct str *bytes,
    struct err *e);

#endif
