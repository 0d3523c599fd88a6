# SPDX-License-Identifier: GPL-2.0-or-later
"""Telling the world: a receiver of webhooks over HTTPS that is dead for a while, a real MQTT broker
that is restarted, a disk that is full, and a teller that is killed."""

import hashlib
import hmac
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

from kit import Failure, free_port, read_text, wait_for

SECRET = "s3cr3t"


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    """A certificate authority of our own, and what it has signed."""

    def __init__(self, k, name):
        self.folder = k.path(name)
        os.mkdir(self.folder)
        self.ca = self.path("ca.pem")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                f"/CN=EGM test {name}", "-keyout", self.path("ca.key"), "-out", self.ca)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sign(self, host):
        """Certificate and key for a name or an address."""
        kind = "IP" if host[0].isdigit() else "DNS"
        with open(self.path("ext"), "w", encoding="ascii") as f:
            f.write(f"subjectAltName={kind}:{host}\n")
        cert, key = self.path(host + ".pem"), self.path(host + ".key")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", key,
                "-out", self.path("csr"))
        openssl("x509", "-req", "-in", self.path("csr"), "-CA", self.ca, "-CAkey",
                self.path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile",
                self.path("ext"), "-out", cert)
        return cert, key


class Receiver:
    """Takes webhooks, over TLS when it has a certificate."""

    def __init__(self, port=0, cert=None):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*cert)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def states(self):
        return [json.loads(body)["state"] for _, body in self.requests]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Teller:
    """egm-notify."""

    def __init__(self, k, *args, before=()):
        self.process = k.spawn([*before, k.programs["notify"], *args], stdin=subprocess.PIPE)
        self.stdin = self.process.child.stdin
        self.asked = 0

    def tell(self, *lines):
        for line in lines:
            self.stdin.write(line.encode() + b"\n")
        self.stdin.flush()

    def status(self):
        """The first receiver's."""
        self.asked += 1
        self.tell("?")
        if not wait_for(lambda: self.process.out().count("\n") >= self.asked):
            raise Failure("egm-notify does not answer")
        return json.loads(self.process.out().splitlines()[self.asked - 1])[0]

    def becomes(self, **figures):
        return wait_for(lambda: figures.items() <= self.status().items())

    def says(self, words):
        return self.process.says(words)

    def end(self):
        self.stdin.close()
        return self.process.wait(5)


class Broker:
    """mosquitto, with what is retained in memory only: a restart forgets it."""

    def __init__(self, k, cert=None, password=None):
        self.k = k
        self.port = free_port()
        self.config = k.path(f"mosquitto-{self.port}.conf")
        lines = [f"listener {self.port} 127.0.0.1", "persistence false"]
        if cert:
            lines += [f"certfile {cert[0]}", f"keyfile {cert[1]}"]
        if password:
            passwords = k.path(f"mosquitto-{self.port}.passwords")
            subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "egm", password],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            os.chmod(passwords, 0o644)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines.append("allow_anonymous true")
        if os.geteuid() == 0:
            lines.append("user root")  # it could not read the folder otherwise
        with open(self.config, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        self.process = None
        self.start()

    def start(self):
        self.process = self.k.spawn(["/usr/sbin/mosquitto", "-c", self.config])
        if not self.process.says(" running"):
            raise Failure(f"mosquitto does not start: {self.process.err()}")

    def stop(self):
        self.process.stop()

    def subscribe(self, *args, topic="#"):
        """mosquitto_sub, a line for each message: retained or not, topic, payload."""
        s = self.k.spawn(["mosquitto_sub", "-h", "127.0.0.1", "-p", self.port, "-q", "1", "-t",
                          topic, "-F", "%r %t %p", *args])
        # Whole ones only, whatever is being written.
        s.lines = lambda: [line[:-1] for line in s.out().splitlines(True) if line.endswith("\n")]
        s.events = lambda: [json.loads(line.split(" ", 2)[2]) for line in s.lines()
                            if line.split(" ", 2)[1].endswith("/event")]
        return s

    def retained(self, topic, *args):
        """What a newcomer is told, None for nothing."""
        s = self.k.spawn(["mosquitto_sub", "-h", "127.0.0.1", "-p", self.port, "-t", topic, "-C",
                          "1", "-W", "2", "--retained-only", "-F", "%p", *args])
        s.wait()
        return s.out().rstrip("\n") or None


def check_webhooks(k, authority):
    receiver = k.server(Receiver(cert=authority.sign("127.0.0.1")))
    url = f"https://127.0.0.1:{receiver.port}/{SECRET}"
    t = Teller(k, f"--webhook={url}", f"--secret={SECRET}", f"--ca={authority.ca}")
    t.tell("PLAYING OTHER")
    k.need(wait_for(lambda: receiver.requests), "a webhook over HTTPS", t.process.err())
    headers, body = receiver.requests[0]
    signed = headers["X-EGM-Timestamp"].encode() + b"." + body
    k.ok(headers["X-EGM-Signature"] ==
         "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest(),
         "its signature", headers)
    n = json.loads(body)
    k.ok(n["id"] == headers["X-EGM-Event-Id"] and n["event"] == "state" and
         n["state"] == "PLAYING" and n["previous"] == "OTHER" and n["machine"] == "m" and
         n["margin"] == 0.5 and abs(n["timestamp"] - float(headers["X-EGM-Timestamp"])) < 30,
         "its object", n)
    k.ok(SECRET not in json.dumps(t.status()) + t.process.err(), "no secret is shown")
    k.ok(t.end() == 0, "ends")

    t = Teller(k, f"--webhook={url}")
    t.tell("A B")
    k.ok(t.says("webhook hook: ") and len(receiver.requests) == 1,
         "an authority that nobody knows is not trusted", t.process.err())
    t.end()


def on_disk(folder):
    """How many notices its files hold."""
    return sum(read_text(os.path.join(d, f)).count("\n")
               for d, _, files in os.walk(folder) for f in files if f.endswith(".spool"))


def check_killed(k):
    """Dead for a while, and the teller is killed in between."""
    port = free_port()
    args = [f"--webhook=http://127.0.0.1:{port}/", f"--folder={k.path('spools')}"]
    told = [f"S{i}" for i in range(1, 301)]
    t = Teller(k, *args)
    t.tell(*[f"{s} -" for s in told[:200]])
    k.need(t.becomes(waiting=200, state="failing"), "nobody takes them", t.process.err())
    k.need(wait_for(lambda: on_disk(k.path("spools")) == 200), "they are on disk")
    t.process.kill()
    t = Teller(k, *args)
    t.tell(*[f"{s} -" for s in told[200:]])
    k.ok(t.becomes(waiting=300), "kill -9 loses none", t.status())
    receiver = k.server(Receiver(port))
    k.ok(t.becomes(waiting=0, sent=300, state="ok"), "they arrive in the end", t.status())
    k.ok(receiver.states() == told, "each once, in order")
    ids = {h["X-EGM-Event-Id"] for h, _ in receiver.requests}
    k.ok(len(ids) == 300, "each with an id of its own")
    k.ok(t.end() == 0, "ends after that")
    modes = {oct(os.stat(os.path.join(d, f)).st_mode & 0o777)
             for d, _, files in os.walk(k.path("spools")) for f in files}
    k.ok(modes == {"0o600"}, "what is on disk is for nobody else", modes)


def check_resolver(k):
    """A resolver that is silent must not hold up the end; libmosquitto asks one in a way that nothing
    can interrupt."""
    resolv = k.path("resolv.conf")
    with open(resolv, "w", encoding="ascii") as f:
        f.write("nameserver 127.0.0.1\noptions timeout:30\n")
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        silent.bind(("127.0.0.1", 53))
    except OSError:
        silent.close()
        k.skip("a silent resolver", "needs root, and port 53")
        return
    k.server(silent)
    inside = ["unshare", "-m", "sh", "-c",
              'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', "sh", resolv]
    if subprocess.run([*inside, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        k.skip("a silent resolver", "no mount namespace")
        return
    for what, args, left in [("webhook", ["--webhook=http://egm.invalid/"], 0),
                             ("MQTT", ["--mqtt=egm.invalid"], 1)]:
        t = Teller(k, *args, before=inside)
        t.tell("A B")
        silent.settimeout(10)
        try:
            asked = silent.recv(512)
        except OSError:
            asked = b""
        k.ok(b"invalid" in asked, f"{what}: the resolver is asked")
        begin = time.monotonic()
        status = t.end()
        k.ok(status == left and time.monotonic() - begin < 2,
             f"{what}: a resolver that is silent does not hold up the end",
             [status, time.monotonic() - begin])
        silent.setblocking(False)
        try:
            while silent.recv(512):
                pass
        except OSError:
            pass


def check_full_disk(k):
    folder = k.path("full")
    os.mkdir(folder)
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False,
            stderr=subprocess.DEVNULL).returncode:
        k.skip("a full disk", "needs root, to mount one")
        return
    try:
        port = free_port()
        args = [f"--webhook=http://127.0.0.1:{port}/", f"--folder={folder}/s"]
        told = [f"S{i}" for i in range(1, 1001)]
        t = Teller(k, *args)
        t.tell(*[f"{s} -" for s in told[:500]])
        k.ok(t.says("spool hook: No space left on device"), "a full disk is said",
             t.process.err())
        k.ok(t.becomes(waiting=500, on_disk=False, dropped=0), "and nothing is lost", t.status())
        k.ok(t.process.err().count("spool hook") == 1, "once", t.process.err())
        subprocess.run(["mount", "-o", "remount,size=4m", folder], check=True)
        k.ok(t.says("spool hook: works") and t.becomes(waiting=500, on_disk=True) and
             wait_for(lambda: on_disk(folder) == 500), "with room again they move there",
             t.process.err())
        t.process.kill()
        t = Teller(k, *args)
        t.tell(*[f"{s} -" for s in told[500:]])
        k.need(t.becomes(waiting=1000), "where the next one finds them", t.status())
        receiver = k.server(Receiver(port))
        k.ok(t.becomes(waiting=0) and receiver.states() == told, "in order")
        t.end()
    finally:
        for p in k.processes:
            p.kill()
        subprocess.run(["umount", folder], check=False)


def check_mqtt(k):
    b = Broker(k)
    s = b.subscribe()
    t = Teller(k, "--mqtt=127.0.0.1", f"--port={b.port}", "--card=port1", "--machine=egm.1",
               "--discovery")
    k.need(wait_for(lambda: b.retained("egm/port1/status") == "online"), "online",
           t.process.err())
    k.ok(b.retained("egm/port1/state") == "UNKNOWN", "no state is told yet")
    config = json.loads(b.retained("homeassistant/sensor/egm_egm_1_port1/state/config") or "{}")
    k.ok(config.get("state_topic") == "egm/port1/state" and
         config.get("availability_topic") == "egm/port1/status" and
         config.get("device_class") == "enum" and "options" not in config and
         config.get("unique_id") == "egm_egm_1_port1_state" and
         config["device"]["name"] == "egm.1 game", "Home Assistant finds it", config)
    t.tell("PLAYING OTHER", "= CREDIT 12.50", "OTHER PLAYING")
    k.ok(t.becomes(sent=3, waiting=0), "three are acknowledged", t.status())
    # The broker has them; who subscribed may get the last one a moment later.
    wait_for(lambda: len(s.events()) == 3)
    k.ok([e.get("state", e.get("value")) for e in s.events()] == ["PLAYING", "12.50", "OTHER"],
         "as events, in order", s.lines())
    k.ok(not any(line.startswith("1 egm/port1/event") for line in s.lines()),
         "which are not retained")
    k.ok(b.retained("egm/port1/state") == "OTHER", "the newest state is retained")
    t.process.send(signal.SIGKILL)
    k.ok(wait_for(lambda: b.retained("egm/port1/status") == "offline"), "kill -9: the last will")
    t = Teller(k, "--mqtt=127.0.0.1", f"--port={b.port}", "--card=port1")
    k.ok(wait_for(lambda: b.retained("egm/port1/status") == "online") and
         b.retained("egm/port1/state") == "UNKNOWN", "a new one does not show the old state")
    t.tell("LAST OTHER")
    k.ok(t.end() == 0 and b.retained("egm/port1/status") == "offline" and
         b.retained("egm/port1/state") == "LAST",
         "an orderly end says what there is to say, and good-bye", s.lines()[-5:])
    n = len(s.lines())
    t = Teller(k, "--mqtt=127.0.0.1", f"--port={b.port}", "--card=port1", "--known=KNOWN")
    k.ok(wait_for(lambda: b.retained("egm/port1/state") == "KNOWN") and t.status()["sent"] == 0 and
         not any(line.endswith("/state UNKNOWN") for line in s.lines()[n:]),
         "one that knows the state says it", s.lines()[n:])
    t.end()
    s.stop()
    b.stop()


def check_broker_restart(k):
    b = Broker(k)
    t = Teller(k, "--mqtt=127.0.0.1", f"--port={b.port}")
    t.tell("A B")
    k.need(t.becomes(sent=1), "a broker", t.process.err())
    b.stop()
    k.ok(t.says("mqtt mqtt: "), "is stopped", t.process.err())
    t.tell("C A", "D C")
    b.start()
    s = b.subscribe()
    k.ok(wait_for(lambda: b.retained("egm/m/state") == "D") and
         b.retained("egm/m/status") == "online", "started again it knows the state",
         t.process.err())
    k.ok(t.becomes(sent=3, waiting=0, state="ok") and t.says("mqtt mqtt: works"),
         "and got what was told meanwhile", t.status())
    s.stop()
    for _ in range(5):
        b.process.kill()
        t.tell("E D")
        b.start()
    k.ok(t.becomes(sent=8, dropped=0), "killed five times", t.status())
    b.process.send(signal.SIGSTOP)
    t.tell("F E")
    status = t.end()
    b.process.send(signal.SIGCONT)
    k.ok(status == 0, "a broker that hangs does not hold up the end", status)
    b.stop()


def check_mqtt_tls(k, authority, other):
    b = Broker(k, authority.sign("localhost"), password=SECRET)
    user = ("-u", "egm", "-P", SECRET, "--cafile", authority.ca, "-h", "localhost")
    args = [f"--port={b.port}", "--tls", "--user=egm"]
    t = Teller(k, "--mqtt=localhost", f"--password={SECRET}", f"--ca={authority.ca}", *args)
    t.tell("A B")
    k.ok(t.becomes(sent=1), "TLS", t.process.err())
    k.ok(b.retained("egm/m/state", *user) == "A", "and a password")
    k.ok(t.end() == 0, "ends")
    for words, more in [
            ("a wrong password", ["--mqtt=localhost", "--password=x", f"--ca={authority.ca}"]),
            ("another authority",
             ["--mqtt=localhost", f"--password={SECRET}", f"--ca={other.ca}"]),
            ("another name",
             ["--mqtt=127.0.0.1", f"--password={SECRET}", f"--ca={authority.ca}"]),
            ("no authority", ["--mqtt=localhost", f"--password={SECRET}"])]:
        t = Teller(k, *more, *args)
        t.tell("C A")
        k.ok(t.says("mqtt mqtt: ") and t.becomes(state="failing", sent=0), words)
        k.ok(SECRET not in t.process.err(), f"{words}: no secret is said", t.process.err())
        print("#  ", t.process.err().splitlines()[0])
        k.ok(t.end() == 0, f"{words}: ends")
    k.ok(b.retained("egm/m/state", *user) == "A", "none of them was let in",
         read_text(b.process.err_path))
    b.stop()


def run(k):
    authority, other = Authority(k, "one"), Authority(k, "two")
    check_webhooks(k, authority)
    check_killed(k)
    check_mqtt(k)
    check_broker_restart(k)
    check_mqtt_tls(k, authority, other)
    check_resolver(k)
    check_full_disk(k)
