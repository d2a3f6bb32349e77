/* ecr.h - GetAuthorizationToken of ECR and ECR Public (aws 4.2, 4.5). */
#ifndef AWS_ECR_H
#define AWS_ECR_H

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/registry.h"

struct ecr_token {
	struct str auth;	/* base64 of user:password, as it came */
	struct str user;	/* "AWS" */
	struct str password;
	int64_t expires;	/* seconds; never 0 */
	struct str host;	/* registry that answered: proxyEndpoint's host */
};

/* A token for r. registryIds is sent when r names an account; with an empty
 * account (the caller's own registry) it is not. The endpoint follows r's FIPS
 * and dual-stack marks; a FIPS endpoint that does not resolve is tried once
 * more under its old name. Views live in a. The password is checked: no
 * control bytes, at most ECR_PASSWORD_MAX.
 */
MUST_USE bool ecr_authorize(struct config *c, const struct cred *cred,
    const struct registry *r, struct arena *a, struct ecr_token *t,
    struct err *e);

#endif
