# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings in segments: nothing lost between two, old ones removed and others' files not, what a
kill leaves, and a disk that is full."""

import glob
import os
import random
import signal
import subprocess

from kit import LIMIT, read_text, size_of, wait_for

KILLS = 3  # and a hundred in kills


def segments(k, *names):
    return sorted(glob.glob(k.path(*names)))


def complaints(path):
    """What ffmpeg has to say of a file that it decodes; and how many pictures ffprobe counts."""
    decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT,
                             check=False)
    counted = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-count_packets",
                              "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", path],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT,
                             check=False)
    number = counted.stdout.strip().split("\n")[0]
    return decoded.stderr + counted.stderr, int(number) if number.isdigit() else 0


def run_whole(k):
    kinds = ["mkv", "mp4", "ts"]
    p = k.run("--duration", "7", sets=["recording.segment=2s"],
              outputs=[*(k.path("whole-${time}." + kind) for kind in kinds), k.path("beside.ts")])
    k.ok(p.wait(60) == 0, "ends with 0", p.err())
    stats = k.stats(p)
    beside = k.look(k.path("beside.ts"))
    k.ok_whole(beside, "the file beside", stats)
    for kind in kinds:
        files = segments(k, f"whole-*.{kind}")
        k.ok(len(files) >= 3, f"{kind}: there are several", files)
        found = [k.look(f) for f in files]
        for n, f in enumerate(found):
            k.ok_decodes(f, f"{kind}: segment {n + 1}")
        total = sum(f["video"]["frames"] for f in found)
        # The two began at keyframes of their own.
        k.ok(abs(total - beside["video"]["frames"]) <= 30 and
             sum(f["video"]["numbers"]["lost"] for f in found) <= stats["drop_frames"],
             f"{kind}: together they have every picture", [total, beside["video"]["frames"]])
        numbers = [[e["number"] for e in k.pictures(f)[0] if e.get("number") is not None]
                   for f in files]
        gaps = [b[0] - a[-1] for a, b in zip(numbers, numbers[1:]) if a and b]
        k.ok(len(gaps) == len(files) - 1 and all(1 <= g <= 1 + stats["drop_frames"] for g in gaps),
             f"{kind}: no picture is lost between two", gaps)
    o = stats["outputs"][0]
    k.ok(o["path"] == segments(k, "whole-*.mkv")[-1] and o["mishaps"] == 0 and o["failures"] == 0 and
         o["reconnects"] == 0, "the status names the file", o)


def run_kills(k):
    """At any time; the folder is looked through after each."""
    bad, seen = [], set()
    for n in range(KILLS):
        kind = ["mkv", "mp4", "ts"][n % 3]
        p = k.run(sets=["recording.segment=1s", "encoder.gop=15"],
                  outputs=[k.path(f"kill-{n}-${{time}}.{kind}")])
        pattern = f"kill-{n}-*.{kind}"
        need, more = random.choice([1, 2, 3]), random.choice([0, 20000, 60000])

        def is_time(pattern=pattern, need=need, more=more):
            files = segments(k, pattern)
            return len(files) >= need and size_of(files[-1]) > more
        k.need(wait_for(is_time), f"kill {n + 1}: it records", p.err())
        p.kill()
        files = segments(k, pattern)
        for f in files:
            words, pictures = complaints(f)
            last = f == files[-1]
            # The one that was written may not have come to its second keyframe; and what follows its
            # last one may be cut short.
            if last and pictures == 0 and more == 0:
                continue
            if (words and not last) or pictures == 0:
                bad.append([f, words, pictures])
            elif last:
                found = k.look(f)["video"]
                if not found["first_is_key"] or found["undecodable"] > 1:
                    bad.append([f, found])
            seen.add(f)
    k.ok(not bad, f"{KILLS} kills leave {len(seen)} files, all of them playable", bad)


def run_limits(k):
    os.mkdir(k.path("limits"))
    others = ["notes.txt", "20200101T000000.000Z.mkv", "game-20200101T000000.000Z-x.mkv", "game-.mkv"]
    for name in others:
        with open(k.path("limits", name), "wb") as f:
            f.write(b"\0" * 2000000)
    old = k.path("limits", "game-20200101T000000.000Z.mkv")
    with open(old, "wb") as f:
        f.write(b"\0" * 100000)
    s = k.serve("rec", k.path("etc"), ["video.device=pattern", "audio.device=tone",
                                       "video.size=320x180", "recording.segment=1s",
                                       "recording.disk=1M", "encoder.bitrate=1500k"],
                {"disk": k.path("limits", "game-${time}.mkv")})
    pattern = ("limits", "game-[0-9]*Z.mkv")
    seen = set()

    def many(n):
        seen.update(segments(k, *pattern))
        return len(seen) >= n
    k.need(wait_for(lambda: many(9), 60), "segment follows segment", s.process.err())
    left = segments(k, *pattern)
    k.ok(sum(size_of(f) for f in left) <= 1500000 and len(left) < 9 and old not in left,
         "old ones are removed by their size", left)
    k.ok(all(os.path.exists(k.path("limits", n)) for n in others), "files of others stay",
         os.listdir(k.path("limits")))
    # While it runs, for the session that is open.
    s.configure(["video.device=pattern", "audio.device=tone", "video.size=320x180",
                 "recording.segment=1s", "recording.age=3s", "encoder.bitrate=1500k"],
                {"disk": k.path("limits", "game-${time}.mkv")})
    s.process.send(signal.SIGHUP)
    before = segments(k, *pattern)
    k.ok(wait_for(lambda: not any(os.path.exists(f) for f in before), 60),
         "a reload makes them go by their age", segments(k, *pattern))
    left = segments(k, *pattern)
    k.ok(0 < len(left) <= 7, "and the younger ones stay", left)
    o = (s.status() or {})["outputs"][0]
    k.ok(o["reconnects"] == 0 and o["failures"] == 0 and o["mishaps"] == 0, "in one session", o)
    s.stop()


def run_full(k):
    """A small disk of our own, which only the streamer sees; it is looked at through /proc."""
    disk, stats = k.path("full"), k.path("full.json")
    os.mkdir(disk)
    argv = [k.programs["streamer"], "run", "--quiet", "--stats", stats, "--video", "pattern",
            "--audio", "tone", "--size", "320x180", "--rate", "30", "--output",
            os.path.join(disk, "x-${time}.mkv"), "--output", k.path("beside-full.ts"),
            "--set", "recording.segment=1s", "--set", "output.backoff_min=200ms", "--set",
            "output.backoff_max=400ms"]
    p = k.spawn(["unshare", "--map-root-user", "--mount", "sh", "-c",
                 f'mount -t tmpfs -o size=1500k egm-full "{disk}" || exit 77; exec "$@"', "sh", *argv])
    p.stats_path = stats
    if not p.says("out1"):
        k.skip("full", f"no disk of our own: {p.err()}")
        return
    inside = f"/proc/{p.pid}/root{disk}"
    k.need(p.says("Output out1: No space left on device"), "full: it is said", p.err())
    k.ok(wait_for(lambda: p.alive() and "beside" in p.err()), "full: the program lives", p.err())
    k.ok(wait_for(lambda: size_of(k.path("beside-full.ts")) > 3000000), "full: others go on", p.err())
    files = sorted(os.listdir(inside))
    bad = [[f, w] for f in files[:-1] for w in [complaints(os.path.join(inside, f))] if w[0] or not w[1]]
    # But for the one into which the last write did not fit.
    k.ok(len(files) >= 2 and len(bad) <= 1 and all(b[1][1] for b in bad),
         "full: what was finished is whole", [files, bad])
    k.ok(len(files) <= 8, "full: tries leave nothing behind", files)
    for f in files[:-1]:
        os.unlink(os.path.join(inside, f))
    k.ok(wait_for(lambda: len(set(os.listdir(inside)) - set(files)) >= 2),
         "full: with room it goes on", [os.listdir(inside), p.err()])
    status, seconds = p.stop()
    k.ok(status == 0 and seconds < 4, "full: ends at once", [status, seconds, read_text(p.err_path)])
    beside = k.stats(p)["outputs"][1]
    k.ok(beside["dropped"] == 0 and beside["failures"] == 0, "full: the file beside lacks nothing", beside)
    k.ok_whole(k.look(k.path("beside-full.ts")), "full: the file beside", k.stats(p))


def run(k):
    run_whole(k)
    run_kills(k)
    run_limits(k)
    run_full(k)
