/* world.h - all that is impure, so that a test can supply it.
 *
 * Everything in core/aws, core/cred, core/login and core/sink reaches the
 * environment, clocks, files and the network through here and nowhere else.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "net/http.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/program.h"
#include "sys/sandbox.h"

enum world_note {
	NOTE_DETAIL,	/* shown with -v */
	NOTE_WARNING,	/* always shown */
};

struct world {
	void *me;	/* passed to each */
	/* NULL: unset. Valid for the run. */
	const char *(*env)(void *me, const char *name);
	/* Wall clock, seconds since 1970-01-01 UTC. */
	int64_t (*now)(void *me);
	/* Monotonic milliseconds: what deadlines are made of. */
	int64_t (*clock_ms)(void *me);
	/* Sleep a random time between least and most milliseconds. */
	void (*pause)(void *me, int64_t least_ms, int64_t most_ms);
	/* See sys/file.h. */
	bool (*file)(void *me, const char *path, struct arena *a,
	    struct str *body, struct err *e);
	bool (*edit)(void *me, const char *path, const struct file_edit *how,
	    struct arena *a, struct err *e);
	/* The names in a directory; see file_list. For the token cache, whose
	 * entries of identities that are gone nothing else would find.
	 */
	bool (*list)(void *me, const char *path, struct arena *a,
	    struct str **names, size_t *count, struct err *e);
	/* See net/http.h. */
	bool (*exchange)(void *me, const struct http_req *req,
	    struct arena *a, struct http_res *res, struct err *e);
	/* See sys/program.h and sys/terminal.h. */
	bool (*run)(void *me, const struct program *p, struct arena *a,
	    struct str *out, struct err *e);
	bool (*ask)(void *me, struct str question, int64_t deadline,
	    struct arena *a, struct str *answer, struct err *e);
	/* Like file, but ERR_DENIED for a file that another user owns (root
	 * may) or can write: for what tells us where to send secrets.
	 */
	bool (*own_file)(void *me, const char *path, struct arena *a,
	    struct str *body, struct err *e);
	/* Do work in a child process (sys/child.h), and meanwhile open the
	 * connection that an exchange with `to` will want, if that can be
	 * done: it is kept for that exchange. Where no child can be had, work
	 * is done here. The work sees all that happened before, and its
	 * changes are lost: only its answer, in a, counts.
	 */
	bool (*beside)(void *me, const struct uri *to, int64_t deadline,
	    child_work *work, void *work_me, struct arena *a,
	    struct str *answer, struct err *e);
	/* Do work in a child process that can do no more than needs says
	 * (sys/sandbox.h), and take its answer. The child sees all that
	 * happened before, and its changes are lost. Paths in needs->writes
	 * are those of files, as edit takes them, there yet or not: that edit
	 * will do is seen to. Where needs has a port, what any exchange takes
	 * is added: the resolver's files, authorities, proxies. One that runs
	 * programs first (early_programs) is held from its first exchange on.
	 * The child is
	 * ended soon after the deadline (ERR_NET). There is nothing apart from
	 * a process that is in a sandbox itself (ERR_SYS).
	 */
	bool (*apart)(void *me, const struct sandbox_needs *needs,
	    int64_t deadline, child_work *work, void *work_me,
	    struct arena *a, struct str *answer, struct err *e);
	/* A line for the user; text is made printable. */
	void (*note)(void *me, enum world_note kind, struct str text);
};

/* Value of an environment variable; unset and empty are both absent, which is
 * this project's rule for every variable of AWS's (aws decisions 0.4).
 */
struct str world_env(const struct world *w, const char *name);

/* Is the variable "true", case ignored? */
bool world_env_true(const struct world *w, const char *name);

void world_warn(const struct world *w, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
void world_detail(const struct world *w, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* The real one. http settings are in conf; verbose shows details; prog begins
 * each line. Valid as long as a is.
 */
struct world_conf {
	struct str prog;
	bool verbose;
	struct http_conf http;
	/* The process goes into a sandbox before it hears the first byte from
	 * the network, in exchange or beside, and not where nothing is asked.
	 * needs is called once then; it says in *n what is still to be done,
	 * as apart's needs do. NULL: there is no such sandbox; but what is
	 * done apart has its own, in that mode.
	 */
	enum sandbox_mode sandbox;
	void (*needs)(void *me, struct sandbox_needs *n);
	void *needs_me;
	/* Where notes go instead of standard error; NULL: there. */
	void (*note)(void *me, enum world_note kind, struct str text);
	void *note_me;
};
MUST_USE bool world_open(const struct world_conf *conf, struct arena *a,
    struct world **w, struct err *e);

/* Where the CA bundle is known only after files have been read: set it before
 * the first TLS exchange. path must live as long as w.
 */
void world_ca_bundle(struct world *w, const char *path);

/* What HOME is when it is not set: who has found out says it, since in a sandbox
 * nobody could find out again. home must live as long as w.
 */
void world_home(struct world *w, const char *home);

/* Close what is open. */
void world_close(struct world *w);

#endif
