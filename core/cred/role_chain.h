/* role_chain.h - which roles a profile takes one after the other, and with
 * whose credentials the first of them. Pure.
 *
 * Source: AWS SDK reference guide, "Assume role credential provider"; where
 * the SDKs differ, botocore's AssumeRoleProvider for the CLI's order and
 * config.SharedConfig of the Go SDK for Go's.
 */
#ifndef CRED_ROLE_CHAIN_H
#define CRED_ROLE_CHAIN_H

#include "base/limits.h"
#include "cred/chain.h"

/* Each but profile and arn may be empty. All are printable ASCII. */
struct role_link {
	struct str profile;	/* whose role_arn it is */
	struct str arn, external_id;
	struct str serial;	/* mfa_serial */
	struct str session;	/* role_session_name */
	struct str duration_s;	/* a number without leading zeros */
	struct str odd_duration;	/* duration_seconds that is no number:
					   not sent, as by botocore */
};

struct role_chain {
	/* The first is the profile's own, and taken last. */
	struct role_link links[ROLE_CHAIN_MAX];
	size_t count;
	struct str named;	/* a credential_source; or else, when empty: */
	struct profile from;	/* the sources of this profile */
	bool own;		/* from has the last role itself, and says
				   nothing of a source (Go's order only) */
};

/* ERR_ABSENT: p has no role_arn, or one that is for a web identity. ERR_USAGE:
 * a source that is missing, unknown or one too many, a circle, or a value that
 * STS would not take; ERR_LIMIT: more than ROLE_CHAIN_MAX roles. Views those
 * of p.
 */
MUST_USE bool role_chain(const struct profile *p, enum cred_order order,
    struct role_chain *chain, struct err *e);

/* Append the way from the profile to the base: "'a' -> 'b' -> 'c'". */
void role_chain_path(const struct role_chain *chain, struct buf *b);

#endif
