/* token_search.h - the steps to a registry's token: who asks, what the cache
 * has, credentials, what is kept. For who gets tokens, one or many.
 */
#ifndef LOGIN_TOKEN_SEARCH_H
#define LOGIN_TOKEN_SEARCH_H

#include "aws/ecr.h"
#include "cred/chain.h"
#include "login/cache.h"

struct token_search {
	struct config *c;
	enum cred_order order;
	const struct registry *r;
	/* Zeroed at first. What is known before anybody is asked: */
	struct str id;		/* cred_identity; empty: not known */
	struct uri ecr;		/* host empty: not known */
	const char *path;	/* of the cache entry; NULL: no cache */
	/* What the cache had. */
	struct cache_entry entry;
	struct ecr_token old;	/* user empty: nothing */
};

/* AWS's clock, as far as it is known. */
int64_t token_aws_now(const struct config *c);

/* Has the entry at least CRED_DYING_S left, and is not from the future? */
bool token_valid(const struct config *c, const struct cache_entry *entry);

/* Find id and ecr; each is left empty when it cannot be known. */
MUST_USE bool token_search_who(struct token_search *s, struct err *e);

/* The same, and path. ERR_ABSENT: there is no cache; else as above. */
MUST_USE bool token_search_path(struct token_search *s, struct err *e);

/* token_search_path, and entry and old from there, in a, if they are valid. One
 * that has expired is removed. True: it is in the first half of its life, so
 * that no other is needed.
 */
MUST_USE bool token_search_cached(struct token_search *s, struct arena *a);

/* Credentials of s->c. One run asks once for one identity, however many
 * registries it is for: a code of an MFA device is good for one role, once.
 */
MUST_USE bool token_search_cred(struct token_search *s, struct cred *cred,
    struct err *e);

/* Has ECR's new token at least CRED_DYING_S left? ERR_REPLY. */
MUST_USE bool token_search_check(const struct token_search *s,
    const struct ecr_token *t, struct err *e);

/* Put the new token into the cache, if there is one. */
void token_search_keep(const struct token_search *s,
    const struct ecr_token *t);

/* Remove from the cache all that has expired: what is kept leaves others
 * behind, whose identities are gone.
 */
void token_search_sweep(struct config *c);

/* No new token could be had, because of why: will the cached one do? Then a
 * warning says so.
 */
MUST_USE bool token_search_old(const struct token_search *s,
    const struct err *why);

#endif
