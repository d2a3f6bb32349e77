/* docker_edit.h - one entry in one section of Docker's config.json.
 *
 * The file is edited as text, and what is written is laid out like what
 * stands round it. Both functions are pure and leave their outputs alone on
 * failure. old.p == NULL: no file; empty or blanks: {}. ERR_REPLY when old is
 * not a JSON object, or the section is there but neither an object nor null.
 */
#ifndef SINK_DOCKER_EDIT_H
#define SINK_DOCKER_EDIT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct docker_entry {
	struct str section;	/* the member of the file it is in */
	struct str host;	/* its key */
	struct str field;	/* it is {field: value}; empty: value alone */
	struct str value;
	bool urls;		/* keys that are URLs of host are host's too */
	bool tidy;		/* a section left empty by a removal goes */
};

/* *now, in a, is old with the entry, in place of all that host had. A new
 * file is TAB-indented as docker writes it.
 */
MUST_USE bool docker_edit_put(struct str old, const struct docker_entry *entry,
    struct arena *a, struct str *now, struct err *e);

/* *now, in a, is old without what host has; value and field are not looked
 * at. *found says whether there was something; without it *now is old.
 */
MUST_USE bool docker_edit_remove(struct str old,
    const struct docker_entry *entry, struct arena *a, struct str *now,
    bool *found, struct err *e);

#endif
