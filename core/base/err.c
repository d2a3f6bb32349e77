#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"

static void
printable(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

void
err_text(char *out, size_t n, const char *fmt, va_list ap)
{
	struct buf b = { out, 0, n - 1, false };

	buf_format(&b, fmt, ap);
	if (b.full && b.n >= 3)
		memcpy(out + b.n - 3, "...", 3);
	out[b.n] = '\0';
	printable(out);
}

bool
err_set(struct err *e, enum err_kind k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_text(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	e->kind = k;
	return false;
}

bool
err_sys(struct err *e, const char *fmt, ...)
{
	int code = errno;
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	err_text(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, code == ENOENT || code == ENOTDIR ?
	    ERR_ABSENT : ERR_SYS, "%s: %s", what, strerror(code));
}

bool
err_in(struct err *e, const char *fmt, ...)
{
	char what[ERR_MSG_MAX], cause[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	err_text(what, sizeof(what), fmt, ap);
	va_end(ap);
	memcpy(cause, e->msg, sizeof(cause));
	return err_set(e, e->kind, "%s: %s", what, cause);
}
