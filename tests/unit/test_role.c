#include "cred/chain.h"
#include "fake_world.h"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct cred cred;
static struct err e;

#define KEYS(k) "aws_access_key_id=" k "\naws_secret_access_key=s\n"
#define P(name) "[profile " name "]\n"
#define FROM(name) "source_profile=" name "\n"
#define NAMED(name) "credential_source=" name "\n"
#define REGION "region=eu-west-1\n"
#define STS "https://sts.eu-west-1.amazonaws.com/"
#define ROLE(n) "arn:aws:iam::111122223333:role/" n
#define SERIAL "arn:aws:iam::111122223333:mfa/u"
#define GIVES(key) "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{" \
    "\"Credentials\":{\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"s\"," \
    "\"SessionToken\":\"t-" key "\",\"Expiration\":1440941760}," \
    "\"AssumedRoleUser\":{\"Arn\":\"arn:aws:sts::111122223333:" \
    "assumed-role/r/n\"}}}}"
#define ARN_FORM(n) "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2F" n
#define FORM(n) "Action=AssumeRole&Version=2011-06-15&RoleArn=" ARN_FORM(n)
#define NAME "&RoleSessionName=ecrbox-1440938160"

static void
open_world(const char *config)
{
	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", "/h");
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", "true");
	fake_file(&f, "/proc/sys/kernel/random/boot_id", "b-1\n");
	fake_file(&f, "/h/.aws/config", config);
	cred = (struct cred){ .key_id = S("kept") };
	e = (struct err){ .kind = ERR_NONE };
}

static void
open_config(const char *profile)
{
	const struct config_flags flags = { .profile = profile };

	if (!config_load(&f.w, &a, &flags, &c, &e))
		fail_msg("%s", e.msg);
}

static void
answer(const char *url, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = "POST", .url = url,
		.status = 200, .body = body });
}

/* Request i was signed with key, which has a session token of that name. */
static void
check_signer(size_t i, const char *key)
{
	const char *signature = fake_field(&f, i, "authorization");
	char start[128];
	struct buf b = BUF(start);

	buf_add(&b, S("AWS4-HMAC-SHA256 Credential="));
	buf_add(&b, str_of(key));
	buf_char(&b, '/');
	assert_non_null(signature);
	if (!str_starts(str_of(signature), buf_str(&b)))
		fail_msg("%zu: %s", i, signature);
}

static void
check_body(size_t i, const char *body)
{
	assert_true(i < f.request_count);
	assert_string_equal(f.requests[i].body, body);
}

static void
t_two_roles(void **state)
{
	(void)state;
	for (int order = CRED_ORDER_CLI; order <= CRED_ORDER_GO; order++) {
		open_world(P("a") REGION "role_arn=" ROLE("a") "\n" FROM("b")
		    "external_id=x=1/y\nduration_seconds=3600\n"
		    P("b") "role_arn=" ROLE("b") "\n" FROM("c")
		    "region=us-east-1\nrole_session_name=me@b\n"
		    "duration_seconds=1h\n" P("c") KEYS("C"));
		answer(STS, GIVES("ASIAB"));
		answer(STS, GIVES("ASIAA"));
		open_config("a");
		assert_true(cred_find(&c, (enum cred_order)order, &cred, &e));
		assert_str_equal(cred.key_id, S("ASIAA"));
		assert_str_equal(cred.token, S("t-ASIAA"));
		assert_str_equal(cred.account, S("111122223333"));
		assert_string_equal(cred.source, "role");
		assert_true(cred.expires == FAKE_NOW + 3600);
		assert_false(cred.stable);
		assert_int_equal(f.request_count, 2);
		check_signer(0, "C");
		check_body(0, FORM("b") "&RoleSessionName=me%40b");
		assert_null(fake_field(&f, 0, "x-amz-security-token"));
		check_signer(1, "ASIAB");
		check_body(1, FORM("a") NAME "&DurationSeconds=3600"
		    "&ExternalId=x%3D1%2Fy");
		assert_string_equal(fake_field(&f, 1, "x-amz-security-token"),
		    "t-ASIAB");
		/* -v: the way, what was left out, and a line each. */
		assert_true(fake_noted(&f, NOTE_DETAIL,
		    "roles: 'a' -> 'b' -> 'c'"));
		assert_true(fake_noted(&f, NOTE_DETAIL, "profile 'b':"
		    " duration_seconds '1h' is no number; left out"));
		assert_true(fake_noted(&f, NOTE_DETAIL,
		    "credentials of profile: key C"));
		assert_true(fake_noted(&f, NOTE_DETAIL, "role '" ROLE("b") "'"
		    " taken as 'me@b': key ASIAB until 2015-08-30T13:36:00Z"));
		assert_true(fake_noted(&f, NOTE_DETAIL, "role '" ROLE("a") "'"
		    " taken as 'ecrbox-1440938160': key ASIAA until"
		    " 2015-08-30T13:36:00Z"));
		assert_true(fake_noted(&f, NOTE_DETAIL,
		    "credentials of role: key ASIAA"));
		assert_false(fake_noted(&f, NOTE_WARNING, ""));
		/* Nothing is kept. */
		assert_int_equal(f.edit_count, 0);
	}
}

/* Where STS is asked. */
static void
t_region(void **state)
{
	static const struct {
		const char *profile, *registry;
		const char *cli, *go;	/* URL */
	} cases[] = {
		{ "eu-west-1", "", STS, STS },
		{ "eu-west-1", "us-west-2", STS,
		    "https://sts.us-west-2.amazonaws.com/" },
		{ "", "us-west-2", "https://sts.us-west-2.amazonaws.com/",
		    "https://sts.us-west-2.amazonaws.com/" },
		{ "", "", "https://sts.amazonaws.com/",
		    "https://sts.amazonaws.com/" },
		{ "cn-north-1", "",
		    "https://sts.cn-north-1.amazonaws.com.cn/",
		    "https://sts.cn-north-1.amazonaws.com.cn/" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t k = i / 2;

		open_world(P("a") "role_arn=" ROLE("a") "\n" FROM("b")
		    P("b") "region=ap-south-1\n" KEYS("B"));
		fake_env(&f, "AWS_REGION", cases[k].profile);
		answer(NULL, GIVES("ASIAA"));
		open_config("a");
		c.registry_region = str_of(cases[k].registry);
		assert_true(cred_find(&c, i % 2 ? CRED_ORDER_GO :
		    CRED_ORDER_CLI, &cred, &e));
		assert_string_equal(f.requests[0].url,
		    i % 2 ? cases[k].go : cases[k].cli);
	}
	open_world(P("a") "role_arn=" ROLE("a") "\nregion=us_east\n"
	    FROM("b") P("b") KEYS("B"));
	open_config("a");
	assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_string_equal(e.msg, "role '" ROLE("a") "': region 'us_east' of"
	    " the profile cannot be part of a host name: letters, digits and"
	    " '-' only");
}

/* The base of a chain: what takes the first role, and what is in the way. */
#define ENV "AWS_ACCESS_KEY_ID=E|AWS_SECRET_ACCESS_KEY=s|"
#define GO_ENV "AWS_ACCESS_KEY=G|AWS_SECRET_KEY=s|"
#define AGENT "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x|"
#define IRSA "AWS_WEB_IDENTITY_TOKEN_FILE=/t|AWS_ROLE_ARN=arn:r|"
#define TOP P("a") REGION "role_arn=" ROLE("a") "\n"
#define NO_KEYS "no credentials: profile: "
#define ENV_SAYS "credential_source Environment of profile 'a':" \
    " AWS_ACCESS_KEY_ID not set"
#define AGENT_SAYS "credential_source EcsContainer of profile 'a':" \
    " AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and" \
    " AWS_CONTAINER_CREDENTIALS_FULL_URI not set"
#define IMDS_SAYS "credential_source Ec2InstanceMetadata of profile 'a':" \
    " switched off by AWS_EC2_METADATA_DISABLED"
#define HALF_SAYS "profile 'b' in '/h/.aws/config' has aws_access_key_id" \
    " without aws_secret_access_key; keep both in one file"
#define ALONE "profile 'a' has role_arn, but neither source_profile nor" \
    " credential_source to take it with"

static void
t_base(void **state)
{
	static const struct {
		const char *env, *config;
		const char *cli, *go;	/* signer, or the whole message; NULL:
					   as cli */
	} cases[] = {
		/* --profile does not keep the environment from being the
		 * source that is named.
		 */
		{ ENV, TOP NAMED("Environment"), "E", NULL },
		{ GO_ENV, TOP NAMED("Environment"), ENV_SAYS, "G" },
		{ "", TOP NAMED("Environment"), ENV_SAYS, NULL },
		{ "AWS_ACCESS_KEY_ID=E|", TOP NAMED("Environment"),
		    "credentials of env: AWS_ACCESS_KEY_ID is set, but"
		    " AWS_SECRET_ACCESS_KEY is not; set both or neither",
		    NULL },
		{ AGENT, TOP NAMED("EcsContainer"), "C", NULL },
		{ "", TOP NAMED("EcsContainer"), AGENT_SAYS, NULL },
		{ ENV AGENT, TOP NAMED("Ec2InstanceMetadata"), IMDS_SAYS,
		    NULL },
		/* Neither environment nor agent is a source_profile's. */
		{ ENV AGENT IRSA, TOP FROM("b") P("b") REGION,
		    "source_profile 'b' of profile 'a': " NO_KEYS
		    "'b' has no aws_access_key_id", NULL },
		{ ENV AGENT IRSA, TOP FROM("b") P("b") KEYS("B"), "B", NULL },
		{ ENV, TOP FROM("b") P("b") "aws_access_key_id=B\n", HALF_SAYS,
		    NULL },
		{ ENV, TOP FROM("b") P("b") KEYS("B b"), "profile: the access"
		    " key id has a blank or a byte that is not printable"
		    " ASCII", NULL },
		{ "", TOP FROM("a") KEYS("A"), "A", NULL },
		/* Go's order takes a role with the profile's own. */
		{ "", TOP KEYS("A"), ALONE, "A" },
		{ ENV AGENT, TOP, ALONE, ALONE ": " NO_KEYS
		    "'a' has no aws_access_key_id" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t k = i / 2;
		const char *want = i % 2 && cases[k].go ? cases[k].go :
		    cases[k].cli;
		enum cred_order order = i % 2 ? CRED_ORDER_GO : CRED_ORDER_CLI;
		struct str rest = str_of(cases[k].env), line, name, value, id;
		const char *name_z, *value_z;

		open_world(cases[k].config);
		while (rest.n) {
			str_cut(rest, '|', &line, &rest);
			str_cut(line, '=', &name, &value);
			assert_true(arena_z(&a, name, &name_z, &e));
			assert_true(arena_z(&a, value, &value_z, &e));
			fake_env(&f, name_z, value_z);
		}
		fake_answer(&f, (struct fake_answer){ .method = "GET",
			.url = "http://169.254.170.2/x", .status = 200,
			.body = "{\"AccessKeyId\":\"C\","
			    "\"SecretAccessKey\":\"s\"}" });
		answer(STS, GIVES("ASIAA"));
		open_config("a");
		if (!cred_find(&c, order, &cred, &e)) {
			if (strcmp(e.msg, want) != 0)
				fail_msg("%zu: %s", i, e.msg);
			assert_int_equal(e.kind, ERR_USAGE);
			assert_int_equal(f.request_count, 0);
			continue;
		}
		check_signer(f.request_count - 1, want);
		f.request_count = 0;
		assert_true(cred_identity(&c, order, &id, &e));
		assert_true(str_starts(id, S("provider=\"role\"\n")));
		assert_int_equal(f.request_count, 0);
	}
}

/* The instance has no role: no reason to go on to somebody else. */
static void
t_base_absent_late(void **state)
{
	(void)state;
	open_world(TOP NAMED("Ec2InstanceMetadata") KEYS("A"));
	fake_env(&f, "AWS_EC2_METADATA_DISABLED", NULL);
	fake_answer(&f, (struct fake_answer){ .method = "PUT", .status = 200,
		.body = "TOKEN" });
	fake_answer(&f, (struct fake_answer){ .method = "GET",
		.status = 404 });
	open_config("a");
	assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.msg, "credential_source Ec2InstanceMetadata of"
	    " profile 'a': no role of the instance: imds /latest/meta-data/"
	    "iam/security-credentials/: not there (status 404)");
}

/* Web identity below a role, and the messages of each. */
static void
t_web_below(void **state)
{
	(void)state;
	for (int order = CRED_ORDER_CLI; order <= CRED_ORDER_GO; order++) {
		open_world(TOP FROM("b") P("b") "role_arn=" ROLE("b") "\n"
		    "web_identity_token_file=/t\n");
		fake_file(&f, "/t", "opaque");
		answer(STS, "{\"AssumeRoleWithWebIdentityResponse\":"
		    "{\"AssumeRoleWithWebIdentityResult\":{\"Credentials\":"
		    "{\"AccessKeyId\":\"W\",\"SecretAccessKey\":\"s\","
		    "\"SessionToken\":\"t\",\"Expiration\":1440941760}}}}");
		answer(STS, GIVES("ASIAA"));
		open_config("a");
		assert_true(cred_find(&c, (enum cred_order)order, &cred, &e));
		assert_null(fake_field(&f, 0, "authorization"));
		check_signer(1, "W");
		assert_str_equal(cred.key_id, S("ASIAA"));
	}
}

static void
t_refused(void **state)
{
	static const struct {
		unsigned status;
		const char *body, *msg;
		enum err_kind kind;
	} cases[] = {
		{ 403, "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":"
		    "\"User: u is not authorized to perform: sts:AssumeRole\"}"
		    "}", "role '" ROLE("b") "': sts AssumeRole at"
		    " 'sts.eu-west-1.amazonaws.com': AccessDenied: User: u is"
		    " not authorized to perform: sts:AssumeRole", ERR_DENIED },
		{ 200, "{}", "role '" ROLE("b") "': sts AssumeRole at"
		    " 'sts.eu-west-1.amazonaws.com': no"
		    " 'AccessKeyId'", ERR_REPLY },
		{ 200, GIVES("A b"), "role '" ROLE("b") "': sts AssumeRole at"
		    " 'sts.eu-west-1.amazonaws.com': sts: the access key id"
		    " has a blank or a byte that is not printable ASCII",
		    ERR_REPLY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(TOP FROM("b") P("b") "role_arn=" ROLE("b") "\n"
		    FROM("c") P("c") KEYS("C"));
		fake_answer(&f, (struct fake_answer){ .url = STS,
			.status = cases[i].status, .body = cases[i].body });
		open_config("a");
		assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
		if (!str_starts(str_of(e.msg), str_of(cases[i].msg)))
			fail_msg("%s", e.msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(f.request_count, 1);
	}
}

static void
t_identity(void **state)
{
	static const struct {
		const char *config, *map_arn, *map_id, *id;
	} cases[] = {
		{ TOP FROM("b") P("b") KEYS("B"), "", "",
		    "provider=\"role\"\nrole_arn=\"" ROLE("a") "\"\n"
		    "provider=\"profile\"\nprofile=\"b\"\n"
		    "file=\"/h/.aws/config\"\nkey_id=\"B\"\n" },
		{ TOP "external_id=x\nmfa_serial=m\nrole_session_name=me\n"
		    "duration_seconds=900\n" FROM("b") P("b") "role_arn="
		    ROLE("b") "\n" FROM("c") P("c") KEYS("C"), "", "",
		    "provider=\"role\"\nrole_arn=\"" ROLE("a") "\"\n"
		    "external_id=\"x\"\nmfa_serial=\"m\"\n"
		    "role_session_name=\"me\"\nduration_seconds=\"900\"\n"
		    "role_arn=\"" ROLE("b") "\"\n"
		    "provider=\"profile\"\nprofile=\"c\"\n"
		    "file=\"/h/.aws/config\"\nkey_id=\"C\"\n" },
		{ P("a") KEYS("A"), ROLE("m"), "",
		    "provider=\"profile\"\nprofile=\"a\"\n"
		    "file=\"/h/.aws/config\"\nkey_id=\"A\"\n"
		    "map_role_arn=\"" ROLE("m") "\"\nmap_external_id=\"\"\n" },
		{ P("a") KEYS("A"), ROLE("m"), "y",
		    "provider=\"profile\"\nprofile=\"a\"\n"
		    "file=\"/h/.aws/config\"\nkey_id=\"A\"\n"
		    "map_role_arn=\"" ROLE("m") "\"\nmap_external_id=\"y\"\n"
		},
	};
	struct str id;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(cases[i].config);
		open_config("a");
		c.role_arn = str_of(cases[i].map_arn);
		c.external_id = str_of(cases[i].map_id);
		assert_true(cred_identity(&c, CRED_ORDER_CLI, &id, &e));
		assert_str_equal(id, str_of(cases[i].id));
		/* No question, no request. */
		assert_int_equal(f.request_count, 0);
		assert_null(f.question);
	}
}

/* The registry map's role, on top of whatever there is. */
static void
t_map(void **state)
{
	(void)state;
	open_world(TOP FROM("b") P("b") KEYS("B"));
	answer(STS, GIVES("ASIAA"));
	answer(STS, GIVES("ASIAM"));
	open_config("a");
	c.role_arn = S(ROLE("m"));
	c.external_id = S("x");
	assert_true(cred_remote(&c, CRED_ORDER_CLI));
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	check_signer(0, "B");
	check_signer(1, "ASIAA");
	check_body(1, FORM("m") NAME "&ExternalId=x");
	assert_str_equal(cred.key_id, S("ASIAM"));
	assert_string_equal(cred.source, "role");
	assert_true(fake_noted(&f, NOTE_DETAIL, "role '" ROLE("m") "' taken"));

	open_world(P("a") REGION KEYS("A"));
	answer(STS, GIVES("ASIAM"));
	open_config("a");
	assert_false(cred_remote(&c, CRED_ORDER_CLI));
	c.role_arn = S(ROLE("m"));
	assert_true(cred_remote(&c, CRED_ORDER_CLI));
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	check_signer(0, "A");
	check_body(0, FORM("m") NAME);

	/* Not for who is nobody. */
	open_world(P("a") REGION);
	open_config("a");
	c.role_arn = S(ROLE("m"));
	assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(f.request_count, 0);
}

/* Codes. */
#define MFA(name, from) P(name) REGION "role_arn=" ROLE(name) "\n" \
    "mfa_serial=" SERIAL "\n" FROM(from)
#define CODE "&SerialNumber=arn%3Aaws%3Aiam%3A%3A111122223333%3Amfa%2Fu" \
    "&TokenCode=012345"

static void
t_mfa(void **state)
{
	(void)state;
	open_world(MFA("a", "b") P("b") KEYS("B"));
	f.typed = "012345";
	answer(STS, GIVES("ASIAA"));
	open_config("a");
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_string_equal(f.question, "Enter MFA code for " SERIAL ": ");
	check_body(0, FORM("a") NAME CODE);
	assert_int_equal(f.edit_count, 1);

	/* Kept: neither question nor request. */
	f.typed = f.question = NULL;
	f.request_count = 0;
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_str_equal(cred.key_id, S("ASIAA"));
	assert_str_equal(cred.account, S("111122223333"));
	assert_string_equal(cred.source, "role");
	assert_int_equal(f.request_count, 0);
	assert_int_equal(f.edit_count, 1);

	/* With 15 minutes left it is asked for anew. */
	f.now += 45 * 60 + 1;
	f.typed = "111111";
	answer(STS, "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{"
	    "\"Credentials\":{\"AccessKeyId\":\"NEW\",\"SecretAccessKey\":\"s"
	    "\",\"SessionToken\":\"t\",\"Expiration\":1440945360}}}}");
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_str_equal(cred.key_id, S("NEW"));
	assert_int_equal(f.edit_count, 2);
}

/* The AWS CLI's entry for a role that needs no code is its own affair. */
static void
t_no_code(void **state)
{
	(void)state;
	open_world(TOP FROM("b") P("b") KEYS("B"));
	/* sha1 of {"RoleArn": ROLE("a")} */
	fake_file(&f, "/h/.aws/cli/cache/116cfd535c0a92fa4ae7a9da223c05ffd5734277"
	    ".json", "{\"Credentials\": {\"AccessKeyId\": \"THEIRS\","
	    " \"SecretAccessKey\": \"s\", \"SessionToken\": \"t\","
	    " \"Expiration\": \"2015-08-30T20:36:00UTC\"}}");
	answer(STS, GIVES("ASIAA"));
	open_config("a");
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_str_equal(cred.key_id, S("ASIAA"));
	assert_int_equal(f.edit_count, 0);
	assert_null(f.question);
}

/* A role in the middle is kept; what is above it is taken with that. */
static void
t_mfa_below(void **state)
{
	(void)state;
	open_world(TOP FROM("m") MFA("m", "b") P("b") KEYS("B"));
	f.typed = "012345\r";
	answer(STS, GIVES("ASIAM"));
	answer(STS, GIVES("ASIAA"));
	answer(STS, GIVES("AGAIN"));
	open_config("a");
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	check_signer(0, "B");
	check_body(0, FORM("m") NAME CODE);
	check_signer(1, "ASIAM");
	check_body(1, FORM("a") NAME);
	assert_int_equal(f.edit_count, 1);
	f.typed = f.question = NULL;
	assert_true(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_str_equal(cred.key_id, S("AGAIN"));
	assert_int_equal(f.request_count, 3);
	check_signer(2, "ASIAM");
	assert_int_equal(f.edit_count, 1);
}

static void
t_mfa_refused(void **state)
{
	static const struct {
		const char *typed, *msg;
		enum err_kind kind;
	} cases[] = {
		{ NULL, "role '" ROLE("a") "' needs a code of MFA device '"
		    SERIAL "', and there is no terminal to ask for it at; run"
		    " 'aws sts get-caller-identity --profile a' at one: the"
		    " session it gets is used here too", ERR_SYS },
		{ "", "role '" ROLE("a") "': an MFA code has 6 digits",
		    ERR_USAGE },
		{ "12345", "role '" ROLE("a") "': an MFA code has 6 digits",
		    ERR_USAGE },
		{ "1234567", "role '" ROLE("a") "': an MFA code has 6 digits",
		    ERR_USAGE },
		{ "12345x", "role '" ROLE("a") "': an MFA code has 6 digits",
		    ERR_USAGE },
		{ "-12345", "role '" ROLE("a") "': an MFA code has 6 digits",
		    ERR_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_world(MFA("a", "b") P("b") KEYS("B"));
		f.typed = cases[i].typed;
		open_config("a");
		assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(f.request_count + f.edit_count, 0);
	}
	/* A terminal that nobody answers at. */
	open_world(MFA("a", "b") P("b") KEYS("B"));
	f.unasked = "made to fail";
	open_config("a");
	assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_string_equal(e.msg, "role '" ROLE("a") "': made to fail");
	assert_int_equal(e.kind, ERR_NET);
	/* The code comes before the base is asked over the network. */
	open_world(P("a") REGION "role_arn=" ROLE("a") "\nmfa_serial=m\n"
	    NAMED("EcsContainer"));
	fake_env(&f, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
	open_config("a");
	assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_int_equal(f.request_count, 0);
	/* A wrong code is told, and nothing kept. */
	open_world(MFA("a", "b") P("b") KEYS("B"));
	f.typed = "999999";
	fake_answer(&f, (struct fake_answer){ .url = STS, .status = 403,
		.body = "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":"
		    "\"MultiFactorAuthentication failed with invalid MFA one"
		    " time pass code. \"}}" });
	open_config("a");
	assert_false(cred_find(&c, CRED_ORDER_CLI, &cred, &e));
	assert_non_null(strstr(e.msg, "AccessDenied:"
	    " MultiFactorAuthentication failed"));
	assert_null(strstr(e.msg, "999999"));
	assert_int_equal(f.edit_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_two_roles),
		cmocka_unit_test(t_region),
		cmocka_unit_test(t_base),
		cmocka_unit_test(t_base_absent_late),
		cmocka_unit_test(t_web_below),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_identity),
		cmocka_unit_test(t_map),
		cmocka_unit_test(t_mfa),
		cmocka_unit_test(t_no_code),
		cmocka_unit_test(t_mfa_below),
		cmocka_unit_test(t_mfa_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
