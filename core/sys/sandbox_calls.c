#include "sys/sandbox_calls.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Linux's include/uapi/linux/audit.h: the ELF machine, 64 bits, little end. */
#if defined(__x86_64__)
const uint32_t sandbox_architecture = 0xc000003e;
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
const uint32_t sandbox_architecture = 0xc00000b7;
#else
const uint32_t sandbox_architecture = 0;
#endif

/* A build for tests, whose compiler makes calls of its own. */
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

/* A fork as libc makes it; no thread, no namespace. The kernel's include/uapi/
 * linux/sched.h: CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID and the signal at the
 * end.
 */
#define CLONE_FORK 0x012000ffu
#define EVERY_BIT 0xffffffffu
/* SOCK_NONBLOCK and SOCK_CLOEXEC are not asked about. */
#define SOCKET_TYPE 0xfu
/* AF_INET and AF_INET6 differ in this bit. */
#define EITHER_INET (AF_INET ^ AF_INET6)
_Static_assert(EITHER_INET == 8, "one bit");

#define ALL(name, need) { SYS_##name, (need) }
#define IF(name, need, arg, mask, value) \
	{ ALL(name, need), { { (arg), (mask), (value) } } }
#define IS(name, need, arg, value) IF(name, need, arg, EVERY_BIT, value)
#define SOCKET(family, either, type, protocol, need) { ALL(socket, need), { \
	{ 0, EVERY_BIT ^ (either), (family) }, \
	{ 1, SOCKET_TYPE, (type) }, \
	{ 2, EVERY_BIT, (protocol) } } }

const struct sandbox_call sandbox_calls[] = {
	/* what it has: descriptors */
	ALL(read, NEED_NOTHING),
	ALL(readv, NEED_NOTHING),
	ALL(write, NEED_NOTHING),
	ALL(writev, NEED_NOTHING),
	ALL(close, NEED_NOTHING),
	ALL(lseek, NEED_NOTHING),
	ALL(dup, NEED_NOTHING),
	ALL(dup3, NEED_NOTHING),
	ALL(pipe2, NEED_NOTHING),
	ALL(eventfd2, NEED_NOTHING),
	ALL(fstat, NEED_NOTHING),
	ALL(ppoll, NEED_NOTHING),
	/* memory */
	ALL(brk, NEED_NOTHING),
	ALL(munmap, NEED_NOTHING),
	ALL(mremap, NEED_NOTHING),
	ALL(madvise, NEED_NOTHING),
	/* time, chance, signals; restart_syscall is the kernel's own */
	ALL(clock_gettime, NEED_NOTHING),
	ALL(clock_nanosleep, NEED_NOTHING),
	ALL(nanosleep, NEED_NOTHING),
	ALL(restart_syscall, NEED_NOTHING),
	ALL(getrandom, NEED_NOTHING),
	ALL(rt_sigaction, NEED_NOTHING),
	ALL(rt_sigprocmask, NEED_NOTHING),
	ALL(rt_sigreturn, NEED_NOTHING),
	ALL(signalfd4, NEED_NOTHING),
	/* itself */
	ALL(getpid, NEED_NOTHING),
	ALL(getppid, NEED_NOTHING),
	ALL(getpgid, NEED_NOTHING),
	ALL(gettid, NEED_NOTHING),
	ALL(getuid, NEED_NOTHING),
	ALL(geteuid, NEED_NOTHING),
	ALL(getgid, NEED_NOTHING),
	ALL(getegid, NEED_NOTHING),
	ALL(exit, NEED_NOTHING),
	ALL(exit_group, NEED_NOTHING),
	ALL(wait4, NEED_NOTHING),

	/* files: Landlock says which */
	ALL(openat, NEED_FILES),
	ALL(newfstatat, NEED_FILES),
	ALL(faccessat, NEED_FILES),
	ALL(readlinkat, NEED_FILES),
	ALL(getcwd, NEED_FILES),
	ALL(statfs, NEED_FILES),
	ALL(fstatfs, NEED_FILES),
	ALL(getdents64, NEED_FILES),
	ALL(flock, NEED_WRITES),
	ALL(ftruncate, NEED_WRITES),
	ALL(fsync, NEED_WRITES),
	ALL(fchmod, NEED_WRITES),
	ALL(fchown, NEED_WRITES),
	ALL(mkdirat, NEED_WRITES),
	ALL(unlinkat, NEED_WRITES),
	ALL(renameat, NEED_WRITES),
	ALL(renameat2, NEED_WRITES),

	ALL(connect, NEED_CONNECT),
	ALL(recvfrom, NEED_SOCKETS | NEED_ACCEPT),
	ALL(shutdown, NEED_SOCKETS | NEED_ACCEPT),
	ALL(getsockname, NEED_SOCKETS | NEED_ACCEPT),
	ALL(getpeername, NEED_SOCKETS),
	ALL(getsockopt, NEED_SOCKETS),
	ALL(bind, NEED_LISTEN),
	ALL(listen, NEED_LISTEN),
	ALL(accept4, NEED_ACCEPT),

	ALL(waitid, NEED_CHILDREN),
	ALL(kill, NEED_CHILDREN),
	/* raise(3); before Landlock 6 it is a signal to anybody */
	ALL(tkill, NEED_CHILDREN | NEED_TERMINAL),
	/* libc's, in the child */
	ALL(set_tid_address, NEED_CHILDREN),
	ALL(set_robust_list, NEED_CHILDREN),
	ALL(landlock_create_ruleset, NEED_NARROWER),
	ALL(landlock_add_rule, NEED_NARROWER),
	ALL(landlock_restrict_self, NEED_NARROWER),

	/* the same under names that newer architectures do without */
#ifdef SYS_open
	ALL(dup2, NEED_NOTHING),
	ALL(poll, NEED_NOTHING),
	ALL(open, NEED_FILES),
	ALL(stat, NEED_FILES),
	ALL(lstat, NEED_FILES),
	ALL(access, NEED_FILES),
	ALL(readlink, NEED_FILES),
	ALL(mkdir, NEED_WRITES),
	ALL(rmdir, NEED_WRITES),
	ALL(unlink, NEED_WRITES),
	ALL(rename, NEED_WRITES),
	ALL(fork, NEED_CHILDREN),
#endif
#ifdef SANITIZED
	ALL(sigaltstack, NEED_NOTHING),
	ALL(futex, NEED_NOTHING),
#endif
};
const size_t sandbox_calls_count =
    sizeof(sandbox_calls) / sizeof(sandbox_calls[0]);

const struct sandbox_row sandbox_rows[] = {
	/* Up to F_SETFL, and locks. What comes then, F_SETOWN and F_SETSIG,
	 * makes a descriptor send any signal to anybody.
	 */
	IF(fcntl, NEED_NOTHING, 1, ~7u, 0),

	/* none of it to be executed */
	IF(mmap, NEED_NOTHING, 2, PROT_EXEC, 0),
	IF(mprotect, NEED_NOTHING, 2, PROT_EXEC, 0),

	/* No protocol but these, since Landlock does not count the ports of
	 * others (MPTCP, SMC, SCTP); nor those of a connection that sendto(2)
	 * makes.
	 */
	SOCKET(AF_INET, EITHER_INET, SOCK_STREAM, IPPROTO_TCP, NEED_TCP),
	SOCKET(AF_INET, EITHER_INET, SOCK_DGRAM, IPPROTO_UDP, NEED_UDP),
	/* sd_notify(3), and if_nametoindex(3), which asks for SIOCGIFINDEX */
	SOCKET(AF_UNIX, 0, SOCK_DGRAM, 0, NEED_SOCKETS),
	IF(sendto, NEED_SOCKETS, 3, MSG_FASTOPEN, 0),
	IS(setsockopt, NEED_SOCKETS, 1, SOL_SOCKET),
	IS(setsockopt, NEED_TCP, 1, IPPROTO_TCP),
	{ ALL(setsockopt, NEED_ACCEPT), { { 1, EVERY_BIT, IPPROTO_TCP },
	    { 2, EVERY_BIT, TCP_NODELAY } } },
	IS(setsockopt, NEED_SOCKETS, 1, IPPROTO_IPV6),
	IS(ioctl, NEED_SOCKETS, 1, SIOCGIFINDEX),
	IS(ioctl, NEED_TERMINAL, 1, TCGETS),
	IS(ioctl, NEED_TERMINAL, 1, TCSETS),
	IS(ioctl, NEED_TERMINAL, 1, TCSETSW),
	IS(ioctl, NEED_TERMINAL, 1, TCSETSF),
	IS(ioctl, NEED_TERMINAL, 1, TCFLSH),
	IS(ioctl, NEED_TERMINAL, 1, TIOCGPGRP),

	IF(clone, NEED_CHILDREN, 0, ~CLONE_FORK, 0),
	IS(prctl, NEED_CHILDREN, 0, PR_SET_PDEATHSIG),
	IS(prctl, NEED_NARROWER, 0, PR_SET_DUMPABLE),
	IS(prctl, NEED_NARROWER, 0, PR_SET_NO_NEW_PRIVS),
	IS(prctl, NEED_NARROWER, 0, PR_SET_SECCOMP),
	IS(prlimit64, NEED_NARROWER, 0, 0),	/* our own */
};
const size_t sandbox_rows_count =
    sizeof(sandbox_rows) / sizeof(sandbox_rows[0]);

const uint16_t sandbox_hostile[] = {
	SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
	SYS_bpf, SYS_userfaultfd, SYS_perf_event_open, SYS_reboot, SYS_swapon,
	SYS_swapoff, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_kexec_file_load, SYS_acct,
	SYS_ptrace, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
	SYS_unshare, SYS_setns, SYS_keyctl, SYS_add_key, SYS_request_key,
	SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
	SYS_open_by_handle_at, SYS_personality, SYS_move_mount, SYS_open_tree,
	SYS_fsopen, SYS_fsmount, SYS_pidfd_getfd,
};
const size_t sandbox_hostile_count =
    sizeof(sandbox_hostile) / sizeof(sandbox_hostile[0]);
const size_t sandbox_hostile_programs = 14;

unsigned
sandbox_needs_bits(const struct sandbox_needs *n)
{
	bool to = n->connects[0] || n->connect_any;
	bool from = n->listens[0] || n->listen_any;
	unsigned bits = NEED_NOTHING;

	if (n->reads[0] || n->writes[0] || n->terminal || n->narrower)
		bits |= NEED_FILES;
	if (n->writes[0])
		bits |= NEED_WRITES;
	if (to || from || n->udp || n->notify)
		bits |= NEED_SOCKETS;
	if (to || from)
		bits |= NEED_TCP;
	if (n->udp)
		bits |= NEED_UDP;
	if (to || n->udp || n->notify)
		bits |= NEED_CONNECT;
	if (from)
		bits |= NEED_LISTEN;
	if (from || n->accepts)
		bits |= NEED_ACCEPT;
	if (n->terminal)
		bits |= NEED_TERMINAL;
	if (n->children)
		bits |= NEED_CHILDREN;
	if (n->narrower)
		bits |= NEED_NARROWER;
	return bits;
}
