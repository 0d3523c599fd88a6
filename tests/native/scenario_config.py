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
    ('detector: {\n  mode = "best"; };\n', ":2: detector.mode: ", "compatible"),
    ('detector: { states: {\n  NORMAL: { }; }; };\n', ":2: detector.states.normal.rois: ",
     "1 to 16"),
    ('detector: { states: { A: { rois = (\n{ name = "r"; x = 639; y = 0; w = 9; h = 9; } ); };'
     ' }; };\n', ":2: detector.states.a.rois[0]: ", "640x480"),
    ('detector: { states: { A: { rois = ( { name = "r"; x = 0; y = 0; w = 9; h = 9; } );\n'
     'match = "q"; }; }; };\n', ":2: detector.states.a.match: ", "no region"),
    ('detector: {\npriority = [ "GONE" ]; };\n', ":2: detector.priority[0]: ", "no state"),
    ('detector: { numbers: {\nN: { x = 1; }; }; };\n', ":2: detector.numbers.n: ", "needs x, y"),
]
SCREEN = """detector: {
  states: {
    NORMAL: { rois = ( { name = "spin"; x = 540; y = 80; w = 91; h = 31; } ); };
  };
  rules = "%s"; shadow = "%s";
};
"""


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
    write(os.path.join(folder, "streamer.conf"),
          'colour = "red";\ndetector: { states: { A: { rois = (\n{ name = "r"; x = 0; y = 0; '
          'w = 9; h = 9; colour = 1; } ); }; }; };\n')
    status, out, err = k.call("--check-config", "--config-dir", folder)
    k.ok(status == 0 and f"warning: {folder}/streamer.conf:1: colour" in err and
         f"warning: {folder}/streamer.conf:3: detector.states.A.rois[0].colour" in err,
         "an unknown key is a warning, wherever it stands", [status, out, err])


def check_detector(k):
    """The screens of a game: in two files, in one of their own, and broken."""
    folder = k.path("detector")
    base, card = os.path.join(folder, "streamer.conf"), os.path.join(folder, "cards/x.conf")
    rules, shadow = os.path.join(folder, "rules.conf"), os.path.join(folder, "shadow.conf")
    write(base, SCREEN % (rules, shadow))
    write(card, "\ndetector: { states: { NORMAL: { enter = 1; }; }; };\n")

    def dump():
        status, out, err = k.call("--dump-config", "--card", "x", "--config-dir", folder)
        return status, [line.split() for line in out.splitlines()], err

    status, lines, err = dump()
    k.ok(status == 0 and f"{rules} does not exist" in err and f"{shadow} does not exist" in err,
         "files of rules that are not there yet are a warning", [status, err])
    k.ok(["x", "=", "540;", "#", f"{base}:3"] in lines and
         ["enter", "=", "1;", "#", f"{card}:2"] in lines, "a state of two files is shown", lines)
    write(rules, '\ndetector: { screen = "320x240"; states: { A: { rois = ( { name = "r"; '
          'x = 1; y = 1; w = 9; h = 9; } ); }; }; };\n')
    write(shadow, 'detector: { mode = "compatible"; };\n')
    status, lines, err = dump()
    k.ok(status == 0 and not err and ["A:", "{", "#", f"{rules}:2"] in lines and
         ["screen", "=", '"320x240";', "#", f"{rules}:2"] in lines and
         not any("NORMAL:" in line for line in lines), "rules of a file of their own", [err, lines])
    for path in rules, shadow:
        with open(path, encoding="utf-8") as f:
            good = f.read()
        write(path, "\n\n" + "detector: { states: { B: { }; }; };\n")
        status, out, err = k.call("--check-config", "--card", "x", "--config-dir", folder)
        k.ok(status == 1 and f"error: {path}:3: detector.states.B.rois" in err,
             f"a mistake in {os.path.basename(path)} is told with its line", [status, out, err])
        write(path, good)
    status, out, err = k.call("run", "--output", "x.ts", "--set", "detector.states.A.enter=1")
    k.ok(status == 1 and "detector.states.A.enter" in err and "in a file only" in err,
         "--set cannot reach into a state, and says so", [status, out, err])


def run(k):
    check_good(k)
    check_unknown(k)
    check_detector(k)
    for n, (text, where, allowed) in enumerate(BAD):
        folder = k.path(f"bad{n}")
        write(os.path.join(folder, "streamer.conf"), text)
        status, out, err = k.call("--check-config", "--config-dir", folder)
        k.ok(status == 1 and "streamer.conf" + where.replace("streamer.conf", "") in err.lower() and
             allowed in err.lower(), f"refused: {' '.join(text.split())}", [status, out, err])
