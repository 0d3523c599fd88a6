# SPDX-License-Identifier: GPL-2.0-or-later
"""Which encoder is used on this machine, and what is said about it. Without such hardware "auto" is
libx264 and says why; what is asked for by name and does not work is an error, and libx264 goes on."""

import glob
import subprocess

HARDWARE = ["h264_vaapi", "h264_qsv", "h264_nvenc", "h264_v4l2m2m"]


def has_hardware():
    return bool(glob.glob("/dev/dri/renderD*") or glob.glob("/dev/nvidia[0-9]*") or
                glob.glob("/dev/video*"))


def stream(k, name, codec):
    path = k.path(name)
    p, status = k.run_until(path, 100000, sets=["encoder.codec=" + codec])
    return status, p.err(), k.stats(p)["encoder"], k.look(path)


def check_auto(k):
    status, err, encoder, found = stream(k, "auto.ts", "auto")
    k.ok(status == 0 and found["video"]["frames"] > 10, "auto: it streams", err)
    k.ok_decodes(found, "what was encoded")
    k.ok(f"Encoder {encoder['name']} is used" in err and err.count("Encoder ") == 1,
         "it says once which encoder is used", err)
    if has_hardware():
        k.skip("without hardware it is libx264", "there is hardware")
        return
    k.ok(encoder["name"] == "libx264" and not encoder["hardware"] and not encoder["demotions"],
         "without hardware it is libx264", encoder)
    k.ok(all(f"{name}: no " in encoder["reason"] for name in HARDWARE) and
         encoder["reason"] in err, "and it says why for each of the others", encoder)


def check_named(k):
    status, err, encoder, _ = stream(k, "named.ts", "libx264")
    k.ok(status == 0 and encoder["name"] == "libx264" and not encoder["reason"],
         "libx264 by name: nothing else is looked at", [encoder, err])
    if glob.glob("/dev/nvidia[0-9]*"):
        k.skip("hardware that is not there", "it is there")
        return
    status, err, encoder, found = stream(k, "nvenc.ts", "h264_nvenc")
    k.ok(status == 0 and found["video"]["frames"] > 10 and encoder["name"] == "libx264" and
         "h264_nvenc: no /dev/nvidia" in encoder["reason"],
         "hardware by name that is not there: libx264 goes on", [encoder, err])
    k.ok("Encoder libx264 is used, and not the one that is set: h264_nvenc: no" in err,
         "with an error", err)


def check_probe(k):
    def probe(*arguments):
        p = subprocess.run([k.programs["streamer"], "probe-encoder", *arguments], capture_output=True,
                           text=True, timeout=60, check=False)
        return p.returncode, p.stdout, p.stderr

    status, out, err = probe("--size", "320x180", "libx264")
    k.ok(status == 0 and not out and not err, "probe-encoder: libx264 works", [status, out, err])
    status, out, err = probe("--size", "320x181", "libx264")
    k.ok(status == 1 and "size" in out, "a size that cannot be", [status, out, err])
    if not glob.glob("/dev/nvidia[0-9]*"):
        status, out, err = probe("h264_nvenc")
        k.ok(status == 1 and out.count("\n") == 1 and not err,
             "hardware that is not there: a line that says why", [status, out, err])


def run(k):
    check_auto(k)
    check_named(k)
    check_probe(k)
