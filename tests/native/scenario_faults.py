# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks and disks that fail, many at once beside a file that must not notice: a server swallowed
by a firewall, a fifth of all packets lost and the rest late, a resolver that does not answer; a disk
that is full, read-only, or does not come back from a write. Each is in the journal once for each
reason, and its end is; SIGTERM in the midst of it.

What other scenarios prove is not here: server (dropped, frozen, killed and started, reset again and
again), hostile (silent, mute, refusing, reset, a byte a second, all at once), slow (half the rate),
service (a broken configuration at a reload), journal (one that hangs), kills (kill -9), ends (SIGTERM
while something is wrong with the input, the bus or the configuration)."""

import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import netem
import peers
from kit import Service, read_text, wait_for
from scenario_backup import STOP_LIMIT, SWITCH_LIMIT, output

VALUES = ["video.device=pattern", "audio.device=tone", "video.size=320x180",
          "encoder.bitrate=600k", "output.backup_return=1min", "output.backoff_max=1s"]
LATE = "late.egm.test"  # which the resolver knows in the end
# Mounts what the outputs write to, and a resolver's file, for the service alone.
WRAPPER = """
cd "$1" && shift
mount -t tmpfs -o size=400k full full && mount -t tmpfs -o ro ro ro &&
mount -t tmpfs -o size=400k full full-on && mount -t tmpfs -o ro ro ro-on &&
mount -o loop slow.img slow && mount --bind resolv.conf /etc/resolv.conf || exit
exec "$@"
"""


class FarServer(peers.RtmpServer):
    address = netem.FAR


class FarCrawling(peers.Crawling):
    address = netem.FAR


class FarResetting(peers.Resetting):
    address = netem.FAR


class FarSilent(peers.Silent):
    address = netem.FAR


class FarResolver:
    """Says nothing at first, and never anything about others than LATE."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((netem.FAR, 53))
        self.speaks = False
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        wanted = b"".join(bytes([len(p)]) + p.encode() for p in LATE.split(".")) + b"\0"
        while True:
            try:
                query, whence = self.socket.recvfrom(512)
            except OSError:
                return
            question = query[12:12 + len(wanted) + 4]
            if not self.speaks or not question.lower().startswith(wanted):
                continue
            kind = struct.unpack_from(">H", question, len(wanted))[0]
            answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(netem.FAR)
            self.socket.sendto(
                query[:2] + struct.pack(">HHHHH", 0x8180, 1, kind == 1, 0, 0) + question +
                (answer if kind == 1 else b""), whence)

    def close(self):
        self.socket.close()


KINDS = {"hole": FarServer, "stuck": FarServer, "lossy": FarServer, "backup": FarServer,
         "dns": FarServer, "crawling": FarCrawling, "resetting": FarResetting, "silent": FarSilent,
         "resolver": FarResolver}


def make_disks(k):
    for folder in "full", "ro", "slow", "full-on", "ro-on":
        os.mkdir(k.path(folder))
    with open(k.path("slow.img"), "wb") as f:
        f.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", k.path("slow.img")], check=True)
    with open(k.path("resolv.conf"), "w", encoding="utf-8") as f:
        f.write(f"nameserver {netem.FAR}\noptions timeout:3 attempts:1\n")


def inside(s, *command):
    """Runs it where the service sees its disks, or saw them."""
    if s.disks is None:
        s.disks = os.open(f"/proc/{s.process.pid}/ns/mnt", os.O_RDONLY)
    return subprocess.run(["nsenter", f"--mount=/proc/{os.getpid()}/fd/{s.disks}", *command],
                          check=False, capture_output=True).returncode == 0


def lines_of(s, name):
    """What the journal is told about an output: words of a failure, or None for its end."""
    found = []
    for line in s.process.err().splitlines():
        if m := re.search(rf"Output {name}: (.*); next try", line):
            found.append(m[1])
        elif f"Output {name} is running" in line:
            found.append(None)
    return found


def pace_of(s, name):
    """What the journal is told about whether it keeps up."""
    return re.findall(rf"Output {name} (does not keep up|keeps up again)", s.process.err())


def freeze(k, s, on):
    return inside(s, "fsfreeze", "--freeze" if on else "--unfreeze", k.path("slow"))


def is_gone(pid):
    """But for the threads that the kernel does not let go."""
    return re.search(r"^State:\s+Z", read_text(f"/proc/{pid}/status"), re.M)


def state(s, name):
    return output(s, name).get("state")


def check_told(k, s, name, words):
    """Once for each reason, and how it ended."""
    told = lines_of(s, name)
    failed = [t for t in told if t]
    k.ok(any(words in t for t in failed) and len(failed) == len(set(failed)) <= 3 and
         told[-1] is None, f"{name}: told once, with its end", [told, s.process.err()])


def start(k, net, servers):
    s = Service(k, "faults", k.path("etc"), wrapper=[
        *net.near.command(), "unshare", "--mount", "sh", "-c", WRAPPER, "sh", k.folder])
    s.configure(VALUES, {
        "beside": k.path("beside.ts"), "hole": servers["hole"].url(),
        "stuck": servers["stuck"].url(), "lossy": servers["lossy"].url(),
        "dns": servers["dns"].url().replace(netem.FAR, LATE), "full": k.path("full/x.ts"),
        "ro": k.path("ro/x.ts"), "slow": k.path("slow/x.ts"),
        # Those for which it has no end.
        "no-dns": "rtmp://nowhere.egm.test/live/x", "full-on": k.path("full-on/x.ts"),
        "ro-on": k.path("ro-on/x.ts"), "crawling": servers["crawling"].url(),
        "resetting": servers["resetting"].url(), "silent": servers["silent"].url()})
    path = os.path.join(s.config, "cards", "faults.conf")
    text, url = read_text(path), servers["hole"].url()
    s.write(text.replace(f'"{url}"', f'"{url}"; backup = "{servers["backup"].url()}"'))
    s.start()
    s.disks = None
    return s


def check_network(k, net, servers, s):
    begin = time.monotonic()
    net.rules[servers["hole"].port] = net.rules[servers["stuck"].port] = "hole"
    net.rules[servers["lossy"].port] = (0.2, 0.3)
    k.need(wait_for(lambda: servers["backup"].first_pictures), "black hole: the backup is used",
           s.process.err())
    late = servers["backup"].first_pictures[0] - begin
    print(f"# the backup is used {late:.1f} s after the black hole began", flush=True)
    k.ok(late <= 2 * SWITCH_LIMIT, f"black hole: within {SWITCH_LIMIT} s, on a busy host twice that", late)
    k.ok(wait_for(lambda: state(s, "hole") == "running" and output(s, "hole")["backup"] == 1),
         "black hole: the status says so", output(s, "hole"))
    k.ok(wait_for(lambda: lines_of(s, "hole")[-1] is None), "black hole: over", lines_of(s, "hole"))
    check_told(k, s, "hole", "took no data")
    k.ok(wait_for(lambda: any(lines_of(s, "dns"))), "a silent resolver: said", s.process.err())
    servers["resolver"].speaks = True
    k.ok(wait_for(lambda: state(s, "dns") == "running" and lines_of(s, "dns")[-1] is None),
         "a silent resolver: over", [output(s, "dns"), s.process.err()])
    check_told(k, s, "dns", "cannot find the address")


def check_disks(k, s):
    k.ok(wait_for(lambda: any(lines_of(s, "full")) and "No space left" in lines_of(s, "full")[-1]),
         "full disk: said", s.process.err())
    k.ok(wait_for(lambda: any(lines_of(s, "ro")) and "Read-only" in lines_of(s, "ro")[-1]),
         "read-only disk: said", s.process.err())
    k.need(inside(s, "mount", "-o", "remount,rw", k.path("ro")) and
           inside(s, "mount", "-o", "remount,size=64m", k.path("full")), "they are mended")
    for name, words in ("ro", "Read-only"), ("full", "No space left"):
        k.ok(wait_for(lambda n=name: lines_of(s, n)[-1] is None), f"{name}: works", s.status())
        check_told(k, s, name, words)


def check_slow_disk(k, s, meanwhile):
    """A disk that does not come back from a write, and then does; told when it costs pictures."""
    k.need(freeze(k, s, True), "slow disk: it hangs")
    k.ok(wait_for(lambda: pace_of(s, "slow")), "slow disk: said", [output(s, "slow"), s.process.err()])
    sent = output(s, "beside")["bytes"]
    k.ok(wait_for(lambda: output(s, "beside")["bytes"] > sent), "beside it all goes on")
    frozen = output(s, "slow")["bytes"]
    k.need(freeze(k, s, False), "slow disk: it is back")
    k.ok(wait_for(lambda: output(s, "slow")["bytes"] > frozen), "slow disk: goes on",
         output(s, "slow"))
    meanwhile()
    k.ok(wait_for(lambda: len(pace_of(s, "slow")) > 1), "slow disk: over", s.process.err())
    k.ok(pace_of(s, "slow") == ["does not keep up", "keeps up again"] and lines_of(s, "slow") == [None],
         "slow disk: told once, with its end", s.process.err())


def check_end(k, s, servers):
    session = list(servers["lossy"].sessions[-1])
    k.ok(state(s, "stuck") == "running" or any(lines_of(s, "stuck")), "stuck in a black hole",
         output(s, "stuck"))
    k.ok(wait_for(lambda: state(s, "no-dns") == "connecting"), "in the resolver", output(s, "no-dns"))
    for name, words in ("full-on", "No space left"), ("ro-on", "Read-only"), ("silent", "no answer"), \
            ("resetting", "reset"):
        k.ok(wait_for(lambda n=name, w=words: any(w in (t or "") for t in lines_of(s, n))),
             f"{name}: said", s.process.err())
    k.ok(wait_for(lambda: pace_of(s, "crawling") or any(lines_of(s, "crawling"))),
         "a byte a second: said", output(s, "crawling"))
    k.need(freeze(k, s, True), "the slow disk hangs again")
    frozen = output(s, "slow")["bytes"]
    k.ok(wait_for(lambda: output(s, "slow")["queue_ms"] > 200), "and is felt", output(s, "slow"))
    stats = s.status()
    k.ok(output(s, "beside")["dropped"] == 0 and output(s, "beside")["failures"] == 0,
         "the file beside it drops nothing", output(s, "beside"))
    begin = time.monotonic()
    s.process.send(signal.SIGTERM)
    k.ok(wait_for(lambda: is_gone(s.process.pid)), "ends after SIGTERM, in all of it", s.process.err())
    seconds = time.monotonic() - begin
    print(f"# ended {seconds:.2f} s after SIGTERM", flush=True)
    k.ok(seconds <= STOP_LIMIT, f"within {STOP_LIMIT} s", f"{seconds:.2f}")
    k.ok("have been left behind" in s.process.err() and s.process.child.poll() is None,
         "but for what the kernel holds for the disk", s.process.err()[-500:])
    k.need(freeze(k, s, False), "the disk is back")
    status = s.process.wait()
    k.ok(status in (0, 1), "and lets go of it", status)
    # The figures are those of a moment before the end.
    stats["drop_frames"] += 5
    stats["input"]["repeated"] += 5
    found = k.look(k.path("beside.ts"))
    k.ok_decodes(found, "the file beside it")
    k.ok_whole(found, "the file beside it", stats)
    path = k.path("lossy.flv")
    servers["lossy"].write_flv(session, path)
    k.ok_decodes(k.look(path), "what came through loss and delay")


def run(k):
    if not netem.available():
        k.skip("networks and disks", "needs root, tun and loop devices")
        return
    make_disks(k)
    net = k.server(netem.Network())
    servers = {n: k.server(net.far.enter(kind)) for n, kind in KINDS.items()}
    s = start(k, net, servers)
    k.need(wait_for(lambda: all(state(s, n) == "running" for n in
                                ("beside", "hole", "stuck", "lossy", "slow"))),
           "all that can run do", [s.status(), s.process.err()])
    try:
        check_slow_disk(k, s, lambda: check_network(k, net, servers, s))
        check_disks(k, s)
        check_end(k, s, servers)
    finally:
        freeze(k, s, False)  # or nobody could end it
