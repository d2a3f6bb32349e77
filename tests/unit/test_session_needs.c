/* What a sandbox has to let through, by what the user has configured. */
#include "applets/applet.h"
#include "applets/session.h"
#include "tests/unit/fake_world.h"

#define CONFIG "/home/u/.aws/config"
#define KEYS "aws_access_key_id = AKIA\naws_secret_access_key = x\n"
#define BASE "[default]\nregion = r\n"
#define BOOT "/proc/sys/kernel/random/boot_id"
#define MAPS "/home/u/.config/ecrbox.conf /etc/ecrbox.conf"

enum { TERMINAL = 1, CHILDREN = 2, PROGRAMS = 4, ANY = 8, FULL = 16,
	FIRST = 32 };

struct row {
	unsigned which;
	const char *env;	/* "NAME=value NAME=value" */
	const char *config, *map;
	struct config_flags flags;
	/* Words, in order, besides those that NEEDS_AWS always has. */
	const char *reads, *writes, *ports;
	unsigned others;
};

static const struct row rows[] = {
	{ 0, "", BASE, "", { 0 }, "", "", "", 0 },
	{ NEEDS_CHILDREN, "", BASE, "", { 0 }, "", "", "", CHILDREN },
	/* the cache */
	{ NEEDS_CACHE, "", BASE, "", { 0 }, "", "/home/u/.cache/ecrbox", "",
	    0 },
	{ NEEDS_CACHE, "XDG_CACHE_HOME=/x", BASE, "", { 0 }, "", "/x/ecrbox",
	    "", 0 },
	{ NEEDS_CACHE, "AWS_ECR_CACHE_DIR=/y", BASE, "", { 0 }, "", "/y", "",
	    0 },
	{ NEEDS_CACHE, "AWS_ECR_DISABLE_CACHE=1", BASE, "", { 0 }, "", "", "",
	    0 },
	/* metadata */
	{ NEEDS_METADATA, "AWS_ENDPOINT_URL=http://h:1", BASE, "", { 0 }, "",
	    "", "80", 0 },
	{ NEEDS_METADATA, "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://h:1338",
	    BASE, "", { 0 }, "", "", "1338", 0 },
	{ NEEDS_METADATA, "", BASE "ec2_metadata_service_endpoint ="
	    " https://h\n", "", { 0 }, "", "", "443", 0 },
	{ NEEDS_METADATA, "AWS_EC2_METADATA_SERVICE_ENDPOINT=h", BASE, "",
	    { 0 }, "", "", "", 0 },
	/* AWS */
	{ NEEDS_AWS, "", BASE, "", { 0 }, "", "", "", 0 },
	{ NEEDS_AWS, "AWS_ENDPOINT_URL=http://h:1"
	    " AWS_ENDPOINT_URL_ECR=http://h:2"
	    " AWS_ENDPOINT_URL_ECR_PUBLIC=https://h:3"
	    " AWS_ENDPOINT_URL_STS=http://h:4 AWS_ENDPOINT_URL_SSO=http://h:5"
	    " AWS_ENDPOINT_URL_SSO_OIDC=http://h:6"
	    " AWS_ENDPOINT_URL_SIGNIN=http://h:7"
	    " AWS_CONTAINER_CREDENTIALS_FULL_URI=http://h:8/x", BASE, "",
	    { 0 }, "", "", "1 8 2 3 4 5 6 7", 0 },
	{ NEEDS_AWS, "AWS_ENDPOINT_URL=ftp://h:1 AWS_ENDPOINT_URL_ECR=", BASE,
	    "", { 0 }, "", "", "", 0 },
	{ NEEDS_AWS, "", BASE, "", { .endpoint_url = "http://h:9" }, "", "",
	    "9", 0 },
	{ NEEDS_AWS, "", BASE "endpoint_url = http://h:10\nservices = s\n"
	    "[services s]\necr =\n  endpoint_url = http://h:11\n"
	    "[profile other]\nendpoint_url = http://h:12\n", "", { 0 }, "",
	    "", "10 11 12", 0 },
	{ NEEDS_AWS, "AWS_WEB_IDENTITY_TOKEN_FILE=/t/web"
	    " AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/t/agent", BASE, "",
	    { 0 }, "/t/agent /t/web", "", "", 0 },
	{ NEEDS_AWS, "ECRBOX_CONFIG=/m/map", BASE, "", { 0 }, "-MAPS /m/map",
	    "", "", 0 },
	{ NEEDS_AWS, "AWS_CA_BUNDLE=/ca.pem", BASE, "", { 0 }, "+/ca.pem", "",
	    "", 0 },
	{ NEEDS_AWS, "", BASE, "", { .ca_bundle = "/cb.pem" }, "+/cb.pem", "",
	    "", 0 },
	/* profiles */
	{ NEEDS_AWS, "", BASE "web_identity_token_file = ~/token\n"
	    "ca_bundle = /p.pem\n", "", { 0 }, "+/p.pem /home/u/token", "",
	    "", 0 },
	{ NEEDS_AWS, "", BASE "sso_account_id = 1\n", "", { 0 }, "",
	    "/home/u/.aws/sso/cache/", "", 0 },
	{ NEEDS_AWS, "", BASE "login_session = arn\n", "", { 0 },
	    "/proc/sys/kernel/random/uuid", "/home/u/.aws/login/cache", "",
	    0 },
	{ NEEDS_AWS, "AWS_LOGIN_CACHE_DIRECTORY=/l", BASE
	    "login_session = arn\n", "", { 0 },
	    "/proc/sys/kernel/random/uuid", "/l", "", 0 },
	{ NEEDS_AWS, "", BASE "mfa_serial = arn\n", "", { 0 }, "",
	    "/home/u/.aws/cli/cache/", "", TERMINAL },
	/* of others only those that lead to it */
	{ NEEDS_AWS, "", BASE "[profile o]\nmfa_serial = arn\n", "", { 0 },
	    "", "", "", 0 },
	{ NEEDS_AWS, "AWS_PROFILE=o", BASE "[profile o]\nmfa_serial = arn\n",
	    "", { 0 }, "", "/home/u/.aws/cli/cache/", "", TERMINAL },
	{ NEEDS_AWS, "", BASE "source_profile = a\n"
	    "[profile a]\nsource_profile = b\n[profile b]\n"
	    "sso_account_id = 1\n", "", { 0 }, "", "/home/u/.aws/sso/cache/",
	    "", 0 },
	{ NEEDS_AWS, "", BASE "source_profile = default\n"
	    "sso_account_id = 1\n", "", { 0 }, "", "/home/u/.aws/sso/cache/",
	    "", 0 },
	{ NEEDS_AWS, "", BASE "source_profile = none\n", "", { 0 }, "", "",
	    "", 0 },
	{ NEEDS_AWS, "", BASE "[profile o]\nregion = r\nmfa_serial = arn\n",
	    "[123456789012]\nprofile = o\nendpoint_url = http://h:13\n",
	    { 0 }, "", "/home/u/.aws/cli/cache/", "13", TERMINAL },
	{ NEEDS_AWS, "", BASE "[profile o]\nmfa_serial = arn\n",
	    "[not a map", { 0 }, "", "", "", 0 },
	{ NEEDS_AWS, "ECRBOX_AUTO_PROFILE=1", BASE
	    "[profile o]\nsso_account_id = 1\n", "", { 0 }, "",
	    "/home/u/.aws/sso/cache/", "", 0 },
	/* programs, when they may be run once the network has been heard */
	{ NEEDS_AWS, "", BASE "credential_process = x\n", "", { 0 }, "", "",
	    "", FIRST },
	{ NEEDS_AWS | NEEDS_PROGRAMS, "", BASE, "", { 0 }, "", "", "", 0 },
	{ NEEDS_AWS | NEEDS_PROGRAMS, "", BASE "credential_process = x\n", "",
	    { 0 }, "", "", "", FIRST | PROGRAMS },
	{ NEEDS_AWS | NEEDS_PROGRAMS, "", BASE "[profile o]\n"
	    "credential_process = x\n", "", { 0 }, "", "", "", 0 },
	{ NEEDS_AWS | NEEDS_PROGRAMS, "", BASE "source_profile = o\n"
	    "[profile o]\ncredential_process = x\n", "", { 0 }, "", "", "", FIRST | PROGRAMS },
	{ NEEDS_AWS | NEEDS_PROGRAMS, "ECRBOX_AUTO_PROFILE=1", BASE
	    "[profile o]\ncredential_process = x\n", "", { 0 }, "", "", "",
	    0 },
	{ NEEDS_AWS | NEEDS_PROGRAMS, "ECRBOX_AUTO_PROFILE=1", BASE
	    "credential_process = x\n[profile o]\n", "", { 0 }, "", "", "", FIRST | PROGRAMS },
	{ NEEDS_AWS, "", "[default]\ncredential_process = x\n", "", { 0 }, "",
	    "", "", FIRST | PROGRAMS },
	{ NEEDS_AWS, "AWS_REGION=r", "[default]\ncredential_process = x\n",
	    "", { 0 }, "", "", "", FIRST },
	{ NEEDS_AWS, "AWS_DEFAULT_REGION=r", "[default]\n"
	    "credential_process = x\n", "", { 0 }, "", "", "", FIRST },
	{ NEEDS_AWS, "", "[default]\ncredential_process = x\n", "",
	    { .region = "r" }, "", "", "", FIRST },
	/* (that profile has no region) */
	{ NEEDS_AWS, "", BASE "[profile o]\ncredential_process = x\n",
	    "[123456789012]\nprofile = o\n", { 0 }, "", "", "",
	    FIRST | PROGRAMS },
	{ NEEDS_AWS, "", BASE "[profile o]\ncredential_process = x\n"
	    "region = r\n", "[123456789012]\nprofile = o\n", { 0 }, "", "",
	    "", FIRST },
	/* more ports than there is room for */
	{ NEEDS_AWS, "", BASE "[services s]\n"
	    "a =\n endpoint_url = http://h:21\nb =\n endpoint_url = http://h:22\n"
	    "c =\n endpoint_url = http://h:23\nd =\n endpoint_url = http://h:24\n"
	    "e =\n endpoint_url = http://h:25\nf =\n endpoint_url = http://h:26\n"
	    "g =\n endpoint_url = http://h:27\nh =\n endpoint_url = http://h:28\n"
	    "i =\n endpoint_url = http://h:29\nj =\n endpoint_url = http://h:30\n"
	    "k =\n endpoint_url = http://h:31\nl =\n endpoint_url = http://h:32\n"
	    "m =\n endpoint_url = http://h:33\n", "", { 0 }, "", "",
	    "21 22 23 24 25 26 27 28 29 30 31", ANY },
};

static struct fake_world f;

static void
set_variables(const char *text)
{
	struct str rest = str_of(text), one, name, value;

	fake_env(&f, "HOME", "/home/u");
	while (rest.n) {
		char words[2][256];
		struct buf n = BUF(words[0]), v = BUF(words[1]);

		str_cut(rest, ' ', &one, &rest);
		str_cut(one, '=', &name, &value);
		buf_add(&n, name);
		buf_char(&n, '\0');
		buf_add(&v, value);
		buf_char(&v, '\0');
		assert_false(n.full || v.full);
		fake_env(&f, n.p, v.p);
	}
}

static void
add_words(struct buf *b, struct str words)
{
	buf_add(b, words.n && b->n ? S(" ") : S(""));
	buf_add(b, words);
}

static void
expect_paths(const char *const *paths, struct str words)
{
	char text[1024];
	struct buf b = BUF(text);

	for (size_t i = 0; i < SANDBOX_PATHS_MAX && paths[i]; i++)
		add_words(&b, str_of(paths[i]));
	assert_str_equal(buf_str(&b), words);
}

/* What stands before and behind what the row says. */
static void
expect_reads(const struct row *row, const struct sandbox_needs *n)
{
	char text[1024];
	struct buf b = BUF(text);
	struct str rest = str_of(row->reads), first = { NULL, 0 };
	struct str maps = S(MAPS);

	if (!(row->which & NEEDS_AWS)) {
		expect_paths(n->reads, rest);
		return;
	}
	add_words(&b, S(BOOT));
	if (str_starts(rest, S("+")))
		str_cut(str_skip(rest, 1), ' ', &first, &rest);
	add_words(&b, first);
	if (str_starts(rest, S("-MAPS "))) {
		maps = str_skip(rest, 6);
		rest = S("");
	}
	add_words(&b, rest);
	add_words(&b, maps);
	expect_paths(n->reads, buf_str(&b));
}

static void
expect_ports(const struct row *row, const struct sandbox_needs *n)
{
	char text[256];
	struct buf b = BUF(text);
	bool aws = row->which & NEEDS_AWS;

	if (aws) {
		assert_int_equal(n->connects[0], 443);
		assert_int_equal(n->connects[1], 80);
	}
	for (size_t i = aws ? 2 : 0; i < SANDBOX_PORTS_MAX && n->connects[i];
	    i++) {
		buf_add(&b, b.n ? S(" ") : S(""));
		buf_u64(&b, n->connects[i]);
	}
	assert_str_equal(buf_str(&b), str_of(row->ports));
}

static void
needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		struct arena a = t_arena();
		struct session s = { .flags = row->flags };
		struct sandbox_needs n;
		struct err e;
		unsigned others;

		fake_open(&f);
		set_variables(row->env);
		fake_file(&f, CONFIG, row->config);
		fake_file(&f, "/home/u/.config/ecrbox.conf", row->map);
		s.w = &f.w;
		if (!config_load(s.w, &a, &s.flags, &s.config, &e))
			fail_msg("%zu: %s", i, e.msg);
		session_needs(&s, row->which, &n);
		others = (n.terminal ? TERMINAL : 0u) |
		    (n.children ? CHILDREN : 0u) |
		    (n.programs ? PROGRAMS : 0u) |
		    (n.early_programs ? FIRST : 0u) | (n.connect_any ? ANY : 0u) |
		    (n.full ? FULL : 0u);
		if (others != row->others)
			fail_msg("%zu: %x", i, others);
		expect_reads(row, &n);
		expect_paths(n.writes, str_of(row->writes));
		expect_ports(row, &n);
		assert_false(n.udp || n.notify || n.narrower || n.listen_any);
	}
}

/* What the applet said first. */
static void
more(void **state)
{
	struct arena a = t_arena();
	struct session s = { .more = { .writes = { "/a" },
		.connects = { 7 } } };
	struct sandbox_needs n;
	struct err e;

	(void)state;
	fake_open(&f);
	s.w = &f.w;
	assert_true(config_load(s.w, &a, &s.flags, &s.config, &e));
	session_needs(&s, NEEDS_METADATA, &n);
	assert_true(fake_writes(&n, "/a") && fake_connects(&n, 7) &&
	    fake_connects(&n, 80));
	assert_false(fake_connects(&n, 443));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs),
		cmocka_unit_test(more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
