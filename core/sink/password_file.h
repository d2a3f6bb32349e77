/* password_file.h - where each registry's bare password goes. Pure.
 *
 * The content of such a file is the password and nothing else, not even a line
 * end: what reads it may not trim.
 */
#ifndef SINK_PASSWORD_FILE_H
#define SINK_PASSWORD_FILE_H

#include "aws/registry.h"

/* The paths for count registries, in their order, in a: pattern with
 * "{account}", "{region}" and "{host}" replaced by the registry's. ERR_USAGE:
 * any other brace; a registry of ECR Public, which has only a host; two
 * registries that would share a file; a pattern that is empty or names a
 * directory.
 */
MUST_USE bool password_file_paths(struct str pattern,
    const struct registry *registries, size_t count, struct arena *a,
    struct str **paths, struct err *e);

/* The same for names of other things, which messages call what: any that is
 * not empty will do.
 */
MUST_USE bool password_file_names(const char *what, struct str pattern,
    const struct registry *registries, size_t count, struct arena *a,
    struct str **names, struct err *e);

#endif
