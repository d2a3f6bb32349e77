#include "aws/arn.h"

#include "aws/registry.h"

struct arn {
	struct str head, partition, service, region, account, resource;
};

static bool
cut(struct str s, struct arn *arn)
{
	return str_cut(s, ':', &arn->head, &s) &&
	    str_cut(s, ':', &arn->partition, &s) &&
	    str_cut(s, ':', &arn->service, &s) &&
	    str_cut(s, ':', &arn->region, &s) &&
	    str_cut(s, ':', &arn->account, &arn->resource) &&
	    str_eq(arn->head, S("arn")) && arn->partition.n &&
	    arn->service.n && arn->resource.n && account_ok(arn->account);
}

struct str
arn_account(struct str s)
{
	struct arn arn;

	return cut(s, &arn) ? arn.account : S("");
}

bool
arn_is_role(struct str s)
{
	const struct str role = S("role/");
	struct arn arn;

	return cut(s, &arn) && str_eq(arn.service, S("iam")) &&
	    arn.region.n == 0 && str_starts(arn.resource, role) &&
	    arn.resource.n > role.n && str_visible(arn.resource);
}
