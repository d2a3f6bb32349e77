/* endpoint.h - partitions, and where a service answers (aws 2.2-2.4). */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include "aws/config.h"
#include "base/uri.h"

struct partition {
	struct str id;			/* "aws-cn" */
	struct str dns_suffix;		/* "amazonaws.com.cn" */
	struct str dual_stack_suffix;
	struct str registry_suffix;	/* of dkr.ecr hosts */
	struct str registry_dual_suffix;	/* of dkr-ecr hosts */
	struct str global_region;
};

/* By region prefix; unknown regions are in "aws". Never NULL; static. */
const struct partition *partition_of(struct str region);

enum service {
	SERVICE_ECR,
	SERVICE_ECR_PUBLIC,
	SERVICE_STS,
	SERVICE_COUNT,	/* later: sso portal, oidc, signin */
};

struct endpoint {
	struct uri uri;		/* views live in the arena */
	struct str region;	/* to sign for */
	struct str signing_name;	/* "ecr" */
	bool custom;		/* from an override: FIPS and dual-stack do not apply */
	struct str fallback_host;	/* tried when uri.host does not exist (FIPS);
					   empty: none */
};

/* A host name of the table in aws 2.3, without any override. */
MUST_USE bool endpoint_host(enum service s, struct str region, bool fips,
    bool dual_stack, struct buf *host, struct err *e);

/* The endpoint with overrides: --endpoint-url, AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, services section, profile endpoint_url (2.4). region may
 * be empty for STS only (global endpoint). fips and dual_stack are or'ed with
 * AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and their profile keys.
 */
MUST_USE bool endpoint_resolve(struct config *c, enum service s,
    struct str region, bool fips, bool dual_stack, struct endpoint *out,
    struct err *e);

#endif
