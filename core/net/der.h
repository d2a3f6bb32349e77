/* der.h - one step through DER (ITU-T X.690, clauses 8 and 10).
 *
 * Strict: definite lengths in their shortest form, tags of one byte. Views
 * point into what was given. Pure.
 */
#ifndef NET_DER_H
#define NET_DER_H

#include <stdbool.h>

#include "base/str.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};

struct der {
	unsigned char tag;	/* class, constructed bit and number */
	struct str body;	/* what is inside */
	struct str whole;	/* with tag and length */
};

/* Take the first element off *s. False when there is none or it is not DER;
 * *s and *el are then left alone.
 */
bool der_next(struct str *s, struct der *el);

/* The same, but only an element of that tag; body may be NULL. */
bool der_take(struct str *s, unsigned char tag, struct str *body);

/* Exactly one element of that tag, and nothing behind it. */
bool der_only(struct str s, unsigned char tag, struct str *body);

#endif
