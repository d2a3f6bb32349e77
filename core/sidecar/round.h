/* round.h - one refresh: tokens for all registries, then every sink.
 *
 * Each step runs apart (world.h): a child process in a sandbox of its own, with
 * no more than it needs, under a deadline. A sink is written only when all
 * tokens that can be had are in hand; one that fails does not stop the others.
 * A registry that fails keeps, in every sink, the token that it had in an
 * earlier round, as long as that is good. Where there is no token at all, no
 * sink is touched.
 */
#ifndef SIDECAR_ROUND_H
#define SIDECAR_ROUND_H

#include "login/tokens.h"
#include "sink/sink.h"

struct round_plan {
	const struct str *registries;	/* as registry_choose takes them */
	size_t registry_count;		/* at least 1 */
	const struct sink *sinks;
	size_t sink_count;
	struct tokens_ask ask;
	/* What asking for tokens touches: AWS's files, ports; see session. */
	const struct sandbox_needs *needs;
};

/* Who wants to know. Each is called once for each part, in order; why is NULL
 * when it went well. expires_s is of the token in use, old or new; 0: none.
 */
struct round_to {
	void *me;
	void (*registry)(void *me, size_t i, struct str host,
	    int64_t expires_s, const struct err *why);
	void (*sink)(void *me, size_t i, const struct err *why);
	/* Of sinks that give bytes back, before sink(); false fails it. */
	bool (*bytes)(void *me, size_t i, struct str bytes, struct err *e);
};

/* kept is what an earlier round left in keep: tokens, and which sinks have
 * them; empty: nothing. again: only what is missing, that is registries that
 * failed in that round, and sinks that failed, or all of them once there is a
 * new token; what needs nothing is reported as it was. Otherwise everything is
 * asked for and written anew. False when something failed, with *e for the
 * first of it; keep is good in either case.
 * ERR_DENIED and a count ("2 of 3 registries failed") when it was several.
 */
MUST_USE bool round_run(struct config *base, const struct round_plan *plan,
    bool again, struct str kept, int64_t deadline, struct buf *keep,
    const struct round_to *to, struct err *e);

#endif
