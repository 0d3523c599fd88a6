# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGTERM while something is wrong, one instance for each: a card that is gone, with its sound; a
server of pictures that refuses, is silent, falls silent in the midst, or resets again and again; a bus
that is gone, a configuration that is rubbish. Each also has a server that never answers, and a file.
What is wrong with networks and disks is in faults, with peers in hostile, with the journal in journal;
what takes a card that hangs, in the machine."""

import os
import pwd
import signal
import time

import buses
import peers
from kit import Service, read_text, size_of, wait_for
from scenario_backup import STOP_LIMIT, output

VALUES = ["video.size=160x90", "video.rate=15", "encoder.preset=ultrafast", "encoder.bitrate=200k"]
PATTERN = ["video.device=pattern", "audio.device=none"]


class Film(peers.Peer):
    """Sends the beginning of a stream, then nothing more."""

    def __init__(self, data):
        self.data = data
        super().__init__()

    def serve(self, connection):
        connection.sendall(self.data)
        self.over.wait()


class BrokenFilm(Film):
    """… then resets."""

    def serve(self, connection):
        connection.sendall(self.data)
        self.over.wait(0.3)
        connection.setsockopt(peers.socket.SOL_SOCKET, peers.socket.SO_LINGER, peers.RESET)


def source(peer):
    return [f"video.device=tcp://127.0.0.1:{peer.port}", "audio.device=none"]


def is_lost(s):
    """After it was live."""
    return "Input is live" in s.process.err() and not (s.status() or {"input_live": True})["input_live"]


def has_no_input(s):
    status = s.status()
    return status and not status["input_live"] and status["input"]["reason"]


def make_film(k):
    path = k.path("film.ts")
    p = k.run("--duration", "3", outputs=[path], size="160x90", rate=15)
    k.need(p.wait() == 0, "a film is made", p.err())
    with open(path, "rb") as f:
        return f.read()


def run(k):
    film = make_film(k)
    silent = k.server(peers.Silent())
    bus = buses.Bus(k, pwd.getpwuid(os.getuid()).pw_name)
    # Name, what is set, environment, when it is in its state.
    states = [
        ("card gone", ["video.device=/dev/egm/nobody", "audio.device=hw:31"], {}, has_no_input),
        ("refused", source(k.server(peers.Refusing())), {}, has_no_input),
        ("silent", source(k.server(peers.Silent())), {}, has_no_input),
        ("hung", source(k.server(Film(film))), {}, is_lost),
        ("reset", source(k.server(BrokenFilm(film))), {},
         lambda s: s.status()["input"]["opens"] >= 3),
        ("bus gone", PATTERN, bus.env, lambda s: "No control by D-Bus" in s.process.err()),
        ("rubbish", PATTERN, {}, lambda s: (s.status() or {}).get("problem")),
    ]
    services = {}
    for name, values, env, _ in states:
        card = name.replace(" ", "_")
        s = services[name] = Service(k, card, k.path(f"etc-{card}"), env=env)
        s.configure(VALUES + values, {"file": k.path(f"{card}.ts"), "dead": silent.url()})
        s.start()
    client = bus.client()
    k.need(wait_for(lambda: buses.has_name(client, "org.egm.Streamer1.bus_gone")), "it is on the bus",
           services["bus gone"].process.err())
    for name, s in services.items():
        k.need(wait_for(lambda s=s: output(s, "file").get("frames", 0) > 5), f"{name}: it records",
               [s.status(), s.process.err()])
    bus.stop()
    services["rubbish"].write("video: { ;")
    services["rubbish"].process.send(signal.SIGHUP)
    for name, _, _, wrong in states:
        s = services[name]
        k.ok(wait_for(lambda w=wrong, s=s: w(s)), f"{name}: so it is", [s.status(), s.process.err()])
        begin = time.monotonic()
        status, _ = s.stop()
        seconds = time.monotonic() - begin
        print(f"# {name}: {seconds:.2f} s", flush=True)
        k.ok(status == 0 and seconds <= STOP_LIMIT, f"{name}: ends soon after SIGTERM",
             [status, seconds, s.process.err()])
        path = k.path(name.replace(" ", "_") + ".ts")
        k.ok(size_of(path) and "Stopped" in read_text(s.process.err_path), f"{name}: and well", s.process.err())
        k.ok_decodes(k.look(path), f"{name}: the file")
