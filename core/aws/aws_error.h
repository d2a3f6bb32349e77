/* aws_error.h - what AWS says when it says no (aws 4.4). Pure.
 *
 * Source: smithy.io, AWS JSON 1.1 protocol, "Operation error serialization".
 */
#ifndef AWS_AWS_ERROR_H
#define AWS_AWS_ERROR_H

#include "base/arena.h"
#include "base/str.h"
#include "net/http.h"

struct aws_error {
	struct str code;	/* "AccessDeniedException"; empty: the answer is
				   not one of AWS's */
	struct str message;	/* without code and reason: the body's
				   beginning */
	/* The member "error" of OAuth's answers, RFC 6749 5.2, and sign-in's:
	 * "invalid_grant", "TOKEN_EXPIRED"; else empty. Then the message may
	 * be "error_description".
	 */
	struct str reason;
};

/* Read the error in an answer whose status is not 2xx. The code comes from the
 * body ("__type", or STS's "Error" in JSON or XML), else from x-amzn-ErrorType,
 * and is cut to its name: "com.amazon#Name:http://..." is "Name". Views live in
 * a or in the answer. Never fails: what cannot be read is empty.
 */
void aws_error_read(const struct http_res *res, struct arena *a,
    struct aws_error *error);

/* text up to where it begins to repeat secret: a server, or what stands in
 * between, may send back what it was sent. AWS does, when a signature is wrong:
 * the canonical request that it shows has the session token in it. An empty
 * secret hides nothing.
 */
struct str aws_error_hide(struct str text, struct str secret);

/* Codes with which a repetition may help. quota: LimitExceededException too,
 * which most services use for throttling, some for a quota.
 */
bool aws_error_throttles(struct str code, bool quota);
bool aws_error_transient(struct str code);

/* Codes that mean a clock that is off, and those that may mean it. */
bool aws_error_clock(struct str code);
bool aws_error_signature(struct str code);

#endif
