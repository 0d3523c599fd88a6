# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios are written with: test lines, processes that cannot outlive the run, free
ports, the streamer and its peers.

Nothing here sleeps for a guessed time; conditions are polled with a limit. Limits are generous,
because the host may be busy: they find what hangs, not what is slow."""

import argparse
import atexit
import ctypes
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PR_SET_PDEATHSIG = 1
LIMIT = 30  # seconds that anything may take which should take none
# Ports are given out below those that the kernel takes for clients (ip_local_port_range), to each of
# the scenarios that run at a time from a range of its own: what was free still is when it is used.
PLACES = 8  # at a time at most
PORTS = 2500  # for each
FIRST_PORT = 10000
libc = ctypes.CDLL(None, use_errno=True)
ports = None


class Skip(Exception):
    """The scenario cannot be run here."""


class Failure(Exception):
    """The scenario cannot go on."""


def ask(place, target, method="GET", host="localhost", body=b""):
    """What is answered over HTTP at a port of the loopback, or a socket's path: status, headers
    (in lower case) and body; status 0 when the connection was closed instead."""
    family, address = ((socket.AF_UNIX, place) if isinstance(place, str) else
                       (socket.AF_INET, ("127.0.0.1", place)))
    answer = b""
    with socket.socket(family) as s:
        s.settimeout(LIMIT)
        s.connect(address)
        try:
            s.sendall(f"{method} {target} HTTP/1.0\r\nHost: {host}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            while more := s.recv(65536):
                answer += more
        except ConnectionError:
            pass
    head, _, content = answer.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.[01] (\d+)", head)
    return int(status[1]) if status else 0, head.decode("latin-1").lower(), content


def words_of(detail):
    """What is said about a failed test; of figures without the long histograms."""
    if not isinstance(detail, (dict, list, tuple)):
        return str(detail)

    def thin(value):
        if isinstance(value, dict):
            return {k: thin(v) for k, v in value.items() if k not in ("buckets_usec", "sum_usec")}
        return [thin(v) for v in value] if isinstance(value, (list, tuple)) else value
    return json.dumps(thin(detail), default=str)[:3000]


class Lines:
    """Test lines in TAP, for all scenarios together."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def _number(self):
        return self.passed + self.failed + self.skipped

    def ok(self, good, name, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'' if good else 'not '}ok {self._number()} - {name}", flush=True)
        if not good:
            for line in words_of(detail).splitlines()[-20:]:
                print(f"#   {line}")
        return good

    def skip(self, name, why):
        self.skipped += 1
        print(f"ok {self._number()} - {name} # SKIP {why}", flush=True)

    def again(self, good, name):
        """What another process has said, all in one line."""
        words, _, why = name.partition(" # SKIP ")
        if why:
            self.skip(words, why)
        else:
            self.ok(good, name)

    def finish(self):
        print(f"1..{self._number()}")
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}")
        return 1 if self.failed or not self.passed else 0


def wait_for(condition, limit=LIMIT):
    """Polls until condition() is true; returns its value, or None when the time is over."""
    until = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            return None
        time.sleep(0.02)


def settles(status):
    """Waits until what the outputs send is the source's picture. On a busy host a placeholder comes
    before it, and another size begins another session: that is over when what they had queued is sent."""
    live = wait_for(lambda: (now := status() or {}).get("input_live") and now, 60)
    now = live and wait_for(
        lambda: (now := status())["encoder"]["frames"] > live["encoder"]["frames"] + 1 and now, 60)
    if not now:
        return None
    until = [o["frames"] + o["queue_ms"] * now["encoder"]["rate"] / 1000 + 2 for o in now["outputs"]]
    return wait_for(lambda: all(o["frames"] > n for o, n in zip(status()["outputs"], until)), 60)


def own_ports():
    """Without end, in turn. Another run on this machine most likely begins elsewhere."""
    first = FIRST_PORT + int(os.environ.get("EGM_PLACE", "0")) % PLACES * PORTS
    at = os.getppid() * 37 % PORTS
    while True:
        yield first + at
        at = (at + 1) % PORTS


def free_port(kind=socket.SOCK_STREAM):
    global ports
    ports = ports or own_ports()
    for port in itertools.islice(ports, PORTS):
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failure("no port is free")


def size_of(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def read_json(path):
    """None as long as there is no such file, or none that can be parsed."""
    try:
        return json.loads(read_text(path))
    except ValueError:
        return None


def die_with_parent(signo=signal.SIGKILL):
    """For a child. Even kill -9 of the run ends what it has started."""
    libc.prctl(PR_SET_PDEATHSIG, signo)


class Process:
    """A child in a process group of its own; what it says is in PATH.out and PATH.err."""

    def __init__(self, argv, path, env=None, stdout=None, pass_fds=(),
                 stdin=subprocess.DEVNULL):
        self.argv = [str(a) for a in argv]
        self.err_path = path + ".err"
        self.out_path = stdout or path + ".out"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.child = subprocess.Popen(self.argv, stdin=stdin, stdout=out,
                                          stderr=err, env=env, start_new_session=True,
                                          preexec_fn=die_with_parent, pass_fds=pass_fds)
        self.pid = self.child.pid
        self.begin = time.monotonic()

    def alive(self):
        return self.child.poll() is None

    def err(self):
        return read_text(self.err_path)

    def out(self):
        return read_text(self.out_path)

    def says(self, words, limit=LIMIT):
        """Waits for words on stderr."""
        return wait_for(lambda: words in self.err() or not self.alive(), limit) and \
            words in self.err()

    def send(self, sig):
        if self.alive():
            os.kill(self.pid, sig)

    def wait(self, limit=LIMIT):
        """The exit status, or None when it is still running at the end of the time."""
        try:
            return self.child.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, sig=signal.SIGTERM, limit=LIMIT):
        """Returns exit status and seconds from the signal to the end."""
        begin = time.monotonic()
        self.send(sig)
        status = self.wait(limit)
        return status, time.monotonic() - begin

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()


class Kit:
    """The tools of one scenario, and its folder."""

    def __init__(self, name, lines, programs, folder):
        self.name = name
        self.lines = lines
        self.programs = programs
        self.folder = folder
        self.processes = []
        self.servers = []
        self.count = 0

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def ok(self, good, name, detail=""):
        return self.lines.ok(good, f"{self.name}: {name}", detail)

    def need(self, good, name, detail=""):
        """A test line without which the rest makes no sense."""
        if not self.ok(good, name, detail):
            raise Failure(name)

    def skip(self, name, why):
        self.lines.skip(f"{self.name}: {name}", why)

    def spawn(self, argv, env=None, stdout=None, pass_fds=(), stdin=subprocess.DEVNULL):
        self.count += 1
        name = f"{self.count:02d}-{os.path.basename(str(argv[0]))}"
        p = Process(argv, self.path(name), env, stdout, pass_fds, stdin)
        self.processes.append(p)
        return p

    def server(self, server):
        """Keeps a peer of ours, to be closed at the end."""
        self.servers.append(server)
        return server

    def close(self):
        for p in self.processes:
            p.kill()
        for s in self.servers:
            s.close()

    # --- the streamer ---

    def run(self, *args, outputs=(), size="320x180", rate=30, video="pattern", audio="tone",
            sets=(), env=None):
        """`egm-streamer run`, with a quiet progress line and a file of figures."""
        self.count += 1
        stats = self.path(f"{self.count:02d}-stats.json")
        argv = [self.programs["streamer"], "run", "--quiet", "--stats", stats, "--video", video,
                "--audio", audio]
        if size:
            argv += ["--size", size]
        if rate:
            argv += ["--rate", rate]
        for s in sets:
            argv += ["--set", s]
        for o in outputs:
            argv += ["--output", o]
        p = self.spawn(argv + list(args), env=dict(os.environ, **(env or {})))
        p.stats_path = stats
        return p

    def run_until(self, path, least, **more):
        """The same until PATH has LEAST bytes, however long that takes; the process, and its exit status."""
        p = self.run(outputs=[path], **more)
        wait_for(lambda: size_of(path) >= least or not p.alive(), 60)
        return p, p.stop()[0]

    def stats(self, process):
        stats = read_json(process.stats_path)
        if stats is None:
            raise Failure(f"no figures in {process.stats_path}: {process.err()}")
        return stats

    def call(self, *args, env=None, limit=LIMIT):
        """Runs the streamer to its end; returns (status, stdout, stderr)."""
        p = self.spawn([self.programs["streamer"], *args], env=dict(os.environ, **(env or {})))
        status = p.wait(limit)
        return status, p.out(), p.err()

    def serve(self, card, config, values, outputs, notify=None, env=None):
        """`egm-streamer serve` with a configuration folder of our own, made anew."""
        service = Service(self, card, config, notify, env)
        service.configure(values, outputs)
        service.start()
        return service

    # --- peers ---

    def nginx(self, record=True, tls=False):
        return Nginx(self, record, tls)

    def srt_listener(self, path, port=None, latency=120):
        """srt-live-transmit that writes what it gets to a file; what is later than so many ms is lost."""
        port = port or free_port(socket.SOCK_DGRAM)
        p = self.spawn(["srt-live-transmit", "-q", f"srt://127.0.0.1:{port}?mode=listener&latency={latency}",
                        "file://con"], stdout=path)
        p.port = port
        return p

    def rtsp_server(self, mode, port, path, user, password):
        """GStreamer's, to which the file is recorded, or which plays it."""
        me = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rtsp-server")
        server = self.spawn(["/usr/bin/python3", me, mode, port, path, user, password])
        self.need(server.says("ready"), f"GStreamer's RTSP server is there to {mode}", server.err())
        return server

    def watcher(self, url, seconds=0, lines=False):
        """Starts egm-watch."""
        argv = [self.programs["watch"], f"--seconds={seconds}", "--timeout=20"]
        if lines:
            argv.append("--json")
        return self.spawn(argv + [url])

    def watched(self, watcher, limit=2 * LIMIT):
        """Its summary."""
        if watcher.wait(limit) is None:
            raise Failure(f"egm-watch does not end: {watcher.argv}")
        try:
            if "--json" in watcher.argv:
                return json.loads(watcher.out().splitlines()[-1])
            return json.loads(watcher.out())
        except (ValueError, IndexError) as e:
            raise Failure(f"egm-watch: {e}: {watcher.err()}") from e

    def look(self, path):
        """What egm-watch finds in a finished file."""
        return self.watched(self.watcher(path))

    def pictures(self, path):
        """One dictionary for each picture of a file, and the summary."""
        w = self.watcher(path, lines=True)
        summary = self.watched(w)
        events = [json.loads(line) for line in w.out().splitlines()]
        return [e for e in events if e["event"] == "video"], summary

    # --- what many scenarios assert ---

    def ok_decodes(self, found, what):
        v = found["video"]
        self.ok(v and v["frames"] > 0 and v["undecodable"] == 0 and v["complaints"] == 0 and
                v["first_is_key"], f"{what} decodes from the first packet without an error", found)

    def ok_whole(self, found, what, stats):
        """Every picture that was encoded is there once: the numbers in the pattern are consecutive
        but for those that never reached the encoder or were encoded twice while the next one was
        late, which a busy host has on its conscience."""
        v = found["video"]
        n = v["numbers"] if v else {}
        self.ok(v and n["lost"] <= stats["drop_frames"] and n["backwards"] == 0 and
                n["repeated"] <= stats["input"]["repeated"] and n["unread"] == 0 and n["read"] == v["frames"],
                f"{what} lacks no picture", [found, stats["input"]])

    def ok_times(self, found, what):
        for track in "video", "audio":
            t = found[track]
            self.ok(t and t["pts_monotonic"] and t["dts_backwards"] == 0,
                    f"{what}: {track} timestamps increase strictly", found)


class Service:
    """The daemon of one card, with folders such as systemd would give it."""

    def __init__(self, kit, card, config, notify=None, env=None, wrapper=()):
        self.kit = kit
        self.card = card
        self.config = config
        self.runtime = kit.path(f"run-{card}")
        self.state = kit.path(f"state-{card}")
        self.notify = notify
        self.env = env or {}
        self.program = kit.programs["streamer"]
        self.wrapper = wrapper  # a command that ends by becoming the one behind it
        self.process = None
        for folder in self.runtime, self.state, os.path.join(config, "cards"):
            os.makedirs(folder, exist_ok=True)

    def configure(self, values, outputs):
        """values: KEY=VALUE as in a file, outputs: name to URL."""
        groups = {}
        for v in values:
            key, _, value = v.partition("=")
            group, _, name = key.rpartition(".")
            groups.setdefault(group, []).append(f"{name} = {quoted(value)};")
        text = "".join(f"{g}: {{ {' '.join(v)} }};\n" if g else " ".join(v) + "\n"
                       for g, v in groups.items())
        items = ", ".join(f"{{ name = {quoted(n)}; url = {quoted(u)}; }}"
                          for n, u in outputs.items())
        self.write(f"{text}outputs = ( {items} );\n")

    def write(self, text):
        with open(os.path.join(self.config, "cards", self.card + ".conf"), "w",
                  encoding="utf-8") as f:
            f.write(text)

    def start(self):
        env = dict(os.environ, RUNTIME_DIRECTORY=self.runtime, STATE_DIRECTORY=self.state)
        if self.notify:
            env["NOTIFY_SOCKET"] = self.notify.path
        env.update(self.env)
        self.process = self.kit.spawn([*self.wrapper, self.program, "serve", "--card", self.card,
                                       "--config-dir", self.config], env=env)

    def status(self):
        return read_json(os.path.join(self.runtime, "status.json"))

    def stop(self):
        return self.process.stop()


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


NGINX_CONF = """
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
{modules}
worker_processes 1;
# One process, so that a signal hits all of it.
master_process off;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
rtmp {{
    server {{
        listen 127.0.0.1:{rtmp};
        chunk_size 4096;
        application live {{
            live on;
            record {record};
            record_path {folder};
            record_unique on;
        }}
    }}
}}
http {{
    access_log off;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{http};
        location /control {{ rtmp_control all; }}
    }}
}}
"""


NGINX_STREAM = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;"
NGINX_TLS = """
stream {{
    server {{
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        proxy_pass 127.0.0.1:{rtmp};
    }}
}}
"""


class Nginx:
    """nginx with its RTMP module, which records each session into a file of its own; perhaps with TLS
    in front, whose certificate vouches for itself and names the address 127.0.0.1."""

    def __init__(self, kit, record=True, tls=False):
        self.kit = kit
        self.rtmp = free_port()
        self.http = free_port()
        self.folder = kit.path(f"nginx-{self.rtmp}")
        self.tls = free_port() if tls else None
        self.certificate = os.path.join(self.folder, "cert.pem")
        self.process = None
        os.mkdir(self.folder)
        if tls:
            self._make_certificate()
        with open(os.path.join(self.folder, "nginx.conf"), "w", encoding="utf-8") as f:
            f.write(NGINX_CONF.format(folder=self.folder, rtmp=self.rtmp, http=self.http,
                                      modules=NGINX_STREAM if tls else "",
                                      record="all" if record else "off"))
            if tls:
                f.write(NGINX_TLS.format(folder=self.folder, rtmp=self.rtmp, tls=self.tls))
        self.start()

    def _make_certificate(self):
        made = self.kit.spawn(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-keyout", os.path.join(self.folder, "key.pem"), "-out", self.certificate,
             "-subj", "/CN=nginx", "-addext", "subjectAltName=IP:127.0.0.1"])
        if made.wait() != 0:
            raise Failure(f"no certificate: {made.err()}")

    def tls_url(self, name):
        return f"rtmps://127.0.0.1:{self.tls}/live/{name}"

    def start(self):
        self.process = self.kit.spawn(
            ["/usr/sbin/nginx", "-e", os.path.join(self.folder, "error.log"), "-p", self.folder,
             "-c", os.path.join(self.folder, "nginx.conf")])
        if not wait_for(lambda: self._answers(self.rtmp) and self._answers(self.http)):
            raise Failure(f"nginx does not start: {self.process.err()}")

    @staticmethod
    def _answers(port):
        with socket.socket() as s:
            s.settimeout(1)
            return s.connect_ex(("127.0.0.1", port)) == 0

    def url(self, name):
        return f"rtmp://127.0.0.1:{self.rtmp}/live/{name}"

    def records(self, name):
        """Files of the sessions of a stream, oldest first."""
        return sorted((os.path.join(self.folder, f) for f in os.listdir(self.folder)
                       if f.startswith(name + "-") and f.endswith(".flv")), key=os.path.getmtime)

    def grows(self, name, by=20000, limit=LIMIT):
        """Waits until so many bytes more of a stream have been recorded."""
        def total():
            return sum(size_of(r) for r in self.records(name))
        begin = total()
        return wait_for(lambda: total() >= begin + by, limit)

    def control(self, words):
        with socket.create_connection(("127.0.0.1", self.http), LIMIT) as s:
            s.sendall(f"GET /control/{words} HTTP/1.0\r\n\r\n".encode())
            answer = b""
            while True:
                more = s.recv(4096)
                if not more:
                    return answer.decode("utf-8", "replace")
                answer += more


def find_programs(build):
    """The programs under test, and those that are needed to test them."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    build = os.path.abspath(build or os.environ.get("top_builddir", top))
    programs = {
        "streamer": os.environ.get("EGM_STREAMER",
                                   os.path.join(build, "src/streamer/egm-streamer")),
        "bus-card": os.path.join(build, "tests/tools/egm-bus-card"),
        "console": os.environ.get("EGM_CONSOLE",
                                  os.path.join(build, "src/console/egm-console")),
        "egmctl": os.environ.get("EGMCTL", os.path.join(build, "src/egmctl/egmctl")),
        "notify": os.path.join(build, "tests/tools/egm-notify"),
        "watch": os.environ.get("EGM_WATCH", os.path.join(build, "tests/tools/egm-watch")),
    }
    missing = [p for p in programs.values() if not os.access(p, os.X_OK)]
    needed = ["/usr/sbin/nginx", "/usr/sbin/mosquitto", "mosquitto_sub", "openssl",
              "srt-live-transmit", "ffmpeg", "dbus-daemon"]
    missing += [n for n in needed if not shutil.which(n)]
    for name in "rtmp", "stream":
        if not os.path.exists(f"/usr/lib/nginx/modules/ngx_{name}_module.so"):
            missing.append(f"libnginx-mod-{name}")
    return programs, missing


def make_folder(prefix):
    """A folder of our own that is gone at the end, unless EGM_KEEP is set."""
    folder = tempfile.mkdtemp(prefix=prefix)
    if os.environ.get("EGM_KEEP"):
        print(f"# files are kept in {folder}")
    else:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def standalone(name, run, seconds, words, description, options=None):
    """main() of a program that is one long measurement: run(kit, arguments), whose result is the exit
    status. seconds: unless --seconds says otherwise; options(parser) adds others."""
    p = argparse.ArgumentParser(description=description.splitlines()[0])
    p.add_argument("--seconds", type=int, default=seconds, metavar="N", help=f"instead of {words}")
    p.add_argument("--build", default=os.environ.get("top_builddir"), help="build folder (the source folder)")
    if options:
        options(p)
    arguments = p.parse_args()
    programs, missing = find_programs(arguments.build)
    if missing:
        sys.exit(f"{name}: missing: {' '.join(missing)}")
    for signo in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        signal.signal(signo, lambda n, _frame: sys.exit(128 + n))
    lines = Lines()
    k = Kit(name, lines, programs, make_folder(f"egm-{name}."))
    try:
        run(k, arguments)
    except Failure as e:
        lines.ok(False, "it goes on to its end", e)
    finally:
        k.close()
    return lines.finish()
