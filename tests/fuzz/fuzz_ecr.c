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

static void
check_token(const struct ecr_token *t)
{
	check(t->user.n > 0 && t->password.n > 0);
	check(t->password.n <= ECR_PASSWORD_MAX);
	check(!str_has(t->user, ':'));
	check_printable(t->user);
	check_printable(t->password);
	check_printable(t->login);
	check(t->login.n == t->user.n + 1 + t->password.n);
	check(t->expires > 0);
	check(t->host.n > 0);
	check_printable(t->host);
}

/* The same answer as one to several ids: each has a token or a reason. */
static void
read_all(struct config *c, struct str body)
{
	const struct registry r[] = {
		{ .account = S("123456789012"), .host = S("h.example") },
		{ .account = S("000000000000"), .host = S("i.example") },
	};
	struct err why[2] = { { .kind = ERR_NONE } }, e;
	struct ecr_ask asks[] = {
		{ .r = &r[0], .why = &why[0] }, { .r = &r[1], .why = &why[1] },
	};

	if (!ecr_read_all(c, body, asks, 2, c->a, &e))
		return;
	for (size_t i = 0; i < 2; i++) {
		if (asks[i].good)
			check_token(&asks[i].token);
		else
			check(why[i].kind != ERR_NONE && why[i].msg[0]);
	}
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

	read_all(&c, (struct str){ (const char *)p, n });
	if (ecr_read(&c, (struct str){ (const char *)p, n }, &r, &a, &t, &e))
		check_token(&t);
	return 0;
}
