#include "fake_world.h"

#include "sink/registries.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "# Made by ecr-login --configure-containers; --remove takes it " \
    "away.\ncredential-helpers = ["
#define OURS HEAD "\"containers-auth.json\", \"ecr-login\"]\n"

static struct str
joined(const struct helper_list *list)
{
	static char text[4096];
	struct buf b = BUF(text);

	for (size_t i = 0; i < list->count; i++) {
		buf_add(&b, list->names[i]);
		buf_char(&b, ' ');
	}
	return buf_str(&b);
}

static void
t_read(void **state)
{
	static const struct {
		const char *text;
		const char *names;	/* a blank behind each; NULL: no list */
	} rows[] = {
		{ "credential-helpers = [\"a\", \"b\"]\n", "a b " },
		{ "credential-helpers=['a']", "a " },
		{ "credential-helpers = []", "" },
		{ "credential-helpers = [ ]x", "" },
		{ "\"credential-helpers\" = [\"a\"]", "a " },
		{ " 'credential-helpers'\t=\t[\t\"a\"\t]", "a " },
		{ "Credential-Helpers = [\"a\"]", "a " },
		{ "credential-helpers = [\r\n \"a\", # b\r\n # \"c\"]\r\n"
		    " \"d\" ,\r\n]\r\n", "a d " },
		{ "credential-helpers = [\"a\"]\ncredential-helpers = [\"b\"]",
		    "a " },
		/* Past other keys and their values. */
		{ "# credential-helpers = [\"x\"]\n\n"
		    "unqualified-search-registries = [\"a]\", 'b[#', # x\n"
		    "  \"c\\\"]\"]\ncredential-helpers = [\"a\"]\n", "a " },
		{ "a.b = 1\n\"c\".d = {x = [\"}\"], y = '{'} # z [\n"
		    "credential-helpers = [\"a\"]", "a " },
		{ "a = \"\"\nb = ''\ncredential-helpers = [\"a\"]", "a " },
		{ "a = \"\"\"\ncredential-helpers = [\"x\"]\n\\\"\"\" \"\"\"\n"
		    "credential-helpers = [\"a\"]", "a " },
		{ "a = '''\ncredential-helpers = [\"x\"]\n\\'''\n"
		    "credential-helpers = [\"a\"]", "a " },
		{ "a = \"\"\"b\"\"\"\"\"\ncredential-helpers = [\"a\"]", "a " },
		{ "a = \"\"\"b\"\"\"\"\ncredential-helpers = [\"a\"]", "a " },
		{ "a = \"\"\"\"\"\"\ncredential-helpers = [\"a\"]", "a " },
		{ "a = 1979-05-27T07:32:00Z\nb = true\nc = -1.5e3\n"
		    "credential-helpers = [\"a\"]", "a " },
		/* Names that are not it. */
		{ "credential-helper = [\"a\"]", NULL },
		{ "credential-helpers-x = [\"a\"]", NULL },
		{ "credential-helpers.x = [\"a\"]", NULL },
		{ "x.credential-helpers = [\"a\"]", NULL },
		{ "a = \"credential-helpers = ['a']\"", NULL },
		{ "a = {credential-helpers = [\"a\"]}", NULL },
		/* A table's keys are not the file's. */
		{ "[registries]\ncredential-helpers = [\"a\"]", NULL },
		{ "a = 1\n [[registry]]\ncredential-helpers = [\"a\"]", NULL },
		{ "[registries.search]\nregistries = [\"docker.io\"]\n", NULL },
		/* Nothing, and nothing but comments. */
		{ "", NULL },
		{ "\n\r\n \t\n", NULL },
		{ "# only\n#this", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = t_edge(str_of(rows[i].text));
		struct helper_list list = { .count = 7 };
		struct err e = { 0 };
		bool found = !rows[i].names;

		if (!registries_read(text, &list, &found, &e))
			fail_msg("%s: %s", rows[i].text, e.msg);
		assert_int_equal(found, rows[i].names != NULL);
		if (found)
			assert_str_equal(joined(&list), str_of(rows[i].names));
		else
			assert_int_equal(list.count, 7);
	}
}

static void
t_read_refused(void **state)
{
	static const struct {
		const char *text, *msg;
	} rows[] = {
#define KEY "not toml: 'key =' expected"
#define END "not toml: value has no end"
#define STRING "credential-helpers: string expected"
#define NEXT "credential-helpers: ',' or ']' expected"
		{ "a", "line 1: " KEY },
		{ "\n\na b = 1", "line 3: " KEY },
		{ "= 1", "line 1: " KEY },
		{ "a. = 1", "line 1: " KEY },
		{ ".a = 1", "line 1: " KEY },
		{ "\"a = 1", "line 1: " KEY },
		{ "\"a\n\" = 1", "line 1: " KEY },
		{ "{}", "line 1: " KEY },
		{ "\xef\xbb\xbf" "a = 1", "line 1: " KEY },
		{ "a = [", "line 1: " END },
		{ "a = 1\nb = [\n\"c\",\n", "line 4: " END },
		{ "a = ]", "line 1: " END },
		{ "a = {", "line 1: " END },
		{ "a = [1}]", "line 1: " END },
		{ "a = \"", "line 1: " END },
		{ "a = \"\\", "line 1: " END },
		{ "a = '\n'", "line 1: " END },
		{ "a = \"\"\"\n\"\"", "line 1: " END },
		{ "credential-helpers = \"a\"",
		    "line 1: credential-helpers is no list" },
		{ "credential-helpers =", "line 1: credential-helpers is no"
		    " list" },
		{ "credential-helpers =\n[\"a\"]",
		    "line 1: credential-helpers is no list" },
		{ "credential-helpers = [", "line 1: " STRING },
		{ "credential-helpers = [1]", "line 1: " STRING },
		{ "credential-helpers = [,]", "line 1: " STRING },
		{ "credential-helpers = [\"a\",\n,]", "line 2: " STRING },
		{ "credential-helpers = [[\"a\"]]", "line 1: " STRING },
		{ "credential-helpers = [\"a]", "line 1: " STRING },
		{ "credential-helpers = [\"a\"", "line 1: " NEXT },
		{ "credential-helpers = [\"a\" \"b\"]", "line 1: " NEXT },
		{ "credential-helpers = [\"a\"}", "line 1: " NEXT },
		{ "credential-helpers = [\"\"]",
		    "line 1: credential-helpers: '' is no helper's name" },
		{ "credential-helpers = [\"\\u0061\"]",
		    "line 1: credential-helpers: '\\u0061' is no helper's"
		    " name" },
		{ "credential-helpers = ['a\"b']",
		    "line 1: credential-helpers: 'a\"b' is no helper's name" },
		{ "credential-helpers = [\"\"\"a\nb\"\"\"]",
		    "line 2: credential-helpers: 'a?b' is no helper's name" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str text = t_edge(str_of(rows[i].text));
		struct helper_list list = { .count = 7 };
		struct err e = { 0 };
		bool found = true;

		if (registries_read(text, &list, &found, &e))
			fail_msg("%s", rows[i].text);
		assert_string_equal(e.msg, rows[i].msg);
		assert_int_equal(e.kind, ERR_REPLY);
		assert_int_equal(list.count, 7);
		assert_true(found);
	}
}

static void
t_read_many(void **state)
{
	char text[1024];
	struct buf b = BUF(text);
	struct helper_list list;
	struct err e = { 0 };
	bool found;

	(void)state;
	buf_add(&b, S("credential-helpers = ["));
	for (size_t i = 0; i < HELPERS_MAX; i++)
		buf_add(&b, S("\"a\","));
	assert_false(registries_read(buf_str(&b), &list, &found, &e));
	assert_int_equal(e.kind, ERR_REPLY);
	text[b.n++] = ']';
	assert_true(registries_read(buf_str(&b), &list, &found, &e));
	assert_int_equal(list.count, HELPERS_MAX);
	b.n--;
	buf_add(&b, S("\"a\"]"));
	assert_false(registries_read(buf_str(&b), &list, &found, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "line 1: more than 32 credential-helpers");
}

static void
t_ours(void **state)
{
	static const struct {
		const char *text;
		bool ours;
	} rows[] = {
		{ OURS, true },
		{ HEAD "\"a\"]\n", true },
		{ HEAD "]\n", true },
		{ "", false },
		{ "credential-helpers = [\"containers-auth.json\","
		    " \"ecr-login\"]\n", false },
		{ HEAD "\"a\"]", false },
		{ HEAD "\"a\"]\n\n", false },
		{ HEAD "\"a\"]\nunqualified-search-registries = []\n", false },
		{ HEAD "'a']\n", false },
		{ HEAD "\"a\",\"b\"]\n", false },
		{ HEAD, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena(), none = { a.p, 16, 0 };
		struct str text = t_edge(str_of(rows[i].text));

		if (registries_ours(text, &a) != rows[i].ours)
			fail_msg("%s", rows[i].text);
		assert_false(registries_ours(text, &none));
	}
}

#define DIR "/home/u/.config/containers/registries.conf.d/"
#define USER "/home/u/.config/containers/registries.conf"
#define SYSTEM "/etc/containers/registries.conf"
#define SETS(x) "credential-helpers = [\"" x "\"]\n"

static void
t_find(void **state)
{
	static const struct {
		struct {
			const char *path, *body;
		} files[4];
		const char *names;
		const char *file;	/* which decides; NULL: none */
		bool after;
	} rows[] = {
		{ { { NULL, NULL } }, "containers-auth.json ", NULL, false },
		{ { { SYSTEM, SETS("s") } }, "s ", SYSTEM, false },
		{ { { SYSTEM, "a = 1\n" } }, "containers-auth.json ", NULL,
		    false },
		{ { { SYSTEM, "credential-helpers = []" } },
		    "containers-auth.json ", SYSTEM, false },
		/* The user's replaces the system's, drop-ins included. */
		{ { { SYSTEM, SETS("s") }, { USER, SETS("u") },
		    { SYSTEM ".d/a.conf", SETS("d") } }, "u ", USER, false },
		{ { { SYSTEM, SETS("s") }, { USER, "" },
		    { SYSTEM ".d/a.conf", SETS("d") } },
		    "containers-auth.json ", NULL, false },
		/* The last drop-in wins, the user's over the system's. */
		{ { { SYSTEM, SETS("s") }, { SYSTEM ".d/b.conf", SETS("b") },
		    { SYSTEM ".d/c.conf", "x = 1\n" },
		    { SYSTEM ".d/a.conf", SETS("a") } },
		    "b ", SYSTEM ".d/b.conf", false },
		{ { { SYSTEM ".d/z.conf", SETS("z") },
		    { DIR "10-a.conf", SETS("a") },
		    { DIR "5-b.conf", SETS("b") } }, "b ", DIR "5-b.conf",
		    false },
		{ { { DIR "10-a.conf", SETS("a") }, { USER, SETS("u") } },
		    "a ", DIR "10-a.conf", false },
		{ { { DIR "zz.conf", SETS("z") }, { USER, SETS("u") } },
		    "z ", DIR "zz.conf", true },
		{ { { DIR "zz.conf", "x = 1\n" }, { USER, SETS("u") } },
		    "u ", USER, false },
		/* Ours does not count, nor what is no drop-in. */
		{ { { DIR "99-ecrbox.conf", SETS("x") }, { USER, SETS("u") },
		    { DIR "zz.conf~", SETS("y") }, { DIR "README", "?" } },
		    "u ", USER, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct fake_world f;
		struct arena a = t_arena();
		struct registries r;
		struct err e = { 0 };

		fake_open(&f);
		fake_env(&f, "HOME", "/home/u");
		for (size_t k = 0; k < 4 && rows[i].files[k].path; k++)
			fake_file(&f, rows[i].files[k].path,
			    rows[i].files[k].body);
		if (!registries_find(&f.w, &a, &r, &e))
			fail_msg("row %zu: %s", i, e.msg);
		assert_str_equal(joined(&r.helpers), str_of(rows[i].names));
		assert_str_equal(str_of(r.file), str_of(rows[i].file));
		assert_int_equal(r.after, rows[i].after);
		assert_string_equal(r.drop_in, DIR "99-ecrbox.conf");
	}
}

static void
t_find_named(void **state)
{
	static struct fake_world f;
	struct arena a = t_arena();
	struct registries r;
	struct err e = { 0 };

	(void)state;
	fake_open(&f);
	fake_env(&f, "HOME", "/home/u");
	fake_env(&f, "CONTAINERS_REGISTRIES_CONF", "/else");
	fake_file(&f, "/else", SETS("e"));
	fake_file(&f, USER, SETS("u"));
	assert_true(registries_find(&f.w, &a, &r, &e));
	assert_str_equal(joined(&r.helpers), S("e "));
	fake_file(&f, SYSTEM ".d/a.conf", SETS("a"));
	assert_true(registries_find(&f.w, &a, &r, &e));
	assert_str_equal(joined(&r.helpers), S("a "));
}

static void
t_find_fails(void **state)
{
	static const struct {
		const char *path, *msg;
	} rows[] = {
		{ USER, "read '" USER "': line 1: " KEY },
		{ SYSTEM, "read '" SYSTEM "': line 1: " KEY },
		{ DIR "a.conf", "read '" DIR "a.conf': line 1: " KEY },
	};
	static struct fake_world f;
	struct registries r;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = t_arena();
		struct err e = { 0 };

		fake_open(&f);
		fake_env(&f, "HOME", "/home/u");
		fake_file(&f, rows[i].path, "bad");
		assert_false(registries_find(&f.w, &a, &r, &e));
		assert_string_equal(e.msg, rows[i].msg);
		fake_open(&f);
		fake_env(&f, "HOME", "/home/u");
		fake_file_fails(&f, rows[i].path, ERR_SYS);
		assert_false(registries_find(&f.w, &a, &r, &e));
		assert_int_equal(e.kind, ERR_SYS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_read),
		cmocka_unit_test(t_read_refused),
		cmocka_unit_test(t_read_many),
		cmocka_unit_test(t_ours),
		cmocka_unit_test(t_find),
		cmocka_unit_test(t_find_named),
		cmocka_unit_test(t_find_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
