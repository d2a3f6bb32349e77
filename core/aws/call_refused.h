/* call_refused.h - an answer that is no success, in words. Pure. */
#ifndef AWS_CALL_REFUSED_H
#define AWS_CALL_REFUSED_H

#include "aws/call.h"
#include "aws/retry.h"

/* Says what o's answer says, and what to do where that is known; o->error has
 * been read. Returns false: ERR_DENIED for an error of AWS's, ERR_REPLY when
 * something in between has answered.
 */
bool call_refused(const struct call *call, const struct outcome *o,
    struct err *e);

/* Cut off error's message what it repeats of the call's secrets. */
void call_hide(const struct call *call, struct aws_error *error);

#endif
