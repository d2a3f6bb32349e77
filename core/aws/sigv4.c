#include "aws/sigv4.h"

#include <string.h>

#include <bearssl_hash.h>
#include <bearssl_hmac.h>

#include "base/enc.h"
#include "base/limits.h"

enum { HASH = br_sha256_SIZE, BLOCK = 64 };

static const struct str algorithm = S_INIT("AWS4-HMAC-SHA256");
static const struct str terminator = S_INIT("aws4_request");

static void
hex_of(const unsigned char digest[HASH], char hex[2 * HASH + 1])
{
	struct buf b = { hex, 0, 2 * HASH, false };

	buf_hex(&b, (struct str){ (const char *)digest, HASH });
	hex[2 * HASH] = '\0';
}

void
sigv4_hash(struct str s, char hex[64 + 1])
{
	unsigned char digest[HASH];
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, s.p, s.n);
	br_sha256_out(&sha, digest);
	hex_of(digest, hex);
}

/* Take the last "/segment" behind start away again. */
static void
cut_segment(struct buf *b, size_t start)
{
	while (b->n > start) {
		b->n--;
		if (b->p[b->n] == '/')
			return;
	}
}

/* Without "." and ".." segments and without doubled slashes; a slash at the
 * end stays.
 */
static void
add_path(struct str path, struct buf *b)
{
	size_t start = b->n;
	bool slash_end = str_ends(path, S("/"));
	struct str part;

	while (path.n) {
		str_cut(path, '/', &part, &path);
		if (part.n == 0 || str_eq(part, S(".")))
			continue;
		if (str_eq(part, S(".."))) {
			cut_segment(b, start);
			continue;
		}
		buf_char(b, '/');
		buf_percent(b, part, "");
	}
	if (b->n == start || slash_end)
		buf_char(b, '/');
}

static int
param_cmp(struct str a, struct str b)
{
	struct str a_key, a_value, b_key, b_value;
	int order;

	str_cut(a, '=', &a_key, &a_value);
	str_cut(b, '=', &b_key, &b_value);
	order = str_cmp(a_key, b_key);
	return order ? order : str_cmp(a_value, b_value);
}

static bool
add_query(struct str query, struct buf *b, struct err *e)
{
	struct str sorted[SIGN_QUERY_MAX], param, key, value;
	size_t count = 0, at;

	while (query.n) {
		str_cut(query, '&', &param, &query);
		if (param.n == 0)
			continue;
		if (count == SIGN_QUERY_MAX)
			return err_set(e, ERR_LIMIT, "sign request: more than "
			    "%u query parameters", SIGN_QUERY_MAX);
		for (at = count++; at; at--) {
			if (param_cmp(sorted[at - 1], param) <= 0)
				break;
			sorted[at] = sorted[at - 1];
		}
		sorted[at] = param;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(b, '&');
		str_cut(sorted[i], '=', &key, &value);
		/* '%': it is encoded already, as it goes over the wire. */
		buf_percent(b, key, "%");
		buf_char(b, '=');
		buf_percent(b, value, "%");
	}
	return true;
}

static int
name_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		int d = char_lower(a.p[i]) - char_lower(b.p[i]);

		if (d)
			return d;
	}
	return (a.n > b.n) - (a.n < b.n);
}

/* By name, repeated ones in their order. */
static bool
sort_fields(const struct sigv4 *s,
    const struct http_field *sorted[SIGN_HEADERS_MAX], struct err *e)
{
	if (s->count > SIGN_HEADERS_MAX)
		return err_set(e, ERR_LIMIT, "sign request: %zu header fields, "
		    "at most %u", s->count, SIGN_HEADERS_MAX);
	for (size_t i = 0; i < s->count; i++) {
		size_t at = i;

		for (; at; at--) {
			if (name_cmp(sorted[at - 1]->name,
			    s->fields[i].name) <= 0)
				break;
			sorted[at] = sorted[at - 1];
		}
		sorted[at] = &s->fields[i];
	}
	return true;
}

static void
add_name(struct str name, struct buf *b)
{
	for (size_t i = 0; i < name.n; i++)
		buf_char(b, char_lower(name.p[i]));
}

/* Trimmed, and each run of blanks a single one, inside quotes too. */
static void
add_value(struct str value, struct buf *b)
{
	bool gap = false;

	value = str_trim(value);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == ' ' || value.p[i] == '\t') {
			gap = true;
			continue;
		}
		if (gap)
			buf_char(b, ' ');
		gap = false;
		buf_char(b, value.p[i]);
	}
}

static bool
repeats(const struct http_field *const *sorted, size_t i)
{
	return i && name_cmp(sorted[i - 1]->name, sorted[i]->name) == 0;
}

static void
add_fields(const struct http_field *const *sorted, size_t count,
    struct buf *b)
{
	for (size_t i = 0; i < count; i++) {
		if (repeats(sorted, i)) {
			buf_char(b, ',');
		} else {
			if (i)
				buf_char(b, '\n');
			add_name(sorted[i]->name, b);
			buf_char(b, ':');
		}
		add_value(sorted[i]->value, b);
	}
	if (count)
		buf_char(b, '\n');
}

static void
add_signed_names(const struct http_field *const *sorted, size_t count,
    struct buf *b)
{
	for (size_t i = 0; i < count; i++) {
		if (repeats(sorted, i))
			continue;
		if (i)
			buf_char(b, ';');
		add_name(sorted[i]->name, b);
	}
}

bool
sigv4_canonical(const struct sigv4 *s, struct buf *b, struct err *e)
{
	const struct http_field *sorted[SIGN_HEADERS_MAX];

	if (!sort_fields(s, sorted, e))
		return false;
	buf_add(b, s->method);
	buf_char(b, '\n');
	if (s->keep_path)
		buf_percent(b, s->path.n ? s->path : S("/"), "/%");
	else
		add_path(s->path, b);
	buf_char(b, '\n');
	if (!add_query(s->query, b, e))
		return false;
	buf_char(b, '\n');
	add_fields(sorted, s->count, b);
	buf_char(b, '\n');
	add_signed_names(sorted, s->count, b);
	buf_char(b, '\n');
	buf_add(b, s->body_hash);
	if (b->full)
		return err_set(e, ERR_LIMIT,
		    "sign request: more than %zu bytes", b->cap);
	return true;
}

static void
add_scope(const struct sigv4 *s, struct buf *b)
{
	const struct str parts[] = {
		str_head(s->date, 8), s->region, s->service,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_add(b, parts[i]);
		buf_char(b, '/');
	}
	buf_add(b, terminator);
}

bool
sigv4_to_sign(const struct sigv4 *s, struct str canonical, struct buf *b,
    struct err *e)
{
	char hash[2 * HASH + 1];

	sigv4_hash(canonical, hash);
	buf_add(b, algorithm);
	buf_char(b, '\n');
	buf_add(b, s->date);
	buf_char(b, '\n');
	add_scope(s, b);
	buf_char(b, '\n');
	buf_add(b, str_of(hash));
	if (b->full)
		return err_set(e, ERR_LIMIT,
		    "sign request: string to sign is too long");
	return true;
}

static void
hmac(const unsigned char *key, size_t key_n, struct str s,
    unsigned char out[HASH])
{
	br_hmac_key_context keyed;
	br_hmac_context mac;

	br_hmac_key_init(&keyed, &br_sha256_vtable, key, key_n);
	br_hmac_init(&mac, &keyed, 0);
	br_hmac_update(&mac, s.p, s.n);
	br_hmac_out(&mac, out);
	explicit_bzero(&keyed, sizeof(keyed));
	explicit_bzero(&mac, sizeof(mac));
}

/* "AWS4" and the secret, as an HMAC key: one longer than the hash's block
 * stands for its hash (RFC 2104 section 2), so a block always suffices.
 */
static size_t
first_key(struct str secret, unsigned char key[BLOCK])
{
	br_sha256_context sha;

	if (secret.n <= BLOCK - 4) {
		memcpy(key, "AWS4", 4);
		if (secret.n)
			memcpy(key + 4, secret.p, secret.n);
		return 4 + secret.n;
	}
	br_sha256_init(&sha);
	br_sha256_update(&sha, "AWS4", 4);
	br_sha256_update(&sha, secret.p, secret.n);
	br_sha256_out(&sha, key);
	explicit_bzero(&sha, sizeof(sha));
	return HASH;
}

void
sigv4_signature(const struct sigv4 *s, struct str to_sign, char hex[64 + 1])
{
	const struct str steps[] = {
		str_head(s->date, 8), s->region, s->service, terminator,
		to_sign,
	};
	unsigned char key[BLOCK], next[HASH];
	size_t n = first_key(s->secret, key);

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		hmac(key, n, steps[i], next);
		memcpy(key, next, HASH);
		n = HASH;
	}
	hex_of(next, hex);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(next, sizeof(next));
}

static bool
add_authorization(const struct sigv4 *s, struct buf *canonical, struct buf *b,
    struct err *e)
{
	const struct http_field *sorted[SIGN_HEADERS_MAX];
	char text[SIGN_TEXT_MAX], signature[2 * HASH + 1];
	struct buf to_sign = BUF(text);

	if (!sort_fields(s, sorted, e) || !sigv4_canonical(s, canonical, e) ||
	    !sigv4_to_sign(s, buf_str(canonical), &to_sign, e))
		return false;
	sigv4_signature(s, buf_str(&to_sign), signature);
	buf_add(b, algorithm);
	buf_add(b, S(" Credential="));
	buf_add(b, s->key_id);
	buf_char(b, '/');
	add_scope(s, b);
	buf_add(b, S(", SignedHeaders="));
	add_signed_names(sorted, s->count, b);
	buf_add(b, S(", Signature="));
	buf_add(b, str_of(signature));
	if (b->full)
		return err_set(e, ERR_LIMIT,
		    "sign request: authorization is too long");
	return true;
}

bool
sigv4_authorization(const struct sigv4 *s, struct arena *scratch,
    struct buf *b, struct err *e)
{
	size_t mark = scratch->used;
	struct buf canonical = arena_buf(scratch, CANONICAL_MAX);
	bool done = add_authorization(s, &canonical, b, e);

	arena_trim(scratch, &canonical);
	arena_back(scratch, mark);
	return done;
}
