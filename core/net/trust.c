#include "net/trust.h"

#include <string.h>

#include "net/bundle.h"
#include "net/roots.h"
#include "sys/file.h"

/* Days from 0000-01-01, where BearSSL counts from, to 1970-01-01. */
#define EPOCH_DAYS 719528

static struct trust *
trust_of(const br_x509_class **vtable)
{
	return (struct trust *)(void *)((char *)vtable -
	    offsetof(struct trust, vtable));
}

static void
add_anchor(struct trust *t, const br_x509_trust_anchor *anchor)
{
	if (t->anchors_count < TLS_ANCHORS_MAX)
		t->anchors[t->anchors_count++] = *anchor;
}

/* A certificate of a bundle as an anchor. One that is no CA is good for
 * direct trust only.
 */
static void
add_certificate(struct trust *t, const struct x509 *c)
{
	br_x509_trust_anchor anchor = {
		.dn = { (unsigned char *)c->subject.p, c->subject.n },
		.flags = c->ca ? BR_X509_TA_CA : 0,
	};

	if (c->key == X509_KEY_RSA && c->modulus.n < TLS_RSA_MIN) {
		t->chain.weak_bits = x509_bits(c);
		return;
	}
	if (c->key == X509_KEY_RSA) {
		anchor.pkey.key_type = BR_KEYTYPE_RSA;
		anchor.pkey.key.rsa.n = (unsigned char *)c->modulus.p;
		anchor.pkey.key.rsa.nlen = c->modulus.n;
		anchor.pkey.key.rsa.e = (unsigned char *)c->exponent.p;
		anchor.pkey.key.rsa.elen = c->exponent.n;
	} else if (c->key == X509_KEY_EC && c->curve) {
		anchor.pkey.key_type = BR_KEYTYPE_EC;
		anchor.pkey.key.ec.curve = c->curve;
		anchor.pkey.key.ec.q = (unsigned char *)c->point.p;
		anchor.pkey.key.ec.qlen = c->point.n;
	} else {
		return;
	}
	add_anchor(t, &anchor);
}

/* The names that an anchor may have: the chain's issuers, and the server
 * itself. Returns how many.
 */
static size_t
subjects(const struct trust *t, struct str names[TLS_CHAIN_COUNT_MAX + 1])
{
	size_t n = 0;

	names[n++] = t->chain.link[0].cert.subject;
	for (size_t i = 0; i < t->chain.count; i++)
		if (t->chain.link[i].known)
			names[n++] = t->chain.link[i].cert.issuer;
	return n;
}

static void
seek_roots(struct trust *t)
{
	const br_x509_trust_anchor *roots = t->conf.roots;
	size_t count = t->conf.roots_count, n;
	struct str names[TLS_CHAIN_COUNT_MAX + 1];

	if (!roots) {
		roots = trust_roots;
		count = trust_roots_count;
	}
	n = subjects(t, names);
	for (size_t r = 0; r < count; r++)
		for (size_t i = 1; i < n; i++)
			if (str_eq(names[i], (struct str){
			    (const char *)roots[r].dn.data, roots[r].dn.len }))
			{
				add_anchor(t, &roots[r]);
				break;
			}
}

/* Anchors from the bundle at path. ERR_ABSENT when there is no such file. */
static bool
seek_bundle(struct trust *t, const char *path, struct err *e)
{
	struct str names[TLS_CHAIN_COUNT_MAX + 1], text;
	struct x509 found[TLS_ANCHORS_MAX];
	struct bundle b = {
		.subjects = names,
		.subjects_count = subjects(t, names),
		.found = found,
		.max = TLS_ANCHORS_MAX,
	};

	if (!file_read(path, CA_BUNDLE_MAX, t->a, &text, e) ||
	    !bundle_search(&b, text, t->a, e))
		return err_in(e, "ca bundle");
	if (b.certificates == 0)
		return err_set(e, ERR_TRUST, "ca bundle: no certificate in"
		    " '%s'", path);
	t->chain.broken = b.broken;
	t->anchors_count = 0;
	for (size_t i = 0; i < b.found_count; i++)
		add_certificate(t, &found[i]);
	return true;
}

static bool
seek_user(struct trust *t, struct err *e)
{
	if (seek_bundle(t, t->conf.bundle, e))
		return true;
	/* Nobody is to take this for something that may be missing. */
	if (e->kind == ERR_ABSENT || e->kind == ERR_SYS)
		e->kind = ERR_TRUST;
	return false;
}

/* The first system bundle there is; none at all is no failure. */
static bool
seek_system(struct trust *t, struct err *e)
{
	struct err why;

	t->anchors_count = 0;
	for (size_t i = 0; i < (t->conf.system ? 1 : BUNDLE_PLACES); i++) {
		if (seek_bundle(t, t->conf.system ? t->conf.system :
		    bundle_places[i], &why))
			return true;
		if (why.kind != ERR_ABSENT) {
			if (why.kind != ERR_LIMIT)
				why.kind = ERR_TRUST;
			*e = why;
			return false;
		}
	}
	return true;
}

/* Put the chain through BearSSL against the anchors gathered. */
static struct verdict
replay(struct trust *t)
{
	br_x509_minimal_context *xc = &t->xc;
	const br_x509_class *engine = &br_x509_minimal_vtable;
	int64_t now = t->chain.now < 0 ? 0 : t->chain.now;
	size_t i = 0;
	unsigned code;

	br_x509_minimal_init(xc, &br_sha256_vtable, t->anchors,
	    t->anchors_count);
	br_x509_minimal_set_hash(xc, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(xc, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(xc, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_rsa(xc, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_ecdsa(xc, &br_ec_all_m31, br_ecdsa_i31_vrfy_asn1);
	br_x509_minimal_set_minrsa(xc, (int)TLS_RSA_MIN);
	br_x509_minimal_set_time(xc, (uint32_t)(now / 86400 + EPOCH_DAYS),
	    (uint32_t)(now % 86400));
	engine->start_chain(&xc->vtable, t->chain.name);
	for (; i < t->chain.count; i++) {
		struct str der = t->chain.link[i].der;

		engine->start_cert(&xc->vtable, (uint32_t)der.n);
		engine->append(&xc->vtable, (const unsigned char *)der.p,
		    der.n);
		engine->end_cert(&xc->vtable);
		/* Not public, but only this tells where the chain ended. */
		if (xc->err)
			break;
	}
	code = engine->end_chain(&xc->vtable);
	if (i == t->chain.count)
		i--;
	return (struct verdict){ code, i, t->anchors_count > 0 };
}

/* Find anchors and let BearSSL decide. False: there was none to decide. */
static bool
decide(struct trust *t, struct verdict *v, struct err *e)
{
	bool tried = false;

	if (t->conf.bundle) {
		if (!seek_user(t, e))
			return false;
		*v = replay(t);
		return true;
	}
	seek_roots(t);
	if (t->anchors_count) {
		*v = replay(t);
		/* No other anchor makes the name right. */
		if (v->code == 0 || v->code == BR_ERR_X509_BAD_SERVER_NAME)
			return true;
		tried = true;
	}
	if (!seek_system(t, e))
		return false;
	if (t->anchors_count || !tried)
		*v = replay(t);
	return true;
}

static bool
check(struct trust *t, struct err *e)
{
	struct verdict v;

	if (t->chain.count == 0)
		return err_set(e, ERR_REPLY, "server sent no certificate");
	for (size_t i = 0; i < t->chain.count; i++)
		t->chain.link[i].known = x509_read(t->chain.link[i].der,
		    &t->chain.link[i].cert);
	if (!t->chain.link[0].known)
		return err_set(e, ERR_REPLY, "certificate is malformed");
	if (!decide(t, &v, e))
		return false;
	if (v.code)
		return refusal_explain(&t->chain, v, e);
	/* What BearSSL does not look at, as far as it went. */
	for (size_t i = 0; i <= v.at; i++)
		if (!refusal_check(&t->chain, i, e))
			return false;
	return true;
}

/* Room for one more certificate of n bytes. */
static bool
add_link(struct trust *t, size_t n, struct err *e)
{
	char *p;

	if (t->chain.count == TLS_CHAIN_COUNT_MAX)
		return err_set(e, ERR_LIMIT, "more than %u certificates",
		    TLS_CHAIN_COUNT_MAX);
	if (n > TLS_CERT_MAX || n > TLS_CHAIN_MAX - t->total)
		return err_set(e, ERR_LIMIT, "certificate of %zu bytes, at"
		    " most %u and %u for all", n, TLS_CERT_MAX, TLS_CHAIN_MAX);
	p = arena_get(t->a, n);
	if (!p)
		return err_set(e, ERR_LIMIT, "out of memory for a certificate"
		    " of %zu bytes", n);
	t->chain.link[t->chain.count++].der = (struct str){ p, n };
	t->total += n;
	t->filled = 0;
	return true;
}

static bool
fill_link(struct trust *t, const unsigned char *p, size_t n, struct err *e)
{
	struct str der = t->chain.link[t->chain.count - 1].der;

	if (n > der.n - t->filled)
		return err_set(e, ERR_REPLY,
		    "certificate is longer than announced");
	if (n)
		memcpy((char *)der.p + t->filled, p, n);
	t->filled += n;
	return true;
}

/* What BearSSL calls. A failure stays. */

static void
start_chain(const br_x509_class **ctx, const char *server_name)
{
	struct trust *t = trust_of(ctx);

	t->chain.name = server_name;
	/* The engine below checks no name when it is given none. */
	if (!t->failed && (!server_name || !*server_name))
		t->failed = !err_set(t->e, ERR_USAGE, "no name to verify");
}

static void
start_cert(const br_x509_class **ctx, uint32_t length)
{
	struct trust *t = trust_of(ctx);

	if (!t->failed)
		t->failed = !add_link(t, length, t->e);
}

static void
append(const br_x509_class **ctx, const unsigned char *p, size_t n)
{
	struct trust *t = trust_of(ctx);

	if (!t->failed)
		t->failed = !fill_link(t, p, n, t->e);
}

static void
end_cert(const br_x509_class **ctx)
{
	struct trust *t = trust_of(ctx);

	if (!t->failed && t->filled < t->chain.link[t->chain.count - 1].der.n)
		t->failed = !err_set(t->e, ERR_REPLY,
		    "certificate is shorter than announced");
}

static unsigned
end_chain(const br_x509_class **ctx)
{
	struct trust *t = trust_of(ctx);

	if (!t->failed)
		t->failed = !check(t, t->e);
	return t->failed ? BR_ERR_X509_NOT_TRUSTED : 0;
}

static const br_x509_pkey *
get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	const struct trust *t = (const void *)((const char *)ctx -
	    offsetof(struct trust, vtable));

	if (t->failed)
		return NULL;
	return br_x509_minimal_vtable.get_pkey(&t->xc.vtable, usages);
}

static const br_x509_class trust_class = {
	sizeof(struct trust), start_chain, start_cert, append, end_cert,
	end_chain, get_pkey,
};

void
trust_init(struct trust *t, const struct trust_conf *conf, struct arena *a)
{
	memset(t, 0, sizeof(*t));
	t->conf = *conf;
	t->vtable = &trust_class;
	t->a = a;
}

void
trust_begin(struct trust *t, int64_t now, struct err *e)
{
	memset(&t->chain, 0, sizeof(t->chain));
	t->chain.now = now;
	t->chain.made_s = t->conf.made_s;
	t->chain.bundle = t->conf.bundle;
	t->mark = t->a->used;
	t->e = e;
	t->total = t->anchors_count = 0;
	t->failed = false;
}

bool
trust_failed(const struct trust *t)
{
	return t->failed;
}

void
trust_end(struct trust *t)
{
	arena_back(t->a, t->mark);
	memset(&t->chain, 0, sizeof(t->chain));
	t->anchors_count = 0;
	t->e = NULL;
}
