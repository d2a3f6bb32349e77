/* Programs that are run for each token. */
#include "fake_world.h"
#include "sink/sink.h"

#define SECRETS "AWS_ACCESS_KEY_ID\nAWS_SECRET_ACCESS_KEY\n" \
    "AWS_ACCESS_KEY\nAWS_SECRET_KEY\nAWS_SESSION_TOKEN\nAWS_SECURITY_TOKEN\n" \
    "AWS_CONTAINER_AUTHORIZATION_TOKEN\nSESAM_JWT_TOKEN\n"

static const struct format_entry entries[] = {
	{ S_INIT("a.example"), S_INIT("1"), S_INIT("r"), S_INIT("AWS"),
	    S_INIT("pwA"), S_INIT("QQ=="), FAKE_NOW + 43200 },
	{ S_INIT("public.ecr.aws"), { NULL, 0 }, { NULL, 0 }, S_INIT("AWS"),
	    S_INIT("pwP"), S_INIT("QQ=="), FAKE_NOW },
	{ S_INIT("c.example"), S_INIT("3"), S_INIT("r"), S_INIT("AWS"),
	    S_INIT("pwC"), S_INIT("QQ=="), FAKE_NOW },
};

static struct fake_world f;
static struct arena a;
static struct err e;

static bool
run(const char *command, size_t count)
{
	const struct sink s = { .kind = SINK_EXEC,
		.target = str_of(command) };

	a = t_arena();
	return sink_write(&f.w, &s, entries, count, 0, FAKE_CLOCK_MS + 500,
	    &a, NULL, &e);
}

static void
start(struct fake_program p)
{
	fake_open(&f);
	f.program = p;
}

static void
t_given(void **state)
{
	static const char *const env[] = {
		"ECR_REGISTRY=a.example\nECR_USERNAME=AWS\nECR_ACCOUNT=1\n"
		    "ECR_REGION=r\nECR_EXPIRES=2015-08-31T00:36:00Z\n",
		"ECR_REGISTRY=public.ecr.aws\nECR_USERNAME=AWS\nECR_ACCOUNT=\n"
		    "ECR_REGION=\nECR_EXPIRES=2015-08-30T12:36:00Z\n",
	};

	(void)state;
	start((struct fake_program){ .command = "login  --to $x",
		.out = "what it says" });
	if (!run("login '' --to '$x'", 2))
		fail_msg("%s", e.msg);
	assert_int_equal(f.program_count, 2);
	assert_string_equal(f.runs[0].in, "pwA\n");
	assert_string_equal(f.runs[1].in, "pwP\n");
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(f.runs[i].env, env[i]);
		assert_string_equal(f.runs[i].unset, SECRETS);
		assert_true(f.runs[i].aside);
		assert_int_equal(f.runs[i].deadline, FAKE_CLOCK_MS + 500);
	}
	assert_int_equal(f.note_count, 0);
}

static void
t_failures(void **state)
{
	static const struct {
		const char *command;
		struct fake_program p;
		size_t count, ran;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ "x", { .command = "x", .kind = ERR_DENIED, .msg = "run 'x':"
		    " exited with status 3" }, 1, 1, ERR_DENIED,
		    "registry 'a.example': run 'x': exited with status 3" },
		{ "x", { .command = "x", .kind = ERR_ABSENT, .msg = "run 'x':"
		    " No such file or directory" }, 3, 3, ERR_ABSENT,
		    "3 of 3 runs failed, the first of them: registry"
		    " 'a.example': run 'x': No such file or directory" },
		{ "x", { .command = "x", .out = "", .kind = ERR_NET,
		    .msg = "run 'x': not done after 5 ms; it was ended",
		    .fails_with = "=public.ecr.aws" }, 3, 3, ERR_NET,
		    "1 of 3 runs failed, the first of them: registry"
		    " 'public.ecr.aws': run 'x': not done after 5 ms; it was"
		    " ended" },
		{ "x; y", { .command = NULL }, 1, 0, ERR_USAGE, "program: ';'"
		    " needs a shell; write sh -c '...'" },
		{ "x \\", { .command = NULL }, 1, 0, ERR_USAGE, "program:"
		    " nothing behind the backslash at byte 2" },
		{ "", { .command = NULL }, 1, 0, ERR_USAGE,
		    "program: there is none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(cases[i].p);
		assert_false(run(cases[i].command, cases[i].count));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(f.program_count, cases[i].ran);
		/* No password stays behind. */
		for (const char *p = a.p; p < a.p + 65536; p++)
			assert_memory_not_equal(p, "pw", 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_given),
		cmocka_unit_test(t_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
