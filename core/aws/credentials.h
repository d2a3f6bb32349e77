/* credentials.h - an access key, and perhaps a session token. */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct cred {
	struct str key_id, secret;
	struct str token;	/* session token; empty for long-term keys */
	int64_t expires;	/* seconds; 0: does not expire */
	struct str account;	/* 12 digits, when the source says it */
	const char *source;	/* provider's name: "env", "imds" */
	bool stable;		/* works beyond its date; see cred/chain.h */
};

/* Check what was gathered: no blanks or control bytes anywhere (it becomes a
 * header). what names the source. ERR_USAGE.
 */
MUST_USE bool cred_check(const struct cred *cred, const char *what,
    struct err *e);

/* Append *cred as bytes, for another process of ours, and read it back. What
 * is read are views into s, all of which must be one struct cred; ERR_REPLY.
 */
void cred_write(const struct cred *cred, struct buf *b);
MUST_USE bool cred_read(struct str s, struct cred *cred, struct err *e);

#endif
