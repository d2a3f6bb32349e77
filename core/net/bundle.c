#include "net/bundle.h"

#include "base/buf.h"
#include "net/pem.h"

/* Debian, Alpine and Arch; Fedora and its kin, old and new; openSUSE; the BSDs'
 * place, in many small images too.
 */
const char *const bundle_places[BUNDLE_PLACES] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static bool
wanted(const struct bundle *b, struct str subject)
{
	for (size_t i = 0; i < b->subjects_count; i++)
		if (str_eq(b->subjects[i], subject))
			return true;
	return false;
}

/* One certificate: false when it cannot be read. */
static bool
look_at(struct bundle *b, struct str der, bool *keep)
{
	struct str subject;

	*keep = false;
	if (!x509_subject(der, &subject))
		return false;
	if (!wanted(b, subject))
		return true;
	*keep = x509_read(der, &b->found[b->found_count]);
	return *keep;
}

bool
bundle_search(struct bundle *b, struct str text, struct arena *a,
    struct err *e)
{
	struct str body;

	b->found_count = b->certificates = b->broken = 0;
	while (b->found_count < b->max && pem_next(&text, &body)) {
		size_t mark = a->used, n = body.n / 4 * 3 + 3;
		struct buf der;
		bool keep = false;

		der = arena_buf(a, n);
		if (der.full)
			return err_set(e, ERR_LIMIT, "out of memory for a"
			    " certificate of %zu bytes", n);
		if (pem_decode(body, &der) &&
		    look_at(b, buf_str(&der), &keep))
			b->certificates++;
		else
			b->broken++;
		if (keep)
			b->found_count++;
		else
			arena_back(a, mark);
	}
	return true;
}
