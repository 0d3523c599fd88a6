// SPDX-License-Identifier: GPL-2.0-or-later
// The live picture: which way it comes, whether it is live at all, and what lies over it.

import { el, mark, say } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./language.js";
import { LivePlayer, SourceKind } from "./live-player.js";
import { number } from "./format.js";
import { Regions } from "./regions.js";
import { RegionEditor } from "./region-editor.js";

const HIDDEN_MS = 15000; // then nobody looks, and nothing is fetched
const MJPEG_RETRY_MS = 3000;
const REFUSED_MAX = 4;

export class Picture {
	constructor(card) {
		this.card = card;
		this.way = null;
		this.flowing = false;
		this.build();
		card.on("figures", () => this.paint());
		card.on("online", () => this.player?.hurry());
		card.on("offline", () => this.paint());
		card.on("rules", (rules) => this.shape(rules));
		document.addEventListener("visibilitychange", () => this.visibility(),
			{ signal: card.stop.signal });
		card.stop.signal.addEventListener("abort", () => this.end());
		this.begin();
	}

	button(name, label, act, more = {}) {
		return el("button", {
			type: "button", class: "quiet", "aria-label": label, title: label, data: { act: name },
			on: { click: act }, ...more,
		}, icon(more.icon ?? name));
	}

	build() {
		this.video = el("video", { playsinline: true, "aria-label": t("picture.label") });
		this.video.muted = true;
		this.video.autoplay = true;
		this.video.addEventListener("resize", () => this.shape(this.card.rules));
		this.image = el("img", { alt: t("picture.label"), hidden: true });
		this.cover = el("div", { class: "cover", role: "status" });
		this.lamp = el("span", { class: "lamp" });
		this.regions = new Regions(this.card);
		this.stage = el("div", { class: "stage" }, this.video, this.image, this.regions.node,
			this.cover, this.lamp);
		this.editor = new RegionEditor(this.card, this.regions);
		this.how = el("span", { class: "how" });
		this.mute = this.button("sound", t("picture.unmute"), () => this.switchSound(), { icon: "muted" });
		this.other = this.button("way", "", () => this.switchWay(), { icon: "film" });
		const boxes = this.button("boxes", t("regions.show"), () => {
			const shown = this.regions.toggle();
			mark(boxes, "aria-pressed", shown ? "true" : "false");
		}, { icon: "region" });
		mark(boxes, "aria-pressed", "true");
		this.tools = el("div", { class: "tools", role: "toolbar", "aria-label": t("picture.tools") },
			this.how, this.mute, this.other, boxes, this.editor.button,
			el("a", {
				class: "button quiet", href: this.card.address("snapshot.jpg?fresh=1"),
				download: `${this.card.name}.jpg`, "aria-label": t("picture.save"), title: t("picture.save"),
			}, icon("photo")),
			this.button("full", t("picture.full"), () => this.full()));
		this.node = el("section", { class: "picture", "aria-label": t("picture.title") },
			el("div", { class: "screen" }, this.stage), this.tools, this.editor.bar);
	}

	begin(way = SourceKind ? "mse" : "mjpeg", why = SourceKind ? "" : t("picture.no-mse")) {
		this.player?.close();
		this.player = null;
		clearTimeout(this.retry);
		this.image.removeAttribute("src");
		this.way = way;
		this.why = why;
		this.flowing = false;
		const mse = way === "mse";
		this.video.hidden = !mse;
		this.image.hidden = mse;
		this.mute.hidden = !mse;
		mark(this.other, "aria-label", mse ? t("picture.use-mjpeg") : t("picture.use-mse"));
		this.other.title = this.other.getAttribute("aria-label");
		this.other.hidden = !SourceKind;
		if (mse)
			this.player = new LivePlayer(this.video, this.card.address("live"), {
				playing: () => this.flow(true),
				stalled: () => this.flow(false),
				gone: (refused) => this.gone(refused),
				failed: (reason) => this.begin("mjpeg", t("picture.mse-failed", { why: reason ?? "" })),
			});
		else
			this.beginImages();
		this.paint();
	}

	// A machine that tells figures and gives no video, such as one behind a proxy that knows no
	// WebSocket, may still give pictures.
	gone(refused) {
		this.flow(false);
		if (refused >= REFUSED_MAX && this.card.online)
			this.begin("mjpeg", t("picture.no-live"));
	}

	beginImages() {
		const address = this.card.address("stream.mjpg?fps=10");
		address.searchParams.set("t", Date.now());
		this.image.onload = () => {
			this.flow(true);
			this.shape(this.card.rules);
		};
		this.image.onerror = () => {
			this.flow(false);
			this.retry = setTimeout(() => this.beginImages(), MJPEG_RETRY_MS);
		};
		this.image.src = address;
	}

	flow(flows) {
		if (flows === this.flowing)
			return;
		this.flowing = flows;
		this.paint();
	}

	switchWay() {
		if (this.way === "mse")
			this.begin("mjpeg", t("picture.chosen"));
		else
			this.begin("mse", "");
	}

	switchSound() {
		this.video.muted = !this.video.muted;
		const muted = this.video.muted;
		const label = muted ? t("picture.unmute") : t("picture.mute");
		this.mute.replaceChildren(icon(muted ? "muted" : "sound"));
		mark(this.mute, "aria-label", label);
		this.mute.title = label;
		if (!muted)
			this.video.play().catch(() => {});
	}

	full() {
		if (document.fullscreenElement)
			document.exitFullscreen();
		else if (this.stage.requestFullscreen)
			this.stage.requestFullscreen().catch(() => {});
		else
			this.video.webkitEnterFullscreen?.(); // iPhones know it of videos only
	}

	// Why the picture is not live; null when it is.
	notLive() {
		const f = this.card.figures;
		if (!this.card.online || !f)
			return t("picture.no-machine");
		if (f.input_live === false)
			return t("picture.no-input", { why: f.input_reason || t("unknown") });
		if (!this.flowing)
			return t("picture.waiting");
		return null;
	}

	paint() {
		const why = this.notLive();
		this.stage.classList.toggle("dead", why !== null);
		say(this.cover, why ?? "");
		say(this.lamp, why === null ? t("live") : t("not-live"));
		say(this.how, this.wayWords());
	}

	wayWords() {
		if (this.way === "mjpeg")
			return `${t("picture.mjpeg")}${this.why ? ` · ${this.why}` : ""}`;
		const behind = this.player?.behind() ?? null;
		const size = this.video.videoWidth ? `${this.video.videoWidth} × ${this.video.videoHeight}` : "";
		const late = behind === null ? "" : t("picture.behind", { s: number(Math.max(behind, 0), 1) });
		return [t("picture.mse"), size, late].filter(Boolean).join(" · ");
	}

	// The picture keeps the proportions of the screen, before the first one is there, too.
	shape(rules) {
		const images = this.way === "mjpeg";
		const width = rules?.width || (images ? this.image.naturalWidth : this.video.videoWidth);
		const height = rules?.height || (images ? this.image.naturalHeight : this.video.videoHeight);
		if (width && height)
			this.stage.style.aspectRatio = `${width} / ${height}`;
	}

	visibility() {
		clearTimeout(this.hiding);
		if (document.hidden)
			this.hiding = setTimeout(() => { this.asleep = true; this.sleep(); }, HIDDEN_MS);
		else if (this.asleep) {
			this.asleep = false;
			this.begin(this.way, this.why);
		}
	}

	sleep() {
		this.player?.close();
		this.player = null;
		clearTimeout(this.retry);
		this.image.removeAttribute("src");
		this.flow(false);
	}

	end() {
		clearTimeout(this.hiding);
		this.sleep();
	}
}
