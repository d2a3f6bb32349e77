#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/json.h"
#include "sink/docker.h"
#include "sink/formats.h"
#include "t.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define EU "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

static const struct format_entry two[] = {
	{ S_INIT(EU), S_INIT("123456789012"), S_INIT("eu-west-1"),
	    S_INIT("AWS"), S_INIT("cGFzcw+/=="), S_INIT("QVdTOmNHRnpjdw=="),
	    1440981360 },
	{ S_INIT("public.ecr.aws"), S_INIT(""), S_INIT(""), S_INIT("AWS"),
	    S_INIT("b3RoZXI"), S_INIT("QVdTOmIzUm9aWEk="), 0 },
};
static char out[1 << 16];

static void
t_named(void **state)
{
	static const struct {
		const char *name;
		enum format format;
	} good[] = {
		{ "password", FORMAT_PASSWORD }, { "json", FORMAT_JSON },
		{ "docker-config", FORMAT_DOCKER_CONFIG },
		{ "docker-auth-config", FORMAT_DOCKER_AUTH_CONFIG },
		{ "dockercfg", FORMAT_DOCKERCFG },
		{ "login-command", FORMAT_LOGIN_COMMAND },
		{ "env", FORMAT_ENV },
	};
	static const char *const bad[] = {
		"", "passwor", "passwords", "Password", " json", "docker",
		"mesos-config", "docker_config",
	};
	enum format f = FORMAT_ENV;
	struct err e;
	char want[256];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(format_named(t_edge(str_of(good[i].name)), &f,
		    &e));
		assert_int_equal(f, good[i].format);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(format_named(t_edge(str_of(bad[i])), &f, &e));
		assert_int_equal(e.kind, ERR_USAGE);
		snprintf(want, sizeof(want), "format '%s': not one of"
		    " password, json, docker-config, docker-auth-config,"
		    " dockercfg, login-command, env", bad[i]);
		assert_string_equal(e.msg, want);
		assert_int_equal(f, FORMAT_ENV);
	}
}

static void
t_written(void **state)
{
	static const struct {
		enum format format;
		size_t count;
		const char *text;
	} cases[] = {
		{ FORMAT_PASSWORD, 1, "cGFzcw+/==\n" },
		{ FORMAT_JSON, 2, "[{\"host\":\"" EU "\",\"account\":"
		    "\"123456789012\",\"region\":\"eu-west-1\",\"username\":"
		    "\"AWS\",\"password\":\"cGFzcw+/==\",\"expires\":"
		    "\"2015-08-31T00:36:00Z\"},\n{\"host\":\"public.ecr.aws\","
		    "\"account\":\"\",\"region\":\"\",\"username\":\"AWS\","
		    "\"password\":\"b3RoZXI\",\"expires\":"
		    "\"1970-01-01T00:00:00Z\"}]\n" },
		{ FORMAT_DOCKER_CONFIG, 2, "{\n\t\"auths\": {\n\t\t\"" EU "\":"
		    " {\n\t\t\t\"auth\": \"QVdTOmNHRnpjdw==\"\n\t\t},\n\t\t"
		    "\"public.ecr.aws\": {\n\t\t\t\"auth\": "
		    "\"QVdTOmIzUm9aWEk=\"\n\t\t}\n\t}\n}\n" },
		{ FORMAT_DOCKER_AUTH_CONFIG, 2, "{\"auths\":{\"" EU "\":"
		    "{\"auth\":\"QVdTOmNHRnpjdw==\"},\"public.ecr.aws\":"
		    "{\"auth\":\"QVdTOmIzUm9aWEk=\"}}}\n" },
		{ FORMAT_DOCKERCFG, 2, "{\n\t\"https://" EU "\": {\n\t\t"
		    "\"auth\": \"QVdTOmNHRnpjdw==\",\n\t\t\"email\": \"none\""
		    "\n\t},\n\t\"https://public.ecr.aws\": {\n\t\t\"auth\": "
		    "\"QVdTOmIzUm9aWEk=\",\n\t\t\"email\": \"none\"\n\t}\n"
		    "}\n" },
		{ FORMAT_MESOS_CONFIG, 1, "{\n\t\"auths\": {\n\t\t\"https://"
		    EU "\": {\n\t\t\t\"auth\": \"QVdTOmNHRnpjdw==\",\n\t\t\t"
		    "\"email\": \"none\"\n\t\t}\n\t}\n}\n" },
		{ FORMAT_LOGIN_COMMAND, 2, "docker login --username AWS"
		    " --password-stdin " EU " <<'END_OF_PASSWORD'\n"
		    "cGFzcw+/==\nEND_OF_PASSWORD\n"
		    "docker login --username AWS --password-stdin"
		    " public.ecr.aws <<'END_OF_PASSWORD'\nb3RoZXI\n"
		    "END_OF_PASSWORD\n" },
		{ FORMAT_ENV, 1, "ECR_REGISTRY=" EU "\nECR_USERNAME=AWS\n"
		    "ECR_PASSWORD=cGFzcw+/==\n"
		    "ECR_EXPIRES=2015-08-31T00:36:00Z\n" },
		{ FORMAT_ENV, 2,
#define EU_NAME "_123456789012_DKR_ECR_EU_WEST_1_AMAZONAWS_COM="
		    "ECR_REGISTRY" EU_NAME EU "\nECR_USERNAME" EU_NAME "AWS\n"
		    "ECR_PASSWORD" EU_NAME "cGFzcw+/==\n"
		    "ECR_EXPIRES" EU_NAME "2015-08-31T00:36:00Z\n"
		    "ECR_REGISTRY_PUBLIC_ECR_AWS=public.ecr.aws\n"
		    "ECR_USERNAME_PUBLIC_ECR_AWS=AWS\n"
		    "ECR_PASSWORD_PUBLIC_ECR_AWS=b3RoZXI\n"
		    "ECR_EXPIRES_PUBLIC_ECR_AWS=1970-01-01T00:00:00Z\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = strlen(cases[i].text);
		struct buf b = BUF(out);
		struct err e;

		buf_add(&b, S("before"));
		if (!format_write(cases[i].format, two, cases[i].count, &b,
		    &e))
			fail_msg("%s", e.msg);
		assert_str_equal(str_skip(buf_str(&b), 6),
		    str_of(cases[i].text));
		/* One byte too few. */
		memset(out, 0, sizeof(out));
		b = (struct buf){ out, 0, n - 1, false };
		assert_false(format_write(cases[i].format, two,
		    cases[i].count, &b, &e));
		assert_int_equal(e.kind, ERR_LIMIT);
		assert_string_equal(e.msg, "format: out of memory");
		assert_int_equal(b.n, 0);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(out[k], 0);
	}
}

/* docker-config is what docker login would have left, and its line end. */
static void
t_as_docker(void **state)
{
	struct arena a = t_arena();
	struct buf b = BUF(out);
	struct str text = { NULL, 0 };
	const char *shadow;
	struct json root;
	struct err e;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_true(docker_put(text, two[i].host, two[i].auth, &a,
		    &text, &shadow, &e));
	assert_true(format_write(FORMAT_DOCKER_CONFIG, two, 2, &b, &e));
	assert_str_equal(str_head(buf_str(&b), b.n - 1), text);
	for (int f = FORMAT_JSON; f <= FORMAT_DOCKERCFG; f++) {
		b = BUF(out);
		assert_true(format_write((enum format)f, two, 2, &b, &e));
		assert_true(json_parse(buf_str(&b), &a, &root, &e));
	}
}

static void
t_refused(void **state)
{
	static const struct {
		enum format format;
		const char *host, *user, *password, *auth;
		enum err_kind kind;
		const char *error;
	} cases[] = {
#define NO_HOST(h) ERR_REPLY, "registry '" h "': this is no host name"
#define NO_USER ERR_REPLY, "registry 'h': its user name is more than a word"
#define NO_PASSWORD ERR_REPLY, "registry 'h': its password has a character" \
    " that none of ECR's has"
		{ FORMAT_ENV, "", "AWS", "p", "a", NO_HOST("") },
		{ FORMAT_LOGIN_COMMAND, "-h", "AWS", "p", "a", NO_HOST("-h") },
		{ FORMAT_JSON, "h x", "AWS", "p", "a", NO_HOST("h x") },
		{ FORMAT_LOGIN_COMMAND, "h;x", "AWS", "p", "a",
		    NO_HOST("h;x") },
		{ FORMAT_LOGIN_COMMAND, "h$(x)", "AWS", "p", "a",
		    NO_HOST("h$(x)") },
		{ FORMAT_DOCKER_CONFIG, "h\"", "AWS", "p", "a",
		    NO_HOST("h\"") },
		{ FORMAT_ENV, "h\nx", "AWS", "p", "a", NO_HOST("h?x") },
		{ FORMAT_ENV, "h/x", "AWS", "p", "a", NO_HOST("h/x") },
		{ FORMAT_LOGIN_COMMAND, "h", "", "p", "a", NO_USER },
		{ FORMAT_LOGIN_COMMAND, "h", "-u", "p", "a", NO_USER },
		{ FORMAT_LOGIN_COMMAND, "h", "A W", "p", "a", NO_USER },
		{ FORMAT_LOGIN_COMMAND, "h", "A'", "p", "a", NO_USER },
		{ FORMAT_LOGIN_COMMAND, "h", "AWS", "", "a", NO_PASSWORD },
		{ FORMAT_LOGIN_COMMAND, "h", "AWS", "p\nEND", "a",
		    NO_PASSWORD },
		{ FORMAT_LOGIN_COMMAND, "h", "AWS", "END_OF_PASSWORD", "a",
		    NO_PASSWORD },
		{ FORMAT_PASSWORD, "h", "AWS", "p p", "a", NO_PASSWORD },
		{ FORMAT_ENV, "h", "AWS", "$p", "a", NO_PASSWORD },
		{ FORMAT_ENV, "h", "AWS", "p#", "a", NO_PASSWORD },
		{ FORMAT_ENV, "h", "AWS", "p\"", "a", NO_PASSWORD },
		{ FORMAT_ENV, "h", "AWS", "p\xc3\xa4", "a", NO_PASSWORD },
		{ FORMAT_DOCKERCFG, "h", "AWS", "p", "", NO_PASSWORD },
		{ FORMAT_DOCKERCFG, "h", "AWS", "p", "a\"", NO_PASSWORD },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct format_entry entry = {
			.host = t_edge(str_of(cases[i].host)),
			.user = str_of(cases[i].user),
			.password = str_of(cases[i].password),
			.auth = str_of(cases[i].auth),
		};
		struct buf b = BUF(out);
		struct err e;

		if (format_write(cases[i].format, &entry, 1, &b, &e))
			fail_msg("taken: row %zu", i);
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.msg, cases[i].error);
		assert_int_equal(b.n, 0);
	}
}

static void
t_counts(void **state)
{
	static const struct {
		enum format format;
		const char *hosts[2];
		const char *error;	/* NULL: taken */
	} cases[] = {
		{ FORMAT_ENV, { "a.b", "a.c" }, NULL },
		{ FORMAT_JSON, { "a.b", "a-b" }, NULL },
		{ FORMAT_JSON, { "a.b", "a.bc" }, NULL },
		{ FORMAT_ENV, { "a.b", "a.bc" }, NULL },
		{ FORMAT_ENV, { "a.b", "a-B" }, "format: registry 'a.b' and"
		    " 'a-B' would have the same name" },
		{ FORMAT_JSON, { "a.b", "a.b" }, "format: registry 'a.b' and"
		    " 'a.b' would have the same name" },
		{ FORMAT_DOCKER_CONFIG, { "a.b", "A.b" }, "format: registry"
		    " 'a.b' and 'A.b' would have the same name" },
		{ FORMAT_PASSWORD, { "a", "b" }, "format 'password': 2"
		    " registries, and it would not say whose each is; json"
		    " does" },
	};
	struct buf b = BUF(out);
	struct err e;

	(void)state;
	for (int f = FORMAT_PASSWORD; f <= FORMAT_MESOS_CONFIG; f++) {
		assert_false(format_write((enum format)f, two, 0, &b, &e));
		assert_string_equal(e.msg, "format: there is no registry");
	}
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct format_entry pair[2] = { two[0], two[1] };
		bool done;

		pair[0].host = str_of(cases[i].hosts[0]);
		pair[1].host = str_of(cases[i].hosts[1]);
		b = BUF(out);
		done = format_write(cases[i].format, pair, 2, &b, &e);
		assert_int_equal(done, !cases[i].error);
		if (done)
			continue;
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.msg, cases[i].error);
		assert_int_equal(b.n, 0);
	}
}

/* Shells read the command as it is meant, through a pipe and by eval; docker's
 * arguments do not have the password, its standard input does.
 */
static void
t_shells(void **state)
{
	static const char *const shells[] = {
		"/bin/sh", "/bin/bash", "/usr/bin/busybox sh",
	};
	static const char *const ways[] = {
		"%s <%s/command", "%s -c 'eval \"$(cat '%s'/command)\"'",
	};
	static const char want[] = "login --username AWS --password-stdin " EU
	    "\ncGFzcw+/==\nlogin --username AWS --password-stdin"
	    " public.ecr.aws\nb3RoZXI\n";
	char dir[] = "/tmp/ecrbox-formats-XXXXXX", path[128], line[512];
	struct buf b = BUF(out);
	struct err e;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/docker", dir);
	f = fopen(path, "w");
	fputs("#!/bin/sh\necho \"$*\"\ncat\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/command", dir);
	assert_true(format_write(FORMAT_LOGIN_COMMAND, two, 2, &b, &e));
	f = fopen(path, "w");
	assert_int_equal(fwrite(out, 1, b.n, f), b.n);
	fclose(f);
	for (size_t i = 0; i < 2 * COUNT(shells); i++) {
		char got[1024], command[256];
		size_t n;

		snprintf(line, sizeof(line), "%s", shells[i / 2]);
		line[strcspn(line, " ")] = '\0';
		if (access(line, X_OK) != 0)
			continue;
		snprintf(command, sizeof(command), i % 2 ? ways[1] : ways[0],
		    shells[i / 2], dir);
		snprintf(line, sizeof(line), "PATH=%s:$PATH %s", dir, command);
		f = popen(line, "r");
		n = fread(got, 1, sizeof(got) - 1, f);
		got[n] = '\0';
		assert_int_equal(pclose(f), 0);
		assert_string_equal(got, want);
	}
	snprintf(line, sizeof(line), "rm -r %s", dir);
	assert_int_equal(system(line), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_named),
		cmocka_unit_test(t_written),
		cmocka_unit_test(t_as_docker),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_counts),
		cmocka_unit_test(t_shells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
