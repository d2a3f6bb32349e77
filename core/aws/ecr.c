#include "aws/ecr.h"

#include "aws/call.h"
#include "aws/endpoint.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"

static bool
find_box(struct json root, struct json *box, struct err *e)
{
	return json_get(root, S("authorizationData"), box) ||
	    err_set(e, ERR_REPLY, "no 'authorizationData'");
}

/* The private service answers with a list, the public with the object itself.
 */
static bool
find_data(struct json root, struct json *data, struct err *e)
{
	struct json box;

	if (!find_box(root, &box, e))
		return false;
	if (json_kind(box) == JSON_ARRAY && !json_first(box, NULL, &box))
		return err_set(e, ERR_REPLY, "'authorizationData' is empty");
	*data = box;
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
	if (!str_printable(login))
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

static bool
read_data(struct config *c, struct json data, const struct registry *r,
    struct arena *a, struct ecr_token *t, struct err *e)
{
	struct ecr_token read = { .expires = 0 };

	if (json_kind(data) != JSON_OBJECT)
		return err_set(e, ERR_REPLY,
		    "'authorizationData' holds no object");
	if (!read_token(data, a, &read, e) ||
	    !read_expiry(c, data, a, &read, e) ||
	    !read_host(data, r, a, &read, e))
		return false;
	*t = read;
	return true;
}

bool
ecr_read(struct config *c, struct str body, const struct registry *r,
    struct arena *a, struct ecr_token *t, struct err *e)
{
	struct json root, data;

	return json_parse(body, a, &root, e) && find_data(root, &data, e) &&
	    read_data(c, data, r, a, t, e);
}

/* Whose entry number `at` is; NULL: nobody's who asked. */
static struct ecr_ask *
whose(struct json data, size_t at, struct ecr_ask *asks, size_t count,
    bool in_order, struct arena *a)
{
	struct registry said;
	struct json v;
	struct str s;
	struct err why;

	if (!json_get(data, S("proxyEndpoint"), &v) ||
	    !json_str(v, a, &s, &why) || !registry_parse(s, a, &said, &why))
		return in_order ? &asks[at] : NULL;
	for (size_t i = 0; i < count; i++)
		if (str_eq(asks[i].r->account, said.account))
			return &asks[i];
	return NULL;
}

static size_t
count_items(struct json box)
{
	struct json item;
	size_t n = 0;

	for (bool more = json_first(box, NULL, &item); more;
	    more = json_next(box, NULL, &item))
		n++;
	return n;
}

bool
ecr_read_all(struct config *c, struct str body, struct ecr_ask *asks,
    size_t count, struct arena *a, struct err *e)
{
	struct json root, box, item;
	bool in_order, more;
	size_t at = 0;

	if (!json_parse(body, a, &root, e) || !find_box(root, &box, e))
		return false;
	if (json_kind(box) != JSON_ARRAY)
		return err_set(e, ERR_REPLY, "'authorizationData' is no list");
	for (size_t i = 0; i < count; i++) {
		asks[i].good = false;
		err_set(asks[i].why, ERR_REPLY, "no token for '%.*s' in the"
		    " answer", STR_ARG(asks[i].r->account));
	}
	in_order = count_items(box) == count;
	for (more = json_first(box, NULL, &item); more;
	    more = json_next(box, NULL, &item)) {
		struct ecr_ask *of = whose(item, at++, asks, count, in_order,
		    a);

		if (of && !of->good)
			of->good = read_data(c, item, of->r, a, &of->token,
			    of->why);
	}
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
request_body(const struct ecr_ask *asks, size_t count, struct buf *b)
{
	if (asks[0].r->account.n == 0) {
		buf_add(b, S("{}"));
		return;
	}
	buf_add(b, S("{\"registryIds\":["));
	for (size_t i = 0; i < count; i++) {
		buf_add(b, i ? S(",\"") : S("\""));
		buf_add(b, asks[i].r->account);
		buf_char(b, '"');
	}
	buf_add(b, S("]}"));
}

/* One call on its way. */
struct errand {
	struct call call;
	struct endpoint at;
	struct call_reply reply;
	char body[sizeof("{\"registryIds\":[]}") +
	    ECR_IDS_MAX * (ACCOUNT_LEN + sizeof(",\"\""))];
};

static bool
run_errand(struct config *c, const struct cred *cred,
    const struct ecr_ask *asks, size_t count, struct arena *a,
    struct errand *d, struct err *e)
{
	const struct registry *r = asks[0].r;
	/* ECR Public has its one API there, whatever the user's region. */
	struct str region = r->is_public ? S("us-east-1") : r->region;
	struct buf body = BUF(d->body);

	d->reply = (struct call_reply){ .status = 0 };
	d->call = (struct call){
		.protocol = CALL_JSON,
		.endpoint = &d->at,
		.operation = r->is_public ?
		    S("ecr-public GetAuthorizationToken") :
		    S("ecr GetAuthorizationToken"),
		.target = r->is_public ?
		    S("SpencerFrontendService.GetAuthorizationToken") :
		    S("AmazonEC2ContainerRegistry_V20150921"
			".GetAuthorizationToken"),
		.cred = cred,
	};
	request_body(asks, count, &body);
	d->call.body = buf_str(&body);
	return endpoint_resolve(c, r->is_public ? SERVICE_ECR_PUBLIC :
	    SERVICE_ECR, region, r->fips, r->dual_stack, &d->at, e) &&
	    send_call(c, &d->call, &d->at, a, &d->reply, e);
}

bool
ecr_authorize(struct config *c, const struct cred *cred,
    const struct registry *r, struct arena *a, struct ecr_token *t,
    struct err *e)
{
	const struct ecr_ask ask = { .r = r };
	struct errand d;

	return run_errand(c, cred, &ask, 1, a, &d, e) &&
	    (ecr_read(c, d.reply.body, r, a, t, e) || call_unread(&d.call, e));
}

/* Refusals that one registry id can bring upon all of them. */
static bool
is_of_one(struct str code)
{
	static const struct str codes[] = {
		S_INIT("AccessDeniedException"),
		S_INIT("InvalidParameterException"),
		S_INIT("ValidationException"),
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (str_eq(code, codes[i]))
			return true;
	return false;
}

/* *alone: it may be the fault of one of them. */
static bool
authorize_together(struct config *c, const struct cred *cred,
    struct ecr_ask *asks, size_t count, struct arena *a, bool *alone,
    struct err *e)
{
	struct errand d;

	if (!run_errand(c, cred, asks, count, a, &d, e)) {
		*alone = is_of_one(d.reply.code);
		return false;
	}
	if (!ecr_read_all(c, d.reply.body, asks, count, a, e))
		return call_unread(&d.call, e);
	for (size_t i = 0; i < count; i++)
		if (!asks[i].good)
			call_unread(&d.call, asks[i].why);
	return true;
}

void
ecr_authorize_all(struct config *c, const struct cred *cred,
    struct ecr_ask *asks, size_t count, struct arena *a)
{
	struct err why = { .kind = ERR_NONE };
	bool alone = count == 1;

	if (!alone && authorize_together(c, cred, asks, count, a, &alone,
	    &why))
		return;
	if (alone && why.kind != ERR_NONE)
		world_detail(c->w, "%s; asking for each registry alone",
		    why.msg);
	for (size_t i = 0; i < count; i++) {
		asks[i].good = alone && ecr_authorize(c, cred, asks[i].r, a,
		    &asks[i].token, asks[i].why);
		if (!alone)
			*asks[i].why = why;
	}
}
