#include "sidecar/event.h"

#include "base/date.h"
#include "sidecar/health.h"

bool
event_format_named(struct str name, enum event_format *f, struct err *e)
{
	bool json = str_eq(name, S("json"));

	if (!json && !str_eq(name, S("text")))
		return err_set(e, ERR_USAGE, "log format '%.*s': it may be text"
		    " or json", STR_ARG(name));
	*f = json ? EVENT_JSON : EVENT_TEXT;
	return true;
}

void
event_line(enum event_format f, int64_t now_s, enum event_level level,
    struct str text, struct buf *b)
{
	static const struct str levels[] = {
		[EVENT_DEBUG] = S_INIT("debug"),
		[EVENT_INFO] = S_INIT("info"),
		[EVENT_WARNING] = S_INIT("warning"),
		[EVENT_ERROR] = S_INIT("error"),
	};
	bool json = f == EVENT_JSON;
	char time[DATE_ISO_LEN + 1];

	date_format_iso(now_s, time);
	buf_add(b, json ? S("{\"time\":\"") : S(""));
	buf_add(b, str_of(time));
	buf_add(b, json ? S("\",\"level\":\"") : S(" "));
	buf_add(b, levels[level]);
	buf_add(b, json ? S("\",\"message\":\"") : S(" "));
	if (json)
		health_text(b, text);
	else
		buf_safe(b, text);
	buf_add(b, json ? S("\"}\n") : S("\n"));
}
