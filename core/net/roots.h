/* roots.h - the authorities that this program trusts without being told to.
 *
 * Amazon Root CA 1 to 4 and Starfield Services Root CA G2, made at build time
 * from Debian's ca-certificates (scripts/roots) and checked there against
 * scripts/roots.sha256. Constant, valid for ever.
 * Source: www.amazontrust.com/repository
 */
#ifndef NET_ROOTS_H
#define NET_ROOTS_H

#include <stddef.h>

#include <bearssl.h>

extern const br_x509_trust_anchor trust_roots[];
extern const size_t trust_roots_count;

#endif
