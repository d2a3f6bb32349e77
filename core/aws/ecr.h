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

/* One of several registries that are asked for together. */
struct ecr_ask {
	const struct registry *r;
	struct err *why;	/* says why, when it is not good */
	/* What came of it: */
	bool good;
	struct ecr_token token;
};

/* The same for up to ECR_IDS_MAX registries by one call. They are of one region
 * and have the same marks, and each names another account. When AWS refuses
 * the call for what may be the fault of one of them, each is asked for alone.
 * An entry of the answer is that registry's whose account its proxyEndpoint
 * shows; where it shows none, entries are in the order of registryIds, if there
 * are as many. One that gets no entry is ERR_REPLY, and so is one whose entry
 * cannot be read, without harm to the others.
 */
void ecr_authorize_all(struct config *c, const struct cred *cred,
    struct ecr_ask *asks, size_t count, struct arena *a);

/* Only the reading of an answer's body: pure but for the clock, which is asked
 * when the answer does not say when the token expires (then in 12 hours).
 */
MUST_USE bool ecr_read(struct config *c, struct str body,
    const struct registry *r, struct arena *a, struct ecr_token *t,
    struct err *e);

/* The same for several; ERR_REPLY: the body as a whole is none. */
MUST_USE bool ecr_read_all(struct config *c, struct str body,
    struct ecr_ask *asks, size_t count, struct arena *a, struct err *e);

/* Set t's login, user and password from login, with the checks of
 * ecr_authorize. ERR_REPLY, ERR_LIMIT.
 */
MUST_USE bool ecr_split(struct str login, struct ecr_token *t,
    struct err *e);

#endif
