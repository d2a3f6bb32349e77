#include "aws/profile.h"
#include "base/json.h"
#include "fake_world.h"
#include "vectors.h"

static struct fake_world f;

#define CONFIG "/home/u/.aws/config"
#define CREDENTIALS "/home/u/.aws/credentials"

static void
open_world(const char *config, const char *credentials)
{
	fake_open(&f);
	fake_env(&f, "HOME", "/home/u");
	if (config)
		fake_file(&f, CONFIG, config);
	if (credentials)
		fake_file(&f, CREDENTIALS, credentials);
}

/* Value of key with nested properties as the suite writes them. */
static struct str
flat(const struct profile *p, struct str key, struct arena *a)
{
	struct str v = profile_get(p, key), whole;
	struct buf b = arena_buf(a, 1024);
	const struct ini *files[] = { &p->config, &p->credentials };

	if (v.n || !v.p)
		return v;
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < files[k]->count; i++) {
			const struct ini_item *it = &files[k]->items[i];

			if (!it->sub.n || !str_eq(it->key, key))
				continue;
			buf_add(&b, S("\n"));
			buf_add(&b, it->sub);
			buf_add(&b, it->value.n ? S(" = ") : S(" ="));
			buf_add(&b, it->value);
		}
	whole = buf_str(&b);
	return whole;
}

/* Nothing but what is expected. */
static void
check_no_more(const struct profile *p, struct json expected)
{
	const struct ini *files[] = { &p->config, &p->credentials };
	struct json ignored;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < files[k]->count; i++) {
			struct str key = files[k]->items[i].key;

			if (key.n && profile_get(p, key).p &&
			    !json_get(expected, key, &ignored))
				fail_msg("profile %.*s has %.*s",
				    STR_ARG(p->name), STR_ARG(key));
		}
}

/* Every name that a section could be taken for. */
static void
check_names(struct json profiles, struct arena *a)
{
	static const char *const names[] = {
		"foo", "bar", "default", "foo!bar", "profilefoo", "in valid",
		"in valid 2", "in", "valid", "profile foo", "profile bar",
		"sso-session foo", "sso-sessionfoo", "foo]", "",
		"profile default", "some-thing:long/the_one%only.foo@bar+",
	};
	struct json ignored;
	struct profile p;
	struct err e;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool found = profile_load(&f.w, names[i], a, &p, &e);

		if (found != json_get(profiles, str_of(names[i]), &ignored))
			fail_msg("profile '%s': %s", names[i],
			    found ? "found" : e.msg);
		assert_true(found || e.kind == ERR_USAGE);
	}
}

/* Where the suite wants an error we skip the line (decision 0.7). What must be
 * left is listed here; a case that is not fails the test.
 */
static const struct {
	const char *error, *config;
	const char *left;	/* name=value of profile foo; NULL: no foo */
	bool whole;		/* nothing was skipped either */
} lenient[] = {
	{ "Profile definition must end with ']'", "[profile foo", NULL, false },
	{ "Expected a profile definition", "name = value", NULL, false },
	{ "Property did not have a name", "[profile foo]\n= value", "", false },
	{ "Expected an '=' sign defining a property",
	    "[profile foo]\nkey : value", "key=value", true },
	{ "Expected a profile definition", " -continued", NULL, false },
	{ "Expected a property definition", "[profile foo]\n -continued", "", false },
	{ "Expected a property definition",
	    "[profile foo]\nname = value\n[profile foo]\n -continued",
	    "name=value", false },
	{ "Expected a property definition, found continuation",
	    "[profile foo]\nname = value\n[profile foo]\n -continued",
	    "name=value", false },
	{ "Expected an '=' sign defining a sub-property",
	    "[profile foo]\ns3 =\n invalid", "", false },
	{ "Sub-property did not have a name",
	    "[profile foo]\ns3 =\n = value", "", false },
};

static void
check_lenient(struct str error, struct str config, struct arena *a)
{
	struct profile p;
	struct err e;
	struct str name, value;

	for (size_t i = 0; i < sizeof(lenient) / sizeof(lenient[0]); i++) {
		if (!str_eq(error, str_of(lenient[i].error)) ||
		    !str_eq(config, str_of(lenient[i].config)))
			continue;
		assert_int_equal(profile_load(&f.w, "foo", a, &p, &e),
		    lenient[i].left != NULL);
		if (!lenient[i].left)
			return;
		if (str_cut(str_of(lenient[i].left), '=', &name, &value))
			assert_str_equal(profile_get(&p, name), value);
		assert_int_equal(p.config.skipped, !lenient[i].whole);
		if (lenient[i].whole)
			return;
		assert_true(fake_noted(&f, NOTE_DETAIL, "'" CONFIG "': 1 of"
		    " its lines not understood and left out, the first is"
		    " line "));
		return;
	}
	fail_msg("no such lenient case: %.*s", STR_ARG(config));
}

static void
check_profiles(struct json profiles, struct arena *a)
{
	struct json name, keys, key, item;
	struct profile p;
	struct err e;
	struct str s, v;

	for (bool more = json_first(profiles, &name, &keys); more;
	    more = json_next(profiles, &name, &keys)) {
		const char *z;

		assert_true(json_str(name, a, &s, &e));
		assert_true(arena_z(a, s, &z, &e));
		if (!profile_load(&f.w, z, a, &p, &e))
			fail_msg("%s", e.msg);
		for (bool on = json_first(keys, &key, &item); on;
		    on = json_next(keys, &key, &item)) {
			assert_true(json_str(key, a, &s, &e));
			assert_true(json_str(item, a, &v, &e));
			assert_str_equal(flat(&p, s, a), v);
		}
		check_no_more(&p, keys);
	}
	check_names(profiles, a);
}

/* Sessions as the suite has them; and none but those, of the two that it
 * names.
 */
static void
check_sessions(struct json sessions, struct arena *a)
{
	static const char *const names[] = { "foo", "sso-sessionfoo" };
	struct json keys, key, item;
	struct profile p;
	struct err e;
	bool found;

	assert_true(profile_load(&f.w, NULL, a, &p, &e));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct str name = str_of(names[i]), k, v;

		profile_get_session(&p, name, S("name"), &found);
		assert_int_equal(found, json_get(sessions, name, &keys));
		for (bool on = found && json_first(keys, &key, &item); on;
		    on = json_next(keys, &key, &item)) {
			assert_true(json_str(key, a, &k, &e));
			assert_true(json_str(item, a, &v, &e));
			assert_str_equal(profile_get_session(&p, name, k,
			    &found), v);
		}
	}
}

static void
t_parser_suite(void **state)
{
	struct arena a = t_arena();
	struct str text = vector("aws-config/profile-parser-tests.json", &a);
	struct json root, tests, test, in, out, m;
	struct err e;
	size_t count = 0, errors = 0, with_sessions = 0;

	(void)state;
	assert_true(json_parse(text, &a, &root, &e));
	assert_true(json_get(root, S("tests"), &tests));
	for (bool more = json_first(tests, NULL, &test); more;
	    more = json_next(tests, NULL, &test)) {
		struct str config = { NULL, 0 }, credentials = config, error;
		struct json sessions;
		const char *z;

		assert_true(json_get(test, S("input"), &in));
		assert_true(json_get(test, S("output"), &out));
		open_world(NULL, NULL);
		if (json_get_str(in, S("configFile"), &a, &config, &e)) {
			assert_true(arena_z(&a, config, &z, &e));
			fake_file(&f, CONFIG, z);
		}
		if (json_get_str(in, S("credentialsFile"), &a, &credentials,
		    &e)) {
			assert_true(arena_z(&a, credentials, &z, &e));
			fake_file(&f, CREDENTIALS, z);
		}
		count++;
		if (json_get_str(out, S("errorContaining"), &a, &error, &e)) {
			check_lenient(error, config, &a);
			errors++;
			continue;
		}
		assert_true(json_get(out, S("config"), &m));
		if (json_get(m, S("sso_sessions"), &sessions)) {
			check_sessions(sessions, &a);
			with_sessions++;
		}
		assert_true(json_get(m, S("profiles"), &m));
		check_profiles(m, &a);
	}
	assert_int_equal(count, 52);
	assert_int_equal(with_sessions, 2);
	assert_int_equal(errors, sizeof(lenient) / sizeof(lenient[0]));
}

static void
t_location_suite(void **state)
{
	struct arena a = t_arena();
	struct str text = vector("aws-config/file-location-tests.json", &a);
	struct json root, tests, test, env, key, item;
	struct err e;
	size_t count = 0;

	(void)state;
	assert_true(json_parse(text, &a, &root, &e));
	assert_true(json_get(root, S("tests"), &tests));
	for (bool more = json_first(tests, NULL, &test); more;
	    more = json_next(tests, NULL, &test)) {
		struct str platform, config, credentials;
		struct profile p;

		assert_true(json_get_str(test, S("platform"), &a, &platform,
		    &e));
		if (!str_eq(platform, S("linux")))
			continue;
		assert_true(json_get_str(test, S("configLocation"), &a,
		    &config, &e));
		assert_true(json_get_str(test, S("credentialsLocation"), &a,
		    &credentials, &e));
		assert_true(json_get(test, S("environment"), &env));
		fake_open(&f);
		for (bool on = json_first(env, &key, &item); on;
		    on = json_next(env, &key, &item)) {
			struct str k, v;
			const char *kz, *vz;

			assert_true(json_str(key, &a, &k, &e) &&
			    json_str(item, &a, &v, &e) &&
			    arena_z(&a, k, &kz, &e) &&
			    arena_z(&a, v, &vz, &e));
			fake_env(&f, kz, vz);
		}
		/* The suite has no files, but a named profile must exist. */
		fake_file(&f, "/home/user/.aws/config",
		    "[profile other]\n[default]\n");
		assert_true(profile_load(&f.w, NULL, &a, &p, &e));
		assert_str_equal(str_of(p.config_path), config);
		assert_str_equal(str_of(p.credentials_path), credentials);
		assert_str_equal(p.name, str_eq(world_env(&f.w, "AWS_PROFILE"),
		    S("other")) ? S("other") : S("default"));
		count++;
	}
	assert_int_equal(count, 4);
}

static void
t_name(void **state)
{
	static const struct {
		const char *flag, *first, *second;
		const char *name;	/* NULL: refused */
		bool named, explicit, found;
	} cases[] = {
		{ NULL, NULL, NULL, "default", false, false, false },
		{ NULL, "", "", "default", false, false, false },
		{ NULL, "a", "b", "a", true, false, true },
		{ NULL, "", "b", "b", true, false, true },
		{ NULL, NULL, "b", "b", true, false, true },
		{ "b", "a", NULL, "b", true, true, true },
		{ "b", "nope", NULL, "b", true, true, true },
		{ "nope", "a", NULL, NULL, false, false, false },
		{ NULL, "nope", "a", NULL, false, false, false },
		{ NULL, "default", NULL, NULL, false, false, false },
		{ "A", NULL, NULL, NULL, false, false, false },
		{ "", "a", NULL, NULL, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct profile p;
		struct err e;

		open_world("[profile a]\nx = 1\n", "[b]\n");
		fake_env(&f, "AWS_PROFILE", cases[i].first);
		fake_env(&f, "AWS_DEFAULT_PROFILE", cases[i].second);
		assert_int_equal(profile_load(&f.w, cases[i].flag, &a, &p, &e),
		    cases[i].name != NULL);
		if (!cases[i].name) {
			assert_int_equal(e.kind, ERR_USAGE);
			continue;
		}
		assert_str_equal(p.name, str_of(cases[i].name));
		assert_int_equal(p.named, cases[i].named);
		assert_int_equal(p.explicit, cases[i].explicit);
		assert_int_equal(p.found, cases[i].found);
	}
}

static void
t_not_found(void **state)
{
	static const struct {
		const char *config, *home;
		enum err_kind fails;
		const char *msg, *variable;
	} cases[] = {
		{ "[profile y]\n", "/home/u", ERR_NONE,
		    "profile 'x' not found in '" CONFIG "' or '" CREDENTIALS
		    "'", NULL },
		{ NULL, "/home/u", ERR_NONE,
		    "profile 'x' not found in '" CONFIG "' or '" CREDENTIALS
		    "'", NULL },
		{ "[x]\na = b\n", "/home/u", ERR_NONE,
		    "profile 'x' not found: its section in '" CONFIG "' must"
		    " be headed [profile x]", NULL },
		{ NULL, NULL, ERR_NONE, "profile 'x' not found: HOME is not"
		    " set, so there is no ~/.aws/config to look in", NULL },
		{ NULL, "/home/u", ERR_SYS, "profile 'x' not found: read '"
		    CONFIG "': made to fail", NULL },
		{ NULL, NULL, ERR_NONE, "profile 'x' not found in '/v' or"
		    " '~/.aws/credentials'", "AWS_CONFIG_FILE" },
		{ NULL, NULL, ERR_NONE, "profile 'x' not found in"
		    " '~/.aws/config' or '/v'", "AWS_SHARED_CREDENTIALS_FILE" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct profile p;
		struct err e;

		open_world(cases[i].config, NULL);
		fake_env(&f, "HOME", cases[i].home);
		if (cases[i].variable)
			fake_env(&f, cases[i].variable, "/v");
		if (cases[i].fails)
			fake_file_fails(&f, CONFIG, cases[i].fails);
		assert_false(profile_load(&f.w, "x", &a, &p, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

static void
t_merge(void **state)
{
	struct arena a = t_arena();
	struct profile p;
	struct err e;

	(void)state;
	open_world("[default]\nregion = config\nonly = here\nboth = config\n"
	    "empty = config\n",
	    "[default]\nboth = credentials\nempty =\nRegion2 = z\n");
	assert_true(profile_load(&f.w, NULL, &a, &p, &e));
	assert_str_equal(profile_get(&p, S("both")), S("credentials"));
	assert_str_equal(profile_get_config(&p, S("both")), S("config"));
	assert_str_equal(profile_get_credentials(&p, S("both")),
	    S("credentials"));
	assert_str_equal(profile_get(&p, S("only")), S("here"));
	assert_null(profile_get_credentials(&p, S("only")).p);
	/* An empty value is as good as none. */
	assert_str_equal(profile_get(&p, S("empty")), S("config"));
	assert_str_equal(profile_get(&p, S("region2")), S("z"));
	assert_null(profile_get(&p, S("nowhere")).p);
}

static void
t_quoted(void **state)
{
	static const struct {
		const char *config, *credentials, *name;
		bool found;
	} cases[] = {
		{ "[profile \"a b\"]\n", NULL, "a b", true },
		{ "[profile 'a b']\n", NULL, "a b", true },
		{ "[ profile \t a ]\n", NULL, "a", true },
		{ "[profile \"a\"]\n", NULL, "a", true },
		{ NULL, "[\"a b\"]\n", "a b", true },
		{ "[profile a b]\n", NULL, "a b", false },
		{ "[profile \"a b']\n", NULL, "a b", false },
		{ "[profile \"a\"b\"]\n", NULL, "a\"b", false },
		{ "[profile \"\"]\n", NULL, "", false },
		{ "[profile \"]\n", NULL, "\"", false },
		{ "[Profile a]\n", NULL, "a", false },
		{ "[profilea]\n", NULL, "a", false },
		{ NULL, "[profile a]\n", "a", false },
		{ "[profile]\n", NULL, "", false },
		{ "[sso-session a]\n", "[services a]\n", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct profile p;
		struct err e;

		open_world(cases[i].config, cases[i].credentials);
		if (profile_load(&f.w, cases[i].name, &a, &p, &e) !=
		    cases[i].found)
			fail_msg("%zu: %s", i, cases[i].name);
	}
}

static void
t_services(void **state)
{
	struct arena a = t_arena();
	struct profile p;
	struct err e;
	bool found;

	(void)state;
	open_world("[default]\nservices = mine\n"
	    "[services mine]\necr =\n  endpoint_url = https://old\n"
	    "  endpoint_url = https://ecr\nsts =\n  region = x\n"
	    "endpoint_url = https://bare\n"
	    "[services empty]\n[profile services]\n",
	    "[services mine]\necr =\n  endpoint_url = https://wrong\n");
	assert_true(profile_load(&f.w, NULL, &a, &p, &e));
	assert_str_equal(profile_get_service(&p, S("mine"), S("ecr"),
	    S("endpoint_url"), &found), S("https://ecr"));
	assert_true(found);
	assert_null(profile_get_service(&p, S("mine"), S("sts"),
	    S("endpoint_url"), &found).p);
	assert_true(found);
	assert_null(profile_get_service(&p, S("empty"), S("ecr"),
	    S("endpoint_url"), &found).p);
	assert_true(found);
	assert_null(profile_get_service(&p, S("nope"), S("ecr"),
	    S("endpoint_url"), &found).p);
	assert_false(found);
}

/* A file that cannot be read is passed over, but not in silence. */
static void
t_unreadable(void **state)
{
	static const enum err_kind kinds[] = { ERR_SYS, ERR_LIMIT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena a = t_arena();
		struct profile p;
		struct err e;

		open_world("[default]\na = b\n", NULL);
		fake_file_fails(&f, CREDENTIALS, kinds[i]);
		assert_true(profile_load(&f.w, NULL, &a, &p, &e));
		assert_str_equal(profile_get(&p, S("a")), S("b"));
		assert_str_equal(p.trouble,
		    S("read '" CREDENTIALS "': made to fail"));
		assert_true(fake_noted(&f, NOTE_DETAIL, "read '" CREDENTIALS
		    "': made to fail; going on without it"));
	}
	{
		struct arena a = t_arena();
		struct profile p;
		struct err e;

		open_world(NULL, NULL);
		assert_true(profile_load(&f.w, NULL, &a, &p, &e));
		assert_false(p.found);
		assert_int_equal(p.trouble.n, 0);
		assert_int_equal(f.note_count, 0);
	}
}

#define STATUS "Name:\tecrbox\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t5\n"
#define PASSWD "root:x:0:1000:root:/root:/bin/sh\n" \
	"u:x:1000:0:,,,:/home/u:/bin/sh\n"

static void
t_path(void **state)
{
	static const struct {
		const char *home, *status, *passwd, *path;
		const char *whole;	/* NULL: ERR_ABSENT */
	} cases[] = {
		{ "/h", NULL, NULL, "~/x", "/h/x" },
		{ "/h", STATUS, PASSWD, "~/x", "/h/x" },
		{ "/h//", NULL, NULL, "~/x", "/h/x" },
		{ "/", NULL, NULL, "~/x", "/x" },
		{ "/h", NULL, NULL, "/x", "/x" },
		{ "/h", NULL, NULL, "x/~/y", "x/~/y" },
		{ "/h", NULL, NULL, "~", "~" },
		{ "/h", NULL, NULL, "~u/x", "~u/x" },
		{ NULL, NULL, NULL, "/x", "/x" },
		{ NULL, STATUS, PASSWD, "~/x", "/home/u/x" },
		{ "", STATUS, PASSWD, "~/x", "/home/u/x" },
		{ NULL, "Uid:\t0\t0\t0\t0\n", PASSWD, "~/x", "/root/x" },
		{ NULL, NULL, NULL, "~/x", NULL },
		{ NULL, STATUS, NULL, "~/x", NULL },
		{ NULL, NULL, PASSWD, "~/x", NULL },
		{ NULL, "Uid:\t7\t7\t7\t7\n", PASSWD, "~/x", NULL },
		{ NULL, "Uid:\n", "::::::\n", "~/x", NULL },
		{ NULL, STATUS, "u:x:1000:1000:,,,::/bin/sh\n", "~/x", NULL },
		{ NULL, STATUS, "u:x:1000\n", "~/x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		const char *z = "untouched";
		struct err e;

		fake_open(&f);
		fake_env(&f, "HOME", cases[i].home);
		if (cases[i].status)
			fake_file(&f, "/proc/self/status", cases[i].status);
		if (cases[i].passwd)
			fake_file(&f, "/etc/passwd", cases[i].passwd);
		if (profile_path(&f.w, str_of(cases[i].path), &a, &z, &e)) {
			assert_non_null(cases[i].whole);
			assert_string_equal(z, cases[i].whole);
			continue;
		}
		assert_null(cases[i].whole);
		assert_string_equal(z, "untouched");
		assert_int_equal(e.kind, ERR_ABSENT);
		assert_string_equal(e.msg, "expand '~/x': HOME is not set");
	}
}

/* Both variables may begin with "~/" too; without HOME the file is none. */
static void
t_variables(void **state)
{
	struct arena a = t_arena();
	struct profile p;
	struct err e;

	(void)state;
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_CONFIG_FILE", "~/c");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "");
	assert_true(profile_load(&f.w, NULL, &a, &p, &e));
	assert_string_equal(p.config_path, "/h/c");
	assert_string_equal(p.credentials_path, "/h/.aws/credentials");
	fake_env(&f, "HOME", NULL);
	assert_true(profile_load(&f.w, NULL, &a, &p, &e));
	assert_null(p.config_path);
	assert_null(p.credentials_path);
	assert_true(fake_noted(&f, NOTE_DETAIL,
	    "expand '~/c': HOME is not set"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_parser_suite),
		cmocka_unit_test(t_location_suite),
		cmocka_unit_test(t_name),
		cmocka_unit_test(t_not_found),
		cmocka_unit_test(t_merge),
		cmocka_unit_test(t_quoted),
		cmocka_unit_test(t_services),
		cmocka_unit_test(t_unreadable),
		cmocka_unit_test(t_path),
		cmocka_unit_test(t_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
