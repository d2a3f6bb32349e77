#include <bearssl.h>

#include "aws/dpop.h"
#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"
#include "t.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Parts of ECPrivateKey, in hex. The key is that of RFC 7515 A.3. */
#define D "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2"
#define X "7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445"
#define Y "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad"
#define P256 "a00a06082a8648ce3d030107"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define PUB(xy) "a14403420004" xy
#define KEY(d, xy) "3077" "020101" "0420" d P256 PUB(xy)

/* Their x or y begins with a zero byte. */
#define D_Y0 "00000000000000000000000000000000" "0000000000000000000000000000002b"
#define X_Y0 "986ae2506f1ff104d04230861d8f4b498f4bc4c6d009b30f7544dc129b82d28d"
#define Y_Y0 "003cccc0a6460e0ae328a4d97d3c7b61d86fc6289c189f2525110c441bb07e97"
#define D_X0 "00000000000000000000000000000000" "0000000000000000000000000000017b"
#define X_X0 "005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a"
#define Y_X0 "bb4c85a3d8ea29efaafa24406912dd84d5b14dc32bf656ef6c6bd58a5d943f92"

#define PEM "-----BEGIN EC PRIVATE KEY-----\n" \
	"MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n" \
	"AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n" \
	"focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n" \
	"-----END EC PRIVATE KEY-----\n"

static const struct dpop_claims claims = {
	.method = S_INIT("POST"),
	.url = S_INIT("https://eu-west-1.signin.aws.amazon.com/v1/token"),
	.issued = 1440938160,
	.id = S_INIT("0f6a7b0c-3f4a-4c9e-9d52-6b1e7f0d5a11"),
};

static void
unhex(const char *hex, struct buf *b)
{
	for (; *hex; hex += 2)
		buf_char(b, (char)(hex_digit(hex[0]) << 4 |
		    hex_digit(hex[1])));
}

/* What reading the DER in hex, made PEM, says; "" when it is read. */
static const char *
read_hex(const char *hex, struct dpop_key *k)
{
	static struct err e;
	static const struct dpop_key none;
	char der[1024], text[2048];
	struct buf d = BUF(der), b = BUF(text);

	unhex(hex, &d);
	buf_add(&b, S("-----BEGIN EC PRIVATE KEY-----\n"));
	buf_base64(&b, buf_str(&d));
	buf_add(&b, S("\n-----END EC PRIVATE KEY-----\n"));
	assert_false(b.full);
	memset(k, 0x55, sizeof(*k));
	if (dpop_key_read(t_edge(buf_str(&b)), k, &e))
		return "";
	assert_int_equal(e.kind, ERR_REPLY);
	assert_memory_equal(k, &none, sizeof(none));
	return e.msg;
}

static void
t_keys(void **state)
{
	static const struct {
		const char *der, *d, *xy;
	} cases[] = {
		{ KEY(D, X Y), D, X Y },
		{ KEY(D_Y0, X_Y0 Y_Y0), D_Y0, X_Y0 Y_Y0 },
		{ KEY(D_X0, X_X0 Y_X0), D_X0, X_X0 Y_X0 },
		{ "3031" "020101" "0420" D P256, D, X Y },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dpop_key k;
		char text[256];
		struct buf b = BUF(text);

		assert_string_equal(read_hex(cases[i].der, &k), "");
		unhex(cases[i].d, &b);
		unhex("04", &b);
		unhex(cases[i].xy, &b);
		assert_int_equal(b.n, 32 + 65);
		assert_memory_equal(k.scalar, b.p, 32);
		assert_memory_equal(k.point, b.p + 32, 65);
	}
}

#define SHAPE "not an ECPrivateKey of version 1 (RFC 5915)"
#define CURVE "not on the curve P-256"
#define RANGE "a private key out of range"
#define PUBLIC "its public key does not belong to its private key"

static void
t_bad_keys(void **state)
{
	static const struct {
		const char *der, *msg;
	} cases[] = {
		/* Not the sequence, or not only it. */
		{ "30", SHAPE },
		{ "3000", SHAPE },
		{ "3177" "020101" "0420" D P256 PUB(X Y), SHAPE },
		{ KEY(D, X Y) "00", SHAPE },
		{ "3078" "020101" "0420" D P256 PUB(X Y), SHAPE },
		{ "3080" "020101" "0420" D P256 PUB(X Y) "0000", SHAPE },
		{ "308177" "020101" "0420" D P256 PUB(X Y), SHAPE },
		/* The version. */
		{ "3077" "020100" "0420" D P256 PUB(X Y), SHAPE },
		{ "3077" "020102" "0420" D P256 PUB(X Y), SHAPE },
		{ "3078" "02020001" "0420" D P256 PUB(X Y), SHAPE },
		{ "3074" "0420" D P256 PUB(X Y), SHAPE },
		/* PKCS#8. */
		{ "308187" "020100" "3013" "06072a8648ce3d0201"
		    "06082a8648ce3d030107" "046d" "306b" "020101" "0420" D
		    PUB(X Y), SHAPE },
		/* The private key. */
		{ "3077" "020101" "0220" D P256 PUB(X Y), SHAPE },
		{ "302e" "020101" "041d" D_Y0 P256, SHAPE },
		{ "3030" "020101" "041f" "000000000000000000000000000000"
		    "0000000000000000000000000000002b" P256,
		    "a private key of 31 bytes, not 32" },
		{ "3032" "020101" "0421" "00" D P256,
		    "a private key of 33 bytes, not 32" },
		{ "3011" "020101" "0400" P256,
		    "a private key of 0 bytes, not 32" },
		{ "3031" "020101" "0420" "00000000000000000000000000000000"
		    "00000000000000000000000000000000" P256, RANGE },
		{ "3031" "020101" "0420" ORDER P256, RANGE },
		{ "3031" "020101" "0420" "ffffffff00000000ffffffffffffffff"
		    "bce6faada7179e84f3b9cac2fc632552" P256, RANGE },
		{ "3031" "020101" "0420" "ffffffffffffffffffffffffffffffff"
		    "ffffffffffffffffffffffffffffffff" P256, RANGE },
		/* The curve: none, P-384, secp256k1, explicit, two. */
		{ "3025" "020101" "0420" D, CURVE },
		{ "306b" "020101" "0420" D PUB(X Y), CURVE },
		{ "302e" "020101" "0420" D "a00706052b81040022", CURVE },
		{ "302e" "020101" "0420" D "a00706052b8104000a", CURVE },
		{ "3031" "020101" "0420" D "a00a06082a8648ce3d030106",
		    CURVE },
		{ "3031" "020101" "0420" D "a00a04082a8648ce3d030107",
		    CURVE },
		{ "3031" "020101" "0420" D "a10a06082a8648ce3d030107",
		    CURVE },
		{ "3032" "020101" "0420" D "a00b06092a8648ce3d03010701",
		    CURVE },
		{ "3033" "020101" "0420" D "a00c06082a8648ce3d0301070500",
		    CURVE },
		{ "3029" "020101" "0420" D "a0023000", CURVE },
		/* The public key: another's, compressed, in an octet string,
		 * with unused bits, with something behind it.
		 */
		{ KEY(D, X_Y0 Y_Y0), PUBLIC },
		{ KEY(D, X_Y0 Y), PUBLIC },
		{ "3057" "020101" "0420" D P256 "a124032200" "03" X, PUBLIC },
		{ "3077" "020101" "0420" D P256 "a14404420004" X Y, PUBLIC },
		{ "3077" "020101" "0420" D P256 "a14403420104" X Y, PUBLIC },
		{ "3077" "020101" "0420" D P256 "a14403420003" X Y, PUBLIC },
		{ "3077" "020101" "0420" D P256 "a24403420004" X Y, PUBLIC },
		{ "3079" "020101" "0420" D P256 "a14603420004" X Y "0500",
		    PUBLIC },
		{ "3079" "020101" "0420" D P256 PUB(X Y) "0500", PUBLIC },
		{ "3034" "020101" "0420" D P256 "a10100", PUBLIC },
		{ "3033" "020101" "0420" D P256 "a100", PUBLIC },
		{ "3033" "020101" "0420" D P256 "0500", PUBLIC },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dpop_key k;
		const char *msg = read_hex(cases[i].der, &k);

		if (strcmp(msg, cases[i].msg) != 0)
			fail_msg("%s: %s", cases[i].der, msg);
	}
}

#define LABEL "no 'EC PRIVATE KEY' in PEM"
#define BASE64 "not base64, longer than 256 bytes, or encrypted"
#define B "-----BEGIN EC PRIVATE KEY-----"
#define E "-----END EC PRIVATE KEY-----"
#define ONE_LINE "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSy" \
	"oAoGCCqGSM49AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvR" \
	"VEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ=="
#define LONG "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
t_pem(void **state)
{
	static const struct {
		const char *pem, *msg;	/* NULL: read */
	} cases[] = {
		{ PEM, NULL },
		{ B "\n" ONE_LINE "\n" E, NULL },
		{ B "\r\n" ONE_LINE "\r\n" E "\r\n", NULL },
		{ "\n" B " " ONE_LINE " " E " \n", NULL },
		{ B ONE_LINE E, NULL },
		{ "", LABEL },
		{ B, LABEL },
		{ E, LABEL },
		{ B "\n" ONE_LINE "\n", LABEL },
		{ ONE_LINE "\n" E, LABEL },
		{ ONE_LINE, LABEL },
		{ "x" PEM, LABEL },
		{ PEM "x", LABEL },
		{ "-----BEGIN EC PRIVATE KEY-----END EC PRIVATE KEY-----",
		    LABEL },
		{ "-----BEGIN EC PRIVATE KEY----\n" ONE_LINE "\n" E, LABEL },
		{ "-----BEGIN PRIVATE KEY-----\n" ONE_LINE
		    "\n-----END PRIVATE KEY-----\n", LABEL },
		{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" ONE_LINE
		    "\n-----END ENCRYPTED PRIVATE KEY-----\n", LABEL },
		{ "-----BEGIN RSA PRIVATE KEY-----\n" ONE_LINE
		    "\n-----END RSA PRIVATE KEY-----\n", LABEL },
		{ "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
		    "-----END EC PARAMETERS-----\n" PEM, LABEL },
		{ B "\n" E, BASE64 },
		{ PEM PEM, BASE64 },
		{ B "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,B40AE0FF"
		    "07E335E277A32016A477FA27\n\n" ONE_LINE "\n" E, BASE64 },
		{ B "\n" ONE_LINE "=\n" E, BASE64 },
		{ B "\n" ONE_LINE "AAAA\n" E, BASE64 },
		{ B "\nMHcCAQEEII6b-_\n" E, BASE64 },
		{ B "\n" LONG LONG LONG LONG LONG LONG "\n" E, BASE64 },
		{ B "\nAAAA\n" E, SHAPE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dpop_key k;
		struct err e;
		bool done = dpop_key_read(t_edge(str_of(cases[i].pem)), &k,
		    &e);

		if (done == (cases[i].msg != NULL))
			fail_msg("%s: %s", cases[i].pem, done ? "" : e.msg);
		if (done)
			continue;
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_REPLY);
	}
}

/* Base64url without padding, as RFC 7515 appendix C undoes it. */
static struct str
decode(struct str s, struct arena *a)
{
	struct buf b = arena_buf(a, s.n + 4);
	struct str out;
	struct err e;

	for (size_t i = 0; i < s.n; i++)
		buf_char(&b, s.p[i] == '-' ? '+' : s.p[i] == '_' ? '/' :
		    s.p[i]);
	assert_false(str_has(s, '+') || str_has(s, '/') || str_has(s, '='));
	while (b.n % 4)
		buf_char(&b, '=');
	assert_true(base64_decode(buf_str(&b), a, &out, &e));
	return out;
}

/* The parts of a proof whose signature is verified by the key that it names. */
static void
check(struct str proof, struct str *header, struct str *payload,
    struct arena *a)
{
	struct str signed_text, signature, head, body, x, y;
	unsigned char hash[32], q[65] = { 4 };
	br_ec_public_key key = { BR_EC_secp256r1, q, sizeof(q) };
	br_sha256_context sha;
	struct json root, jwk;
	struct err e;

	assert_true(str_cut_last(proof, '.', &signed_text, &signature));
	assert_true(str_cut(signed_text, '.', &head, &body));
	assert_false(str_has(body, '.'));
	*header = decode(head, a);
	*payload = decode(body, a);
	signature = decode(signature, a);
	assert_int_equal(signature.n, 64);
	assert_true(json_parse(*header, a, &root, &e));
	assert_true(json_get(root, S("jwk"), &jwk));
	assert_true(json_get_str(jwk, S("x"), a, &x, &e));
	assert_true(json_get_str(jwk, S("y"), a, &y, &e));
	x = decode(x, a);
	y = decode(y, a);
	assert_true(x.n == 32 && y.n == 32);
	memcpy(q + 1, x.p, 32);
	memcpy(q + 33, y.p, 32);
	br_sha256_init(&sha);
	br_sha256_update(&sha, signed_text.p, signed_text.n);
	br_sha256_out(&sha, hash);
	assert_int_equal(br_ecdsa_i31_vrfy_raw(&br_ec_p256_m31, hash,
	    sizeof(hash), &key, signature.p, signature.n), 1);
}

static void
t_proof(void **state)
{
	static const struct {
		const char *der, *x, *y;
	} cases[] = {
		/* As in RFC 7515 A.3.1. */
		{ KEY(D, X Y), "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
		    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" },
		{ KEY(D_Y0, X_Y0 Y_Y0),
		    "mGriUG8f8QTQQjCGHY9LSY9LxMbQCbMPdUTcEpuC0o0",
		    "ADzMwKZGDgrjKKTZfTx7YdhvxiicGJ8lJREMRBuwfpc" },
		{ KEY(D_X0, X_X0 Y_X0),
		    "AFVDiUrz0A7X10Cr29dclrBod7eH219w7qeLkKjXwAo",
		    "u0yFo9jqKe-q-iRAaRLdhNWxTcMr9lbvbGvVil2UP5I" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = t_arena();
		struct dpop_key k;
		struct str header, payload;
		char text[1024], want[512];
		struct buf b = BUF(text), w = BUF(want);
		struct err e;

		assert_string_equal(read_hex(cases[i].der, &k), "");
		buf_add(&b, S("DPoP: "));
		assert_true(dpop_proof(&k, &claims, &b, &e));
		check(str_skip(buf_str(&b), 6), &header, &payload, &a);
		buf_add(&w, S("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\","
		    "\"jwk\":{\"kty\":\"EC\",\"x\":\""));
		buf_add(&w, str_of(cases[i].x));
		buf_add(&w, S("\",\"y\":\""));
		buf_add(&w, str_of(cases[i].y));
		buf_add(&w, S("\",\"crv\":\"P-256\"}}"));
		assert_str_equal(header, buf_str(&w));
		assert_str_equal(payload, S("{\"htm\":\"POST\",\"htu\":"
		    "\"https://eu-west-1.signin.aws.amazon.com/v1/token\","
		    "\"iat\":1440938160,"
		    "\"jti\":\"0f6a7b0c-3f4a-4c9e-9d52-6b1e7f0d5a11\"}"));
	}
}

static void
t_claims_are_quoted(void **state)
{
	const struct dpop_claims odd = { .method = S("P\""),
		.url = S("a\\b"), .id = S("\"c") };
	struct arena a = t_arena();
	struct dpop_key k;
	struct str header, payload;
	char text[1024];
	struct buf b = BUF(text);
	struct err e;

	(void)state;
	assert_string_equal(read_hex(KEY(D, X Y), &k), "");
	assert_true(dpop_proof(&k, &odd, &b, &e));
	check(buf_str(&b), &header, &payload, &a);
	assert_str_equal(payload, S("{\"htm\":\"P\\\"\",\"htu\":\"a\\\\b\","
	    "\"iat\":0,\"jti\":\"\\\"c\"}"));
}

/* Too small by one byte at least, at whatever part it ends. */
static void
t_no_room(void **state)
{
	struct dpop_key k;
	char text[1024];
	struct buf whole = BUF(text);
	struct err e;

	(void)state;
	assert_string_equal(read_hex(KEY(D, X Y), &k), "");
	assert_true(dpop_proof(&k, &claims, &whole, &e));
	for (size_t less = 1; less < whole.n; less += 97) {
		struct buf b = { text, 0, whole.n - less, false };

		assert_false(dpop_proof(&k, &claims, &b, &e));
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_string_equal(e.msg, "proof for 'https://eu-west-1."
		    "signin.aws.amazon.com/v1/token' too large");
	}
}

static void
t_long_url(void **state)
{
	static char url[DPOP_CLAIMS_MAX];
	struct dpop_claims it = claims;
	struct dpop_key k;
	char text[8192];
	struct buf b = BUF(text);
	struct err e;

	(void)state;
	memset(url, 'u', sizeof(url));
	assert_string_equal(read_hex(KEY(D, X Y), &k), "");
	it.url = (struct str){ url, sizeof(url) };
	assert_false(dpop_proof(&k, &it, &b, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

static void
t_forget(void **state)
{
	static const struct dpop_key none;
	struct dpop_key k;

	(void)state;
	assert_string_equal(read_hex(KEY(D, X Y), &k), "");
	dpop_forget(&k);
	assert_memory_equal(&k, &none, sizeof(none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_keys),
		cmocka_unit_test(t_bad_keys),
		cmocka_unit_test(t_pem),
		cmocka_unit_test(t_proof),
		cmocka_unit_test(t_claims_are_quoted),
		cmocka_unit_test(t_no_room),
		cmocka_unit_test(t_long_url),
		cmocka_unit_test(t_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
