/* outputs.h - the options that say where tokens go: any number at once, each a
 * sink of the run.
 */
#ifndef APPLETS_OUTPUTS_H
#define APPLETS_OUTPUTS_H

#include "applets/opt.h"
#include "applets/sidecar.h"

/* What is said once for all sinks of a kind. */
struct outputs {
	struct sidecar *k;	/* set it before the options are parsed */
	const char *tar_mode;
	const char *exclude;
	bool adopt;
	const char *sesam_secret, *sesam_system, *sesam_reload;
	bool sesam_put;
};

/* Adds a sink of a kind that needs no more than its target. */
opt_each output_take;

/* Rows for an option table: struct outputs *o. */
#define OUTPUTS_TAR_MODE(o) \
	OPT_STR(0, "tar-mode", "MODE", &(o)->tar_mode, \
	    "who may read what it unpacks to; default 0600")
#define OUTPUTS_SESAM(o) \
	OPT_STR(0, "sesam-secret", "NAME", &(o)->sesam_secret, \
	    "its name; default AWS_ECR_TOKEN"), \
	OPT_STR(0, "sesam-system", "ID", &(o)->sesam_system, \
	    "a secret of this system, not a global one"), \
	OPT_FLAG(0, "sesam-put", &(o)->sesam_put, \
	    "PUT, which may replace all other secrets"), \
	OPT_STR(0, "sesam-reload", "ID", &(o)->sesam_reload, \
	    "reload this system afterwards")
#define OUTPUTS_OPTIONS(o) \
	OPT_EACH(0, "auth-file", "FILE", output_take, (o)->k, \
	    SINK_AUTH_FILE, "write to this file (containers-auth.json)"), \
	OPT_EACH('f', "file-location", "PATH", output_take, (o)->k, \
	    SINK_TARBALL, "docker.tar.gz, or a directory for it"), \
	OUTPUTS_TAR_MODE(o), \
	OPT_EACH(0, "dockercfg", "FILE", output_take, (o)->k, \
	    SINK_DOCKERCFG, "a whole ~/.dockercfg, as before Docker 1.7"), \
	OPT_EACH(0, "password-file", "FILE", output_take, (o)->k, \
	    SINK_PASSWORD_FILE, "bare password; {account}, {region}, {host}"), \
	OPT_EACH(0, "kubernetes-secret", "NAME", output_take, (o)->k, \
	    SINK_KUBERNETES, "[NAMESPACE/]NAME of an image pull secret"), \
	OPT_STR(0, "exclude-namespace", "LIST", &(o)->exclude, \
	    "namespaces that * and ? leave out"), \
	OPT_FLAG(0, "adopt", &(o)->adopt, \
	    "take over a secret that is not labelled ours"), \
	OPT_EACH(0, "sesam", "URL", output_take, (o)->k, \
	    SINK_SESAM, "API of a Sesam node: its secrets"), \
	OUTPUTS_SESAM(o), \
	OPT_EACH(0, "exec", "COMMAND", output_take, (o)->k, \
	    SINK_EXEC, "password on its input, ECR_REGISTRY set"), \
	OPT_EACH(0, "format", "NAME", output_take, (o)->k, \
	    SINK_PRINT, "print so; NAME as above")

/* When all options are parsed: give the sinks what concerns them, and Sesam's
 * the token of SESAM_JWT_TOKEN or SESAM_JWT_FILE. ERR_USAGE: something is said
 * of sinks that there are none of.
 */
MUST_USE bool outputs_done(struct outputs *o, struct err *e);

#endif
