# SPDX-License-Identifier: GPL-2.0-or-later
"""--check-config and --dump-config, as one uses them before a restart."""

import os

GOOD = 'machine = "egm-1";\nencoder: { bitrate = "1M"; gop = 60; };\n'
CARD = 'encoder: { bitrate = "700k"; };\noutputs = ( { name = "srs"; url = ' \
    '"rtmp://h/live/${machine}?token=t0ken"; } );\n'
# Text of streamer.conf, and what is said about it: line, key and a part of what is allowed.
BAD = [
    ('machine = "a";\nencoder: { bitrate = "lots"; };\n', ":2: encoder.bitrate: ", "64"),
    ('\n\nvideo: { size = "wide"; };\n', ":3: video.size: ", "auto"),
    ('encoder: {\n  gop = 0;\n};\n', ":2: encoder.gop: ", "1"),
    ('video: { format = "jpeg2000"; };\n', ":1: video.format: ", "yuyv"),
    ('outputs = ( { url = "gopher://x/y"; } );\n', ":1: outputs", "rtmp"),
    ('machine = "a"\nencoder: {\n', "streamer.conf:", "syntax"),
]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def check_good(k):
    folder = k.path("good")
    base, card = os.path.join(folder, "streamer.conf"), os.path.join(folder, "cards/x.conf")
    drop_in = os.path.join(folder, "streamer.conf.d/50-role.conf")
    write(base, GOOD)
    write(card, CARD)
    write(drop_in, 'role = "cam";\n')
    status, out, err = k.call("--check-config", "--card", "x", "--config-dir", folder)
    k.ok(status == 0 and not err, "good files are fine", [status, out, err])
    status, out, err = k.call("--dump-config", "--card", "x", "--config-dir", folder)
    lines = out.splitlines()

    def origin(key, value, where):
        return any(key in line and value in line and where in line for line in lines)

    k.ok(status == 0 and origin("machine", "egm-1", base), "a value of the file of all cards", out)
    k.ok(origin("bitrate", "700", card), "the card's file wins", out)
    k.ok(origin("role", "cam", drop_in), "a drop-in is read", out)
    k.ok(origin("preset", "superfast", "default"), "what nobody set is a default", out)
    k.ok("t0ken" not in out and "rtmp://h/live/" in out, "a secret is masked", out)
    status, out, err = k.call("--check-config", "--config-dir", k.path("nothing"))
    k.ok(status == 0, "no files at all are fine", [status, out, err])


def check_unknown(k):
    folder = k.path("unknown")
    write(os.path.join(folder, "streamer.conf"), 'colour = "red";\ndetector: { x = 1; };\n')
    status, out, err = k.call("--check-config", "--config-dir", folder)
    k.ok(status == 0 and f"warning: {folder}/streamer.conf:1: colour" in err and
         f"note: {folder}/streamer.conf:2: detector" in err,
         "an unknown key is a warning, a later version's is not", [status, out, err])


def run(k):
    check_good(k)
    check_unknown(k)
    for n, (text, where, allowed) in enumerate(BAD):
        folder = k.path(f"bad{n}")
        write(os.path.join(folder, "streamer.conf"), text)
        status, out, err = k.call("--check-config", "--config-dir", folder)
        k.ok(status == 1 and "streamer.conf" + where.replace("streamer.conf", "") in err and
             allowed in err.lower(), f"refused: {' '.join(text.split())}", [status, out, err])
