#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine for the page without one: serves web/ and answers as the HTTP API does, with a made-up
card that plays a described clip for ever. For developing the page, and for tests of the page alone;
that page and daemon go together is tested with the daemon.

    tests/tools/page-server.py --port 8081 [--token SECRET] [--cards 2] [--folder FOLDER]

Then http://127.0.0.1:8081/. ?token in the log-in dialog; roles are all, "view-SECRET" may view only.
Needs ffmpeg; what it makes of the clip is kept in the folder."""

import argparse
import asyncio
import base64
import glob
import hashlib
import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import time
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLIP = os.path.join(TOP, "tests/data/clips/koi-short")
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
         ".json": "application/json"}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
          "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'")
ROLES = ["view", "operate", "teach"]
NAME = re.compile(r"[A-Za-z0-9_-]+$")
BODY_MAX = 32 << 20
RATE = 30


class Fault(Exception):
    def __init__(self, status, detail, headers=()):
        super().__init__(detail)
        self.status = status
        self.headers = list(headers)


# --- the clip ---

def boxes(data, begin=0, end=None):
    """(type, begin of its content, end) of each box of an MP4."""
    end = len(data) if end is None else end
    while begin + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, begin)
        if not size:
            size = end - begin
        yield kind.decode("latin-1"), begin + 8, begin + size
        begin += size


def find(data, path, begin=0, end=None):
    for kind, b, e in boxes(data, begin, end):
        if kind == path[0]:
            if len(path) == 1:
                yield b, e
            else:
                yield from find(data, path[1:], b, e)


class Clip:
    """Fragments of a clip that begin anew for ever, and its pictures as JPEG."""

    def __init__(self, folder):
        self.about = json.load(open(CLIP + ".json", encoding="utf-8"))
        self.width, self.height = self.about["width"], self.about["height"]
        self.length = self.about["segments"][-1][2]
        movie = os.path.join(folder, "live.mp4")
        if not os.path.exists(movie):
            self._ffmpeg("-f", "lavfi", "-i", "sine=440:beep_factor=4", "-shortest", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "30",
                         "-pix_fmt", "yuv420p", "-c:a", "aac", "-ar", "48000", "-ac", "2", "-movflags",
                         "empty_moov+default_base_moof+frag_every_frame", "-t", str(self.length), movie)
        if not glob.glob(os.path.join(folder, "f-*.jpg")):
            self._ffmpeg("-r", "10", "-q:v", "4", os.path.join(folder, "f-%04d.jpg"))
        self.pictures = []
        for name in sorted(glob.glob(os.path.join(folder, "f-*.jpg"))):
            with open(name, "rb") as f:
                self.pictures.append(f.read())
        with open(movie, "rb") as f:
            self._parse(f.read())

    @staticmethod
    def _ffmpeg(*args):
        out = args[-1]
        temporary = out if "%" in out else out + ".new.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", CLIP + ".mkv", *args[:-1], temporary],
                       check=True)
        if temporary != out:
            os.rename(temporary, out)

    def _parse(self, data):
        tops = list(boxes(data))
        self.init = b"".join(data[b - 8:e] for kind, b, e in tops if kind in ("ftyp", "moov"))
        scales, avcc = {}, None
        for b, e in find(data, ["moov", "trak"]):
            head, = find(data, ["tkhd"], b, e)
            track, = struct.unpack_from(">I", data, head[0] + (20 if data[head[0]] else 12))
            media, = find(data, ["mdia", "mdhd"], b, e)
            scales[track], = struct.unpack_from(">I", data, media[0] + (20 if data[media[0]] else 12))
        at = data.index(b"avcC") + 5
        avcc = data[at:at + 3].hex().upper()
        self.mime = f'video/mp4; codecs="avc1.{avcc}, mp4a.40.2"'
        self.fragments = []  # (seconds, track, key, scale, offset of the time, bytes)
        waiting = None
        for kind, b, e in tops:
            if kind == "moof":
                waiting = (b - 8, *self._fragment(data, b, e, scales))
            elif kind == "mdat" and waiting:
                begin, seconds, track, key, scale, place = waiting
                self.fragments.append((seconds, track, key, scale, place - begin, data[begin:e]))
                waiting = None
        self.fragments.sort(key=lambda f: f[0])

    @staticmethod
    def _fragment(data, b, e, scales):
        (traf, end), = find(data, ["traf"], b, e)
        (head, _), = find(data, ["tfhd"], traf, end)
        track, = struct.unpack_from(">I", data, head + 4)
        (when, _), = find(data, ["tfdt"], traf, end)
        assert data[when] == 1, "tfdt of 64 bits"
        ticks, = struct.unpack_from(">Q", data, when + 4)
        (run, _), = find(data, ["trun"], traf, end)
        flags = struct.unpack_from(">I", data, run)[0] & 0xffffff
        key = track == 1 and bool(flags & 4) and not \
            struct.unpack_from(">I", data, run + 8 + (4 if flags & 1 else 0))[0] & 0x10000
        return ticks / scales[track], track, key, scales[track], when + 4

    def credit(self, at):
        known = self.about["credits"]
        value = known[min(int(at), len(known) - 1)]
        return None if value is None else str(value)

    def shows(self, at):
        """The state at a time of the clip, and when it began."""
        for state, begin, end, _ in self.about["segments"]:
            if at < end:
                return state, begin
        return "NORMAL", 0


# --- a card ---

class Card:
    def __init__(self, name, clip, folder):
        self.name, self.clip, self.folder = name, clip, folder
        self.begin = time.time()
        self.events, self.number = [], 0
        self.listeners = set()
        self.outputs = [self.output("srs", "rtmp://192.168.43.10/game/egm-101?token=***"),
                        self.output("floor", "srt://192.168.43.20:9000?mode=caller&passphrase=***")]
        self.outputs[1].update(state="waiting", last_error="connect to 192.168.43.20: Connection refused",
                               failures=17)
        self.bitrate = 3000000
        self.trash, self.session = {}, 0
        self.told = None
        self.told_at = self.begin
        rois = clip.about["rois"]
        self.rules = {
            "mode": "better", "width": clip.width, "height": clip.height, "editable": True,
            "priority": ["PLAYING", "SELECT", "NORMAL"],
            "states": {s: {"refs": s, "min_match": 1, "rois": [dict(rois[s], threshold=0.7)]}
                       for s in ("NORMAL", "SELECT", "PLAYING")},
            "numbers": {"credit": dict(rois["CREDIT"])}}
        self.refs = os.path.join(folder, name, "refs")
        if not os.path.exists(self.refs):
            shutil.copytree(os.path.join(TOP, "tests/data/clips/refs/koi-short"), self.refs,
                            ignore=shutil.ignore_patterns("*.json"))
        self.candidates = {f"2026-11-29-{i}.jpg": clip.pictures[i % len(clip.pictures)] for i in (27, 56, 104)}
        self.live = True
        # A past, so that there is something to page through.
        self.tell("service", "The streamer has started", when=self.begin - 1400, running=True)
        for n in range(120):
            for state, begin, _, _ in clip.about["segments"][:3]:
                when = self.begin - 1390 + n * clip.length + begin
                if when < self.begin:
                    self.tell("state", f"The screen shows {state}", when=when, state=state)
        self.tell("output", "Output floor: Connection refused", output="floor")

    @staticmethod
    def output(name, url):
        return {"name": name, "url": re.sub(r"(token|passphrase|key)=[^&]*", r"\1=***", url), "state": "running",
                "since": int(time.time()), "last_error": "", "bytes": 0, "frames": 0, "dropped": 0,
                "sessions": 1, "failures": 0, "mishaps": 0, "queue_ms": 4, "latency_p99_ms": 12.4, "running": True}

    def tell(self, kind, text, when=None, **fields):
        self.number += 1
        event = {"id": self.number, "time": when or time.time(), "type": kind, "text": text, **fields}
        self.events.append(event)
        self.say(f"id: {event['id']}\nevent: {kind}\ndata: {json.dumps(event)}\n\n")

    def say(self, text):
        for queue in self.listeners:
            queue.put_nowait(text)

    def at(self):
        return (time.time() - self.begin) % self.clip.length

    def decision(self):
        at = self.at()
        state, since = self.clip.shows(at)
        states, matches = {}, {}
        for name, rule in self.rules["states"].items():
            hit = name == state
            rois = [{"name": r["name"], "score": round((0.95 if hit else 0.31) + random.uniform(-0.03, 0.03), 4),
                     "value": 0.9, "quality": 0.98, "matched": hit, "reference": 0} for r in rule["rois"]]
            score = min([r["score"] for r in rois], default=0)
            states[name] = {"score": score, "matched": hit, "rois": rois}
            matches[name] = {"state": name, "matched_rois": [r["name"] for r in rois if hit],
                             "avg_distance": 64 * (1 - score), "is_match": hit}
        return {"state": state, "raw": state, "reason": None, "margin": 0.62, "matches": matches,
                "states": states, "numbers": {"credit": {"text": self.told or self.clip.credit(at), "confidence": 0.97}},
                "timestamp": time.time(), "since": time.time() - (at - since)}

    def figures(self):
        now = time.time()
        passed, self.told_at = now - self.told_at, now
        for o in self.outputs:
            if o["running"] and o["state"] == "running":
                o["bytes"] += int(passed * self.bitrate / 8 * (1 + 0.12 * math.sin(now / 5) + random.uniform(-.04, .04)))
                o["frames"] += int(passed * RATE)
                o["queue_ms"] = random.choice((2, 3, 4, 4, 5, 33))
        level = -22 + 9 * math.sin(now * 1.7)
        return {"time": now, "frame_rate": 30.0, "bitrate": self.bitrate * random.uniform(.97, 1.03),
                "frames": int((now - self.begin) * RATE), "dropped": 0, "state": self.decision(),
                "input_live": self.live, "input_reason": "" if self.live else "no signal on the input",
                "facts": self.facts(),
                "sound": {"live": True, "peak_db": [level + 9, level + 7], "rms_db": [level, level - 2.5]},
                "outputs": self.outputs}

    def signal(self):
        return {"input_live": self.live, "input_reason": "" if self.live else "no signal on the input",
                "device": "/dev/video0", "format": "MJPEG", "width": self.clip.width, "height": self.clip.height,
                "rate": 30, "sound_live": True, "sound_reason": "", "sound_device": "hw:CARD=MS2109",
                "drift_ppm": -3.4, "facts": self.facts()}

    def facts(self):
        return {"signal": "ok" if self.live else "no-signal", "signal_since": int(self.begin),
                "picture": "normal" if self.live else "unknown", "picture_since": int(self.begin),
                "rate": "ok" if self.live else "unknown", "rate_since": int(self.begin),
                "rate_promised": 30, "rate_measured": 30 if self.live else 0}

    async def run(self):
        shown = None
        while True:
            state, _ = self.clip.shows(self.at())
            if state != shown:
                shown = state
                self.tell("state", f"The screen shows {state}", state=state)
            self.say(f"event: figures\ndata: {json.dumps(self.figures())}\n\n")
            await asyncio.sleep(1 - time.time() % 1)

    # references

    def picture(self):
        return self.clip.pictures[int(self.at() * 10) % len(self.clip.pictures)]

    def reference(self, state, name):
        path = os.path.join(self.refs, state, name)
        if state not in self.rules["states"] or "/" in name or not os.path.isfile(path):
            raise Fault(404, f"There is no reference {name} of {state}")
        return path

    def save(self, state, data):
        if state not in self.rules["states"]:
            raise Fault(404, f"There is no state {state}")
        folder = os.path.join(self.refs, state)
        os.makedirs(folder, exist_ok=True)
        n = 0
        while os.path.exists(os.path.join(folder, f"ref_{n}.jpg")):
            n += 1
        with open(os.path.join(folder, f"ref_{n}.jpg"), "wb") as f:
            f.write(data)
        self.tell("references", f"Reference ref_{n}.jpg of {state} was added", state=state)
        return {"state": state, "name": f"ref_{n}.jpg"}

    def references(self, state=None):
        found = []
        for s in sorted(self.rules["states"]):
            folder = os.path.join(self.refs, s)
            for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
                about = os.stat(os.path.join(folder, name))
                if state in (None, s):
                    found.append({"state": s, "name": name, "bytes": about.st_size, "modified": about.st_mtime})
        return {"references": found}


# --- HTTP ---

class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        path, _, query = target.partition("?")
        self.path = [urllib.parse.unquote(p) for p in path.split("/")[1:]]
        self.query = dict(urllib.parse.parse_qsl(query))

    def json(self):
        try:
            value = json.loads(self.body)
            if isinstance(value, dict):
                return value
        except ValueError:
            pass
        raise Fault(422, "The body is not a JSON object")


class Server:
    def __init__(self, arguments, cards):
        self.token = arguments.token
        self.cards = cards
        self.session = hashlib.sha256(str(self.token).encode()).hexdigest()

    def roles(self, request):
        if not self.token:
            return ROLES, "network"
        cookie = re.search(r"egm_session=(\w+)-(\w+)", request.headers.get("cookie", ""))
        if cookie and cookie[1] == self.session:
            return (ROLES if cookie[2] == "all" else ["view"]), "token"
        return [], "none"

    async def serve(self, reader, writer):
        try:
            while request := await self.read(reader):
                await self.answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def read(reader):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", 0))
        if size > BODY_MAX:
            raise ConnectionError
        return Request(method, target, headers, await reader.readexactly(size))

    @staticmethod
    def head(status, headers):
        lines = [f"HTTP/1.1 {status} -", *(f"{n}: {v}" for n, v in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def answer(self, request, writer):
        headers = [("Cache-Control", "no-store"), ("Content-Security-Policy", POLICY)]
        try:
            result = self.route(request)
            if callable(result):
                await result(writer)
                raise ConnectionError
            status, kind, body, more = result
            headers += more
        except Fault as f:
            status, kind = f.status, "application/json"
            body = json.dumps({"detail": str(f)}).encode()
            headers += f.headers
        headers += [("Content-Length", len(body))]
        if kind:
            headers += [("Content-Type", kind)]
        writer.write(self.head(status, headers) + body)
        await writer.drain()

    # routes

    @staticmethod
    def file(path):
        with open(path, "rb") as f:
            return 200, TYPES.get(os.path.splitext(path)[1], "image/jpeg"), f.read(), []

    @staticmethod
    def good(value, status=200, more=()):
        if value is None:
            return 204, None, b"", list(more)
        return status, "application/json", json.dumps(value).encode(), list(more)

    def route(self, request):
        path = request.path
        if path == [""]:
            return self.file(os.path.join(TOP, "web/index.html"))
        if path[0] == "web" and ".." not in path:
            name = os.path.join(TOP, *path)
            if os.path.isfile(name):
                return self.file(name)
        if path[:2] != ["api", "v1"]:
            raise Fault(404, "There is nothing here")
        return self.api(request, path[2:])

    def api(self, request, path):
        roles, by = self.roles(request)
        if path == ["whoami"]:
            return self.good({"roles": roles, "by": by, "name": "workshop" if by == "token" else None})
        if path == ["login"]:
            return self.login(request.json().get("token", ""))
        if path == ["logout"]:
            return self.good(None, more=[("Set-Cookie", "egm_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")])
        if "view" not in roles:
            raise Fault(401, "A token is needed")
        if path == ["cards"]:
            return self.good({"cards": [
                {"name": c.name, "role": c.name, "machine": "egm-101", "state": "running",
                 "input_live": c.live, "input_reason": "", "recognises": True, "alive": True}
                for c in self.cards.values()]})
        if path[0] != "cards" or path[1] not in self.cards:
            raise Fault(404, "There is nothing here")
        words = path[2:]
        if request.method != "GET":
            needed = "operate" if words[0] in ("control", "bitrate", "outputs") else "teach"
            if needed not in roles:
                raise Fault(403, f"The role {needed} is needed")
        return self.card(request, self.cards[path[1]], words)

    def login(self, token):
        if not self.token or token not in (self.token, "view-" + self.token):
            raise Fault(401, "The token is not known")
        kind = "all" if token == self.token else "view"
        return self.good(None, more=[("Set-Cookie", f"egm_session={self.session}-{kind}; Path=/; HttpOnly; "
                                      "SameSite=Strict")])

    def card(self, request, card, words):
        name = f"{request.method} {words[0]}"
        rest = words[1:]
        act = {
            "GET live": lambda: self.live(request, card),
            "GET stream.mjpg": lambda: lambda w: self.mjpeg(card, w),
            "GET snapshot.jpg": lambda: (200, "image/jpeg", card.picture(), []),
            "GET signal": lambda: self.good(card.signal()),
            "GET status": lambda: self.good(card.figures()),
            "POST control": lambda: self.control(request.json()["action"], card),
            "PUT bitrate": lambda: self.bitrate(request, card),
            "GET rules": lambda: self.good(card.rules),
            "PUT rules": lambda: self.put_rules(request, card),
            "GET thresholds": lambda: self.good({"thresholds": [
                {"state": s, "threshold": r.get("score", 0.7), "suggested": 0.64, "margin": 0.21}
                for s, r in card.rules["states"].items()]}),
            "POST numbers": lambda: self.tell_number(request, card),
            "GET events": lambda: self.events(request, card, rest),
            "GET trash": lambda: self.good({"trash": [t for t, _ in card.trash.values()]}),
            "POST trash": lambda: self.restore(card, rest[0]),
        }.get(name)
        if act:
            return act()
        act = {"outputs": self.outputs, "references": self.references, "candidates": self.candidates}.get(words[0])
        if not act:
            raise Fault(404, "There is nothing here")
        return act(request, card, rest)

    def control(self, action, card):
        """A stopped stream has no picture; a restarted one begins anew for who looks on, too."""
        card.live = action != "stop"
        card.session += 1
        card.tell("signal", "There is a picture" if card.live else "There is no picture")
        return self.good({"status": "ok"})

    def bitrate(self, request, card):
        value = request.json().get("bitrate")
        if not isinstance(value, int) or not 100000 <= value <= 50000000:
            raise Fault(422, "The bitrate must be between 100k and 50M")
        card.bitrate = value
        card.tell("encoder", f"The bitrate is {value} now")
        return self.good({"bitrate": value})

    def put_rules(self, request, card):
        rules = request.json()
        for state in rules["states"].values():
            for r in state["rois"]:
                if r["x"] < 0 or r["y"] < 0 or r["x"] + r["w"] > card.clip.width or \
                        r["y"] + r["h"] > card.clip.height:
                    raise Fault(422, f"{r['name']}: lies outside of the screen")
        card.rules = rules
        card.tell("config", "The rules have been read again")
        return self.good(rules)

    def tell_number(self, request, card):
        card.told = str(request.json()["text"])
        return self.good({"status": "ok"})

    def events(self, request, card, rest):
        if rest == ["live"]:
            return lambda w: self.sse(request, card, w)
        limit = min(int(request.query.get("limit", 100)), 1000)
        before = int(request.query.get("before", 1 << 60))
        found = [e for e in reversed(card.events) if e["id"] < before]
        return self.good({"events": found[:limit],
                          "next": found[limit - 1]["id"] if len(found) > limit else None})

    def outputs(self, request, card, rest):
        if not rest:
            if request.method == "GET":
                return self.good({"outputs": card.outputs})
            said = request.json()
            if not NAME.match(said.get("name", "")) or "://" not in said.get("url", ""):
                raise Fault(422, f"{said.get('url')}: no address of an output")
            if any(o["name"] == said["name"] for o in card.outputs):
                raise Fault(409, f"There is an output {said['name']} already")
            card.outputs.append(card.output(said["name"], said["url"]))
            card.tell("output", f"Output {said['name']} is running")
            return self.good(card.outputs[-1], 201)
        found = [o for o in card.outputs if o["name"] == rest[0]]
        if not found:
            raise Fault(404, f"There is no output {rest[0]}")
        if request.method == "DELETE":
            card.outputs = [o for o in card.outputs if o is not found[0]]
            return self.good(None)
        stopped = request.json()["action"] == "stop"
        found[0].update(running=not stopped, state="idle" if stopped else "running", since=int(time.time()))
        card.tell("output", f"Output {rest[0]} is {found[0]['state']}")
        return self.good({"status": "ok"})

    def references(self, request, card, rest):
        if not rest:
            return self.good(card.references(request.query.get("state")))
        if len(rest) == 1:
            kind = request.headers.get("content-type", "")
            if request.body and not (kind.startswith("image/") and request.body[:3] in
                                     (b"\xff\xd8\xff", b"\x89PN", b"RIF")):
                raise Fault(422, "That is no picture")
            return self.good(card.save(rest[0], request.body or card.picture()), 201)
        path = card.reference(rest[0], rest[1])
        if request.method == "GET":
            return self.file(path)
        with open(path, "rb") as f:
            data = f.read()
        os.unlink(path)
        if request.method == "DELETE":
            key = f"{len(card.trash) + 1}-{random.randrange(1 << 30):x}"
            card.trash[key] = ({"id": key, "state": rest[0], "name": rest[1], "deleted": time.time()}, data)
            card.tell("references", f"Reference {rest[1]} of {rest[0]} is gone")
            return self.good({"trash": key})
        return self.good(card.save(request.json()["to"], data))

    def restore(self, card, key):
        if key not in card.trash:
            raise Fault(404, "That is not in the trash")
        about, data = card.trash.pop(key)
        return self.good(card.save(about["state"], data))

    def candidates(self, request, card, rest):
        if not rest:
            return self.good({"candidates": [
                {"name": n, "state": "UNKNOWN", "reason": "below-threshold", "taken": card.begin - 60 * i,
                 "bytes": len(d)} for i, (n, d) in enumerate(card.candidates.items())]})
        if rest[0] not in card.candidates:
            raise Fault(404, "There is no such candidate")
        if request.method == "GET":
            return 200, "image/jpeg", card.candidates[rest[0]], []
        data = card.candidates.pop(rest[0])
        return self.good(None) if request.method == "DELETE" else \
            self.good(card.save(request.json()["state"], data), 201)

    # streams

    async def sse(self, request, card, writer):
        writer.write(self.head(200, [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")]))
        queue = asyncio.Queue(1000)
        last = request.headers.get("last-event-id")
        for e in card.events if last else []:
            if e["id"] > int(last):
                queue.put_nowait(f"id: {e['id']}\nevent: {e['type']}\ndata: {json.dumps(e)}\n\n")
        card.listeners.add(queue)
        try:
            while True:
                writer.write((await queue.get()).encode())
                await writer.drain()
        finally:
            card.listeners.discard(queue)

    async def mjpeg(self, card, writer):
        writer.write(self.head(200, [("Content-Type", "multipart/x-mixed-replace; boundary=frame")]))
        while True:
            picture = card.picture()
            writer.write(f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n"
                         f"X-Timestamp: {time.time():.6f}\r\n\r\n".encode() + picture + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.1)

    def live(self, request, card):
        key = request.headers.get("sec-websocket-key")
        if not key:
            raise Fault(426, "This is a WebSocket", [("Upgrade", "websocket")])
        accept = base64.b64encode(hashlib.sha1(
            key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        return lambda w: self.websocket(card, accept, w)

    @staticmethod
    def frame(opcode, data):
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 1 << 16:
            head += struct.pack(">BH", 126, len(data))
        else:
            head += struct.pack(">BQ", 127, len(data))
        return head + data

    async def websocket(self, card, accept, writer):
        clip = card.clip
        writer.write(self.head(101, [("Upgrade", "websocket"), ("Connection", "Upgrade"),
                                     ("Sec-WebSocket-Accept", accept)]))
        while True:
            await self.play(card, writer)

    async def play(self, card, writer):
        """Until the stream begins anew, from zero."""
        clip, session, begin = card.clip, card.session, time.time()
        writer.write(self.frame(1, json.dumps({"type": "init", "mime": clip.mime, "width": clip.width,
                                               "height": clip.height}).encode()))
        writer.write(self.frame(2, clip.init))
        at = begin - card.begin
        turn, begun = int(at / clip.length), False
        at %= clip.length
        first = max(f[0] for f in clip.fragments if f[2] and f[0] <= at)
        zero = turn * clip.length + first  # of the timestamps
        while True:
            for seconds, _, key, scale, place, data in clip.fragments:
                if not begun and (seconds < first or not key):
                    continue
                begun = True
                if (wait := card.begin + turn * clip.length + seconds - time.time()) > 0:
                    await asyncio.sleep(wait)
                if card.session != session:
                    return
                ticks, = struct.unpack_from(">Q", data, place)
                shifted = struct.pack(">Q", max(ticks + round((turn * clip.length - zero) * scale), 0))
                writer.write(self.frame(2, data[:place] + shifted + data[place + 8:]))
                await writer.drain()
            turn += 1


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=8081)
    p.add_argument("--token")
    p.add_argument("--cards", type=int, default=1)
    p.add_argument("--folder", default="/tmp/egm-page-server")
    arguments = p.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    clip = Clip(arguments.folder)
    cards = {n: Card(n, clip, arguments.folder) for n in ("game", "cam", "top")[:arguments.cards]}
    server = Server(arguments, cards)
    tasks = [asyncio.create_task(c.run()) for c in cards.values()]
    listener = await asyncio.start_server(server.serve, "127.0.0.1", arguments.port, limit=1 << 20)
    print(f"http://127.0.0.1:{arguments.port}/", flush=True)
    async with listener:
        await asyncio.gather(listener.serve_forever(), *tasks)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
