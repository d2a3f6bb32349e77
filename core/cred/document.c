#include "cred/document.h"

#include "base/date.h"
#include "base/json.h"
#include "base/limits.h"

/* An absent member gives an empty string; one of another type is refused. */
static bool
optional(struct json v, struct str key, struct arena *a, struct str *s,
    struct err *e)
{
	struct json member;

	*s = (struct str){ NULL, 0 };
	return !json_get(v, key, &member) || json_get_str(v, key, a, s, e);
}

static bool
check_code(struct json v, struct arena *a, struct err *e)
{
	struct str code, message;

	if (!optional(v, S("Code"), a, &code, e) ||
	    !optional(v, S("Message"), a, &message, e))
		return false;
	if (!code.n || str_eq_nocase(code, S("Success")))
		return true;
	return err_set(e, ERR_DENIED, "%.*s%s%.*s", STR_ARG(code),
	    message.n ? ": " : "", STR_ARG(message));
}

static bool
fill(struct json v, struct str token, struct arena *a, struct cred *cred,
    struct str *expires, struct err *e)
{
	struct cred got = { .source = cred->source };
	struct str account;
	uint64_t number;

	if (!json_get_str(v, S("AccessKeyId"), a, &got.key_id, e) ||
	    !json_get_str(v, S("SecretAccessKey"), a, &got.secret, e) ||
	    !optional(v, token, a, &got.token, e) ||
	    !optional(v, S("Expiration"), a, expires, e) ||
	    !optional(v, S("AccountId"), a, &account, e))
		return false;
	if (!got.key_id.n || !got.secret.n)
		return err_set(e, ERR_REPLY, "empty %s",
		    got.key_id.n ? "SecretAccessKey" : "AccessKeyId");
	if (account.n == ACCOUNT_LEN && str_u64(account, UINT64_MAX, &number))
		got.account = account;
	*cred = got;
	return true;
}

bool
cred_document(struct str text, struct arena *a, struct cred *cred,
    struct err *e)
{
	struct cred got = *cred;
	struct str expires;
	struct json v;

	if (!json_parse(text, a, &v, e) || !check_code(v, a, e) ||
	    !fill(v, S("Token"), a, &got, &expires, e))
		return false;
	if (expires.n && !date_iso(expires, &got.expires))
		return err_set(e, ERR_REPLY, "Expiration '%.*s' is no ISO 8601"
		    " time", STR_ARG(expires));
	*cred = got;
	return true;
}

bool
cred_document_process(struct str text, struct arena *a, struct cred *cred,
    struct err *e)
{
	struct cred got = *cred;
	struct json v, version;
	struct str expires;

	if (!json_parse(text, a, &v, e))
		return false;
	if (!json_get(v, S("Version"), &version))
		return err_set(e, ERR_REPLY, "no 'Version'");
	if (!str_eq(json_raw(version), S("1")))
		return err_set(e, ERR_REPLY, "'Version' is not the number 1");
	if (!fill(v, S("SessionToken"), a, &got, &expires, e))
		return false;
	if (expires.n && !date_iso(expires, &got.expires))
		return err_set(e, ERR_REPLY, "'Expiration' is no ISO 8601"
		    " time");
	*cred = got;
	return true;
}
