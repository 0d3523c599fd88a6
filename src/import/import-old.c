/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import/import-old.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "import/import-value.h"

#define SIDE_MAX 8192

static const char label_chars[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

static const char machine_chars[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

static const char *const presets[] = { "ultrafast", "superfast", "veryfast", "faster", "fast",
	"medium", "slow", "slower", "veryslow", "placebo", NULL };
static const char *const tunes[] = { "zerolatency", "fastdecode", "film", "animation", "grain",
	"stillimage", "psnr", "ssim", NULL };
static const char *const algos[] = { "dhash", "phash", "ahash", NULL };

/* ---- common, snapshot, api ---- */

/* Python's levels. */
static void read_log_level(struct import_reading *rd, struct import_node *common, const char **ret)
{
	static const char *const levels[][2] = { { "DEBUG", "debug" }, { "INFO", "info" },
		{ "WARNING", "warning" }, { "WARN", "warning" }, { "ERROR", "error" },
		{ "CRITICAL", "error" }, { "FATAL", "error" } };
	const char *text = "INFO";

	import_get_text(rd, common, "common", "log_level", &text);
	*ret = "info";
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcasecmp(text, levels[i][0]) == 0) {
			*ret = levels[i][1];
			return;
		}
	import_find(rd, CONF_ERROR, import_node_take(common, "log_level"), "common", "log_level",
		"must be DEBUG, INFO, WARNING, ERROR or CRITICAL");
}

static void read_common(struct import_reading *rd, struct old_config *c)
{
	struct import_node *common = import_get_node(rd, c->tree, "", "common", IMPORT_MAP);

	c->instance = "egm-default";
	import_get_text(rd, common, "common", "instance_id", &c->instance);
	if (strlen(c->instance) > 63 || c->instance[strspn(c->instance, machine_chars)])
		import_find(rd, CONF_NOTE, import_node_take(common, "instance_id"), "common",
			"instance_id",
			"as the machine's name it gets '-' for all but letters, digits, '.', '_' "
			"and '-', and 63 of them at most");
	read_log_level(rd, common, &c->log_level);
}

static void leave_snapshot(struct import_reading *rd, struct old_config *c)
{
	static const char *const keys[] = { "enabled", "target_stream", "url", "output_path",
		"interval", "quality" };
	struct import_node *n = import_get_node(rd, c->tree, "", "snapshot", IMPORT_MAP);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		import_leave(rd, n, "snapshot", keys[i],
			"no file is written all the time; 'egmctl snapshot CARD' takes a picture "
			"from the card when it is asked for one");
}

/* Whom it is to be open for is for the administrator to say, in import-console. */
static void read_api(struct import_reading *rd, struct old_config *c)
{
	struct import_node *n = import_get_node(rd, c->tree, "", "api", IMPORT_MAP);
	uint8_t address[16];

	c->api = (struct old_api){ .host = "0.0.0.0", .port = 8080 };
	import_get_text(rd, n, "api", "host", &c->api.host);
	import_get_int(rd, n, "api", "port", 1, 65535, &c->api.port);
	if (strcmp(c->api.host, "localhost") == 0)
		c->api.host = "127.0.0.1";
	if (inet_pton(AF_INET, c->api.host, address) != 1 &&
		inet_pton(AF_INET6, c->api.host, address) != 1)
		import_find(rd, CONF_ERROR, import_node_take(n, "host"), "api", "host",
			"must be an address of this machine, such as 0.0.0.0");
}

/* ---- streams ---- */

static void read_size(
	struct import_reading *rd, struct import_node *map, const char *path, struct old_stream *s)
{
	const char *text = "640x480";
	char rest;

	import_get_text(rd, map, path, "resolution", &text);
	if (strlen(text) <= 9 && sscanf(text, "%4dx%4d%c", &s->width, &s->height, &rest) == 2 &&
		s->width >= 32 && s->width <= SIDE_MAX && s->height >= 32 &&
		s->height <= SIDE_MAX && s->width % 2 == 0 && s->height % 2 == 0)
		return;
	s->width = 640;
	s->height = 480;
	import_find(rd, CONF_ERROR, import_node_take(map, "resolution"), path, "resolution",
		"must be WIDTHxHEIGHT, both even and from 32 to %d", SIDE_MAX);
}

/* "2000k", as FFmpeg took it: k and M are thousands. */
static void check_bitrate(
	struct import_reading *rd, struct import_node *map, const char *path, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	double value = atof(text);

	if (text[digits] == 'k' || text[digits] == 'K')
		value *= 1e3;
	else if (text[digits] == 'M')
		value *= 1e6;
	if (digits > 0 && digits <= 9 && strlen(text) - digits <= 1 &&
		(text[digits] == '\0' || strchr("kKM", text[digits])) && value >= 64e3 &&
		value <= 100e6)
		return;
	import_find(rd, CONF_ERROR, import_node_take(map, "bitrate"), path, "bitrate",
		"must be bits per second from 64k to 100M, such as 2000k");
}

static void read_encoder(
	struct import_reading *rd, struct import_node *map, const char *path, struct old_stream *s)
{
	struct import_node *n = import_get_node(rd, map, path, "ffmpeg_params", IMPORT_MAP);
	char inner[96];

	snprintf(inner, sizeof(inner), "%s.ffmpeg_params", path);
	s->preset = "ultrafast";
	s->tune = "zerolatency";
	s->gop = 30;
	import_get_word(rd, n, inner, "preset", presets, &s->preset);
	import_get_word(rd, n, inner, "tune", tunes, &s->tune);
	import_get_int(rd, n, inner, "gop", 1, 600, &s->gop);
	import_leave(rd, n, inner, "extra_flags",
		"the encoder is no FFmpeg process; there they stood behind the URL and did "
		"nothing");
}

static void check_devices(struct import_reading *rd, struct import_node *map, const char *path,
	const struct old_stream *s)
{
	if (strncmp(s->device, "/dev/", 5) != 0)
		import_find(rd, CONF_ERROR, import_node_take(map, "input_device"), path,
			"input_device", "must be a device's path such as /dev/video0");
	if (s->audio && strlen(s->audio) > 127)
		import_find(rd, CONF_ERROR, import_node_take(map, "audio_device"), path,
			"audio_device", "must be an ALSA device's name of at most 127 bytes");
}

static int line_under(struct import_node *map, const char *key)
{
	const struct import_node *n = import_node_take(map, key);

	return n ? n->line : map->line;
}

/* A scheme and a host. */
static bool is_rtmp(const char *url)
{
	static const char *const schemes[] = { "rtmp://", "rtmps://" };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const size_t n = strlen(schemes[i]);

		if (strncasecmp(url, schemes[i], n) == 0)
			return strcspn(url + n, "/?@") > 0;
	}
	return false;
}

static void check_url(
	struct import_reading *rd, struct import_node *map, const char *path, struct old_stream *s)
{
	if (s->url && !is_rtmp(s->url))
		import_find(rd, CONF_ERROR, import_node_take(map, "rtmp_url"), path, "rtmp_url",
			"must be rtmp:// or rtmps:// with a server's name");
	else if (!s->url && s->enabled)
		import_find(rd, CONF_WARNING, map, path, "rtmp_url",
			"is missing: the card will send nowhere");
}

static void read_stream(struct import_reading *rd, struct old_config *c, struct import_node *map)
{
	struct old_stream *s = &c->streams[c->n_streams];
	char path[72];

	snprintf(path, sizeof(path), "streams.%.60s", map->key);
	map->known = true;
	if (!*map->key || strlen(map->key) > 31 || map->key[strspn(map->key, label_chars)]) {
		import_find(rd, CONF_ERROR, map, path, "",
			"a stream's name must consist of at most 31 letters, digits, '_' and '-'");
		return;
	}
	if (map->kind != IMPORT_MAP || c->n_streams == OLD_STREAMS_MAX) {
		import_find(rd, CONF_ERROR, map, path, "", "must be one of at most %d groups",
			OLD_STREAMS_MAX);
		return;
	}
	c->n_streams++;
	*s = (struct old_stream){ .name = map->key,
		.line = map->line,
		.device = "/dev/video0",
		.fps = 30,
		.bitrate = "2000k" };
	import_get_bool(rd, map, path, "enabled", &s->enabled);
	import_get_text(rd, map, path, "input_device", &s->device);
	import_get_text(rd, map, path, "audio_device", &s->audio);
	import_get_real(rd, map, path, "fps", 1, 120, &s->fps);
	import_get_text(rd, map, path, "bitrate", &s->bitrate);
	import_get_text(rd, map, path, "rtmp_url", &s->url);
	s->url_line = line_under(map, "rtmp_url");
	s->device_line = line_under(map, "input_device");
	check_devices(rd, map, path, s);
	check_url(rd, map, path, s);
	check_bitrate(rd, map, path, s->bitrate);
	read_size(rd, map, path, s);
	read_encoder(rd, map, path, s);
}

static void read_streams(struct import_reading *rd, struct old_config *c)
{
	struct import_node *n = import_get_node(rd, c->tree, "", "streams", IMPORT_MAP);

	if (!n || n->n == 0)
		import_find(rd, CONF_ERROR, n ? n : c->tree, "streams", "",
			"is needed: a group with a group for each stream, such as game");
	for (size_t i = 0; n && i < n->n; i++)
		read_stream(rd, c, &n->children[i]);
}

/* ---- detector ---- */

static void read_place(
	struct import_reading *rd, struct import_node *n, const char *path, struct old_roi *roi)
{
	static const char *const keys[] = { "x", "y", "w", "h" };
	int *const values[] = { &roi->x, &roi->y, &roi->w, &roi->h };
	int count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		int64_t value = 0;

		if (!import_node_is_null(import_node_take(n, keys[i])))
			count++;
		import_get_int(rd, n, path, keys[i], i < 2 ? 0 : 4, SIDE_MAX, &value);
		*values[i] = (int) value;
	}
	roi->placed = count == 4;
	if (count < 4 && (count > 0 || !roi->ref_state))
		import_find(rd, CONF_ERROR, n, path, "",
			"needs x, y, w and h; only with a ref_state may all four be missing");
}

static bool is_name(const char *name)
{
	static const char *const words[] = { "AND", "OR", "NOT" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(name, words[i]) == 0)
			return false;
	return *name && strlen(name) <= 63 && !name[strspn(name, label_chars)];
}

static void read_roi(
	struct import_reading *rd, struct import_node *n, const char *path, struct old_state *s)
{
	struct old_roi *roi = &s->rois[s->n_rois++];

	import_get_text(rd, n, path, "name", &roi->name);
	if (roi->name && !is_name(roi->name))
		import_find(rd, CONF_ERROR, import_node_take(n, "name"), path, "name",
			"must consist of at most 63 letters, digits, '_' and '-', and not be AND, "
			"OR or NOT");
	for (int i = 0; roi->name && i < s->n_rois - 1; i++)
		if (s->rois[i].name && strcmp(s->rois[i].name, roi->name) == 0)
			import_find(rd, CONF_ERROR, import_node_take(n, "name"), path, "name",
				"\"%s\" is the name of rois[%d] already", roi->name, i);
	if (!roi->name)
		import_find(rd, CONF_ERROR, n, path, "name", "is needed");
	import_get_bool(rd, n, path, "required", &roi->required);
	import_get_bool(rd, n, path, "negative", &roi->negative);
	import_get_text(rd, n, path, "ref_state", &roi->ref_state);
	read_place(rd, n, path, roi);
}

static void read_rois(
	struct import_reading *rd, struct import_node *map, const char *path, struct old_state *s)
{
	struct import_node *rois = import_get_node(rd, map, path, "rois", IMPORT_LIST);
	int positive = 0;

	if (!rois || rois->n < 1 || rois->n > OLD_ROIS_MAX) {
		import_find(rd, CONF_ERROR, rois ? rois : map, path, "rois",
			"must be a list of 1 to %d regions", OLD_ROIS_MAX);
		return;
	}
	for (size_t i = 0; i < rois->n; i++) {
		char inner[128];

		snprintf(inner, sizeof(inner), "%.100s.rois[%zu]", path, i);
		if (rois->children[i].kind == IMPORT_MAP)
			read_roi(rd, &rois->children[i], inner, s);
		else
			import_find(rd, CONF_ERROR, &rois->children[i], inner, "",
				"must be a group of keys and values");
	}
	for (int i = 0; i < s->n_rois; i++)
		positive += !s->rois[i].negative;
	if (s->min_match > positive)
		import_find(rd, CONF_ERROR, map, path, "min_match",
			"asks for %d regions, and only %d can match: the original never saw this "
			"state; lower it or take the state out",
			(int) s->min_match, positive);
}

static void read_state(struct import_reading *rd, struct old_detector *d, struct import_node *map)
{
	struct old_state *s = &d->states[d->n_states];
	const char *name = map->key;
	char path[96];

	snprintf(path, sizeof(path), "detector.states.%.63s", name);
	map->known = true;
	if (!is_name(name) || strchr("0123456789_-", *name) || strcmp(name, "OTHER") == 0 ||
		strcmp(name, "UNKNOWN") == 0) {
		import_find(rd, CONF_ERROR, map, path, "",
			"a state's name must be a letter and then at most 62 letters, digits, '_' "
			"and '-', and not OTHER, UNKNOWN, AND, OR or NOT");
		return;
	}
	if (map->kind != IMPORT_MAP || d->n_states == OLD_STATES_MAX) {
		import_find(rd, CONF_ERROR, map, path, "", "must be one of at most %d groups",
			OLD_STATES_MAX);
		return;
	}
	d->n_states++;
	*s = (struct old_state){
		.name = name, .line = map->line, .min_match = 1, .threshold = 12, .rank = -1
	};
	import_get_text(rd, map, path, "refs_dir", &s->refs_dir);
	import_get_int(rd, map, path, "min_match", 0, OLD_ROIS_MAX, &s->min_match);
	import_get_real(rd, map, path, "threshold", 0, 1024, &s->threshold);
	read_rois(rd, map, path, s);
}

static struct old_state *find_state(struct old_detector *d, const char *name)
{
	for (int i = 0; i < d->n_states; i++)
		if (strcmp(d->states[i].name, name) == 0)
			return &d->states[i];
	return NULL;
}

static void rank(struct import_reading *rd, struct old_detector *d, const struct import_node *n,
	const char *name, int place)
{
	struct old_state *s = find_state(d, name);

	if (s && s->rank < 0)
		s->rank = place;
	else if (n)
		import_find(rd, CONF_WARNING, n, "detector", "priority", "\"%.63s\" is %s: ignored",
			name, s ? "there already" : "no state of detector.states");
}

static void sort_states(struct old_detector *d)
{
	for (int i = 1; i < d->n_states; i++)
		for (int j = i; j > 0; j--) {
			struct old_state *a = &d->states[j - 1], *b = &d->states[j], swap;

			if (b->rank < 0 || (a->rank >= 0 && a->rank <= b->rank))
				break;
			swap = *a;
			*a = *b;
			*b = swap;
		}
}

static void read_priority(
	struct import_reading *rd, struct import_node *detector, struct old_detector *d)
{
	static const char *const original[] = { "SELECT", "PLAYING", "NORMAL" };
	struct import_node *n = import_get_node(rd, detector, "detector", "priority", IMPORT_LIST);

	for (size_t i = 0; n && i < n->n; i++) {
		if (n->children[i].kind == IMPORT_TEXT)
			rank(rd, d, &n->children[i], n->children[i].text, (int) i);
		else
			import_find(rd, CONF_ERROR, &n->children[i], "detector", "priority",
				"must be a list of states' names");
	}
	for (size_t i = 0; !n && i < ARRAY_SIZE(original); i++)
		rank(rd, d, NULL, original[i], (int) i);
	sort_states(d);
	for (int i = 0; i < d->n_states; i++)
		if (d->states[i].rank < 0)
			conf_report_add(rd->report, CONF_WARNING, rd->file, d->states[i].line,
				"detector.priority",
				"the state %s is not there, so the original never looked for it; "
				"now it comes last",
				d->states[i].name);
}

/* What a region borrows must be there; our own reader says the rest. */
static void check_ref_states(
	struct import_reading *rd, struct import_node *states, struct old_detector *d)
{
	for (int i = 0; i < d->n_states; i++)
		for (int j = 0; j < d->states[i].n_rois; j++) {
			const struct old_roi *roi = &d->states[i].rois[j];
			const struct old_state *from =
				roi->ref_state ? find_state(d, roi->ref_state) : NULL;
			bool found = roi->placed || !roi->ref_state;
			char path[128];

			for (int k = 0; from && roi->name && k < from->n_rois; k++)
				found |= from->rois[k].placed && from->rois[k].name &&
					 strcmp(from->rois[k].name, roi->name) == 0;
			if (found && (from || !roi->ref_state))
				continue;
			snprintf(path, sizeof(path), "detector.states.%s.rois[%d]",
				d->states[i].name, j);
			import_find(rd, CONF_ERROR, import_node_take(states, d->states[i].name),
				path, "ref_state",
				from ? "%.63s has no region of this name with x, y, w and h"
				     : "\"%.63s\" is no state of detector.states",
				roi->ref_state);
		}
}

static void read_telegram(
	struct import_reading *rd, struct import_node *detector, struct old_config *c)
{
	static const char path[] = "detector.telegram";
	struct import_node *n = import_get_node(rd, detector, "detector", "telegram", IMPORT_MAP);
	struct old_detector *d = &c->detector;
	struct import_node *states;

	import_get_bool(rd, n, path, "enabled", &d->telegram);
	import_get_text(rd, n, path, "bot_token", &d->token);
	import_get_text(rd, n, path, "chat_id", &d->chat);
	d->client = c->instance;
	d->telegram_line = n ? n->line : 0;
	import_get_text(rd, n, path, "client_id", &d->client);
	states = import_get_node(rd, n, path, "notify_states", IMPORT_LIST);
	for (size_t i = 0; states && i < states->n; i++) {
		const struct import_node *s = &states->children[i];

		if (s->kind != IMPORT_TEXT || !is_name(s->text) || d->n_notify == OLD_NOTIFY_MAX)
			import_find(rd, CONF_ERROR, s, path, "notify_states",
				"must be a list of at most %d states' names", OLD_NOTIFY_MAX);
		else
			d->notify[d->n_notify++] = s->text;
	}
	if (d->telegram && (!d->token || !d->chat))
		import_find(rd, CONF_ERROR, n, path, d->token ? "chat_id" : "bot_token",
			"is needed, or enabled: false");
	if (n && !d->telegram && (d->token || d->chat))
		import_find(
			rd, CONF_NOTE, n, path, "", "is not taken over: it is not enabled there");
}

static void read_inner(
	struct import_reading *rd, struct import_node *detector, struct old_detector *d)
{
	struct import_node *n;

	n = import_get_node(rd, detector, "detector", "capture", IMPORT_MAP);
	d->interval = 1;
	import_get_real(rd, n, "detector.capture", "capture_interval", 0.001, 60, &d->interval);
	n = import_get_node(rd, detector, "detector", "detection", IMPORT_MAP);
	d->algo = "dhash";
	d->hash_size = 8;
	import_get_word(rd, n, "detector.detection", "algo", algos, &d->algo);
	import_get_int(rd, n, "detector.detection", "hash_size", 2, 32, &d->hash_size);
	n = import_get_node(rd, detector, "detector", "debounce", IMPORT_MAP);
	d->confirm = 2;
	d->drop = 6;
	import_get_int(rd, n, "detector.debounce", "confirm_frames", 1, 1000, &d->confirm);
	import_get_int(rd, n, "detector.debounce", "drop_frames", 1, 1000, &d->drop);
	n = import_get_node(rd, detector, "detector", "output", IMPORT_MAP);
	import_leave(rd, n, "detector.output", "status_file",
		"the status is in /run/egm-streamer/CARD/status.json, and at /api/state as before");
}

static void read_detector(struct import_reading *rd, struct old_config *c)
{
	struct import_node *n = import_get_node(rd, c->tree, "", "detector", IMPORT_MAP);
	struct old_detector *d = &c->detector;
	struct import_node *states;

	if (!n)
		return;
	d->there = true;
	d->stream = "game";
	d->refs = "refs";
	import_get_bool(rd, n, "detector", "enabled", &d->enabled);
	import_get_text(rd, n, "detector", "target_stream", &d->stream);
	import_get_text(rd, n, "detector", "base_refs_dir", &d->refs);
	if (!old_config_stream(c, d->stream))
		import_find(rd, CONF_ERROR, import_node_take(n, "target_stream"), "detector",
			"target_stream", "\"%.31s\" is none of streams", d->stream);
	read_inner(rd, n, d);
	states = import_get_node(rd, n, "detector", "states", IMPORT_MAP);
	for (size_t i = 0; states && i < states->n; i++)
		read_state(rd, d, &states->children[i]);
	check_ref_states(rd, states, d);
	read_priority(rd, n, d);
	read_telegram(rd, n, c);
}

/* ---- all of it ---- */

int import_old_take(struct import_node *tree, const char *file, struct old_config *ret,
	struct conf_report *report)
{
	struct import_reading rd = { .file = file, .report = report };

	*ret = (struct old_config){ .tree = tree, .file = file };
	read_common(&rd, ret);
	read_streams(&rd, ret);
	leave_snapshot(&rd, ret);
	read_detector(&rd, ret);
	read_api(&rd, ret);
	import_tell_unknown(&rd, tree);
	return rd.failed ? -EINVAL : 0;
}

int import_old_read(const char *path, struct old_config *ret, struct conf_report *report)
{
	struct import_node *tree = NULL;
	int r;

	*ret = (struct old_config){ .file = path };
	r = import_yaml_read(path, &tree, report);
	return r < 0 ? r : import_old_take(tree, path, ret, report);
}

void old_config_deinit(struct old_config *c)
{
	c->tree = import_node_free(c->tree);
}

const struct old_stream *old_config_stream(const struct old_config *c, const char *name)
{
	for (int i = 0; i < c->n_streams; i++)
		if (strcmp(c->streams[i].name, name) == 0)
			return &c->streams[i];
	return NULL;
}
