// SPDX-License-Identifier: GPL-2.0-or-later
// A small graph of the last two minutes: bitrate as an area, what waits in the queue as a line.

import { mark, svg } from "./dom.js";

const POINTS = 120;
const WIDTH = POINTS - 1;
const HEIGHT = 32;

function outline(values, most) {
	const first = POINTS - values.length;
	return values.map((v, i) =>
		`${i ? "L" : "M"}${first + i} ${(HEIGHT - 1 - (HEIGHT - 3) * Math.min(v / most, 1)).toFixed(1)}`).join("");
}

export class Graph {
	constructor() {
		this.bits = [];
		this.queue = [];
		this.area = svg("path", { class: "area" });
		this.edge = svg("path", { class: "edge" });
		this.line = svg("path", { class: "line" });
		this.node = svg("svg", {
			class: "graph", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
		}, this.area, this.edge, this.line);
	}

	add(bits, queueMs) {
		for (const [list, value] of [[this.bits, bits], [this.queue, queueMs]]) {
			list.push(Number.isFinite(value) ? Math.max(value, 0) : 0);
			list.splice(0, Math.max(list.length - POINTS, 0));
		}
	}

	paint(label) {
		const most = Math.max(...this.bits, 1) * 1.1;
		const d = outline(this.bits, most);
		const first = POINTS - this.bits.length;
		mark(this.edge, "d", d);
		mark(this.area, "d", `${d}L${WIDTH} ${HEIGHT}L${first} ${HEIGHT}Z`);
		// A queue of a tenth of a second is nothing: it must not look like trouble.
		mark(this.line, "d", outline(this.queue, Math.max(...this.queue, 1000)));
		mark(this.node, "aria-label", label);
	}
}
