// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures the recogniser was not sure of: accepted into a state they teach it, dismissed they go.

import { el, keyed } from "./dom.js";
import { icon } from "./icons.js";
import { moment } from "./format.js";
import { namesOf } from "./colours.js";
import { thumb } from "./thumb.js";
import { viewPictures } from "./viewer.js";
import { t, word } from "./language.js";
import { allow } from "./session.js";
import { attempt, toast } from "./toast.js";

const path = (c) => `candidates/${encodeURIComponent(c.name)}`;

export class Candidates {
	constructor(card, changed) {
		this.card = card;
		this.changed = changed;
		this.items = [];
		this.list = el("ul", { class: "gallery large" });
		this.empty = el("p", { class: "empty", text: t("candidates.empty") });
		this.node = el("div", {}, el("p", { class: "hint", text: t("candidates.help") }), this.list, this.empty);
	}

	async read() {
		try {
			const { candidates } = await this.card.call("GET", "candidates");
			this.items = candidates ?? [];
		} catch (fault) {
			if (fault.status === 0)
				return;
			this.items = [];
		}
		keyed(this.list, this.items, (c) => c.name, (c) => this.make(c));
		this.empty.hidden = this.items.length > 0;
	}

	make(c) {
		const names = namesOf(this.card.rules);
		const into = el("select", { "aria-label": t("candidates.into", c) },
			names.map((n) => el("option", { text: n, selected: n === c.state })));
		const act = (what) => attempt(what).then(() => this.changed());
		const about = [word("state", c.state ?? "UNKNOWN"), c.reason && word("reason", c.reason)];
		return el("li", { data: { candidate: c.name } },
			el("button", {
				type: "button", class: "thumb", "aria-label": t("candidates.view", c),
				on: { click: () => this.view(c) },
			}, thumb(this.card.address(path(c)))),
			el("div", { class: "caption" }, el("span", { text: about.filter(Boolean).join(" · ") }),
				el("time", { text: moment(c.taken) })),
			el("div", { class: "row tight" }, into,
				allow(el("button", {
					type: "button", class: "small", data: { act: "accept" },
					on: { click: () => act(() => this.accept(c, into.value)) },
				}, icon("check"), t("candidates.accept")), "teach"),
				allow(el("button", {
					type: "button", class: "quiet small", "aria-label": t("candidates.dismiss", c),
					title: t("candidates.dismiss", c), data: { act: "dismiss" },
					on: { click: () => act(() => this.card.call("DELETE", path(c))) },
				}, icon("close")), "teach")));
	}

	async accept(c, state) {
		const saved = await this.card.call("POST", `${path(c)}/accept`, { state });
		toast(t("references.captured", saved), "good");
	}

	view(c) {
		viewPictures(this.items.map((i) => ({
			title: i.name, address: this.card.address(path(i)),
		})), this.items.findIndex((i) => i.name === c.name));
	}
}
