#include <limits.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/process.h"

/* Our own ELF header, which the linker puts into memory with the program. */
extern const char __ehdr_start[];

enum {
	/* Of unused stack; as far beneath ours, nothing else is mapped. */
	STACK_BYTES = 256 << 10,
	STACK_MARGIN = 4 << 10,	/* for who gives the rest back */
	/* Of a mapping; see give_back. */
	BLOCK_BYTES = 16 << 10,
};

void
process_forget(void *p, size_t n)
{
	uintptr_t page = (uintptr_t)getpagesize();
	uintptr_t from = ((uintptr_t)p + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)p + n) / page * page;

	if (from < end)
		(void)madvise((void *)from, end - from, MADV_DONTNEED);
}

/* What is read of a file comes with all around it that is cached, 64 KiB of it,
 * but not beyond a mapping's end. So the program is made into many of them, by
 * advice that is no other than before but differs from one to the next: then
 * the few places that a process waits in take 16 KiB each. A block that is no
 * whole page is refused, and nothing lost.
 */
static void
give_back(uintptr_t from, size_t n)
{
	for (size_t i = 0; i * BLOCK_BYTES < n; i++) {
		size_t left = n - i * BLOCK_BYTES;

		(void)madvise((void *)(from + i * BLOCK_BYTES),
		    left < BLOCK_BYTES ? left : BLOCK_BYTES,
		    i % 2 ? MADV_RANDOM : MADV_NORMAL);
	}
	(void)madvise((void *)from, n, MADV_DONTNEED);
}

/* The first part last, since it has the table of them. */
static void
give_back_program(void)
{
	const ElfW(Ehdr) *own = (const void *)__ehdr_start;
	const ElfW(Phdr) *p = (const void *)(__ehdr_start + own->e_phoff);
	/* One that may be anywhere counts from where it is. */
	uintptr_t base = own->e_type == ET_DYN ? (uintptr_t)__ehdr_start : 0;

	for (size_t i = own->e_phnum; i-- > 0;)
		if (p[i].p_type == PT_LOAD && !(p[i].p_flags & PF_W))
			give_back(base + p[i].p_vaddr, p[i].p_memsz);
}

static int
wait_until(struct pollfd *p, size_t count, int64_t until)
{
	int64_t left = until - process_clock_ms();

	return poll(p, count, left < 0 ? 0 :
	    left > INT_MAX ? INT_MAX : (int)left);
}

int
process_wait(struct pollfd *p, size_t count, int64_t until,
    const struct arena *a)
{
	int64_t quiet = process_clock_ms() + PROCESS_QUIET_MS;
	char *stack = __builtin_frame_address(0);
	int n = wait_until(p, count, until < quiet ? until : quiet);

	if (n != 0 || until <= quiet)
		return n;
	process_forget(a->p + a->used, a->cap - a->used);
	process_forget(stack - STACK_BYTES, STACK_BYTES - STACK_MARGIN);
	give_back_program();
	return wait_until(p, count, until);
}
