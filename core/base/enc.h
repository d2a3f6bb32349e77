/* enc.h - hex, base64 (RFC 4648) and percent-encoding (RFC 3986). */
#ifndef BASE_ENC_H
#define BASE_ENC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* 0..15, or -1. */
int hex_digit(char c);

/* Append the bytes of s as lower-case hex. */
void buf_hex(struct buf *b, struct str s);

/* Append the SHA-1 of s as 40 lower-case hex digits: what the AWS CLI names
 * its cache files by. It protects nothing.
 */
void buf_sha1_hex(struct buf *b, struct str s);

/* Append s in base64, padded, no line breaks (RFC 4648 section 4). */
void buf_base64(struct buf *b, struct str s);

/* The same for URLs, without padding (section 5; RFC 7515 section 2). */
void buf_base64url(struct buf *b, struct str s);

/* Append what s encodes: padded base64, canonical (unused bits zero); with
 * blanks set, blanks and line ends may stand anywhere in it. False for anything
 * else and when b is full; what comes before that is then in b.
 */
MUST_USE bool base64_add(struct buf *b, struct str s, bool blanks);

/* Decode padded base64, no blanks, canonical (unused bits zero). *out is
 * copied into a. ERR_REPLY on anything else.
 */
MUST_USE bool base64_decode(struct str s, struct arena *a, struct str *out,
    struct err *e);

/* Append s with every byte outside A-Z a-z 0-9 - . _ ~ and outside keep as
 * %XX, upper case (RFC 3986 2.1, 2.3).
 */
void buf_percent(struct buf *b, struct str s, const char *keep);

#endif
