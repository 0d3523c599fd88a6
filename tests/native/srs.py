# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that speaks RTMP as SRS does towards a publisher: in the order of its messages, in what it
reads out of the URL, and in how it refuses. Some of its versions say why, others accept the stream
and then close; a stream whose publisher was cut stays taken until the server has noticed."""

import socket
import struct
import time
import urllib.parse

import peers
from peers import amf_number, amf_object, amf_string

DEFAULT_VHOST = "__defaultVhost__"
WINDOW = 2500000
CHUNK = 60000


def amf_value(data, at):
    """The value there, and where it ends."""
    kind = data[at]
    if kind == 0:
        return struct.unpack_from(">d", data, at + 1)[0], at + 9
    if kind == 1:
        return bool(data[at + 1]), at + 2
    if kind == 2:
        size = struct.unpack_from(">H", data, at + 1)[0]
        return data[at + 3:at + 3 + size].decode(), at + 3 + size
    if kind == 3:
        members = {}
        at += 1
        while data[at:at + 3] != b"\0\0\x09":
            size = struct.unpack_from(">H", data, at)[0]
            name = data[at + 2:at + 2 + size].decode()
            members[name], at = amf_value(data, at + 2 + size)
        return members, at + 3
    return None, at + 1


def amf_values(data):
    values = []
    at = 0
    while at < len(data):
        value, at = amf_value(data, at)
        values.append(value)
    return values


def query_of(text):
    return dict(urllib.parse.parse_qsl(text.partition("?")[2]))


class Stream:
    """What has come of one: its publisher, how often it was published, the pictures of all of them."""

    def __init__(self, vhost, token):
        self.vhost = vhost
        self.token = token
        self.owner = None
        self.sessions = 0
        self.pictures = 0

    def report(self):
        return {"vhost": self.vhost, "token": self.token, "publishing": self.owner is not None,
                "sessions": self.sessions, "pictures": self.pictures}


class Srs(peers.RtmpServer):
    """token, vhost: what a publisher must bring (None: anything); says: with its reason, else by
    closing; hold: seconds for which a stream that was cut is still taken; redirect: URL of the
    application to which publishers are sent; silence: seconds after which it gives up a publisher that
    sends nothing, or who is not there any more (None: never); keeps: what was sent."""

    def __init__(self, token=None, vhost=None, says=True, hold=7, redirect=None, silence=None,
                 keeps=True):
        self.token = token
        self.vhost = vhost
        self.says = says
        self.hold = hold
        self.redirect = redirect
        self.silence = silence
        self.keeps = keeps
        self.streams = {}  # by name
        self.taken_until = 0
        self.asked = []  # (monotonic, what came of it) of each wish to publish
        self.starts = []  # when streams were taken
        self.seen = []  # vhost, application, stream and token of each publisher
        super().__init__()

    def _put(self, connection, kind, stream, payload, size=CHUNK):
        head = struct.pack(">B", 3 if stream == 0 else 5) + b"\0\0\0" + \
            len(payload).to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", stream)
        connection.sendall(head + b"".join(
            (bytes([0xc0 | head[0]]) if at else b"") + payload[at:at + size]
            for at in range(0, len(payload), size)))

    def _status(self, connection, level, code, words, stream=1, extra=b""):
        body = b"".join(struct.pack(">H", len(k)) + k.encode() + amf_string(v) for k, v in
                        (("level", level), ("code", code), ("description", words)))
        self._put(connection, 20, stream, amf_string("onStatus") + amf_number(0) + b"\5" + b"\3" +
                  body + extra + b"\0\0\x09")

    def _on_connect(self, connection, number, command):
        self._put(connection, 5, 0, struct.pack(">I", WINDOW), 128)
        self._put(connection, 6, 0, struct.pack(">IB", WINDOW, 2), 128)
        self._put(connection, 1, 0, struct.pack(">I", CHUNK), 128)
        if self.redirect:
            inner = b"\3" + struct.pack(">H", 4) + b"code" + amf_number(302) + \
                struct.pack(">H", 8) + b"redirect" + amf_string(self.redirect) + b"\0\0\x09"
            self._status(connection, "error", "NetConnection.Connect.Rejected",
                         "RTMP 302 Redirect", 0, struct.pack(">H", 2) + b"ex" + inner)
            return
        self._put(connection, 20, 0, amf_string("_result") + amf_number(number) +
                  amf_object(fmsVer="FMS/3,5,3,888", srs_server="SRS/5.0") +
                  amf_object(level="status", code="NetConnection.Connect.Success",
                             description="Connection succeeded"))
        self._put(connection, 20, 0, amf_string("onBWDone") + amf_number(0) + b"\5")

    def _refusal(self, who):
        """Code and words, or None."""
        vhost, _, stream, token = who
        if self.vhost and vhost != self.vhost:
            return "NetConnection.Connect.Rejected", f"no such vhost {vhost}"
        if self.token and token != self.token:
            return "NetStream.Publish.Denied", f"on_publish refused {stream}?token={token}"
        if self._owner(stream) or time.monotonic() < self.taken_until:
            return "NetStream.Publish.BadName", f"rtmp: stream {stream} is busy"
        return None

    def _on_publish(self, connection, number, tc_url, name):
        ask = {**query_of(tc_url), **query_of(name)}
        who = (ask.get("vhost", DEFAULT_VHOST), tc_url.partition("?")[0].rpartition("/")[2],
               name.partition("?")[0], ask.get("token"))
        refusal = self._refusal(who)
        self.asked.append((time.monotonic(), refusal))
        self.seen.append(who)
        if refusal and self.says:
            self._status(connection, "error", *refusal)
            raise EOFError
        self._put(connection, 20, 1, amf_string("onFCPublish") + amf_number(0) + b"\5" +
                  amf_object(code="NetStream.Publish.Start", description="Started publishing"))
        self._status(connection, "status", "NetStream.Publish.Start", "Started publishing stream.")
        if refusal:
            raise EOFError
        self.starts.append(time.monotonic())
        taken = self.streams.setdefault(who[2], Stream(who[0], who[3]))
        taken.owner = connection
        taken.sessions += 1
        return taken

    def _on_command(self, connection, payload, state):
        values = amf_values(payload)
        name, number = values[0], values[1]
        if name == "connect":
            state["tc_url"] = values[2]["tcUrl"]
            self._on_connect(connection, number, values[2])
        elif name in ("releaseStream", "FCPublish", "_checkbw"):
            self._put(connection, 20, 0, amf_string("_result") + amf_number(number) + b"\5\6")
        elif name == "createStream":
            self._put(connection, 20, 0, amf_string("_result") + amf_number(number) + b"\5" +
                      amf_number(1))
        elif name == "publish":
            return self._on_publish(connection, number, state["tc_url"], values[3])
        return None

    def _receive(self, connection, reader):
        chunks = peers.Chunks(reader)
        stream, session, state = None, None, {}
        connection.settimeout(self.silence)
        try:
            while not self.over.is_set():
                kind, timestamp, payload = chunks.message()
                if kind == 20:
                    published = self._on_command(connection, payload, state)
                    if published:
                        stream, session = published, []
                        self.sessions.append(session)
                elif kind in (8, 9) and stream:
                    stream.pictures += kind == 9
                    if self.keeps:
                        session.append((kind, timestamp, payload))
        finally:
            if stream and stream.owner is connection:
                stream.owner = None

    def _owner(self, name):
        return self.streams[name].owner if name in self.streams else None

    def report(self):
        """What has come, by stream, for those who only read."""
        return {"streams": {name: s.report() for name, s in list(self.streams.items())},
                "refused": [refusal for _, refusal in self.asked if refusal][-10:]}

    @property
    def owner(self):
        """The connection that publishes, of the only one."""
        return next((s.owner for s in self.streams.values() if s.owner), None)

    def cut(self):
        """The network between: the publisher is gone, and the server does not know. Returns when it
        will."""
        connection = self.owner
        self.taken_until = time.monotonic() + self.hold
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, peers.RESET)
        connection.shutdown(socket.SHUT_RD)
        return self.taken_until

    def kick(self, words=None):
        """As its API ends a client: with a reason or without."""
        connection = self.owner
        if words:
            self._status(connection, "error", "NetConnection.Connect.Closed", words)
        connection.shutdown(socket.SHUT_RDWR)
