/* tokens.h - tokens for many registries, with as few calls as that takes.
 *
 * Registries of one region, identity and endpoint are asked for together, at
 * most ECR_IDS_MAX in a call. One that fails does not stop the others; a call
 * that AWS refuses for one of its ids is made again for each of them alone.
 * Source: ECR API reference, GetAuthorizationToken, registryIds.
 */
#ifndef LOGIN_TOKENS_H
#define LOGIN_TOKENS_H

#include "aws/ecr.h"
#include "cred/chain.h"

struct tokens_item {
	struct str text;	/* as registry_choose takes it */
	/* What came of it; strings live in a. */
	bool good;
	struct err why;		/* when it is not */
	struct str host;	/* the registry's own */
	struct str account, region;	/* empty for ECR Public */
	struct str login;	/* user:password; */
	struct str user, password;	/* views into it */
	int64_t got_s, expires_s;	/* by AWS's clock; expires_s is
					   never 0 */
};

struct tokens_ask {
	enum cred_order order;
	bool cached;	/* tokens of the cache will do, as token_get has it,
			   and new ones go there; else neither */
	/* Called before what is asked with c: its authorities are to be
	 * believed (session_trust). NULL: no matter.
	 */
	void (*trust)(void *me, struct config *c);
	void *me;
};

/* For each of the items whose good is not set yet. Two that turn out to be one
 * registry are both answered; why one failed does not say which it is. Calls
 * share the time until base->deadline. base learns (config_learn).
 */
void tokens_get(struct config *base, const struct tokens_ask *ask,
    struct tokens_item *items, size_t count, struct arena *a);

/* Pure: what came of the items as text, for a pipe, and back, views into text;
 * text of each item is left as it is. The second accepts nothing that the first
 * does not write. ERR_REPLY: items were touched.
 */
void tokens_write(const struct tokens_item *items, size_t count,
    struct buf *b);
MUST_USE bool tokens_read(struct str text, struct tokens_item *items,
    size_t count, struct err *e);

#endif
