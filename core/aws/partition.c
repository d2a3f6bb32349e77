#include "aws/partition.h"

#include <stddef.h>

#include "base/limits.h"

const struct partition partitions[] = {
	{ S_INIT("aws"), S_INIT("amazonaws.com"), S_INIT("api.aws"),
	    S_INIT("amazonaws.com"), S_INIT("on.aws"), S_INIT("us-east-1") },
	{ S_INIT("aws-cn"), S_INIT("amazonaws.com.cn"),
	    S_INIT("api.amazonwebservices.com.cn"),
	    S_INIT("amazonaws.com.cn"), S_INIT("on.amazonwebservices.com.cn"),
	    S_INIT("cn-northwest-1") },
	{ S_INIT("aws-us-gov"), S_INIT("amazonaws.com"), S_INIT("api.aws"),
	    S_INIT("amazonaws.com"), S_INIT("on.aws"),
	    S_INIT("us-gov-west-1") },
	{ S_INIT("aws-eusc"), S_INIT("amazonaws.eu"),
	    S_INIT("api.amazonwebservices.eu"), S_INIT("amazonaws.eu"),
	    S_INIT(""), S_INIT("eusc-de-east-1") },
	{ S_INIT("aws-iso"), S_INIT("c2s.ic.gov"), S_INIT("api.aws.ic.gov"),
	    S_INIT("c2s.ic.gov"), S_INIT(""), S_INIT("us-iso-east-1") },
	{ S_INIT("aws-iso-b"), S_INIT("sc2s.sgov.gov"),
	    S_INIT("api.aws.scloud"), S_INIT("sc2s.sgov.gov"), S_INIT(""),
	    S_INIT("us-isob-east-1") },
	{ S_INIT("aws-iso-e"), S_INIT("cloud.adc-e.uk"),
	    S_INIT("api.cloud-aws.adc-e.uk"), S_INIT("cloud.adc-e.uk"),
	    S_INIT(""), S_INIT("eu-isoe-west-1") },
	{ S_INIT("aws-iso-f"), S_INIT("csp.hci.ic.gov"),
	    S_INIT("api.aws.hci.ic.gov"), S_INIT("csp.hci.ic.gov"),
	    S_INIT(""), S_INIT("us-isof-south-1") },
	{ .id = { NULL, 0 } },
};

const struct partition *
partition_of(struct str region)
{
	/* Each ends in '-', so that us-iso- does not catch us-isob-. */
	static const struct {
		struct str prefix;
		size_t at;	/* in partitions */
	} prefixes[] = {
		{ S_INIT("cn-"), 1 },
		{ S_INIT("us-gov-"), 2 },
		{ S_INIT("eusc-"), 3 },
		{ S_INIT("us-iso-"), 4 },
		{ S_INIT("us-isob-"), 5 },
		{ S_INIT("eu-isoe-"), 6 },
		{ S_INIT("us-isof-"), 7 },
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(region, prefixes[i].prefix))
			return &partitions[prefixes[i].at];
	return &partitions[0];
}

bool
region_ok(struct str region)
{
	bool digits_only = true;

	if (region.n == 0 || region.n > REGION_MAX ||
	    region.p[0] == '-' || region.p[region.n - 1] == '-')
		return false;
	for (size_t i = 0; i < region.n; i++) {
		char c = region.p[i];

		if (!char_alnum(c) && c != '-')
			return false;
		if (!char_digit(c))
			digits_only = false;
	}
	return !digits_only;
}
