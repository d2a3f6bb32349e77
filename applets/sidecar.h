/* sidecar.h - from options to a run, once or for good: what ecr-login and the
 * names of others' tools (aws-ecr-login, sesam-ecr-login, ...) have in common.
 */
#ifndef APPLETS_SIDECAR_H
#define APPLETS_SIDECAR_H

#include "applets/session.h"
#include "sidecar/event.h"
#include "sidecar/routes.h"
#include "sink/sink.h"

struct sidecar {
	struct session s;
	enum cred_order order;
	/* Who: each as registry_choose takes it; none: the caller's own. */
	struct str registries[SIDECAR_REGISTRIES_MAX];
	size_t registry_count;
	/* Where. */
	struct sink sinks[SIDECAR_SINKS_MAX];
	size_t sink_count;
	/* When. Neither: once. */
	const char *interval;	/* as the user wrote it; NULL: not given */
	int64_t interval_s;
	const char *listen;	/* ADDR:PORT; NULL: no listener */
	/* HTTP */
	enum routes_manner manner;
	const char *serve;	/* names of routes with secrets */
	const char *serve_token_file;
	bool serve_in_clear;
	/* --check, instead of any of this */
	bool check;
	int64_t max_age_s;	/* 0: by the interval */
	const char *log_format;
	/* Is each registry's line "Login Succeeded" wanted on out? */
	bool say;
	int out;
};

/* Words parted by blanks, commas or semicolons. ERR_LIMIT. */
MUST_USE bool sidecar_registries(struct sidecar *k, struct str list,
    struct err *e);

/* A zeroed sink of that kind, to be filled in; NULL: too many (*e says). */
struct sink *sidecar_sink(struct sidecar *k, enum sink_kind kind,
    const char *target, struct err *e);

/* Check all of it, then do it. */
MUST_USE bool sidecar_run(struct sidecar *k, struct app *app, struct err *e);

/* --check: applets/check.c. session_open has been called. */
MUST_USE bool sidecar_check(struct sidecar *k, struct err *e);

/* The value of a variable, or the content, without its line end, of the file
 * that NAME_FILE names, in the run's arena; both at once is ERR_USAGE. Empty
 * when there is neither. For secrets that orchestrators mount.
 */
MUST_USE bool sidecar_secret(struct sidecar *k, const char *name,
    const char *name_file, struct str *value, struct err *e);

#endif
