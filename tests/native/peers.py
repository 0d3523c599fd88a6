# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers that no server would dare to be. Each listens on a free port of the loopback, in threads of
its own, until it is closed."""

import random
import socket
import struct
import threading
import time

import packets

HANDSHAKE = 1536
RESET = struct.pack("ii", 1, 0)


class Peer:
    """Accepts, and has serve() do something with each connection."""

    receive_buffer = 0
    address = "127.0.0.1"
    segment = 0
    port = 0  # any

    def __init__(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.receive_buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        if self.segment:
            self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, self.segment)
        self.listener.bind((self.address, self.port))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self.accepted = 0
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, key="key"):
        return f"rtmp://{self.address}:{self.port}/live/{key}"

    def _accept(self):
        while not self.over.is_set():
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.accepted += 1
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.serve(connection)
        except (OSError, EOFError):
            pass
        finally:
            connection.close()

    def serve(self, connection):
        raise NotImplementedError

    def close(self):
        self.over.set()
        # Wakes the thread that accepts, which close() alone does not.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for c in self.connections:
            c.close()


class Silent(Peer):
    """Accepts and never says or reads a word."""

    def serve(self, connection):
        self.over.wait()


class Resetting(Peer):
    """Resets each connection a second after it came."""

    def serve(self, connection):
        self.over.wait(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


class Refusing(Peer):
    """A port at which nobody listens."""

    def __init__(self):
        super().__init__()
        self.close()


class Reader:
    """Reads from a connection, at most so many bytes a second."""

    def __init__(self, connection, rate=None):
        self.connection = connection
        self.rate = rate

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            want = size - len(data)
            if self.rate:
                want = max(min(want, self.rate // 20), 1)
            more = self.connection.recv(want)
            if not more:
                raise EOFError
            data += more
            if self.rate:
                time.sleep(len(more) / self.rate)
        return bytes(data)


def amf_string(text):
    return b"\2" + struct.pack(">H", len(text)) + text.encode()


def amf_number(value):
    return b"\0" + struct.pack(">d", value)


def amf_object(**members):
    body = b"".join(struct.pack(">H", len(k)) + k.encode() + amf_string(v)
                    for k, v in members.items())
    return b"\3" + body + b"\0\0\x09"


def amf_command(data):
    """Name and transaction of a command; that is all we need of it."""
    size = struct.unpack_from(">H", data, 1)[0]
    return data[3:3 + size].decode(), struct.unpack_from(">d", data, 4 + size)[0]


class ChunkStream:
    def __init__(self):
        self.timestamp = self.size = self.kind = 0
        self.delta = 0
        self.extended = False
        self.data = b""


class Chunks:
    """The chunk layer of RTMP, the receiving side: messages out of a stream of bytes."""

    def __init__(self, reader):
        self.reader = reader
        self.size = 128
        self.streams = {}

    def _header(self):
        first = self.reader.read(1)[0]
        number = first & 63
        if number == 0:
            number = 64 + self.reader.read(1)[0]
        s = self.streams.setdefault(number, ChunkStream())
        form = first >> 6
        head = self.reader.read((11, 7, 3, 0)[form])
        new = not s.data
        if form < 3:
            stamp = int.from_bytes(head[:3], "big")
            s.extended = stamp == 0xffffff
            if form < 2:
                s.size = int.from_bytes(head[3:6], "big")
                s.kind = head[6]
        if s.extended:
            stamp = int.from_bytes(self.reader.read(4), "big")
        if form == 0:
            s.timestamp, s.delta = stamp, 0
        else:
            if form < 3:
                s.delta = stamp
            if new:
                s.timestamp += s.delta
        return s

    def message(self):
        """(type, timestamp, payload) of the next message."""
        while True:
            s = self._header()
            s.data += self.reader.read(min(self.size, s.size - len(s.data)))
            if len(s.data) < s.size:
                continue
            data, s.data = s.data, b""
            if s.kind == 1:
                self.size = int.from_bytes(data[:4], "big")
                continue
            return s.kind, s.timestamp, data


class RtmpServer(Peer):
    """Takes a publisher's stream as a server would, and keeps each session's tags as they came.

    rate: bytes a second it reads once the stream is published; mute: after the handshake proper
    it never says a word again; reset_after: seconds after which it resets a session."""

    def __init__(self, rate=None, mute=False, reset_after=None, receive_buffer=0):
        self.rate = rate
        self.mute = mute
        self.reset_after = reset_after
        self.receive_buffer = receive_buffer
        self.sessions = []  # lists of (type, timestamp, payload)
        self.first_pictures = []  # when the first one of each session came, monotonic
        self.last_picture = 0
        super().__init__()

    @staticmethod
    def _send(connection, kind, stream, payload):
        head = struct.pack(">B", 3) + b"\0\0\0" + len(payload).to_bytes(3, "big") + \
            bytes([kind]) + struct.pack("<I", stream)
        data = b"".join((b"\xc3" if at else b"") + payload[at:at + 128]
                        for at in range(0, len(payload), 128))
        connection.sendall(head + data)

    def _answer(self, connection, name, transaction):
        if name == "connect":
            self._send(connection, 20, 0, amf_string("_result") + amf_number(transaction) +
                       amf_object(fmsVer="test") +
                       amf_object(level="status", code="NetConnection.Connect.Success"))
        elif name == "createStream":
            self._send(connection, 20, 0, amf_string("_result") + amf_number(transaction) +
                       b"\5" + amf_number(1))
        elif name == "publish":
            self._send(connection, 20, 1, amf_string("onStatus") + amf_number(0) + b"\5" +
                       amf_object(level="status", code="NetStream.Publish.Start"))

    def serve(self, connection):
        reader = Reader(connection)
        greeting = reader.read(1 + HANDSHAKE)
        connection.sendall(b"\3" + bytes(8) + random.randbytes(HANDSHAKE - 8) + greeting[1:])
        reader.read(HANDSHAKE)
        if self.mute:
            self.over.wait()
            return
        if self.reset_after:
            threading.Thread(target=self._reset, args=(connection,), daemon=True).start()
        self._receive(connection, reader)

    def _receive(self, connection, reader):
        chunks = Chunks(reader)
        session = None
        while not self.over.is_set():
            kind, timestamp, payload = chunks.message()
            if kind == 20:
                name, transaction = amf_command(payload)
                self._answer(connection, name, transaction)
                if name == "publish":
                    session = []
                    self.sessions.append(session)
                    reader.rate = self.rate
            elif kind in (packets.FLV_AUDIO, packets.FLV_VIDEO) and session is not None:
                session.append((kind, timestamp, payload))
                if kind == packets.FLV_VIDEO and payload[1:2] == b"\1":
                    self.last_picture = time.monotonic()
                    self.on_picture(payload, self.last_picture)
                    if len(self.first_pictures) < len(self.sessions):
                        self.first_pictures.append(self.last_picture)

    def on_picture(self, payload, when):
        """For those who want to know at once."""

    def _reset(self, connection):
        self.over.wait(self.reset_after)
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            # Wakes the thread that reads, and says goodbye the rude way.
            connection.shutdown(socket.SHUT_RD)
        except OSError:
            pass

    def pictures(self, session=-1):
        return packets.flv_pictures(list(self.sessions[session])) if self.sessions else []

    @staticmethod
    def write_flv(session, path):
        """A session as a file that a player opens."""
        with open(path, "wb") as f:
            f.write(b"FLV\1\5\0\0\0\x09\0\0\0\0")
            for kind, msec, payload in session:
                f.write(bytes([kind]) + len(payload).to_bytes(3, "big") +
                        (msec & 0xffffff).to_bytes(3, "big") + bytes([msec >> 24 & 255]) +
                        b"\0\0\0" + payload + (11 + len(payload)).to_bytes(4, "big"))


class Throttle(Peer):
    """A relay to another port that reads at most rate bytes a second from whom it serves, which may
    change while it runs; None: as fast as it comes. What waits is in front of it, but for a buffer.
    Segments are as short as of a network, else its window would open by 64 KiB."""

    segment = 1460

    def __init__(self, port, rate=None, receive_buffer=65536):
        self.target = port
        self.rate = rate
        self.receive_buffer = receive_buffer
        super().__init__()

    def _back(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def serve(self, connection):
        onward = socket.create_connection(("127.0.0.1", self.target))
        self.connections.append(onward)
        threading.Thread(target=self._back, args=(onward, connection), daemon=True).start()
        due = time.monotonic()
        while data := connection.recv(max((self.rate or 1280000) // 20, 1)):
            onward.sendall(data)
            rate = self.rate
            due = max(due, time.monotonic() - 0.1) + (len(data) / rate if rate else 0)
            time.sleep(max(due - time.monotonic(), 0))
        onward.close()


class Crawling(RtmpServer):
    """A server that reads a byte a second once it has a publisher."""

    def __init__(self):
        super().__init__(rate=1, receive_buffer=4096)


class Busy(RtmpServer):
    """Refuses each publisher, and says more about why than is good."""

    def __init__(self, words):
        self.words = words
        super().__init__()

    def _answer(self, connection, name, transaction):
        if name != "publish":
            super()._answer(connection, name, transaction)
            return
        self._send(connection, 20, 1, amf_string("onStatus") + amf_number(0) + b"\5" +
                   amf_object(level="error", code="NetStream.Publish.BadName",
                              description=self.words))


class Mute(RtmpServer):
    """Shakes hands, then never speaks again."""

    def __init__(self):
        super().__init__(mute=True)
