#include "aws/credentials.h"

#include "base/limits.h"

/* Only printable ASCII without the blank: the values go into header fields
 * and scopes as they are, and no real key has anything else.
 */
static bool
graphic(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

bool
cred_check(const struct cred *cred, const char *what, struct err *e)
{
	const struct {
		const char *name;
		struct str value;
		bool needed;
	} parts[] = {
		{ "access key id", cred->key_id, true },
		{ "secret access key", cred->secret, true },
		{ "session token", cred->token, false },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].needed && parts[i].value.n == 0)
			return err_set(e, ERR_USAGE, "%s: no %s", what,
			    parts[i].name);
		if (!graphic(parts[i].value))
			return err_set(e, ERR_USAGE, "%s: the %s has a blank "
			    "or a byte that is not printable ASCII", what,
			    parts[i].name);
	}
	/* A slash would end the key id inside the signature's scope. */
	if (cred->key_id.n > KEY_ID_MAX || str_has(cred->key_id, '/'))
		return err_set(e, ERR_USAGE, "%s: that is no access key id",
		    what);
	return true;
}
