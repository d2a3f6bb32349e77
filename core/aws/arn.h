/* arn.h - Amazon resource names, as far as they name an account. Pure.
 *
 * arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; region and account may be
 * empty. Source: IAM user guide, "IAM identifiers".
 */
#ifndef AWS_ARN_H
#define AWS_ARN_H

#include "base/str.h"

/* Its 12 digits, viewing arn; empty when it has none, or is no such name. */
struct str arn_account(struct str arn);

/* Is it a role of IAM, with an account: arn:...:iam::ACCOUNT:role/NAME? */
bool arn_is_role(struct str arn);

#endif
