/* Whatever is read lies inside what was given, and reading it again or cut
 * short gives no surprise.
 */
#include <stdlib.h>

#include "net/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
inside(struct str part, struct str whole)
{
	if (part.n == 0)
		return;
	check(part.p >= whole.p);
	check(part.n <= whole.n);
	check((size_t)(part.p - whole.p) <= whole.n - part.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str der = { (const char *)p, n }, first;
	struct x509 c;
	char text[80];
	struct buf b = BUF(text);
	size_t more;

	/* As a Name, too. */
	x509_name(der, &b);
	check(!b.full && b.n > 0);
	if (!x509_read(der, &c))
		return 0;
	inside(c.issuer, der);
	inside(c.subject, der);
	inside(c.signature, der);
	inside(c.modulus, der);
	inside(c.exponent, der);
	inside(c.point, der);
	inside(c.names, der);
	check(c.key != X509_KEY_RSA || (c.modulus.n && c.modulus.p[0]));
	check(x509_bits(&c) <= c.modulus.n * 8);
	if (x509_dns_name(&c, &first, &more))
		inside(first, c.names);
	x509_name(c.subject, &b);
	(void)x509_weak_hash(&c);
	/* A certificate has one end. */
	check(!x509_read(str_head(der, n - 1), &c));
	return 0;
}
