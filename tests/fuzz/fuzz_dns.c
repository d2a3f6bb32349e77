/* An answer is believed whole or not at all: what is accepted has addresses
 * of the type asked for, and neither a beginning of it nor it and more is
 * accepted too.
 */
#include <stdlib.h>

#include "net/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { ROOM = 8 };

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static enum dns_says
read_answer(struct str msg, enum dns_type type)
{
	const struct dns_question q = { 0x1234, type, S("a.test") };
	struct addr out[ROOM];
	size_t count = 0;
	unsigned rcode = 99;
	enum dns_says says = dns_answer_read(msg, &q, out, ROOM, &count,
	    &rcode);

	check((says == DNS_FOUND) == (count > 0));
	check((says == DNS_NOT_OURS) == (rcode == 99));
	check(count <= ROOM);
	for (size_t i = 0; i < count; i++)
		check(out[i].family == (type == DNS_A ? AF_INET : AF_INET6));
	return says;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	static char more[70000];
	struct str msg = { (const char *)p, n };
	struct buf b = BUF(more);

	if (n >= sizeof(more))
		return 0;
	buf_add(&b, msg);
	buf_char(&b, 0);
	for (size_t i = 0; i < 2; i++) {
		if (read_answer(msg, types[i]) != DNS_FOUND)
			continue;
		check(read_answer(buf_str(&b), types[i]) == DNS_BROKEN);
		check(read_answer(str_head(msg, n - 1), types[i]) ==
		    DNS_BROKEN);
		check(read_answer(msg, types[!i]) == DNS_NOT_OURS);
	}
	return 0;
}
