/* retry.h - whether to try again, and when (aws 5.1, 5.2, 5.4).
 *
 * Source: AWS SDKs and Tools reference guide, "Retry behavior", with the
 * shorter delays that the SDKs offer as AWS_NEW_RETRIES_2026.
 */
#ifndef AWS_RETRY_H
#define AWS_RETRY_H

#include "aws/aws_error.h"
#include "aws/config.h"

/* Attempts in all: AWS_MAX_ATTEMPTS or the profile's max_attempts, 1..100;
 * else by AWS_RETRY_MODE or retry_mode: 3, and 5 for legacy. ERR_USAGE.
 */
MUST_USE bool retry_attempts(struct config *c, unsigned *attempts,
    struct err *e);

enum retry {
	RETRY_NEVER,
	RETRY_TRANSIENT,
	RETRY_THROTTLED,
	RETRY_CLOCK,	/* at once, signed with the clock that AWS has */
};

/* How an attempt ended that was no success. */
struct outcome {
	enum err_kind kind;	/* of the failure; ERR_NONE: an answer came */
	struct http_res res;
	struct aws_error error;
	int64_t skew_s;		/* AWS's clock minus ours, by this very answer;
				   0 when it carries no Date */
	int64_t signed_off_s;	/* AWS's clock minus the time we signed with */
	bool is_signed;
	bool quota_is_final;
};

enum retry retry_judge(const struct outcome *o);

/* Is the clock what the refusal is about: a code for that, or a refused
 * signature with a clock too far off?
 */
bool retry_clock_refused(const struct outcome *o);

/* Wait before attempt n + 1. False when the run's deadline is nearer than
 * the longest wait: better to report this attempt's failure.
 */
bool retry_wait(struct config *c, enum retry why, unsigned n,
    const struct outcome *o);

#endif
