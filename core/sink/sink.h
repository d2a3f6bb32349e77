/* sink.h - one place where tokens go, whatever kind it is.
 *
 * Source of each: the header of its module.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include "sink/formats.h"
#include "sys/sandbox.h"
#include "world.h"

enum sink_kind {
	SINK_AUTH_FILE,		/* docker's config.json, containers' auth.json:
				   our entries in a file of the user's */
	SINK_TARBALL,		/* docker.tar.gz: file, or directory */
	SINK_DOCKERCFG,		/* a whole ~/.dockercfg */
	SINK_PASSWORD_FILE,	/* bare passwords, by a pattern */
	SINK_KUBERNETES,	/* image pull secrets */
	SINK_SESAM,		/* secrets of a Sesam node */
	SINK_EXEC,		/* a program for each registry */
	/* These give their bytes back. */
	SINK_PRINT,		/* a format */
	SINK_CONFIG,		/* config.json, for who serves it */
	SINK_ARCHIVE,		/* docker.tar.gz, likewise */
};

struct sink {
	enum sink_kind kind;
	struct str name;	/* what the user calls it: in messages, health,
				   metrics; different for each */
	/* A path; of passwords a pattern (password_file.h); a command line
	 * (words.h); for Kubernetes "[NAMESPACE/]NAME", where NAMESPACE is a
	 * list parted by commas, semicolons or white space, with * and ? for
	 * any namespace; for Sesam the API's URL.
	 */
	struct str target;
	unsigned mode;		/* tarballs: of config.json (tarball_mode) */
	enum format format;	/* SINK_PRINT */
	/* Kubernetes */
	struct str exclude;	/* namespaces left out; a list like above */
	bool adopt;
	/* Sesam */
	struct str secret;	/* its name; a pattern (password_file.h) when
				   there are several registries */
	struct str system, reload;
	bool put;
	struct str jwt;		/* or, read anew each time: */
	const char *jwt_file;
};

/* Can this be done at all? What needs no world: grammar of target and secret,
 * a node that is clear text elsewhere than on... ERR_USAGE.
 */
MUST_USE bool sink_check(const struct sink *s, size_t registries,
    struct err *e);

/* What sink_write will touch, as w->apart takes it, added to *n: files it will
 * write as edit gets them, files it reads, ports. Paths in a.
 */
MUST_USE bool sink_needs(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, struct arena *a,
    struct sandbox_needs *n, struct err *e);

/* Have all entries there. got_s: when the tokens were got, for archives. Bytes
 * to give back are appended to out. deadline is absolute, w->clock_ms. Messages
 * name the sink. A failure leaves the last good content.
 */
MUST_USE bool sink_write(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, int64_t got_s,
    int64_t deadline, struct arena *a, struct buf *out, struct err *e);

/* The files that it writes, whose age tells how it is (--check), in a; none
 * for those that write no file. A password's pattern with {account} and the
 * like needs registries; without them it is ERR_ABSENT.
 */
MUST_USE bool sink_files(const struct world *w, const struct sink *s,
    struct arena *a, struct str **paths, size_t *count, struct err *e);

#endif
