#include "base/date.h"
#include "base/limits.h"
#include "cred/refresh.h"
#include "fake_world.h"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct cred_held held;

static void
open_world(bool agent)
{
	fake_open(&f);
	held = (struct cred_held){ .tried = 0 };
	if (agent)
		fake_env(&f, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
	else
		fake_env(&f, "AWS_EC2_INSTANCE_PROFILE_NAME", "r");
}

static void
pass(int64_t seconds)
{
	f.now += seconds;
	f.clock_ms += seconds * 1000;
	f.note_count = 0;
}

/* The next answer of the source: keys with that id, good for life_s. */
static void
answer(const char *id, int64_t life_s)
{
	char when[DATE_ISO_LEN + 1], text[256];
	struct buf b = BUF(text);

	date_format_iso(f.now + life_s, when);
	buf_add(&b, S("{\"AccessKeyId\":\""));
	buf_add(&b, str_of(id));
	buf_add(&b, S("\",\"SecretAccessKey\":\"s\",\"Expiration\":\""));
	buf_add(&b, str_of(when));
	buf_add(&b, S("\"}"));
	buf_char(&b, '\0');
	assert_false(b.full);
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "TOKEN", .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "GET", .status = 200,
		.body = text });
}

static void
refuse(void)
{
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "TOKEN", .always = true });
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.kind = ERR_SYS, .msg = "out of order" });
}

/* A run of a daemon's child; the arena stays, as held points into it. */
static bool
refresh(struct err *e)
{
	static const struct config_flags none;

	assert_true(config_load(&f.w, &a, &none, &c, e));
	return cred_refresh(&c, CRED_ORDER_CLI, &held, e);
}

/* All answers that there are have been asked for. */
static void
expect(const char *id)
{
	struct err e;

	if (!refresh(&e))
		fail_msg("%s", e.msg);
	assert_str_equal(held.cred.key_id, str_of(id));
	assert_true(fake_done(&f));
}

/* Since time last passed. */
static size_t
warnings(void)
{
	size_t n = 0;

	for (size_t i = 0; i < f.note_count; i++)
		n += f.notes[i].kind == NOTE_WARNING;
	return n;
}

static void
t_windows(void **state)
{
	struct err e;

	(void)state;
	a = t_arena();
	open_world(true);
	answer("one", 3600);
	expect("one");
	pass(3600 - CRED_ADVISORY_S);
	expect("one");

	/* In the advisory window. */
	pass(1);
	answer("two", 3600);
	expect("two");
	pass(3600 - CRED_ADVISORY_S + 1);
	refuse();
	expect("two");
	assert_int_equal(warnings(), 1);
	assert_true(fake_noted(&f, NOTE_WARNING, "using the credentials of"
	    " container until 2015-08-30T14:21:01Z, as no new ones could be"
	    " had: credentials of container: out of order"));
	assert_string_equal(held.cred.source, "container");

	/* Not again for a minute. */
	pass(59);
	expect("two");
	assert_int_equal(warnings(), 0);
	pass(1);
	refuse();
	expect("two");
	assert_int_equal(warnings(), 1);
	pass(60);
	answer("three", 1000);
	expect("three");

	/* In the mandatory window. */
	pass(1000 - CRED_MANDATORY_S);
	refuse();
	expect("three");
	assert_int_equal(warnings(), 1);
	pass(60);
	refuse();
	assert_false(refresh(&e));
	assert_int_equal(e.kind, ERR_SYS);
	assert_string_equal(e.msg,
	    "credentials of container: out of order");
	assert_null(held.cred.source);
	assert_null(held.cred.key_id.p);
	assert_int_equal(warnings(), 0);
	/* Nothing held: asked at once. */
	answer("four", 3600);
	expect("four");
}

/* The attempt itself outlasts the window. */
static void
t_slow_attempt(void **state)
{
	struct err e;

	(void)state;
	for (int64_t steps = 60; steps <= 61; steps++) {
		a = t_arena();
		open_world(true);
		answer("one", 3600);
		expect("one");
		pass(3600 - CRED_MANDATORY_S - 60);
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.kind = ERR_SYS, .msg = "out of order",
			.clock_step_s = steps });
		assert_int_equal(refresh(&e), steps == 60);
		assert_int_equal(warnings(), steps == 60);
	}
}

/* A source that gives short ones, or the same again, is left in peace too;
 * but not when they die.
 */
static void
t_short(void **state)
{
	struct err e;

	(void)state;
	a = t_arena();
	open_world(true);
	answer("one", CRED_DYING_S + 30);
	expect("one");
	pass(30);
	expect("one");
	pass(1);
	answer("two", CRED_DYING_S);
	expect("two");
	pass(1);
	refuse();
	assert_false(refresh(&e));
	assert_null(held.cred.source);
}

/* Static stability: without new ones for as long as it takes. */
static void
t_stable(void **state)
{
	(void)state;
	a = t_arena();
	open_world(false);
	answer("one", 3600);
	expect("one");
	assert_true(held.cred.stable);
	pass(3600 - CRED_DYING_S);
	refuse();
	expect("one");
	assert_true(fake_noted(&f, NOTE_WARNING, "using the credentials of"
	    " imds until 2015-08-30T13:36:00Z and beyond, as no new ones"
	    " could be had: role 'r': imds"));
	pass(59);
	expect("one");
	assert_int_equal(warnings(), 0);
	pass(86400);
	refuse();
	expect("one");
	assert_int_equal(warnings(), 1);
	pass(60);
	answer("two", 3600);
	expect("two");
	assert_int_equal(warnings(), 0);
}

/* Judged by AWS's clock. */
static void
t_skew(void **state)
{
	static const struct config_flags none;
	struct err e;

	(void)state;
	for (int ahead = 0; ahead < 2; ahead++) {
		a = t_arena();
		open_world(true);
		answer("one", 3600);
		expect("one");
		pass(60);
		assert_true(config_load(&f.w, &a, &none, &c, &e));
		c.skew_s = ahead ? -3540 : 3540 - CRED_ADVISORY_S;
		assert_true(cred_refresh(&c, CRED_ORDER_CLI, &held, &e));
		c.skew_s += ahead ? 3540 + 3540 - CRED_ADVISORY_S + 1 : 1;
		answer("two", 3600);
		assert_true(cred_refresh(&c, CRED_ORDER_CLI, &held, &e));
		assert_str_equal(held.cred.key_id, S("two"));
	}
}

/* Keys without an end are never asked for again, whatever became of them. */
static void
t_long_term(void **state)
{
	(void)state;
	a = t_arena();
	open_world(true);
	fake_env(&f, "AWS_ACCESS_KEY_ID", "E");
	fake_env(&f, "AWS_SECRET_ACCESS_KEY", "s");
	expect("E");
	fake_env(&f, "AWS_ACCESS_KEY_ID", NULL);
	pass(10 * 365 * 86400);
	expect("E");
	assert_int_equal(f.request_count, 0);
}

/* A clock that is set back does not keep the next attempt waiting. */
static void
t_clock_back(void **state)
{
	(void)state;
	a = t_arena();
	open_world(true);
	answer("one", CRED_ADVISORY_S - 60);
	expect("one");
	f.now -= 59;
	f.clock_ms += CRED_RETRY_MS - 1;
	expect("one");
	f.clock_ms += 1;
	answer("two", 3600);
	expect("two");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_windows),
		cmocka_unit_test(t_slow_attempt),
		cmocka_unit_test(t_short),
		cmocka_unit_test(t_stable),
		cmocka_unit_test(t_skew),
		cmocka_unit_test(t_long_term),
		cmocka_unit_test(t_clock_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
