/* login_token.h - what "aws login" leaves in its cache: credentials of a few
 * minutes, and what renews them (aws 1.7). Pure.
 */
#ifndef CRED_LOGIN_TOKEN_H
#define CRED_LOGIN_TOKEN_H

#include "aws/signin.h"
#include "base/json.h"

#define LOGIN_CACHE "~/.aws/login/cache"	/* or what names another: */
#define LOGIN_CACHE_VARIABLE "AWS_LOGIN_CACHE_DIRECTORY"

struct login_token {
	struct cred cred;	/* but for its source */
	struct str client_id, refresh_token;
	struct str key;		/* PEM */
	struct str region;	/* where the session was begun; or empty */
	struct json root;	/* all of it */
};

/* Read the file's content. accessToken with its keys and expiresAt, clientId,
 * refreshToken and dpopKey must be there; ERR_REPLY. Views into text or a; *t
 * is left alone on failure.
 */
MUST_USE bool login_token_read(struct str text, struct arena *a,
    struct login_token *t, struct err *e);

/* The content with new credentials and, unless empty, a new refresh token;
 * all else stays as it was. *text is in a.
 */
MUST_USE bool login_token_renew(const struct login_token *t,
    const struct signin_tokens *with, struct arena *a, struct str *text,
    struct err *e);

#endif
