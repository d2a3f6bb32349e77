#include "cred/role_cache.h"
#include "fake_world.h"

static struct fake_world f;
static struct arena a;
static struct config c;

#define ROLE "arn:aws:iam::111122223333:role/r"
#define SERIAL "arn:aws:iam::111122223333:mfa/u"
#define DIR "/h/.aws/cli/cache/"

static const struct role_link role = {
	.profile = S_INIT("p"), .arn = S_INIT(ROLE), .serial = S_INIT(SERIAL),
};

static const char *
path_of(const struct role_link *l)
{
	char text[128];
	struct buf b = BUF(text);
	const char *z = NULL;
	struct err e;

	buf_add(&b, S(DIR));
	role_cache_name(l, &b);
	buf_add(&b, S(".json"));
	assert_true(arena_z(&a, buf_str(&b), &z, &e));
	return z;
}

static void
open_world(void)
{
	const struct config_flags flags = { .profile = NULL };
	struct err e;

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	assert_true(config_load(&f.w, &a, &flags, &c, &e));
}

/* sha1 of what Python's json.dumps(..., sort_keys=True) makes of it. */
static void
t_name(void **state)
{
	static const struct {
		struct role_link link;
		const char *name;
	} cases[] = {
		{ { .arn = S_INIT("arn:aws:iam::1:role/r"),
		    .duration_s = S_INIT("900") },
		    "bde190cc053a4507cb764006c51a7f49ddc03877" },
		{ { .arn = S_INIT("arn:aws:iam::1:role/r") },
		    "296af0900b5a5e948c19d3110989c909c2d4a0a9" },
		{ { .arn = S_INIT(ROLE), .serial = S_INIT(SERIAL) },
		    "489337ba4a87c0c8290534a9c29a26940bc9daeb" },
		{ { .arn = S_INIT(ROLE), .external_id = S_INIT("a/\"b\\c"),
		    .session = S_INIT("me@x"), .duration_s = S_INIT("3600"),
		    .serial = S_INIT(SERIAL), .profile = S_INIT("any") },
		    "209d8a8b1cebf6dab34172f35b824a3f9dca2224" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[40];
		struct buf b = BUF(text);

		role_cache_name(&cases[i].link, &b);
		assert_str_equal(buf_str(&b), str_of(cases[i].name));
	}
}

/* One too long for the key's text gets no name, not another's. */
static void
t_name_long(void **state)
{
	static char long_id[2 * ROLE_ARN_MAX];
	struct role_link l = role;
	char text[40];
	struct buf b = BUF(text);
	struct cred cred = { .key_id = S("K"), .secret = S("s"),
		.expires = FAKE_NOW + 3600 };

	(void)state;
	open_world();
	memset(long_id, 'x', sizeof(long_id));
	l.external_id = (struct str){ long_id, sizeof(long_id) };
	role_cache_name(&l, &b);
	assert_true(b.full);
	role_cache_write(&c, &l, &cred);
	assert_false(role_cache_read(&c, &l, &cred));
	assert_int_equal(f.edit_count, 0);
}

#define ENTRY(expires, more) "{\"Credentials\": {\"AccessKeyId\": \"ASIA1\"," \
    " \"SecretAccessKey\": \"s/+\", \"SessionToken\": \"t==\"," \
    " \"Expiration\": \"" expires "\"" more "}, \"AssumedRoleUser\":" \
    " {\"AssumedRoleId\": \"X:y\", \"Arn\": \"z\"}, \"ResponseMetadata\":" \
    " {\"HTTPStatusCode\": 200, \"RetryAttempts\": 0}}"
#define ACCOUNT(id) ", \"AccountId\": \"" id "\""

/* FAKE_NOW is 12:36:00. */
static void
t_read(void **state)
{
	static const struct {
		const char *text;
		int64_t skew_s;
		const char *account;	/* NULL: not taken */
		const char *note;	/* part of it, if any */
	} cases[] = {
		{ ENTRY("2015-08-30T13:36:00UTC", ""), 0, "111122223333",
		    "role '" ROLE "' from '" DIR },
		{ ENTRY("2015-08-30T13:36:00Z", ""), 0, "111122223333", NULL },
		{ ENTRY("2015-08-30T13:36:00+00:00", ""), 0, "111122223333",
		    NULL },
		{ ENTRY("2015-08-30T13:36:00Z", ACCOUNT("444455556666")), 0,
		    "444455556666", NULL },
		{ ENTRY("2015-08-30T13:36:00Z", ACCOUNT("4")), 0,
		    "111122223333", NULL },
		{ ENTRY("2015-08-30T12:51:00Z", ""), 0, "111122223333", NULL },
		{ ENTRY("2015-08-30T12:50:59Z", ""), 0, NULL, ".json' not"
		    " used: its credentials have expired, or are about to" },
		{ ENTRY("2015-08-30T12:51:00Z", ""), 1, NULL, "expired" },
		{ ENTRY("2015-08-30T12:50:59Z", ""), -1, "111122223333",
		    NULL },
		{ ENTRY("2014-08-30T13:36:00Z", ""), 0, NULL, "expired" },
		{ ENTRY("tomorrow", ""), 0, NULL, ".json' not used: Expiration"
		    " is no ISO 8601 time" },
		{ "", 0, NULL, "not used: not json at byte 0" },
		{ ENTRY("2015-08-30T13:36:00Z", "") "x", 0, NULL, "not json" },
		{ "[]", 0, NULL, "not used: no 'Credentials'" },
		{ "{\"Credentials\": 1}", 0, NULL, "no 'AccessKeyId'" },
		{ "{\"Credentials\": {\"AccessKeyId\": \"A\"}}", 0, NULL,
		    "no 'SecretAccessKey'" },
		{ "{\"Credentials\": {\"AccessKeyId\": \"A\","
		    " \"SecretAccessKey\": \"s\"}}", 0, NULL,
		    "no 'SessionToken'" },
		{ "{\"Credentials\": {\"AccessKeyId\": \"A\","
		    " \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\"}}",
		    0, NULL, "no 'Expiration'" },
		{ "{\"Credentials\": {\"AccessKeyId\": \"A b\","
		    " \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\","
		    " \"Expiration\": \"2015-08-30T13:36:00Z\"}}", 0, NULL,
		    "not credentials" },
		{ "{\"Credentials\": {\"AccessKeyId\": \"A\","
		    " \"SecretAccessKey\": \"\", \"SessionToken\": \"t\","
		    " \"Expiration\": \"2015-08-30T13:36:00Z\"}}", 0, NULL,
		    "not credentials" },
		/* AWS's own file of single sign-on may lie beside it. */
		{ "{\"ProviderType\": \"sso\", \"Credentials\": {}}", 0, NULL,
		    "no 'AccessKeyId'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred = { .key_id = S("kept") };

		open_world();
		c.skew_s = cases[i].skew_s;
		fake_file(&f, path_of(&role), cases[i].text);
		assert_int_equal(role_cache_read(&c, &role, &cred),
		    cases[i].account != NULL);
		if (cases[i].note && !fake_noted(&f, NOTE_DETAIL,
		    cases[i].note))
			fail_msg("%zu: %s", i, f.note_count ?
			    f.notes[0].text : "no note");
		if (!cases[i].account)
			continue;
		assert_str_equal(cred.key_id, S("ASIA1"));
		assert_str_equal(cred.secret, S("s/+"));
		assert_str_equal(cred.token, S("t=="));
		assert_str_equal(cred.account, str_of(cases[i].account));
		assert_false(fake_noted(&f, NOTE_WARNING, ""));
	}
}

/* A parse that fails leaves what was there. */
static void
t_parse_failed(void **state)
{
	struct cred cred = { .key_id = S("kept"), .source = "role" };
	struct err e;

	(void)state;
	a = t_arena();
	assert_false(role_cache_parse(t_edge(S("{\"Credentials\": "
	    "{\"AccessKeyId\": \"A\"}}")), &a, &cred, &e));
	assert_int_equal(e.kind, ERR_REPLY);
	assert_str_equal(cred.key_id, S("kept"));
	assert_true(role_cache_parse(t_edge(S(ENTRY("2015-08-30T13:36:00Z",
	    ""))), &a, &cred, &e));
	assert_string_equal(cred.source, "role");
	assert_true(cred.expires == FAKE_NOW + 3600);
}

/* Files that cannot be read are no reason to stop, nor is no home. */
static void
t_unreadable(void **state)
{
	struct cred cred = { .key_id = S("K"), .secret = S("s"),
		.token = S("t"), .expires = FAKE_NOW + 3600 };

	(void)state;
	open_world();
	assert_false(role_cache_read(&c, &role, &cred));
	assert_int_equal(f.note_count, 0);
	fake_file_fails(&f, path_of(&role), ERR_SYS);
	assert_false(role_cache_read(&c, &role, &cred));
	assert_true(fake_noted(&f, NOTE_DETAIL, "made to fail"));
	role_cache_write(&c, &role, &cred);
	assert_true(fake_noted(&f, NOTE_WARNING, "role '" ROLE "' not kept for"
	    " the next run: write '" DIR));
	open_world();
	fake_env(&f, "HOME", NULL);
	assert_false(role_cache_read(&c, &role, &cred));
	role_cache_write(&c, &role, &cred);
	assert_int_equal(f.edit_count + f.note_count, 0);
}

#define WRITTEN "{\"Credentials\": {\"AccessKeyId\": \"K\"," \
    " \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\"," \
    " \"AccountId\": \"111122223333\"," \
    " \"Expiration\": \"2015-08-30T13:36:00Z\"}}"

/* What is there is replaced, unless it lives longer. */
static void
t_write(void **state)
{
	static const struct {
		const char *old, *new;
	} cases[] = {
		{ NULL, WRITTEN },
		{ "", WRITTEN },
		{ "{", WRITTEN },
		{ ENTRY("2015-08-30T12:36:00UTC", ""), WRITTEN },
		{ ENTRY("2015-08-30T13:36:00UTC", ""), WRITTEN },
		{ ENTRY("2015-08-30T13:36:01UTC", ""),
		    ENTRY("2015-08-30T13:36:01UTC", "") },
	};
	const struct cred cred = { .key_id = S("K"), .secret = S("s"),
		.token = S("t"), .account = S("111122223333"),
		.expires = FAKE_NOW + 3600 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_file_entry *at;
		struct cred back = { .source = NULL };

		open_world();
		if (cases[i].old)
			fake_file(&f, path_of(&role), cases[i].old);
		role_cache_write(&c, &role, &cred);
		assert_string_equal(fake_content(&f, path_of(&role)),
		    cases[i].new);
		assert_true(role_cache_read(&c, &role, &back));
		at = &f.files[f.file_count - 1];
		assert_int_equal(at->edits, 1);
		assert_int_equal(at->how.mode, 0600);
		assert_int_equal(at->how.dir_mode, 0700);
		assert_true(at->how.wait);
		assert_false(at->how.blind);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_name),
		cmocka_unit_test(t_name_long),
		cmocka_unit_test(t_read),
		cmocka_unit_test(t_parse_failed),
		cmocka_unit_test(t_unreadable),
		cmocka_unit_test(t_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
