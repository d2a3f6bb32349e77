#include "aws/profile.h"
#include "fake_world.h"

static struct fake_world f;
static struct arena a;

static struct profile
load(const char *config, const char *credentials, const char *flag)
{
	struct profile p;
	struct err e;

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	if (config)
		fake_file(&f, "/config", config);
	if (credentials)
		fake_file(&f, "/credentials", credentials);
	if (!profile_load(&f.w, flag, &a, &p, &e))
		fail_msg("%s", e.msg);
	return p;
}

/* Another profile of the same files. */

static void
t_other(void **state)
{
	static const struct {
		const char *config, *credentials, *name;
		bool found;
		const char *value;	/* of key k; NULL: none */
	} cases[] = {
		{ "[profile a]\nk=1\n", NULL, "a", true, "1" },
		{ "[profile a]\nk=1\n", "[a]\nk=2\n", "a", true, "2" },
		{ "[profile a]\nk=1\n", "[a]\nk=\n", "a", true, "1" },
		{ "[profile a]\n", NULL, "a", true, NULL },
		{ NULL, "[a]\nk=2\n", "a", true, "2" },
		{ NULL, "[a]\n", "a", true, NULL },
		{ "[profile \"a b\"]\nk=1\n", NULL, "a b", true, "1" },
		{ "[profile a]\nk=1\n[profile a]\nk=3\n", NULL, "a", true,
		    "3" },
		{ "[default]\nk=1\n", NULL, "default", true, "1" },
		{ "[profile default]\nk=1\n", NULL, "default", true, "1" },
		{ "[profile default]\nk=1\n[default]\nk=2\n", NULL, "default",
		    true, "1" },
		{ "[profile default]\n[default]\nk=2\n", NULL, "default",
		    true, NULL },

		{ NULL, NULL, "a", false, NULL },
		{ NULL, NULL, "default", false, NULL },
		{ "[a]\nk=1\n", NULL, "a", false, NULL },
		{ "[profile A]\nk=1\n", "[A]\nk=1\n", "a", false, NULL },
		{ "[profile ab]\nk=1\n", "[ab]\nk=1\n", "a", false, NULL },
		{ "[profile a]\nk=1\n", "[a]\nk=1\n", "ab", false, NULL },
		{ "[profilea]\nk=1\n", "[profile a]\nk=1\n", "a", false,
		    NULL },
		{ "[sso-session a]\nk=1\n[services a]\nk=1\n", NULL, "a",
		    false, NULL },
		{ "[profile a]\nk=1\n", "[a]\nk=1\n", "", false, NULL },
		{ "[profile a]\n[default]\nk=1\n", NULL, "a", true, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile p = load(cases[i].config,
		    cases[i].credentials, NULL);
		struct profile o = profile_other(&p,
		    str_of(cases[i].name));

		if (o.found != cases[i].found)
			fail_msg("%zu: %s", i, cases[i].name);
		assert_str_equal(o.name, str_of(cases[i].name));
		assert_str_equal(profile_get(&o, S("k")),
		    str_of(cases[i].value));
		assert_str_equal(p.name, S("default"));
	}
}

/* Whichever was asked for first: in config a bare [default] counts for one
 * only.
 */
static void
t_other_of_default(void **state)
{
	static const char config[] = "[profile default]\nk=1\n[default]\n"
	    "k=2\n[profile a]\nk=3\n";
	struct profile p = load(config, NULL, "default"), o;

	(void)state;
	assert_true(p.prefixed);
	o = profile_other(&p, S("a"));
	assert_true(o.found && o.prefixed);
	assert_str_equal(profile_get(&o, S("k")), S("3"));
	o = profile_other(&o, S("default"));
	assert_true(o.found && o.prefixed);
	assert_str_equal(profile_get(&o, S("k")), S("1"));
	p = load("[default]\nk=2\n[profile a]\nk=3\n", NULL, "a");
	o = profile_other(&p, S("default"));
	assert_true(o.found && !o.prefixed);
	assert_str_equal(profile_get(&o, S("k")), S("2"));
	/* What says how p was chosen stays as it was. */
	assert_true(o.named && o.explicit);
	assert_string_equal(o.config_path, "/config");
}

static void
t_missing(void **state)
{
	struct profile p = load("[profile a]\n[b]\n", NULL, "a"), o;
	struct err e;

	(void)state;
	o = profile_other(&p, S("none"));
	assert_false(profile_missing(&o, &e));
	assert_string_equal(e.msg, "profile 'none' not found in '/config' or"
	    " '/credentials'");
	o = profile_other(&p, S("b"));
	assert_false(profile_missing(&o, &e));
	assert_string_equal(e.msg, "profile 'b' not found: its section in"
	    " '/config' must be headed [profile b]");
	assert_int_equal(e.kind, ERR_USAGE);
}

/* All of them. */

static void
t_names(void **state)
{
	static const struct {
		const char *config, *credentials, *names;
	} cases[] = {
		{ NULL, NULL, "" },
		{ "", "", "" },
		{ "[default]\n", NULL, "default|" },
		{ "[profile default]\n", NULL, "default|" },
		{ "[default]\n[profile default]\n", "[default]\n",
		    "default|" },
		{ "[profile b]\n[profile a]\n", NULL, "b|a|" },
		{ "[profile b]\n[default]\n[profile b]\nk=1\n",
		    "[c]\n[b]\n[c]\n", "b|default|c|" },
		{ "[profile \"a b\"]\n[profile 'a b']\n", "[\"a b\"]\n[d]\n",
		    "a b|d|" },
		{ "[ profile \t a ]\n", "[ b ]\n", "a|b|" },
		{ "k=1\n[profile a]\nk=1\nk=2\ns3=\n  k=1\n", NULL, "a|" },
		/* Nobody's. */
		{ "[a]\n[profilea]\n[Profile a]\n[PROFILE b]\n", NULL, "" },
		{ "[profile]\n[profile ]\n[profile \"\"]\n[profile a b]\n",
		    NULL, "" },
		{ "[sso-session a]\n[services a]\n[plugins]\n", NULL, "" },
		{ NULL, "[profile a]\n[a b]\n[]\n[\"\"]\n", "" },
		{ "[profile a", "[b", "" },
		/* Which it is to the credentials file. */
		{ NULL, "[sso-sessiona]\n[plugins]\n",
		    "sso-sessiona|plugins|" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile p = load(cases[i].config,
		    cases[i].credentials, NULL);
		char text[256];
		struct buf b = BUF(text);
		struct str *names;
		size_t count;
		struct err e;

		assert_true(profile_names(&p, &a, &names, &count, &e));
		for (size_t k = 0; k < count; k++) {
			assert_true(profile_other(&p, names[k]).found);
			buf_add(&b, names[k]);
			buf_char(&b, '|');
		}
		assert_str_equal(buf_str(&b), str_of(cases[i].names));
	}
}

static void
t_names_full(void **state)
{
	struct profile p = load("[profile a]\n[profile b]\n", NULL, NULL);
	static _Alignas(16) char few[2 * sizeof(struct str)];
	struct arena small = { few, sizeof(few), 0 };
	struct str *names;
	size_t count;
	struct err e;

	(void)state;
	assert_false(profile_names(&p, &small, &names, &count, &e));
	assert_string_equal(e.msg, "profiles: out of memory");
	assert_int_equal(e.kind, ERR_LIMIT);
}

/* [sso-session NAME]. */

static void
t_session(void **state)
{
	static const struct {
		const char *config, *name;
		bool found;
		const char *value;	/* of key k */
	} cases[] = {
		{ "[sso-session a]\nk=1\n", "a", true, "1" },
		{ "[sso-session a]\nK = 1 # x\n", "a", true, "1" },
		{ "[sso-session a]\nj=1\n", "a", true, NULL },
		{ "[sso-session a]\n", "a", true, NULL },
		{ "[sso-session \t'a b' ]\nk=1\n", "a b", true, "1" },
		{ "[sso-session a]\nk=1\n[x]\n[sso-session a]\nk=2\n", "a",
		    true, "2" },
		{ "[sso-session a]\nk=1\n[sso-session b]\nk=2\n", "a", true,
		    "1" },
		{ "[sso-session a]\ns3=\n  k=1\n", "a", true, NULL },
		{ "[sso-session a]\nk=\n  j=1\n", "a", true, NULL },

		{ "", "a", false, NULL },
		{ "[sso-session a]\nk=1\n", "A", false, NULL },
		{ "[sso-session a]\nk=1\n", "", false, NULL },
		{ "[sso-session ab]\nk=1\n", "a", false, NULL },
		{ "[SSO-Session a]\nk=1\n", "a", false, NULL },
		{ "[sso-sessiona]\nk=1\n", "a", false, NULL },
		{ "[sso-session a b]\nk=1\n", "a b", false, NULL },
		{ "[profile a]\nk=1\n[services a]\nk=1\n[a]\nk=1\n", "a",
		    false, NULL },
		{ "[sso-session]\nk=1\n", "", false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* In the credentials file it means nothing. */
		struct profile p = load(cases[i].config,
		    "[sso-session a]\nk=9\nk2=9\n", NULL);
		bool found = !cases[i].found;
		struct str value = profile_get_session(&p,
		    str_of(cases[i].name), S("k"), &found);

		if (found != cases[i].found)
			fail_msg("%zu: %s", i, cases[i].name);
		assert_str_equal(value, str_of(cases[i].value));
		assert_null(profile_get_session(&p, str_of(cases[i].name),
		    S("k2"), &found).p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_other),
		cmocka_unit_test(t_other_of_default),
		cmocka_unit_test(t_missing),
		cmocka_unit_test(t_names),
		cmocka_unit_test(t_names_full),
		cmocka_unit_test(t_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
