// SPDX-License-Identifier: GPL-2.0-or-later
// Moves and resizes regions, by mouse, touch, keyboard or figures; nothing counts before it is saved.

import { el, mark, say } from "./dom.js";
import { ask } from "./dialog.js";
import { icon } from "./icons.js";
import { namesOf } from "./colours.js";
import { t } from "./language.js";
import { allow } from "./session.js";
import { attempt, toast } from "./toast.js";

const LEAST = 4; // pixels of a side
const COARSE = 10;
const corners = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

function clamp(v, least, most) {
	return Math.min(Math.max(v, least), most);
}

// A region after its edges have been dragged; which: "move", or letters of the edges.
export function dragged(roi, which, dx, dy, width, height) {
	if (which === "move")
		return { x: clamp(roi.x + dx, 0, width - roi.w), y: clamp(roi.y + dy, 0, height - roi.h),
			w: roi.w, h: roi.h };
	let [left, top, right, bottom] = [roi.x, roi.y, roi.x + roi.w, roi.y + roi.h];
	if (which.includes("w"))
		left = clamp(left + dx, 0, right - LEAST);
	if (which.includes("e"))
		right = clamp(right + dx, left + LEAST, width);
	if (which.includes("n"))
		top = clamp(top + dy, 0, bottom - LEAST);
	if (which.includes("s"))
		bottom = clamp(bottom + dy, top + LEAST, height);
	return { x: left, y: top, w: right - left, h: bottom - top };
}

export class RegionEditor {
	constructor(card, regions) {
		this.card = card;
		this.regions = regions;
		this.button = el("button", {
			type: "button", class: "quiet", "aria-label": t("regions.edit"), title: t("regions.edit"),
			data: { act: "edit-regions" }, on: { click: () => this.begin() },
		}, icon("edit"));
		this.bar = this.buildBar();
		regions.node.addEventListener("pointerdown", (e) => this.press(e));
		regions.node.addEventListener("keydown", (e) => this.key(e));
		regions.node.addEventListener("focusin", (e) => this.select(e.target.closest(".region")));
		card.on("rules", () => this.permit());
		this.permit();
	}

	permit() {
		const rules = this.card.rules;
		const why = !rules ? t("regions.none") : rules.editable === false ? t("regions.locked") : null;
		allow(this.button, "teach", why);
	}

	buildBar() {
		this.fields = {};
		const field = (name) => {
			const input = el("input", {
				type: "number", min: 0, step: 1, data: { field: name }, inputmode: "numeric",
				on: { change: () => this.typed() },
			});
			this.fields[name] = input;
			return el("label", { class: "mini" }, el("span", { text: name.toUpperCase() }), input);
		};
		this.chosen = el("strong", {});
		this.remove = el("button", {
			type: "button", class: "quiet", "aria-label": t("regions.remove"), title: t("regions.remove"),
			on: { click: () => this.drop() },
		}, icon("trash"));
		return el("div", { class: "editor", hidden: true, role: "group", "aria-label": t("regions.edit") },
			el("p", { class: "hint", text: t("regions.help") }),
			el("div", { class: "row" }, this.chosen, ["x", "y", "w", "h"].map(field), this.remove),
			el("div", { class: "row end" },
				el("button", { type: "button", data: { act: "add-region" }, on: { click: () => this.add() } },
					icon("add"), t("regions.add")),
				el("button", {
					type: "button", data: { act: "cancel-regions" }, text: t("cancel"),
					on: { click: () => this.end() },
				}),
				el("button", {
					type: "button", class: "main", data: { act: "save-regions" }, text: t("save"),
					on: { click: () => this.save() },
				})));
	}

	begin() {
		if (this.regions.editing) {
			this.end();
			return;
		}
		this.draft = structuredClone(this.card.rules);
		this.regions.editing = true;
		this.regions.node.hidden = false;
		this.regions.node.classList.add("editing");
		this.bar.hidden = false;
		mark(this.button, "aria-pressed", "true");
		this.redraw();
		this.regions.node.firstElementChild?.focus();
	}

	redraw() {
		this.regions.show(this.draft);
		for (const box of this.regions.node.children) {
			mark(box, "tabindex", "0");
			mark(box, "role", "button");
			this.regions.name(box);
			if (!box.querySelector(".handle"))
				box.append(...corners.map((c) => el("i", { class: `handle ${c}`, data: { edge: c } })));
		}
	}

	select(box) {
		if (!this.regions.editing || !box)
			return;
		this.box = box;
		for (const other of this.regions.node.children)
			other.classList.toggle("chosen", other === box);
		this.figures();
	}

	figures() {
		const roi = this.box && this.regions.roiOf(this.box);
		say(this.chosen, roi ? this.regions.titleOf(this.box) : t("regions.choose"));
		for (const [name, input] of Object.entries(this.fields)) {
			input.disabled = !roi;
			input.value = roi ? roi[name] : "";
		}
		this.remove.disabled = !roi;
	}

	change(values) {
		Object.assign(this.regions.roiOf(this.box), values);
		this.regions.place(this.box, this.regions.roiOf(this.box));
		this.regions.name(this.box);
		this.figures();
	}

	typed() {
		const { width, height } = this.draft;
		const of = (name, least, most) => clamp(Math.round(this.fields[name].valueAsNumber || 0), least, most);
		const w = of("w", LEAST, width), h = of("h", LEAST, height);
		this.change({ w, h, x: of("x", 0, width - w), y: of("y", 0, height - h) });
	}

	press(e) {
		const box = e.target.closest(".region");
		if (!this.regions.editing || !box || e.button !== 0)
			return;
		e.preventDefault();
		box.focus();
		const area = this.regions.node.getBoundingClientRect();
		const { width, height } = this.draft;
		const begin = { ...this.regions.roiOf(box) };
		const which = e.target.dataset.edge ?? "move";
		box.setPointerCapture(e.pointerId);
		const follow = (m) => this.change(dragged(begin, which,
			Math.round((m.clientX - e.clientX) * width / area.width),
			Math.round((m.clientY - e.clientY) * height / area.height), width, height));
		const end = () => box.removeEventListener("pointermove", follow);
		box.addEventListener("pointermove", follow);
		box.addEventListener("pointerup", end, { once: true });
		box.addEventListener("pointercancel", end, { once: true });
	}

	// Arrows move, with Alt they resize; Shift takes larger steps.
	key(e) {
		if (!this.regions.editing || !this.box)
			return;
		const step = e.shiftKey ? COARSE : 1;
		const by = {
			ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
		}[e.key];
		if (by) {
			e.preventDefault();
			this.change(dragged(this.regions.roiOf(this.box), e.altKey ? "se" : "move", ...by,
				this.draft.width, this.draft.height));
		} else if (e.key === "Delete") {
			this.drop();
		} else if (e.key === "Escape") {
			this.end();
		}
	}

	drop() {
		if (this.box.dataset.number) {
			delete this.draft.numbers[this.box.dataset.number];
		} else {
			const { rois } = this.draft.states[this.box.dataset.state];
			rois.splice(rois.indexOf(this.regions.roiOf(this.box)), 1);
		}
		this.box = null;
		this.redraw();
		this.figures();
	}

	async add() {
		const { width, height } = this.draft;
		const state = el("select", {}, namesOf(this.draft).map((n) => el("option", { text: n })));
		const name = el("input", { required: true, pattern: "[A-Za-z0-9_\\-]+", maxlength: 63 });
		const added = await ask({
			title: t("regions.add"), name: "add-region", yes: t("add"),
			body: [el("label", { class: "field" }, el("span", { text: t("state") }), state),
				el("label", { class: "field" }, el("span", { text: t("name") }), name)],
			act: () => {
				const rois = this.draft.states[state.value].rois;
				if (rois.some((r) => r.name === name.value))
					throw new Error(t("regions.twice"));
				rois.push({ name: name.value, x: Math.round(width * 0.4), y: Math.round(height * 0.4),
					w: Math.round(width * 0.2), h: Math.round(height * 0.2) });
			},
		});
		if (!added)
			return;
		this.redraw();
		[...this.regions.node.children].find((b) =>
			b.dataset.state === state.value && b.dataset.roi === name.value)?.focus();
	}

	async save() {
		if (!await attempt(() => this.card.write(this.draft)))
			return;
		toast(t("regions.saved"), "good");
		this.end();
	}

	end() {
		this.regions.editing = false;
		this.regions.node.classList.remove("editing");
		this.bar.hidden = true;
		this.box = null;
		mark(this.button, "aria-pressed", null);
		this.regions.node.replaceChildren();
		this.regions.show(this.card.rules);
		this.button.focus();
	}
}
