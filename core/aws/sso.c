#include "aws/sso.h"

#include "aws/call.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"

/* The last millisecond of the year 9999. */
#define LAST_MS UINT64_C(253402300799999)

bool
sso_token_sound(struct str access_token)
{
	return access_token.n > 0 && str_visible(access_token);
}

bool
sso_read_role(struct str body, struct arena *a, struct cred *cred,
    struct err *e)
{
	struct cred got = { .source = cred->source };
	struct json root, box, v;
	uint64_t ms;

	if (!json_parse(body, a, &root, e))
		return false;
	if (!json_get(root, S("roleCredentials"), &box))
		return err_set(e, ERR_REPLY, "no 'roleCredentials'");
	if (!json_get_str(box, S("accessKeyId"), a, &got.key_id, e) ||
	    !json_get_str(box, S("secretAccessKey"), a, &got.secret, e) ||
	    !json_get_str(box, S("sessionToken"), a, &got.token, e))
		return false;
	if (!json_get(box, S("expiration"), &v) ||
	    !str_u64(json_raw(v), LAST_MS, &ms) || ms < 1000)
		return err_set(e, ERR_REPLY, "no 'expiration' in"
		    " milliseconds");
	got.expires = (int64_t)(ms / 1000);
	if (!cred_check(&got, "sso", e)) {
		e->kind = ERR_REPLY;
		return false;
	}
	*cred = got;
	return true;
}

bool
sso_read_grant(struct str body, int64_t now, struct arena *a,
    struct sso_grant *grant, struct err *e)
{
	struct sso_grant got = { .expires = 0 };
	struct json root, v;
	int64_t life;

	if (!json_parse(body, a, &root, e) ||
	    !json_get_str(root, S("accessToken"), a, &got.access_token, e))
		return false;
	if (!sso_token_sound(got.access_token))
		return err_set(e, ERR_REPLY, "'accessToken' cannot be sent:"
		    " it is empty, or not all printable ASCII");
	if (!json_get(root, S("expiresIn"), &v) ||
	    !date_epoch(json_raw(v), &life) || life <= 0)
		return err_set(e, ERR_REPLY, "no 'expiresIn' in seconds");
	if (json_get(root, S("refreshToken"), &v) &&
	    !json_str(v, a, &got.refresh_token, e))
		return err_in(e, "'refreshToken'");
	got.expires = now + life;
	*grant = got;
	return true;
}

static bool
send(struct config *c, enum service s, struct str region, struct call *call,
    struct endpoint *at, struct arena *a, struct call_reply *reply,
    struct err *e)
{
	*reply = (struct call_reply){ .status = 0 };
	call->protocol = CALL_REST;
	call->endpoint = at;
	if (!endpoint_resolve(c, s, region, false, false, at, e))
		return err_in(e, "%.*s", STR_ARG(call->operation));
	return call_send(c, call, a, reply, e);
}

/* In alphabetical order, as the AWS SDKs send it. */
static bool
role_path(const struct sso_role *role, struct arena *a, struct str *path,
    struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_add(&b, S("/federation/credentials?account_id="));
	buf_percent(&b, role->account, "");
	buf_add(&b, S("&role_name="));
	buf_percent(&b, role->name, "");
	return arena_keep(a, &b, path, e);
}

bool
sso_role_credentials(struct config *c, struct str region,
    struct str access_token, const struct sso_role *role, struct arena *a,
    struct cred *cred, bool *ended, struct err *e)
{
	const struct http_field bearer = {
		S("x-amz-sso_bearer_token"), access_token
	};
	struct endpoint at;
	struct call call = {
		.operation = S("sso GetRoleCredentials"),
		.method = S("GET"),
		.fields = &bearer,
		.count = 1,
	};
	struct call_reply reply;
	struct err why;

	*ended = false;
	if (!role_path(role, a, &call.path, e))
		return false;
	if (!send(c, SERVICE_SSO, region, &call, &at, a, &reply, &why)) {
		*ended = reply.status == 401 && reply.code.n;
		*e = why;
		if ((reply.status == 403 || reply.status == 404) &&
		    reply.code.n)
			return err_set(e, why.kind, "%s; is role '%.*s' in"
			    " account '%.*s' assigned to this user?", why.msg,
			    STR_ARG(role->name), STR_ARG(role->account));
		return false;
	}
	if (!sso_read_role(reply.body, a, cred, e))
		return call_unread(&call, e);
	cred->account = role->account;
	return true;
}

static bool
refresh_body(const struct sso_client *ask, struct arena *a, struct str *body,
    struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_add(&b, S("{\"clientId\":"));
	json_quote(&b, ask->id);
	buf_add(&b, S(",\"clientSecret\":"));
	json_quote(&b, ask->secret);
	buf_add(&b, S(",\"grantType\":\"refresh_token\",\"refreshToken\":"));
	json_quote(&b, ask->refresh_token);
	buf_char(&b, '}');
	return arena_keep(a, &b, body, e);
}

/* RFC 6749 5.2 and the API's names for the same; what it says of trouble of
 * its own, or of too many requests, ends nothing.
 */
static bool
is_end(const struct call_reply *reply)
{
	static const struct {
		struct str reason, code;
	} list[] = {
		{ S_INIT("invalid_grant"), S_INIT("InvalidGrantException") },
		{ S_INIT("invalid_client"), S_INIT("InvalidClientException") },
		{ S_INIT("unauthorized_client"),
		    S_INIT("UnauthorizedClientException") },
		{ S_INIT("expired_token"), S_INIT("ExpiredTokenException") },
		{ S_INIT("access_denied"), S_INIT("AccessDeniedException") },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (str_eq(reply->reason, list[i].reason) ||
		    str_eq(reply->code, list[i].code))
			return true;
	return false;
}

bool
sso_refresh(struct config *c, struct str region,
    const struct sso_client *ask, struct arena *a, struct sso_grant *grant,
    bool *ended, struct err *e)
{
	struct endpoint at;
	struct call call = {
		.operation = S("sso-oidc CreateToken"),
		.method = S("POST"),
		.path = S("/token"),
		.hidden = ask->refresh_token,
		.also_hidden = ask->secret,
	};
	struct call_reply reply;

	*ended = false;
	if (!refresh_body(ask, a, &call.body, e))
		return false;
	if (!send(c, SERVICE_SSO_OIDC, region, &call, &at, a, &reply,
	    e)) {
		*ended = is_end(&reply);
		return false;
	}
	return sso_read_grant(reply.body, c->w->now(c->w->me) + c->skew_s, a,
	    grant, e) || call_unread(&call, e);
}
