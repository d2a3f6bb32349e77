/* health.h - how each registry and each sink is. Pure.
 *
 * Red (503) is what somebody should look at: a registry without a token, or
 * whose token is over or has less than a tenth of its life left; a sink that
 * has never been written, or whose last write failed. A refresh that failed
 * while the token is good is told, but not red: it is tried again, and every
 * output still works.
 *
 * --check asks the route /health, where there is a listener; where there is
 * none it goes by the age of the files written (health_file). There is no file
 * of state for it: that would be one more place that has to be writable, in
 * containers that often have none, and would prove that it was written itself,
 * not that an output was.
 *
 * Texts from outside are shown with '?' for what is not printable ASCII.
 * Times are seconds since 1970; 0 is never.
 * Source for metrics: Prometheus, "Exposition formats", text format 0.0.4.
 */
#ifndef SIDECAR_HEALTH_H
#define SIDECAR_HEALTH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"

#define HEALTH_JSON_TYPE "application/json"
#define HEALTH_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum health_kind { HEALTH_REGISTRY, HEALTH_SINK };

struct health_part {
	enum health_kind kind;
	struct str name;	/* a host, or what the user calls the sink */
	int64_t success_s, failure_s;	/* the last ones */
	int64_t expires_s;	/* of a registry's token */
	uint64_t successes, failures;
	bool failing;		/* the last attempt failed */
	char error[HEALTH_ERROR_MAX];	/* why; still there afterwards */
	size_t error_n;
};

struct health {
	struct str version;	/* ours */
	int64_t start_s;
	struct health_part parts[HEALTH_PARTS_MAX];
	size_t count;
};

/* Another part, whose name is kept as a view. ERR_LIMIT; ERR_USAGE: there is
 * one of that kind whose name looks the same.
 */
MUST_USE bool health_add(struct health *h, enum health_kind kind,
    struct str name, size_t *part, struct err *e);

/* expires_s is a registry's; 0 for a sink. */
void health_success(struct health *h, size_t part, int64_t now_s,
    int64_t expires_s);
void health_failure(struct health *h, size_t part, int64_t now_s,
    struct str error);

/* False: red. Then the first cause is appended to why (which may be NULL):
 * "registry 'h': the token expired 5 s ago". With no part at all there is
 * nothing to be well.
 */
bool health_good(const struct health *h, int64_t now_s, struct buf *why);

/* The same for /health, as one JSON object, and for /metrics. b->full: it did
 * not fit.
 */
void health_json(const struct health *h, int64_t now_s, struct buf *b);
void health_metrics(const struct health *h, int64_t now_s, struct buf *b);

/* --check's judgement of what /health answered. max_age_s: no sink may have
 * been written longer ago; 0: any age will do, and then any body of a 200 too.
 * ERR_DENIED: not well, with the cause; ERR_REPLY: this is no health.
 */
MUST_USE bool health_check(unsigned status, struct str body,
    int64_t max_age_s, struct arena *a, struct err *e);

/* And of a file written at that time. ERR_DENIED. */
MUST_USE bool health_file(struct str path, int64_t written_s, int64_t now_s,
    int64_t max_age_s, struct err *e);

/* The age allowed when nobody says: one and a half times what a refresh may
 * take to come. So a loop of six hours is red after nine, with three hours of
 * the token left, and one refresh that is late is none.
 */
int64_t health_max_age_s(int64_t interval_s);

/* For sidecar/ only. Append s, made printable, for between quotes: of JSON or
 * of a metric's label, in which the same two bytes are escaped.
 */
void health_text(struct buf *b, struct str s);

#endif
