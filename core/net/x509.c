#include "net/x509.h"

#include "base/date.h"
#include "net/der.h"

/* Bodies of OIDs. */
#define OID_EXTENSION "\x55\x1d"		/* 2.5.29: id-ce */
#define OID_ATTRIBUTE "\x55\x04"		/* 2.5.4: id-at */
#define OID_PKCS1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define OID_RSA OID_PKCS1 "\x01"
#define OID_EC_KEY "\x2a\x86\x48\xce\x3d\x02\x01"
#define OID_P256 "\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define OID_P384 "\x2b\x81\x04\x00\x22"
#define OID_P521 "\x2b\x81\x04\x00\x23"
#define OID_SERVER_AUTH "\x2b\x06\x01\x05\x05\x07\x03\x01"
#define OID_ANY_USAGE OID_EXTENSION "\x25\x00"

/* Last arcs of id-ce. */
enum {
	SUBJECT_ALT_NAME = 17,
	BASIC_CONSTRAINTS = 19,
	NAME_CONSTRAINTS = 30,
	EXTENDED_KEY_USAGE = 37,
};

/* Tags that depend on the place. */
enum {
	TAG_VERSION = 0xa0,	/* [0] EXPLICIT */
	TAG_ISSUER_ID = 0x81,
	TAG_SUBJECT_ID = 0x82,
	TAG_EXTENSIONS = 0xa3,
	TAG_DNS_NAME = 0x82,	/* in GeneralName */
};

/* UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ, nothing else:
 * RFC 5280 4.1.2.5.
 */
static bool
take_time(struct str *s, int64_t *t)
{
	char text[DATE_ISO_LEN];
	struct buf b = BUF(text);
	struct der el;
	struct str d;

	if (!der_next(s, &el))
		return false;
	d = el.body;
	if (el.tag == DER_UTC_TIME && d.n == 13)
		buf_add(&b, d.p[0] < '5' ? S("20") : S("19"));
	else if (el.tag != DER_TIME || d.n != 15)
		return false;
	buf_add(&b, str_head(d, d.n - 11));
	d = str_skip(d, d.n - 11);	/* MMDDHHMMSSZ */
	for (size_t i = 0; i < 10; i += 2) {
		buf_char(&b, "--T::"[i / 2]);
		buf_add(&b, str_head(str_skip(d, i), 2));
	}
	buf_add(&b, str_skip(d, 10));
	return !b.full && date_iso(buf_str(&b), t);
}

/* A positive INTEGER without its leading zero. */
static bool
take_natural(struct str *s, struct str *n)
{
	struct str v;

	if (!der_take(s, DER_INTEGER, &v) || v.n == 0 ||
	    (unsigned char)v.p[0] >= 0x80)
		return false;
	if (v.p[0] == 0) {
		v = str_skip(v, 1);
		/* A zero that was not needed, or nothing but zero. */
		if (v.n == 0 || (unsigned char)v.p[0] < 0x80)
			return false;
	}
	*n = v;
	return true;
}

/* AlgorithmIdentifier: the OID, and what follows it. */
static bool
read_algorithm(struct str body, struct str *oid, struct str *parameters)
{
	if (!der_take(&body, DER_OID, oid))
		return false;
	*parameters = body;
	return true;
}

/* RFC 8422 5.1.1, NamedCurve; explicit parameters are no named curve. */
static int
curve_of(struct str parameters)
{
	struct str oid;

	if (!der_only(parameters, DER_OID, &oid))
		return 0;
	return str_eq(oid, S(OID_P256)) ? 23 : str_eq(oid, S(OID_P384)) ? 24 :
	    str_eq(oid, S(OID_P521)) ? 25 : 0;
}

/* SubjectPublicKeyInfo. */
static bool
read_key(struct str body, struct x509 *c)
{
	struct str algorithm, oid, parameters, bits, rsa;

	if (!der_take(&body, DER_SEQUENCE, &algorithm) ||
	    !read_algorithm(algorithm, &oid, &parameters) ||
	    !der_only(body, DER_BITS, &bits) || bits.n == 0 || bits.p[0] != 0)
		return false;
	bits = str_skip(bits, 1);
	c->key = X509_KEY_OTHER;
	if (str_eq(oid, S(OID_RSA))) {
		c->key = X509_KEY_RSA;
		return der_only(bits, DER_SEQUENCE, &rsa) &&
		    take_natural(&rsa, &c->modulus) &&
		    take_natural(&rsa, &c->exponent) && rsa.n == 0;
	}
	if (str_eq(oid, S(OID_EC_KEY))) {
		c->key = X509_KEY_EC;
		c->curve = curve_of(parameters);
		c->point = bits;
	}
	return true;
}

/* RFC 5280 4.2.1.12. */
static bool
read_usage(struct str value, bool critical, struct x509 *c)
{
	struct str list, oid;

	if (!der_only(value, DER_SEQUENCE, &list) || list.n == 0)
		return false;
	c->usage = true;
	c->usage_critical = critical;
	while (list.n) {
		if (!der_take(&list, DER_OID, &oid))
			return false;
		if (str_eq(oid, S(OID_SERVER_AUTH)) ||
		    str_eq(oid, S(OID_ANY_USAGE)))
			c->usage_server = true;
	}
	return true;
}

/* RFC 5280 4.2.1.9. DER leaves a FALSE out, but roots that write it are about
 * (X.690 11.5).
 */
static bool
read_constraints(struct str value, struct x509 *c)
{
	struct str body, flag;

	if (!der_only(value, DER_SEQUENCE, &body))
		return false;
	if (der_take(&body, DER_BOOLEAN, &flag)) {
		if (flag.n != 1)
			return false;
		c->ca = flag.p[0] != 0;
	}
	return body.n == 0 || der_only(body, DER_INTEGER, NULL);
}

static bool
read_extension(struct str body, uint64_t *seen, struct x509 *c)
{
	struct str oid, flag, value;
	bool critical = false;
	unsigned arc;

	if (!der_take(&body, DER_OID, &oid))
		return false;
	if (der_take(&body, DER_BOOLEAN, &flag)) {
		if (flag.n != 1)
			return false;
		critical = flag.p[0] != 0;
	}
	if (!der_only(body, DER_OCTETS, &value))
		return false;
	if (oid.n != 3 || !str_starts(oid, S(OID_EXTENSION)))
		return true;
	arc = (unsigned char)oid.p[2];
	if (arc < 64) {
		if (*seen & UINT64_C(1) << arc)	/* RFC 5280 4.2 */
			return false;
		*seen |= UINT64_C(1) << arc;
	}
	switch (arc) {
	case SUBJECT_ALT_NAME:
		c->alt = true;
		return der_only(value, DER_SEQUENCE, &c->names);
	case BASIC_CONSTRAINTS:
		return read_constraints(value, c);
	case NAME_CONSTRAINTS:
		c->constraints = true;
		return true;
	case EXTENDED_KEY_USAGE:
		return read_usage(value, critical, c);
	default:
		return true;
	}
}

static bool
read_extensions(struct str body, struct x509 *c)
{
	struct str list, extension;
	uint64_t seen = 0;

	if (!der_only(body, DER_SEQUENCE, &list) || list.n == 0)
		return false;
	while (list.n)
		if (!der_take(&list, DER_SEQUENCE, &extension) ||
		    !read_extension(extension, &seen, c))
			return false;
	return true;
}

/* [0] EXPLICIT Version DEFAULT v1. *v is 0 for version 1. */
static bool
take_version(struct str *s, int *v)
{
	struct str outer, number;

	*v = 0;
	if (!der_take(s, TAG_VERSION, &outer))
		return true;
	if (!der_only(outer, DER_INTEGER, &number) || number.n != 1 ||
	    (unsigned char)number.p[0] > 2)
		return false;
	*v = number.p[0];
	return true;
}

static bool
take_name(struct str *s, struct str *name)
{
	struct der el;

	if (!der_next(s, &el) || el.tag != DER_SEQUENCE)
		return false;
	*name = el.whole;
	return true;
}

/* TBSCertificate, RFC 5280 4.1; signature is the algorithm's body outside. */
static bool
read_tbs(struct str tbs, struct str signature, struct x509 *c)
{
	struct str algorithm, validity, key, extensions;
	int version;

	if (!take_version(&tbs, &version) ||
	    !der_take(&tbs, DER_INTEGER, NULL) ||
	    !der_take(&tbs, DER_SEQUENCE, &algorithm) ||
	    !str_eq(algorithm, signature) ||	/* 4.1.1.2 */
	    !take_name(&tbs, &c->issuer) ||
	    !der_take(&tbs, DER_SEQUENCE, &validity) ||
	    !take_time(&validity, &c->not_before) ||
	    !take_time(&validity, &c->not_after) || validity.n ||
	    !take_name(&tbs, &c->subject) ||
	    !der_take(&tbs, DER_SEQUENCE, &key) || !read_key(key, c))
		return false;
	(void)der_take(&tbs, TAG_ISSUER_ID, NULL);
	(void)der_take(&tbs, TAG_SUBJECT_ID, NULL);
	if (tbs.n == 0)
		return true;
	return version == 2 && der_only(tbs, TAG_EXTENSIONS, &extensions) &&
	    read_extensions(extensions, c);
}

bool
x509_read(struct str der, struct x509 *c)
{
	struct x509 new = { .key = X509_KEY_OTHER };
	struct str body, tbs, algorithm, parameters;

	if (!der_only(der, DER_SEQUENCE, &body) ||
	    !der_take(&body, DER_SEQUENCE, &tbs) ||
	    !der_take(&body, DER_SEQUENCE, &algorithm) ||
	    !der_only(body, DER_BITS, NULL) ||
	    !read_algorithm(algorithm, &new.signature, &parameters) ||
	    !read_tbs(tbs, algorithm, &new))
		return false;
	*c = new;
	return true;
}

bool
x509_subject(struct str der, struct str *subject)
{
	struct str body, tbs;
	int version;

	return der_only(der, DER_SEQUENCE, &body) &&
	    der_take(&body, DER_SEQUENCE, &tbs) &&
	    take_version(&tbs, &version) &&
	    der_take(&tbs, DER_INTEGER, NULL) &&
	    der_take(&tbs, DER_SEQUENCE, NULL) &&	/* signature */
	    der_take(&tbs, DER_SEQUENCE, NULL) &&	/* issuer */
	    der_take(&tbs, DER_SEQUENCE, NULL) &&	/* validity */
	    take_name(&tbs, subject);
}

size_t
x509_bits(const struct x509 *c)
{
	size_t bits = c->modulus.n * 8;

	if (bits)
		for (unsigned top = (unsigned char)c->modulus.p[0];
		    top < 0x80; top <<= 1)
			bits--;
	return bits;
}

const char *
x509_weak_hash(const struct x509 *c)
{
	if (str_eq(c->signature, S(OID_PKCS1 "\x05")) ||
	    str_eq(c->signature, S("\x2a\x86\x48\xce\x3d\x04\x01")))
		return "SHA-1";
	return str_eq(c->signature, S(OID_PKCS1 "\x04")) ? "MD5" : NULL;
}

bool
x509_dns_name(const struct x509 *c, struct str *name, size_t *more)
{
	struct str list = c->names;
	struct der el;
	size_t found = 0;

	while (der_next(&list, &el))
		if (el.tag == TAG_DNS_NAME && found++ == 0)
			*name = el.body;
	if (found)
		*more = found - 1;
	return found > 0;
}

/* The last attribute 2.5.4.arc of a Name that is not empty; the most specific
 * comes last.
 */
static bool
attribute(struct str name, char arc, struct str *value)
{
	struct str sets, set, pair, oid;
	struct der el;
	bool found = false;

	if (!der_only(name, DER_SEQUENCE, &sets))
		return false;
	while (der_take(&sets, DER_SET, &set))
		while (der_take(&set, DER_SEQUENCE, &pair))
			if (der_take(&pair, DER_OID, &oid) && oid.n == 3 &&
			    str_starts(oid, S(OID_ATTRIBUTE)) &&
			    oid.p[2] == arc && der_next(&pair, &el) &&
			    el.body.n) {
				*value = el.body;
				found = true;
			}
	return found;
}

void
x509_name(struct str name, struct buf *b)
{
	struct str value;

	/* commonName, organizationName, organizationalUnitName */
	if (attribute(name, 3, &value) || attribute(name, 10, &value) ||
	    attribute(name, 11, &value))
		buf_safe(b, str_head(value, 64));	/* ub-common-name */
	else
		buf_add(b, S("(no name)"));
}
