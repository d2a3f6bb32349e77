#include "net/trust.h"

#include <stdio.h>

#include "net/bundle.h"
#include "net/der.h"
#include "net/roots.h"
#include "tests/unit/pki.h"
#include "t.h"

/* 2026-11-21: later than the certificates' first day, earlier than now. */
#define MADE INT64_C(1795219200)

/* One chain against one configuration. bundle and system are names in the
 * test's directory, or paths. A row with neither has the table's bundle.
 */
struct row {
	const char *chain[5];
	const char *bundle, *system;
	const char *msg;	/* NULL: believed */
	const char *name;	/* NULL: good.example */
	int64_t now;		/* 0: PKI_NOW */
	enum err_kind kind;	/* 0: ERR_TRUST */
};

static void
feed(struct trust *t, struct str der, size_t step)
{
	const br_x509_class *c = t->vtable;

	c->start_cert(&t->vtable, (uint32_t)der.n);
	for (size_t i = 0; i < der.n; i += step)
		c->append(&t->vtable, (const unsigned char *)der.p + i,
		    der.n - i < step ? der.n - i : step);
	c->end_cert(&t->vtable);
}

/* 0 when the chain is believed. step is how many bytes come at a time. */
static unsigned
judge(struct trust *t, const struct row *r, size_t step, struct arena *in,
    struct err *e)
{
	const br_x509_class *c = t->vtable;
	unsigned code;

	trust_begin(t, r->now ? r->now : PKI_NOW, e);
	c->start_chain(&t->vtable, r->name ? r->name : "good.example");
	for (size_t i = 0; i < 5 && r->chain[i]; i++) {
		char file[64];

		(void)snprintf(file, sizeof(file), "%s.der", r->chain[i]);
		feed(t, pki_file(file, in), step);
	}
	code = c->end_chain(&t->vtable);
	assert_int_equal(trust_failed(t), code != 0);
	assert_int_equal(c->get_pkey(&t->vtable, NULL) == NULL, code != 0);
	return code;
}

/* A path, kept in a. */
static const char *
path_of(const char *name, struct arena *a)
{
	const char *z;
	struct err e;

	if (!name || name[0] == '/')
		return name;
	if (!arena_z(a, str_of(pki_path(name)), &z, &e))
		fail_msg("%s", e.msg);
	return z;
}

/* The message with the test's directory left out of it. */
static void
assert_msg(const char *got, const char *wanted)
{
	struct str s = str_of(got), dir = str_of(pki_path(""));
	char text[ERR_MSG_MAX];
	struct buf b = BUF(text);

	while (s.n) {
		if (str_starts(s, dir)) {
			s = str_skip(s, dir.n);
			continue;
		}
		buf_char(&b, s.p[0]);
		s = str_skip(s, 1);
	}
	assert_str_equal(buf_str(&b), str_of(wanted));
}

static void
run_row(const struct row *r, const char *bundle, size_t step)
{
	struct arena a = t_arena();
	struct trust_conf conf = {
		.bundle = path_of(r->bundle || r->system ? r->bundle : bundle,
		    &a),
		.system = path_of(r->system ? r->system : "absent", &a),
		.made_s = MADE,
	};
	char *half = arena_get(&a, 32 << 20);
	struct arena in = { half, 32 << 20, 0 };
	struct trust *t = arena_get(&a, sizeof(*t));
	struct err e = { ERR_NONE, "" };
	size_t mark = a.used;
	unsigned code;

	trust_init(t, &conf, &a);
	code = judge(t, r, step, &in, &e);
	if (r->msg) {
		assert_int_not_equal(code, 0);
		assert_msg(e.msg, r->msg);
		assert_int_equal(e.kind, r->kind ? r->kind : ERR_TRUST);
	} else {
		assert_string_equal(e.msg, "");
		assert_int_equal(code, 0);
	}
	trust_end(t);
	assert_int_equal(a.used, mark);
}

static void
run_table(const struct row *rows, size_t n, const char *bundle)
{
	for (size_t i = 0; i < n; i++) {
		run_row(&rows[i], bundle, SIZE_MAX);
		run_row(&rows[i], bundle, 1);
	}
}

static void
believed(void **state)
{
	static const struct row rows[] = {
		{ .chain = { "good", "inter" } },
		{ .chain = { "good", "inter", "root" } },
		{ { "good", "inter" }, .name = "GOOD.example" },
		{ { "good", "inter" }, .name = "a.wild.example" },
		/* an anchor in the middle, and the server itself */
		{ { "good" }, .bundle = "inter.crt" },
		{ { "self" }, .bundle = "self.crt" },
		{ { "good" }, .bundle = "good.crt" },
		{ { "egood", "einter" }, .bundle = "eroot.crt" },
		/* found among others, CR LF, and entries that are broken */
		{ { "good", "inter" }, .bundle = "both.pem" },
		{ { "good", "inter" }, .bundle = "mixed.pem" },
		/* two anchors of one name: the second one's signature fits */
		{ { "good", "inter" }, .bundle = "twins.pem" },
		/* what follows the point of trust does not matter */
		{ .chain = { "good", "inter", "weak" } },
		{ .chain = { "good", "inter", "client" } },
		{ { "good", "inter" }, .system = "root.crt" },
		{ { "good", "inter" }, .system = "mixed.pem" },
		/* the last second of the certificate, and the first */
		{ { "expired", "inter" }, .now = 1769904000 },
		{ { "future", "inter" }, .now = 1861920000 },
	};

	(void)state;
	run_table(rows, sizeof(rows) / sizeof(rows[0]), "root.crt");
}

#define UNKNOWN(who) "issued by '" who "', an authority not known here; if " \
    "it is yours, name a file with its certificate by AWS_CA_BUNDLE or " \
    "--ca-bundle"

static void
not_anchored(void **state)
{
	static const struct row rows[] = {
		{ { "good", "inter" }, .msg = UNKNOWN("Test Root") },
		{ { "good" }, .msg = UNKNOWN("Test CA") },
		{ { "good", "inter" }, .system = "eroot.crt", .msg =
		    UNKNOWN("Test Root") },
		{ { "good", "inter" }, .system = "empty.pem", .msg =
		    "ca bundle: no certificate in 'empty.pem'" },
		{ { "self" }, .msg = UNKNOWN("self") },
		{ { "good", "inter" }, .bundle = "eroot.crt",
		    .system = "root.crt", .msg =
		    "issued by 'Test Root', which is not in ca bundle"
		    " 'eroot.crt'" },
		{ { "egood", "einter" }, .bundle = "mixed.pem", .msg =
		    "issued by 'Test EC Root', which is not in ca bundle"
		    " 'mixed.pem' (some of its entries cannot be read)" },
		{ { "good" }, .bundle = "root.crt", .msg =
		    "issued by 'Test CA', which is not in ca bundle"
		    " 'root.crt'" },
		{ { "good", "inter" }, .bundle = "twin.crt", .msg =
		    "not signed by the 'Test Root' that is trusted here" },
		/* more of one name than there is room for */
		{ { "good", "inter" }, .bundle = "many.pem", .msg =
		    "not signed by the 'Test Root' that is trusted here" },
		/* no CA is no anchor for others */
		{ { "bygood" }, .bundle = "good.crt", .msg =
		    "not signed by the 'good' that is trusted here" },
		{ { "byweak" }, .bundle = "weakroot.crt", .msg =
		    "trusted authority has an RSA key of 1024 bits, at least"
		    " 2048 wanted" },
		{ { "good", "inter" }, .bundle = "absent",
		    .system = "root.crt", .msg =
		    "ca bundle: open 'absent': No such file or directory" },
		{ { "good", "inter" }, .bundle = "empty.pem",
		    .system = "root.crt", .msg =
		    "ca bundle: no certificate in 'empty.pem'" },
		{ { "good", "inter" }, .bundle = "",
		    .system = "root.crt", .msg =
		    "ca bundle: read '': Is a directory" },
		{ { "good", "inter" }, .bundle = "/dev/null",
		    .system = "root.crt", .msg =
		    "ca bundle: no certificate in '/dev/null'" },
	};

	(void)state;
	run_table(rows, sizeof(rows) / sizeof(rows[0]), NULL);
}

static void
refused(void **state)
{
	static const struct row rows[] = {
		{ { "good", "inter" }, .name = "bad.example", .msg =
		    "certificate is not for 'bad.example' but for"
		    " 'good.example' and 1 more" },
		{ { "good", "inter" }, .name = "wild.example",
		    .msg = "certificate is not for 'wild.example' but for"
		    " 'good.example' and 1 more" },
		{ { "good", "inter" }, .name = "a.b.wild.example",
		    .msg = "certificate is not for 'a.b.wild.example' but for"
		    " 'good.example' and 1 more" },
		{ { "self" }, .bundle = "self.crt", .name = "bad.example",
		    .msg = "certificate is not for 'bad.example' but for"
		    " 'good.example'" },
		{ { "nosan", "inter" }, .name = "bad.example",
		    .msg = "certificate is not for 'bad.example'; it names no"
		    " host" },
		{ { "nosan", "inter" },
		    .msg = "certificate has no subjectAltName" },
		{ { "good", "inter" }, .name = "", .msg =
		    "no name to verify", .kind = ERR_USAGE },
		{ { "expired", "inter" }, .msg =
		    "certificate expired at 2026-02-01T00:00:00Z; the clock"
		    " says 2027-06-01T00:00:00Z" },
		{ { "byoldca", "oldca" }, .msg =
		    "certificate of 'Old CA' expired at 2026-02-01T00:00:00Z;"
		    " the clock says 2027-06-01T00:00:00Z" },
		{ { "future", "inter" }, .msg =
		    "certificate is not valid before 2029-01-01T00:00:00Z; the"
		    " clock says 2027-06-01T00:00:00Z" },
		{ { "good", "inter" }, .now = 86400, .msg =
		    "the clock says 1970-01-02, before this program was made;"
		    " set the clock" },
		{ { "good", "inter" }, .now = -1, .msg =
		    "the clock says 1969-12-31, before this program was made;"
		    " set the clock" },
		{ { "good", "inter" }, .now = INT64_C(4102444800),
		    .msg = "certificate expired at 2030-01-01T00:00:00Z; the"
		    " clock says 2100-01-01T00:00:00Z" },
		{ { "weak", "inter" }, .msg =
		    "certificate has an RSA key of 1024 bits, at least 2048"
		    " wanted" },
		{ { "byweak", "weakroot" }, .msg =
		    "certificate of 'Weak Root' has an RSA key of 1024 bits,"
		    " at least 2048 wanted" },
		{ { "sha1", "inter" }, .msg =
		    "certificate is signed with SHA-1, which is not safe" },
		{ { "client", "inter" }, .msg =
		    "certificate is not for servers (extended key usage)" },
		{ { "bymail", "mail" }, .msg =
		    "certificate of 'Mail CA' is not for servers (extended key"
		    " usage)" },
		{ { "critical", "inter" }, .msg =
		    "certificate has a critical extended key usage, which this"
		    " build cannot check" },
		{ { "byconfined", "confined" }, .msg =
		    "certificate of 'Confined CA' has a name constraint, which"
		    " this build cannot check" },
		{ { "bygood", "good", "inter" }, .msg =
		    "certificate of 'good' may not issue certificates like"
		    " this" },
		{ { "good", "egood", "inter" }, .msg =
		    "certificate of 'good' does not belong here in the chain;"
		    " the server sends it out of order" },
		{ { "good", "twininter" }, .msg =
		    "certificate of 'Test CA' does not fit the signature of"
		    " the one before it" },
		{ { "cut", "inter" }, .msg =
		    "certificate is malformed", .kind = ERR_REPLY },
		{ { "good", "cut" }, .msg =
		    "certificate of '' is malformed", .kind = ERR_REPLY },
		{ { NULL }, .msg =
		    "server sent no certificate", .kind = ERR_REPLY },
	};

	(void)state;
	run_table(rows, sizeof(rows) / sizeof(rows[0]), "root.crt");
}

/* Anchors compiled in come before the system's bundle. */
static void
compiled_in(void **state)
{
	struct arena a = t_arena();
	struct x509 root;
	br_x509_trust_anchor anchor = { .flags = BR_X509_TA_CA };
	struct trust_conf conf = {
		.roots = &anchor, .roots_count = 1, .system = "/dev/null",
	};
	const struct row r = { .chain = { "good", "inter" } };
	static struct trust t;
	struct err e;

	(void)state;
	assert_true(x509_read(pki_file("root.der", &a), &root));
	anchor.dn.data = (unsigned char *)root.subject.p;
	anchor.dn.len = root.subject.n;
	anchor.pkey.key_type = BR_KEYTYPE_RSA;
	anchor.pkey.key.rsa = (br_rsa_public_key){
		(unsigned char *)root.modulus.p, root.modulus.n,
		(unsigned char *)root.exponent.p, root.exponent.n };
	trust_init(&t, &conf, &a);
	/* /dev/null would be told as a bundle without certificates. */
	assert_int_equal(judge(&t, &r, 100, &a, &e), 0);
}

/* Those that are shipped: whole Names, and authorities. */
static void
shipped(void **state)
{
	static const char *const names[] = {
		"Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3",
		"Amazon Root CA 4",
		"Starfield Services Root Certificate Authority - G2",
	};

	(void)state;
	assert_int_equal(trust_roots_count, 5);
	for (size_t i = 0; i < trust_roots_count; i++) {
		const br_x509_trust_anchor *root = &trust_roots[i];
		struct str dn = { (const char *)root->dn.data, root->dn.len };
		char text[80];
		struct buf b = BUF(text);

		assert_true(der_only(dn, DER_SEQUENCE, NULL));
		x509_name(dn, &b);
		assert_str_equal(buf_str(&b), str_of(names[i]));
		assert_int_equal(root->flags, BR_X509_TA_CA);
	}
}

static void
bounds(void **state)
{
	static char big[TLS_CERT_MAX + 1];
	struct arena a = t_arena();
	static struct trust t;
	struct err e;
	struct str good = pki_file("good.der", &a);

	(void)state;
	trust_init(&t, &(struct trust_conf){ .system = "/dev/null" }, &a);
	trust_begin(&t, PKI_NOW, &e);
	t.vtable->start_chain(&t.vtable, "good.example");
	for (size_t i = 0; i <= TLS_CHAIN_COUNT_MAX; i++)
		feed(&t, good, 1000);
	assert_int_not_equal(t.vtable->end_chain(&t.vtable), 0);
	assert_string_equal(e.msg, "more than 10 certificates");
	assert_int_equal(e.kind, ERR_LIMIT);
	trust_end(&t);

	trust_begin(&t, PKI_NOW, &e);
	t.vtable->start_chain(&t.vtable, "good.example");
	feed(&t, (struct str){ big, sizeof(big) }, 1000);
	assert_int_not_equal(t.vtable->end_chain(&t.vtable), 0);
	assert_string_equal(e.msg, "certificate of 16385 bytes, at most 16384"
	    " and 65536 for all");
	trust_end(&t);

	/* More and fewer bytes than were announced. */
	for (uint32_t off = 0; off < 2; off++) {
		trust_begin(&t, PKI_NOW, &e);
		t.vtable->start_chain(&t.vtable, "good.example");
		t.vtable->start_cert(&t.vtable, off ? 9 : 11);
		t.vtable->append(&t.vtable,
		    (const unsigned char *)"0123456789", 10);
		t.vtable->end_cert(&t.vtable);
		assert_int_not_equal(t.vtable->end_chain(&t.vtable), 0);
		assert_string_equal(e.msg, off ?
		    "certificate is longer than announced" :
		    "certificate is shorter than announced");
		trust_end(&t);
	}

	a.cap = a.used + 100;
	trust_begin(&t, PKI_NOW, &e);
	t.vtable->start_chain(&t.vtable, "good.example");
	feed(&t, good, 1000);
	assert_int_not_equal(t.vtable->end_chain(&t.vtable), 0);
	assert_int_equal(e.kind, ERR_LIMIT);
	trust_end(&t);
}

/* Each of BearSSL's codes has words, whatever the certificate. */
static void
every_code(void **state)
{
	static struct chain c = { .name = "good.example", .count = 2 };
	struct err e;

	(void)state;
	for (int known = 0; known < 2; known++)
		for (unsigned code = 33; code <= 62; code++)
			for (size_t at = 0; at < 2; at++) {
				struct verdict v = { code, at, false };

				c.link[at].known = known;
				e = (struct err){ ERR_NONE, "" };
				assert_false(refusal_explain(&c, v, &e));
				assert_int_not_equal(e.kind, ERR_NONE);
				assert_int_not_equal(e.msg[0], '\0');
			}
}

/* A Name with a commonName of 200 bytes: more than a message quotes. */
#define LONG_NAME "\x30\x81\xd6\x31\x81\xd3\x30\x81\xd0" \
	"\x06\x03\x55\x04\x03\x0c\x81\xc8"
#define X16 "xxxxxxxxxxxxxxxx"
#define ITS "certificate of '" X16 X16 X16 X16 "'"

static void
of_an_authority(void **state)
{
	static const struct {
		bool usage, constraints;
		const char *msg;
	} cases[] = {
		{ true, false, ITS " has a critical extended key usage, which"
		    " this build cannot check" },
		{ false, true, ITS " has a critical name constraint, which"
		    " this build cannot check" },
		{ false, false, ITS " has a critical extension, which this"
		    " build cannot check" },
	};
	static struct chain c = { .name = "good.example", .count = 2 };
	struct verdict v = { BR_ERR_X509_CRITICAL_EXTENSION, 1, false };
	char name[217 + 1] = LONG_NAME;
	struct x509 *cert = &c.link[1].cert;
	struct err e;

	(void)state;
	memset(name + sizeof(LONG_NAME) - 1, 'x', 200);
	assert_false(refusal_check(&c, 1, &e));
	assert_string_equal(e.msg, "certificate of '' is malformed");

	c.link[1].known = true;
	cert->subject = (struct str){ name, 217 };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cert->usage_critical = cases[i].usage;
		cert->constraints = cases[i].constraints;
		assert_false(refusal_explain(&c, v, &e));
		assert_string_equal(e.msg, cases[i].msg);
	}
}

static void
bundle_without_memory(void **state)
{
	struct str wanted = S("x");
	struct x509 found;
	struct bundle b = { &wanted, 1, &found, 1, 0, 0, 0 };
	struct arena none = { NULL, 0, 0 };
	struct err e;

	(void)state;
	assert_false(bundle_search(&b, S("-----BEGIN CERTIFICATE-----\n"
	    "MAAwAA==\n-----END CERTIFICATE-----\n"), &none, &e));
	assert_string_equal(e.msg,
	    "out of memory for a certificate of 9 bytes");
	assert_int_equal(e.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believed),
		cmocka_unit_test(not_anchored),
		cmocka_unit_test(refused),
		cmocka_unit_test(compiled_in),
		cmocka_unit_test(shipped),
		cmocka_unit_test(bounds),
		cmocka_unit_test(every_code),
		cmocka_unit_test(of_an_authority),
		cmocka_unit_test(bundle_without_memory),
	};

	return cmocka_run_group_tests(tests, pki_make, pki_remove);
}
