/* dns_message.h - one DNS question, and what an answer to it says.
 *
 * Bytes in, bytes out; no I/O. Only what a stub resolver needs: class IN,
 * A, AAAA and CNAME. Everything else in an answer is checked for shape and
 * passed over.
 *
 * We ask without EDNS. Both glibc and musl do so unless told otherwise, so
 * every network where those work lets us through; servers and middle boxes
 * that answer EDNS with FORMERR or silence are still about, and address
 * answers rarely outgrow 512 bytes. Those that do come with TC and are asked
 * again over TCP.
 * Source: RFC 1035 section 4, RFC 3596, RFC 5452 section 9.
 */
#ifndef NET_DNS_MESSAGE_H
#define NET_DNS_MESSAGE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/addr.h"

/* Header, a name in wire form, type and class (RFC 1035 4.1). */
#define DNS_QUESTION_MAX (12u + 255u + 4u)

enum dns_type {
	DNS_A = 1,
	DNS_AAAA = 28,
};

struct dns_question {
	uint16_t id;
	enum dns_type type;
	struct str name;	/* dns_name_ok */
};

enum dns_says {
	DNS_NOT_OURS,	/* no answer to this question: wait on */
	DNS_FOUND,	/* one address or more */
	DNS_NO_DATA,	/* the name exists, without an address of this type */
	DNS_NO_NAME,	/* the name does not exist */
	DNS_CUT,	/* truncated: ask over TCP */
	DNS_FAILED,	/* the server cannot or will not tell: see rcode */
	DNS_BROKEN,	/* an answer to this question, but malformed */
};

/* Is name a host name: labels of 1..63 letters, digits, '-' and '_', dots
 * between them, 253 bytes in all? No final dot.
 */
bool dns_name_ok(struct str name);

/* Append the question in wire form: recursion desired, nothing else. */
void dns_question_write(const struct dns_question *q, struct buf *b);

/* What msg says to q. With DNS_FOUND *count addresses, at most max, are in
 * out; further ones are dropped. CNAMEs inside the answer are followed, in
 * whatever order they stand. *rcode is set but for DNS_NOT_OURS.
 */
enum dns_says dns_answer_read(struct str msg, const struct dns_question *q,
    struct addr *out, size_t max, size_t *count, unsigned *rcode);

/* What a server meant by DNS_FAILED. */
const char *dns_rcode_text(unsigned rcode);

#endif
