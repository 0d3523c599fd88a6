# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that reads half of what comes: it loses whole tails, never a picture that the ones after
it need, and the queue stays within its limit."""

import packets
import peers
from kit import wait_for

BITRATE = 1600  # kbit/s
QUEUE_MS = 800
# The queue's limit counts what lies between two packets' timestamps; a picture or two are on the way.
QUEUE_SLACK_MS = 100


def gaps(k, server, path):
    """The pictures that follow a gap: (number, milliseconds, NAL types) of each."""
    session = list(server.sessions[0])
    server.write_flv(session, path)
    types = dict(packets.flv_pictures(session))
    pictures, summary = k.pictures(path)
    k.ok_decodes(summary, "what the slow server got")
    found = []
    for before, after in zip(pictures, pictures[1:]):
        if after["number"] > before["number"] + 1:
            msec = round(after["pts"] * 1000)
            found.append((after["number"], msec, types.get(msec, [])))
    return found


def run(k):
    server = k.server(peers.RtmpServer(rate=BITRATE * 1000 // 8 // 2, receive_buffer=65536))
    config = k.path("etc")
    card = k.serve("slow", config, ["video.device=pattern", "audio.device=tone",
                                    "video.size=320x180", f"encoder.bitrate={BITRATE}k",
                                    f"output.queue={QUEUE_MS}ms"],
                   {"slow": server.url(), "beside": k.path("beside.ts")})
    seen = []

    def many_drops():
        status = card.status()
        if status:
            seen.append(status["outputs"][0]["queue_ms"])
        # The server is behind by what the kernel holds: it must have come past the gaps, too.
        return status and status["outputs"][0]["drops"] >= 4 and server.sessions and \
            server.sessions[0] and server.sessions[0][-1][1] > 8000

    k.need(wait_for(many_drops, 60), "the queue's rule strikes again and again", card.status())
    k.ok(max(seen) <= QUEUE_MS + QUEUE_SLACK_MS, "the queue keeps its limit", max(seen))
    status = card.status()
    k.ok(status["outputs"][0]["reconnects"] == 0, "without a new session", status["outputs"][0])
    k.ok(status["outputs"][1]["dropped"] == 0, "the file beside it loses nothing",
         status["outputs"][1])
    card.stop()
    found = gaps(k, server, k.path("slow.flv"))
    # A picture that a busy host never encoded leaves a gap of one; its neighbours do not mind.
    tails = [g for g in found if packets.NAL_IDR in g[2]]
    k.ok(len(tails) >= 2, "tails are lost", found)
    k.ok(len(found) - len(tails) <= status["drop_frames"] + 5 and all(
        packets.starts_decodable(g[2]) for g in tails), "after each the next is an IDR", found)
    k.ok_decodes(k.look(k.path("beside.ts")), "the file beside it")
