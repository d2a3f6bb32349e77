/* say.h - a line of an applet's answer. */
#ifndef APPLETS_SAY_H
#define APPLETS_SAY_H

#include "base/err.h"
#include "base/str.h"

/* Write text, subject (made printable, cut after 900 bytes) and a line feed to
 * fd. ERR_SYS.
 */
MUST_USE bool say(int fd, struct str text, struct str subject, struct err *e);

#endif
