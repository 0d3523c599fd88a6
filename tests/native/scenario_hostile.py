# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers that misbehave, each beside a healthy server and a file, and all of them at once: the
healthy outputs do not notice, the sick one says what is wrong, and the end comes when asked for."""

import signal

import peers
from kit import wait_for

STOP_LIMIT = 3  # what is promised is 2
# The sick give up soon enough to be seen giving up.
SETS = ["output.connect_timeout=1500ms", "output.write_timeout=1500ms", "output.backoff_min=200ms",
        "output.backoff_max=500ms", "encoder.bitrate=1500k"]
# Kind, and what it must say in the end.
SICK = [
    ("silent", peers.Silent, ["no answer within 1.5 s"]),
    ("resetting", peers.Resetting, ["reset", "closed the connection", "Broken pipe"]),
    ("crawling", peers.Crawling, ["took no data for 1.5 s"]),
    ("refusing", peers.Refusing, ["refused"]),
    ("mute", peers.Mute, ["no answer within 1.5 s"]),
]


def start(k, nginx, name, sick):
    return k.run(sets=SETS, outputs=[nginx.url(name), k.path(name + ".ts")] +
                 [peer.url() for peer in sick])


def has_failed(process, n):
    """Has each of the sick outputs, which are the third and those after it, said why?"""
    said = process.err()
    return all(f"Output out{3 + i}: " in said for i in range(n))


def check_healthy(k, nginx, name, stats):
    k.ok(all(o["state"] == "running" and o["dropped"] == 0 and o["failures"] == 0
             for o in stats["outputs"][:2]), f"{name}: the healthy outputs run", stats["outputs"])
    for path, what in (k.path(name + ".ts"), "the file"), (nginx.records(name)[0], "nginx"):
        found = k.look(path)
        k.ok_decodes(found, f"{name}: {what}")
        k.ok_whole(found, f"{name}: {what}", stats)


def check_sick(k, name, kind, output, words):
    what = f"{name}: the {kind} output"
    k.ok(output["failures"] > 0 and any(w in output["last_error"] for w in words),
         f"{what} says why", output)
    k.ok(output["state"] in ("connecting", "waiting") or
         (kind == "crawling" and output["state"] == "running"), f"{what} is in the right state",
         output)
    k.ok(output["frames"] == 0 or kind == "crawling", f"{what} has not sent anything", output)


def run(k):
    nginx = k.nginx()
    runs = []
    for name, kind, words in SICK:
        sick = [k.server(kind())]
        runs.append((name, start(k, nginx, name, sick), [(name, words)]))
    sick = [k.server(kind()) for _, kind, _ in SICK]
    runs.append(("all", start(k, nginx, "all", sick), [(n, w) for n, _, w in SICK]))

    for name, process, kinds in runs:
        k.ok(wait_for(lambda p=process, n=len(kinds): has_failed(p, n)),
             f"{name}: the sick outputs fail", process.err())
    for name, process, kinds in runs:
        k.ok(nginx.grows(name), f"{name}: nginx still gets the stream")
        status, seconds = process.stop(signal.SIGTERM)
        k.ok(status is not None and seconds < STOP_LIMIT, f"{name}: ends soon after SIGTERM",
             f"{seconds:.2f} s")
        stats = k.stats(process)
        # The crawling one did take the session; the others never had one.
        k.ok(status == (0 if name == "crawling" else 1), f"{name}: the exit status tells whether "
             "each output ever ran", [status, process.err()])
        check_healthy(k, nginx, name, stats)
        for output, (kind, words) in zip(stats["outputs"][2:], kinds):
            check_sick(k, name, kind, output, words)
