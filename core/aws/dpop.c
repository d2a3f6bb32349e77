#include "aws/dpop.h"

#include <bearssl.h>
#include <string.h>

#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"
#include "net/der.h"
#include "net/pem.h"

#define BEGIN "-----BEGIN EC PRIVATE KEY-----"
#define END "-----END EC PRIVATE KEY-----"
#define PARAMETERS 0xa0	/* [0] */
#define PUBLIC_KEY 0xa1	/* [1] */
/* RFC 5480 2.1.1.1: secp256r1, 1.2.840.10045.3.1.7. */
#define OID_P256 "\x2a\x86\x48\xce\x3d\x03\x01\x07"
/* A BIT STRING without unused bits, holding a point that is not compressed. */
#define POINT_HEAD S("\0\4")

/* The implementation that TLS uses too. */
static const br_ec_impl *const ec = &br_ec_p256_m31;

static struct str
bytes(const unsigned char *p, size_t n)
{
	return (struct str){ (const char *)p, n };
}

/* 1 <= scalar < order of the curve; takes the same time for all. */
static bool
in_range(const unsigned char *scalar)
{
	size_t n;
	const unsigned char *order = ec->order(BR_EC_secp256r1, &n);
	unsigned any = 0, borrow = 0;

	while (n--) {
		any |= scalar[n];
		borrow = (scalar[n] - order[n] - borrow) >> 8 & 1;
	}
	return any && borrow;
}

/* Is [1], where there is one, the public key of k? */
static bool
same_public(struct str rest, const struct dpop_key *k)
{
	struct str inside, bits;

	return rest.n == 0 || (der_only(rest, PUBLIC_KEY, &inside) &&
	    der_only(inside, DER_BITS, &bits) &&
	    str_starts(bits, POINT_HEAD) && str_eq(str_skip(bits, 1),
	    bytes(k->point, sizeof(k->point))));
}

/* ECPrivateKey, RFC 5915 section 3. The parameters must be there, as that
 * section wants it of whoever writes them.
 */
static bool
read_der(struct str der, struct dpop_key *k, struct err *e)
{
	struct str s, version, number, parameters, oid;
	br_ec_private_key key = {
		BR_EC_secp256r1, k->scalar, sizeof(k->scalar)
	};

	if (!der_only(der, DER_SEQUENCE, &s) ||
	    !der_take(&s, DER_INTEGER, &version) ||
	    !str_eq(version, S("\1")) || !der_take(&s, DER_OCTETS, &number))
		return err_set(e, ERR_REPLY, "not an ECPrivateKey of version"
		    " 1 (RFC 5915)");
	if (!der_take(&s, PARAMETERS, &parameters) ||
	    !der_only(parameters, DER_OID, &oid) ||
	    !str_eq(oid, S(OID_P256)))
		return err_set(e, ERR_REPLY, "not on the curve P-256");
	if (number.n != sizeof(k->scalar))
		return err_set(e, ERR_REPLY, "a private key of %zu bytes,"
		    " not %zu", number.n, sizeof(k->scalar));
	memcpy(k->scalar, number.p, number.n);
	if (!in_range(k->scalar))
		return err_set(e, ERR_REPLY, "a private key out of range");
	(void)br_ec_compute_pub(ec, NULL, k->point, &key);
	return same_public(s, k) || err_set(e, ERR_REPLY,
	    "its public key does not belong to its private key");
}

/* What stands between the two lines of PEM. */
static bool
unwrap(struct str pem, struct str *body)
{
	pem = str_trim(pem);
	if (!str_starts(pem, S(BEGIN)) || !str_ends(pem, S(END)) ||
	    pem.n < sizeof(BEGIN END) - 1)
		return false;
	*body = str_head(pem, pem.n - (sizeof(END) - 1));
	*body = str_skip(*body, sizeof(BEGIN) - 1);
	return true;
}

bool
dpop_key_read(struct str pem, struct dpop_key *k, struct err *e)
{
	char text[DPOP_KEY_MAX];
	struct buf der = BUF(text);
	struct str body;
	bool done;

	if (!unwrap(pem, &body))
		return err_set(e, ERR_REPLY, "no 'EC PRIVATE KEY' in PEM");
	done = pem_decode(body, &der) ? read_der(buf_str(&der), k, e) :
	    err_set(e, ERR_REPLY, "not base64, longer than %u bytes, or"
		" encrypted", DPOP_KEY_MAX);
	explicit_bzero(text, sizeof(text));
	if (!done)
		dpop_forget(k);
	return done;
}

void
dpop_forget(struct dpop_key *k)
{
	explicit_bzero(k, sizeof(*k));
}

static void
add_header(const struct dpop_key *k, struct buf *b)
{
	/* RFC 7518 6.2.1.2: always all 32 bytes of a coordinate. */
	buf_add(b, S("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\","
	    "\"jwk\":{\"kty\":\"EC\",\"x\":\""));
	buf_base64url(b, bytes(k->point + 1, 32));
	buf_add(b, S("\",\"y\":\""));
	buf_base64url(b, bytes(k->point + 33, 32));
	buf_add(b, S("\",\"crv\":\"P-256\"}}"));
}

static void
add_claims(const struct dpop_claims *claims, struct buf *b)
{
	buf_add(b, S("{\"htm\":"));
	json_quote(b, claims->method);
	buf_add(b, S(",\"htu\":"));
	json_quote(b, claims->url);
	buf_add(b, S(",\"iat\":"));
	buf_u64(b, (uint64_t)claims->issued);
	buf_add(b, S(",\"jti\":"));
	json_quote(b, claims->id);
	buf_char(b, '}');
}

/* r and s, 32 bytes each, behind all that is in b from start on. */
static bool
add_signature(const struct dpop_key *k, size_t start, struct buf *b)
{
	struct str text = str_skip(buf_str(b), start);
	unsigned char hash[br_sha256_SIZE], sig[2 * 32], scalar[32];
	br_ec_private_key key = { BR_EC_secp256r1, scalar, sizeof(scalar) };
	br_sha256_context sha;
	size_t n;

	/* BearSSL wants it writable. */
	memcpy(scalar, k->scalar, sizeof(scalar));
	br_sha256_init(&sha);
	br_sha256_update(&sha, text.p, text.n);
	br_sha256_out(&sha, hash);
	n = br_ecdsa_i31_sign_raw(ec, &br_sha256_vtable, hash, &key, sig);
	explicit_bzero(scalar, sizeof(scalar));
	buf_char(b, '.');
	buf_base64url(b, bytes(sig, n));
	return n == sizeof(sig) && !b->full;
}

bool
dpop_proof(const struct dpop_key *k, const struct dpop_claims *claims,
    struct buf *b, struct err *e)
{
	char text[DPOP_CLAIMS_MAX];
	struct buf part = BUF(text);
	size_t start = b->n;

	add_header(k, &part);
	buf_base64url(b, buf_str(&part));
	buf_char(b, '.');
	part.n = 0;
	add_claims(claims, &part);
	buf_base64url(b, buf_str(&part));
	if (part.full || !add_signature(k, start, b))
		return err_set(e, ERR_LIMIT, "proof for '%.*s' too large",
		    STR_ARG(claims->url));
	return true;
}
