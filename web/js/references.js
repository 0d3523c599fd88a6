// SPDX-License-Identifier: GPL-2.0-or-later
// The states as tabs with the pictures by which they are known; candidates and the trash beside them.

import { el, keyed, mark, say } from "./dom.js";
import { Candidates } from "./candidates.js";
import { ask } from "./dialog.js";
import { hueOf, namesOf } from "./colours.js";
import { icon } from "./icons.js";
import { number } from "./format.js";
import { viewPictures } from "./viewer.js";
import { Tabs } from "./tabs.js";
import { thumb } from "./thumb.js";
import { Trash } from "./trash.js";
import { t } from "./language.js";
import { allow } from "./session.js";
import { attempt, toast } from "./toast.js";

const CANDIDATES = "*candidates";
const TRASH = "*trash";
// A suggestion that is nearer to what there is, is no news: of scores, and of bits.
const APART = 0.02;
const BITS_APART = 1;

export function referencePath(r, more = "") {
	return `references/${encodeURIComponent(r.state)}/${encodeURIComponent(r.name)}${more}`;
}

export class References {
	constructor(card) {
		this.card = card;
		this.references = [];
		this.candidates = new Candidates(card, () => this.changed());
		this.trash = new Trash(card, () => this.changed());
		this.tabs = new Tabs(t("references.states"), (key) => this.choose(key));
		this.gallery = el("ul", { class: "gallery" });
		this.advice = el("p", { class: "advice" });
		this.heed = el("button", {
			type: "button", class: "small", data: { act: "heed" }, on: { click: () => this.takeAdvice() },
		});
		this.empty = el("p", { class: "empty", text: t("references.empty") });
		this.page = el("div", { class: "drop" }, this.actions(),
			el("div", { class: "row line" }, this.advice, this.heed), this.gallery, this.empty);
		this.node = el("section", { class: "panel references", "aria-label": t("references.title") },
			el("header", {}, el("h2", { text: t("references.title") })), this.tabs.node);
		this.acceptDrops();
		card.on("refresh", () => this.read());
		card.on("rules", () => this.paint());
		card.on("thresholds", () => this.advise());
		card.on("event", (e) => ["references", "config", "clip"].includes(e.type) && this.read());
		this.paint();
	}

	actions() {
		this.file = el("input", {
			type: "file", accept: "image/jpeg,image/png,image/webp", multiple: true, class: "unseen",
			tabindex: "-1", "aria-hidden": "true", on: { change: () => this.upload([...this.file.files]) },
		});
		return el("div", { class: "row" },
			allow(el("button", {
				type: "button", class: "main", data: { act: "capture" }, on: { click: () => this.capture() },
			}, icon("camera"), t("references.capture")), "teach"),
			allow(el("button", {
				type: "button", data: { act: "upload" }, on: { click: () => this.file.click() },
			}, icon("upload"), t("references.upload")), "teach"),
			this.file, el("span", { class: "hint wide-only", text: t("references.drop") }));
	}

	get state() {
		const key = this.tabs.key;
		return key === CANDIDATES || key === TRASH ? null : key;
	}

	changed() {
		return this.read();
	}

	async read() {
		if (!this.card.recognises) {
			this.references = [];
			this.paint();
			return;
		}
		try {
			const { references } = await this.card.call("GET", "references");
			this.references = references ?? [];
		} catch (fault) {
			if (fault.status === 0)
				return;
			this.references = [];
		}
		await Promise.all([this.candidates.read(), this.trash.read()]);
		this.paint();
	}

	of(state) {
		return this.references.filter((r) => r.state === state)
			.sort((a, b) => a.modified - b.modified || a.name.localeCompare(b.name));
	}

	paint() {
		const { width, height } = this.card.rules ?? {};
		if (width && height)
			this.node.style.setProperty("--shape", `${width} / ${height}`);
		const names = [...new Set([...namesOf(this.card.rules), ...this.references.map((r) => r.state)])];
		const count = (n) => el("span", { class: "count", text: number(n) });
		const items = names.map((n) => ({
			key: n, label: [el("i", { class: `dot ${hueOf(this.card.rules, n)}` }), n, count(this.of(n).length)],
		}));
		this.node.hidden = !names.length;
		items.push({ key: CANDIDATES, label: [icon("photo"), t("candidates.title"), count(this.candidates.items.length)] });
		items.push({ key: TRASH, label: [icon("trash"), t("trash.title"), count(this.trash.items.length)] });
		if (!this.tabs.key && !names.length)
			return; // so that the first state is the first to be shown
		this.tabs.show(items);
		this.fill();
	}

	choose(key) {
		const page = key === CANDIDATES ? this.candidates.node : key === TRASH ? this.trash.node : this.page;
		if (this.tabs.panel.firstElementChild !== page)
			this.tabs.panel.replaceChildren(page);
		this.fill();
	}

	fill() {
		if (!this.state)
			return;
		const items = this.of(this.state);
		keyed(this.gallery, items, (r) => `${r.state}/${r.name}`, (r) => this.thumb(r));
		this.empty.hidden = items.length > 0;
		this.advise();
	}

	advise() {
		const said = this.card.thresholds.find((x) => x.state === this.state);
		this.heed.hidden = !said || !Number.isFinite(said.suggested) || !this.card.rules ||
			Math.abs(said.suggested - said.threshold) < (said.suggested > 1 ? BITS_APART : APART);
		if (!said || !Number.isFinite(said.suggested)) {
			say(this.advice, "");
			return;
		}
		const digits = said.suggested > 1 ? 1 : 2;
		say(this.advice, t("references.advice", {
			now: number(said.threshold, digits), suggested: number(said.suggested, digits),
			margin: number(said.margin, digits),
		}));
		mark(this.advice, "data-safe", said.margin > 0 ? "yes" : "no");
		say(this.heed, t("references.heed", { suggested: number(said.suggested, digits) }));
		allow(this.heed, "teach", this.card.rules?.editable === false ? t("regions.locked") : null);
	}

	// The threshold that the references suggest, written into the rules.
	async takeAdvice() {
		const { state } = this;
		const rules = structuredClone(this.card.rules);
		const { suggested } = this.card.thresholds.find((x) => x.state === state);
		rules.states[state][rules.mode === "compatible" ? "threshold" : "score"] = suggested;
		if (await attempt(() => this.card.write(rules)))
			toast(t("references.heeded", { state, suggested: number(suggested, 2) }), "good");
	}

	thumb(r) {
		const address = this.card.address(referencePath(r, "/thumbnail?width=320"));
		const button = (name, label, act) => allow(el("button", {
			type: "button", class: "quiet small", "aria-label": label, title: label, data: { act: name },
			on: { click: act },
		}, icon(name)), "teach");
		return el("li", { data: { reference: r.name } },
			el("button", {
				type: "button", class: "thumb", "aria-label": t("references.view", r),
				on: { click: () => this.view(r) },
			}, thumb(address)),
			el("div", { class: "caption" }, el("span", { text: r.name, title: r.name }),
				button("move", t("references.move", r), () => this.move(r)),
				button("trash", t("references.delete", r), () => this.remove(r))));
	}

	view(r) {
		const items = this.of(r.state);
		viewPictures(items.map((i) => ({
			title: `${i.state} · ${i.name}`, address: this.card.address(referencePath(i)),
		})), items.indexOf(items.find((i) => i.name === r.name)));
	}

	async capture() {
		const state = this.state;
		await attempt(async () => {
			const saved = await this.card.call("POST", `references/${encodeURIComponent(state)}`);
			toast(t("references.captured", saved), "good");
		});
		this.read();
	}

	async upload(files) {
		const state = this.state;
		this.file.value = "";
		let saved = 0;
		for (const file of files)
			if (await attempt(() => this.card.call("POST", `references/${encodeURIComponent(state)}`, file)))
				saved++;
		if (saved)
			toast(t("references.uploaded", { n: saved, state }), "good");
		this.read();
	}

	acceptDrops() {
		const over = (on) => this.page.classList.toggle("over", on);
		this.page.addEventListener("dragover", (e) => {
			e.preventDefault();
			over(true);
		});
		this.page.addEventListener("dragleave", () => over(false));
		this.page.addEventListener("drop", (e) => {
			e.preventDefault();
			over(false);
			const files = [...e.dataTransfer.files].filter((f) => f.type.startsWith("image/"));
			if (files.length)
				this.upload(files);
		});
	}

	move(r) {
		const others = namesOf(this.card.rules).filter((n) => n !== r.state);
		const to = el("select", { name: "to" }, others.map((n) => el("option", { text: n })));
		return ask({
			title: t("references.move", r), name: "move", yes: t("move"),
			body: el("label", { class: "field" }, el("span", { text: t("references.to") }), to),
			act: () => this.card.call("POST", referencePath(r, "/move"), { to: to.value }),
		}).then((done) => done && this.read());
	}

	async remove(r) {
		let trash = null;
		if (!await attempt(async () => { ({ trash } = await this.card.call("DELETE", referencePath(r))); }))
			return;
		this.references = this.references.filter((x) => x !== r);
		this.fill();
		toast(t("references.deleted", r), "info", {
			text: t("undo"), act: () => this.trash.restore({ id: trash, ...r }),
		});
		this.read();
	}
}
