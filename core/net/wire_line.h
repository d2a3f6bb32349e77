/* wire_line.h - what the lines of a message are made of. For wire*.c only. */
#ifndef NET_WIRE_LINE_H
#define NET_WIRE_LINE_H

#include "net/wire.h"

/* tchar and token, RFC 9110 5.6.2. */
bool wire_token_char(char c);
bool wire_token(struct str s);

/* A byte that no field value may hold, but for TAB (RFC 9110 5.5). */
bool wire_control(char c);

/* One byte of a line; *end: it is the last. A line ends in CRLF and holds
 * neither of the two: that a recipient may take a bare LF for a line end (RFC
 * 9112 2.2) is how two of them come to see different messages.
 */
MUST_USE bool wire_line_byte(struct wire *w, char c, bool *end, struct err *e);

#endif
