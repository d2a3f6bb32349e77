/* A token that is accepted can go into a header, a line protocol and a
 * configuration file.
 */
#include <stdlib.h>

#include "aws/ecr.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static int64_t
now(void *me)
{
	(void)me;
	return 1440938160;
}

static void
check_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		check(s.p[i] >= ' ' && s.p[i] <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[8 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	const struct world w = { .now = now };
	struct config c = { .w = &w, .a = &a };
	const struct registry r = { .region = S("us-east-1"),
		.host = S("h.example") };
	struct ecr_token t;
	struct err e;

	if (!ecr_read(&c, (struct str){ (const char *)p, n }, &r, &a, &t, &e))
		return 0;
	check(t.user.n > 0 && t.password.n > 0);
	check(t.password.n <= ECR_PASSWORD_MAX);
	check(!str_has(t.user, ':'));
	check_printable(t.user);
	check_printable(t.password);
	check_printable(t.login);
	check(t.login.n == t.user.n + 1 + t.password.n);
	check(t.expires > 0);
	check(t.host.n > 0);
	check_printable(t.host);
	return 0;
}
