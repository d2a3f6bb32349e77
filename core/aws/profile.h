/* profile.h - the shared config and credentials files, merged.
 *
 * Source: AWS SDK reference guide, "Shared config and credentials files";
 * choices between SDKs: decisions 0.4-0.7 of the specification, stated in
 * ecrbox-credentials(7). An empty value is as good as none.
 */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include "base/ini.h"
#include "world.h"

struct profile {
	struct str name;	/* "default" when none was asked for */
	bool named;		/* by flag or variable: it must exist */
	bool explicit;		/* by flag: environment credentials do not count */
	bool found;		/* in either file */
	bool prefixed;		/* [profile NAME] is in the config file: a bare
				   [default] there does not count any more */
	struct ini config, credentials;
	const char *config_path, *credentials_path;	/* NULL: no HOME */
	struct str trouble;	/* why a file that is there could not be read;
				   empty: nothing of that kind */
};

/* Read both files (absent or unreadable counts as empty, the latter with a
 * detail note) and choose the profile: flag (NULL: none), AWS_PROFILE,
 * AWS_DEFAULT_PROFILE, "default". All views live in a. ERR_USAGE when a named
 * profile is in neither file.
 */
MUST_USE bool profile_load(const struct world *w, const char *flag,
    struct arena *a, struct profile *p, struct err *e);

/* The profile of that name in the files that p was read from; found says
 * whether there is one. Views those of p and name. For source_profile.
 */
struct profile profile_other(const struct profile *p, struct str name);

/* Says that p is in neither file, and what may be the cause. Returns false
 * (ERR_USAGE).
 */
bool profile_missing(const struct profile *p, struct err *e);

/* Value of key in [sso-session NAME] of the config file; *found_section is
 * false when that section does not exist.
 */
struct str profile_get_session(const struct profile *p, struct str session,
    struct str key, bool *found_section);

/* The names of all profiles, each once, in file order (config file first), in
 * a. ERR_LIMIT when a is full.
 */
MUST_USE bool profile_names(const struct profile *p, struct arena *a,
    struct str **names, size_t *count, struct err *e);

/* Value of key in the profile: the credentials file wins over the config
 * file. Absent view when neither has it. key is lower case.
 */
struct str profile_get(const struct profile *p, struct str key);

/* Only from one of the files. */
struct str profile_get_config(const struct profile *p, struct str key);
struct str profile_get_credentials(const struct profile *p, struct str key);

/* The nested value sub of key in [services NAME], e.g. "ecr", "endpoint_url".
 * *found_section is false when that section does not exist.
 */
struct str profile_get_service(const struct profile *p, struct str services,
    struct str service, struct str key, bool *found_section);

/* Expand a leading "~/" by HOME; without HOME by the home directory that
 * /etc/passwd gives the real user id (services run by init have no HOME). Any
 * other path is only copied. *z is NUL-terminated, in a. ERR_ABSENT when the
 * home directory is not known.
 */
MUST_USE bool profile_path(const struct world *w, struct str path,
    struct arena *a, const char **z, struct err *e);

#endif
