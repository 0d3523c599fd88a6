/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of the streamer's settings. etc/streamer.conf and egm-streamer.conf(5) explain the same
 * list; tests compare them. What depends on more than one value is checked in settings-check.c.
 */
#include "settings/settings.h"

#include "common/folder-limit.h"
#include "common/usec.h"
#include "recognize/rules.h"
#include "settings/settings-private.h"

#define MSEC ((int64_t) USEC_PER_MSEC)
#define SEC ((int64_t) USEC_PER_SEC)
#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)

static const char *const format_words[] = {
	[FORMAT_AUTO] = "auto",
	[FORMAT_YUYV] = "yuyv",
	[FORMAT_UYVY] = "uyvy",
	[FORMAT_NV12] = "nv12",
	[FORMAT_YU12] = "yu12",
	[FORMAT_RGB24] = "rgb24",
	[FORMAT_BGR24] = "bgr24",
	[FORMAT_MJPEG] = "mjpeg",
	[FORMAT_NV16] = "nv16",
	[FORMAT_H264] = "h264",
	NULL,
};

static const char *const flip_words[] = {
	[FLIP_NONE] = "none",
	[FLIP_HORIZONTAL] = "horizontal",
	[FLIP_VERTICAL] = "vertical",
	NULL,
};

static const char *const fit_words[] = {
	[FIT_BORDERS] = "borders",
	[FIT_STRETCH] = "stretch",
	NULL,
};

static const char *const codec_words[] = {
	[CODEC_AUTO] = "auto",
	[CODEC_LIBX264] = "libx264",
	[CODEC_H264_VAAPI] = "h264_vaapi",
	[CODEC_H264_QSV] = "h264_qsv",
	[CODEC_H264_NVENC] = "h264_nvenc",
	[CODEC_H264_V4L2M2M] = "h264_v4l2m2m",
	[CODEC_COPY] = "copy",
	[CODEC_HEVC] = "hevc",
	[CODEC_LIBX265] = "libx265",
	[CODEC_HEVC_VAAPI] = "hevc_vaapi",
	[CODEC_HEVC_QSV] = "hevc_qsv",
	[CODEC_HEVC_NVENC] = "hevc_nvenc",
	[CODEC_HEVC_V4L2M2M] = "hevc_v4l2m2m",
	NULL,
};

static const char *const hls_type_words[] = {
	[HLS_TYPE_MPEGTS] = "mpegts",
	[HLS_TYPE_FMP4] = "fmp4",
	NULL,
};

static const char *const mode_words[] = {
	[MODE_BETTER] = "better",
	[MODE_COMPATIBLE] = "compatible",
	NULL,
};

static const char *const algo_words[] = {
	[HASH_DHASH] = "dhash",
	[HASH_PHASH] = "phash",
	[HASH_AHASH] = "ahash",
	NULL,
};

static const char *const log_level_words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
	NULL,
};

/* x264's own. */
static const char *const preset_words[] = { "ultrafast", "superfast", "veryfast", "faster", "fast",
	"medium", "slow", "slower", "veryslow", "placebo", NULL };
static const char *const profile_words[] = { "baseline", "main", "high", NULL };

#define AT(member) .offset = offsetof(struct settings, member)

static const struct conf_row rows[] = {
	{ "machine", CONF_STRING, AT(machine), .min = 0, .max = 63, .def = "", .flags = CONF_RELOAD,
		.help = "name of this machine; empty: its host name" },
	{ "role", CONF_STRING, AT(role), .min = 1, .max = 31, .def = "game", .flags = CONF_RELOAD,
		.help = "what the picture is, such as game or cam; for ${role} and the status" },
	{ "log_level", CONF_ENUM, AT(log_level), .def = "info", .words = log_level_words,
		.flags = CONF_RELOAD, .help = "least important messages that are logged" },
	{ "unplug_hold", CONF_DURATION, AT(unplug_hold_usec), .min = 0, .max = INT64_MAX,
		.def = "forever", .flags = CONF_RELOAD,
		.help = "how long outputs get a placeholder while the card is gone" },

	{ "video.device", CONF_STRING, AT(video.device), .min = 1, .def = "auto",
		.flags = CONF_SECRET,
		.help = "auto (the card), pattern, a V4L2 device, a file or a URL" },
	{ "video.size", CONF_SIZE, AT(video.size), .min = 32, .max = 8192, .def = "auto",
		.help = "width x height; auto: the best the source offers at the rate" },
	{ "video.rate", CONF_RATE, AT(video.rate), .min = 1, .max = 120, .def = "auto",
		.help = "pictures per second; auto: of a card at most 30, of a file its own" },
	{ "video.format", CONF_ENUM, AT(video.format), .def = "auto", .words = format_words,
		.help = "pixel format asked of the card; auto: what costs least" },
	{ "video.input", CONF_STRING, AT(video.input), .min = 1, .max = 31, .def = "auto",
		.help = "the card's, by number or name; auto: the one that is selected" },
	{ "video.controls", CONF_WORDS, AT(video.controls), .max = 1023, .def = "",
		.help = "the card's, such as brightness=128, each time it is opened" },
	{ "video.loop", CONF_BOOL, AT(video.loop), .def = "false",
		.help = "a file starts again at its end" },
	{ "video.canvas", CONF_SIZE, AT(video.canvas), .min = 32, .max = 8192, .def = "auto",
		.flags = CONF_RELOAD,
		.help = "size of the picture that crop and masks are for; auto: video.size" },
	{ "video.crop", CONF_STRING, AT(video.crop), .max = 31, .def = "", .flags = CONF_RELOAD,
		.help = "part of the picture that is used, as 640x480+0+120; empty: all" },
	{ "video.rotate", CONF_INT, AT(video.rotate), .min = 0, .max = 270, .def = "0",
		.flags = CONF_RELOAD, .help = "degrees clockwise: 0, 90, 180 or 270" },
	{ "video.flip", CONF_ENUM, AT(video.flip), .def = "none", .words = flip_words,
		.flags = CONF_RELOAD, .help = "mirrors what rotate gives" },
	{ "video.fit", CONF_ENUM, AT(video.fit), .def = "borders", .words = fit_words,
		.flags = CONF_RELOAD,
		.help = "of a picture whose aspect the output does not have" },
	{ "video.masks", CONF_WORDS, AT(video.masks), .def = "", .flags = CONF_RELOAD,
		.help = "what nobody may see, each as 200x40+0+680" },
	{ "video.mask_colour", CONF_STRING, AT(video.mask_colour), .max = 7, .def = "#000000",
		.flags = CONF_RELOAD, .help = "what is shown instead: #rrggbb" },

	{ "audio.device", CONF_STRING, AT(audio.device), .min = 1, .max = 127, .def = "auto",
		.help = "auto (of the same card), none, silence, tone or an ALSA name" },
	{ "audio.bitrate", CONF_BITRATE, AT(audio.bitrate), .min = 16000, .max = 512000,
		.def = "96k", .help = "of the AAC track, in bits per second" },

	{ "encoder.codec", CONF_ENUM, AT(encoder.codec), .def = "auto", .words = codec_words,
		.help = "video encoder; copy: none; auto, hevc: hardware, else libx264, libx265" },
	{ "encoder.size", CONF_SIZE, AT(encoder.size), .min = 32, .max = 8192, .def = "auto",
		.flags = CONF_RELOAD, .help = "width x height; auto: that of the picture" },
	{ "encoder.preset", CONF_STRING, AT(encoder.preset), .max = 31, .def = "superfast",
		.words = preset_words, .help = "x264's: less work or a better picture" },
	{ "encoder.tune", CONF_STRING, AT(encoder.tune), .max = 63, .def = "zerolatency",
		.help = "x264's, several with commas; empty: none" },
	{ "encoder.profile", CONF_STRING, AT(encoder.profile), .max = 31, .def = "main",
		.words = profile_words, .help = "of H.264, what old players can decode" },
	{ "encoder.bitrate", CONF_BITRATE, AT(encoder.bitrate), .min = 64000, .max = 100000000,
		.def = "2000k", .flags = CONF_RELOAD, .help = "constant, in bits per second" },
	{ "encoder.bitrate_min", CONF_BITRATE, AT(encoder.bitrate_min), .min = 0, .max = 100000000,
		.def = "0", .flags = CONF_RELOAD,
		.help = "to which primary outputs may lower it when they are slow; 0: never" },
	{ "encoder.gop", CONF_INT, AT(encoder.gop), .min = 1, .max = 600, .def = "30",
		.help = "pictures from one keyframe to the next" },
	{ "encoder.threads", CONF_INT, AT(encoder.threads), .min = 0, .max = 64, .def = "0",
		.help = "0: as many as there are processors" },

	{ "output.queue", CONF_DURATION, AT(output.queue_usec), .min = 100 * MSEC, .max = 60 * SEC,
		.def = "2s", .flags = CONF_RELOAD, .help = "time that may wait for a slow server" },
	{ "output.queue_bytes", CONF_BYTES, AT(output.queue_bytes), .min = 256 * KIB,
		.max = 256 * MIB, .def = "8M", .flags = CONF_RELOAD,
		.help = "memory that may wait for a slow server" },
	{ "output.connect_timeout", CONF_DURATION, AT(output.connect_usec), .min = 500 * MSEC,
		.max = 120 * SEC, .def = "10s", .flags = CONF_RELOAD,
		.help = "for connecting and the handshake together" },
	{ "output.write_timeout", CONF_DURATION, AT(output.write_usec), .min = 500 * MSEC,
		.max = 120 * SEC, .def = "10s", .flags = CONF_RELOAD,
		.help = "for one packet, before the connection is given up" },
	{ "output.backoff_min", CONF_DURATION, AT(output.backoff_min_usec), .min = 100 * MSEC,
		.max = 3600 * SEC, .def = "1s", .flags = CONF_RELOAD,
		.help = "wait before the first new attempt; doubles each time" },
	{ "output.backoff_max", CONF_DURATION, AT(output.backoff_max_usec), .min = 100 * MSEC,
		.max = 3600 * SEC, .def = "30s", .flags = CONF_RELOAD,
		.help = "longest wait between two attempts" },
	{ "output.stable", CONF_DURATION, AT(output.stable_usec), .min = 0, .max = 3600 * SEC,
		.def = "30s", .flags = CONF_RELOAD,
		.help = "flow after which the waits start from the shortest again" },
	{ "output.backup_after", CONF_DURATION, AT(output.backup_after_usec), .min = 500 * MSEC,
		.max = 60 * SEC, .def = "3s", .flags = CONF_RELOAD,
		.help = "patience with a URL behind which there is a backup" },
	{ "output.backup_return", CONF_DURATION, AT(output.backup_return_usec), .min = SEC,
		.max = INT64_MAX, .def = "1min", .flags = CONF_RELOAD,
		.help = "how long the first URL must be good before it is used again" },
	{ "output.hls_segment", CONF_INT, AT(output.hls_segment_seconds), .min = 1, .max = 60,
		.def = "1", .flags = CONF_RELOAD, .help = "seconds of an HLS segment" },
	{ "output.hls_segments", CONF_INT, AT(output.hls_segments), .min = 2, .max = 1000,
		.def = "6", .flags = CONF_RELOAD,
		.help = "segments in the playlist; older files are deleted" },
	{ "output.hls_type", CONF_ENUM, AT(output.hls_type), .def = "mpegts",
		.words = hls_type_words, .flags = CONF_RELOAD, .help = "form of HLS segments" },
	{ "output.tls_verify", CONF_BOOL, AT(output.tls_verify), .def = "true",
		.flags = CONF_RELOAD, .help = "rtmps: whether the server must prove who it is" },
	{ "output.ca_file", CONF_STRING, AT(output.ca_file), .max = 255, .def = "",
		.flags = CONF_RELOAD,
		.help = "rtmps: the only authorities that are trusted; empty: the system's" },

	{ "facts.enabled", CONF_BOOL, AT(facts.enabled), .def = "true", .flags = CONF_RELOAD,
		.help = "look whether pictures are black, bars, frozen, or too few" },
	{ "facts.after", CONF_DURATION, AT(facts.after_usec), .min = 500 * MSEC, .max = 3600 * SEC,
		.def = "3s", .flags = CONF_RELOAD,
		.help = "how long a picture must be black, one colour or bars" },
	{ "facts.frozen", CONF_DURATION, AT(facts.frozen_usec), .min = 0, .max = 3600 * SEC,
		.def = "1min", .flags = CONF_RELOAD,
		.help = "how long it must be the same, to be frozen; 0: never" },
	{ "recording.segment", CONF_DURATION, AT(recording.segment_usec), .min = SEC,
		.max = 86400 * SEC, .def = "5min", .flags = CONF_RELOAD,
		.help = "length of a file whose name has ${time}" },
	{ "recording.disk", CONF_BYTES, AT(recording.disk_bytes), .min = MIB,
		.max = 1024 * 1024 * MIB, .def = "10G", .flags = CONF_RELOAD,
		.help = "room for all files of a recording; the oldest ones go" },
	{ "recording.age", CONF_DURATION, AT(recording.age_usec), .min = SEC, .max = INT64_MAX,
		.def = "forever", .flags = CONF_RELOAD,
		.help = "time after which a file of a recording goes" },

	{ "clips.folder", CONF_STRING, AT(clips.folder), .def = "",
		.help = "where changes of the screen are kept as clips; empty: nowhere" },
	{ "clips.states", CONF_STRING, AT(clips.states), .def = "",
		.help = "states whose beginning is kept, with commas; empty: all but UNKNOWN" },
	{ "clips.before", CONF_DURATION, AT(clips.before_usec), .min = 0, .max = 60 * SEC,
		.def = "5s", .help = "time before the change" },
	{ "clips.after", CONF_DURATION, AT(clips.after_usec), .min = 100 * MSEC, .max = 60 * SEC,
		.def = "5s", .help = "time after the change" },
	{ "clips.memory", CONF_BYTES, AT(clips.memory_bytes), .min = MIB, .max = 1024 * MIB,
		.def = "32M", .help = "memory for what may become a clip" },
	{ "clips.disk", CONF_BYTES, AT(clips.disk_bytes), .min = 32 * MIB, .max = 1024 * 1024 * MIB,
		.def = "1G", .help = "room for all clips together; the oldest ones go" },
	{ "clips.files", CONF_INT, AT(clips.files), .min = 1, .max = FOLDER_ITEMS_MAX, .def = "200",
		.help = "most clips that are kept" },

	{ "candidates.folder", CONF_STRING, AT(candidates.folder), .def = "auto",
		.help = "where pictures worth teaching are kept; auto: with what lasts; empty: "
			"nowhere" },
	{ "candidates.files", CONF_INT, AT(candidates.files), .min = 1, .max = FOLDER_ITEMS_MAX,
		.def = "100", .help = "most pictures that are kept; the oldest ones go" },

	{ "snapshots.folder", CONF_STRING, AT(snapshots.folder), .def = "", .flags = CONF_RELOAD,
		.help = "where pictures go that are asked for over HTTP; empty: nowhere" },

	{ "telegram.url", CONF_STRING, AT(telegram.url), .min = 1,
		.def = "https://api.telegram.org", .flags = CONF_RELOAD | CONF_SECRET,
		.help = "of the bot's server" },
	{ "telegram.token", CONF_STRING, AT(telegram.token), .def = "",
		.flags = CONF_RELOAD | CONF_PASSWORD, .help = "of the bot; empty: no Telegram" },
	{ "telegram.chat", CONF_STRING, AT(telegram.chat), .max = 255, .def = "",
		.flags = CONF_RELOAD, .help = "number or @name of whom it writes to" },
	{ "telegram.client", CONF_STRING, AT(telegram.client), .max = 255, .def = "",
		.flags = CONF_RELOAD, .help = "name shown in messages; empty: the machine's" },
	{ "telegram.states", CONF_STRING, AT(telegram.states), .def = "", .flags = CONF_RELOAD,
		.help = "states told about, with commas; empty: all" },

	{ "mqtt.host", CONF_STRING, AT(mqtt.host), .max = 255, .def = "", .flags = CONF_RELOAD,
		.help = "name or address of the broker; empty: no MQTT" },
	{ "mqtt.port", CONF_INT, AT(mqtt.port), .min = 1, .max = 65535, .def = "1883",
		.flags = CONF_RELOAD, .help = "of the broker; with TLS it is 8883 as a rule" },
	{ "mqtt.tls", CONF_BOOL, AT(mqtt.tls), .def = "false", .flags = CONF_RELOAD,
		.help = "encrypted, and the broker's certificate is verified" },
	{ "mqtt.ca_file", CONF_STRING, AT(mqtt.ca_file), .def = "", .flags = CONF_RELOAD,
		.help = "the only authorities that are trusted; empty: the system's" },
	{ "mqtt.user", CONF_STRING, AT(mqtt.user), .max = 255, .def = "", .flags = CONF_RELOAD,
		.help = "empty: none" },
	{ "mqtt.password", CONF_STRING, AT(mqtt.password), .def = "",
		.flags = CONF_RELOAD | CONF_PASSWORD, .help = "of the user" },
	{ "mqtt.prefix", CONF_STRING, AT(mqtt.prefix), .min = 1, .max = 127, .def = "egm",
		.flags = CONF_RELOAD, .help = "of the topics: PREFIX/CARD/state and so on" },
	{ "mqtt.discovery", CONF_BOOL, AT(mqtt.discovery), .def = "false", .flags = CONF_RELOAD,
		.help = "Home Assistant finds the state by itself" },

	{ "notify.spool_notices", CONF_INT, AT(notify.spool_notices), .min = 10, .max = 100000,
		.def = "10000", .flags = CONF_RELOAD,
		.help = "changes that may wait for a receiver; the oldest ones go" },
	{ "notify.spool_bytes", CONF_BYTES, AT(notify.spool_bytes), .min = 64 * KIB,
		.max = 256 * MIB, .def = "16M", .flags = CONF_RELOAD,
		.help = "room for them, of each receiver" },
	{ "notify.backoff_min", CONF_DURATION, AT(notify.backoff_min_usec), .min = 100 * MSEC,
		.max = 3600 * SEC, .def = "1s", .flags = CONF_RELOAD,
		.help = "wait before the first new attempt; doubles each time" },
	{ "notify.backoff_max", CONF_DURATION, AT(notify.backoff_max_usec), .min = 100 * MSEC,
		.max = 3600 * SEC, .def = "5min", .flags = CONF_RELOAD,
		.help = "longest wait between two attempts" },
	{ "notify.timeout", CONF_DURATION, AT(notify.timeout_usec), .min = 500 * MSEC,
		.max = 120 * SEC, .def = "10s", .flags = CONF_RELOAD,
		.help = "for one attempt as a whole" },

	{ "detector.enabled", CONF_BOOL, AT(detector.enabled), .def = "true", .flags = CONF_RELOAD,
		.help = "recognise the screen, when there are states or numbers" },
	{ "detector.mode", CONF_ENUM, AT(detector.mode), .def = "better", .words = mode_words,
		.flags = CONF_RELOAD,
		.help = "better, or compatible with the original's decisions" },
	{ "detector.screen", CONF_SIZE, AT(detector.screen), .min = 32, .max = RULES_SIDE_MAX,
		.def = "640x480", .flags = CONF_RELOAD,
		.help = "size of the screen that the regions' pixels refer to" },
	{ "detector.every", CONF_DURATION, AT(detector.every_usec), .min = 0, .max = 60 * SEC,
		.def = "0ms", .flags = CONF_RELOAD,
		.help = "time between two looks at the screen; 0: every picture" },
	{ "detector.algo", CONF_ENUM, AT(detector.algo), .def = "dhash", .words = algo_words,
		.flags = CONF_RELOAD, .help = "hash: dhash, phash or ahash" },
	{ "detector.hash_size", CONF_INT, AT(detector.hash_size), .min = HASH_SIZE_MIN,
		.max = HASH_SIZE_MAX, .def = "8", .flags = CONF_RELOAD,
		.help = "side of the hash; size x size bits" },
	{ "detector.confirm_frames", CONF_INT, AT(detector.confirm_frames), .min = 1, .max = 1000,
		.def = "2", .flags = CONF_RELOAD,
		.help = "compatible: decisions in a row before a state is entered" },
	{ "detector.drop_frames", CONF_INT, AT(detector.drop_frames), .min = 1, .max = 1000,
		.def = "6", .flags = CONF_RELOAD,
		.help = "compatible: decisions in a row before a state is left" },
	{ "detector.frozen", CONF_DURATION, AT(detector.frozen_usec), .min = 0, .max = 3600 * SEC,
		.def = "0s", .flags = CONF_RELOAD,
		.help = "the same picture for so long is no picture; 0: never" },
	{ "detector.refs", CONF_STRING, AT(detector.refs), .min = 1,
		.def = "/var/lib/egm-streamer/refs/${card}", .flags = CONF_RELOAD,
		.help = "folder of the reference pictures" },
	{ "detector.rules", CONF_STRING, AT(detector.rules_file), .def = "", .flags = CONF_RELOAD,
		.help = "file whose rules count instead of those here; empty: none" },
	{ "detector.shadow", CONF_STRING, AT(detector.shadow_file), .def = "", .flags = CONF_RELOAD,
		.help = "file of other rules, to log where they differ; empty: none" },
	{ .path = NULL },
};

static const struct conf_tree trees[] = {
	{ "detector.states", CONF_NODE_GROUP, AT(detector.states), .flags = CONF_RELOAD,
		.help = "what the screen can show, and where that is seen" },
	{ "detector.numbers", CONF_NODE_GROUP, AT(detector.numbers), .flags = CONF_RELOAD,
		.help = "where numbers stand" },
	{ "detector.priority", CONF_NODE_LIST, AT(detector.priority), .flags = CONF_RELOAD,
		.help = "names of states, the most important first" },
	{ .path = NULL },
};

#undef AT
#define AT(member) .offset = offsetof(struct settings_output, member)

static const struct conf_row output_rows[] = {
	{ "name", CONF_STRING, AT(name), .max = 31, .def = "", .help = "for logs and status" },
	{ "url", CONF_STRING, AT(url), .def = "", .flags = CONF_SECRET,
		.help = "where to: rtmp, rtmps, srt, rtsp, udp or a file (.m3u8 .flv .ts .mkv "
			".mp4)" },
	{ "backup", CONF_STRING, AT(backups[0]), .def = "", .flags = CONF_SECRET,
		.help = "where to while url does not work; empty: nowhere" },
	{ "backup2", CONF_STRING, AT(backups[1]), .def = "", .flags = CONF_SECRET,
		.help = "where to while backup does not work either" },
	{ "backup3", CONF_STRING, AT(backups[2]), .def = "", .flags = CONF_SECRET,
		.help = "where to while none of these works" },
	{ "enabled", CONF_BOOL, AT(enabled), .def = "true", .help = "false: not used" },
	{ "primary", CONF_BOOL, AT(primary), .def = "false",
		.help = "true: may lower the bitrate to encoder.bitrate_min" },
	{ .path = NULL },
};

#undef AT
#define AT(member) .offset = offsetof(struct settings_webhook, member)

static const struct conf_row webhook_rows[] = {
	{ "name", CONF_STRING, AT(name), .max = 31, .def = "", .help = "for logs and status" },
	{ "url", CONF_STRING, AT(url), .def = "", .flags = CONF_SECRET,
		.help = "where to: http or https" },
	{ "secret", CONF_STRING, AT(secret), .def = "", .flags = CONF_PASSWORD,
		.help = "signs what is sent; empty: no signature" },
	{ "ca_file", CONF_STRING, AT(ca_file), .def = "",
		.help = "the only authorities that are trusted; empty: the system's" },
	{ "states", CONF_STRING, AT(states), .def = "",
		.help = "those told about, with commas; empty: all, and numbers" },
	{ "enabled", CONF_BOOL, AT(enabled), .def = "true", .help = "false: not used" },
	{ .path = NULL },
};

static const struct conf_list lists[] = {
	{ .path = "outputs",
		.rows = output_rows,
		.offset = offsetof(struct settings, outputs),
		.count_offset = offsetof(struct settings, n_outputs),
		.element_size = sizeof(struct settings_output),
		.max = SETTINGS_OUTPUTS_MAX,
		.flags = CONF_RELOAD,
		.help = "where the stream goes; a later file replaces the whole list" },
	{ .path = "webhooks",
		.rows = webhook_rows,
		.offset = offsetof(struct settings, webhooks),
		.count_offset = offsetof(struct settings, n_webhooks),
		.element_size = sizeof(struct settings_webhook),
		.max = SETTINGS_WEBHOOKS_MAX,
		.flags = CONF_RELOAD,
		.help = "who is told about changes; a later file replaces the whole list" },
	{ .path = NULL },
};

const struct conf_table settings_detector_table = {
	.rows = rows,
	.lists = lists,
	.trees = trees,
	.size = sizeof(struct settings),
	.only = "detector",
};

const struct conf_table settings_table = {
	.rows = rows,
	.lists = lists,
	.trees = trees,
	.size = sizeof(struct settings),
};

const char *settings_codec_name(const struct settings *s)
{
	return codec_words[s->encoder.codec];
}

bool settings_are_hevc(const struct settings *s)
{
	return s->encoder.codec >= CODEC_HEVC;
}
