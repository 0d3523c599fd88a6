// SPDX-License-Identifier: GPL-2.0-or-later
// Modal dialogs on <dialog>: the browser keeps the focus inside and gives it back.

import { el, unique } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./language.js";

export function openDialog(title, body, name, kind = "") {
	const id = unique("dialog");
	const dialog = el("dialog", { class: `dialog ${kind}`, "aria-labelledby": id, data: { name } },
		el("header", {},
			el("h2", { id, text: title }),
			el("button", {
				type: "button", class: "quiet round", "aria-label": t("close"),
				on: { click: () => dialog.close() },
			}, icon("close"))),
		body);
	dialog.addEventListener("close", () => dialog.remove());
	dialog.addEventListener("pointerdown", (e) => {
		if (e.target === dialog)
			dialog.close();
	});
	document.body.append(dialog);
	dialog.showModal();
	return dialog;
}

// A question with fields. act() is called for yes; what it throws is shown, and the dialog stays.
// Resolves to true, or false when it was left.
export function ask({ title, body, yes, name, act, wrong = (f) => f.message, kind = "" }) {
	return new Promise((answer) => {
		let done = false;
		const fault = el("p", { class: "wrong", role: "alert" });
		const submit = el("button", { class: `main ${kind}`, text: yes });
		const form = el("form", { method: "dialog" }, body, fault,
			el("footer", {},
				el("button", {
					type: "button", text: t("cancel"), on: { click: () => dialog.close() },
				}), submit));
		form.addEventListener("submit", async (e) => {
			e.preventDefault();
			submit.disabled = true;
			fault.textContent = "";
			try {
				await act();
				done = true;
				dialog.close();
			} catch (f) {
				fault.textContent = wrong(f) || t("fault.any");
				submit.disabled = false;
			}
		});
		const dialog = openDialog(title, form, name);
		dialog.addEventListener("close", () => answer(done));
		(form.querySelector("input, select") ?? submit).focus();
	});
}
