/* call.h - one AWS call: sign, send, read the error, try again.
 *
 * Retry, back-off and clock correction as in section 5 of the specification.
 */
#ifndef AWS_CALL_H
#define AWS_CALL_H

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"

enum call_protocol {
	CALL_JSON,	/* JSON 1.1: X-Amz-Target, {} (ECR) */
	CALL_QUERY,	/* form in, JSON or XML out (STS) */
	CALL_REST,	/* JSON by path, never signed (SSO, sign-in) */
};

struct call {
	enum call_protocol protocol;
	const struct endpoint *endpoint;
	struct str operation;	/* for messages: "ecr GetAuthorizationToken" */
	struct str target;	/* X-Amz-Target; CALL_JSON */
	/* CALL_REST: "GET" or "POST", what goes behind the endpoint's path
	 * ("/federation/credentials?..."), and at most CALL_FIELDS_MAX fields
	 * to send besides.
	 */
	struct str method, path;
	const struct http_field *fields;
	size_t count;
	/* CALL_REST: makes one field more, anew for each attempt, which goes
	 * to `to`; its value may live in a. NULL: none.
	 */
	bool (*prove)(void *me, const struct uri *to, struct arena *a,
	    struct http_field *field, struct err *e);
	void *prove_me;
	struct str body;
	/* What is secret in body and path; each may be empty. Fields are
	 * secret anyway. Messages never show it.
	 */
	struct str hidden, also_hidden;
	const struct cred *cred;	/* NULL: unsigned */
	bool quota_is_final;	/* LimitExceededException is no throttling */
};

struct call_reply {
	unsigned status;
	struct str body;	/* in the arena */
	struct str code;	/* normalised error code; empty on success.
				   CALL_REST: the reason where there is no
				   other */
	struct str message;
	struct str reason;	/* see aws_error.h */
	bool no_host;		/* the endpoint's name does not exist */
};

/* True for a 2xx answer. Else *e says operation, host, code and message and
 * what to do where that is known, kind ERR_DENIED for an error that AWS
 * reported; *r then holds code and message too. Never ERR_ABSENT: a name that
 * does not exist is ERR_NET. An answer may teach c->skew_s, with a warning.
 */
MUST_USE bool call_send(struct config *c, const struct call *call,
    struct arena *a, struct call_reply *r, struct err *e);

/* Of an answer that was a success and cannot be understood: put operation and
 * host before the message, as call_send does. Returns false.
 */
bool call_unread(const struct call *call, struct err *e);

#endif
