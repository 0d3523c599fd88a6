# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks and disks that fail, many at once beside a file that must not notice: a server swallowed
by a firewall, a fifth of all packets lost and the rest late, a resolver that does not answer; a disk
that is full, read-only, or does not come back from a write. Each is in the journal once for each
reason, and its end is; SIGTERM in the midst of it.

What other scenarios prove is not here: server (dropped, frozen, killed and started, reset again and
again), hostile (silent, mute, refusing, reset, a byte a second, all at once), slow (half the rate),
service (a broken configuration at a reload), journal (one that hangs), kills (kill -9)."""

import os
import re
import subprocess
import time

import netem
import peers
from kit import Service, read_text, wait_for
from scenario_backup import STOP_LIMIT, SWITCH_LIMIT, output

VALUES = ["video.device=pattern", "audio.device=tone", "video.size=320x180",
          "encoder.bitrate=600k", "output.backup_return=1min", "output.backoff_max=1s"]
SLOW_SECONDS = 2.5
# Mounts what the outputs write to, and a resolver's file, for the service alone.
WRAPPER = """
cd "$1" && shift
mount -t tmpfs -o size=400k full full && mount -t tmpfs -o ro ro ro &&
mount -o loop slow.img slow && mount --bind resolv.conf /etc/resolv.conf || exit
exec "$@"
"""


class FarServer(peers.RtmpServer):
    address = netem.FAR


def make_disks(k):
    for folder in "full", "ro", "slow":
        os.mkdir(k.path(folder))
    with open(k.path("slow.img"), "wb") as f:
        f.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", k.path("slow.img")], check=True)
    with open(k.path("resolv.conf"), "w", encoding="utf-8") as f:
        f.write(f"nameserver {netem.NOBODY}\noptions timeout:3 attempts:1\n")


def inside(s, *command):
    """Runs it where the service sees its disks."""
    return subprocess.run(["nsenter", f"--target={s.process.pid}", "--mount", *command],
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
        "dns": "rtmp://nowhere.egm.test/live/x", "full": k.path("full/x.ts"),
        "ro": k.path("ro/x.ts"), "slow": k.path("slow/x.ts")})
    path = os.path.join(s.config, "cards", "faults.conf")
    text, url = read_text(path), servers["hole"].url()
    s.write(text.replace(f'"{url}"', f'"{url}"; backup = "{servers["backup"].url()}"'))
    s.start()
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
    k.ok(wait_for(lambda: any(lines_of(s, "dns"))) and "cannot find the address" in
         lines_of(s, "dns")[0], "a silent resolver: said", s.process.err())


def check_disks(k, s):
    # A disk that does not come back from a write, and then does.
    k.need(inside(s, "fsfreeze", "--freeze", k.path("slow")), "slow disk: it hangs")
    begin = time.monotonic()
    k.ok(wait_for(lambda: any(lines_of(s, "full")) and "No space left" in lines_of(s, "full")[-1]),
         "full disk: said", s.process.err())
    k.ok(wait_for(lambda: any(lines_of(s, "ro")) and "Read-only" in lines_of(s, "ro")[-1]),
         "read-only disk: said", s.process.err())
    time.sleep(max(begin + SLOW_SECONDS - time.monotonic(), 0))
    sent = output(s, "beside")["bytes"]
    k.ok(wait_for(lambda: output(s, "beside")["bytes"] > sent), "beside it all goes on")
    frozen = output(s, "slow")["bytes"]
    k.need(inside(s, "fsfreeze", "--unfreeze", k.path("slow")), "slow disk: it is back")
    k.ok(wait_for(lambda: output(s, "slow")["bytes"] > frozen), "slow disk: goes on",
         output(s, "slow"))
    k.need(inside(s, "mount", "-o", "remount,rw", k.path("ro")) and
           inside(s, "mount", "-o", "remount,size=64m", k.path("full")), "the others are mended")
    for name, words in ("ro", "Read-only"), ("full", "No space left"):
        k.ok(wait_for(lambda n=name: lines_of(s, n)[-1] is None), f"{name}: works", s.status())
        check_told(k, s, name, words)


def check_end(k, s, servers):
    session = list(servers["lossy"].sessions[-1])
    k.ok(state(s, "stuck") == "running" or any(lines_of(s, "stuck")), "stuck in a black hole",
         output(s, "stuck"))
    k.ok(wait_for(lambda: state(s, "dns") == "connecting"), "in the resolver", output(s, "dns"))
    stats = s.status()
    k.ok(output(s, "beside")["dropped"] == 0 and output(s, "beside")["failures"] == 0,
         "the file beside it drops nothing", output(s, "beside"))
    status, seconds = s.stop()
    k.ok(status in (0, 1) and seconds <= STOP_LIMIT, "ends soon after SIGTERM, in all of it",
         f"{status} {seconds:.2f}")
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
    servers = {n: k.server(net.far.enter(FarServer)) for n in ("hole", "stuck", "lossy", "backup")}
    s = start(k, net, servers)
    k.need(wait_for(lambda: all(state(s, n) == "running" for n in
                                ("beside", "hole", "stuck", "lossy", "slow"))),
           "all that can run do", [s.status(), s.process.err()])
    check_network(k, net, servers, s)
    check_disks(k, s)
    check_end(k, s, servers)
