# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's page: for this machine only, no way out of its folder, and a browser plays it."""

import base64
import http.client
import os
import time

import browser
from kit import LIMIT, ask, free_port, size_of, wait_for

PLAYED_SECONDS = 2


def listeners(port):
    """Addresses at which somebody listens on a port, as /proc shows them."""
    found = []
    for name in "/proc/net/tcp", "/proc/net/tcp6":
        with open(name, encoding="ascii") as f:
            for line in f.readlines()[1:]:
                address, _, number = line.split()[1].partition(":")
                if int(number, 16) == port and line.split()[3] == "0A":
                    found.append(address)
    return found


def check_http(k, port):
    status, head, body = ask(port, "/")
    k.ok(status == 200 and "text/html" in head and b"<video" in body, "the page is served", head)
    status, head, body = ask(port, "/watch.m3u8")
    k.ok(status == 200 and body.startswith(b"#EXTM3U"), "the playlist is served", [status, head])
    names = [line for line in body.decode().splitlines() if line and not line.startswith("#")]
    status, _, body = ask(port, "/" + names[-1])
    k.ok(status == 200 and b"moof" in body, "a segment is served", [names, status])
    k.ok(listeners(port) == ["0100007F"], "it listens on 127.0.0.1 only", listeners(port))
    for host in "example.org", f"example.org:{port}", "127.0.0.1.example.org", "localhost.example.org":
        status, _, body = ask(port, "/", host=host)
        k.ok(status not in (0, 200) and b"<video" not in body, f"Host: {host} is refused", status)
    for host in f"localhost:{port}", "127.0.0.1", "[::1]":
        k.ok(ask(port, "/", host=host)[0] == 200, f"Host: {host} is not")
    for path in ("/../secret.mp4", "/%2e%2e/secret.mp4", "/..%2fsecret.mp4", "//secret.mp4",
                 "/link.mp4", "/secret.txt", "/.hidden.mp4", "/live", "/folder.mp4", "/pipe.mp4",
                 "/" + "a" * 3000 + ".mp4", "/nothing.ts"):
        status, _, body = ask(port, path)
        k.ok(status != 200 and b"secret" not in body, f"{path[:30]} is not served", status)
    status, _, _ = ask(port, "/", method="POST")
    k.ok(status not in (0, 200), "POST is refused", status)


def check_kept_connection(k, port):
    """Long answers one after the other over one connection, as a browser asks for them."""
    begin = time.monotonic()
    whole = 0
    try:
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        for _ in range(10):
            c.request("GET", "/watch.m3u8")
            names = c.getresponse().read().decode().split()
            c.request("GET", "/" + [n for n in names if n.endswith(".m4s")][-1])
            whole += len(c.getresponse().read()) > 100000
        c.close()
    except (OSError, http.client.HTTPException) as e:
        k.ok(False, "a kept connection brings segment after segment", e)
        return
    k.ok(whole == 10 and time.monotonic() - begin < LIMIT,
         "a kept connection brings segment after segment", [whole, time.monotonic() - begin])


def plant(k, folder):
    """What must not be served, beside and above what may be."""
    for path in k.path("secret.mp4"), os.path.join(folder, "secret.txt"), \
            os.path.join(folder, ".hidden.mp4"):
        with open(path, "w", encoding="ascii") as f:
            f.write("secret")
    os.symlink("../secret.mp4", os.path.join(folder, "link.mp4"))
    os.mkdir(os.path.join(folder, "folder.mp4"))
    os.mkfifo(os.path.join(folder, "pipe.mp4"))


def check_browser(k, port):
    if not browser.find():
        k.skip("a browser plays it", "no chromium here")
        return
    b = k.server(browser.Browser(k, f"http://127.0.0.1:{port}/"))
    k.ok(wait_for(lambda: (b.value("document.querySelector('video').currentTime") or 0) > 0),
         "a browser begins to play", b.value("document.body.innerText"))
    begin = b.value("document.querySelector('video').currentTime")
    k.ok(wait_for(lambda: b.value("document.querySelector('video').currentTime") >=
                  begin + PLAYED_SECONDS), "a browser plays on: the video's time advances",
         b.value("document.body.innerText"))
    size = b.value("document.querySelector('video').videoWidth + 'x' + "
                   "document.querySelector('video').videoHeight")
    k.ok(size == "320x180", "a browser sees the picture", size)
    k.ok(wait_for(lambda: b.value("document.querySelector('video').webkitAudioDecodedByteCount") > 0),
         "a browser decodes the sound")
    with open(k.path("page.png"), "wb") as f:
        f.write(base64.b64decode(b.screenshot()))


def run(k):
    port = free_port()
    folder = k.path("hls")
    os.mkdir(folder)
    plant(k, folder)
    hls = os.path.join(folder, "live.m3u8")
    p = k.run("--watch", str(port), outputs=[hls], sets=["output.hls_type=fmp4"])
    k.need(wait_for(lambda: size_of(hls)), "a playlist appears", p.err())
    check_http(k, port)
    check_kept_connection(k, port)
    check_browser(k, port)
    status, _ = p.stop()
    k.ok(status == 0, "ends with 0", p.err())
    p = k.run("--watch", "0", outputs=[hls])
    k.ok(p.wait() == 1 and "--watch" in p.err(), "an impossible port is refused", p.err())
    p = k.run("--watch", str(port), outputs=[k.path("x.ts")])
    k.ok(p.wait() == 1 and "m3u8" in p.err(), "without HLS there is nothing to watch", p.err())
