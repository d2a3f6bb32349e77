#include "base/date.h"
#include "base/enc.h"
#include "base/limits.h"
#include "fake_world.h"
#include "login/cache.h"
#include "login/token.h"

#define HOST "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
#define DIR "/h/.cache/ecrbox"
#define LIFE 43200

static struct fake_world f;
static struct arena a;
static struct config c;

static void
open_world(void)
{
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_ACCESS_KEY_ID", "AK");
	fake_env(&f, "AWS_SECRET_ACCESS_KEY", "SK");
}

static void
open_config(void)
{
	static const struct config_flags none;
	struct err e;

	a = t_arena();
	assert_true(config_load(&f.w, &a, &none, &c, &e));
}

static struct registry
registry(const char *host)
{
	struct registry r = { .is_public = false };
	struct err e;

	if (!*host)
		r.region = S("eu-west-1");
	else
		assert_true(registry_parse(str_of(host), &a, &r, &e));
	return r;
}

/* ECR answers with a token made of that password, good for life_s. */
static void
answer(const char *password, int64_t life_s)
{
	char text[128], body[512];
	struct buf b = BUF(text), out = BUF(body);
	struct arena room = t_arena();
	const char *z;
	struct err e;

	buf_add(&b, S("AWS:"));
	buf_add(&b, str_of(password));
	buf_add(&out, S("{\"authorizationData\":[{\"authorizationToken\":\""));
	buf_base64(&out, buf_str(&b));
	buf_add(&out, S("\",\"proxyEndpoint\":\"https://" HOST "\","
	    "\"expiresAt\":"));
	buf_u64(&out, (uint64_t)(f.now + life_s));
	buf_add(&out, S("}]}"));
	assert_true(arena_z(&room, buf_str(&out), &z, &e));
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.status = 200, .body = z, .date = f.now });
}

static void
refuse(void)
{
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.status = 400, .date = f.now,
		.body = "{\"__type\":\"AccessDeniedException\","
		    "\"Message\":\"no\"}" });
}

/* A run of the program: the password, or NULL. */
static const char *
get(const char *host, struct err *e)
{
	static char password[64];
	struct registry r;
	struct ecr_token t;

	open_config();
	r = registry(host);
	if (!token_get(&c, CRED_ORDER_GO, &r, &a, &t, e))
		return NULL;
	assert_str_equal(t.user, S("AWS"));
	assert_str_equal(t.host, S(HOST));
	assert_true(t.expires - f.now - c.skew_s >= CRED_DYING_S);
	assert_true(t.password.n < sizeof(password));
	memcpy(password, t.password.p, t.password.n);
	password[t.password.n] = '\0';
	return password;
}

static void
expect(const char *password)
{
	struct err e;
	const char *got = get(HOST, &e);

	if (!got)
		fail_msg("%s", e.msg);
	assert_string_equal(got, password);
	assert_true(fake_done(&f));
}

static size_t
entries(void)
{
	size_t n = 0;

	for (size_t i = 0; i < f.file_count; i++)
		n += f.files[i].body != NULL;
	return n;
}

static void
t_life(void **state)
{
	struct err e;

	(void)state;
	open_world();
	answer("one", LIFE);
	expect("one");
	assert_int_equal(entries(), 1);
	assert_true(str_starts(str_of(f.files[0].path), S(DIR "/")));

	/* The first half of its life: no request, whatever happens. */
	f.now += LIFE / 2 - 1;
	expect("one");
	assert_int_equal(f.request_count, 1);

	/* Then a fresh one, in the same place. */
	f.now += 1;
	answer("two", LIFE);
	expect("two");
	assert_int_equal(entries(), 1);
	expect("two");

	/* Past half-life without AWS: still good, with a warning. */
	f.now += LIFE / 2;
	refuse();
	expect("two");
	assert_true(fake_noted(&f, NOTE_WARNING, "using the cached token of "
	    HOST ", good until 2015-08-31T06:36:00Z, as no new one could be"
	    " had: ecr GetAuthorizationToken"));
	f.now += LIFE / 2 - CRED_DYING_S;
	refuse();
	expect("two");

	/* Dying: not any more, but not removed yet either. */
	f.now += 1;
	refuse();
	assert_null(get(HOST, &e));
	assert_int_equal(e.kind, ERR_DENIED);
	assert_int_equal(entries(), 1);

	/* Expired: gone. */
	f.now += CRED_DYING_S;
	refuse();
	assert_null(get(HOST, &e));
	assert_int_equal(entries(), 0);
}

/* A token that lives shorter than it takes to use is not served twice. */
static void
t_short_life(void **state)
{
	struct err e;

	(void)state;
	open_world();
	answer("one", CRED_DYING_S);
	expect("one");
	f.now += 1;
	answer("two", CRED_DYING_S);
	expect("two");

	answer("three", CRED_DYING_S - 1);
	f.now += 1;
	assert_null(get(HOST, &e));
	assert_int_equal(e.kind, ERR_REPLY);
	assert_string_equal(e.msg, "ECR gave a token that expires at"
	    " 2015-08-30T12:37:00Z, which has come; check this machine's"
	    " clock");
}

/* A clock that was set back cannot tell how old the entry is. */
static void
t_clock_back(void **state)
{
	struct err e;

	(void)state;
	open_world();
	answer("one", LIFE);
	expect("one");
	f.now -= 1;
	refuse();
	assert_null(get(HOST, &e));
	answer("two", LIFE);
	expect("two");
	assert_int_equal(entries(), 1);
	expect("two");
	assert_int_equal(f.request_count, 3);
}

/* A clock that is an hour slow: AWS says so in the first answer, the entry
 * remembers it.
 */
static void
t_clock_slow(void **state)
{
	const int64_t slow = 3600;
	struct registry r;
	struct ecr_token t;
	struct err e;

	(void)state;
	open_world();
	f.now += slow;		/* the time at AWS, for its answer */
	answer("one", LIFE);
	f.now -= slow;
	open_config();
	c.skew_s = slow;
	r = registry(HOST);
	assert_true(token_get(&c, CRED_ORDER_GO, &r, &a, &t, &e));

	/* Another run does not know it yet: no earlier, and no later. */
	expect("one");
	f.now += LIFE / 2 - 1;
	expect("one");
	assert_int_equal(f.request_count, 1);
	f.now += LIFE / 2 + 1 - CRED_DYING_S;
	refuse();
	assert_string_equal(get(HOST, &e), "one");
	f.now += 1;
	refuse();
	assert_null(get(HOST, &e));
}

/* The failed attempt itself shows that the clock is slow, and the old token
 * with it to be dead.
 */
static void
t_clock_found_slow(void **state)
{
	struct err e;

	(void)state;
	open_world();
	answer("one", LIFE);
	expect("one");
	f.now += LIFE / 2;
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.status = 400, .date = f.now + LIFE, .always = true,
		.body = "{\"__type\":\"InvalidSignatureException\","
		    "\"Message\":\"Signature expired\"}" });
	assert_null(get(HOST, &e));
	assert_true(c.skew_s >= LIFE - 1);
}

/* Each makes an entry of its own; none is served for another. */
static void
t_keys(void **state)
{
	static const struct {
		const char *name, *value;
		const char *host;
	} others[] = {
		{ "AWS_ACCESS_KEY_ID", "OTHER", HOST },
		{ "AWS_ENDPOINT_URL", "http://127.0.0.1:1", HOST },
		{ "AWS_ENDPOINT_URL_ECR", "http://127.0.0.1:2", HOST },
		{ "AWS_USE_FIPS_ENDPOINT", "true", HOST },
		{ NULL, NULL, "123456789013.dkr.ecr.eu-west-1.amazonaws.com" },
		{ NULL, NULL, "123456789012.dkr.ecr.eu-west-2.amazonaws.com" },
		{ NULL, NULL, "123456789012.dkr-ecr.eu-west-1.on.aws" },
		{ NULL, NULL,
		    "123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com" },
		{ NULL, NULL, "" },
		{ "AWS_ECR_CACHE_DIR", "/other", HOST },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		open_world();
		answer("one", LIFE);
		expect("one");
		if (others[i].name)
			fake_env(&f, others[i].name, others[i].value);
		answer("two", LIFE);
		if (!get(others[i].host, &e))
			fail_msg("%zu: %s", i, e.msg);
		assert_int_equal(f.request_count, 2);
		assert_int_equal(entries(), 2);
		assert_string_equal(get(others[i].host, &e), "two");
		if (others[i].name)
			fake_env(&f, others[i].name,
			    str_eq(str_of(others[i].value), S("OTHER")) ?
			    "AK" : NULL);
		expect("one");
		assert_int_equal(f.request_count, 2);
	}
}

/* A host of the user's own, which may come to stand before another registry. */
static void
t_custom_host(void **state)
{
	static const char *const accounts[] = {
		"123456789012", "210987654321", "123456789012"
	};
	struct registry r = { .region = S_INIT("eu-west-1"),
		.host = S_INIT("registry.example.com") };
	struct ecr_token t;
	struct err e;

	(void)state;
	open_world();
	for (size_t i = 0; i < 3; i++) {
		open_config();
		r.account = str_of(accounts[i]);
		if (i < 2)
			answer(accounts[i], LIFE);
		assert_true(token_get(&c, CRED_ORDER_GO, &r, &a, &t, &e));
		assert_str_equal(t.password, str_of(accounts[i]));
	}
	assert_int_equal(f.request_count, 2);
	assert_int_equal(entries(), 2);
	assert_true(token_forget(&c, CRED_ORDER_GO, &r, &e));
	assert_int_equal(entries(), 0);
}

/* What says which machine this is cannot be read: no entry, so that none is
 * met by another one with the same home.
 */
static void
t_no_machine(void **state)
{
	(void)state;
	open_world();
	fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
	fake_env(&f, "AWS_SECRET_ACCESS_KEY", NULL);
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "TOKEN" });
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = "r" });
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = "{\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"s\"}" });
	answer("one", LIFE);
	expect("one");
	assert_int_equal(entries(), 0);
	assert_true(fake_noted(&f, NOTE_DETAIL, "token cache not used: "
	    "identity: longer than 2048 bytes, or this machine's boot id"));
}

/* A token is remembered for no longer than ECR's live, whatever its answer
 * says.
 */
static void
t_long_life(void **state)
{
	(void)state;
	open_world();
	answer("one", 1000 * LIFE);
	expect("one");
	f.now += LIFE / 2 - 1;
	expect("one");
	f.now += 1;
	answer("two", LIFE);
	expect("two");
}

/* An entry in the place of another registry's is not used. */
static void
t_misplaced(void **state)
{
	char body[4096];
	struct err e;

	(void)state;
	open_world();
	answer("one", LIFE);
	expect("one");
	assert_true(f.files[0].body_n < sizeof(body));
	memcpy(body, f.files[0].body, f.files[0].body_n);
	body[f.files[0].body_n] = '\0';
	answer("two", LIFE);
	assert_string_equal(get("public.ecr.aws", &e), "two");
	assert_int_equal(entries(), 2);
	fake_file(&f, f.files[1].path, body);
	refuse();
	assert_null(get("public.ecr.aws", &e));
	answer("three", LIFE);
	assert_string_equal(get("public.ecr.aws", &e), "three");
}

/* A hit asks nobody: neither metadata nor an agent, nor for a region. */
static void
t_metadata_hit(void **state)
{
	static const char boot[] = "/proc/sys/kernel/random/boot_id";

	(void)state;
	open_world();
	fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
	fake_env(&f, "AWS_SECRET_ACCESS_KEY", NULL);
	fake_file(&f, boot, "boot-1\n");
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "TOKEN" });
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = "r" });
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = "{\"AccessKeyId\":\"I\",\"SecretAccessKey\":\"s\"}" });
	answer("one", LIFE);
	expect("one");
	assert_int_equal(f.request_count, 4);
	expect("one");
	assert_int_equal(f.request_count, 4);

	/* On another machine with the same home it is no hit. */
	fake_file(&f, boot, "boot-2\n");
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .refused = true,
		.phase = HTTP_CONNECT });
	{
		struct err e;

		assert_null(get(HOST, &e));
		assert_int_equal(e.kind, ERR_ABSENT);
	}
}

/* No credentials any more, but a token: nothing tells whose it was. */
static void
t_identity_gone(void **state)
{
	struct err e;

	(void)state;
	open_world();
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	answer("one", LIFE);
	expect("one");
	fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
	fake_env(&f, "AWS_SECRET_ACCESS_KEY", NULL);
	assert_null(get(HOST, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_non_null(strstr(e.msg, "no credentials: "));
}

static void
t_off(void **state)
{
	(void)state;
	open_world();
	answer("one", LIFE);
	expect("one");
	fake_env(&f, "AWS_ECR_DISABLE_CACHE", "0");
	answer("two", LIFE);
	expect("two");
	answer("three", LIFE);
	expect("three");
	fake_env(&f, "AWS_ECR_DISABLE_CACHE", "");
	expect("one");
	assert_false(fake_noted(&f, NOTE_WARNING, ""));
}

/* No place for a cache: it works, without noise. */
static void
t_no_place(void **state)
{
	(void)state;
	open_world();
	fake_env(&f, "HOME", NULL);
	answer("one", LIFE);
	expect("one");
	fake_env(&f, "HOME", "/h");
	f.read_only = true;
	answer("two", LIFE);
	expect("two");
	assert_int_equal(entries(), 0);
	assert_false(fake_noted(&f, NOTE_WARNING, ""));
	assert_true(fake_noted(&f, NOTE_DETAIL, "token not cached: write '"));
}

/* Whatever is wrong with an entry, a fresh token takes its place. */
static void
t_corrupt(void **state)
{
	static const char *const contents[] = {
		"", "{}", "\xff", "version 1\n",
		"version 1\nregistry " HOST "\nhost h\nlogin !\n"
		    "issued 1440938160\nexpires 1440981360\nskew 0\n",
		"version 1\nregistry " HOST "\nhost h\nlogin AWS:\t\n"
		    "issued 1440938160\nexpires 1440981360\nskew 0\n",
	};

	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		open_world();
		answer("one", LIFE);
		expect("one");
		fake_file(&f, f.files[0].path, contents[i]);
		/* Nor will it do where nobody gives another. */
		refuse();
		assert_null(get(HOST, &e));
		assert_int_equal(e.kind, ERR_DENIED);
		answer("two", LIFE);
		expect("two");
		expect("two");
		assert_int_equal(entries(), 1);
		assert_false(fake_noted(&f, NOTE_WARNING, ""));
	}
}

/* Session keys change and leave their entries behind: a later run clears
 * them away.
 */
static void
t_sweep(void **state)
{
	(void)state;
	open_world();
	answer("one", LIFE);
	expect("one");
	fake_env(&f, "AWS_ACCESS_KEY_ID", "NEXT");
	f.now += LIFE - 1;
	answer("two", LIFE);
	expect("two");
	assert_int_equal(entries(), 2);
	fake_env(&f, "AWS_ACCESS_KEY_ID", "LAST");
	f.now += 1;
	answer("three", LIFE);
	expect("three");
	assert_int_equal(entries(), 2);
}

/* What cannot be removed is told, where it is met and where it is swept. */
static void
t_stuck(void **state)
{
	size_t told = 0;

	(void)state;
	open_world();
	answer("one", LIFE);
	expect("one");
	f.now += LIFE;
	f.read_only = true;
	answer("two", LIFE);
	expect("two");
	for (size_t i = 0; i < f.note_count; i++)
		told += str_starts(str_of(f.notes[i].text),
		    S("forget a cached token: write '" DIR "/"));
	assert_int_equal(told, 2);
	assert_false(fake_noted(&f, NOTE_WARNING, ""));
}

static bool
forget(const char *host, struct err *e)
{
	struct registry r;

	open_config();
	r = registry(host);
	return token_forget(&c, CRED_ORDER_GO, &r, e);
}

static void
t_forget(void **state)
{
	struct err e;

	(void)state;
	open_world();
	/* Nothing to remove, no directory, no identity. */
	assert_true(forget(HOST, &e));
	assert_true(forget("", &e));
	answer("one", LIFE);
	expect("one");
	assert_true(forget("999999999999.dkr.ecr.eu-west-1.amazonaws.com",
	    &e));
	assert_int_equal(entries(), 1);
	assert_true(forget(HOST, &e));
	assert_int_equal(entries(), 0);

	/* Another identity's of the same registry go as well. */
	answer("two", LIFE);
	expect("two");
	fake_env(&f, "AWS_ACCESS_KEY_ID", "NEXT");
	answer("three", LIFE);
	expect("three");
	assert_int_equal(entries(), 2);
	fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	assert_true(forget(HOST, &e));
	assert_int_equal(entries(), 0);
	assert_int_equal(f.request_count, 3);

	/* One's own registry has no name to go by. */
	fake_env(&f, "AWS_ACCESS_KEY_ID", "AK");
	answer("four", LIFE);
	assert_non_null(get("", &e));
	assert_int_equal(entries(), 1);
	assert_true(forget("", &e));
	assert_int_equal(entries(), 0);
	/* Until ECR has named it. */
	answer("four", LIFE);
	assert_non_null(get("", &e));
	assert_true(forget(HOST, &e));
	assert_int_equal(entries(), 0);

	/* That it is still there must be told. */
	answer("five", LIFE);
	expect("five");
	f.read_only = true;
	assert_false(forget(HOST, &e));
	assert_int_equal(e.kind, ERR_SYS);
	assert_non_null(strstr(e.msg, "forget a cached token: write '"));
}

static void
t_list(void **state)
{
	struct str hosts[4];
	struct err e;

	(void)state;
	open_world();
	open_config();
	assert_int_equal(token_list(&c, &a, hosts, 4), 0);
	answer("one", LIFE);
	expect("one");
	answer("own", LIFE);
	/* The same host by another way. */
	assert_non_null(get("", &e));
	answer("two", LIFE);
	assert_non_null(get("123456789012.dkr.ecr.eu-west-2.amazonaws.com",
	    &e));
	assert_int_equal(entries(), 3);
	open_config();
	assert_int_equal(token_list(&c, &a, hosts, 4), 2);
	assert_int_equal(token_list(&c, &a, hosts, 1), 1);
	assert_str_equal(hosts[0], S(HOST));
	f.now += LIFE - CRED_DYING_S + 1;
	assert_int_equal(token_list(&c, &a, hosts, 4), 0);
	assert_int_equal(f.request_count, 3);
}

/* Where credentials are asked for, ECR's connection is opened meanwhile. */
static void
t_ahead(void **state)
{
	static const struct {
		const char *name, *value;
		const char *host;
		const char *beside;	/* NULL: nothing is */
	} cases[] = {
		{ "AWS_ACCESS_KEY_ID", "AK", HOST, NULL },
		{ "AWS_ACCESS_KEY_ID", NULL, HOST,
		    "api.ecr.eu-west-1.amazonaws.com" },
		{ "AWS_USE_FIPS_ENDPOINT", "true", HOST,
		    "api.ecr-fips.eu-west-1.amazonaws.com" },
		{ "AWS_ECR_DISABLE_CACHE", "1", HOST,
		    "api.ecr.eu-west-1.amazonaws.com" },
		{ "AWS_ENDPOINT_URL", "http://127.0.0.1:1", HOST,
		    "127.0.0.1:1" },
		{ "X", "", "public.ecr.aws",
		    "api.ecr-public.us-east-1.amazonaws.com" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e;

		open_world();
		if (i > 0)
			fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
		fake_env(&f, cases[i].name, cases[i].value);
		fake_env(&f, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		    "http://127.0.0.1/creds");
		if (i > 0)
			fake_answer(&f, (struct fake_answer){ .method = "GET",
				.status = 200, .body = "{\"AccessKeyId\":"
				    "\"CK\",\"SecretAccessKey\":\"s\","
				    "\"Token\":\"T\"}" });
		answer("one", LIFE);
		if (!get(cases[i].host, &e))
			fail_msg("%zu: %s", i, e.msg);
		assert_true(fake_done(&f));
		assert_int_equal(f.beside_count, cases[i].beside != NULL);
		if (!cases[i].beside)
			continue;
		assert_string_equal(f.beside_host, cases[i].beside);
		assert_string_equal(fake_field(&f, 1, "X-Amz-Security-Token"),
		    "T");
	}
}

/* A hit needs neither; a failure comes back as it was, and a broken setting is
 * told after it.
 */
static void
t_ahead_not(void **state)
{
	struct err e;

	(void)state;
	open_world();
	fake_file(&f, "/proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
	fake_env(&f, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	    "http://127.0.0.1/creds");
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = "{\"AccessKeyId\":\"CK\",\"SecretAccessKey\":"
		    "\"s\"}" });
	answer("one", LIFE);
	expect("one");
	expect("one");
	assert_int_equal(f.beside_count, 1);

	fake_env(&f, "AWS_ECR_DISABLE_CACHE", "1");
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.kind = ERR_SYS, .msg = "out of order" });
	assert_null(get(HOST, &e));
	assert_int_equal(e.kind, ERR_SYS);
	assert_true(str_ends(str_of(e.msg), S("out of order")));
	assert_int_equal(f.beside_count, 2);

	fake_env(&f, "AWS_ENDPOINT_URL", "nonsense");
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.kind = ERR_SYS, .msg = "out of order" });
	assert_null(get(HOST, &e));
	assert_true(str_ends(str_of(e.msg), S("out of order")));
	assert_int_equal(f.beside_count, 2);
}

/* A child's changes are lost. */
static bool
forgetful(void *me, const struct uri *to, int64_t deadline, child_work *work,
    void *work_me, struct arena *room, struct str *text, struct err *e)
{
	struct buf b = arena_buf(room, 4096);
	bool done = work(work_me, &b, e);

	(void)me;
	(void)to;
	(void)deadline;
	c.skew_s = 0;
	*text = buf_str(&b);
	return done;
}

/* What STS says about the time, it says in another process. */
static void
t_ahead_clock(void **state)
{
	struct registry r;
	struct ecr_token t;
	struct err e;

	(void)state;
	for (int64_t skew = -3600; skew <= 3600; skew += 7200) {
		open_world();
		fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
		fake_env(&f, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		    "http://127.0.0.1/creds");
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.status = 200, .body = "{\"AccessKeyId\":\"CK\","
			    "\"SecretAccessKey\":\"s\"}" });
		f.now += skew;
		answer("one", LIFE);
		f.now -= skew;
		f.w.beside = forgetful;
		open_config();
		c.skew_s = skew;
		r = registry(HOST);
		assert_true(token_get(&c, CRED_ORDER_GO, &r, &a, &t, &e));
		assert_int_equal(c.skew_s, skew);
		assert_string_equal(fake_field(&f, 1, "X-Amz-Date"), skew < 0 ?
		    "20150830T113600Z" : "20150830T133600Z");
	}
}

/* Registries of one identity in one run: credentials are asked for once, while
 * they last.
 */
static void
t_once_a_run(void **state)
{
	static const char *const hosts[] = {
		HOST, "123456789013.dkr.ecr.eu-west-1.amazonaws.com",
	};
	static const struct {
		const char *name, *value;	/* of the second */
		int64_t life_s, passes_s;
		size_t requests;
		bool found;
	} cases[] = {
		{ "X", "", 0, 3600, 3, true },
		{ "X", "", CRED_DYING_S + 9, 9, 3, true },
		{ "X", "", CRED_DYING_S + 9, 10, 3, false },
		{ "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		    "http://127.0.0.1/others", 3600, 0, 4, true },
		{ "AWS_ACCESS_KEY_ID", "AK", 3600, 0, 3, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char when[DATE_ISO_LEN + 1], text[256];
		struct buf b = BUF(text);
		struct registry r;
		struct ecr_token t;
		struct err e;

		open_world();
		fake_file(&f, "/proc/sys/kernel/random/boot_id", "boot-1\n");
		fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
		fake_env(&f, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		    "http://127.0.0.1/creds");
		buf_add(&b, S("{\"AccessKeyId\":\"CK\","
		    "\"SecretAccessKey\":\"s\""));
		if (cases[i].life_s) {
			date_format_iso(f.now + cases[i].life_s, when);
			buf_add(&b, S(",\"Expiration\":\""));
			buf_add(&b, str_of(when));
			buf_char(&b, '"');
		}
		buf_add(&b, S("}"));
		buf_char(&b, '\0');
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.status = 200, .body = text, .always = true });
		answer("one", LIFE);
		answer("two", LIFE);
		open_config();
		r = registry(hosts[0]);
		assert_true(token_get(&c, CRED_ORDER_GO, &r, &a, &t, &e));
		fake_env(&f, cases[i].name, cases[i].value);
		f.now += cases[i].passes_s;
		r = registry(hosts[1]);
		assert_int_equal(token_get(&c, CRED_ORDER_GO, &r, &a, &t, &e),
		    cases[i].found);
		assert_int_equal(f.request_count, cases[i].requests);
		if (cases[i].found)
			assert_str_equal(t.password, S("two"));
		else
			assert_non_null(strstr(e.msg, "about to expire"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_life),
		cmocka_unit_test(t_ahead),
		cmocka_unit_test(t_ahead_not),
		cmocka_unit_test(t_ahead_clock),
		cmocka_unit_test(t_once_a_run),
		cmocka_unit_test(t_short_life),
		cmocka_unit_test(t_clock_back),
		cmocka_unit_test(t_clock_slow),
		cmocka_unit_test(t_clock_found_slow),
		cmocka_unit_test(t_keys),
		cmocka_unit_test(t_custom_host),
		cmocka_unit_test(t_no_machine),
		cmocka_unit_test(t_long_life),
		cmocka_unit_test(t_misplaced),
		cmocka_unit_test(t_metadata_hit),
		cmocka_unit_test(t_identity_gone),
		cmocka_unit_test(t_off),
		cmocka_unit_test(t_no_place),
		cmocka_unit_test(t_corrupt),
		cmocka_unit_test(t_sweep),
		cmocka_unit_test(t_stuck),
		cmocka_unit_test(t_forget),
		cmocka_unit_test(t_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
