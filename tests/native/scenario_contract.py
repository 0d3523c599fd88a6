# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row of the HTTP API, of an instance and through the console: paths, bodies, statuses, types
and JSON as the system before had them and as data/openapi.json has ours, and the requests of the
original's page."""

import json
import os
import re
import socket
import time

import faces
import scenario_detector
import web
from kit import LIMIT, free_port, quoted, wait_for

ORDER = scenario_detector.ORDER
PRIORITY = list(reversed(ORDER))
STREAM = {"name": str, "running": bool, "pid": int, "fps": (int, float), "bitrate": str,
          "speed": str, "frame": int, "drop_frames": int, "dup_frames": int,
          "uptime": (int, float), "last_update": (int, float)}
MATCH = {"state", "matched_rois", "avg_distance", "is_match"}
SAVED = re.compile(r"ref_\d+(_\d+|-\d+)?\.jpg")
JPEG_BODY = {"Content-Type": "image/jpeg"}
CANDIDATES = ["20260101T000000.000Z-OTHER.jpg", "20260101T000001.000Z-OTHER.jpg"]


def detail(answer):
    """Whether it is a fault as all are: words, a name for programs, and what is wrong in all."""
    j = answer.json()
    return isinstance(j, dict) and set(j) <= {"detail", "error", "findings"} and \
        isinstance(j["detail"], str) and j["detail"]


def is_stream(status):
    return set(status) == set(STREAM) and \
        all(isinstance(status[n], kind) for n, kind in STREAM.items()) and \
        re.fullmatch(r"\d+\.\dkbits/s", status["bitrate"]) and \
        re.fullmatch(r"\d+\.\dx", status["speed"])


# --- the original's rows; names: those of its streams here ---

def check_state(site):
    def same(a):
        j = a.json()
        return {"state", "matches", "timestamp"} <= set(j) and set(j["matches"]) == set(ORDER) and \
            all(set(m) == MATCH for m in j["matches"].values())
    site.row("the status object", 200, "GET", "/api/state", that=same)
    site.row("the states in their priority", 200, "GET", "/api/config/states",
             that=lambda a: a.json() == {"states": PRIORITY})


def check_streams(site, names):
    site.row("each stream in the original's words", 200, "GET", "/api/streams",
             that=lambda a: sorted(a.json()) == sorted(names) and all(map(is_stream, a.json().values())) and
             all(n == s["name"] for n, s in a.json().items()))
    control, arguments = "/api/streams/{name}/control", {"name": names[0]}

    def running():
        return site.ask("GET", "/api/streams").json()[names[0]]["running"]
    for action, then in ("stop", False), ("start", True), ("restart", True):
        site.row(action, 200, "POST", control, arguments, body={"action": action},
                 that=lambda a: list(a.json()) == ["status", "current"] and
                 a.json()["status"] == "ok" and is_stream(a.json()["current"]) and
                 a.json()["current"]["name"] == names[0])
        site.k.ok(wait_for(lambda: running() == then, LIMIT), f"{site.on}: {action}: done", names)
    site.row("another action", 400, "POST", control, arguments, body={"action": "explode"},
             that=detail)
    site.row("another stream", 404, "POST", control, {"name": "nothing"}, body={"action": "start"},
             that=detail)
    for words, body in ("no action", {}), ("an action that is none", {"action": 7}), \
            ("no object", ["start"]), ("no JSON", b"{action"), ("nothing", b""):
        site.row(words, 422, "POST", control, arguments, body=body, that=detail)
    answer = site.ask("GET", f"/api/streams/{names[0]}/control")
    site.k.ok(answer.status == 405 and "POST" in answer.headers.get("allow", "") and detail(answer),
              f"{site.on}: another method: 405 with Allow", answer)


def check_refs(site):
    listed = site.row("the files of a state", 200, "GET", "/api/refs/{state}", {"state": "NORMAL"},
                      that=lambda a: a.json() == sorted(a.json()) and
                      all(n.startswith("ref_") for n in a.json())).json()
    site.row("no such state", 404, "GET", "/api/refs/{state}", {"state": "NOWHERE"}, that=detail)
    site.row("no such state to capture", 404, "POST", "/api/refs/{state}", {"state": "NOWHERE"},
             that=detail)
    for state in "..", "../NORMAL", ".", "NORMAL\0", "%2e%2e":
        a, _ = site.call("GET", "/api/refs/{state}", {"state": state})
        site.k.ok(a.status in (400, 404), f"{site.on}: /api/refs/{state!r} leads nowhere", a)
    saved = site.row("capture", 200, "POST", "/api/refs/{state}", {"state": "NORMAL"},
                     that=lambda a: list(a.json()) == ["status", "filename"] and
                     a.json()["status"] == "saved" and
                     SAVED.fullmatch(a.json()["filename"])).json()
    name = (saved or {}).get("filename", "none.jpg")
    site.k.ok(wait_for(lambda: set(site.ask("GET", "/api/refs/NORMAL").json()) ==
                       set(listed) | {name}), f"{site.on}: it is listed", name)
    image, arguments = "/api/refs/{state}/{filename}/image", {"state": "NORMAL", "filename": name}
    site.row("the picture", 200, "GET", image, arguments,
             that=lambda a: a.headers["cache-control"] == "max-age=3600" and
             a.type() == "image/jpeg" and web.is_jpeg(a.body))
    site.row("none of that name", 404, "GET", image, {"state": "NORMAL", "filename": "none.jpg"},
             that=detail)
    one = "/api/refs/{state}/{filename}"
    site.row("delete", 200, "DELETE", one, arguments, that=lambda a: a.json() == {"status": "deleted"})
    site.row("delete it again", 404, "DELETE", one, arguments, that=detail)
    site.row("it is gone", 404, "GET", image, arguments, that=detail)
    for bad in "../NORMAL/" + listed[0], "..", "/etc/passwd", listed[0] + "\0.jpg", ".." + "\\x":
        for method, path in ("GET", image), ("DELETE", one):
            a, _ = site.call(method, path, {"state": "SELECT", "filename": bad})
            site.k.ok(a.status in (400, 404), f"{site.on}: {method} of {bad!r} leads nowhere", a)
    site.k.ok(site.ask("GET", "/api/refs/NORMAL").json() == listed,
              f"{site.on}: the others are still there", listed)


def check_pictures(site, size):
    def fresh(a):
        return web.is_jpeg(a.body) and re.search("no-store|no-cache", a.headers["cache-control"])
    for path in "/api/live/frame", "/api/snapshot/latest":
        site.row("a JPEG that nobody keeps", 200, "GET", path, that=fresh)
        site.row("with a stamp behind it", 200, "GET", path, query={"t": int(time.time() * 1000)},
                 that=fresh)
    site.row("as it comes", 200, "GET", "/snapshot.jpg",
             that=lambda a: fresh(a) and web.jpeg_size(a.body) == size)


def check_save(site, folder, here):
    """here: whether folder's content can be seen from this test."""
    save = "/snapshot/save"
    os.makedirs(os.path.join(folder, "in"), exist_ok=True)
    now = time.time() * 1000

    def written(n, prefix):
        def look(a):
            j = a.json()
            names = [re.fullmatch(re.escape(prefix) + r"_(\d+)_(\d+)\.jpg", os.path.basename(f))
                     for f in j["files"]]
            return list(j) == ["saved", "files"] and j["saved"] == len(names) == n and \
                all(abs(int(m[1]) - now) < 600e3 for m in names) and \
                len({m[2] for m in names}) == n and \
                (not here or all(os.path.exists(os.path.join(folder, "in", os.path.basename(f)))
                                 for f in j["files"]))
        return look
    site.row("one, by default", 200, "POST", save, body={"output_dir": os.path.join(folder, "in")},
             that=written(1, "snap"))
    site.row("three, in a folder below", 200, "POST", save,
             body={"output_dir": "in", "count": 3, "interval_ms": 50, "prefix": "x"},
             that=written(3, "x"))
    for bad in "/tmp", "..", "in/../..", "/", "in/../../elsewhere", folder + "-beside":
        site.row(f"output_dir {bad[-20:]}", (400, 403), "POST", save, body={"output_dir": bad},
                 that=detail)
    # Root's links and the service's own lead where they lead; those of others nowhere.
    link = os.path.join(folder, f"link-{site.on}")
    os.symlink("/tmp", link)
    if os.getuid() == 0:
        os.lchown(link, 65534, 65534)
        site.row("a stranger's link that leads out", (400, 403, 500), "POST", save,
                 body={"output_dir": os.path.basename(link)}, that=detail)
    for bad in "../x", "a/b", "x\0y", "":
        site.row(f"prefix {bad!r}", (400, 403, 422), "POST", save,
                 body={"output_dir": "in", "prefix": bad}, that=detail)
    for bad in {"count": 0}, {"count": -1}, {"count": 10 ** 9}, {"count": "3"}, {"interval_ms": -5}, \
            {"interval_ms": 1e300}:
        site.row(f"{bad}", (400, 422), "POST", save, body=dict({"output_dir": "in"}, **bad),
                 that=detail)


def check_original(site, names, size, snapshots):
    check_state(site)
    check_streams(site, names)
    check_refs(site)
    check_pictures(site, size)
    check_save(site, snapshots, True)
    installed = 200 if site.on == "console" else (200, 404)
    site.row("the page", installed, "GET", "/",
             that=lambda a: b"<html" in a.body.lower() or a.status == 404)
    site.row("no file of the page", 404, "GET", "/web/{file}", {"file": "nothing.js"}, that=detail)
    for path in "/nothing", "/api", "/api/", "/api/state/", "/api/refs", "/snapshot":
        a = site.ask("GET", path)
        site.k.ok(a.status == 404 and a.type() == "application/json" and detail(a),
                  f"{site.on}: {path}: 404", a)
    for method, path, allowed in ("DELETE", "/api/state", "GET"), ("PUT", "/api/streams", "GET"), \
            ("GET", "/snapshot/save", "POST"):
        a = site.ask(method, path)
        site.k.ok(a.status == 405 and allowed in a.headers.get("allow", "") and detail(a),
                  f"{site.on}: {method} {path}: 405", a)


def check_lost(site):
    """Without a picture."""
    for path in "/api/live/frame", "/api/snapshot/latest":
        site.row("no picture", 404, "GET", path, that=detail)
    site.row("no picture", 400, "POST", "/api/refs/{state}", {"state": "NORMAL"}, that=detail)
    site.row("no picture", (404, 503), "GET", "/snapshot.jpg", that=detail)
    site.row("UNKNOWN", 200, "GET", "/api/state",
             that=lambda a: a.json()["state"] == "UNKNOWN" and "matches" in a.json())
    site.row("no files", 200, "GET", "/api/refs/{state}", {"state": "SELECT"},
             that=lambda a: a.json() == [])


def check_off(site):
    """Nothing is recognised."""
    site.row("nothing is recognised", 200, "GET", "/api/state",
             that=lambda a: list(a.json()) == ["error"])
    site.row("no states", 200, "GET", "/api/config/states", that=lambda a: a.json() == {"states": []})
    site.row("no states", 404, "GET", "/api/refs/{state}", {"state": "NORMAL"}, that=detail)


# --- the original's page ---

def check_dashboard(site, names):
    """Ten seconds of it, without the waits, and a press of each button."""
    page = web.Dashboard(site)
    complaints = []

    def want(good, *what):
        if not good:
            complaints.append([str(w) for w in what])
    for _ in range(10):
        streams = page.get("/api/streams")
        want(streams.status == 200 and all(map(is_stream, streams.json().values())), streams)
        state = page.get("/api/state")
        want(state.status == 200 and state.json()["matches"], state)
        for target in "/api/live/frame", "/api/snapshot/latest":
            picture = page.picture(target)
            want(picture.status == 200 and web.is_jpeg(picture.body), target, picture.status)
    for state in page.get("/api/config/states").json()["states"]:
        for name in page.get(f"/api/refs/{state}").json():
            picture = page.picture(f"/api/refs/{state}/{name}/image")
            want(picture.status == 200 and web.is_jpeg(picture.body), name, picture.status)
    for name in names:
        for action in "stop", "start", "restart":
            done = page.change("POST", f"/api/streams/{name}/control", {"action": action})
            want(done.status == 200 and done.json()["status"] == "ok", name, action, done)
    saved = page.change("POST", "/api/refs/SELECT")
    want(saved.status == 200 and saved.json()["status"] == "saved", saved)
    gone = page.change("DELETE", f"/api/refs/SELECT/{saved.json().get('filename')}")
    want(gone.status == 200 and gone.json() == {"status": "deleted"}, gone)
    page.close()
    site.k.ok(not complaints, f"{site.on}: the original's page finds all that it asks for",
              complaints)


# --- ours ---

def check_machine(site, ready=True):
    site.row("alive", 200, "GET", "/healthz/live", that=lambda a: a.json()["live"])
    for path in "/healthz", "/healthz/ready":
        site.row("ready", 200 if ready else 503, "GET", path,
                 that=lambda a: a.json() == {"live": True, "ready": ready})
    site.row("for Prometheus", 200, "GET", "/metrics",
             that=lambda a: a.headers["content-type"].startswith("text/plain; version=0.0.4") and
             b"# TYPE egm_" in a.body)
    # What is not installed an instance does not have; the console is told where it lies.
    installed = 200 if site.on == "console" else (200, 404)
    site.row("the document", installed, "GET", "/api/openapi.json",
             that=lambda a: a.json() == site.contract.document or a.status == 404)
    site.row("the cards", 200, "GET", "/api/v1/cards", that=lambda a: a.json()["cards"])
    site.row("who I am", 200, "GET", "/api/v1/whoami",
             that=lambda a: a.json()["by"] in ("socket", "network", "token") and
             set(a.json()["roles"]) == {"view", "operate", "teach"})
    site.row("logging out", 204, "POST", "/api/v1/logout")
    site.row("a token that is none", 401, "POST", "/api/v1/login", body={"token": "x" * 32},
             that=detail)
    site.row("no token", 422, "POST", "/api/v1/login", body={}, that=detail)
    if site.on == "instance":
        site.row("as before", 200, "GET", "/api/status",
                 that=lambda a: set(a.json()) == set(site.value("status")))


def check_status(site):
    site.row("the whole", 200, "GET", "status")
    site.row("facts", 200, "GET", "signal", that=lambda a: a.json()["input_live"])
    for action in "stop", "start", "restart", "reload":
        site.row(action, 200, "POST", "control", body={"action": action},
                 that=lambda a: a.json() == {"status": "ok"})
    site.k.ok(wait_for(lambda: (site.value("status") or {}).get("running")),
              f"{site.on}: it streams again", site.value("status"))
    site.row("another action", 422, "POST", "control", body={"action": "explode"}, that=detail)
    for bitrate, taken in (1500000, 1500000), ("2M", 2000000), ("1800k", 1800000):
        site.row(f"{bitrate}", 200, "PUT", "bitrate", body={"bitrate": bitrate},
                 that=lambda a: a.json() == {"bitrate": taken})
    for bad in 1, -5, 10 ** 18, "fast", None, [], 1.5, True:
        site.row(f"{bad!r}", 422, "PUT", "bitrate", body={"bitrate": bad}, that=detail)


def check_outputs(site, folder):
    url = os.path.join(folder, f"more-{site.on}.ts")
    secret = "rtmp://127.0.0.1:9/app/hush?token=hush"
    site.row("listed", 200, "GET", "outputs", that=lambda a: [o["name"] for o in a.json()["outputs"]])
    site.row("add", 201, "POST", "outputs", body={"name": "more", "url": url},
             that=lambda a: a.json()["name"] == "more" and a.json()["running"])

    def more():
        found = (site.value("outputs") or {"outputs": []})["outputs"]
        return next((o for o in found if o["name"] == "more"), {})
    site.k.ok(wait_for(lambda: more().get("state") == "running" and more()["frames"] > 0),
              f"{site.on}: it runs", more())
    site.row("the name is taken", 409, "POST", "outputs", body={"name": "more", "url": url},
             that=lambda a: detail(a) and a.json()["error"] == "org.egm.Error.OutputExists")
    for bad in {"name": "../x", "url": url}, {"name": "y", "url": "nothing"}, {"name": "y"}, \
            {"url": url}, {"name": "", "url": url}, {"name": "y", "url": 7}, \
            {"name": "y", "url": url, "primary": "yes"}:
        site.row(f"{list(bad.values())}", 422, "POST", "outputs", body=bad, that=detail)
    control = "outputs/{output}/control"
    for action, then in ("stop", False), ("start", True), ("restart", True):
        site.row(action, 200, "POST", control, {"output": "more"}, body={"action": action},
                 that=lambda a: a.json() == {"status": "ok"})
        site.k.ok(wait_for(lambda: more().get("running") == then and
                           (more()["state"] == "running") == then), f"{site.on}: {action}: done",
                  more())
    site.row("none of that name", 404, "POST", control, {"output": "none"}, body={"action": "stop"},
             that=lambda a: detail(a) and a.json()["error"] == "org.egm.Error.NoSuchOutput")
    site.row("remove", 204, "DELETE", "outputs/{output}", {"output": "more"})
    site.row("remove it again", 404, "DELETE", "outputs/{output}", {"output": "more"}, that=detail)
    site.row("one with a secret", 201, "POST", "outputs",
             body={"name": "hush", "url": secret, "primary": True},
             that=lambda a: b"hush?" not in a.body and b"token=hush" not in a.body)
    site.row("masked", 200, "GET", "outputs", that=lambda a: b"token=hush" not in a.body)
    site.row("remove it", 204, "DELETE", "outputs/{output}", {"output": "hush"})


def check_rules(site):
    rules = site.row("the rules in use", 200, "GET", "rules",
                     that=lambda a: a.json()["priority"] == PRIORITY and
                     set(a.json()["states"]) == set(ORDER) and
                     (a.json()["width"], a.json()["height"]) == (640, 480)).json()
    if not rules:
        return
    spin = rules["states"]["NORMAL"]["rois"][0]
    site.k.ok([spin[c] for c in "xywh"] == [540, 80, 91, 31], f"{site.on}: a region's place", spin)
    changed = json.loads(json.dumps(rules))
    changed["states"]["NORMAL"]["rois"][0]["x"] = 541
    if rules["editable"]:
        site.row("a region is moved", 200, "PUT", "rules", body=changed,
                 that=lambda a: a.json()["states"]["NORMAL"]["rois"][0]["x"] == 541)
        site.k.ok(wait_for(lambda: site.value("rules")["states"]["NORMAL"]["rois"][0]["x"] == 541),
                  f"{site.on}: it is in use", site.value("rules"))
        site.k.ok(wait_for(lambda: (site.value("status")["state"] or {}).get("decisions", 0) > 0),
                  f"{site.on}: and pictures are looked at by it")
        site.row("and back", 200, "PUT", "rules", body=rules,
                 that=lambda a: a.json()["states"] == rules["states"])
    else:
        site.row("they may not be written", (403, 409), "PUT", "rules", body=changed, that=detail)
    broken = json.loads(json.dumps(rules))
    broken["states"]["NORMAL"]["rois"][0]["w"] = -1
    for words, body in ("a region of no size", broken), ("a list", []), ("nothing", {}), \
            ("no JSON", b"{"), ("a state of a bad name", dict(rules, states={"../x": {"rois": []}})), \
            ("a priority of nobody", dict(rules, priority=["NOBODY"])), \
            ("words for numbers", dict(rules, numbers={"N": {"x": "a"}})):
        site.row(words, (422, 409), "PUT", "rules", body=body, that=detail)
    site.k.ok((site.value("rules") or {}).get("states") == rules["states"],
              f"{site.on}: what is wrong changes nothing")
    site.row("of each state", 200, "GET", "thresholds",
             that=lambda a: {t["state"] for t in a.json()["thresholds"]} == set(ORDER))


def names_of(site, state):
    j = site.value("references", query={"state": state}) or {"references": []}
    return [r["name"] for r in j["references"]]


def check_references(site, picture):
    site.row("all", 200, "GET", "references",
             that=lambda a: {r["state"] for r in a.json()["references"]} == set(ORDER))
    site.row("of a state", 200, "GET", "references", query={"state": "SELECT"},
             that=lambda a: {r["state"] for r in a.json()["references"]} == {"SELECT"})
    site.row("no such state", (404, 422), "GET", "references", query={"state": "NOWHERE"}, that=detail)
    add = "references/{state}"
    live = site.row("from the live picture", 201, "POST", add, {"state": "SELECT"},
                    that=lambda a: a.json()["state"] == "SELECT").json()["name"]
    sent = site.row("an upload", 201, "POST", add, {"state": "SELECT"}, body=picture,
                    headers=JPEG_BODY).json()["name"]
    site.k.ok(wait_for(lambda: {live, sent} <= set(names_of(site, "SELECT"))),
              f"{site.on}: both are listed", [live, sent])
    for words, body, headers, status in (
            ("no picture", b"\xff\xd8\xff\xe0 nothing", JPEG_BODY, 422),
            ("half a picture", picture[:200], JPEG_BODY, 422)):
        site.row(words, status, "POST", add, {"state": "SELECT"}, body=body, headers=headers, that=detail)
    site.row("no such state", 404, "POST", add, {"state": "NOWHERE"}, body=picture, headers=JPEG_BODY,
             that=detail)
    one = "references/{state}/{name}"
    site.row("as it was sent", 200, "GET", one, {"state": "SELECT", "name": sent},
             that=lambda a: a.body == picture)
    site.row("small", 200, "GET", one + "/thumbnail", {"state": "SELECT", "name": sent},
             that=lambda a: web.jpeg_size(a.body)[0] == 160)
    site.row("smaller", 200, "GET", one + "/thumbnail", {"state": "SELECT", "name": sent},
             {"width": 64}, that=lambda a: web.jpeg_size(a.body)[0] == 64)
    site.row("width of no number", (400, 422), "GET", one + "/thumbnail",
             {"state": "SELECT", "name": sent}, {"width": "wide"}, that=detail)
    moved = site.row("move", 200, "POST", one + "/move", {"state": "SELECT", "name": live},
                     body={"to": "NORMAL"}, that=lambda a: a.json()["state"] == "NORMAL").json()["name"]
    site.row("move to nowhere", 404, "POST", one + "/move", {"state": "NORMAL", "name": moved},
             body={"to": "NOWHERE"}, that=detail)
    site.row("move what is not there", 404, "POST", one + "/move", {"state": "SELECT", "name": live},
             body={"to": "NORMAL"}, that=detail)
    for state, name in ("SELECT", sent), ("NORMAL", moved):
        where = {"state": state, "name": name}
        trashed = site.row("delete", 200, "DELETE", one, where).json()["trash"]
        site.row("delete it again", 404, "DELETE", one, where, that=detail)
        site.row("it is in the trash", 200, "GET", "trash",
                 that=lambda a: any(t["id"] == trashed and t["state"] == state and t["name"] == name
                                    for t in a.json()["trash"]))
        site.row("restore", 200, "POST", "trash/{id}/restore", {"id": trashed},
                 that=lambda a: a.json()["state"] == state)
        site.row("restore it again", 404, "POST", "trash/{id}/restore", {"id": trashed}, that=detail)
        site.k.ok(wait_for(lambda: name in names_of(site, state)), f"{site.on}: it is back", name)
        site.ask("DELETE", site.target_of(one, where))
    for bad in "..", "../../x", "/etc/passwd", "a\0b", "\\..\\x":
        for method, rest in ("GET", one), ("DELETE", one), ("GET", one + "/thumbnail"):
            a, _ = site.call(method, rest, {"state": "NORMAL", "name": bad})
            site.k.ok(a.status in (400, 404), f"{site.on}: {method} {rest} of {bad!r}: nothing", a)
        a, _ = site.call("POST", "trash/{id}/restore", {"id": bad})
        site.k.ok(a.status in (400, 404), f"{site.on}: restore of {bad!r}: nothing", a)


def check_candidates(site):
    listed = site.row("the newest first", 200, "GET", "candidates",
                      that=lambda a: [c["name"] for c in a.json()["candidates"]][-2:] ==
                      list(reversed(CANDIDATES)) and
                      a.json()["candidates"][-1] == {
                          "name": CANDIDATES[0], "state": "OTHER", "reason": None,
                          "taken": 1767225600, "bytes": a.json()["candidates"][-1]["bytes"]} and
                      a.json()["candidates"][-2]["reason"] == "ambiguous").json()["candidates"]
    one = "candidates/{name}"
    for name in "none.jpg", CANDIDATES[0].replace(".jpg", ".json"), "../" + CANDIDATES[0]:
        site.row(f"{name}: none", 404, "GET", one, {"name": name}, that=detail)
        site.row(f"{name}: none to accept", 404, "POST", one + "/accept", {"name": name},
                 body={"state": "NORMAL"}, that=detail)
        site.row(f"{name}: none to delete", 404, "DELETE", one, {"name": name}, that=detail)
    old, new = [c["name"] for c in listed][-1:-3:-1]
    site.row("the picture", 200, "GET", one, {"name": old}, that=lambda a: web.is_jpeg(a.body))
    site.row("accept for nothing", 404, "POST", one + "/accept", {"name": old},
             body={"state": "NOWHERE"}, that=detail)
    name = site.row("accept", 201, "POST", one + "/accept", {"name": old}, body={"state": "NORMAL"},
                    that=lambda a: a.json()["state"] == "NORMAL").json()["name"]
    site.k.ok(wait_for(lambda: name in names_of(site, "NORMAL")), f"{site.on}: it is a reference", name)
    site.ask("DELETE", site.target_of("references/{state}/{name}", {"state": "NORMAL", "name": name}))
    site.row("it is no candidate any more", 404, "GET", one, {"name": old}, that=detail)
    site.row("delete", 204, "DELETE", one, {"name": new})
    site.row("delete it again", 404, "DELETE", one, {"name": new}, that=detail)


def check_numbers(site):
    tell = "numbers/{number}"
    site.row("tell", 200, "POST", tell, {"number": "CREDIT"}, body={"text": "50123"},
             that=lambda a: a.json() == {"status": "ok"})
    site.row("no such number", 404, "POST", tell, {"number": "NOTHING"}, body={"text": "1"}, that=detail)
    for bad in "", "words", "9" * 500, 7, None:
        site.row(f"{str(bad)[:10]}", 422, "POST", tell, {"number": "CREDIT"}, body={"text": bad},
                 that=detail)


def check_events(site):
    page = site.row("the newest first", 200, "GET", "events", query={"limit": 5},
                    that=lambda a: len(a.json()["events"]) == 5 and
                    [e["id"] for e in a.json()["events"]] ==
                    sorted((e["id"] for e in a.json()["events"]), reverse=True)).json()
    ids = [e["id"] for e in page["events"]]
    site.row("those before", 200, "GET", "events", query={"before": ids[-1], "limit": 500},
             that=lambda a: all(e["id"] < ids[-1] for e in a.json()["events"]))
    site.row("those after", 200, "GET", "events", query={"after": ids[2]},
             that=lambda a: {ids[0], ids[1]} <= {e["id"] for e in a.json()["events"]} and
             all(e["id"] > ids[2] for e in a.json()["events"]))
    for bad in {"limit": "many"}, {"limit": -1}, {"before": "x"}:
        site.row(f"{bad}", (400, 422), "GET", "events", query=bad, that=detail)

    live = web.Events(site, site.target_of("events/live"), {"Accept": "text/event-stream"})
    k = site.k
    site.contract.asked.add((site.on, "GET", site.path_of("events/live")))
    k.ok(live.status == 200 and live.headers["content-type"].startswith("text/event-stream"),
         f"{site.on}: events/live: a stream of events", live.headers)
    figures = [live.wait(lambda e: e.get("event") == "figures") for _ in range(2)]
    wrong = [site.contract.named("Figures", f and f.get("data")) for f in figures]
    k.ok(all(figures) and not any(wrong) and "id" not in figures[0],
         f"{site.on}: figures, once a second", [wrong, figures])
    k.ok(figures[1]["data"]["frames"] >= figures[0]["data"]["frames"],
         f"{site.on}: which do not go back", figures)
    event = live.wait(lambda e: "id" in e, 60)
    wrong = site.contract.named("Event", event and event["data"])
    k.ok(event and not wrong and event["event"] == event["data"]["type"] and
         int(event["id"]) == event["data"]["id"], f"{site.on}: an event", [wrong, event])
    live.close()
    again = web.Events(site, site.target_of("events/live"), {"Last-Event-ID": str(ids[2])})
    missed = again.wait(lambda e: "id" in e)
    k.ok(missed and int(missed["id"]) == ids[1], f"{site.on}: Last-Event-ID: what was missed comes first",
         [missed, ids])
    again.close()


def check_settings(site):
    check = "settings/check"
    kind = {"Content-Type": "text/plain"}
    site.row("fine", 200, "POST", check, body=b"encoder: { gop = 30; };\n", headers=kind,
             that=lambda a: a.json() == {"ok": True, "findings": []})
    site.row("not so fine", 200, "POST", check, body=b"encoder: {\n gop = 0; };\nnothing = 1;\n",
             headers=kind, that=lambda a: not a.json()["ok"] and
             any(f["line"] == 2 and f["key"] == "encoder.gop" and f["severity"] == "error"
                 for f in a.json()["findings"]))
    site.row("no settings at all", 200, "POST", check, body=b"\xff{{{", headers=kind,
             that=lambda a: not a.json()["ok"])
    site.row("no text", 422, "POST", check, body=b"gop = 0;\0", headers=kind, that=detail)
    site.row("a file of this machine", 200, "POST", check, body=b'@include "/etc/passwd"\n',
             headers=kind, that=lambda a: not a.json()["ok"] and b"root:" not in a.body)


def check_stills(site, size):
    for rest in "/snapshot.jpg", "snapshot.jpg":
        site.row("small", 200, "GET", rest, query={"width": 160, "quality": 20},
                 that=lambda a: web.jpeg_size(a.body)[0] == 160)
        site.row("fresh", 200, "GET", rest, query={"fresh": 1},
                 that=lambda a: web.jpeg_size(a.body) == size)
        for bad in {"width": 0}, {"width": 10 ** 9}, {"quality": 101}, {"quality": "good"}, \
                {"height": -1}, {"fresh": "maybe"}:
            site.row(f"{bad}", (400, 422), "GET", rest, query=bad, that=detail)
    for rest in "/stream.mjpg", "stream.mjpg":
        stream = web.Mjpeg(site, site.target_of(rest, query={"fps": 20}))
        site.contract.asked.add((site.on, "GET", site.path_of(rest)))
        parts = [stream.next() for _ in range(5)]
        stamps = [float(h["x-timestamp"]) for h, _ in parts]
        site.k.ok(stream.headers["content-type"].startswith("multipart/x-mixed-replace") and
                  all(h["content-type"] == "image/jpeg" and web.is_jpeg(p) for h, p in parts) and
                  stamps == sorted(set(stamps)) and abs(stamps[-1] - time.time()) < 60,
                  f"{site.on}: {rest}: pictures with the time of their capture",
                  [stream.headers, stamps])
        stream.close()
        a, _ = site.call("GET", rest, query={"fps": "fast"})
        site.k.ok(a.status in (400, 422) and detail(a), f"{site.on}: {rest}: fps of no number", a)


def check_live(site):
    k = site.k
    target = site.target_of("live")
    site.contract.asked.add((site.on, "GET", site.path_of("live")))
    a = site.ask("GET", target)
    k.ok(a.status in (400, 426) and detail(a), f"{site.on}: live without WebSocket is refused", a)
    socket_ = web.WebSocket(site, target)
    k.ok(socket_.agreed, f"{site.on}: live: WebSocket", socket_.stream.headers)
    kind, message = socket_.next()
    init = json.loads(message) if kind == web.TEXT else None
    k.ok(init and not site.contract.named("LiveInit", init) and
         init["mime"].startswith('video/mp4; codecs="avc1.'), f"{site.on}: live: what it is", message)
    kind, message = socket_.next()
    found = [b for b, _ in web.boxes(message)]
    k.ok(kind == web.BINARY and found[0] == "ftyp" and found[-1] == "moov",
         f"{site.on}: live: the init segment", found)
    fragments = [socket_.next() for _ in range(10)]
    k.ok(all(kind == web.BINARY and [b for b, _ in web.boxes(m)][-2:] == ["moof", "mdat"]
             for kind, m in fragments), f"{site.on}: live: a fragment a picture",
         [[b for b, _ in web.boxes(m)] for _, m in fragments])
    socket_.send(web.PING, b"are you there")
    for _ in range(1000):
        opcode, _, data = socket_.next_frame()
        if opcode == web.PONG:
            break
    k.ok(opcode == web.PONG and data == b"are you there", f"{site.on}: live: a ping is answered", data)
    socket_.send(web.CLOSE, b"\x03\xe8")
    k.ok(socket_.ends() in (1000, 0), f"{site.on}: live: a goodbye is answered")
    socket_.close()


def check_ours(site, folder, picture, size):
    check_machine(site)
    check_status(site)
    check_outputs(site, folder)
    check_rules(site)
    check_references(site, picture)
    check_candidates(site)
    check_numbers(site)
    check_events(site)
    check_settings(site)
    check_stills(site, size)
    check_live(site)
    if site.card:
        bare = [(m, p) for m, p in site.not_asked() if p.startswith("/api/v1/cards/{card}")]
    else:
        bare = [(m, p) for m, p in site.not_asked() if not p.startswith("/api/v1/cards/{card}")]
    site.k.ok(not bare, f"{site.on}: everything that is described was asked", bare)


# --- faces ---

def settings(refs, snapshots, output, role="game", more=""):
    text = scenario_detector.config(refs)
    text = text.replace("outputs = ();", f'outputs = ( {{ name = "main"; url = {quoted(output)}; }} );')
    candidates = snapshots + "-candidates"
    os.makedirs(candidates)
    for name, reason in zip(CANDIDATES, (None, "ambiguous")):
        with open(os.path.join(candidates, name), "wb") as f:
            f.write(picture_of("NORMAL/ref_1.jpg"))
        with open(os.path.join(candidates, name.replace(".jpg", ".json")), "w",
                  encoding="ascii") as f:
            json.dump({"state": "OTHER", "reason": reason}, f)
    return (f'role = "{role}";\nsnapshots = {{ folder = {quoted(snapshots)}; }};\n'
            f"candidates = {{ folder = {quoted(candidates)}; }};\n{more}{text}")


def wait_until_seen(site):
    """Until the screen is recognised and what it streams is encoded."""
    def seen():
        status = site.value("status") or {}
        return status.get("running") and (status.get("state") or {}).get("state") in ORDER
    site.k.need(wait_for(seen, 60), f"{site.on}: it runs and recognises", site.value("status"))


def picture_of(name):
    with open(os.path.join(scenario_detector.CLIPS, "refs", "koi-short", name), "rb") as f:
        return f.read()


def check_instance(k, contract):
    refs = scenario_detector.copy_references(k, "refs-contract")
    snapshots = k.path("snapshots")
    os.makedirs(snapshots)
    s = scenario_detector.begin(k, "contract",
                                settings(refs, snapshots, k.path("contract.ts")))
    path = os.path.join(s.runtime, "http.sock")
    k.need(wait_for(lambda: os.path.exists(path)), "an instance has its socket", s.process.err())
    size = (640, 480)
    site = web.Site(k, path, "instance", contract=contract)
    wait_until_seen(site)
    check_original(site, ["game"], size, snapshots)
    check_dashboard(site, ["game"])
    check_ours(site, k.path(), picture_of("SELECT/ref_1.jpg"), size)
    by_card = web.Site(k, path, "instance", card="contract", contract=contract)
    by_card.row("the card by its name", 200, "GET", "status", that=lambda a: a.json()["card"] == "contract")
    by_card.card = "self"
    by_card.row("and as self", 200, "GET", "status", that=lambda a: a.json()["card"] == "contract")
    by_card.card = "another"
    by_card.row("another card", 404, "GET", "status", that=detail)
    k.ok("hush?" not in s.process.err() and "token=hush" not in s.process.err(),
         "no secret is logged", s.process.err()[-2000:])
    k.ok(s.stop()[0] == 0, "an instance ends well", s.process.err()[-2000:])


def check_without(k, contract):
    refs = k.path("refs-none")
    s = scenario_detector.begin(k, "lost", scenario_detector.config(refs, video=k.path("none.mkv")))
    path = os.path.join(s.runtime, "http.sock")
    site = web.Site(k, path, "instance", contract=contract)
    k.need(wait_for(lambda: os.path.exists(path) and site.value("status")), "one without a picture",
           s.process.err())
    check_lost(site)
    s.stop()
    s = scenario_detector.begin(
        k, "off", 'video: { device = "pattern"; size = "320x180"; };\naudio: { device = "none"; };\n'
        "outputs = ();\n")
    path = os.path.join(s.runtime, "http.sock")
    site = web.Site(k, path, "instance", contract=contract)
    k.need(wait_for(lambda: os.path.exists(path) and site.value("status")), "one without states",
           s.process.err())
    check_off(site)
    s.stop()


def check_by_hand(k, contract):
    """`run --http`: the same over TCP, for those who may."""
    port = free_port()
    p = k.run("--http", f"127.0.0.1:{port}", "--http-open", "127.0.0.1/32",
              outputs=[k.path("hand.ts")])
    site = web.Site(k, port, "instance", contract=contract)
    k.need(wait_for(lambda: (site.value("status") or {}).get("running")), "run --http", p.err())
    site.row("by its network", 200, "GET", "/api/v1/whoami", that=lambda a: a.json()["by"] == "network")
    check_machine(site)
    site.row("the stream", 200, "GET", "/api/streams",
             that=lambda a: list(a.json()) == ["game"] and is_stream(a.json()["game"]))
    check_pictures(site, (320, 180))
    check_stills(site, (320, 180))
    check_live(site)
    with socket.create_connection(("127.0.0.1", port), LIMIT) as s:
        s.sendall(b"GET /api/streams HTTP/1.0\r\n\r\n")
        k.ok(s.recv(4096).startswith(b"HTTP/1."), "HTTP/1.0 without Host gets an answer")
    k.ok(p.stop()[0] == 0, "ends well", p.err())
    p = k.run("--http", f"127.0.0.1:{port}", outputs=[k.path("shut.ts")])
    k.ok(wait_for(lambda: "--http" in p.err() or not p.alive()), "nobody may come in: said so", p.err())
    p.stop()


CAM = """
role = "cam";
video: { device = "pattern"; size = "320x180"; };
audio: { device = "none"; };
outputs = ( { name = "main"; url = "%s"; } );
"""


def check_roles(k, machine, contract):
    """Who may view may not change anything; who has no token may do nothing."""
    look = machine.site("two", faces.VIEW, contract)
    nobody = machine.site("two", None, contract)
    wrong = []
    for method, path in sorted(contract.operations("console")):
        operation = contract.operation(method, path, "console")
        roles = operation["x-egm-roles"]
        names = {p: "x" for p in re.findall(r"\{(\w+)\}", path)}
        names["card"] = "two"
        target = re.sub(r"\{(\w+)\}", lambda m: names[m[1]], path)
        status = nobody.ask(method, target).status
        if (status == 401) != bool(roles) and not path.endswith("/login"):
            wrong.append(["nobody", method, path, status])
        if roles and roles != ["view"]:
            status = look.ask(method, target).status
            if status != 403:
                wrong.append(["view", method, path, status])
    k.ok(not wrong, "console: each operation wants its role", wrong)
    a = nobody.ask("POST", "/api/v1/login", {"token": faces.VIEW})
    cookie = a.headers.get("set-cookie", "")
    k.ok(a.status == 204 and cookie.startswith("egm_session=") and "HttpOnly" in cookie and
         "SameSite=Strict" in cookie and faces.VIEW not in cookie, "console: a token for a cookie", a)
    session = {"Cookie": "theme=dark; " + cookie.partition(";")[0]}
    who = nobody.ask("GET", "/api/v1/whoami", headers=session).json()
    k.ok(who == {"roles": ["view"], "by": "token", "name": "look"}, "console: the cookie's roles", who)
    k.ok(nobody.ask("GET", "/api/streams", headers=session).status == 200 and
         nobody.ask("POST", "/api/streams/cam/control", {"action": "stop"}, session).status == 403,
         "console: which are no more than the token's")
    a = nobody.ask("POST", "/api/v1/logout", headers=session)
    k.ok(a.status == 204 and "egm_session=;" in a.headers.get("set-cookie", ""), "console: log out", a)


def check_console(k, contract):
    """Two cards at one port: game, with the recogniser, and cam."""
    refs = scenario_detector.copy_references(k, "refs-console")
    snapshots = k.path("snapshots-console")
    os.makedirs(snapshots)
    machine = faces.Machine(k, {
        "one": settings(refs, snapshots, k.path("one.ts")), "two": CAM % k.path("two.ts")})
    machine.start()
    site = machine.site("one", contract=contract)
    wait_until_seen(site)
    check_original(site, ["game", "cam"], (640, 480), snapshots)
    check_dashboard(site, ["game", "cam"])
    check_ours(site, k.path(), picture_of("SELECT/ref_1.jpg"), (640, 480))
    site.row("each stream is its own card's", 200, "GET", "/api/streams",
             that=lambda a: a.json()["game"]["pid"] == machine.cards["one"].process.pid and
             a.json()["cam"]["pid"] == machine.cards["two"].process.pid)
    site.row("both", 200, "GET", "/api/v1/cards",
             that=lambda a: [(c["name"], c["role"], c["recognises"]) for c in a.json()["cards"]] ==
             [("one", "game", True), ("two", "cam", False)])
    check_roles(k, machine, contract)
    ends = machine.stop()
    k.ok(ends == [0, 0, 0], "the machine ends well", [ends, machine.console.err()[-1000:]])


def run(k):
    if not web.jsonschema:
        k.skip("answers against their schemas", "python3-jsonschema is not there")
    contract = web.Contract()
    check_by_hand(k, contract)
    check_without(k, contract)
    check_instance(k, contract)
    check_console(k, contract)
