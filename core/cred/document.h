/* document.h - the JSON object in which the metadata service, container agents
 * and credential_process hand out credentials (aws 1.8-1.10).
 */
#ifndef CRED_DOCUMENT_H
#define CRED_DOCUMENT_H

#include "aws/credentials.h"
#include "base/arena.h"

/* Fill *cred but for its source. AccessKeyId and SecretAccessKey must be
 * there; Token, Expiration (ISO 8601) and AccountId may be missing. A Code
 * other than "Success" (case ignored) is ERR_DENIED with Code and Message; all
 * else that is wrong is ERR_REPLY. Views into text or a; *cred is left alone
 * on failure.
 */
MUST_USE bool cred_document(struct str text, struct arena *a,
    struct cred *cred, struct err *e);

/* The same for what a credential_process prints: Version must be the number 1,
 * the token is called SessionToken, and there is no Code. All that is wrong is
 * ERR_REPLY, in words that hold no value of text.
 */
MUST_USE bool cred_document_process(struct str text, struct arena *a,
    struct cred *cred, struct err *e);

#endif
