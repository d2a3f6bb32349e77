/* token.h - a registry's password, from the cache or from ECR.
 *
 * The cache holds one file per identity and registry. Its name is the SHA-256
 * of what selects the identity (cred_identity), endpoint, region and registry,
 * so a hit needs no network at all and no other identity's token is ever met.
 */
#ifndef LOGIN_TOKEN_H
#define LOGIN_TOKEN_H

#include "aws/ecr.h"
#include "cred/chain.h"

/* A token for r that has at least CRED_DYING_S left: from the cache in the
 * first half of its life, else fresh, else (a warning) the cached one while it
 * is valid.
 */
MUST_USE bool token_get(struct config *c, enum cred_order order,
    const struct registry *r, struct arena *a, struct ecr_token *t,
    struct err *e);

/* Remove the cached token of r for the present identity; all expired entries
 * too. Nothing to remove is success.
 */
MUST_USE bool token_forget(struct config *c, enum cred_order order,
    const struct registry *r, struct err *e);

#define TOKEN_LIST_MAX 64u	/* registries named by token_list */

/* Hosts of the tokens in the cache that could be served now, whatever the
 * identity, each once, at most max; views in a. Returns how many. No network;
 * an absent or switched-off cache gives none.
 */
MUST_USE size_t token_list(struct config *c, struct arena *a,
    struct str *hosts, size_t max);

#endif
