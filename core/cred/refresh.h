/* refresh.h - credentials for who asks again and again.
 *
 * The windows are botocore's (aws 1.11): CRED_ADVISORY_S before their end new
 * credentials are asked for, and the old ones go on when there are none to be
 * had; from CRED_MANDATORY_S on there must be new ones. A source of static
 * stability (the metadata service) may be without new ones for ever.
 */
#ifndef CRED_REFRESH_H
#define CRED_REFRESH_H

#include "cred/chain.h"

/* Zeroed at the start, and then cred_refresh's. It is of one order and one
 * c->profile; who changes them starts anew. Views are as of cred_find, in the
 * arena of the run that found them: they must outlive it, or be copied.
 */
struct cred_held {
	struct cred cred;
	int64_t tried;	/* w->clock_ms of the last attempt */
};

/* Have held->cred be good by AWS's clock: as it is while it has more than
 * CRED_ADVISORY_S, and otherwise asked for, but for CRED_RETRY_MS after the
 * last attempt while it works at all. Where there are no new ones and the old
 * ones may be used all the same, a warning says so. Errors as of cred_find;
 * held->cred is then zeroed.
 */
MUST_USE bool cred_refresh(struct config *c, enum cred_order order,
    struct cred_held *held, struct err *e);

#endif
