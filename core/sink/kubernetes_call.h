/* kubernetes_call.h - one call of the API server. For kubernetes*.c only. */
#ifndef SINK_KUBERNETES_CALL_H
#define SINK_KUBERNETES_CALL_H

#include "sink/kubernetes.h"

struct kubernetes_call {
	struct str method, path, query, body;
	const char *verb;	/* as a Role has it: "get" */
	const char *resource;
};

/* *res is filled for any answer; true for 2xx. Else as kubernetes_write. */
MUST_USE bool kubernetes_call(const struct world *w,
    const struct kubernetes *k, const struct kubernetes_call *c,
    int64_t deadline, struct arena *a, struct http_res *res, struct err *e);

#endif
