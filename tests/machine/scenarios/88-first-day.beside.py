# SPDX-License-Identifier: GPL-2.0-or-later
"""The server in another town, which speaks RTMP as SRS does: its port is in the file srs.port, and what
it has seen in srs.json, in the job's folder."""

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../native"))

import srs  # noqa: E402


def write(name, text):
    with open(name + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(name + ".new", name)


def main():
    server = srs.Srs(token="open-sesame", vhost="hall", silence=7, keeps=False)
    write("srs.port", f"{server.port}\n")
    while True:
        write("srs.json", json.dumps(server.report()))
        time.sleep(0.2)


main()
