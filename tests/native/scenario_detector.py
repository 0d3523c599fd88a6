# SPDX-License-Identifier: GPL-2.0-or-later
"""The recogniser in the daemon: states of a clip that plays in a loop, references that come, break
and go, other rules by SIGHUP, a full disk, and what it costs. And `egm-streamer detect`."""

import json
import os
import re
import shutil
import signal
import subprocess

from kit import Service, read_json, wait_for

CLIPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "clips")
CLIP = os.path.join(CLIPS, "koi-short.mkv")
ORDER = ["NORMAL", "SELECT", "PLAYING"]  # of the clip, which begins and ends with the first
REGIONS = {
    "NORMAL": ("spin", 540, 80, 91, 31),
    "SELECT": ("dialog", 110, 130, 420, 120),
    "PLAYING": ("freegame_text", 180, 78, 281, 65),
}


def states_of(names):
    text = ""
    for name in names:
        roi, x, y, w, h = REGIONS[name]
        text += (f'{name}: {{ rois = ( {{ name = "{roi}"; x = {x}; y = {y}; w = {w}; h = {h}; }} );'
                 ' };\n')
    return text


def config(refs, mode="better", names=ORDER, video=CLIP, more=""):
    return f'''
video: {{ device = "{video}"; loop = true; }};
audio: {{ device = "none"; }};
detector: {{ mode = "{mode}"; screen = "640x480"; refs = "{refs}"; {more}
states: {{ {states_of(names)} }};
numbers: {{ CREDIT: {{ x = 130; y = 428; w = 125; h = 44; }}; }};
priority = [ {", ".join(f'"{n}"' for n in reversed(names))} ];
}};
outputs = ();
'''


def begin(k, card, text):
    s = Service(k, card, k.path("etc-" + card))
    s.write(text)
    s.start()
    return s


def state(s):
    return (s.status() or {}).get("state") or {}


def told(s):
    """The states in the journal, in their order."""
    return re.findall(r"The screen shows ([A-Z]+)", s.process.err())


def copy_references(k, name):
    folder = k.path(name)
    shutil.copytree(os.path.join(CLIPS, "refs", "koi-short"), folder)
    return folder


def in_order(names):
    """Each after the one that comes before it in the clip; OTHER and UNKNOWN may lie between."""
    named = [n for n in names if n in ORDER]
    single = [n for i, n in enumerate(named) if i == 0 or named[i - 1] != n]
    return all(ORDER[(ORDER.index(a) + 1) % len(ORDER)] == b for a, b in zip(single, single[1:]))


def check_states(k, s):
    k.need(wait_for(lambda: state(s).get("decisions", 0) > 0), "pictures are looked at",
           s.process.err())
    seen = []

    def watch():
        now = state(s)
        if now.get("state") in ORDER and (not seen or seen[-1]["state"] != now["state"]):
            seen.append(now)
        return len(seen) >= 4
    k.ok(wait_for(watch, 60) and in_order([n["state"] for n in seen]),
         "status.json shows the clip's states in their order", [n["state"] for n in seen])
    k.ok(wait_for(lambda: len(told(s)) >= 4) and in_order(told(s)), "the journal is told them", told(s))
    k.ok("no-signal" not in s.process.err(), "there is a picture all the time", told(s))
    # Not in a cross-fade, where the state is told before it is fully there.
    now = wait_for(lambda: state(s)["raw"] == state(s)["state"] in ORDER and state(s)) or state(s)
    k.ok(set(now["matches"]) == set(ORDER) and
         set(now["matches"]["PLAYING"]) == {"state", "matched_rois", "avg_distance", "is_match"} and
         now["matches"][now["state"]]["is_match"] and abs(now["timestamp"] - now["since"]) < 60,
         "in the original's words", now)
    k.ok(now["references"]["used"] == 9 and now["references"]["problem"] is None and
         now["states"]["NORMAL"]["rois"][0]["name"] == "spin", "and ours", now)
    k.ok(wait_for(lambda: re.fullmatch(r"5[01]\d\d\d", str(state(s)["numbers"]["CREDIT"]["text"])),
                  60), "the number is read", state(s)["numbers"])
    k.ok("Number CREDIT is 5" in s.process.err(), "and told", s.process.err()[-1000:])
    status = s.status()
    k.ok(not status["encoder"]["open"] and status["input_live"],
         "all that while the encoder sleeps, for nobody wants packets", status["encoder"])


def check_references(k, s, refs):
    err = len(s.process.err())

    def said(words):
        return wait_for(lambda: words in s.process.err()[err:])
    broken = os.path.join(refs, "NORMAL", "ref_9.jpg")
    with open(broken, "wb") as f:
        f.write(b"\xff\xd8\xff\xe0 no picture")
    k.ok(said(broken), "a broken picture is named", s.process.err()[err:])
    k.ok(wait_for(lambda: (state(s)["references"]["used"], state(s)["references"]["skipped"]) ==
                  (9, 1) and broken in state(s)["references"]["problem"]),
         "in the status, too", state(s)["references"])
    with open(os.path.join(refs, "SELECT", "ref_1.jpg"), "r+b") as f:
        f.truncate(1000)
    k.ok(wait_for(lambda: state(s)["references"]["skipped"] == 2) and
         s.process.err()[err:].count(broken) == 1, "another one: the first is not named again",
         s.process.err()[err:])
    shutil.move(refs, refs + ".away")
    k.ok(said("gone"), "the folder goes away: told", s.process.err()[err:])
    n = len(told(s))
    k.ok(wait_for(lambda: set(told(s)[n:]) >= set(ORDER), 60) and in_order(told(s)),
         "what was read serves on", told(s)[n:])
    os.unlink(os.path.join(refs + ".away", "NORMAL", "ref_9.jpg"))
    shutil.move(refs + ".away", refs)
    k.ok(wait_for(lambda: state(s)["references"]["skipped"] == 1), "it is back: read again",
         state(s)["references"])


def check_reload(k, s, refs):
    s.write(config(refs, names=["NORMAL", "PLAYING"]))
    n = len(told(s))
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: set(state(s).get("matches", {})) == {"NORMAL", "PLAYING"}),
         "SIGHUP: other rules", s.process.err()[-1000:])
    k.ok(wait_for(lambda: "PLAYING" in told(s)[n:] and told(s)[-1] == "NORMAL", 60) and
         "SELECT" not in told(s)[n:], "by which it is decided now", told(s)[n:])
    n = len(told(s))
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: s.process.err().count("Configuration reloaded") >= 2) and
         not told(s)[n:] or told(s)[n] != "UNKNOWN", "the same rules: nothing begins anew",
         told(s)[n:])
    decisions = state(s)["decisions"]
    k.ok(wait_for(lambda: state(s)["decisions"] > decisions), "it goes on", state(s))
    s.write(config(refs).replace("detector: {", "detector: { enabled = false;"))
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: s.status()["state"] is None), "switched off", s.status().get("state"))
    k.ok(wait_for(lambda: "The screen shows UNKNOWN (off), before: " in s.process.err()),
         "which is told", told(s)[-3:])
    s.write(config(refs))
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: state(s).get("decisions", 0) > 0), "and on", s.process.err()[-1000:])


def check_better(k):
    refs = copy_references(k, "refs")
    s = begin(k, "better", config(refs))
    check_states(k, s)
    check_references(k, s, refs)
    check_reload(k, s, refs)
    status, seconds = s.stop()
    k.ok(status == 0 and seconds < 2, "ends soon", [status, seconds])


def mount_small(k, folder, size="64k"):
    """A disk of its own that is small; None where it may not be mounted."""
    os.makedirs(folder)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "egm-test", folder],
                          capture_output=True, check=False)
    return folder if done.returncode == 0 else None


def fill(folder):
    try:
        with open(os.path.join(folder, "full"), "wb", buffering=0) as f:
            while True:
                f.write(bytes(4096))
    except OSError:
        pass


def check_compatible(k):
    refs = copy_references(k, "refs-compatible")
    os.unlink(os.path.join(refs, "credits.json"))
    s = begin(k, "compatible", config(refs, "compatible"))
    cache = os.path.join(s.state, "cache", "compatible.json")
    k.ok(wait_for(lambda: len((read_json(cache) or {}).get("pictures", {})) == 9),
         "compatible: hashes are kept beside the references", s.process.err())
    k.ok(wait_for(lambda: len(told(s)) >= 3, 60) and in_order(told(s)), "compatible: states in order",
         told(s))
    if "cannot be learnt without being taught" in s.process.err():
        k.skip("a number that nobody has taught", "no tesseract")
    else:
        k.ok(wait_for(lambda: re.fullmatch(r"5[01]\d\d\d",
                                           str(state(s)["numbers"]["CREDIT"]["text"])), 60),
             "a number that nobody has taught is read", [state(s)["numbers"], s.process.err()])
    k.ok(s.stop()[0] == 0, "compatible: ends")
    with open(cache, "w", encoding="utf-8") as f:
        f.write('{ "format": 1, ')
    s.start()
    k.ok(wait_for(lambda: len((read_json(cache) or {}).get("pictures", {})) == 9) and
         wait_for(lambda: state(s).get("decisions", 0) > 0), "a broken cache is made anew",
         s.process.err())
    s.stop()


def check_full_disk(k):
    refs = copy_references(k, "refs-full")
    os.unlink(os.path.join(refs, "credits.json"))
    s = begin(k, "full", config(refs, "compatible"))
    s.stop()
    folder = mount_small(k, os.path.join(k.path("state-full"), "cache.small"))
    if not folder:
        k.skip("full disk", "nothing can be mounted here")
        return
    try:
        fill(folder)
        shutil.rmtree(os.path.join(s.state, "cache"), ignore_errors=True)
        os.symlink(folder, os.path.join(s.state, "cache"))
        s.start()
        k.ok(wait_for(lambda: state(s).get("decisions", 0) > 0 and
                      state(s)["references"]["used"] == 9), "a full disk: recognised all the same",
             s.process.err())
        k.ok("No space left" in s.process.err(), "which is told", s.process.err())
        s.stop()
    finally:
        subprocess.run(["umount", folder], check=False)


def cpu_ticks(pid):
    """Clock ticks of each thread, by its name."""
    ticks = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as f:
                text = f.read()
        except OSError:
            continue
        name = text[text.index("(") + 1:text.rindex(")")]
        fields = text[text.rindex(")") + 2:].split()
        ticks[name] = ticks.get(name, 0) + int(fields[11]) + int(fields[12])
    return ticks


def check_share(k):
    """While it streams: the recogniser's part of all that the program uses."""
    refs = copy_references(k, "refs-share")
    text = config(refs).replace(
        "outputs = ();", f'outputs = ( {{ name = "ts"; url = "{k.path("share.ts")}"; }} );')
    s = begin(k, "share", text)
    k.need(wait_for(lambda: state(s).get("decisions", 0) >= 300, 90), "three hundred decisions",
           s.process.err())
    ticks = cpu_ticks(s.process.pid)
    now = state(s)
    share = ticks["recogniser"] / max(sum(ticks.values()), 1)
    print(f"# recogniser: {100 * share:.1f} % of {sum(ticks.values())} ticks, "
          f"{now['cpu_ms']:.3f} ms a decision, {now['skipped_frames']} passed over; {ticks}")
    # At most a tenth on a quiet machine; what else this one does counts here as well.
    k.ok(share <= 0.25, "the recogniser takes a small part of the program's time", ticks)
    k.ok(now["skipped_frames"] <= 0.2 * now["decisions"], "pictures are looked at as they come", now)
    s.stop()


def check_lost(k):
    """Without an input: the placeholder shows no state."""
    refs = copy_references(k, "refs-lost")
    missing = k.path("nothing.mkv")
    s = begin(k, "lost", config(refs, video=missing))
    k.ok(wait_for(lambda: (s.status() or {}).get("input_live") is False and
                  state(s).get("state") == "UNKNOWN" and state(s)["reason"] == "no-signal"),
         "no input: UNKNOWN, no-signal", [s.status(), s.process.err()])
    k.ok(state(s)["decisions"] == 0, "the placeholder is not looked at", state(s))
    shutil.copy(CLIP, missing + ".part")
    os.rename(missing + ".part", missing)
    k.ok(wait_for(lambda: state(s).get("state") == "NORMAL"), "the input comes: its state",
         s.process.err())
    s.stop()


def check_detect(k):
    rules = k.path("rules.conf")
    with open(rules, "w", encoding="utf-8") as f:
        f.write(config("unused"))
    refs = os.path.join(CLIPS, "refs", "koi-short")
    base = ["detect", "--config", rules, "--refs", refs]
    picture = os.path.join(refs, "SELECT", "ref_1.jpg")
    status, out, err = k.call(*base, picture)
    k.ok(status == 0 and out.startswith("SELECT\n") and "dialog" in out and "SELECT/ref_" in out and
         not err, "detect: a picture, explained", [status, out, err])
    status, out, err = k.call(*base, "--json", "--seconds", "1", CLIP)
    found = json.loads(out) if out else {}
    k.ok(status == 0 and found.get("state") == "NORMAL" and found["pictures"] >= 10 and
         found["states"]["NORMAL"]["rois"][0]["nearest"].startswith("NORMAL/ref_"),
         "detect: a clip, as JSON", [status, out, err])
    black = k.path("black.pgm")
    with open(black, "wb") as f:
        f.write(b"P5 640 480 255\n" + bytes(640 * 480))
    status, out, _ = k.call(*base, black)
    k.ok(status == 1 and out.startswith("UNKNOWN (no-signal)\n"), "detect: nothing to be seen",
         [status, out])
    for what, words in ([*base, k.path("none.png")], "none.png"), \
            ([*base, k.path("none.mkv")], "none.mkv"), \
            (["detect", "--config", k.path("none.conf"), "--refs", refs, picture], "none.conf"):
        status, out, err = k.call(*what)
        k.ok(status == 1 and not out and words in err, f"detect: no {words}", [status, out, err])


def run(k):
    check_detect(k)
    check_better(k)
    check_compatible(k)
    check_full_disk(k)
    check_lost(k)
    check_share(k)
