/* sidecar.h - from options to a run, once or for good: what ecr-login and the
 * names of others' tools (aws-ecr-login, sesam-ecr-login, ...) have in common.
 */
#ifndef APPLETS_SIDECAR_H
#define APPLETS_SIDECAR_H

#include "applets/session.h"
#include "base/limits.h"
#include "cred/chain.h"
#include "sidecar/event.h"
#include "sidecar/routes.h"
#include "sink/sink.h"

struct sidecar {
	struct app *app;	/* set by sidecar_run */
	struct session s;
	struct sandbox_needs needs;	/* of asking for tokens; private */
	enum cred_order order;
	/* Called once the session is open, before anything is checked: what
	 * the environment says. NULL: nothing.
	 */
	bool (*ready)(struct sidecar *k, struct err *e);
	/* From then on, for strings that last as long as the process: what is
	 * in the session's arena does not, in one that stays.
	 */
	struct arena kept;
	/* Who: each as registry_choose takes it; none: the caller's own. */
	struct str registries[SIDECAR_REGISTRIES_MAX];
	size_t registry_count;
	/* Where; none, and nothing to serve: Docker's config.json. */
	struct sink sinks[SIDECAR_SINKS_MAX];
	size_t sink_count;
	/* When; neither: once. */
	int64_t interval_s;	/* 0: not given */
	const char *listen;	/* ADDR:PORT; NULL: no listener */
	/* HTTP */
	enum routes_manner manner;
	const char *serve;	/* names of routes with secrets */
	const char *serve_token_file;
	bool serve_in_clear;
	/* --check, instead of any of this */
	bool check;
	int64_t max_age_s;	/* 0: by the interval */
	const char *log_format;	/* NULL: text */
	/* Descriptor for "Login Succeeded", a line for each registry, in a run
	 * that does not stay; -1: none.
	 */
	int out;
};

/* Rows for option tables: struct sidecar *k. */
#define SIDECAR_STAY(k) \
	OPT_TIME('i', "interval", &(k)->interval_s, \
	    "stay, and refresh at least so often"), \
	OPT_STR(0, "listen", "ADDR:PORT", &(k)->listen, \
	    "stay, and answer HTTP; :PORT is loopback"), \
	OPT_STR(0, "log-format", "NAME", &(k)->log_format, \
	    "text or json"), \
	OPT_FLAG(0, "check", &(k)->check, \
	    "is the process with these options well?"), \
	OPT_TIME(0, "max-age", &(k)->max_age_s, \
	    "how old what --check looks at may be")
#define SIDECAR_SERVE(k) \
	OPT_STR(0, "serve", "NAMES", &(k)->serve, \
	    "docker.tar.gz,config.json, or one of them"), \
	OPT_STR(0, "serve-token-file", "FILE", &(k)->serve_token_file, \
	    "only to who sends what stands there"), \
	OPT_FLAG(0, "serve-secrets-in-clear", &(k)->serve_in_clear, \
	    "to anybody, not on loopback alone")

/* For the names of others' tools: set what the options say, their own rows and
 * those that all of them have. *go: go on; else the help was asked for, and has
 * been printed. ERR_USAGE, also for an operand.
 */
MUST_USE bool sidecar_read(struct sidecar *k, struct app *app,
    const struct opt *own, int argc, char **argv, bool *go, struct err *e);

/* Does what these options say make sense together? ERR_USAGE. */
MUST_USE bool sidecar_agrees(const struct sidecar *k, struct err *e);

/* Words parted by blanks, commas or semicolons; views of list. ERR_LIMIT. */
MUST_USE bool sidecar_registries(struct sidecar *k, struct str list,
    struct err *e);

/* Another sink of that kind, to be filled in further; its name is its target.
 * NULL: too many, and *e says so.
 */
struct sink *sidecar_sink(struct sidecar *k, enum sink_kind kind,
    const char *target, struct err *e);

/* Check all of it, then do it. */
MUST_USE bool sidecar_run(struct sidecar *k, struct app *app, struct err *e);

/* The two ways; for sidecar*.c only. */
MUST_USE bool sidecar_once(struct sidecar *k, struct err *e);
MUST_USE bool sidecar_stay(struct sidecar *k, struct err *e);
struct round_plan;
void sidecar_plan(struct sidecar *k, bool cached, struct round_plan *plan);

/* --check: applets/check.c. The session is open. */
MUST_USE bool sidecar_check(struct sidecar *k, struct err *e);

#endif
