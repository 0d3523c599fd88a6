// SPDX-License-Identifier: GPL-2.0-or-later
// How long to wait before the next try: twice as long each time, never all at once.

const FIRST_MS = 500;
const LONGEST_MS = 8000;

export class Backoff {
	constructor() {
		this.reset();
	}

	reset() {
		this.delay = FIRST_MS;
	}

	next() {
		const delay = this.delay * (0.8 + 0.4 * Math.random());
		this.delay = Math.min(this.delay * 2, LONGEST_MS);
		return delay;
	}
}
