#include "fake_world.h"
#include "login/cache.h"
#include "base/limits.h"

#define DIR "/h/.cache/ecrbox"
#define HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC DIR "/" HEX ".token"		/* SHA-256 of "abc" */
#define HEAD "version 1\nregistry r\nhost h\nlogin AWS:p\n"
#define GOOD HEAD "issued 1440938160\nexpires 1440981360\nskew -3\n"

static struct fake_world f;

static const struct cache_entry good = {
	.registry = S_INIT("r"), .host = S_INIT("h"),
	.login = S_INIT("AWS:p"), .issued = FAKE_NOW,
	.expires = FAKE_NOW + 43200, .skew_s = -3,
};

static void
open_world(void)
{
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
}

static void
t_path(void **state)
{
	static const struct {
		const char *dir, *xdg, *home, *off;
		const char *path;	/* NULL: no cache */
	} cases[] = {
		{ NULL, NULL, "/h", NULL, ABC },
		{ NULL, "", "/h", "", ABC },
		{ NULL, "/x", "/h", NULL, "/x/ecrbox/" HEX ".token" },
		{ NULL, "/x", NULL, NULL, "/x/ecrbox/" HEX ".token" },
		{ NULL, "relative", "/h", NULL, ABC },
		{ NULL, "~/x", "/h", NULL, ABC },
		{ "/e", "/x", "/h", NULL, "/e/" HEX ".token" },
		{ "~/e", "/x", "/h", NULL, "/h/e/" HEX ".token" },
		{ "e", NULL, "/h", NULL, "e/" HEX ".token" },
		{ NULL, NULL, NULL, NULL, NULL },
		{ "~/e", "/x", NULL, NULL, NULL },
		{ "/e", NULL, "/h", "1", NULL },
		{ "/e", NULL, "/h", "false", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		const char *path = "untouched";
		struct err e;

		fake_open(&f);
		fake_env(&f, "AWS_ECR_CACHE_DIR", cases[i].dir);
		fake_env(&f, "XDG_CACHE_HOME", cases[i].xdg);
		fake_env(&f, "HOME", cases[i].home);
		fake_env(&f, "AWS_ECR_DISABLE_CACHE", cases[i].off);
		if (cache_path(&f.w, S("abc"), &a, &path, &e)) {
			assert_non_null(cases[i].path);
			assert_string_equal(path, cases[i].path);
			continue;
		}
		assert_null(cases[i].path);
		assert_int_equal(e.kind, ERR_ABSENT);
		assert_string_equal(path, "untouched");
	}
}

static void
t_format(void **state)
{
	char text[512];
	struct buf b = BUF(text);

	(void)state;
	cache_format(&good, &b);
	assert_str_equal(buf_str(&b), S(GOOD));
}

/* What would not be read back as it was is not written. */
static void
t_one_line(void **state)
{
	char text[512];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct cache_entry bad = good;
		struct buf b = BUF(text);

		*(struct str *[]){ &bad.registry, &bad.host, &bad.login }[i] =
		    S("a\nskew 0");
		cache_format(&bad, &b);
		assert_true(b.full);
	}
}

static void
t_parse(void **state)
{
	static const struct {
		const char *text;
		const char *msg;	/* NULL: accepted */
	} cases[] = {
		{ GOOD, NULL },
		{ "", "no 'version'" },
		{ "\n", "no 'version'" },
		{ "{}", "no 'version'" },
		{ "version\n", "no 'version'" },
		{ "version\t1\n", "no 'version'" },
		{ " version 1\n", "no 'version'" },
		{ "Version 1\n", "no 'version'" },
		{ "versions 1\n", "no 'version'" },
		{ "version 1", "no 'version'" },
		{ "version 2\n", "version 2, not 1" },
		{ "version -1\n", "version -1, not 1" },
		{ "version \n", "'version' is no whole number" },
		{ "version 01\n", "'version' is no whole number" },
		{ "version 1 \n", "'version' is no whole number" },
		{ "version  1\n", "'version' is no whole number" },
		{ "version 1\r\n", "'version' is no whole number" },
		{ "version 1.0\n", "'version' is no whole number" },
		{ "version 1\n\n", "no 'registry'" },
		{ "version 1\nhost h\nregistry r\n", "no 'registry'" },
		{ "version 1\nversion 1\n", "no 'registry'" },
		{ "version 1\nregistry r\n host h\n", "no 'host'" },
		{ "version 1\nregistry r\nhost h\nissued 1\n", "no 'login'" },
		{ HEAD "", "no 'issued'" },
		{ HEAD "issued 1\n", "no 'expires'" },
		{ HEAD "issued 1\nexpires 2\n", "no 'skew'" },
		{ HEAD "issued 1\nexpires 2\nskew 0", "no 'skew'" },
		{ HEAD "issued 1\nexpires 2\nskew 0\nx", "1 bytes too many" },
		{ GOOD GOOD, "85 bytes too many" },
		{ HEAD "issued 2\nexpires 2\nskew 0\n",
		    "times that cannot be" },
		{ HEAD "issued -1\nexpires 2\nskew 0\n",
		    "times that cannot be" },
		{ HEAD "issued 1\nexpires 253402300800\nskew 0\n",
		    "times that cannot be" },
		{ HEAD "issued 1\nexpires 2\nskew 3\n",
		    "times that cannot be" },
		{ HEAD "issued 1\nexpires 2\nskew -3\n",
		    "times that cannot be" },
		{ HEAD "issued 1\nexpires 9223372036854775808\nskew 0\n",
		    "'expires' is no whole number" },
		{ HEAD "issued --1\n", "'issued' is no whole number" },
		{ HEAD "issued -\n", "'issued' is no whole number" },
		{ HEAD "issued +1\n", "'issued' is no whole number" },
		{ HEAD "issued 1\nexpires 2\nskew -0\n",
		    "'skew' is no whole number" },
		{ HEAD "issued 1\nexpires 2\nskew -01\n",
		    "'skew' is no whole number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cache_entry got = { .issued = 7 };
		struct err e;

		if (cache_parse(t_edge(str_of(cases[i].text)), &got, &e)) {
			if (cases[i].msg)
				fail_msg("accepted: %s", cases[i].text);
			assert_str_equal(got.registry, good.registry);
			assert_str_equal(got.host, good.host);
			assert_str_equal(got.login, good.login);
			assert_true(got.issued == good.issued);
			assert_true(got.expires == good.expires);
			assert_true(got.skew_s == good.skew_s);
			continue;
		}
		if (!cases[i].msg)
			fail_msg("%s: %s", cases[i].text, e.msg);
		assert_int_equal(e.kind, ERR_REPLY);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(got.issued, 7);
	}
}

/* Cut short anywhere, it is nothing. */
static void
t_cut(void **state)
{
	struct str whole = S(GOOD);

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		struct cache_entry got;
		struct err e;

		assert_false(cache_parse(t_edge(str_head(whole, n)), &got,
		    &e));
	}
}

static void
t_too_long(void **state)
{
	static char text[CACHE_ENTRY_MAX + 1], copy[CACHE_ENTRY_MAX];
	static const char front[] = "version 1\nregistry ", back[] =
	    "\nhost h\nlogin A\nissued 1\nexpires 2\nskew 0\n";
	struct buf b = BUF(copy);
	struct cache_entry got;
	struct err e;

	(void)state;
	memset(text, 'r', sizeof(text));
	memcpy(text, front, sizeof(front) - 1);
	memcpy(text + CACHE_ENTRY_MAX + 1 - sizeof(back), back,
	    sizeof(back) - 1);
	assert_true(cache_parse((struct str){ text, CACHE_ENTRY_MAX }, &got,
	    &e));
	cache_format(&got, &b);
	assert_int_equal(b.n, CACHE_ENTRY_MAX);
	assert_memory_equal(b.p, text, CACHE_ENTRY_MAX);
	assert_false(cache_parse((struct str){ text, sizeof(text) }, &got,
	    &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

static void
t_read(void **state)
{
	static const struct {
		const char *content;	/* NULL: no file */
		enum err_kind fails;
		const char *note;	/* NULL: none */
	} cases[] = {
		{ NULL, ERR_NONE, NULL },
		{ "", ERR_NONE, "cached token in '" ABC "' not used: " },
		{ "{}", ERR_NONE, "cached token in '" ABC "' not used: no"
		    " 'version'" },
		{ NULL, ERR_SYS, "cached token in '" ABC "' not used: read '"
		    ABC "': made to fail" },
		{ NULL, ERR_LIMIT, "cached token in '" ABC "' not used: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct cache_entry got;
		struct err e;

		open_world();
		if (cases[i].content)
			fake_file(&f, ABC, cases[i].content);
		if (cases[i].fails)
			fake_file_fails(&f, ABC, cases[i].fails);
		assert_false(cache_read(&f.w, ABC, &a, &got, &e));
		assert_int_equal(e.kind, ERR_ABSENT);
		assert_string_equal(e.msg, "no cached token in '" ABC "'");
		assert_int_equal(f.note_count, cases[i].note ? 1 : 0);
		if (cases[i].note)
			assert_true(fake_noted(&f, NOTE_DETAIL,
			    cases[i].note));
	}
}

static void
t_write(void **state)
{
	struct arena a = t_arena();
	struct cache_entry got;
	struct err e;
	size_t used = a.used;

	(void)state;
	open_world();
	cache_write(&f.w, ABC, &good, &a);
	assert_int_equal(a.used, used);
	assert_string_equal(fake_content(&f, ABC), GOOD);
	assert_int_equal(f.file_count, 1);
	assert_int_equal(f.files[0].how.mode, 0600);
	assert_int_equal(f.files[0].how.dir_mode, 0700);
	assert_true(f.files[0].how.blind);
	assert_false(f.files[0].how.wait);
	assert_true(cache_read(&f.w, ABC, &a, &got, &e));
	assert_int_equal(f.note_count, 0);

	assert_true(cache_remove(&f.w, ABC, &a, &e));
	assert_null(fake_content(&f, ABC));
	assert_int_equal(f.files[0].how.dir_mode, 0);
	assert_true(cache_remove(&f.w, ABC, &a, &e));
}

/* A run does not fail for its cache. */
static void
t_not_written(void **state)
{
	static char login[CACHE_ENTRY_MAX];
	struct arena a = t_arena(), small = { a.p, 64, 0 };
	struct cache_entry large = good;
	struct err e;

	(void)state;
	open_world();
	fake_file_fails(&f, ABC, ERR_SYS);
	cache_write(&f.w, ABC, &good, &a);
	assert_true(fake_noted(&f, NOTE_DETAIL, "token not cached: write '"
	    ABC "': made to fail"));
	assert_false(cache_remove(&f.w, ABC, &a, &e));
	assert_string_equal(e.msg, "forget a cached token: write '" ABC
	    "': made to fail");

	open_world();
	memset(login, 'A', sizeof(login));
	large.login = (struct str){ login, sizeof(login) };
	cache_write(&f.w, ABC, &large, &a);
	assert_true(fake_noted(&f, NOTE_DETAIL, "token not cached: too"
	    " large, or of more than one line"));
	cache_write(&f.w, ABC, &good, &small);
	assert_int_equal(f.edit_count, 0);
}

#define NAME(c) DIR "/" c c c c c c c c ".token"
#define OURS(c) NAME(c c c c c c c c)
#define ENTRY(r, t) "version 1\nregistry " r "\nhost h" r "\nlogin A:B\n" \
	"issued 1\nexpires " t "\nskew 0\n"

static void
put_all(void)
{
	open_world();
	fake_file(&f, OURS("a"), ENTRY("r", "100"));
	fake_file(&f, OURS("b"), ENTRY("s", "101"));
	fake_file(&f, OURS("c"), ENTRY("", "200"));
	fake_file(&f, OURS("d"), "not ours after all");
	/* Others' files with much the same content stay. */
	fake_file(&f, DIR "/cache.json", ENTRY("r", "1"));
	fake_file(&f, OURS("g"), ENTRY("r", "1"));
	fake_file(&f, OURS("A"), ENTRY("r", "1"));
	fake_file(&f, OURS("e") "x", ENTRY("r", "1"));
	fake_file(&f, DIR "/sub/" HEX ".token", ENTRY("r", "1"));
	fake_file(&f, "/h/.cache/" HEX ".token", ENTRY("r", "1"));
}

static void
t_sweep(void **state)
{
	static const struct {
		const char *registry;
		int64_t now;
		bool a, b, c;	/* is it still there? */
	} cases[] = {
		{ "", 99, true, true, true },
		{ "", 100, false, true, true },
		{ "", 101, false, false, true },
		{ "r", 99, false, true, true },
		{ "s", 100, true, false, true },
		{ "h", 99, true, true, false },	/* one's own, by its name */
		{ "hr", 99, true, true, true },
		{ "t", 99, true, true, true },
		{ "", 200, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct err e;

		put_all();
		assert_true(cache_sweep(&f.w, str_of(cases[i].registry),
		    cases[i].now, &a, &e));
		assert_int_equal(!!fake_content(&f, OURS("a")), cases[i].a);
		assert_int_equal(!!fake_content(&f, OURS("b")), cases[i].b);
		assert_int_equal(!!fake_content(&f, OURS("c")), cases[i].c);
		for (size_t k = 3; k < f.file_count; k++)
			assert_int_equal(f.files[k].edits, 0);
	}
}

static bool
remember(void *me, const struct cache_entry *entry)
{
	struct buf *b = me;

	buf_add(b, entry->host);
	return !str_eq(entry->host, S("hs"));
}

static void
t_each(void **state)
{
	struct arena a = t_arena();
	char text[64];
	struct buf b = BUF(text);

	(void)state;
	put_all();
	cache_each(&f.w, &a, remember, &b);
	assert_str_equal(buf_str(&b), S("hrhs"));	/* hs said: enough */

	buf_wipe(&b);
	fake_env(&f, "AWS_ECR_DISABLE_CACHE", "1");
	cache_each(&f.w, &a, remember, &b);
	assert_int_equal(b.n, 0);
}

/* What must go and cannot is told; what merely could go is not. */
static void
t_sweep_fails(void **state)
{
	struct arena a = t_arena();
	struct err e;

	(void)state;
	put_all();
	f.read_only = true;
	for (int i = 0; i < 2; i++) {
		e.kind = ERR_NONE;
		assert_false(cache_sweep(&f.w, i ? S("r") : S(""), i ? 0 : 150,
		    &a, &e));
		assert_int_equal(e.kind, ERR_SYS);
		assert_true(str_starts(str_of(e.msg),
		    S("forget a cached token: ")));
	}

	open_world();
	fake_file_fails(&f, DIR, ERR_SYS);
	assert_true(cache_sweep(&f.w, S(""), 0, &a, &e));
	assert_true(fake_noted(&f, NOTE_DETAIL,
	    "token cache: open '" DIR "': made to fail"));

	fake_open(&f);
	assert_true(cache_sweep(&f.w, S("r"), 0, &a, &e));
	open_world();
	assert_true(cache_sweep(&f.w, S("r"), 0, &a, &e));
	assert_int_equal(f.note_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_path),
		cmocka_unit_test(t_format),
		cmocka_unit_test(t_one_line),
		cmocka_unit_test(t_parse),
		cmocka_unit_test(t_cut),
		cmocka_unit_test(t_too_long),
		cmocka_unit_test(t_read),
		cmocka_unit_test(t_write),
		cmocka_unit_test(t_not_written),
		cmocka_unit_test(t_sweep),
		cmocka_unit_test(t_each),
		cmocka_unit_test(t_sweep_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
