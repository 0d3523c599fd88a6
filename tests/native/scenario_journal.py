# SPDX-License-Identifier: GPL-2.0-or-later
"""A journal that hangs: no decision, no picture and no packet may wait for it. The daemon has a
journal of ours in a mount namespace of its own, and libsystemd's real socket, which blocks."""

import os
import signal
import socket
import subprocess
import threading

from kit import Service, free_port, wait_for
from scenario_detector import CLIP, ORDER, copy_references, in_order, state, states_of

# Puts the folder over the journal's, and tells what systemd would: whose stream stderr is.
WRAPPER = """
[ -d /run/systemd/journal ] || { mount -t tmpfs run /run && mkdir -p /run/systemd/journal; } || exit
mount --bind "$1" /run/systemd/journal || exit
shift
JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"
"""
LOST_ID = "1d83a059b2384b28b2838d1e4607af78"


class Journal:
    """Keeps the fields of each message as a dictionary. While it hangs, its socket is full."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.path = os.path.join(folder, "socket")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.1)
        self.messages = []
        self.reads = threading.Event()
        self.idle = threading.Event()
        self.ends = False
        self.reads.set()
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        while not self.ends:
            if not self.reads.wait(0.1):
                self.idle.set()
                continue
            try:
                data = self.socket.recv(1 << 20)
            except TimeoutError:
                continue
            except OSError:
                return
            if data != b"FILLER":
                self.messages.append(dict(line.split("=", 1) for line in
                                          data.decode(errors="replace").splitlines() if "=" in line))

    def hang(self):
        self.idle.clear()
        self.reads.clear()
        self.idle.wait()
        # Each sender has a limit of its own besides that of the queue.
        sent = True
        while sent:
            sent = False
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
                filler.setblocking(False)
                try:
                    while True:
                        filler.sendto(b"FILLER", self.path)
                        sent = True
                except BlockingIOError:
                    pass

    def go_on(self):
        self.reads.set()

    def since(self, n, key):
        return [m[key] for m in self.messages[n:] if key in m]

    def close(self):
        self.ends = True
        self.reads.set()
        self.thread.join()
        self.socket.close()


def namespace():
    """The command that gives a mount namespace, or None."""
    for command in ["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]:
        if subprocess.run([*command, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True,
                          check=False).returncode == 0:
            return command
    return None


def config(refs, path, port):
    """States and a number that change, an output that works and one that fails all the time."""
    return f'''
log_level = "debug";
video: {{ device = "{CLIP}"; loop = true; size = "320x240"; }};
audio: {{ device = "none"; }};
encoder: {{ preset = "ultrafast"; bitrate = "300k"; }};
detector: {{ screen = "640x480"; refs = "{refs}"; states: {{ {states_of(ORDER)} }};
priority = [ {", ".join(f'"{n}"' for n in reversed(ORDER))} ];
}};
output: {{ backoff_min = "100ms"; backoff_max = "100ms"; }};
outputs = ( {{ name = "file"; url = "{path}"; }},
            {{ name = "flapping"; url = "rtmp://127.0.0.1:{port}/live/x"; }} );
'''


def log(s):
    return (s.status() or {}).get("log") or {}


def output(s, name):
    return next((o for o in (s.status() or {}).get("outputs", []) if o["name"] == name), {})


def grows(value, by):
    """value() becomes larger by so much."""
    begin = value() or 0
    return wait_for(lambda: (value() or 0) >= begin + by)


def check_hangs(k, s, journal):
    """Returns the number of messages before."""
    journal.hang()
    n = len(journal.messages)
    k.need(wait_for(lambda: log(s).get("waiting", 0) >= 3), "the journal hangs: messages wait",
           s.status())
    seen = []

    def changes():
        name = state(s).get("state")
        if name in ORDER and (not seen or seen[-1] != name):
            seen.append(name)
        return len(seen) >= 4
    k.ok(wait_for(changes, 60) and in_order(seen), "states are decided meanwhile", seen)
    k.ok(grows(lambda: state(s).get("decisions"), 50), "every picture is looked at", state(s))
    k.ok(grows(lambda: output(s, "file").get("frames"), 50), "pictures go out", s.status())
    k.ok(grows(lambda: output(s, "flapping").get("failures"), 3), "what fails is tried again",
         output(s, "flapping"))
    k.ok(log(s)["waiting"] >= 3 and len(journal.messages) == n, "and the journal still hangs",
         log(s))
    return n


def check_goes_on(k, s, journal, n):
    journal.go_on()
    k.ok(wait_for(lambda: log(s).get("waiting") == 0), "it goes on: nothing waits", log(s))

    # The first one seen had been told before.
    def told():
        return [t for t in journal.since(n, "EGM_STATE") if t in ORDER]
    k.ok(wait_for(lambda: len(told()) >= 3) and in_order(told()), "all states come, in order", told())
    times = journal.since(n, "EGM_TIME")
    k.ok(times and times == sorted(times) and
         all(m["EGM_TIME"] in m["MESSAGE"] for m in journal.messages[n:] if "EGM_TIME" in m),
         "with the time at which it was", journal.messages[n:][:3])
    k.ok(log(s)["lost"] == 0 and LOST_ID not in journal.since(n, "MESSAGE_ID"), "nothing is lost",
         log(s))


def check_lost(k, s, journal, good):
    """More than the queue takes: a file of mistakes, each of which is told at each reload."""
    journal.hang()
    n = len(journal.messages)
    s.write(good + "".join(f"nonsense{i} = 1;\n" for i in range(90)))

    def overflows():
        before = log(s)
        if before["lost"] > 0:
            return True
        s.process.send(signal.SIGHUP)
        return wait_for(lambda: log(s)["waiting"] > before["waiting"] + 50 or log(s)["lost"]) and \
            log(s)["lost"] > 0
    k.need(wait_for(overflows), "more than the queue takes: counted", log(s))
    k.ok(grows(lambda: output(s, "file").get("frames"), 50), "pictures go out still", s.status())
    s.write(good)
    s.process.send(signal.SIGHUP)
    journal.go_on()
    k.ok(wait_for(lambda: "Configuration reloaded" in journal.since(n, "MESSAGE") or
                  log(s)["waiting"] == 0), "it goes on once more", log(s))
    told = wait_for(lambda: [m for m in journal.messages[n:] if m.get("MESSAGE_ID") == LOST_ID])
    k.ok(told and len(told) == 1 and 0 < int(told[0]["EGM_LOST"]) == log(s)["lost"],
         "what is lost is told in one line", [told, log(s)])


def check_end(k, s, journal):
    journal.hang()
    k.need(wait_for(lambda: log(s).get("waiting", 0) >= 3), "it hangs again", s.status())
    status, seconds = s.stop()
    k.ok(status == 0 and seconds < 3, "SIGTERM: ends with 0 all the same",
         [status, seconds, s.process.err()])
    k.ok_decodes(k.look(k.path("file.ts")), "SIGTERM: the file")


def run(k):
    command = namespace()
    if not command:
        k.skip("all of it", "no mount namespace may be made here")
        return
    journal = k.server(Journal(k.path("journal")))
    s = Service(k, "card", k.path("etc"),
                wrapper=[*command, "sh", "-c", WRAPPER, "sh", k.path("journal")])
    good = config(copy_references(k, "refs"), k.path("file.ts"), free_port())
    s.write(good)
    s.start()
    k.need(wait_for(lambda: "NORMAL" in journal.since(0, "EGM_STATE"), 60),
           "the journal is told, with fields", [journal.messages[:20], s.process.err()])
    k.ok(s.process.err() == "", "and stderr nothing", s.process.err())
    n = check_hangs(k, s, journal)
    check_goes_on(k, s, journal, n)
    check_lost(k, s, journal, good)
    check_end(k, s, journal)
