# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine under software emulation whose booted state is saved once and resumed per test.

The guest's memory is a file. While saving, qemu writes through to it and the rest of the state
(half a megabyte) goes to a second file; a resumed machine maps the memory privately, so that
starting takes a fraction of a second and any number of machines can share one saved state. The
root disk is never written (see image/init), hence disk and memory always agree. A machine that was
resumed can be saved as well, as another state on the same disk.

Both sides need the same machine: qemu version, devices, memory size, processors and their clock.
"""

import contextlib
import ctypes
import json
import mmap
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MEMORY_MB = 2560
PROCESSORS = 2
# What costs more under emulation than it saves is left out. 256 bits at a time are a call for each
# instruction; "rep movsb", which memcpy() takes to be quick (erms), goes byte by byte; smap makes each copy to
# a program another state to translate for, and la57 each walk of a page table longer.
CPU = "max,-avx2,-avx,-fma,-f16c,-erms,-smap,-smep,-la57,-pku,-umip"
# qemu 7.2 keeps what it has translated by virtual address: with libraries at random ones, each program that
# starts is translated anew, which is most of what a short one takes.
KERNEL_COMMAND_LINE = (
    "console=ttyS0 quiet loglevel=4 systemd.show_status=0 mitigations=off norandmaps"
)
RDTSC = b"\x0f\x31\x48\xc1\xe2\x20\x48\x09\xd0\xc3"  # rdtsc; shl $32, %rdx; or %rdx, %rax; ret
PRIORITY = -10
PR_SET_PDEATHSIG = 1
NO_ANSWER = 125
TIMED_OUT = 124


class MachineError(Exception):
    """The machine itself failed, not what was tested in it."""


def leave_session():
    """For the child. Where the kernel shares its time out by session (sched_autogroup), a priority
    counts among the processes of one session only; in one of its own the machine can have its way.
    Nothing that is sent to our terminal or group reaches it there, so it goes with us instead."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tsc_khz():
    """Ticks of the processor's counter in a millisecond; 0 where there is no such counter. The guest reads
    the same one: with it a look at the clock costs a program no system call, and no device's register."""
    if platform.machine() != "x86_64":
        return 0
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as code:
        code.write(RDTSC)
        place = ctypes.c_char.from_buffer(code)
        read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(place))

        def both():  # of ten pairs the one that was read most nearly at once
            pairs = ((time.monotonic_ns(), read(), time.monotonic_ns()) for _ in range(10))
            return min(pairs, key=lambda pair: pair[2] - pair[0])[:2]

        begin, ticks = both()
        time.sleep(0.05)  # what is measured: nothing is waited for
        end, now = both()
        del read, place  # else the memory cannot be given back
    return round((now - ticks) * 10**6 / (end - begin))


def kernel_command_line():
    khz = tsc_khz()
    return KERNEL_COMMAND_LINE + (f" tsc=reliable tsc_early_khz={khz}" if khz else "")


class Machine:
    """One run of qemu. Use it as a context manager: leaving it ends the process.

    image is the folder of the disk. The machine goes on from the state in the folder resume; without
    one it boots. With a folder save, its state can be saved there once.
    """

    def __init__(self, image, job=None, limit=300, forwards=(), resume=None, save=None):
        self.image, self.limit = image, limit
        self.resume, self.saves = resume, save
        self.tmp = tempfile.mkdtemp(prefix="egm-vm.")
        self.job = os.path.abspath(job or self.tmp)
        self.process = None
        self.forwards = forwards
        self.deadline = time.monotonic() + limit

    def __enter__(self):
        if self.resume and self.saves:
            subprocess.run(["cp", "--sparse=always", f"{self.resume}/ram.img",
                            f"{self.saves}/ram.img"], check=True)
        self.process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL,
                                        preexec_fn=leave_session)
        self._hurry()
        self.serial = self._connect("serial")
        self.monitor = self._connect("monitor").makefile("rw")
        self.monitor.readline()
        self._call("qmp_capabilities")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.tmp, ignore_errors=True)

    def boot(self):
        """Waits until the guest is ready for a job."""
        if not self.resume:
            self._wait_ready()
            return
        self._share_memory()
        self._call("migrate-incoming", uri=f"exec:cat '{self.resume}/state'")
        self._wait_migrated()
        if self._call("query-status")["status"] != "running":
            self._call("cont")

    def save(self):
        """Saves the state of the guest, which waits for a job, and ends the machine."""
        time.sleep(2)  # udev and the journal settle: what still runs now runs again in every test
        self._share_memory()
        self._call("stop")
        self._call("migrate-set-parameters", **{"max-bandwidth": 10**12})
        self._call("migrate", uri=f"exec:cat >'{self.saves}/state'")
        self._wait_migrated()
        self._call("quit")
        self.process.wait(30)

    def run(self):
        """Lets the guest run the job; returns the job's exit status, TIMED_OUT or NO_ANSWER."""
        self._go()
        try:
            # The guest has its own limit; this one is for a guest that hangs.
            self.process.wait(self._remaining() + 20)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        return self._job_status()

    def run_and_stay(self):
        """The same with a job that is not the guest's last one; the guest waits for the next."""
        self._go()
        self._wait_ready()
        return self._job_status()

    def _go(self):
        self.serial.sendall(b"go %.3f\n" % time.time())

    def _job_status(self):
        try:
            with open(os.path.join(self.job, "status"), encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return NO_ANSWER

    def _share_memory(self):
        self._call("migrate-set-capabilities", capabilities=[
            {"capability": "x-ignore-shared", "state": True}])

    def _hurry(self):
        """Goes before other programs: in the guest the same clock runs, but on a slow machine."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, PRIORITY)
            with open(f"/proc/{self.process.pid}/autogroup", "w", encoding="ascii") as file:
                file.write(f"{PRIORITY}\n")

    def _command(self):
        machine = "pc"
        memory = []
        if self.saves or self.resume:
            share = "on" if self.saves else "off"
            memory = ["-object", f"memory-backend-file,id=ram,size={MEMORY_MB}M,"
                      f"mem-path={self.saves or self.resume}/ram.img,share={share}"]
            machine += ",memory-backend=ram"
        network = "user,id=net" + "".join(
            ",hostfwd={}:127.0.0.1:{}-:{}".format(*(["tcp"] + f.split(":"))[-3:])
            for f in self.forwards)
        command = [
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", CPU, "-M", machine,
            "-smp", str(PROCESSORS), "-m", str(MEMORY_MB), *memory,
            "-nodefaults", "-nographic", "-no-reboot",
            "-kernel", f"{self.image}/vmlinuz", "-initrd", f"{self.image}/initrd",
            "-append", kernel_command_line(),
            "-drive", f"file={self.image}/root.ext4,if=none,id=root,format=raw,readonly=on",
            "-device", "virtio-blk-pci,drive=root",
            "-fsdev", f"local,id=job,path={self.job},security_model=none,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=job,mount_tag=job",
            "-netdev", network, "-device", "virtio-net-pci,netdev=net,romfile=",
            "-device", "virtio-rng-pci", "-device", "isa-debug-exit,iobase=0x501,iosize=1",
            "-serial", f"file:{self.job}/console.log",
            "-chardev", f"socket,id=serial,path={self.tmp}/serial,server=on,wait=off",
            "-serial", "chardev:serial",
            "-qmp", f"unix:{self.tmp}/monitor,server=on,wait=off"]
        if self.resume:
            command += ["-incoming", "defer"]
        return command

    def _connect(self, name):
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(f"{self.tmp}/{name}")
                return connection
            except OSError:
                connection.close()
            if self.process.poll() is not None:
                raise MachineError(f"qemu ended with status {self.process.returncode}")
            self._remaining()
            time.sleep(0.02)

    def _remaining(self):
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise MachineError(f"nothing within {self.limit} s")
        return remaining

    def _call(self, command, **arguments):
        self.monitor.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.monitor.flush()
        while True:
            line = self.monitor.readline()
            if not line:
                raise MachineError(f"qemu ended during {command}")
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise MachineError(f"{command}: {answer['error'].get('desc')}")

    def _wait_migrated(self):
        while True:
            status = self._call("query-migrate").get("status")
            if status == "completed":
                return
            if status in ("failed", "cancelled"):
                raise MachineError(f"the state cannot be saved or loaded: {status}")
            self._remaining()
            time.sleep(0.02)

    def _wait_ready(self):
        received = b""
        while b"ready" not in received:
            self.serial.settimeout(self._remaining())
            try:
                part = self.serial.recv(100)
            except socket.timeout as error:
                raise MachineError(f"the guest did not boot within {self.limit} s") from error
            if not part:
                raise MachineError("the guest ended while it booted")
            received += part
