# SPDX-License-Identifier: GPL-2.0-or-later
"""One encode to everything at once; each receiver gets the same, whole."""

import glob
import os
import re

from kit import read_text, size_of, wait_for

SECONDS = 9


def check_stream(k, found, what, stats):
    v, a = found["video"], found["audio"]
    k.ok(v and v["codec"] == "h264" and v["profile"] == "Main" and
         (v["width"], v["height"]) == (640, 360), f"{what}: H.264 main, 640x360", found)
    k.ok(a and a["codec"] == "aac" and a["rate"] == 48000 and a["channels"] == 2 and
         a["undecodable"] == 0 and a["complaints"] == 0, f"{what}: AAC, 48 kHz, stereo", found)
    k.ok(a and abs((a["frequency_hz"] or 0) - 1000) < 5, f"{what}: the tone is the tone", found)
    k.ok_decodes(found, what)
    k.ok_whole(found, what, stats)
    k.ok_times(found, what)


def check_playlist(k, folder, end="ts", before=0):
    """before: files that a session has left to those who are behind."""
    text = read_text(os.path.join(folder, "live.m3u8"))
    listed = [line for line in text.splitlines() if line and not line.startswith("#")]
    target = re.search(r"#EXT-X-TARGETDURATION:(\d+)", text)
    lengths = [float(x) for x in re.findall(r"#EXTINF:([\d.]+)", text)]
    k.ok(text.startswith("#EXTM3U") and target and "#EXT-X-MEDIA-SEQUENCE:" in text and
         1 <= len(listed) <= 3 and len(lengths) == len(listed), "HLS: the playlist is one", text)
    k.ok(target and all(x <= int(target[1]) + 0.5 for x in lengths),
         "HLS: no segment is longer than it says", text)
    k.ok(all(size_of(os.path.join(folder, name)) > 0 for name in listed),
         "HLS: what is listed is there", text)
    files = glob.glob(os.path.join(folder, f"*.{end}"))
    # Those of the list, the threshold of three that stay a while, and the one being written.
    k.ok(len(listed) <= len(files) <= 3 + 3 + 1 + before, "HLS: old segments are deleted", files)
    k.ok(not glob.glob(os.path.join(folder, "*.tmp")), "HLS: no temporary file is left")



def run_fmp4(k):
    """Fragmented MP4, which needs its head, also when another session goes on with the playlist."""
    os.mkdir(k.path("fmp4"))
    path = k.path("fmp4", "live.m3u8")
    left = 0
    for session in 1, 2:
        p = k.run("--duration", "6", sets=["output.hls_segments=3", "output.hls_type=fmp4"],
                  outputs=[path])
        k.ok(p.wait(60) == 0, f"HLS, fMP4: session {session} ends with 0", p.err())
        check_playlist(k, k.path("fmp4"), "m4s", left)
        left = len(glob.glob(k.path("fmp4", "*.m4s")))
        text = read_text(path)
        head = re.search(r'#EXT-X-MAP:URI="([^"]+)"', text)
        k.ok(head and size_of(k.path("fmp4", head[1])), "HLS, fMP4: the head is there", text)
        ended = k.path("fmp4", "ended.m3u8")
        with open(ended, "w", encoding="utf-8") as f:
            f.write(text + "#EXT-X-ENDLIST\n")
        found = k.look(ended)
        k.ok_decodes(found, "HLS, fMP4")
        k.ok(found["audio"] and found["audio"]["undecodable"] == 0, "HLS, fMP4: with its sound", found)
        k.ok_times(found, "HLS, fMP4")


def run(k):
    run_fmp4(k)
    nginx = k.nginx()
    srt = k.srt_listener(k.path("srt.ts"))
    os.mkdir(k.path("hls"))
    files = [k.path("f." + e) for e in ("flv", "ts", "mkv", "mp4")]
    hls = k.path("hls", "live.m3u8")
    p = k.run("--duration", str(SECONDS), size="640x360", sets=["output.hls_segments=3"],
              outputs=[nginx.url("all"), f"srt://127.0.0.1:{srt.port}", hls, *files])
    player = k.watcher(nginx.url("all"), seconds=3)
    k.ok(wait_for(lambda: size_of(hls)), "HLS: a playlist appears", p.err())
    # A player in the middle of it.
    live = k.watched(player)
    k.ok(p.wait(SECONDS + 30) == 0, "ends with 0 after --duration", p.err())
    stats = k.stats(p)
    k.ok_decodes(live, "a player at nginx")
    k.ok_whole(live, "a player at nginx", stats)
    frames = stats["encoder"]["frames"]
    k.ok(frames >= SECONDS * 30 * 0.5, "the encoder got the pictures", frames)
    k.ok(all(o["dropped"] == 0 and o["failures"] == 0 for o in stats["outputs"]),
         "no output dropped or failed", stats["outputs"])
    records = nginx.records("all")
    k.need(len(records) == 1, "nginx saw one session", records)
    for path, what in [(records[0], "RTMP"), (k.path("srt.ts"), "SRT")]:
        wait_for(lambda path=path: size_of(path) > 100000)
        check_stream(k, k.look(path), what, stats)
    for path in files:
        found = k.look(path)
        check_stream(k, found, path.rpartition(".")[2], stats)
        # On a busy host a file may be open only after the first keyframe; and the streamer goes on for
        # a picture or two between its figures and its end.
        k.ok(found["video"] and frames - 30 <= found["video"]["frames"] <= frames + 5,
             f"{path.rpartition('.')[2]} holds all of it", [found, frames])
    check_playlist(k, k.path("hls"))
    # Without its end a player would wait for more.
    ended = k.path("hls", "ended.m3u8")
    with open(ended, "w", encoding="utf-8") as f:
        f.write(read_text(hls) + "#EXT-X-ENDLIST\n")
    check_stream(k, k.look(ended), "HLS", stats)
