/* sts.h - the Security Token Service (aws 4.6).
 *
 * Query protocol: a form goes in; JSON comes out when it is asked for, as it is
 * here, and XML from stand-ins and proxies that know nothing of that. The first
 * byte tells which.
 *
 * Source: AWS STS API reference, version 2011-06-15.
 */
#ifndef AWS_STS_H
#define AWS_STS_H

#include "aws/config.h"
#include "aws/credentials.h"

struct sts_web_identity {
	struct str role_arn;
	struct str session_name;	/* 2..64 of [A-Za-z0-9_+=,.@-] */
	struct str token;		/* the identity provider's, a JWT */
};

/* AssumeRoleWithWebIdentity, unsigned, in region (empty: the global endpoint;
 * c's settings may choose that, and the FIPS and dual-stack ones, too). Fills
 * *cred but for its source, with the account of the role; views live in a and
 * ask. ERR_DENIED: AWS refused; ERR_USAGE: no role, or no token that could be
 * one; never ERR_ABSENT.
 */
MUST_USE bool sts_web_identity(struct config *c, struct str region,
    const struct sts_web_identity *ask, struct arena *a, struct cred *cred,
    struct err *e);

struct sts_role {
	struct str role_arn;
	struct str session_name;	/* 2..64 of [A-Za-z0-9_+=,.@-] */
	/* Each may be empty, and is not sent then. */
	struct str external_id;
	struct str duration_s;		/* digits */
	struct str serial, token_code;	/* MFA device, and what it shows */
};

/* AssumeRole, asked for with by. All else as above. */
MUST_USE bool sts_assume_role(struct config *c, struct str region,
    const struct cred *by, const struct sts_role *ask, struct arena *a,
    struct cred *cred, struct err *e);

struct sts_caller {
	struct str account, arn, user_id;
};

/* GetCallerIdentity: who cred is. Views in a. Errors as above. */
MUST_USE bool sts_caller(struct config *c, struct str region,
    const struct cred *cred, struct arena *a, struct sts_caller *who,
    struct err *e);

/* Only the reading of an answer's body: Credentials in the result of action,
 * and the account, which stays empty when the role's ARN is not there, as some
 * stand-ins leave it out. Pure. *cred is left alone on failure.
 */
MUST_USE bool sts_read(struct str body, struct str action, struct arena *a,
    struct cred *cred, struct err *e);

/* The same for GetCallerIdentity. */
MUST_USE bool sts_read_caller(struct str body, struct arena *a,
    struct sts_caller *who, struct err *e);

#endif
