# SPDX-License-Identifier: GPL-2.0-or-later
"""egm-console over real instances and cards that are made up: shut until somebody could come in,
roles, answers handed on as they come, figures and streams of all cards as one, a card that is
killed, hangs or talks nonsense, slow readers, WebSockets, the bus restarted."""

import base64
import hashlib
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import socketserver
import ssl
import threading
import time

import buses
from kit import Service, free_port, read_text, wait_for

TOKEN = "viewer-of-this-scenario"
OPERATOR = "operator-of-this-scenario"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Card(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """What a card's socket could answer, good and bad, by path."""

    daemon_threads = True

    def __init__(self, k, name, role, *options):
        self.name = name
        self.role = role
        self.sent = 0  # bytes of streams that went out
        self.seen = []
        folder = k.path("run", name)
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, "http.sock")
        super().__init__(self.path, Talk)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        self.process = k.spawn([k.programs["bus-card"], name, f"--role={role}", *options],
                               env=dict(os.environ, **k.bus.env))

    def handle_error(self, request, client_address):
        pass

    def close(self):
        self.shutdown()
        self.server_close()


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode()
        if not line:
            return
        method, target, _ = line.split(" ", 2)
        headers = http.client.parse_headers(self.rfile)
        body = self.rfile.read(int(headers.get("Content-Length", 0)))
        self.server.seen.append((method, target, dict(headers), body))
        path = target.partition("?")[0]
        act = {"/api/v1/thresholds": self.hang, "/api/v1/trash": self.garbage,
               "/api/v1/rules": self.giant, "/api/v1/events": self.cut, "/stream.mjpg": self.stream,
               "/api/v1/stream.mjpg": self.stream, "/api/v1/events/live": self.events,
               "/api/v1/live": self.live, "/metrics": self.metrics}.get(path)
        if act:
            act(headers)
        elif path in ("/api/live/frame", "/snapshot.jpg"):
            self.answer(b"\xff\xd8" + self.server.name.encode(), "image/jpeg")
        elif path == "/api/streams":
            self.answer({self.server.role: {"name": self.server.role, "running": True,
                                            "frame": 7}})
        elif path == "/api/state":
            self.answer({"state": "PLAYING"})
        elif path == "/api/v1/references/A%2FB/x":
            self.answer(b"x" * 300000, "image/png")
        else:
            self.answer({"method": method, "target": target, "headers": dict(headers),
                         "body": body.decode()}, status=201 if method == "POST" else 200)

    def say(self, data):
        self.wfile.write(data)
        self.server.sent += len(data)

    def answer(self, what, kind="application/json", status=200):
        data = what if isinstance(what, bytes) else json.dumps(what).encode()
        self.say(f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n"
                 f"Cache-Control: max-age=3600\r\nX-Secret: no\r\n\r\n".encode() + data)

    def hang(self, _headers):
        time.sleep(60)

    def garbage(self, _headers):
        self.say(b"\x16\x03\x01 nonsense\r\n\r\n")

    def giant(self, _headers):
        self.say(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 1000000 + b"\r\n\r\n")

    def cut(self, _headers):
        self.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")

    def stream(self, _headers):
        self.say(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
        while True:
            self.say(b"--b\r\nContent-Length: 50000\r\n\r\n" + b"p" * 50000 + b"\r\n")
            time.sleep(0.001)

    def events(self, headers):
        self.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        self.say(f"id: {int(headers.get('Last-Event-ID', 0)) + 1}\ndata: one\n\n".encode())
        self.rfile.read(1)

    def live(self, headers):
        if "Sec-WebSocket-Key" not in headers:
            self.answer({"detail": "a WebSocket"}, status=426)
            return
        key = base64.b64encode(hashlib.sha1(headers["Sec-WebSocket-Key"].encode() + GUID).digest())
        self.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Accept: " + key + b"\r\n\r\nfirst")
        while data := self.connection.recv(4096):
            if data == b"bye":
                return
            self.say(data.upper())

    def metrics(self, _headers):
        self.answer(f"# HELP egm_x What.\n# TYPE egm_x gauge\negm_x 1\n"
                    f"egm_x{{card=\"{self.server.name}\",a=\"b\"}} 2\nnonsense {{\n".encode(),
                    "text/plain")


class Console:
    def __init__(self, k):
        self.k = k
        self.port = free_port()
        self.config = k.path("console")
        os.makedirs(os.path.join(self.config, "console.conf.d"))
        self.process = None

    def write(self, text):
        with open(os.path.join(self.config, "console.conf"), "w", encoding="utf-8") as f:
            f.write(text)

    def settings(self, more=""):
        return (f'listen = "127.0.0.1:{self.port}"; limits: {{ rate = 10000; per_address = 500; }};\n'
                f'tokens = ( {{ name = "v"; file = "{self.k.path("viewer")}"; }}, '
                f'{{ name = "o"; roles = ( "operate", "teach" ); token = "{OPERATOR}"; }} );\n{more}')

    def start(self):
        self.process = self.k.spawn(
            [self.k.programs["console"], "--config-dir", self.config, "--run-dir",
             self.k.path("run"), "--share-dir", self.k.path("share")],
            env=dict(os.environ, **self.k.bus.env))

    def reload(self):
        self.process.send(signal.SIGHUP)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def ask(self, target, method="GET", token=TOKEN, body=None, headers=None):
        """Status, headers and body; JSON as what it says."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        more = dict(headers or {})
        if token:
            more["Authorization"] = f"Bearer {token}"
        try:
            c.request(method, target, body=body, headers=more)
            r = c.getresponse()
            data = r.read()
            kind = r.headers.get("Content-Type", "")
            return r.status, r.headers, json.loads(data) if "json" in kind else data
        except (OSError, http.client.HTTPException) as e:
            return 0, {}, repr(e)
        finally:
            c.close()

    def cards(self):
        answer = self.ask("/api/v1/cards")[2]
        return {c["name"]: c for c in answer["cards"]} if isinstance(answer, dict) else {}

    def open_stream(self, target, headers=""):
        """A connection behind the request; nothing is read of the answer."""
        s = self.connect()
        s.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
                  f"{headers}\r\n".encode())
        return s


def read_until(s, words):
    data = b""
    while words not in data:
        more = s.recv(65536)
        if not more:
            break
        data += more
    return data


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def check_shut(k, c):
    c.write(f'listen = "127.0.0.1:{c.port}";\n')
    c.start()
    k.ok(c.process.says("stays shut"), "without anybody who could come in it stays shut",
         c.process.err())
    k.ok(c.process.alive() and not listens(c.port), "runs, and does not listen", None)
    c.write(c.settings("nonsense nonsense"))
    c.reload()
    k.ok(c.process.says("going on as before") and c.process.alive() and not listens(c.port),
         "settings that cannot be read change nothing", c.process.err())
    c.write(c.settings())
    c.reload()
    k.need(wait_for(lambda: listens(c.port)), "a reload opens it", c.process.err())
    k.ok("a token" in c.process.err() and "left out" not in c.process.err() and
         TOKEN not in c.process.err() and OPERATOR not in c.process.err(), "no secret is logged",
         c.process.err())


def check_access(k, c):
    k.ok(c.ask("/api/v1/cards", token=None)[0] == 401 and
         c.ask("/api/v1/cards", token=TOKEN + "x")[0] == 401, "a token is needed", None)
    for target in "/healthz", "/healthz/live", "/healthz/ready":
        status, _, body = c.ask(target, token=None)
        k.ok(status == 200 and body == {"live": True, "ready": True}, f"none for {target}", body)
    status = c.ask("/api/v1/cards/fake/control", "POST", body='{"action":"stop"}')[0]
    k.ok(status == 403, "who may view may not operate", status)
    status, _, body = c.ask("/api/v1/whoami", token=OPERATOR)
    k.ok(status == 200 and set(body["roles"]) == {"view", "operate", "teach"}, "roles", body)
    status, _, body = c.ask("/", token=None)
    k.ok(status == 200 and body == b"<p>page", "the page is there for all", [status, body])
    k.ok(c.ask("/api/openapi.json")[2] == {"openapi": "3.1.0"}, "and so is the API's description")


def check_cards(k, c):
    k.need(wait_for(lambda: len([x for x in c.cards().values() if x["state"] == "running"]) == 4),
           "all cards are there", c.cards())
    cards = c.cards()
    k.ok(cards["one"]["role"] == "game" and cards["two"]["role"] == "cam" and
         not cards["one"]["recognises"] and cards["fake"]["recognises"] and
         not cards["spare"]["recognises"], "with roles, and who recognises", cards)
    k.ok(wait_for(lambda: c.cards()["one"]["input_live"]), "and what is live", cards)
    status, _, body = c.ask("/api/v1/cards/one/status")
    k.ok(status == 200 and body["card"] == "one", "a card's own status", [status, body])
    k.ok(c.ask("/api/v1/cards/none/status")[0] == 404, "a card that never was")
    k.ok(c.ask("/api/v1/cards/..%2Fone/status")[0] == 404, "no way around by a name")
    k.ok(c.ask("/api/status")[0] == 404 and c.ask("/api/v1/status")[0] == 404,
         "an instance's paths are not the console's")


def check_relay(k, c):
    status, headers, seen = c.ask("/api/v1/cards/fake/outputs?a=%20b", "POST", OPERATOR,
                                  '{"name": 1}', {"Content-Type": "application/json",
                                                  "Cookie": "a=b", "X-Other": "1"})
    k.ok(status == 201 and seen["method"] == "POST" and seen["target"] == "/api/v1/outputs?a=%20b"
         and seen["body"] == '{"name": 1}', "method, path, query and body", seen)
    k.ok(seen["headers"].get("Content-Type") == "application/json" and
         not {"Authorization", "Cookie", "X-Other"} & set(seen["headers"]),
         "the headers that matter, and no secret", seen)
    k.ok(headers["Cache-Control"] == "max-age=3600" and "X-Secret" not in headers and
         headers["X-Content-Type-Options"] == "nosniff", "likewise of the answer", dict(headers))
    status, headers, body = c.ask("/api/v1/cards/fake/references/A%2FB/x")
    k.ok(status == 404, "a slash in disguise is none", status)
    status, headers, body = c.ask("/snapshot.jpg?card=spare&width=5")
    k.ok(status == 200 and body == b"\xff\xd8spare" and headers["Content-Type"] == "image/jpeg",
         "a picture of a card", body)
    k.ok(c.ask("/snapshot.jpg?card=none")[0] == 404, "not of one that is not there")
    status, headers, body = c.ask("/snapshot.jpg?card=fake", "HEAD")
    k.ok(status == 200 and body == b"", "HEAD has no body", [status, body])


def check_all(k, c, cards):
    status, headers, text = c.ask("/metrics")
    text = text.decode()
    k.ok(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"),
         "figures", [status, text])
    k.ok(text.count("# TYPE egm_x gauge") == 1 and 'egm_x{card="fake"} 1' in text and
         'egm_x{card="spare",a="b"} 2' in text and "nonsense" not in text,
         "of all cards, each family once", text)
    k.ok('egm_console_card_up{card="fake"} 1' in text and "egm_console_connections" in text,
         "and the console's own", text)
    status, _, streams = c.ask("/api/streams")
    k.ok(status == 200 and {"cam", "game", "one", "spare"} == set(streams) and
         streams["spare"]["name"] == "spare" and streams["spare"]["frame"] == 7,
         "streams by their roles, or by their cards", streams)
    status, _, answer = c.ask("/api/streams/spare/control", "POST", OPERATOR, '{"action":"restart"}')
    k.ok(status == 201 and answer["target"] == "/api/streams/game/control",
         "control goes to the right card, by its own name", answer)
    k.ok(c.ask("/api/streams/none/control", "POST", OPERATOR, "{}")[0] == 404, "or to none")
    k.ok(c.ask("/api/state")[2] == {"state": "PLAYING"}, "the state is the recogniser's")
    cards["fake"].seen.clear()
    k.ok(c.ask("/api/refs/A%20B")[0] == 200 and
         cards["fake"].seen[-1][1] == "/api/refs/A%20B", "and so are references",
         cards["fake"].seen)


def check_real(k, c):
    """What has no end, and what is put together, of instances as they are."""
    status, headers, body = c.ask("/snapshot.jpg?card=one")
    k.ok(status == 200 and headers["Content-Type"] == "image/jpeg" and body[:2] == b"\xff\xd8",
         "a real card's picture", [status, body[:200]])
    s = c.open_stream("/api/v1/cards/one/stream.mjpg")
    data = read_until(s, b"\xff\xd9") + read_until(s, b"\xff\xd9")
    k.ok(b"multipart/x-mixed-replace" in data and data.count(b"X-Timestamp:") >= 2,
         "its pictures without end", data[:300])
    s.close()
    s = c.open_stream("/api/v1/cards/two/events/live")
    data = read_until(s, b"event: figures")
    k.ok(b"text/event-stream" in data, "its events", data[-300:])
    s.close()
    s, data = websocket(c, "/api/v1/cards/one/live")
    if b"video/mp4" not in data:
        data += read_until(s, b"video/mp4")
    if b"moof" not in data:
        data += read_until(s, b"moof")
    k.ok(data.startswith(b"HTTP/1.1 101") and b"moov" in data, "its live picture", data[:300])
    s.close()
    k.ok(c.ask("/api/streams")[2]["one"].get("name") == "one" and
         c.ask("/api/streams")[2]["cam"].get("frame") is not None, "its stream among the others",
         c.ask("/api/streams")[2])
    status, _, body = c.ask("/api/streams/cam/control", "POST", OPERATOR, '{"action":"restart"}')
    k.ok(status == 200 and body["status"] == "ok", "which is told what to do", [status, body])
    text = c.ask("/metrics")[2].decode()
    lines = [x for x in text.splitlines() if not x.startswith("#")]
    k.ok(any('card="one"' in x for x in lines) and any('card="two"' in x for x in lines) and
         len({x.split()[2] for x in text.splitlines() if x.startswith("# TYPE")}) ==
         text.count("# TYPE"), "and its figures", text[:2000])


def check_bad(k, c):
    for name, what in ("trash", "garbage"), ("rules", "a giant header"), ("events", "a short one"):
        status, _, body = c.ask(f"/api/v1/cards/fake/{name}")
        k.ok(status == 502 and "fake" in body["detail"], f"an answer that is {what}: 502",
             [status, body])
    begin = time.monotonic()
    done = []
    thread = threading.Thread(target=lambda: done.append(
        c.ask("/api/v1/cards/fake/thresholds")), daemon=True)
    thread.start()
    n = 0
    while not done and time.monotonic() - begin < 30:
        n += c.ask("/api/v1/cards/spare/signal")[0] == 200 and \
            c.ask("/api/v1/cards/fake/signal")[0] == 200
    k.ok(done and done[0][0] == 504 and n > 10,
         "one that never comes: 504, and all others are answered meanwhile", [done, n])


def check_slow(k, c, cards):
    def memory():
        return int(read_text(f"/proc/{c.process.pid}/status").split("VmRSS:")[1].split()[0])
    before = memory()
    slow = [c.open_stream(f"/api/v1/cards/{n}/stream.mjpg")
            for n in ("fake", "spare") for _ in range(10)]
    k.ok(wait_for(lambda: cards["fake"].sent > 2000000), "pictures without end", None)

    def still():
        n = cards["fake"].sent
        time.sleep(0.3)
        return cards["fake"].sent == n
    k.ok(wait_for(still), "end where nobody reads", cards["fake"].sent)
    after = memory()
    k.ok(after - before < 20 * 500, "and cost next to no memory", [before, after])
    fast = c.open_stream("/stream.mjpg?card=fake")
    got = 0
    while got < 5000000:
        more = len(fast.recv(1 << 20))
        if not more:
            break
        got += more
    k.ok(got >= 5000000, "who reads gets them all the same", got)
    for s in slow + [fast]:
        s.close()
    k.ok(wait_for(lambda: b"egm_console_relayed_requests 0\n" in c.ask("/metrics")[2] or
                  b"egm_console_relayed_requests 4\n" in c.ask("/metrics")[2], 60),
         "and all is over when they are gone", c.ask("/metrics")[2][-2000:])


def ends(s):
    """Reads to the end; False: there is none."""
    s.settimeout(30)
    try:
        while s.recv(1 << 20):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def check_reload(k, c, cards):
    streams = [c.open_stream("/stream.mjpg?card=fake"),
               c.open_stream("/api/v1/cards/fake/events/live"), websocket(c, "/api/v1/cards/fake/live")[0],
               c.open_stream("/api/v1/cards/fake/thresholds"), c.open_stream("/stream.mjpg?card=spare")]
    wanted = {"/stream.mjpg?card=fake", "/api/v1/events/live", "/api/v1/live", "/api/v1/thresholds"}
    k.ok(wait_for(lambda: wanted <= {x[1] for x in cards["fake"].seen}), "streams of every kind",
         cards["fake"].seen)
    c.reload()
    k.ok(all(ends(s) for s in streams), "end when the settings are read anew", None)
    for s in streams:
        s.close()
    k.ok(wait_for(lambda: c.ask("/healthz/live", token=None)[0] == 200) and c.process.alive(),
         "and the next one is served", c.process.err())


def check_viewers(k, c, services):
    """As many as a card must bear, half of them over WebSockets, and one command among them."""
    n = 100
    viewers = [c.open_stream("/stream.mjpg?card=one") for _ in range(n)]
    viewers += [websocket(c, "/api/v1/cards/one/live")[0] for _ in range(n)]
    served = 0
    for s in viewers[:n]:
        served += b"\xff\xd8" in read_until(s, b"\xff\xd8")
    k.ok(served == n, f"{n} watch pictures", served)
    served = 0
    for s in viewers[n:]:
        served += b"moof" in read_until(s, b"moof")
    k.ok(served == n, f"and {n} live ones", served)
    before = services["one"].status()["input"]["frames"]
    k.ok(wait_for(lambda: services["one"].status()["input"]["frames"] > before + 30),
         "the card does not mind", services["one"].process.err())
    k.ok(c.ask("/api/v1/cards/one/status")[0] == 200, "nor is anybody kept out", None)
    for s in viewers:
        s.close()


def check_events(k, c):
    s = c.open_stream("/api/v1/cards/fake/events/live", "Last-Event-ID: 41\r\n")
    data = read_until(s, b"data: one\n\n")
    k.ok(b"text/event-stream" in data and b"id: 42\n" in data, "events come as they happen", data)
    s.close()


def websocket(c, target, token=TOKEN):
    s = c.connect()
    s.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
              f"Upgrade: websocket\r\nAuthorization: Bearer {token}\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    return s, read_until(s, b"\r\n\r\n")


def check_live(k, c):
    s, head = websocket(c, "/api/v1/cards/fake/live")
    if b"first" not in head:
        head += read_until(s, b"first")
    k.ok(head.startswith(b"HTTP/1.1 101") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head and
         head.endswith(b"first"), "a WebSocket is the card's", head)
    s.sendall(b"some bytes")
    k.ok(read_until(s, b"SOME BYTES") == b"SOME BYTES", "bytes go both ways", None)
    big = os.urandom(1)[:0] + b"q" * 3000000
    threading.Thread(target=s.sendall, args=(big,), daemon=True).start()
    got = 0
    while got < len(big):
        more = s.recv(1 << 20)
        if not more:
            break
        got += len(more)
    k.ok(got == len(big), "many of them", got)
    s.sendall(b"bye")
    k.ok(read_until(s, b"x") == b"", "the card ends it", None)
    s.close()
    k.ok(websocket(c, "/api/v1/cards/fake/live", "wrong")[1].startswith(b"HTTP/1.1 401"),
         "not without a token", None)
    k.ok(c.ask("/api/v1/cards/fake/live")[0] == 426, "and not by a plain request")


def check_death(k, c, services):
    one = services["one"]
    one.process.kill()
    begin = time.monotonic()
    status, _, body = c.ask("/api/v1/cards/one/status")
    k.ok(status == 502 and "one" in body["detail"], "a card that was killed: 502", [status, body])
    k.ok(wait_for(lambda: not c.cards()["one"]["alive"]) and not c.cards()["one"]["input_live"] and
         c.cards()["one"]["role"] == "game", "it is listed as one that is away", c.cards())
    k.ok(c.ask("/api/v1/cards/two/status")[0] == 200, "the others are there", None)
    one.start()
    k.ok(wait_for(lambda: c.ask("/api/v1/cards/one/status")[0] == 200 and
                  c.cards()["one"]["alive"], 60), "and it is back", one.process.err())
    one.process.send(signal.SIGSTOP)
    begin = time.monotonic()
    status = c.ask("/api/v1/cards/one/status")[0]
    took = time.monotonic() - begin
    k.ok(status == 504, "one that hangs: 504", [status, took])
    k.ok(c.ask("/metrics")[0] == 200 and c.ask("/api/streams")[2]["one"]["running"] is False,
         "it does not keep what is asked of all", None)
    one.process.send(signal.SIGCONT)
    k.ok(wait_for(lambda: c.ask("/api/v1/cards/one/status")[0] == 200), "it goes on", None)


def check_state_of_none(k, c, cards):
    for n in "fake", "spare":
        cards[n].close()
    status, _, body = c.ask("/api/state")
    k.ok(status == 200 and body["state"] == "UNKNOWN" and "fake" in body["error"],
         "no answer from the recogniser is a state, too", [status, body])


def check_bus(k, c, services):
    k.bus.stop()
    k.ok(wait_for(lambda: not any(x["alive"] for x in c.cards().values())) and
         c.ask("/healthz/ready", token=None)[0] == 503 and c.ask("/healthz/live", token=None)[0] == 200,
         "without the bus no card is known to be there", c.cards())
    k.ok(c.ask("/api/v1/cards/two/status")[0] == 200, "but who knows its name is answered", None)
    k.ok(b'egm_console_card_up{card="' in c.ask("/metrics")[2], "and figures are to be had", None)
    k.bus.start()
    k.ok(wait_for(lambda: c.cards()["one"]["alive"] and c.cards()["two"]["alive"], 60),
         "and with it all are back", c.cards())


def check_tls(k, c):
    k.spawn(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
             "/CN=localhost", "-keyout", k.path("key.pem"), "-out", k.path("cert.pem")]).wait()
    c.write(c.settings(f'tls: {{ certificate = "{k.path("cert.pem")}"; key = "{k.path("nokey")}"; }};'))
    c.reload()
    k.ok(c.process.says("nokey: No such file") and not listens(c.port),
         "without its key it is shut, not open without TLS", c.process.err())
    c.write(c.settings(f'tls: {{ certificate = "{k.path("cert.pem")}"; key = "{k.path("key.pem")}"; }};'))
    c.reload()
    k.ok(wait_for(lambda: listens(c.port)), "with TLS", c.process.err())
    context = ssl.create_default_context(cafile=k.path("cert.pem"))
    context.check_hostname = False
    h = http.client.HTTPSConnection("127.0.0.1", c.port, timeout=30, context=context)
    h.request("GET", "/api/v1/cards/two/status", headers={"Authorization": f"Bearer {TOKEN}"})
    k.ok(h.getresponse().status == 200, "it answers all the same")
    h.close()


def openssl(k, *argv):
    k.need(k.spawn(["openssl", *argv]).wait() == 0, "openssl", argv)


def check_certificate(k, c):
    """A client whose certificate was signed by the operators' authority, and one by himself."""
    for name in "ca", "self":
        openssl(k, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                f"/CN={name}", "-keyout", k.path(f"{name}.key"), "-out", k.path(f"{name}.pem"))
    openssl(k, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=anna", "-keyout",
            k.path("anna.key"), "-out", k.path("anna.csr"))
    openssl(k, "x509", "-req", "-in", k.path("anna.csr"), "-CA", k.path("ca.pem"), "-CAkey",
            k.path("ca.key"), "-CAcreateserial", "-days", "2", "-out", k.path("anna.pem"))
    c.write(f'listen = "127.0.0.1:{c.port}"; tls: {{ certificate = "{k.path("cert.pem")}"; '
            f'key = "{k.path("key.pem")}"; client_ca = "{k.path("ca.pem")}"; '
            'client_roles = "operate"; };')
    c.reload()
    k.ok(wait_for(lambda: listens(c.port)), "certificates of clients alone open it", c.process.err())

    def whoami(name):
        context = ssl.create_default_context(cafile=k.path("cert.pem"))
        context.check_hostname = False
        if name:
            context.load_cert_chain(k.path(f"{name}.pem"), k.path(f"{name}.key"))
        h = http.client.HTTPSConnection("127.0.0.1", c.port, timeout=30, context=context)
        try:
            h.request("GET", "/api/v1/whoami")
            return json.loads(h.getresponse().read())
        except (OSError, http.client.HTTPException):
            return {"roles": []}
        finally:
            h.close()
    k.ok(whoami("anna") == {"roles": ["view", "operate"], "by": "certificate", "name": "anna"} or
         set(whoami("anna")["roles"]) == {"view", "operate"}, "who has one may what the settings say",
         whoami("anna"))
    k.ok(not whoami(None)["roles"] and not whoami("self")["roles"],
         "who has none, or one of his own, may nothing", [whoami(None), whoami("self")])


def check_stuck(k, c):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        c.write(c.settings().replace(f'"127.0.0.1:{c.port}"',
                                     f'( "127.0.0.1:{port}", "127.0.0.1:{c.port}" )'))
        c.reload()
        k.ok(c.process.says(f"Cannot listen on 127.0.0.1:{port}: another program has the port") and
             wait_for(lambda: c.ask("/healthz/live", token=None)[0] == 200),
             "an address that is taken does not keep the others shut", c.process.err())
    k.ok(wait_for(lambda: listens(port)), "and is opened when it is free", c.process.err())


def prepare(k):
    k.bus = buses.Bus(k, pwd.getpwuid(os.getuid()).pw_name)
    os.makedirs(k.path("share", "web"))
    os.makedirs(k.path("run"))
    for name, text in (("share/web/index.html", "<p>page"),
                       ("share/openapi.json", '{"openapi": "3.1.0"}'), ("viewer", TOKEN + "\n")):
        with open(k.path(name), "w", encoding="utf-8") as f:
            f.write(text)


def begin_service(k, card, role):
    config = k.path(f"config-{card}")
    s = Service(k, card, config, env=k.bus.env)
    os.symlink(s.runtime, k.path("run", card))
    s.configure([f"role={role}", "video.device=pattern", "video.size=320x180",
                 "audio.device=none"], {"file": k.path(f"{card}.ts")})
    s.start()
    return s


def run(k):
    if not shutil.which("dbus-daemon"):
        k.skip("all", "no dbus-daemon")
        return
    prepare(k)
    c = Console(k)
    check_shut(k, c)
    services = {n: begin_service(k, n, r) for n, r in (("one", "game"), ("two", "cam"))}
    cards = {"fake": k.server(Card(k, "fake", "game")),
             "spare": k.server(Card(k, "spare", "game", "--blind"))}
    check_cards(k, c)
    check_access(k, c)
    check_relay(k, c)
    check_all(k, c, cards)
    check_real(k, c)
    check_viewers(k, c, services)
    check_bad(k, c)
    check_slow(k, c, cards)
    check_events(k, c)
    check_live(k, c)
    check_reload(k, c, cards)
    check_death(k, c, services)
    check_tls(k, c)
    check_certificate(k, c)
    check_stuck(k, c)
    c.write(c.settings())
    c.reload()
    k.need(wait_for(lambda: c.ask("/healthz/live", token=None)[0] == 200), "and without again",
           c.process.err())
    check_state_of_none(k, c, cards)
    check_bus(k, c, services)
    last = c.open_stream("/api/v1/cards/two/status")
    status, seconds = c.process.stop()
    k.ok(status == 0 and seconds < 5, "it ends well", [status, seconds, c.process.err()])
    last.close()
