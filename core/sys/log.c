#include "sys/log.h"

#include "base/buf.h"
#include "base/err.h"
#include "sys/file.h"

void
log_line(struct str prefix, struct str text)
{
	char line[ERR_MSG_MAX + 256];
	struct buf b = BUF(line);

	b.cap--;	/* for the line's end */
	buf_safe(&b, str_head(prefix, 128));
	buf_add(&b, S(": "));
	buf_safe(&b, str_head(text, ERR_MSG_MAX));
	line[b.n++] = '\n';
	/* Nowhere to report that standard error is closed. */
	if (!write_all(2, buf_str(&b)))
		return;
}
