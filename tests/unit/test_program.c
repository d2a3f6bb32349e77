#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/process.h"
#include "sys/program.h"
#include "tests/unit/refuse.h"

enum { OUT_MAX = 1000 };

static struct arena a;
static struct str out;
static struct err e;

/* argv is one word, or what sh -c is to do. */
static bool
run_for(const char *name, const char *script, const char *const *env,
    int64_t ms)
{
	const char *const argv[] = {
		script ? "sh" : name, script ? "-c" : NULL, script, NULL,
	};
	const struct program p = {
		.argv = argv, .env = env, .out_max = OUT_MAX,
		.deadline = process_clock_ms() + ms,
	};

	a = t_arena();
	out = S("untouched");
	return program_run(&p, &a, &out, &e);
}

static bool
sh(const char *script)
{
	return run_for(NULL, script, NULL, 10000);
}

static void
expect(const char *script, const char *answer)
{
	if (!sh(script))
		fail_msg("%s: %s", script, e.msg);
	assert_str_equal(out, str_of(answer));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
expect_failure(bool done, enum err_kind kind, const char *msg)
{
	assert_false(done);
	assert_string_equal(e.msg, msg);
	assert_int_equal(e.kind, kind);
	assert_str_equal(out, S("untouched"));
	assert_int_equal(a.used, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* A directory of our own; the tests leave nothing in it. */
static char place[] = "/tmp/ecrbox-program-XXXXXX";

static const char *
at(const char *name)
{
	static char path[8][128];
	static size_t next;
	struct buf b = BUF(path[next = (next + 1) % 8]);

	buf_add(&b, str_of(place));
	buf_char(&b, '/');
	buf_add(&b, str_of(name));
	buf_char(&b, '\0');
	return path[next];
}

static void
write_script(const char *name, const char *text, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
t_answers(void **state)
{
	(void)state;
	expect("echo a", "a\n");
	expect("true", "");
	expect("echo one; sleep 0.02; echo two", "one\ntwo\n");
	/* Nothing more comes, but it goes on for a while. */
	expect("echo said; exec >&-; sleep 0.05", "said\n");
	expect("printf '%1000d' 7 | tr -d ' '", "7");
}

static void
t_bytes(void **state)
{
	(void)state;
	assert_true(sh("printf '\\0\\377\\n'"));
	assert_int_equal(out.n, 3);
	assert_memory_equal(out.p, "\0\377\n", 3);
	assert_true(sh("printf '%1000d' 7"));
	assert_int_equal(out.n, 1000);
}

static void
t_failures(void **state)
{
	static const struct {
		const char *script;
		enum err_kind kind;
		const char *msg;
	} cases[] = {
		{ "echo secret; exit 3", ERR_DENIED,
		    "run 'sh': exited with status 3" },
		{ "exit 127", ERR_DENIED, "run 'sh': exited with status 127" },
		{ "echo secret; kill -9 $$", ERR_DENIED,
		    "run 'sh': was killed by signal 9" },
		{ "kill -TERM $$", ERR_DENIED,
		    "run 'sh': was killed by signal 15" },
		{ "printf '%1001d' 7", ERR_LIMIT,
		    "run 'sh': it printed more than 1000 bytes" },
		{ "yes", ERR_LIMIT,
		    "run 'sh': it printed more than 1000 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_failure(sh(cases[i].script), cases[i].kind,
		    cases[i].msg);
	expect_failure(run_for(NULL, "true", NULL, 0), ERR_NET,
	    "run 'sh': no time is left");
}

static void
t_cannot_start(void **state)
{
	char msg[256];
	struct buf b = BUF(msg);

	(void)state;
	expect_failure(run_for("no-such-program", NULL, NULL, 5000),
	    ERR_ABSENT, "run 'no-such-program': No such file or directory");
	expect_failure(run_for("/no/such/program", NULL, NULL, 5000),
	    ERR_ABSENT, "run '/no/such/program': No such file or directory");
	expect_failure(run_for("/etc/passwd/x", NULL, NULL, 5000), ERR_ABSENT,
	    "run '/etc/passwd/x': Not a directory");
	expect_failure(run_for("/etc", NULL, NULL, 5000), ERR_SYS,
	    "run '/etc': Permission denied");
	expect_failure(run_for("", NULL, NULL, 5000), ERR_ABSENT,
	    "run '': No such file or directory");

	write_script("lost", "#!/no/such/interpreter\n", 0700);
	buf_add(&b, S("run '"));
	buf_add(&b, str_of(at("lost")));
	buf_add(&b, S("': it is there, but not the interpreter or dynamic"
	    " linker that it names"));
	buf_char(&b, '\0');
	expect_failure(run_for(at("lost"), NULL, NULL, 5000), ERR_SYS, msg);
	unlink(at("lost"));
}

/* What it is given. */

static void
t_environment(void **state)
{
	static const char *const env[] = { "ONE=1", "PROGRAM_T=new", NULL };

	(void)state;
	setenv("PROGRAM_T", "old", 1);
	expect("echo $PROGRAM_T", "old\n");
	assert_true(run_for(NULL, "echo $ONE $PROGRAM_T", env, 5000));
	assert_str_equal(out, S("1 new\n"));
	assert_string_equal(getenv("PROGRAM_T"), "old");
	assert_null(getenv("ONE"));
	unsetenv("PROGRAM_T");
}

static void
t_left_out(void **state)
{
	static const char *const unset[] = { "PROGRAM_T", "PROGRAM_U", NULL };
	static const char *const env[] = { "PROGRAM_U=new", NULL };
	const char *const argv[] = { "sh", "-c", "env | grep -E"
	    " '^(PROGRAM_|NOTIFY_SOCKET|WATCHDOG_)'", NULL };
	struct program p = { .argv = argv, .env = env, .unset = unset,
		.out_max = OUT_MAX };
	static const char *const names[] = {
		"PROGRAM_T", "PROGRAM_U", "PROGRAM_TT", "NOTIFY_SOCKET",
		"WATCHDOG_USEC", "WATCHDOG_PID",
	};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		setenv(names[i], "old", 1);
	a = t_arena();
	p.deadline = process_clock_ms() + 10000;
	assert_true(program_run(&p, &a, &out, &e));
	assert_true(str_eq(out, S("PROGRAM_TT=old\nPROGRAM_U=new\n")) ||
	    str_eq(out, S("PROGRAM_U=new\nPROGRAM_TT=old\n")));
	p.unset = p.env = NULL;
	a = t_arena();
	assert_true(program_run(&p, &a, &out, &e));
	assert_int_equal(out.n, S("PROGRAM_T=oldPROGRAM_U=oldPROGRAM_TT=old").n
	    + 3);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(getenv(names[i]), "old");
		unsetenv(names[i]);
	}
}

/* What it is fed, of which there may be more than a pipe holds. */

enum { MUCH = 300000 };

static bool
feed(const char *script, struct str in, int64_t ms)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct program p = {
		.argv = argv, .in = in, .out_max = CHILD_ANSWER_MAX,
		.deadline = process_clock_ms() + ms,
	};

	a = t_arena();
	out = S("untouched");
	return program_run(&p, &a, &out, &e);
}

static void
t_fed(void **state)
{
	static char much[MUCH];
	const struct str all = { much, MUCH };
	static const struct {
		const char *script;
		bool all;	/* else "typed" */
		const char *answer;	/* NULL: all */
	} cases[] = {
		{ "cat", false, "typed" },
		{ "cat; cat", false, "typed" },
		{ "cat", true, NULL },
		{ "sleep 0.05; cat", true, NULL },
		/* Much comes before any is read. */
		{ "head -c 300000 /dev/zero; cat >/dev/null", true, NULL },
		{ "cat >/dev/null; head -c 300000 /dev/zero", true, NULL },
		/* It need not read. */
		{ "true", false, "" },
		{ "true", true, "" },
		{ "exec <&-; echo on; sleep 0.05; echo done", true,
		    "on\ndone\n" },
		{ "head -c 5 | tr '\\0' x; sleep 0.05; echo done", true,
		    "xxxxxdone\n" },
		/* What it leaves behind holds its input. */
		{ "sleep 0.3 & echo done", true, "done\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t begun = process_clock_ms();

		if (!feed(cases[i].script, cases[i].all ? all : S("typed"),
		    10000))
			fail_msg("%s: %s", cases[i].script, e.msg);
		assert_str_equal(out, cases[i].answer ?
		    str_of(cases[i].answer) : all);
		assert_true(process_clock_ms() - begun < 5000);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
	/* Not ours, even when there is nothing. */
	assert_true(feed("wc -c; ls -l /proc/self/fd/0 | grep -c pipe", S(""),
	    10000));
	assert_str_equal(out, S("0\n1\n"));
}

static void
t_fed_badly(void **state)
{
	static char much[MUCH];
	const struct str all = { much, MUCH };
	int64_t begun = process_clock_ms();

	(void)state;
	/* It reads nothing, and does not end. */
	assert_false(feed("exec sleep 1000", all, 150));
	assert_int_equal(e.kind, ERR_NET);
	assert_true(str_ends(str_of(e.msg), S(" ms; it was ended")));
	assert_in_range(process_clock_ms() - begun, 150, 3000);
	expect_failure(feed("exit 3", all, 5000), ERR_DENIED,
	    "run 'sh': exited with status 3");
	expect_failure(feed("read x; exit 4", all, 5000), ERR_DENIED,
	    "run 'sh': exited with status 4");
}

static int64_t
cpu_ms(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_CHILDREN, &u), 0);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	    (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* One that takes no more is not offered it over and over. */
static void
t_fed_no_more(void **state)
{
	static char much[MUCH];
	int64_t before = cpu_ms();

	(void)state;
	assert_true(feed("exec <&-; sleep 1", (struct str){ much, MUCH },
	    10000));
	assert_true(feed("exec 3>&- >&-; sleep 1; cat >/dev/null",
	    (struct str){ much, MUCH }, 10000));
	assert_true(cpu_ms() - before < 800);
}

/* SIGPIPE, whatever we make of it ourselves, is as it should be for it. */
static void
t_fed_signal(void **state)
{
	struct sigaction was;

	(void)state;
	(void)signal(SIGPIPE, SIG_DFL);
	assert_true(feed("true", S("typed"), 5000));
	(void)sigaction(SIGPIPE, NULL, &was);
	assert_true(was.sa_handler == SIG_DFL);
	expect_failure(feed("kill -PIPE $$", S("typed"), 5000), ERR_DENIED,
	    "run 'sh': was killed by signal 13");
}

static void
t_aside(void **state)
{
	const char *const argv[] = { "sh", "-c", "cat; echo loud >&2", NULL };
	const struct program p = { .argv = argv, .in = S("fed\n"),
		.aside = true, .deadline = process_clock_ms() + 10000 };
	char text[16] = "";
	int ends[2], saved = dup(2);

	(void)state;
	a = t_arena();
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], 2);
	if (!program_run(&p, &a, &out, &e))
		e.msg[0] = '!';
	dup2(saved, 2);
	close(saved);
	close(ends[1]);
	assert_int_equal(read(ends[0], text, sizeof(text)), 9);
	assert_string_equal(text, "fed\nloud\n");
	assert_int_equal(out.n, 0);
	close(ends[0]);
}

/* A descriptor that stays open over exec(2), and one that would be the place
 * of the report.
 */
static void
t_descriptors(void **state)
{
	int fd = fcntl(1, F_DUPFD, 40), other = fcntl(1, F_DUPFD, 3);

	(void)state;
	expect("ls /proc/self/fd | tr '\\n' ' '", "0 1 2 3 ");
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(other), 0);
}

static void
t_standard_input(void **state)
{
	int ends[2], saved = dup(0);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "typed\nrest", 10), 10);
	close(ends[1]);
	dup2(ends[0], 0);
	expect("read x; echo $x", "typed\n");
	dup2(saved, 0);
	close(saved);
	close(ends[0]);
}

static void
t_standard_error(void **state)
{
	char text[16] = "";
	int ends[2], saved = dup(2);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], 2);
	expect("echo loud >&2; echo quiet", "quiet\n");
	dup2(saved, 2);
	close(saved);
	assert_int_equal(read(ends[0], text, sizeof(text)), 5);
	assert_string_equal(text, "loud\n");
	close(ends[0]);
	close(ends[1]);
}

/* In a child, since it is for good; as its status: 0 is well. */
static int
hardened(void)
{
	/* A shell has its own idea of SIGCHLD. */
	static const char *const grep[] = {
		"grep", "^SigIgn", "/proc/self/status", NULL,
	};
	const struct program ignored = {
		.argv = grep, .out_max = OUT_MAX,
		.deadline = process_clock_ms() + 10000,
	};
	const struct rlimit core = { 4096, 8192 };
	struct rlimit now;
	sigset_t set;

	umask(027);
	if (setrlimit(RLIMIT_CORE, &core) < 0)
		return 1;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	for (int sig = 1; sig < 32; sig++)
		(void)signal(sig, sig == SIGUSR2 ? SIG_IGN : SIG_DFL);
	process_harden();
	if (getrlimit(RLIMIT_CORE, &now) < 0 || now.rlim_cur != 0 ||
	    now.rlim_max != 8192)
		return 2;
	/* In blocks of 512 bytes. */
	if (!sh("ulimit -Sc; ulimit -Hc; umask") ||
	    !str_eq(out, S("8\n16\n0027\n")))
		return 3;
	/* Bit n - 1 of a mask is signal n: PIPE 13, XFSZ 25, USR1 10,
	 * USR2 12, CHLD 17. Those above 28 are not ours.
	 */
	if (!sh("grep -E '^Sig(Blk|Ign)' /proc/self/status |"
	    " grep -oE '.{7}$'") || !str_eq(out, S("0000200\n0000800\n")))
		return 4;
	/* exec(2) has made it as dumpable as any. */
	if (!sh("[ -O /proc/self/mem ] && echo dumpable") ||
	    !str_eq(out, S("dumpable\n")))
		return 5;
	(void)signal(SIGCHLD, SIG_IGN);
	a = t_arena();
	if (!program_run(&ignored, &a, &out, &e) ||
	    !str_ends(out, S("0010800\n")))
		return 6;
	return 0;
}

static int
not_hardened(void)
{
	const struct rlimit core = { 4096, 8192 };

	if (setrlimit(RLIMIT_CORE, &core) < 0)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	if (!sh("ulimit -Sc; ulimit -Hc; kill -PIPE $$;"
	    " echo alive") || !str_eq(out, S("8\n16\nalive\n")))
		return 2;
	return 0;
}

static void
t_hardened(void **state)
{
	int (*const what[])(void) = { hardened, not_hardened };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(what[i]());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* Its group is ours: the terminal is its as much as ours. */
static void
t_group(void **state)
{
	char text[32];
	struct buf b = BUF(text);

	(void)state;
	buf_u64(&b, (uint64_t)getpgrp());
	buf_char(&b, '\n');
	assert_true(sh("cut -d ' ' -f 5 /proc/$$/stat"));
	assert_str_equal(out, buf_str(&b));
}

/* When it does not end by itself. A named pipe that all who are to end hold
 * open for writing gives end of file when they are gone.
 */

static int
open_witness(void)
{
	int fd;

	assert_int_equal(mkfifo(at("witness"), 0600), 0);
	fd = open(at("witness"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	setenv("WITNESS", at("witness"), 1);
	return fd;
}

/* Wait until nobody holds it any more; what was written is in text. */
static bool
gone(int fd, char *text, size_t n)
{
	int64_t until = process_clock_ms() + 5000;
	size_t have = 0;

	memset(text, 0, n);
	while (process_clock_ms() < until) {
		ssize_t got = read(fd, text + have, n - 1 - have);

		if (got == 0)
			return true;
		if (got > 0)
			have += (size_t)got;
		process_sleep_ms(1);
	}
	return false;
}

static void
close_witness(int fd)
{
	close(fd);
	unlink(at("witness"));
	unsetenv("WITNESS");
}

static void
t_too_late(void **state)
{
	static const char *const scripts[] = {
		"exec 9>$WITNESS; sleep 1000",
		/* Children, and theirs, of which one is no longer. */
		"exec 9>$WITNESS; sleep 1000 | sleep 1001",
		"exec 9>$WITNESS; (sleep 1000; echo) & (sh -c 'sleep 1001 &"
		" sleep 1002') & (setsid sh -c 'sleep 1003 & sleep 1004') &"
		" wait",
		/* One that does not want to. */
		"exec 9>$WITNESS; trap '' TERM HUP INT; sleep 1000;"
		" sleep 1001; sleep 1002",
		/* One that is stopped. */
		"exec 9>$WITNESS; kill -STOP $$",
		/* One that closes its output first. */
		"exec 9>$WITNESS >&-; sleep 1000",
		/* One that says something all the time. */
		"exec 9>$WITNESS; while echo; do sleep 0.01; done",
		/* One with more children than are read of at once. */
		"exec 9>$WITNESS; for i in 0 1 2 3 4 5 6 7 8 9; do for j in"
		" 0 1 2 3 4 5 6 7 8 9; do sleep 1000 & sleep 1001 & sleep"
		" 1002 & done; done; wait",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		int64_t begun = process_clock_ms(), took;
		int fd = open_witness();
		char text[16];

		assert_false(run_for(NULL, scripts[i], NULL,
		    i == 7 ? 1500 : 150));
		took = process_clock_ms() - begun;
		assert_int_equal(e.kind, ERR_NET);
		assert_true(str_starts(str_of(e.msg),
		    S("run 'sh': not done after ")));
		assert_true(str_ends(str_of(e.msg), S(" ms; it was ended")));
		if (!gone(fd, text, sizeof(text)))
			fail_msg("%s: goes on", scripts[i]);
		assert_in_range(took, 150, 3000);
		close_witness(fd);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

/* It is asked first. */
static void
t_asked_first(void **state)
{
	int fd = open_witness();
	char text[16];

	(void)state;
	assert_false(run_for(NULL, "exec 9>$WITNESS; trap 'echo bye >&9; exit"
	    "' TERM; echo hi >&9; while :; do sleep 0.01; done", NULL, 200));
	assert_int_equal(e.kind, ERR_NET);
	assert_true(gone(fd, text, sizeof(text)));
	assert_string_equal(text, "hi\nbye\n");
	close_witness(fd);
}

static void
t_too_much(void **state)
{
	int fd = open_witness();
	char text[16];

	(void)state;
	expect_failure(sh("exec 9>$WITNESS; yes | cat"), ERR_LIMIT,
	    "run 'sh': it printed more than 1000 bytes");
	assert_true(gone(fd, text, sizeof(text)));
	close_witness(fd);
}

/* What a program leaves running when it is done goes on, and does not keep us
 * although it holds the pipe.
 */
static void
t_left_behind(void **state)
{
	int64_t begun = process_clock_ms();
	int fd = open_witness();
	char text[16];

	(void)state;
	expect("(exec 9>$WITNESS; sleep 0.4; echo on >&9) & sleep 0.05;"
	    " echo done", "done\n");
	assert_true(process_clock_ms() - begun < 390);
	assert_true(gone(fd, text, sizeof(text)));
	assert_string_equal(text, "on\n");
	close_witness(fd);
}

/* Who runs it is killed, whichever way: so is what he ran. */
static void
t_caller_dies(void **state)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGINT };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		int fd = open_witness(), status;
		char text[16];
		pid_t pid = fork();

		if (pid == 0) {
			(void)sh("exec 9>$WITNESS; trap '' INT; echo >&9;"
			    " sleep 1000; sleep 1001");
			_exit(0);
		}
		while (read(fd, text, 1) != 1)
			process_sleep_ms(1);
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_true(gone(fd, text, sizeof(text)));
		close_witness(fd);
	}
}

/* The broker itself is killed, as for want of memory. */
static void
t_broker_dies(void **state)
{
	int fd = open_witness();
	char text[16];

	(void)state;
	expect_failure(sh("exec 9>$WITNESS; kill -9 $PPID; exec sleep 1000"),
	    ERR_SYS, "child process: killed by signal 9 before it answered");
	assert_true(gone(fd, text, sizeof(text)));
	close_witness(fd);
}

/* Where nothing tells us of children the program itself is ended all the same,
 * though it does not want to.
 */
static void
t_without_proc(void **state)
{
	int fd = open_witness(), status;
	char text[16];
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL,
		    MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("none", "/proc", "tmpfs", 0, NULL) < 0)
			_exit(77);
		_exit(run_for(NULL, "exec 9>$WITNESS; trap '' TERM;"
		    " while :; do :; done", NULL, 150) ||
		    e.kind != ERR_NET);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) != 77) {
		assert_int_equal(status, 0);
		assert_true(gone(fd, text, sizeof(text)));
	}
	close_witness(fd);
	if (WEXITSTATUS(status) == 77)
		skip();
}

/* Ctrl-C, which all in the foreground get. */
static void
t_interrupted(void **state)
{
	int fd = open_witness(), status;
	char text[16];
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)sh("exec 9>$WITNESS; trap '' INT; echo >&9;"
		    " sleep 1000 | sleep 1001; sleep 1002");
		_exit(0);
	}
	while (read(fd, text, 1) != 1)
		process_sleep_ms(1);
	assert_int_equal(kill(-pid, SIGINT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	assert_true(gone(fd, text, sizeof(text)));
	close_witness(fd);
}

/* The kernel says no. */

static bool
try(void *me, struct err *why)
{
	(void)me;
	if (sh("echo x"))
		return true;
	*why = e;
	return false;
}

static void
t_refused(void **state)
{
	static const struct {
		int call, code;
		const char *msg;	/* NULL: done without */
	} cases[] = {
		{ SYS_signalfd4, EMFILE,
		    "run 'sh': signalfd: Too many open files" },
		{ SYS_execve, ENOMEM, "run 'sh': Cannot allocate memory" },
		{ SYS_dup3, EINVAL, "run 'sh': Invalid argument" },
		{ SYS_close_range, ENOSYS, NULL },
		{ SYS_close_range, EPERM, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct refuse call = { cases[i].call, cases[i].code };
		struct err why;
		bool done = refuse_run(&call, 1, try, NULL, &why);

		assert_int_equal(done, cases[i].msg == NULL);
		if (!done)
			assert_string_equal(why.msg, cases[i].msg);
	}
}

/* Room for the broker's pipe and its signals, and for one of two ends more. */
static int
few_descriptors(void)
{
	int next = dup(0);
	const struct rlimit few = { (rlim_t)next + 4, (rlim_t)next + 4 };

	close(next);
	return setrlimit(RLIMIT_NOFILE, &few) < 0 ? 77 : sh("true") ||
	    !str_eq(str_of(e.msg), S("run 'sh': pipe: Too many open files"));
}

/* Room for a broker, but not for a program: as a user who has no other
 * process. With files he is root still: coverage is counted in some.
 */
static int
few_processes(void)
{
	const struct rlimit two = { 2, 2 };

	if (setrlimit(RLIMIT_NPROC, &two) < 0 ||
	    setresuid(64999, 64999, 0) < 0)
		return 77;
	(void)setfsuid(0);
	return sh("true") || !str_eq(str_of(e.msg),
	    S("run 'sh': fork: Resource temporarily unavailable"));
}

static void
t_few(void **state)
{
	int (*const what[])(void) = { few_descriptors, few_processes };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(what[i]());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 77)
			skip();
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static int
make_place(void **state)
{
	(void)state;
	return mkdtemp(place) ? 0 : -1;
}

static int
leave_place(void **state)
{
	(void)state;
	return rmdir(place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_answers),
		cmocka_unit_test(t_bytes),
		cmocka_unit_test(t_failures),
		cmocka_unit_test(t_cannot_start),
		cmocka_unit_test(t_environment),
		cmocka_unit_test(t_left_out),
		cmocka_unit_test(t_fed),
		cmocka_unit_test(t_fed_badly),
		cmocka_unit_test(t_fed_no_more),
		cmocka_unit_test(t_fed_signal),
		cmocka_unit_test(t_aside),
		cmocka_unit_test(t_descriptors),
		cmocka_unit_test(t_standard_input),
		cmocka_unit_test(t_standard_error),
		cmocka_unit_test(t_hardened),
		cmocka_unit_test(t_group),
		cmocka_unit_test(t_too_late),
		cmocka_unit_test(t_asked_first),
		cmocka_unit_test(t_too_much),
		cmocka_unit_test(t_left_behind),
		cmocka_unit_test(t_caller_dies),
		cmocka_unit_test(t_broker_dies),
		cmocka_unit_test(t_without_proc),
		cmocka_unit_test(t_interrupted),
		cmocka_unit_test(t_refused),
		cmocka_unit_test(t_few),
	};

	return cmocka_run_group_tests(tests, make_place, leave_place);
}
