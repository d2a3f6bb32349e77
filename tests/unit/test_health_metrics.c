#include "sidecar/health.h"
#include "t.h"

#define NOW 1440938160	/* 2015-08-30T12:36:00Z */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct health h;
static char out[1 << 17];

static bool
take(struct str *s, const char *what)
{
	struct str w = str_of(what);

	if (!str_starts(*s, w))
		return false;
	*s = str_skip(*s, w.n);
	return true;
}

/* [a-zA-Z_:][a-zA-Z0-9_:]*, a label's without colons. */
static bool
take_name(struct str *s, bool colons, struct str *name)
{
	size_t n = 0;

	while (n < s->n && (char_alpha(s->p[n]) || s->p[n] == '_' ||
	    (colons && s->p[n] == ':') || (n && char_digit(s->p[n]))))
		n++;
	*name = str_head(*s, n);
	*s = str_skip(*s, n);
	return n > 0;
}

/* "...", in which only \\, \" and \n begin with a backslash. */
static bool
take_value(struct str *s)
{
	if (!take(s, "\""))
		return false;
	while (s->n && s->p[0] != '"') {
		bool escaped = s->p[0] == '\\';

		if (s->p[0] == '\n' || (escaped && (s->n < 2 ||
		    !str_has(S("\\\"n"), s->p[1]))))
			return false;
		*s = str_skip(*s, escaped ? 2 : 1);
	}
	return take(s, "\"");
}

static bool
take_labels(struct str *s)
{
	struct str name;

	if (!take(s, "{"))
		return true;
	do {
		if (!take_name(s, false, &name) || !take(s, "=") ||
		    !take_value(s))
			return false;
	} while (take(s, ","));
	return take(s, "}");
}

/* One line of the text format, as strict as what reads it; our own values are
 * whole numbers, which is more than it asks for. *family is its metric.
 */
static bool
line_ok(struct str s, struct str *family)
{
	struct str rest;
	uint64_t v;

	if (take(&s, "# HELP "))
		return take_name(&s, true, family) && take(&s, " ") &&
		    !str_has(s, '\\') && s.n;
	if (take(&s, "# TYPE "))
		return take_name(&s, true, family) && take(&s, " ") &&
		    (str_eq(s, S("gauge")) || str_eq(s, S("counter")));
	return take_name(&s, true, family) && take_labels(&s) &&
	    take(&s, " ") && !str_cut(s, ' ', &s, &rest) &&
	    str_u64(s, UINT64_MAX, &v);
}

static void
t_lines(void **state)
{
	static const struct {
		const char *line;
		bool ok;
	} cases[] = {
		{ "a 1", true },
		{ "a_b:c9 0", true },
		{ "a{b=\"c\"} 1", true },
		{ "a{b=\"\",c=\"\\\\ \\\" \\n\"} 12", true },
		{ "# HELP a Some text, \"quoted\".", true },
		{ "# TYPE a gauge", true },
		{ "", false },
		{ "a", false },
		{ "a ", false },
		{ "9a 1", false },
		{ "a-b 1", false },
		{ "a  1", false },
		{ " a 1", false },
		{ "a 1 ", false },
		{ "a -1", false },
		{ "a{} 1", false },
		{ "a{b} 1", false },
		{ "a{b=c} 1", false },
		{ "a{b:c=\"d\"} 1", false },
		{ "a{b=\"c\",} 1", false },
		{ "a{b=\"c} 1", false },
		{ "a{b=\"c\"1", false },
		{ "a{b=\"c\"}1", false },
		{ "a{b=\"\\c\"} 1", false },
		{ "a{b=\"c\"d\"} 1", false },
		{ "a{b=\"\\\"} 1", false },
		{ "# HELP a", false },
		{ "# HELP a \\x", false },
		{ "# TYPE a", false },
		{ "# TYPE a histogram2", false },
		{ "# a comment", false },
	};
	struct str family;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (line_ok(t_edge(str_of(cases[i].line)), &family) !=
		    cases[i].ok)
			fail_msg("%s", cases[i].line);
}

/* HELP, TYPE, samples: each family once, no series twice; a line end last. */
static void
check_all(struct str all)
{
	struct str lines[400], families[400], line;
	size_t n = 0;

	assert_true(str_ends(all, S("\n")));
	while (str_cut(all, '\n', &line, &all)) {
		assert_true(n < COUNT(lines));
		if (!line_ok(line, &families[n]))
			fail_msg("%.*s", STR_ARG(line));
		lines[n++] = line;
	}
	for (size_t i = 0; i < n; i++) {
		bool help = str_starts(lines[i], S("# HELP "));
		bool type = str_starts(lines[i], S("# TYPE "));
		struct str series, rest;

		assert_int_equal(help, i == 0 ||
		    !str_eq(families[i], families[i - 1]));
		assert_int_equal(type, i > 0 &&
		    str_starts(lines[i - 1], S("# HELP ")));
		assert_true(str_starts(families[i], S("ecrbox_")));
		for (size_t k = 0; help && k < i; k++)
			assert_false(str_eq(families[i], families[k]));
		str_cut_last(lines[i], ' ', &series, &rest);
		for (size_t k = 0; !help && !type && k < i; k++)
			assert_false(str_starts(lines[k], series) &&
			    lines[k].p[series.n] == ' ');
	}
}

static void
add(enum health_kind kind, const char *name)
{
	struct err e;
	size_t part;

	assert_true(health_add(&h, kind, str_of(name), &part, &e));
}

static void
t_all(void **state)
{
	struct buf b = BUF(out);

	(void)state;
	memset(&h, 0, sizeof(h));
	h.version = S("1.2.3-\"dirty\"");
	h.start_s = NOW - 100;
	health_metrics(&h, NOW, &b);
	check_all(buf_str(&b));
	assert_true(str_contains(buf_str(&b), S("\necrbox_healthy 0\n")));
	assert_false(str_contains(buf_str(&b), S("registry")));
	add(HEALTH_REGISTRY, "r.example");
	add(HEALTH_SINK, "file '/a\"b\\c\n\xff}'");
	add(HEALTH_REGISTRY, "s.example");
	add(HEALTH_SINK, "two");
	health_success(&h, 0, NOW - 60, NOW + 43140);
	health_failure(&h, 0, NOW - 5, S("no"));
	health_success(&h, 1, NOW - 59, 0);
	b = BUF(out);
	health_metrics(&h, NOW, &b);
	assert_false(b.full);
	check_all(buf_str(&b));
	health_success(&h, 2, NOW, NOW + 9);
	health_success(&h, 3, NOW, 0);
	b = BUF(out);
	health_metrics(&h, NOW, &b);
	assert_true(str_contains(buf_str(&b), S("\necrbox_healthy 1\n")));
	b = (struct buf){ out, 0, 1000, false };
	health_metrics(&h, NOW, &b);
	assert_true(b.full);
}

static void
t_samples(void **state)
{
	static const char *const want[] = {
		"# HELP ecrbox_build_info Which version runs.\n"
		"# TYPE ecrbox_build_info gauge\n"
		"ecrbox_build_info{version=\"1\"} 1\n"
		"# HELP ecrbox_start_time_seconds When it was started.\n"
		"# TYPE ecrbox_start_time_seconds gauge\n"
		"ecrbox_start_time_seconds 1440938000\n",
		"\necrbox_token_expiry_timestamp_seconds{registry=\"r\"}"
		" 1440981300\n",
		"\necrbox_refresh_success_timestamp_seconds{registry=\"r\"}"
		" 1440938100\n",
		"\necrbox_refresh_failing{registry=\"r\"} 1\n",
		"\necrbox_refreshes_total{registry=\"r\",result=\"success\"}"
		" 1\n",
		"\necrbox_refreshes_total{registry=\"r\",result=\"failure\"}"
		" 2\n",
		"\necrbox_sink_success_timestamp_seconds{sink=\"a\\\"b\\\\c?"
		"?\"} 0\n",
		"\necrbox_sink_failing{sink=\"a\\\"b\\\\c?" "?\"} 0\n",
		"# TYPE ecrbox_sink_writes_total counter\n"
		"ecrbox_sink_writes_total{sink=\"a\\\"b\\\\c?" "?\","
		"result=\"success\"} 0\n"
		"ecrbox_sink_writes_total{sink=\"a\\\"b\\\\c?" "?\","
		"result=\"failure\"} 0\n",
	};
	struct buf b = BUF(out);

	(void)state;
	memset(&h, 0, sizeof(h));
	h.version = S("1");
	h.start_s = 1440938000;
	add(HEALTH_REGISTRY, "r");
	add(HEALTH_SINK, "a\"b\\c\n\xff");
	health_success(&h, 0, NOW - 60, NOW + 43140);
	health_failure(&h, 0, NOW - 5, S("no"));
	health_failure(&h, 0, NOW - 4, S("no"));
	health_metrics(&h, NOW, &b);
	for (size_t i = 0; i < COUNT(want); i++)
		if (!str_contains(buf_str(&b), str_of(want[i])))
			fail_msg("no %s in %.*s", want[i],
			    STR_ARG(buf_str(&b)));
	assert_true(str_starts(buf_str(&b), str_of(want[0])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_lines),
		cmocka_unit_test(t_all),
		cmocka_unit_test(t_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
