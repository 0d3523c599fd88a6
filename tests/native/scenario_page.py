# SPDX-License-Identifier: GPL-2.0-or-later
"""The technician's page in Chromium: what is seen, taught, changed and survived. First with the
streamer, then the page alone, with a machine that is made up and can do what is hard to have."""

import json
import os
import pwd
import shutil
import socket
import sys
import urllib.request

import browser
import buses
import peers
from kit import Service, ask, free_port, wait_for
from page import WIDTHS, Failure, Page, axe

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(os.environ.get("EGM_OUT", os.path.join(TOP, "tests/out")), "page")
TOKEN = "open-sesame-of-this-page"


class MadeUp:
    """tests/tools/page-server.py."""

    card = "game"
    all = True  # it has candidates and a past

    def __init__(self, k, *args):
        self.k = k
        self.port = free_port()
        self.args = args
        self.process = None
        self.start()

    url = property(lambda self: f"http://127.0.0.1:{self.port}/")

    def start(self):
        self.process = self.k.spawn(
            [sys.executable, os.path.join(TOP, "tests/tools/page-server.py"), "--port", self.port,
             "--folder", self.k.path("made-up"), *self.args])
        self.k.need(wait_for(lambda: self.url in self.process.out(), 60), "the machine answers",
                    self.process.err())

    def stop(self):
        self.process.stop()

    def get(self, rest):
        with urllib.request.urlopen(f"{self.url}api/v1/cards/{self.card}/{rest}", timeout=30) as answer:
            return json.load(answer)


RULES = """detector: { mode = "better"; screen = "640x480";
states: {
  NORMAL: { rois = ( { name = "spin"; x = 540; y = 80; w = 91; h = 31; } ); };
  SELECT: { rois = ( { name = "dialog"; x = 110; y = 130; w = 420; h = 120; } ); };
  PLAYING: { rois = ( { name = "freegame_text"; x = 180; y = 78; w = 281; h = 65; } ); };
};
numbers: { CREDIT: { x = 130; y = 428; w = 125; h = 44; }; };
priority = [ "PLAYING", "SELECT", "NORMAL" ]; };
"""


class Daemon:
    """The streamer itself, with a clip as its card."""

    card = "self"
    all = False  # it has no candidates yet, and no past

    def __init__(self, k, *args):
        self.k = k
        self.port = free_port()
        self.args = args or ("--http-open", "127.0.0.1/32")
        self.folder = k.path(f"card-{self.port}")
        self.process = None
        os.mkdir(self.folder)
        shutil.copytree(os.path.join(TOP, "tests/data/clips/refs/koi-short"),
                        os.path.join(self.folder, "refs"), ignore=lambda folder, names:
                        names if folder.endswith("PLAYING") else [])  # that one is to be taught
        with open(os.path.join(self.folder, "rules.conf"), "w", encoding="ascii") as f:
            f.write(RULES)
        self.start()

    url = property(lambda self: f"http://127.0.0.1:{self.port}/")

    def start(self):
        self.process = self.k.run(
            "--http", f"127.0.0.1:{self.port}", "--share-dir", TOP, "--loop", *self.args, size=None, rate=None,
            video=os.path.join(TOP, "tests/data/clips/koi-short.mkv"),
            outputs=[os.path.join(self.folder, "out.ts")],
            sets=[f"detector.rules={self.folder}/rules.conf", f"detector.refs={self.folder}/refs",
                  "encoder.preset=ultrafast"])
        self.k.need(wait_for(self.answers), "the streamer answers", self.process.err())

    def answers(self):
        try:
            return ask(self.port, "/healthz/live")[0] == 200
        except OSError:
            return False

    def stop(self):
        self.process.stop()

    def get(self, rest):
        return json.loads(ask(self.port, f"/api/v1/cards/{self.card}/{rest}")[2])


def check_seen(k, p):
    k.need(p.plays(), "the live picture plays", [p.text(".how"), p.complaints(())])
    k.ok("Video with sound" in p.text(".how"), "it says which way the picture comes", p.text(".how"))
    k.ok(p.value("document.querySelector('video').muted"), "it is silent at first")
    k.ok(p.until("!document.querySelector('.stage').classList.contains('dead')"), "it is shown as live")
    p.click("[data-act=sound]")
    k.ok(p.value("!document.querySelector('video').muted"), "the sound can be turned on")
    k.ok(p.until("document.querySelectorAll('.region[data-evidence]').length >= 3"),
         "the regions lie over it", p.count(".region"))
    k.ok(p.until("document.querySelectorAll('.score').length >= 3 && "
                 "document.querySelector('.state-since').innerText.includes('since')"),
         "the state is told, with the scores", p.text(".state"))
    k.ok(p.until("document.querySelectorAll('.strip rect').length > 0"), "the timeline has pieces")
    k.ok(p.until("document.querySelectorAll('.graph path[d]').length >= 3"), "outputs have graphs")
    k.ok(p.until("document.querySelectorAll('.events li').length > 0"), "events are listed")


def tab(p, key):
    p.until("!document.querySelector('dialog')")
    p.click(f".tab[data-tab='{key}']")
    return p.until(f"document.querySelector(\".tab[data-tab='{key}']\").ariaSelected === 'true'")


def check_references(k, p, m):
    def known(state):
        return {r["name"] for r in m.get(f"references?state={state}")["references"]}
    k.ok(tab(p, "SELECT"), "a state's tab is chosen by a click")
    p.value("document.activeElement.focus()")
    p.key("ArrowRight")
    k.ok(p.until("document.activeElement.dataset.tab === 'NORMAL'"), "arrow keys go to the next tab",
         p.value("document.activeElement.outerHTML"))
    before = known("NORMAL")
    p.click("[data-act=capture]")
    k.need(wait_for(lambda: known("NORMAL") > before), "a click teaches a state", before)
    name, = known("NORMAL") - before
    k.ok(p.until(f"Boolean(document.querySelector(\"[data-reference='{name}'] img\")?.naturalWidth)"),
         "the picture is among the state's")
    p.click(f"[data-reference='{name}'] [data-act=trash]")
    k.ok(wait_for(lambda: name not in known("NORMAL")), "a picture is deleted", known("NORMAL"))
    p.click(".toast [data-act=undo]")
    k.ok(wait_for(lambda: len(known("NORMAL")) == len(before) + 1), "and comes back", known("NORMAL"))
    k.ok(p.until(f"document.querySelectorAll('.gallery li').length === {len(before) + 1}"),
         "the page shows it again", p.count(".gallery li"))
    others = known("SELECT")
    p.click(".gallery li:last-child [data-act=move]")
    p.choose("dialog select", "SELECT")
    p.click("dialog button.main")
    k.ok(wait_for(lambda: len(known("SELECT")) == len(others) + 1 and known("NORMAL") == before),
         "a picture moves to another state", [known("SELECT"), known("NORMAL")])
    names = known("SELECT")
    tab(p, "SELECT")
    p.upload(".references input[type=file]", os.path.join(TOP, "tests/data/clips/refs/koi-short/SELECT/ref_1.jpg"))
    k.ok(wait_for(lambda: len(known("SELECT")) == len(names) + 1), "a picture is uploaded", known("SELECT"))
    p.click(".gallery li .thumb")
    k.ok(p.until("document.querySelector('dialog .viewer img')?.naturalWidth > 0"), "a picture is seen large")
    p.key("Escape")
    k.ok(p.until("!document.querySelector('dialog')"), "Escape closes it")


def check_taught(k, p):
    """A state without references is taught while the screen shows it, and known the next time."""
    name = "document.querySelector('.state-name').innerText"
    tab(p, "PLAYING")
    k.ok(p.until("document.querySelector('.gallery').children.length === 0"), "a state has no references yet")
    p.until("document.querySelector('.state-name').innerText === 'SELECT'", 60)
    k.ok(p.until(f"{name} === 'Other'", 60), "it is shown, and not known", p.text(".state"))
    p.click("[data-act=capture]")
    k.ok(p.until("document.querySelector('.gallery').children.length === 1"), "a click teaches it",
         p.text(".toasts"))
    k.ok(p.until(f"{name} === 'PLAYING'", 90), "and it is recognised from then on", p.text(".state"))


def check_candidates(k, p, m):
    tab(p, "*candidates")
    begin = p.count("[data-candidate]")
    p.click("[data-candidate] [data-act=accept]")
    k.ok(p.until(f"document.querySelectorAll('[data-candidate]').length === {begin - 1}"),
         "a candidate is accepted", m.get("candidates"))
    p.click("[data-candidate] [data-act=dismiss]")
    k.ok(p.until(f"document.querySelectorAll('[data-candidate]').length === {begin - 2}"),
         "a candidate is dismissed", m.get("candidates"))
    p.click("[data-act=older]")
    k.ok(p.until("document.querySelectorAll('.events li').length > 60"), "older events are fetched",
         p.count(".events li"))


def hold_rules(p):
    """The page asks for the rules, and the answer is on its way until `late` lets it go."""
    tab(p, "SELECT")
    p.value("""(() => {
        const ask = window.fetch;
        window.late = [];
        window.fetch = async (...args) => {
            const answer = await ask(...args);
            if (args[1].method === "GET" && String(args[0]).endsWith("/rules")) {
                window.fetch = ask;
                await new Promise((let_go) => late.push(let_go));
            }
            return answer;
        };
    })()""")
    p.upload(".references input[type=file]", os.path.join(TOP, "tests/data/clips/refs/koi-short/SELECT/ref_2.jpg"))
    if not p.until("late.length === 1"):
        raise Failure("the page does not ask for the rules after a picture was added")


def check_regions(k, p, m):
    def roi():
        return m.get("rules")["states"]["NORMAL"]["rois"][0]
    begin = roi()
    box = f".region[data-state=NORMAL][data-roi={begin['name']}]"
    p.find(box)
    hold_rules(p)
    p.click("[data-act=edit-regions]")
    p.drag(box, -60, 24)
    p.key("ArrowLeft", modifiers=8)
    p.shot("regions", whole=False)
    k.ok(roi() == begin, "nothing counts before it is saved")
    p.click("[data-act=save-regions]")
    k.ok(wait_for(lambda: roi()["x"] < begin["x"] - 20 and roi()["y"] > begin["y"]),
         "a region is moved by mouse and keys, and saved", [begin, roi()])
    k.ok(roi()["w"] == begin["w"] and roi()["h"] == begin["h"], "it keeps its size", roi())
    now = roi()
    p.until("!document.querySelector('.regions').classList.contains('editing')")
    p.value("late.splice(0).forEach((let_go) => let_go())")
    p.click("[data-act=edit-regions]")
    p.click(box)
    p.drag(box + " .handle.se", 30, 20)
    p.click("[data-act=save-regions]")
    k.ok(wait_for(lambda: roi()["w"] > now["w"] and roi()["h"] > now["h"] and roi()["x"] == now["x"]),
         "a region is resized by its corner", [now, roi()])
    p.until("!document.querySelector('.regions').classList.contains('editing')")
    p.click("[data-act=edit-regions]")
    p.drag(box, 20, 20)
    p.click("[data-act=cancel-regions]")
    k.ok(p.until("!document.querySelector('.regions').classList.contains('editing')") and
         roi()["w"] > now["w"] and roi()["x"] == now["x"], "and left alone when it is cancelled", roi())


def check_threshold(k, p, m):
    tab(p, "PLAYING")
    p.click("[data-act=heed]")
    k.ok(wait_for(lambda: m.get("rules")["states"]["PLAYING"].get("score") == 0.64) and
         p.until("document.querySelector('[data-act=heed]').hidden"), "a suggested threshold is taken over",
         m.get("rules")["states"]["PLAYING"])


def check_outputs(k, p, m, url):
    p.click("[data-act=add-output]")
    p.write("extra")
    p.value("document.querySelector('dialog input[name=url]').focus()")
    p.write(url)
    p.click("dialog button.main")
    k.ok(p.until("Boolean(document.querySelector('[data-output=extra]'))"), "an output is added",
         p.text("dialog"))
    p.until("!document.querySelector('dialog')")
    p.click("[data-output=extra] [data-act=stop]")
    k.ok(p.until("document.querySelector('[data-output=extra] .out-state').innerText === 'stopped'"),
         "and stopped", p.text("[data-output=extra]"))
    p.click("[data-output=extra] [data-act=start]")
    k.ok(p.until("document.querySelector('[data-output=extra] .out-state').innerText !== 'stopped'"),
         "and started", p.text("[data-output=extra]"))
    p.click("[data-output=extra] [data-act=trash]")
    p.click("dialog button.main")
    k.ok(p.until("!document.querySelector('[data-output=extra]') && !document.querySelector('dialog')"),
         "and removed")
    p.click(".panel [data-act=edit]")
    p.write("2500k")
    p.click("dialog button.main")
    k.ok(p.until("document.querySelector('.toasts').innerText.includes('2.50 Mb/s')"), "the bitrate is set",
         p.text("dialog") + p.text(".toasts"))


def check_words(k, p):
    for language, word in ("zh-Hant", "時間軸"), ("zh-Hans", "时间轴"):
        p.choose("select[name=language]", language)
        k.ok(p.until(f"document.querySelector('.timeline h2')?.innerText === '{word}'"),
             f"{language} is chosen", p.text(".timeline"))
        p.plays()
        p.shot(f"desktop-{language}")
    p.call("Page.reload")
    k.ok(p.until("document.querySelector('.timeline h2')?.innerText === '时间轴'"), "the choice is kept",
         p.text(".timeline"))
    p.choose("select[name=language]", "en")
    k.ok(p.until("document.querySelector('.timeline h2')?.innerText === 'Timeline'") and p.plays(),
         "and back to English")


def check_layout(k, p, script):
    for theme in "light", "dark":
        p.dark(theme == "dark")
        k.ok(p.until(f"document.documentElement.dataset.theme === '{theme}'"), f"it is {theme} as the system is")
        for name, (width, _) in WIDTHS.items():
            p.size(name)
            k.ok(p.until("true") and p.overflows() is None, f"{theme}: it fits into {width} pixels", p.overflows())
            p.shot(f"{name}-{theme}")
            if script:
                k.ok(not (found := p.audit(script)), f"{theme}, {width} pixels: axe finds nothing", found)
    if not script:
        k.skip("axe finds nothing", "axe-core cannot be had")
    p.dark(False)
    p.size("desktop")
    p.click("[data-act=theme]")
    k.ok(p.value("document.documentElement.dataset.theme") == "dark", "the switch makes it dark")
    p.click("[data-act=theme]")


def check_images(k, p):
    p.click("[data-act=way]")
    k.ok(p.until("document.querySelector('.stage img').naturalWidth > 0") and
         p.until("document.querySelector('.how').innerText.includes('MJPEG')"),
         "without Media Source there is MJPEG, and it says so", p.text(".how"))
    k.ok(p.until("!document.querySelector('.stage').classList.contains('dead')"), "it is live as well")
    p.click("[data-act=way]")
    k.ok(p.plays(), "and back")


def check_stream(k, p):
    """Of the made-up machine: a stopped stream has no picture, a restarted one begins anew."""
    p.click(".panel [data-act=stop]")
    p.click("dialog button.main")
    k.ok(p.until("document.querySelector('.cover').innerText.includes('No picture from the card')"),
         "a picture that is not live does not look live, and it says why", p.text(".stage"))
    p.shot("no-input", whole=False)
    p.until("!document.querySelector('dialog')")
    p.click(".panel [data-act=start]")
    k.ok(p.until("document.querySelector('.cover').innerText === ''"), "until it comes again")
    before = p.value("document.querySelector('video').src")
    p.click(".panel [data-act=restart]")
    p.click("dialog button.main")
    k.ok(p.until(f"document.querySelector('video').src !== '{before}'") and p.plays(),
         "a stream that begins anew plays on", p.text(".how"))


def check_without_media_source(k, m):
    p = k.server(Page(k, "about:blank"))
    p.call("Page.addScriptToEvaluateOnNewDocument",
           source="delete window.MediaSource; delete window.ManagedMediaSource;")
    p.call("Page.navigate", url=m.url)
    k.ok(p.until("document.querySelector('.stage img')?.naturalWidth > 0") and
         p.until("document.querySelector('.how').innerText.includes('no Media Source')"),
         "a browser without Media Source shows MJPEG, and says why", p.text("body")[:300])


def check_restart(k, p, m):
    m.stop()
    k.ok(p.until("document.querySelector('.banner').innerText.includes('No connection')"),
         "it says that the machine is away")
    k.ok(p.until("document.querySelector('.stage').classList.contains('dead')"),
         "and the picture does not look live")
    p.shot("away", whole=False)
    m.start()
    k.ok(p.until("document.querySelector('.banner').innerText === ''", 60), "it is there again")
    k.ok(p.plays() and p.until("!document.querySelector('.stage').classList.contains('dead')"),
         "and the picture plays on", p.text(".how"))
    k.ok(p.until("document.querySelectorAll('.events li').length > 0 && "
                 "document.querySelectorAll('.gallery li').length > 0"), "all is read again")


def check_login(k, m):
    p = k.server(Page(k, m.url, out=OUT))
    k.ok(p.until("Boolean(document.querySelector('dialog[data-name=login]'))"), "a stranger is asked for a token")
    p.shot("login", whole=False)
    p.write("wrong")
    p.click("dialog button.main")
    k.ok(p.until("document.querySelector('dialog .wrong').innerText !== ''"), "a wrong one is refused",
         p.text("dialog"))
    p.choose("dialog input", "view-" + TOKEN)
    p.click("dialog button.main")
    k.ok(p.plays(), "who may view sees the picture", p.text("body")[:300])
    p.until("Boolean(document.querySelector('[data-act=capture]'))")
    why = p.value("document.querySelector('[data-act=capture]').title")
    k.ok(p.value("document.querySelector('[data-act=capture]').ariaDisabled === 'true'") and "teach" in why,
         "what the roles do not allow is disabled, with the reason", why)
    p.click("[data-act=capture]")
    k.ok(p.until("document.querySelector('.toasts').innerText.includes('teach')"), "and a click tells it")
    p.click("[data-act=leave]")
    k.ok(p.until("Boolean(document.querySelector('dialog[data-name=login]'))"), "logged out, it asks again")
    p.choose("dialog input", TOKEN)
    p.click("dialog button.main")
    k.ok(p.until("document.querySelector('[data-act=capture]')?.title === ''"), "who may teach is let do so")
    k.ok(not p.complaints(), "nothing goes wrong in the browser", p.complaints())


FACTS_CONFIG = """
video: {{ device = "{film}"; loop = true; }};
audio: {{ device = "none"; }};
encoder: {{ preset = "ultrafast"; }};
facts: {{ after = "1s"; }};
output: {{ backoff_min = "100ms"; }};
outputs = ( {{ name = "away"; url = "rtmp://127.0.0.1:1/live/k3y"; backup = "{spare}"; }} );
"""


def configure_facts(k, service, spare):
    """A card whose picture is black for a while, and an output that has to use its backup."""
    film = k.path("dark.mkv")
    made = k.spawn(["ffmpeg", "-nostdin", "-v", "error", "-filter_complex",
                    "color=black:s=320x180:r=25:d=6,format=yuv420p[a];testsrc2=s=320x180:r=25:d=6,"
                    "format=yuv420p[b];[a][b]concat", "-c:v", "ffv1", film])
    k.need(made.wait(120) == 0, "there is a dark film", made.err())
    service.write(FACTS_CONFIG.format(film=film, spare=spare.url("s3cret")))


def check_facts(k, p, spare):
    row = "[...document.querySelectorAll('.facts-list dt')].find((e) => e.innerText === 'Noticed')"
    k.ok(p.until(f"{row}?.nextElementSibling.innerText === 'the picture is black'"),
         "what is odd about the picture is said", p.text(".facts-list"))
    p.shot("facts", whole=False)
    k.ok(p.until(f"!{row}"), "and no more when it is gone", p.text(".facts-list"))
    used = "document.querySelector('[data-output=away] .backup')"
    k.ok(p.until(f"{used}?.hidden === false && {used}.innerText === "
                 f"'Backup 1 in use: rtmp://127.0.0.1:{spare.port}/live/***'"),
         "an output that uses a backup says which", p.text("[data-output=away]"))
    k.ok(p.value(f"{used}.title").startswith("primary URL: "), "and why", p.value(f"{used}.title"))
    k.ok("k3y" not in p.text("body") and "s3cret" not in p.text("body"), "without the keys")


def check_console(k):
    """Two cards behind one port, with the console's own limits."""
    k.bus = buses.Bus(k, pwd.getpwuid(os.getuid()).pw_name)
    os.mkdir(k.path("run"))
    port = free_port()
    services = {}
    spare = k.server(peers.RtmpServer())
    for card, role in ("game", "game"), ("cam", "cam"):
        s = services[card] = Service(k, card, k.path(f"config-{card}"), env=k.bus.env)
        os.symlink(s.runtime, k.path("run", card))
        if card == "cam":
            configure_facts(k, s, spare)
        else:
            s.configure([f"role={role}", "video.device=pattern", "video.size=320x180", "audio.device=tone"],
                        {"file": k.path(f"{card}.ts")})
        s.start()
    os.mkdir(k.path("console"))
    with open(k.path("console/console.conf"), "w", encoding="ascii") as f:
        f.write(f'listen = "127.0.0.1:{port}";\n'
                f'tokens = ( {{ name = "hall"; roles = ( "operate", "teach" ); token = "{TOKEN}"; }} );\n')
    console = k.spawn([k.programs["console"], "--config-dir", k.path("console"), "--run-dir", k.path("run"),
                       "--share-dir", TOP], env=dict(os.environ, **k.bus.env))

    def listens():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    k.need(wait_for(listens), "the console listens", console.err())
    p = k.server(Page(k, f"http://127.0.0.1:{port}/", out=OUT))
    k.ok(p.until("Boolean(document.querySelector('dialog[data-name=login]'))"), "the console asks for a token")
    p.write(TOKEN)
    p.click("dialog button.main")
    k.ok(p.until("document.querySelectorAll('.card-choice').length === 2"), "both cards can be chosen",
         p.text("body"))
    for card in "cam", "game":
        p.click(f"[data-card={card}]")
        k.ok(p.until(f"document.querySelector('[data-card={card}]').ariaCurrent === 'true'") and p.plays(),
             f"{card} plays", p.text(".how"))
        if card == "cam":
            check_facts(k, p, spare)
    p.shot("console")
    services["cam"].process.kill()
    k.ok(p.until("document.querySelector('[data-card=cam]').innerText.includes('does not answer')"),
         "a card that died is told", p.text(".cards"))
    k.ok(p.plays(), "and the other one plays on", p.text(".how"))
    p.call("Page.reload")
    k.ok(p.until("Boolean(document.querySelector('[data-act=leave]'))") and p.plays(), "a reload keeps the login")
    k.ok(not p.complaints(), "nothing goes wrong in the browser", p.complaints())


def check_plain(k):
    """A card on which nothing is recognised."""
    port = free_port()
    s = k.run("--http", f"127.0.0.1:{port}", "--http-open", "127.0.0.1/32", "--share-dir", TOP,
              outputs=[k.path("plain.ts")])
    k.need(s.says("Started"), "the streamer shows a pattern", s.err())
    p = k.server(Page(k, f"http://127.0.0.1:{port}/", out=OUT))
    k.ok(p.plays() and p.until("document.querySelector('.state-name').innerText === 'Not recognised'"),
         "without states there is the picture, and it says so", p.text(".state"))
    k.ok(p.value("document.querySelector('.references').hidden"), "and nothing to be taught")
    p.shot("plain")
    k.ok(not p.complaints(()), "and nothing is asked for in vain", p.complaints(()))
    s.stop()


def check_all(k, m, output):
    p = k.server(Page(k, m.url, out=OUT))
    check_seen(k, p)
    if not m.all:
        check_taught(k, p)  # first, while no other state has been taught something wrong
    check_references(k, p, m)
    if m.all:
        check_candidates(k, p, m)
        check_threshold(k, p, m)
        check_stream(k, p)
        check_without_media_source(k, m)
    check_regions(k, p, m)
    check_outputs(k, p, m, output)
    check_images(k, p)
    check_words(k, p)
    check_layout(k, p, axe())
    k.ok(not p.complaints(()), "nothing goes wrong in the browser", p.complaints(()))
    check_restart(k, p, m)
    k.ok(not p.complaints(), "nor while the machine is away", p.complaints())


def run(k):
    if not browser.find():
        k.skip("the page in a browser", "no chromium here")
        return
    if "--share-dir" in k.call("--help")[1]:
        check_plain(k)
        check_console(k)
        check_all(k, Daemon(k), k.path("extra.ts"))
    else:
        k.skip("with the streamer", "it has no --share-dir")
    check_all(k, MadeUp(k), "rtmp://127.0.0.1:1/live/extra?token=hidden")
    check_login(k, MadeUp(k, "--token", TOKEN, "--cards", "2"))
