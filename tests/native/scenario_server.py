# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that go and come back: dropped publisher, frozen, killed, reset again and again; the
stream returns by itself, every session begins with an IDR, and what a receiver gets decodes."""

import signal
import time

import packets
import peers
from kit import size_of, wait_for

QUEUE_SECONDS = 1


def read(path):
    with open(path, "rb") as f:
        return f.read()


def drop_and_freeze(k, nginx):
    """Both leave the player, who must not notice more than a gap."""
    player = k.watcher(nginx.url("x"), seconds=0)
    k.need(nginx.grows("x", 300000), "nginx gets the stream")
    k.ok(nginx.control("drop/publisher?app=live&name=x").startswith("HTTP/1.1 200"),
         "the publisher is dropped")
    k.need(wait_for(lambda: len(nginx.records("x")) == 2) and nginx.grows("x"),
           "it is back after a drop")

    # Longer than the queue and what the kernel holds.
    nginx.process.send(signal.SIGSTOP)
    time.sleep(QUEUE_SECONDS + 2.5)
    nginx.process.send(signal.SIGCONT)
    k.need(nginx.grows("x", 300000), "it goes on after a freeze")
    player.send(signal.SIGTERM)
    found = k.watched(player)
    k.ok_decodes(found, "what a player got through a drop and a freeze")


def kill_and_restart(k, nginx):
    before = len(nginx.records("x"))
    nginx.process.kill()
    nginx.start()
    k.need(wait_for(lambda: len(nginx.records("x")) > before) and nginx.grows("x"),
           "it is back after the server was killed and started again")


def run_nginx(k):
    nginx = k.nginx()
    p = k.run(sets=[f"output.queue={QUEUE_SECONDS}s", "output.backoff_min=200ms",
                    "encoder.bitrate=1500k"],
              outputs=[nginx.url("x"), k.path("beside.ts")])
    drop_and_freeze(k, nginx)
    kill_and_restart(k, nginx)
    status, _ = p.stop()
    k.ok(status == 0, "ends with 0", p.err())
    stats = k.stats(p)
    server, beside = stats["outputs"]
    k.ok(server["reconnects"] >= 2 and server["state"] == "running", "reconnects are counted",
         server)
    k.ok(server["drops"] >= 1 and server["dropped"] > 0, "the freeze cost a tail", server)
    for n, path in enumerate(nginx.records("x")):
        pictures = packets.flv_pictures(packets.flv_tags(read(path)))
        k.ok(pictures and packets.starts_decodable(pictures[0][1]),
             f"session {n + 1} begins with SPS, PPS, IDR", pictures[:1])
        k.ok_decodes(k.look(path), f"session {n + 1}")
    k.ok(beside["dropped"] == 0 and beside["failures"] == 0, "the file beside it drops nothing",
         beside)
    k.ok_whole(k.look(k.path("beside.ts")), "the file beside it", stats)


def run_srt(k):
    files = [k.path("srt1.ts"), k.path("srt2.ts")]
    listener = k.srt_listener(files[0])
    p = k.run(sets=["output.backoff_min=200ms"],
              outputs=[f"srt://127.0.0.1:{listener.port}", k.path("beside-srt.ts")])
    k.need(wait_for(lambda: size_of(files[0]) > 200000), "SRT arrives", p.err())
    listener.kill()
    # SRT notices a dead peer after some seconds.
    listener = k.srt_listener(files[1], listener.port)
    k.need(wait_for(lambda: size_of(files[1]) > 200000), "SRT is back after its peer was killed",
           p.err())
    status, _ = p.stop()
    k.ok(status == 0, "SRT: ends with 0", p.err())
    stats = k.stats(p)
    for n, path in enumerate(files):
        k.ok(packets.starts_decodable(packets.ts_first_picture(read(path))),
             f"SRT session {n + 1} begins with SPS, PPS, IDR")
        k.ok_decodes(k.look(path), f"SRT session {n + 1}")
    k.ok_whole(k.look(k.path("beside-srt.ts")), "the file beside SRT", stats)


def run_resets(k):
    """No server's kindness between us and the wire: what was sent first after each reset."""
    server = k.server(peers.RtmpServer(reset_after=1.5))
    p = k.run(sets=["output.backoff_min=100ms", "output.backoff_max=300ms"],
              outputs=[server.url(), k.path("beside-resets.ts")])
    k.need(wait_for(lambda: len([s for s in server.sessions if len(s) > 30]) >= 5),
           "comes back after each reset", p.err())
    p.stop()
    stats = k.stats(p)
    sessions = [s for s in server.sessions if packets.flv_pictures(list(s))]
    firsts = [packets.flv_pictures(list(s))[0] for s in sessions]
    k.ok(all(packets.starts_decodable(nals) for _, nals in firsts),
         "the first picture on the wire is an IDR with SPS and PPS, each time", firsts)
    k.ok(all(msec < 100 for msec, _ in firsts), "each session's clock begins at 0", firsts)
    undecodable = []
    for n, session in enumerate(sessions):
        path = k.path(f"reset-{n}.flv")
        server.write_flv(list(session), path)
        v = k.look(path)["video"]
        undecodable.append(v["undecodable"] + v["complaints"])
    k.ok(sum(undecodable) == 0, "no session holds an undecodable picture", undecodable)
    k.ok_whole(k.look(k.path("beside-resets.ts")), "the file beside the resets", stats)


def run(k):
    run_nginx(k)
    run_srt(k)
    run_resets(k)
