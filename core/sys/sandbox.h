/* sandbox.h - what a process may still do once it is set up.
 *
 * A process says what it needs; then the kernel holds it, and all of its
 * children, to that for good: no_new_privs, Landlock (landlock(7)) for files,
 * TCP ports and signals, seccomp(2) for system calls, and no core dumps.
 *
 * In any case it may use the descriptors that it has (read, write, wait for
 * them), its own memory (none of it to be executed), clocks and random numbers,
 * make pipes, wait for children that it has, sleep, and end.
 * Without any path it has no business with files at all.
 */
#ifndef SYS_SANDBOX_H
#define SYS_SANDBOX_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"

enum sandbox_mode {
	SANDBOX_OFF,	/* nothing is done */
	/* What this kernel cannot do is left out. Calls that are not listed
	 * fail: EPERM, or ENOSYS where Linux 5.0 does not know them either,
	 * since a libc then does without. What no honest code of ours calls
	 * (ptrace, mount, bpf, ...) kills the process.
	 */
	SANDBOX_ON,
	/* Every call that is not listed kills the process (SIGSYS). To enter
	 * fails where there is no Landlock, of whatever version, or no seccomp.
	 */
	SANDBOX_STRICT,
};

/* Static text, as far as it is known; the rest is added by the functions
 * below. Lists end at their first NULL or 0, or when they are full.
 *
 * Landlock knows a file or directory by its inode, found when the sandbox is
 * entered, links followed. What is not there then cannot be opened when it
 * comes; a file that somebody replaces by rename(2) is another one, so name its
 * directory instead; a directory that was removed and made again is lost.
 */
struct sandbox_needs {
	/* Files, and directories with all beneath. */
	const char *reads[SANDBOX_PATHS_MAX];
	/* Directories beneath which files and directories are made, written,
	 * renamed and removed, read and locked, as file_edit does; and files
	 * that are only written in place.
	 */
	const char *writes[SANDBOX_PATHS_MAX];
	/* TCP, by our sockets with IPPROTO_TCP. Needs Landlock 4 (Linux 6.7);
	 * before, it is every port or none.
	 */
	uint16_t connects[SANDBOX_PORTS_MAX];
	bool connect_any;
	uint16_t listens[SANDBOX_PORTS_MAX];
	bool listen_any;	/* also: the kernel picks one */
	bool accepts;	/* by a listener that it has, and no socket of its own */
	bool udp;	/* to any port: DNS, which also needs TCP to port 53 and
			   the resolver's files, listed like others */
	bool notify;	/* datagrams to sockets of the file system and abstract
			   ones: sd_notify(3) */
	bool terminal;	/* questions at /dev/tty; signals to itself */
	bool children;	/* fork(2), send signals */
	/* Has children from before, and may have to end them: signals are not
	 * confined to the sandbox. Without it (and with Landlock 6, Linux 6.12)
	 * kill(2) gives EPERM for them, and PR_SET_PDEATHSIG does not tell them
	 * of our death: they have to see it by the end of a pipe.
	 */
	bool early_children;
	/* Executes programs of others. They inherit the sandbox, and what they
	 * need nobody knows; so it is hardly one: files, ports and signals are
	 * free, set-user-ID does nothing, and only calls are held back that no
	 * program has any business with (kexec, kernel modules, bpf, ...). Who
	 * forks the broker (sys/program.h) before needs not say this.
	 */
	bool programs;
	/* Executes programs too, but none any more once it is inside; so it
	 * goes there as late as can be: before it hears from the network, or
	 * never. Nothing is let through for them.
	 */
	bool early_programs;
	/* A narrower sandbox may follow, here or in a child. It never widens
	 * this one; Linux allows 16 of them, one in the other.
	 */
	bool narrower;
	bool full;	/* private: a list was */
};

/* Add to a list. path is not copied. */
void sandbox_read(struct sandbox_needs *n, const char *path);
void sandbox_write(struct sandbox_needs *n, const char *path);
void sandbox_connect(struct sandbox_needs *n, uint16_t port);
/* 0: the kernel picks one. */
void sandbox_listen(struct sandbox_needs *n, uint16_t port);

/* "off", "on" or "strict", as ECRBOX_SANDBOX has it; nothing is "on".
 * ERR_USAGE; *mode is left alone.
 */
MUST_USE bool sandbox_mode(struct str word, enum sandbox_mode *mode,
    struct err *e);

/* Enter it, for good. *report (may be NULL) gets one line, without its end,
 * that says what holds, and what this kernel cannot do; for -v. ERR_LIMIT: a
 * list was full; ERR_SYS, in strict mode only: no Landlock or no seccomp. After
 * a failure some of it may hold already; the process should end.
 */
MUST_USE bool sandbox_enter(const struct sandbox_needs *needs,
    enum sandbox_mode mode, struct buf *report, struct err *e);

#endif
