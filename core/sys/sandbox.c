#include "sys/sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "sys/sandbox_filter.h"
#include "sys/sandbox_landlock.h"

enum { SECCOMP_MODE_FILTER = 2 };	/* include/uapi/linux/seccomp.h */

static void
add_path(struct sandbox_needs *n, const char **list, const char *path)
{
	for (size_t i = 0; i < SANDBOX_PATHS_MAX; i++)
		if (!list[i] || strcmp(list[i], path) == 0) {
			list[i] = path;
			return;
		}
	n->full = true;
}

static void
add_port(struct sandbox_needs *n, uint16_t *list, uint16_t port)
{
	for (size_t i = 0; i < SANDBOX_PORTS_MAX; i++)
		if (!list[i] || list[i] == port) {
			list[i] = port;
			return;
		}
	n->full = true;
}

void
sandbox_read(struct sandbox_needs *n, const char *path)
{
	add_path(n, n->reads, path);
}

void
sandbox_write(struct sandbox_needs *n, const char *path)
{
	add_path(n, n->writes, path);
}

void
sandbox_connect(struct sandbox_needs *n, uint16_t port)
{
	add_port(n, n->connects, port);
}

void
sandbox_listen(struct sandbox_needs *n, uint16_t port)
{
	if (port == 0)
		n->listen_any = true;
	else
		add_port(n, n->listens, port);
}

bool
sandbox_mode(struct str word, enum sandbox_mode *mode, struct err *e)
{
	static const struct {
		struct str word;
		enum sandbox_mode mode;
	} words[] = {
		{ S_INIT(""), SANDBOX_ON },
		{ S_INIT("off"), SANDBOX_OFF },
		{ S_INIT("on"), SANDBOX_ON },
		{ S_INIT("strict"), SANDBOX_STRICT },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(word, words[i].word)) {
			*mode = words[i].mode;
			return true;
		}
	return err_set(e, ERR_USAGE, "ECRBOX_SANDBOX is '%.*s'; it may be off,"
	    " on or strict", STR_ARG(str_head(word, 40)));
}

/* What holds in the end. */
struct held {
	const struct sandbox_needs *needs;
	int landlock;	/* version; 0: none, for that reason */
	int landlock_errno;
	bool calls;
	struct err calls_why;
};

/* What programs get back (process_soften) stays theirs. musl's setrlimit(2)
 * brings locks for all threads with it.
 */
static void
no_core(const struct sandbox_needs *needs)
{
	const struct rlimit none = { 0, 0 };

	if (!needs->programs)
		(void)prlimit(0, RLIMIT_CORE, &none, NULL);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void
hold_files(struct held *h)
{
	int version = sandbox_landlock_version();

	if (version > 0 && sandbox_landlock(h->needs, version))
		h->landlock = version;
	else
		h->landlock_errno = errno;
}

static void
hold_calls(struct held *h, enum sandbox_mode mode)
{
	struct sandbox_filter f;
	/* struct sock_fprog of Linux's include/uapi/linux/filter.h */
	struct {
		unsigned short n;
		struct sandbox_op *op;
	} program = { 0, f.op };

	if (!sandbox_filter(&f, h->needs, mode, &h->calls_why))
		return;
	program.n = f.n;
	h->calls = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ||
	    err_set(&h->calls_why, ERR_SYS, "%s", strerror(errno));
}

/* What Landlock was to hold: that it does, or that it does not. */
static void
say_parts(const struct held *h, bool done, struct buf *b)
{
	const struct sandbox_needs *n = h->needs;
	const struct {
		int since;
		bool wanted;
		struct str what;
	} parts[] = {
		{ LANDLOCK_FILES, true, S("files") },
		{ LANDLOCK_TRUNCATION, true, S("truncation") },
		{ LANDLOCK_PORTS, !n->connect_any || !n->listen_any,
		    S("TCP ports") },
		{ LANDLOCK_DEVICES, true, S("devices") },
		{ LANDLOCK_SIGNALS, !n->early_children, S("signals") },
	};
	struct str comma = done ? S("") : S("; not ");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].wanted &&
		    (h->landlock >= parts[i].since) == done) {
			buf_add(b, comma);
			buf_add(b, parts[i].what);
			comma = S(", ");
		}
}

static void
say_landlock(const struct held *h, struct buf *b)
{
	size_t before = b->n;

	say_parts(h, false, b);
	if (b->n == before)
		return;
	buf_add(b, S(" (Landlock"));
	if (h->landlock) {
		buf_char(b, ' ');
		buf_u64(b, (uint64_t)h->landlock);
	} else {
		buf_add(b, S(": "));
		buf_safe(b, str_of(strerror(h->landlock_errno)));
	}
	buf_char(b, ')');
}

static void
say(const struct held *h, enum sandbox_mode mode, struct buf *b)
{
	bool files = !h->needs->programs && h->landlock;

	buf_add(b, mode == SANDBOX_STRICT ? S("sandbox strict: holds ") :
	    S("sandbox on: holds "));
	if (files)
		say_parts(h, true, b);
	if (h->calls)
		buf_add(b, files ? S(", system calls") : S("system calls"));
	else if (!files)
		buf_add(b, S("nothing"));
	if (h->needs->programs)
		buf_add(b, S("; not files, TCP ports, signals (programs are"
		    " run)"));
	else
		say_landlock(h, b);
	if (!h->calls) {
		buf_add(b, S("; not system calls (seccomp: "));
		buf_safe(b, str_of(h->calls_why.msg));
		buf_char(b, ')');
	}
}

/* Landlock first: its calls are not among those that stay. */
static bool
hold(struct held *h, enum sandbox_mode mode, struct err *e)
{
	bool strict = mode == SANDBOX_STRICT;

	no_core(h->needs);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!h->needs->programs) {
		hold_files(h);
		if (strict && !h->landlock)
			return err_set(e, ERR_SYS, "sandbox: Landlock: %s;"
			    " ECRBOX_SANDBOX=on does without",
			    strerror(h->landlock_errno));
	}
	hold_calls(h, mode);
	return !strict || h->calls || err_set(e, ERR_SYS, "sandbox: seccomp:"
	    " %s; ECRBOX_SANDBOX=on does without", h->calls_why.msg);
}

bool
sandbox_enter(const struct sandbox_needs *needs, enum sandbox_mode mode,
    struct buf *report, struct err *e)
{
	struct held h = { .needs = needs };

	if (mode == SANDBOX_OFF) {
		if (report)
			buf_add(report, S("sandbox off"));
		return true;
	}
	if (needs->full)
		return err_set(e, ERR_LIMIT, "sandbox: more than %u paths or"
		    " %u ports", SANDBOX_PATHS_MAX, SANDBOX_PORTS_MAX);
	if (!hold(&h, mode, e))
		return false;
	if (report)
		say(&h, mode, report);
	return true;
}
