# SPDX-License-Identifier: GPL-2.0-or-later
"""What strangers do to a port: wrong tokens, forged names, paths that climb, bodies that lie or never
end, clients that never speak or never read, WebSockets of garbage, a full disk. Whatever it is, it is
refused, another client is served meanwhile, and the stream loses nothing."""

import os
import random
import re
import resource
import shutil
import socket
import subprocess
import threading
import time
from concurrent import futures

import faces
import scenario_detector
import web
from kit import LIMIT, Failure, free_port, settles, wait_for
from scenario_contract import CAM, detail, settings

MIB = 1 << 20
GIB = 1 << 30
LIMIT_LATE = 60  # seconds after which the slowest of the slow must be gone
MEMORY = 64 * MIB  # more than that nobody may make it need
SECRETS = b"root:", b"hush"
# What a face may answer to nonsense; 0: it hung up.
REFUSED = (0, 400, 403, 404, 405, 408, 411, 413, 414, 415, 417, 421, 422, 426, 429, 431, 501, 503, 505)


def own(site, n):
    """The n-th stranger's own address."""
    return site.of(f"127.0.0.{n}") if isinstance(site.place, int) else site


def own_status(site):
    return site.target_of("status")


def memory_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) << 10


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Bystander(threading.Thread):
    """Another client, who wants no more than to be served."""

    def __init__(self, site, target="/api/status"):
        super().__init__(daemon=True)
        self.site = own(site, 9)
        self.target = target
        self.over = threading.Event()
        self.served = 0
        self.worst = 0
        self.refused = []
        self.start()

    def run(self):
        while not self.over.wait(0.1):
            begin = time.monotonic()
            answer = self.site.ask("GET", self.target)
            self.worst = max(self.worst, time.monotonic() - begin)
            if answer.status == 200:
                self.served += 1
            else:
                self.refused.append(answer)


class Siege:
    """The stream and another client, from the begin of an assault to its end.

    status() is the instance's status however it is got, pids are those who must stay alive."""

    def __init__(self, k, site, status, pids, target="/api/status"):
        self.k = k
        self.site = site
        self.status = status
        self.pids = pids
        self.target = target
        k.need(settles(status), f"{site.on}: it streams what the source shows", status())

    @staticmethod
    def lost(status):
        """What an output that loses nothing never counts."""
        return {o["name"]: [o[n] for n in ("dropped", "dropped_audio", "drops", "failures",
                                           "reconnects")] for o in status["outputs"]} | \
            {"encoder": status["encoder"]["errors"]}

    def frames(self):
        return [o["frames"] for o in self.status()["outputs"]]

    def during(self, words, assault, *args):
        """Runs assault(site, …), which returns what is wrong with the answers; one test line for
        those, one for everybody else."""
        before = self.lost(self.status())
        begin = self.frames()
        memory = sum(map(memory_of, self.pids))
        bystander = Bystander(self.site, self.target)
        wait_for(lambda: bystander.served)
        wrong = assault(self.site, *args)
        served = bystander.served
        wait_for(lambda: bystander.served > served + 2 or bystander.refused)
        bystander.over.set()
        bystander.join(LIMIT)
        on = self.site.on
        self.k.ok(not wrong, f"{on}: {words}", wrong)
        went_on = wait_for(lambda: all(a > b for a, b in zip(self.frames(), begin)))
        after = self.lost(self.status())
        grown = sum(map(memory_of, self.pids)) - memory
        self.k.ok(went_on and after == before and not bystander.refused and bystander.served >= 3 and
                  grown < MEMORY,
                  f"{on}: {words}: nothing is lost, and others are served",
                  {"before": before, "after": after, "frames": [begin, self.frames()],
                   "served": bystander.served, "refused": bystander.refused[:3],
                   "memory": grown})
        print(f"# {on}: {words}: {bystander.served} others served, the slowest in "
              f"{1000 * bystander.worst:.0f} ms; {grown / MIB:+.1f} MiB", flush=True)


def raw(site, data, limit=LIMIT, half_close=False):
    """Sends bytes, and returns the statuses of all answers until it is closed or says no more."""
    answer = b""
    try:
        with site.socket(limit) as s:
            s.settimeout(limit)
            try:
                s.sendall(data)
                if half_close:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused before all was said
            while more := s.recv(1 << 16):
                answer += more
    except OSError:
        pass
    return [int(n) for n in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)], answer


def refused(statuses, data=b""):
    return all(s in REFUSED for s in statuses) and not any(s in data for s in SECRETS)


# --- who they are ---

def forge_tokens(site, token, path="/api/status"):
    """Anything but the token."""
    wrong = []
    for value in (None, "", "Bearer", "Bearer ", "Bearer x", f"Bearer {token[:-1]}",
                  f"Bearer {token}x", f"Bearer {token.upper()}", f"Basic {token}", f"Bearer  x {token}",
                  "Bearer " + "x" * 4000, f"Bearer {token}\t{token}", token):
        if value == f"Bearer {token}":
            continue
        stranger = web.Site(site.k, site.place, site.on, contract=site.contract, source=site.source)
        a = stranger.ask("GET", path, headers={} if value is None else {"Authorization": value})
        if a.status != 401 or not detail(a) or token.encode() in a.body:
            wrong.append([value, a])
    stranger = web.Site(site.k, site.place, site.on, contract=site.contract, source=site.source)
    for headers in {"Cookie": f"egm_session={token}"}, {"Cookie": "egm_session="}, \
            {"Cookie": "egm_session=" + "0" * 64}, {"X-Forwarded-For": "127.0.0.1"}, \
            {"X-Real-IP": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 localhost"}, \
            {"X-Forwarded-Host": "localhost", "X-Forwarded-Proto": "https"}:
        a = stranger.ask("GET", path, headers=headers)
        if a.status != 401:
            wrong.append([headers, a])
    for target in f"{path}?token={token}", f"{path}?access_token={token}", f"{path}?egm_session={token}":
        a = stranger.ask("GET", target)
        if a.status != 401:
            wrong.append([target, a])
    return wrong


def forge_host(site):
    """Names and origins of strangers, as a page of theirs makes a browser send them."""
    wrong = []
    for host in "evil.example", f"evil.example:{site.place}", "127.0.0.1.evil.example", "localhost.evil", \
            "", "a" * 3000, "local host", "//localhost", "[::1", "localhost:80:80", "localhost.":
        statuses, data = raw(site, site.head("GET", own_status(site), {"Host": host, "Connection": "close"}))
        if not refused(statuses, data) or 200 in statuses:
            wrong.append(["host", host, statuses])
    statuses, _ = raw(site, b"GET /api/v1/whoami HTTP/1.1\r\nConnection: close\r\n\r\n")
    if 200 in statuses:
        wrong.append(["no host", statuses])
    for origin in "http://evil.example", "null", f"http://127.0.0.1.evil:{site.place}", "file://":
        for method, target, body in ("POST", "/api/streams/game/control", {"action": "stop"}), \
                ("DELETE", "/api/refs/NORMAL/ref_1.jpg", None), \
                ("PUT", site.target_of("bitrate"), {"bitrate": 1000000}):
            a = site.ask(method, target, body, {"Origin": origin})
            if a.status != 403 or not detail(a):
                wrong.append([origin, method, target, a])
        a = site.ask("GET", own_status(site), headers={"Origin": origin})
        if "access-control-allow-origin" in a.headers:
            wrong.append([origin, a])
        a = site.ask("OPTIONS", "/api/streams/game/control",
                     headers={"Origin": origin, "Access-Control-Request-Method": "POST",
                              "Access-Control-Request-Headers": "authorization"})
        if "access-control-allow-origin" in a.headers or a.status == 200:
            wrong.append([origin, "OPTIONS", a])
        s = web.WebSocket(site, site.target_of("live"), {"Origin": origin})
        if s.status not in (403, 400):
            wrong.append([origin, "WebSocket", s.status])
        s.close()
    return wrong


# --- what they ask for ---

CLIMBS = ["..", "%2e%2e", "%252e%252e", "..%2f..%2f..%2fetc%2fpasswd", "..%5c..%5cetc%5cpasswd",
          "..%c0%af..%c0%afetc%c0%afpasswd", "%2fetc%2fpasswd", "..%00.jpg", "%00", "a%00b",
          "....//....//etc/passwd", "..;/etc/passwd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "~root",
          "%u002e%u002e", "\\..\\..", "x" * 3000, "%", "%2", "%zz", "ref_1.jpg%0d%0aX-Evil: 1",
          "ref_1.jpg%2f", "%ff%fe", "con", ".", ".git%2fconfig", "index.html%00.jpg"]


def climb(site):
    """Out of every folder that a path can name."""
    wrong = []
    places = ["/web/{}", "/{}", "/api/refs/{}", "/api/refs/{}/ref_1.jpg/image",
              "/api/refs/NORMAL/{}/image", site.target_of("references") + "/NORMAL/{}",
              site.target_of("references") + "/{}/ref_1.jpg", site.target_of("candidates") + "/{}",
              site.target_of("references") + "/NORMAL/{}/thumbnail"]
    for place in places:
        for name in CLIMBS + ["../../../../../../etc/passwd", "/etc/passwd"]:
            statuses, data = raw(site, site.head("GET", place.format(name), {"Connection": "close"}))
            head, _, _ = data.partition(b"\r\n\r\n")
            if not refused(statuses, data) and not (place == "/{}" and statuses == [200]
                                                   and name in (".", "..", "%2e%2e")):
                wrong.append([place, name, statuses])
            if b"x-evil" in head.lower():
                wrong.append([place, name, "a header of theirs"])
    for place in "/api/refs/NORMAL/{}", site.target_of("references") + "/NORMAL/{}", \
            site.target_of("candidates") + "/{}", site.target_of("outputs") + "/{}":
        for name in CLIMBS:
            statuses, data = raw(site, site.head("DELETE", place.format(name), {"Connection": "close"}))
            if not refused(statuses, data):
                wrong.append(["DELETE", place, name, statuses])
    return wrong


def giants(site):
    """Heads that have no end."""
    wrong = []
    ask = site.head("GET", own_status(site), {"Connection": "close"})
    for words, data in (
            ("a header", ask[:-2] + b"X: " + b"a" * MIB + b"\r\n\r\n"),
            ("a header's name", ask[:-2] + b"X" * MIB + b": a\r\n\r\n"),
            ("headers", ask[:-2] + b"X: a\r\n" * 50000 + b"\r\n"),
            ("a line", site.head("GET", "/" + "a" * MIB)),
            ("a query", site.head("GET", own_status(site) + "?" + "a=b&" * (MIB // 4))),
            ("cookies", ask[:-2] + b"Cookie: " + b"a=b; " * (MIB // 5) + b"\r\n\r\n"),
            ("a method", b"G" * MIB + b" / HTTP/1.1\r\n\r\n")):
        statuses, _ = raw(site, data)
        if 200 in statuses or not refused(statuses):
            wrong.append([words, statuses])
    sent = 0
    with site.socket() as s:
        try:
            s.sendall(ask[:-2] + b"X: ")
            while sent < 256 * MIB:
                s.sendall(b"a" * 65536)
                sent += 65536
        except OSError:
            pass
    if sent >= 64 * MIB:
        wrong.append(["a header without end was read on and on", sent])
    return wrong


def upload(site, headers, size, target, chunked=False, wait=False):
    """How much of a body is taken, and the status."""
    lines = dict({"Content-Type": "image/jpeg", "Connection": "close"}, **headers)
    if not chunked:
        lines["Content-Length"] = str(size)
    piece = b"\xff" * MIB
    sent = 0
    status = 0
    with site.socket() as s:
        s.settimeout(LIMIT)
        try:
            s.sendall(site.head("POST", target, lines))
            if wait:
                first = s.recv(4096)
                status = int(first.split()[1])
                if status != 100:
                    return 0, status
            while sent < size:
                s.sendall((b"%x\r\n" % len(piece) + piece + b"\r\n") if chunked else piece)
                sent += len(piece)
        except OSError:
            pass
        try:
            answer = s.recv(4096)
            status = int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0
        except (OSError, IndexError, ValueError):
            pass
    return sent, status


def flood(site):
    """A body of a gigabyte is refused before it is read."""
    wrong = []
    add = site.target_of("references/{state}", {"state": "NORMAL"})
    for words, target, extra, chunked, wait in (
            ("a picture", add, {}, False, False),
            ("asked first", add, {"Expect": "100-continue"}, False, True),
            ("without a length", add, {"Transfer-Encoding": "chunked"}, True, False),
            ("JSON", site.target_of("control"), {"Content-Type": "application/json"}, False, False),
            ("to those who want none", "/api/v1/logout", {}, False, False),
            ("to nowhere", "/nothing", {}, False, False),
            ("GET with a body", "/api/state", {}, False, False)):
        sent, status = upload(site, extra, GIB, target, chunked, wait)
        if sent > 128 * MIB or status not in (0, 400, 404, 405, 413, 417):
            wrong.append([words, sent, status])
    a = site.ask("POST", add, b"\xff" * (48 * MIB), {"Content-Type": "image/jpeg"})
    if a.status not in (0, 413):
        wrong.append(["48 MiB", a])
    return wrong


def lie(site):
    """Bodies that are not as long as they say, and chunks that are none."""
    post = "/api/streams/nothing/control"

    def body(headers, data, end=True):
        lines = dict({"Content-Type": "application/json"}, **headers)
        if end:
            lines["Connection"] = "close"
        return site.head("POST", post, lines) + data
    good = b'{"action":"start"}'
    chunked = {"Transfer-Encoding": "chunked"}
    lies = (
            ("negative", body({"Content-Length": "-1"}, good)),
            ("signed", body({"Content-Length": "+18"}, good)),
            ("no number", body({"Content-Length": "0x12"}, good)),
            ("beyond numbers", body({"Content-Length": "9" * 40}, good)),
            ("2^64", body({"Content-Length": "18446744073709551616"}, good)),
            ("two lengths", body({"Content-Length": "18"}, b"")[:-2] +
             b"Content-Length: 3\r\n\r\n" + good),
            ("a list of lengths", body({"Content-Length": "18, 3"}, good)),
            ("a length and chunks", body(dict(chunked, **{"Content-Length": "3"}),
                                         b"0\r\n\r\nGET /api/state HTTP/1.1\r\n\r\n")),
            ("chunks of nonsense", body(chunked, b"zz\r\nabc\r\n0\r\n\r\n")),
            ("a chunk of 2^64", body(chunked, b"FFFFFFFFFFFFFFFFF\r\nabc")),
            ("a negative chunk", body(chunked, b"-5\r\nhello\r\n0\r\n\r\n")),
            ("a chunk that goes on", body(chunked, b"3\r\nabcdef\r\n0\r\n\r\n")),
            ("a chunk's extension", body(chunked, b"3;" + b"a" * MIB + b"\r\nabc\r\n0\r\n\r\n")),
            ("two encodings", body({"Transfer-Encoding": "gzip, chunked"}, b"0\r\n\r\n")),
            ("an encoding that is none", body({"Transfer-Encoding": "cow"}, good)),
            ("trailers without end", body(chunked, b"0\r\n" + b"X: a\r\n" * 100000)))
    # All at once, for some are waited for until it is too late.
    with futures.ThreadPoolExecutor(len(lies)) as pool:
        answers = list(pool.map(lambda told: raw(site, told[1], LIMIT_LATE), lies))
    wrong = [[words, statuses] for (words, _), (statuses, data) in zip(lies, answers)
             if any(200 <= n < 300 for n in statuses) or not refused(statuses, data)]
    # Longer than what comes: it waits, but not for ever.
    with site.socket() as s:
        s.sendall(body({"Content-Length": "1000"}, good, end=False))
        if not web.closed_by_peer(s, LIMIT_LATE):
            wrong.append("a body that never comes is waited for, for ever")
    # Shorter: what follows is another request, and nonsense.
    statuses, _ = raw(site, body({"Content-Length": "5"}, good, end=False))
    if any(200 <= s < 300 for s in statuses):
        wrong.append(["shorter", statuses])
    return wrong


def babble(site):
    """What is no HTTP, or hardly."""
    wrong = []
    r = random.Random(20260501)
    head = site.head("GET", own_status(site))
    for words, data in (
            ("TLS", bytes.fromhex("16030100f8010000f40303") + bytes(240)),
            ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
            ("HTTP/0.9", b"GET /api/status\r\n\r\n"),
            ("HTTP/9.9", b"GET /api/status HTTP/9.9\r\nHost: localhost\r\n\r\n"),
            ("nothing but lines", b"\r\n" * 10000),
            ("NUL", b"\0" * 10000),
            ("NUL in a header", head[:-2] + b"X: a\0b\r\n\r\n"),
            ("a space before a colon", head[:-2] + b"X : a\r\n\r\n"),
            ("no colon", head[:-2] + b"nonsense\r\n\r\n"),
            ("a method of nobody", site.head("BREW", own_status(site))),
            ("CONNECT", site.head("CONNECT", "127.0.0.1:22")),
            ("TRACE", site.head("TRACE", own_status(site))),
            ("another machine's", site.head("GET", "http://evil.example/api/status")),
            ("RTSP", b"OPTIONS rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")):
        statuses, answer = raw(site, data, 5, half_close=True)
        if words not in ("NUL in a header", "a space before a colon") and 200 in statuses:
            wrong.append([words, statuses])
        if any(s in answer for s in SECRETS) or any(s >= 500 and s not in (501, 503, 505)
                                                    for s in statuses):
            wrong.append([words, statuses])
    for _ in range(100):
        with site.socket() as s:
            try:
                s.sendall(r.randbytes(r.randrange(1, 4000)))
            except OSError:
                pass
    for _ in range(100):  # gone in the middle
        with site.socket() as s:
            s.sendall(head[:r.randrange(1, len(head))])
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return wrong


def pipeline(site):
    """Fifty requests at once are fifty answers."""
    one = site.head("GET", "/api/v1/whoami")
    last = site.head("GET", "/api/v1/whoami", {"Connection": "close"})
    statuses, _ = raw(site, one * 49 + last)
    return [] if statuses == [200] * 50 else [len(statuses), set(statuses)]


# --- those who take their time ---

def slow_heads(site, n):
    """n clients that speak a letter now and then."""
    sockets = [own(site, 11 + i % 4).socket() for i in range(n)]
    text = site.head("GET", own_status(site), {"X-Slow": "a" * 4000})
    until = time.monotonic() + LIMIT_LATE
    alive = dict(enumerate(sockets))
    at = 0
    while alive and time.monotonic() < until:
        for i, s in list(alive.items()):
            try:
                s.send(text[at:at + 1])
                s.setblocking(False)
                if s.recv(4096) == b"":
                    raise ConnectionResetError
            except BlockingIOError:
                pass
            except OSError:
                alive.pop(i).close()
        at = min(at + 1, len(text) - 100)
        threading.Event().wait(0.2)
    for s in alive.values():
        s.close()
    return [f"{len(alive)} of {n} are let speak on for {LIMIT_LATE} s"] if alive else []


def idle(site, n):
    """n clients that never say a word."""
    sockets = []
    try:
        for i in range(n):
            sockets.append(own(site, 21 + i % 5).socket())
    except OSError as e:
        for s in sockets:
            s.close()
        return [f"only {len(sockets)} could connect: {e}"]
    # Everybody else is served while they are there.
    served = [site.ask("GET", own_status(site)).status for _ in range(20)]
    for s in sockets:
        s.close()
    return [] if served == [200] * 20 else served


class Viewer(threading.Thread):
    """Of MJPEG. Counts pictures until it is over; None: it was not let in."""

    def __init__(self, site, target):
        super().__init__(daemon=True)
        self.site, self.target = site, target
        self.pictures = 0
        self.status = None
        self.over = False
        self.start()

    def run(self):
        try:
            stream = web.Mjpeg(self.site, self.target)
            self.status = stream.status
            while stream.status == 200 and not self.over:
                _, picture = stream.next()
                self.pictures += web.is_jpeg(picture)
            stream.close()
        except (OSError, EOFError, Failure, ValueError, TypeError):
            self.status = self.status or 0


def view(site, n, must):
    """n viewers, one of whom reads nothing; at least so many of them are shown pictures."""
    target = site.target_of("stream.mjpg", query={"fps": 2})
    deaf = web.Mjpeg(own(site, 31), site.target_of("stream.mjpg"), receive_buffer=4096)
    viewers = [Viewer(own(site, 31 + i % 10), target) for i in range(n - 1)]

    def shown():
        return sum(v.pictures >= 3 for v in viewers)
    good = wait_for(lambda: shown() >= must, 2 * LIMIT)
    statuses = {}
    for v in viewers:
        v.over = True
        statuses[v.status] = statuses.get(v.status, 0) + 1
    deaf.close()
    for v in viewers:
        v.join(LIMIT)
    print(f"# {site.on}: {shown()} of {n} viewers were shown pictures; {statuses}", flush=True)
    wrong = [] if good else [f"{shown()} of {must} were shown three pictures", statuses]
    return wrong + [s for s in statuses if s not in (200, 0, 503, None)]


def garble_websocket(site):
    """Frames that no browser sends end the connection, with the status that tells why."""
    wrong = []
    target = site.target_of("live")
    frame = web.WebSocket.frame
    for words, data, statuses in (
            ("unmasked", frame(web.TEXT, b"hello", masked=False), (1002,)),
            ("a length of 2^63", frame(web.BINARY, b"", length=1 << 63), (1002, 1009)),
            ("a length of 1 GiB", frame(web.BINARY, b"x" * 100, length=GIB), (1002, 1009)),
            ("longer than is taken", frame(web.BINARY, b"x" * 100000), (1002, 1009)),
            ("many parts", frame(web.BINARY, b"x" * 1000, final=False) +
             frame(0, b"x" * 1000, final=False) * 200, (1002, 1009)),
            ("a ping in parts", frame(web.PING, b"x", final=False), (1002,)),
            ("a ping too long", frame(web.PING, b"x" * 126), (1002,)),
            ("bad UTF-8", frame(web.TEXT, b"\xff\xfe\xc0\xaf"), (1007, 1003)),
            ("half of a letter", frame(web.TEXT, "語".encode()[:2]), (1007, 1003)),
            ("reserved bits", frame(web.TEXT, b"x", reserved=7), (1002,)),
            ("a kind that is none", frame(3, b"x"), (1002,)),
            ("a control that is none", frame(11, b"x"), (1002,)),
            ("a part of nothing", frame(0, b"x"), (1002,)),
            ("a goodbye of one byte", frame(web.CLOSE, b"x"), (1002, 1000, 1005)),
            ("a goodbye of no status", frame(web.CLOSE, b"\0\1"), (1002, 1000, 1005)),
            ("noise", random.Random(7).randbytes(5000), (1002, 1003, 1007, 1009))):
        s = web.WebSocket(site, target)
        if not s.agreed:
            wrong.append([words, "not let in", s.status])
            continue
        try:
            s.sock.sendall(data)
        except OSError:
            pass
        end = s.ends()
        if end is None or (end and end not in statuses):
            wrong.append([words, end])
        s.close()
    for words, headers, statuses in (
            ("version 12", {"Sec-WebSocket-Version": "12"}, (400, 426)),
            ("no key", {"Sec-WebSocket-Key": ""}, (400,)),
            ("a key of nonsense", {"Sec-WebSocket-Key": "x"}, (400,)),
            ("another protocol", {"Upgrade": "h2c"}, (400, 426)),
            ("no upgrade", {"Connection": "keep-alive"}, (400, 426))):
        s = web.WebSocket(site, target, headers)
        if s.status not in statuses:
            wrong.append([words, s.status])
        s.close()
    # Pings without end are answered or not, but never piled up.
    s = web.WebSocket(site, target, receive_buffer=4096)
    s.sock.setblocking(False)
    until = time.monotonic() + 3
    ping = frame(web.PING, b"x" * 125)
    while time.monotonic() < until:
        try:
            s.sock.send(ping * 10)
        except BlockingIOError:
            threading.Event().wait(0.05)
        except OSError:
            break
    s.close()
    return wrong


def let_in(site, target):
    stream = web.Mjpeg(site, target)
    stream.close()
    return stream.status == 200


def crowd(site, n):
    """More viewers than there is room for: those who cannot be shown anything are told so."""
    target = site.target_of("stream.mjpg", query={"fps": 1})
    sockets = [own(site, 71 + i % 10).socket() for i in range(n)]
    for s in sockets:
        s.sendall(site.head("GET", target))
    answers = {}
    for s in sockets:
        try:
            line = s.recv(64).split(b" ")
            status = int(line[1])
        except (OSError, IndexError, ValueError):
            status = 0
        answers[status] = answers.get(status, 0) + 1
    served = [site.ask("GET", own_status(site)).status for _ in range(20)]
    for s in sockets:
        s.close()
    print(f"# {site.on}: {n} viewers at once: {answers}", flush=True)
    # That somebody has gone is found at the next pictures for him.
    again = wait_for(lambda: let_in(site, target))
    return [] if set(answers) <= {0, 200, 503} and answers.get(200) and answers.get(503) and \
        served == [200] * 20 and again else [answers, served, again]


def deaf_viewer(site):
    """One who never reads what it asked for: another one is shown every picture all the same, and in
    the end it is let go."""
    deaf = web.WebSocket(site, site.target_of("live"), receive_buffer=4096)
    other = web.WebSocket(own(site, 41), site.target_of("live"))
    seen = 0
    for _ in range(200):
        kind, message = other.next()
        seen += kind == web.BINARY and b"moof" in message[:64]
    other.close()
    deaf.close()
    return [] if seen >= 190 else [f"{seen} fragments"]


def check_full_disk(k, s, site, siege, snapshots, refs):
    """Nothing can be written; that is said, and nothing else happens."""
    small = scenario_detector.mount_small(k, os.path.join(snapshots, "small"))
    if not small:
        k.skip("full disk", "nothing can be mounted here")
        return
    into_refs = scenario_detector.mount_small(k, os.path.join(refs, "SELECT.small"))
    try:
        os.rename(os.path.join(refs, "SELECT"), os.path.join(refs, "SELECT.away"))
        os.symlink(os.path.basename(into_refs), os.path.join(refs, "SELECT"))
        for folder in small, into_refs:
            scenario_detector.fill(folder)

        def write(_):
            wrong = []
            for method, target, body in (
                    ("POST", "/snapshot/save", {"output_dir": "small", "count": 3}),
                    ("POST", "/api/refs/SELECT", None),
                    ("POST", site.target_of("references/{state}", {"state": "SELECT"}), None)):
                a = site.ask(method, target, body)
                if a.status < 400 or a.status == 404 or not detail(a):
                    wrong.append([target, a])
            left = [n for f in (small, into_refs) for n in os.listdir(f) if n != "full"]
            return wrong + left
        siege.during("a full disk", write)
    finally:
        for folder in small, into_refs:
            subprocess.run(["umount", folder], check=False)
        os.unlink(os.path.join(refs, "SELECT"))
        shutil.move(os.path.join(refs, "SELECT.away"), os.path.join(refs, "SELECT"))


def besiege(siege, viewers, must):
    """All of it but tokens and disks."""
    siege.during("forged names", forge_host)
    siege.during("paths that climb", climb)
    siege.during("heads without end", giants)
    siege.during("bodies of a gigabyte", flood)
    siege.during("bodies that lie", lie)
    siege.during("babble", babble)
    siege.during("pipelining", pipeline)
    siege.during("500 who never speak", idle, 500)
    siege.during("100 who speak slowly", slow_heads, 100)
    siege.during(f"{viewers} viewers, one of them deaf", view, viewers, must)
    siege.during("more viewers than there is room for", crowd, 500)
    siege.during("garbage over WebSocket", garble_websocket)
    siege.during("a deaf viewer of the live picture", deaf_viewer)


def check_instance(k):
    """By hand at a TCP port, with a recogniser."""
    refs = scenario_detector.copy_references(k, "refs-fortress")
    rules = k.path("rules.conf")
    with open(rules, "w", encoding="utf-8") as f:
        f.write(scenario_detector.config(refs))
    port = free_port()
    p = k.run("--loop", "--http", f"127.0.0.1:{port}", "--http-open", "127.0.0.0/8",
              video=scenario_detector.CLIP, audio="tone", outputs=[k.path("fortress.ts")],
              sets=[f"detector.rules={rules}", f"detector.refs={refs}"])
    site = web.Site(k, port, "instance")
    k.need(wait_for(lambda: (site.value("status") or {}).get("running")), "it runs", p.err())
    other = own(site, 8)

    def status():
        return wait_for(lambda: other.value("status"))
    before = descriptors_of(p.pid)
    besiege(Siege(k, site, status, [p.pid]), 200, 190)
    k.ok(wait_for(lambda: descriptors_of(p.pid) <= before + 4), "instance: no descriptor is left",
         [before, descriptors_of(p.pid)])
    code, seconds = p.stop()
    k.ok(code == 0 and seconds < 5, "instance: ends well after all that", [code, seconds, p.err()[-1000:]])


def check_service(k):
    """On its Unix socket, with a disk that gets full."""
    refs = scenario_detector.copy_references(k, "refs-full-disk")
    snapshots = k.path("snapshots-full")
    os.makedirs(snapshots)
    s = scenario_detector.begin(k, "fulldisk", settings(refs, snapshots, k.path("full-disk.ts")))
    site = web.Site(k, os.path.join(s.runtime, "http.sock"), "instance")
    k.need(wait_for(lambda: os.path.exists(site.place) and (site.value("status") or {}).get("running"), 60),
           "a service runs", s.process.err())
    siege = Siege(k, site, lambda: wait_for(lambda: site.value("status")), [s.process.pid])
    check_full_disk(k, s, site, siege, snapshots, refs)
    k.ok(s.stop()[0] == 0, "and ends well", s.process.err()[-1000:])


def check_kill(k, machine, site):
    """An instance is killed under the console, and the console under its viewers."""
    viewers = [Viewer(own(site, 51 + i), site.target_of("stream.mjpg")) for i in range(4)]
    live = web.WebSocket(own(site, 60), site.target_of("live"))
    events = web.Events(own(site, 61), site.target_of("events/live"))
    k.need(wait_for(lambda: all(v.pictures for v in viewers)) and live.agreed and
           events.status == 200, "console: people look on", [v.status for v in viewers])
    machine.cards["one"].process.kill()
    k.ok(wait_for(lambda: not any(v.is_alive() for v in viewers)) and live.ends() is not None and
         events.wait(lambda e: False, LIMIT) is None, "console: a card is killed: its viewers are told")
    a = site.ask("GET", site.target_of("status"))
    k.ok(a.status in (502, 503, 504) and detail(a), "console: and asked for, it is said to be gone", a)
    other = machine.site("two")
    k.ok(all(other.ask("GET", other.target_of("status")).status == 200 for _ in range(20)),
         "console: the other card is served")
    k.ok(other.ask("GET", "/healthz/live").status == 200 and machine.console.alive(),
         "console: it is alive", machine.console.err()[-500:])
    machine.cards["one"].start()
    k.ok(wait_for(lambda: (site.value("status") or {}).get("running"), 60),
         "console: the card is back, and served again", machine.console.err()[-500:])

    viewers = [Viewer(own(site, 51 + i), site.target_of("stream.mjpg")) for i in range(4)]
    k.need(wait_for(lambda: all(v.pictures for v in viewers)), "console: people look on again")
    direct = machine.instance("one")
    k.need(settles(lambda: wait_for(lambda: direct.value("status"))), "console: and stream what it shows")
    before = Siege.lost(direct.value("status"))
    machine.console.kill()
    k.ok(wait_for(lambda: not any(v.is_alive() for v in viewers)) and
         wait_for(lambda: Siege.lost(direct.value("status")) == before),
         "the console is killed: the cards lose nothing", [before, direct.value("status")])
    machine.start()


def check_console(k):
    """The console over two cards."""
    refs = scenario_detector.copy_references(k, "refs-two")
    snapshots = k.path("snapshots-two")
    os.makedirs(snapshots)
    machine = faces.Machine(k, {"one": settings(refs, snapshots, k.path("one.ts")),
                                "two": CAM % k.path("two.ts")})
    machine.start()
    site = machine.site("one")
    direct = machine.instance("one")
    k.need(wait_for(lambda: (site.value("status") or {}).get("running"), 60), "console: a card runs",
           machine.console.err())
    siege = Siege(k, site, lambda: wait_for(lambda: direct.value("status")),
                  [machine.console.pid, machine.cards["one"].process.pid],
                  site.target_of("status"))
    siege.during("wrong tokens", forge_tokens, faces.ALL, site.target_of("status"))
    before = descriptors_of(machine.console.pid)
    besiege(siege, 200, 190)
    k.ok(wait_for(lambda: descriptors_of(machine.console.pid) <= before + 4),
         "console: no descriptor is left", [before, descriptors_of(machine.console.pid)])
    k.ok(faces.ALL not in machine.console.err(), "console: no token is logged",
         machine.console.err()[-500:])
    check_kill(k, machine, site)
    ends = machine.stop()
    k.ok(ends == [0, 0, 0], "the machine ends well", [ends, machine.console.err()[-500:]])


def run(k):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    try:
        check_instance(k)
        check_service(k)
        check_console(k)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

