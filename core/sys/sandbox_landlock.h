/* sandbox_landlock.h - files, ports and signals. For sandbox.c only. */
#ifndef SYS_SANDBOX_LANDLOCK_H
#define SYS_SANDBOX_LANDLOCK_H

#include "sys/sandbox.h"

/* From which version on Landlock can hold what. */
enum {
	LANDLOCK_FILES = 1,
	LANDLOCK_RENAMES = 2,	/* between directories; before, none */
	LANDLOCK_TRUNCATION = 3,
	LANDLOCK_PORTS = 4,
	LANDLOCK_DEVICES = 5,
	LANDLOCK_SIGNALS = 6,
};

/* The kernel's version of Landlock; 0 when it has none, and errno says why. */
int sandbox_landlock_version(void);

/* Hold this process to its needs, as far as that version goes, which is at most
 * the kernel's; no_new_privs is set. False: errno.
 */
MUST_USE bool sandbox_landlock(const struct sandbox_needs *needs, int version);

#endif
