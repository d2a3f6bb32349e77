/* Whatever a word of the broker's holds: what is read can be written, and is
 * then that word again.
 */
#include <stdlib.h>
#include <string.h>

#include "sidecar/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char text[REPORT_TEXT_MAX + 64];
	struct str word = { (const char *)p, n };
	struct buf b = BUF(text);
	struct report r;
	struct err e;

	if (!report_read(word, 3, 2, &r, &e)) {
		check(e.kind == ERR_REPLY && e.msg[0]);
		return 0;
	}
	check(r.part < (r.kind == REPORT_REGISTRY ? 3 : 2));
	check(r.expires_s >= 0);
	report_write(&r, &b);
	check(!b.full && str_eq(buf_str(&b), word));
	return 0;
}
