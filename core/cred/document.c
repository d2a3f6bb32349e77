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

bool
cred_document(struct str text, struct arena *a, struct cred *cred,
    struct err *e)
{
	struct cred got = { .source = cred->source };
	struct str expires, account;
	uint64_t number;
	struct json v;

	if (!json_parse(text, a, &v, e) || !check_code(v, a, e) ||
	    !json_get_str(v, S("AccessKeyId"), a, &got.key_id, e) ||
	    !json_get_str(v, S("SecretAccessKey"), a, &got.secret, e) ||
	    !optional(v, S("Token"), a, &got.token, e) ||
	    !optional(v, S("Expiration"), a, &expires, e) ||
	    !optional(v, S("AccountId"), a, &account, e))
		return false;
	if (!got.key_id.n || !got.secret.n)
		return err_set(e, ERR_REPLY, "empty %s",
		    got.key_id.n ? "SecretAccessKey" : "AccessKeyId");
	if (expires.n && !date_iso(expires, &got.expires))
		return err_set(e, ERR_REPLY, "Expiration '%.*s' is no ISO 8601"
		    " time", STR_ARG(expires));
	if (account.n == ACCOUNT_LEN && str_u64(account, UINT64_MAX, &number))
		got.account = account;
	*cred = got;
	return true;
}
