#include "tests/unit/refuse.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "t.h"

#define CALLS_MAX 8

/* For each call, a test of its number, of an argument, and an answer; then all
 * else passes.
 */
static bool
install(const struct refuse *calls, size_t count)
{
	struct sock_filter code[1 + 5 * CALLS_MAX];
	struct sock_fprog filter = { 0, code };
	unsigned short n = 0;

	for (size_t i = 0; i < count; i++) {
		const unsigned call = (unsigned)calls[i].call;
		const unsigned arg = call >> 12 & 7;
		const unsigned char skip = arg ? 3 : 1;

		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W |
		    BPF_ABS, offsetof(struct seccomp_data, nr));
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ |
		    BPF_K, call & 0xfff, 0, skip);
		if (arg) {
			/* The lower half, on the little-endian. */
			code[n++] = (struct sock_filter)BPF_STMT(BPF_LD |
			    BPF_W | BPF_ABS, (unsigned)(offsetof(
			    struct seccomp_data, args) +
			    8 * (arg - 1)));
			code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP |
			    BPF_JEQ | BPF_K, call >> 16, 0, 1);
		}
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		    SECCOMP_RET_ERRNO | (unsigned)calls[i].code);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    SECCOMP_RET_ALLOW);
	filter.len = n;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool
refuse_run(const struct refuse *calls, size_t count,
    bool (*act)(void *me, struct err *e), void *me, struct err *e)
{
	struct said {
		bool done;
		struct err e;
	} *said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool done;
	int status;
	pid_t pid;

	assert_true(said != MAP_FAILED);
	assert_true(count <= CALLS_MAX);
	pid = fork();
	if (pid == 0) {
		if (!install(calls, count))
			_exit(1);
		said->done = act(me, &said->e);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	done = said->done;
	*e = said->e;
	assert_int_equal(munmap(said, sizeof(*said)), 0);
	return done;
}
