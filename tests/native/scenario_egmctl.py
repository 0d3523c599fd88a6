# SPDX-License-Identifier: GPL-2.0-or-later
"""egmctl on a bus of its own: cards of which every answer is known, one that refuses all, one that
never answers, a systemd that knows of one more; and the world around them missing."""

import json
import os
import pty
import select
import signal
import stat
import subprocess
import time

from kit import LIMIT, read_text, wait_for

BUS_CONF = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/>
    <allow receive_type="error"/><allow receive_type="signal"/>
  </policy>
</busconfig>
"""
SECRET = "t0psecretkey"


class Bench:
    """The bus, what lives on it, and egmctl beside it."""

    def __init__(self, k):
        self.k = k
        self.folder = k.path("bin")
        os.mkdir(self.folder)
        path = k.path("bus")
        with open(k.path("bus.conf"), "w", encoding="utf-8") as f:
            f.write(BUS_CONF.format(path=path))
        self.daemon = k.spawn(["dbus-daemon", "--nofork", "--nopidfile",
                               "--config-file=" + k.path("bus.conf")])
        self.env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS="unix:path=" + path, LC_ALL="C.UTF-8",
                        TZ="UTC", PATH=self.folder + ":" + os.environ["PATH"])
        self.env.pop("NO_COLOR", None)
        k.need(wait_for(lambda: os.path.exists(path)), "there is a bus", self.daemon.err())
        os.symlink(k.programs["streamer"], os.path.join(self.folder, "egm-streamer"))

    def script(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)

    def card(self, *args):
        p = self.k.spawn([self.k.programs["bus-card"], *args], env=self.env)
        self.k.need(wait_for(lambda: "ready" in p.out()), f"there is {' '.join(args)}", p.err())
        return p

    def call(self, *args, stdin=None, env=None):
        """(status, stdout, stderr)"""
        done = subprocess.run([self.k.programs["egmctl"], *args], capture_output=True, check=False,
                              env=dict(self.env, **(env or {})), input=stdin or b"",
                              timeout=4 * LIMIT, cwd=self.k.folder)
        return (done.returncode, done.stdout.decode("utf-8", "replace"),
                done.stderr.decode("utf-8", "replace"))


def check_status(b, k):
    status, out, err = b.call()
    lines = out.splitlines()
    k.ok(status == 0 and not err and lines[0].split() == [
        "CARD", "MACHINE", "STATE", "INPUT", "SCREEN", "FPS", "BITRATE", "OUTPUTS"],
        "without a command there is an overview", out + err)
    cam = next((x for x in lines if x.startswith("cam ")), "")
    k.ok(all(w in cam for w in ("egm-101", "running", "live 1280x720 yuyv", "PLAYING", "30.0",
                                "2.98 Mb/s", "1/2 disk waiting")),
         "a card's line has state, input, screen, figures and the output that waits", out)
    k.ok(lines[0].index("STATE") == cam.index("running") and
         lines[0].index("OUTPUTS") == cam.index("1/2"), "the columns stand below each other", out)
    k.ok(any(x.startswith("sick") and "failed" in x for x in lines),
         "a service that failed is there, too, though it is not on the bus", out)
    k.ok("\x1b" not in out and "\033" not in out, "no colour but on a terminal")
    status, out, err = b.call("status", "cam")
    k.ok(status == 0 and "hw:3,0" in out and "CREDIT 001234" in out and "2.98 Mb/s of 3.00 Mb/s"
         in out and "/dev/video7" in out and "6 references" in out, "a card's details", out + err)
    k.ok("disk ?[31mfull??" in out and "\x1b" not in out and "\u202e" not in out,
         "words of a server play no tricks on the terminal", out)
    status, out, err = b.call("status", "--json", "cam")
    found = json.loads(out)
    k.ok(status == 0 and found[0]["Card"] == "cam" and found[0]["Running"] is True and
         found[0]["Unit"] == "active" and found[0]["InputSize"] == [1280, 720] and
         found[0]["Recogniser"]["Numbers"] == {"CREDIT": "001234"} and
         sorted(o["Name"] for o in found[0]["Outputs"]) == ["disk", "main"] and
         found[0]["TargetBitrate"] == 3000000, "the same as JSON", out)
    status, out, err = b.call("status", "nobody")
    k.ok(status == 3 and "no such card" in err, "a card that nobody knows: exit status 3", err)
    status, out, err = b.call("status", "sick")
    k.ok(status == 3 and "failed" in out and "does not run" in err,
         "one whose service does not run: exit status 3", out + err)
    for bad in "A-1", "../x", "9cam", "c" * 32:
        status, out, err = b.call("status", bad)
        k.ok(status == 2 and bad in err, f"no card's name: {bad}: exit status 2", err)


def check_outputs(b, k, cam):
    status, out, err = b.call("output", "add", "cam", "two", "-",
                              stdin=f"rtmp://h/live/{SECRET}\n".encode())
    url = f"rtmp://h/live/{SECRET}"
    k.ok(status == 0 and f"AddOutput two {len(url)} interactive" in cam.out() and
         SECRET not in out + err, "an output is added by standard input, polkit may ask",
         cam.out() + err)
    status, out, err = b.call("output", "add", "-P", "cam", "three", "-", stdin=url.encode())
    k.ok(status == 0 and f"AddPrimaryOutput three {len(url)}" in cam.out(), "one that may lower the "
         "bitrate", cam.out() + err)
    status, out, err = b.call("output", "add", "cam", "two", "-", stdin=b"")
    k.ok(status == 2 and "no URL" in err, "no URL: exit status 2", err)
    status, out, err = b.call("output", "add", "cam", "two", "-", stdin=b"x" * 9000)
    k.ok(status == 1 and err.count("x") < 10, "far too long a URL: exit status 1", err)
    status, out, err = b.call("output", "add", "cam", "main", url)
    k.ok(status == 1 and "there is an output main" in err and SECRET not in err,
         "what the card has against it is said", err)
    status, out, err = b.call("output", "rm", "cam", "two")
    k.ok(status == 0 and "RemoveOutput two" in cam.out(), "an output is removed", err)
    status, out, err = b.call("output", "list", "cam")
    k.ok(status == 0 and "rtmp://127.0.0.2:1/live/***" in out and "waiting" in out,
         "outputs are listed, with the URL in use", out + err)
    status, out, err = b.call("status", "cam")
    k.ok("by its backup rtmp://127.0.0.2:1/live/***" in out and
         "since: primary URL: no answer within 3 s" in out, "the status says why", out + err)
    status, out, err = b.call("output", "list", "--json")
    k.ok(status == 0 and {(o["Card"], o["Name"]) for o in json.loads(out)} >=
         {("cam", "main"), ("cam", "disk")}, "and as JSON", out)


def check_argv(b, k):
    """A URL that is an argument is gone from the process list while the card thinks."""
    p = k.spawn([k.programs["egmctl"], "output", "add", "mute", "x", f"rtmp://h/{SECRET}"],
                env=b.env)
    listed = wait_for(lambda: "rtmp://***" in read_text(f"/proc/{p.pid}/cmdline"))
    k.ok(listed and SECRET not in read_text(f"/proc/{p.pid}/cmdline"),
         "a URL that is an argument is wiped from the process list",
         read_text(f"/proc/{p.pid}/cmdline"))
    p.kill()


def check_changes(b, k, cam):
    for verb, line in ("stop", "Stop"), ("start", "Start"), ("restart", "Restart"):
        status, out, err = b.call(verb, "cam")
        k.ok(status == 0 and line in cam.out().splitlines(), f"{verb} reaches the card", err)
    status, out, err = b.call("stop", "nobody", "cam")
    k.ok(status == 3 and cam.out().splitlines().count("Stop") == 2,
         "one card that is not there does not keep the others from it", err)
    b.call("start", "cam")
    for text, bits in ("3000k", 3000000), ("2.5M", 2500000), ("700000", 700000):
        status, out, err = b.call("bitrate", "cam", text)
        k.ok(status == 0 and f"SetBitrate {bits}" in cam.out(), f"bitrate {text}", err)
    for text in "fast", "3G", "0", "-1", "1.5", "", ".5M", "99999999999999999999":
        status, out, err = b.call("bitrate", "--", "cam", text)
        k.ok(status == 2 and err, f"bitrate \"{text}\": exit status 2", err)
    status, out, err = b.call("learn", "cam", "SELECT")
    k.ok(status == 0 and out == "ref_9.jpg\n" and "Learn SELECT" in cam.out(), "learn", err)
    status, out, err = b.call("refs", "list", "cam", "PLAYING")
    k.ok(status == 0 and out.splitlines()[1].split()[:3] == ["PLAYING", "ref_0.jpg", "2.0"],
         "refs list", out + err)
    status, out, err = b.call("refs", "list", "--json", "cam")
    k.ok(status == 0 and json.loads(out) == [
        {"State": "SELECT", "File": "ref_0.jpg", "Bytes": 2048, "Realtime": 1700000000000000}],
        "refs list of all, as JSON", out + err)
    status, out, err = b.call("refs", "list", "cam", "NOWHERE")
    k.ok(status == 1 and "no state NOWHERE" in err, "a state that is none: exit status 1", err)
    status, out, err = b.call("refs", "rm", "cam", "SELECT", "ref_0.jpg")
    k.ok(status == 0 and "DeleteReference SELECT ref_0.jpg" in cam.out(), "refs rm", err)
    status, out, err = b.call("tell", "cam", "CREDIT", "001234")
    k.ok(status == 0 and out == "CREDIT: 001234 will be learnt from the next picture\n" and
         "TellNumber CREDIT 001234" in cam.out(), "tell", out + err)
    status, out, err = b.call("tell", "cam", "NONE", "1")
    k.ok(status == 1 and not out and "no number NONE" in err,
         "a number that is none: exit status 1", err)
    for words in ["cam"], ["cam", "CREDIT"], ["cam", "CREDIT", "1", "2"], ["../cam", "CREDIT", "1"]:
        status, out, err = b.call("tell", *words)
        k.ok(status == 2 and err, f"tell {words}: exit status 2", err)
    status, out, err = b.call("explain", "cam")
    k.ok(status == 0 and "low-quality" in out and "banner" in out and "001234" in out, "explain",
         out + err)
    status, out, err = b.call("explain", "--json", "cam")
    k.ok(status == 0 and json.loads(out)["states"]["PLAYING"]["rois"][0]["reference"] == 2,
         "explain as JSON", out + err)


def check_snapshot(b, k, cam):
    size = 4096 * 64
    status, out, err = b.call("snapshot", "cam")
    k.ok(status == 0 and os.path.getsize(k.path("cam.jpg")) == size and "1280x720" in out and
         "Snapshot 90" in cam.out(), "a snapshot, by the card's name", out + err)
    k.ok(stat.S_IMODE(os.stat(k.path("cam.jpg")).st_mode) & 0o111 == 0, "which is no program")
    status, out, err = b.call("snapshot", "-q", "50", "-o", "-", "cam")
    k.ok(status == 0 and len(out) == size and "Snapshot 50" in cam.out(),
         "one into a pipe, larger than that holds", err)
    status, out, err = b.call("snapshot", "-o", k.path("no", "folder.jpg"), "cam")
    k.ok(status == 1 and "No such file" in err, "a folder that is not there: exit status 1", err)
    for quality in "0", "101", "best", "-1":
        status, out, err = b.call("snapshot", "--quality=" + quality, "cam")
        k.ok(status == 2 and err, f"quality {quality}: exit status 2", err)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([k.programs["egmctl"], "snapshot", "-o", "-", "cam"], env=b.env,
                              stdout=full, stderr=subprocess.PIPE, check=False, timeout=LIMIT)
    k.ok(done.returncode == 1 and b"No space" in done.stderr, "a full disk: exit status 1",
         done.stderr)


def check_refusals(b, k):
    for args in (["stop", "locked"], ["bitrate", "locked", "1M"], ["learn", "locked", "A"],
                 ["snapshot", "locked"], ["output", "rm", "locked", "x"],
                 ["refs", "rm", "locked", "A", "b"], ["tell", "locked", "A", "1"]):
        status, out, err = b.call(*args)
        k.ok(status == 4 and "not allowed" in err, f"{args[0]} refused: exit status 4", err)
    k.ok(not os.path.exists(k.path("locked.jpg")), "no snapshot is left of one that was refused")
    begin = time.monotonic()
    status, out, err = b.call("status", "--json")
    found = {c["Card"]: c for c in json.loads(out)}
    k.ok(status == 0 and found["mute"]["Error"] and found["cam"]["State"],
         "a card that does not answer does not hide the others", out)
    k.ok(time.monotonic() - begin < LIMIT, "nor keep them waiting")
    status, out, err = b.call("stop", "cam", env={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"})
    k.ok(status == 1 and "bus" in err, "no bus: exit status 1", err)


def check_programs(b, k):
    b.script("journalctl", 'printf "%s\\n" "$@"\nexit 7\n')
    status, out, err = b.call("logs", "-f", "-x", "-n", "5", "--since", "-1h", "-p", "warning",
                              "cam", "side")
    k.ok(status == 7 and out.split() == [
        "-u", "egm-streamer@cam.service", "-u", "egm-streamer@side.service", "-f", "-x", "-n", "5",
        "-S", "-1h", "-p", "warning"], "logs asks the journal for cards", out + err)
    status, out, err = b.call("logs", "--json")
    k.ok(out.split() == ["-u", "egm-streamer@*.service", "-o", "json"], "logs of all", out + err)
    status, out, err = b.call("evaluate", "--help")
    k.ok(status == 0 and "egm-streamer evaluate" in out, "evaluate is that of egm-streamer", err)
    os.unlink(os.path.join(b.folder, "egm-streamer"))
    b.script("egm-streamer", 'echo "$@"\n[ "$3" != sick ]\n')
    status, out, err = b.call("check-config", "cam")
    k.ok(status == 0 and out == "--check-config --card cam\n", "check-config of a card", out + err)
    status, out, err = b.call("check-config")
    k.ok(status == 1 and out.splitlines()[0] == "--check-config" and
         "--check-config --card sick" in out, "check-config of all; one fails: exit status 1", out)
    os.unlink(os.path.join(b.folder, "egm-streamer"))
    os.symlink(k.programs["streamer"], os.path.join(b.folder, "egm-streamer"))


def check_watch(b, k):
    p = k.spawn([k.programs["egmctl"], "watch", "cam"], env=b.env)
    k.ok(wait_for(lambda: "cam: running; input live 1280x720 yuyv; screen SELECT" in p.out()),
         "watch tells how a card is", p.out() + p.err())
    b.call("stop", "cam")
    k.ok(wait_for(lambda: "cam: stopped" in p.out()), "and its changes", p.out())
    b.call("start", "cam")
    k.ok(wait_for(lambda: len(p.out().splitlines()) == 3), "a line for each", p.out())
    status, _ = p.stop(signal.SIGINT)
    k.ok(status == 0, "watch ends when it is told to")
    p = k.spawn([k.programs["egmctl"], "watch", "--json", "cam"], env=b.env)
    k.ok(wait_for(lambda: p.out().endswith("\n")) and
         json.loads(p.out().splitlines()[0])["Card"] == "cam", "watch --json", p.out() + p.err())
    p.stop()
    extra = b.card("extra")
    p = k.spawn([k.programs["egmctl"], "watch"], env=b.env)
    wait_for(lambda: "extra: running" in p.out())
    extra.kill()
    k.ok(wait_for(lambda: "extra: gone" in p.out()), "a card that leaves is told of", p.out())
    p.stop()


def read_terminal(fd, words):
    """What came until it has the words; all of it when it never does."""
    text = b""
    until = time.monotonic() + LIMIT
    while words not in text and time.monotonic() < until:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                text += os.read(fd, 65536)
            except OSError:
                break
    return text


def check_terminal(b, k):
    for no_color in "", "1":
        master, slave = pty.openpty()
        child = subprocess.Popen([k.programs["egmctl"], "watch", "cam"], stdout=slave,
                                 stderr=slave, stdin=slave, start_new_session=True,
                                 env=dict(b.env, TERM="xterm", NO_COLOR=no_color))
        os.close(slave)
        # Drawn twice: back to the first line.
        text = read_terminal(master, b"\x1b[2A")
        child.send_signal(signal.SIGTERM)
        k.ok(child.wait(LIMIT) == 0 and b"\x1b[2A" in text and b"running" in text,
             "on a terminal the table is drawn over", text)
        k.ok((b"\x1b[32m" in text) == (no_color == ""),
             f"{'no ' if no_color else ''}colour with NO_COLOR=\"{no_color}\"", text)
        os.close(master)


def check_doctor(b, k):
    status, out, err = b.call("doctor", "--json")
    found = json.loads(out)
    k.ok(status == 5 and found["Faults"] > 0, "doctor has found faults: exit status 5", err)

    def level(check, subject=""):
        return next((f["Level"] for f in found["Findings"]
                     if f["Check"] == check and f["Subject"] == subject), None)
    k.ok(level("service", "cam") == "OK" and level("service", "sick") == "FAULT" and
         level("service", "mute") == "FAULT", "services are looked at", out)
    k.ok(level("output", "cam/disk") == "WARNING" and level("output", "cam/main") == "WARNING" and
         "by its backup rtmp://127.0.0.2:1/live/***: primary URL: no answer" in out, "and outputs", out)
    k.ok(level("references", "cam") == "WARNING", "and references", out)
    k.ok(level("network", "127.0.0.1:1") == "FAULT", "a port that nobody listens on is a fault",
         out)
    k.ok(level("network", "127.0.0.2:1") == "WARNING", "so is that of a backup, which does no harm yet",
         out)
    k.ok(level("encoder") == "OK" and level("time") == "OK", "encoder and clock are good", out)
    k.ok(all(f["Advice"] or f["Means"] for f in found["Findings"] if f["Level"] != "OK"),
         "each fault has words about what to do", out)
    status, out, err = b.call("doctor")
    k.ok(status == 5 and "FAULT    service sick" in out and "To do: " in out and
         f"{found['Faults']} faults" in out, "the same for people", out)


def check_no_bus(b, k):
    p = k.spawn([k.programs["egmctl"], "watch", "cam"], env=b.env)
    wait_for(lambda: "cam: " in p.out())
    b.daemon.kill()
    k.ok(p.wait() == 1 and "the bus has gone" in p.err(), "watch ends with the bus", p.err())
    k.ok(b.call()[0] == 1, "nothing can be asked any more: exit status 1")
    status, out, err = b.call("cards", "--json")
    k.ok(status == 0 and isinstance(json.loads(out), list),
         "what is plugged in is told without a bus", out + err)
    status, out, err = b.call("doctor")
    k.ok(status == 5 and "FAULT    bus" in out, "doctor says that there is none", out + err)


def check_daemon(b, k):
    """The same with the service itself."""
    with open(k.programs["streamer"], "rb") as f:
        if b"org.egm.Recogniser1" not in f.read():
            k.skip("the service itself", "it is not on the bus")
            return
    s = k.serve("live", k.path("etc"),
                ["machine=egm-7", "video.device=pattern", "video.size=320x180", "video.rate=15",
                 "audio.device=tone"], {"file": k.path("live.ts")}, env=b.env)

    def card():
        status, out, _ = b.call("status", "--json", "live")
        return json.loads(out)[0] if status == 0 else {}

    def outputs():
        return {o["Name"]: o["State"] for o in card().get("Outputs", [])}
    k.ok(wait_for(lambda: card().get("InputLive") and outputs() == {"file": "running"}) and
         card()["Machine"] == "egm-7", "the service itself: it runs", s.process.err())
    status, out, err = b.call("snapshot", "-o", "live.jpg", "live")
    with open(k.path("live.jpg"), "rb") as f:
        k.ok(status == 0 and f.read(2) == b"\xff\xd8", "its snapshot is a JPEG", out + err)
    k.ok(b.call("stop", "live")[0] == 0 and wait_for(lambda: card()["State"] == "stopped"),
         "it is stopped", s.process.err())
    k.ok(b.call("start", "live")[0] == 0 and wait_for(lambda: outputs() == {"file": "running"}),
         "and started", s.process.err())
    status, out, err = b.call("output", "add", "live", "two", "-", stdin=k.path("two.ts").encode())
    k.ok(status == 0 and wait_for(lambda: outputs().get("two") == "running"),
         "an output is added", err)
    k.ok(b.call("output", "rm", "live", "two")[0] == 0 and "two" not in outputs(), "and removed")
    k.ok(b.call("bitrate", "live", "900k")[0] == 0 and card()["TargetBitrate"] == 900000,
         "its bitrate is set")
    for args in (["output", "rm", "live", "no"], ["bitrate", "live", "1k"],
                 ["learn", "live", "NOWHERE"], ["output", "add", "live", "x", "gopher://h/"]):
        status, out, err = b.call(*args)
        k.ok(status == 1 and err.startswith("egmctl: live: "), f"{args[:2]}: it says why not", err)
    k.ok(s.stop()[0] == 0 and b.call("status", "live")[0] == 3, "it is gone: exit status 3")


def run(k):
    b = Bench(k)
    cam = b.card("cam")
    b.card("--deny", "locked")
    b.card("--systemd")
    check_status(b, k)
    check_outputs(b, k, cam)
    check_changes(b, k, cam)
    check_snapshot(b, k, cam)
    check_watch(b, k)
    check_terminal(b, k)
    check_daemon(b, k)
    b.card("--silent", "mute")
    check_argv(b, k)
    check_refusals(b, k)
    check_programs(b, k)
    check_doctor(b, k)
    check_no_bus(b, k)
