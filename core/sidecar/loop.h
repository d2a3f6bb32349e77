/* loop.h - the process that stays (house rule 10): it waits, and never for one
 * thing alone.
 *
 * It has a clock, signals, a broker (sys/broker.h) that has each refresh done,
 * perhaps a listener, and the service manager to tell. It is in a sandbox in
 * which it can open nothing and connect to nothing.
 */
#ifndef SIDECAR_LOOP_H
#define SIDECAR_LOOP_H

#include "net/serve.h"
#include "sidecar/event.h"
#include "sidecar/health.h"
#include "sidecar/routes.h"
#include "sys/broker.h"
#include "sys/notify.h"
#include "sys/sandbox.h"

/* The order for a refresh: broker_ask's word. */
enum loop_word {
	LOOP_REFRESH,		/* everything */
	LOOP_AGAIN,		/* what failed: round_run's again */
};

struct loop_conf {
	struct str version;
	int64_t interval_s;	/* 0: only the tokens' life counts */
	int64_t refresh_ms;	/* a refresh is given up after so long */
	const struct str *registries;	/* names, for health and log */
	size_t registry_count;
	const struct str *sinks;
	size_t sink_count;
	/* Which sinks' bytes are for which route; SIZE_MAX: none. */
	size_t tarball, config;
	bool listen;
	struct serve_address at;
	struct routes routes;	/* manner, what exists, token */
	struct notify_env notify;
	enum event_format log;
	bool verbose;
	enum sandbox_mode sandbox;
};

/* Stay until a signal says to end: then true. The work is that of the broker,
 * and is forked off first; then secrets are wiped out of this process's
 * environment. False: it could not start, or the broker is gone.
 */
MUST_USE bool loop_run(const struct loop_conf *conf, broker_work *work,
    void *me, struct arena *a, struct err *e);

#endif
