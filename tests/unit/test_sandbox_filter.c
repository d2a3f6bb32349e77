#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "sys/sandbox_calls.h"
#include "sys/sandbox_filter.h"

static const uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;
static const uint32_t allow = SECCOMP_RET_ALLOW;
static const uint32_t kill_all = SECCOMP_RET_KILL_PROCESS;

/* What the kernel does with it, by its own names of the operations. What is no
 * operation of seccomp's, or leads out of the program, fails the test.
 */
static uint32_t
judge(const struct sandbox_filter *f, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct sandbox_op *op = &f->op[i];
		bool test = false;

		switch (op->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(op->k % 4 == 0 && op->k < sizeof(*data));
			memcpy(&a, (const char *)data + op->k, 4);
			continue;
		case BPF_LD | BPF_IMM:
			a = op->k;
			continue;
		case BPF_MISC | BPF_TAX:
			x = a;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= op->k;
			continue;
		case BPF_ALU | BPF_RSH | BPF_K:
			a >>= op->k;
			continue;
		case BPF_ALU | BPF_LSH | BPF_X:
			assert_true(x < 32);
			a <<= x;
			continue;
		case BPF_JMP | BPF_JA:
			i += op->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			test = a == op->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			test = a >= op->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_X:
			test = (a & x) != 0;
			break;
		case BPF_RET | BPF_K:
			return op->k;
		default:
			fail_msg("operation %#x", op->code);
		}
		i += test ? op->yes : op->no;
	}
	fail_msg("no verdict");
	return 0;
}

static struct sandbox_filter
made(const struct sandbox_needs *needs, enum sandbox_mode mode)
{
	static struct sandbox_filter f;
	struct err e;

	memset(&f, 0xa5, sizeof(f));
	if (!sandbox_filter(&f, needs, mode, &e))
		fail_msg("%s", e.msg);
	return f;
}

static struct seccomp_data
call(long number)
{
	return (struct seccomp_data){ .nr = (int)number,
		.arch = sandbox_architecture };
}

/* Needs whose bits are those of n. */
static struct sandbox_needs
needs_of(unsigned n)
{
	return (struct sandbox_needs){
		.reads = { n & 1 ? "/" : NULL },
		.writes = { n & 2 ? "/" : NULL },
		.connects = { n & 4 ? 443 : 0 },
		.listens = { n & 8 ? 5001 : 0 },
		.udp = n & 16,
		.notify = n & 32,
		.terminal = n & 64,
		.children = n & 128,
		.narrower = n & 256,
		.accepts = n & 512,
		.programs = n & 1024,
	};
}

enum { ALL_NEEDS = 1023, COMBINATIONS = 1024 };

static bool
is_met(const struct seccomp_data *d, const struct sandbox_row *row)
{
	for (size_t k = 0; k < SANDBOX_CONDITIONS; k++)
		if (((uint32_t)d->args[row->when[k].arg] &
		    row->when[k].mask) != row->when[k].value)
			return false;
	return true;
}

/* A plain reading of the tables. */
static bool
is_listed(const struct seccomp_data *d, unsigned bits)
{
	for (size_t i = 0; i < sandbox_calls_count; i++)
		if (sandbox_calls[i].number == d->nr &&
		    (sandbox_calls[i].needs & bits))
			return true;
	for (size_t i = 0; i < sandbox_rows_count; i++)
		if (sandbox_rows[i].call.number == d->nr &&
		    (sandbox_rows[i].call.needs & bits) &&
		    is_met(d, &sandbox_rows[i]))
			return true;
	return false;
}

static bool
is_hostile(int number, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sandbox_hostile[i] == number)
			return true;
	return false;
}

static void
expect(const struct sandbox_filter *f, const struct seccomp_data *d,
    uint32_t verdict)
{
	uint32_t is = judge(f, d);

	if (is != verdict)
		fail_msg("call %d (%#llx, %#llx, %#llx): %#x, not %#x", d->nr,
		    (unsigned long long)d->args[0],
		    (unsigned long long)d->args[1],
		    (unsigned long long)d->args[2], is, verdict);
}

/* Every number, with every need. */
static void
t_numbers(void **state)
{
	(void)state;
	for (unsigned n = 0; n < COMBINATIONS; n++) {
		const struct sandbox_needs needs = needs_of(n);
		unsigned bits = sandbox_needs_bits(&needs);
		const struct sandbox_filter on = made(&needs, SANDBOX_ON),
		    strict = made(&needs, SANDBOX_STRICT);

		for (int i = -2; i < 600; i++) {
			const struct seccomp_data d = call(i);
			bool listed = is_listed(&d, bits);

			expect(&strict, &d, listed ? allow : kill_all);
			expect(&on, &d, listed ? allow :
			    is_hostile(i, sandbox_hostile_count) ? kill_all :
			    (uint32_t)i >= 424 ? enosys : eperm);
		}
	}
}

/* Every row, with arguments that meet it, one that does not, and upper halves
 * that do not count.
 */
static void
t_conditions(void **state)
{
	const struct sandbox_needs needs = needs_of(ALL_NEEDS);
	const struct sandbox_filter on = made(&needs, SANDBOX_ON),
	    strict = made(&needs, SANDBOX_STRICT);

	(void)state;
	for (size_t i = 0; i < sandbox_rows_count; i++) {
		const struct sandbox_row *row = &sandbox_rows[i];
		struct seccomp_data d = call(row->call.number), other;

		for (size_t k = 0; k < SANDBOX_CONDITIONS; k++)
			if (row->when[k].mask)
				d.args[row->when[k].arg] = row->when[k].value |
				    ~row->when[k].mask |
				    (uint64_t)i << 32;
		expect(&on, &d, allow);
		expect(&strict, &d, allow);
		for (size_t k = 0; k < SANDBOX_CONDITIONS; k++)
			for (unsigned bit = 0; bit < 32; bit++) {
				other = d;
				other.args[row->when[k].arg] ^= 1u << bit;
				if (is_listed(&other, ~0u))
					continue;
				expect(&on, &other, eperm);
				expect(&strict, &other, kill_all);
			}
	}
}

static void
t_programs(void **state)
{
	(void)state;
	for (unsigned n = COMBINATIONS; n < 2 * COMBINATIONS; n++) {
		const struct sandbox_needs needs = needs_of(n);
		const struct sandbox_filter on = made(&needs, SANDBOX_ON),
		    strict = made(&needs, SANDBOX_STRICT);

		for (int i = 0; i < 600; i++) {
			const struct seccomp_data d = call(i);
			bool bad = is_hostile(i, sandbox_hostile_programs);

			expect(&on, &d, bad ? eperm : allow);
			expect(&strict, &d, bad ? kill_all : allow);
		}
	}
}

/* Whoever asks in another architecture's way, x32 included. */
static void
t_architecture(void **state)
{
	static const uint32_t others[] = {
		0, AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_S390X,
#if defined(__x86_64__)
		AUDIT_ARCH_AARCH64,
#else
		AUDIT_ARCH_X86_64,
#endif
	};

	(void)state;
	for (unsigned n = 0; n < 2 * COMBINATIONS; n++) {
		const struct sandbox_needs needs = needs_of(n);

		for (int mode = SANDBOX_ON; mode <= SANDBOX_STRICT; mode++) {
			const struct sandbox_filter f = made(&needs,
			    (enum sandbox_mode)mode);
			struct seccomp_data d = call(SYS_exit_group);

			expect(&f, &d, allow);
			for (size_t i = 0; i < sizeof(others) /
			    sizeof(others[0]); i++) {
				d.arch = others[i];
				expect(&f, &d, kill_all);
			}
			d = call(0x40000000 | 1);
			assert_int_not_equal(judge(&f, &d), allow);
		}
	}
}

/* The numbers are the kernel's, whatever the architecture: what each need is
 * about, by name.
 */
static void
t_names(void **state)
{
	static const struct {
		unsigned need;	/* the one without which it is refused; 0: had
				   in any case */
		int number;
		uint64_t args[4];
	} rows[] = {
		{ 0, SYS_read, { 0 } }, { 0, SYS_write, { 0 } },
		{ 0, SYS_exit_group, { 0 } }, { 0, SYS_ppoll, { 0 } },
		{ 0, SYS_mmap, { 0, 1, 3 } }, { 0, SYS_getrandom, { 0 } },
		{ 1, SYS_openat, { 0 } }, { 1, SYS_getdents64, { 0 } },
		{ 2, SYS_renameat2, { 0 } }, { 2, SYS_unlinkat, { 0 } },
		{ 2, SYS_flock, { 0 } }, { 2, SYS_fsync, { 0 } },
		{ 4, SYS_socket, { AF_INET, SOCK_STREAM, IPPROTO_TCP } },
		{ 4, SYS_socket, { AF_INET6, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, IPPROTO_TCP } },
		{ 4, SYS_connect, { 0 } },
		{ 4, SYS_setsockopt, { 3, IPPROTO_TCP } },
		{ 8, SYS_socket, { AF_INET, SOCK_STREAM, IPPROTO_TCP } },
		{ 8, SYS_bind, { 0 } }, { 8, SYS_listen, { 0 } },
		{ 8, SYS_accept4, { 0 } },
		{ 16, SYS_socket, { AF_INET6, SOCK_DGRAM, IPPROTO_UDP } },
		{ 16, SYS_connect, { 0 } }, { 16, SYS_recvfrom, { 0 } },
		{ 32, SYS_socket, { AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0 } },
		{ 32, SYS_sendto, { 0, 0, 0, MSG_NOSIGNAL } },
		{ 32, SYS_connect, { 0 } },
		{ 64, SYS_ioctl, { 0, TCGETS } },
		{ 64, SYS_ioctl, { 0, TCFLSH } },
		{ 128, SYS_clone, { SIGCHLD } }, { 0, SYS_wait4, { 0 } },
		{ 128, SYS_kill, { 0 } }, { 128, SYS_tkill, { 0 } },
		{ 64, SYS_tkill, { 0 } },
		{ 0, SYS_fcntl, { 3, F_GETFD } },
		{ 0, SYS_fcntl, { 3, F_SETFL, O_NONBLOCK } },
		{ 128, SYS_prctl, { PR_SET_PDEATHSIG } },
		{ 256, SYS_landlock_restrict_self, { 0 } },
		{ 256, SYS_prctl, { PR_SET_SECCOMP } },
		{ 256, SYS_prlimit64, { 0 } },
		{ 512, SYS_accept4, { 0 } }, { 512, SYS_recvfrom, { 0 } },
		{ 512, SYS_shutdown, { 0 } }, { 512, SYS_getsockname, { 0 } },
		{ 512, SYS_setsockopt, { 3, IPPROTO_TCP, TCP_NODELAY } },
	};
	static const struct {
		unsigned need;	/* with nothing else it is refused */
		int number;
		uint64_t args[4];
	} refused[] = {
		{ 512, SYS_socket, { AF_INET, SOCK_STREAM, IPPROTO_TCP } },
		{ 512, SYS_socket, { AF_UNIX, SOCK_DGRAM, 0 } },
		{ 512, SYS_connect, { 0 } }, { 512, SYS_bind, { 0 } },
		{ 512, SYS_listen, { 0 } }, { 512, SYS_sendto, { 0 } },
		{ 512, SYS_setsockopt, { 3, IPPROTO_TCP, 31 /* ULP */ } },
		{ 512, SYS_setsockopt, { 3, SOL_SOCKET, TCP_NODELAY } },
		{ 512, SYS_waitid, { 0 } }, { 512, SYS_kill, { 0 } },
		{ 512, SYS_tkill, { 0 } }, { 512, SYS_rt_sigqueueinfo, { 0 } },
		{ 32, SYS_accept4, { 0 } }, { 4, SYS_accept4, { 0 } },
	};
	const struct sandbox_needs none = needs_of(0);
	const struct sandbox_filter without = made(&none, SANDBOX_ON);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sandbox_needs needs = needs_of(rows[i].need);
		const struct sandbox_filter with = made(&needs, SANDBOX_STRICT);
		struct seccomp_data d = call(rows[i].number);

		memcpy(d.args, rows[i].args, sizeof(rows[i].args));
		expect(&with, &d, allow);
		expect(&without, &d, rows[i].need == 0 ? allow :
		    rows[i].number >= 424 ? enosys : eperm);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct sandbox_needs needs = needs_of(refused[i].need);
		const struct sandbox_filter with = made(&needs, SANDBOX_STRICT);
		struct seccomp_data d = call(refused[i].number);

		memcpy(d.args, refused[i].args, sizeof(refused[i].args));
		expect(&with, &d, kill_all);
	}
}

/* Never, whatever is needed. */
static void
t_never(void **state)
{
	static const struct {
		int number;
		uint64_t args[4];
	} rows[] = {
		{ SYS_execve, { 0 } }, { SYS_execveat, { 0 } },
		{ SYS_mmap, { 0, 1, 7 } }, { SYS_mprotect, { 0, 1, 4 } },
		{ SYS_socket, { AF_INET, SOCK_RAW, IPPROTO_ICMP } },
		{ SYS_socket, { AF_INET, SOCK_STREAM, 262 /* MPTCP */ } },
		{ SYS_socket, { AF_INET, SOCK_SEQPACKET, 132 /* SCTP */ } },
		{ SYS_socket, { AF_INET, SOCK_SEQPACKET, IPPROTO_TCP } },
		{ SYS_socket, { AF_INET, SOCK_STREAM, IPPROTO_UDP } },
		{ SYS_socket, { AF_UNIX, SOCK_STREAM, 0 } },
		{ SYS_socket, { AF_NETLINK, SOCK_DGRAM, 0 } },
		{ SYS_socket, { AF_PACKET, SOCK_DGRAM, 0 } },
		{ SYS_sendto, { 0, 0, 0, MSG_FASTOPEN | MSG_NOSIGNAL } },
		{ SYS_sendmsg, { 0 } }, { SYS_setsockopt, { 3, IPPROTO_IP } },
		{ SYS_ioctl, { 0, TIOCSTI } }, { SYS_ioctl, { 0, TIOCLINUX } },
		{ SYS_clone, { SIGCHLD | CLONE_NEWUSER } },
		{ SYS_clone, { CLONE_VM | CLONE_THREAD | CLONE_SIGHAND } },
		{ SYS_clone, { SIGCHLD | CLONE_VM | CLONE_VFORK } },
		{ SYS_prctl, { PR_CAP_AMBIENT } },
		{ SYS_prlimit64, { 1 } },
		{ SYS_fcntl, { 3, F_SETOWN } }, { SYS_fcntl, { 3, F_SETSIG } },
		{ SYS_fcntl, { 3, F_SETOWN_EX } },
		{ SYS_linkat, { 0 } }, { SYS_symlinkat, { 0 } },
		{ SYS_fchmodat, { 0 } }, { SYS_mknodat, { 0 } },
		{ SYS_setxattr, { 0 } }, { SYS_truncate, { 0 } },
	};
	const struct sandbox_needs needs = needs_of(ALL_NEEDS);
	const struct sandbox_filter f = made(&needs, SANDBOX_ON);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seccomp_data d = call(rows[i].number);

		memcpy(d.args, rows[i].args, sizeof(rows[i].args));
		expect(&f, &d, eperm);
	}
}

/* Room for a few more, and the structure that the kernel wants. */
static void
t_size(void **state)
{
	const struct sandbox_needs needs = needs_of(ALL_NEEDS);

	(void)state;
	assert_in_range(made(&needs, SANDBOX_ON).n, 100,
	    SANDBOX_OPS_MAX - 30);
	assert_int_equal(sizeof(struct sandbox_op), sizeof(struct sock_filter));
	assert_int_equal(SANDBOX_KILL, kill_all);
	assert_int_equal(SANDBOX_ALLOW, allow);
	assert_int_equal(SANDBOX_ERRNO, SECCOMP_RET_ERRNO);
#if defined(__x86_64__)
	assert_int_equal(sandbox_architecture, AUDIT_ARCH_X86_64);
#elif defined(__aarch64__)
	assert_int_equal(sandbox_architecture, AUDIT_ARCH_AARCH64);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_numbers), cmocka_unit_test(t_conditions),
		cmocka_unit_test(t_programs), cmocka_unit_test(t_architecture),
		cmocka_unit_test(t_names), cmocka_unit_test(t_never),
		cmocka_unit_test(t_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
