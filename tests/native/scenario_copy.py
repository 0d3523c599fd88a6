# SPDX-License-Identifier: GPL-2.0-or-later
"""encoder.codec = "copy": what a file or a server gives as H.264 arrives everywhere bit for bit; what cannot
be passed on is encoded, and that is told; a live source that goes and comes again."""

import glob
import os
import signal

import web
from kit import Failure, Service, free_port, quoted, read_text, wait_for

COPY = "encoder.codec=copy"
# A dot that is in each picture at a place of its own, whatever a busy host has repeated in the pattern.
MARK = "color=white:s=6x6:r=25[dot];[0:v]fps=25[v];" \
    "[v][dot]overlay=x=mod(n*6\\,300):y=36+6*floor(n/50):shortest=1"
USED = "Encoder copy is used"
REFUSED = "Encoder libx264 is used, and not the one that is set: "
NOT_H264 = "the input gives no H.264 that could be passed on"
NOT_THE_SIZE = "the input's pictures are not of the size that is set"
RATE, GOP = 25, 20
SECONDS = 5
TRIES = 4  # on a host that is too busy for the pace of a source, which costs pictures
# What --check-config refuses, at which of these lines.
ALTERED = """encoder: { codec = "copy";
size = "160x90";
bitrate_min = "100k"; };
video: { size = "320x180";
crop = "160x90+0+0";
rotate = 90;
flip = "vertical";
masks = [ "64x64+0+0" ]; };
"""
ALTERATIONS = {2: "encoder.size", 3: "encoder.bitrate_min", 5: "video.crop", 6: "video.rotate",
               7: "video.flip", 8: "video.masks"}
CONFIG = """video: {{ device = {input}; size = "320x180"; }};
audio: {{ device = "auto"; }};
encoder: {{ codec = "copy"; preset = "ultrafast"; gop = 25; }};
output: {{ hls_segments = 200; }};
recording: {{ segment = "3s"; }};
outputs = ( {{ name = "rec"; url = {rec}; }}, {{ name = "hls"; url = {hls}; }},
    {{ name = "rtmp"; url = {rtmp}; }}, {{ name = "srt"; url = {srt}; }} );
"""


# --- what is compared ---

def ffmpeg(k, *args):
    p = k.spawn(["ffmpeg", "-nostdin", "-y", "-v", "error", *args])
    if p.wait(60) != 0 or p.err():
        k.need(False, "ffmpeg makes a clip", [p.argv, p.err()])


class Film:
    """What ffmpeg finds in a file: a checksum of each picture, the codec, whether its first packet is a
    keyframe."""

    def __init__(self, path):
        def lines(ending):
            return read_text(path + ending).splitlines()
        packets = [line for line in lines(".packets") if line[:1] != "#"]
        self.name = os.path.basename(path)
        self.sums = [line.rpartition(",")[2].strip() for line in lines(".pictures") if line[:1] != "#"]
        self.codec = next((line.split()[-1] for line in lines(".packets") if "codec_id" in line), "")
        self.key = bool(packets) and "F=" not in packets[0]  # flags are only named where they are not "key"


def films(k, paths, level="warning"):
    """One process for all of them, and what it complains about."""
    args = ["ffmpeg", "-nostdin", "-y", "-v", level]
    for path in paths:
        args += ["-i", path]
    for i, path in enumerate(paths):
        args += ["-map", f"{i}:v", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "framemd5",
                 path + ".pictures", "-map", f"{i}:v", "-c", "copy", "-f", "framecrc", path + ".packets"]
    p = k.spawn(args)
    if p.wait(120) != 0:
        raise Failure(f"ffmpeg cannot read all of it: {p.err()}")
    return [Film(path) for path in paths], p.err()


class Clip:
    """Knows the place of each of its pictures by its checksum."""

    def __init__(self, k, path):
        (film,), said = films(k, [path])
        self.sums = film.sums
        self.at = {s: i for i, s in enumerate(self.sums)}
        self.offset = k.look(path)["av_offset_ms"]["median"]
        k.need(len(self.sums) > (SECONDS - 1) * RATE and len(self.at) == len(self.sums) and
               self.offset is not None and not said, "there is a clip whose pictures are told apart",
               [len(self.sums), len(self.at), self.offset, said])

    def places(self, sums):
        """None for a picture that is not of the clip."""
        return [self.at.get(s) for s in sums]

    def is_run(self, sums, loops=False):
        """Are they pictures of the clip, one after the other with none left out?"""
        at = self.places(sums)
        n = len(self.sums)
        return bool(at) and None not in at and all(b == a + 1 or (loops and (a + 1) % n == b)
                                                   for a, b in zip(at, at[1:]))

    def is_chain(self, sums):
        """… or with some left out in front of a keyframe? A live source begins with much at once."""
        at = self.places(sums)
        n = len(self.sums)
        return bool(at) and None not in at and all((a + 1) % n == b or b % GOP == 0
                                                   for a, b in zip(at, at[1:]))

    def begins_with_key(self, sums):
        return bool(sums) and self.at.get(sums[0], 1) % GOP == 0


def ok_run(k, clip, film, least, to_the_end=True):
    places = clip.places(film.sums)
    k.ok(clip.is_run(film.sums) and len(places) >= least,
         f"{film.name}: the clip's pictures to the bit, none missing",
         [len(places), least, places[:3], places[-3:]])
    if to_the_end:
        k.ok(places and places[-1] == len(clip.sums) - 1, f"{film.name}: to the last one", places[-3:])
    k.ok(film.codec == "h264" and film.key and clip.begins_with_key(film.sums),
         f"{film.name}: H.264 that begins with a keyframe of the clip's", [film.codec, film.key, places[:3]])


def ok_sound(k, clip, found, what):
    """As far from the picture as in the clip. Single clicks are not looked at: where a busy host repeated
    pictures of the pattern, they cannot be told from a picture that is late."""
    offset = found["av_offset_ms"]["median"]
    k.ok(found["audio"] and abs((found["audio"]["frequency_hz"] or 0) - 1000) < 5 and
         offset is not None and abs(offset - clip.offset) < 40, f"{what}: its sound is there, in time",
         [clip.offset, found])


# --- clips ---

def make_clips(k):
    """Pictures with a tone in time with them, encoded by others in several ways."""
    source = k.path("source.ts")
    p = k.run("--duration", str(SECONDS), rate=RATE, outputs=[source],
              sets=["encoder.codec=libx264", "encoder.bitrate=2M", f"encoder.gop={RATE}"])
    k.need(p.wait() == 0, "there is a pattern to make clips of", p.err())
    x264 = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "600k", "-g", str(GOP), "-sc_threshold", "0",
            "-c:a", "copy"]
    ffmpeg(k, "-i", source, "-filter_complex", MARK, *x264, "-bf", "0", k.path("clip.mp4"))
    ffmpeg(k, "-i", k.path("clip.mp4"), "-c", "copy", k.path("clip.ts"))
    # How long it is does not stand in one in fragments: to an RTSP server it is like a camera.
    ffmpeg(k, "-i", k.path("clip.mp4"), "-c", "copy", "-movflags", "frag_keyframe+empty_moov", k.path("camera.mp4"))
    ffmpeg(k, "-i", source, *x264, "-bf", "2", k.path("b.mp4"))
    ffmpeg(k, "-i", source, "-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "-c:a", "copy",
           k.path("jpeg.mkv"))


# --- files ---

def play(k, video, outputs, sets=()):
    return k.run(video=video, audio="auto", size=None, rate=None, outputs=outputs,
                 sets=[COPY, *sets])


class Played:
    """The same clip as .mp4 to everywhere, and as .ts; again when the host was too busy to do it in time."""

    def __init__(self, k, n):
        self.k = k
        self.name = f"everywhere-{n}"
        self.server = k.nginx()
        self.files = {end: k.path(f"{self.name}.{end}") for end in ("mkv", "flv", "ts", "mp4", "m3u8")}
        self.second = k.path(f"{self.name}-ts.mkv")
        self.runs = [play(k, k.path("clip.mp4"), [self.server.url(self.name), *self.files.values()],
                          ["output.hls_type=fmp4", "output.hls_segments=60"]),
                     play(k, k.path("clip.ts"), [self.second])]

    def is_whole(self):
        for p in self.runs:
            self.k.need(p.wait(60) == 0, "a file is played to its end", p.err())
        return all(self.k.stats(p)["input"]["dropped"] == 0 and
                   self.k.stats(p)["input"]["placeholders"] == 0 and "instead of" not in p.err()
                   for p in self.runs)


def check_everywhere(k, clip, done):
    for p in done.runs:
        encoder, err = k.stats(p)["encoder"], p.err()
        k.ok(encoder["name"] == "copy" and not encoder["hardware"] and not encoder["reason"] and
             encoder["demotions"] == 0, "it is copy that is used, by the status", encoder)
        k.ok(err.count("Encoder ") == 1 and USED in err, "and by the journal, once", err)
    stats = k.stats(done.runs[0])
    k.ok(stats["encoder"]["frames"] == len(clip.sums) and stats["encoder"]["errors"] == 0 and
         stats["encoder"]["keyframes"] == -(-len(clip.sums) // GOP),
         "all of the clip goes out, with its own keyframes", [stats["encoder"], len(clip.sums)])
    k.ok(all(o["failures"] == 0 and o["reconnects"] == 0 and o["dropped"] == 0 for o in stats["outputs"]),
         "each output has one session", stats["outputs"])
    with open(done.files["m3u8"], "a", encoding="ascii") as f:
        f.write("#EXT-X-ENDLIST\n")  # else a reader waits for what is to come
    records = done.server.records(done.name)
    k.need(len(records) == 1, "the server has one record", records)
    found, said = films(k, [*done.files.values(), done.second, records[0]])
    k.ok(not said, "ffmpeg has nothing to say about all of them", said)
    for film in found:
        least = len(clip.sums) - 2 * RATE  # connecting may take a while
        ok_run(k, clip, film, least, to_the_end=not film.name.endswith(os.path.basename(records[0])))
    for what, path in ("rtmp", records[0]), ("mp4", done.files["mp4"]), ("ts", done.files["ts"]), \
            ("from MPEG-TS", done.second):
        found = k.look(path)
        k.ok_decodes(found, what)
        k.ok_times(found, what)
        ok_sound(k, clip, found, what)


def check_encoded(k, runs):
    """What cannot be passed on."""
    for what, (p, path, why) in runs.items():
        k.need(p.wait(60) == 0, f"{what}: it is played", p.err())
        encoder, err = k.stats(p)["encoder"], p.err()
        k.ok(encoder["name"] == "libx264" and why in encoder["reason"],
             f"{what}: libx264, and why, by the status", encoder)
        k.ok(err.count("Encoder ") == 1 and REFUSED + why in err, f"{what}: and by the journal, once",
             err)
        found = k.look(path)
        k.ok_decodes(found, what)
        k.ok(films(k, [path])[0][0].codec == "h264" and found["video"]["placeholder_share"] < 0.5,
             f"{what}: pictures of it as H.264", found)


def check_files(k, clip):
    others = {"B pictures": ("b.mp4", "b.ts", NOT_H264, []),
              "JPEGs of a file": ("jpeg.mkv", "jpeg-out.mkv", NOT_H264, []),
              "another size": ("clip.mp4", "size.ts", NOT_THE_SIZE, ["video.size=160x90"])}
    runs = {what: (play(k, k.path(video), [k.path(path)], sets), k.path(path), why)
            for what, (video, path, why, sets) in others.items()}
    done = Played(k, 0)
    for n in range(1, TRIES):
        if done.is_whole():
            break
        done = Played(k, n)
    check_encoded(k, runs)
    check_everywhere(k, clip, done)


# --- a camera that speaks RTSP ---

def check_rtsp(k, clip):
    """From its first keyframe after the beginning to the end, which a placeholder follows."""
    port = free_port()
    server = k.rtsp_server("play", port, k.path("camera.mp4"), "me", "pa55word")
    p = play(k, f"rtsp://me:pa55word@127.0.0.1:{port}/live", [k.path("rtsp.mkv")])
    k.need(p.says(USED), "rtsp: what a server plays is passed on", p.err())
    k.ok(p.says("the stream has ended"), "rtsp: to its end", p.err())
    p.stop()
    server.stop()
    k.ok("pa55word" not in p.err(), "rtsp: the password is seen by nobody", p.err())
    # Files begin anew with other tracks: the server's, on a busy host after a placeholder's, and another
    # one's at its end.
    found, said = films(k, sorted(glob.glob(k.path("rtsp*.mkv"))))
    passed = [film for film in found if any(s in clip.at for s in film.sums)]
    k.ok(len(passed) == 1 and clip.is_run(passed[0].sums) and len(passed[0].sums) > RATE and
         clip.begins_with_key(passed[0].sums) and passed[0].key and not said,
         "rtsp: its pictures to the bit, from a keyframe on, none missing",
         [said, [(film.name, clip.places(film.sums)) for film in found]])


# --- what is refused ---

def check_refusals(k):
    config = k.path("refused")
    os.makedirs(os.path.join(config, "cards"))
    with open(os.path.join(config, "cards", "c.conf"), "w", encoding="utf-8") as f:
        f.write(ALTERED)
    status, out, err = k.call("--check-config", "--card", "c", "--config-dir", config)
    lines = (out + err).splitlines()
    k.ok(status == 1 and all(any(f"c.conf:{n}: {key}: cannot be with encoder.codec = \"copy\"" in line
                                 for line in lines) for n, key in ALTERATIONS.items()),
         "--check-config: what alters pictures is refused, with its line", lines)
    k.ok(sum("cannot be with" in line for line in lines) == len(ALTERATIONS), "and nothing else", lines)


# --- a live source ---

class Live:
    """A server to which the clip is published over and over, and a service that takes it from there."""

    def __init__(self, k):
        self.k = k
        self.server = k.nginx(record=False)
        self.publisher = None
        self.folders = {name: k.path("live-" + name) for name in ("rec", "hls", "late")}
        for folder in self.folders.values():
            os.mkdir(folder)
        self.playlist = os.path.join(self.folders["hls"], "live.m3u8")
        self.caught = k.path("srt.ts")
        self.catcher = k.srt_listener(self.caught)
        self.text = CONFIG.format(input=quoted(self.server.url("in")), hls=quoted(self.playlist),
                                  rec=quoted(os.path.join(self.folders["rec"], "r-${time}.mkv")),
                                  rtmp=quoted(self.server.url("out")),
                                  srt=quoted(f"srt://127.0.0.1:{self.catcher.port}"))
        self.service = Service(k, "live", k.path("etc"))
        self.service.write(self.text)

    def publish(self):
        self.publisher = self.k.spawn(["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i",
                                       self.k.path("clip.mp4"), "-c", "copy", "-f", "flv",
                                       self.server.url("in")])

    def view(self):
        """Somebody who watches at the server, from now on."""
        self.viewed = self.k.path("viewed")
        self.viewer = self.k.spawn(["ffmpeg", "-nostdin", "-v", "warning", "-i", self.server.url("out"), "-map",
                                    "0:v", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-flush_packets",
                                    "1", "-f", "framemd5", self.viewed])

    def sessions(self, *names):
        return {o["name"]: o["reconnects"] for o in self.status()["outputs"] if o["name"] in names}

    def status(self):
        return self.service.status()

    def err(self):
        return self.service.process.err()

    def says(self, words, times=1):
        """Waits for a line of the journal, which may come a moment after the status has changed."""
        return wait_for(lambda: self.err().count(words) >= times)

    def is_copied(self):
        """Waits until the source's stream is passed on."""
        return wait_for(lambda: (lambda s: s and s["input_live"] and s["encoder"]["name"] == "copy" and s)(
            self.status()))

    def changes(self):
        """Sessions of an output, and pictures that were lost."""
        s = self.status()
        return s["outputs"][0]["reconnects"], s["input"]["dropped"]

    def frames(self, name):
        return {o["name"]: o["frames"] for o in (self.status() or {}).get("outputs", [])}.get(name, 0)

    def flows(self, *names, n=2 * RATE):
        begin = {name: self.frames(name) for name in names}
        return wait_for(lambda: all(self.frames(name) >= begin[name] + n for name in names))


def record_late(k, live, site, name):
    """An output that is added in the middle, and removed again; its file, or None when meanwhile pictures
    were lost or the encoder changed, as it may be on a busy host."""
    path = os.path.join(live.folders["late"], name + ".mkv")
    k.need(live.is_copied(), f"{name}: the source's stream is passed on", live.status())
    before = live.changes()
    a = site.call("POST", "outputs", body={"name": name, "url": path})[0]
    k.need(a.status < 300 and live.flows(name), f"{name}: an output that is added over HTTP runs",
           [a, live.err()])
    a = site.call("DELETE", "outputs/" + name)[0]
    k.ok(a.status < 300, f"{name}: and is removed", a)
    return path if live.changes() == before else None


def check_late(k, live, clip):
    site = web.Site(k, os.path.join(live.service.runtime, "http.sock"), "instance")
    path = None
    for n in range(TRIES):
        path = path or record_late(k, live, site, f"late{n}")
    k.need(path, "nothing was encoded for its sake", live.err())
    (film,), said = films(k, [path])
    k.ok(film.codec == "h264" and film.key and not said and clip.is_run(film.sums, loops=True) and
         clip.begins_with_key(film.sums), "it begins with a keyframe of the source's own, and lacks no picture",
         [film.codec, film.key, said, clip.places(film.sums)])
    k.ok(wait_for(lambda: b'codec="copy"' in site.ask("GET", "/metrics").body),
         "the metrics say that it is passed on", live.status())


def check_reload(k, live):
    live.service.write(live.text.replace('size = "320x180";', 'size = "320x180";\nmasks = [ "64x64+0+0" ];'))
    live.service.process.send(signal.SIGHUP)
    k.ok(live.service.process.says('live.conf:2: video.masks: cannot be with encoder.codec = "copy"') and
         live.service.process.says("The configuration cannot be used: going on as before"),
         "SIGHUP: masks are refused, with file and line", live.err())
    k.ok(live.flows("rec") and live.is_copied() and "Configuration reloaded" not in live.err(),
         "and it goes on as before", live.err())
    live.service.write(live.text)


def check_gap(k, live):
    """The source goes away, and comes again."""
    k.need(live.is_copied() and live.flows("rtmp", "srt"), "before the source goes away its stream is passed on",
           live.err())
    live.view()
    k.need(wait_for(lambda: pictures_of(live.viewed)), "and somebody watches", live.viewer.err())
    sessions = live.sessions("rtmp", "srt")
    live.publisher.kill()
    gone = wait_for(lambda: (lambda s: not s["input_live"] and s["encoder"]["name"] == "libx264" and
                             s["input"]["placeholders"] > RATE and s)(live.status()))
    k.need(gone, "without a source there is a placeholder by libx264", [live.status(), live.err()])
    k.ok((gone["encoder"]["width"], gone["encoder"]["height"]) == (320, 180) and
         gone["encoder"]["reason"] == "no picture comes", "of the same size, and the status says why",
         gone["encoder"])
    k.ok(live.says("Encoder libx264 is used instead of copy: no picture comes"), "and the journal", live.err())
    k.ok(live.flows("rec", "hls"), "outputs get it", live.status())
    live.publish()
    back = live.is_copied()
    k.need(back, "when it is back, its own stream is passed on again, and the status says so",
           [live.status(), live.err()])
    k.ok((back["encoder"]["width"], back["encoder"]["height"]) == (320, 180) and not back["encoder"]["reason"],
         "of the same size, and for no reason", back["encoder"])
    k.ok(live.says(USED, 2), "the journal says so, too", live.err())
    k.ok(live.flows("rec", "hls", "rtmp", "srt"), "outputs get that", live.status())
    k.ok(len(sessions) == 2 and live.sessions("rtmp", "srt") == sessions,
         "RTMP and SRT go on in the same session", [sessions, live.sessions("rtmp", "srt"), live.err()])


def pictures_of(path):
    """Checksums of what somebody has seen up to now."""
    if not os.path.exists(path):
        return []
    return [line.rpartition(",")[2].strip() for line in read_text(path).splitlines() if line[:1] not in ("#", "")]


def spans(clip, sums):
    """How it was made, picture by picture, without repetitions."""
    kinds = ["copied" if s in clip.at else "encoded" for s in sums]
    return [k for i, k in enumerate(kinds) if i == 0 or k != kinds[i - 1]]


def check_seen(k, live, clip):
    """In the sessions that went on while the stream in them changed."""
    seen = pictures_of(live.viewed)
    k.ok(spans(clip, seen)[:3] == ["copied", "encoded", "copied"] and
         clip.is_chain([s for s in seen if s in clip.at]) and not live.viewer.err(),
         "who watched at the RTMP server saw all of it, with nothing half",
         [spans(clip, seen), clip.places(seen), live.viewer.err()])
    # But for the last second, which SRT may lose when its sender leaves.
    times = k.spawn(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", live.caught])
    k.need(times.wait(30) == 0, "SRT's receiver has a stream", times.err())
    ffmpeg(k, "-i", live.caught, "-map", "0:v", "-c", "copy", "-t", f"{float(times.out()) - 1:.3f}", k.path("srt-cut.ts"))
    (film,), said = films(k, [k.path("srt-cut.ts")], "error")
    k.ok(are_right(spans(clip, film.sums)) and film.key and not said,
         "and so did the receiver of SRT", [spans(clip, film.sums), said])


def are_right(kinds):
    """Only the source's own pictures or none of them in each; its own, then others, then its own. A host
    that stands still for a moment may have more of that."""
    rest = iter(kinds)
    return "half" not in kinds and all(any(k == wanted for k in rest)
                                       for wanted in ("copied", "encoded", "copied"))


def kind_of(clip, sums):
    if clip.is_chain(sums):
        return "copied"
    return "encoded" if set(clip.places(sums)) == {None} else "half"


def sessions_of(k, playlist):
    """Of HLS: the segments between two discontinuities, as one file each."""
    sessions = []
    for text in read_text(playlist).split("#EXT-X-DISCONTINUITY\n"):
        sessions.append(k.path(f"session-{len(sessions)}.ts"))
        with open(sessions[-1], "wb") as whole:
            for line in text.splitlines():
                if line[:1] not in ("#", ""):
                    with open(os.path.join(os.path.dirname(playlist), line), "rb") as f:
                        whole.write(f.read())
    return sessions


def check_written(k, live, clip):
    """What was recorded, and what is in the playlist."""
    files = sorted(glob.glob(os.path.join(live.folders["rec"], "*.mkv")))
    found, said = films(k, files)
    k.ok(len(files) > 3 and all(f.sums for f in found) and not said, "recording: each segment decodes",
         [[(f.name, len(f.sums)) for f in found], said])
    k.ok(all(f.codec == "h264" and f.key for f in found), "recording: each begins with a keyframe",
         [(f.name, f.codec, f.key) for f in found])
    kinds = [kind_of(clip, f.sums) for f in found]
    k.ok(are_right(kinds), "recording: each has only what was passed on, or only what was encoded meanwhile",
         kinds)
    # Of a session that is cut short, such as the last may be, a warning finds that it has no sound yet.
    found, said = films(k, sessions_of(k, live.playlist), "error")
    kinds = [kind_of(clip, f.sums) for f in found]
    k.ok(all(f.sums for f in found) and not said and are_right(kinds),
         "HLS: the segments in its playlist decode, with a discontinuity at each change",
         [kinds, said, read_text(live.playlist)])


def check_live(k, live, clip):
    k.need(live.is_copied(), "a stream of a server is passed on", [live.status(), live.err()])
    k.ok(live.flows("rec", "hls"), "to the outputs", live.status())
    check_late(k, live, clip)
    check_reload(k, live)
    check_gap(k, live)
    k.need(wait_for(lambda: spans(clip, pictures_of(live.viewed))[2:3] == ["copied"]), "and that is seen",
           [spans(clip, pictures_of(live.viewed)), live.viewer.err()])
    live.viewer.kill()
    status, _ = live.service.stop()
    k.ok(status == 0, "it ends", live.err())
    check_written(k, live, clip)
    check_seen(k, live, clip)


def run(k):
    check_refusals(k)
    make_clips(k)
    clip = Clip(k, k.path("clip.mp4"))
    live = Live(k)
    live.publish()
    live.service.start()
    check_files(k, clip)
    check_rtsp(k, clip)
    check_live(k, live, clip)
