/* chain.h - who we are: the sources of AWS credentials, asked in order. */
#ifndef CRED_CHAIN_H
#define CRED_CHAIN_H

#include "aws/config.h"
#include "aws/credentials.h"

/* One source. Both functions report "not configured here" as ERR_ABSENT, and
 * the chain goes on; any other failure ends it.
 */
struct provider {
	const char *name;	/* "env", "profile", "container", "imds" */
	/* Would this source be the one? Judged from environment and files
	 * alone, without network. Appends to id what selects the identity (one
	 * "key=value" a line; no secret but may hold access key ids, paths,
	 * URIs), for the token cache's key.
	 */
	bool (*select)(struct config *c, struct buf *id, struct err *e);
	/* Get the credentials. Views live in c->a. */
	bool (*fetch)(struct config *c, struct cred *cred, struct err *e);
};

extern const struct provider cred_env, cred_profile, cred_container, cred_imds;

/* In which order: the CLI's for our own applets, the Go SDK's for the drop-ins
 * of Go programs (decision 0.1).
 */
enum cred_order { CRED_ORDER_CLI, CRED_ORDER_GO };

/* The identity that cred_find would use, as text that is the same for the same
 * identity; no network. Empty id is impossible. ERR_ABSENT with the chain's
 * story when no source is configured.
 */
MUST_USE bool cred_identity(struct config *c, enum cred_order order,
    struct str *id, struct err *e);

/* The first source that answers. With none: ERR_ABSENT and "no credentials:
 * env: AWS_ACCESS_KEY_ID not set; profile: ...; container: ...; imds: ...".
 * Details (-v) say which source was taken. Expired or dying credentials are
 * refused, but for the metadata service's, which are used with a warning
 * (static stability).
 */
MUST_USE bool cred_find(struct config *c, enum cred_order order,
    struct cred *cred, struct err *e);

#endif
