# SPDX-License-Identifier: GPL-2.0-or-later
"""A small client of D-Bus: calls with file descriptors, and signals with the time they came. The
bus's own tools can do neither."""

import array
import collections
import os
import socket
import struct
import threading
import time

LIMIT = 30
BASIC = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d",
         "h": "I"}
ALIGN = {"y": 1, "n": 2, "q": 2, "b": 4, "i": 4, "u": 4, "h": 4, "s": 4, "o": 4, "a": 4, "g": 1,
         "v": 1, "x": 8, "t": 8, "d": 8, "(": 8, "{": 8}
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY, DESTINATION, SENDER, SIGNATURE, FDS = range(1, 10)
INTERACTIVE = 4


class Error(Exception):
    """An error that was answered; name is the one on the bus."""

    def __init__(self, name, words=""):
        super().__init__(f"{name}: {words}")
        self.name = name
        self.words = words


Signal = collections.namedtuple("Signal", "time path interface member args")


def first_type(signature):
    """The first complete type of a signature, and the rest."""
    if signature[0] == "a":
        inner, rest = first_type(signature[1:])
        return "a" + inner, rest
    if signature[0] not in "({":
        return signature[0], signature[1:]
    depth = 0
    for i, c in enumerate(signature):
        depth += (c in "({") - (c in ")}")
        if depth == 0:
            return signature[:i + 1], signature[i + 1:]
    raise ValueError(signature)


def types_of(signature):
    while signature:
        one, signature = first_type(signature)
        yield one


class Writer:
    def __init__(self):
        self.data = bytearray()

    def pad(self, n):
        self.data += bytes(-len(self.data) % n)

    def write(self, kind, value):
        c = kind[0]
        self.pad(ALIGN[c])
        if c in BASIC:
            self.data += struct.pack("<" + BASIC[c], value)
        elif c in "so":
            self.data += struct.pack("<I", len(value.encode())) + value.encode() + b"\0"
        elif c == "g":
            self.data += bytes([len(value)]) + value.encode() + b"\0"
        elif c == "v":
            self.write("g", value[0])
            self.write(*value)
        elif c == "a":
            at = len(self.data)
            self.data += b"\0\0\0\0"
            self.pad(ALIGN[kind[1]])
            begin = len(self.data)
            for item in value:
                self.write(kind[1:], item)
            struct.pack_into("<I", self.data, at, len(self.data) - begin)
        else:
            for one, item in zip(types_of(kind[1:-1]), value):
                self.write(one, item)


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def pad(self, n):
        self.at += -self.at % n

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def read(self, kind):
        c = kind[0]
        self.pad(ALIGN[c])
        if c in BASIC:
            value = struct.unpack("<" + BASIC[c], self.take(struct.calcsize(BASIC[c])))[0]
            return bool(value) if c == "b" else value
        if c in "sog":
            n = self.take(1)[0] if c == "g" else struct.unpack("<I", self.take(4))[0]
            return self.take(n + 1)[:-1].decode()
        if c == "v":
            return self.read(self.read("g"))
        if c == "a":
            size = struct.unpack("<I", self.take(4))[0]
            self.pad(ALIGN[kind[1]])
            end = self.at + size
            items = []
            while self.at < end:
                items.append(self.read(kind[1:]))
            return dict(items) if kind[1] == "{" else items
        return tuple(self.read(one) for one in types_of(kind[1:-1]))


class Client:
    """A connection of its own, for one caller at a time. Signals gather in .signals."""

    def __init__(self, address, uid=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address.partition("path=")[2])
        self.socket.settimeout(LIMIT)
        name = str(os.getuid() if uid is None else uid).encode().hex()
        self.socket.sendall(b"\0AUTH EXTERNAL " + name.encode() + b"\r\n")
        self._line(b"OK")
        self.socket.sendall(b"NEGOTIATE_UNIX_FD\r\n")
        self._line(b"AGREE")
        self.socket.sendall(b"BEGIN\r\n")
        self.socket.settimeout(None)
        self.signals = []
        self.answers = {}
        self.changed = threading.Condition()
        self.closed = False
        self.serial = 0
        threading.Thread(target=self._receive, daemon=True).start()
        self.name = self.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                              "org.freedesktop.DBus", "Hello")[0]

    def _line(self, begin):
        line = b""
        while not line.endswith(b"\r\n"):
            more = self.socket.recv(1)
            if not more:
                raise ConnectionError("the bus hangs up")
            line += more
        if not line.startswith(begin):
            raise ConnectionError(line)

    def _exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise ConnectionError("the bus is gone")
            data += more
        return data

    def _message(self):
        head = self._exactly(16)
        size, _, fields = struct.unpack_from("<III", head, 4)
        rest = self._exactly(fields + -fields % 8 + size)
        reader = Reader(head[:12] + head[12:] + rest)
        reader.at = 12
        found = dict(reader.read("a(yv)"))
        reader.pad(8)
        body = Reader(reader.data[reader.at:])
        args = tuple(body.read(t) for t in types_of(found.get(SIGNATURE, "")))
        return head[1], found, args

    def _receive(self):
        try:
            while True:
                kind, fields, args = self._message()
                with self.changed:
                    if kind == SIGNAL:
                        self.signals.append(Signal(time.monotonic(), fields.get(PATH),
                                                   fields.get(INTERFACE), fields.get(MEMBER), args))
                    elif REPLY in fields:
                        self.answers[fields[REPLY]] = (kind, fields, args)
                    self.changed.notify_all()
        except OSError:
            pass
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def send(self, destination, path, interface, member, signature="", args=(), fds=(), flags=0):
        """Returns the serial, to wait for with answer()."""
        body = Writer()
        for kind, value in zip(types_of(signature), args):
            body.write(kind, value)
        fields = [(PATH, ("o", path)), (INTERFACE, ("s", interface)), (MEMBER, ("s", member)),
                  (DESTINATION, ("s", destination))]
        if signature:
            fields.append((SIGNATURE, ("g", signature)))
        if fds:
            fields.append((FDS, ("u", len(fds))))
        self.serial += 1
        head = Writer()
        head.data += struct.pack("<BBBBII", ord("l"), CALL, flags, 1, len(body.data), self.serial)
        head.write("a(yv)", fields)
        head.pad(8)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([bytes(head.data + body.data)], rights)
        return self.serial

    def answer(self, serial, limit=LIMIT):
        """The arguments of the reply; raises Error, or TimeoutError."""
        with self.changed:
            if not self.changed.wait_for(lambda: serial in self.answers or self.closed, limit):
                raise TimeoutError("no reply")
            if serial not in self.answers:
                raise ConnectionError("the bus is gone")
            kind, fields, args = self.answers.pop(serial)
        if kind == ERROR:
            raise Error(fields[ERROR_NAME], args[0] if args else "")
        return args

    def call(self, *args, limit=LIMIT, **kwargs):
        return self.answer(self.send(*args, **kwargs), limit)

    def listen(self, rule):
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                  "AddMatch", "s", (rule,))

    def wait_signal(self, test, limit=LIMIT):
        """The first signal that passes, waited for; None."""
        def found():
            return next((s for s in self.signals if test(s)), None)
        with self.changed:
            self.changed.wait_for(found, limit)
            return found()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
