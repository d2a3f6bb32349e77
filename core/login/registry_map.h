/* registry_map.h - which identity is for which registry: ecrbox.conf(5).
 *
 * An INI file in the grammar of base/ini.h, but strict: it decides as whom we
 * speak and where a password is sent, so whatever is not understood, or has no
 * meaning where it stands, is an error that names file and line.
 */
#ifndef LOGIN_REGISTRY_MAP_H
#define LOGIN_REGISTRY_MAP_H

#include "world.h"

#define REGISTRY_MAP_OWN "~/.config/ecrbox.conf"
#define REGISTRY_MAP_ALL "/etc/ecrbox.conf"
#define REGISTRY_MAP_VARIABLE "ECRBOX_CONFIG"	/* names the only one */

enum rule_kind {
	RULE_ACCOUNT,	/* [123456789012]: ECR's hosts of that account */
	RULE_HOST,	/* one host of ECR's */
	RULE_PUBLIC,	/* one host of ECR Public's */
	RULE_PATTERN,	/* hosts of ECR's, by * and ? */
	RULE_CUSTOM,	/* a host of the user's own before a registry */
};

/* A section; values that it does not give are empty. */
struct rule {
	enum rule_kind kind;
	struct str name;	/* lower case; a custom host has its port, if
				   that is not 443 */
	const char *path;	/* the file, */
	size_t line;		/* and where in it the section begins */
	struct str profile, role_arn, external_id;
	struct str region;	/* always there for RULE_CUSTOM, */
	struct str account;	/* and so is this */
	struct str endpoint_url;
};

struct registry_map {
	const struct rule *rules;	/* the first that fits counts */
	size_t count;
};

/* The rules of $ECRBOX_CONFIG, else those of ~/.config/ecrbox.conf and then
 * of /etc/ecrbox.conf. Strings live in a. /dev/null is a map without rules; so
 * is an absent file, unless the variable names it. ERR_USAGE: a mistake in a
 * file; ERR_DENIED: others can write one (see file_read_own).
 */
MUST_USE bool registry_map_load(const struct world *w, struct arena *a,
    struct registry_map *map, struct err *e);

/* Only the reading of a file's text; path is for messages. Pure. ERR_USAGE,
 * ERR_LIMIT.
 */
MUST_USE bool registry_map_parse(struct str text, const char *path,
    struct arena *a, struct registry_map *map, struct err *e);

/* The rule for a registry of ECR's: its account (empty: ECR Public) and its
 * host in lower case (empty: not known yet, so only rules for accounts fit).
 * NULL: none.
 */
const struct rule *registry_map_find(const struct registry_map *map,
    struct str account, struct str host);

/* The rule for the custom host with which text, a host name, URL or image
 * reference, begins. NULL: it is none.
 */
const struct rule *registry_map_custom(const struct registry_map *map,
    struct str text);

#endif
