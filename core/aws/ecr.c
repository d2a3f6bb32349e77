#include "aws/ecr.h"

#include "aws/call.h"
#include "aws/endpoint.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"

/* The private service answers with a list of one, the public with the object
 * itself.
 */
static bool
find_data(struct json root, struct json *data, struct err *e)
{
	struct json box;

	if (!json_get(root, S("authorizationData"), &box))
		return err_set(e, ERR_REPLY, "no 'authorizationData'");
	if (json_kind(box) == JSON_ARRAY) {
		if (!json_first(box, NULL, &box))
			return err_set(e, ERR_REPLY,
			    "'authorizationData' is empty");
	}
	if (json_kind(box) != JSON_OBJECT)
		return err_set(e, ERR_REPLY,
		    "'authorizationData' holds no object");
	*data = box;
	return true;
}

static bool
printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* Messages here never show a part of the token. */
bool
ecr_split(struct str login, struct ecr_token *t, struct err *e)
{
	t->login = login;
	/* At the first colon: the password may hold more of them. */
	if (!str_cut(login, ':', &t->user, &t->password))
		return err_set(e, ERR_REPLY, "the token has no ':'");
	if (t->user.n == 0 || t->password.n == 0)
		return err_set(e, ERR_REPLY,
		    "the token has an empty user name or password");
	if (t->password.n > ECR_PASSWORD_MAX)
		return err_set(e, ERR_LIMIT, "the password has %zu bytes, at "
		    "most %u", t->password.n, ECR_PASSWORD_MAX);
	/* It goes into line protocols and configuration files. */
	if (!printable(login))
		return err_set(e, ERR_REPLY, "the token has bytes that are "
		    "not printable ASCII");
	return true;
}

static bool
read_token(struct json data, struct arena *a, struct ecr_token *t,
    struct err *e)
{
	struct str token, login;

	if (!json_get_str(data, S("authorizationToken"), a, &token, e))
		return false;
	if (!base64_decode(token, a, &login, e))
		return err_set(e, ERR_REPLY, "the token is not base64");
	return ecr_split(login, t, e);
}

static bool
read_expiry(struct config *c, struct json data, struct arena *a,
    struct ecr_token *t, struct err *e)
{
	struct json v;
	struct str s;
	bool found;

	/* So a stand-in's answer may be. */
	if (!json_get(data, S("expiresAt"), &v)) {
		t->expires = c->w->now(c->w->me) + c->skew_s +
		    ECR_TOKEN_LIFE_S;
		return true;
	}
	if (json_kind(v) == JSON_STRING) {
		if (!json_str(v, a, &s, e))
			return false;
		found = date_iso(s, &t->expires);
	} else {
		found = date_epoch(json_raw(v), &t->expires);
	}
	if (!found || t->expires <= 0)
		return err_set(e, ERR_REPLY, "'expiresAt' is not a time");
	return true;
}

static bool
read_host(struct json data, const struct registry *r, struct arena *a,
    struct ecr_token *t, struct err *e)
{
	struct buf b;
	struct json v;
	struct uri u;
	struct str s;

	t->host = r->host;
	if (!json_get(data, S("proxyEndpoint"), &v)) {
		if (r->host.n == 0)
			return err_set(e, ERR_REPLY, "no 'proxyEndpoint'");
		return true;
	}
	if (!json_str(v, a, &s, e))
		return err_in(e, "'proxyEndpoint'");
	if (!uri_parse(s, &u, e))
		return err_set(e, ERR_REPLY, "'proxyEndpoint' is no URL");
	b = arena_buf(a, 0);
	uri_authority(&u, &b);
	return arena_keep(a, &b, &t->host, e);
}

bool
ecr_read(struct config *c, struct str body, const struct registry *r,
    struct arena *a, struct ecr_token *t, struct err *e)
{
	struct json root, data;
	struct ecr_token read = { .expires = 0 };

	if (!json_parse(body, a, &root, e) || !find_data(root, &data, e) ||
	    !read_token(data, a, &read, e) ||
	    !read_expiry(c, data, a, &read, e) ||
	    !read_host(data, r, a, &read, e))
		return false;
	*t = read;
	return true;
}

static bool
send_call(struct config *c, struct call *call, struct endpoint *at,
    struct arena *a, struct call_reply *reply, struct err *e)
{
	struct err why;

	if (call_send(c, call, a, reply, &why))
		return true;
	if (reply->no_host && at->fallback_host.n) {
		world_detail(c->w, "%s; trying '%.*s'", why.msg,
		    STR_ARG(at->fallback_host));
		at->uri.host = at->fallback_host;
		return call_send(c, call, a, reply, e);
	}
	*e = why;
	return false;
}

static void
request_body(const struct registry *r, struct buf *b)
{
	if (r->account.n == 0) {
		buf_add(b, S("{}"));
		return;
	}
	buf_add(b, S("{\"registryIds\":[\""));
	buf_add(b, r->account);
	buf_add(b, S("\"]}"));
}

bool
ecr_authorize(struct config *c, const struct cred *cred,
    const struct registry *r, struct arena *a, struct ecr_token *t,
    struct err *e)
{
	/* ECR Public has its one API there, whatever the user's region. */
	struct str region = r->is_public ? S("us-east-1") : r->region;
	char text[64];
	struct buf body = BUF(text);
	struct endpoint at;
	struct call_reply reply;
	struct call call = {
		.protocol = CALL_JSON,
		.endpoint = &at,
		.operation = r->is_public ?
		    S("ecr-public GetAuthorizationToken") :
		    S("ecr GetAuthorizationToken"),
		.target = r->is_public ?
		    S("SpencerFrontendService.GetAuthorizationToken") :
		    S("AmazonEC2ContainerRegistry_V20150921"
			".GetAuthorizationToken"),
		.cred = cred,
	};

	if (!endpoint_resolve(c, r->is_public ? SERVICE_ECR_PUBLIC :
	    SERVICE_ECR, region, r->fips, r->dual_stack, &at, e))
		return false;
	request_body(r, &body);
	call.body = buf_str(&body);
	if (!send_call(c, &call, &at, a, &reply, e))
		return false;
	return ecr_read(c, reply.body, r, a, t, e) || call_unread(&call, e);
}
