/* Every kind of sink, through the one door. */
#include "base/limits.h"
#include "sink/kubernetes.h"
#include "sink/tarball.h"
#include "sink_case.h"

#define AUTH_A "\t\t\"" HOST_A "\": {\n\t\t\t\"auth\": \"QVdTOnB3QQ==\"\n\t\t}"
#define AUTH_B "\t\t\"" HOST_B "\": {\n\t\t\t\"auth\": \"QVdTOnB3Qg==\"\n\t\t}"
#define CONFIG_BOTH "{\n\t\"auths\": {\n" AUTH_A ",\n" AUTH_B "\n\t}\n}"

/* Check. */

static void
t_check(void **state)
{
	static char long_path[PATH_MAX_BYTES + 1];
	const struct str long_one = { long_path, sizeof(long_path) };
	const struct {
		struct sink s;
		size_t registries;
		const char *msg;	/* NULL: it is good */
	} cases[] = {
		{ { .kind = SINK_AUTH_FILE, .target = S("/x") }, 9, NULL },
		{ { .kind = SINK_AUTH_FILE }, 1, "write '': the name of a file"
		    " is wanted" },
		{ { .kind = SINK_AUTH_FILE, .target = S("/x/") }, 1, "write"
		    " '/x/': the name of a file is wanted, not of a"
		    " directory" },
		{ { .kind = SINK_DOCKERCFG, .target = S("/x/") }, 1, "write"
		    " '/x/': the name of a file is wanted, not of a"
		    " directory" },
		{ { .kind = SINK_TARBALL, .target = S("/x/") }, 9, NULL },
		{ { .kind = SINK_TARBALL }, 1, "write '': the name of a file"
		    " is wanted" },
		{ { .kind = SINK_PASSWORD_FILE, .target = S("/x") }, 1, NULL },
		{ { .kind = SINK_PASSWORD_FILE, .target = S("/{region}") }, 2,
		    NULL },
		{ { .kind = SINK_PASSWORD_FILE, .target = S("/{x}") }, 1,
		    "password file '/{x}': in braces there may be account,"
		    " region or host" },
		{ { .kind = SINK_PASSWORD_FILE, .target = S("/x") }, 2,
		    "password file '/x': the same for all registries; write"
		    " {account} and {region}, or {host}, into it" },
		{ { .kind = SINK_PASSWORD_FILE, .target = S("/{host}/") }, 2,
		    "write '/{host}/': the name of a file is wanted, not of a"
		    " directory" },
		{ { .kind = SINK_PASSWORD_FILE, .target = long_one }, 1,
		    "password file: its name has more than 4096 bytes" },
		{ { .kind = SINK_PRINT, .format = FORMAT_PASSWORD }, 1, NULL },
		{ { .kind = SINK_PRINT, .format = FORMAT_JSON }, 2, NULL },
		{ { .kind = SINK_PRINT, .format = FORMAT_PASSWORD }, 2,
		    "format 'password': 2 registries, and it would not say"
		    " whose each is; json does" },
		{ { .kind = SINK_CONFIG }, 9, NULL },
		{ { .kind = SINK_ARCHIVE }, 9, NULL },
		/* programs */
		{ { .kind = SINK_EXEC, .target = S("a 'b c'") }, 9, NULL },
		{ { .kind = SINK_EXEC, .target = S("sh -c 'a | b'") }, 9,
		    NULL },
		{ { .kind = SINK_EXEC }, 1, "program: there is none" },
		{ { .kind = SINK_EXEC, .target = S(" \t") }, 1,
		    "program: there is none" },
		{ { .kind = SINK_EXEC, .target = S("a 'b") }, 1,
		    "program: no end of the quote at byte 2" },
		{ { .kind = SINK_EXEC, .target = S("a | b") }, 1, "program:"
		    " '|' needs a shell; write sh -c '...'" },
		{ { .kind = SINK_EXEC, .target = S("a $HOME") }, 1, "program:"
		    " '$' needs a shell; write sh -c '...'" },
		/* secrets of Kubernetes */
		{ { .kind = SINK_KUBERNETES, .target = S("pull") }, 9, NULL },
		{ { .kind = SINK_KUBERNETES, .target = S("a/b.c-1"),
		    .exclude = S(" kube-* ,;") }, 9, NULL },
		{ { .kind = SINK_KUBERNETES, .target = S("a, b;c?\n*/x") }, 9,
		    NULL },
		{ { .kind = SINK_KUBERNETES }, 1, "kubernetes secret '': its"
		    " name is 1 to 253 of a-z, 0-9, - and ." },
		{ { .kind = SINK_KUBERNETES, .target = S("ns/") }, 1,
		    "kubernetes secret '': its name is 1 to 253 of a-z, 0-9, -"
		    " and ." },
		{ { .kind = SINK_KUBERNETES, .target = S("A") }, 1,
		    "kubernetes secret 'A': its name is 1 to 253 of a-z, 0-9,"
		    " - and ." },
		{ { .kind = SINK_KUBERNETES, .target = S("n/p*") }, 1,
		    "kubernetes secret 'p*': its name is 1 to 253 of a-z, 0-9,"
		    " - and ." },
		{ { .kind = SINK_KUBERNETES, .target = S("/pull") }, 1,
		    "kubernetes secret '/pull': no namespace before the"
		    " slash" },
		{ { .kind = SINK_KUBERNETES, .target = S(" ,/pull") }, 1,
		    "kubernetes secret ' ,/pull': no namespace before the"
		    " slash" },
		{ { .kind = SINK_KUBERNETES, .target = S("a,B/pull") }, 1,
		    "kubernetes namespace 'B': in the name of a namespace"
		    " there are at most 63 of a-z, 0-9 and -; * and ? stand"
		    " for others" },
		{ { .kind = SINK_KUBERNETES, .target = S("a/b/pull") }, 1,
		    "kubernetes namespace 'a/b': in the name of a namespace"
		    " there are at most 63 of a-z, 0-9 and -; * and ? stand"
		    " for others" },
		{ { .kind = SINK_KUBERNETES, .target = S("pull"),
		    .exclude = S("a.b") }, 1,
		    "excluded namespace 'a.b': in the name of a namespace"
		    " there are at most 63 of a-z, 0-9 and -; * and ? stand"
		    " for others" },
		/* secrets of Sesam */
		{ { .kind = SINK_SESAM, .target = S("http://n:9042/api"),
		    .secret = S("T"), .jwt = S("J") }, 1, NULL },
		{ { .kind = SINK_SESAM, .target = S("https://n"),
		    .secret = S("T_{account}_{region}"), .jwt_file = "/j" },
		    2, NULL },
		{ { .kind = SINK_SESAM, .target = S("n:9042"),
		    .secret = S("T"), .jwt = S("J") }, 1, "sesam 'n:9042':"
		    " URL does not begin with http:// or https://" },
		{ { .kind = SINK_SESAM, .target = S("http://u:pw@n"),
		    .secret = S("T"), .jwt = S("J") }, 1, "sesam: URL with a"
		    " user name or password in it" },
		{ { .kind = SINK_SESAM, .target = S("http://n/?a"),
		    .secret = S("T"), .jwt = S("J") }, 1, "sesam"
		    " 'http://n/?a': its API's URL has no '?'" },
		{ { .kind = SINK_SESAM, .target = S("http://n"),
		    .jwt = S("J") }, 1, "sesam secret '': empty" },
		{ { .kind = SINK_SESAM, .target = S("http://n"),
		    .secret = S("T"), .jwt = S("J") }, 2, "sesam secret 'T':"
		    " the same for all registries; write {account} and"
		    " {region}, or {host}, into it" },
		{ { .kind = SINK_SESAM, .target = S("http://n"),
		    .secret = S("{"), .jwt = S("J") }, 1, "sesam secret '{':"
		    " in braces there may be account, region or host" },
		{ { .kind = SINK_SESAM, .target = S("http://n"),
		    .secret = S("T") }, 1, "sesam 'n': there is no token;"
		    " SESAM_JWT_TOKEN or SESAM_JWT_FILE has it" },
	};

	(void)state;
	memset(long_path, 'x', sizeof(long_path));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = sink_check(&cases[i].s, cases[i].registries,
		    &e);

		if (good != !cases[i].msg)
			fail_msg("row %zu: %s", i, e.msg);
		if (good)
			continue;
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].s.target.p == long_path ?
		    ERR_LIMIT : ERR_USAGE);
	}
}

/* Lengths at their bounds. */
static void
t_check_lengths(void **state)
{
	static char x[COMMAND_MAX + 1];
	struct sink s = { .kind = SINK_KUBERNETES };

	(void)state;
	memset(x, 'x', sizeof(x));
	s.target = (struct str){ x, 253 };
	assert_true(sink_check(&s, 1, &e));
	s.target.n++;
	assert_false(sink_check(&s, 1, &e));
	x[63] = '/';
	s.target.n = 65;
	assert_true(sink_check(&s, 1, &e));
	x[63] = 'x';
	x[64] = '/';
	s.target.n = 66;
	assert_false(sink_check(&s, 1, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	memset(x, 'x', sizeof(x));
	s = (struct sink){ .kind = SINK_EXEC, .target = { x, COMMAND_MAX } };
	assert_true(sink_check(&s, 1, &e));
	s.target.n++;
	assert_false(sink_check(&s, 1, &e));
	assert_string_equal(e.msg, "program: its line has more than 8192"
	    " bytes");
	assert_int_equal(e.kind, ERR_LIMIT);
}

static void
t_caution(void **state)
{
	static const struct {
		const char *url;
		bool warned;
	} cases[] = {
		{ "https://sesam.example/api", false },
		{ "http://node:9042/api", false },
		{ "http://localhost/api", false },
		{ "http://127.0.0.1/api", false },
		{ "http://10.1.2.3:9042/api", false },
		{ "http://172.16.0.1/api", false },
		{ "http://172.31.255.255/api", false },
		{ "http://192.168.0.1/api", false },
		{ "http://169.254.7.7/api", false },
		{ "http://[::1]/api", false },
		{ "http://[fd12::1]/api", false },
		{ "http://[fe80::1]/api", false },
		{ "http://[::ffff:10.0.0.1]/api", false },
		{ "http://172.32.0.1/api", true },
		{ "http://172.15.0.1/api", true },
		{ "http://11.0.0.1/api", true },
		{ "http://192.169.0.1/api", true },
		{ "http://[2001:db8::1]/api", true },
		{ "http://node.example/api", true },
		{ "ftp://node.example/api", false },	/* sink_check's */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sink s = at(SINK_SESAM, cases[i].url);

		start();
		if (sink_caution(&s, &out) != cases[i].warned)
			fail_msg("%s", cases[i].url);
		assert_int_equal(out.n > 0, cases[i].warned);
	}
	start();
	assert_true(sink_caution(&(struct sink){ .kind = SINK_SESAM,
		.target = S("http://node.example:9042/api") }, &out));
	assert_str_equal(buf_str(&out), S("sesam 'node.example': passwords and"
	    " its token go there in clear text; name it by https if they leave"
	    " your network"));
	assert_false(sink_caution(&(struct sink){ .kind = SINK_TARBALL,
		.target = S("http://node.example") }, &out));
}

/* What it takes. */

static void
needs(struct sink s, const struct format_entry *entries, size_t count,
    const char *reads, const char *writes_to, unsigned port)
{
	struct sandbox_needs n = { .udp = false };
	char list[1024];
	struct buf b = BUF(list);

	if (!sink_needs(&f.w, &s, entries, count, &a, &n, &e))
		fail_msg("%s", e.msg);
	for (size_t i = 0; n.reads[i]; i++) {
		buf_add(&b, str_of(n.reads[i]));
		buf_char(&b, ' ');
	}
	assert_str_equal(buf_str(&b), str_of(reads));
	b.n = 0;
	for (size_t i = 0; n.writes[i]; i++) {
		buf_add(&b, str_of(n.writes[i]));
		buf_char(&b, ' ');
	}
	assert_str_equal(buf_str(&b), str_of(writes_to));
	assert_int_equal(n.connects[0], port);
	assert_int_equal(n.connects[1], 0);
	assert_int_equal(n.early_programs, s.kind == SINK_EXEC);
	assert_false(n.full || n.connect_any || n.udp || n.children);
}

static void
t_needs(void **state)
{
	struct sink s;

	(void)state;
	start();
	fake_env(&f, "KUBERNETES_SERVICE_HOST", "fd00::1");
	fake_env(&f, "KUBERNETES_SERVICE_PORT", "6443");
	fake_file(&f, "/dir/old", "");
	needs(at(SINK_AUTH_FILE, "/c/config.json"), both, 2, "",
	    "/c/config.json ", 0);
	needs(at(SINK_DOCKERCFG, "/c/.dockercfg"), both, 2, "",
	    "/c/.dockercfg ", 0);
	needs(at(SINK_TARBALL, "/c/d.tgz"), both, 2, "", "/c/d.tgz ", 0);
	needs(at(SINK_TARBALL, "/dir"), both, 2, "",
	    "/dir/docker.tar.gz /dir/.docker/config.json ", 0);
	needs(at(SINK_TARBALL, "/not/"), both, 2, "",
	    "/not/docker.tar.gz /not/.docker/config.json ", 0);
	needs(at(SINK_PASSWORD_FILE, "/p-{region}"), both, 2, "",
	    "/p-eu-west-1 /p-us-east-1 ", 0);
	needs(at(SINK_KUBERNETES, "a*/pull"), both, 2,
	    KUBERNETES_MOUNT " ", "", 6443);
	s = at(SINK_SESAM, "http://n:9042/api");
	needs(s, both, 2, "", "", 9042);
	s.jwt_file = "/run/jwt";
	s.target = S("https://n/api");
	needs(s, both, 2, "/run/jwt ", "", 443);
	needs(at(SINK_EXEC, "a b"), both, 2, "", "", 0);
	needs(at(SINK_PRINT, ""), both, 2, "", "", 0);
	needs(at(SINK_CONFIG, ""), both, 2, "", "", 0);
	needs(at(SINK_ARCHIVE, ""), both, 2, "", "", 0);
	assert_int_equal(f.request_count, 0);
}

/* As many files as there may be registries. */
static void
t_needs_many(void **state)
{
	static struct format_entry many[SIDECAR_REGISTRIES_MAX];
	static char accounts[SIDECAR_REGISTRIES_MAX][4];
	struct sink s = at(SINK_PASSWORD_FILE, "/p/{account}/x");
	struct sandbox_needs n = { .udp = false };

	(void)state;
	start();
	for (unsigned i = 0; i < SIDECAR_REGISTRIES_MAX; i++) {
		struct buf b = BUF(accounts[i]);

		buf_u64(&b, i);
		many[i] = both[0];
		many[i].account = buf_str(&b);
	}
	assert_true(sink_needs(&f.w, &s, many, SIDECAR_REGISTRIES_MAX, &a, &n,
	    &e));
	assert_false(n.full);
	assert_string_equal(n.writes[95], "/p/95/x");
}

static void
t_needs_refused(void **state)
{
	static const struct {
		enum sink_kind kind;
		const char *target;
		enum err_kind why;
		const char *msg;
	} cases[] = {
		{ SINK_KUBERNETES, "pull", ERR_ABSENT, "KUBERNETES_SERVICE_HOST"
		    " is not set: this is no pod of a Kubernetes cluster" },
		{ SINK_SESAM, "n", ERR_USAGE, "URL does not begin with"
		    " http:// or https://" },
		{ SINK_PASSWORD_FILE, "/p", ERR_USAGE, "password file '/p': the"
		    " same for '" HOST_A "' and '" HOST_B "'; write {account}"
		    " and {region}, or {host}, into it" },
		{ SINK_TARBALL, "/closed", ERR_SYS, "file location: open"
		    " '/closed': made to fail" },
	};
	struct sandbox_needs n = { .udp = false };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sink s = at(cases[i].kind, cases[i].target);

		start();
		fake_file_fails(&f, "/closed", ERR_SYS);
		assert_false(sink_needs(&f.w, &s, both, 2, &a, &n, &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, cases[i].why);
	}
}

/* A location that is a directory stays one. */
static void
t_settle(void **state)
{
	static const struct {
		enum sink_kind kind;
		const char *target, *then;
	} cases[] = {
		{ SINK_TARBALL, "/dir", "/dir/" },
		{ SINK_TARBALL, "/dir/", "/dir/" },
		{ SINK_TARBALL, "/not", "/not" },
		{ SINK_TARBALL, "/not/", "/not/" },
		{ SINK_TARBALL, "/dir/old", "/dir/old" },
		{ SINK_AUTH_FILE, "/dir", "/dir" },
		{ SINK_TARBALL, "/closed", "/closed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sink s = at(cases[i].kind, cases[i].target);

		start();
		fake_file(&f, "/dir/old", "");
		fake_file_fails(&f, "/closed", ERR_SYS);
		assert_true(sink_settle(&f.w, &s, &a, &e));
		assert_str_equal(s.target, str_of(cases[i].then));
	}
}

static void
t_files(void **state)
{
	static const struct {
		enum sink_kind kind;
		const char *target, *files;	/* NULL: refused */
	} cases[] = {
		{ SINK_AUTH_FILE, "/c", "/c " },
		{ SINK_DOCKERCFG, "/c", "/c " },
		{ SINK_TARBALL, "/c", "/c " },
		{ SINK_TARBALL, "/dir",
		    "/dir/docker.tar.gz /dir/.docker/config.json " },
		{ SINK_TARBALL, "/closed", NULL },
		{ SINK_PASSWORD_FILE, "/p", "/p " },
		{ SINK_PASSWORD_FILE, "/{host}", NULL },
		{ SINK_KUBERNETES, "a/b", "" },
		{ SINK_SESAM, "http://n", "" },
		{ SINK_EXEC, "a b", "" },
		{ SINK_PRINT, "", "" },
		{ SINK_CONFIG, "", "" },
		{ SINK_ARCHIVE, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sink s = at(cases[i].kind, cases[i].target);
		struct str *paths;
		size_t count;
		bool found;

		start();
		fake_file(&f, "/dir/old", "");
		fake_file_fails(&f, "/closed", ERR_SYS);
		found = sink_files(&f.w, &s, &a, &paths, &count, &e);
		assert_int_equal(found, cases[i].files != NULL);
		for (size_t n = 0; found && n < count; n++) {
			buf_add(&out, paths[n]);
			buf_char(&out, ' ');
		}
		if (found)
			assert_str_equal(buf_str(&out),
			    str_of(cases[i].files));
		else if (cases[i].kind == SINK_PASSWORD_FILE)
			assert_string_equal(e.msg, "password file '/{host}':"
			    " which files these are depends on registries");
	}
}

/* What gives bytes back. */

static void
t_bytes(void **state)
{
	static const enum format formats[] = {
		FORMAT_JSON, FORMAT_DOCKER_CONFIG, FORMAT_DOCKER_AUTH_CONFIG,
		FORMAT_DOCKERCFG, FORMAT_LOGIN_COMMAND, FORMAT_ENV,
	};
	char other[8192];
	struct str archive;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct buf b = BUF(other);

		start();
		writes((struct sink){ .kind = SINK_PRINT,
			.format = formats[i] }, 2);
		assert_true(format_write(formats[i], both, 2, &b, &e));
		assert_str_equal(buf_str(&out), buf_str(&b));
	}
	start();
	writes(at(SINK_PRINT, ""), 1);
	assert_str_equal(buf_str(&out), S("pwA\n"));
	start();
	writes(at(SINK_CONFIG, ""), 2);
	assert_true(str_starts(buf_str(&out), S(CONFIG_BOTH)));
	start();
	buf_add(&out, S("before"));
	writes(at(SINK_ARCHIVE, ""), 2);
	assert_true(tarball_write(both, 2, 0600, GOT_S, &a, &archive, &e));
	assert_str_equal(str_skip(buf_str(&out), 6), archive);
	start();
	writes((struct sink){ .kind = SINK_ARCHIVE, .mode = 0644 }, 2);
	assert_true(tarball_write(both, 2, 0644, GOT_S, &a, &archive, &e));
	assert_str_equal(buf_str(&out), archive);
	assert_int_equal(f.edit_count, 0);

	start();
	out.cap = 50;
	fails(at(SINK_ARCHIVE, ""), 2, ERR_LIMIT,
	    "docker.tar.gz: out of memory");
	start();
	out.cap = 50;
	fails(at(SINK_CONFIG, ""), 2, ERR_LIMIT, "format: out of memory");
	start();
	fails(at(SINK_PRINT, ""), 2, ERR_USAGE, "format 'password': 2"
	    " registries, and it would not say whose each is; json does");
}

/* Each amount of memory, from none to enough: it fails, and in words. */
static void
t_no_memory(void **state)
{
	static const struct sink sinks[] = {
		{ .kind = SINK_AUTH_FILE, .target = S_INIT("/a") },
		{ .kind = SINK_TARBALL, .target = S_INIT("/t/") },
		{ .kind = SINK_DOCKERCFG, .target = S_INIT("/d") },
		{ .kind = SINK_PASSWORD_FILE, .target = S_INIT("/{host}") },
		{ .kind = SINK_ARCHIVE },
		{ .kind = SINK_EXEC, .target = S_INIT("a b") },
		{ .kind = SINK_SESAM, .target = S_INIT("http://n"),
		    .secret = S_INIT("{region}"), .jwt = S_INIT("J") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
		size_t n = 0;
		bool done;

		do {
			struct sandbox_needs needed = { .udp = false };
			struct str *paths;
			size_t count;
			struct arena all;

			start();
			f.program = (struct fake_program){ .command = "a b",
				.out = "" };
			fake_answer(&f, (struct fake_answer){ .status = 200 });
			all = a;
			a.cap = n += 16;
			assert_true(n < 1 << 20);
			done = sink_needs(&f.w, &sinks[i], both, 2, &a,
			    &needed, &e) && write_to(sinks[i], 2);
			if (!done)
				assert_true(e.kind == ERR_LIMIT ||
				    e.kind == ERR_SYS);
			a = all;
			a.cap = n;
			(void)!sink_files(&f.w, &sinks[i], &a, &paths, &count,
			    &e);
		} while (!done);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_check),
		cmocka_unit_test(t_check_lengths),
		cmocka_unit_test(t_caution),
		cmocka_unit_test(t_needs),
		cmocka_unit_test(t_needs_many),
		cmocka_unit_test(t_needs_refused),
		cmocka_unit_test(t_settle),
		cmocka_unit_test(t_files),
		cmocka_unit_test(t_bytes),
		cmocka_unit_test(t_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
