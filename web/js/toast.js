// SPDX-License-Identifier: GPL-2.0-or-later
// Short messages at the lower edge; one with a way back stays long enough to be used.

import { el } from "./dom.js";
import { t } from "./language.js";

const SHORT_MS = 5000;
const LONG_MS = 12000;
const MOST = 3;

function place() {
	return document.getElementById("toasts");
}

// kind: "info", "good" or "bad"; undo: { text, act }.
export function toast(text, kind = "info", undo = null) {
	const box = el("div", { class: `toast ${kind}` }, el("span", { text }));
	const gone = () => box.remove();
	if (undo)
		box.append(el("button", {
			type: "button", class: "quiet", text: undo.text, data: { act: "undo" },
			on: { click: () => { gone(); undo.act(); } },
		}));
	place().append(box);
	while (place().children.length > MOST)
		place().firstElementChild.remove();
	let timer = setTimeout(gone, undo ? LONG_MS : SHORT_MS);
	// Nobody is hurried who is on the way to the button.
	for (const type of ["pointerenter", "focusin"])
		box.addEventListener(type, () => clearTimeout(timer));
	for (const type of ["pointerleave", "focusout"])
		box.addEventListener(type, () => { timer = setTimeout(gone, SHORT_MS); });
	return gone;
}

export function sayFault(fault) {
	toast(fault.status === 0 ? t("fault.gone") : fault.message || t("fault.any"), "bad");
}

// Runs what may fail, and says so when it does. Resolves to whether it went well.
export async function attempt(act) {
	try {
		await act();
		return true;
	} catch (fault) {
		sayFault(fault);
		return false;
	}
}
