// SPDX-License-Identifier: GPL-2.0-or-later
// Sound meters: the loudness as a bar, the peak as a line on it. -60 dB is as good as silence.

import { el, mark, say } from "./dom.js";
import { number } from "./format.js";
import { t } from "./language.js";

const FLOOR = -60;
const HOLD_MS = 1500;

export function levelOf(db) {
	return Number.isFinite(db) ? Math.min(Math.max(1 - db / FLOOR, 0), 1) : 0;
}

export class Meters {
	constructor(card) {
		this.channels = [t("meters.left"), t("meters.right")].map((name) => this.channel(name));
		this.node = el("div", { class: "meters" }, this.channels.map((c) => c.node),
			el("div", { class: "meter-scale", "aria-hidden": "true" },
				["−60", "−40", "−20", "−6", "0 dB"].map((text) => el("span", { text }))));
		card.on("figures", (f) => this.show(f.sound));
		card.on("offline", () => this.show(null));
	}

	channel(name) {
		const c = { rms: el("i", { class: "rms" }), peak: el("i", { class: "peak" }), text: el("output"), held: 0 };
		c.bar = el("div", {
			class: "meter", role: "meter", "aria-label": t("meters.label", { name }),
			"aria-valuemin": FLOOR, "aria-valuemax": 0, "aria-valuenow": FLOOR,
		}, el("i", { class: "scale" }), c.rms, c.peak);
		c.node = el("div", { class: "channel" }, el("span", { text: name }), c.bar, c.text);
		return c;
	}

	show(sound) {
		this.channels.forEach((c, i) => {
			const live = sound?.live !== false && sound;
			const peak = live ? sound.peak_db?.[i] : undefined;
			const rms = live ? sound.rms_db?.[i] : undefined;
			if (!live)
				c.held = 0;
			this.hold(c, levelOf(peak));
			c.rms.style.transform = `scaleX(${1 - levelOf(rms)})`;
			c.peak.style.left = `${100 * c.held}%`;
			c.peak.hidden = !c.held;
			mark(c.bar, "aria-valuenow", Math.round(Number.isFinite(peak) ? Math.max(peak, FLOOR) : FLOOR));
			mark(c.bar, "aria-valuetext", Number.isFinite(peak) ? `${number(peak)} dB` : t("meters.silent"));
			say(c.text, Number.isFinite(peak) && peak > FLOOR ? number(peak, 0).replace("-", "−") : "–");
		});
	}

	// The highest peak of the last moments.
	hold(c, level) {
		const now = performance.now();
		if (level >= c.held || now - c.at > HOLD_MS) {
			c.held = level;
			c.at = now;
		}
	}
}
