#include "net/tls.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "net/alert.h"
#include "sys/process.h"

/* More than HMAC_DRBG with SHA-256 can hold (NIST SP 800-90A 10.1: 256 bits
 * of strength and half as much for the nonce).
 */
#define ENTROPY_BYTES 48

/* RFC 5246 6.2.1: every record begins with its type. */
enum {
	RECORD_TYPE_FIRST = 20,
	RECORD_TYPE_LAST = 23,
};

/* Host names in the LDH sense, and '_', which some private zones have. The
 * last label is not all digits, so that no form of IPv4 address passes.
 */
static bool
name_copy(struct str name, char out[DNS_NAME_MAX + 1], struct err *e)
{
	struct str rest = name, label = { NULL, 0 };
	uint64_t number;

	if (str_ends(rest, S(".")))
		rest = name = str_head(name, name.n - 1);
	if (name.n == 0)
		return err_set(e, ERR_USAGE, "no host name to verify");
	if (str_has(name, ':'))
		return err_set(e, ERR_USAGE, "'%.*s' is an address; a"
		    " certificate is checked by host name", STR_ARG(name));
	if (name.n > DNS_NAME_MAX || str_ends(name, S(".")))
		return err_set(e, ERR_USAGE, "'%.*s' is no host name",
		    STR_ARG(name));
	while (rest.n) {
		str_cut(rest, '.', &label, &rest);
		if (label.n == 0 || label.n > DNS_LABEL_MAX)
			return err_set(e, ERR_USAGE, "'%.*s' is no host name",
			    STR_ARG(name));
		for (size_t i = 0; i < label.n; i++)
			if (!char_alnum(label.p[i]) && label.p[i] != '-' &&
			    label.p[i] != '_')
				return err_set(e, ERR_USAGE,
				    "'%.*s' is no host name", STR_ARG(name));
	}
	if (str_u64(label, UINT64_MAX, &number))
		return err_set(e, ERR_USAGE, "'%.*s' is an address; a"
		    " certificate is checked by host name", STR_ARG(name));
	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
	return true;
}

/* Set each part by name, so that the linker leaves the others out. Constant
 * time C throughout: for the few kilobytes of an exchange AES-NI's start-up
 * costs more than it saves. RSA before ECDSA, since verifying is cheaper, and
 * ChaCha20 first for the same reason.
 */
static void
set_profile(br_ssl_client_context *c)
{
	static const uint16_t suites[] = {
		BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	};
	static const char *protocols[] = { "http/1.1" };
	br_ssl_engine_context *eng = &c->eng;

	br_ssl_client_zero(c);
	br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(eng, suites,
	    sizeof(suites) / sizeof(suites[0]));
	br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION |
	    BR_OPT_FAIL_ON_ALPN_MISMATCH);
	br_ssl_engine_set_protocol_names(eng, protocols, 1);
	br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(eng, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(eng, &br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(eng, &br_tls12_sha384_prf);
	br_ssl_engine_set_rsavrfy(eng, br_rsa_pkcs1_vrfy_get_default());
	br_ssl_engine_set_ec(eng, &br_ec_all_m31);
	br_ssl_engine_set_ecdsa(eng, br_ecdsa_i31_vrfy_asn1);
	br_ssl_engine_set_gcm(eng, &br_sslrec_in_gcm_vtable,
	    &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(eng, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(eng, br_ghash_ctmul64);
	br_ssl_engine_set_chapol(eng, &br_sslrec_in_chapol_vtable,
	    &br_sslrec_out_chapol_vtable);
	br_ssl_engine_set_chacha20(eng, br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(eng, br_poly1305_ctmul_run);
}

/* BearSSL is built without any source of its own, and a reset without this
 * would fail.
 */
static bool
set_entropy(br_ssl_engine_context *eng, struct err *e)
{
	unsigned char seed[ENTROPY_BYTES];

	if (!process_random(seed, sizeof(seed), e))
		return false;
	br_ssl_engine_inject_entropy(eng, seed, sizeof(seed));
	explicit_bzero(seed, sizeof(seed));
	return true;
}

static bool
wait_for(const struct tls *t, short events, int64_t deadline, struct err *e)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = t->fd, .events = events },
			{ .fd = t->stop ? *t->stop : -1, .events = POLLIN },
		};
		int64_t left = deadline - process_clock_ms();
		int n;

		if (left <= 0)
			return err_set(e, ERR_NET, "timed out");
		n = poll(p, 2, left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0)
			return p[1].revents == 0 ||
			    err_set(e, ERR_NET, "given up");
		if (n < 0 && errno != EINTR)
			return err_sys(e, "poll");
	}
}

/* A connection that broke is the network's failure, whatever errno says. */
static bool
lost(struct err *e, const char *what)
{
	err_sys(e, "%s", what);
	e->kind = ERR_NET;
	return false;
}

static bool
send_some(struct tls *t, int64_t deadline, struct err *e)
{
	br_ssl_engine_context *eng = &t->client.eng;
	size_t n;
	unsigned char *p = br_ssl_engine_sendrec_buf(eng, &n);
	ssize_t sent;

	if (!wait_for(t, POLLOUT, deadline, e))
		return false;
	sent = send(t->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	/* RFC 5246 7.2.1: who has sent close_notify need not wait for ours. */
	if (sent < 0 && eng->shutdown_recv)
		sent = (ssize_t)n;
	if (sent < 0)
		return lost(e, "send");
	br_ssl_engine_sendrec_ack(eng, (size_t)sent);
	return true;
}

static bool
receive_some(struct tls *t, int64_t deadline, struct err *e)
{
	br_ssl_engine_context *eng = &t->client.eng;
	size_t n;
	unsigned char *p = br_ssl_engine_recvrec_buf(eng, &n);
	ssize_t got;

	if (!wait_for(t, POLLIN, deadline, e))
		return false;
	got = recv(t->fd, p, n, MSG_DONTWAIT);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got < 0)
		return lost(e, "receive");
	if (got == 0 && t->open)
		return err_set(e, ERR_NET, "truncated: the connection ended"
		    " without close_notify");
	if (got == 0)
		return err_set(e, ERR_NET, "server closed the connection");
	if (!t->heard && (p[0] < RECORD_TYPE_FIRST || p[0] > RECORD_TYPE_LAST))
		return err_set(e, ERR_REPLY, "server does not speak TLS");
	t->heard = true;
	br_ssl_engine_recvrec_ack(eng, (size_t)got);
	return true;
}

/* Move records until the engine can do one of wanted (BR_SSL_SENDAPP,
 * BR_SSL_RECVAPP) or the server has closed in good order.
 */
static bool
pump(struct tls *t, unsigned wanted, int64_t deadline, struct err *e)
{
	br_ssl_engine_context *eng = &t->client.eng;

	for (;;) {
		unsigned state = br_ssl_engine_current_state(eng);

		if (state & BR_SSL_CLOSED) {
			int code = br_ssl_engine_last_error(eng);

			return code == BR_ERR_OK || alert_explain(code, e);
		}
		if (state & BR_SSL_SENDREC) {
			if (!send_some(t, deadline, e))
				return false;
		} else if (state & wanted) {
			return true;
		} else if (state & BR_SSL_RECVREC) {
			if (!receive_some(t, deadline, e))
				return false;
		} else {
			return err_set(e, ERR_REPLY, "data out of turn");
		}
	}
}

/* Has the server closed in good order? */
static bool
closed(const struct tls *t)
{
	return br_ssl_engine_current_state(&t->client.eng) & BR_SSL_CLOSED;
}

static bool
handshake(struct tls *t, struct trust *trust, int64_t now, int64_t deadline,
    struct err *e)
{
	br_ssl_engine_context *eng = &t->client.eng;
	struct err why;
	bool done;

	set_profile(&t->client);
	if (!set_entropy(eng, e))
		return false;
	br_ssl_engine_set_buffer(eng, t->records, sizeof(t->records), 0);
	br_ssl_engine_set_x509(eng, &trust->vtable);
	trust_begin(trust, now, &why);
	if (!br_ssl_client_reset(&t->client, t->name, 0))
		done = alert_explain(br_ssl_engine_last_error(eng), e);
	else
		done = pump(t, BR_SSL_SENDAPP, deadline, e);
	if (done && closed(t))
		done = alert_explain(BR_ERR_OK, e);
	/* The engine only knows that there was something. */
	if (!done && trust_failed(trust))
		*e = why;
	trust_end(trust);
	return done;
}

bool
tls_start(struct tls *t, int fd, struct str name, struct trust *trust,
    int64_t now, int64_t deadline, struct err *e)
{
	t->fd = fd;
	t->heard = t->open = false;
	if (!name_copy(name, t->name, e))
		err_in(e, "tls");
	else if (!handshake(t, trust, now, deadline, e))
		err_in(e, "tls '%s'", t->name);
	else
		t->open = true;
	if (t->open)
		return true;
	explicit_bzero(t, sizeof(*t));
	return false;
}

bool
tls_read(struct tls *t, char *p, size_t n, size_t *got, int64_t deadline,
    struct err *e)
{
	unsigned char *from;
	size_t have;

	if (!pump(t, BR_SSL_RECVAPP, deadline, e))
		return err_in(e, "tls '%s'", t->name);
	if (closed(t)) {
		*got = 0;
		return true;
	}
	from = br_ssl_engine_recvapp_buf(&t->client.eng, &have);
	if (have > n)
		have = n;
	memcpy(p, from, have);
	br_ssl_engine_recvapp_ack(&t->client.eng, have);
	*got = have;
	return true;
}

/* Let the engine take as much of *s as it likes. */
static bool
write_some(struct tls *t, struct str *s, int64_t deadline, struct err *e)
{
	unsigned char *to;
	size_t room;

	if (!pump(t, BR_SSL_SENDAPP, deadline, e))
		return false;
	if (closed(t))
		return alert_explain(BR_ERR_OK, e);
	to = br_ssl_engine_sendapp_buf(&t->client.eng, &room);
	if (room > s->n)
		room = s->n;
	memcpy(to, s->p, room);
	br_ssl_engine_sendapp_ack(&t->client.eng, room);
	*s = str_skip(*s, room);
	return true;
}

bool
tls_write(struct tls *t, struct str s, int64_t deadline, struct err *e)
{
	while (s.n)
		if (!write_some(t, &s, deadline, e))
			return err_in(e, "tls '%s'", t->name);
	br_ssl_engine_flush(&t->client.eng, 0);
	if (!pump(t, BR_SSL_SENDAPP, deadline, e))
		return err_in(e, "tls '%s'", t->name);
	return true;
}

void
tls_close(struct tls *t)
{
	br_ssl_engine_context *eng = &t->client.eng;
	unsigned char *p;
	ssize_t sent;
	size_t n;

	if (t->open) {
		br_ssl_engine_close(eng);
		while ((p = br_ssl_engine_sendrec_buf(eng, &n)) != NULL) {
			sent = send(t->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (sent <= 0)
				break;
			br_ssl_engine_sendrec_ack(eng, (size_t)sent);
		}
	}
	explicit_bzero(t, sizeof(*t));
}
