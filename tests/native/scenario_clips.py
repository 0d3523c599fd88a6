# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes of the screen are kept as clips, pictures worth teaching as candidates: whole, bounded, and
without a word to the stream when the disk does not want them."""

import json
import os
import re
import shutil
import signal

from kit import quoted, read_json, wait_for

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "clips")
NAME = re.compile(r"^\d{8}T\d{6}\.\d{3}Z-([A-Z]+)(-\d+)?\.mkv$")
STATES = ["SELECT", "PLAYING", "NORMAL"]
BEFORE = AFTER = 1
GOP = 0.5


def config(k, clips, outputs, **more):
    """The daemon looks at the clip over and over, and knows what it shows."""
    with open(os.path.join(DATA, "koi-short.json"), encoding="utf-8") as f:
        rois = json.load(f)["rois"]
    states = " ".join(
        f"{s}: {{ rois = ( {{ name = {quoted(rois[s]['name'])}; "
        + " ".join(f"{key} = {rois[s][key]};" for key in "xywh") + " } ); };" for s in STATES)
    values = {"clips.folder": clips, "clips.before": f"{BEFORE}s", "clips.after": f"{AFTER}s",
              "candidates.folder": k.path("candidates"), "candidates.files": 3, **more}
    groups = {}
    for key, value in values.items():
        group, name = key.split(".")
        text = quoted(value) if isinstance(value, str) else value
        groups.setdefault(group, []).append(f"{name} = {text};")
    text = "".join(f"{g}: {{ {' '.join(v)} }};\n" for g, v in groups.items())
    items = ", ".join(f"{{ name = {quoted(n)}; url = {quoted(u)}; }}" for n, u in outputs.items())
    return f"""{text}outputs = ( {items} );
video: {{ device = {quoted(os.path.join(DATA, "koi-short.mkv"))}; loop = true; }};
audio: {{ device = "tone"; }};
encoder: {{ gop = {int(GOP * 30)}; preset = "ultrafast"; }};
detector: {{ refs = {quoted(os.path.join(DATA, "refs", "koi-short"))}; states: {{ {states} }}; }};
"""


def serve(k, text):
    s = k.serve("card", k.path("etc"), [], {})
    s.stop()
    s.write(text)
    s.start()
    return s


def names(folder):
    """Of whole clips, oldest first."""
    try:
        return sorted(n for n in os.listdir(folder) if not n.startswith("."))
    except OSError:
        return []


def figures(s):
    return (s.status() or {}).get("clips") or {}


def shown(k, path):
    """What the recogniser sees in a clip: the state of each picture."""
    truth = k.path("koi-short.json")
    if not os.path.exists(truth):
        shutil.copy(os.path.join(DATA, "koi-short.json"), truth)
        shutil.copytree(os.path.join(DATA, "refs"), k.path("refs"))
    _, out, err = k.call("evaluate", "--json", path, truth)
    try:
        return [d[1] for d in json.loads(out)["decisions"]]
    except ValueError:
        return [err]


def check_clip(k, folder, name):
    found = k.look(os.path.join(folder, name))
    k.ok_decodes(found, name)
    k.ok_times(found, name)
    v, a = found["video"], found["audio"]
    least = BEFORE + AFTER
    # By its times: a busy machine loses pictures.
    lasts = v and v["pts_last"] - v["pts_first"] + 1 / 30
    k.ok(v and a and least - 0.1 <= lasts <= least + 2 * GOP + 0.1 and
         abs(lasts - a["samples"] / 48000) < 0.1,
         f"{name}: what was before and after, picture and sound", found)
    states = shown(k, os.path.join(folder, name))
    label = NAME.match(name)[1]
    k.ok(states[0] != label and states[-1] == label, f"{name}: the change is in it",
         " ".join(states))


def check_clips(k, s, clips):
    k.need(wait_for(lambda: len(names(clips)) >= 4, 60), "clips are kept without any output",
           [s.process.err(), figures(s)])
    found = names(clips)
    k.need(all(NAME.match(n) and NAME.match(n)[1] in [*STATES, "OTHER"] for n in found),
           "their names are times and states", found)
    # What lies between two states of the clip is a state as well, where a busy host loses pictures of them.
    found = [n for n in found if NAME.match(n)[1] != "OTHER"]
    order = [NAME.match(n)[1] for n in found]
    k.ok(all(b == STATES[(STATES.index(a) + 1) % 3] for a, b in zip(order, order[1:])),
         "each change has one", found)
    # The one of the start has little before it.
    for name in found[1:4]:
        check_clip(k, clips, name)
    k.ok(wait_for(lambda: figures(s).get("clips", 0) >= 4) and figures(s)["missed"] == 0 and
         figures(s)["last_error"] is None and figures(s)["bytes"] > 100000, "figures", figures(s))


def check_candidates(k):
    """Few, in pairs; a cross-fade is always worth a look."""
    folder = k.path("candidates")
    found = wait_for(lambda: names(folder))
    k.need(found, "there are pictures worth teaching")
    found = names(folder)
    pictures = [n for n in found if n.endswith(".jpg")]
    k.ok(0 < len(pictures) <= 3 and len(found) <= 7, "no more than there may be", found)
    decision = read_json(os.path.join(folder, pictures[0].replace(".jpg", ".json")))
    k.ok(decision and decision["state"] and decision["states"], "each with its decision", decision)


def check_kill(k, s, clips):
    """Nothing under its final name is ever half."""
    k.ok(wait_for(lambda: any(n.startswith(".") for n in os.listdir(clips)), 60),
         "a clip is being written")
    s.process.send(signal.SIGKILL)
    s.process.wait()
    for name in names(clips)[-2:]:
        k.ok_decodes(k.look(os.path.join(clips, name)), f"kill -9: {name}")
    old = [os.path.join(clips, n) for n in os.listdir(clips) if n.startswith(".")]
    for path in old:
        os.utime(path, (0, 0))
    s.start()
    k.ok(old and wait_for(lambda: not any(os.path.exists(p) for p in old)),
         "kill -9: what was left behind is cleared away", old)


def check_limit(k, s, clips, outputs):
    s.stop()
    s.write(config(k, clips, outputs, **{"clips.files": 2, "clips.states": "PLAYING, SELECT"}))
    s.start()
    k.ok(wait_for(lambda: figures(s).get("clips", 0) >= 2, 60) and len(names(clips)) <= 2,
         "the oldest make room", names(clips))
    k.ok({NAME.match(n)[1] for n in names(clips)} <= {"PLAYING", "SELECT"},
         "only the states that are wanted", names(clips))


def check_fault(k, s, clips, path):
    """The folder is gone and cannot be made: said once, and the stream goes on."""
    # A busy host may have taken its time for the first picture, and a placeholder came before it.
    sessions = [o["reconnects"] for o in s.status()["outputs"]]
    os.rename(clips, clips + ".away")
    with open(clips, "w", encoding="utf-8"):
        pass
    k.ok(wait_for(lambda: figures(s).get("missed", 0) >= 3, 60), "no folder: clips are missed",
         figures(s))
    k.ok("Not a directory" in (figures(s)["last_error"] or "") and
         s.process.err().count("Not a directory") == 1, "no folder: said once", s.process.err())
    os.unlink(clips)
    os.rename(clips + ".away", clips)
    had = figures(s)["clips"]
    k.ok(wait_for(lambda: figures(s)["clips"] > had, 60) and figures(s)["last_error"] is None,
         "and it is well again", figures(s))
    stats = s.status()
    status, seconds = s.stop()
    k.ok(status == 0 and seconds < 3, "ends with 0", [status, seconds, s.process.err()])
    k.ok(not any(n.startswith(".") for n in os.listdir(clips)), "nothing is left unfinished",
         os.listdir(clips))
    found = k.look(path)
    k.ok_decodes(found, "the stream")
    k.ok_times(found, "the stream")
    k.ok(sessions == [o["reconnects"] for o in stats["outputs"]] and
         all(o["dropped"] == 0 and o["failures"] == 0 for o in stats["outputs"]),
         "the stream has noticed nothing", stats["outputs"])


def run(k):
    clips = k.path("clips")
    s = serve(k, config(k, clips, {}))
    check_clips(k, s, clips)
    check_candidates(k)
    check_kill(k, s, clips)
    path = k.path("stream.mkv")
    check_limit(k, s, clips, {"file": path})
    check_fault(k, s, clips, path)
