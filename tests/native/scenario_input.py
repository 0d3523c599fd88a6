# SPDX-License-Identifier: GPL-2.0-or-later
"""Files as input, and what `run` promises: size and rate of the file, its end, --loop, --duration,
the figures."""

import time

from kit import size_of, wait_for

COUNTERS = {
    "input": ["reason", "device", "format", "width", "height", "fps", "frames", "dropped", "errors",
              "opens", "repeated", "placeholders", "live_since"],
    "audio": ["device", "live", "drift_ppm", "offset_ms", "resyncs", "silence_ms", "dropped_ms",
              "xruns", "packets", "errors"],
    "encoder": ["name", "hardware", "reason", "demotions", "width", "height", "rate", "fps",
                "bitrate", "speed", "frames", "keyframes", "errors", "encode_ms"],
}
OUTPUT = ["name", "url", "state", "since", "last_error", "bytes", "frames", "dropped",
          "dropped_audio", "reconnects", "failures", "mishaps", "queue_ms", "queue_bytes", "drops",
          "url_in_use", "url_reason", "backup", "switches", "latency_ms", "overhead_ms",
          "first_sent_usec"]
ORIGINAL = ["name", "running", "pid", "fps", "bitrate", "speed", "frame", "drop_frames",
            "dup_frames", "uptime", "last_update"]
CLIP_SECONDS = 3


def make_clip(k):
    """A clip that is not the default in anything: 352x288 at 25, its pictures numbered."""
    clip = k.path("clip.ts")
    p = k.run("--duration", str(CLIP_SECONDS), size="352x288", rate=25, outputs=[clip])
    k.need(p.wait() == 0 and size_of(clip), "a clip is made", p.err())
    return clip


def play_once(k, clip):
    made = k.look(clip)["video"]
    begin = time.monotonic()
    p = k.run(size=None, rate=None, video=clip, audio="auto", outputs=[k.path("once.mkv")],
              sets=["video.rate=auto"])
    k.ok(p.wait() == 0, "ends with 0 at the end of the file", p.err())
    k.ok(time.monotonic() - begin >= CLIP_SECONDS - 0.5, "in real time")
    stats = k.stats(p)
    found = k.look(k.path("once.mkv"))
    v = found["video"]
    k.ok(v and (v["width"], v["height"]) == (352, 288) and
         stats["encoder"]["rate"] == 25 and v["fps"] < 26,
         "size and rate of the file are kept", found)
    # A busy host may open the output's file after the first pictures.
    encoded = stats["encoder"]["frames"]
    k.ok(v and encoded - 15 <= v["frames"] <= encoded and
         encoded + stats["drop_frames"] >= made["frames"] - 2, "nearly all of it is played",
         [stats, found, made])
    k.ok_decodes(found, "what was played")
    k.ok_times(found, "what was played")
    k.ok(found["audio"] and abs((found["audio"]["frequency_hz"] or 0) - 1000) < 5 and
         (found["av_offset_ms"]["max_abs"] or 99) < 40, "with its sound, in time", found)


def play_large(k):
    """Of large pictures only one is held ahead; that one must not be lost for it."""
    clip = k.path("large.ts")
    k.need(k.run("--duration", "2", size="1280x720", outputs=[clip]).wait() == 0, "a large clip")
    made = k.look(clip)["video"]["frames"]
    p = k.run(size=None, rate=None, video=clip, audio="auto", outputs=[k.path("large.mkv")],
              sets=["video.rate=auto", "encoder.preset=ultrafast"])
    k.ok(p.wait() == 0, "a large clip ends", p.err())
    stats = k.stats(p)
    k.ok(stats["input"]["opens"] == 1 and stats["encoder"]["frames"] > made / 2,
         "a large clip is played, not dropped", [made, stats["input"]])
    p.kill()


def play_loop(k, clip):
    p = k.run("--loop", size=None, rate=None, video=clip, audio="auto",
              outputs=[k.path("loop.ts")])
    # More than twice what the clip has.
    more = 2.2 * size_of(clip)
    k.ok(wait_for(lambda: size_of(k.path("loop.ts")) > more or not p.alive()) and p.alive(),
         "--loop begins again at the end", p.err())
    status, _ = p.stop()
    k.ok(status == 0, "--loop ends with 0 when asked to", p.err())
    found = k.look(k.path("loop.ts"))
    k.ok_decodes(found, "the loop")
    k.ok_times(found, "the loop")
    k.ok(found["video"]["placeholder_share"] == 0, "without a placeholder between", found)


def play_missing(k):
    p = k.run(video=k.path("no such file.mp4"), audio="none", outputs=[k.path("missing.ts")],
              size=None)
    k.ok(p.says("No such file"), "a missing file: the words say so", p.err())
    status, _ = p.stop()
    stats = k.stats(p)
    k.ok(status in (0, 1) and not stats["input_live"] and "No such file" in stats["input"]["reason"],
         "a missing file: not live, with the reason", [status, stats["input"]])


def check_stats(k):
    p = k.run("--duration", "2", outputs=[k.path("d.flv"), k.path("d.m3u8")])
    begin = time.monotonic()
    status = p.wait()
    k.ok(status == 0 and time.monotonic() - begin >= 1.9, "--duration ends it with 0, not early",
         p.err())
    stats = k.stats(p)
    missing = [f"{group}.{name}" for group, names in COUNTERS.items() for name in names
               if name not in stats[group]]
    missing += [f"outputs.{name}" for o in stats["outputs"] for name in OUTPUT if name not in o]
    missing += [name for name in ORIGINAL + ["card", "machine", "role", "since", "input_live",
                                             "first_packet_usec"] if name not in stats]
    k.ok(not missing, "--stats is complete", missing)
    k.ok(stats["machine"], "--stats names the machine", stats["machine"])
    hists = [stats["encoder"]["encode_ms"]] + [o[h] for o in stats["outputs"]
                                               for h in ("latency_ms", "overhead_ms")]
    k.ok(all(h["n"] > 0 and 0 < h["p50"] <= h["p99"] <= h["max"] and
             sum(n for _, n in h["buckets_usec"]) == h["n"] for h in hists),
         "--stats: the histograms add up", hists)


def check_usage(k):
    for args, words in [(["run"], "at least one --output"), (["walk"], "run, serve"),
                        (["run", "--output", "x.ts", "--duration", "soon"], "seconds"),
                        (["serve"], "needs --card")]:
        status, out, err = k.call(*args)
        k.ok(status == 2 and words in err and not out, f"'{' '.join(args)}' is refused with 2",
             [status, out, err])
    status, _, err = k.call("run", "--video", "pattern", "--output", k.path("x.avi"))
    k.ok(status == 1 and ".flv" in err, "an output of unknown kind is refused with 1",
         [status, err])


def run(k):
    clip = make_clip(k)
    play_once(k, clip)
    play_large(k)
    play_loop(k, clip)
    play_missing(k)
    check_stats(k)
    check_usage(k)
