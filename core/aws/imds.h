/* imds.h - EC2 instance metadata, version 2 (aws 1.10).
 *
 * A session token is fetched by PUT, then sent with each GET; both are kept
 * in struct config for the run. Version 1 is used only when the service says
 * that it has no version 2 (403, 404, 405 to the PUT) and the user has not
 * forbidden it; never after a time-out. All metadata work of a run shares one
 * budget of IMDS_BUDGET_MS, which AWS_METADATA_SERVICE_TIMEOUT and
 * AWS_METADATA_SERVICE_NUM_ATTEMPTS (or the profile's
 * metadata_service_timeout, _num_attempts) replace.
 */
#ifndef AWS_IMDS_H
#define AWS_IMDS_H

#include "aws/config.h"
#include "base/uri.h"

/* ERR_ABSENT "switched off by AWS_EC2_METADATA_DISABLED" or the like. */
MUST_USE bool imds_enabled(struct config *c, struct err *e);

/* Where the service is: AWS_EC2_METADATA_SERVICE_ENDPOINT, profile
 * ec2_metadata_service_endpoint, the mode variable and key, IPv4 default.
 * ERR_USAGE on a bad mode or URL.
 */
MUST_USE bool imds_endpoint(struct config *c, struct uri *u, struct err *e);

/* GET path ("/latest/..."; bytes that cannot stand in a request are encoded).
 * Body in a. ERR_ABSENT: 404, or metadata is off, or nothing answers at the
 * address; the message says which, and hints at the hop limit when the PUT
 * timed out after a connection.
 */
MUST_USE bool imds_get(struct config *c, struct str path, struct arena *a,
    struct str *body, struct err *e);

/* The same for who expects a 404: a success, with *found false. */
MUST_USE bool imds_find(struct config *c, struct str path, struct arena *a,
    bool *found, struct str *body, struct err *e);

/* Have a token of version 2 or fail: given, which must outlive c, when it
 * could be one, else a fresh one. One that is refused later is replaced.
 * ERR_DENIED: there is version 1 only.
 */
MUST_USE bool imds_token(struct config *c, struct str given, struct err *e);

/* The path of which a user speaks, with slashes in a row made one. "/" and what
 * begins with a version (1.0, YYYY-MM-DD, latest), with or without a slash
 * before it, is left as it is; dynamic and meta-data are put under latest/, and
 * all else under latest/meta-data/. Source: ec2-metadata --path of
 * amazon-ec2-utils. *path is in a.
 */
MUST_USE bool imds_path(struct str word, struct arena *a, struct str *path,
    struct err *e);

/* config_region, else placement/region, else the identity document. */
MUST_USE bool imds_region(struct config *c, struct str *region, bool *fips,
    struct err *e);

#endif
