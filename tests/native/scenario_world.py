# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon recognises reaches the world: a webhook and a broker hear of each change in order,
one that is dead holds up nobody and hears of all in the end, and a reload changes who is told."""

import json
import os
import signal

from kit import free_port, quoted, read_text, wait_for
from scenario_detector import CLIPS, ORDER, begin, config, in_order, state, told
from scenario_notify import Broker, Receiver

SECRET = "hush"


def settings(hooks, more=""):
    items = ", ".join(f"{{ name = {quoted(n)}; url = {quoted(u)}; secret = {quoted(SECRET)}; }}"
                      for n, u in hooks.items())
    return (config(os.path.join(CLIPS, "refs", "koi-short")) +
            f"webhooks = ( {items} );\nnotify: {{ backoff_max = \"1s\"; }};\n{more}")


def receiver_of(s, name):
    found = [r for r in (s.status() or {}).get("receivers", []) if r["name"] == name]
    return found[0] if found else {}


def events(receiver):
    return [json.loads(body) for _, body in receiver.requests]


def names(receiver):
    return [e["state"] for e in events(receiver) if e["event"] == "state"]


def after_reload(lines):
    """The states that the broker is told over the connection after the first one."""
    gone = [i for i, line in enumerate(lines) if line.endswith("/status offline")]
    return [line for line in lines[gone[0]:] if "/state " in line] if gone else []


def run(k):
    alive = k.server(Receiver())
    port = free_port()
    broker = Broker(k)
    mqtt = f'mqtt: {{ host = "127.0.0.1"; port = {broker.port}; }};\n'
    hooks = {"alive": f"http://127.0.0.1:{alive.port}/{SECRET}", "dead": f"http://127.0.0.1:{port}/"}
    s = begin(k, "world", settings(hooks, mqtt))
    k.need(wait_for(lambda: len([n for n in names(alive) if n in ORDER]) >= 4, 60),
           "a webhook hears of changes", s.process.err()[-2000:])
    k.ok(in_order(names(alive)) and told(s)[:len(names(alive))] == names(alive),
         "as the journal does, in order", [names(alive), told(s)])
    first = [e for e in events(alive) if e["event"] == "state"][0]
    k.ok(first["card"] == "world" and first["role"] == "game" and first["previous"] and
         abs(first["timestamp"] - os.stat(s.process.err_path).st_mtime) < 60, "in full", first)
    k.ok(wait_for(lambda: any(e["event"] == "number" and e["number"] == "CREDIT"
                              for e in events(alive)), 30), "numbers, too")
    k.ok(receiver_of(s, "dead").get("state") == "failing" and
         wait_for(lambda: receiver_of(s, "dead").get("waiting", 0) >= 4),
         "one that is dead does not hold it up", s.status().get("receivers"))
    k.ok(wait_for(lambda: broker.retained("egm/world/state") == state(s)["state"]),
         "the broker knows the state", s.status().get("receivers"))
    k.ok(SECRET not in json.dumps(s.status()) + s.process.err(), "no secret is shown")
    k.ok(s.process.err().count("webhook dead cannot be told") == 1, "the dead one is said once",
         s.process.err()[-1000:])

    # Killed and begun anew, the dead one comes back: it hears of everything, in order.
    s.process.kill()
    before = told(s)
    s.start()
    late = k.server(Receiver(port))
    k.ok(wait_for(lambda: len(names(late)) >= len(before), 30) and names(late)[:len(before)] == before,
         "kill -9, and the dead one is back: it hears of all", [names(late), before])
    k.ok(wait_for(lambda: receiver_of(s, "dead").get("waiting") == 0) and
         "webhook dead cannot" not in read_text(s.process.err_path), "nothing waits any more",
         s.status().get("receivers"))

    # Who is told changes at a reload; the others' news go on.
    heard = broker.subscribe(topic="egm/world/#")
    k.need(wait_for(lambda: any("/status online" in line for line in heard.lines()) and
                    any("/state " in line and not line.endswith(" UNKNOWN")
                        for line in heard.lines())), "online, and a state is known")
    s.write(settings({"dead": hooks["dead"]}, mqtt))
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: after_reload(heard.lines())) and
         not after_reload(heard.lines())[0].endswith(" UNKNOWN"),
         "SIGHUP: the broker is told at once what is known", heard.lines()[-10:])
    heard.stop()
    k.ok(wait_for(lambda: not receiver_of(s, "alive") and receiver_of(s, "dead")),
         "SIGHUP: a webhook less", s.status().get("receivers"))
    n, m = len(alive.requests), len(late.requests)
    k.ok(wait_for(lambda: len(late.requests) >= m + 2, 30) and len(alive.requests) == n,
         "it is not told any more, the other one is", [len(alive.requests), n])
    s.write(settings({"dead": hooks["dead"]}, mqtt) + 'log_level = "debug";\n')
    s.process.send(signal.SIGHUP)
    k.ok(wait_for(lambda: s.process.err().count("Configuration reloaded") >= 2) and
         "egm/world/status offline" not in s.process.err() and
         receiver_of(s, "dead").get("sent", 0) > 0, "what stays the same goes on",
         s.status().get("receivers"))
    status, seconds = s.stop()
    k.ok(status == 0 and seconds < 2, "ends soon", [status, seconds])
    k.ok(broker.retained("egm/world/status") == "offline", "and says good-bye to the broker")
