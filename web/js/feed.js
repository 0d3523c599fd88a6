// SPDX-License-Identifier: GPL-2.0-or-later
// Server-Sent Events of a card. A connection on which the figures cease is as good as none: it is
// made again, later and later.

import { Backoff } from "./backoff.js";

const types = ["state", "number", "signal", "sound", "output", "encoder", "config", "references",
	"receiver", "clip", "service"];
const SILENCE_MS = 6000;

export class Feed {
	// heard: { online(), offline(), figures(f), event(e) }
	constructor(address, heard) {
		this.address = address;
		this.heard = heard;
		this.backoff = new Backoff();
		this.connect();
	}

	connect() {
		const source = new EventSource(this.address);
		this.source = source;
		source.addEventListener("open", () => this.opened());
		source.addEventListener("error", () => this.lost());
		source.addEventListener("figures", (m) => {
			this.listen();
			this.heard.figures(JSON.parse(m.data));
		});
		for (const type of types)
			source.addEventListener(type, (m) => this.heard.event(JSON.parse(m.data)));
		this.listen();
	}

	opened() {
		this.backoff.reset();
		this.listen();
		this.heard.online();
	}

	listen() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.lost(), SILENCE_MS);
	}

	lost() {
		if (!this.source)
			return;
		this.source.close();
		this.source = null;
		clearTimeout(this.timer);
		this.heard.offline();
		this.timer = setTimeout(() => this.connect(), this.backoff.next());
	}

	// Now instead of later.
	hurry() {
		if (this.source || this.closed)
			return;
		clearTimeout(this.timer);
		this.backoff.reset();
		this.connect();
	}

	close() {
		this.closed = true;
		clearTimeout(this.timer);
		this.source?.close();
		this.source = null;
	}
}
