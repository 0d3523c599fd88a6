# SPDX-License-Identifier: GPL-2.0-or-later
"""Passwords, stream keys and tokens of URLs are seen by the peers they are meant for only."""

import peers
from kit import wait_for

SECRETS = ["pa55word", "str3amkey", "t0ken", "pa55phrase"]
QUOTED = "the server says: NetStream.Publish.BadName: stream *** is busy: ***"


def check_hidden(k, what, text):
    k.ok(not any(s in text for s in SECRETS), f"no secret in {what}", text)


def cmdline(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read().replace(b"\0", b" ").decode("utf-8", "replace")


def urls(k):
    """A server that takes the stream, one that does not, an SRT peer that is not there, and a server
    that tells secrets when it refuses."""
    good, bad = k.server(peers.RtmpServer()), k.server(peers.Refusing())
    busy = k.server(peers.Busy("stream str3amkey?token=t0ken is busy: t0ken"))
    return good, {
        "good": f"rtmp://user:pa55word@127.0.0.1:{good.port}/live/str3amkey?token=t0ken",
        "bad": f"rtmp://user:pa55word@127.0.0.1:{bad.port}/live/str3amkey?token=t0ken",
        "srt": f"srt://127.0.0.1:{bad.port}?passphrase=pa55phrase1&streamid=str3amkey",
        "busy": f"rtmp://127.0.0.1:{busy.port}/live/str3amkey?token=t0ken",
    }


def run_once(k):
    good, outputs = urls(k)
    bad_input = outputs["bad"] + "&input=1"
    p = k.run(outputs=[*outputs.values(), k.path("x.ts")],
              sets=["output.backoff_min=200ms", "log_level=debug"])
    k.need(wait_for(lambda: good.pictures()) and p.says("Output out2: "), "run: sends", p.err())
    check_hidden(k, "the command line", cmdline(p.pid))
    k.ok(p.says(f"Output out4: {QUOTED}"), "the server that refuses is quoted", p.err())
    p.stop()
    check_hidden(k, "what run says", p.err() + p.out())
    check_hidden(k, "--stats", str(k.stats(p)))
    k.ok("127.0.0.1" in str(k.stats(p)["outputs"]), "but the host is shown")

    p = k.run(video=bad_input, audio="none", outputs=[k.path("y.ts")])
    k.need(p.says("Input is not live"), "an input that is not there", p.err())
    check_hidden(k, "the command line, input", cmdline(p.pid))
    p.stop()
    check_hidden(k, "what run says of an input", p.err())
    check_hidden(k, "--stats of an input", str(k.stats(p)))


def run_service(k):
    good, outputs = urls(k)
    s = k.serve("card", k.path("etc"), ["video.device=pattern", "audio.device=none"], outputs)
    status = wait_for(lambda: (s.status() or {}).get("frame") and good.pictures() and s.status())
    k.need(status, "serve: sends", s.process.err())
    check_hidden(k, "the service's command line", cmdline(s.process.pid))
    check_hidden(k, "status.json", str(status))
    status = wait_for(lambda: [o for o in (s.status() or {}).get("outputs", [])
                               if o["name"] == "busy" and o["last_error"] == QUOTED])
    k.ok(status, "the status quotes the server that refuses", s.status())
    for words in "--check-config", "--dump-config":
        _, out, err = k.call(words, "--card", "card", "--config-dir", s.config)
        check_hidden(k, words, out + err)
    s.stop()
    check_hidden(k, "what serve says", s.process.err() + s.process.out())


def run(k):
    run_once(k)
    run_service(k)
