#include "aws/call_refused.h"

#include "base/limits.h"

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

struct hint {
	struct str operation;	/* of this alone; empty: of any */
	struct str code;	/* what it begins with */
	struct str message;	/* what is in it; empty: anything */
	/* before, then (unless after is empty) the region, and after. */
	struct str before, after;
};

/* The first that fits counts. */
static const struct hint hints[] = {
	{ S_INIT(""), S_INIT(""), S_INIT("Credential should be scoped"),
	    S_INIT("it was signed for region '"),
	    S_INIT("': is that the endpoint's?") },
	{ S_INIT("sts AssumeRoleWithWebIdentity"), S_INIT("AccessDenied"),
	    S_INIT(""), S_INIT("the role's trust policy must allow this "
		"token's issuer, audience and subject"), S_INIT("") },
	{ S_INIT("sts AssumeRoleWithWebIdentity"), S_INIT("ExpiredToken"),
	    S_INIT(""), S_INIT("the token in the file is too old"),
	    S_INIT("") },
	{ S_INIT("sts AssumeRoleWithWebIdentity"),
	    S_INIT("InvalidIdentityToken"), S_INIT(""),
	    S_INIT("the role's account needs an IAM identity provider for "
		"the token's issuer and audience"), S_INIT("") },
	{ S_INIT("sts AssumeRole"), S_INIT("AccessDenied"),
	    S_INIT("MultiFactorAuthentication failed"),
	    S_INIT("mfa_serial must be this identity's own device, and a "
		"code works once"), S_INIT("") },
	{ S_INIT("sts AssumeRole"), S_INIT("AccessDenied"), S_INIT(""),
	    S_INIT("the role's trust policy must allow this identity, which "
		"needs the permission sts:AssumeRole"), S_INIT("") },
	{ S_INIT(""), S_INIT("ExpiredToken"), S_INIT(""),
	    S_INIT("get new credentials"), S_INIT("") },
#define UNKNOWN_KEY S_INIT("the access key does not exist, belongs to " \
    "another partition, or region '"), S_INIT("' is not enabled for the " \
    "account")
	{ S_INIT(""), S_INIT("UnrecognizedClientException"), S_INIT(""),
	    UNKNOWN_KEY },
	{ S_INIT(""), S_INIT("InvalidClientTokenId"), S_INIT(""),
	    UNKNOWN_KEY },
#define REGION_OFF S_INIT("region '"), S_INIT("' must be enabled for the " \
    "account first")
	{ S_INIT(""), S_INIT("RegionDisabledException"), S_INIT(""),
	    REGION_OFF },
	{ S_INIT(""), S_INIT("OptInRequired"), S_INIT(""), REGION_OFF },
#define WRONG_SECRET S_INIT("is the secret access key the one of this " \
    "access key id?"), S_INIT("")
	{ S_INIT(""), S_INIT("InvalidSignatureException"), S_INIT(""),
	    WRONG_SECRET },
	{ S_INIT(""), S_INIT("SignatureDoesNotMatch"), S_INIT(""),
	    WRONG_SECRET },
};

static bool
fits(const struct hint *h, const struct call *call,
    const struct aws_error *error)
{
	return (!h->operation.n || str_eq(call->operation, h->operation)) &&
	    str_starts(error->code, h->code) &&
	    str_contains(error->message, h->message);
}

/* What to do about it, where that is known. Services without signatures have
 * codes of their own, which their modules explain.
 */
static void
add_hint(const struct call *call, const struct outcome *o, struct buf *b)
{
	if (call->protocol == CALL_REST)
		return;
	if (retry_clock_refused(o)) {
		add_seconds(b, o->skew_s);
		return;
	}
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		const struct hint *h = &hints[i];

		if (!fits(h, call, &o->error))
			continue;
		buf_add(b, S("; "));
		buf_add(b, h->before);
		if (h->after.n)
			buf_add(b, call->endpoint->region);
		buf_add(b, h->after);
		return;
	}
	if (str_starts(o->error.code, S("AccessDenied")))
		add_permission(call, b);
}

static bool
denied(const struct call *call, const struct outcome *o, struct err *e)
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

static struct str
hide_one(struct str text, struct str secret, size_t least)
{
	return secret.n < least ? text : aws_error_hide(text, secret);
}

/* Without what was sent along: the session token, the Authorization field, the
 * token in the body. Of these, what has at least so many bytes.
 */
static struct str
hide(const struct call *call, struct str text, size_t least)
{
	text = hide_one(text, call->hidden, least);
	text = hide_one(text, call->also_hidden, least);
	for (size_t i = 0; i < call->count; i++)
		text = hide_one(text, call->fields[i].value, least);
	if (!call->cred)
		return text;
	text = hide_one(text, call->cred->token, least);
	return aws_error_hide(text, S("Credential="));
}

/* No error of AWS's: something in between has answered. */
static bool
strange(const struct call *call, const struct outcome *o, struct err *e)
{
	const struct aws_error *error = &o->error;
	struct str text = error->message.n ? error->message : error->reason;
	struct str type = http_field_get(&o->res, S("Content-Type"));
	struct str to = http_field_get(&o->res, S("Location"));

	if (o->res.status < 400)
		return err_set(e, ERR_REPLY, "redirected (status %u) to "
		    "'%.*s': not followed, check the endpoint",
		    o->res.status, STR_ARG(hide(call, to, 0)));
	if (text.n == 0 || str_starts(type, S("text/html")))
		return err_set(e, ERR_REPLY, "status %u without an error of "
		    "AWS's%s", o->res.status,
		    text.n ? ", but a web page" : "");
	return err_set(e, ERR_REPLY, "status %u without an error of AWS's: "
	    "%.*s", o->res.status, STR_ARG(text));
}

bool
call_refused(const struct call *call, const struct outcome *o,
    struct err *e)
{
	return o->error.code.n ? denied(call, o, e) : strange(call, o, e);
}

/* Names decide what happens next: a secret of a few letters, as stand-ins have
 * them, may be in one by chance.
 */
void
call_hide(const struct call *call, struct aws_error *error)
{
	error->code = hide(call, error->code, ERROR_ECHO_BYTES);
	error->reason = hide(call, error->reason, ERROR_ECHO_BYTES);
	error->message = hide(call, error->message, 0);
}
