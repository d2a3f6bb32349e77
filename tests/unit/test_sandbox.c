#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "sys/sandbox.h"
#include "sys/sandbox_landlock.h"
#include "tests/unit/refuse.h"

/* An instrumented build that keeps counts of what ran writes them down at the
 * end, so what is said is asked for with needs that let it.
 */
#define ROOM .writes = { "/" }

static int version;	/* the kernel's, of Landlock */

static void
t_mode(void **state)
{
	static const struct {
		const char *word;
		int mode;	/* -1: none */
		const char *msg;
	} rows[] = {
		{ "off", SANDBOX_OFF, NULL }, { "on", SANDBOX_ON, NULL },
		{ "strict", SANDBOX_STRICT, NULL }, { "", SANDBOX_ON, NULL },
		{ NULL, SANDBOX_ON, NULL },
		{ "On", -1, "ECRBOX_SANDBOX is 'On'; it may be off, on or"
		    " strict" },
		{ "of", -1, "ECRBOX_SANDBOX is 'of'; it may be off, on or"
		    " strict" },
		{ "off ", -1, "ECRBOX_SANDBOX is 'off '; it may be off, on or"
		    " strict" },
		{ "1", -1, "ECRBOX_SANDBOX is '1'; it may be off, on or"
		    " strict" },
		{ "a\x1b[2J", -1, "ECRBOX_SANDBOX is 'a?[2J'; it may be off, on"
		    " or strict" },
		{ "0123456789012345678901234567890123456789xyz", -1,
		    "ECRBOX_SANDBOX is '01234567890123456789012345678901234567"
		    "89'; it may be off, on or strict" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum sandbox_mode mode = (enum sandbox_mode)77;
		struct err e = { ERR_NONE, "" };

		if (sandbox_mode(str_of(rows[i].word), &mode, &e)) {
			assert_int_equal(mode, rows[i].mode);
			assert_int_equal(e.kind, ERR_NONE);
			continue;
		}
		assert_int_equal(rows[i].mode, -1);
		assert_int_equal(mode, 77);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_string_equal(e.msg, rows[i].msg);
	}
}

static void
expect_full(struct sandbox_needs *n)
{
	struct err e = { ERR_NONE, "" };

	assert_true(n->full);
	assert_false(sandbox_enter(n, SANDBOX_ON, NULL, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_string_equal(e.msg, "sandbox: more than 128 paths or 16 ports");
}

static void
t_lists(void **state)
{
	struct sandbox_needs n = { .reads = { "/a" }, .connects = { 443 } };
	struct sandbox_needs full[4] = { { .udp = true } };
	char paths[SANDBOX_PATHS_MAX + 2] = { 0 };

	(void)state;
	memset(paths, '/', sizeof(paths) - 1);	/* each end is another path */
	sandbox_read(&n, "/b");
	sandbox_read(&n, "/a");
	sandbox_write(&n, "/c");
	sandbox_connect(&n, 53);
	sandbox_connect(&n, 443);
	sandbox_listen(&n, 5001);
	assert_string_equal(n.reads[0], "/a");
	assert_string_equal(n.reads[1], "/b");
	assert_null(n.reads[2]);
	assert_string_equal(n.writes[0], "/c");
	assert_null(n.writes[1]);
	assert_int_equal(n.connects[1], 53);
	assert_int_equal(n.connects[2], 0);
	assert_int_equal(n.listens[0], 5001);
	assert_false(n.listen_any);
	sandbox_listen(&n, 0);
	assert_true(n.listen_any);
	assert_int_equal(n.listens[1], 0);
	assert_false(n.full);

	for (uint16_t i = 0; i < SANDBOX_PATHS_MAX; i++) {
		sandbox_read(&full[0], paths + i);
		sandbox_write(&full[1], paths + i);
	}
	for (uint16_t i = 1; i <= SANDBOX_PORTS_MAX; i++) {
		sandbox_connect(&full[2], i);
		sandbox_listen(&full[3], i);
	}
	sandbox_read(&full[0], paths);
	sandbox_write(&full[1], paths);
	sandbox_connect(&full[2], 1);
	sandbox_listen(&full[3], SANDBOX_PORTS_MAX);
	for (size_t i = 0; i < 4; i++)
		assert_false(full[i].full);
	sandbox_read(&full[0], "/r");
	sandbox_write(&full[1], "/w");
	sandbox_connect(&full[2], 1000);
	sandbox_listen(&full[3], 1000);
	for (size_t i = 0; i < 4; i++)
		expect_full(&full[i]);
}

/* What is said: a kernel that can do it all, and some that cannot. */

struct entry {
	struct sandbox_needs needs;
	enum sandbox_mode mode;
	char *report;	/* shared, since it runs in a child */
};

enum { REPORT_MAX = 512 };

static bool
enter(void *me, struct err *e)
{
	struct entry *it = me;
	struct buf b = { it->report, 0, REPORT_MAX - 1, false };

	if (!sandbox_enter(&it->needs, it->mode, &b, e))
		return false;
	it->report[b.n] = '\0';
	return true;
}

static char *
shared_report(void)
{
	char *p = mmap(NULL, REPORT_MAX, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

#define OPEN "; not files, truncation, TCP ports, devices, signals (Landlock: "
#define DOES_WITHOUT "; ECRBOX_SANDBOX=on does without"

static void
t_without(void **state)
{
	static const struct {
		struct refuse calls[2];
		size_t count;
		const char *on;
		const char *strict;
	} rows[] = {
		{ { { SYS_landlock_create_ruleset, ENOSYS } }, 1,
		    "sandbox on: holds system calls" OPEN "Function not"
		    " implemented)",
		    "sandbox: Landlock: Function not implemented"
		    DOES_WITHOUT },
		{ { { SYS_landlock_create_ruleset, EOPNOTSUPP } }, 1,
		    "sandbox on: holds system calls" OPEN "Operation not"
		    " supported)",
		    "sandbox: Landlock: Operation not supported" DOES_WITHOUT },
		{ { { SYS_landlock_add_rule, ENOMEM } }, 1,
		    "sandbox on: holds system calls" OPEN "Cannot allocate"
		    " memory)",
		    "sandbox: Landlock: Cannot allocate memory" DOES_WITHOUT },
		{ { { SYS_landlock_restrict_self, E2BIG } }, 1,
		    "sandbox on: holds system calls" OPEN "Argument list too"
		    " long)",
		    "sandbox: Landlock: Argument list too long" DOES_WITHOUT },
		{ { { SYS_landlock_create_ruleset, EPERM },
		    { SYS_prctl, EINVAL } }, 2,
		    "sandbox on: holds nothing" OPEN "Operation not permitted)"
		    "; not system calls (seccomp: Invalid argument)",
		    "sandbox: Landlock: Operation not permitted" DOES_WITHOUT },
	};
	char *report = shared_report();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct entry it = { { ROOM }, SANDBOX_ON, report };
		struct err e = { ERR_NONE, "" };

		if (!refuse_run(rows[i].calls, rows[i].count, enter, &it, &e))
			fail_msg("%s", e.msg);
		assert_string_equal(report, rows[i].on);
		it.mode = SANDBOX_STRICT;
		assert_false(refuse_run(rows[i].calls, rows[i].count, enter,
		    &it, &e));
		assert_int_equal(e.kind, ERR_SYS);
		assert_string_equal(e.msg, rows[i].strict);
	}
}

/* What we may not look at could not be read anyway; but what fails for another
 * reason would be missed.
 */
static void
t_cannot_open(void **state)
{
	static const struct {
		int code;
		bool strict;	/* it can be entered */
	} rows[] = {
		{ EACCES, true }, { ENOENT, true }, { ENOTDIR, true },
		{ ELOOP, true }, { ENAMETOOLONG, true }, { EMFILE, false },
		{ ENOMEM, false }, { EIO, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct refuse open_at = { SYS_openat, rows[i].code };
		struct entry it = { { .reads = { "/etc" } }, SANDBOX_STRICT,
			shared_report() };
		struct err e;

		assert_int_equal(refuse_run(&open_at, 1, enter, &it, &e),
		    rows[i].strict);
		if (!rows[i].strict)
			assert_memory_equal(e.msg, "sandbox: Landlock: ", 19);
	}
}

/* Where other calls stay, it can be asked. */
static bool
enter_and_ask(void *me, struct err *e)
{
	return enter(me, e) && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void
t_no_core(void **state)
{
	struct entry it = { { .programs = true }, SANDBOX_ON,
		shared_report() };
	struct err e;

	(void)state;
	assert_true(refuse_run(NULL, 0, enter_and_ask, &it, &e));
}

/* Programs need no Landlock, but strictly they need seccomp. */
static void
t_without_seccomp(void **state)
{
	static const struct refuse calls[] = { { SYS_prctl, EINVAL } };
	struct entry it = { { .programs = true }, SANDBOX_ON,
		shared_report() };
	struct err e = { ERR_NONE, "" };

	(void)state;
	assert_true(refuse_run(calls, 1, enter, &it, &e));
	assert_string_equal(it.report, "sandbox on: holds nothing; not files,"
	    " TCP ports, signals (programs are run); not system calls (seccomp:"
	    " Invalid argument)");
	it.mode = SANDBOX_STRICT;
	assert_false(refuse_run(calls, 1, enter, &it, &e));
	assert_int_equal(e.kind, ERR_SYS);
	assert_string_equal(e.msg, "sandbox: seccomp: Invalid argument"
	    DOES_WITHOUT);
}

/* Older kernels: the question for the version is answered by us. */

static int answered;

static void
answer(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)sig;
	(void)info;
#if defined(__x86_64__)
	u->uc_mcontext.gregs[REG_RAX] = answered;
#elif defined(__aarch64__)
	u->uc_mcontext.regs[0] = (unsigned)answered;
#endif
}

static bool
be_older(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    SYS_landlock_create_ruleset, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { sizeof(code) / sizeof(code[0]),
		code };
	const struct sigaction act = { .sa_sigaction = answer,
		.sa_flags = SA_SIGINFO };

	return sigaction(SIGSYS, &act, NULL) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

static char place[] = "/tmp/ecrbox-sandbox-XXXXXX";

/* What only a newer one holds; bits of what could be done. */
enum {
	REFER = 1,	/* rename(2) from directory to directory */
	TRUNCATE = 2,	/* of a file that is open for writing all the same */
	CONNECT = 4,
	DEVICE = 8,	/* ioctl(2) */
	SIGNAL = 16,
	READ = 32,
};

static unsigned
try(pid_t parent)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9), .sin_addr.s_addr =
		htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	unsigned could = 0;

	could |= rename("a/file", "b/file") == 0 ? REFER : 0;
	could |= open("file", O_RDONLY | O_TRUNC) >= 0 ? TRUNCATE : 0;
	/* Nobody listens there; that is for the network to say. */
	could |= connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ||
	    errno == ECONNREFUSED ? CONNECT : 0;
	could |= isatty(open("/dev/null", O_RDONLY)) || errno == ENOTTY ?
	    DEVICE : 0;
	could |= kill(parent, 0) == 0 ? SIGNAL : 0;
	could |= open("/etc/passwd", O_RDONLY) >= 0 ? READ : 0;
	return could;
}

static const struct sandbox_needs some = {
	.reads = { "file", "/dev/null" }, .writes = { "a", "b" },
	.connects = { 443 }, .children = true, .terminal = true,
};

static unsigned
could_with(int kernel, char *report)
{
	struct entry it = { some, SANDBOX_STRICT, report };
	pid_t parent = getpid(), pid = fork();
	struct err e;
	int status;

	if (pid == 0) {
		answered = kernel;
		if (!be_older() || chdir(place) < 0 || !enter(&it, &e))
			_exit(255);
		_exit((int)try(parent));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("Landlock %d: status %#x", kernel, status);
	return (unsigned)WEXITSTATUS(status);
}

static void
make(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

#define HOLDS "sandbox strict: holds files"

static void
t_versions(void **state)
{
	static const struct {
		int kernel;
		unsigned could;
		const char *report;
	} rows[] = {
		{ 1, TRUNCATE | CONNECT | DEVICE | SIGNAL, HOLDS
		    ", system calls; not truncation, TCP ports, devices,"
		    " signals (Landlock 1)" },
		{ 2, REFER | TRUNCATE | CONNECT | DEVICE | SIGNAL, HOLDS
		    ", system calls; not truncation, TCP ports, devices,"
		    " signals (Landlock 2)" },
		{ 3, REFER | CONNECT | DEVICE | SIGNAL, HOLDS ", truncation,"
		    " system calls; not TCP ports, devices, signals (Landlock"
		    " 3)" },
		{ 4, REFER | DEVICE | SIGNAL, HOLDS ", truncation, TCP ports,"
		    " system calls; not devices, signals (Landlock 4)" },
		{ 5, REFER | SIGNAL, HOLDS ", truncation, TCP ports, devices,"
		    " system calls; not signals (Landlock 5)" },
		{ 6, REFER, HOLDS ", truncation, TCP ports, devices, signals,"
		    " system calls" },
		{ 99, REFER, HOLDS ", truncation, TCP ports, devices, signals,"
		    " system calls" },
	};
	char *report = shared_report();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (version < (rows[i].kernel < 6 ? rows[i].kernel : 6))
			skip();
		assert_int_equal(chdir(place), 0);
		(void)unlink("b/file");
		make("a/file");
		make("file");
		assert_int_equal(could_with(rows[i].kernel, report),
		    rows[i].could);
		assert_string_equal(report, rows[i].report);
	}
}

static void
t_off(void **state)
{
	struct sandbox_needs full = { .full = true };
	char text[64];
	struct buf b = BUF(text);
	struct err e;

	(void)state;
	assert_true(sandbox_enter(&full, SANDBOX_OFF, &b, &e));
	assert_str_equal(buf_str(&b), S("sandbox off"));
	assert_true(sandbox_enter(&full, SANDBOX_OFF, NULL, &e));
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 0);
}

static int
begin(void **state)
{
	(void)state;
	version = sandbox_landlock_version();
	if (!mkdtemp(place) || chdir(place) < 0 || mkdir("a", 0700) < 0 ||
	    mkdir("b", 0700) < 0)
		return -1;
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	(void)unlink("a/file");
	(void)unlink("b/file");
	(void)unlink("file");
	(void)rmdir("a");
	(void)rmdir("b");
	return rmdir(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_mode), cmocka_unit_test(t_lists),
		cmocka_unit_test(t_off), cmocka_unit_test(t_without),
		cmocka_unit_test(t_without_seccomp),
		cmocka_unit_test(t_cannot_open), cmocka_unit_test(t_no_core),
		cmocka_unit_test(t_versions),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
