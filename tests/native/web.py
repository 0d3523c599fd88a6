# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of the web faces: plain requests, held to data/openapi.json; WebSocket; server-sent events;
MJPEG. No more clever than they must be, so that nothing is put right behind a test's back."""

import base64
import hashlib
import http.client
import json
import os
import re
import select
import socket
import struct
import time
import urllib.parse

from kit import LIMIT, Failure

try:
    import jsonschema
except ImportError:
    jsonschema = None

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data",
                        "openapi.json")
CARD = "/api/v1/cards/{card}/"
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


# --- schemas ---

def strict(schema):
    """A schema of OpenAPI 3.0 as JSON Schema, in which what is not described is wrong."""
    if isinstance(schema, list):
        return [strict(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    s = {k: {n: strict(v) for n, v in value.items()} if k == "properties" else strict(value)
         for k, value in schema.items()}
    if "properties" in s:
        s.setdefault("additionalProperties", False)
    if s.pop("nullable", False):
        return {"anyOf": [{"type": "null"}, s]}
    return s


def leaf(error):
    """Where none of several schemas fits, what is wrong with that which nearly does."""
    while error.context:
        error = max(error.context, key=lambda e: (len(e.absolute_path), e.validator != "type"))
    return error


def load_document():
    with open(DOCUMENT, encoding="utf-8") as f:
        return json.load(f)


class Contract:
    """What the document says about answers, and which of its operations have been asked."""

    def __init__(self):
        self.document = load_document()
        self.schemas = {"components": {"schemas": strict(self.document["components"]["schemas"])}}
        self.asked = set()

    def schema_errors(self, schema, value):
        if not jsonschema:
            return []
        whole = dict(strict(schema), components=self.schemas["components"])
        validator = jsonschema.Draft7Validator(whole)
        return [f"{'/'.join(str(p) for p in e.absolute_path)}: {e.message[-200:]}"
                for e in map(leaf, validator.iter_errors(value))]

    def named(self, name, value):
        """What is wrong with a value that should be components/schemas/NAME."""
        return self.schema_errors({"$ref": f"#/components/schemas/{name}"}, value)

    def operation(self, method, path, on):
        """None: the document has none there."""
        o = self.document["paths"].get(path, {}).get(method.lower())
        return o if o and on in o["x-egm-on"] else None

    def operations(self, on):
        return {(m.upper(), p) for p, item in self.document["paths"].items()
                for m, o in item.items() if on in o["x-egm-on"]}

    def complaints(self, method, path, on, answer):
        """What is wrong with an answer."""
        o = self.operation(method, path, on)
        if o is None:
            return [f"{method} {path} is not described for the {on}"]
        self.asked.add((on, method, path))
        described = o["responses"].get(str(answer.status), o["responses"]["default"])
        if "$ref" in described:
            described = self.document["components"]["responses"][
                described["$ref"].rpartition("/")[2]]
        if str(answer.status) not in o["responses"] and answer.status < 400:
            return [f"status {answer.status} is not described"]
        content = described.get("content")
        if content is None:
            return [f"a body with {answer.status}: {answer.body[:80]}"] if answer.body else []
        kind = answer.type()
        if kind not in content and "*/*" not in content:
            return [f"the type {kind} is not described"]
        if kind != "application/json":
            return []
        try:
            value = json.loads(answer.body)
        except ValueError as e:
            return [f"no JSON: {e}: {answer.body[:80]}"]
        return self.schema_errors(content[kind]["schema"], value)


# --- requests ---

class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=LIMIT):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # lower case
        self.body = body

    def type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self):
        """None when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:600]!r}"


class Site:
    """A face: place is a TCP port of the loopback, or the path of a Unix socket."""

    def __init__(self, k, place, on, card=None, token=None, contract=None, source=None):
        self.k = k
        self.place = place
        self.on = on
        self.card = card
        self.token = token
        self.contract = contract or Contract()
        self.source = source  # an address of the loopback to come from

    def connection(self, timeout=LIMIT):
        if isinstance(self.place, str):
            return UnixConnection(self.place, timeout)
        return http.client.HTTPConnection("127.0.0.1", self.place, timeout=timeout,
                                          source_address=self.source and (self.source, 0))

    def of(self, source):
        """The same as somebody else sees it."""
        return Site(self.k, self.place, self.on, self.card, self.token, self.contract, source)

    def socket(self, timeout=LIMIT):
        c = self.connection(timeout)
        c.connect()
        return c.sock

    def authority(self):
        return "localhost" if isinstance(self.place, str) else f"127.0.0.1:{self.place}"

    def head(self, method, target, headers=None):
        """The head of a request, as bytes."""
        lines = {"Host": self.authority()}
        if self.token:
            lines["Authorization"] = f"Bearer {self.token}"
        lines.update(headers or {})
        return (f"{method} {target} HTTP/1.1\r\n" +
                "".join(f"{n}: {v}\r\n" for n, v in lines.items()) + "\r\n").encode("latin-1")

    def ask(self, method, target, body=None, headers=None, kept=None):
        """body: bytes, or what becomes JSON. kept: a connection that is used again. Status 0: the
        connection was closed instead."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is None and method in ("POST", "PUT"):
            headers.setdefault("Content-Length", "0")
        c = kept or self.connection()
        try:
            c.request(method, target, body=body, headers=headers)
            r = c.getresponse()
            return Answer(r.status, {n.lower(): v for n, v in r.getheaders()}, r.read())
        except (OSError, http.client.HTTPException) as e:
            return Answer(0, {}, repr(e).encode())
        finally:
            if not kept:
                c.close()

    def path_of(self, rest):
        """The path in the document of what a card has."""
        if rest.startswith("/"):
            return rest
        return (CARD if self.card else "/api/v1/") + rest

    def target_of(self, rest, arguments=None, query=None):
        values = dict({"card": self.card}, **(arguments or {}))
        target = re.sub(r"\{(\w+)\}", lambda m: urllib.parse.quote(str(values[m[1]]), safe=""),
                        self.path_of(rest))
        return target + ("?" + urllib.parse.urlencode(query) if query else "")

    def call(self, method, rest, arguments=None, query=None, body=None, headers=None, kept=None):
        """Asks for "/path" or a card's "rest"; the answer, and what is wrong with it."""
        answer = self.ask(method, self.target_of(rest, arguments, query), body, headers, kept)
        return answer, self.contract.complaints(method, self.path_of(rest), self.on, answer)

    def row(self, words, status, method, rest, arguments=None, query=None, body=None, headers=None,
            that=None, kept=None):
        """A test line: the status, what the document says, and what else is wanted of the answer.
        status: one, or several that will do. Returns the answer."""
        answer, complaints = self.call(method, rest, arguments, query, body, headers, kept)
        wanted = status if isinstance(status, tuple) else (status,)
        good = answer.status in wanted and not complaints
        if good and that:
            try:
                good = bool(that(answer))
            except (KeyError, TypeError, IndexError, ValueError, AttributeError) as e:
                complaints.append(repr(e))
                good = False
        self.k.ok(good, f"{self.on}: {method} {rest}: {words}", f"{complaints} {answer!r}")
        return answer

    def value(self, rest, arguments=None, query=None):
        """The JSON of a GET, to be polled; None while there is none."""
        answer = self.ask("GET", self.target_of(rest, arguments, query))
        return answer.json() if answer.status == 200 else None

    def not_asked(self):
        """Operations of the document that this face should have been asked for, and was not."""
        asked = {(m, p) for on, m, p in self.contract.asked if on == self.on}
        return sorted(self.contract.operations(self.on) - asked)


# --- streams of bytes ---

class Stream:
    """A connection on which a GET has been sent: the head of the answer, and what follows."""

    def __init__(self, site, target, headers=None, timeout=LIMIT, receive_buffer=0):
        self.timeout = timeout
        self.buffer = b""
        self.sock = site.socket(timeout)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.sendall(site.head("GET", target, headers))
        self.chunked = False
        try:
            head = self.until(b"\r\n\r\n").decode("latin-1")
        except (EOFError, ConnectionError):
            head = ""
        match = re.match(r"HTTP/1\.1 (\d+)", head)
        self.status = int(match[1]) if match else 0
        self.headers = dict((n.strip().lower(), v.strip()) for n, _, v in
                            (line.partition(":") for line in head.split("\r\n")[1:] if line))
        self.chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self.left, self.buffer = self.buffer, b""  # not yet unchunked
        if not self.chunked:
            self.buffer, self.left = self.left, b""

    def _more(self):
        data = self.sock.recv(1 << 16)
        if not data:
            raise EOFError
        return data

    def _unchunk(self):
        while True:
            line, found, rest = self.left.partition(b"\r\n")
            if found:
                size = int(line.partition(b";")[0], 16)
                if size == 0:
                    raise EOFError
                while len(rest) < size + 2:
                    rest += self._more()
                self.buffer += rest[:size]
                self.left = rest[size + 2:]
                return
            self.left += self._more()

    def fill(self):
        if self.chunked:
            self._unchunk()
        else:
            self.buffer += self._more()

    def until(self, mark):
        while mark not in self.buffer:
            self.fill()
        data, _, self.buffer = self.buffer.partition(mark)
        return data

    def read(self, size):
        while len(self.buffer) < size:
            self.fill()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def close(self):
        self.sock.close()


class Events(Stream):
    """Server-sent events, one dictionary each: id, event, data (parsed); comments as event ":"."""

    def next(self):
        while True:
            found = {}
            block = self.until(b"\n\n").decode()
            for line in block.split("\n"):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not name:
                    found["event"] = ":"
                elif name == "data":
                    found["data"] = found.get("data", "") + value
                elif name in ("id", "event"):
                    found[name] = value
                elif name == "retry":
                    found["event"] = "retry"
                else:
                    raise Failure(f"a field of no event: {line}")
            if "data" in found:
                found["data"] = json.loads(found["data"])
            if found:
                return found

    def wait(self, condition, limit=LIMIT):
        """The first event for which condition(event) is true; None when it ends or takes longer."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            try:
                event = self.next()
            except (EOFError, OSError):
                return None
            if condition(event):
                return event
        return None


class Mjpeg(Stream):
    """multipart/x-mixed-replace: next() is (headers, picture)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        match = re.search(r'boundary="?([^";]+)"?', self.headers.get("content-type", ""))
        self.boundary = b"--" + match[1].encode() if match else None
        if self.status == 200 and not self.boundary:
            raise Failure(f"no boundary: {self.headers}")

    def next(self):
        if not self.boundary:
            raise Failure(f"no pictures: {self.status} {self.headers}")
        self.until(self.boundary + b"\r\n")
        head = self.until(b"\r\n\r\n").decode("latin-1")
        headers = dict((n.strip().lower(), v.strip()) for n, _, v in
                       (line.partition(":") for line in head.split("\r\n")))
        return headers, self.read(int(headers["content-length"]))


def is_jpeg(data):
    return data[:3] == b"\xff\xd8\xff" and data.rstrip(b"\r\n")[-2:] == b"\xff\xd9"


def jpeg_size(data):
    """Width and height in a JPEG's frame header; None when there is none."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xff:
        kind = data[at + 1]
        if 0xc0 <= kind <= 0xcf and kind not in (0xc4, 0xc8, 0xcc):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


class WebSocket:
    """The client's side of RFC 6455; frames can also be sent that no client should send."""

    def __init__(self, site, target, headers=None, timeout=LIMIT, receive_buffer=0):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": key}
        lines.update(headers or {})
        self.stream = Stream(site, target, lines, timeout, receive_buffer)
        self.sock = self.stream.sock
        self.status = self.stream.status
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        self.agreed = self.status == 101 and \
            self.stream.headers.get("sec-websocket-accept") == accept and \
            self.stream.headers.get("upgrade", "").lower() == "websocket"

    @staticmethod
    def frame(opcode, data=b"", final=True, masked=True, reserved=0, length=None):
        """length: what is said, if it is not the truth."""
        n = len(data) if length is None else length
        head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
        flag = 0x80 if masked else 0
        if n < 126:
            head += bytes([flag | n])
        elif n < 1 << 16:
            head += bytes([flag | 126]) + struct.pack(">H", n)
        else:
            head += bytes([flag | 127]) + struct.pack(">Q", n)
        if not masked:
            return head + data
        mask = os.urandom(4)
        return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))

    def send(self, *args, **kwargs):
        self.sock.sendall(self.frame(*args, **kwargs))

    def next_frame(self):
        """(opcode, final, payload)."""
        first, second = self.stream.read(2)
        if second & 0x80:
            raise Failure("a server must not mask")
        n = second & 0x7f
        if n == 126:
            n = struct.unpack(">H", self.stream.read(2))[0]
        elif n == 127:
            n = struct.unpack(">Q", self.stream.read(8))[0]
        return first & 15, bool(first & 0x80), self.stream.read(n)

    def next(self):
        """(opcode, payload) of the next whole message; answers pings. CLOSE: it says goodbye."""
        kind, whole = None, b""
        while True:
            opcode, final, data = self.next_frame()
            if opcode == PING:
                self.send(PONG, data)
            elif opcode == CLOSE:
                return CLOSE, data
            elif opcode != PONG:
                kind = opcode or kind
                whole += data
                if final:
                    return kind, whole

    def ends(self, limit=LIMIT):
        """The status of its goodbye, or 0 when it hangs up; None: it goes on."""
        until = time.monotonic() + limit
        try:
            while time.monotonic() < until:
                kind, data = self.next()
                if kind == CLOSE:
                    return struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 1005
        except TimeoutError:
            return None
        except (EOFError, OSError):
            return 0
        return None

    def close(self):
        self.sock.close()


def boxes(data):
    """(type, payload) of each box of ISO media."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        begin = at + 8
        if size == 1:
            size = struct.unpack_from(">Q", data, begin)[0]
            begin += 8
        if size < 8 or at + size > len(data):
            raise Failure(f"a broken box {kind}")
        yield kind.decode("latin-1"), data[begin:at + size]
        at += size


def closed_by_peer(sock, limit=LIMIT):
    """Whether the other side ends the connection within the limit; what it says before is passed
    over."""
    until = time.monotonic() + limit
    while (left := until - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            return False
        try:
            if not sock.recv(1 << 16):
                return True
        except OSError:
            return True
    return False


# --- the original's page ---

class Dashboard:
    """What the original's page asks, as a browser sends it: a kept connection, its headers, a stamp
    against caches behind each picture."""

    def __init__(self, site):
        self.site = site
        self.kept = site.connection()
        origin = f"http://{site.authority()}"
        self.headers = {
            "Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Accept-Language": "zh-TW,zh;q=0.9",
            "Referer": origin + "/", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}
        self.origin = {"Origin": origin}

    def get(self, target):
        return self.site.ask("GET", target, headers=self.headers, kept=self.kept)

    def change(self, method, target, body=None):
        return self.site.ask(method, target, body, dict(self.headers, **self.origin), self.kept)

    def picture(self, target):
        headers = dict(self.headers, Accept="image/avif,image/webp,image/apng,*/*;q=0.8")
        headers.update({"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"})
        return self.site.ask("GET", f"{target}?t={int(time.time() * 1000)}", headers=headers,
                             kept=self.kept)

    def close(self):
        self.kept.close()
