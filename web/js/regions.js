// SPDX-License-Identifier: GPL-2.0-or-later
// The regions of interest as boxes over the picture, each coloured by what is seen in it.

import { el, keyed, mark } from "./dom.js";
import { namesOf } from "./colours.js";
import { t } from "./language.js";

const CROWD = 8;   // regions; with more, names are told of those that matter
const NEAR = 0.8;  // of the threshold
const USUAL = 0.7; // threshold, where none is told

// What the decision says of a region: "seen", "against", "near", "away", or "unknown".
export function evidenceOf(decision, state, roi) {
	const score = decision?.states?.[state]?.rois?.find((r) => r.name === roi.name);
	if (!score)
		return "unknown";
	if (score.matched)
		return roi.negative ? "against" : "seen";
	const correlates = ["correlation", "edges", undefined].includes(roi.feature);
	const near = correlates && score.score <= 1 && score.score >= NEAR * (roi.threshold || USUAL);
	return near ? "near" : "away";
}

function evidenceOfNumber(decision, name) {
	const reading = decision?.numbers?.[name];
	return !reading ? "unknown" : reading.text === null ? "away" : "seen";
}

export class Regions {
	constructor(card) {
		this.card = card;
		this.node = el("div", { class: "regions", role: "group", "aria-label": t("regions.title") });
		this.rules = null;
		this.editing = false;
		card.on("rules", (rules) => {
			if (!this.editing)
				this.show(rules);
		});
		card.on("figures", (f) => this.paint(f.state));
		card.on("offline", () => this.paint(null));
	}

	toggle() {
		this.node.hidden = !this.node.hidden;
		return !this.node.hidden;
	}

	// Draws rules, which stay the caller's.
	show(rules) {
		this.rules = rules;
		const items = namesOf(rules).flatMap((state) =>
			(rules.states[state].rois ?? []).map((roi) => ({ state, roi, key: `${state} ${roi.name}` })));
		for (const [name, roi] of Object.entries(rules?.numbers ?? {}))
			items.push({ number: name, roi, key: `* ${name}` });
		this.node.classList.toggle("crowded", items.length > CROWD);
		keyed(this.node, items, (i) => i.key, (i) => this.box(i), (box, i) => this.place(box, i.roi));
		this.paint(this.card.figures?.state ?? null);
	}

	box({ state, roi, number }) {
		if (number)
			return el("div", { class: "region number", data: { number } },
				el("span", { class: "region-name", text: number }));
		return el("div", { class: "region", data: { state, roi: roi.name } },
			el("span", { class: "region-name" }, el("b", { text: state }), ` ${roi.name}`));
	}

	place(box, roi) {
		const { width, height } = this.rules;
		const percent = (part, whole) => `${100 * part / (whole || 1)}%`;
		box.style.left = percent(roi.x, width);
		box.style.top = percent(roi.y, height);
		box.style.width = percent(roi.w, width);
		box.style.height = percent(roi.h, height);
		box.classList.toggle("high", roi.y < height * 0.08);
		box.classList.toggle("far", roi.x > width * 0.6);
	}

	roiOf(box) {
		if (box.dataset.number)
			return this.rules?.numbers[box.dataset.number];
		return this.rules?.states[box.dataset.state]?.rois.find((r) => r.name === box.dataset.roi);
	}

	paint(decision) {
		for (const box of this.node.children) {
			const { state, number } = box.dataset;
			const roi = this.roiOf(box);
			if (roi)
				mark(box, "data-evidence",
					number ? evidenceOfNumber(decision, number) : evidenceOf(decision, state, roi));
		}
	}

	titleOf(box) {
		const { state, roi, number } = box.dataset;
		return number ?? `${state} ${roi}`;
	}

	name(box) {
		const { x, y, w, h } = this.roiOf(box);
		mark(box, "aria-label", t("regions.one", { name: this.titleOf(box), x, y, w, h }));
	}
}
