// SPDX-License-Identifier: GPL-2.0-or-later
// What comes from the card: facts about picture and sound, and how loud it is.

import { el, keyed, mark, say } from "./dom.js";
import { Meters } from "./meters.js";
import { number } from "./format.js";
import { t } from "./language.js";

// What is odd about the input, in words; "" for nothing. A service of before facts has none.
function oddities(facts) {
	const words = [];
	if (!facts)
		return "";
	if (!["ok", "unknown"].includes(facts.signal))
		words.push(t(`fact.${facts.signal}`));
	if (!["normal", "unknown"].includes(facts.picture))
		words.push(t(`fact.${facts.picture}`));
	if (facts.rate === "low")
		words.push(t("fact.low", { is: number(facts.rate_measured, 1), should: number(facts.rate_promised, 0) }));
	return words.join("; ");
}

// Which facts there are, without their figures.
function kinds(facts) {
	return facts ? [facts.signal, facts.picture, facts.rate].join() : "";
}

export class Signal {
	constructor(card) {
		this.card = card;
		this.facts = el("dl", { class: "facts-list" });
		this.meters = new Meters(card);
		this.picture = this.lamp(t("signal.picture"));
		this.sound = this.lamp(t("signal.sound"));
		this.node = el("section", { class: "panel" },
			el("header", {}, el("h2", { text: t("signal.title") }),
				el("div", { class: "row" }, this.picture, this.sound)),
			this.meters.node, this.facts);
		card.on("refresh", () => this.read());
		card.on("event", (e) => ["signal", "fact", "sound"].includes(e.type) && this.read());
		card.on("figures", (f) => {
			this.node.classList.remove("stale");
			this.light(this.picture, f.input_live, f.input_reason);
			this.light(this.sound, f.sound?.live, f.sound?.reason);
			// What comes and goes all the time is no event any more, but still so.
			if (!this.reading && kinds(f.facts) !== this.told)
				this.read();
		});
		card.on("offline", () => {
			this.node.classList.add("stale");
			this.light(this.picture, null);
			this.light(this.sound, null);
		});
	}

	lamp(name) {
		return el("span", { class: "signal-lamp" }, el("i", { class: "dot" }), el("span", { text: name }),
			el("span", { class: "unseen" }));
	}

	light(lamp, live, reason) {
		mark(lamp.firstElementChild, "data-state", live === true ? "running" : live === false ? "waiting" : "idle");
		const words = live === true ? t("live") : live === false ? reason || t("not-live") : t("unknown");
		say(lamp.lastElementChild, words);
		lamp.title = words;
	}

	async read() {
		let s;
		this.reading = true; // a slow machine is not asked each second again
		try {
			s = await this.card.call("GET", "signal");
		} catch {
			return;
		} finally {
			this.reading = false;
		}
		this.told = kinds(s.facts);
		const size = s.width ? `${s.width} × ${s.height}, ${number(s.rate, s.rate % 1 ? 2 : 0)} ${t("signal.per-second")}` : "–";
		const rows = [
			[t("signal.device"), s.device || "–"],
			[t("signal.format"), s.format || "–"],
			[t("signal.size"), size],
			[t("signal.sound-device"), s.sound_device || t("signal.no-sound")],
			[t("signal.drift"), Number.isFinite(s.drift_ppm) ? `${number(s.drift_ppm, 1)} ppm` : "–"],
		];
		if (!s.input_live && s.input_reason)
			rows.unshift([t("signal.picture"), s.input_reason]);
		const odd = oddities(s.facts);
		if (odd)
			rows.unshift([t("signal.noticed"), odd]);
		if (s.sound_live === false && s.sound_reason)
			rows.push([t("signal.sound"), s.sound_reason]);
		keyed(this.facts, rows, ([name]) => name, ([name]) => el("div", {}, el("dt", { text: name }), el("dd")),
			(node, [, value]) => say(node.lastElementChild, value));
	}
}
