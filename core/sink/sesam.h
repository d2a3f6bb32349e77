/* sesam.h - secrets of a Sesam node.
 *
 * Source: docs.sesam.io, API of the node: POST /secrets adds secrets and keeps
 * the others, where PUT may replace them all; /systems/ID/secrets is the same
 * for one system, POST /systems/ID/reload has it start anew with them.
 */
#ifndef SINK_SESAM_H
#define SINK_SESAM_H

#include "base/uri.h"
#include "world.h"

struct sesam {
	struct uri api;		/* http://node:9042/api */
	struct str jwt;		/* bearer token */
	struct str system;	/* whose secrets; empty: the global ones */
	struct str reload;	/* system to reload afterwards, or empty */
	bool put;		/* PUT, not POST */
};

struct sesam_secret {
	struct str name, value;
};

/* Set the secrets in one request, then reload. deadline is absolute,
 * w->clock_ms. ERR_DENIED: the node answered, but not with 2xx; ERR_USAGE: a
 * token that cannot be sent; else as http.h says.
 */
MUST_USE bool sesam_write(const struct world *w, const struct sesam *s,
    const struct sesam_secret *secrets, size_t count, int64_t deadline,
    struct arena *a, struct err *e);

#endif
