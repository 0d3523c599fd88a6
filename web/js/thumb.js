// SPDX-License-Identifier: GPL-2.0-or-later
// A small picture that is fetched when it is to be seen, and again when that did not work.

import { el } from "./dom.js";

const TRIES_MAX = 3;
const PAUSE_MS = 1500;

export function thumb(address) {
	let tries = 0;
	const image = el("img", { alt: "", loading: "lazy" });
	image.addEventListener("error", () => {
		if (++tries <= TRIES_MAX && image.isConnected)
			setTimeout(() => { image.src = address; }, PAUSE_MS * tries);
	});
	image.src = address;
	return image;
}
