# SPDX-License-Identifier: GPL-2.0-or-later
"""What looking on costs and takes: a hundred viewers of MJPEG of whom one reads nothing, the live
picture beside RTMP, and the console beside an instance. Part of tests/bench/run."""

import re
import selectors
import socket
import statistics
import threading
import time

import faces
import kit
import peers
import web

VIEWERS = 100
SLICES = (1, 5)
PICTURE = ('role = "{role}";\nvideo: {{ device = "pattern"; size = "1280x720"; }};\n'
           'audio: {{ device = "tone"; }};\noutputs = ( {{ name = "main"; url = "{url}"; }} );\n')


# --- viewers ---

class Viewers(threading.Thread):
    """Many at once, who take what comes and throw it away; the first one takes nothing."""

    def __init__(self, port, n, target):
        super().__init__(daemon=True)
        self.over = False
        self.bytes = [0] * n
        self.pictures = [0] * n
        self.sockets = []
        self.selector = selectors.DefaultSelector()
        for i in range(n):
            s = socket.socket()
            if i == 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.bind((f"127.0.0.{2 + i % 50}", 0))
            s.connect(("127.0.0.1", port))
            s.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            s.setblocking(False)
            self.sockets.append(s)
            if i:
                self.selector.register(s, selectors.EVENT_READ, i)
        self.start()

    def run(self):
        buffer = bytearray(1 << 18)
        while not self.over:
            for key, _ in self.selector.select(0.2):
                try:
                    n = key.fileobj.recv_into(buffer)
                except OSError:
                    n = 0
                if n == 0:
                    self.selector.unregister(key.fileobj)
                    continue
                self.bytes[key.data] += n
                self.pictures[key.data] += buffer.count(b"X-Timestamp:", 0, n)

    def close(self):
        self.over = True
        self.join()
        for s in self.sockets:
            s.close()


def output_of(site):
    return site.value("status")["outputs"][0]


def input_frames(site):
    return site.value("status")["input"]["frames"]


def jpegs_made(site):
    """Pictures that were made a JPEG for those who look on."""
    text = site.ask("GET", "/metrics").body.decode()
    found = re.search(r"^egm_streamer_preview_pictures_total(?:\{[^}]*\})? (\d+)", text, re.M)
    return int(found[1]) if found else None


def measure_viewers(bench):
    lost = bench.figure("web-lost", f"pictures an output drops, {VIEWERS} MJPEG clients, one deaf", 0, "", 0)
    made = bench.figure("web-made", f"JPEGs made for each picture, {VIEWERS} MJPEG clients", 1.02)
    slower = bench.figure("web-late", "capture to sent, p99: later by that", None, " ms", 1)
    rate = bench.figure("web-rate", "pictures a second that each of them sees", None, "", 1)
    for _ in range(min(bench.rounds, 3)):
        port = kit.free_port()
        server = bench.kit.server(peers.RtmpServer())
        p = bench.kit.run("--http", f"127.0.0.1:{port}", "--http-open", "127.0.0.0/8",
                          size="1280x720", outputs=[server.url()])
        site = web.Site(bench.kit, port, "instance")
        if not kit.wait_for(lambda: (site.value("status") or {}).get("frame", 0) > 30):
            raise kit.Failure(f"it does not run: {p.err()[-500:]}")
        time.sleep(bench.seconds)  # the measurement itself: without viewers …
        quiet = output_of(site)
        viewers = Viewers(port, VIEWERS, "/stream.mjpg")
        if not kit.wait_for(lambda: sum(n > 2 for n in viewers.pictures) >= VIEWERS * 0.5):
            bench.say(f"only {sum(n > 2 for n in viewers.pictures)} viewers are shown pictures")
        begin, frames, jpegs, seen = time.monotonic(), input_frames(site), jpegs_made(site), sum(viewers.pictures)
        time.sleep(bench.seconds)  # … and with them
        seconds = time.monotonic() - begin
        rate.values.append((sum(viewers.pictures) - seen) / seconds / (VIEWERS - 1))
        if jpegs is not None:
            made.values.append((jpegs_made(site) - jpegs) / (input_frames(site) - frames))
        busy = output_of(site)
        viewers.close()
        lost.values.append(busy["dropped"] + busy["failures"])
        slower.values.append(busy["overhead_ms"]["p99"] - quiet["overhead_ms"]["p99"])
        p.stop()
        server.close()


# --- the live picture ---

def slices_of(data):
    """The slices in a sequence of NAL units with their lengths before them; what follows them, such
    as sound, ends it."""
    at, found = 0, []
    while at + 5 <= len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        if size == 0 or at + 4 + size > len(data):
            break
        if data[at + 4] & 31 in SLICES:
            found.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return found


class StampedServer(peers.RtmpServer):
    """Notes when each picture came, by its first slice."""

    def __init__(self):
        self.times = {}
        super().__init__()

    def on_picture(self, payload, when):
        slices = slices_of(payload[5:])
        if slices:
            self.times[hash(slices[0])] = when


def watch_live(site, seconds):
    """When each picture came over WebSocket, likewise."""
    times = {}
    live = web.WebSocket(site, site.target_of("live"))
    if not live.agreed:
        raise kit.Failure(f"no live picture: {live.status}")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        kind, message = live.next()
        when = time.monotonic()
        if kind != web.BINARY:
            continue
        slices = [s for name, data in web.boxes(message) if name == "mdat" for s in slices_of(data)]
        if slices:
            times[hash(slices[0])] = when
    live.close()
    return times


def measure_live(bench):
    later = bench.figure("web-live", "WebSocket later than RTMP, p95", 1000 / 30, " ms", 1)
    middle = bench.figure("web-live-p50", "WebSocket later than RTMP, p50", None, " ms", 1)
    port = kit.free_port()
    server = bench.kit.server(StampedServer())
    p = bench.kit.run("--http", f"127.0.0.1:{port}", "--http-open", "127.0.0.0/8", size="1280x720",
                      outputs=[server.url()])
    site = web.Site(bench.kit, port, "instance")
    if not kit.wait_for(lambda: len(server.times) > 30):
        raise kit.Failure(f"it does not run: {p.err()[-500:]}")
    for _ in range(min(bench.rounds, 3)):
        times = watch_live(site, bench.seconds)
        both = [1e3 * (when - server.times[k]) for k, when in times.items() if k in server.times]
        bench.say(f"{len(both)} of {len(times)} pictures came both ways")
        if len(both) < 0.8 * len(times):
            raise kit.Failure("the pictures of both ways are not the same")
        later.values.append(statistics.quantiles(both, n=20)[-1])
        middle.values.append(statistics.median(both))
    p.stop()
    server.close()


# --- the console ---

def p99_of_both(sites, rest, n):
    """Asked by turns, so that a busy moment hurts both."""
    kept = [s.connection() for s in sites]
    times = [[] for _ in sites]
    for _ in range(n):
        for site, connection, found in zip(sites, kept, times):
            begin = time.monotonic()
            answer = site.ask("GET", site.target_of(rest), kept=connection)
            found.append(1e3 * (time.monotonic() - begin))
            if answer.status != 200:
                raise kit.Failure(f"{site.on}: {rest}: {answer}")
    for connection in kept:
        connection.close()
    return [statistics.quantiles(found, n=100)[-1] for found in times]


def measure_console(bench):
    """Four cards stream; one is asked directly and through the console."""
    server = bench.kit.server(peers.RtmpServer())
    machine = faces.Machine(bench.kit, {
        f"card{i}": PICTURE.format(role=f"game{i}", url=server.url(f"k{i}")) for i in range(4)})
    machine.start()
    through, direct = machine.site("card0"), machine.instance("card0")
    if not kit.wait_for(lambda: (through.value("status") or {}).get("running")):
        raise kit.Failure(f"the console does not serve: {machine.console.err()[-500:]}")
    n = 100 if bench.quick else 500
    for rest in "status", "snapshot.jpg":
        more = bench.figure(f"console-{rest}", f"{rest} through the console, p99: more than from the "
                            "instance", 10, " ms", 1)
        own = bench.figure(f"instance-{rest}", f"{rest} from the instance, p99", None, " ms", 1)
        for _ in range(bench.rounds):
            alone, relayed = p99_of_both((direct, through), rest, n)
            own.values.append(alone)
            more.values.append(relayed - alone)
    machine.stop()
    server.close()


def measure(bench):
    measure_viewers(bench)
    measure_live(bench)
    measure_console(bench)
