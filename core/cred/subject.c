#include "cred/subject.h"

#include "aws/sigv4.h"
#include "base/enc.h"
#include "base/json.h"
#include "cred/chain.h"

/* The payload of a JWT, RFC 7519 3 and RFC 7515 7.1: base64url, no padding. */
static bool
jwt_claims(struct str token, struct arena *a, struct json *claims)
{
	struct str head, payload, rest, text;
	struct err ignored;
	struct buf b;

	if (!str_cut(token, '.', &head, &rest) ||
	    !str_cut(rest, '.', &payload, &rest) || str_has(rest, '.'))
		return false;
	b = arena_buf(a, payload.n + 3);
	for (size_t i = 0; i < payload.n; i++) {
		char ch = payload.p[i];

		buf_char(&b, ch == '-' ? '+' : ch == '_' ? '/' : ch);
	}
	while (b.n % 4 && !b.full)
		buf_char(&b, '=');
	return !b.full && base64_decode(buf_str(&b), a, &text, &ignored) &&
	    json_parse(text, a, claims, &ignored);
}

void
cred_id_subject(struct config *c, struct str token, struct buf *id)
{
	char hex[64 + 1];
	struct json claims;
	struct str iss, sub;
	struct err ignored;

	if (jwt_claims(token, c->a, &claims) &&
	    json_get_str(claims, S("iss"), c->a, &iss, &ignored) &&
	    json_get_str(claims, S("sub"), c->a, &sub, &ignored)) {
		cred_id(id, S("issuer"), iss);
		cred_id(id, S("subject"), sub);
		return;
	}
	sigv4_hash(token, hex);
	cred_id(id, S("token_hash"), str_of(hex));
}
