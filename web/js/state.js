// SPDX-License-Identifier: GPL-2.0-or-later
// What the screen shows, why, since when, and how near each state is.

import { el, keyed, mark, say } from "./dom.js";
import { ask } from "./dialog.js";
import { icon } from "./icons.js";
import { clock, duration, number } from "./format.js";
import { hueOf, namesOf } from "./colours.js";
import { t, word } from "./language.js";
import { allow } from "./session.js";
import { toast } from "./toast.js";

const BITS = 64; // of the compatible mode's distances

// A score as a share of a bar: 1 is the best there is. Distances count the other way round.
export function shareOf(score, compatible) {
	if (!Number.isFinite(score) || score < 0)
		return 0;
	return Math.min(Math.max(compatible ? 1 - score / BITS : score, 0), 1);
}

function bar() {
	const fill = el("i", { class: "fill" });
	const tick = el("i", { class: "tick" });
	const node = el("span", { class: "bar", "aria-hidden": "true" }, fill, tick);
	return { node, fill, tick };
}

export class State {
	constructor(card) {
		this.card = card;
		this.rows = new Map();
		this.name = el("strong", { class: "state-name" });
		this.since = el("p", { class: "state-since" });
		this.reason = el("p", { class: "state-reason" });
		this.now = el("div", { class: "state-now hue-unknown" }, this.name, this.since, this.reason);
		this.live = el("p", { class: "unseen", role: "status" });
		this.scores = el("div", { class: "scores" });
		this.numbers = el("ul", { class: "numbers" });
		this.node = el("section", { class: "panel state", "aria-label": t("state.title") },
			this.now, this.live, this.scores, this.numbers);
		card.on("figures", (f) => this.show(f.state));
		card.on("offline", () => this.show(null));
		card.on("rules", () => this.show(card.figures?.state ?? null));
		this.show(null);
	}

	show(decision) {
		const { card } = this;
		this.node.classList.toggle("alone", !decision);
		this.node.classList.toggle("stale", !card.online);
		if (!decision) {
			say(this.name, !card.online ? t("state.none") : card.rules ? t("state.waiting") : t("state.off"));
			say(this.since, "");
			say(this.reason, card.online && !card.rules ? t("state.off-help") : "");
			this.now.className = "state-now hue-unknown";
			this.scores.hidden = this.numbers.hidden = true;
			return;
		}
		const name = decision.state ?? "UNKNOWN";
		const shown = word("state", name);
		say(this.name, shown);
		say(this.live, t("state.is", { state: shown }));
		this.now.className = `state-now ${hueOf(card.rules, name)}`;
		say(this.since, decision.since ? t("state.since", {
			time: clock(decision.since), long: duration(Date.now() / 1000 - decision.since),
		}) : "");
		say(this.reason, this.whyWords(decision));
		this.scores.hidden = this.numbers.hidden = false;
		this.showScores(decision);
		this.showNumbers(decision.numbers ?? {});
	}

	whyWords(decision) {
		const said = [];
		if (decision.reason)
			said.push(word("reason", decision.reason));
		if (decision.raw && decision.raw !== decision.state)
			said.push(t("state.raw", { state: word("state", decision.raw) }));
		if (Number.isFinite(decision.margin) && decision.margin > 0)
			said.push(t("state.margin", { margin: number(decision.margin, 2) }));
		return said.join(" · ");
	}

	compatible(decision) {
		if (this.card.rules?.mode)
			return this.card.rules.mode === "compatible";
		return Object.values(decision.states ?? {}).some((s) => s.score > 1);
	}

	thresholdOf(state) {
		return this.card.thresholds.find((x) => x.state === state)?.threshold ?? null;
	}

	showScores(decision) {
		const states = decision.states ?? {};
		const names = [...new Set([...namesOf(this.card.rules), ...Object.keys(states)])]
			.filter((n) => states[n]);
		const compatible = this.compatible(decision);
		keyed(this.scores, names, (n) => n, (n) => this.makeRow(n),
			(node, n) => this.paintRow(n, states[n], decision, compatible));
	}

	makeRow(name) {
		const parts = { bar: bar(), value: el("output", {}), rois: el("ul", { class: "roi-scores" }) };
		parts.dot = el("i", { class: "dot" });
		parts.node = el("details", { class: "score" },
			el("summary", {}, parts.dot, el("span", { class: "score-name", text: name, title: name }),
				parts.bar.node, parts.value),
			parts.rois);
		this.rows.set(name, parts);
		return parts.node;
	}

	paintRow(name, score, decision, compatible) {
		const row = this.rows.get(name);
		row.dot.className = `dot ${hueOf(this.card.rules, name)}`;
		row.node.classList.toggle("matched", Boolean(score.matched));
		row.node.classList.toggle("current", decision.state === name);
		this.paintBar(row, score, this.thresholdOf(name), compatible);
		keyed(row.rois, score.rois ?? [], (r) => r.name, () => {
			const parts = { bar: bar(), value: el("output", {}), name: el("span", {}) };
			const item = el("li", {}, parts.name, parts.bar.node, parts.value);
			item.parts = parts;
			return item;
		}, (item, roi) => {
			say(item.parts.name, roi.name);
			item.classList.toggle("matched", Boolean(roi.matched));
			this.paintBar(item.parts, roi, null, compatible);
			item.title = Number.isFinite(roi.quality) ? t("state.quality", { q: number(roi.quality, 2) }) : "";
		});
	}

	paintBar(row, score, threshold, compatible) {
		row.bar.fill.style.transform = `scaleX(${shareOf(score.score, compatible)})`;
		row.bar.tick.hidden = threshold === null;
		if (threshold !== null)
			row.bar.tick.style.left = `${100 * shareOf(threshold, compatible)}%`;
		say(row.value, score.score < 0 ? "–" : number(score.score, compatible ? 1 : 2));
	}

	showNumbers(numbers) {
		keyed(this.numbers, Object.entries(numbers), ([name]) => name, ([name]) => {
			const value = el("output", {});
			const teach = allow(el("button", {
				type: "button", class: "quiet small", "aria-label": t("numbers.teach", { name }),
				title: t("numbers.teach", { name }), on: { click: () => this.teach(name) },
			}, icon("edit")), "teach");
			const node = el("li", {}, el("span", { text: name }), value, teach);
			node.reading = value;
			return node;
		}, (node, [, reading]) => {
			say(node.reading, reading.text ?? t("numbers.unsure"));
			mark(node.reading, "class", reading.text ? null : "unsure");
			node.reading.title = t("numbers.confidence", { p: number(100 * (reading.confidence ?? 0)) });
		});
	}

	teach(name) {
		const field = el("input", { required: true, maxlength: 32, inputmode: "numeric", autocomplete: "off" });
		return ask({
			title: t("numbers.teach", { name }), name: "number", yes: t("numbers.do"),
			body: [el("p", { text: t("numbers.help") }),
				el("label", { class: "field" }, el("span", { text: t("numbers.text") }), field)],
			act: () => this.card.call("POST", `numbers/${encodeURIComponent(name)}`, { text: field.value }),
		}).then((done) => done && toast(t("numbers.done"), "good"));
	}
}
