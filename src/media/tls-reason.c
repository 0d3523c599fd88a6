/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/tls-reason.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"

#define BUFFER (16 * 1024)
#define NAME_MAX_BYTES 48 /* of what a server calls itself, as far as it is repeated */

struct look {
	const char *host;
	bool system; /* the system's authorities, and no file of ours */
	gnutls_session_t session;
	gnutls_certificate_credentials_t trust;
	gnutls_x509_crt_t certificate;
};

/* The peer may have put anything into its names. */
static void clean(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static const char *name_of(gnutls_x509_crt_t c, char ret[static NAME_MAX_BYTES])
{
	size_t size = NAME_MAX_BYTES;

	/* The second name is that of old certificates. */
	if (gnutls_x509_crt_get_subject_alt_name(c, 0, ret, &size, NULL) != GNUTLS_SAN_DNSNAME) {
		size = NAME_MAX_BYTES;
		if (gnutls_x509_crt_get_dn_by_oid(
			    c, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ret, &size) < 0)
			snprintf(ret, NAME_MAX_BYTES, "another one");
	}
	ret[NAME_MAX_BYTES - 1] = '\0';
	clean(ret);
	return ret;
}

static const char *issuer_of(gnutls_x509_crt_t c, char ret[static NAME_MAX_BYTES])
{
	size_t size = NAME_MAX_BYTES;

	if (gnutls_x509_crt_get_issuer_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ret, &size) <
		0)
		snprintf(ret, NAME_MAX_BYTES, "somebody without a name");
	ret[NAME_MAX_BYTES - 1] = '\0';
	clean(ret);
	return ret;
}

static const char *date_of(time_t when, char ret[static 16])
{
	struct tm tm;

	if (when == (time_t) -1 || !gmtime_r(&when, &tm) || !strftime(ret, 16, "%Y-%m-%d", &tm))
		snprintf(ret, 16, "long ago");
	return ret;
}

/* What is to be done first comes first. Returns whether there are words. */
static bool judge(const struct look *l, unsigned status, char *why, size_t size)
{
	time_t end = gnutls_x509_crt_get_expiration_time(l->certificate);
	char name[NAME_MAX_BYTES], date[16];

	if ((status & GNUTLS_CERT_EXPIRED) && end != (time_t) -1 && end > time(NULL))
		snprintf(why, size,
			"the server's certificate is from an authority whose own has expired: the "
			"server must send another chain, or %s is old",
			l->system ? "what this system trusts" : "output.ca_file");
	else if (status & GNUTLS_CERT_EXPIRED)
		snprintf(why, size,
			"the server's certificate expired on %s: it must be renewed there, or the "
			"clock here is wrong",
			date_of(end, date));
	else if (status & GNUTLS_CERT_NOT_ACTIVATED)
		snprintf(why, size,
			"the server's certificate begins on %s only: is the clock here right?",
			date_of(gnutls_x509_crt_get_activation_time(l->certificate), date));
	else if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA))
		snprintf(why, size, "the server's certificate is from %s, who is not trusted: %s",
			issuer_of(l->certificate, name),
			l->system ? "set output.ca_file to its authority's"
				  : "it is not in output.ca_file");
	else if (status & GNUTLS_CERT_REVOKED)
		snprintf(why, size, "the server's certificate was revoked: it needs a new one");
	else if (status & GNUTLS_CERT_INSECURE_ALGORITHM)
		snprintf(why, size,
			"the server's certificate is signed in a way that is broken: it needs a "
			"new one");
	else if (status)
		snprintf(why, size, "the server's certificate is not valid (GnuTLS status %#x)",
			status);
	else if (!gnutls_x509_crt_check_hostname(l->certificate, l->host))
		snprintf(why, size,
			"the server's certificate is for %s, and not for %.64s as in the URL",
			name_of(l->certificate, name), l->host);
	else
		return false;
	return true;
}

static int take_certificate(struct look *l)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(l->session, &n);

	if (!chain || n == 0 || gnutls_x509_crt_init(&l->certificate) < 0)
		return -ENODATA;
	return gnutls_x509_crt_import(l->certificate, &chain[0], GNUTLS_X509_FMT_DER) < 0 ? -EBADMSG
											  : 0;
}

static int shake_hands(struct look *l, int fd, const struct wire_guard *g)
{
	int r, t;

	for (;;) {
		r = gnutls_handshake(l->session);
		if (r >= 0)
			return 0;
		if (r != GNUTLS_E_AGAIN && gnutls_error_is_fatal(r))
			return r;
		t = wire_wait(fd, gnutls_record_get_direction(l->session) ? POLLOUT : POLLIN, g);
		if (t < 0)
			return GNUTLS_E_TIMEDOUT;
	}
}

static bool begin(struct look *l, int fd, const char *ca_file)
{
	int r;

	if (gnutls_certificate_allocate_credentials(&l->trust) < 0)
		return false;
	l->system = !ca_file || !*ca_file;
	if (l->system)
		r = ca_file ? gnutls_certificate_set_x509_system_trust(l->trust) : 0;
	else
		r = gnutls_certificate_set_x509_trust_file(l->trust, ca_file, GNUTLS_X509_FMT_PEM);
	/* Nobody is trusted then, as libavformat sees it. */
	(void) r;
	if (gnutls_init(&l->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK) < 0 ||
		gnutls_set_default_priority(l->session) < 0 ||
		gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, l->trust) < 0)
		return false;
	/* What is an address must not be told as a name. */
	if (!strchr(l->host, ':') && l->host[strspn(l->host, "0123456789.")])
		(void) gnutls_server_name_set(
			l->session, GNUTLS_NAME_DNS, l->host, strlen(l->host));
	gnutls_transport_set_int(l->session, fd);
	return true;
}

/* Who sends an alert speaks TLS. */
static void judge_handshake(const struct look *l, int error, char *why, size_t size)
{
	const char *alert = NULL;

	if (error == GNUTLS_E_FATAL_ALERT_RECEIVED)
		alert = gnutls_alert_get_name(gnutls_alert_get(l->session));
	if (alert)
		snprintf(why, size, "the server breaks off TLS: %s", alert);
	else
		snprintf(why, size,
			"no TLS is spoken there (%s): is it the port of rtmps, or should it be "
			"rtmp://?",
			gnutls_strerror(error));
}

static bool look(struct look *l, int fd, const char *ca_file, const struct wire_guard *g, char *why,
	size_t size)
{
	unsigned status = 0;
	int r;

	if (!begin(l, fd, ca_file))
		return false;
	r = shake_hands(l, fd, g);
	if (r == GNUTLS_E_TIMEDOUT)
		return false;
	if (r < 0) {
		judge_handshake(l, r, why, size);
		return true;
	}
	if (!ca_file || take_certificate(l) < 0 ||
		gnutls_certificate_verify_peers2(l->session, &status) < 0)
		return false;
	return judge(l, status, why, size);
}

bool tls_reason(const char *host, const char *port, const char *ca_file, const struct wire_guard *g,
	char *why, size_t why_size)
{
	struct look l = { .host = host };
	_cleanup_(closep) int fd = -1;
	char unused[160];
	bool found;

	if (wire_dial(host, port, BUFFER, g, &fd, unused, sizeof(unused)) < 0)
		return false;
	found = look(&l, fd, ca_file, g, why, why_size);
	if (l.certificate)
		gnutls_x509_crt_deinit(l.certificate);
	if (l.session)
		gnutls_deinit(l.session);
	if (l.trust)
		gnutls_certificate_free_credentials(l.trust);
	return found;
}
