#include "net/pem.h"

#include <string.h>

#include "base/enc.h"

/* One line off the front, without blanks at its ends. */
static struct str
take_line(struct str *text)
{
	struct str line;

	str_cut(*text, '\n', &line, text);
	return str_trim(line);
}

bool
pem_next(struct str *text, struct str *body)
{
	struct str rest = *text, lines, tail;
	const char *dash;
	bool whole;

	while (!str_eq(take_line(&rest), S("-----BEGIN CERTIFICATE-----")))
		if (rest.n == 0)
			return false;
	/* Base64 has no '-': the first one begins the last line. */
	dash = rest.n ? memchr(rest.p, '-', rest.n) : NULL;
	lines = dash ? str_head(rest, (size_t)(dash - rest.p)) : rest;
	whole = lines.n == 0 || lines.p[lines.n - 1] == '\n';
	rest = str_skip(rest, lines.n);
	tail = rest;
	if (whole && str_eq(take_line(&tail), S("-----END CERTIFICATE-----"))) {
		*body = lines;
		*text = tail;
		return true;
	}
	/* What stands there may be the next block's first line. */
	*body = S("");
	*text = rest;
	return true;
}

bool
pem_decode(struct str body, struct buf *out)
{
	size_t before = out->n;

	return base64_add(out, body, true) && out->n > before;
}
