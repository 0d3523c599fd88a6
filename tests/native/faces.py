# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole machine on the loopback: a system bus, instances with their sockets, and the console."""

import os
import pwd

import buses
import web
from kit import Service, free_port, wait_for

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ALL = "token-for-everything"
VIEW = "token-for-looking-only"


def share(k):
    """What is installed for the web faces, as a folder: the page and the document."""
    folder = k.path("share")
    if not os.path.isdir(folder):
        os.makedirs(folder)
        os.symlink(os.path.join(TOP, "data", "openapi.json"), os.path.join(folder, "openapi.json"))
        os.symlink(os.path.join(TOP, "web"), os.path.join(folder, "web"))
    return folder


class Machine:
    """cards: name to the text of its settings."""

    def __init__(self, k, cards, more=""):
        self.k = k
        self.bus = buses.Bus(k, pwd.getpwuid(os.getuid()).pw_name)
        self.runtime = k.path("run")
        self.config = k.path("etc-console")
        self.port = free_port()
        self.cards = {}
        self.console = None
        os.makedirs(self.config)
        for name, text in cards.items():
            s = Service(k, name, k.path("etc-" + name), env=self.bus.env)
            s.runtime = os.path.join(self.runtime, name)
            os.makedirs(s.runtime)
            s.write(text)
            s.start()
            self.cards[name] = s
        self.write(more)

    def write(self, more=""):
        """The console's settings: two tokens, and limits that no test is held up by."""
        with open(os.path.join(self.config, "console.conf"), "w", encoding="utf-8") as f:
            f.write(f'listen = "127.0.0.1:{self.port}";\n'
                    f'tokens = ( {{ name = "all"; roles = ( "operate", "teach" ); token = "{ALL}"; }},\n'
                    f'           {{ name = "look"; roles = "view"; token = "{VIEW}"; }} );\n'
                    f"limits: {{ rate = 10000; per_address = 600; }};\n{more}")

    def start(self):
        """The console; waits until it has seen all cards."""
        self.console = self.k.spawn(
            [self.k.programs["console"], "--config-dir", self.config, "--run-dir", self.runtime,
             "--share-dir", share(self.k)], env=dict(os.environ, **self.bus.env))
        site = self.site()

        def seen():
            found = (site.value("/api/v1/cards") or {"cards": []})["cards"]
            return {c["name"] for c in found if c["alive"]} == set(self.cards)
        self.k.need(wait_for(seen), "the console sees its cards",
                    [self.console.err(), [s.process.err()[-300:] for s in self.cards.values()]])

    def site(self, card=None, token=ALL, contract=None, source=None):
        return web.Site(self.k, self.port, "console", card, token, contract, source)

    def instance(self, card, contract=None):
        """The same card, without the console in between."""
        return web.Site(self.k, os.path.join(self.runtime, card, "http.sock"), "instance",
                        contract=contract)

    def stop(self):
        ends = [self.console.stop()[0]] if self.console else []
        return ends + [s.stop()[0] for s in self.cards.values()]
