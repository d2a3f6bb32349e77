/* sso.h - IAM Identity Center: a role's credentials from its portal, and new
 * access tokens from its OIDC service (aws 1.6).
 *
 * Neither call is signed: the token says who asks.
 *
 * Source: AWS IAM Identity Center Portal API reference, GetRoleCredentials;
 * OIDC API reference, CreateToken.
 */
#ifndef AWS_SSO_H
#define AWS_SSO_H

#include "aws/config.h"
#include "aws/credentials.h"

struct sso_role {
	struct str account, name;
};

/* GetRoleCredentials with an access token, in region. Fills *cred but for its
 * source, with role's account; views live in a. *ended says that AWS does not
 * know the token, or no longer: only a new login helps. ERR_DENIED: AWS
 * refused; never ERR_ABSENT.
 */
MUST_USE bool sso_role_credentials(struct config *c, struct str region,
    struct str access_token, const struct sso_role *role, struct arena *a,
    struct cred *cred, bool *ended, struct err *e);

struct sso_client {
	struct str id, secret;	/* of a registration */
	struct str refresh_token;
};

struct sso_grant {
	struct str access_token;
	struct str refresh_token;	/* empty: the old one stays */
	int64_t expires;		/* by AWS's clock */
};

/* CreateToken with a refresh token, in region. Views live in a. *ended: the
 * refresh token or the registration is not accepted any more. Errors as
 * above.
 */
MUST_USE bool sso_refresh(struct config *c, struct str region,
    const struct sso_client *ask, struct arena *a, struct sso_grant *grant,
    bool *ended, struct err *e);

/* Only the reading of answers; now is AWS's time. Pure. ERR_REPLY; outputs are
 * left alone then.
 */
MUST_USE bool sso_read_role(struct str body, struct arena *a,
    struct cred *cred, struct err *e);
MUST_USE bool sso_read_grant(struct str body, int64_t now, struct arena *a,
    struct sso_grant *grant, struct err *e);

/* Can it be sent in a header field? Printable ASCII, no blanks, not empty. */
bool sso_token_sound(struct str access_token);

#endif
