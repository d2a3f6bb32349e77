/* partition.h - the AWS partitions and the suffixes of their host names. Pure.
 *
 * Source: botocore's partitions.json; registry suffixes: the pattern shared by
 * the official helper and kubelet's plugin.
 */
#ifndef AWS_PARTITION_H
#define AWS_PARTITION_H

#include <stdbool.h>

#include "base/str.h"

struct partition {
	struct str id;			/* "aws-cn" */
	struct str dns_suffix;		/* "amazonaws.com.cn" */
	struct str dual_stack_suffix;
	struct str registry_suffix;	/* of dkr.ecr hosts */
	struct str registry_dual_suffix;	/* of dkr-ecr hosts; empty:
						   none is known */
	struct str global_region;
};

/* By region prefix; unknown regions are in "aws". Never NULL; static. */
const struct partition *partition_of(struct str region);

/* All of them, ended by one without an id. */
extern const struct partition partitions[];

/* Can region stand in a host name: one label, not only digits, no hyphen at
 * either end (botocore's rule).
 */
bool region_ok(struct str region);

#endif
