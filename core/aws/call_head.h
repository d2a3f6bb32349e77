/* call_head.h - what one attempt of a call sends before its body. */
#ifndef AWS_CALL_HEAD_H
#define AWS_CALL_HEAD_H

#include "aws/call.h"
#include "base/limits.h"

struct call_head {
	/* Those that any call has, and its own. */
	struct http_field fields[6 + CALL_FIELDS_MAX];
	size_t count;
};

bool call_is_signed(const struct call *call);

/* Where the request goes, and the value of its Host field. In a. ERR_LIMIT:
 * a is full.
 */
MUST_USE bool call_target(const struct call *call, struct arena *a,
    struct uri *to, struct str *host, struct err *e);

/* date: the time to sign with. h keeps views of all of these, and of a. */
MUST_USE bool call_head_fill(const struct call *call, const struct uri *to,
    struct str host, struct str date, struct call_head *h, struct arena *a,
    struct err *e);

#endif
