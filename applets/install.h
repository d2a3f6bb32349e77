/* install.h - put this binary, its links and its manual pages in place, for
 * hosts without make.
 */
#ifndef APPLETS_INSTALL_H
#define APPLETS_INSTALL_H

#include "applets/applet.h"

/* args: DIR, then names to link that are linked only when named. The running
 * file is copied to DIR/ecrbox; every applet's name becomes a symbolic link
 * to it. What stands in a link's place already, unless it is our own link, is
 * left alone and reported: the others are made, and the run fails. Manual
 * pages in man/ beside the running file go to DIR/../share/man, unless another
 * user may have put them there.
 */
MUST_USE bool install(const struct applet *const *applets, size_t count,
    struct arena *a, int argc, char **args, struct err *e);

#endif
