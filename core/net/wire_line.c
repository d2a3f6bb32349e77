#include "net/wire_line.h"

bool
wire_token_char(char c)
{
	return char_alnum(c) || str_has(S("!#$%&'*+-.^_`|~"), c);
}

bool
wire_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!wire_token_char(s.p[i]))
			return false;
	}
	return s.n > 0;
}

bool
wire_control(char c)
{
	unsigned char u = (unsigned char)c;

	return u < ' ' || u == 0x7f;
}

bool
wire_line_byte(struct wire *w, char c, bool *end, struct err *e)
{
	if (w->cr != (c == '\n'))
		return err_set(e, ERR_REPLY, "%s in the answer's framing"
		    " (RFC 9112 2.2)", w->cr ? "CR without LF" :
		    "LF without CR");
	if (wire_control(c) && c != '\t' && c != '\r' && c != '\n')
		return err_set(e, ERR_REPLY, "byte 0x%02x in the answer's"
		    " framing (RFC 9110 5.5)", (unsigned)c);
	*end = w->cr;
	w->cr = c == '\r';
	return true;
}
