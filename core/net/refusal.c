#include "net/refusal.h"

#include <bearssl.h>

#include "base/date.h"

/* "certificate", or whose it is when it is not the server's. */
static const char *
title(const struct chain *c, size_t at, struct buf *b)
{
	if (at == 0)
		return "certificate";
	buf_add(b, S("certificate of '"));
	if (c->link[at].known)
		x509_name(c->link[at].cert.subject, b);
	buf_add(b, S("'"));
	buf_char(b, '\0');
	return b->p;
}

static bool
explain_time(const struct chain *c, const struct x509 *cert, const char *what,
    struct err *e)
{
	char now[DATE_ISO_LEN + 1], limit[DATE_ISO_LEN + 1];
	bool early = c->now < cert->not_before;

	date_format_iso(c->now, now);
	if (c->now < c->made_s)
		return err_set(e, ERR_TRUST, "the clock says %.10s, before"
		    " this program was made; set the clock", now);
	date_format_iso(early ? cert->not_before : cert->not_after, limit);
	return err_set(e, ERR_TRUST, early ?
	    "%s is not valid before %s; the clock says %s" :
	    "%s expired at %s; the clock says %s", what, limit, now);
}

static bool
explain_name(const struct chain *c, struct err *e)
{
	struct str first;
	size_t more;

	if (!x509_dns_name(&c->link[0].cert, &first, &more))
		return err_set(e, ERR_TRUST, "certificate is not for '%s';"
		    " it names no host", c->name);
	if (more)
		return err_set(e, ERR_TRUST, "certificate is not for '%s' but"
		    " for '%.*s' and %zu more", c->name, STR_ARG(first), more);
	return err_set(e, ERR_TRUST, "certificate is not for '%s' but for"
	    " '%.*s'", c->name, STR_ARG(first));
}

static bool
explain_critical(const struct x509 *cert, const char *what, struct err *e)
{
	return err_set(e, ERR_TRUST, "%s has a critical %s, which this build"
	    " cannot check", what, cert->usage_critical ? "extended key usage" :
	    cert->constraints ? "name constraint" : "extension");
}

static bool
explain_algorithm(const struct x509 *cert, const char *what, struct err *e)
{
	const char *hash = x509_weak_hash(cert);

	if (hash)
		return err_set(e, ERR_TRUST, "%s is signed with %s, which is"
		    " not safe", what, hash);
	return err_set(e, ERR_TRUST, "%s has a key or signature of a kind that"
	    " this build cannot check", what);
}

static bool
explain_weak(size_t bits, const char *what, struct err *e)
{
	return err_set(e, ERR_TRUST, "%s has an RSA key of %zu bits, at least"
	    " %u wanted", what, bits, TLS_RSA_MIN * 8);
}

/* The chain led to no anchor. */
static bool
explain_unknown(const struct chain *c, struct verdict v, struct err *e)
{
	const struct x509 *cert = &c->link[v.at].cert;
	char text[80];
	struct buf issuer = BUF(text);

	if (!c->link[v.at].known)
		return err_set(e, ERR_TRUST, "issued by an authority not known"
		    " here");
	x509_name(cert->issuer, &issuer);
	if (c->weak_bits)
		return explain_weak(c->weak_bits, "trusted authority", e);
	if (v.anchored)
		return err_set(e, ERR_TRUST, "not signed by the '%.*s' that is"
		    " trusted here", STR_ARG(buf_str(&issuer)));
	if (c->bundle)
		return err_set(e, ERR_TRUST, "issued by '%.*s', which is not"
		    " in ca bundle '%s'%s", STR_ARG(buf_str(&issuer)),
		    c->bundle, c->broken ?
		    " (some of its entries cannot be read)" : "");
	return err_set(e, ERR_TRUST, "issued by '%.*s', an authority not known"
	    " here; if it is yours, name a file with its certificate by"
	    " AWS_CA_BUNDLE or --ca-bundle", STR_ARG(buf_str(&issuer)));
}

bool
refusal_explain(const struct chain *c, struct verdict v, struct err *e)
{
	const struct x509 *cert = &c->link[v.at].cert;
	char text[128];
	struct buf b = BUF(text);
	const char *what = title(c, v.at, &b);

	if (v.code == BR_ERR_X509_NOT_TRUSTED)
		return explain_unknown(c, v, e);
	if (!c->link[v.at].known)
		return err_set(e, ERR_REPLY, "%s is malformed", what);
	switch (v.code) {
	case BR_ERR_X509_EXPIRED:
		return explain_time(c, cert, what, e);
	case BR_ERR_X509_BAD_SERVER_NAME:
		return explain_name(c, e);
	case BR_ERR_X509_WEAK_PUBLIC_KEY:
		return explain_weak(x509_bits(cert), what, e);
	case BR_ERR_X509_UNSUPPORTED:
		return explain_algorithm(cert, what, e);
	case BR_ERR_X509_CRITICAL_EXTENSION:
		return explain_critical(cert, what, e);
	case BR_ERR_X509_DN_MISMATCH:
		return err_set(e, ERR_TRUST, "%s does not belong here in the"
		    " chain; the server sends it out of order", what);
	case BR_ERR_X509_BAD_SIGNATURE:
	case BR_ERR_X509_WRONG_KEY_TYPE:
		return err_set(e, ERR_TRUST, "%s does not fit the signature of"
		    " the one before it", what);
	case BR_ERR_X509_NOT_CA:
	case BR_ERR_X509_FORBIDDEN_KEY_USAGE:
		return err_set(e, ERR_TRUST, v.at ? "%s may not issue"
		    " certificates like this" : "%s may not be used so (key"
		    " usage)", what);
	case BR_ERR_X509_LIMIT_EXCEEDED:
		return err_set(e, ERR_TRUST, "%s has a key or signature of"
		    " more than 4096 bits", what);
	default:
		return err_set(e, ERR_REPLY, "%s is malformed (x509 error %u)",
		    what, v.code);
	}
}

bool
refusal_check(const struct chain *c, size_t i, struct err *e)
{
	const struct x509 *cert = &c->link[i].cert;
	char text[128];
	struct buf b = BUF(text);
	const char *what = title(c, i, &b);

	if (!c->link[i].known)
		return err_set(e, ERR_REPLY, "%s is malformed", what);
	if (cert->usage && !cert->usage_server)
		return err_set(e, ERR_TRUST, "%s is not for servers (extended"
		    " key usage)", what);
	if (cert->constraints)
		return err_set(e, ERR_TRUST, "%s has a name constraint, which"
		    " this build cannot check", what);
	if (i == 0 && !cert->alt)
		return err_set(e, ERR_TRUST, "certificate has no"
		    " subjectAltName");
	return true;
}
