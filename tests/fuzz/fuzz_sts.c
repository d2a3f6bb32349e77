/* An answer of STS, JSON or XML: what is taken for credentials can be sent, and
 * an account is one.
 */
#include <stdlib.h>

#include "aws/sts.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_text(struct str s)
{
	check(s.n > 0);
	for (size_t i = 0; i < s.n; i++)
		check(s.p[i] > ' ' && s.p[i] <= '~');
}

static void
check_account(struct str s)
{
	check(s.n == ACCOUNT_LEN);
	for (size_t i = 0; i < s.n; i++)
		check(char_digit(s.p[i]));
}

static void
try_credentials(struct str text, struct arena a)
{
	struct cred cred = { .source = "fuzz" };
	struct err e;

	if (!sts_read(text, S("X"), &a, &cred, &e)) {
		check(cred.key_id.n == 0 && e.msg[0]);
		return;
	}
	check_text(cred.key_id);
	check_text(cred.secret);
	check_text(cred.token);
	if (cred.account.n)
		check_account(cred.account);
}

static void
try_caller(struct str text, struct arena a)
{
	struct sts_caller who = { .arn = { NULL, 0 } };
	struct err e;

	if (!sts_read_caller(text, &a, &who, &e)) {
		check(who.arn.n == 0 && e.msg[0]);
		return;
	}
	check_account(who.account);
	check(who.arn.n > 0 && who.user_id.n > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[8 << 20];
	const struct arena a = { mem, sizeof(mem), 0 };
	const struct str text = { (const char *)p, n };

	try_credentials(text, a);
	try_caller(text, a);
	return 0;
}
