#include "net/x509.h"

#include "t.h"

#define PKCS1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define SERVER "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"
#define CLIENT "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"
#define ANY "\x06\x04\x55\x1d\x25\x00"

/* Parts of a certificate, each a whole element; p == NULL: the usual one,
 * n == 0 and p != NULL: left out.
 */
struct parts {
	struct str version, serial, inner, issuer, validity, subject, key;
	struct str extensions;		/* inside [3] and its SEQUENCE */
	struct str outer, signature;
	struct str tail;		/* after the certificate */
	struct str tbs_tail;
};

static struct arena arena;

/* One element round body. */
static struct str
tlv(unsigned char tag, struct str body)
{
	struct buf b = arena_buf(&arena, body.n + 4);

	buf_char(&b, (char)tag);
	if (body.n >= 256) {
		buf_char(&b, (char)0x82);
		buf_char(&b, (char)(body.n >> 8));
	} else if (body.n >= 128) {
		buf_char(&b, (char)0x81);
	}
	buf_char(&b, (char)body.n);
	buf_add(&b, body);
	return buf_str(&b);
}

static struct str
join(const struct str *parts, size_t n)
{
	struct buf b = arena_buf(&arena, 4096);

	for (size_t i = 0; i < n; i++)
		buf_add(&b, parts[i]);
	assert_false(b.full);
	return buf_str(&b);
}

#define JOIN(...) join((const struct str[]){ __VA_ARGS__ }, \
    sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

static struct str
or(struct str s, struct str usual)
{
	return s.p ? s : usual;
}

static struct str
extension(char arc, bool critical, struct str value)
{
	char oid[] = { 0x55, 0x1d, arc };

	return tlv(0x30, JOIN(tlv(0x06, (struct str){ oid, 3 }),
	    critical ? S("\x01\x01\xff") : S(""), tlv(0x04, value)));
}

static struct str
name(struct str common)
{
	return tlv(0x30, tlv(0x31, tlv(0x30, JOIN(S("\x06\x03\x55\x04\x03"),
	    tlv(0x0c, common)))));
}

static struct str
algorithm(struct str oid)
{
	return tlv(0x30, JOIN(tlv(0x06, oid), S("\x05\x00")));
}

static struct str
public_key(struct str oid, struct str bits)
{
	return tlv(0x30, JOIN(algorithm(oid),
	    tlv(0x03, JOIN(S("\0"), bits))));
}

static struct str
build(const struct parts *p)
{
	struct str sha256 = algorithm(S(PKCS1 "\x0b"));
	struct str validity = tlv(0x30, JOIN(tlv(0x17, S("260101000000Z")),
	    tlv(0x18, S("20500101000000Z"))));
	struct str key = public_key(S(PKCS1 "\x01"), tlv(0x30,
	    S("\x02\x03\x00\x81\x01\x02\x01\x03")));
	struct str list = p->extensions;
	struct str tbs = tlv(0x30, JOIN(
	    or(p->version, S("\xa0\x03\x02\x01\x02")),
	    or(p->serial, S("\x02\x01\x01")), or(p->inner, sha256),
	    or(p->issuer, name(S("issuer"))), or(p->validity, validity),
	    or(p->subject, name(S("subject"))), or(p->key, key),
	    list.p ? tlv(0xa3, tlv(0x30, list)) : S(""), p->tbs_tail));

	return JOIN(tlv(0x30, JOIN(tbs, or(p->outer, sha256),
	    or(p->signature, S("\x03\x02\x00\x01")))), p->tail);
}

/* Read it, at the edge of memory. */
static bool
reads(const struct parts *p, struct x509 *c)
{
	return x509_read(t_edge(build(p)), c);
}

static struct str
validity(unsigned char tag, struct str from)
{
	return tlv(0x30, JOIN(tlv(tag, from), tlv(0x17, S("490101000000Z"))));
}

static int
start(void **state)
{
	(void)state;
	arena = t_arena();
	return 0;
}

static void
usual(void **state)
{
	struct parts p = { .version = { NULL, 0 } };
	struct x509 c;
	char text[100];
	struct buf b = BUF(text);

	(void)state;
	assert_true(reads(&p, &c));
	assert_int_equal(c.not_before, 1767225600);	/* 2026-01-01 */
	assert_int_equal(c.not_after, INT64_C(2524608000));	/* 2050 */
	assert_int_equal(c.key, X509_KEY_RSA);
	assert_str_equal(c.modulus, S("\x81\x01"));
	assert_str_equal(c.exponent, S("\x03"));
	assert_int_equal(x509_bits(&c), 16);
	assert_str_equal(c.issuer, name(S("issuer")));
	assert_str_equal(c.subject, name(S("subject")));
	assert_null(x509_weak_hash(&c));
	assert_false(c.ca || c.usage || c.alt || c.constraints);
	x509_name(c.issuer, &b);
	assert_str_equal(buf_str(&b), S("issuer"));
}

/* No byte less, and no byte more. */
static void
cut(void **state)
{
	struct parts p = { .extensions = extension(19, true,
	    S("\x30\x03\x01\x01\xff")) };
	struct str der = build(&p);
	struct x509 c;

	(void)state;
	for (size_t n = 0; n < der.n; n++) {
		assert_false(x509_read(t_edge(str_head(der, n)), &c));
		assert_false(x509_subject(t_edge(str_head(der, n)),
		    &c.subject));
	}
	assert_true(x509_read(t_edge(der), &c));
	assert_true(x509_subject(t_edge(der), &c.subject));
	assert_str_equal(c.subject, name(S("subject")));
	p.tail = S("\0");
	assert_false(reads(&p, &c));
	assert_false(x509_subject(build(&p), &c.subject));
}

static void
malformed(void **state)
{
	struct str empty = S("");
	struct str flat = public_key(S(PKCS1 "\x01"),
	    S("\x30\x06\x02\x01\x55\x02\x01\x03"));
	const struct parts rows[] = {
		{ .version = S("\xa0\x03\x02\x01\x03") },
		{ .version = S("\xa0\x03\x02\x01\xff") },
		{ .version = S("\xa0\x04\x02\x02\x00\x02") },
		{ .version = S("\xa0\x05\x02\x01\x02\x05\x00") },
		{ .version = S("\xa0\x00") },
		{ .serial = empty },
		{ .serial = S("\x04\x01\x01") },
		{ .inner = empty },
		{ .inner = algorithm(S(PKCS1 "\x05")) },
		{ .outer = algorithm(S(PKCS1 "\x05")) },
		{ .outer = S("\x30\x02\x05\x00"), .inner = S("\x30\x02\x05"
		    "\x00") },
		{ .issuer = empty },
		{ .issuer = S("\x31\x00") },
		{ .subject = empty },
		{ .validity = S("\x30\x00") },
		{ .validity = validity(0x17, S("2601010000Z")) },
		{ .validity = validity(0x17, S("260101000000+0000")) },
		{ .validity = validity(0x17, S("261301000000Z")) },
		{ .validity = validity(0x17, S("260230000000Z")) },
		{ .validity = validity(0x17, S("260101240000Z")) },
		{ .validity = validity(0x17, S("2601010000-0Z")) },
		{ .validity = validity(0x17, S("260101000000z")) },
		{ .validity = validity(0x17, S("20260101000000Z")) },
		{ .validity = validity(0x18, S("260101000000Z")) },
		{ .validity = validity(0x18, S("20260101000000.1Z")) },
		{ .validity = validity(0x16, S("260101000000Z")) },
		{ .validity = validity(0x17, S("")) },
		{ .validity = tlv(0x30, S("\x17\x0d" "260101000000Z")) },
		{ .validity = tlv(0x30, S("\x17\x0d" "260101000000Z"
		    "\x17\x0d" "270101000000Z" "\x17\x0d" "280101000000Z")) },
		{ .key = empty },
		{ .key = S("\x30\x00") },
		{ .key = tlv(0x30, JOIN(algorithm(S(PKCS1 "\x01")),
		    S("\x03\x00"))) },
		{ .key = tlv(0x30, JOIN(algorithm(S(PKCS1 "\x01")),
		    S("\x03\x09\x01\x30\x06\x02\x01\x55\x02\x01\x04"))) },
		{ .key = public_key(S(PKCS1 "\x01"), S("\x30\x00")) },
		/* negative, zero, a zero too many, a third number */
		{ .key = public_key(S(PKCS1 "\x01"), S("\x30\x06\x02\x01\x85"
		    "\x02\x01\x03")) },
		{ .key = public_key(S(PKCS1 "\x01"), S("\x30\x06\x02\x01\x00"
		    "\x02\x01\x03")) },
		{ .key = public_key(S(PKCS1 "\x01"), S("\x30\x07\x02\x02\x00"
		    "\x55\x02\x01\x03")) },
		{ .key = public_key(S(PKCS1 "\x01"), S("\x30\x06\x02\x00\x02"
		    "\x02\x01\x03")) },
		{ .key = public_key(S(PKCS1 "\x01"), S("\x30\x09\x02\x01\x55"
		    "\x02\x01\x03\x02\x01\x03")) },
		{ .key = JOIN(flat, flat) },
		{ .signature = empty },
		{ .signature = S("\x04\x01\x00") },
		{ .signature = S("\x03\x02\x00\x01\x05\x00") },
		{ .tbs_tail = S("\x05\x00") },
		{ .extensions = empty },	/* SIZE (1..MAX) */
		{ .extensions = S("\x30\x00") },
		{ .extensions = S("\x05\x00") },
		{ .extensions = extension(14, false, S("\x04\x00")),
		    .version = empty },		/* version 1 has none */
		{ .extensions = extension(14, false, S("\x04\x00")),
		    .tbs_tail = S("\x05\x00") },
		{ .extensions = JOIN(extension(14, false, S("\x04\x00")),
		    extension(14, false, S("\x04\x00"))) },	/* twice */
		{ .extensions = S("\x30\x0a\x06\x03\x55\x1d\x0e\x01\x02\xff"
		    "\xff\x04\x00") },
		{ .extensions = S("\x30\x05\x06\x03\x55\x1d\x0e") },
		{ .extensions = extension(19, true, S("\x31\x00")) },
		{ .extensions = extension(19, true, S("\x30\x00\x30\x00")) },
		{ .extensions = extension(19, true, S("\x30\x04\x01\x02\xff"
		    "\xff")) },
		{ .extensions = extension(19, true, S("\x30\x02\x05\x00")) },
		{ .extensions = extension(17, false, S("\x04\x00")) },
		{ .extensions = extension(37, false, S("\x30\x00")) },
		{ .extensions = extension(37, false, S(SERVER)) },
		{ .extensions = extension(37, false, S("\x30\x02\x05\x00")) },
		{ .extensions = extension(37, false, JOIN(tlv(0x30,
		    S(SERVER "\x05\x00")))) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct x509 c = { .curve = 77 };

		if (reads(&rows[i], &c))
			fail_msg("row %zu is accepted", i);
		assert_int_equal(c.curve, 77);
	}
}

static void
usages(void **state)
{
	static const struct {
		struct str list;
		bool server;
	} rows[] = {
		{ S_INIT(SERVER), true },
		{ S_INIT(ANY), true },
		{ S_INIT(CLIENT SERVER), true },
		{ S_INIT(CLIENT CLIENT ANY), true },
		{ S_INIT(CLIENT), false },
		/* a longer and a shorter one */
		{ S_INIT("\x06\x09\x2b\x06\x01\x05\x05\x07\x03\x01\x01"),
		    false },
		{ S_INIT("\x06\x07\x2b\x06\x01\x05\x05\x07\x03"), false },
		{ S_INIT("\x06\x03\x55\x1d\x25"), false },
		{ S_INIT("\x06\x00"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int critical = 0; critical < 2; critical++) {
			struct parts p = { .extensions = extension(37,
			    critical, tlv(0x30, rows[i].list)) };
			struct x509 c;

			assert_true(reads(&p, &c));
			assert_true(c.usage);
			assert_int_equal(c.usage_critical, critical);
			assert_int_equal(c.usage_server, rows[i].server);
		}
}

static void
extensions(void **state)
{
	static const struct {
		struct str value;
		bool ca;
	} rows[] = {
		{ S_INIT("\x30\x00"), false },
		{ S_INIT("\x30\x03\x01\x01\x00"), false },
		{ S_INIT("\x30\x03\x01\x01\xff"), true },
		{ S_INIT("\x30\x06\x01\x01\xff\x02\x01\x00"), true },
	};
	struct parts p = { .extensions = JOIN(
	    extension(30, false, S("\x30\x00")),
	    extension(17, false, S("\x30\x0f\x81\x01x\x82\x03" "a.b\x82\x01"
	    "c\x87\x02zz")),
	    /* one of another arc, twice: not ours to judge */
	    S("\x30\x06\x06\x02\x2b\x06\x04\x00"),
	    S("\x30\x06\x06\x02\x2b\x06\x04\x00")) };
	struct x509 c;
	struct str first;
	size_t more;

	(void)state;
	assert_true(reads(&p, &c));
	assert_true(c.constraints && c.alt && !c.usage && !c.ca);
	assert_true(x509_dns_name(&c, &first, &more));
	assert_str_equal(first, S("a.b"));
	assert_int_equal(more, 1);
	p.extensions = extension(17, false, S("\x30\x04\x87\x02zz"));
	assert_true(reads(&p, &c));
	assert_false(x509_dns_name(&c, &first, &more));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p.extensions = extension(19, true, rows[i].value);
		assert_true(reads(&p, &c));
		assert_int_equal(c.ca, rows[i].ca);
	}
}

static void
keys(void **state)
{
	static const struct {
		struct str oid;
		int curve;
	} rows[] = {
		{ S_INIT("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"), 23 },
		{ S_INIT("\x06\x05\x2b\x81\x04\x00\x22"), 24 },
		{ S_INIT("\x06\x05\x2b\x81\x04\x00\x23"), 25 },
		{ S_INIT("\x06\x05\x2b\x81\x04\x00\x0a"), 0 },	/* K-256 */
		{ S_INIT("\x30\x00"), 0 },	/* parameters in full */
		{ S_INIT(""), 0 },
	};
	struct parts p = { .key = public_key(S("\x2b\x65\x70"), S("xyz")) };
	struct x509 c;

	(void)state;
	assert_true(reads(&p, &c));	/* Ed25519 */
	assert_int_equal(c.key, X509_KEY_OTHER);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p.key = tlv(0x30, JOIN(tlv(0x30, JOIN(
		    S("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"), rows[i].oid)),
		    S("\x03\x03\x00\x04\x05")));
		assert_true(reads(&p, &c));
		assert_int_equal(c.key, X509_KEY_EC);
		assert_int_equal(c.curve, rows[i].curve);
		assert_str_equal(c.point, S("\x04\x05"));
	}
	p.key = public_key(S(PKCS1 "\x01"),
	    S("\x30\x07\x02\x02\x01\xff\x02\x01\x03"));
	assert_true(reads(&p, &c));
	assert_int_equal(x509_bits(&c), 9);
}

static void
times(void **state)
{
	static const struct {
		unsigned char tag;
		struct str text;
		int64_t t;
	} rows[] = {
		{ 0x17, S_INIT("490101000000Z"), INT64_C(2493072000) },
		{ 0x17, S_INIT("500101000000Z"), -631152000 },	/* 1950 */
		{ 0x17, S_INIT("991231235959Z"), 946684799 },
		{ 0x18, S_INIT("20500101000000Z"), INT64_C(2524608000) },
		{ 0x18, S_INIT("99991231235959Z"), INT64_C(253402300799) },
	};
	struct parts p = { .version = { NULL, 0 } };
	struct x509 c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p.validity = validity(rows[i].tag, rows[i].text);
		assert_true(reads(&p, &c));
		assert_int_equal(c.not_before, rows[i].t);
	}
}

static void
hashes(void **state)
{
	static const struct {
		struct str oid;
		const char *weak;
	} rows[] = {
		{ S_INIT(PKCS1 "\x05"), "SHA-1" },
		{ S_INIT("\x2a\x86\x48\xce\x3d\x04\x01"), "SHA-1" },
		{ S_INIT(PKCS1 "\x04"), "MD5" },
		{ S_INIT(PKCS1 "\x0b"), NULL },
		{ S_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x02"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str a = algorithm(rows[i].oid);
		struct parts p = { .inner = a, .outer = a };
		struct x509 c;

		assert_true(reads(&p, &c));
		if (rows[i].weak)
			assert_string_equal(x509_weak_hash(&c), rows[i].weak);
		else
			assert_null(x509_weak_hash(&c));
	}
}

static void
names(void **state)
{
	static const char long_name[] =
	    "0123456789012345678901234567890123456789012345678901234567890123";
	struct str organization = tlv(0x31, tlv(0x30,
	    S("\x06\x03\x55\x04\x0a\x13\x03Org")));
	struct str common = tlv(0x31, tlv(0x30,
	    S("\x06\x03\x55\x04\x03\x0c\x02Me")));
	struct str unit = tlv(0x31, tlv(0x30,
	    S("\x06\x03\x55\x04\x0b\x13\x02OU")));
	const struct {
		struct str in, out;
	} rows[] = {
		{ tlv(0x30, JOIN(organization, common)), S("Me") },
		{ tlv(0x30, JOIN(common, organization)), S("Me") },
		{ tlv(0x30, JOIN(unit, organization)), S("Org") },
		{ tlv(0x30, unit), S("OU") },
		{ tlv(0x30, JOIN(common, tlv(0x31, tlv(0x30,
		    S("\x06\x03\x55\x04\x03\x0c\x00"))))), S("Me") },
		{ name(S("")), S("(no name)") },
		{ S("\x30\x00"), S("(no name)") },
		{ S(""), S("(no name)") },
		{ S("\x30\x02\x31\x09"), S("(no name)") },
		{ name(S("a\x1b[2Jb\xc3\xa9")), S("a?[2Jb??") },
		{ name(JOIN(str_of(long_name), S("X"))), str_of(long_name) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[100];
		struct buf b = BUF(text);

		x509_name(t_edge(rows[i].in), &b);
		assert_str_equal(buf_str(&b), rows[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(usual, start),
		cmocka_unit_test_setup(cut, start),
		cmocka_unit_test_setup(malformed, start),
		cmocka_unit_test_setup(usages, start),
		cmocka_unit_test_setup(extensions, start),
		cmocka_unit_test_setup(keys, start),
		cmocka_unit_test_setup(times, start),
		cmocka_unit_test_setup(hashes, start),
		cmocka_unit_test_setup(names, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
