# SPDX-License-Identifier: GPL-2.0-or-later
"""HEVC by libx265, everywhere it can go, read by those who read it there; and what is said where it
cannot go: in a file, at the start, on the bus, and of a URL that nobody could look at before."""

import glob
import json
import os
import platform
import pwd
import re
import socket
import subprocess
import sys

import buses
import web
import wire
from kit import Service, free_port, quoted, size_of, wait_for

PATH, NAME = "/org/egm/Streamer1", "org.egm.Streamer1.hevc"
STREAMER = "org.egm.Streamer1"
FLOWS = 50000  # bytes that show that a stream does
HEVC = "encoder.codec=libx265"

# Runs a program as its unit does as far as libnuma is concerned: sched_setaffinity, mbind, set_mempolicy and
# setpriority answer EPERM.
SANDBOX = """
import ctypes, os, struct, sys
code = [struct.pack("HBBI", 0x20, 0, 0, 0)]
for number in 203, 237, 238, 141:
    code += [struct.pack("HBBI", 0x15, 0, 1, number), struct.pack("HBBI", 0x06, 0, 0, 0x50001)]
code.append(struct.pack("HBBI", 0x06, 0, 0, 0x7fff0000))
text = ctypes.create_string_buffer(b"".join(code))
filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(text)))
prctl = ctypes.CDLL(None).prctl
if prctl(38, 1, 0, 0, 0) or prctl(22, ctypes.c_ulong(2), filter):
    sys.exit("no seccomp")
os.execv(sys.argv[1], sys.argv[1:])
"""
REFUSED = "HEVC cannot be sent there, only to srt://"


def probe(path):
    """What ffprobe finds: the picture's stream, and the first packet of it."""
    p = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_streams", "-show_packets",
                        "-read_intervals", "%+#1", "-of", "json", path], capture_output=True, text=True,
                       timeout=60, check=False)
    found = json.loads(p.stdout or "{}")
    streams, packets = found.get("streams") or [{}], found.get("packets") or [{}]
    return streams[0], packets[0], p.stderr


def decoder_says(path):
    """ffmpeg's complaints about all of it."""
    p = subprocess.run(["ffmpeg", "-v", "warning", "-xerror", "-i", path, "-f", "null", "-"],
                       capture_output=True, text=True, timeout=120, check=False)
    return p.returncode, p.stderr


def ok_hevc(k, path, what, tag=None):
    stream, packet, err = probe(path)
    k.ok(stream.get("codec_name") == "hevc" and stream.get("profile") == "Main" and
         (stream.get("width"), stream.get("height")) == (320, 180), f"{what}: it is HEVC", [stream, err])
    k.ok("K" in packet.get("flags", ""), f"{what}: the first packet is a keyframe", packet)
    if tag:
        k.ok(stream.get("codec_tag_string") == tag, f"{what}: its tag is {tag}", stream)
    status, said = decoder_says(path)
    k.ok(status == 0 and not said, f"{what}: ffmpeg decodes all of it", said)
    k.ok_decodes(k.look(path), what)


# --- where it goes ---

def check_outputs(k):
    files = {name: k.path(name) for name in ("a.ts", "a.mkv", "a.mp4", "srt.ts", "udp.ts", "rtsp.mkv")}
    ports = {kind: free_port(socket.SOCK_DGRAM) for kind in ("srt", "udp")}
    rtsp, udp = f"rtsp://127.0.0.1:{free_port()}/live", f"udp://127.0.0.1:{ports['udp']}"
    k.srt_listener(files["srt.ts"], ports["srt"], latency=1000)
    datagrams = k.spawn(["ffmpeg", "-v", "error", "-i", udp + "?fifo_size=100000", "-t", "3", "-c", "copy",
                         files["udp.ts"]])
    server = k.spawn(["ffmpeg", "-v", "error", "-rtsp_flags", "listen", "-i", rtsp, "-c", "copy",
                      files["rtsp.mkv"]])
    p = k.run(outputs=[files["a.ts"], files["a.mkv"], files["a.mp4"], f"srt://127.0.0.1:{ports['srt']}",
                       udp, rtsp, k.path("a.m3u8")],
              sets=[HEVC, "encoder.profile=baseline", "output.hls_type=fmp4", "output.backoff_min=100ms",
                    "output.backoff_max=300ms"])
    k.need(p.says("Encoder libx265 is used"), "it is what is used", p.err())
    k.need(wait_for(lambda: all(size_of(files[f]) > FLOWS for f in ("a.ts", "srt.ts", "rtsp.mkv"))),
           "it flows", [p.err(), server.err()])
    k.ok(datagrams.wait(60) == 0, "udp: ffmpeg reads it to its end", datagrams.err())
    k.ok(wait_for(lambda: os.path.exists(k.path("a.m3u8"))), "hls: there is a playlist")
    status, _ = p.stop()
    k.ok(status == 0, "it ends", p.err())
    server.wait()
    stats = k.stats(p)
    k.ok(stats["encoder"]["name"] == "libx265" and not stats["encoder"]["hardware"] and
         all(o["failures"] == 0 for o in stats["outputs"] if "rtsp" not in o["url"]),
         "and nothing went wrong", stats)
    for name in "a.ts", "a.mkv", "srt.ts", "rtsp.mkv":
        ok_hevc(k, files[name], name)
    ok_hevc(k, files["a.mp4"], "a.mp4", "hvc1")
    with open(k.path("a.m3u8"), "a", encoding="ascii") as f:
        f.write("#EXT-X-ENDLIST\n")  # else a reader waits for what is to come
    ok_hevc(k, k.path("a.m3u8"), "hls", "hvc1")
    # It came in the middle of the stream.
    found = k.look(files["udp.ts"])
    k.ok(found["video"] and found["video"]["frames"] > 30 and
         probe(files["udp.ts"])[0].get("codec_name") == "hevc", "udp: it is HEVC", found)
    k.ok_whole(k.look(files["a.mkv"]), "a.mkv", stats)


def check_loop(k):
    """An input of H.264 that ends and begins again: its pictures are encoded anew, in one stream."""
    source, path = k.path("source.ts"), k.path("lost.mkv")
    k.run_until(source, 200000)
    p = k.run(outputs=[path], video=source, size=None, rate=None, sets=[HEVC, "video.loop=true"])
    k.need(wait_for(lambda: size_of(path) > FLOWS), "a file is the input", p.err())
    p.stop()
    ok_hevc(k, path, "a file that begins again and again")


def check_recording(k):
    """Segments, each whole by itself."""
    folder = k.path("recording")
    os.mkdir(folder)
    p = k.run("--duration", "4", outputs=[os.path.join(folder, "r-${time}.mp4")],
              sets=[HEVC, "recording.segment=1s", "encoder.gop=15"])
    p.wait()
    files = sorted(os.listdir(folder))
    k.ok(len(files) > 2, "a recording has segments", [files, p.err()])
    for n, name in enumerate(files[:2]):
        ok_hevc(k, os.path.join(folder, name), f"segment {n}", "hvc1")


# --- which encoder it is ---

def check_choice(k):
    hardware = glob.glob("/dev/dri/renderD*") + glob.glob("/dev/nvidia[0-9]*") + glob.glob("/dev/video*")
    for codec, words in ("hevc", "Encoder libx265 is used (hevc_vaapi: no "), \
            ("hevc_nvenc", "Encoder libx265 is used, and not the one that is set: hevc_nvenc: no "):
        if hardware:
            k.skip(f"{codec} without hardware is libx265", "there is hardware")
            continue
        p, status = k.run_until(k.path(codec + ".ts"), FLOWS, sets=["encoder.codec=" + codec])
        k.ok(status == 0 and words in p.err() and "h264" not in p.err(),
             f"{codec} without hardware is libx265", p.err())
    status, out, err = k.call("probe-encoder", "--size", "320x180", "libx265")
    k.ok(status == 0 and not out and not err, "probe-encoder: libx265 works", [out, err])


def check_sandbox(k):
    """What libx265 may not do there is nothing for the journal."""
    if platform.machine() != "x86_64":
        k.skip("libx265 in the unit's sandbox", "the numbers of system calls are x86_64's")
        return
    p = k.spawn([sys.executable, "-c", SANDBOX, k.programs["streamer"], "run", "--quiet", "--video", "pattern",
                 "--audio", "none", "--size", "320x180", "--rate", "30", "--duration", "1", "--set", HEVC,
                 "--output", k.path("sandbox.ts")])
    status = p.wait()
    foreign = [line for line in p.err().splitlines() if not line.startswith("egm-streamer: ")]
    k.ok(status == 0 and "Encoder libx265 is used" in p.err() and not foreign,
         "libx265 in the unit's sandbox says nothing of its own", p.err())


# --- where it does not go ---

def check_files(k):
    config = k.path("check")
    os.makedirs(os.path.join(config, "cards"))
    with open(os.path.join(config, "cards", "c.conf"), "w", encoding="utf-8") as f:
        f.write('encoder: { codec = "hevc"; };\noutputs = (\n{ url = "a.ts"; },\n'
                '{ url = "rtmp://h/live/s3cret";\n  backup = "/srv/b.flv"; }\n);\n')
    status, out, err = k.call("--check-config", "--card", "c", "--config-dir", config)
    lines = (out + err).splitlines()
    for line, key in (4, "outputs[1].url"), (5, "outputs[1].backup"):
        k.ok(any(f"c.conf:{line}: {key}: cannot be sent HEVC, which encoder.codec = \"hevc\" makes: it must be "
                 "srt://, rtsp:// or udp://, or a file that ends in .m3u8, .ts, .mkv or .mp4" in said
                 for said in lines), f"--check-config names {key}", lines)
    k.ok(status != 0 and "s3cret" not in out + err, "and fails, and shows no secret", lines)
    p = k.run(outputs=["rtmp://127.0.0.1:1/live/s3cret"], sets=[HEVC])
    k.ok(p.wait() not in (None, 0) and "cannot be sent HEVC" in p.err() and "s3cret" not in p.err(),
         "rtmp:// at the start is refused", p.err())


def add(client, name, url):
    """AddOutput: name and words of the error, or None."""
    try:
        client.call(NAME, PATH, STREAMER, "AddOutput", "ss", (name, url))
    except wire.Error as e:
        return e.name, str(e)
    return None, ""


def check_service(k):
    """One URL is a secret as a whole, so it is found out late; others are asked for over the bus."""
    keys, bus = k.path("keys"), buses.Bus(k, pwd.getpwuid(os.getuid()).pw_name)
    os.mkdir(keys)
    with open(os.path.join(keys, "url"), "w", encoding="utf-8") as f:
        f.write("rtmp://127.0.0.1:1/live/s3cret\n")
    s = Service(k, "hevc", k.path("etc"), env={**bus.env, "CREDENTIALS_DIRECTORY": keys})
    s.write('video: { device = "pattern"; size = "320x180"; };\naudio: { device = "tone"; };\n'
            f'encoder: {{ codec = "libx265"; }};\noutputs = ( {{ name = "a"; url = {quoted(k.path("s.mkv"))}; }},\n'
            '{ name = "late"; url = "${credential:url}"; },\n'
            '{ name = "off"; url = "rtmp://h/live/x"; enabled = false; } );\n')
    s.start()
    client = bus.client()
    k.need(wait_for(lambda: buses.has_name(client, NAME)), "the service is on the bus", s.process.err())

    def outputs():
        return {o["name"]: o for o in (s.status() or {}).get("outputs", [])}

    k.ok(wait_for(lambda: outputs().get("late", {}).get("last_error", "").startswith(REFUSED)),
         "what a secret URL leads to is refused with a reason", outputs())
    k.ok(wait_for(lambda: outputs().get("a", {}).get("state") == "running"), "and the others run", outputs())
    for url in "rtmp://h/live/s3cret", "rtmps://h/live/s3cret", "/tmp/x.flv":
        name, words = add(client, "more", url)
        k.ok(name == "org.egm.Error.BadCodec" and "srt://" in words and "s3cret" not in words,
             f"AddOutput {url[:8]} is refused", [name, words])
    add(client, "more", k.path("more.ts"))
    k.ok(wait_for(lambda: outputs().get("more", {}).get("state") == "running"), "AddOutput x.ts is not",
         outputs())
    check_http(k, s)
    check_live(k, s)
    status, _ = s.stop()
    k.ok(status == 0 and "s3cret" not in s.process.err() + json.dumps(s.status()), "nothing shows the secret",
         s.process.err())
    ok_hevc(k, k.path("s.mkv"), "the service's file")


# --- HTTP and the page ---

def check_http(k, s):
    site = web.Site(k, os.path.join(s.runtime, "http.sock"), "instance")
    for rest, body in ("outputs", {"name": "again", "url": "rtmp://h/live/s3cret"}), \
            ("outputs/off/control", {"action": "start"}):
        a = site.call("POST", rest, body=body)[0]
        k.ok(a.status == 422 and a.json()["error"] == "org.egm.Error.BadCodec" and
             "libx265" in a.json()["detail"], f"POST {rest} is refused", a)


def check_live(k, s):
    path = os.path.join(s.runtime, "http.sock")
    k.need(wait_for(lambda: os.path.exists(path)), "the service has its socket", s.process.err())
    site = web.Site(k, path, "instance")
    watcher = web.WebSocket(site, site.target_of("live"))
    kind, message = watcher.next()
    mime = json.loads(message)["mime"] if kind == web.TEXT else message
    k.ok(re.fullmatch(r'video/mp4; codecs="hvc1\.1\.6\.L[0-9]+\.90, mp4a\.40\.2"', mime), "live: browsers are told what it is", mime)
    whole = b""
    for _ in range(60):
        whole += watcher.next()[1]
    watcher.close()
    with open(k.path("live.mp4"), "wb") as f:
        f.write(whole)
    ok_hevc(k, k.path("live.mp4"), "live", "hvc1")


def run(k):
    encoders = subprocess.run(["ffmpeg", "-hide_banner", "-encoders"], capture_output=True, text=True,
                              timeout=60, check=False).stdout
    if " libx265 " not in encoders:
        k.skip("HEVC", "libavcodec has no libx265")
        return
    check_outputs(k)
    check_loop(k)
    check_recording(k)
    check_choice(k)
    check_sandbox(k)
    check_files(k)
    check_service(k)
