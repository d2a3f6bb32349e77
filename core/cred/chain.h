/* chain.h - who we are: the sources of AWS credentials, asked in order. */
#ifndef CRED_CHAIN_H
#define CRED_CHAIN_H

#include "aws/config.h"
#include "aws/credentials.h"

/* One source. */
struct provider {
	const char *name;	/* "env", "profile", "container", "imds" */
	/* Most people never had it: its absence is left out of the story that
	 * "no credentials" tells (-v tells it all).
	 */
	bool quiet;
	/* What it gives works beyond its date (static stability). */
	bool stable;
	/* fetch talks to somebody, which takes its time. */
	bool remote;
	/* Would this source be the one? Judged from environment, files and p
	 * (the run's profile, or one that it names as its source) alone,
	 * without network. If so it appends to id what selects the identity,
	 * by cred_id. ERR_ABSENT: not configured, the chain goes on; any other
	 * failure ends it. What concerns the run as a whole (region,
	 * endpoints) comes from c->profile, whatever p is.
	 */
	bool (*select)(struct config *c, const struct profile *p,
	    struct buf *id, struct err *e);
	/* Get the credentials, once select has said yes. Views live in c->a.
	 * Errors as above. NULL when select never says yes.
	 */
	bool (*fetch)(struct config *c, const struct profile *p,
	    struct cred *cred, struct err *e);
};

extern const struct provider cred_env, cred_env_go;
extern const struct provider cred_credentials_file, cred_config_file;
extern const struct provider cred_container, cred_imds;
extern const struct provider cred_role, cred_role_go;
extern const struct provider cred_web_identity, cred_web_identity_env,
    cred_web_identity_profile;
extern const struct provider cred_sso, cred_login, cred_process;

/* In the environment of a credential_process: who meets it there and is about
 * to run one more goes round in circles.
 */
#define CRED_PROCESS_GUARD "ECRBOX_CREDENTIAL_PROCESS"

/* In which order: the CLI's for our own applets, the Go SDK's for the drop-ins
 * of Go programs (decision 0.1). The orders themselves are in chain.c.
 */
enum cred_order { CRED_ORDER_CLI, CRED_ORDER_GO };

/* The identity that cred_find would use, as text that is the same for the same
 * identity and different for others; no network. One "key=value" a line; no
 * secret, but access key ids, paths, URIs. It is stable from run to run, except
 * that the keys of a temporary session in the environment are an identity of
 * their own each time. ERR_ABSENT with the chain's story when no source is
 * configured. *id is in c->a.
 */
MUST_USE bool cred_identity(struct config *c, enum cred_order order,
    struct str *id, struct err *e);

/* The first source that answers. With none: ERR_ABSENT and "no credentials:
 * env: AWS_ACCESS_KEY_ID not set; profile: ...; container: ...; imds: ...".
 * Details (-v) say which source was taken. Expired or dying credentials are
 * refused, but for the metadata service's, which are used with a warning
 * (static stability).
 */
MUST_USE bool cred_find(struct config *c, enum cred_order order,
    struct cred *cred, struct err *e);

/* Does the source that cred_find would take first talk to somebody? Then there
 * is time for other things meanwhile (w->beside).
 */
bool cred_remote(struct config *c, enum cred_order order);

/* The sources of profile p alone, as source_profile asks for them: neither
 * environment nor container nor machine, and not p's own role. id and cred as
 * in struct provider; with cred NULL only select is asked. ERR_ABSENT: p has
 * none.
 */
MUST_USE bool cred_source(struct config *c, enum cred_order order,
    const struct profile *p, struct buf *id, struct cred *cred,
    struct err *e);

/* One source alone, as credential_source asks for it. As above; ERR_ABSENT: not
 * configured.
 */
MUST_USE bool cred_ask(struct config *c, const struct provider *p,
    const struct profile *from, struct buf *id, struct cred *cred,
    struct err *e);

/* Take the role c->role_arn, with c->external_id, asked for with by. *cred but
 * for its source. Errors as of sts_assume_role.
 */
MUST_USE bool cred_take_role(struct config *c, const struct cred *by,
    struct cred *cred, struct err *e);

#define MACHINE_ID "/proc/sys/kernel/random/boot_id"

/* For providers. Append "key=value" to an identity; the value is quoted, so
 * that no value can pass for another line.
 */
void cred_id(struct buf *id, struct str key, struct str value);

/* Append the machine's boot id: what else could tell two machines with one
 * home directory apart? When the kernel does not say, there is no identity:
 * better no cache than another machine's token.
 */
void cred_id_machine(struct buf *id, struct config *c);

#endif
