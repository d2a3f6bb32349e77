/* bundle.h - certificates looked up by subject in the text of a CA bundle. */
#ifndef NET_BUNDLE_H
#define NET_BUNDLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "net/x509.h"

#define BUNDLE_PLACES 5u

/* Where systems keep theirs, in the order to look. */
extern const char *const bundle_places[BUNDLE_PLACES];

/* What is wanted, and what was found. */
struct bundle {
	const struct str *subjects;	/* whole Names, DER, bytewise equal */
	size_t subjects_count;
	struct x509 *found;		/* filled, views into the arena */
	size_t max, found_count;	/* the search ends at max */
	size_t certificates;		/* that could be read, in the bundle */
	size_t broken;			/* entries that could not */
};

/* Search text (PEM). Only certificates that were found keep memory in a.
 * ERR_LIMIT when it is full.
 */
MUST_USE bool bundle_search(struct bundle *b, struct str text,
    struct arena *a, struct err *e);

#endif
