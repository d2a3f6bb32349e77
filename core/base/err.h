/* err.h - the one error type.
 *
 * A function that can fail returns bool and takes struct err * last. True:
 * *e is untouched. False: *e holds a message fit to print as it stands.
 * Nothing below applets/main.c prints an error or exits.
 *
 * Messages are lower case, one line, without a full stop: operation first,
 * subject in single quotes, then the cause. Every byte that is not printable
 * ASCII becomes '?' here, in one place, so that neither a server nor a file
 * can drive the user's terminal.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum err_kind {
	ERR_NONE,
	ERR_USAGE,	/* bad arguments: exit 2 */
	ERR_ABSENT,	/* looked, not there: the caller may go on */
	ERR_SYS,	/* the operating system refused */
	ERR_NET,	/* DNS, connect, TLS, time-out, an answer cut off: a
			   retry may help */
	ERR_TRUST,	/* the peer is not who it should be: no retry */
	ERR_REPLY,	/* the peer broke its protocol */
	ERR_DENIED,	/* AWS refused us */
	ERR_LIMIT,	/* larger than a bound in limits.h */
};

#define ERR_MSG_MAX 1024	/* bytes, with the final NUL */

struct err {
	enum err_kind kind;
	char msg[ERR_MSG_MAX];
};

/* All return false, so that a failure is one statement. A message that does
 * not fit ends in "...".
 */
bool err_set(struct err *e, enum err_kind k, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* ERR_SYS (ERR_ABSENT for ENOENT and ENOTDIR), the text, ": " and the text of
 * errno. Call it on the line after the failing call.
 */
bool err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Put "text: " before the message; the kind stays. */
bool err_in(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Format into out (n bytes, NUL included), printable ASCII only. For notes
 * that are not errors.
 */
void err_text(char *out, size_t n, const char *fmt, va_list ap);

#endif
