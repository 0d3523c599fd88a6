# SPDX-License-Identifier: GPL-2.0-or-later
"""A network of our own, with all that a bad one does: two network namespaces, joined by a thread that
carries each packet from one to the other, later or not at all. Needs root and /dev/net/tun, and no
module of the kernel."""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI = 1, 0x1000
NEAR, FAR, NOBODY = "10.99.0.1", "10.99.0.2", "10.99.0.3"
libc = ctypes.CDLL(None, use_errno=True)


def available():
    """Root, and the devices for this and for disks of our own."""
    return os.geteuid() == 0 and all(os.access(f"/dev/{d}", os.W_OK) for d in
                                     ("net/tun", "loop-control"))


def ports_of(packet):
    """Those of TCP and UDP over IPv4."""
    if packet[0] >> 4 != 4 or packet[9] not in (6, 17):
        return ()
    return struct.unpack_from(">HH", packet, (packet[0] & 15) * 4)


class Space:
    """A network namespace: a thread makes it, and others may enter it for a while."""

    def __init__(self, address):
        self.fd = self.tun = None
        self.error = None
        self._in_thread(self._make, address)

    def _in_thread(self, function, *args):
        result = []

        def run():
            try:
                result.append(function(*args))
            except OSError as e:
                self.error = e
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if self.error:
            raise self.error
        return result[0]

    def _make(self, address):
        if libc.unshare(CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), "unshare")
        self.fd = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH22x", b"egm0", IFF_TUN | IFF_NO_PI))
        for words in (f"address add {address}/24 dev egm0", "link set lo up", "link set egm0 up"):
            subprocess.run(["ip", *words.split()], check=True)

    def enter(self, function, *args):
        """Calls it with this network, as its sockets then have for ever."""
        def inside():
            if libc.setns(self.fd, CLONE_NEWNET) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            return function(*args)
        return self._in_thread(inside)

    def command(self):
        """What stands in front of a program that shall live there."""
        return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self.fd}"]

    def close(self):
        os.close(self.tun)
        os.close(self.fd)


class Network:
    """rules: port of a server to (share of packets lost, seconds of delay), on the way to it; "hole"
    swallows all in both directions."""

    def __init__(self):
        self.near, self.far = Space(NEAR), Space(FAR)
        self.rules = {}
        self.lost = 0
        self.over = False
        self.random = random.Random(6)
        self.late = []  # heap of (when, number, descriptor, packet)
        self.count = 0
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self.thread.start()

    def _rule(self, packet):
        for port in ports_of(packet):
            if port in self.rules:
                return self.rules[port]
        return None

    def _take(self, source, target):
        while True:
            try:
                packet = os.read(source, 65536)
            except BlockingIOError:
                return
            rule = self._rule(packet)
            delay = 0
            if rule == "hole":
                self.lost += 1
                continue
            if rule and source == self.near.tun:
                if self.random.random() < rule[0]:
                    self.lost += 1
                    continue
                delay = rule[1]
            self.count += 1
            heapq.heappush(self.late, (time.monotonic() + delay, self.count, target, packet))

    def _send(self):
        while self.late and self.late[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(self.late)
            try:
                os.write(target, packet)
            except OSError:
                pass  # as on a wire that is full

    def _carry(self):
        near, far = self.near.tun, self.far.tun
        while not self.over:
            wait = max(self.late[0][0] - time.monotonic(), 0) if self.late else 0.1
            for ready in select.select([near, far], [], [], min(wait, 0.1))[0]:
                self._take(ready, far if ready == near else near)
            self._send()

    def close(self):
        self.over = True
        self.thread.join()
        self.near.close()
        self.far.close()
