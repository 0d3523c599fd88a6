# SPDX-License-Identifier: GPL-2.0-or-later
"""Just enough of FLV and MPEG-TS to see what a peer got before any decoder was kind to it: the
types of the NAL units of each picture."""

import struct

NAL_IDR, NAL_SPS, NAL_PPS = 5, 7, 8
FLV_AUDIO, FLV_VIDEO = 8, 9
TS_PACKET = 188
STREAM_TYPE_H264 = 0x1b


def starts_decodable(nals):
    """Can a decoder that knows nothing begin with this picture?"""
    return NAL_SPS in nals and NAL_PPS in nals and NAL_IDR in nals


def nals_of_avc(data):
    """Types of NAL units with a length of four bytes before each."""
    nals = []
    at = 0
    while at + 5 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        nals.append(data[at + 4] & 31)
        at += 4 + size
    return nals


def nals_of_annexb(data):
    """Types of NAL units behind start codes."""
    nals = []
    at = data.find(b"\0\0\1")
    while at >= 0 and at + 3 < len(data):
        nals.append(data[at + 3] & 31)
        at = data.find(b"\0\0\1", at + 3)
    return nals


def flv_tags(data):
    """(type, milliseconds, payload) of each whole tag of a file."""
    at = 13
    while at + 11 <= len(data):
        kind = data[at] & 31
        size = int.from_bytes(data[at + 1:at + 4], "big")
        msec = int.from_bytes(data[at + 4:at + 7], "big") | data[at + 7] << 24
        if at + 11 + size + 4 > len(data):
            return
        yield kind, msec, data[at + 11:at + 11 + size]
        at += 11 + size + 4


def is_picture(payload):
    return len(payload) > 5 and payload[0] & 15 == 7 and payload[1] == 1


def flv_pictures(tags):
    """(milliseconds, NAL types) of each picture."""
    return [(msec, nals_of_avc(payload[5:])) for kind, msec, payload in tags
            if kind == FLV_VIDEO and is_picture(payload)]


def _ts_payload(packet):
    """Offset of the payload, None without one."""
    control = packet[3] >> 4 & 3
    if not control & 1:
        return None
    return 5 + packet[4] if control & 2 else 4


def _ts_section(packet):
    at = _ts_payload(packet)
    return packet[at + 1 + packet[at]:]


def _pmt_pid(section):
    return int.from_bytes(section[10:12], "big") & 0x1fff


def _video_pid(section):
    at = 12 + (int.from_bytes(section[10:12], "big") & 0xfff)
    end = 3 + (int.from_bytes(section[1:3], "big") & 0xfff) - 4
    while at + 5 <= end:
        if section[at] == STREAM_TYPE_H264:
            return int.from_bytes(section[at + 1:at + 3], "big") & 0x1fff
        at += 5 + (int.from_bytes(section[at + 3:at + 5], "big") & 0xfff)
    return None


def ts_first_picture(data):
    """NAL types of the first picture, whole or not; [] when there is none."""
    pmt = video = None
    picture = b""
    begun = False
    for at in range(0, len(data) - TS_PACKET + 1, TS_PACKET):
        packet = data[at:at + TS_PACKET]
        pid = int.from_bytes(packet[1:3], "big") & 0x1fff
        starts = packet[1] & 0x40
        if pid == 0 and starts:
            pmt = _pmt_pid(_ts_section(packet))
        elif pid == pmt and starts:
            video = _video_pid(_ts_section(packet))
        elif pid == video and _ts_payload(packet):
            if starts and begun:
                break
            begun = True
            picture += packet[_ts_payload(packet):]
    return nals_of_annexb(picture)
