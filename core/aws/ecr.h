/* ecr.h - GetAuthorizationToken of ECR and ECR Public (aws 4.2, 4.5). */
#ifndef AWS_ECR_H
#define AWS_ECR_H

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/registry.h"

struct ecr_token {
	struct str login;	/* user:password; they are views into it */
	struct str user;	/* "AWS" */
	struct str password;
	int64_t expires;	/* seconds; never 0 */
	struct str host;	/* registry that answered: proxyEndpoint's host,
				   with a port that is not its scheme's */
};

/* A token for r. registryIds is sent when r names an account; with an empty
 * account (the caller's own registry) it is not. The endpoint follows r's FIPS
 * and dual-stack marks; a FIPS endpoint that does not resolve is tried once
 * more under its old name. Views live in a. The password is checked: no
 * control bytes, at most ECR_PASSWORD_MAX. ERR_DENIED: AWS refused; never
 * ERR_ABSENT.
 */
MUST_USE bool ecr_authorize(struct config *c, const struct cred *cred,
    const struct registry *r, struct arena *a, struct ecr_token *t,
    struct err *e);

/* Only the reading of an answer's body: pure but for the clock, which is asked
 * when the answer does not say when the token expires (then in 12 hours).
 */
MUST_USE bool ecr_read(struct config *c, struct str body,
    const struct registry *r, struct arena *a, struct ecr_token *t,
    struct err *e);

/* Set t's login, user and password from login, with the checks of
 * ecr_authorize. ERR_REPLY, ERR_LIMIT.
 */
MUST_USE bool ecr_split(struct str login, struct ecr_token *t,
    struct err *e);

#endif
