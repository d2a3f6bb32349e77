#include "net/serve_connection.h"

#include "base/date.h"

/* RFC 9110 15. Any other status goes without a phrase, as it may. */
static struct str
phrase(unsigned status)
{
	static const struct {
		unsigned status;
		struct str text;
	} phrases[] = {
		{ 200, S_INIT("OK") },
		{ 400, S_INIT("Bad Request") },
		{ 401, S_INIT("Unauthorized") },
		{ 403, S_INIT("Forbidden") },
		{ 404, S_INIT("Not Found") },
		{ 405, S_INIT("Method Not Allowed") },
		{ 408, S_INIT("Request Timeout") },
		{ 413, S_INIT("Content Too Large") },
		{ 414, S_INIT("URI Too Long") },
		{ 417, S_INIT("Expectation Failed") },
		{ 421, S_INIT("Misdirected Request") },
		{ 429, S_INIT("Too Many Requests") },
		/* RFC 6585 5. */
		{ 431, S_INIT("Request Header Fields Too Large") },
		{ 500, S_INIT("Internal Server Error") },
		{ 501, S_INIT("Not Implemented") },
		{ 502, S_INIT("Bad Gateway") },
		{ 503, S_INIT("Service Unavailable") },
		{ 504, S_INIT("Gateway Timeout") },
		{ 505, S_INIT("HTTP Version Not Supported") },
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].text;
	return S("");
}

static void
status_line(struct buf *b, unsigned status)
{
	if (status < 200 || status > 599)
		b->full = true;
	buf_add(b, S("HTTP/1.1 "));
	buf_u64(b, status);
	buf_char(b, ' ');
	buf_add(b, phrase(status));
	buf_add(b, S("\r\n"));
}

void
serve_head(struct buf *b, const struct serve_answer *answer, bool last,
    int64_t now_s)
{
	char date[DATE_HTTP_LEN + 1];

	status_line(b, answer->status);
	date_format_http(now_s, date);
	wire_field(b, S("Date"), str_of(date));
	if (answer->type.n)
		wire_field(b, S("Content-Type"), answer->type);
	buf_add(b, S("Content-Length: "));
	buf_u64(b, answer->body.n);
	buf_add(b, S("\r\n"));
	/* Tokens, or what was true a moment ago. */
	wire_field(b, S("Cache-Control"), S("no-store"));
	if (answer->status == 405)
		wire_field(b, S("Allow"), S("GET, HEAD"));
	for (size_t i = 0; i < SERVE_FIELDS_MAX && answer->fields[i].name.n;
	    i++)
		wire_field(b, answer->fields[i].name, answer->fields[i].value);
	if (last)
		wire_field(b, S("Connection"), S("close"));
	buf_add(b, S("\r\n"));
}
