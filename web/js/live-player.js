// SPDX-License-Identifier: GPL-2.0-or-later
// Plays the fragments of a WebSocket with Media Source, near the live edge. Of the past it keeps
// little, of what waits a limited number. A new init segment begins a new Media Source.

import { Backoff } from "./backoff.js";

const WAITING_MAX = 900;      // fragments; half a minute
const PAST_S = 12;            // kept behind the present, and …
const PAST_LEAST_S = 5;       // … left after a removal
const AIM_S = 0.35;           // distance to the edge after a jump
const EASY_S = 0.6;           // further away than this, it plays a little faster
const FAR_S = 2;              // and further than this, it jumps
const FASTER = 1.1;
const STALL_MS = 3000;        // without a fragment the picture does not count as live
const FAULTS_MAX = 3;         // in a row, and Media Source is given up

export const SourceKind = window.ManagedMediaSource ?? window.MediaSource;

function joined(parts) {
	const all = new Uint8Array(parts.reduce((n, p) => n + p.byteLength, 0));
	let at = 0;
	for (const part of parts) {
		all.set(new Uint8Array(part), at);
		at += part.byteLength;
	}
	return all;
}

export class LivePlayer {
	// heard: { playing(), stalled(), gone(refused), failed(why) }; refused: so many connections in a row
	// were not accepted. After failed() it is of no more use.
	constructor(video, address, heard) {
		this.video = video;
		this.address = new URL(address);
		this.address.protocol = this.address.protocol === "https:" ? "wss:" : "ws:";
		this.heard = heard;
		this.backoff = new Backoff();
		this.faults = 0;
		this.refused = 0;
		this.stop = new AbortController();
		const options = { signal: this.stop.signal };
		video.addEventListener("error", () => this.fault(video.error?.message), options);
		video.addEventListener("timeupdate", () => this.follow(), options);
		video.addEventListener("waiting", () => this.follow(), options);
		video.addEventListener("playing", () => {
			this.faults = 0;
			this.begun = true;
		}, options);
		this.connect();
	}

	connect() {
		this.waiting = [];
		this.mime = null;
		const socket = new WebSocket(this.address);
		socket.binaryType = "arraybuffer";
		socket.addEventListener("message", (m) => this.message(m.data));
		socket.addEventListener("close", () => {
			if (this.socket === socket)
				this.lost();
		});
		this.socket = socket;
	}

	message(data) {
		if (typeof data === "string") {
			const said = JSON.parse(data);
			if (said.type === "init")
				this.begin(said.mime);
			return;
		}
		this.refused = 0;
		this.watch();
		this.waiting.push(data);
		if (this.waiting.length > WAITING_MAX)
			this.again();
		else
			this.pump();
	}

	// A new stream: what there was of the old one is dropped.
	begin(mime) {
		if (!SourceKind || !SourceKind.isTypeSupported(mime)) {
			this.fail(mime);
			return;
		}
		this.waiting = [];
		this.buffer = null;
		this.begun = false;
		this.mime = mime;
		const source = new SourceKind();
		this.source = source;
		const old = this.video.src;
		this.video.disableRemotePlayback = true; // or ManagedMediaSource does not open
		this.video.src = URL.createObjectURL(source);
		if (old)
			URL.revokeObjectURL(old);
		source.addEventListener("sourceopen", () => {
			if (this.source !== source)
				return;
			this.buffer = source.addSourceBuffer(mime);
			this.buffer.addEventListener("updateend", () => this.pump());
			// The element tells why right after it.
			this.buffer.addEventListener("error", () => setTimeout(() =>
				this.fault(this.video.error?.message || "SourceBuffer")));
			this.pump();
		}, { once: true });
		// Muted it may begin by itself everywhere; where not, the button does it.
		this.video.play().catch(() => {});
	}

	pump() {
		const buffer = this.buffer;
		if (!buffer || buffer.updating || this.source.readyState !== "open" || this.video.error)
			return;
		try {
			if (this.waiting.length)
				buffer.appendBuffer(joined(this.waiting.splice(0)));
			else
				this.forget();
		} catch (e) {
			if (e.name === "QuotaExceededError")
				this.again();
			else
				this.fault(e.message);
			return;
		}
		this.follow();
	}

	forget() {
		const ranges = this.buffer.buffered;
		const now = this.video.currentTime;
		if (ranges.length && ranges.start(0) < now - PAST_S)
			this.buffer.remove(0, now - PAST_LEAST_S);
	}

	// Seconds between what is shown and the newest picture; null: nothing is there.
	behind() {
		const ranges = this.video.buffered;
		return ranges.length ? ranges.end(ranges.length - 1) - this.video.currentTime : null;
	}

	follow() {
		const video = this.video;
		const ranges = video.buffered;
		if (!ranges.length || video.seeking)
			return;
		const start = ranges.start(ranges.length - 1);
		const end = ranges.end(ranges.length - 1);
		const behind = end - video.currentTime;
		const far = this.begun ? FAR_S : EASY_S; // at first the edge, at once
		if (video.currentTime < start || behind > far || behind < -0.5)
			video.currentTime = Math.max(start, end - AIM_S);
		video.playbackRate = behind > EASY_S ? FASTER : 1;
		if (video.paused && !document.hidden)
			video.play().catch(() => {});
	}

	// Fragments come: it is live as long as they do.
	watch() {
		this.heard.playing();
		clearTimeout(this.timer);
		this.backoff.reset();
		this.timer = setTimeout(() => this.heard.stalled(), STALL_MS);
	}

	lost() {
		this.socket = null;
		this.refused++;
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.connect(), this.backoff.next());
		this.heard.gone(this.refused);
	}

	again() {
		const socket = this.socket;
		this.socket = null;
		socket?.close();
		this.lost();
	}

	fault(why) {
		if (this.stop.signal.aborted || !this.source)
			return;
		this.source = null;
		this.buffer = null;
		if (++this.faults >= FAULTS_MAX)
			this.fail(why);
		else
			this.again();
	}

	fail(why) {
		this.close();
		this.heard.failed(why);
	}

	hurry() {
		if (this.socket || this.stop.signal.aborted)
			return;
		clearTimeout(this.timer);
		this.backoff.reset();
		this.connect();
	}

	close() {
		this.stop.abort();
		clearTimeout(this.timer);
		const socket = this.socket;
		this.socket = this.source = this.buffer = null;
		socket?.close();
		if (this.video.src)
			URL.revokeObjectURL(this.video.src);
		this.video.removeAttribute("src");
		this.video.load();
	}
}
