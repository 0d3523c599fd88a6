// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at pictures one after the other, with buttons or arrow keys.

import { el, say } from "./dom.js";
import { openDialog } from "./dialog.js";
import { icon } from "./icons.js";
import { t } from "./language.js";

// pictures: [{ title, address }]
export function viewPictures(pictures, at) {
	const image = el("img", { alt: "" });
	const step = (by) => show((at + by + pictures.length) % pictures.length);
	const turn = (name, label, by) => el("button", {
		type: "button", class: "quiet round", "aria-label": label, on: { click: () => step(by) },
	}, icon(name));
	const body = el("div", { class: "viewer" },
		pictures.length > 1 && turn("back", t("viewer.back"), -1), image,
		pictures.length > 1 && turn("forward", t("viewer.forward"), 1));
	const dialog = openDialog("", body, "viewer", "large");
	const title = dialog.querySelector("h2");
	dialog.addEventListener("keydown", (e) => {
		if (e.key === "ArrowLeft" || e.key === "ArrowRight")
			step(e.key === "ArrowLeft" ? -1 : 1);
	});

	function show(n) {
		at = n;
		image.src = pictures[n].address;
		image.alt = pictures[n].title;
		say(title, pictures[n].title);
	}
	show(at);
}
