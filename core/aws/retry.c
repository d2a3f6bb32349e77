#include "aws/retry.h"

#include "base/limits.h"

/* The variable, else the profile's key; *what is whichever said it. */
static struct str
setting(const struct config *c, const char *env, const char *key,
    const char **what)
{
	struct str s = world_env(c->w, env);

	*what = env;
	if (s.n)
		return s;
	*what = key;
	return profile_get(&c->profile, str_of(key));
}

bool
retry_attempts(struct config *c, unsigned *attempts, struct err *e)
{
	const char *of_mode, *of_count;
	struct str mode = setting(c, "AWS_RETRY_MODE", "retry_mode",
	    &of_mode);
	struct str count = setting(c, "AWS_MAX_ATTEMPTS", "max_attempts",
	    &of_count);
	uint64_t n = CALL_ATTEMPTS;

	if (str_eq_nocase(mode, S("legacy")))
		n = CALL_ATTEMPTS_LEGACY;
	else if (mode.n && !str_eq_nocase(mode, S("standard")) &&
	    !str_eq_nocase(mode, S("adaptive")))
		return err_set(e, ERR_USAGE, "%s '%.*s': not one of "
		    "standard, adaptive, legacy", of_mode, STR_ARG(mode));
	if (count.n && (!str_u64(count, CALL_ATTEMPTS_MAX, &n) || n == 0))
		return err_set(e, ERR_USAGE, "%s '%.*s': not a "
		    "number from 1 to %u", of_count, STR_ARG(count),
		    CALL_ATTEMPTS_MAX);
	*attempts = (unsigned)n;
	return true;
}

bool
retry_clock_refused(const struct outcome *o)
{
	int64_t off = o->signed_off_s < 0 ? -o->signed_off_s : o->signed_off_s;

	if (!o->is_signed || o->res.date == 0)
		return false;
	return aws_error_clock(o->error.code) ||
	    (off > SKEW_MAX_S && aws_error_signature(o->error.code));
}

enum retry
retry_judge(const struct outcome *o)
{
	/* A name that does not exist, a certificate that does not convince and
	 * an answer that is no HTTP will be the same next time.
	 */
	if (o->kind != ERR_NONE)
		return o->kind == ERR_NET ? RETRY_TRANSIENT : RETRY_NEVER;
	if (retry_clock_refused(o))
		return RETRY_CLOCK;
	if (aws_error_throttles(o->error.code, !o->quota_is_final))
		return RETRY_THROTTLED;
	if (aws_error_transient(o->error.code))
		return RETRY_TRANSIENT;
	switch (o->res.status) {
	case 500:
	case 502:
	case 503:
	case 504:
		return RETRY_TRANSIENT;
	default:
		return RETRY_NEVER;
	}
}

static int64_t
longest_wait(enum retry why, unsigned n)
{
	int64_t ms = why == RETRY_THROTTLED ? CALL_BACKOFF_THROTTLE_MS :
	    CALL_BACKOFF_MS;

	while (--n && ms < CALL_BACKOFF_MAX_MS)
		ms *= 2;
	return ms < CALL_BACKOFF_MAX_MS ? ms : CALL_BACKOFF_MAX_MS;
}

bool
retry_wait(struct config *c, enum retry why, unsigned n,
    const struct outcome *o)
{
	int64_t least = 0, most = longest_wait(why, n);
	uint64_t asked;

	if (why == RETRY_CLOCK)
		most = 0;
	if (o->kind == ERR_NONE && str_u64(http_field_get(&o->res,
	    S("x-amz-retry-after")), INT32_MAX, &asked)) {
		least = most + CALL_RETRY_AFTER_SLACK_MS;
		if ((int64_t)asked < least)
			least = (int64_t)asked;
		if (most < least)
			most = least;
	}
	if (most >= c->deadline - c->w->clock_ms(c->w->me))
		return false;
	if (most > 0)
		c->w->pause(c->w->me, least, most);
	return true;
}
