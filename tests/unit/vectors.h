/* vectors.h - the public test suites, read from beside the tree. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "sys/file.h"
#include "t.h"

/* The file at path below the suites' directory, in a. ERR_ABSENT when it is
 * not there. ECRBOX_VECTORS names another directory.
 */
static inline bool
vector_file(const char *path, struct arena *a, struct str *text,
    struct err *e)
{
	const char *dir = getenv("ECRBOX_VECTORS");
	char name[PATH_MAX_BYTES];

	snprintf(name, sizeof(name), "%s/%s",
	    dir ? dir : "../shared/vectors", path);
	return file_read(name, FILE_MAX, a, text, e);
}

/* The same, but a suite that is not there counts as skipped. */
static inline struct str
vector(const char *path, struct arena *a)
{
	struct str text = { NULL, 0 };
	struct err e;

	if (!vector_file(path, a, &text, &e)) {
		print_message("skipped: %s\n", e.msg);
		skip();
	}
	return text;
}

#endif
