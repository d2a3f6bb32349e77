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

/* Who wants to know. Each is called once for each part that needed something,
 * in order; why is NULL when it went well. expires_s is of the token in use,
 * old or new; 0: none. host is what the user called the registry, as long as it is
 * not known. why of a sink is ERR_ABSENT when it was not tried, as there was no
 * token.
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
 * new token; what needs nothing is not reported. Otherwise everything is asked
 * for and written anew. Of two registries that are one, sinks see one.
 *
 * Each sink has SIDECAR_SINK_MS, and all is over by deadline; tokens may take
 * until base->deadline, if that is earlier.
 *
 * False when something failed, with *e for it: its own message if there is no
 * other of its kind and nothing else failed, else ERR_DENIED and "2 of 3
 * registries failed". keep is good in either case; empty when it was too small.
 */
MUST_USE bool round_run(struct config *base, const struct round_plan *plan,
    bool again, struct str kept, int64_t deadline, struct buf *keep,
    const struct round_to *to, struct err *e);

#endif
