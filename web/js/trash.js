// SPDX-License-Identifier: GPL-2.0-or-later
// References that were deleted, for a while.

import { el, keyed } from "./dom.js";
import { icon } from "./icons.js";
import { moment } from "./format.js";
import { t } from "./language.js";
import { allow } from "./session.js";
import { attempt, toast } from "./toast.js";

export class Trash {
	constructor(card, changed) {
		this.card = card;
		this.changed = changed;
		this.items = [];
		this.list = el("ul", { class: "trash" });
		this.empty = el("p", { class: "empty", text: t("trash.empty") });
		this.node = el("div", {}, this.list, this.empty);
	}

	async read() {
		try {
			const { trash } = await this.card.call("GET", "trash");
			this.items = (trash ?? []).sort((a, b) => b.deleted - a.deleted);
		} catch (fault) {
			if (fault.status === 0)
				return;
			this.items = [];
		}
		keyed(this.list, this.items, (i) => i.id, (i) => this.make(i));
		this.empty.hidden = this.items.length > 0;
	}

	make(item) {
		return el("li", {}, el("strong", { text: item.state }), el("span", { text: item.name }),
			el("time", { text: moment(item.deleted) }),
			allow(el("button", {
				type: "button", class: "small", data: { act: "restore" }, on: { click: () => this.restore(item) },
			}, icon("undo"), t("trash.restore")), "teach"));
	}

	async restore(item) {
		await attempt(async () => {
			const back = await this.card.call("POST", `trash/${encodeURIComponent(item.id)}/restore`);
			toast(t("trash.restored", { ...item, ...back }), "good");
		});
		await this.changed();
	}
}
