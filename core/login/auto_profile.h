/* auto_profile.h - the one profile whose identity is of a given account. */
#ifndef LOGIN_AUTO_PROFILE_H
#define LOGIN_AUTO_PROFILE_H

#include "aws/config.h"

/* Is it asked for, by --auto-profile or ECRBOX_AUTO_PROFILE (1 or true)? */
bool auto_profile_wanted(const struct config *c);

/* The profile whose role_arn or, without one, sso_account_id is of account, as
 * if --profile had named it; and no credential_process is run for it, nor for
 * its source profiles, since nobody named the profile that has it. With none a
 * detail, and c is left as it is. ERR_USAGE: there are several, which are
 * named.
 */
MUST_USE bool auto_profile(struct config *c, struct str account,
    struct err *e);

#endif
