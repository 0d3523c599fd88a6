// SPDX-License-Identifier: GPL-2.0-or-later
// One capture card as the page knows it. Tells its panels: "figures" (once a second), "event",
// "refresh" (read everything again), "rules", "thresholds", "online" and "offline".

import { addressOf, call } from "./api.js";
import { Feed } from "./feed.js";

export class Card extends EventTarget {
	constructor(name, facts = {}) {
		super();
		this.name = name;
		this.facts = facts;
		this.figures = null;
		this.rules = null;
		this.turn = 0; // of who asks for the rules, or writes them
		this.thresholds = [];
		this.online = false;
		this.stop = new AbortController();
	}

	path(rest) {
		return `cards/${encodeURIComponent(this.name)}/${rest}`;
	}

	address(rest) {
		return addressOf(this.path(rest));
	}

	call(method, rest, body) {
		return call(method, this.path(rest), body);
	}

	// Hears until the card is closed.
	on(type, heard) {
		this.addEventListener(type, (e) => heard(e.detail), { signal: this.stop.signal });
	}

	tell(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}

	open() {
		this.feed = new Feed(this.address("events/live"), {
			online: () => {
				this.online = true;
				this.tell("online");
				this.refresh();
			},
			offline: () => {
				this.online = false;
				this.figures = null;
				this.tell("offline");
			},
			figures: (f) => {
				this.figures = f;
				this.tell("figures", f);
			},
			event: (e) => {
				this.tell("event", e);
				if (e.type === "config" || e.type === "references")
					this.soon();
			},
		});
	}

	// What the list of cards says of it. A reload may have brought states, or taken them away.
	know(facts) {
		const before = this.recognises;
		this.facts = facts;
		if (this.recognises !== before && this.online)
			this.refresh();
	}

	get recognises() {
		return this.facts.recognises !== false;
	}

	refresh() {
		this.tell("refresh");
		this.learn();
	}

	// Rules that are written count at once; what the machine makes of them is read after that.
	async write(rules) {
		await this.call("PUT", "rules", rules);
		this.turn++;
		this.rules = rules;
		this.tell("rules", rules);
		this.soon();
	}

	// Several changes in a row are read once.
	soon() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.learn(), 300);
	}

	// An answer that was asked for before the rules were written, or asked for again, tells what was.
	async learn() {
		const turn = ++this.turn;
		if (!this.recognises) {
			this.rules = null;
			this.thresholds = [];
			this.tell("rules", null);
			return;
		}
		const [rules, thresholds] = await Promise.allSettled([
			this.call("GET", "rules"), this.call("GET", "thresholds")]);
		if (this.stop.signal.aborted || turn !== this.turn)
			return;
		if (rules.status === "fulfilled") {
			const { states, numbers } = rules.value;
			const some = Object.keys(states ?? {}).length + Object.keys(numbers ?? {}).length > 0;
			this.rules = some ? rules.value : null;
			this.tell("rules", this.rules);
		} else if (rules.reason.status === 404) {
			this.rules = null;
			this.tell("rules", null);
		}
		if (thresholds.status === "fulfilled") {
			this.thresholds = thresholds.value.thresholds ?? [];
			this.tell("thresholds", this.thresholds);
		}
	}

	close() {
		clearTimeout(this.timer);
		this.feed?.close();
		this.stop.abort();
	}
}
