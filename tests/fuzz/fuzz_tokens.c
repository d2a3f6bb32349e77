/* Tokens that are accepted are written as the same text again, and each can go
 * into a file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "login/tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
check_item(const struct tokens_item *it)
{
	if (!it->good) {
		check(it->why.kind != ERR_NONE && it->why.msg[0] &&
		    strlen(it->why.msg) < ERR_MSG_MAX);
		return;
	}
	check(it->host.n > 0 && it->expires_s > 0 && it->got_s >= 0);
	check(it->password.n > 0 && it->password.n <= ECR_PASSWORD_MAX);
	check(it->login.n == it->user.n + 1 + it->password.n);
	for (size_t i = 0; i < it->login.n; i++)
		check(it->login.p[i] >= ' ' && it->login.p[i] <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char text[128 << 10];
	static struct tokens_item items[8];
	struct str s = { (const char *)p, n };
	struct buf b = BUF(text);
	size_t count = 0;
	struct err e;

	for (size_t i = 0; i < n; i++)
		count += p[i] == '\n';
	if (count > 8 || !tokens_read(s, items, count, &e))
		return 0;
	for (size_t i = 0; i < count; i++)
		check_item(&items[i]);
	tokens_write(items, count, &b);
	check(!b.full && str_eq(buf_str(&b), s));
	return 0;
}
