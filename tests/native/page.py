# SPDX-License-Identifier: GPL-2.0-or-later
"""The technician's page in a browser: what a person sees and does there."""

import base64
import json
import os
import subprocess

from browser import Browser
from kit import Failure, wait_for

WIDTHS = {"phone": (360, 740), "tablet": (768, 1024), "desktop": (1280, 800)}
# What is told while the machine is away, or the browser has been told to say.
EXPECTED = ("Failed to load resource", "WebSocket connection to")


def axe():
    """The source of axe-core, which npm brings once; None when it cannot be had."""
    cache = os.path.join(os.environ.get("EGM_CACHE", "/var/cache/egm-check"), "axe")
    script = os.path.join(cache, "package/axe.min.js")
    if not os.path.exists(script):
        try:
            os.makedirs(cache, exist_ok=True)
            got = subprocess.run(["npm", "pack", "--silent", "axe-core@4"], cwd=cache, timeout=120,
                                 capture_output=True, text=True, check=True)
            subprocess.run(["tar", "-xzf", got.stdout.split()[-1], "package/axe.min.js"], cwd=cache,
                           check=True)
        except (OSError, subprocess.SubprocessError, IndexError):
            return None
    with open(script, encoding="utf-8") as f:
        return f.read()


class Page(Browser):
    def __init__(self, kit, url, language="en", out=None):
        super().__init__(kit, "about:blank")
        self.kit = kit
        self.url = url
        self.out = out
        for domain in "Runtime", "Log", "Page":
            self.call(f"{domain}.enable")
        self.call("Emulation.setLocaleOverride", locale=language)
        self.call("Emulation.setScrollbarsHidden", hidden=True)
        self.size("desktop")
        self.call("Page.navigate", url=url)

    def value(self, expression):
        """Of an expression, or a promise."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in result:
            raise Failure(f"{expression[:80]}: {json.dumps(result['exceptionDetails'])[:300]}")
        return result["result"].get("value")

    def until(self, expression, limit=30):
        return wait_for(lambda: self.value(expression), limit)

    def there(self, selector):
        return self.value(f"Boolean(document.querySelector({json.dumps(selector)}))")

    def count(self, selector):
        return self.value(f"document.querySelectorAll({json.dumps(selector)}).length")

    def text(self, selector):
        return self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def place(self, selector):
        """The middle of an element, which is brought into view."""
        return self.value(f"""(() => {{
            const e = document.querySelector({json.dumps(selector)});
            if (!e) return null;
            e.scrollIntoView({{block: "center", inline: "center"}});
            const r = e.getBoundingClientRect();
            return [r.x + r.width / 2, r.y + r.height / 2];
        }})()""")

    def mouse(self, kind, x, y, buttons=0):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left" if buttons or
                  kind == "mouseReleased" else "none", buttons=buttons, clickCount=1)

    def find(self, selector):
        if not self.until(f"Boolean(document.querySelector({json.dumps(selector)}))"):
            raise Failure(f"there is no {selector}")
        places = [self.place(selector)]

        def rests():
            places.append(self.place(selector))
            return places[-1] and places[-1] == places[-2]
        if not wait_for(rests):
            raise Failure(f"{selector} does not stay where it is")
        return places[-1]

    def click(self, selector):
        """As a person does: with the mouse, where it is."""
        x, y = self.find(selector)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, 1)
        self.mouse("mouseReleased", x, y)

    def drag(self, selector, dx, dy):
        x, y = self.find(selector)
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, 1)
        for n in range(1, 5):
            self.mouse("mouseMoved", x + dx * n / 4, y + dy * n / 4, 1)
        self.mouse("mouseReleased", x + dx, y + dy)

    def key(self, name, modifiers=0):
        for kind in "rawKeyDown", "keyUp":
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, modifiers=modifiers,
                      windowsVirtualKeyCode={"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
                                             "ArrowDown": 40, "Tab": 9, "Escape": 27}.get(name, 0))

    def write(self, text):
        self.call("Input.insertText", text=text)

    def size(self, name):
        width, height = WIDTHS[name]
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def dark(self, on):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def shot(self, name, whole=True):
        if not self.out:
            return
        os.makedirs(self.out, exist_ok=True)
        self.value("window.scrollTo(0, 0)")
        with open(os.path.join(self.out, name + ".png"), "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot",
                                               captureBeyondViewport=whole)["data"]))

    def overflows(self):
        """What is wider than the window; None: nothing."""
        return self.value("""(() => {
            const wide = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= wide) return null;
            return [...document.querySelectorAll("body *")].filter((e) =>
                e.getBoundingClientRect().right > wide + 1).slice(0, 5).map((e) =>
                `${e.tagName}.${e.className}`).join(" ");
        })()""")

    def upload(self, selector, path):
        found = self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        self.call("DOM.setFileInputFiles", files=[path], objectId=found["result"]["objectId"])

    def choose(self, selector, value):
        self.value(f"""(() => {{
            const e = document.querySelector({json.dumps(selector)});
            e.value = {json.dumps(value)};
            e.dispatchEvent(new Event("change", {{bubbles: true}}));
        }})()""")

    def plays(self, seconds=1.5):
        """The live video has a picture, and goes on."""
        video = "document.querySelector('.stage video')"
        if not self.until(f"{video}?.videoWidth > 0 && {video}.currentTime > 0"):
            return False
        begin = self.value(f"{video}.currentTime")
        return self.until(f"{video}.currentTime > {begin + seconds} || {video}.currentTime < {begin} - 5", 60)

    def complaints(self, expected=EXPECTED):
        """Errors of the console and of scripts since the page was made."""
        self.value("0")
        found = []
        for m in self.told:
            p = m.get("params", {})
            if m["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(p["exceptionDetails"])[:400])
            elif m["method"] == "Runtime.consoleAPICalled" and p["type"] in ("error", "assert"):
                found.append(json.dumps(p["args"])[:400])
            elif m["method"] == "Log.entryAdded" and p["entry"]["level"] == "error":
                found.append(p["entry"]["text"] + " " + p["entry"].get("url", ""))
        return [f for f in found if not f.startswith(tuple(expected))]

    def audit(self, script):
        """What axe finds, each as "rule: elements"."""
        self.value(script + "; 0")
        found = self.value("""axe.run(document, { resultTypes: ["violations"] }).then((r) =>
            JSON.stringify(r.violations.map((v) =>
                v.id + ": " + v.nodes.slice(0, 4).map((n) => n.target.join(" ")).join(", "))))""")
        return json.loads(found)
