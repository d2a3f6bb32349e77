#include "fake_world.h"

#include "base/limits.h"
#include "login/registry_map.h"

#define A "123456789012"
#define B "210987654321"
#define ROLE "arn:aws:iam::" A ":role/pull"
#define HOST A ".dkr.ecr.eu-west-1.amazonaws.com"
#define OWN "/h/.config/ecrbox.conf"
#define ALL "/etc/ecrbox.conf"

static struct fake_world f;
static struct arena a;

static bool
parse(const char *text, struct registry_map *map, struct err *e)
{
	a = t_arena();
	return registry_map_parse(t_edge(str_of(text)), "F", &a, map, e);
}

static void
t_read(void **state)
{
	static const char text[] =
	    "# ours\n"
	    "[" A "]\n"
	    "profile = prod\n"
	    "region = eu-west-1\t# where most is\n"
	    "\n"
	    "[ Registry.Example.com:443 ]\r\n"
	    "  account=" B "\r\n"
	    "  Region=us-east-1\r\n"
	    "  ROLE_ARN = " ROLE "\r\n"
	    "  external_id = a=b c\r\n"
	    "[*.ECR.?s-*]\n"
	    "endpoint_url = http://localhost:4566\n"
	    "[" HOST "]\n"
	    "account = " A "\n"
	    "region = eu-west-1\n"
	    "[public.ecr.aws]\n"
	    "[localhost:5000]\n"
	    "account = 000000000000\n"
	    "region = us-east-1";
	static const struct rule want[] = {
		{ .kind = RULE_ACCOUNT, .name = S_INIT(A), .line = 2,
		    .profile = S_INIT("prod"), .region = S_INIT("eu-west-1") },
		{ .kind = RULE_CUSTOM, .name = S_INIT("registry.example.com"),
		    .line = 6, .account = S_INIT(B),
		    .region = S_INIT("us-east-1"), .role_arn = S_INIT(ROLE),
		    .external_id = S_INIT("a=b c") },
		{ .kind = RULE_PATTERN, .name = S_INIT("*.ecr.?s-*"),
		    .line = 11,
		    .endpoint_url = S_INIT("http://localhost:4566") },
		{ .kind = RULE_HOST, .name = S_INIT(HOST), .line = 13,
		    .account = S_INIT(A), .region = S_INIT("eu-west-1") },
		{ .kind = RULE_PUBLIC, .name = S_INIT("public.ecr.aws"),
		    .line = 16 },
		{ .kind = RULE_CUSTOM, .name = S_INIT("localhost:5000"),
		    .line = 17, .account = S_INIT("000000000000"),
		    .region = S_INIT("us-east-1") },
	};
	struct registry_map map;
	struct err e;

	(void)state;
	if (!parse(text, &map, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(map.count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < map.count; i++) {
		const struct rule *r = &map.rules[i];

		assert_int_equal(r->kind, want[i].kind);
		assert_int_equal(r->line, want[i].line);
		assert_string_equal(r->path, "F");
		assert_str_equal(r->name, want[i].name);
		assert_str_equal(r->profile, want[i].profile);
		assert_str_equal(r->role_arn, want[i].role_arn);
		assert_str_equal(r->external_id, want[i].external_id);
		assert_str_equal(r->region, want[i].region);
		assert_str_equal(r->account, want[i].account);
		assert_str_equal(r->endpoint_url, want[i].endpoint_url);
	}
}

#define NAME_ERROR(s) "section '" s "': neither an account id of 12 digits," \
	" nor a host name, nor a pattern of host names"
#define KEYS " (there are profile, role_arn, external_id, region, account" \
	" and endpoint_url)"
#define NEEDS(host, key) "'" host "' is not a host of ECR's, so its section" \
	" needs '" key "', that of the registry behind it"

static void
t_refused(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		const char *msg;
	} cases[] = {
		/* The grammar. */
		{ "profile = x", 1,
		    "neither [section], key = value nor a comment" },
		{ "[" A "]\nprofile", 2,
		    "neither [section], key = value nor a comment" },
		{ "[" A "]\n\nprofile; x", 3,
		    "neither [section], key = value nor a comment" },
		{ "[" A "\nprofile = x", 1,
		    "neither [section], key = value nor a comment" },
		{ "[" A "] x\n", 1,
		    "neither [section], key = value nor a comment" },
		{ "[]\n", 1,
		    "neither [section], key = value nor a comment" },
		{ "[" A "]\nprofile = x\n  role_arn = " ROLE, 2, "'profile'"
		    " goes on in the next line, which is indented: here it may"
		    " not" },
		{ "[" A "]\nprofile =\n  role_arn = " ROLE, 2,
		    "'profile' is empty" },
		{ "[" A "]\nprofile = # x", 2, "'profile' is empty" },
		/* Keys. */
		{ "[" A "]\nprofil = x", 2, "unknown key 'profil'" KEYS },
		{ "[" A "]\nprofile = x\nrole-arn = y", 3,
		    "unknown key 'role-arn'" KEYS },
		{ "[" A "]\naws_access_key_id = x", 2,
		    "unknown key 'aws_access_key_id'" KEYS },
		{ "[" A "]\nprofile = x\nprofile = y", 3,
		    "'profile' comes twice in its section" },
		{ "[" A "]\naccount = " A, 2,
		    "'account' has no meaning in an account's section" },
		{ "[*.example.com]\naccount = " A, 2, "'account' has no"
		    " meaning in a pattern's section: a host of your own is"
		    " named in full" },
		{ "[*]\nregion = eu-west-1", 2, "'region' has no meaning in a"
		    " pattern's section: a host of your own is named in"
		    " full" },
		{ "[public.ecr.aws]\nregion = us-east-1", 2,
		    "'region' has no meaning in ECR Public's section" },
		{ "[ecr-public.aws.com]\naccount = " A, 2,
		    "'account' has no meaning in ECR Public's section" },
		/* Values. */
		{ "[" A "]\nregion = eu_west_1", 2, "region 'eu_west_1': not a"
		    " name of letters, digits and hyphens" },
		{ "[r.example.com]\naccount = 12345678901", 2,
		    "account '12345678901': not 12 digits" },
		{ "[" A "]\nrole_arn = pull", 2, "role_arn 'pull': not"
		    " arn:aws:iam::ACCOUNT:role/NAME" },
		{ "[" A "]\nrole_arn = arn:aws:iam::" A ":user/x", 2,
		    "role_arn 'arn:aws:iam::" A ":user/x': not"
		    " arn:aws:iam::ACCOUNT:role/NAME" },
		{ "[" A "]\nendpoint_url = x", 2, NULL },
		{ "[" A "]\nendpoint_url = http://u:p@x/", 2, NULL },
		/* Values that go together. */
		{ "[" A "]\nprofile = x\nexternal_id = y", 1,
		    "'external_id' without 'role_arn'" },
		{ "[r.example.com]\nprofile = x", 1,
		    NEEDS("r.example.com", "account") },
		{ "[r.example.com]\nregion = eu-west-1", 1,
		    NEEDS("r.example.com", "account") },
		{ "[r.example.com]\naccount = " A, 1,
		    NEEDS("r.example.com", "region") },
		{ "[default]\nprofile = x", 1, NEEDS("default", "account") },
		{ "[" A ".dkr.ecr.eu-west-1.amazonaw.com]", 1,
		    NEEDS(A ".dkr.ecr.eu-west-1.amazonaw.com", "account") },
		{ "[" HOST ":8443]\naccount = " A "\nregion = eu-west-1", 1,
		    "section '" HOST ":8443': a host of ECR's is named without"
		    " a port" },
		{ "[" HOST "]\naccount = " B, 1, "account '" B "' is not that"
		    " of the host, '" A "'" },
		{ "[" HOST "]\nregion = eu-west-2", 1, "region 'eu-west-2' is"
		    " not that of the host, 'eu-west-1'" },
		/* Names. */
		{ "[12345678901]", 1, NAME_ERROR("12345678901") },
		{ "[1234567890123]", 1, NAME_ERROR("1234567890123") },
		{ "[" A "@eu-west-1]", 1, NAME_ERROR(A "@eu-west-1") },
		{ "[profile x]", 1, NAME_ERROR("profile x") },
		{ "[https://" HOST "]", 1, NAME_ERROR("https://" HOST) },
		{ "[" HOST "/team]", 1, NAME_ERROR(HOST "/team") },
		{ "[\"" HOST "\"]", 1, NAME_ERROR("\"" HOST "\"") },
		{ "[u@r.example.com]", 1, NAME_ERROR("u@r.example.com") },
		{ "[r.example.com:x]", 1, NAME_ERROR("r.example.com:x") },
		{ "[r.example.com:0]", 1, NAME_ERROR("r.example.com:0") },
		{ "[r..example.com]", 1, NAME_ERROR("r..example.com") },
		{ "[*.dkr.ecr.*.amazonaws.com:443]", 1,
		    NAME_ERROR("*.dkr.ecr.*.amazonaws.com:443") },
		{ "[*/x]", 1, NAME_ERROR("*/x") },
		{ "[*.dkr.ecr.[a-z]*]", 1,
		    "neither [section], key = value nor a comment" },
		{ "[" A "]\n[" B "]\n[" A "]", 3,
		    "section '" A "' was there before, in line 1" },
		{ "[*.X]\n[*.x]", 2,
		    "section '*.x' was there before, in line 1" },
		{ "[" HOST "]\n[" HOST ".:443]", 2,
		    "section '" HOST "' was there before, in line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[ERR_MSG_MAX];
		struct buf b = BUF(text);
		struct registry_map map;
		struct err e = { ERR_NONE, "" };

		if (parse(cases[i].text, &map, &e))
			fail_msg("accepted: %s", cases[i].text);
		assert_int_equal(e.kind, ERR_USAGE);
		buf_add(&b, S("'F' line "));
		buf_u64(&b, cases[i].line);
		buf_add(&b, S(": "));
		buf_add(&b, cases[i].msg ? str_of(cases[i].msg) :
		    S("endpoint_url: "));
		if (cases[i].msg)
			assert_str_equal(str_of(e.msg), buf_str(&b));
		else if (!str_starts(str_of(e.msg), buf_str(&b)))
			fail_msg("%s", e.msg);
	}
}

static void
t_long(void **state)
{
	char text[DNS_NAME_MAX + 16];
	struct registry_map map;
	struct err e;

	(void)state;
	for (size_t n = DNS_NAME_MAX - 1; n <= DNS_NAME_MAX + 2; n++) {
		struct buf b = BUF(text);

		buf_add(&b, S("[*"));
		while (b.n < n + 1)
			buf_char(&b, 'a');
		buf_add(&b, S("]"));
		buf_char(&b, '\0');
		assert_int_equal(parse(text, &map, &e), n <= DNS_NAME_MAX);
	}
}

static void
t_no_room(void **state)
{
	static const char text[] = "[" A "]\nprofile = x\n[" HOST "]\n";
	struct registry_map map;
	struct err e = { ERR_NONE, "" };
	bool done = false;

	(void)state;
	for (size_t cap = 0; !done; cap += 16) {
		a = t_arena();
		a.cap = cap;
		done = registry_map_parse(str_of(text), "F", &a, &map, &e);
		if (!done)
			assert_int_equal(e.kind, ERR_LIMIT);
	}
	assert_int_equal(map.count, 2);
}

/* Which section (its line) is for which registry. */
static void
t_find(void **state)
{
	static const char text[] =
	    "[" A ".dkr.ecr.us-*]\n"			/* 1 */
	    "[" B "]\n"					/* 2 */
	    "[" HOST "]\n"				/* 3 */
	    "[*.dkr-ecr*.on.aws]\n"			/* 4 */
	    "[" A "]\n"					/* 5 */
	    "[public.ecr.???]\n"			/* 6 */
	    "[ecr-public.aws.com]\n"			/* 7 */
	    "[r.example.com]\naccount = 999999999999\nregion = us-east-1\n"
	    "[*.fips.*]\n"				/* 11 */
	    "[*cn-n*.cn]\n";				/* 12 */
	static const struct {
		const char *account, *host;
		size_t line;	/* 0: none */
	} cases[] = {
		{ A, A ".dkr.ecr.us-east-1.amazonaws.com", 1 },
		{ A, A ".dkr.ecr.us-.amazonaws.com", 1 },
		{ A, A ".dkr.ecr.eu-west-2.amazonaws.com", 5 },
		{ A, HOST, 3 },
		{ A, "", 5 },
		{ B, B ".dkr.ecr.us-east-1.amazonaws.com", 2 },
		{ B, B ".dkr-ecr.us-east-1.on.aws", 2 },
		{ B, "", 2 },
		{ A, A ".dkr-ecr.eu-west-1.on.aws", 4 },
		{ A, A ".dkr-ecr-fips.us-east-1.on.aws", 4 },
		{ "333333333333", "333333333333.dkr-ecr.eu-west-1.on.aws", 4 },
		{ "333333333333",
		    "333333333333.dkr.ecr.eu-west-1.amazonaws.com", 0 },
		{ "333333333333",
		    "333333333333.dkr.ecr.cn-north-1.amazonaws.com.cn", 12 },
		{ "333333333333",
		    "333333333333.dkr.ecr.cn-north-1.amazonaws.com", 0 },
		{ "333333333333", "", 0 },
		/* Behind its own name a custom host's registry is any other. */
		{ "999999999999",
		    "999999999999.dkr.ecr.us-east-1.amazonaws.com", 0 },
		{ "", "public.ecr.aws", 6 },
		{ "", "ecr-public.aws.com", 7 },
		{ "", "", 0 },
		/* It is for custom() to find. */
		{ "999999999999", "r.example.com", 0 },
	};
	struct registry_map map;
	struct err e;

	(void)state;
	assert_true(parse(text, &map, &e));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rule *r = registry_map_find(&map,
		    str_of(cases[i].account), str_of(cases[i].host));

		if ((r ? r->line : 0) != cases[i].line)
			fail_msg("%s: line %zu", cases[i].host,
			    r ? r->line : 0);
	}
}

static void
t_pattern(void **state)
{
	static const struct {
		const char *pattern, *host;
		bool fits;
	} cases[] = {
		{ "*", "a", true }, { "*", "a.b.c", true },
		{ "**", "a", true }, { "?*", "a", true },
		{ "*?", "ab", true }, { "a*c", "abc", true },
		{ "a*c", "ac", true }, { "a*c", "abcbc", true },
		{ "*ab", "aab", true }, { "*a*b*", "xaxbx", true },
		{ "a?c", "a.c", true }, { "*.a.*.b", "x.a.y.a.z.b", true },
		{ "??", "a", false }, { "?", "ab", false },
		{ "a*", "ba", false }, { "*a", "ab", false },
		{ "a*c", "abcd", false }, { "a?c", "ac", false },
		{ "*ab", "aba", false }, { "a*b*c", "acb", false },
		{ "*.b", "b", false }, { "a*a", "a", false },
		{ "*", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct buf b = BUF(text);
		struct registry_map map;
		struct err e;

		buf_char(&b, '[');
		buf_add(&b, str_of(cases[i].pattern));
		buf_add(&b, S("]"));
		buf_char(&b, '\0');
		assert_true(parse(text, &map, &e));
		if (!registry_map_find(&map, S(""), str_of(cases[i].host)) ==
		    cases[i].fits)
			fail_msg("%s, %s", cases[i].pattern, cases[i].host);
	}
}

/* A pattern that makes a backtracking matcher sweat. */
static void
t_pattern_quick(void **state)
{
	static const char text[] = "[*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b]";
	char host[DNS_NAME_MAX];
	struct registry_map map;
	struct err e;

	(void)state;
	memset(host, 'a', sizeof(host));
	assert_true(parse(text, &map, &e));
	assert_null(registry_map_find(&map, S(""),
	    (struct str){ host, sizeof(host) }));
}

static void
t_custom(void **state)
{
	static const char text[] =
	    "[*]\n"
	    "[r.example.com]\naccount = " A "\nregion = us-east-1\n"
	    "[r.example.com:5000]\naccount = " B "\nregion = us-east-1\n"
	    "[" HOST "]\n";
	static const struct {
		const char *text;
		const char *account;	/* NULL: not ours */
	} cases[] = {
		{ "r.example.com", A },
		{ "R.Example.COM", A },
		{ "r.example.com:443", A },
		{ "r.example.com.", A },
		{ "r.example.com:", A },
		{ "https://r.example.com", A },
		{ "HTTPS://r.example.com/v2/", A },
		{ "r.example.com/team/app:1.2@sha256:00", A },
		{ "r.example.com:5000", B },
		{ "https://r.example.com:5000/x", B },
		{ "r.example.com:5001", NULL },
		{ "r.example.com:80", NULL },
		{ "http://r.example.com", NULL },
		{ "xr.example.com", NULL },
		{ "r.example.com.evil.example", NULL },
		{ "r.example.com@evil.example", NULL },
		{ "evil.example/r.example.com", NULL },
		{ "u@r.example.com", NULL },
		{ "r.example.com?x", NULL },
		{ "r.example.com#x", NULL },
		{ "r.example.com\\evil.example", NULL },
		{ " r.example.com", NULL },
		{ "*", NULL },
		{ "docker.io", NULL },
		{ HOST, NULL },
		{ "", NULL },
	};
	struct registry_map map;
	struct err e;

	(void)state;
	assert_true(parse(text, &map, &e));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rule *r = registry_map_custom(&map,
		    str_of(cases[i].text));

		if (!r != !cases[i].account)
			fail_msg("%s", cases[i].text);
		if (r)
			assert_str_equal(r->account, str_of(cases[i].account));
	}
}

static bool
load(struct registry_map *map, struct err *e)
{
	a = t_arena();
	return registry_map_load(&f.w, &a, map, e);
}

/* Each file has one section, by which it is known. */
static void
t_files(void **state)
{
	static const struct {
		const char *home, *variable;
		bool own, all, named;
		const char *found;	/* profiles, in order */
	} cases[] = {
		{ "/h", NULL, false, false, false, "" },
		{ "/h", NULL, true, false, false, "own " },
		{ "/h", NULL, false, true, false, "all " },
		{ "/h", NULL, true, true, false, "own all " },
		{ "/h", "", true, true, true, "own all " },
		{ "/h", "/named", true, true, true, "named " },
		{ "/h", "~/named", true, true, true, "home " },
		{ "/h", "/dev/null", true, true, true, "" },
		{ NULL, NULL, true, true, true, "all " },
		{ NULL, "/named", true, true, true, "named " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct buf b = BUF(text);
		struct registry_map map;
		struct err e;

		fake_open(&f);
		fake_env(&f, "HOME", cases[i].home);
		fake_env(&f, "ECRBOX_CONFIG", cases[i].variable);
		if (cases[i].own)
			fake_file(&f, OWN, "[" A "]\nprofile = own\n");
		if (cases[i].all)
			fake_file(&f, ALL, "[" A "]\nprofile = all\n");
		if (cases[i].named) {
			fake_file(&f, "/named", "[" A "]\nprofile = named\n");
			fake_file(&f, "/h/named", "[" A "]\nprofile = home\n");
		}
		if (!load(&map, &e))
			fail_msg("%s", e.msg);
		for (size_t k = 0; k < map.count; k++) {
			buf_add(&b, map.rules[k].profile);
			buf_char(&b, ' ');
		}
		assert_str_equal(buf_str(&b), str_of(cases[i].found));
	}
}

static void
t_files_refused(void **state)
{
	static const struct {
		const char *variable, *own, *all;
		enum err_kind fails;	/* as which ALL cannot be read */
		bool open;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ "/gone", "", "", ERR_NONE, false, ERR_USAGE,
		    "ECRBOX_CONFIG: " },
		{ NULL, "x", "", ERR_NONE, false, ERR_USAGE,
		    "'" OWN "' line 1: neither" },
		{ NULL, "", "\nx", ERR_NONE, false, ERR_USAGE,
		    "'" ALL "' line 2: neither" },
		{ NULL, "", "", ERR_SYS, false, ERR_SYS, "" },
		{ NULL, "", "", ERR_LIMIT, false, ERR_LIMIT, "" },
		{ NULL, "", NULL, ERR_NONE, true, ERR_DENIED,
		    "read '" OWN "': others can write it" },
		{ ALL, "", "", ERR_NONE, true, ERR_DENIED,
		    "ECRBOX_CONFIG: read '" ALL "': others can write it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct registry_map map;
		struct err e = { ERR_NONE, "" };

		fake_open(&f);
		f.open_files = cases[i].open;
		fake_env(&f, "HOME", "/h");
		fake_env(&f, "ECRBOX_CONFIG", cases[i].variable);
		fake_file(&f, OWN, cases[i].own);
		fake_file(&f, ALL, cases[i].all);
		if (cases[i].fails)
			fake_file_fails(&f, ALL, cases[i].fails);
		assert_false(load(&map, &e));
		assert_int_equal(e.kind, cases[i].kind);
		if (!str_starts(str_of(e.msg), str_of(cases[i].msg)))
			fail_msg("%s", e.msg);
	}
}

/* Each amount of memory, from none to enough. */
static void
t_no_memory(void **state)
{
	struct arena all = t_arena();
	struct registry_map map;
	bool done = false, told = false;
	struct err e;

	(void)state;
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_file(&f, "/h/.config/ecrbox.conf",
	    "[123456789012]\nprofile = p\n");
	for (size_t n = 0; !done; n += 16) {
		assert_true(n < 1 << 16);
		a = (struct arena){ all.p, n, 0 };
		done = registry_map_load(&f.w, &a, &map, &e);
		if (!done)
			told |= strcmp(e.msg, "ecrbox.conf: out of memory") ==
			    0;
	}
	assert_true(told);
	assert_int_equal(map.count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_read),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_long),
		cmocka_unit_test(t_no_room),
		cmocka_unit_test(t_find),
		cmocka_unit_test(t_pattern),
		cmocka_unit_test(t_pattern_quick),
		cmocka_unit_test(t_custom),
		cmocka_unit_test(t_files),
		cmocka_unit_test(t_files_refused),
		cmocka_unit_test(t_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
