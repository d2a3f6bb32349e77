/* Sinks as the sidecar has them: each apart, in a sandbox that was made of what
 * it said that it needs, with real files, programs and connections.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/limits.h"
#include "sink/sink.h"
#include "sink/tarball.h"
#include "tests/unit/script.h"

static const struct format_entry entries[] = {
	{ S_INIT("a.example"), S_INIT("1"), S_INIT("r"), S_INIT("AWS"),
	    S_INIT("pwA"), S_INIT("QVdTOnB3QQ=="), 43200 },
	{ S_INIT("b.example"), S_INIT("2"), S_INIT("s"), S_INIT("AWS"),
	    S_INIT("pwB"), S_INIT("QVdTOnB3Qg=="), 43200 },
};

static char dir[64];
static struct arena a;
static struct world *w;
static struct err e;

static int
make(void **state)
{
	const struct world_conf conf = { .prog = S("prog"),
		.http = { .hosts = "/nonexistent", .resolv = "/nonexistent" },
		.sandbox = SANDBOX_STRICT };

	(void)state;
	strcpy(dir, "/tmp/test_sink_apart.XXXXXX");
	a = t_arena();
	return !mkdtemp(dir) || chdir(dir) < 0 || mkdir("d", 0700) ||
	    mkdir("other", 0700) || symlink("../other/link.json", "d/link") ||
	    !world_open(&conf, &a, &w, &e);
}

static int
leave(void **state)
{
	char command[80];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") || system(command);
}

static bool
has_landlock(void)
{
	return syscall(444, NULL, 0, 1) >= 4;	/* and ports */
}

struct step {
	const struct sink *s;
	size_t count;
};

static bool
work(void *me, struct buf *out, struct err *why)
{
	const struct step *step = me;

	return sink_write(w, step->s, entries, step->count, 1000000000,
	    w->clock_ms(w->me) + 5000, &a, out, why);
}

static bool
apart(const struct sink *s, size_t count)
{
	struct sandbox_needs n = { .full = false };
	struct step step = { s, count };
	struct str answer;

	if (!has_landlock())
		skip();
	return sink_check(s, count, &e) &&
	    sink_needs(w, s, entries, count, &a, &n, &e) &&
	    w->apart(w->me, &n, w->clock_ms(w->me) + 5000, work, &step, &a,
	    &answer, &e);
}

static void
writes(enum sink_kind kind, const char *target, size_t count)
{
	const struct sink s = { .kind = kind, .target = str_of(target) };

	if (!apart(&s, count))
		fail_msg("%s: %s", target, e.msg);
}

static void
fails(enum sink_kind kind, const char *target, const char *msg)
{
	const struct sink s = { .kind = kind, .target = str_of(target) };

	assert_false(apart(&s, 2));
	assert_string_equal(e.msg, msg);
}

static struct str
get(const char *path)
{
	struct str s;

	if (!file_read(path, FILE_MAX, &a, &s, &e))
		fail_msg("%s", e.msg);
	return s;
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
t_auth_file(void **state)
{
	struct stat st;

	(void)state;
	writes(SINK_AUTH_FILE, "d/config.json", 2);
	assert_true(str_contains(get("d/config.json"), S("QVdTOnB3Qg==")));
	assert_int_equal(mode_of("d/config.json"), 0600);
	/* In a directory that is to be made. */
	writes(SINK_AUTH_FILE, "d/new/er/config.json", 1);
	assert_int_equal(mode_of("d/new/er"), 0700);
	/* Through a link, into another directory. */
	writes(SINK_AUTH_FILE, "d/link", 2);
	assert_int_equal(lstat("d/link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_true(str_contains(get("other/link.json"), S("b.example")));
	fails(SINK_AUTH_FILE, "d/new", "update 'd/new': write 'd/new': Is a"
	    " directory");
}

static void
t_tarball(void **state)
{
	struct str archive;

	(void)state;
	assert_true(tarball_write(entries, 2, 0600, 1000000000, &a, &archive,
	    &e));
	writes(SINK_TARBALL, "d/docker.tgz", 2);
	assert_str_equal(get("d/docker.tgz"), archive);
	assert_int_equal(mode_of("d/docker.tgz"), 0600);
	/* Directories: that are there, or are made. */
	writes(SINK_TARBALL, "d", 2);
	assert_str_equal(get("d/docker.tar.gz"), archive);
	assert_true(str_contains(get("d/.docker/config.json"),
	    S("\"b.example\"")));
	assert_int_equal(mode_of("d/.docker"), 0700);
	writes(SINK_TARBALL, "made/here/", 2);
	assert_str_equal(get("made/here/docker.tar.gz"), archive);
	fails(SINK_TARBALL, "gone/docker.tgz",
	    "write 'gone/docker.tgz': No such file or directory");
	assert_int_equal(access("gone", F_OK), -1);
}

static void
t_passwords(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d/r", 0700), 0);
	assert_int_equal(symlink("../../other/s", "d/r/2"), 0);
	writes(SINK_PASSWORD_FILE, "d/r/{account}", 2);
	assert_str_equal(get("d/r/1"), S("pwA"));
	assert_str_equal(get("other/s"), S("pwB"));
	fails(SINK_PASSWORD_FILE, "d/{region}/{account}", "1 of 2 password"
	    " files failed, the first of them: write 'd/s/2': No such file or"
	    " directory");
	assert_str_equal(get("d/r/1"), S("pwA"));
	writes(SINK_DOCKERCFG, "d/.dockercfg", 2);
	assert_int_equal(mode_of("d/.dockercfg"), 0600);
}

static void
t_program(void **state)
{
	(void)state;
	setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
	setenv("NOTIFY_SOCKET", "/run/n", 1);
	setenv("KEPT", "kept", 1);
	writes(SINK_EXEC, "sh -c 'cat >d/in.$ECR_ACCOUNT; env"
	    " >d/env.$ECR_ACCOUNT'", 2);
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("NOTIFY_SOCKET");
	unsetenv("KEPT");
	assert_str_equal(get("d/in.1"), S("pwA\n"));
	assert_str_equal(get("d/in.2"), S("pwB\n"));
	assert_true(str_contains(get("d/env.2"), S("KEPT=kept\n")));
	assert_true(str_contains(get("d/env.2"),
	    S("ECR_EXPIRES=1970-01-01T12:00:00Z\n")));
	assert_false(str_contains(get("d/env.2"), S("SECRET")));
	assert_false(str_contains(get("d/env.2"), S("NOTIFY_SOCKET")));
	fails(SINK_EXEC, "sh -c 'exit 3'", "2 of 2 runs failed, the first of"
	    " them: registry 'a.example': run 'sh': exited with status 3");
	fails(SINK_EXEC, "no-such-program", "2 of 2 runs failed, the first of"
	    " them: registry 'a.example': run 'no-such-program': No such file"
	    " or directory");
}

static void
node(int listener)
{
	int fd = script_accept(listener);

	script_hear(fd, S("{\"T\":\"pwA\"}").n);
	script_say(fd, S(OK11 "Content-Length: 0\r\n\r\n"));
	close(fd);
}

static void
t_sesam(void **state)
{
	struct server server;
	char url[64];
	struct sink s = { .kind = SINK_SESAM, .secret = S("T"),
		.jwt_file = "other/jwt" };
	FILE *jwt;

	(void)state;
	if (!has_landlock())
		skip();
	jwt = fopen("other/jwt", "w");
	assert_non_null(jwt);
	fputs("J\n", jwt);
	fclose(jwt);
	server = server_start(node);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/api", server.port);
	s.target = str_of(url);
	if (!apart(&s, 1))
		fail_msg("%s", e.msg);
	server_finish(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_auth_file),
		cmocka_unit_test(t_tarball),
		cmocka_unit_test(t_passwords),
		cmocka_unit_test(t_program),
		cmocka_unit_test(t_sesam),
	};

	return cmocka_run_group_tests(tests, make, leave);
}
