/* endpoint.h - where a service answers (aws 2.3, 2.4).
 *
 * Source: the endpoint rule sets of botocore's service models; SDK reference
 * guide, "Service-specific endpoints".
 */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include "aws/config.h"
#include "aws/partition.h"
#include "base/uri.h"

enum service {
	SERVICE_ECR,
	SERVICE_ECR_PUBLIC,
	SERVICE_STS,
	SERVICE_SSO,		/* IAM Identity Center's portal */
	SERVICE_SSO_OIDC,
	SERVICE_SIGNIN,
	SERVICE_COUNT,
};

struct endpoint {
	struct uri uri;		/* views live in the arena */
	struct str region;	/* to sign for */
	struct str signing_name;	/* "ecr" */
	bool custom;		/* from an override */
	struct str fallback_host;	/* older name of the same, for when
					   uri.host does not exist; or empty */
};

/* A host name of the table in aws 2.3, without any override, appended. STS
 * answers for an empty region or "aws-global" too. ERR_USAGE: no region, or
 * none that can stand in a host name.
 */
MUST_USE bool endpoint_host(enum service s, struct str region, bool fips,
    bool dual_stack, struct buf *host, struct err *e);

/* The endpoint with overrides: --endpoint-url and c->ecr_url (for ECR and ECR
 * Public: as with the AWS CLI's option, what credentials are made with is not
 * sent there), AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, services section,
 * profile endpoint_url (2.4). region may be empty for STS only (global
 * endpoint). fips and dual_stack are or'ed with AWS_USE_FIPS_ENDPOINT,
 * AWS_USE_DUALSTACK_ENDPOINT and their profile keys. Views live in c->a.
 * ERR_USAGE names the setting that is wrong.
 */
MUST_USE bool endpoint_resolve(struct config *c, enum service s,
    struct str region, bool fips, bool dual_stack, struct endpoint *out,
    struct err *e);

/* AWS_ENDPOINT_URL_<SERVICE> */
const char *endpoint_variable(enum service s);

#endif
