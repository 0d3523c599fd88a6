# SPDX-License-Identifier: GPL-2.0-or-later
"""More ways out, each to a real peer: RTMP over TLS (nginx), SRT as listener and encrypted
(srt-live-transmit), RTSP (GStreamer's server, ffmpeg), MPEG-TS over UDP (ffmpeg)."""

import os
import signal
import socket

from kit import free_port, read_json, size_of, wait_for

PHRASE, OTHER = "open the d00r", "not the d00r at all"
PICTURES = 200000  # bytes that show that a stream flows


def outputs_of(service):
    return {o["name"]: o for o in (service.status() or {}).get("outputs", [])}


def becomes(service, name, state):
    return wait_for(lambda: outputs_of(service).get(name, {}).get("state") == state)


# --- rtmps ---

def run_tls(k):
    nginx = k.nginx(tls=True)
    good, name = nginx.tls_url("good"), nginx.tls_url("name").replace("127.0.0.1", "localhost")
    p = k.run(outputs=[nginx.tls_url("untrusted")], sets=["output.backoff_min=100ms"])
    k.ok(p.says("Output out1: the server's certificate is from nginx, who is not trusted"),
         "rtmps: a certificate of nobody who is trusted is refused", p.err())
    p.stop()
    k.ok(not nginx.records("untrusted"), "rtmps: and the server gets nothing")
    for what, url, sets, words in [
            ("another name", name, [f"output.ca_file={nginx.certificate}"], "is for nginx, and not for localhost"),
            ("no such file", good, [f"output.ca_file={k.path('none.pem')}"],
             f"{k.path('none.pem')}: No such file")]:
        p = k.run(outputs=[url], sets=["output.backoff_min=100ms", *sets])
        k.ok(p.says(words), f"rtmps: {what} is said", p.err())
        p.stop()
    p = k.run(outputs=[good], sets=[f"output.ca_file={nginx.certificate}"])
    k.need(nginx.grows("good", PICTURES), "rtmps: a server that is trusted gets the stream", p.err())
    nginx.process.send(signal.SIGSTOP)
    _, seconds = p.stop()
    nginx.process.send(signal.SIGCONT)
    k.ok(seconds < 4, "rtmps: a server that hangs holds up nobody at the end", seconds)
    k.ok_decodes(k.look(nginx.records("good")[0]), "rtmps")
    p = k.run(outputs=[nginx.tls_url("any")], sets=["output.tls_verify=false"])
    k.ok(nginx.grows("any", PICTURES), "rtmps: or nothing is verified", p.err())
    p.stop()


# --- srt ---

def srt_viewer(k, port, phrase, path):
    return k.spawn(["srt-live-transmit", "-q",
                    f"srt://127.0.0.1:{port}?mode=caller&passphrase={phrase}", "file://con"],
                   stdout=path)


def run_listener(k):
    port = free_port(socket.SOCK_DGRAM)
    keys = k.path("keys")
    os.mkdir(keys)
    with open(os.path.join(keys, "srt"), "w", encoding="utf-8") as f:
        f.write(PHRASE + "\n")
    url = f"srt://127.0.0.1:{port}?mode=listener&passphrase=${{credential:srt}}"
    s = k.serve("listener", k.path("etc"), ["video.device=pattern", "audio.device=tone",
                                            "video.size=320x180"],
                {"viewer": url}, env={"CREDENTIALS_DIRECTORY": keys})
    k.need(becomes(s, "viewer", "listening"), "srt: without a viewer it is listening",
           s.process.err())
    wrong = srt_viewer(k, port, OTHER, k.path("wrong.ts"))
    k.ok(wrong.says("passphrase"), "srt: a wrong passphrase is refused", wrong.err())
    wrong.kill()
    for n in 1, 2:
        path = k.path(f"viewer{n}.ts")
        viewer = srt_viewer(k, port, PHRASE, path)
        k.need(wait_for(lambda path=path: size_of(path) > PICTURES) and
               becomes(s, "viewer", "running"), f"srt: viewer {n} gets the stream", s.process.err())
        viewer.stop()
        k.ok_decodes(k.look(path), f"srt: viewer {n}")
        k.ok(becomes(s, "viewer", "listening"), f"srt: when viewer {n} has left it listens again",
             outputs_of(s))
    o = outputs_of(s)["viewer"]
    k.ok(o["failures"] == 0 and o["last_error"] == "" and size_of(k.path("wrong.ts")) == 0,
         "srt: nothing of that is a failure", o)
    seen = s.process.err() + str(s.status())
    k.ok(PHRASE not in seen and "passphrase=***" in o["url"], "srt: the passphrase is seen by nobody",
         o)
    status, seconds = s.stop()
    k.ok(status == 0 and seconds < 3, "srt: a listener without a viewer ends at once", seconds)


def run_taken_port(k):
    port = free_port(socket.SOCK_DGRAM)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        p = k.run(outputs=[f"srt://127.0.0.1:{port}?mode=listener"],
                  sets=["output.backoff_min=100ms"])
        k.ok(p.says("Output out1: "), "srt: a port that is taken is a failure", p.err())
        p.stop()


def run_caller(k):
    """To a listener with a passphrase, with the right one and with a wrong one."""
    path, port = k.path("called.ts"), free_port(socket.SOCK_DGRAM)
    k.spawn(["srt-live-transmit", "-q", f"srt://127.0.0.1:{port}?mode=listener&passphrase={PHRASE}",
             "file://con"], stdout=path)
    p = k.run(outputs=[f"srt://127.0.0.1:{port}?passphrase={OTHER}"],
              sets=["output.backoff_min=100ms"])
    k.ok(p.says("Output out1: ") and "passphrase" in p.err() and OTHER not in p.err(),
         "srt: a wrong passphrase is what the error asks about", p.err())
    p.stop()
    p = k.run(outputs=[f"srt://127.0.0.1:{port}?passphrase={PHRASE}&pbkeylen=32"])
    k.ok(wait_for(lambda: size_of(path) > PICTURES), "srt: the right one lets in", p.err())
    p.stop()
    k.ok_decodes(k.look(path), "srt: encrypted")


# --- rtsp ---

def run_rtsp(k):
    port = free_port()
    url = f"rtsp://127.0.0.1:{port}/live"
    p = k.run(outputs=[url], sets=["output.backoff_min=100ms", "output.backoff_max=300ms"])
    k.ok(p.says("Output out1: Connection refused"), "rtsp: nobody there", p.err())
    server = k.spawn(["ffmpeg", "-v", "error", "-rtsp_flags", "listen", "-i", url, "-c", "copy",
                      k.path("rtsp.mkv")])
    k.ok(wait_for(lambda: size_of(k.path("rtsp.mkv")) > PICTURES), "rtsp: it is announced and recorded",
         p.err() + server.err())
    _, seconds = p.stop()
    k.ok(seconds < 3 and server.wait() == 0, "rtsp: and taken leave of", server.err())
    k.ok_decodes(k.look(k.path("rtsp.mkv")), "rtsp")


def run_gstreamer(k):
    """A server with a password, which writes down what it gets."""
    port = free_port()
    server = k.rtsp_server("record", port, k.path("gst.h264"), "me", "pa55word")
    wrong = f"rtsp://me:wr0ng@127.0.0.1:{port}/live"
    p = k.run(outputs=[wrong], sets=["output.backoff_min=100ms"])
    k.ok(p.says("401 Unauthorized") and "wr0ng" not in p.err(),
         "gstreamer: a wrong password is said, and not shown", p.err())
    p.stop()
    p = k.run(outputs=[f"rtsp://me:pa55word@127.0.0.1:{port}/live"])
    k.need(wait_for(lambda: size_of(k.path("gst.h264")) > PICTURES),
           "gstreamer: gets the stream", p.err() + server.err())
    server.send(signal.SIGSTOP)
    _, seconds = p.stop()
    server.send(signal.SIGCONT)
    k.ok(seconds < 4, "gstreamer: a server that hangs holds up nobody at the end", seconds)
    k.ok("pa55word" not in p.err() + str(k.stats(p)), "gstreamer: the password is seen by nobody")
    server.stop()
    with open(k.path("gst.h264"), "rb") as f:
        k.ok(f.read(5) == b"\0\0\0\1\x67", "gstreamer: it begins with the parameters")


def run_silent(k):
    """A server that accepts and says nothing."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(8)
        p = k.run(outputs=[f"{scheme}://127.0.0.1:{s.getsockname()[1]}/live/x"
                           for scheme in ("rtsp", "rtmps")], sets=["output.connect_timeout=500ms"])
        for n in 1, 2:
            k.ok(p.says(f"Output out{n}: no answer within 0.5 s"),
                 f"a silent server misses its deadline, {n}", p.err())
        p.stop()
        p = k.run(outputs=[f"rtsp://127.0.0.1:{s.getsockname()[1]}/live/x"])
        k.ok(p.says("Started"), "and while it is silent", p.err())
        _, seconds = p.stop()
        k.ok(seconds < 3, "nobody waits for it at the end", seconds)


# --- udp ---

def run_udp(k):
    port = free_port(socket.SOCK_DGRAM)
    url = f"udp://127.0.0.1:{port}"
    reader = k.spawn(["ffmpeg", "-v", "error", "-i", url + "?fifo_size=100000", "-t", "4", "-c", "copy",
                      k.path("udp.ts")])
    p = k.run(outputs=[url + "?pkt_size=1316", k.path("beside.ts")])
    k.ok(reader.wait() == 0, "udp: ffmpeg reads it to its end", reader.err())
    k.ok(wait_for(lambda: "out1 is running" in p.err()), "udp: it runs whoever reads", p.err())
    p.stop()
    found = k.look(k.path("udp.ts"))
    v = found["video"]
    # It came in the middle of the stream; what it kept begins with a keyframe.
    k.ok(v and v["frames"] > 60 and found["audio"], "udp: picture and sound arrive", found)
    o = k.stats(p)["outputs"][0]
    k.ok(o["mishaps"] == 0 and o["failures"] == 0, "udp: nothing went wrong", o)
    p = k.run(outputs=["udp://255.255.255.255:5000"], sets=["output.backoff_min=100ms"])
    k.ok(p.says("Output out1: Permission denied"), "udp: where nobody may send is said", p.err())
    p.stop()


# --- what cannot work ---

def run_check(k):
    config = k.path("check")
    os.makedirs(os.path.join(config, "cards"))
    wrong = {"srt://h": "needs a port", "srt://:1": "needs a host",
             "srt://h:1?passphrase=short": "must have a passphrase of 10 to 79 characters",
             "srt://?mode=listener": "needs a port", "udp://h": "needs a port", "rtsp:///x": "needs a host",
             "rtp://h:1": "must be rtmp://", "x-${time}.flv": "must end in .ts"}
    with open(os.path.join(config, "cards", "c.conf"), "w", encoding="utf-8") as f:
        f.write("outputs = (\n" + ",\n".join(f'{{ url = "{u}"; }}' for u in wrong) + "\n);\n")
    status, out, err = k.call("--check-config", "--card", "c", "--config-dir", config)
    lines = (out + err).splitlines()
    for n, (url, words) in enumerate(wrong.items()):
        k.ok(any(f"outputs[{n}].url: {words}" in line and f"c.conf:{n + 2}:" in line for line in lines),
             f"--check-config names {url}", lines)
    k.ok(status != 0 and "short" not in out + err, "--check-config fails, and shows no secret", lines)


def run(k):
    run_tls(k)
    run_listener(k)
    run_taken_port(k)
    run_caller(k)
    run_rtsp(k)
    run_gstreamer(k)
    run_silent(k)
    run_udp(k)
    run_check(k)
