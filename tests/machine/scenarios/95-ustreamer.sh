# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# machine: record
# For the record: pictures for viewers beside Debian's ustreamer, of the same emulated card, in the same
# machine, one after the other. Not part of the check; tests/machine/run-all --only 95.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

seconds=10

# Of a process, in hundredths of a second
cpu_of()
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# watch_by N CURL-ARGUMENT…: N viewers for as long; the last one's pictures are counted. What does not
# read is another one.
watch_by()
{
	n=$1
	shift
	for i in $(seq "$n"); do
		curl -s -m "$seconds" -o "$work/seen.$i" "$@" &
	done
	wait
	grep -ac '^Content-Length:' "$work/seen.$n"
	rm -f "$work"/seen.*
}

# record NAME PID CURL-ARGUMENT…
record()
{
	name=$1
	pid=$2
	shift 2
	for viewers in 1 10 50; do
		before=$(cpu_of "$pid")
		pictures=$(watch_by "$viewers" "$@")
		echo "# $name, $viewers viewers: $pictures pictures in $seconds s," \
			"$((($(cpu_of "$pid") - before) * 10)) ms of CPU"
		[ "$pictures" -gt 0 ] || return 1
	done
}

step "Debian's ustreamer"
assert "it is installed" sh -c 'dpkg -i /job/debs/lib*.deb /job/debs/ustreamer_*.deb'
systemctl mask --now egm.target >/dev/null 2>&1
assert "vivid is there" load_vivid
v4l2-ctl -d "$(vivid_node)" --set-fmt-video=width=640,height=480,pixelformat=YUYV
ustreamer -d "$(vivid_node)" -r 640x480 -f 15 -m YUYV -q 80 -w 1 -p 8090 --tcp-nodelay >"$work/ustreamer" 2>&1 &
ustreamer=$!
ustreamer_runs()
{
	curl -sf -o "$work/snapshot" http://127.0.0.1:8090/snapshot
}
within 20 "it answers" ustreamer_runs
record ustreamer "$ustreamer" http://127.0.0.1:8090/stream >"$work/record" 2>&1
assert "it was recorded" test "$(wc -l <"$work/record")" -eq 3
cat "$work/record"
kill "$ustreamer"
wait "$ustreamer"

step "egm-streamer"
configure <<EOF
video: { size = "640x480"; rate = 15; };
audio: { device = "none"; };
outputs = ( );
EOF
systemctl unmask egm.target >/dev/null 2>&1
assert "egm.target starts" systemctl start egm.target
within 30 "udev has started an instance" find_card
within 20 "the instance is up" active
within 20 "the input is live" live
record egm-streamer "$(main_pid)" --unix-socket "/run/egm-streamer/$card/http.sock" \
	http://localhost/stream.mjpg >"$work/record" 2>&1
assert "it was recorded" test "$(wc -l <"$work/record")" -eq 3
cat "$work/record"
