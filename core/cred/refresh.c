#include "cred/refresh.h"

#include "base/date.h"
#include "base/limits.h"

static bool
recent(const struct config *c, const struct cred_held *held)
{
	return c->w->clock_ms(c->w->me) - held->tried < CRED_RETRY_MS;
}

/* Those of static stability AWS may have extended. */
static bool
works(const struct cred *cred, int64_t left_s)
{
	return cred->stable || left_s >= CRED_DYING_S;
}

static void
warn(const struct config *c, const struct cred *cred, const struct err *why)
{
	char when[DATE_ISO_LEN + 1];

	date_format_iso(cred->expires, when);
	world_warn(c->w, "using the credentials of %s until %s%s, as no new"
	    " ones could be had: %s", cred->source, when,
	    cred->stable ? " and beyond" : "", why->msg);
}

bool
cred_refresh(struct config *c, enum cred_order order,
    struct cred_held *held, struct err *e)
{
	struct cred *cred = &held->cred, new;
	int64_t left_s;
	struct err why;

	left_s = cred->expires - c->w->now(c->w->me) - c->skew_s;
	if (cred->source && (cred->expires == 0 || left_s >= CRED_ADVISORY_S ||
	    (recent(c, held) && works(cred, left_s))))
		return true;
	held->tried = c->w->clock_ms(c->w->me);
	if (cred_find(c, order, &new, &why)) {
		*cred = new;
		return true;
	}
	/* It took its time, and may have shown that our clock is slow. */
	left_s = cred->expires - c->w->now(c->w->me) - c->skew_s;
	if (cred->source && (cred->stable || left_s >= CRED_MANDATORY_S)) {
		warn(c, cred, &why);
		return true;
	}
	*cred = (struct cred){ .source = NULL };
	*e = why;
	return false;
}
