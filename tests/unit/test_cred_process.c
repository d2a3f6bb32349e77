#include "fake_world.h"

#include "base/limits.h"
#include "cred/chain.h"
#include "cred/document.h"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct err err;

static char id_text[IDENTITY_MAX];
static struct buf id;

/* Ask the source alone, with command in profile p, which is chosen by flag or
 * by variable, whichever is not NULL.
 */
static bool
ask(const char *command, const char *flag, const char *variable)
{
	const struct config_flags flags = { .profile = flag };
	char text[512];
	struct buf b = BUF(text);

	a = t_arena();
	id = (struct buf){ id_text, 0, sizeof(id_text), false };
	fake_open(&f);
	fake_env(&f, "AWS_CONFIG_FILE", "/config");
	fake_env(&f, "AWS_SHARED_CREDENTIALS_FILE", "/credentials");
	fake_file(&f, "/proc/sys/kernel/random/boot_id", "b-1\n");
	if (variable)
		fake_env(&f, variable, "p");
	buf_add(&b, S("[profile p]\nregion = x\ncredential_process = "));
	buf_add(&b, str_of(command));
	buf_add(&b, S("\n[default]\ncredential_process = "));
	buf_add(&b, str_of(command));
	buf_add(&b, S("\n[profile q]\n"));
	buf_char(&b, '\0');
	assert_false(b.full);
	fake_file(&f, "/config", text);
	if (!config_load(&f.w, &a, &flags, &c, &err))
		fail_msg("%s", err.msg);
	return cred_process.select(&c, &c.profile, &id, &err);
}

/* Run it, too: run is all its words, with a blank between. */
static bool
fetch(const char *command, const char *run, const char *out,
    struct cred *cred)
{
	*cred = (struct cred){ .source = "process" };
	assert_true(ask(command, "p", NULL));
	f.program = (struct fake_program){ .command = run, .out = out };
	return cred_process.fetch(&c, &c.profile, cred, &err);
}

static void
test_ours(void **state)
{
	static const char *const commands[] = {
		"ecrbox credential-process",
		"/usr/local/bin/ecrbox credential-process",
		"/opt/bin/ecrbox credential-process --format json",
		"\"/opt/my tools/ecrbox\"  credential-process",
		"'/opt/my tools/ecrbox'\tcredential-process --profile p",
		"ecrbox credential-process --profile=p -v",
		"ecrbox credential-process --profile q --profile \"p\"",
		"./ecrbox 'credential-process' ",
		/* By words, not by what they look like. */
		"ecr\"box\" credential\\-process --prof'ile=p'",
		"ecrbox credential-process 2>/dev/null | cat",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		assert_false(ask(commands[i], NULL, "AWS_PROFILE"));
		assert_int_equal(err.kind, ERR_ABSENT);
		assert_string_equal(err.msg, "credential_process of profile"
		    " 'p' is this program");
		assert_false(ask(commands[i], NULL, "AWS_DEFAULT_PROFILE"));
		assert_int_equal(err.kind, ERR_ABSENT);
	}
	/* The default profile, which needs no naming. */
	assert_false(ask("ecrbox credential-process", NULL, NULL));
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_false(ask("ecrbox credential-process --profile p", "p", NULL));
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void
test_others(void **state)
{
	static const struct {
		const char *command, *flag, *variable;
	} cases[] = {
		/* Other programs have a command of that name too. */
		{ "aws_signing_helper credential-process", "p", NULL },
		{ "granted credential-process --profile p", "p", NULL },
		{ "my-credential-process", "p", NULL },
		{ "credential-process", NULL, "AWS_PROFILE" },
		{ "/opt/vendor/credential-process", NULL, "AWS_PROFILE" },
		{ "ecrbox /opt/credential-process", NULL, "AWS_PROFILE" },
		{ "ecrbox", "p", NULL },
		{ "ecrbox ecr-login", "p", NULL },
		{ "ecrbox --version credential-process", "p", NULL },
		{ "/opt/ecrbox/tool credential-process", "p", NULL },
		{ "sh -c 'ecrbox credential-process'", "p", NULL },
		{ "'ecrbox credential-process", "p", NULL },
		{ "'ecrbox credential-process'", "p", NULL },
		{ "''", "p", NULL },
		/* Our program, but for another profile. */
		{ "ecrbox credential-process --profile q", "p", NULL },
		{ "ecrbox credential-process --profile=q", NULL,
		    "AWS_PROFILE" },
		{ "ecrbox credential-process --profile", "p", NULL },
		{ "ecrbox credential-process --profile p", NULL, NULL },
		/* Run with no AWS_PROFILE, it would take the default one. */
		{ "ecrbox credential-process", "p", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!ask(cases[i].command, cases[i].flag,
		    cases[i].variable))
			fail_msg("%s: %s", cases[i].command, err.msg);
		assert_int_equal(f.program_count, 0);
	}
	assert_false(ask("x", "q", NULL));
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_string_equal(err.msg, "profile 'q' has no credential_process");
}

/* Run by one already. */
static void
test_guard(void **state)
{
	(void)state;
	assert_true(ask("wrapper", "p", NULL));
	fake_env(&f, CRED_PROCESS_GUARD, "1");
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_string_equal(err.msg, "profile 'p' uses credential_process,"
	    " and ECRBOX_CREDENTIAL_PROCESS is set: that process leads back"
	    " here; name another profile by --profile");
	assert_false(ask("ecrbox credential-process", NULL, "AWS_PROFILE"));
	fake_env(&f, CRED_PROCESS_GUARD, "1");
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_false(ask("wrapper", "q", NULL));
	fake_env(&f, CRED_PROCESS_GUARD, "1");
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_ABSENT);
}

/* A profile that nobody named runs nothing. */
static void
test_no_process(void **state)
{
	(void)state;
	assert_true(ask("wrapper", "p", NULL));
	c.no_process = true;
	id.n = 0;
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_string_equal(err.msg, "profile 'p' uses credential_process, and"
	    " --auto-profile never runs programs; name the profile by"
	    " --profile");
	assert_int_equal(id.n, 0);
	assert_false(ask("wrapper", "q", NULL));
	c.no_process = true;
	assert_false(cred_process.select(&c, &c.profile, &id, &err));
	assert_int_equal(err.kind, ERR_ABSENT);
}

/* The source profile of one that nobody named runs nothing either. */
static void
test_no_process_of_source(void **state)
{
	struct profile p;
	struct cred cred;

	(void)state;
	assert_false(ask("wrapper", "q", NULL));
	c.no_process = true;
	p = profile_other(&c.profile, S("p"));
	assert_false(cred_source(&c, CRED_ORDER_CLI, &p, &id, &cred, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_false(cred_source(&c, CRED_ORDER_GO, &p, &id, &cred, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_int_equal(f.program_count, 0);
}

/* What selects it, without what it may hold. */
static void
test_identity(void **state)
{
	static const char *const none[] = {
		"tool $TEAM", "tool \"${TEAM}\"", "tool `id -un`",
		"./tool", "bin/tool x", "../tool", "'./to ol'",
		"tool $A | jq .",
	};
	static const char *const some[] = {
		"tool", "/opt/tool '$TEAM'", "tool | jq .", "~/bin/tool",
		"tool ./x", "A=1 tool",
	};

	(void)state;
	assert_true(ask("tool --password 'a b'", "p", NULL));
	buf_char(&id, '\0');
	/* printf %s "tool --password 'a b'" | sha256sum */
	assert_string_equal(id.p, "provider=\"process\"\nprofile=\"p\"\n"
	    "command_hash=\"f2d3325bd70dec3b188c9e249b1f3bae"
	    "8090d903e938ea7db242a3052a75a496\"\nconfig=\"/config\"\n"
	    "credentials=\"/credentials\"\nboot=\"b-1\"\n");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_true(ask(none[i], "p", NULL));
		assert_true(id.full);
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_true(ask(some[i], "p", NULL));
		assert_false(id.full);
	}
}

/* As in project directories: each has files of that name. */
static void
test_identity_of_relative_files(void **state)
{
	static const char *const names[] = {
		"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(ask("tool", "p", NULL));
		assert_false(id.full);
		fake_env(&f, names[i], "my/config");
		fake_file(&f, "my/config",
		    "[profile p]\ncredential_process = tool\n");
		if (!config_load(&f.w, &a, &c.flags, &c, &err))
			fail_msg("%s", err.msg);
		assert_true(cred_process.select(&c, &c.profile, &id, &err));
		assert_true(id.full);
	}
}

static void
test_identity_and_keys(void **state)
{
	(void)state;
	assert_true(ask("tool", "p", NULL));
	fake_env(&f, "AWS_ACCESS_KEY_ID", "AKID1");
	id.n = 0;
	assert_true(cred_process.select(&c, &c.profile, &id, &err));
	assert_true(str_contains(buf_str(&id),
	    S("\nAWS_ACCESS_KEY_ID=\"AKID1\"\n")));
	fake_file(&f, "/proc/sys/kernel/random/boot_id", NULL);
	assert_true(cred_process.select(&c, &c.profile, &id, &err));
	assert_true(id.full);
}

/* The program sees AWS_PROFILE, whichever profile we were told to use. */
static void
test_identity_and_variable(void **state)
{
	size_t n;

	(void)state;
	assert_true(ask("tool", "p", NULL));
	n = id.n;
	assert_true(ask("tool", "p", "AWS_PROFILE"));
	assert_int_equal(id.n, n);
	fake_env(&f, "AWS_PROFILE", "else");
	id.n = 0;
	assert_true(cred_process.select(&c, &c.profile, &id, &err));
	assert_true(str_ends(buf_str(&id), S("\nAWS_PROFILE=\"else\"\n")));
}

#define KEYS "\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"SECRET\""
#define GOOD "{\"Version\":1," KEYS "}"

static void
test_runs(void **state)
{
	static const char *const cases[][2] = {
		{ "tool", "tool" },
		{ "/opt/tool --a  'b c' \"d\\\"e\"", "/opt/tool --a b c d\"e" },
		{ "\"/opt/my tool\" x", "/opt/my tool x" },
		{ "tool '|' \\| a*", "tool | | a*" },
		{ "tool | jq .", "/bin/sh -c tool | jq ." },
		{ "tool \"$HOME/x\"", "/bin/sh -c tool \"$HOME/x\"" },
		{ "~/bin/tool 'a b'", "/bin/sh -c ~/bin/tool 'a b'" },
		{ "A=1 tool", "/bin/sh -c A=1 tool" },
		/* What a shell divides in another way is its own affair. */
		{ "tool <<'\"' | x", "/bin/sh -c tool <<'\"' | x" },
	};
	struct cred cred;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!fetch(cases[i][0], cases[i][1], GOOD "\n", &cred))
			fail_msg("%s: %s", cases[i][0], err.msg);
		assert_str_equal(cred.key_id, S("AKID"));
		assert_str_equal(cred.secret, S("SECRET"));
		assert_int_equal(cred.token.n + cred.account.n, 0);
		assert_int_equal(cred.expires, 0);
		assert_string_equal(cred.source, "process");
		assert_int_equal(f.program_count, 1);
		assert_string_equal(f.program_env, CRED_PROCESS_GUARD "=1");
	}
}

/* The time that it has: its own, and no more than the run. */
static int64_t deadline;
static size_t out_max;

static bool
note_deadline(void *me, const struct program *p, struct arena *from,
    struct str *out, struct err *e)
{
	(void)me;
	deadline = p->deadline;
	out_max = p->out_max;
	return arena_copy(from, S(GOOD), out, e);
}

static void
test_deadline(void **state)
{
	struct cred cred;

	(void)state;
	assert_true(ask("tool", "p", NULL));
	f.w.run = note_deadline;
	c.deadline = FAKE_CLOCK_MS + 2 * PROGRAM_MS;
	assert_true(cred_process.fetch(&c, &c.profile, &cred, &err));
	assert_int_equal(deadline, FAKE_CLOCK_MS + PROGRAM_MS);
	assert_int_equal(out_max, PROGRAM_OUT_MAX);
	c.deadline = FAKE_CLOCK_MS + 5;
	assert_true(cred_process.fetch(&c, &c.profile, &cred, &err));
	assert_int_equal(deadline, FAKE_CLOCK_MS + 5);
}

#define OF_P "credential_process of profile 'p': "

static void
test_cannot_run(void **state)
{
	static const struct {
		const char *command, *run;
		enum err_kind kind;
		const char *said;	/* by the program's runner */
		enum err_kind as;
		const char *msg;
	} cases[] = {
		{ "tool x", "tool x", ERR_DENIED,
		    "run 'tool': exited with status 3", ERR_DENIED,
		    OF_P "run 'tool': exited with status 3" },
		{ "tool", "tool", ERR_NET, "run 'tool': not done after 5 ms;"
		    " it was ended", ERR_NET,
		    OF_P "run 'tool': not done after 5 ms; it was ended" },
		{ "tool", "tool", ERR_ABSENT, "run 'tool': No such file or"
		    " directory", ERR_USAGE,
		    OF_P "run 'tool': No such file or directory" },
		{ "tool | x", "/bin/sh -c tool | x", ERR_ABSENT,
		    "run '/bin/sh': No such file or directory", ERR_USAGE,
		    OF_P "'|' needs a shell, and there is no /bin/sh here;"
		    " write a program and its arguments only" },
		{ "FOO=1 tool", "/bin/sh -c FOO=1 tool", ERR_ABSENT,
		    "run '/bin/sh': No such file or directory", ERR_USAGE,
		    OF_P "'FOO=' needs a shell, and there is no /bin/sh here;"
		    " write a program and its arguments only" },
		{ "tool | x", "/bin/sh -c tool | x", ERR_DENIED,
		    "run '/bin/sh': exited with status 127", ERR_DENIED,
		    OF_P "run '/bin/sh': exited with status 127" },
		{ "tool 'x", NULL, ERR_NONE, NULL, ERR_USAGE,
		    OF_P "no end of the quote at byte 5" },
		{ "tool \\", NULL, ERR_NONE, NULL, ERR_USAGE,
		    OF_P "nothing behind the backslash at byte 5" },
	};
	struct cred cred;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ask(cases[i].command, "p", NULL));
		f.program = (struct fake_program){
			.command = cases[i].run, .kind = cases[i].kind,
			.msg = cases[i].said,
		};
		cred = (struct cred){ .source = "process" };
		assert_false(cred_process.fetch(&c, &c.profile, &cred, &err));
		assert_string_equal(err.msg, cases[i].msg);
		assert_int_equal(err.kind, cases[i].as);
		assert_null(cred.key_id.p);
	}
}

/* The files' grammar has no such value. */
static void
test_no_words(void **state)
{
	const struct ini_item item = {
		.section = S("profile p"), .key = S("credential_process"),
		.value = S(" \t"), .line = 1,
	};
	struct cred cred = { .source = "process" };

	(void)state;
	assert_true(ask("tool", "p", NULL));
	c.profile.config = (struct ini){ &item, 1, 0, 0 };
	assert_true(cred_process.select(&c, &c.profile, &id, &err));
	assert_false(cred_process.fetch(&c, &c.profile, &cred, &err));
	assert_string_equal(err.msg, OF_P "it names no program");
	assert_int_equal(err.kind, ERR_USAGE);
}

/* What it printed. */

static void
test_documents(void **state)
{
	static const struct {
		const char *text;
		const char *token, *account;
		int64_t expires;
	} cases[] = {
		{ GOOD, "", "", 0 },
		{ " {" KEYS ",\n\"Version\" : 1 }\n", "", "", 0 },
		{ "{\"Version\":1," KEYS ",\"SessionToken\":\"T\","
		    "\"Expiration\":\"2015-08-30T13:36:00Z\","
		    "\"AccountId\":\"123456789012\"}",
		    "T", "123456789012", FAKE_NOW + 3600 },
		{ "{\"Version\":1," KEYS ",\"SessionToken\":null,"
		    "\"Expiration\":\"2015-08-30T13:36:00+00:00\","
		    "\"AccountId\":\"12345\",\"Token\":\"no\",\"Code\":"
		    "\"Failed\",\"x\":{}}", "", "", FAKE_NOW + 3600 },
	};
	struct cred cred;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!fetch("tool", "tool", cases[i].text, &cred))
			fail_msg("%s: %s", cases[i].text, err.msg);
		assert_str_equal(cred.key_id, S("AKID"));
		assert_str_equal(cred.secret, S("SECRET"));
		assert_str_equal(cred.token, str_of(cases[i].token));
		assert_str_equal(cred.account, str_of(cases[i].account));
		assert_int_equal(cred.expires, cases[i].expires);
	}
}

static void
test_bad_documents(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{ "", "not json at byte 0, the end: value expected" },
		{ "SECRET", "not json at byte 0: value expected" },
		{ GOOD "SECRET", "not json at byte 61: text after the value" },
		{ "[]", "no 'Version'" },
		{ "{" KEYS "}", "no 'Version'" },
		{ "{\"Version\":null," KEYS "}", "no 'Version'" },
		{ "{\"Version\":\"1\"," KEYS "}",
		    "'Version' is not the number 1" },
		{ "{\"Version\":2," KEYS "}",
		    "'Version' is not the number 1" },
		{ "{\"Version\":10," KEYS "}",
		    "'Version' is not the number 1" },
		{ "{\"Version\":true," KEYS "}",
		    "'Version' is not the number 1" },
		{ "{\"Version\":1}", "no 'AccessKeyId'" },
		{ "{\"Version\":1,\"AccessKeyId\":\"A\"}",
		    "no 'SecretAccessKey'" },
		{ "{\"Version\":1,\"SecretAccessKey\":\"SECRET\"}",
		    "no 'AccessKeyId'" },
		{ "{\"Version\":1,\"AccessKeyId\":\"\","
		    "\"SecretAccessKey\":\"SECRET\"}", "empty AccessKeyId" },
		{ "{\"Version\":1,\"AccessKeyId\":\"A\","
		    "\"SecretAccessKey\":\"\"}", "empty SecretAccessKey" },
		{ "{\"Version\":1," KEYS ",\"SessionToken\":1}",
		    "no 'SessionToken'" },
		{ "{\"Version\":1," KEYS ",\"Expiration\":\"SECRET\"}",
		    "'Expiration' is no ISO 8601 time" },
		{ "{\"Version\":1," KEYS ",\"Expiration\":1440938160}",
		    "no 'Expiration'" },
		{ "{\"Version\":1," KEYS ",\"AccountId\":123456789012}",
		    "no 'AccountId'" },
		{ "{\"Version\":1,\"Version\":1," KEYS "}",
		    "json has the key 'Version' twice" },
	};
	struct cred cred;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static const char before[] = OF_P "what it printed: ";

		assert_false(fetch("tool", "tool", cases[i].text, &cred));
		if (!str_starts(str_of(err.msg), str_of(before)))
			fail_msg("%s", err.msg);
		assert_string_equal(err.msg + sizeof(before) - 1,
		    cases[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_null(strstr(err.msg, "SECRET"));
		assert_null(cred.key_id.p);
	}
}

/* As one of the chain, in both orders. */
static void
test_in_chain(void **state)
{
	static const struct {
		const char *out;
		const char *msg;	/* NULL: it works */
	} cases[] = {
		{ GOOD, NULL },
		{ "{\"Version\":1," KEYS ",\"Expiration\":"
		    "\"2015-08-30T12:36:00Z\"}", "credentials of process"
		    " expired at 2015-08-30T12:36:00Z; renew them, or check"
		    " this machine's clock" },
		{ "{\"Version\":1," KEYS ",\"Expiration\":"
		    "\"2015-08-30T12:36:30Z\"}", "credentials of process are"
		    " about to expire, at 2015-08-30T12:36:30Z; renew them,"
		    " or check this machine's clock" },
		{ "{\"Version\":1,\"AccessKeyId\":\"a b\","
		    "\"SecretAccessKey\":\"SECRET\"}", "process: the access"
		    " key id has a blank or a byte that is not printable"
		    " ASCII" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		enum cred_order order = i % 2 ? CRED_ORDER_GO :
		    CRED_ORDER_CLI;
		struct cred cred;
		bool found;

		assert_true(ask("tool", "p", NULL));
		f.program = (struct fake_program){
			.command = "tool", .out = cases[i / 2].out,
		};
		found = cred_find(&c, order, &cred, &err);
		assert_int_equal(found, !cases[i / 2].msg);
		if (found)
			assert_string_equal(cred.source, "process");
		else
			assert_string_equal(err.msg, cases[i / 2].msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_no_process),
		cmocka_unit_test(test_no_process_of_source),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_identity_of_relative_files),
		cmocka_unit_test(test_identity_and_keys),
		cmocka_unit_test(test_identity_and_variable),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_cannot_run),
		cmocka_unit_test(test_no_words),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_bad_documents),
		cmocka_unit_test(test_in_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
