// SPDX-License-Identifier: GPL-2.0-or-later
// Where the stream goes: the encoder, and each output with its figures, its graph and its switches.

import { el, keyed, mark, say } from "./dom.js";
import { ask } from "./dialog.js";
import { Graph } from "./graph.js";
import { icon } from "./icons.js";
import { bits, duration, number } from "./format.js";
import { t, word } from "./language.js";
import { allow, may } from "./session.js";
import { attempt, toast } from "./toast.js";

const path = (output) => `outputs/${encodeURIComponent(output.name)}`;

function iconButton(name, label, act) {
	return allow(el("button", {
		type: "button", class: "quiet", "aria-label": label, title: label, data: { act: name },
		on: { click: act },
	}, icon(name)), "operate");
}

// "3M", "2500k", "3000000": bits per second; null: not a bitrate.
export function bitrateOf(text) {
	const m = /^\s*(\d+(?:\.\d+)?)\s*([kM]?)\s*$/.exec(text);
	return m ? Math.round(m[1] * { "": 1, k: 1e3, M: 1e6 }[m[2]]) : null;
}

export class Outputs {
	constructor(card) {
		this.card = card;
		this.rows = new Map();
		this.list = el("ul", { class: "outputs" });
		this.encoder = el("p", { class: "encoder" });
		this.empty = el("p", { class: "empty", text: t("outputs.none"), hidden: true });
		this.node = el("section", { class: "panel", "aria-label": t("outputs.title") },
			el("header", {}, el("h2", { text: t("outputs.title") }), this.switches()),
			this.encoder, this.list, this.empty,
			allow(el("button", {
				type: "button", class: "wide", data: { act: "add-output" }, on: { click: () => this.add() },
			}, icon("add"), t("outputs.add")), "operate"));
		card.on("refresh", () => this.read());
		card.on("figures", (f) => this.figures(f));
		card.on("offline", () => this.node.classList.add("stale"));
		card.on("event", (e) => (e.type === "output" || e.type === "config") && this.read());
	}

	switches() {
		return el("div", { class: "row tight", role: "group", "aria-label": t("stream.title") },
			iconButton("start", t("stream.start"), () => this.control("start")),
			iconButton("stop", t("stream.stop"), () => this.control("stop")),
			iconButton("restart", t("stream.restart"), () => this.control("restart")),
			iconButton("edit", t("bitrate.change"), () => this.changeBitrate()));
	}

	control(action) {
		const send = () => this.card.call("POST", "control", { action });
		if (action === "start" || !may("operate"))
			return attempt(send).then((ok) => ok && toast(t(`stream.done-${action}`), "good"));
		return ask({
			title: t(`stream.${action}`), name: "control", yes: t(action),
			kind: action === "stop" ? "danger" : "",
			body: [el("p", { text: t(`stream.${action}-help`) })], act: send,
		}).then((done) => done && toast(t(`stream.done-${action}`), "good"));
	}

	async read() {
		try {
			const { outputs } = await this.card.call("GET", "outputs");
			this.show(outputs ?? []);
		} catch {
			// The figures bring them as well.
		}
	}

	figures(f) {
		this.node.classList.remove("stale");
		say(this.encoder, t("outputs.encoder", {
			rate: number(f.frame_rate, 1), bits: bits(f.bitrate), dropped: number(f.dropped),
		}));
		if (!f.outputs)
			return;
		this.show(f.outputs);
		for (const o of f.outputs)
			this.measure(o, f.time);
	}

	show(outputs) {
		keyed(this.list, outputs, (o) => o.name, (o) => this.make(o), (_, o) => this.paint(o));
		for (const name of this.rows.keys())
			if (!outputs.some((o) => o.name === name))
				this.rows.delete(name);
		this.empty.hidden = outputs.length > 0;
	}

	make(o) {
		const row = {
			graph: new Graph(), lamp: el("i", { class: "dot" }), state: el("span", { class: "out-state" }),
			url: el("p", { class: "url" }), backup: el("p", { class: "url backup", hidden: true }),
			facts: el("p", { class: "facts" }), rate: el("output", { class: "rate" }),
			wrong: el("p", { class: "wrong" }),
		};
		const act = (action) => () => attempt(() =>
			this.card.call("POST", `${path(o)}/control`, { action })).then(() => this.read());
		row.start = iconButton("start", t("outputs.start", o), act("start"));
		row.stop = iconButton("stop", t("outputs.stop", o), act("stop"));
		const node = el("li", { class: "output", data: { output: o.name } },
			el("div", { class: "out-head" }, row.lamp, el("strong", { text: o.name }), row.state,
				el("div", { class: "row tight" }, row.start, row.stop,
					iconButton("restart", t("outputs.restart", o), act("restart")),
					iconButton("trash", t("outputs.remove", o), () => this.remove(o)))),
			row.url, row.backup, el("div", { class: "out-graph" }, row.graph.node, row.rate), row.facts, row.wrong);
		this.rows.set(o.name, row);
		return node;
	}

	// From the bytes since the figures before.
	measure(o, time) {
		const row = this.rows.get(o.name);
		const past = row.last;
		row.last = { bytes: o.bytes, time };
		if (!past || time <= past.time)
			return;
		row.bits = Math.max(o.bytes - past.bytes, 0) * 8 / (time - past.time);
		row.graph.add(row.bits, o.queue_ms);
		row.graph.paint(t("outputs.graph", { name: o.name, bits: bits(row.bits), ms: number(o.queue_ms) }));
		say(row.rate, bits(row.bits));
	}

	paint(o) {
		const row = this.rows.get(o.name);
		const state = o.running === false ? "stopped" : o.state;
		mark(row.lamp, "data-state", state);
		say(row.state, word("output", state));
		say(row.url, o.url);
		row.url.title = o.url;
		row.backup.hidden = !(o.backup > 0);
		say(row.backup, o.backup > 0 ? t("outputs.backup", { n: number(o.backup), url: o.url_in_use }) : "");
		row.backup.title = o.url_reason ?? "";
		row.start.hidden = o.running !== false;
		row.stop.hidden = o.running === false;
		say(row.facts, t("outputs.facts", {
			ms: number(o.queue_ms), late: number(o.latency_p99_ms, 0), dropped: number(o.dropped),
			failures: number(o.failures), long: o.since ? duration(Date.now() / 1000 - o.since) : "–",
		}));
		say(row.wrong, state === "running" ? "" : o.last_error ?? "");
	}

	add() {
		const name = el("input", { required: true, pattern: "[A-Za-z0-9_\\-]+", maxlength: 63, name: "name" });
		const url = el("input", {
			required: true, name: "url", placeholder: "rtmp://192.168.43.10/game/egm-101", spellcheck: "false",
		});
		return ask({
			title: t("outputs.add"), name: "add-output", yes: t("add"),
			body: [el("p", { text: t("outputs.add-help") }),
				el("label", { class: "field" }, el("span", { text: t("name") }), name),
				el("label", { class: "field" }, el("span", { text: t("outputs.url") }), url)],
			act: () => this.card.call("POST", "outputs", { name: name.value, url: url.value.trim() }),
		}).then((done) => done && this.read());
	}

	remove(o) {
		return ask({
			title: t("outputs.remove", o), name: "remove-output", yes: t("remove"), kind: "danger",
			body: [el("p", { text: t("outputs.remove-help", o) })],
			act: () => this.card.call("DELETE", path(o)),
		}).then((done) => done && this.read());
	}

	changeBitrate() {
		const now = this.card.figures?.bitrate;
		const field = el("input", { required: true, name: "bitrate", placeholder: "3M", pattern: "\\d+(\\.\\d+)?[kM]?" });
		return ask({
			title: t("bitrate.change"), name: "bitrate", yes: t("bitrate.do"),
			body: [el("p", { text: t("bitrate.help", { bits: bits(now) }) }),
				el("label", { class: "field" }, el("span", { text: t("bitrate.new") }), field)],
			act: async () => {
				const set = await this.card.call("PUT", "bitrate", { bitrate: bitrateOf(field.value) });
				toast(t("bitrate.done", { bits: bits(set.bitrate) }), "good");
			},
		});
	}
}
