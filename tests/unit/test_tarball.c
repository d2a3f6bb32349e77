#include <stdio.h>
#include <stdlib.h>

#include "sink/tarball.h"
#include "t.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HOST "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
#define TIME 1440938160		/* 2015-08-30T12:36:00Z */

static const struct format_entry entries[] = {
	{ S_INIT(HOST), S_INIT("123456789012"), S_INIT("eu-west-1"),
	    S_INIT("AWS"), S_INIT("cGFzcw=="), S_INIT("QVdTOmNHRnpjdz09"),
	    TIME + 43200 },
	{ S_INIT("public.ecr.aws"), S_INIT(""), S_INIT(""), S_INIT("AWS"),
	    S_INIT("b3RoZXI="), S_INIT("QVdTOmIzUm9aWEk9"), TIME + 43200 },
};

static const char config[] = "{\n\t\"auths\": {\n"
    "\t\t\"https://" HOST "\": {\n\t\t\t\"auth\": \"QVdTOmNHRnpjdz09\",\n"
    "\t\t\t\"email\": \"none\"\n\t\t},\n"
    "\t\t\"https://public.ecr.aws\": {\n\t\t\t\"auth\":"
    " \"QVdTOmIzUm9aWEk9\",\n\t\t\t\"email\": \"none\"\n\t\t}\n\t}\n}\n";

static void
t_paths(void **state)
{
	static const struct {
		const char *location;
		bool directory;
		const char *archive, *config;
	} cases[] = {
		{ "/home/core/docker.tar.gz", false,
		    "/home/core/docker.tar.gz", "" },
		{ "x", false, "x", "" },
		{ "/home/core", true, "/home/core/docker.tar.gz",
		    "/home/core/.docker/config.json" },
		{ "/home/core/", true, "/home/core/docker.tar.gz",
		    "/home/core/.docker/config.json" },
		{ "/home/core//", false, "/home/core/docker.tar.gz",
		    "/home/core/.docker/config.json" },
		{ ".", true, "./docker.tar.gz", "./.docker/config.json" },
		{ "/", true, "/docker.tar.gz", "/.docker/config.json" },
		{ "", false, NULL, NULL },
		{ "", true, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tarball_paths paths = { S("a"), S("b") };
		struct arena a = t_arena();
		struct err e;

		if (!tarball_paths(t_edge(str_of(cases[i].location)),
		    cases[i].directory, &a, &paths, &e)) {
			assert_null(cases[i].archive);
			assert_int_equal(e.kind, ERR_USAGE);
			assert_string_equal(e.msg, "file location: empty");
			assert_str_equal(paths.archive, S("a"));
			continue;
		}
		assert_str_equal(paths.archive, str_of(cases[i].archive));
		assert_str_equal(paths.config, str_of(cases[i].config));
	}
}

static void
t_mode(void **state)
{
#define NUMBER "': an octal number like 0644 is wanted"
#define RANGE "': from 0600 to 0644 the owner reads and writes, others read" \
    " at most"
	static const struct {
		const char *text;
		unsigned mode;
		const char *error;
	} cases[] = {
		{ "600", 0600, NULL }, { "0600", 0600, NULL },
		{ "0640", 0640, NULL }, { "644", 0644, NULL },
		{ "0604", 0604, NULL },
		{ "", 0, RANGE }, { "0", 0, RANGE }, { "0400", 0, RANGE },
		{ "0200", 0, RANGE }, { "0444", 0, RANGE },
		{ "0660", 0, RANGE }, { "0602", 0, RANGE },
		{ "0755", 0, RANGE }, { "0601", 0, RANGE },
		{ "04600", 0, RANGE }, { "01600", 0, RANGE },
		{ "0x180", 0, NUMBER }, { "648", 0, NUMBER },
		{ "u=rw", 0, NUMBER }, { "+600", 0, NUMBER },
		{ "0600 ", 0, NUMBER }, { "0600a", 0, NUMBER },
		{ "40000000600", 0, NUMBER }, { "00600", 0600, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned mode = 7;
		char want[128];
		struct err e;
		bool done = tarball_mode(t_edge(str_of(cases[i].text)), &mode,
		    &e);

		if (done != !cases[i].error)
			fail_msg("%s", cases[i].text);
		if (done) {
			assert_int_equal(mode, cases[i].mode);
			continue;
		}
		assert_int_equal(e.kind, ERR_USAGE);
		snprintf(want, sizeof(want), "tar mode '%s%s", cases[i].text,
		    cases[i].error);
		assert_string_equal(e.msg, want);
		assert_int_equal(mode, 7);
	}
}

static void
t_same(void **state)
{
	struct arena a = t_arena();
	struct str first, second, later;
	struct err e;

	(void)state;
	assert_true(tarball_write(entries, 2, 0600, TIME, &a, &first, &e));
	assert_true(tarball_write(entries, 2, 0600, TIME, &a, &second, &e));
	assert_str_equal(first, second);
	assert_true(tarball_write(entries, 2, 0600, TIME + 1, &a, &later,
	    &e));
	assert_int_equal(later.n, first.n);
	assert_false(str_eq(first, later));
}

static void
t_refused(void **state)
{
	static _Alignas(16) char mem[8192];
	struct format_entry bad = entries[0];
	size_t bounds[2] = { 0, 0 };
	struct arena a = t_arena();
	struct str bytes;
	struct err e;

	(void)state;
	assert_false(tarball_write(entries, 0, 0600, TIME, &a, &bytes, &e));
	assert_string_equal(e.msg, "format: there is no registry");
	bad.auth = S("\"");
	assert_false(tarball_write(&bad, 1, 0600, TIME, &a, &bytes, &e));
	assert_int_equal(e.kind, ERR_REPLY);
	assert_int_equal(a.used, 0);
	/* A time that no header holds. */
	assert_false(tarball_write(entries, 1, 0600, -1, &a, &bytes, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_true(str_starts(str_of(e.msg), S("docker.tar.gz: ")));
	for (size_t cap = 16; cap < sizeof(mem); cap += 16) {
		a = (struct arena){ mem, cap, 0 };
		bounds[tarball_write(entries, 2, 0600, TIME, &a, &bytes,
		    &e)] = cap;
	}
	assert_true(bounds[0] < bounds[1]);
}

/* What command says of the archive, at $F; $D is a directory for it. */
static const char *
told(const char *command)
{
	static char text[2048];
	FILE *f = popen(command, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	text[n] = '\0';
	if (pclose(f) != 0)
		fail_msg("%s: %s", command, text);
	return text;
}

/* As tar says it, and as it unpacks it, with Mesos's HOME. */
static void
t_readers(void **state)
{
	static const struct {
		const char *program, *list, *unpack, *lines;
	} readers[] = {
		{ "/usr/bin/tar", "TZ=UTC tar -tvzf $F", "tar -xzpf $F -C $D",
		    "%s 0/0               0 2015-08-30 12:36 .docker/\n"
		    "%s 0/0             %zu 2015-08-30 12:36"
		    " .docker/config.json\n" },
		{ "/usr/bin/busybox", "TZ=UTC busybox tar -tvzf $F",
		    "busybox tar -xzpf $F -C $D",
		    "%s 0/0         0 2015-08-30 12:36:00 .docker/\n"
		    "%s 0/0       %zu 2015-08-30 12:36:00"
		    " .docker/config.json\n" },
	};
	static const struct {
		unsigned mode;
		const char *directory, *file, *octal;
	} modes[] = {
		{ 0600, "drwx------", "-rw-------", "700 600" },
		{ 0644, "drwxr-xr-x", "-rw-r--r--", "755 644" },
		{ 0640, "drwxr-x---", "-rw-r-----", "750 640" },
	};
	char dir[] = "/tmp/ecrbox-tarball-XXXXXX", path[64], want[256];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/docker.tar.gz", dir);
	setenv("F", path, 1);
	setenv("D", dir, 1);
	for (size_t i = 0; i < COUNT(readers) * COUNT(modes); i++) {
		size_t r = i / COUNT(modes), m = i % COUNT(modes);
		struct arena a = t_arena();
		struct str bytes;
		struct err e;
		FILE *f;

		if (access(readers[r].program, X_OK) != 0)
			continue;
		assert_true(tarball_write(entries, 2, modes[m].mode, TIME, &a,
		    &bytes, &e));
		f = fopen(path, "w");
		assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
		fclose(f);
		snprintf(want, sizeof(want), readers[r].lines,
		    modes[m].directory, modes[m].file, strlen(config));
		assert_string_equal(told(readers[r].list), want);
		told(readers[r].unpack);
		assert_string_equal(told("cat $D/.docker/config.json"),
		    config);
		snprintf(want, sizeof(want), "%s\n", modes[m].octal);
		assert_string_equal(told("echo $(stat -c %a $D/.docker"
		    " $D/.docker/config.json)"), want);
		told("gzip -t $F && rm -r $D/.docker");
	}
	told("rm -r $D");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_paths),
		cmocka_unit_test(t_mode),
		cmocka_unit_test(t_same),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
