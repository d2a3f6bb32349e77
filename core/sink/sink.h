/* sink.h - one place where tokens go, whatever kind it is.
 *
 * An auth file is edited (docker.h); every other file is ours alone, and is
 * replaced whole. What a sink has for each of several registries, namespaces or
 * runs is tried for all of them, and a failure says how many failed.
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
	unsigned mode;		/* tarballs: of the archive and config.json
				   (tarball_mode); 0: TARBALL_MODE */
	enum format format;	/* SINK_PRINT */
	/* Kubernetes */
	struct str exclude;	/* namespaces left out; a list like above */
	bool adopt;
	/* Sesam */
	struct str secret;	/* its name; a pattern (password_file.h) when
				   there are several registries */
	struct str system, reload;
	bool put;
	struct str jwt;		/* or, read anew each time, without white space
				   at its ends: */
	const char *jwt_file;
};

/* Can this be done at all, for so many registries? What needs no world: the
 * grammar of targets, names and patterns. ERR_USAGE, or ERR_LIMIT for what is
 * too long.
 */
MUST_USE bool sink_check(const struct sink *s, size_t registries,
    struct err *e);

/* What the user should hear once: a Sesam node that secrets go to in clear
 * text, and not in its own network. False: nothing.
 */
bool sink_caution(const struct sink *s, struct buf *text);

/* For who stays: a location that is a directory now is meant to be one, also
 * when it is gone for a while. The target may become another, in a. What cannot
 * be told is left, for sink_write to say why. ERR_LIMIT.
 */
MUST_USE bool sink_settle(const struct world *w, struct sink *s,
    struct arena *a, struct err *e);

/* What sink_write will touch, as w->apart takes it, added to *n: files it will
 * write as edit gets them, files it reads, ports; or that it runs programs.
 * Paths in a.
 */
MUST_USE bool sink_needs(const struct world *w, const struct sink *s,
    const struct format_entry *entries, size_t count, struct arena *a,
    struct sandbox_needs *n, struct err *e);

/* Have all entries, of which there is one at least and no host twice, there.
 * got_s: when the tokens were got, for archives. Bytes to give back are
 * appended to out, which other kinds do not look at. deadline is absolute,
 * w->clock_ms. Messages name the file, secret or program; not s->name. A
 * failure leaves the last good content.
 *
 * A program gets the password on its standard input, as a line, which is how
 * "aws ecr get-login-password" gives it to whatever stands behind its pipe:
 * docker, podman, skopeo, helm and crane take the line end off, and the shell's
 * read wants one. ECR_REGISTRY, ECR_USERNAME, ECR_ACCOUNT, ECR_REGION (the
 * last two are empty for ECR Public) and ECR_EXPIRES (RFC 3339) are in its
 * environment, secrets of ours are not. What it prints goes to the log.
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
