#include "net/bundle.h"

#include "base/buf.h"
#include "base/limits.h"
#include "net/pem.h"

static bool
wanted(const struct bundle *b, struct str subject)
{
	for (size_t i = 0; i < b->subjects_count; i++)
		if (str_eq(b->subjects[i], subject))
			return true;
	return false;
}

bool
bundle_search(struct bundle *b, struct str text, struct arena *a,
    struct err *e)
{
	struct str body;

	b->found_count = b->certificates = b->broken = 0;
	while (b->found_count < b->max && pem_next(&text, &body)) {
		size_t mark = a->used, n = body.n / 4 * 3 + 3;
		struct x509 *c = &b->found[b->found_count];
		struct buf der;

		if (n > TLS_CERT_MAX) {
			b->broken++;
			continue;
		}
		der = arena_buf(a, n);
		if (der.full)
			return err_set(e, ERR_LIMIT, "out of memory for a"
			    " certificate of %zu bytes", n);
		if (!pem_decode(body, &der) || !x509_read(buf_str(&der), c)) {
			b->broken++;
			arena_back(a, mark);
			continue;
		}
		b->certificates++;
		if (wanted(b, c->subject))
			b->found_count++;
		else
			arena_back(a, mark);
	}
	return true;
}
