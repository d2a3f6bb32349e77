#include "sidecar/event.h"
#include "t.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
t_lines(void **state)
{
	static const struct {
		int64_t now_s;
		enum event_level level;
		struct str text;
		const char *line[2];	/* text, JSON */
	} cases[] = {
		{ 1795273629, EVENT_INFO, S_INIT("refreshed"),
		    { "2026-11-21T15:07:09Z info refreshed\n",
		    "{\"time\":\"2026-11-21T15:07:09Z\",\"level\":\"info\","
		    "\"message\":\"refreshed\"}\n" } },
		{ 0, EVENT_DEBUG, S_INIT("x"),
		    { "1970-01-01T00:00:00Z debug x\n",
		    "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"debug\","
		    "\"message\":\"x\"}\n" } },
		{ 0, EVENT_WARNING, S_INIT(""),
		    { "1970-01-01T00:00:00Z warning \n",
		    "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"warning\","
		    "\"message\":\"\"}\n" } },
		/* One line, whatever comes; what JSON would escape, too. */
		{ 0, EVENT_ERROR, S_INIT("'a\nb' \"c\\d\"\r\t\0\033[31m\303\244"),
		    { "1970-01-01T00:00:00Z error 'a?b' \"c\\d\"????[31m??\n",
		    "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"error\","
		    "\"message\":\"'a?b' \\\"c\\\\d\\\"????[31m??\"}\n" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (unsigned f = EVENT_TEXT; f <= EVENT_JSON; f++) {
			char text[256] = "before";
			struct buf b = { text, 6, sizeof(text), false };

			event_line((enum event_format)f, cases[i].now_s,
			    cases[i].level, t_edge(cases[i].text), &b);
			assert_false(b.full);
			assert_str_equal(str_head(buf_str(&b), 6), S("before"));
			assert_str_equal(str_skip(buf_str(&b), 6),
			    str_of(cases[i].line[f]));
		}
}

/* However small it is, nothing is written beyond its end. */
static void
t_room(void **state)
{
	static const size_t lines[] = { 31, 64 };

	(void)state;
	for (unsigned f = EVENT_TEXT; f <= EVENT_JSON; f++)
		for (size_t cap = 0; cap <= lines[f]; cap++) {
			char text[128];
			struct buf b = { text, 0, cap, false };

			memset(text, 'z', sizeof(text));
			event_line((enum event_format)f, 0, EVENT_INFO,
			    S("told"), &b);
			assert_int_equal(b.full, cap < lines[f]);
			assert_int_equal(text[cap], 'z');
		}
}

static void
t_formats(void **state)
{
	static const struct {
		const char *name;
		int format;
		const char *error;
	} cases[] = {
		{ "text", EVENT_TEXT, NULL },
		{ "json", EVENT_JSON, NULL },
		{ "JSON", -1, "log format 'JSON': it may be text or json" },
		{ "", -1, "log format '': it may be text or json" },
		{ "json ", -1, "log format 'json ': it may be text or json" },
		{ "jso", -1, "log format 'jso': it may be text or json" },
		{ "logfmt", -1, "log format 'logfmt': it may be text or json" },
		{ "a\nb", -1, "log format 'a?b': it may be text or json" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum event_format f = cases[i].format == EVENT_TEXT ?
		    EVENT_JSON : EVENT_TEXT, before = f;
		struct err e = { ERR_NONE, "" };
		bool done = event_format_named(t_edge(str_of(cases[i].name)),
		    &f, &e);

		assert_int_equal(done, !cases[i].error);
		assert_int_equal(f, done ? (enum event_format)cases[i].format :
		    before);
		assert_string_equal(e.msg, done ? "" : cases[i].error);
		assert_int_equal(e.kind, done ? ERR_NONE : ERR_USAGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_lines),
		cmocka_unit_test(t_room),
		cmocka_unit_test(t_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
