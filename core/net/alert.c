#include "net/alert.h"

#include <stddef.h>

#include <bearssl.h>

/* RFC 5246 7.2, RFC 6066 9, RFC 7301 3.2 and others of the IANA registry. */
static const struct {
	int number;
	const char *name;
} alerts[] = {
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac" },
	{ 22, "record_overflow" },
	{ 40, "handshake_failure: no cipher suite, curve or signature in"
	    " common" },
	{ 42, "bad_certificate" },
	{ 43, "unsupported_certificate" },
	{ 46, "certificate_unknown" },
	{ 47, "illegal_parameter" },
	{ 48, "unknown_ca" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 70, "protocol_version: it offers no TLS 1.2" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 90, "user_canceled" },
	{ 100, "no_renegotiation" },
	{ 109, "missing_extension" },
	{ 112, "unrecognized_name: it does not know this host" },
	{ 116, "certificate_required: it wants a client certificate" },
	{ 120, "no_application_protocol: it offers no http/1.1" },
};

/* What BearSSL finds wrong, where more can be said than a number. */
static const struct {
	int code;
	const char *text;
} errors[] = {
	{ BR_ERR_BAD_PARAM, "malformed handshake message" },
	{ BR_ERR_UNSUPPORTED_VERSION, "server offers no TLS 1.2" },
	{ BR_ERR_BAD_VERSION, "record of another TLS version" },
	{ BR_ERR_BAD_LENGTH, "record of a wrong length" },
	{ BR_ERR_TOO_LARGE, "record larger than 16 KiB" },
	{ BR_ERR_BAD_MAC, "record was changed on its way (bad MAC)" },
	{ BR_ERR_UNEXPECTED, "message out of turn" },
	{ BR_ERR_BAD_HANDSHAKE, "malformed handshake message" },
	{ BR_ERR_BAD_CIPHER_SUITE, "server chose a cipher suite that was not"
	    " offered" },
	{ BR_ERR_BAD_FINISHED, "handshake was changed on its way (bad"
	    " Finished)" },
	{ BR_ERR_INVALID_ALGORITHM, "server chose a curve or signature that"
	    " was not offered" },
	{ BR_ERR_BAD_SIGNATURE, "server does not hold its certificate's key"
	    " (bad signature)" },
	{ BR_ERR_WRONG_KEY_USAGE, "certificate's key does not fit the cipher"
	    " suite" },
};

bool
alert_explain(int code, struct err *e)
{
	int alert = code - BR_ERR_RECV_FATAL_ALERT;

	if (code == BR_ERR_OK)
		return err_set(e, ERR_NET, "server closed the connection");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == code)
			return err_set(e, ERR_REPLY, "%s", errors[i].text);
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (alerts[i].number == alert)
			return err_set(e, ERR_REPLY, "server refused with %s",
			    alerts[i].name);
	if (alert >= 0 && alert < 256)
		return err_set(e, ERR_REPLY, "server refused with alert %d",
		    alert);
	return err_set(e, ERR_REPLY, "protocol error %d", code);
}
