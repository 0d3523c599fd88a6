// SPDX-License-Identifier: GPL-2.0-or-later
// What has happened, newest first; older ones are fetched when they are asked for.

import { el } from "./dom.js";
import { moment } from "./format.js";
import { hueOf } from "./colours.js";
import { t, word } from "./language.js";
import { attempt } from "./toast.js";

const PAGE = 50;
const MOST = 1000;

// In the page's language where it knows what is told, else in the machine's words.
function wordsOf(e) {
	if (e.type === "state" && e.state)
		return t("state.is", { state: word("state", e.state) }) +
			(e.reason ? ` (${word("reason", e.reason)})` : "");
	if (e.type === "number" && e.number)
		return t("numbers.is", { name: e.number, value: e.value ?? "" });
	return e.text ?? "";
}

export class Events {
	constructor(card) {
		this.card = card;
		this.ids = new Set();
		this.next = null;
		this.list = el("ol", { class: "events", tabindex: "0", "aria-label": t("events.title") });
		this.older = el("button", {
			type: "button", class: "wide", data: { act: "older" }, text: t("events.older"), hidden: true,
			on: { click: () => attempt(() => this.more()) },
		});
		this.empty = el("p", { class: "empty", text: t("events.none") });
		this.node = el("section", { class: "panel", "aria-label": t("events.title") },
			el("header", {}, el("h2", { text: t("events.title") })), this.empty, this.list, this.older);
		card.on("refresh", () => this.read());
		card.on("event", (e) => this.hear(e));
		card.on("rules", () => this.tint());
	}

	async read() {
		let page;
		try {
			page = await this.card.call("GET", `events?limit=${PAGE}`);
		} catch {
			return;
		}
		this.ids.clear();
		this.list.replaceChildren();
		this.append(page);
	}

	async more() {
		this.append(await this.card.call("GET", `events?limit=${PAGE}&before=${this.next}`));
	}

	append(page) {
		for (const e of page.events)
			if (!this.ids.has(e.id)) {
				this.ids.add(e.id);
				this.list.append(this.item(e));
			}
		this.next = page.next;
		this.older.hidden = !page.next || this.ids.size >= MOST;
		this.empty.hidden = this.ids.size > 0;
	}

	hear(e) {
		if (this.ids.has(e.id))
			return;
		this.ids.add(e.id);
		const item = this.item(e);
		item.classList.add("new");
		this.list.prepend(item);
		this.empty.hidden = true;
		if (this.list.children.length > MOST)
			this.list.lastElementChild.remove();
	}

	item(e) {
		const dot = el("i", { class: "dot" });
		const item = el("li", { data: { type: e.type, ...(e.type === "state" && e.state ? { state: e.state } : {}) } },
			el("time", { datetime: new Date(e.time * 1000).toISOString(), text: moment(e.time) }),
			dot, el("span", { text: wordsOf(e), title: e.text ?? "" }),
			el("span", { class: "event-type", text: word("event", e.type) }));
		this.dye(item);
		return item;
	}

	dye(item) {
		if (item.dataset.state)
			item.querySelector(".dot").className = `dot ${hueOf(this.card.rules, item.dataset.state)}`;
	}

	tint() {
		for (const item of this.list.children)
			this.dye(item);
	}
}
