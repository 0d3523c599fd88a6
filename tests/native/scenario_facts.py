# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known about an input, over all faces at once: a film that goes black, shows colour bars,
stands still, comes too slowly, and is well again; and a card that is not there, whose placeholder
tells nothing."""

import os
import pwd
import signal
import subprocess

import buses
import web
from kit import Service, settles, wait_for
from scenario_journal import WRAPPER, Journal, namespace

NAME = "org.egm.Streamer1.left"
PATH = "/org/egm/Streamer1"
PROPERTIES = "org.freedesktop.DBus.Properties"
STREAMER = "org.egm.Streamer1"

ODD_ID = "84e6815a351642dd8e827cfe30effa7b"
NORMAL_ID = "e022134b609c439abc75e7f8b615cf0a"
LOW_ID = "fb49a00271ed49a284512293aa7b815a"
GOOD_ID = "a018847fafd448d2a28748d79d964c1e"

# What a stream is in the words of the system before: nothing may be added.
ORIGINAL = {"name", "running", "pid", "fps", "bitrate", "speed", "frame", "drop_frames",
            "dup_frames", "uptime", "last_update"}

# Seconds of each; what comes too slowly is one picture in five.
FILM = """
testsrc2=s=320x180:r=25:d=4,format=yuv420p[a];
color=black:s=320x180:r=25:d=4,format=yuv420p[b];
testsrc2=s=320x180:r=25:d=3,format=yuv420p[c];
smptebars=s=320x180:r=25:d=4,format=yuv420p[d];
testsrc2=s=320x180:r=25:d=2,trim=end_frame=1,loop=loop=199:size=1,setpts=N/25/TB,format=yuv420p[e];
testsrc2=s=320x180:r=25:d=9,format=yuv420p[f];
[a][b][c][d][e][f]concat=n=6,select='lt(t,23)+not(mod(n,5))'
"""
ORDER = ["black", "bars", "frozen"]

CONFIG = """
log_level = "debug";
video: {{ device = "{film}"; loop = true; }};
audio: {{ device = "none"; }};
encoder: {{ preset = "ultrafast"; bitrate = "300k"; }};
facts: {{ after = "1s"; frozen = "2s"; }};
outputs = ( {{ name = "file"; url = "{output}"; }} );
"""


def make_film(k):
    """Without loss, so that what stands still does to the bit."""
    film = k.path("film.mkv")
    p = k.spawn(["ffmpeg", "-nostdin", "-v", "error", "-filter_complex", FILM.replace("\n", ""),
                 "-fps_mode", "passthrough", "-c:v", "ffv1", film])
    k.need(p.wait(120) == 0, "there is a film", p.err())
    return film


class Seen:
    """What one client hears of the properties."""

    def __init__(self, bus):
        self.client = bus.client()
        self.env = dict(os.environ, **bus.env)
        self.client.listen("type='signal',member='PropertiesChanged'")

    def get(self, name):
        return self.client.call(NAME, PATH, PROPERTIES, "Get", "ss", (STREAMER, name))[0]

    def told(self, name):
        return [s.args[1][name] for s in list(self.client.signals)
                if s.member == "PropertiesChanged" and name in s.args[1]]


def in_turn(values, wanted):
    """Are they among the values, in this order?"""
    rest = iter(values)
    return all(any(v == w for v in rest) for w in wanted)


def egmctl(k, bus, *words):
    return subprocess.run([k.programs["egmctl"], *words], env=dict(os.environ, **bus.env),
                          capture_output=True, text=True, check=False).stdout


def check_faces(k, s, site, seen):
    """The same over HTTP, in the status, on the bus, as figures, and in words."""
    found = {}

    def look():
        facts = site.value("/api/v1/signal")["facts"]
        fact = facts["picture"]
        if fact in ORDER and fact not in found:
            status = (s.status() or {}).get("facts", {})
            metrics = site.ask("GET", "/metrics").body.decode()
            words = egmctl(k, seen, "status", "left")
            if status.get("picture") == fact and seen.get("Picture") == fact and \
                    f'egm_streamer_picture{{card="left",picture="{fact}"}} 1' in metrics and \
                    f"picture {fact}" in words and f", {fact}" in words and \
                    f"live, {fact}" in egmctl(k, seen, "doctor"):
                found[fact] = facts
        return len(found) == len(ORDER)
    k.ok(wait_for(look, 120), "each fact is told by every face at once", [found, s.status()])
    k.ok(all(f["picture_since"] > 0 and f["signal"] == "unknown" for f in found.values()),
         "with its time, and apart from the signal, of which a film knows nothing", found)


def check_rate(k, s, site, seen):
    low = wait_for(lambda: (lambda f: f["rate"] == "low" and f)(
        site.value("/api/v1/signal")["facts"]), 120)
    k.ok(low and 3 < low["rate_measured"] < 8 and low["rate_promised"] == 25,
         "what comes too slowly is told with the figure", low or s.status())
    k.ok(wait_for(lambda: seen.get("Rate") == "low") and 3 < seen.get("RateMeasured") < 8,
         "on the bus as well")
    k.ok(wait_for(lambda: site.value("/api/v1/signal")["facts"]["rate"] == "ok", 60),
         "and that it is well again")


def check_watch(k, watch):
    """A line for each change, so each fact is one, and its end."""
    wanted = [f"input live 320x180 ffv1{f}" for o in (*ORDER, "too slow") for f in (f", {o}", "")]

    def lines():
        return [x.split("; ")[1] for x in watch.out().splitlines() if "; input" in x]
    k.ok(wait_for(lambda: in_turn(lines(), wanted)), "egmctl watch has a line for each", lines())


def check_signals(k, seen):
    wanted = [v for f in ORDER for v in (f, "normal")]
    k.ok(wait_for(lambda: in_turn(seen.told("Picture"), wanted)),
         "the bus signals each change, with its end", seen.told("Picture"))
    k.ok(wait_for(lambda: in_turn(seen.told("Rate"), ["low", "ok"])), "those of the rate, too",
         seen.told("Rate"))


def check_journal(k, journal):
    def lines():
        return [m for m in journal.messages if m.get("MESSAGE_ID") in (ODD_ID, NORMAL_ID)]
    facts = [m["EGM_PICTURE"] for m in lines()]
    k.ok(in_turn(facts, [v for f in ORDER for v in (f, "normal")]) and
         all(a != b for a, b in zip(facts, facts[1:])), "the journal has each once, with its end",
         facts)
    low = [m for m in journal.messages if m.get("MESSAGE_ID") in (LOW_ID, GOOD_ID)]
    k.ok(len(low) >= 2 and low[0]["MESSAGE_ID"] == LOW_ID and low[1]["MESSAGE_ID"] == GOOD_ID and
         3 < float(low[0]["EGM_RATE_MEASURED"]) < 8, "and the rate", low)


def check_events(k, site, stream):
    events = site.value("/api/v1/events", query={"limit": 100})["events"]
    facts = [e["picture"] for e in reversed(events) if e["type"] == "fact" and "picture" in e]
    k.ok(in_turn(facts, ORDER), "so do the events that pages show", events)
    k.ok(stream.wait(lambda e: e["event"] == "fact" and e["data"].get("picture") == "bars") and
         stream.wait(lambda e: e["event"] == "figures" and e["data"]["facts"]["picture"] == "bars"),
         "which are told as they happen, and each second what is so")
    stream.close()


def check_nothing_else(k, s, site, sessions):
    """Facts inform: the stream has not noticed, and the original's words are the original's."""
    streams = site.value("/api/streams")
    k.ok([set(v) for v in streams.values()] == [ORIGINAL],
         "the original's answers have nothing more in them", streams)
    status = s.status()
    k.ok(status["input_live"] and status["outputs"][0]["reconnects"] == sessions and
         status["input"]["opens"] == 1, "the stream has not noticed", status)


def check_off(k, s, site, text):
    """Nobody wants to know, by a reload."""
    s.write(text.replace("facts: {", "facts: { enabled = false;"))
    s.process.send(signal.SIGHUP)

    def gone():
        f = site.value("/api/v1/signal")["facts"]
        return f["picture"] == "unknown" and f["rate"] == "unknown"
    k.ok(wait_for(gone), "when nobody wants to know, nothing is known",
         site.value("/api/v1/signal"))


def check_placeholder(k, bus):
    """A card that is not there: that is a fact about its signal. What is sent instead stands nearly
    still, and tells nothing of the input's pictures."""
    s = Service(k, "right", k.path("etc"), env=bus.env)
    s.write(CONFIG.format(film="/dev/video99", output=k.path("none.ts")))
    s.start()
    site = site_of(k, s)
    k.ok(wait_for(lambda: (s.status() or {}).get("input", {}).get("placeholders", 0) > 150, 60),
         "a placeholder is sent for seconds", s.status())
    f = site.value("/api/v1/signal")["facts"]
    k.ok(f["picture"] == "unknown" and f["picture_since"] == 0 and f["rate"] == "unknown",
         "which tells nothing", f)
    k.ok(f["signal"] == "no-device" and f["signal_since"] > 0, "but that there is no device", f)
    events = [e for e in site.value("/api/v1/events")["events"] if e["type"] == "fact"]
    k.ok([e.get("signal") for e in events] == ["no-device"], "as the history has it, once", events)
    words = egmctl(k, bus, "status", "right")
    k.ok(", signal no-device" in words and "signal no-device; picture unknown" in words,
         "and egmctl", words)
    k.ok(s.stop()[0] == 0, "it ends when it shall")


def site_of(k, s):
    return web.Site(k, os.path.join(s.runtime, "http.sock"), "instance")


def run(k):
    command = namespace()
    journal = k.server(Journal(k.path("journal"))) if command else None
    bus = buses.Bus(k, pwd.getpwuid(os.getuid()).pw_name)
    text = CONFIG.format(film=make_film(k), output=k.path("out.ts"))
    s = Service(k, "left", k.path("etc"), env=bus.env,
                wrapper=[*command, "sh", "-c", WRAPPER, "sh", k.path("journal")] if command else ())
    s.write(text)
    seen = Seen(bus)
    s.start()
    site = site_of(k, s)
    k.need(wait_for(lambda: (s.status() or {}).get("input_live") and
                    buses.has_name(seen.client, NAME)), "the film runs", s.process.err())
    events = web.Events(site, "/api/v1/events/live")
    watch = k.spawn([k.programs["egmctl"], "watch", "left"], env=seen.env)
    check_faces(k, s, site, seen)
    k.need(settles(s.status), "the file is written", s.status())
    sessions = s.status()["outputs"][0]["reconnects"]
    check_rate(k, s, site, seen)
    check_signals(k, seen)
    check_watch(k, watch)
    watch.stop(signal.SIGINT)
    if journal:
        check_journal(k, journal)
    else:
        k.skip("the journal", "no mount namespace may be made here")
    check_events(k, site, events)
    check_nothing_else(k, s, site, sessions)
    check_off(k, s, site, text)
    check_placeholder(k, bus)
    k.ok(s.stop()[0] == 0, "and so does the film's")
