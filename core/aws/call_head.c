#include "aws/call_head.h"

#include "aws/sigv4.h"

bool
call_is_signed(const struct call *call)
{
	return call->cred != NULL && call->protocol != CALL_REST;
}

/* The path of a call goes behind the one that the endpoint may have. */
static bool
join(const struct call *call, struct arena *a, struct uri *to, struct err *e)
{
	struct str base = to->path, path;
	struct buf b = arena_buf(a, 0);

	if (str_ends(base, S("/")))
		base.n--;
	str_cut(call->path, '?', &path, &to->query);
	buf_add(&b, base);
	buf_add(&b, path);
	return arena_keep(a, &b, &to->path, e);
}

bool
call_target(const struct call *call, struct arena *a, struct uri *to,
    struct str *host, struct err *e)
{
	struct buf b;

	*to = call->endpoint->uri;
	if (call->protocol == CALL_REST && !join(call, a, to, e))
		return false;
	b = arena_buf(a, 0);
	uri_authority(to, &b);
	return arena_keep(a, &b, host, e);
}

static void
add(struct call_head *h, struct str name, struct str value)
{
	if (value.n)
		h->fields[h->count++] = (struct http_field){ name, value };
}

static bool
sign(const struct call *call, const struct uri *to, struct str date,
    struct call_head *h, struct arena *a, struct err *e)
{
	struct buf b = arena_buf(a, AUTHORIZATION_MAX);
	char hash[64 + 1];
	struct sigv4 s = {
		.method = S("POST"),
		.path = to->path,
		.query = to->query,
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

static bool
add_rest(const struct call *call, const struct uri *to, struct call_head *h,
    struct arena *a, struct err *e)
{
	if (call->body.n)
		add(h, S("Content-Type"), S("application/json"));
	for (size_t i = 0; i < call->count; i++)
		add(h, call->fields[i].name, call->fields[i].value);
	return !call->prove || call->prove(call->prove_me, to, a,
	    &h->fields[h->count++], e);
}

static void
add_rpc(const struct call *call, struct call_head *h)
{
	bool query = call->protocol == CALL_QUERY;

	add(h, S("Content-Type"), query ?
	    S("application/x-www-form-urlencoded; charset=utf-8") :
	    S("application/x-amz-json-1.1"));
	if (query)
		add(h, S("Accept"), S("application/json"));
	else
		add(h, S("X-Amz-Target"), call->target);
}

/* Signed are those that botocore signs; Host is written here, so that what is
 * sent is what was signed.
 */
bool
call_head_fill(const struct call *call, const struct uri *to,
    struct str host, struct str date, struct call_head *h, struct arena *a,
    struct err *e)
{
	if (call->count > CALL_FIELDS_MAX)
		return err_set(e, ERR_LIMIT, "%zu fields, at most %u",
		    call->count, CALL_FIELDS_MAX);
	h->count = 0;
	add(h, S("Host"), host);
	if (call->protocol != CALL_REST)
		add_rpc(call, h);
	else if (!add_rest(call, to, h, a, e))
		return false;
	if (call_is_signed(call)) {
		add(h, S("X-Amz-Date"), date);
		add(h, S("X-Amz-Security-Token"), call->cred->token);
		if (!sign(call, to, date, h, a, e))
			return false;
	}
	add(h, S("Accept-Encoding"), S("identity"));
	return true;
}
