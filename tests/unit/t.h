/* t.h - what every unit test starts with: cmocka, an arena, a memory edge. */
#ifndef TESTS_T_H
#define TESTS_T_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A fresh arena of 64 MiB, the same memory at every call. */
static inline struct arena
t_arena(void)
{
	static _Alignas(16) char mem[64 << 20];

	return (struct arena){ mem, sizeof(mem), 0 };
}

/* Place s so that its last byte is the last byte of readable memory: a read
 * past the end faults, whatever the compiler or sanitizer. One at a time.
 */
static inline struct str
t_edge(struct str s)
{
	static char *end;
	enum { ROOM = 16 << 20 };

	if (!end) {
		long page = sysconf(_SC_PAGESIZE);
		char *p = mmap(NULL, (size_t)(ROOM + page),
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		assert_true(p != MAP_FAILED);
		end = p + ROOM;
		assert_int_equal(mprotect(end, (size_t)page, PROT_NONE), 0);
	}
	assert_true(s.n <= ROOM);
	if (s.n)
		memcpy(end - s.n, s.p, s.n);
	return (struct str){ end - s.n, s.n };
}

#define assert_str_equal(a, b) t_str_equal((a), (b), __FILE__, __LINE__)
static inline void
t_str_equal(struct str a, struct str b, const char *file, int line)
{
	if (str_eq(a, b))
		return;
	print_error("\"%.*s\" != \"%.*s\"\n", STR_ARG(a), STR_ARG(b));
	_fail(file, line);
}

#endif
