/* sso_token.h - the AWS CLI's cache of IAM Identity Center's access tokens.
 *
 * A session has one file, ~/.aws/sso/cache/<SHA-1 of its name, else of its
 * start URL>.json, written by "aws sso login". The CLI uses it at the same
 * time, in its own versions, so what we do not know in it stays.
 *
 * Source: botocore's SSOTokenProvider and SSOTokenLoader, in behaviour.
 */
#ifndef CRED_SSO_TOKEN_H
#define CRED_SSO_TOKEN_H

#include "aws/config.h"
#include "aws/sso.h"
#include "base/json.h"

#define SSO_CACHE "~/.aws/sso/cache/"

struct sso_session {
	struct str name;	/* of [sso-session NAME]; empty: the older form,
				   whose tokens are not renewed */
	struct str start_url, region;
	struct str profile;	/* that names it; for messages */
};

/* An access token that is good by AWS's clock, in c->a. One of a named session
 * with less than CRED_ADVISORY_S left is renewed in its file first; whoever
 * else does so at the same time waits, and then uses what is there. When that
 * fails, the old token is used while it is good, with a warning; so is a new
 * one that could not be written. Never ERR_ABSENT.
 */
MUST_USE bool sso_token_get(struct config *c, const struct sso_session *s,
    struct str *access_token, struct err *e);

/* For when AWS refused the token with *e: in front that the session has ended,
 * behind it the command that begins a new one. Returns false (ERR_DENIED).
 */
bool sso_session_ended(const struct sso_session *s, struct err *e);

/* One file. */
struct sso_token {
	struct str access;
	int64_t expires;
	struct sso_client client;	/* its parts may be empty, */
	int64_t registered;		/* and this 0: when it ends */
	struct json root;		/* all of it */
};

/* Read a file's content. accessToken and expiresAt must be there; ERR_REPLY.
 * Views into text or a; *t is left alone on failure. Pure, as is the next.
 */
MUST_USE bool sso_token_read(struct str text, struct arena *a,
    struct sso_token *t, struct err *e);

/* The content with what was granted. *text is in a. */
MUST_USE bool sso_token_renewed(const struct sso_token *t,
    const struct sso_grant *grant, struct arena *a, struct str *text,
    struct err *e);

#endif
