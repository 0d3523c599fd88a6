# SPDX-License-Identifier: GPL-2.0-or-later
"""`egm-streamer pack`: a game is taught on one size of screen and recognised on others; a pack that
was meddled with changes nothing."""

import base64
import json
import os
import shutil
import signal
import subprocess

from kit import Failure, wait_for

CLIPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "clips")
CLIP = os.path.join(CLIPS, "koi-short.mkv")
TRUTH = os.path.join(CLIPS, "koi-short.json")
REFS = os.path.join(CLIPS, "refs", "koi-short")
TAUGHT = (1280, 720)
USED = (1920, 1080)


def ffmpeg(*args):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *args], check=True, timeout=120)


def scale_clip(k, size):
    path = k.path(f"{size[1]}.mkv")
    ffmpeg("-i", CLIP, "-an", "-vf", f"scale={size[0]}:{size[1]}", "-c:v", "libx264", "-preset",
           "ultrafast", "-crf", "10", path)
    return path


def scale_references(k, size):
    folder = k.path("taught")
    shutil.copytree(REFS, folder)
    for state in "NORMAL", "PLAYING", "SELECT":
        for i in range(3):
            name = os.path.join(state, f"ref_{i}.jpg")
            ffmpeg("-i", os.path.join(REFS, name), "-vf", f"scale={size[0]}:{size[1]}", "-q:v", "2",
                   os.path.join(folder, name))
    return folder


def region(truth, key, size):
    """As a screen of another size has it, in the words of a file of rules."""
    r = truth["rois"][key]
    x, y = size[0] / truth["width"], size[1] / truth["height"]
    return (f'x = {round(r["x"] * x)}; y = {round(r["y"] * y)}; '
            f'w = {round(r["w"] * x)}; h = {round(r["h"] * y)};')


def write_rules(k, size):
    with open(TRUTH, encoding="utf-8") as f:
        truth = json.load(f)
    states = "".join(f'    {s}: {{ rois = ( {{ name = "{truth["rois"][s]["name"]}"; '
                     f"{region(truth, s, size)} }} ); }};\n" for s in ("SELECT", "PLAYING", "NORMAL"))
    path = k.path("taught.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f'detector: {{\n  screen = "{size[0]}x{size[1]}";\n  states: {{\n{states}  }};\n'
                f"  numbers: {{ CREDIT: {{ {region(truth, 'CREDIT', size)} }}; }};\n}};\n")
    return path


def teach(k):
    """A pack of a 720p screen."""
    rules, refs = write_rules(k, TAUGHT), scale_references(k, TAUGHT)
    packs = []
    for name in "koi.egmpack", "again.egmpack":
        packs.append(k.path(name))
        status, out, err = k.call("pack", "export", "--config", rules, "--refs", refs, "--game",
                                  "Koi", "--note", "of a 720p screen", packs[-1])
        k.need(status == 0 and "3 states, 9 pictures" in out and not err, f"{name} is exported",
               [status, out, err])
    with open(packs[0], "rb") as one, open(packs[1], "rb") as other:
        k.ok(one.read() == other.read(), "the same things make the same file")
    return packs[0]


def check_show(k, pack):
    status, out, err = k.call("pack", "show", pack)
    k.ok(status == 0 and not err and "1280x720" in out and "of a 720p screen" in out,
         "it is shown to people", [status, out, err])
    status, out, err = k.call("pack", "show", "--json", pack)
    found = json.loads(out)
    k.ok(status == 0 and found["format"] == 1 and found["game"] == "Koi" and
         (found["width"], found["height"]) == TAUGHT and found["references"] == 9 and
         [s["name"] for s in found["states"]] == ["SELECT", "PLAYING", "NORMAL"] and
         found["numbers"] == ["CREDIT"] and found["learnt"] == {}, "and to programs", found)


def evaluate(k, pack, clip, env=None):
    status, out, err = k.call("evaluate", "--json", "--pack", pack, clip, TRUTH, env=env, limit=180)
    try:
        found = json.loads(out)
    except ValueError as e:
        raise Failure(f"evaluate {clip}: status {status}, {e}: {err}") from e
    found.pop("decisions")
    return found


def learnt_picture(path, shows):
    """The number of a 720p reference with its surroundings, as a daemon keeps what it has learnt."""
    x, y, w, h, room = 260, 642, 250, 66, 10
    size = (w + 2 * room, h + 2 * room)
    found = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-vf",
                            f"format=gray,crop={size[0]}:{size[1]}:{x - room}:{y - room}", "-f",
                            "rawvideo", "-"], check=True, timeout=120, capture_output=True)
    return {"shows": str(shows), "size": size, "rect": [room, room, w, h], "limited": False,
            "grey": base64.b64encode(found.stdout).decode()}


def learn(k):
    """A pack without numbers of references, but with digits that were learnt at 720p."""
    refs = k.path("learnt")
    shutil.copytree(k.path("taught"), refs)
    with open(os.path.join(refs, "credits.json"), encoding="utf-8") as f:
        numbers = json.load(f)
    os.unlink(os.path.join(refs, "credits.json"))
    pictures = [learnt_picture(os.path.join(refs, name), n) for name, n in numbers.items() if n]
    with open(os.path.join(refs, "digits.json"), "w", encoding="utf-8") as f:
        json.dump({"format": 1, "version": 1, "numbers": {"CREDIT": {
            "screen": TAUGHT, "rect": [260, 642, 250, 66], "pictures": pictures}}}, f)
    pack = k.path("learnt.egmpack")
    words = ["pack", "export", "--config", k.path("taught.conf"), "--refs", refs, "--game", "Koi"]
    status, out, err = k.call(*words, pack)
    k.need(status == 0 and not err, "learnt digits are exported", [status, out, err])
    with open(os.path.join(refs, "digits.json"), "w", encoding="utf-8") as f:
        f.write('{ "format": 2 }')
    status, out, err = k.call(*words, k.path("later.egmpack"))
    k.ok(status == 1 and not out and os.path.join(refs, "digits.json") + ": format 2 is of a later"
         in err and not os.path.exists(k.path("later.egmpack")),
         "those of a later version are refused by name", [status, out, err])
    return pack


def check_learnt(k):
    pack = learn(k)
    # Nobody may read in the place of what was learnt.
    blind = {"TESSDATA_PREFIX": k.path("nothing")}
    status, out, err = k.call("pack", "show", pack)
    k.ok(status == 0 and "CREDIT               digits 0123456789 learnt from " in out,
         "what was learnt is shown to people", [status, out, err])
    status, out, err = k.call("pack", "show", "--json", pack)
    found = json.loads(out)
    k.ok(found["format"] == 2 and found["learnt"]["CREDIT"]["digits"] == "0123456789" and
         found["learnt"]["CREDIT"]["pictures"] >= 3, "and to programs", found)
    for name, clip in ("720p", k.path("720.mkv")), ("1080p", k.path("1080.mkv")), ("480p", CLIP):
        found = evaluate(k, pack, clip, blind)
        k.ok(found["credits_read"] >= 0.97 * found["credits"] and found["credits_wrong"] == 0,
             f"{name}: the number is read by what was learnt at 720p", found)
    status, out, err = k.call("detect", "--json", "--pack", pack, "--seconds", "1",
                              os.path.join(REFS, "NORMAL", "ref_1.jpg"), env=blind)
    k.ok(status == 0 and not err and json.loads(out)["numbers"]["CREDIT"]["text"] == "7890",
         "and detected", [status, out, err])
    rules, refs = k.path("there", "rules.conf"), k.path("there", "refs")
    status, out, err = k.call("pack", "import", "--rules", rules, "--refs", refs, pack)
    k.ok(status == 0 and os.path.exists(os.path.join(refs, "digits.json")),
         "imported, it lies with the references", [status, out, err])
    status, out, err = k.call("pack", "import", "--rules", rules, "--refs", refs,
                              k.path("koi.egmpack"))
    k.ok(status == 0 and not os.path.exists(os.path.join(refs, "digits.json")) and
         os.path.exists(os.path.join(refs + ".before", "digits.json")),
         "and goes with them: another pack has digits of its own", [status, out, err])


def check_sizes(k, pack):
    """The figures of the clip itself, whatever the size of the screen."""
    for name, clip in ("720p, as taught", scale_clip(k, TAUGHT)), ("1080p", scale_clip(k, USED)), \
            ("480p", CLIP):
        found = evaluate(k, pack, clip)
        k.ok(found["right_share"] >= 0.995, f"{name}: 99.5 % of the time in the right state", found)
        k.ok((found["changes"], found["missed_changes"], found["false_changes"]) == (3, 0, 0),
             f"{name}: no change is missed, none false", found)
        k.ok(found["mean_delay_s"] <= 0.2, f"{name}: mean delay at most 0.2 s", found)
        k.ok(found["credits_read"] >= 0.97 * found["credits"] and found["credits_wrong"] == 0,
             f"{name}: the number is read", found)


def check_detect(k, pack):
    temporary = k.path("tmp")
    os.mkdir(temporary)
    for state in "NORMAL", "PLAYING", "SELECT":
        status, out, err = k.call("detect", "--json", "--pack", pack,
                                  os.path.join(REFS, state, "ref_2.jpg"), env={"TMPDIR": temporary})
        found = json.loads(out)
        k.ok(status == 0 and not err and found["state"] == state and
             found["states"][state]["rois"][0]["nearest"].startswith(f"{state}/ref_"),
             f"{state} is detected by the pack alone", [status, out, err])
    k.ok(not os.listdir(temporary), "nothing is left behind", os.listdir(temporary))
    check_killed(k, pack, temporary)
    status, out, err = k.call("detect", "--pack", CLIP, os.path.join(REFS, "NORMAL", "ref_0.jpg"))
    k.ok(status == 1 and not out and CLIP in err, "something else for a pack", [status, out, err])


def check_killed(k, pack, temporary):
    """A command that waits for ever for its picture, but has unpacked the references."""
    fifo = k.path("never.mkv")
    os.mkfifo(fifo)
    for sig in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
        p = k.spawn([k.programs["streamer"], "detect", "--pack", pack, fifo],
                    env={**os.environ, "TMPDIR": temporary})
        k.ok(wait_for(lambda: os.listdir(temporary)), "it has a folder", p.err())
        os.killpg(p.pid, sig) if sig != signal.SIGKILL else p.send(sig)
        k.ok(p.wait() == -sig and wait_for(lambda: not os.listdir(temporary)),
             f"{sig.name}: nothing is left behind", os.listdir(temporary))


def tree_of(folder):
    """What stands in each file below a folder."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def check_import(k, pack):
    rules, refs = k.path("rules", "cam.conf"), k.path("refs", "cam")
    words = ["pack", "import", "--rules", rules, "--refs", refs]
    status, out, err = k.call(*words, "--dry-run", pack)
    k.ok(status == 0 and "Would import" in out and refs in out and not os.path.exists(refs),
         "a dry run only tells", [status, out, err])
    status, out, err = k.call(*words, pack)
    k.need(status == 0 and refs in out and rules in out and not err, "it is imported",
           [status, out, err])
    here = tree_of(refs)
    k.ok(len(here) == 11 and all(here[name] == data
                                 for name, data in tree_of(k.path("taught")).items()),
         "the references are those that were taught", list(here))
    with open(rules, encoding="utf-8") as f:
        k.ok("1280x720" in f.read(), "and so are the rules")
    again = k.path("back.egmpack")
    status, out, err = k.call("pack", "export", "--config", rules, "--refs", refs, again)
    k.ok(status == 0, "what was imported can be exported", [status, out, err])
    check_meddled(k, words, pack, refs)


def check_meddled(k, words, pack, refs):
    before = tree_of(refs)
    with open(pack, "rb") as f:
        data = f.read()
    bad = k.path("bad.egmpack")
    for what, content in ("cut off", data[:-1000]), ("another byte", flip(data)), ("empty", b""), \
            ("a text", b"detector: { };\n"), ("more behind it", data + data):
        with open(bad, "wb") as f:
            f.write(content)
        status, out, err = k.call(*words, bad)
        k.ok(status == 1 and not out and bad in err and len(err.splitlines()) == 1,
             f"{what}: refused in one line", [status, out, err])
    k.ok(tree_of(refs) == before and not os.path.exists(refs + ".before"),
         "and what was there is untouched")


def flip(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]


def check_card(k, pack):
    """The places are those of the card's configuration, which may name rules that are yet to come."""
    config, rules, refs = k.path("etc"), k.path("state", "left.conf"), k.path("state", "left")
    os.makedirs(os.path.join(config, "cards"))
    with open(os.path.join(config, "cards", "left.conf"), "w", encoding="utf-8") as f:
        f.write(f'detector: {{ rules = "{k.path("state")}/${{card}}.conf"; refs = "{refs}"; }};\n')
    words = ["--card", "left", "--config-dir", config]
    status, out, err = k.call("pack", "import", *words, pack)
    k.ok(status == 0 and refs in out and rules in out and "egm-streamer@left" in out and
         os.path.exists(rules), "a card's own places", [status, out, err])
    out_of = k.path("left.egmpack")
    status, out, err = k.call("pack", "export", *words, "--note", "of a 720p screen", "--game",
                              "Koi", out_of)
    k.ok(status == 0 and "3 states, 9 pictures" in out, "and out of them again", [status, out, err])
    with open(os.path.join(config, "cards", "bare.conf"), "w", encoding="utf-8") as f:
        f.write(f'detector: {{ refs = "{refs}"; }};\n')
    status, out, err = k.call("pack", "export", "--card", "bare", "--config-dir", config, out_of)
    k.ok(status == 1 and not out and "detector.rules" in err, "a card without rules",
         [status, out, err])
    status, out, err = k.call("pack", "import", "--dry-run", "--card", "bare", "--config-dir",
                              config, pack)
    k.ok(status == 0 and 'rules = "' in out and "cards/bare.conf" in out,
         "is told what its configuration lacks", [status, out, err])


def run(k):
    pack = teach(k)
    check_show(k, pack)
    check_import(k, pack)
    check_card(k, pack)
    check_detect(k, pack)
    check_sizes(k, pack)
    check_learnt(k)
