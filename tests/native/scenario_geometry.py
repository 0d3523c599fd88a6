# SPDX-License-Identifier: GPL-2.0-or-later
"""Crop, rotation, flip, fit and masks, seen in what is sent, in a snapshot and in a candidate; all of
it changed while it runs. The input is four quarters of different colours."""

import json
import os
import re
import signal
import subprocess

import scenario_clips
from kit import Failure, ask, quoted, read_json, settles, wait_for

WIDTH, HEIGHT, PICTURES = 320, 240, 30
# Y, Cb, Cr in BT.601, and how they look in RGB
COLOURS = {"red": (81, 90, 240), "green": (145, 54, 34), "blue": (41, 240, 110),
           "yellow": (210, 16, 146)}
RGB = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0),
       "black": (0, 0, 0), "magenta": (255, 0, 255), "white": (255, 255, 255)}
UPRIGHT = "red green blue yellow"  # from left to right, the upper ones first


def make_input(path):
    """Y4M, which needs nobody to encode it."""
    planes = b""
    for i, s in ((0, 1), (1, 2), (2, 2)):
        w, h = WIDTH // s // 2, HEIGHT // s // 2
        for left, right in ("red", "green"), ("blue", "yellow"):
            planes += (bytes([COLOURS[left][i]]) * w + bytes([COLOURS[right][i]]) * w) * h
    with open(path, "wb") as f:
        f.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(PICTURES):
            f.write(b"FRAME\n" + planes)


class Picture:
    """The last picture of a file, or the one that some bytes are."""

    def __init__(self, source):
        argv = ["ffmpeg", "-v", "error", "-nostdin", "-i"]
        argv += ["-"] if isinstance(source, bytes) else [source]
        p = subprocess.run(argv + ["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-"],
                           input=source if isinstance(source, bytes) else b"", timeout=120,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        last = p.stdout.rfind(b"P6\n")
        head = re.match(rb"P6\n(\d+) (\d+)\n255\n", p.stdout[last:]) if last >= 0 else None
        if not head:
            raise Failure(f"no picture: {p.stderr.decode(errors='replace')}")
        # A pixel's bytes may look like a head; the last picture is as long as it says.
        self.width, self.height = int(head[1]), int(head[2])
        self.pixels = p.stdout[-self.width * self.height * 3:]

    def size(self):
        return self.width, self.height

    def colour(self, x, y):
        """The name of what is at a place, in parts of the picture, or its numbers."""
        at = (int(y * self.height) * self.width + int(x * self.width)) * 3
        rgb = tuple(self.pixels[at:at + 3])
        for name, want in RGB.items():
            if all(abs(a - b) < 60 for a, b in zip(rgb, want)):
                return name
        return str(rgb)

    def quarters(self):
        return " ".join(self.colour(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75))

    def count(self, name, rect):
        """How many pixels of a rectangle have this colour."""
        x, y, w, h = rect
        return sum(self.colour((i + 0.5) / self.width, (j + 0.5) / self.height) == name
                   for j in range(y, y + h) for i in range(x, x + w))


def play(k, clip, name, sets):
    out = k.path(name.replace(" ", "-") + ".mkv")
    p, status = k.run_until(out, 5000, size=None, rate=None, video=clip, audio="none",
                            sets=["video.loop=true", f"video.canvas={WIDTH}x{HEIGHT}", "encoder.bitrate=4M",
                                  "encoder.preset=ultrafast"] + sets)
    k.need(status == 0, f"{name}: it runs", p.err())
    return Picture(out)


def check_outputs(k, clip):
    for name, sets, size, quarters in [
            ("nothing", [], (320, 240), UPRIGHT),
            ("90 degrees", ["video.rotate=90"], (240, 320), "blue red yellow green"),
            ("180 degrees", ["video.rotate=180"], (320, 240), "yellow blue green red"),
            ("270 degrees", ["video.rotate=270"], (240, 320), "green yellow red blue"),
            ("left and right", ["video.flip=horizontal"], (320, 240), "green red yellow blue"),
            ("up and down", ["video.flip=vertical"], (320, 240), "blue yellow red green"),
            ("turned, then mirrored", ["video.rotate=90", "video.flip=horizontal"], (240, 320),
             "red blue green yellow"),
            ("cropped", ["video.crop=160x120+0+60"], (160, 120), "red red blue blue"),
            ("cropped, then turned", ["video.crop=64x160+128+40", "video.rotate=90"], (160, 64),
             "blue red yellow green"),
            ("stretched", ["encoder.size=320x120", "video.fit=stretch"], (320, 120), UPRIGHT)]:
        seen = play(k, clip, name, sets)
        k.ok(seen.size() == size and seen.quarters() == quarters, f"{name}: {quarters}",
             [seen.size(), seen.quarters()])
    seen = play(k, clip, "borders", ["encoder.size=320x120"])
    k.ok(seen.size() == (320, 120) and [seen.colour(x, 0.25) for x in (0.1, 0.35, 0.65, 0.9)] ==
         ["black", "red", "green", "black"], "another aspect: borders at the sides")
    seen = play(k, clip, "upright", ["video.rotate=90", f"encoder.size={WIDTH}x{HEIGHT}"])
    k.ok(seen.size() == (320, 240) and [seen.colour(x, 0.25) for x in (0.1, 0.4, 0.6, 0.9)] ==
         ["black", "blue", "red", "black"], "turned in the old size: borders as well")


def check_mask(k, clip):
    seen = play(k, clip, "masked", ["video.masks=100x60+20+30 41x33+201+151"])
    k.ok(seen.count("black", (20, 30, 100, 60)) == 6000 and
         seen.count("black", (201, 151, 41, 33)) == 41 * 33, "each pixel of two masks is black",
         [seen.count("black", (20, 30, 100, 60)), seen.count("black", (201, 151, 41, 33))])
    k.ok(seen.colour(0.02, 0.1) == "red" and seen.colour(0.98, 0.98) == "yellow",
         "and nothing else")
    seen = play(k, clip, "masked and turned", ["video.masks=160x120+0+0", "video.rotate=270",
                                               "video.mask_colour=#ff00ff"])
    k.ok(seen.quarters() == "green yellow magenta blue", "a mask turns with what it covers",
         seen.quarters())


def check_misfit(k, clip):
    out = k.path("misfit.mkv")
    p = k.run("--duration", "2.5", size=None, rate=None, video=clip, audio="none", outputs=[out],
              sets=["video.loop=true", "video.canvas=1280x720", "video.masks=10x10+0+0"])
    k.need(p.wait() == 0, "masks for another picture: it runs", p.err())
    stats = k.stats(p)
    why = f"crop and masks are for 1280x720, the picture is {WIDTH}x{HEIGHT}: hidden"
    k.ok(not stats["input_live"] and stats["input"]["reason"] == why, "the status says why",
         stats["input"])
    k.ok(why in p.err(), "the journal as well", p.err())
    seen = Picture(out)
    k.ok(not {"red", "green", "blue", "yellow"} & set(seen.quarters().split()),
         "nothing of it is sent", seen.quarters())


def snapshot(s):
    status, _, body = ask(os.path.join(s.runtime, "http.sock"), "/snapshot.jpg?fresh=1")
    return Picture(body) if status == 200 else None


def set_video(s, more):
    s.write(f"video: {{ {s.video} {more} }};\n{s.rest}")
    s.process.send(signal.SIGHUP)


def sent(s):
    return ((s.status() or {}).get("encoder") or {}).get("frames", 0)


def check_reload(k, clip):
    out = k.path("reload.ts")
    s = k.serve("geometry", k.path("etc"), [], {})
    s.stop()
    s.video = f'device = {quoted(clip)}; loop = true; canvas = "{WIDTH}x{HEIGHT}";'
    s.rest = (f'audio: {{ device = "none"; }}; encoder: {{ preset = "ultrafast"; gop = 15; '
              f'bitrate = "4M"; }};\noutputs = ( {{ name = "file"; url = {quoted(out)}; }} );\n')
    s.write(f"video: {{ {s.video} }};\n{s.rest}")
    s.start()
    k.need(settles(s.status), "the service runs", s.process.err())
    begin = s.status()
    for name, more, quarters in [
            ("as it is", "", UPRIGHT),
            ("a mask", 'masks = [ "160x120+160+0" ];', "red black blue yellow"),
            ("another one, another colour",
             'masks = [ "160x120+0+120", "8x8+0+0" ]; mask_colour = "#ff00ff";',
             "red green magenta yellow"),
            ("upside down", 'masks = [ "160x120+0+120" ]; rotate = 180;',
             "yellow black green red")]:
        set_video(s, more)
        seen = wait_for(lambda: (p := snapshot(s)) and p.quarters() == quarters and p)
        k.ok(seen, f"reloaded: {name}", snapshot(s) and snapshot(s).quarters())
    before = sent(s)
    wait_for(lambda: sent(s) > before + 15)
    status = s.status()
    k.ok(status["outputs"][0]["reconnects"] == begin["outputs"][0]["reconnects"] and
         status["input"]["opens"] == 1 and
         status["input"]["placeholders"] == begin["input"]["placeholders"],
         "without a new connection of anybody", status)
    k.ok(Picture(out).quarters() == "yellow black green red", "what is sent has followed")
    set_video(s, 'rotate = 90; masks = "nonsense";')
    k.ok(s.process.says("video.masks"), "a mask that cannot be understood is refused",
         s.process.err())
    k.ok(snapshot(s).quarters() == "yellow black green red", "what was there stays")
    set_video(s, 'rotate = 90; masks = [ "160x120+0+120" ];')
    k.ok(wait_for(lambda: (s.status() or {})["encoder"]["width"] == HEIGHT and
                  s.status()["input_live"]), "turned by 90 degrees: another size", s.status())
    seen = wait_for(lambda: (p := snapshot(s)) and p.size() == (HEIGHT, WIDTH) and p)
    k.ok(seen and seen.quarters() == "black red yellow green", "in the snapshot, too",
         seen and seen.quarters())
    s.stop()


def check_candidate(k):
    """What is kept for teaching has the mask, and the recogniser goes on with what is left."""
    s = k.serve("card", k.path("etc-card"), [], {})
    s.stop()
    text = scenario_clips.config(k, "", {})
    s.write(text.replace("loop = true;", 'loop = true; canvas = "640x480"; '
                         'masks = [ "80x64+0+0" ]; mask_colour = "#ff00ff";'))
    s.start()
    folder = k.path("candidates")
    found = wait_for(lambda: [n for n in scenario_clips.names(folder) if n.endswith(".jpg")], 60)
    k.need(found, "there is a candidate", s.process.err())
    # The oldest one may go while it is looked at.
    status, _ = s.stop()
    k.ok(status == 0, "the service ends", s.process.err())
    found = [n for n in scenario_clips.names(folder) if n.endswith(".jpg")]
    with open(os.path.join(folder, found[-1]), "rb") as f:
        seen = Picture(f.read())
    k.ok(seen.size() == (640, 480) and seen.count("magenta", (2, 2, 76, 60)) == 76 * 60,
         "each pixel of the mask is covered in it", seen.count("magenta", (2, 2, 76, 60)))
    decision = read_json(os.path.join(folder, found[-1].replace(".jpg", ".json")))
    k.ok(decision and decision["states"], "states are told from what is left",
         json.dumps(decision)[:300])


def check_detect(k):
    """What looks at the card's input by itself sees what the service would."""
    text = scenario_clips.config(k, "", {}).replace(" loop = true;", ' canvas = "640x480"; {more}', 1)
    seen = []
    for more in "", 'masks = [ "640x480+0+0" ];':
        with open(k.path("etc-card", "cards", "card.conf"), "w", encoding="utf-8") as f:
            f.write(text.replace("{more}", more))
        status, out, err = k.call("detect", "--card", "card", "--config-dir", k.path("etc-card"))
        seen.append(out.split(" ")[0].split("\n")[0] if out else err)
    k.ok(seen[0] == "NORMAL" and seen[1] == "UNKNOWN", "detect sees no more than the service", seen)


def run(k):
    clip = k.path("quarters.y4m")
    make_input(clip)
    check_outputs(k, clip)
    check_mask(k, clip)
    check_misfit(k, clip)
    check_reload(k, clip)
    check_candidate(k)
    check_detect(k)
