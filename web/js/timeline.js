// SPDX-License-Identifier: GPL-2.0-or-later
// Which state the screen was in, over the last minutes: a strip, and what share each state had.

import { el, keyed, mark, say, svg } from "./dom.js";
import { duration, number, clock, shortClock } from "./format.js";
import { hueOf, namesOf } from "./colours.js";
import { t, word } from "./language.js";

const WIDTH = 1000;
const spans = [5, 30, 120]; // minutes
const READ = 500;           // events of one answer
const KEPT = 4000;
const TICKS = 4;

// Pieces of { state, begin, end } between two times, of changes in the order of their time.
export function piecesOf(changes, begin, end) {
	const pieces = [];
	for (let i = 0; i < changes.length; i++) {
		const from = Math.max(changes[i].time, begin);
		const to = Math.min(changes[i + 1]?.time ?? end, end);
		if (to > from)
			pieces.push({ id: changes[i].id, state: changes[i].state, begin: from, end: to });
	}
	return pieces;
}

export class Timeline {
	constructor(card) {
		this.card = card;
		this.changes = [];
		this.span = spans[0];
		this.strip = svg("svg", {
			class: "strip", viewBox: `0 0 ${WIDTH} 40`, preserveAspectRatio: "none", role: "img",
		});
		this.ticks = el("div", { class: "ticks", "aria-hidden": "true" });
		this.legend = el("ul", { class: "legend" });
		this.choice = el("div", { class: "choice", role: "group", "aria-label": t("timeline.span") },
			spans.map((s) => el("button", {
				type: "button", class: "small", text: t("timeline.minutes", { m: s }), data: { span: s },
				on: { click: () => this.choose(s) },
			})));
		this.node = el("section", { class: "panel timeline" },
			el("header", {}, el("h2", { text: t("timeline.title") }), this.choice),
			this.strip, this.ticks, this.legend);
		card.on("refresh", () => this.read());
		card.on("event", (e) => this.hear(e));
		card.on("figures", (f) => this.tick(f));
		card.on("rules", (rules) => {
			this.node.hidden = !rules;
			this.paint();
		});
		this.choose(this.span);
	}

	choose(span) {
		this.span = span;
		for (const b of this.choice.children)
			mark(b, "aria-pressed", b.dataset.span === String(span) ? "true" : "false");
		this.read();
	}

	add(events) {
		const known = new Set(this.changes.map((c) => c.id));
		for (const e of events)
			if (e.type === "state" && e.state && !known.has(e.id))
				this.changes.push({ id: e.id, time: e.time, state: e.state });
		this.changes.sort((a, b) => a.time - b.time || a.id - b.id);
		this.changes.splice(0, Math.max(this.changes.length - KEPT, 0));
	}

	// Back until before the strip begins, or the machine remembers no more.
	async read() {
		const begin = Date.now() / 1000 - this.span * 60;
		const events = [];
		let before = "";
		try {
			do {
				const page = await this.card.call("GET", `events?limit=${READ}${before}`);
				events.push(...page.events);
				before = page.next ? `&before=${page.next}` : "";
			} while (before && events.length < KEPT && events.at(-1)?.time > begin);
		} catch {
			return; // read again after the next connection
		}
		this.changes = [];
		this.add(events);
		this.paint();
	}

	hear(e) {
		if (e.type !== "state")
			return;
		this.add([e]);
		this.paint();
	}

	tick(figures) {
		// What began before the oldest event is known from the decision itself.
		const d = figures.state;
		if (d?.state && d.since && !this.changes.length)
			this.changes.push({ id: -1, time: d.since, state: d.state });
		this.paint();
	}

	paint() {
		if (!this.card.online)
			return;
		const end = this.card.figures?.time ?? Date.now() / 1000;
		const begin = end - this.span * 60;
		const pieces = piecesOf(this.changes, begin, end);
		const x = (time) => WIDTH * (time - begin) / (end - begin);
		keyed(this.strip, pieces, (p) => p.id, () => svg("rect", { y: 0, height: 40 }, svg("title")),
			(rect, p) => {
				mark(rect, "x", x(p.begin).toFixed(2));
				mark(rect, "width", Math.max(x(p.end) - x(p.begin), 0.7).toFixed(2));
				mark(rect, "class", hueOf(this.card.rules, p.state));
				say(rect.firstElementChild, t("timeline.piece", {
					state: word("state", p.state), time: clock(p.begin), long: duration(p.end - p.begin),
				}));
			});
		this.paintTicks(begin, end);
		this.paintLegend(pieces, end - begin);
	}

	paintTicks(begin, end) {
		const format = this.span <= 5 ? clock : shortClock;
		keyed(this.ticks, [...Array(TICKS + 1).keys()], (i) => i, () => el("span"), (tick, i) =>
			say(tick, i === TICKS ? t("now") : format(begin + (end - begin) * i / TICKS)));
	}

	paintLegend(pieces, whole) {
		const sums = new Map();
		for (const p of pieces)
			sums.set(p.state, (sums.get(p.state) ?? 0) + p.end - p.begin);
		const order = [...namesOf(this.card.rules), ...sums.keys()];
		const names = [...new Set(order)].filter((n) => sums.has(n));
		keyed(this.legend, names, (n) => n, (n) => el("li", {}, el("i", {}), el("span", {}), el("output")),
			(item, n) => {
				item.children[0].className = `dot ${hueOf(this.card.rules, n)}`;
				say(item.children[1], word("state", n));
				say(item.children[2], `${number(100 * sums.get(n) / whole, 0)} %`);
			});
		mark(this.strip, "aria-label", t("timeline.label", {
			minutes: this.span,
			shares: names.map((n) => `${word("state", n)} ${number(100 * sums.get(n) / whole)} %`).join(", "),
		}));
	}
}
