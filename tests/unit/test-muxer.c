/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One session at a time: files of each kind read back, and peers that do not do their part. */
#include "media/muxer.h"

#include <fcntl.h>
#include <libavcodec/packet.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/file.h"
#include "common/usec.h"
#include "media/cork.h"
#include "tests/tap.h"
#include "tests/unit/av-packets.h"
#include "tests/unit/av-readback.h"
#include "tests/unit/peers.h"
#include "tests/unit/rtmp-server.h"

#define MS USEC_PER_MSEC

/* Patience, that a busy machine does not look like a peer that stalls; what ends before it is over
 * was ended. */
#define PATIENCE (20 * USEC_PER_SEC)
#define SOON (PATIENCE / 2)

static struct muxer_settings settings = { .connect_usec = PATIENCE,
	.write_usec = PATIENCE,
	.close_usec = PATIENCE,
	.hls_seconds = 1,
	.hls_segments = 4 };

static char folder[] = "/tmp/test-muxer.XXXXXX";
static char why[160];

static const char *in_folder(const char *name)
{
	static char path[16][128];
	static int i;

	i = (i + 1) % 16;
	snprintf(path[i], sizeof(path[i]), "%s/%s", folder, name);
	return path[i];
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void write_pictures(struct muxer *m, struct av_packets *g, int n)
{
	while (n > 0) {
		struct packet *p = av_packets_next(g);

		n -= p->track == TRACK_VIDEO;
		if (muxer_write(m, p, false, why, sizeof(why)) < 0)
			n = 0;
		packet_unref(p);
	}
}

static int open_file(struct muxer *m, struct av_packets *g, const char *path)
{
	struct tracks *t = av_packets_tracks(g, 1);
	int r;

	why[0] = '\0';
	r = muxer_open(m, path, &settings, t, why, sizeof(why));
	tracks_unref(t);
	return r;
}

/* Else a reader waits for what is to come. */
static void end_playlist(const char *path)
{
	_cleanup_(fclosep) FILE *f = fopen(path, "ae");

	if (f)
		fputs("#EXT-X-ENDLIST\n", f);
}

/* Begins in the middle of a GOP and with sound: both have to wait for the keyframe. */
static void test_kind(struct av_packets *g, const char *name)
{
	const char *path = in_folder(name);
	struct readback rb;
	struct muxer *m;

	ok(muxer_new(&m) == 0, "%s: new", name);
	for (int i = 0; i < 20; i++)
		packet_unref(av_packets_next(g));
	ok(open_file(m, g, path) == 0, "%s: open %s", name, why);
	ok(muxer_path(m) && strcmp(muxer_path(m), path) == 0, "%s: path", name);
	write_pictures(m, g, 90);
	ok(muxer_bytes(m) > 10000, "%s: bytes", name);
	muxer_close(m);
	if (strstr(name, ".m3u8"))
		end_playlist(path);
	ok(av_readback(path, &rb), "%s: can be read back", name);
	ok(rb.errors == 0 && rb.first_key && rb.monotonic, "%s: decodes", name);
	ok(rb.pictures > 90 - AV_PACKETS_GOP && rb.pictures <= 90, "%s: %d pictures", name,
		rb.pictures);
	ok(rb.blocks > 100, "%s: %d blocks of sound", name, rb.blocks);
	ok(rb.seconds > 2.4 && rb.seconds < 3.1, "%s: %g s", name, rb.seconds);
	muxer_free(m);
}

/* In MP4 it must be found by players that know one of its two names only. */
static bool has_tag(const char *path, const char *tag)
{
	_cleanup_(freep) char *data = NULL;
	size_t size = 0;

	return file_read(path, 1 << 20, &data, &size) == 0 && memmem(data, size, tag, 4);
}

static void test_hevc(struct av_packets *g)
{
	static const char *const refused[] = { "rtmp://127.0.0.1:1/live/key",
		"rtmps://127.0.0.1:1/live/key", "/tmp/test-muxer-hevc.flv" };
	_cleanup_(muxer_freep) struct muxer *m = NULL;

	test_kind(g, "h.ts");
	test_kind(g, "h.mkv");
	test_kind(g, "h.mp4");
	ok(has_tag(in_folder("h.mp4"), "hvc1"), "the MP4 is for every player");
	test_kind(g, "h.m3u8");
	settings.hls_fmp4 = true;
	test_kind(g, "i.m3u8");
	settings.hls_fmp4 = false;
	if (muxer_new(&m) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		ok(open_file(m, g, refused[i]) == -ENOTSUP && strstr(why, "HEVC") &&
				strstr(why, ".mkv") && !strstr(why, "key") &&
				(i < 2 || !exists(refused[i])),
			"%s: %s", refused[i], why);
	ok(open_file(m, g, in_folder("j.mkv")) == 0, "and another one is taken after that");
}

static void test_numbering(struct av_packets *g)
{
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	const char *path = in_folder("n.mkv");

	ok(muxer_new(&m) == 0, "new");
	ok(open_file(m, g, path) == 0 && exists(path), "the file is there");
	muxer_close(m);
	ok(!exists(path), "without a picture it goes again");
	for (int i = 0; i < 2; i++) {
		settings.hls_fmp4 = i;
		ok(open_file(m, g, in_folder("n.m3u8")) == 0, "hls, fmp4 %d", i);
		muxer_close(m);
		ok(!exists(in_folder("n.m3u8")), "without a picture there is no playlist");
	}
	settings.hls_fmp4 = false;
	for (int i = 0; i < 3; i++) {
		ok(open_file(m, g, path) == 0, "session %d", i);
		write_pictures(m, g, AV_PACKETS_GOP + 1);
		muxer_close(m);
	}
	ok(exists(path) && exists(in_folder("n.1.mkv")) && exists(in_folder("n.2.mkv")),
		"never overwritten");
	ok(open_file(m, g, in_folder("no/such/x.ts")) == -ENOENT && why[0], "no folder: %s", why);
	ok(open_file(m, g, in_folder("no/such/x.m3u8")) == -ENOENT && why[0], "nor hls: %s", why);
	ok(open_file(m, g, in_folder("x.avi")) == -EPROTONOSUPPORT && why[0], "no format: %s", why);
	ok(open_file(m, g, in_folder("100%d.m3u8")) == -EINVAL && why[0], "a placeholder: %s", why);
	ok(muxer_path(m) == NULL, "nothing stays open");
}

/* A file may not grow above 20000 bytes: as near to a full disk as a test without mounts gets. */
static int write_until_full(struct muxer *m, struct av_packets *g, const char *path)
{
	struct rlimit old, small;
	int r;

	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 20000;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	r = open_file(m, g, path);
	for (int i = 0; i < 300 && r == 0; i++) {
		struct packet *p = av_packets_next(g);

		r = muxer_write(m, p, false, why, sizeof(why));
		packet_unref(p);
	}
	setrlimit(RLIMIT_FSIZE, &old);
	muxer_close(m);
	return r;
}

static void test_full_disk(struct av_packets *g)
{
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	int r;

	ok(muxer_new(&m) == 0, "new");
	r = write_until_full(m, g, in_folder("full.ts"));
	ok(r == -EFBIG && strstr(why, "too large"), "full, file: %s", why);
	r = write_until_full(m, g, in_folder("full.m3u8"));
	ok(r == -EFBIG && strstr(why, "too large"), "full, hls: %s", why);
	ok(!exists(in_folder("full.m3u8")) && !exists(in_folder("full.m3u8.tmp")),
		"no playlist that names what is not there");
}

/* What a session that was killed leaves behind. */
static void test_killed(struct av_packets *g, const char *name)
{
	const char *path = in_folder(name);
	struct readback rb;
	pid_t pid = fork();
	bool good;

	if (pid == 0) {
		struct muxer *m;

		if (muxer_new(&m) < 0 || open_file(m, g, path) < 0)
			_exit(1);
		write_pictures(m, g, 90);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	good = av_readback(path, &rb) && rb.errors == 0 && rb.first_key;
	ok(good && rb.pictures >= 45, "%s: killed, %d pictures are there", name, rb.pictures);
}

static int count_in(const char *text, const char *what)
{
	int n = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void test_hls_goes_on(struct av_packets *g)
{
	const char *path = in_folder("live.m3u8"), *stale = in_folder("live-17.ts");
	struct timespec old[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
	_cleanup_(freep) char *first = NULL, *second = NULL;
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct readback rb;
	long long number;
	char next[64];
	size_t size;
	FILE *f = fopen(stale, "we");

	if (f)
		fclose(f);
	utimensat(AT_FDCWD, stale, old, 0);
	ok(muxer_new(&m) == 0 && open_file(m, g, path) == 0, "hls: first session");
	ok(!exists(stale), "hls: what an old session left is removed");
	write_pictures(m, g, 90);
	muxer_close(m);
	ok(file_read(path, 10000, &first, &size) == 0, "hls: playlist");
	ok(strstr(first, "PROGRAM-DATE-TIME") && !strstr(first, "ENDLIST"),
		"hls: live, with times");
	number = strtoll(strstr(first, "MEDIA-SEQUENCE:") + 15, NULL, 10);
	ok(number > 1700000000, "hls: begins at %lld", number);

	ok(open_file(m, g, path) == 0, "hls: second session");
	write_pictures(m, g, 60);
	muxer_close(m);
	ok(file_read(path, 10000, &second, &size) == 0, "hls: playlist");
	ok(count_in(second, "#EXT-X-DISCONTINUITY") == 1, "hls: one discontinuity");
	ok(count_in(second, "#EXTINF") == 4, "hls: four segments");
	snprintf(next, sizeof(next), "live-%lld.ts", number + count_in(first, "#EXTINF"));
	ok(strstr(second, next), "hls: the number goes on with %s", next);
	ok(strtoll(strstr(second, "MEDIA-SEQUENCE:") + 15, NULL, 10) > number,
		"hls: sequence grows");
	for (int i = 0; i < count_in(first, "#EXTINF"); i++) {
		snprintf(next, sizeof(next), "live-%lld.ts", number + i);
		ok(exists(in_folder(next)) || !strstr(second, next), "hls: %s is there if listed",
			next);
	}
	snprintf(next, sizeof(next), "live-%lld.ts", number + count_in(first, "#EXTINF"));
	ok(av_readback(in_folder(next), &rb) && rb.first_key && rb.errors == 0,
		"hls: the new segment decodes alone");
}

/* Until the kernel has sent all it was given: a peer that is slow to read keeps it from that. */
static void wait_sent(int fd)
{
	const struct timespec step = usec_to_timespec(MS);
	int waiting = 0;

	for (int i = 0; i < 5000 && ioctl(fd, SIOCOUTQNSD, &waiting) == 0 && waiting > 0; i++)
		nanosleep(&step, NULL);
}

/* TCP segments with data that have gone out. */
static int segments(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	wait_sent(fd);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
		       ? (int) info.tcpi_data_segs_out
		       : -1;
}

/* How many segments it takes to write so many packets; the last of them is never held back. */
static int count_segments(struct muxer *m, struct av_packets *g, int fd, int n, bool more)
{
	int before = segments(fd);

	for (int i = 0; i < n; i++) {
		struct packet *p = av_packets_next(g);

		if (muxer_write(m, p, more && i < n - 1, why, sizeof(why)) < 0)
			i = n;
		packet_unref(p);
	}
	return segments(fd) - before;
}

/* Our end of the only connection to that port. */
static int find_socket(const char *url)
{
	int port = (int) strtol(strrchr(url, ':') + 1, NULL, 10);

	for (int fd = 0; fd < 1024; fd++) {
		struct sockaddr_in to = { 0 };
		socklen_t size = sizeof(to);

		if (getpeername(fd, (struct sockaddr *) &to, &size) == 0 &&
			to.sin_family == AF_INET && ntohs(to.sin_port) == port)
			return fd;
	}
	return -1;
}

/* A picture leaves as whole segments, which on the loopback hold 64 KiB, also where libavformat
 * writes it in bits: it has the URLs with a user. */
static void test_segments(struct av_packets *g, bool user)
{
	struct peer *listens = peer_new(PEER_LISTENS);
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	int mark = cork_mark(), fd, n;
	char url[80];

	snprintf(url, sizeof(url), "rtmp://%s%s", user ? "u:p@" : "", peer_url(listens) + 7);
	ok(muxer_new(&m) == 0 && open_file(m, g, url) == 0, "a peer that listens: %s", why);
	fd = find_socket(peer_url(listens));
	/* libavformat's session took the mark between these two. */
	n = cork_find((mark + cork_mark()) / 2);
	ok(fd >= 0 && n == (user ? fd : -1), "the session's socket");
	write_pictures(m, g, 16); /* to a keyframe and beyond */
	n = count_segments(m, g, fd, 20, false);
	ok(n >= 1 && n <= (user ? 22 : 20), "twenty packets in %d segments", n);
	n = count_segments(m, g, fd, 10, true);
	ok(n >= 1 && n <= 6, "ten that lie ready in %d", n);
	muxer_close(m);
	peer_free(listens);
}

/* What a server says is told, at the beginning and later, and without the stream's key. */
static void test_words(struct av_packets *g)
{
	struct rtmp_server *busy = rtmp_server_new(RTMP_SERVER_BUSY, NULL);
	struct rtmp_server *kicks = rtmp_server_new(RTMP_SERVER_KICKS, NULL);
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct rtmp_server_seen seen;
	char url[80];
	int r = 0;

	snprintf(url, sizeof(url), "%s/s3cret?token=t0ken", rtmp_server_url(busy));
	ok(muxer_new(&m) == 0 && open_file(m, g, url) == -EBUSY, "a server that is busy");
	ok(strcmp(why, "the server says: NetStream.Publish.BadName: stream *** is ? busy: ***") ==
			0,
		"it is quoted: %s", why);
	snprintf(url, sizeof(url), "%s/key", rtmp_server_url(kicks));
	ok(open_file(m, g, url) == 0, "one that kicks: %s", why);
	for (int i = 0; i < 500 && r == 0; i++) {
		struct timespec step = usec_to_timespec(2 * MS);
		struct packet *p = av_packets_next(g);

		r = muxer_write(m, p, false, why, sizeof(why));
		packet_unref(p);
		nanosleep(&step, NULL);
	}
	ok(strcmp(why, "the server says: NetStream.Publish.Kicked: by the operator") == 0,
		"it is quoted, too: %s", why);
	muxer_close(m);
	rtmp_server_end(busy, &seen);
	rtmp_server_end(kicks, &seen);
}

static void nap(uint64_t usec)
{
	struct timespec ts = usec_to_timespec(usec);

	nanosleep(&ts, NULL);
}

/* A picture of so many units, each of one byte: a camera may cut them small. */
static struct packet *many_units(const struct packet *like, int n)
{
	static const uint8_t unit[] = { 0, 0, 1, 0x41 };
	AVPacket *av = av_packet_alloc();
	struct packet *p;

	if (av_new_packet(av, n * (int) sizeof(unit)) < 0 || packet_new(&p, av) < 0)
		abort();
	for (int i = 0; i < n; i++)
		memcpy(av->data + (size_t) i * sizeof(unit), unit, sizeof(unit));
	p->track = TRACK_VIDEO;
	p->pts_usec = p->dts_usec = like->dts_usec;
	return p;
}

/* Tries so many packets; returns how many pictures there were, or a negative errno. */
static int try_packets(struct muxer *m, struct av_packets *g, int n, int *ret_left)
{
	int pictures = 0, r = 0;

	*ret_left = 0;
	for (int i = 0; i < n && r == 0; i++) {
		struct packet *p = av_packets_next(g);

		r = muxer_try(m, p, i % 7 == 3, why, sizeof(why));
		*ret_left += r == -EAGAIN;
		if (r == -EAGAIN)
			r = muxer_finish(m, why, sizeof(why));
		pictures += p->track == TRACK_VIDEO && muxer_bytes(m) > 0;
		packet_unref(p);
		nap(MS);
	}
	return r < 0 ? r : pictures;
}

/* What needs no waiting is done, and what does is left. */
static void test_try(struct av_packets *g)
{
	struct rtmp_server *server = rtmp_server_new(RTMP_SERVER_TAKES, NULL);
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct rtmp_server_seen seen;
	struct packet *p, *small;
	int pictures, left;
	char url[80];

	snprintf(url, sizeof(url), "%s/key", rtmp_server_url(server));
	ok(muxer_new(&m) == 0 && !muxer_can_try(m), "one that is closed has nothing to try");
	ok(open_file(m, g, in_folder("try.ts")) == 0 && !muxer_can_try(m), "nor has a file");
	ok(open_file(m, g, url) == 0 && muxer_can_try(m), "RTMP has: %s", why);
	pictures = try_packets(m, g, 400, &left);
	ok(pictures > 100 && left < 300, "most went, %d of 400 were left: %s", left, why);
	p = av_packets_next(g);
	small = many_units(p, 300);
	ok(muxer_try(m, small, false, why, sizeof(why)) == -EBUSY &&
			muxer_write(m, small, false, why, sizeof(why)) == 0,
		"a picture of so many pieces that there may be no room");
	packet_unref(p);
	packet_unref(small);
	muxer_close(m);
	rtmp_server_end(server, &seen);
	/* Besides: what describes them, one of many pieces, and that it was the last. */
	ok(seen.pictures == pictures + 3 && seen.deleted, "all came: %d of %d", seen.pictures,
		pictures + 3);
}

static void test_try_stalled(struct av_packets *g)
{
	struct peer *speaks = peer_new(PEER_SPEAKS);
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	int r;

	settings.write_usec = 300 * MS;
	ok(muxer_new(&m) == 0 && open_file(m, g, peer_url(speaks)) == 0, "one that stalls: %s",
		why);
	settings.write_usec = PATIENCE;
	do {
		struct packet *p = av_packets_next(g);

		r = muxer_try(m, p, false, why, sizeof(why));
		packet_unref(p);
	} while (r == 0);
	ok(r == -EAGAIN && muxer_finish(m, why, sizeof(why)) == -ETIMEDOUT,
		"waiting is for who may: %s", why);
	ok(!muxer_can_try(m), "and then it is over");
	muxer_close(m);
	peer_free(speaks);
}

/* What a server says is left to who may answer. */
static void test_try_kicked(struct av_packets *g)
{
	struct rtmp_server *kicks = rtmp_server_new(RTMP_SERVER_KICKS, NULL);
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct rtmp_server_seen seen;
	char url[80];
	int left, r;

	snprintf(url, sizeof(url), "%s/key", rtmp_server_url(kicks));
	ok(muxer_new(&m) == 0 && open_file(m, g, url) == 0, "one that kicks: %s", why);
	r = try_packets(m, g, 20000, &left);
	ok(r < 0 && strcmp(why, "the server says: NetStream.Publish.Kicked: by the operator") == 0,
		"it is quoted: %d %s", r, why);
	muxer_close(m);
	rtmp_server_end(kicks, &seen);
}

static void *interrupt_soon(void *m)
{
	nap(50 * MS);
	muxer_interrupt(m);
	return NULL;
}

static void *hurry_soon(void *m)
{
	nap(200 * MS);
	muxer_hurry(m, usec_now() + 50 * MS);
	return NULL;
}

static void test_peers(struct av_packets *g)
{
	struct peer *silent = peer_new(PEER_SILENT), *resets = peer_new(PEER_RESETS);
	struct peer *refuses = peer_new(PEER_REFUSES), *speaks = peer_new(PEER_SPEAKS);
	struct packet *p;
	struct muxer *m;
	pthread_t thread;
	uint64_t begin;
	int r;

	ok(muxer_new(&m) == 0, "new");
	ok(open_file(m, g, peer_url(refuses)) == -ECONNREFUSED && !strstr(why, "key"),
		"refused: %s", why);
	r = open_file(m, g, peer_url(resets));
	ok(r < 0 && r != -ETIMEDOUT && !strstr(why, "key"), "reset: %s", why);
	settings.connect_usec = 300 * MS;
	begin = usec_now();
	r = open_file(m, g, peer_url(silent));
	ok(r == -ETIMEDOUT && usec_now() - begin < SOON, "silent: %s", why);
	settings.connect_usec = PATIENCE;

	settings.write_usec = 300 * MS;
	ok(open_file(m, g, peer_url(speaks)) == 0, "a peer that then stalls: %s", why);
	settings.write_usec = PATIENCE;
	do {
		p = av_packets_next(g);
		begin = usec_now();
		r = muxer_write(m, p, false, why, sizeof(why));
		packet_unref(p);
	} while (r == 0);
	ok(r == -ETIMEDOUT && usec_now() - begin < SOON, "stalled: %s", why);
	ok(muxer_bytes(m) < 1024 * 1024, "the kernel took only %d KiB",
		(int) (muxer_bytes(m) / 1024));
	begin = usec_now();
	muxer_close(m);
	ok(usec_now() - begin < SOON, "and is left at once");

	ok(open_file(m, g, peer_url(speaks)) == 0, "again");
	begin = usec_now();
	pthread_create(&thread, NULL, hurry_soon, m);
	write_pictures(m, g, 30); /* more than the kernel takes */
	muxer_close(m);
	pthread_join(thread, NULL);
	ok(usec_now() - begin < SOON, "goodbye in a hurry, whatever it was waiting for");
	muxer_free(m);

	ok(muxer_new(&m) == 0, "new");
	pthread_create(&thread, NULL, interrupt_soon, m);
	begin = usec_now();
	ok(open_file(m, g, peer_url(silent)) == -ECANCELED && usec_now() - begin < SOON, "%s", why);
	pthread_join(thread, NULL);
	ok(open_file(m, g, in_folder("late.ts")) == -ECANCELED, "and so do later calls");
	muxer_free(m);
	peer_free(silent);
	peer_free(resets);
	peer_free(refuses);
	peer_free(speaks);
}

int main(void)
{
	static const char *const kinds[] = { "a.flv", "a.ts", "a.mkv", "a.mp4", "a.m3u8" };
	struct av_packets *g = av_packets_new(2, true, 60), *big = av_packets_new(1, true, 255);
	struct av_packets *hevc = av_packets_hevc_new(2, true, 60);
	char command[64];

	if (!mkdtemp(folder) || !g || !big || !hevc)
		return 99;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_kind(g, kinds[i]);
	settings.hls_fmp4 = true;
	test_kind(g, "b.m3u8");
	settings.hls_fmp4 = false;
	test_hevc(hevc);
	test_numbering(g);
	test_full_disk(g);
	test_killed(g, "k.flv");
	test_killed(g, "k.ts");
	test_killed(g, "k.mkv");
	test_killed(g, "k.mp4");
	test_hls_goes_on(g);
	test_peers(big);
	test_try(g);
	test_try_stalled(big);
	test_try_kicked(g);
	test_segments(g, false);
	test_segments(g, true);
	test_words(g);
	av_packets_free(g);
	av_packets_free(big);
	av_packets_free(hevc);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? tap_done() : 1;
}
