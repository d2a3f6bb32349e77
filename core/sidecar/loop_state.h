/* loop_state.h - what the loop knows. For loop*.c only. */
#ifndef SIDECAR_LOOP_STATE_H
#define SIDECAR_LOOP_STATE_H

#include "base/limits.h"
#include "sidecar/loop.h"
#include "sidecar/report.h"
#include "sidecar/schedule.h"

/* A body that is served, and the one that is coming. */
struct loop_body {
	char *bytes[2];		/* SIDECAR_BODY_MAX each; NULL: not served */
	size_t n[2];
	size_t now;		/* which of them is served */
	bool full;		/* what comes does not fit */
};

struct loop {
	const struct loop_conf *conf;
	struct arena *a;
	struct broker broker;
	struct notify notify;
	struct serve serve;
	bool crowded;		/* it had connections */
	struct health health;
	struct routes routes;
	struct buf made;	/* for answers */
	struct loop_body tarball, config;
	char hosts[SIDECAR_REGISTRIES_MAX][HEALTH_NAME_MAX];
	int64_t expires_s[SIDECAR_REGISTRIES_MAX];
	int signals;
	bool over;		/* a signal said so */
	/* The refresh under way. */
	bool busy;
	enum loop_word word;
	bool next;		/* another one was asked for meanwhile */
	bool told[HEALTH_PARTS_MAX];	/* its parts that were reported */
	bool registry_failed, failed;	/* and whether one was bad */
	/* The last one. */
	int64_t ended_ms;
	char failure[ERR_MSG_MAX];	/* empty: it was good */
	enum err_kind failure_kind;
	bool lost;		/* what it had got; nothing can build on it */
	/* The next one. */
	struct schedule schedule;
	int64_t whole_ms, whole_s;	/* when all is due, whatever failed */
	int64_t due_ms, due_s;	/* by both clocks, since one of them stands
				   still while the machine sleeps */
	int64_t alive_ms;	/* when the watchdog is due */
	bool ready;		/* as we told the service manager */
};

void loop_say(const struct loop *l, enum event_level level, const char *fmt,
    ...) PRINTF_LIKE(3, 4);

/* Have a refresh done, now or after the one under way. */
void loop_begin(struct loop *l, enum loop_word word);

/* What is to be done next: what failed alone, or everything? */
enum loop_word loop_word_next(const struct loop *l);

/* Take in all that the broker says. False: it is gone. */
bool loop_hear(struct loop *l, struct err *e);

#endif
