# SPDX-License-Identifier: GPL-2.0-or-later
"""A system bus of the scenario's own with the package's policy, and the real polkit on it."""

import os
import pwd
import re
import signal
import subprocess

import wire
from kit import Failure, read_text, wait_for

top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
POLICY = os.path.join(top, "data/dbus/org.egm.Streamer1.conf")
ACTIONS = os.path.join(top, "data/polkit/org.egm.streamer1.policy")
POLKITD = ["/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd"]

# What every system bus allows and forbids before the policies of packages.
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <includedir>{folder}/policies</includedir>
</busconfig>
"""


class Bus:
    """dbus-daemon; user is who may own the names instead of egm-streamer."""

    def __init__(self, kit, user):
        self.kit = kit
        self.folder = kit.path("bus")
        os.makedirs(os.path.join(self.folder, "policies"))
        for f in kit.folder, os.path.dirname(kit.folder), self.folder:
            os.chmod(f, 0o755)
        with open(os.path.join(self.folder, "bus.conf"), "w", encoding="utf-8") as f:
            f.write(CONFIG.format(folder=self.folder))
        policy, n = re.subn('user="egm-streamer"', f'user="{user}"', read_text(POLICY))
        if n != 1:
            raise Failure("the policy does not name its user once")
        self.add_policy("egm", policy)
        self.address = f"unix:path={self.folder}/socket"
        self.env = {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        self.process = None
        self.start()

    def add_policy(self, name, text):
        with open(os.path.join(self.folder, "policies", name + ".conf"), "w",
                  encoding="utf-8") as f:
            f.write(text)

    def start(self):
        self.process = self.kit.spawn(
            ["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--nopidfile",
             "--nosyslog", "--print-address"])
        if not wait_for(lambda: "unix:" in self.process.out() or not self.process.alive()) or \
                not self.process.alive():
            raise Failure(f"no bus: {self.process.err()}")

    def stop(self):
        self.process.stop(signal.SIGKILL)
        os.unlink(os.path.join(self.folder, "socket"))

    def client(self):
        return self.kit.server(wire.Client(self.address))

    def tool(self, *argv, user=None):
        """Runs one of the bus's own tools, as somebody: (status, stdout, stderr)."""
        if user:
            argv = (*as_user(user), *argv)
        p = self.kit.spawn(list(argv), env=dict(os.environ, **self.env))
        return p.wait(), p.out(), p.err()


def as_user(user):
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def has_name(client, name):
    return client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                       "NameHasOwner", "s", (name,))[0]


class Polkit:
    """polkitd, which looks for actions and rules in fixed places: ours lie there in its own view of
    the file system only. Wants root."""

    def __init__(self, kit, bus, owner, rules):
        program = next((p for p in POLKITD if os.path.exists(p)), None)
        if not program:
            raise Failure("there is no polkitd")
        folder = kit.path("polkit")
        for name in "actions", "rules":
            os.makedirs(os.path.join(folder, name), mode=0o755)
        policy, n = re.subn("unix-user:egm-streamer", f"unix-user:{owner}", read_text(ACTIONS))
        if n != 4:
            raise Failure("not every action names its owner")
        self._write(folder, "actions/org.egm.streamer1.policy", policy)
        self._write(folder, "rules/10-scenario.rules", rules)
        bus.add_policy("polkit", read_text(
            "/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf"))
        bus.process.send(signal.SIGHUP)
        client = bus.client()
        self.process = kit.spawn(
            ["unshare", "--mount", "sh", "-c",
             f"mount --bind {folder}/actions /usr/share/polkit-1/actions && "
             f"mount --bind {folder}/rules /etc/polkit-1/rules.d && exec {program}"],
            env=dict(os.environ, **bus.env))
        if not wait_for(lambda: has_name(client, "org.freedesktop.PolicyKit1") or
                        not self.process.alive()) or not self.process.alive():
            raise Failure(f"polkitd does not start: {self.process.err()}")

    @staticmethod
    def _write(folder, name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def stopped(self, stop):
        self.process.send(signal.SIGSTOP if stop else signal.SIGCONT)


def valid(user):
    try:
        pwd.getpwnam(user)
        return True
    except KeyError:
        return False


def have_mounts():
    return os.getuid() == 0 and \
        subprocess.run(["unshare", "--mount", "true"], check=False,
                       stderr=subprocess.DEVNULL).returncode == 0
