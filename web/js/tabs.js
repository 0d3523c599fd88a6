// SPDX-License-Identifier: GPL-2.0-or-later
// Tabs with one panel: arrow keys go from one to the next, Home and End to the first and last.

import { el, keyed, mark, unique } from "./dom.js";

export class Tabs {
	// chosen(key) is called when another tab is shown.
	constructor(label, chosen) {
		this.chosen = chosen;
		this.key = null;
		this.list = el("div", { class: "tabs", role: "tablist", "aria-label": label });
		this.panel = el("div", { class: "tab-panel", role: "tabpanel", id: unique("panel"), tabindex: "0" });
		this.list.addEventListener("keydown", (e) => this.walk(e));
		this.node = el("div", {}, this.list, this.panel);
	}

	// items: [{ key, label: [nodes], name }]; the shown one stays when it is still there.
	show(items) {
		const make = (item) => el("button", {
			type: "button", class: "tab", role: "tab", id: unique("tab"),
			"aria-controls": this.panel.id, data: { tab: item.key },
			on: { click: () => this.choose(item.key) },
		});
		this.items = items;
		keyed(this.list, items, (i) => i.key, make, (tab, item) => tab.replaceChildren(...item.label));
		if (!items.some((i) => i.key === this.key))
			this.key = null;
		if (this.key === null && items.length)
			this.choose(items[0].key);
		else
			this.paint();
	}

	paint() {
		for (const tab of this.list.children) {
			const chosen = tab.dataset.key === this.key;
			mark(tab, "aria-selected", chosen ? "true" : "false");
			mark(tab, "tabindex", chosen ? "0" : "-1");
			if (chosen)
				mark(this.panel, "aria-labelledby", tab.id);
		}
	}

	choose(key) {
		this.key = key;
		this.paint();
		this.chosen(key);
	}

	walk(e) {
		const tabs = [...this.list.children];
		const at = tabs.indexOf(document.activeElement);
		const to = {
			ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1,
		}[e.key];
		if (to === undefined || at < 0)
			return;
		e.preventDefault();
		const tab = tabs[(to + tabs.length) % tabs.length];
		tab.focus();
		tab.scrollIntoView({ block: "nearest", inline: "nearest" });
		this.choose(tab.dataset.key);
	}
}
