# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands in front of a face or asks it for figures: Prometheus' own checker, and nginx with TLS
and users of its own, configured as doc/nginx.conf says."""

import base64
import os
import re
import socket
import ssl
import subprocess

import web
from kit import LIMIT, Failure, free_port, read_text, wait_for
from scenario_contract import check_live, detail

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLE = os.path.join(TOP, "doc", "nginx.conf")
PROMTOOL = os.path.join(TOP, "tests", "native", "promtool")
USER, PASSWORD = "technician", "let-me-in"
TOKEN = "token-that-only-nginx-has"


# --- Prometheus ---

def promtool():
    """Its path, None: not here and not to be had."""
    cache = os.environ.get("EGM_CACHE", "/var/cache/egm-check")
    found = subprocess.run([PROMTOOL, cache], capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def check_metrics(k, site):
    """Of a face, in the eyes of those who made the format."""
    program = promtool()
    if not program:
        k.skip(f"{site.on}: promtool", "it is not here")
        return
    answer = site.ask("GET", "/metrics")
    done = subprocess.run([program, "check", "metrics"], input=answer.body, capture_output=True,
                          check=False)
    k.ok(answer.status == 200 and done.returncode == 0 and not done.stderr,
         f"{site.on}: promtool finds nothing in the figures", [answer.status, done.stderr.decode()])
    broken = re.sub(rb"^# TYPE egm_\w+ \w+$", b"# TYPE egm_x nonsense", answer.body, 1, re.M)
    done = subprocess.run([program, "check", "metrics"], input=broken, capture_output=True,
                          check=False)
    k.ok(done.returncode != 0, f"{site.on}: but in broken ones", done.stderr)
    again = site.ask("GET", "/metrics").body

    def counters(text):
        kinds = dict(re.findall(rb"^# TYPE (\w+) (\w+)$", text, re.M))
        return {line.rpartition(b" ")[0]: float(line.rpartition(b" ")[2])
                for line in text.splitlines() if not line.startswith(b"#") and
                kinds.get(re.match(rb"\w+", line)[0]) == b"counter"}
    before, after = counters(answer.body), counters(again)
    k.ok(before and all(after[n] >= v for n, v in before.items() if n in after) and
         set(before) <= set(after), f"{site.on}: counters do not go back", len(before))


# --- nginx ---

class Front:
    """nginx as the example has it, at a port of ours. token: what it tells the face; None: none."""

    def __init__(self, k, backend, token):
        self.k = k
        self.port = free_port()
        folder = k.path(f"front-{self.port}")
        os.mkdir(folder)
        self.folder = folder
        self.certificate = os.path.join(folder, "cert.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", os.path.join(folder, "key.pem"), "-out",
             self.certificate], check=True, capture_output=True)
        digest = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], check=True,
                                capture_output=True, text=True).stdout.strip()
        self.write("egm-users", f"{USER}:{digest}\n")
        self.write("egm-token.conf",
                   f'proxy_set_header Authorization "Bearer {token}";\n' if token else
                   'proxy_set_header Authorization "";\n')
        self.write("nginx.conf", self.config(backend))
        self.process = k.spawn(["/usr/sbin/nginx", "-e", os.path.join(folder, "error.log"), "-p",
                                folder, "-c", os.path.join(folder, "nginx.conf")])
        if not wait_for(self.answers):
            raise Failure(f"nginx does not start: {self.process.err()}")

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def config(self, backend):
        """The example with what is marked in it put in place."""
        text = read_text(EXAMPLE)
        for old, new in (("127.0.0.1:8080; # <", f"127.0.0.1:{backend};"),
                         ("listen 443 ssl; # <", f"listen 127.0.0.1:{self.port} ssl;"),
                         ("egm.example.org; # <", "localhost;"),
                         ("/etc/ssl/certs/egm.pem; # <", f"{self.certificate};"),
                         ("/etc/ssl/private/egm.key; # <", f"{self.folder}/key.pem;"),
                         ("/etc/nginx/", self.folder + "/")):
            if old not in text:
                raise Failure(f"the example has no {old}")
            text = text.replace(old, new)
        if "# <" in text:
            raise Failure("something in the example is not put in place")
        temporary = "".join(f"{n}_temp_path {self.folder}/{n};\n" for n in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # As root it would become www-data, which may not read our folder.
        user = "user root;\n" if os.getuid() == 0 else ""
        return (f"{user}daemon off;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log;\n"
                f"events {{ worker_connections 256; }}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n")

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0


class TlsSite(web.Site):
    """A face behind TLS; user: nginx's."""

    def __init__(self, k, front, contract, user=None, password=PASSWORD):
        super().__init__(k, front.port, "instance", contract=contract)
        self.context = ssl.create_default_context(cafile=front.certificate)
        self.basic = {}
        if user:
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.basic = {"Authorization": f"Basic {pair}"}

    def connection(self, timeout=LIMIT):
        return web.http.client.HTTPSConnection("localhost", self.place, timeout=timeout,
                                               context=self.context)

    def authority(self):
        return f"localhost:{self.place}"

    def head(self, method, target, headers=None):
        return super().head(method, target, dict(self.basic, **(headers or {})))

    def ask(self, method, target, body=None, headers=None, kept=None):
        return super().ask(method, target, body, dict(self.basic, **(headers or {})), kept)


def check_shut(k, port, contract):
    """nginx comes from 127.0.0.1, and without the token that opens nothing."""
    front = Front(k, port, None)
    site = TlsSite(k, front, contract, USER)
    for words, headers in ("as it is", {}), ("with X-Forwarded-For", {"X-Forwarded-For": "127.0.0.1"}), \
            ("with Forwarded", {"Forwarded": "for=127.0.0.1;host=localhost"}), \
            ("with X-Real-IP", {"X-Real-IP": "127.0.0.1"}):
        a = site.ask("GET", "/api/status", headers=headers)
        k.ok(a.status == 401 and detail(a), f"behind nginx without a token it is shut, {words}", a)
    s = web.WebSocket(site, "/api/v1/live")
    k.ok(s.status == 401, "so is the live picture", s.status)
    s.close()
    a = site.ask("POST", "/api/streams/game/control", {"action": "stop"})
    k.ok(a.status == 401 and detail(a), "and control", a)
    front.process.stop()


def check_open(k, port, contract):
    front = Front(k, port, TOKEN)
    for user, password in (None, ""), (USER, "wrong"), ("nobody", PASSWORD):
        a = TlsSite(k, front, contract, user, password).ask("GET", "/api/status")
        k.ok(a.status == 401 and "basic" in a.headers.get("www-authenticate", "").lower(),
             f"nginx asks for a user ({user})", a)
    site = TlsSite(k, front, contract, USER)
    site.row("through nginx", 200, "GET", "/api/status")
    site.row("by nginx's token", 200, "GET", "/api/v1/whoami",
             that=lambda a: a.json()["by"] == "token" and "teach" in a.json()["roles"])
    origin = {"Origin": f"https://{site.authority()}"}
    a = site.ask("POST", "/api/streams/game/control", {"action": "start"}, origin)
    k.ok(a.status == 200, "through nginx: the page's own requests", a)
    a = site.ask("POST", "/api/streams/game/control", {"action": "stop"},
                 {"Origin": "https://evil.example"})
    k.ok(a.status == 403 and detail(a), "through nginx: not those of a stranger's", a)
    k.ok(TOKEN.encode() not in site.ask("GET", "/api/v1/whoami").body, "the token is not told")

    check_live(site)
    events = web.Events(site, "/api/v1/events/live")
    figures = [events.wait(lambda e: e.get("event") == "figures") for _ in range(3)]
    k.ok(all(figures) and figures[2]["data"]["time"] > figures[0]["data"]["time"],
         "through nginx: events as they come", figures)
    events.close()
    stream = web.Mjpeg(site, "/stream.mjpg?fps=10")
    parts = [stream.next() for _ in range(5)]
    k.ok(all(web.is_jpeg(p) for _, p in parts), "through nginx: pictures as they come", stream.headers)
    stream.close()
    front.process.stop()


def run(k):
    port = free_port()
    token = k.path("token")
    with open(token, "w", encoding="ascii") as f:
        f.write(TOKEN + "\n")
    p = k.run("--http", f"127.0.0.1:{port}", "--http-token", token, outputs=[k.path("front.ts")])
    contract = web.Contract()
    site = web.Site(k, port, "instance", token=TOKEN, contract=contract)
    k.need(wait_for(lambda: (site.value("status") or {}).get("running")), "it runs", p.err())
    k.ok(TOKEN not in p.err(), "the token is not logged", p.err())
    check_metrics(k, site)
    check_shut(k, port, contract)
    check_open(k, port, contract)
    k.ok(p.stop()[0] == 0, "ends well", p.err())
