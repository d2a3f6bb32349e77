/* formats.h - registries' passwords as text. Pure.
 *
 *	password		of one registry, a line
 *	json			[{"host", "account", "region", "username",
 *				"password", "expires"}, ...]; account and region
 *				are empty for ECR Public
 *	docker-config		~/.docker/config.json, as docker login writes it
 *	docker-auth-config	the same on one line: the value of
 *				DOCKER_AUTH_CONFIG, in which docker accepts
 *				nothing but auth
 *	dockercfg		~/.dockercfg of Docker before 1.7: no "auths"
 *				round it, keys are URLs, email is "none"
 *	login-command		docker login for a shell, the password in a
 *				here-document: no list of processes shows it
 *	env			NAME=value lines: ECR_REGISTRY, ECR_USERNAME,
 *				ECR_PASSWORD, ECR_EXPIRES; of several registries
 *				each name ends in _HOST, the host in capitals
 *				with _ for what no name may have. No value needs
 *				quotes, in a shell or for docker --env-file
 *
 * All of them end with a line end. Source: docker/cli config file; its
 * DOCKER_AUTH_CONFIG store.
 */
#ifndef SINK_FORMATS_H
#define SINK_FORMATS_H

#include "base/buf.h"
#include "base/err.h"

struct format_entry {
	struct str host;
	struct str account, region;	/* or empty */
	struct str user, password;
	struct str auth;	/* base64 of user:password */
	int64_t expires_s;
};

enum format {
	FORMAT_PASSWORD,
	FORMAT_JSON,
	FORMAT_DOCKER_CONFIG,
	FORMAT_DOCKER_AUTH_CONFIG,
	FORMAT_DOCKERCFG,
	FORMAT_LOGIN_COMMAND,
	FORMAT_ENV,
	/* Not for --format: config.json as Mesos wants it, with URLs for keys
	 * and the email that its parser asks for.
	 */
	FORMAT_MESOS_CONFIG,
};

/* ERR_USAGE, with the names that there are. */
MUST_USE bool format_named(struct str name, enum format *f, struct err *e);

/* Append the entries. ERR_USAGE: no entry, a host twice, or more than one
 * password; ERR_REPLY: something in an entry that could break out of its line
 * or quotes; ERR_LIMIT: b is full. What was appended then is wiped.
 */
MUST_USE bool format_write(enum format f, const struct format_entry *entries,
    size_t count, struct buf *b, struct err *e);

/* For formats*.c only. */
void format_json(const struct format_entry *entries, size_t count,
    struct buf *b);
void format_auths(enum format f, const struct format_entry *entries,
    size_t count, struct buf *b);

#endif
