/* credentials.h - an access key, and perhaps a session token. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct cred {
	struct str key_id, secret;
	struct str token;	/* session token; empty for long-term keys */
	int64_t expires;	/* seconds; 0: does not expire */
	struct str account;	/* 12 digits, when the source says it */
	const char *source;	/* provider's name: "env", "imds" */
};

/* Check what was gathered: no blanks or control bytes anywhere (it becomes a
 * header). what names the source. ERR_USAGE.
 */
MUST_USE bool cred_check(const struct cred *cred, const char *what,
    struct err *e);

#endif
