/* signin.h - the sign-in service behind "aws login": a refresh token for new
 * credentials (aws 1.7).
 *
 * Unsigned JSON; what shows who asks is a proof of possession (dpop.h).
 *
 * Source: AWS Sign-In API reference, CreateOAuth2Token.
 */
#ifndef AWS_SIGNIN_H
#define AWS_SIGNIN_H

#include "aws/config.h"
#include "aws/credentials.h"

/* A new one at each reading, version 4 (random(4)). */
#define SIGNIN_UUIDS "/proc/sys/kernel/random/uuid"

struct signin_ask {
	struct str client_id;
	struct str refresh_token;
	struct str key;		/* PEM, see dpop.h */
	struct str profile;	/* in messages, for "aws login" */
};

struct signin_tokens {
	struct cred cred;	/* but for source and account */
	struct str refresh_token;	/* empty: the old one stays */
};

/* Ask in region, whose FIPS endpoint is taken with fips. Views live in a.
 * ERR_DENIED: AWS refused, and the message says what to run; ERR_REPLY: the key
 * or the answer is not what it should be; never ERR_ABSENT.
 */
MUST_USE bool signin_refresh(struct config *c, struct str region, bool fips,
    const struct signin_ask *ask, struct arena *a, struct signin_tokens *out,
    struct err *e);

/* Only the reading of an answer's body, which came at now (AWS's clock). Pure.
 * *out is left alone on failure.
 */
MUST_USE bool signin_read(struct str body, int64_t now, struct arena *a,
    struct signin_tokens *out, struct err *e);

#endif
