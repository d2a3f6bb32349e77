/* words.h - a command line divided into words, without a shell.
 *
 * Source: Python's shlex.split(), by which botocore divides credential_process;
 * its rules are those of POSIX XCU 2.2 and 2.3, with two differences: in double
 * quotes a backslash escapes only a double quote or itself, and none ever joins
 * two lines.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* The words of s, each with a NUL behind it, then NULL: as execvp(3) wants
 * them. Blanks, tabs, CR and LF part words; quotes make an empty one possible;
 * nothing is a comment. *count may be 0. In a. ERR_USAGE with the byte offset:
 * a quote without its end, a backslash at the end, a NUL byte; ERR_LIMIT: more
 * than PROGRAM_WORDS_MAX words, or a is full. Outputs are left alone then.
 */
MUST_USE bool words_split(struct str s, struct arena *a,
    const char *const **words, size_t *count, struct err *e);

/* What in s only a shell can do, as a view of s; n == 0: nothing. That is, not
 * quoted: | & ; < > ( ) anywhere, ~ at the head of a word, NAME= at the head of
 * the first; not quoted or in double quotes: a backquote, and $ before a name,
 * { or (. Wildcards count as nothing, since they stay as they are where no file
 * fits, and URLs have them.
 */
struct str words_shell(struct str s);

#endif
