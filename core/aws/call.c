#include "aws/call.h"

#include "aws/aws_error.h"
#include "aws/call_head.h"
#include "aws/call_refused.h"
#include "aws/retry.h"
#include "base/date.h"
#include "base/limits.h"

static void
correct_clock(struct config *c, const struct outcome *o)
{
	int64_t s = o->skew_s;

	c->skew_s = s;
	world_warn(c->w, "this machine's clock is %lld s %s AWS's; signing "
	    "with AWS's time", (long long)(s < 0 ? -s : s),
	    s < 0 ? "ahead of" : "behind");
}

static void
read_date(struct config *c, struct outcome *o)
{
	if (!o->res.date)
		return;
	o->skew_s = o->res.date - c->w->now(c->w->me);
	o->signed_off_s = o->skew_s - c->skew_s;
}

static bool
check_answer(struct config *c, const struct call *call, struct arena *a,
    struct outcome *o, struct err *e)
{
	read_date(c, o);
	if (o->res.status >= 200 && o->res.status < 300) {
		/* Nobody checked a time, but credentials came with one. */
		if (o->signed_off_s > SKEW_MAX_S ||
		    o->signed_off_s < -SKEW_MAX_S)
			correct_clock(c, o);
		return true;
	}
	aws_error_read(&o->res, a, &o->error);
	if (call->protocol == CALL_REST && o->error.code.n == 0)
		o->error.code = o->error.reason;
	call_hide(call, &o->error);
	return call_refused(call, o, e);
}

/* What all attempts have in common. */
struct aim {
	const struct call *call;
	struct uri to;
	struct str host;	/* as in the Host field */
};

static bool
attempt(struct config *c, const struct aim *aim, struct arena *a,
    struct outcome *o, struct err *e)
{
	const struct call *call = aim->call;
	char date[DATE_AMZ_LEN + 1];
	struct call_head head;
	struct http_req req = {
		.method = call->protocol == CALL_REST ? call->method :
		    S("POST"),
		.to = aim->to,
		.fields = head.fields,
		.body = call->body,
		.deadline = c->deadline,
	};

	date_format_amz(c->w->now(c->w->me) + c->skew_s, date);
	o->kind = ERR_LIMIT;
	if (!call_head_fill(call, &aim->to, aim->host, str_of(date), &head, a,
	    e))
		return false;
	req.count = head.count;
	if (!c->w->exchange(c->w->me, &req, a, &o->res, e)) {
		o->kind = e->kind;
		/* Most often a slip in the region's name. */
		if (e->kind == ERR_ABSENT && !call->endpoint->custom)
			return err_in(e, "region '%.*s' may not exist or not "
			    "have this service",
			    STR_ARG(call->endpoint->region));
		return false;
	}
	o->kind = ERR_NONE;
	return check_answer(c, call, a, o, e);
}

bool
call_unread(const struct call *call, struct err *e)
{
	char text[sizeof("[]:65535") + DNS_NAME_MAX];
	struct buf host = BUF(text);

	uri_authority(&call->endpoint->uri, &host);
	return err_in(e, "%.*s at '%.*s'", STR_ARG(call->operation),
	    STR_ARG(buf_str(&host)));
}

/* One attempt, and why it failed if it did. */
static bool
attempt_into(struct config *c, const struct aim *aim, struct arena *a,
    struct outcome *o, struct call_reply *r, struct err *e)
{
	bool done;

	*o = (struct outcome){
		.is_signed = call_is_signed(aim->call),
		.quota_is_final = aim->call->quota_is_final,
	};
	done = attempt(c, aim, a, o, e);
	*r = (struct call_reply){
		.status = o->res.status,
		.body = o->res.body,
		.code = o->error.code,
		.message = o->error.message,
		.reason = o->error.reason,
	};
	return done || call_unread(aim->call, e);
}

bool
call_send(struct config *c, const struct call *call, struct arena *a,
    struct call_reply *r, struct err *e)
{
	struct aim aim = { .call = call };
	struct outcome o;
	struct err why;
	unsigned attempts;
	size_t mark;

	*r = (struct call_reply){ .status = 0 };
	if (!retry_attempts(c, &attempts, e) ||
	    !call_target(call, a, &aim.to, &aim.host, e))
		return false;
	mark = a->used;
	for (unsigned n = 1;; n++) {
		enum retry again;

		if (attempt_into(c, &aim, a, &o, r, &why))
			return true;
		again = retry_judge(&o);
		if (again == RETRY_NEVER || n == attempts ||
		    !retry_wait(c, again, n, &o))
			break;
		world_detail(c->w, "%s (attempt %u of %u, trying again)",
		    why.msg, n, attempts);
		if (again == RETRY_CLOCK)
			correct_clock(c, &o);
		arena_back(a, mark);
	}
	*e = why;
	r->no_host = o.kind == ERR_ABSENT;
	/* "Absent" would tell a caller that there is nothing to ask, and send
	 * a chain on to another identity.
	 */
	if (r->no_host)
		e->kind = ERR_NET;
	return false;
}
