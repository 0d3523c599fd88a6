# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 at random times, a hundred times: what is on disk is whole, and the next one comes up.

Several instances at a time record small pictures in segments, while a reference is added or the
configuration read anew, and are killed once a random number of pictures was written, or so long after
their start. EGM_SEED makes the times of another run come again, as far as the machine lets them."""

import http.client
import json
import os
import random
import signal
import time

import web
from kit import Failure, LIMIT, Service, read_text, size_of
from scenario_backup import STOP_LIMIT

LIVES = 100
LANES = 5
RATE = 50
KINDS = ["mkv", "ts", "mp4"]
BITRATES = ["200k", "250k"]  # of the two configurations
STATE = "PATTERN"
CONFIG = '''
video: {{ device = "pattern"; size = "160x90"; rate = {rate}; }};
audio: {{ device = "tone"; bitrate = "48k"; }};
encoder: {{ preset = "ultrafast"; bitrate = "{bitrate}"; gop = 10; }};
recording: {{ segment = "1s"; }};
detector: {{ mode = "compatible"; screen = "160x90"; refs = "{refs}"; states: {{
    {state}: {{ rois = ( {{ name = "all"; x = 8; y = 8; w = 144; h = 74; }} ); }}; }}; }};
outputs = ( {{ name = "disk"; url = "{url}"; }} );
'''
HEADS = {".jpg": (b"\xff\xd8\xff", b"\xff\xd9"), ".png": (b"\x89PNG", b"IEND\xaeB`\x82")}


class Lane:
    """One instance and its lives, one after the other. Its steps are a generator's: it yields where it
    waits for something, so that others go on."""

    def __init__(self, k, number, lives, dice):
        self.k = k
        self.dice = dice
        self.lives = lives
        self.kind = KINDS[number % len(KINDS)]
        self.name = f"lane{number}"
        self.folder, self.refs = k.path(self.name), k.path(f"refs-{self.name}")
        for folder in self.folder, self.refs:
            os.makedirs(folder)
        self.service = Service(k, self.name, k.path(f"etc-{self.name}"))
        self.bitrate = BITRATES[-1]
        self.bad = []
        self.good = set()  # the last good configurations that may be found
        self.finished = self.cut = self.references = 0

    def write(self, bitrate):
        self.service.write(CONFIG.format(
            rate=RATE, bitrate=bitrate, refs=self.refs, state=STATE,
            url=f"{self.folder}/x-${{time}}.{self.kind}"))

    def last_good(self):
        return read_text(os.path.join(self.service.state, "last-good", self.name + ".conf"))

    def frames(self):
        """Written by this one, not the one before."""
        status = self.service.status() or {}
        return status["outputs"][0]["frames"] if status.get("pid") == self.service.process.pid else 0

    def until(self, condition, what):
        """The condition's value in the end."""
        limit = time.monotonic() + LIMIT
        while not (value := condition()):
            if time.monotonic() > limit or not self.service.process.alive():
                raise Failure(f"{self.name}: {what}: {self.service.process.err()[-1500:]}")
            yield
        return value

    def learn(self):
        """What is kept of each configuration, as two instances that live on leave it."""
        for bitrate in BITRATES:
            self.write(bitrate)
            self.service.start()
            yield from self.until(self.frames, "it records")
            yield from self.until(self.last_good, "its configuration is kept")
            self.good.add(self.last_good())
            self.service.process.stop()
        self.empty()

    def post_reference(self):
        """Asks for one and does not wait for the answer."""
        c = web.UnixConnection(os.path.join(self.service.runtime, "http.sock"))
        try:
            c.request("POST", f"/api/v1/references/{STATE}")
        except (OSError, http.client.HTTPException):
            pass
        return c

    def staged(self):
        """What is there of references, also of one that is being written."""
        folder = os.path.join(self.refs, STATE)
        return os.listdir(folder) if os.path.isdir(folder) else []

    def trouble(self, n):
        """What goes on when the end comes: at any time, or as soon as it shows on disk."""
        connection = None
        kept = self.last_good()
        if n % 2:
            connection = self.post_reference()
        else:
            self.bitrate = BITRATES[self.bitrate == BITRATES[0]]
            self.write(self.bitrate)
            self.service.process.send(signal.SIGHUP)
        shows = self.dice.random() < 0.5
        until = time.monotonic() + (1 if shows else self.dice.uniform(0, 0.03))
        while time.monotonic() < until and not (
                shows and (self.staged() if connection else self.last_good() != kept)):
            yield
        self.service.process.kill()
        if connection:
            connection.close()

    def life(self, n):
        """One that was born is killed; every fourth before it may have come up."""
        self.service.start()
        if self.dice.random() < 0.25:
            until = time.monotonic() + self.dice.uniform(0, 0.4)
            while time.monotonic() < until:
                yield
            self.service.process.kill()
        else:
            frames = self.dice.randrange(1, 3 * RATE // 2)
            yield from self.until(lambda: self.frames() >= frames,
                                  f"life {n}: {frames} pictures")
            yield from self.trouble(n)
        yield from self.look(n)

    def look(self, n):
        if os.path.exists(os.path.join(self.service.runtime, "status.json")) and \
                self.service.status() is None:
            self.bad.append([n, "the status"])
        if self.last_good() not in self.good:
            self.bad.append([n, "the last good configuration", self.last_good()])
        self.look_at_references(n)
        yield from self.look_at_files(n)
        self.empty()

    def look_at_references(self, n):
        """A picture with its end, or none."""
        folder = os.path.join(self.refs, STATE)
        for name in self.staged():
            path = os.path.join(folder, name)
            if not name.startswith("."):
                with open(path, "rb") as f:
                    data = f.read()
                head, tail = HEADS[os.path.splitext(name)[1]]
                if not data.startswith(head) or not data.endswith(tail):
                    self.bad.append([n, "a reference", name, len(data)])
            self.references += 1
            os.unlink(path)

    def look_at_files(self, n):
        """Each segment that was finished is whole, the last one as far as to a keyframe."""
        files = sorted(f for f in os.listdir(self.folder) if size_of(os.path.join(self.folder, f)))
        watchers = [self.k.watcher(os.path.join(self.folder, f)) for f in files]
        limit = time.monotonic() + 2 * LIMIT
        while any(w.alive() for w in watchers) and time.monotonic() < limit:
            yield
        for name, watcher in zip(files, watchers):
            last = name == files[-1]
            # The first keyframe of the last one may not have been written.
            if last and watcher.wait(0) != 0:
                continue
            video = self.k.watched(watcher)["video"]
            if not last and not (video and video["first_is_key"] and video["undecodable"] == 0 and
                                 video["complaints"] == 0 and video["pts_last"] > 0.5):
                self.bad.append([n, name, video])
            elif last and video and video["frames"] and (
                    not video["first_is_key"] or video["undecodable"] > 1):
                self.bad.append([n, name, "the last one", video])
            self.finished += not last
            self.cut += bool(last and video and video["frames"])

    def empty(self):
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))

    def run(self):
        yield from self.learn()
        for n in range(self.lives):
            yield from self.life(n)
        # Rubbish for a configuration: the last good one has come through all that.
        self.service.write("outputs = ( { ;\nrubbish")
        self.service.start()
        yield from self.until(self.frames, "the last one comes up")
        if not (self.service.status() or {}).get("problem") or \
                "last good" not in self.service.process.err():
            self.bad.append(["last good", self.service.process.err()])
        status, seconds = self.service.stop()
        if status != 0 or seconds > STOP_LIMIT:
            self.bad.append(["SIGTERM", status, seconds])


def run(k):
    seed = int(os.environ.get("EGM_SEED", random.randrange(1 << 30)))
    print(f"# EGM_SEED={seed}", flush=True)
    lanes = [Lane(k, i, LIVES // LANES, random.Random(seed + i)) for i in range(LANES)]
    todo = [lane.run() for lane in lanes]
    while todo:
        for steps in list(todo):
            try:
                next(steps)
            except StopIteration:
                todo.remove(steps)
        time.sleep(0.005)
    bad = [[lane.name, lane.kind, *b] for lane in lanes for b in lane.bad]
    finished, cut, references = (sum(getattr(lane, n) for lane in lanes)
                                 for n in ("finished", "cut", "references"))
    print(f"# {finished} segments were finished, {cut} cut short, {references} references were being added or had been")
    k.ok(not bad, f"{LIVES} kills leave status, configuration, references and recordings whole; the next "
         "one comes up", json.dumps(bad[:5]) + f" EGM_SEED={seed}")
    k.ok(finished >= LIVES / 10 and cut >= LIVES / 4 and references >= LIVES / 20,
         "there was something to be broken", [finished, cut, references])
