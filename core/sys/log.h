/* log.h - notes for people, on standard error.
 *
 * "warning:" lines always, details only with -v. Never a secret: names of
 * header fields, not their values. Text is made printable.
 */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#include <stdbool.h>

#include "base/str.h"

/* One line "prefix: text" to standard error, in one write. */
void log_line(struct str prefix, struct str text);

#endif
