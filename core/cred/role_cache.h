/* role_cache.h - roles taken with an MFA code, shared with the AWS CLI so that
 * one code serves both.
 *
 * Its files are ~/.aws/cli/cache/<SHA-1 of what was asked for>.json and hold
 * STS's answer. Roles that need no code are not kept: they cost one request,
 * and a file is one more place for a secret.
 *
 * Source: botocore's AssumeRoleCredentialFetcher; the AWS CLI's JSONFileCache.
 */
#ifndef CRED_ROLE_CACHE_H
#define CRED_ROLE_CACHE_H

#include "cred/role_chain.h"

#define ROLE_CACHE "~/.aws/cli/cache/"

/* Is there an entry for link with CRED_ADVISORY_S or more to live? Then *cred
 * but for its source, in c->a. A file that cannot be used counts as none, with
 * a detail note.
 */
bool role_cache_read(struct config *c, const struct role_link *link,
    struct cred *cred);

/* Keep cred for link, unless another process has left one that lives longer. A
 * failure is a warning.
 */
void role_cache_write(struct config *c, const struct role_link *link,
    const struct cred *cred);

/* Append the name of link's entry: 40 hex digits. Pure. */
void role_cache_name(const struct role_link *link, struct buf *b);

/* The reading of an entry. Views into text or a; ERR_REPLY, in words that hold
 * nothing of text, and *cred is left alone. Pure.
 */
MUST_USE bool role_cache_parse(struct str text, struct arena *a,
    struct cred *cred, struct err *e);

#endif
