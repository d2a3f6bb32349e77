/* registries.h - credential-helpers of containers' registries.conf.
 *
 * podman, skopeo and buildah ask the helpers of that list, in its order, for
 * every registry. The last file that sets the list replaces it whole. So to
 * add a helper without touching anybody's file, a drop-in of our own repeats
 * the list in force with one name more.
 * Source: containers-registries.conf(5), containers-registries.conf.d(5).
 */
#ifndef SINK_REGISTRIES_H
#define SINK_REGISTRIES_H

#include "base/limits.h"
#include "world.h"

struct helper_list {
	struct str names[HELPERS_MAX];
	size_t count;
};

bool helper_list_has(const struct helper_list *list, struct str name);

/* ERR_LIMIT past HELPERS_MAX. */
MUST_USE bool helper_list_add(struct helper_list *list, struct str name,
    struct err *e);

/* The list that text, TOML, sets; names view text. *found is false when it
 * sets none, and *list is then left alone. What stands behind the list is not
 * looked at. ERR_REPLY with the line when text cannot be followed that far, or
 * a name is none that could be written between quotes as it is. Pure.
 */
MUST_USE bool registries_read(struct str text, struct helper_list *list,
    bool *found, struct err *e);

/* The whole of a drop-in with that list; in a. Pure. */
MUST_USE bool registries_write(const struct helper_list *list,
    struct arena *a, struct str *text, struct err *e);

/* Is text, to the byte, what registries_write makes? Pure. */
bool registries_ours(struct str text, struct arena *a);

/* What containers' tools would use if our drop-in were not there. */
struct registries {
	struct helper_list helpers;	/* never empty: there is a default */
	const char *file;	/* which sets them; NULL: none does */
	bool after;		/* it is read after our drop-in, so that ours
				   would change nothing */
	const char *drop_in;	/* where ours belongs */
};

/* Look through the files of the user and the system. ERR_ABSENT when there is
 * no home directory.
 */
MUST_USE bool registries_find(const struct world *w, struct arena *a,
    struct registries *r, struct err *e);

/* Add the files that registries_find reads, and the one that is ours. */
void registries_needs(const struct world *w, struct arena *a,
    struct sandbox_needs *n);

#endif
