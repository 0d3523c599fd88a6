# SPDX-License-Identifier: GPL-2.0-or-later
"""`egm-streamer evaluate`: a clip is judged, faults in what lies around it are told by name."""

import json
import os
import shutil

from kit import Failure

CLIPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "clips")
CLIP = os.path.join(CLIPS, "koi-short.mkv")
TRUTH = os.path.join(CLIPS, "koi-short.json")
KEYS = ["right_share", "changes", "missed_changes", "false_changes", "mean_delay_s", "p99_delay_s",
        "cpu_ms_per_decision", "credits_read", "credits_wrong", "confusion", "decisions"]


def evaluate(k, *args):
    status, out, err = k.call("evaluate", "--json", *args)
    try:
        return json.loads(out), err
    except ValueError as e:
        raise Failure(f"evaluate {' '.join(args)}: status {status}, {e}: {err}") from e


def without_decisions(found):
    return {key: v for key, v in found.items() if key != "decisions"}


def check_better(k):
    found, err = evaluate(k, CLIP, TRUTH)
    brief = without_decisions(found)
    k.ok(not err, "nothing to complain about", err)
    k.ok(all(key in found for key in KEYS), "all keys are there", list(found))
    k.ok(found["right_share"] >= 0.995, "better: 99.5 % of the time in the right state", brief)
    k.ok((found["changes"], found["missed_changes"], found["false_changes"]) == (3, 0, 0),
         "better: no change is missed, none false", brief)
    k.ok(found["mean_delay_s"] <= 0.2, "better: mean delay at most 0.2 s", brief)
    k.ok(found["credits_read"] >= 0.97 * found["credits"] and found["credits_wrong"] == 0,
         "better: the number is read", brief)
    decisions = found["decisions"]
    k.ok(len(decisions) == 360 and decisions[0][0] == 0 and abs(decisions[359][0] - 359 / 30) < 0.001,
         "a decision for each picture, from 0 on", decisions[:2] + decisions[-2:])
    k.ok({d[2] for d in decisions} <= {"NORMAL", "SELECT", "PLAYING", "OTHER", "UNKNOWN"} and
         {d[3] for d in decisions if d[3]} <= set(range(50000, 52000)), "states and numbers")


def check_scores(k):
    """Other scores in the better mode, and how far each state is kept apart from the rest."""
    found, _ = evaluate(k, CLIP, TRUTH)
    brief = without_decisions(found)
    sweep = {round(p["threshold"], 2): p for p in found["sweep"]}
    k.ok(sorted(sweep) == [round(0.5 + i / 20, 2) for i in range(10)], "scores 0.5 to 0.95 are tried",
         brief)
    k.ok(all(sweep[0.75][key] == found[key] for key in ("right_share", "missed_changes",
                                                        "false_changes")),
         "the default one gives what was measured", brief)
    k.ok(0.6 <= found["suggested_threshold"] <= 0.9 and found["suggested_margin"] >= 0.1,
         "a score is suggested", brief)
    for name in "NORMAL", "SELECT", "PLAYING":
        s = found["states"][name]
        k.ok(s["lowest_score_shown"] > s["suggested_threshold"] > s["highest_score_other"] and
             abs(s["suggested_threshold"] + s["suggested_margin"] - s["lowest_score_shown"]) < 0.001,
             f"{name}: shown and not are apart, the suggestion is between them", s)
    k.ok("suggested_threshold" not in found["states"]["OTHER"], "OTHER has no score")
    status, out, err = k.call("evaluate", CLIP, TRUTH)
    k.ok(status == 0 and "Suggested: 0." in out and "highest when not" in out and not err,
         "and for people", [status, out, err])


def check_compatible(k):
    found, _ = evaluate(k, "--mode", "compatible", CLIP, TRUTH)
    brief = without_decisions(found)
    k.ok(found["right_share"] > 0.95 and found["missed_changes"] == 0, "compatible: sees the clip",
         brief)
    k.ok(len(found["sweep"]) > 10 and found["sweep"][12]["right_share"] == found["right_share"] and
         found["sweep"][0]["missed_changes"] > 0,
         "compatible: other thresholds are tried, and the present one gives what was measured", brief)
    k.ok(8 <= found["suggested_threshold"] <= 23, "compatible: a threshold is suggested", brief)
    found, _ = evaluate(k, "--mode", "compatible", "--rate", "2", CLIP, TRUTH)
    times = [d[0] for d in found["decisions"]]
    k.ok(len(times) == 24 and all(abs(t - i / 2) < 0.001 for i, t in enumerate(times)),
         "two decisions a second are where they should be", times)
    found, _ = evaluate(k, "--rate", "7", CLIP, TRUTH)
    times = [d[0] for d in found["decisions"]]
    k.ok(len(times) == 84 and all(i / 7 - 1 / 30 - 0.001 < t < i / 7 + 0.002
                                  for i, t in enumerate(times)),
         "seven a second look at the newest picture", times)
    status, out, err = k.call("evaluate", "--mode", "compatible", CLIP, TRUTH)
    k.ok(status == 0 and "0 missed" in out and "Suggested: " in out and not err,
         "and a page for people", [status, out, err])


CONFIG = """machine = "egm-1";
encoder: { gop = "not looked at"; };
detector: {
	mode = "%s";
	every = 2;
	states: {
		NORMAL: { rois = ( { name = "spin"; x = 540; y = 80; w = 91; h = 31; },
			{ name = "dialog"; negative = true; ref_state = "SELECT"; } ); };
		SELECT: { rois = ( { name = "dialog"; x = 110; y = 130; w = 420; h = 120; } ); };
	};
	numbers: { BET: { x = 0; y = 0; w = 50; h = 20; };
		CREDIT: { x = 130; y = 428; w = 125; h = 44; }; };
};
"""


def check_config(k):
    """States, regions and numbers of a file of settings, references still beside the truth."""
    path = k.path("streamer.conf")

    def write(text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    write(CONFIG % "better")
    found, err = evaluate(k, "--config", path, CLIP, TRUTH)
    brief = without_decisions(found)
    k.ok(not err and found["mode"] == "better" and set(found["confusion"]) ==
         {"NORMAL", "SELECT", "OTHER"}, "the states of a file of settings", [err, brief])
    k.ok(found["right_share"] >= 0.95 and found["false_changes"] == 0 and
         found["credits_read"] >= 0.97 * found["credits"] and found["credits_wrong"] == 0,
         "serve, and so does the number CREDIT", brief)
    write(CONFIG % "compatible")
    modes = [evaluate(k, *args, "--rate", "2", "--config", path, CLIP, TRUTH)[0]["mode"]
             for args in ((), ("--mode", "better"))]
    k.ok(modes == ["compatible", "better"], "its mode, unless --mode says otherwise", modes)
    write('detector: {\nstates: { A: { rois = ( 1 ); }; }; };')
    status, out, err = k.call("evaluate", "--config", path, CLIP, TRUTH)
    k.ok(status == 1 and not out and f"{path}:2: detector.states.A.rois[0]" in err,
         "a mistake in it is told with its line", [status, out, err])
    write('machine = "a";')
    for name, words in (path, "neither states nor numbers"), (k.path("none.conf"), "No such file"):
        status, out, err = k.call("evaluate", "--config", name, CLIP, TRUTH)
        k.ok(status == 1 and not out and name in err and words in err,
             f"{os.path.basename(name)}: {words}", [status, out, err])


def check_plot(k):
    path = k.path("plot.png")
    for mode in "better", "compatible":
        status, _, err = k.call("evaluate", "--mode", mode, "--rate", "3", "--plot", path, CLIP,
                                TRUTH)
        with open(path, "rb") as f:
            begin = f.read(24)
        k.ok(status == 0 and begin[:8] == b"\x89PNG\r\n\x1a\n" and
             begin[16:20] == (1600).to_bytes(4, "big"), f"{mode}: a drawing", [status, err])
    path = k.path("nowhere", "plot.png")
    status, _, err = k.call("evaluate", "--rate", "1", "--plot", path, CLIP, TRUTH)
    k.ok(status == 1 and path in err, "a drawing that cannot be written is told", [status, err])
    for option in [], ["--json"]:
        p = k.spawn([k.programs["streamer"], "evaluate", "--rate", "1", *option, CLIP, TRUTH],
                    stdout="/dev/full")
        k.ok(p.wait() == 1 and "Cannot write the figures" in p.err(),
             f"a full disk is told {' '.join(option)}", p.err())


def copy_of_data(k, name):
    folder = k.path(name)
    shutil.copytree(CLIPS, folder)
    return folder, os.path.join(folder, "koi-short.json")


def check_references(k):
    folder, truth = copy_of_data(k, "broken")
    broken = os.path.join(folder, "refs/koi-short/NORMAL/ref_1.jpg")
    with open(broken, "r+b") as f:
        f.truncate(300)
    text = os.path.join(folder, "refs/koi-short/SELECT/notes.txt")
    with open(text, "w", encoding="utf-8") as f:
        f.write("taught on Monday\n")
    found, err = evaluate(k, CLIP, truth)
    k.ok(sorted(found["references_skipped"]) == [broken, text] and found["references"] == 8 and
         broken in err and text in err, "what is no picture is named and left out", err)
    k.ok(found["right_share"] > 0.99, "the others serve", without_decisions(found))
    shutil.rmtree(os.path.join(folder, "refs/koi-short/PLAYING"))
    found, err = evaluate(k, CLIP, truth)
    k.ok("PLAYING" in err and found["missed_changes"] == 1 and
         found["confusion"]["PLAYING"]["PLAYING"] == 0, "a state without references is never seen",
         without_decisions(found))
    shutil.rmtree(os.path.join(folder, "refs"))
    status, out, err = k.call("evaluate", CLIP, truth)
    k.ok(status == 1 and not out and os.path.join(folder, "refs/koi-short") in err,
         "no references at all", [status, out, err])


def check_faults(k):
    _, truth = copy_of_data(k, "faults")
    for what, name in (("evaluate", CLIP, k.path("none.json")), "none.json"), \
            (("evaluate", k.path("none.mkv"), truth), "none.mkv"), \
            (("evaluate", truth, truth), "koi-short.json"):
        status, out, err = k.call(*what)
        k.ok(status == 1 and not out and name in err, f"{name} cannot be used", [status, out, err])
    with open(truth, "w", encoding="utf-8") as f:
        f.write('{ "segments": [ [ "NORMAL", 2, 1 ] ] }')
    status, out, err = k.call("evaluate", CLIP, truth)
    k.ok(status == 1 and truth in err, "a truth that cannot be true", [status, out, err])
    for line in ["evaluate"], ["evaluate", CLIP], ["evaluate", CLIP, truth, truth], \
            ["evaluate", "--mode", "best", CLIP, truth], ["evaluate", "--rate", "0", CLIP, truth], \
            ["evaluate", "--fly", CLIP, truth]:
        status, out, err = k.call(*line)
        k.ok(status == 2 and not out and "--help" in err, f"wrong: {' '.join(line[:3])}",
             [status, out, err])


def run(k):
    check_better(k)
    check_scores(k)
    check_compatible(k)
    check_config(k)
    check_plot(k)
    check_references(k)
    check_faults(k)
