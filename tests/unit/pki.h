/* pki.h - authorities and certificates for tests: see pki.sh. */
#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define PKI_NOW INT64_C(1811808000)	/* 2027-06-01T00:00:00Z */

/* cmocka's group set-up and tear-down: make them all, in a directory of their
 * own, and remove it.
 */
int pki_make(void **state);
int pki_remove(void **state);

/* Path of a file there; the same memory at every call. */
const char *pki_path(const char *name);

/* All of such a file, in a. */
struct str pki_file(const char *name, struct arena *a);

#endif
