# SPDX-License-Identifier: GPL-2.0-or-later
"""`serve` on a system bus with the package's policy: what it shows is what the XML says, changes are
signalled and pictures are not, each method good and bad, the bus restarted, and polkit asked by a
daemon that is not root."""

import json
import os
import pwd
import shutil
import signal
import time
import xml.etree.ElementTree as ET

import buses
import scenario_detector
import wire
from kit import Failure, Service, wait_for

NAME = "org.egm.Streamer1.left"
PATH = "/org/egm/Streamer1"
STREAMER = "org.egm.Streamer1"
RECOGNISER = "org.egm.Recogniser1"
OUTPUT = "org.egm.Output1"
PROPERTIES = "org.freedesktop.DBus.Properties"
ERROR = "org.egm.Error."
XML = os.path.join(buses.top, "data/dbus/org.egm.Streamer1.xml")

SERVICE_USER = "daemon"   # stands for egm-streamer
ALLOWED_USER = "games"    # by a rule of the scenario's
REFUSED_USER = "mail"     # likewise
OTHER_USER = "nobody"     # whom no rule knows

DENIED = "Access denied"  # as busctl puts it

RULES = """polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.egm.streamer1.") != 0)
        return polkit.Result.NOT_HANDLED;
    if (subject.user == "%s")
        return polkit.Result.YES;
    if (subject.user == "%s")
        return polkit.Result.NO;
    return polkit.Result.NOT_HANDLED;
});
""" % (ALLOWED_USER, REFUSED_USER)

DETECTOR = """detector: { screen = "320x180"; refs = "%s"; states: {
    PATTERN: { rois = ( { name = "all"; x = 16; y = 16; w = 288; h = 148; } ); };
    OTHERS: { rois = ( { name = "all"; x = 16; y = 16; w = 288; h = 148; } ); };
}; numbers: { CREDIT: { x = 16; y = 100; w = 80; h = 20; format = "999.99"; }; }; };
"""


class Remote:
    """The instance as one client sees it."""

    def __init__(self, client, name=NAME):
        self.client = client
        self.name = name

    def call(self, member, signature="", *args, interface=STREAMER, path=PATH, **kwargs):
        return self.client.call(self.name, path, interface, member, signature, args, **kwargs)

    def teach(self, member, signature="", *args, **kwargs):
        return self.call(member, signature, *args, interface=RECOGNISER,
                         path=PATH + "/recogniser", **kwargs)

    def get(self, name, interface=STREAMER, path=PATH):
        return self.call("Get", "ss", interface, name, interface=PROPERTIES, path=path)[0]

    def recogniser(self, name):
        return self.get(name, RECOGNISER, PATH + "/recogniser")

    def error(self, call, *args, **kwargs):
        """The name of the error that a call ends with; None: it is good."""
        try:
            call(*args, **kwargs)
            return None
        except wire.Error as e:
            return e.name


# --- introspection ---

def interfaces_of(node):
    """Interfaces of ours as text that does not depend on order and spaces."""
    found = {}
    for i in node.iter("interface"):
        if not i.get("name").startswith("org.egm."):
            continue
        members = set()
        for m in i:
            if m.tag == "annotation":
                continue
            emits = [a.get("value") for a in m.iter("annotation")
                     if a.get("name").endswith("EmitsChangedSignal")]
            args = tuple((a.get("name"), a.get("type"),
                          a.get("direction", "in" if m.tag == "method" else "out"))
                         for a in m.iter("arg"))
            members.add((m.tag, m.get("name"), m.get("type"), m.get("access"),
                         emits[0] if emits else "true" if m.tag == "property" else None, args))
        found[i.get("name")] = members
    return found


def check_introspection(k, r):
    wanted = interfaces_of(ET.parse(XML).getroot())
    found = {}
    for path in PATH, PATH + "/recogniser", PATH + "/outputs/a":
        xml = r.call("Introspect", interface="org.freedesktop.DBus.Introspectable", path=path)[0]
        found.update(interfaces_of(ET.fromstring(xml)))
    for name in STREAMER, RECOGNISER, OUTPUT:
        k.ok(found.get(name) == wanted[name], f"{name} is what the XML says",
             sorted(map(str, found.get(name, set()) ^ wanted[name])))


# --- what is to be seen ---

def check_properties(k, r, s):
    every = dict(r.call("GetAll", "s", STREAMER, interface=PROPERTIES)[0])
    k.ok(every["Card"] == "left" and every["State"] == "running" and every["InputLive"] and
         every["InputSize"] == (320, 180) and every["EncoderSize"] == (320, 180) and
         every["Encoder"] and "EncoderReason" in every and
         every["TargetBitrate"] == 600000 and every["Outputs"] == [PATH + "/outputs/a"] and
         every["Problem"] == "", "properties say what there is", every)
    managed = r.call("GetManagedObjects", interface="org.freedesktop.DBus.ObjectManager")[0]
    k.ok({PATH + "/recogniser", PATH + "/outputs/a"} <= set(managed) and
         managed[PATH + "/outputs/a"][OUTPUT]["Name"] == "a", "all objects are listed", managed)
    k.ok(json.loads(r.call("GetStatus")[0])["card"] == s.status()["card"],
         "GetStatus is status.json")
    begin = r.get("Frames")
    k.ok(wait_for(lambda: r.get("Frames") > begin), "figures go on")


def changes(client, name):
    return [x for x in client.signals if x.member == "PropertiesChanged" and name in x.args[1]]


def check_quiet(k, r):
    """Two seconds of pictures, and not a word about them."""
    client = r.client
    wait_for(lambda: r.get("SoundLive"))
    begin, frames = time.monotonic(), r.get("Frames")
    wait_for(lambda: r.get("Frames") > frames + 60)
    seen = [x for x in client.signals if x.time > begin + 0.5]
    k.ok(len(seen) <= 2, "no signal for a picture", seen)


def output_frames(r, name):
    return r.get("Frames", OUTPUT, f"{PATH}/outputs/{name}")


# --- methods ---

def check_outputs(k, r, client):
    second = k.path("out", "b.ts")
    k.ok(r.call("AddOutput", "ss", "b", second)[0] == PATH + "/outputs/b", "AddOutput: its path")
    k.ok(client.wait_signal(lambda x: x.member == "InterfacesAdded" and
                            x.args[0] == PATH + "/outputs/b"), "InterfacesAdded")
    k.ok(client.wait_signal(lambda x: x.member == "OutputChanged" and
                            x.args == ("b", "running", "")), "OutputChanged: running",
         client.signals[-5:])
    # It may run already when it is shown.
    k.ok(client.wait_signal(
        lambda x: (x.member == "PropertiesChanged" and x.args[0] == OUTPUT and
                   x.args[1].get("State") == "running") or
        (x.member == "InterfacesAdded" and x.args[0] == PATH + "/outputs/b" and
         x.args[1].get(OUTPUT, {}).get("State") == "running")), "its State is signalled",
        client.signals[-5:])
    k.ok(wait_for(lambda: output_frames(r, "b") > 10), "it sends")
    k.ok(r.error(r.call, "AddOutput", "ss", "b", second) == ERROR + "OutputExists", "twice: refused")
    k.ok(r.error(r.call, "AddOutput", "ss", "B!", second) == ERROR + "BadName", "a bad name")
    k.ok(r.call("AddPrimaryOutput", "ss", "p", k.path("out", "p.ts"))[0] == PATH + "/outputs/p",
         "AddPrimaryOutput: its path")
    r.call("RemoveOutput", "s", "p")
    k.ok(r.error(r.call, "AddOutput", "ss", "c", "ftp://x/y") == ERROR + "BadUrl", "a bad URL")
    k.ok(r.error(r.call, "AddOutput", "ss", "c", "srt://x:1?passphrase=${credential:k}") ==
         ERROR + "BadUrl", "no way to credentials")
    for i in range(14):
        r.call("AddOutput", "ss", f"n{i}", k.path("out", f"n{i}.ts"))
    k.ok(r.error(r.call, "AddOutput", "ss", "more", k.path("out", "m.ts")) == ERROR + "TooManyOutputs",
         "not more than there may be")
    for i in range(14):
        r.call("RemoveOutput", "s", f"n{i}")
    r.call("RemoveOutput", "s", "b")
    k.ok(client.wait_signal(lambda x: x.member == "InterfacesRemoved" and
                            x.args[0] == PATH + "/outputs/b"), "InterfacesRemoved")
    k.ok(r.error(r.call, "RemoveOutput", "s", "b") == ERROR + "NoSuchOutput", "gone is gone")
    k.ok(r.get("Outputs") == [PATH + "/outputs/a"], "the first one stays")


def check_secrets(k, r):
    r.call("AddOutput", "ss", "secret", "srt://127.0.0.1:9?passphrase=verysecretword")
    url = r.get("Url", OUTPUT, PATH + "/outputs/secret")
    k.ok("verysecret" not in url and "127.0.0.1" in url, "secrets of URLs are masked", url)
    r.call("RemoveOutput", "s", "secret")


def check_stop(k, r):
    r.call("Stop")
    k.ok(r.get("State") == "stopped" and r.get("Outputs") == [], "Stop: no outputs")
    k.ok(wait_for(lambda: r.get("EncoderSize") == (0, 0)), "the encoder sleeps")
    k.ok(r.get("InputLive"), "the card is still read")
    decided = r.recogniser("Decisions")
    k.ok(wait_for(lambda: r.recogniser("Decisions") > decided), "and recognised")
    r.call("Start")
    k.ok(wait_for(lambda: r.get("State") == "running" and output_frames(r, "a") > 10),
         "Start: they are back")
    opens = json.loads(r.call("GetStatus")[0])["input"]["opens"]
    r.call("Restart")
    k.ok(wait_for(lambda: json.loads(r.call("GetStatus")[0])["input"]["opens"] > opens),
         "Restart: the card is opened anew")
    k.ok(wait_for(lambda: r.get("State") == "running" and r.get("InputLive") and
                  output_frames(r, "a") > 10), "and the outputs")


def check_bitrate(k, r, client):
    r.call("SetBitrate", "t", 800000)
    k.ok(r.get("TargetBitrate") == 800000 and
         client.wait_signal(lambda x: x.member == "PropertiesChanged" and
                            x.args[1].get("TargetBitrate") == 800000),
         "SetBitrate, and it is signalled")
    k.ok(r.error(r.call, "SetBitrate", "t", 5) == ERROR + "BadBitrate" and
         r.error(r.call, "SetBitrate", "t", 2 ** 63) == ERROR + "BadBitrate" and
         r.get("TargetBitrate") == 800000, "not out of bounds")


def check_reload(k, r, s, good):
    s.write(good.replace('"600k"', '"700k"').replace('size =', 'rate = 500; size ='))
    try:
        r.call("Reload")
        k.ok(False, "a bad configuration is refused")
    except wire.Error as e:
        k.ok(e.name == ERROR + "ConfigurationBad" and "left.conf:" in e.words and
             "video.rate" in e.words, "Reload of a bad configuration: place and words", e)
    k.ok(r.get("Problem") != "" and r.get("TargetBitrate") == 800000, "it goes on as before")
    s.write(good + "\nrole = \"cam\";\n")
    r.call("Reload")
    k.ok(r.get("Role") == "cam" and r.get("Problem") == "" and r.get("TargetBitrate") == 600000,
         "Reload of a good one: in use when it answers")


def snapshot(r, fd, quality=80, **kwargs):
    return r.call("Snapshot", "hu", 0, quality, fds=(fd,), **kwargs)


def check_snapshot(k, r):
    path = k.path("still.jpg")
    with open(path, "wb") as f:
        width, height, when = snapshot(r, f.fileno())
    data = open(path, "rb").read()
    k.ok((width, height) == (320, 180) and abs(when / 1e6 - time.time()) < 60 and
         data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9", "Snapshot into a file",
         [width, height, when, len(data)])
    with open(path, "wb") as f:
        snapshot(r, f.fileno(), 5)
    k.ok(0 < os.path.getsize(path) < len(data), "a lower quality is smaller")
    out, into = os.pipe()
    serial = r.client.send(NAME, PATH, STREAMER, "Snapshot", "hu", (0, 90), fds=(into,))
    os.close(into)
    piped = b""
    while more := os.read(out, 65536):
        piped += more
    os.close(out)
    r.client.answer(serial)
    k.ok(piped[:2] == b"\xff\xd8" and piped[-2:] == b"\xff\xd9", "and into a pipe, which then ends")
    with open(path, "rb") as f:
        k.ok(r.error(snapshot, r, f.fileno()) == "org.freedesktop.DBus.Error.InvalidArgs",
             "a file that cannot be written")
    with open("/dev/null", "wb") as f:
        k.ok(r.error(snapshot, r, f.fileno()) == ERROR + "Io", "a device")
        k.ok(r.error(snapshot, r, f.fileno(), 0) == ERROR + "BadQuality" and
             r.error(snapshot, r, f.fileno(), 101) == ERROR + "BadQuality", "a bad quality")


def check_full_pipes(k, r):
    """Readers who do not read: others are told so, and nothing else waits."""
    pipes = [os.pipe() for _ in range(3)]
    for _, into in pipes:
        os.set_blocking(into, False)
        try:
            while os.write(into, bytes(65536)):
                pass
        except BlockingIOError:
            os.set_blocking(into, True)
    serials = [r.client.send(NAME, PATH, STREAMER, "Snapshot", "hu", (0, 100), fds=(into,))
               for _, into in pipes]
    frames = r.get("Frames")
    k.ok(r.error(r.client.answer, serials[2], 10) == ERROR + "Busy", "more than two at once: Busy")
    k.ok(wait_for(lambda: r.get("Frames") > frames + 15), "pictures go on meanwhile")
    k.ok([r.error(r.client.answer, x) for x in serials[:2]] == [ERROR + "Io"] * 2,
         "pipes that nobody reads: given up")
    for out, into in pipes:
        os.close(out)
        os.close(into)
    with open(k.path("again.jpg"), "wb") as f:
        k.ok(r.error(snapshot, r, f.fileno()) is None, "then there is room again")


def check_teaching(k, r, client, refs):
    k.ok(sorted(r.recogniser("States")) == ["OTHERS", "PATTERN"] and
         r.recogniser("Mode") == "better" and r.recogniser("References") == 0,
         "rules without references")
    name = r.teach("Learn", "s", "PATTERN")[0]
    k.ok(name.startswith("ref_") and os.path.getsize(os.path.join(refs, "PATTERN", name)) > 0,
         "Learn: a file in its folder", name)
    k.ok(wait_for(lambda: r.recogniser("References") == 1), "it is taken up by itself")
    change = client.wait_signal(lambda x: x.member == "StateChanged" and x.args[0] == "PATTERN")
    k.ok(change and change.args[4] > 10 ** 15 and change.args[3] < change.args[4],
         "StateChanged: what was taught is recognised", [change] + client.signals[-4:])
    k.ok(wait_for(lambda: r.recogniser("State") == "PATTERN") and
         client.wait_signal(lambda x: x.member == "PropertiesChanged" and
                            x.args[0] == RECOGNISER and x.args[1].get("State") == "PATTERN"),
         "State and its signal")
    again = r.teach("Learn", "s", "PATTERN")[0]
    listed = r.teach("ListReferences", "s", "")[0]
    k.ok(sorted(x[1] for x in listed) == sorted([name, again]) and
         all(x[0] == "PATTERN" and x[2] > 0 and x[3] > 10 ** 15 for x in listed),
         "ListReferences", listed)
    k.ok(r.teach("ListReferences", "s", "OTHERS")[0] == [], "of a state without any")
    explained = json.loads(r.teach("Explain")[0])
    k.ok("states" in explained and "PATTERN" in json.dumps(explained), "Explain", explained)
    for bad in "../PATTERN/" + name, "/etc/passwd", "..", "credits.json", "no.jpg", "x" * 300:
        k.ok(r.error(r.teach, "DeleteReference", "ss", "PATTERN", bad) ==
             ERROR + "NoSuchReference", f"DeleteReference of {bad[:20]}")
    for state in "NOBODY", "..", "", "PATTERN/../OTHERS":
        k.ok(r.error(r.teach, "Learn", "s", state) == ERROR + "NoSuchState" and
             r.error(r.teach, "DeleteReference", "ss", state, name) == ERROR + "NoSuchState",
             f"a state \"{state}\"")
    k.ok(r.error(r.teach, "ListReferences", "s", "NOBODY") == ERROR + "NoSuchState",
         "ListReferences of no state")
    folder = os.path.join(refs, "OTHERS")
    os.makedirs(folder)
    for i in range(64):
        shutil.copy(os.path.join(refs, "PATTERN", name), os.path.join(folder, f"{i}.jpg"))
    k.ok(r.error(r.teach, "Learn", "s", "OTHERS") == ERROR + "TooManyReferences",
         "not more than are looked at")
    shutil.rmtree(folder)
    for x in name, again:
        r.teach("DeleteReference", "ss", "PATTERN", x)
    k.ok(os.listdir(os.path.join(refs, "PATTERN")) == [] and
         wait_for(lambda: r.recogniser("References") == 0), "DeleteReference")
    k.ok(r.error(r.teach, "ReloadReferences") is None, "ReloadReferences")


def check_number_refused(k, r, s):
    for text in "one", "", "12345", "1.5", "123.456", "-12.34", "1" * 300, "９９９.９９":
        k.ok(r.error(r.teach, "TellNumber", "ss", "CREDIT", text) == ERROR + "BadNumber",
             f"TellNumber: \"{text[:20]}\" is not of the format")
    for name in "NONE", "", "credit", "X" * 300:
        k.ok(r.error(r.teach, "TellNumber", "ss", name, "123.45") == ERROR + "NoSuchNumber",
             f"TellNumber of \"{name[:20]}\"")
    try:
        r.teach("TellNumber", "ss", "CREDIT", "12345")
    except wire.Error as e:
        k.ok("999.99" in e.words and "12345" in e.words, "the words say the format", e)
    k.ok("told" not in s.process.err(), "none of that goes further", s.process.err())
    k.ok(r.teach("TellNumber", "ss", "CREDIT", "123.45")[0] == "next-picture",
         "TellNumber: the next picture will be looked at")
    k.ok(wait_for(lambda: "CREDIT: 123.45, as told, is not what is to be seen" in s.process.err()),
         "which does not show that", s.process.err())


def check_manners(k, r, bus):
    dbus = "org.freedesktop.DBus.Error."
    k.ok(r.error(r.call, "Nothing") == dbus + "UnknownMethod", "an unknown method")
    k.ok(r.error(r.call, "SetBitrate", "s", "many") == dbus + "InvalidArgs", "a wrong signature")
    k.ok(r.error(r.call, "Start", path=PATH + "/outputs/nobody") in
         (dbus + "UnknownObject", dbus + "UnknownMethod"), "an unknown object")
    k.ok(r.error(r.get, "Nothing") == dbus + "UnknownProperty", "an unknown property")
    k.ok(r.error(r.call, "Set", "ssv", STREAMER, "Role", ("s", "x"), interface=PROPERTIES) ==
         dbus + "PropertyReadOnly", "a property that is not to be set")
    k.ok(r.error(r.client.call, "org.egm.Streamer1.right", PATH, STREAMER, "GetStatus") ==
         dbus + "ServiceUnknown", "a card that is not there")
    for argv in (["busctl", "--system", "introspect", NAME, PATH],
                 ["busctl", "--system", "get-property", NAME, PATH, STREAMER, "State"],
                 ["gdbus", "call", "--system", "--dest", NAME, "--object-path", PATH, "--method",
                  STREAMER + ".GetStatus"]):
        status, out, err = bus.tool(*argv)
        k.ok(status == 0 and out, " ".join(argv[:4:3]), err)


def check_log_control(k, r):
    def log(member, *args):
        return r.call(member, *args, interface=PROPERTIES, path="/org/freedesktop/LogControl1")
    interface = "org.freedesktop.LogControl1"
    every = dict(log("GetAll", "s", interface)[0])
    k.ok(every == {"LogLevel": "info", "LogTarget": "console", "SyslogIdentifier": "egm-streamer"},
         "LogControl1", every)
    log("Set", "ssv", interface, "LogLevel", ("s", "debug"))
    k.ok(log("Get", "ss", interface, "LogLevel")[0] == "debug", "the level is set")
    log("Set", "ssv", interface, "LogLevel", ("s", "info"))
    dbus = "org.freedesktop.DBus.Error."
    k.ok(r.error(log, "Set", "ssv", interface, "LogLevel", ("s", "loud")) == dbus + "InvalidArgs"
         and r.error(log, "Set", "ssv", interface, "LogTarget", ("s", "kmsg")) ==
         dbus + "NotSupported" and
         r.error(log, "Set", "ssv", interface, "SyslogIdentifier", ("s", "x")) ==
         dbus + "PropertyReadOnly", "to what there is only")


# --- the bus itself ---

def check_restart(k, bus, s):
    frames = s.status()["frame"]
    bus.stop()
    k.ok(wait_for(lambda: s.status()["frame"] > frames + 30), "without a bus the stream goes on")
    bus.start()
    r = Remote(bus.client())
    k.ok(wait_for(lambda: buses.has_name(r.client, NAME)), "the bus is back, and so is the name",
         s.process.err())
    k.ok(r.get("State") == "running" and r.get("Name", OUTPUT, PATH + "/outputs/a") == "a",
         "with all objects")
    r.client.listen("type='signal'")
    r.call("SetBitrate", "t", 650000)
    k.ok(r.client.wait_signal(lambda x: x.member == "PropertiesChanged"), "and signals")
    k.ok(s.process.err().count("No control by D-Bus") == 1, "its absence was logged once",
         s.process.err())
    return r


def check_lost(k, bus, clip, user):
    """An instance whose input comes and goes, and that recognises nothing."""
    source = k.path("source.ts")
    s = Service(k, "right", k.path("etc"), env=bus.env)
    s.write('video: { device = "%s"; loop = true; };\naudio: { device = "none"; };\n' % source)
    if user:
        for f in s.runtime, s.state:
            give(user, f)
        s.wrapper = buses.as_user(user)
    s.start()
    client = bus.client()
    client.listen("type='signal'")
    r = Remote(client, "org.egm.Streamer1.right")
    if not wait_for(lambda: buses.has_name(client, r.name)):
        raise Failure(s.process.err())
    k.ok(wait_for(lambda: not r.get("InputLive") and r.get("InputReason")),
         "no input, with a reason")
    with open(k.path("none.jpg"), "wb") as f:
        k.ok(r.error(snapshot, r, f.fileno()) == ERROR + "NoPicture", "Snapshot: no picture")
    k.ok(r.recogniser("Mode") == "" and r.recogniser("States") == [] and
         r.error(r.teach, "Explain") == ERROR + "NotRecognising" and
         r.error(r.teach, "Learn", "s", "PATTERN") == ERROR + "NotRecognising" and
         r.error(r.teach, "ReloadReferences") == ERROR + "NotRecognising" and
         r.error(r.teach, "ListReferences", "s", "") == ERROR + "NotRecognising" and
         r.error(r.teach, "TellNumber", "ss", "CREDIT", "1") == ERROR + "NotRecognising",
         "without rules there is nothing to be taught")
    shutil.copy(clip, source + ".new")
    os.rename(source + ".new", source)
    k.ok(client.wait_signal(lambda x: x.member == "SignalChanged" and x.args == (True, "")),
         "SignalChanged: there it is", s.process.err())
    with open(k.path("some.jpg"), "wb") as f:
        k.ok(r.error(snapshot, r, f.fileno()) is None, "and a picture of it")
    os.unlink(source)
    r.call("Restart")
    k.ok(client.wait_signal(lambda x: x.member == "SignalChanged" and not x.args[0] and x.args[1]),
         "SignalChanged: it is lost", client.signals[-5:])
    k.ok(s.stop()[0] == 0, "it ends when it shall")


def check_number_learnt(k, bus, user):
    """A number that stands still, whose font nobody knows."""
    clip, refs = k.path("still.mkv"), k.path("refs-number")
    k.spawn(["ffmpeg", "-nostdin", "-v", "error", "-ss", "3.3", "-t", "1.5", "-i",
             scenario_detector.CLIP, "-c:v", "ffv1", clip]).wait()
    os.makedirs(refs)
    s = Service(k, "number", k.path("etc"), env=bus.env)
    s.write(scenario_detector.config(refs, video=clip))
    if user:
        for f in s.runtime, s.state, refs:
            give(user, f)
        s.wrapper = buses.as_user(user)
    s.start()
    client = bus.client()
    client.listen("type='signal'")
    r = Remote(client, "org.egm.Streamer1.number")
    if not wait_for(lambda: buses.has_name(client, r.name)):
        raise Failure(s.process.err())
    k.ok(wait_for(lambda: r.get("InputLive") and r.recogniser("Decisions") > 0), "it runs",
         s.process.err())
    k.ok(r.teach("TellNumber", "ss", "CREDIT", "50274")[0] == "next-picture",
         "TellNumber: it will be learnt from the next picture")
    k.ok(wait_for(lambda: "CREDIT: learnt from 50274, as told" in s.process.err()), "and is",
         s.process.err())
    k.ok(client.wait_signal(lambda x: x.member == "NumberChanged" and
                            x.args[:2] == ("CREDIT", "50274")) and
         wait_for(lambda: dict(r.recogniser("Numbers")).get("CREDIT") == "50274"),
         "it is read from then on", s.process.err())
    k.ok(wait_for(lambda: os.path.exists(os.path.join(refs, "digits.json"))),
         "and is known after a restart", os.listdir(refs))
    os.unlink(clip)
    r.call("Restart")
    k.ok(wait_for(lambda: not r.get("InputLive")) and
         r.error(r.teach, "TellNumber", "ss", "CREDIT", "50274") == ERROR + "NoPicture",
         "without a picture nothing is noted")
    k.ok(s.stop()[0] == 0, "it ends")


# --- polkit ---

def busctl(bus, user, *words):
    """The error's words, "" when the call is good."""
    status, _, err = bus.tool("busctl", "--system", "call", NAME, PATH, STREAMER, *words, user=user)
    return "" if status == 0 else err


def check_polkit(k, bus, r, s):
    k.ok(DENIED in busctl(bus, OTHER_USER, "SetBitrate", "t", "500000") and
         r.get("TargetBitrate") != 500000, "without polkit others are refused")
    polkit = buses.Polkit(k, bus, SERVICE_USER, RULES)
    k.ok(busctl(bus, OTHER_USER, "GetStatus") == "", "everybody may look")
    k.ok(busctl(bus, "root", "SetBitrate", "t", "510000") == "" and
         r.get("TargetBitrate") == 510000, "root may")
    k.ok(busctl(bus, ALLOWED_USER, "SetBitrate", "t", "520000") == "" and
         r.get("TargetBitrate") == 520000, "whom a rule allows may", s.process.err())
    said = busctl(bus, REFUSED_USER, "SetBitrate", "t", "530000")
    k.ok(DENIED in said and r.get("TargetBitrate") == 520000, "whom it refuses not", said)
    said = busctl(bus, OTHER_USER, "SetBitrate", "t", "540000")
    k.ok("nteractive auth" in said and r.get("TargetBitrate") == 520000,
         "others would need a password", said)
    for member in "Start", "Stop", "Restart", "Reload":
        k.ok(DENIED in busctl(bus, REFUSED_USER, member), f"{member} is guarded")
    for member, *words in (("Learn", "s", "PATTERN"), ("ReloadReferences",),
                           ("DeleteReference", "ss", "PATTERN", "x.jpg"),
                           ("TellNumber", "ss", "CREDIT", "123.45")):
        status, _, err = bus.tool("busctl", "--system", "call", NAME, PATH + "/recogniser",
                                  RECOGNISER, member, *words, user=REFUSED_USER)
        k.ok(status != 0 and DENIED in err, f"{member} is guarded", err)
    for member, *words in (("AddOutput", "ss", "x", "/tmp/x.ts"),
                           ("AddPrimaryOutput", "ss", "x", "/tmp/x.ts"), ("RemoveOutput", "s", "a")):
        k.ok(DENIED in busctl(bus, REFUSED_USER, member, *words), f"{member} is guarded")
    status, _, err = bus.tool("busctl", "--system", "set-property", NAME,
                              "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1",
                              "LogLevel", "s", "debug", user=ALLOWED_USER)
    k.ok(status != 0 and DENIED in err, "the log level is root's", err)
    polkit.stopped(True)
    waiting = k.spawn([*buses.as_user(ALLOWED_USER), "busctl", "--system", "call", NAME, PATH,
                       STREAMER, "SetBitrate", "t", "550000"], env=dict(os.environ, **bus.env))
    frames, sent = r.get("Frames"), output_frames(r, "a")
    k.ok(wait_for(lambda: r.get("Frames") > frames + 30 and output_frames(r, "a") > sent + 30) and
         waiting.alive(), "pictures go on while polkit thinks")
    polkit.stopped(False)
    k.ok(waiting.wait() == 0 and r.get("TargetBitrate") == 550000, "and then it is done",
         waiting.err())


# --- all of it ---

def give(user, folder):
    entry = pwd.getpwnam(user)
    for top, _, files in os.walk(folder):
        for path in [top] + [os.path.join(top, f) for f in files]:
            os.chown(path, entry.pw_uid, entry.pw_gid)


def start(k, bus, user):
    refs, out = k.path("refs"), k.path("out")
    for f in refs, out:
        os.makedirs(f)
    s = Service(k, "left", k.path("etc"), env=bus.env)
    good = ('video: { device = "pattern"; size = "320x180"; };\naudio: { device = "tone"; };\n'
            'encoder: { bitrate = "600k"; };\n'
            f'outputs = ( {{ name = "a"; url = "{out}/a.ts"; }} );\n' + DETECTOR % refs)
    s.write(good)
    if user:
        for f in s.runtime, s.state, refs, out:
            give(user, f)
        s.wrapper = buses.as_user(user)
    s.start()
    return s, good, refs


def run(k):
    user = SERVICE_USER if buses.have_mounts() else None
    bus = buses.Bus(k, user or pwd.getpwuid(os.getuid()).pw_name)
    s, good, refs = start(k, bus, user)
    client = bus.client()
    client.listen("type='signal'")
    r = Remote(client)
    k.need(wait_for(lambda: buses.has_name(client, NAME)), "the name is there", s.process.err())
    k.need(wait_for(lambda: r.get("InputLive") and r.get("State") == "running" and
                    output_frames(r, "a") > 0), "it runs", s.process.err())
    check_introspection(k, r)
    check_properties(k, r, s)
    check_quiet(k, r)
    check_outputs(k, r, client)
    check_secrets(k, r)
    check_bitrate(k, r, client)
    check_reload(k, r, s, good)
    check_snapshot(k, r)
    check_full_pipes(k, r)
    check_teaching(k, r, client, refs)
    check_number_refused(k, r, s)
    check_stop(k, r)
    check_manners(k, r, bus)
    check_log_control(k, r)
    r = check_restart(k, bus, s)
    if user:
        check_polkit(k, bus, r, s)
    else:
        k.skip("polkit", "only root can give it rules")
    frames = s.status()["frame"]
    bus.process.send(signal.SIGSTOP)
    k.ok(wait_for(lambda: s.status()["frame"] > frames + 60), "a bus that hangs is no trouble")
    status, _ = s.stop()
    k.ok(status == 0, "nor at the end", s.process.err())
    bus.process.send(signal.SIGCONT)
    check_lost(k, bus, k.path("out", "a.ts"), user)
    check_number_learnt(k, bus, user)
