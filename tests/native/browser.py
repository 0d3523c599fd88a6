# SPDX-License-Identifier: GPL-2.0-or-later
"""A Chromium without a window, driven over its debugging pipe."""

import json
import os
import select
import shutil
import time

from kit import Failure


def find():
    return shutil.which("chromium")


class Browser:
    def __init__(self, kit, url):
        # The browser reads commands at descriptor 3 and writes answers at 4.
        to_read, self.commands = os.pipe()
        self.answers, to_write = os.pipe()
        argv = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe",
                "--window-size=900,700", "--user-data-dir=" + kit.path(f"profile-{kit.count}"), "about:blank"]
        # bash, since dash knows descriptors of one digit only.
        shell = f"exec chromium \"$@\" 3<&{to_read} 4>&{to_write}"
        self.process = kit.spawn(["/bin/bash", "-c", shell, "bash", *argv],
                                 pass_fds=(to_read, to_write))
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""
        self.number = 0
        self.told = []  # what it has told besides answers, oldest first; see Runtime.enable
        self.session = None
        target = self.call("Target.createTarget", url=url)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]

    def _message(self, until):
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                raise Failure(f"the browser does not answer: {self.process.err()[-500:]}")
            more = os.read(self.answers, 1 << 16)
            if not more:
                raise Failure(f"the browser has gone: {self.process.err()[-500:]}")
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        until = time.monotonic() + 30
        while True:
            message = self._message(until)
            if "method" in message:
                self.told.append(message)
            if message.get("id") != self.number:
                continue
            if "error" in message:
                raise Failure(f"{method}: {message['error']}")
            return message["result"]

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def screenshot(self):
        """PNG, in base64."""
        return self.call("Page.captureScreenshot")["data"]

    def close(self):
        self.process.kill()
        os.close(self.commands)
        os.close(self.answers)
