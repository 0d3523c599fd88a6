# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers of rtmps:// that are not to be trusted, or speak no TLS: the journal and the status say what
is wrong and what is to be done, and show no key."""

import os
import ssl
import subprocess

import peers
from kit import wait_for

KEY = "hush-hush"

CA = """
[ca]
default_ca = d
[d]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
policy = p
default_md = sha256
x509_extensions = e
[p]
commonName = supplied
[e]
subjectAltName = {names}
basicConstraints = critical,CA:TRUE
"""


class Certificate:
    """One with dates of its own, that vouches for itself unless another one does."""

    def __init__(self, k, name, begins="20200101000000Z", ends="20991231000000Z", names="IP:127.0.0.1",
                 authority=None):
        folder = k.path(name)
        os.mkdir(folder)
        self.certificate, self.key = (os.path.join(folder, n) for n in ("cert.pem", "key.pem"))
        request, conf = (os.path.join(folder, n) for n in ("csr", "ca.conf"))
        with open(conf, "w", encoding="ascii") as f:
            f.write(CA.format(folder=folder, names=names))
        with open(os.path.join(folder, "index"), "w", encoding="ascii"):
            pass
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", self.key,
                     "-out", request)
        by = ("-cert", authority.certificate, "-keyfile", authority.key) if authority else \
            ("-selfsign", "-keyfile", self.key)
        self.openssl("ca", "-batch", "-notext", *by, "-config", conf, "-in", request, "-startdate", begins,
                     "-enddate", ends, "-out", self.certificate)

    @staticmethod
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Server(peers.Peer):
    """Shakes hands, and says no more."""

    def __init__(self, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.certificate, certificate.key)
        super().__init__()

    def serve(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)


class Picky(Server):
    """Shakes hands with nobody who asks for it by name."""

    def __init__(self, certificate):
        super().__init__(certificate)
        self.context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME


def refused(k, what, port, words, host="127.0.0.1", **settings):
    """A run that sends there says these words, and neither the key nor what libavformat makes of it."""
    sets = ["output.backoff_min=100ms"] + [f"output.{n}={v}" for n, v in settings.items()]
    p = k.run(outputs=[f"rtmps://{host}:{port}/live/{KEY}"], sets=sets)
    k.ok(p.says(words), f"{what}: {words}", p.err())
    p.stop()
    k.ok(KEY not in p.err() + str(k.stats(p)), f"{what}: the key is not shown", p.err())
    return k.stats(p)["outputs"][0]


def run(k):
    good = Certificate(k, "stream.example")
    server = k.server(Server(good))
    o = refused(k, "nobody's", server.port, "the server's certificate is from stream.example, who is not "
                "trusted: set output.ca_file to its authority's")
    k.ok("who is not trusted" in o["last_error"] and len(o["last_error"]) < 160,
         "the status says it as well", o)
    other = Certificate(k, "other")
    refused(k, "of another authority", server.port, "it is not in output.ca_file",
            ca_file=other.certificate)
    refused(k, "another name", server.port, "the server's certificate is for stream.example, and not for "
            "localhost as in the URL", host="localhost", ca_file=good.certificate)
    old = Certificate(k, "old", ends="20210203000000Z")
    refused(k, "expired", k.server(Server(old)).port, "the server's certificate expired on 2021-02-03: it "
            "must be renewed there, or the clock here is wrong", ca_file=old.certificate)
    refused(k, "of an authority that is", k.server(Server(Certificate(k, "new", authority=old))).port,
            "from an authority whose own has expired: the server must send another chain, or output.ca_file "
            "is old", ca_file=old.certificate)
    young = Certificate(k, "young", begins="20980203000000Z")
    refused(k, "not yet valid", k.server(Server(young)).port, "the server's certificate begins on "
            "2098-02-03 only: is the clock here right?", ca_file=young.certificate)
    refused(k, "one that does not want to", k.server(Picky(good)).port, "the server breaks off TLS: The "
            "server name sent was not recognized", host="localhost", ca_file=good.certificate)
    plain = k.nginx()
    refused(k, "a web server", plain.http, "no TLS is spoken there")
    refused(k, "a web server, and nothing verified", plain.http, "no TLS is spoken there",
            tls_verify="false")
    refused(k, "an RTMP server", plain.rtmp, "no answer within 0.5 s (is TLS spoken there?)",
            connect_timeout="500ms")
    # What is wrong is found out by one more connection, and not by one for ever.
    before = server.accepted
    p = k.run(outputs=[f"rtmps://127.0.0.1:{server.port}/live/{KEY}"], sets=["output.backoff_min=30s",
                                                                              "output.backoff_max=30s"])
    k.ok(p.says("who is not trusted") and wait_for(lambda: server.accepted >= before + 2),
         "a second connection looks", server.accepted - before)
    p.stop()
    k.ok(server.accepted == before + 2, "and no third", server.accepted - before)
