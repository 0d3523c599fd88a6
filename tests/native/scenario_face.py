# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTTP face of an instance: steered, taught and watched, on its socket and over TCP."""

import base64
import json
import os
import re
import socket
import struct
import threading

from kit import ask, free_port, wait_for

V1 = "/api/v1/"
RULES = """detector: { screen = "320x180"; states: { PATTERN: { rois = (
    { name = "left"; x = 0; y = 0; w = 160; h = 180; } ); }; EMPTY: { rois = (
    { name = "top"; x = 0; y = 0; w = 320; h = 40; } ); }; }; };
"""


class Face:
    """Asks in JSON at a port or a socket."""

    def __init__(self, place):
        self.place = place

    def __call__(self, method, target, body=None):
        raw = body if isinstance(body, bytes) else \
            b"" if body is None else json.dumps(body).encode()
        status, head, content = ask(self.place, target, method, body=raw)
        return status, json.loads(content) if "application/json" in head else content

    def get(self, target):
        return self("GET", target)[1]

    def ready(self):
        try:
            return ask(self.place, "/healthz")[0] == 200
        except OSError:
            return False

    def open(self, target, headers=""):
        family, address = ((socket.AF_UNIX, self.place) if isinstance(self.place, str) else
                           (socket.AF_INET, ("127.0.0.1", self.place)))
        s = socket.socket(family)
        s.settimeout(20)
        s.connect(address)
        s.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        f = s.makefile("rb")
        s.close()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = f.readline()
            if not line:
                break
            head += line
        return f, head.decode("latin-1")


def unchunked(f):
    """Lines of a body in chunks."""
    rest = b""
    while True:
        size = int(f.readline() or b"0", 16)
        if not size:
            return
        rest += f.read(size)
        f.read(2)
        while b"\n" in rest:
            line, _, rest = rest.partition(b"\n")
            yield line.decode()


def check_steering(k, face):
    status, answer = face("POST", V1 + "outputs", {"name": "extra", "url": k.path("extra.ts")})
    k.ok(status == 201 and answer["running"], "an output is added", answer)
    k.ok(face("POST", V1 + "outputs", {"name": "extra", "url": k.path("x.ts")})[0] == 409, "once")
    status, answer = face("POST", V1 + "outputs/extra/control", {"action": "stop"})
    listed = {o["name"]: o["running"] for o in face.get(V1 + "outputs")["outputs"]}
    k.ok(status == 200 and listed == {"main": True, "extra": False}, "and stopped alone", listed)
    k.ok(face("DELETE", V1 + "outputs/extra")[0] == 204 and
         face("DELETE", V1 + "outputs/extra")[0] == 404, "and removed")
    k.ok(face("PUT", V1 + "bitrate", {"bitrate": "600k"}) == (200, {"bitrate": 600000}),
         "the bitrate is set")
    bad = face("PUT", V1 + "bitrate", {"bitrate": 1})
    k.ok(bad[0] == 422 and bad[1]["error"] == "org.egm.Error.BadBitrate", "within its limits", bad)
    for body in b"", b"[]", b"{", {"action": 5}, {"action": "fly"}, {}:
        k.ok(face("POST", V1 + "control", body)[0] == 422, f"{body!r} is no order")
    streams = face.get("/api/streams")
    k.ok(list(streams) == ["game"] and streams["game"]["running"] is True and
         re.fullmatch(r"[0-9.]+kbits/s", streams["game"]["bitrate"]), "in the original's words",
         streams)
    k.ok(face("POST", "/api/streams/game/control", {"action": "fly"})[0] == 400 and
         face("POST", "/api/streams/cam/control", {"action": "stop"})[0] == 404 and
         face("POST", "/api/streams/game/control", {"action": "stop"})[1]["status"] == "ok" and
         face.get(V1 + "cards")["cards"][0]["state"] == "stopped", "which steer, too")
    face("POST", V1 + "control", {"action": "start"})
    k.ok(face("GET", V1 + "cards/nobody/signal")[0] == 404 and
         face("GET", V1 + "cards/self/signal")[1]["input_live"], "self is this card")


def check_teaching(k, face, refs):
    status, saved = face("POST", "/api/refs/PATTERN")
    name = saved.get("filename", "")
    k.ok(status == 200 and face.get("/api/refs/PATTERN") == [name], "the picture is learnt", saved)
    picture = face("GET", f"/api/refs/PATTERN/{name}/image")[1]
    k.ok(picture[:2] == b"\xff\xd8" and face("GET", "/api/refs/NONE")[0] == 404, "and shown")
    small = face("GET", V1 + f"references/PATTERN/{name}/thumbnail?width=64")[1]
    k.ok(small[:2] == b"\xff\xd8" and len(small) < len(picture), "in small as well", len(small))
    status, added = face("POST", V1 + "references/PATTERN", picture)
    k.ok(status == 201 and added["name"] != name, "one is brought", added)
    for bad in picture[:len(picture) // 2], b"no picture", picture[:3]:
        k.ok(face("POST", V1 + "references/PATTERN", bad)[0] == 422, "what is none is refused")
    for path in "PATTERN/..%2f..%2frules.conf", "PATTERN/%2e%2e", "PATTERN/.hidden.jpg":
        k.ok(face("GET", V1 + "references/" + path)[0] == 404 and
             face("DELETE", V1 + "references/" + path)[0] == 404, f"{path} is no reference")
    k.ok(face("POST", V1 + f"references/PATTERN/{added['name']}/move", {"to": "EMPTY"})[1] ==
         {"state": "EMPTY", "name": added["name"]}, "it moves to another state")
    trash = face("DELETE", V1 + f"references/PATTERN/{name}")[1]["trash"]
    k.ok(not os.path.exists(os.path.join(refs, "PATTERN", name)) and
         [t["id"] for t in face.get(V1 + "trash")["trash"]] == [trash], "what is deleted is kept")
    k.ok(face("POST", V1 + f"trash/{trash}/restore") == (200, {"state": "PATTERN", "name": name})
         and os.path.exists(os.path.join(refs, "PATTERN", name)), "and comes back")
    k.ok(wait_for(lambda: face.get("/api/state")["references"]["used"] == 2),
         "the recogniser has seen it all", face.get("/api/state")["references"])


def check_many(k, face, refs):
    """As a page asks for its thumbnails."""
    with open(os.path.join(refs, "PATTERN", os.listdir(os.path.join(refs, "PATTERN"))[0]),
              "rb") as f:
        picture = f.read()
    for i in range(12):
        with open(os.path.join(refs, "EMPTY", f"many_{i}.jpg"), "wb") as f:
            f.write(picture)
    answers = []
    threads = [threading.Thread(target=lambda n=i: answers.append(
        face("GET", V1 + f"references/EMPTY/many_{n}.jpg/thumbnail")[0])) for i in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    k.ok(answers == [200] * 12, "twelve at once each have their turn", answers)


def check_rules(k, face, rules):
    now = face.get(V1 + "rules")
    k.ok(now["priority"] == ["PATTERN", "EMPTY"] and now["editable"] and now["width"] == 320 and
         now["states"]["PATTERN"]["refs"] == 1, "the rules are shown", now)
    now["states"]["PATTERN"]["rois"][0]["w"] = 100
    now["states"]["MORE"] = {"rois": [{"name": "r", "x": 0, "y": 0, "w": 20, "h": 20}]}
    now["priority"] = ["MORE", "PATTERN", "EMPTY"]
    status, after = face("PUT", V1 + "rules", now)
    with open(rules, encoding="utf-8") as f:
        text = f.read()
    k.ok(status == 200 and after["priority"] == now["priority"] and
         face.get("/api/config/states")["states"] == now["priority"] and "w = 100;" in text,
         "and changed, in their file and at work", [status, after])
    now["states"]["PATTERN"]["rois"][0]["w"] = 1000
    status, answer = face("PUT", V1 + "rules", now)
    k.ok(status == 422 and "detector.states.PATTERN.rois[0]" in answer["detail"] and
         answer["findings"] and face.get(V1 + "rules") == after, "what is wrong changes nothing",
         answer)
    status, answer = face("GET", V1 + "thresholds")
    k.ok(status == 200 and [t["state"] for t in answer["thresholds"]] == now["priority"],
         "thresholds for each", answer)
    status, answer = face("POST", V1 + "settings/check", b'video: { size = "12x"; };\n')
    k.ok(status == 200 and not answer["ok"] and answer["findings"][0]["line"] == 1,
         "settings are checked", answer)


def check_events(k, face):
    first = face.get(V1 + "events?limit=1")
    page = face.get(V1 + "events?limit=500")["events"]
    ids = [e["id"] for e in page]
    k.ok(ids == list(range(ids[0], 0, -1)) and first["next"] == first["events"][0]["id"],
         "events have numbers", ids)
    k.ok({"service", "references", "output", "config"} <= {e["type"] for e in page},
         "of many kinds", {e["type"] for e in page})
    k.ok(face("GET", V1 + "events?limit=0")[0] == 422, "limits have limits")

    f, head = face.open(V1 + "events/live", f"Last-Event-ID: {ids[0] - 2}\r\n")
    k.ok("text/event-stream" in head, "they come as they happen", head)
    seen, figures = [], None
    face("POST", V1 + "control", {"action": "reload"})
    for line in unchunked(f):
        if line.startswith("id: "):
            seen.append(int(line[4:]))
        if line.startswith("data: ") and '"frame_rate"' in line:
            figures = json.loads(line[6:])
        if figures and len(seen) > 2:
            break
    f.close()
    k.ok(seen[:3] == list(range(ids[0] - 1, ids[0] + 2)), "from where one was on", seen)
    k.ok(figures["outputs"][0]["name"] == "main" and len(figures["sound"]["peak_db"]) == 2 and
         figures["input_live"] is True, "with figures", figures)


def check_pictures(k, face, shots):
    size = {}
    for query in "", "?width=160", "?fresh=1&quality=10":
        status, body = face("GET", "/snapshot.jpg" + query)
        size[query] = len(body)
        k.ok(status == 200 and body[:2] == b"\xff\xd8", f"a picture{query}", status)
    k.ok(size["?width=160"] < size[""] and size["?fresh=1&quality=10"] < size[""],
         "as large and as good as asked for", size)
    k.ok(face("GET", "/snapshot.jpg?width=x")[0] == 422 and
         face("GET", "/api/live/frame")[0] == 200, "in the original's place, too")

    f, head = face.open("/stream.mjpg?fps=10")
    k.ok("multipart/x-mixed-replace" in head, "one after the other", head)
    parts = 0
    for line in f:
        parts += line.startswith(b"X-Timestamp:")
        if parts == 5:
            break
    f.close()
    k.ok(parts == 5, "they come", parts)

    status, saved = face("POST", "/snapshot/save", {"count": 2, "output_dir": "a", "prefix": "p"})
    k.ok(status == 200 and saved["saved"] == 2 and
         sorted(os.listdir(os.path.join(shots, "a"))) == sorted(saved["files"]) and
         re.fullmatch(r"p_\d+_1\.jpg", saved["files"][1]), "into a folder", saved)
    for bad in "/tmp", "../x", "a/../../x", shots + "x", ".hidden":
        k.ok(face("POST", "/snapshot/save", {"output_dir": bad})[0] == 403, f"not into {bad}")
    k.ok(face("POST", "/snapshot/save", {"prefix": "../x"})[0] == 422 and
         face("POST", "/snapshot/save", {"count": 101})[0] == 422, "and not by any name")


def check_live(k, face):
    key = base64.b64encode(os.urandom(16)).decode()
    f, head = face.open(V1 + "live", "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n")
    k.ok(" 101 " in head, "a WebSocket opens", head)
    messages = []
    while len(messages) < 12:
        first, size = f.read(2)
        if size == 126:
            size = struct.unpack(">H", f.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", f.read(8))[0]
        messages.append((first & 15, f.read(size)))
    f.close()
    init = json.loads(messages[0][1])
    k.ok(messages[0][0] == 1 and init["type"] == "init" and init["width"] == 320 and
         "avc1." in init["mime"], "it says what comes", init)
    k.ok(messages[1][1][4:8] == b"ftyp" and all(m[0] == 2 and b"moof" in m[1][:200]
                                                 for m in messages[2:]), "and that comes")
    k.ok(face("GET", V1 + "live")[0] == 426, "it is for WebSockets only")


def check_machines(k, face):
    status, text = face("GET", "/metrics")
    text = text.decode()
    k.ok(status == 200 and 'egm_streamer_input_live{card="face"} 1' in text and
         'egm_streamer_output_latency_seconds_bucket{card="face",output="main",le="+Inf"}' in text,
         "figures for Prometheus", text[:200])
    k.ok(face.get("/healthz") == {"live": True, "ready": True} and
         face("GET", "/healthz/live")[0] == 200, "it is well")


def check_tcp(k):
    token = k.path("token")
    with open(token, "w", encoding="utf-8") as f:
        f.write("0123456789abcdef\n")
    port = free_port()
    p = k.run("--http", f"127.0.0.1:{port}", "--http-token", token)
    face = Face(port)
    k.ok(wait_for(face.ready), "over TCP, without an output", p.err())
    k.ok(ask(port, "/api/state")[0] == 401, "not without the token")
    f, head = face.open("/api/state", "Authorization: Bearer 0123456789abcdef\r\n")
    f.close()
    k.ok(" 200 " in head, "but with it", head)
    k.ok(p.stop()[0] == 0, "it ends", p.err())

    p = k.run("--http", f"127.0.0.1:{port}", outputs=[k.path("shut.ts")])
    k.ok(p.says("HTTP stays shut") and p.says("Started"), "without a token or a network it is shut",
         p.err())
    try:
        shut = ask(port, "/healthz")[0] == 0
    except ConnectionRefusedError:
        shut = True
    k.ok(shut, "and nobody is answered")
    p.stop()
    p = k.run("--http", f"127.0.0.1:{port}", "--http-open", "127.0.0.1/32")
    k.ok(wait_for(face.ready) and ask(port, "/api/state")[0] == 200, "or for a network", p.err())
    k.ok(ask(port, "/api/state", host="evil.example")[0] == 403, "by its own names only")
    p.stop()
    status, _, err = k.call("run", "-v", "pattern", "--http", "nonsense")
    k.ok(status == 1 and "127.0.0.1:8080" in err, "an address that is none is told", err)


def run(k):
    refs, rules, shots = k.path("refs-face"), k.path("rules-face.conf"), k.path("shots")
    os.makedirs(refs)
    with open(rules, "w", encoding="utf-8") as f:
        f.write(RULES)
    s = k.serve("face", k.path("face"), [
        "video.device=pattern", "video.size=320x180", "audio.device=tone",
        "encoder.preset=ultrafast", f"detector.rules={rules}", f"detector.refs={refs}",
        f"snapshots.folder={shots}"], {"main": k.path("face.ts")})
    face = Face(os.path.join(s.runtime, "http.sock"))
    k.need(wait_for(face.ready), "the instance answers", s.process.err())
    check_steering(k, face)
    check_teaching(k, face, refs)
    check_many(k, face, refs)
    check_rules(k, face, rules)
    check_events(k, face)
    check_pictures(k, face, shots)
    check_live(k, face)
    check_machines(k, face)

    # Who watches does not hold up the end.
    f, _ = face.open(V1 + "events/live")
    k.ok(s.stop()[0] == 0, "it ends while somebody listens", s.process.err())
    f.close()
    check_tcp(k)
