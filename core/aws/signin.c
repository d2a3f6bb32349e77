#include "aws/signin.h"

#include "aws/call.h"
#include "aws/dpop.h"
#include "base/json.h"
#include "base/limits.h"

#define UUID_LEN 36

static bool
lifetime(struct json root, int64_t *s, struct err *e)
{
	struct json v;
	uint64_t n;

	if (!json_get(root, S("expiresIn"), &v) ||
	    !str_u64(json_raw(v), SIGNIN_LIFE_MAX_S, &n) || n == 0)
		return err_set(e, ERR_REPLY, "no 'expiresIn' of 1 to %d"
		    " seconds", SIGNIN_LIFE_MAX_S);
	*s = (int64_t)n;
	return true;
}

bool
signin_read(struct str body, int64_t now, struct arena *a,
    struct signin_tokens *out, struct err *e)
{
	struct signin_tokens got = { .cred = out->cred };
	struct json root, access, v;
	int64_t life = 0;

	if (!json_parse(body, a, &root, e))
		return false;
	if (!json_get(root, S("accessToken"), &access))
		return err_set(e, ERR_REPLY, "no 'accessToken'");
	if (!json_get_str(access, S("accessKeyId"), a, &got.cred.key_id, e) ||
	    !json_get_str(access, S("secretAccessKey"), a, &got.cred.secret,
	    e) ||
	    !json_get_str(access, S("sessionToken"), a, &got.cred.token, e) ||
	    !lifetime(root, &life, e))
		return false;
	if (json_get(root, S("refreshToken"), &v) &&
	    !json_str(v, a, &got.refresh_token, e))
		return err_in(e, "'refreshToken'");
	if (!got.cred.token.n)
		return err_set(e, ERR_REPLY, "an empty 'sessionToken'");
	got.cred.expires = now + life;
	if (!cred_check(&got.cred, "signin", e)) {
		e->kind = ERR_REPLY;
		return false;
	}
	*out = got;
	return true;
}

static bool
make_body(const struct signin_ask *ask, struct arena *a, struct str *body,
    struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_add(&b, S("{\"clientId\":"));
	json_quote(&b, ask->client_id);
	buf_add(&b, S(",\"grantType\":\"refresh_token\",\"refreshToken\":"));
	json_quote(&b, ask->refresh_token);
	buf_char(&b, '}');
	return arena_keep(a, &b, body, e);
}

static bool
new_id(struct config *c, struct arena *a, struct str *id, struct err *e)
{
	if (!c->w->file(c->w->me, SIGNIN_UUIDS, a, id, e)) {
		e->kind = ERR_SYS;
		return false;
	}
	*id = str_trim(*id);
	return id->n == UUID_LEN || err_set(e, ERR_SYS, "read '%s': %zu"
	    " bytes, not the %d of a UUID", SIGNIN_UUIDS, id->n, UUID_LEN);
}

/* Where a request goes: RFC 9449 4.2, "htu". */
static bool
url_of(const struct uri *to, struct arena *a, struct str *url, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	buf_add(&b, to->tls ? S("https://") : S("http://"));
	uri_authority(to, &b);
	buf_add(&b, to->path);
	return arena_keep(a, &b, url, e);
}

struct prover {
	struct config *c;
	struct dpop_key key;
};

/* A proof is good for one request (RFC 9449 11.1), so each attempt has its
 * own.
 */
static bool
prove(void *me, const struct uri *to, struct arena *a,
    struct http_field *field, struct err *e)
{
	struct prover *p = me;
	struct config *c = p->c;
	struct dpop_claims claims = {
		.method = S("POST"),
		.issued = c->w->now(c->w->me) + c->skew_s,
	};
	struct buf b;

	field->name = S("DPoP");
	if (!url_of(to, a, &claims.url, e) || !new_id(c, a, &claims.id, e))
		return false;
	b = arena_buf(a, DPOP_PROOF_MAX);
	return dpop_proof(&p->key, &claims, &b, e) &&
	    arena_keep(a, &b, &field->value, e);
}

/* What the service's refusals mean for who is at the keyboard. */
static void
explain(const struct signin_ask *ask, struct str reason, struct err *e)
{
	static const struct {
		struct str reason;
		const char *why;
	} ended[] = {
		{ S_INIT("TOKEN_EXPIRED"), "has ended" },
		{ S_INIT("USER_CREDENTIALS_CHANGED"),
		    "has ended with a change of the password" },
		{ S_INIT("AUTHCODE_EXPIRED"), "was not begun in time" },
	};
	struct str name = ask->profile;

	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++)
		if (str_eq(reason, ended[i].reason))
			(void)err_set(e, ERR_DENIED, "the session of profile"
			    " '%.*s' %s; run: aws login --profile %.*s",
			    STR_ARG(name), ended[i].why, STR_ARG(name));
	if (str_eq(reason, S("INSUFFICIENT_PERMISSIONS")))
		(void)err_set(e, ERR_DENIED, "the session of profile '%.*s'"
		    " cannot be renewed; this identity needs the permission"
		    " signin:CreateOAuth2Token", STR_ARG(name));
}

static bool
send_it(struct config *c, const struct signin_ask *ask,
    const struct endpoint *at, struct prover *p, struct arena *a,
    struct signin_tokens *out, struct err *e)
{
	struct call_reply reply;
	struct call call = {
		.protocol = CALL_REST,
		.endpoint = at,
		.operation = S("signin CreateOAuth2Token"),
		.method = S("POST"),
		.path = S("/v1/token"),
		.prove = prove,
		.prove_me = p,
		.hidden = ask->refresh_token,
	};

	if (!make_body(ask, a, &call.body, e))
		return false;
	if (!call_send(c, &call, a, &reply, e)) {
		explain(ask, reply.reason, e);
		return false;
	}
	return signin_read(reply.body, c->w->now(c->w->me) + c->skew_s, a,
	    out, e) || call_unread(&call, e);
}

bool
signin_refresh(struct config *c, struct str region, bool fips,
    const struct signin_ask *ask, struct arena *a, struct signin_tokens *out,
    struct err *e)
{
	struct prover p = { .c = c };
	struct endpoint at;
	bool done;

	if (!endpoint_resolve(c, SERVICE_SIGNIN, region, fips, false, &at, e))
		return false;
	if (!dpop_key_read(ask->key, &p.key, e))
		return err_in(e, "'dpopKey'");
	done = send_it(c, ask, &at, &p, a, out, e);
	dpop_forget(&p.key);
	return done;
}
