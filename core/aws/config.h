/* config.h - what the user set: options, then environment, then profile.
 *
 * One struct config is made per run and passed to every AWS conversation.
 */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include "aws/credentials.h"
#include "aws/profile.h"
#include "world.h"

/* As given on the command line; NULL: not given. */
struct config_flags {
	const char *profile, *region, *endpoint_url, *ca_bundle;
	int64_t timeout_ms;	/* of the whole run; 0: EXCHANGE_MS */
	bool no_profile;	/* the shared files do not count */
	bool auto_profile;	/* see login/choose.h */
};

struct config {
	const struct world *w;
	struct arena *a;	/* what must live as long as the run */
	struct config_flags flags;
	struct profile profile;
	int64_t deadline;	/* absolute, w->clock_ms */
	int64_t skew_s;		/* AWS's clock minus ours, once seen */
	struct str cred_id;	/* who asked ECR last, as cred_identity says;
				   empty: nobody yet */
	struct cred cred;	/* and with what */
	int64_t imds_deadline;	/* 0 until the first metadata request */
	int64_t imds_wait_ms;	/* for one answer; 0: as imds.h says */
	struct str imds_token;	/* kept for the run */
	bool imds_v1;		/* the service has no version 2 */
	bool imds_plain;	/* it has no extended credentials */
	bool want_account;	/* who asks shows the account id: sources that
				   can be asked for it are */
	/* Of the registry at hand; each may be empty. See login/choose.h. */
	struct str registry_region;
	bool registry_first;	/* STS is asked in that region first, as the
				   Go SDK's users do; of cred/chain.h */
	struct str role_arn, external_id;	/* a role to take on top of
						   whatever the chain finds */
	struct str ecr_url;	/* ECR's endpoint, unless --endpoint-url */
	bool no_process;	/* credential_process is not to be run */
	bool custom_told;	/* that an endpoint of the user's own wins */
};

MUST_USE bool config_load(const struct world *w, struct arena *a,
    const struct config_flags *flags, struct config *c, struct err *e);

/* As if --profile name had been given. name must outlive c. ERR_USAGE when
 * there is no such profile.
 */
MUST_USE bool config_use_profile(struct config *c, struct str name,
    struct err *e);

/* c was a copy of base, and has been worked with since: base learns from it
 * what is true of the whole run, such as AWS's clock and the metadata service's
 * session.
 */
void config_learn(struct config *base, const struct config *c);

/* The run's region: --region, AWS_REGION, AWS_DEFAULT_REGION, profile. Lower
 * case, checked to be a host label, in c->a; a fips- or -fips is cut, and *fips
 * (may be NULL) says whether there was one. ERR_ABSENT when none of them says
 * (the caller may then ask the metadata service: imds_region), ERR_USAGE when
 * it is no host label.
 */
MUST_USE bool config_region(struct config *c, struct str *region, bool *fips,
    struct err *e);

/* The file that replaces the anchors: --ca-bundle, AWS_CA_BUNDLE, profile
 * ca_bundle, SSL_CERT_FILE; NULL when none of them says. In c->a or valid for
 * the run.
 */
const char *config_ca_bundle(struct config *c);

/* Environment first, then profile; "true" in any case. */
bool config_true(struct config *c, const char *env, struct str key);

#endif
