#include "aws/call.h"

#include "aws/aws_error.h"
#include "aws/retry.h"
#include "aws/sigv4.h"
#include "base/date.h"
#include "base/limits.h"

enum { FIELDS_MAX = 10 };

/* One attempt's header fields; the first is_signed of them are signed. */
struct head {
	struct http_field fields[FIELDS_MAX];
	size_t count;
};

static void
add(struct head *h, struct str name, struct str value)
{
	if (value.n)
		h->fields[h->count++] = (struct http_field){ name, value };
}

static bool
authority(const struct call *call, struct arena *a, struct str *host,
    struct err *e)
{
	struct buf b = arena_buf(a, 0);

	uri_authority(&call->endpoint->uri, &b);
	return arena_keep(a, &b, host, e);
}

static bool
sign(const struct call *call, struct str date, struct head *h,
    struct arena *a, struct err *e)
{
	struct buf b = arena_buf(a, AUTHORIZATION_MAX);
	char hash[64 + 1];
	struct sigv4 s = {
		.method = S("POST"),
		.path = call->endpoint->uri.path,
		.query = call->endpoint->uri.query,
		.fields = h->fields,
		.count = h->count,
		.date = date,
		.region = call->endpoint->region,
		.service = call->endpoint->signing_name,
		.key_id = call->cred->key_id,
		.secret = call->cred->secret,
	};

	sigv4_hash(call->body, hash);
	s.body_hash = str_of(hash);
	if (!sigv4_authorization(&s, a, &b, e))
		return false;
	add(h, S("Authorization"), buf_str(&b));
	return true;
}

/* Signed are those that botocore signs; Host is written here, so that what is
 * sent is what was signed.
 */
static bool
fill_head(const struct call *call, struct str host, struct str date,
    struct head *h, struct arena *a, struct err *e)
{
	bool query = call->protocol == CALL_QUERY;

	add(h, S("Host"), host);
	add(h, S("Content-Type"), query ?
	    S("application/x-www-form-urlencoded; charset=utf-8") :
	    S("application/x-amz-json-1.1"));
	if (query)
		add(h, S("Accept"), S("application/json"));
	else
		add(h, S("X-Amz-Target"), call->target);
	if (call->cred) {
		add(h, S("X-Amz-Date"), date);
		add(h, S("X-Amz-Security-Token"), call->cred->token);
		if (!sign(call, date, h, a, e))
			return false;
	}
	add(h, S("Accept-Encoding"), S("identity"));
	return true;
}

static void
add_seconds(struct buf *b, int64_t skew_s)
{
	buf_add(b, S("; this machine's clock is "));
	buf_u64(b, (uint64_t)(skew_s < 0 ? -skew_s : skew_s));
	buf_add(b, skew_s < 0 ? S(" s ahead of AWS's") :
	    S(" s behind AWS's"));
}

/* "ecr GetAuthorizationToken" is granted by "ecr:GetAuthorizationToken". */
static void
add_permission(const struct call *call, struct buf *b)
{
	struct str service, operation;

	buf_add(b, S("; this identity needs the permission "));
	str_cut(call->operation, ' ', &service, &operation);
	buf_add(b, service);
	buf_char(b, ':');
	buf_add(b, operation);
	if (str_eq(service, S("ecr-public")))
		buf_add(b, S(" and sts:GetServiceBearerToken"));
}

static void
add_region(const struct call *call, struct str before, struct str after,
    struct buf *b)
{
	buf_add(b, before);
	buf_add(b, call->endpoint->region);
	buf_add(b, after);
}

/* What to do about it, where that is known. */
static void
add_hint(const struct call *call, const struct outcome *o, struct buf *b)
{
	struct str code = o->error.code;

	if (retry_clock_refused(o))
		add_seconds(b, o->skew_s);
	else if (str_contains(o->error.message,
	    S("Credential should be scoped")))
		add_region(call, S("; it was signed for region '"),
		    S("': is that the endpoint's?"), b);
	else if (str_starts(code, S("AccessDenied")) && !call->cred)
		buf_add(b, S("; the role's trust policy must allow this "
		    "token's issuer, audience and subject"));
	else if (str_starts(code, S("AccessDenied")))
		add_permission(call, b);
	else if (str_starts(code, S("ExpiredToken")))
		buf_add(b, S("; get new credentials"));
	else if (str_eq(code, S("UnrecognizedClientException")) ||
	    str_eq(code, S("InvalidClientTokenId")))
		add_region(call, S("; the access key does not exist, belongs "
		    "to another partition, or region '"),
		    S("' is not enabled for the account"), b);
	else if (str_eq(code, S("RegionDisabledException")) ||
	    str_eq(code, S("OptInRequired")))
		add_region(call, S("; region '"),
		    S("' must be enabled for the account first"), b);
	else if (str_eq(code, S("InvalidSignatureException")) ||
	    str_eq(code, S("SignatureDoesNotMatch")))
		buf_add(b, S("; is the secret access key the one of this "
		    "access key id?"));
}

static bool
refused(const struct call *call, const struct outcome *o, struct err *e)
{
	char text[ERR_MSG_MAX / 4];
	struct buf hint = BUF(text);
	struct str message = str_head(o->error.message, ERROR_MESSAGE_MAX);

	if (str_ends(message, S(".")))
		message.n--;
	add_hint(call, o, &hint);
	return err_set(e, ERR_DENIED, "%.*s%s%.*s%.*s",
	    STR_ARG(o->error.code), message.n ? ": " : "", STR_ARG(message),
	    STR_ARG(buf_str(&hint)));
}

/* No error of AWS's: something in between has answered. */
static bool
strange(const struct outcome *o, struct err *e)
{
	struct str text = o->error.message;
	struct str type = http_field_get(&o->res, S("Content-Type"));

	if (o->res.status < 400)
		return err_set(e, ERR_REPLY, "redirected (status %u) to "
		    "'%.*s': signed requests do not follow, check the "
		    "endpoint", o->res.status,
		    STR_ARG(http_field_get(&o->res, S("Location"))));
	if (text.n == 0 || str_starts(type, S("text/html")))
		return err_set(e, ERR_REPLY, "status %u without an error of "
		    "AWS's%s", o->res.status,
		    text.n ? ", but a web page" : "");
	return err_set(e, ERR_REPLY, "status %u without an error of AWS's: "
	    "%.*s", o->res.status, STR_ARG(text));
}

/* Without what was sent along: the session token, the Authorization field, the
 * token in the body.
 */
static void
hide_secrets(const struct call *call, struct aws_error *error)
{
	error->message = aws_error_hide(error->message, call->hidden);
	if (!call->cred)
		return;
	error->message = aws_error_hide(error->message, call->cred->token);
	error->message = aws_error_hide(error->message, S("Credential="));
}

static bool
check_answer(struct config *c, const struct call *call, struct arena *a,
    struct outcome *o, struct err *e)
{
	if (o->res.status >= 200 && o->res.status < 300)
		return true;
	aws_error_read(&o->res, a, &o->error);
	hide_secrets(call, &o->error);
	if (o->res.date) {
		o->skew_s = o->res.date - c->w->now(c->w->me);
		o->signed_off_s = o->skew_s - c->skew_s;
	}
	return o->error.code.n ? refused(call, o, e) : strange(o, e);
}

static bool
attempt(struct config *c, const struct call *call, struct str host,
    struct arena *a, struct outcome *o, struct err *e)
{
	char date[DATE_AMZ_LEN + 1];
	struct head head = { .count = 0 };
	struct http_req req = {
		.method = S("POST"),
		.to = call->endpoint->uri,
		.fields = head.fields,
		.body = call->body,
		.deadline = c->deadline,
	};

	date_format_amz(c->w->now(c->w->me) + c->skew_s, date);
	o->kind = ERR_LIMIT;
	if (!fill_head(call, host, str_of(date), &head, a, e))
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

static void
correct_clock(struct config *c, const struct outcome *o)
{
	int64_t s = o->skew_s;

	c->skew_s = s;
	world_warn(c->w, "this machine's clock is %lld s %s AWS's; signing "
	    "with AWS's time", (long long)(s < 0 ? -s : s),
	    s < 0 ? "ahead of" : "behind");
}

/* One attempt, and why it failed if it did. */
static bool
attempt_into(struct config *c, const struct call *call, struct str host,
    struct arena *a, struct outcome *o, struct call_reply *r, struct err *e)
{
	bool done;

	*o = (struct outcome){
		.is_signed = call->cred != NULL,
		.quota_is_final = call->quota_is_final,
	};
	done = attempt(c, call, host, a, o, e);
	*r = (struct call_reply){ o->res.status, o->res.body, o->error.code,
		o->error.message, o->error.reason };
	return done || err_in(e, "%.*s at '%.*s'", STR_ARG(call->operation),
	    STR_ARG(host));
}

bool
call_send(struct config *c, const struct call *call, struct arena *a,
    struct call_reply *r, struct err *e)
{
	struct outcome o;
	struct err why;
	unsigned attempts;
	struct str host;
	size_t mark;

	*r = (struct call_reply){ .status = 0 };
	if (!retry_attempts(c, &attempts, e) || !authority(call, a, &host, e))
		return false;
	mark = a->used;
	for (unsigned n = 1;; n++) {
		enum retry again;

		if (attempt_into(c, call, host, a, &o, r, &why))
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
	return false;
}
