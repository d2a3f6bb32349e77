#include "base/limits.h"
#include "cred/chain.h"
#include "fake_world.h"
#include "login_key.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define SESSION "arn:aws:sts::012345678910:assumed-role/Admin/admin"
/* SHA-256 of SESSION. */
#define HEX "4b0ba8f99f075c0633e122fd73346ce203a3faf18ea0310eb2d29df1bab2e255"
#define PATH "/h/.aws/login/cache/" HEX ".json"
#define URL "https://eu-west-1.signin.aws.amazon.com/v1/token"

/* FAKE_NOW is 12:36:00. */
#define FILE_(at, more) "{\"accessToken\":{\"accessKeyId\":\"ASIA1\"," \
	"\"secretAccessKey\":\"s1\",\"sessionToken\":\"t1\"," \
	"\"accountId\":\"012345678910\",\"expiresAt\":\"2015-08-30T" at "Z\"}," \
	"\"tokenType\":\"aws_sigv4\",\"clientId\":\"c\"," \
	"\"refreshToken\":\"R1\",\"idToken\":\"e30\",\"x\":{\"y\": 1}," \
	"\"dpopKey\":\"" LOGIN_KEY "\"" more "}"
#define AFTER "{\"accessToken\":{\"accessKeyId\":\"ASIA2\"," \
	"\"secretAccessKey\":\"s2\",\"sessionToken\":\"t2\"," \
	"\"accountId\":\"012345678910\"," \
	"\"expiresAt\":\"2015-08-30T12:51:00Z\"}," \
	"\"tokenType\":\"aws_sigv4\",\"clientId\":\"c\"," \
	"\"refreshToken\":\"R2\",\"idToken\":\"e30\",\"x\":{\"y\": 1}," \
	"\"dpopKey\":\"" LOGIN_KEY "\"}"
#define GOOD "{\"accessToken\":{\"accessKeyId\":\"ASIA2\"," \
	"\"secretAccessKey\":\"s2\",\"sessionToken\":\"t2\"}," \
	"\"tokenType\":\"aws_sigv4\",\"expiresIn\":900," \
	"\"refreshToken\":\"R2\"}"
#define RUN "; run: aws login --profile dev"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct cred cred;
static struct err err;

static void
open_world(const char *text)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_PROFILE", "dev");
	fake_env(&f, "AWS_REGION", "eu-west-1");
	fake_file(&f, UUID_FILE, UUID "\n");
	fake_file(&f, "/h/.aws/config", "[profile dev]\n"
	    "login_session =  " SESSION " \n[profile none]\n");
	if (text)
		fake_file(&f, PATH, text);
}

static void
load(void)
{
	static const struct config_flags none;

	if (!config_load(&f.w, &a, &none, &c, &err))
		fail_msg("%s", err.msg);
	cred = (struct cred){ .source = "login" };
}

static bool
fetch(void)
{
	load();
	return cred_login.fetch(&c, &c.profile, &cred, &err);
}

static void
answer(unsigned status, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = "POST", .url = URL,
		.status = status, .body = body,
		.fields = "x-amzn-ErrorType: AccessDeniedException" });
}

static void
t_select(void **state)
{
	char text[512];
	struct buf b = BUF(text);

	(void)state;
	open_world(NULL);
	load();
	/* Of the session alone, even when there is no file: a registry token
	 * may be in the cache all the same.
	 */
	assert_true(cred_login.select(&c, &c.profile, &b, &err));
	assert_str_equal(buf_str(&b), S("provider=\"login\"\n"
	    "login_session=\"" SESSION "\"\n"));
	fake_env(&f, "AWS_PROFILE", "none");
	load();
	assert_false(cred_login.select(&c, &c.profile, &b, &err));
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_string_equal(err.msg, "profile 'none' has no login_session");
}

static void
check_cred(int number, int64_t expires)
{
	char name[] = "ASIA0", secret[] = "s0", token[] = "t0";

	name[4] = secret[1] = token[1] = (char)('0' + number);
	assert_str_equal(cred.key_id, str_of(name));
	assert_str_equal(cred.secret, str_of(secret));
	assert_str_equal(cred.token, str_of(token));
	assert_str_equal(cred.account, S("012345678910"));
	assert_string_equal(cred.source, "login");
	assert_int_equal(cred.expires, expires);
}

static bool (*true_edit)(void *me, const char *path,
    const struct file_edit *how, struct arena *arena, struct err *e);

static void
replace_edit(bool (*by)(void *me, const char *path,
    const struct file_edit *how, struct arena *arena, struct err *e))
{
	true_edit = f.w.edit;
	f.w.edit = by;
}

static bool
must_not(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	(void)me;
	(void)how;
	(void)arena;
	(void)e;
	fail_msg("%s locked", path);
	return false;
}

static void
t_good_as_they_are(void **state)
{
	(void)state;
	open_world(FILE_("12:41:01", ""));
	replace_edit(must_not);
	if (!fetch())
		fail_msg("%s", err.msg);
	check_cred(1, FAKE_NOW + 301);
	assert_int_equal(f.request_count, 0);
	assert_int_equal(f.edit_count, 0);
	assert_int_equal(f.note_count, 0);
}

static void
t_renewed(void **state)
{
	static const char *const files[] = {
		FILE_("12:41:00", ""), FILE_("12:36:30", ""),
		FILE_("12:35:59", ""), FILE_("02:00:00", ""),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		open_world(files[i]);
		answer(200, GOOD);
		if (!fetch())
			fail_msg("%s", err.msg);
		check_cred(2, FAKE_NOW + 900);
		assert_string_equal(f.requests[0].body, "{\"clientId\":\"c\","
		    "\"grantType\":\"refresh_token\","
		    "\"refreshToken\":\"R1\"}");
		assert_string_equal(fake_content(&f, PATH), AFTER);
		assert_int_equal(f.edit_count, 1);
		assert_int_equal(f.note_count, 0);
		/* And is then good as it is. */
		assert_true(fetch());
		check_cred(2, FAKE_NOW + 900);
		assert_int_equal(f.request_count, 1);
	}
}

/* AWS's clock counts. */
static void
t_clock(void **state)
{
	(void)state;
	open_world(FILE_("12:41:01", ""));
	answer(200, GOOD);
	load();
	c.skew_s = 1;
	assert_true(cred_login.fetch(&c, &c.profile, &cred, &err));
	check_cred(2, FAKE_NOW + 1 + 900);
	open_world(FILE_("12:40:01", ""));
	load();
	c.skew_s = -60;
	assert_true(cred_login.fetch(&c, &c.profile, &cred, &err));
	check_cred(1, FAKE_NOW + 241);
}

static void
t_how_it_is_edited(void **state)
{
	(void)state;
	open_world(FILE_("12:36:00", ""));
	answer(200, GOOD);
	assert_true(fetch());
	for (size_t i = 0; i < f.file_count; i++) {
		if (strcmp(f.files[i].path, PATH) != 0)
			continue;
		assert_true(f.files[i].how.wait);
		assert_false(f.files[i].how.blind);
		assert_int_equal(f.files[i].how.mode, 0600);
		assert_int_equal(f.files[i].how.dir_mode, 0);
		return;
	}
	fail();
}

static void
t_directory(void **state)
{
	(void)state;
	open_world(NULL);
	fake_env(&f, "AWS_LOGIN_CACHE_DIRECTORY", "~/c");
	fake_file(&f, "/h/c/" HEX ".json", FILE_("12:41:01", ""));
	assert_true(fetch());
	open_world(NULL);
	fake_env(&f, "AWS_LOGIN_CACHE_DIRECTORY", "/x");
	fake_env(&f, "HOME", NULL);
	fake_env(&f, "AWS_CONFIG_FILE", "/h/.aws/config");
	fake_file(&f, "/x/" HEX ".json", FILE_("12:41:01", ""));
	assert_true(fetch());
}

static void
t_region(void **state)
{
	static const struct {
		const char *own, *env, *registry, *host;
	} cases[] = {
		{ "us-east-2", "eu-west-1", "eu-west-3",
		    "us-east-2.signin.aws.amazon.com" },
		{ NULL, "eu-west-1", "eu-west-3",
		    "eu-west-1.signin.aws.amazon.com" },
		{ NULL, "fips-us-east-1", "eu-west-3",
		    "signin-fips.us-east-1.amazonaws.com" },
		{ NULL, NULL, "eu-west-3",
		    "eu-west-3.signin.aws.amazon.com" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_world(cases[i].own ? FILE_("12:36:00",
		    ",\"signInRegion\":\"us-east-2\"") :
		    FILE_("12:36:00", ""));
		fake_env(&f, "AWS_REGION", cases[i].env);
		fake_answer(&f, (struct fake_answer){ .status = 200,
			.body = GOOD });
		load();
		c.registry_region = str_of(cases[i].registry);
		if (!cred_login.fetch(&c, &c.profile, &cred, &err))
			fail_msg("%s", err.msg);
		assert_string_equal(fake_field(&f, 0, "Host"),
		    cases[i].host);
	}
}

#define IN "credentials of login: "
#define BAD IN "session in '" PATH "': "

static void
t_refused(void **state)
{
	static const struct {
		const char *file, *region;
		unsigned status;
		const char *body;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ NULL, "r", 0, NULL, ERR_DENIED, IN "no session of profile"
		    " 'dev' in '" PATH "'" RUN },
		{ "", "r", 0, NULL, ERR_REPLY, BAD "not json at byte 0, the"
		    " end: value expected" RUN },
		{ "{}", "r", 0, NULL, ERR_REPLY, BAD "no 'accessToken'" RUN },
		{ FILE_("12:36:59", ""), NULL, 0, NULL, ERR_USAGE,
		    IN "no region, which has the sign-in service; set"
		    " AWS_REGION, or region in the profile" },
		{ FILE_("12:36:59", ""), "_", 0, NULL, ERR_USAGE,
		    IN "region '_' of AWS_REGION cannot be part of a host name:"
		    " letters, digits and '-' only" },
		{ FILE_("12:36:59", ""), "eu-west-1", 403,
		    "{\"error\":\"TOKEN_EXPIRED\",\"message\":\"x\"}",
		    ERR_DENIED, IN "the session of profile 'dev' has ended"
		    RUN },
		{ FILE_("12:36:59", ""), "eu-west-1", 200, "{}", ERR_REPLY,
		    IN "signin CreateOAuth2Token at 'eu-west-1.signin.aws"
		    ".amazon.com': no 'accessToken'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_world(cases[i].file);
		fake_env(&f, "AWS_REGION", cases[i].region);
		if (cases[i].status)
			answer(cases[i].status, cases[i].body);
		assert_false(fetch());
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(f.edit_count, 0);
		assert_null(cred.key_id.p);
		assert_true(fake_done(&f));
	}
}

static void
t_file_that_cannot_be_read(void **state)
{
	(void)state;
	open_world(NULL);
	fake_file_fails(&f, PATH, ERR_SYS);
	assert_false(fetch());
	assert_string_equal(err.msg, IN "read '" PATH "': made to fail");
	assert_int_equal(err.kind, ERR_SYS);
}

/* No renewal, but a minute is left. */
static void
t_fall_back(void **state)
{
	(void)state;
	open_world(FILE_("12:37:00", ""));
	answer(403, "{\"error\":\"TOKEN_EXPIRED\",\"message\":\"x\"}");
	if (!fetch())
		fail_msg("%s", err.msg);
	check_cred(1, FAKE_NOW + 60);
	assert_int_equal(f.note_count, 1);
	assert_int_equal(f.notes[0].kind, NOTE_WARNING);
	assert_string_equal(f.notes[0].text, "credentials of login end at"
	    " 2015-08-30T12:37:00Z and were not renewed: the session of"
	    " profile 'dev' has ended" RUN);
	assert_string_equal(fake_content(&f, PATH), FILE_("12:37:00", ""));
}

/* Another process was faster. */
static bool
after_another(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	fake_file(&f, PATH, AFTER);
	return true_edit(me, path, how, arena, e);
}

static void
t_another_was_faster(void **state)
{
	(void)state;
	open_world(FILE_("12:36:00", ""));
	replace_edit(after_another);
	if (!fetch())
		fail_msg("%s", err.msg);
	check_cred(2, FAKE_NOW + 900);
	assert_int_equal(f.request_count, 0);
	assert_int_equal(f.edit_count, 0);
	assert_int_equal(f.note_count, 0);
}

/* Its refresh token, not the one that we had read. */
static bool
after_rotation(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	fake_file(&f, PATH, "{\"accessToken\":{\"accessKeyId\":\"ASIA3\","
	    "\"secretAccessKey\":\"s3\",\"sessionToken\":\"t3\","
	    "\"expiresAt\":\"2015-08-30T12:40:00Z\"},\"clientId\":\"d\","
	    "\"refreshToken\":\"R3\",\"dpopKey\":\"" LOGIN_KEY "\"}");
	return true_edit(me, path, how, arena, e);
}

static void
t_present_content_counts(void **state)
{
	(void)state;
	open_world(FILE_("12:36:00", ""));
	replace_edit(after_rotation);
	answer(200, GOOD);
	assert_true(fetch());
	assert_string_equal(f.requests[0].body, "{\"clientId\":\"d\","
	    "\"grantType\":\"refresh_token\",\"refreshToken\":\"R3\"}");
	/* Its credentials are the ones to fall back on, too. */
	open_world(FILE_("12:36:00", ""));
	replace_edit(after_rotation);
	answer(403, "{\"error\":\"TOKEN_EXPIRED\",\"message\":\"x\"}");
	assert_true(fetch());
	assert_str_equal(cred.key_id, S("ASIA3"));
}

static bool
after_logout(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	fake_file(&f, PATH, NULL);
	return true_edit(me, path, how, arena, e);
}

static void
t_gone_meanwhile(void **state)
{
	(void)state;
	open_world(FILE_("12:36:00", ""));
	replace_edit(after_logout);
	assert_false(fetch());
	assert_string_equal(err.msg, IN "no session of profile 'dev' in '"
	    PATH "'" RUN);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_null(fake_content(&f, PATH));
}

/* Configured, it never lets the chain go on to another identity. */
static void
t_no_home(void **state)
{
	(void)state;
	open_world(NULL);
	fake_env(&f, "HOME", NULL);
	fake_env(&f, "AWS_CONFIG_FILE", "/h/.aws/config");
	assert_false(fetch());
	assert_string_equal(err.msg, IN "expand '~/.aws/login/cache/" HEX
	    ".json': HOME is not set");
	assert_int_equal(err.kind, ERR_SYS);
}

/* Between the look at the directory and the lock. */
static bool
directory_gone(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	(void)me;
	(void)how;
	(void)arena;
	return err_set(e, ERR_ABSENT, "write '%s': No such file or directory",
	    path);
}

static void
t_directory_gone(void **state)
{
	(void)state;
	open_world(FILE_("12:36:00", ""));
	replace_edit(directory_gone);
	assert_false(fetch());
	assert_string_equal(err.msg, IN "write '" PATH "': No such file or"
	    " directory");
	assert_int_equal(err.kind, ERR_SYS);
}

/* The lock cannot be had, before anything was asked. */
static void
t_no_lock(void **state)
{
	(void)state;
	open_world(FILE_("12:36:00", ""));
	f.read_only = true;
	assert_false(fetch());
	assert_string_equal(err.msg, IN "write '" PATH
	    "': Read-only file system");
	open_world(FILE_("12:40:00", ""));
	f.read_only = true;
	assert_true(fetch());
	check_cred(1, FAKE_NOW + 240);
	assert_int_equal(f.note_count, 1);
}

/* The change was made, and then there was no room on the disk. */
static bool
cannot_store(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	struct str old = str_of(fake_content(&f, path)), now;

	(void)me;
	if (!arena_copy(arena, old, &old, e) ||
	    !how->change(how->me, old, &now, e))
		return false;
	return err_set(e, ERR_SYS, "write '%s': No space left on device",
	    path);
}

static void
t_not_kept(void **state)
{
	(void)state;
	open_world(FILE_("12:36:00", ""));
	replace_edit(cannot_store);
	answer(200, GOOD);
	if (!fetch())
		fail_msg("%s", err.msg);
	check_cred(2, FAKE_NOW + 900);
	assert_int_equal(f.note_count, 1);
	assert_string_equal(f.notes[0].text, "credentials of login were"
	    " renewed but not kept, which may end the session: write '" PATH
	    "': No space left on device");
	assert_int_equal(f.notes[0].kind, NOTE_WARNING);
}

/* Through the chain: keys of the credentials file go before it. */
static void
t_chain(void **state)
{
	(void)state;
	open_world(FILE_("12:41:01", ""));
	load();
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &err));
	check_cred(1, FAKE_NOW + 301);
	assert_true(cred_find(&c, CRED_ORDER_GO, &cred, &err));
	check_cred(1, FAKE_NOW + 301);
	fake_file(&f, "/h/.aws/credentials", "[dev]\n"
	    "aws_access_key_id = AKIA\naws_secret_access_key = s\n");
	load();
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &err));
	assert_str_equal(cred.key_id, S("AKIA"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_select),
		cmocka_unit_test(t_good_as_they_are),
		cmocka_unit_test(t_renewed),
		cmocka_unit_test(t_clock),
		cmocka_unit_test(t_how_it_is_edited),
		cmocka_unit_test(t_directory),
		cmocka_unit_test(t_region),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_file_that_cannot_be_read),
		cmocka_unit_test(t_fall_back),
		cmocka_unit_test(t_another_was_faster),
		cmocka_unit_test(t_present_content_counts),
		cmocka_unit_test(t_gone_meanwhile),
		cmocka_unit_test(t_no_home),
		cmocka_unit_test(t_directory_gone),
		cmocka_unit_test(t_no_lock),
		cmocka_unit_test(t_not_kept),
		cmocka_unit_test(t_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
