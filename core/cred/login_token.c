#include "cred/login_token.h"

#include "aws/registry.h"
#include "base/date.h"
#include "base/json_put.h"

/* A string that is not empty. */
static bool
needed(struct json box, struct str key, struct arena *a, struct str *s,
    struct err *e)
{
	if (!json_get_str(box, key, a, s, e))
		return false;
	return s->n || err_set(e, ERR_REPLY, "an empty '%.*s'", STR_ARG(key));
}

/* Empty when it is absent or something else. */
static struct str
optional(struct json box, struct str key, struct arena *a)
{
	struct json v;
	struct str s;
	struct err ignored;

	if (!json_get(box, key, &v) || !json_str(v, a, &s, &ignored))
		return (struct str){ NULL, 0 };
	return s;
}

static bool
read_access(struct json root, struct arena *a, struct cred *cred,
    struct err *e)
{
	struct json access;
	struct str expires, account;

	if (!json_get(root, S("accessToken"), &access))
		return err_set(e, ERR_REPLY, "no 'accessToken'");
	if (!needed(access, S("accessKeyId"), a, &cred->key_id, e) ||
	    !needed(access, S("secretAccessKey"), a, &cred->secret, e) ||
	    !needed(access, S("sessionToken"), a, &cred->token, e) ||
	    !needed(access, S("expiresAt"), a, &expires, e))
		return false;
	if (!date_iso(expires, &cred->expires))
		return err_set(e, ERR_REPLY, "'expiresAt' is no ISO 8601"
		    " time");
	account = optional(access, S("accountId"), a);
	if (account_ok(account))
		cred->account = account;
	return true;
}

bool
login_token_read(struct str text, struct arena *a, struct login_token *t,
    struct err *e)
{
	struct login_token got = { .cred = { .source = t->cred.source } };

	if (!json_parse(text, a, &got.root, e) ||
	    !read_access(got.root, a, &got.cred, e) ||
	    !needed(got.root, S("clientId"), a, &got.client_id, e) ||
	    !needed(got.root, S("refreshToken"), a, &got.refresh_token, e) ||
	    !needed(got.root, S("dpopKey"), a, &got.key, e))
		return false;
	/* The SDK for JavaScript writes it, and then goes there. */
	got.region = optional(got.root, S("signInRegion"), a);
	*t = got;
	return true;
}

static bool
put(struct json old, const struct json_member *with, size_t count,
    struct arena *a, struct str *raw, struct err *e)
{
	struct buf b = arena_buf(a, 0);

	json_put(old, with, count, &b);
	return arena_keep(a, &b, raw, e);
}

static bool
renew_access(const struct login_token *t, const struct cred *cred,
    struct arena *a, struct str *raw, struct err *e)
{
	char when[DATE_ISO_LEN + 1];
	struct json old;
	struct json_member with[] = {
		{ .key = S("accessKeyId") },
		{ .key = S("secretAccessKey") },
		{ .key = S("sessionToken") },
		{ .key = S("expiresAt") },
	};

	date_format_iso(cred->expires, when);
	return json_get(t->root, S("accessToken"), &old) &&
	    json_quoted(cred->key_id, a, &with[0].raw, e) &&
	    json_quoted(cred->secret, a, &with[1].raw, e) &&
	    json_quoted(cred->token, a, &with[2].raw, e) &&
	    json_quoted(str_of(when), a, &with[3].raw, e) &&
	    put(old, with, 4, a, raw, e);
}

bool
login_token_renew(const struct login_token *t,
    const struct signin_tokens *with, struct arena *a, struct str *text,
    struct err *e)
{
	struct json_member both[] = {
		{ .key = S("accessToken") },
		{ .key = S("refreshToken") },
	};

	return renew_access(t, &with->cred, a, &both[0].raw, e) &&
	    json_quoted(with->refresh_token.n ? with->refresh_token :
	    t->refresh_token, a, &both[1].raw, e) &&
	    put(t->root, both, 2, a, text, e);
}
