/* A bundle: every block lies inside the text and decodes to no more than its
 * digits hold; looking for the subject of one of its certificates finds one.
 */
#include <stdlib.h>

#include "net/bundle.h"
#include "net/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* Search text for subject; a keeps what was found. */
static void
search(struct str text, struct str subject, struct arena *a)
{
	struct x509 found[2];
	struct bundle b = {
		.subjects = &subject,
		.subjects_count = 1,
		.found = found,
		.max = 2,
	};
	struct err e;
	size_t mark = a->used;

	check(bundle_search(&b, text, a, &e));
	check(b.found_count > 0 && b.found_count <= b.certificates);
	for (size_t i = 0; i < b.found_count; i++)
		check(str_eq(found[i].subject, subject));
	arena_back(a, mark);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[1 << 20];
	static char room[1 << 14];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str all = { (const char *)p, n }, text = all, body;
	struct x509 c;

	if (n > sizeof(room))
		return 0;
	while (pem_next(&text, &body)) {
		struct buf b = BUF(room);

		check(body.n <= n && text.n < n);
		if (!pem_decode(body, &b))
			continue;
		check(b.n > 0 && b.n <= body.n / 4 * 3);
		if (x509_read(buf_str(&b), &c))
			search(all, c.subject, &a);
	}
	return 0;
}
