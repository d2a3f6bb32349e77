#include "aws/credentials.h"

#include "base/limits.h"

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
		/* The values go into header fields and scopes as they are, and
		 * no real key has anything else.
		 */
		if (!str_visible(parts[i].value))
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

/* Each part is its length, a colon and its bytes; numbers are decimal, without
 * a sign, as two's complement.
 */
static void
write_part(struct buf *b, struct str part)
{
	buf_u64(b, part.n);
	buf_char(b, ':');
	buf_add(b, part);
}

static bool
read_part(struct str *s, struct str *part)
{
	struct str digits, rest;
	uint64_t n;

	if (!str_cut(*s, ':', &digits, &rest) ||
	    !str_u64(digits, rest.n, &n))
		return false;
	*part = str_head(rest, n);
	*s = str_skip(rest, n);
	return true;
}

void
cred_write(const struct cred *cred, struct buf *b)
{
	char text[20];
	struct buf expires = BUF(text);
	struct str source = str_of(cred->source);

	/* With its NUL. */
	if (cred->source)
		source.n++;
	buf_u64(&expires, (uint64_t)cred->expires);
	write_part(b, cred->key_id);
	write_part(b, cred->secret);
	write_part(b, cred->token);
	write_part(b, cred->account);
	write_part(b, source);
	write_part(b, buf_str(&expires));
	buf_char(b, cred->stable ? '+' : '-');
}

bool
cred_read(struct str s, struct cred *cred, struct err *e)
{
	struct cred got = { .expires = 0 };
	struct str source, digits;
	uint64_t expires;

	if (!read_part(&s, &got.key_id) || !read_part(&s, &got.secret) ||
	    !read_part(&s, &got.token) || !read_part(&s, &got.account) ||
	    !read_part(&s, &source) || !read_part(&s, &digits) ||
	    !str_u64(digits, UINT64_MAX, &expires) ||
	    (!str_eq(s, S("+")) && !str_eq(s, S("-"))) ||
	    (source.n > 0 && source.p[source.n - 1] != '\0'))
		return err_set(e, ERR_REPLY, "credentials of another process"
		    " cannot be read");
	got.expires = (int64_t)expires;
	got.source = source.n > 0 ? source.p : NULL;
	got.stable = s.p[0] == '+';
	*cred = got;
	return true;
}
