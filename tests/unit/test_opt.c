#include "t.h"

#include "applets/opt.h"

struct got {
	bool flag, other, help;
	const char *str;
	int64_t ms, s;
	const char *each[4];	/* in the order given */
	size_t count;
};

static bool
take(void *me, unsigned which, const char *value, struct err *e)
{
	struct got *g = me;

	if (str_eq(str_of(value), S("bad")))
		return err_set(e, ERR_USAGE, "not this one");
	assert_int_equal(which, 7);
	assert_true(g->count < 4);
	g->each[g->count++] = value;
	return true;
}

static bool
parse(struct got *g, int *argc, char ***argv, struct err *e)
{
	const struct opt opts[] = {
		OPT_FLAG('f', "flag", &g->flag, "a flag"),
		OPT_FLAG('o', "other", &g->other, "another"),
		OPT_STR('s', "string", "TEXT", &g->str, "a string"),
		OPT_SECONDS(0, "timeout", &g->ms, "a time"),
		OPT_TIME('i', "interval", &g->s, "a longer one"),
		OPT_HEAD("More"),
		OPT_EACH('e', "each", "WORD", take, g, 7, "any number"),
		OPT_END
	};

	return opt_parse(opts, argc, argv, &g->help, e);
}

#define WORDS 8
#define HINT "; --help lists them"
#define TIME(text) "option '--interval': '" text "' is not a time from 1" \
    " second to 365 days; write seconds, or 90s, 90m, 6h, 2d"

struct row {
	const char *args[WORDS];
	struct got want;
	const char *operands[WORDS];
	const char *msg;	/* set: refused with this */
};

static void
check_row(const struct row *row)
{
	char *words[WORDS + 2] = { (char *)"applet" };
	char **argv = words;
	int argc = 1, n = 0;
	struct got g = { 0 };
	struct err e = { ERR_NONE, "" };

	for (int i = 0; row->args[i]; i++)
		words[argc++] = (char *)row->args[i];
	if (row->msg) {
		assert_false(parse(&g, &argc, &argv, &e));
		assert_string_equal(e.msg, row->msg);
		assert_int_equal(e.kind, ERR_USAGE);
		return;
	}
	assert_true(parse(&g, &argc, &argv, &e));
	assert_int_equal(g.help, row->want.help);
	if (g.help)
		return;
	assert_int_equal(g.flag, row->want.flag);
	assert_int_equal(g.other, row->want.other);
	assert_int_equal(g.ms, row->want.ms);
	assert_int_equal(g.s, row->want.s);
	assert_str_equal(str_of(g.str), str_of(row->want.str));
	for (int i = 0; i < 4; i++)
		assert_str_equal(str_of(g.each[i]), str_of(row->want.each[i]));
	for (; row->operands[n]; n++)
		assert_string_equal(argv[n], row->operands[n]);
	assert_int_equal(argc, n);
}

static void
accepts(void **state)
{
	static const struct row rows[] = {
		{ .args = { NULL } },
		{ .args = { "a", "b" }, .operands = { "a", "b" } },
		{ .args = { "-f" }, .want = { .flag = true } },
		{ .args = { "-fo" }, .want = { .flag = true, .other = true } },
		{ .args = { "-fsx" }, .want = { .flag = true, .str = "x" } },
		{ .args = { "-s", "-f" }, .want = { .str = "-f" } },
		{ .args = { "--string", "--" }, .want = { .str = "--" } },
		{ .args = { "--string=a=b" }, .want = { .str = "a=b" } },
		{ .args = { "a", "--flag", "b" }, .want = { .flag = true },
		    .operands = { "a", "b" } },
		{ .args = { "a", "--", "-f", "--x" },
		    .operands = { "a", "-f", "--x" } },
		{ .args = { "-" }, .operands = { "-" } },
		{ .args = { "--timeout", "86400" },
		    .want = { .ms = 86400000 } },
		{ .args = { "-e1", "--each=2", "x", "--each", "-e" },
		    .want = { .each = { "1", "2", "-e" } },
		    .operands = { "x" } },
		{ .args = { "-i", "21600" }, .want = { .s = 21600 } },
		{ .args = { "-i90m" }, .want = { .s = 5400 } },
		{ .args = { "--interval=365d" }, .want = { .s = 31536000 } },
		{ .args = { "-h", "--nonsense" }, .want = { .help = true } },
		{ .args = { "-fh" }, .want = { .help = true } },
		{ .args = { "x", "--help" }, .want = { .help = true } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static void
refuses(void **state)
{
	static const struct row rows[] = {
		{ .args = { "-x" }, .msg = "unknown option '-x'" HINT },
		{ .args = { "-fx" }, .msg = "unknown option '-x'" HINT },
		{ .args = { "-\033" }, .msg = "unknown option '-?'" HINT },
		{ .args = { "--fla" }, .msg = "unknown option '--fla'" HINT },
		{ .args = { "--flag=1" },
		    .msg = "option '--flag' takes no value" },
		{ .args = { "--help=1" },
		    .msg = "option '--help' takes no value" },
		{ .args = { "-s" },
		    .msg = "option '--string' needs a value (TEXT)" },
		{ .args = { "--string" },
		    .msg = "option '--string' needs a value (TEXT)" },
		{ .args = { "--string=" },
		    .msg = "option '--string': the value is empty" },
		{ .args = { "-s", "" },
		    .msg = "option '--string': the value is empty" },
		{ .args = { "--=x" }, .msg = "unknown option '--'" HINT },
		{ .args = { "--More" },
		    .msg = "unknown option '--More'" HINT },
		{ .args = { "-e" },
		    .msg = "option '--each' needs a value (WORD)" },
		{ .args = { "--each=" },
		    .msg = "option '--each': the value is empty" },
		{ .args = { "-e", "1", "-e", "bad" },
		    .msg = "not this one" },
		{ .args = { "--timeout=0" }, .msg = "option '--timeout': '0'"
		    " is not a number of seconds from 1 to 86400" },
		{ .args = { "--timeout=86401" }, .msg = "option '--timeout':"
		    " '86401' is not a number of seconds from 1 to 86400" },
		{ .args = { "--timeout=1s" }, .msg = "option '--timeout': '1s'"
		    " is not a number of seconds from 1 to 86400" },
		{ .args = { "--timeout=-1" }, .msg = "option '--timeout': '-1'"
		    " is not a number of seconds from 1 to 86400" },
		{ .args = { "-i" },
		    .msg = "option '--interval' needs a value (TIME)" },
		{ .args = { "--interval=" }, .msg = TIME("") },
		{ .args = { "-i0" }, .msg = TIME("0") },
		{ .args = { "-i", "-6h" }, .msg = TIME("-6h") },
		{ .args = { "-i", "1.5h" }, .msg = TIME("1.5h") },
		{ .args = { "-i", "6 h" }, .msg = TIME("6 h") },
		{ .args = { "-i", "h" }, .msg = TIME("h") },
		{ .args = { "-i", "366d" }, .msg = TIME("366d") },
		{ .args = { "-i", "\033[2J" }, .msg = TIME("?[2J") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
