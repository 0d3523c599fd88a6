# SPDX-License-Identifier: GPL-2.0-or-later
"""`serve` as systemd sees it: readiness, status, reload, watchdog, end, and a broken configuration,
which must not cost the picture."""

import os
import re
import signal
import socket
import threading
import time

import peers
from kit import size_of, wait_for

WATCHDOG_USEC = 1000000


class NotifySocket:
    """Takes what the daemon tells systemd: (seconds, line) of each."""

    def __init__(self, path):
        self.path = path
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while True:
            try:
                data = self.socket.recv(8192)
            except OSError:
                return
            if not data:
                return
            now = time.monotonic()
            self.lines += [(now, line) for line in data.decode().splitlines()]

    def count(self, begin):
        return len(self.values(begin))

    def values(self, begin):
        return [line for _, line in list(self.lines) if line.startswith(begin)]

    def order(self, *begins):
        """Positions of the first line that begins so, after the one before; None: not there."""
        at = 0
        found = []
        lines = [line for _, line in list(self.lines)]
        for b in begins:
            at = next((i for i in range(at, len(lines)) if lines[i].startswith(b)), None)
            if at is None:
                return None
            found.append(at)
        return found

    def close(self):
        self.socket.close()


def values(bitrate="600k", audio="tone", video="pattern"):
    return [f"video.device={video}", f"audio.device={audio}", "video.size=320x180",
            f"encoder.bitrate={bitrate}"]


def output(status, name):
    return next((o for o in status["outputs"] if o["name"] == name), None)


def frames(s):
    return (s.status() or {}).get("frame", 0)


def encoded(status_line):
    found = re.search(r"(\d+) frames", status_line)
    return int(found[1]) if found else 0


def check_start(k, notify, s):
    k.need(wait_for(lambda: notify.order("READY=1", "STATUS=")), "READY=1 comes", s.process.err())
    ready, after = notify.order("READY=1", "STATUS=")
    lines = [line for _, line in notify.lines]
    k.ok(encoded(lines[after]) >= 1 and all(encoded(line) <= 1 for line in lines[:ready]),
         "READY=1 comes with the first packet, not before", lines[:after + 1])
    k.ok(wait_for(lambda: any("live" in v for v in notify.values("STATUS="))),
         "STATUS= says what it does", notify.lines)
    k.ok(wait_for(lambda: notify.count("WATCHDOG=1") >= 3), "the watchdog is fed", notify.lines)


def check_status(k, s):
    seen = set()

    def updates():
        status = s.status()
        if status is None:
            return k.ok(False, "status.json is whole at all times")
        seen.add(status["last_update"])
        return len(seen) >= 6

    begin = time.monotonic()
    # Six of them: four whole seconds lie between the first and the last, or three where one came late.
    k.ok(wait_for(updates, 15) and time.monotonic() - begin >= 2.5, "status.json is new each second",
         sorted(seen))
    status = s.status()
    k.ok(status["card"] == "card" and status["input_live"] and status["problem"] is None and
         status["pid"] == s.process.pid, "status.json is about this card", status)


def check_reload(k, notify, s, outputs):
    before = s.status()
    began = frames(s)
    s.configure(values("1800k"), outputs)
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: notify.order("READY=1", "RELOADING=1", "READY=1")),
         "SIGHUP: RELOADING=1, then READY=1", notify.lines)
    reloading = [line for _, line in notify.lines if line.startswith("MONOTONIC_USEC=")]
    k.ok(reloading, "SIGHUP: with the time systemd asks for", notify.lines)
    k.ok(wait_for(lambda: s.status()["encoder"]["bitrate"] > 1400000),
         "SIGHUP: the bitrate changes", s.status()["encoder"])
    after = s.status()
    k.ok(frames(s) > began and all(o["reconnects"] == 0 and o["since"] ==
                                   output(before, o["name"])["since"] for o in after["outputs"]),
         "SIGHUP: the sessions go on", after["outputs"])

    more = dict(outputs, second=k.path("second.ts"))
    s.configure(values("1800k"), more)
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: size_of(k.path("second.ts")) > 50000), "SIGHUP: an output is added",
         s.process.err())
    s.configure(values("1800k"), {n: u for n, u in outputs.items() if n != "file"})
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: [o["name"] for o in s.status()["outputs"]] == ["rtmp"]),
         "SIGHUP: outputs are removed", s.status()["outputs"])
    k.ok(output(s.status(), "rtmp")["reconnects"] == 0, "SIGHUP: and the rest never noticed",
         s.status()["outputs"])
    for name in "file.ts", "second.ts":
        k.ok_decodes(k.look(k.path(name)), f"SIGHUP: {name}, which was closed,")

    s.write("outputs = ( { ;\n")
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: (s.status() or {}).get("problem")) and
         s.process.says("going on as before"), "SIGHUP with a broken file: loud, as before",
         s.process.err())
    moved = frames(s)
    k.ok(wait_for(lambda: frames(s) > moved) and len(s.status()["outputs"]) == 1,
         "SIGHUP with a broken file: the picture goes on", s.status())


def check_end(k, notify, s):
    status, seconds = s.stop()
    k.ok(status == 0 and seconds < 3, "SIGTERM: ends with 0", [status, seconds, s.process.err()])
    k.ok(notify.order("READY=1", "STOPPING=1"), "SIGTERM: STOPPING=1", notify.lines)
    k.ok(s.status() is None, "SIGTERM: no status.json is left behind")


def check_last_good(k, s, server):
    """The file is still broken: the next start goes on with what was good."""
    sessions = len(server.sessions)
    s.start()
    status = wait_for(lambda: frames(s) and s.status())
    k.ok(status and [o["name"] for o in status["outputs"]] == ["rtmp"] and
         wait_for(lambda: len(server.sessions) > sessions and server.pictures()),
         "a start with a broken file: the last good one is used", s.process.err())
    k.ok(status and status["problem"] and "last good" in s.process.err(),
         "a start with a broken file: loudly", [status, s.process.err()])
    s.stop()


def check_placeholder(k):
    """A card that is not there: up all the same, and it does not look like life."""
    notify = k.server(NotifySocket(k.path("notify2")))
    s = k.serve("gone", k.path("etc2"), values(video="/dev/video-not-there", audio="none"),
                {"file": k.path("gone.ts")}, notify)
    k.ok(wait_for(lambda: notify.count("READY=1")), "no card: READY=1 with a placeholder",
         s.process.err())
    status = wait_for(lambda: frames(s) and s.status())
    k.ok(status and not status["input_live"] and status["input"]["reason"],
         "no card: not live, with the reason", status)
    k.ok(any("no input" in v for v in notify.values("STATUS=")), "no card: STATUS= says so",
         notify.lines)
    k.ok(wait_for(lambda: size_of(k.path("gone.ts")) > 50000), "no card: outputs get pictures")
    s.stop()
    found = k.look(k.path("gone.ts"))
    k.ok_decodes(found, "no card: the placeholder")
    k.ok(found["video"] and found["video"]["placeholder_share"] == 1,
         "no card: they are the placeholder's", found)


def run(k):
    notify = k.server(NotifySocket(k.path("notify")))
    server = k.server(peers.RtmpServer())
    outputs = {"rtmp": server.url(), "file": k.path("file.ts")}
    s = k.serve("card", k.path("etc"), values(), outputs, notify,
                {"WATCHDOG_USEC": str(WATCHDOG_USEC)})
    check_start(k, notify, s)
    check_status(k, s)
    check_reload(k, notify, s, outputs)
    check_end(k, notify, s)
    check_last_good(k, s, server)
    k.ok(os.listdir(s.state), "what is good is kept in the state folder")
    check_placeholder(k)
