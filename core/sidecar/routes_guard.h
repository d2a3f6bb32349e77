/* routes_guard.h - who may have a secret. For routes*.c only. */
#ifndef SIDECAR_ROUTES_GUARD_H
#define SIDECAR_ROUTES_GUARD_H

#include "sidecar/routes.h"

enum guard {
	GUARD_PASSES,
	GUARD_FOREIGN,	/* the Host is somebody else's name */
	GUARD_UNKNOWN,	/* no token, or a wrong one */
};

enum guard routes_guard(const struct routes *t, const struct serve_request *r);

#endif
