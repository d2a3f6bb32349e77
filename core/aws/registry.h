/* registry.h - ECR registry host names.
 *
 * Pattern shared by the official helper and kubelet's plugin (protocols 1.4):
 * <12 digits>.dkr.ecr[-fips].<region>.<suffix> or with dkr-ecr; public:
 * public.ecr.aws, ecr-public.aws.com.
 */
#ifndef AWS_REGISTRY_H
#define AWS_REGISTRY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct registry {
	bool is_public;		/* ECR Public: account, region are empty */
	bool fips, dual_stack;
	struct str account;	/* 12 digits */
	struct str region;
	struct str host;	/* lower case, no port */
};

/* Is s an account id: 12 digits? */
bool account_ok(struct str s);

/* Parse a registry host name, or a URL or image reference that begins with
 * one: "https://" in front and a port, path, tag or digest behind are ignored;
 * "http://" is refused. host is copied into a in lower case, all views point
 * there. ERR_ABSENT: not an ECR host, so not ours to answer for.
 */
MUST_USE bool registry_parse(struct str text, struct arena *a,
    struct registry *r, struct err *e);

/* The registry of account (12 digits) in region of whatever partition. */
MUST_USE bool registry_make(struct str account, struct str region, bool fips,
    bool dual_stack, struct arena *a, struct registry *r, struct err *e);

#endif
