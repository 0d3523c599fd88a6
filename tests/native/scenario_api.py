# SPDX-License-Identifier: GPL-2.0-or-later
"""What an instance answers on its Unix socket: the state of the screen in the original's words and
ours, the status, and nothing to those who may not ask or ask for what is not there."""

import json
import os
import socket
import stat

import scenario_detector
from kit import ask, read_json, wait_for

CLIENTS_MAX = 700
JSON = "content-type: application/json"


def check_state(k, path):
    def now():
        return json.loads(ask(path, "/api/state")[2])
    k.ok(wait_for(lambda: now().get("state") in scenario_detector.ORDER, 60), "the state is told",
         now())
    status, head, body = ask(path, "/api/state", host="of-no-concern-here")
    answer = json.loads(body)
    k.ok(status == 200 and JSON in head.splitlines(), "as JSON", [status, head])
    k.ok({"state", "matches", "timestamp"} <= set(answer) and
         set(answer["matches"]["PLAYING"]) == {"state", "matched_rois", "avg_distance", "is_match"},
         "in the original's words", answer)
    k.ok("reason" in answer and answer["states"]["NORMAL"]["rois"][0]["name"] == "spin", "and ours",
         answer)
    k.ok(ask(path, "/api/state", "HEAD")[::2] == (200, b""), "HEAD has no body", None)


def check_status(k, s, path):
    status, head, body = ask(path, "/api/status")
    answer = json.loads(body)
    k.ok(status == 200 and JSON in head.splitlines() and set(answer) == set(s.status()),
         "the status is the file's", set(answer) ^ set(s.status()))


def check_refused(k, s, path):
    mode = os.stat(path).st_mode
    k.ok(stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660, "strangers cannot connect", oct(mode))
    for target in "/", "/api/", "/api/state/", "/api/state/../status", "/api/%2e%2e/state":
        status, _, body = ask(path, target)
        k.ok(status == 404 and json.loads(body) == {"detail": "Not Found"}, f"{target}: not found",
             [status, body])
    for method in "POST", "DELETE", "PUT":
        status = ask(path, "/api/state", method)[0]
        k.ok(status == 405, f"{method} is refused", status)
    k.ok(ask(path, "/api/state", "POST", body=b"x" * 100000)[0] in (0, 405), "a body is not read",
         None)
    k.ok(ask(path, "/" + "x" * 100000)[0] != 200, "a path without end is refused", None)

    idle = []
    for _ in range(CLIENTS_MAX + 8):
        c = socket.socket(socket.AF_UNIX)
        c.setblocking(False)
        try:
            c.connect(path)
        except BlockingIOError:
            pass
        idle.append(c)
    before = s.status()["input"]["frames"]
    k.ok(wait_for(lambda: s.status()["input"]["frames"] > before + 30),
         "idle clients, more than are let in, cost no picture", None)
    for c in idle:
        c.close()
    k.ok(wait_for(lambda: ask(path, "/api/status")[0] == 200), "and others are answered after them",
         None)


def run(k):
    refs = scenario_detector.copy_references(k, "refs-api")
    s = scenario_detector.begin(k, "api", scenario_detector.config(refs))
    path = os.path.join(s.runtime, "http.sock")
    k.need(wait_for(lambda: os.path.exists(path) and read_json(
        os.path.join(s.runtime, "status.json"))), "the socket is there", s.process.err())
    check_state(k, path)
    check_status(k, s, path)
    check_refused(k, s, path)
    k.ok(s.stop()[0] == 0 and not os.path.exists(path), "it goes with the daemon", s.process.err())

    # One that a killed daemon left, and a folder that has no room for one.
    left = socket.socket(socket.AF_UNIX)
    left.bind(path)
    left.close()
    s.write('video: { device = "pattern"; size = "320x180"; };\naudio: { device = "none"; };\n'
            "outputs = ();\n")
    s.start()
    k.ok(wait_for(lambda: s.status() and ask(path, "/api/state")[0] == 200),
         "a socket that was left behind is replaced", s.process.err())
    answer = json.loads(ask(path, "/api/state")[2])
    k.ok(list(answer) == ["error"], "nothing is recognised: said so", answer)
    s.process.kill()
    os.unlink(path)
    os.mkdir(path)
    s.start()
    k.ok(s.process.says("Cannot listen on") and s.process.says("Started"),
         "no room for a socket: it runs all the same", s.process.err())
    k.ok(s.stop()[0] == 0, "and ends well", s.process.err())
