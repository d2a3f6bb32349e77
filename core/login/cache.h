/* cache.h - registry tokens kept between runs, one file each.
 *
 * Files are in $AWS_ECR_CACHE_DIR, else $XDG_CACHE_HOME/ecrbox, else
 * ~/.cache/ecrbox: mode 0600 in a directory of mode 0700, replaced atomically.
 * A file's name is the SHA-256 of all that selects its content, so looking up
 * needs no index, no lock and no network. The directory must be the user's
 * own: whoever may write there may choose the user's password for a registry.
 *
 * The cache is a convenience: what cannot be read counts as absent, what
 * cannot be written is left unwritten, and only details (-v) tell.
 */
#ifndef LOGIN_CACHE_H
#define LOGIN_CACHE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "world.h"

struct cache_entry {
	struct str registry;	/* host that was asked for; empty: one's own */
	struct str host;	/* host that answered */
	struct str login;	/* user:password */
	int64_t issued;		/* seconds, by AWS's clock */
	int64_t expires;
	int64_t skew_s;		/* AWS's clock minus ours, when issued */
};

/* Where all entries are: *dir in a. ERR_ABSENT when there is no cache:
 * AWS_ECR_DISABLE_CACHE is set, or no directory is known.
 */
MUST_USE bool cache_directory(const struct world *w, struct arena *a,
    const char **dir, struct err *e);

/* Where the entry selected by key is; *path in a. Errors as above. */
MUST_USE bool cache_path(const struct world *w, struct str key,
    struct arena *a, const char **path, struct err *e);

/* The entry at path; its strings live in a. ERR_ABSENT when there is none that
 * can be used: no file, unreadable, cut short, or not ours.
 */
MUST_USE bool cache_read(const struct world *w, const char *path,
    struct arena *a, struct cache_entry *entry, struct err *e);

/* Write the entry, if that can be done. */
void cache_write(const struct world *w, const char *path,
    const struct cache_entry *entry, struct arena *a);

/* Remove the file at path. One that is not there is success. */
MUST_USE bool cache_remove(const struct world *w, const char *path,
    struct arena *a, struct err *e);

/* Remove all entries for that registry or, when it is empty, all that have
 * expired by now (seconds), whatever identity they belong to: an identity that
 * is gone finds its entries never again. Files that are not ours stay. Fails
 * when one of them cannot be removed.
 */
MUST_USE bool cache_sweep(const struct world *w, struct str registry,
    int64_t now, struct arena *a, struct err *e);

/* Show each readable entry to see, until it returns false. Strings live in a,
 * which keeps them.
 */
void cache_each(const struct world *w, struct arena *a,
    bool (*see)(void *me, const struct cache_entry *entry), void *me);

/* Pure: an entry as text, one line of "key value" for each member, and back;
 * strings view text. cache_format refuses a line break in a value (b is full);
 * cache_parse accepts nothing else than what cache_format writes.
 */
void cache_format(const struct cache_entry *entry, struct buf *b);
MUST_USE bool cache_parse(struct str text, struct cache_entry *entry,
    struct err *e);

#endif
