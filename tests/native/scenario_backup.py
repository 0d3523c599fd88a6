# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that behaves as SRS does: a stream that is still taken after a cut, kicks, redirections,
vhost and token, refusals. And outputs with backups: away from a server that is frozen, and back to
it without a loss."""

import signal
import time

import packets
import peers
from kit import LIMIT, Service, quoted, read_text, wait_for
from srs import Srs

VALUES = ["video.device=pattern", "audio.device=tone", "video.size=320x180",
          "encoder.bitrate=800k"]
HOLD = 7  # seconds for which a server holds the stream of a session that was cut
RELEASE_LIMIT = 1  # … and after that
SWITCH_LIMIT = 5
STOP_LIMIT = 2
TOKEN = "t0ken-s3cret"
SWITCHED = " uses its "


def output(service, name):
    status = service.status()
    return next((o for o in status["outputs"] if o["name"] == name), {}) if status else {}


def is_running(service, name, backup=0):
    o = output(service, name)
    return o.get("state") == "running" and o["backup"] == backup and o


def url_of(server, stream):
    return f"rtmp://127.0.0.1:{server.port}/live?vhost=prod/{stream}?token={TOKEN}"


def check_cut(k, service, server, name, says):
    """Both are cut at the same time; here is what becomes of one."""
    released = server.taken_until
    k.need(wait_for(lambda: len(server.starts) == 2), f"{name}: publishes again",
           [server.asked, service.process.err()])
    late = server.starts[1] - released
    k.ok(0 <= late <= RELEASE_LIMIT, f"{name}: at most {RELEASE_LIMIT} s after the stream's release",
         late)
    refused = [when for when, why in server.asked if why]
    k.ok(3 <= len(refused) <= 2 * HOLD + 8, f"{name}: having asked now and then", len(refused))
    if says:
        k.ok("the server says: NetStream.Publish.BadName: rtmp: stream *** is busy" in
             output(service, name)["last_error"], f"{name}: the reason is in the status",
             output(service, name))
        k.ok("NetStream.Publish.BadName" in service.process.err(), f"{name}: and in the journal",
             service.process.err())


def run_srs(k):
    says, mute = k.server(Srs(TOKEN, "prod", hold=HOLD)), k.server(
        Srs(TOKEN, "prod", says=False, hold=HOLD))
    kicks, target, denies = k.server(Srs()), k.server(Srs()), k.server(Srs("other-token"))
    sends = k.server(Srs(redirect=f"rtmp://127.0.0.1:{target.port}/live"))
    beside = k.path("beside.ts")
    s = k.serve("srs", k.path("etc-srs"), VALUES, {
        "says": url_of(says, "egm-says"), "mute": url_of(mute, "egm-mute"),
        "kicked": kicks.url("egm-kick"), "sent": sends.url("sent-on"), "denied": url_of(denies, "egm-denied"),
        "beside": beside})
    published = (says, mute, kicks, target)
    k.need(wait_for(lambda: all(p.starts and p.sessions[-1] for p in published)),
           "the stream is published", s.process.err())
    k.ok(says.seen[0] == ("prod", "live", "egm-says", TOKEN),
         "vhost and token are read where SRS reads them", says.seen)
    k.ok(target.seen[0][2] == "sent-on", "a redirection is followed", target.seen)
    # Sessions that have lasted longer than OUTPUT_BRIEF_USEC are no refusals.
    wait_for(lambda: all(time.monotonic() - p.starts[0] > 2.1 for p in published))
    says.cut()
    mute.cut()
    kicks.kick("kicked by the operator")
    k.ok(wait_for(lambda: len(kicks.starts) == 2), "a kick: publishes again", kicks.asked)
    k.ok("the server says: NetConnection.Connect.Closed: kicked by the operator" in
         s.process.err(), "and says why it was", s.process.err())
    k.ok(wait_for(lambda: "NetStream.Publish.Denied" in output(s, "denied").get("last_error", "")) and
         not denies.starts, "a token that is wrong is refused, with the reason", output(s, "denied"))
    check_cut(k, s, says, "says", True)
    check_cut(k, s, mute, "mute", False)
    k.ok(wait_for(lambda: all(is_running(s, n) for n in ("says", "mute", "kicked", "sent"))),
         "all that can run do", s.status())
    k.ok(TOKEN not in s.process.err() + read_text(s.runtime + "/status.json"),
         "no token is shown", s.process.err())
    k.ok(output(s, "beside")["dropped"] == 0 and output(s, "beside")["failures"] == 0,
         "the file beside them loses nothing", output(s, "beside"))
    status, seconds = s.stop()
    k.ok(status == 0 and seconds <= STOP_LIMIT, "ends soon after SIGTERM", f"{status} {seconds:.2f}")
    k.ok_decodes(k.look(beside), "the file beside them")


def configure(s, sets, urls, beside):
    """One output with backups, and a file."""
    names = ["url", "backup", "backup2", "backup3"]
    pairs = " ".join(f"{n} = {quoted(u)};" for n, u in zip(names, urls))
    s.configure(VALUES + sets, {"beside": beside})
    text = read_text(f"{s.config}/cards/{s.card}.conf")
    s.write(text.replace("outputs = ( ", f'outputs = ( {{ name = "main"; {pairs} }}, '))


def numbers_of(k, path):
    return [p["number"] for p in k.pictures(path)[0]]


def check_switch(k, s, nginx, backup):
    begin = time.monotonic()
    nginx.process.send(signal.SIGSTOP)
    k.need(wait_for(lambda: backup.first_pictures), "frozen: the backup gets the stream",
           s.process.err())
    late = backup.first_pictures[0] - begin
    print(f"# the backup is used {late:.1f} s after the loss", flush=True)
    k.ok(late <= 2 * SWITCH_LIMIT, f"within {SWITCH_LIMIT} s of the loss, on a busy host twice that", late)
    o = wait_for(lambda: is_running(s, "main", 1))
    k.ok(o and o["url_in_use"] == f"rtmp://127.0.0.1:{backup.port}/live/***" and
         "took no data" in o["url_reason"], "the status says which and why",
         output(s, "main"))
    k.ok(s.process.says(SWITCHED) and wait_for(lambda: output(s, "main")["switches"] == 1),
         "once it has held for a moment, it counts", output(s, "main"))
    said = s.process.err()
    k.ok(f"Output main uses its backup URL 1 now, rtmp://127.0.0.1:{backup.port}/live/***" in said,
         "and so does the journal", said)


def check_return(k, s, nginx, backup):
    k.ok(is_running(s, "main", 1), "no return to what does not answer", output(s, "main"))
    begin = time.monotonic()
    nginx.process.send(signal.SIGCONT)
    k.need(wait_for(lambda: is_running(s, "main", 0)), "back to the primary", s.process.err())
    k.ok(time.monotonic() - begin >= 2, "once it has been good for a while")
    k.ok("has been good for 2 s" in output(s, "main")["url_reason"], "and says so",
         output(s, "main"))
    k.need(nginx.grows("live"), "it gets the stream")
    path = k.path("backup.flv")
    backup.write_flv(list(backup.sessions[0]), path)
    before, after = numbers_of(k, path), numbers_of(k, nginx.records("live")[-1])
    k.ok(before and after and after[0] == before[-1] + 1, "no picture is lost on the way back",
         [before[-3:], after[:3]])
    first = packets.flv_pictures(list(backup.sessions[0]))[0]
    k.ok(packets.starts_decodable(first[1]), "each begins with SPS, PPS, IDR", first)


def run_backup(k):
    nginx, backup = k.nginx(), k.server(peers.RtmpServer())
    s = Service(k, "backup", k.path("etc-backup"))
    configure(s, ["output.backup_return=2s", "output.backup_after=2s"],
              [nginx.url("live"), backup.url(), "rtmp://127.0.0.1:1/live/never"], k.path("file.ts"))
    s.start()
    k.need(wait_for(lambda: is_running(s, "main")) and nginx.grows("live"), "the primary is used",
           s.process.err())
    k.ok(output(s, "main")["url_reason"] == "" and not backup.accepted, "and no backup is touched",
         output(s, "main"))
    check_switch(k, s, nginx, backup)
    check_return(k, s, nginx, backup)
    k.ok(wait_for(lambda: s.process.err().count(SWITCHED) == 2), "the journal has each change once", s.process.err())
    k.ok(output(s, "beside")["dropped"] == 0, "the file beside it loses nothing", s.status())
    nginx.process.send(signal.SIGSTOP)
    status, seconds = s.stop()
    k.ok(status == 0 and seconds <= STOP_LIMIT, "ends soon after SIGTERM, with a frozen server",
         f"{status} {seconds:.2f}")
    nginx.process.send(signal.SIGCONT)


def run_check(k):
    """What --check-config says, of each of the URLs at its place."""
    bad = Service(k, "bad", k.path("etc-bad"))
    bad.write('outputs = ( {\nname = "x"; url = "rtmp://h/a/b";\nbackup = "gopher://x";\n'
              'backup2 = "srt://:9000?mode=listener";\nbackup3 = "rtmp://h/a/b";\n} );\n')
    status, _, err = k.call("--check-config", "--card", "bad", "--config-dir", bad.config)
    k.ok(status == 1 and ":3: outputs[0].backup: must be" in err and
         ":4: outputs[0].backup2: waits for a caller" in err and
         ":5: outputs[0].backup3: goes where url goes" in err, "each backup is checked", err)


def run(k):
    run_check(k)
    run_srs(k)
    run_backup(k)
