// SPDX-License-Identifier: GPL-2.0-or-later
// Who is looking, and what they may do.

import { call } from "./api.js";
import { el, mark } from "./dom.js";
import { ask } from "./dialog.js";
import { t } from "./language.js";
import { toast } from "./toast.js";

let me = { roles: [], by: "none", name: null };

export function session() {
	return me;
}

export function may(role) {
	return me.roles.includes(role);
}

export async function whoami() {
	me = { roles: [], by: "none", name: null, ...await call("GET", "whoami") };
	return me;
}

export function needsLogin() {
	return !may("view");
}

// Resolves when a token was accepted; false when the dialog was left without.
export async function login() {
	const field = el("input", {
		type: "password", name: "token", autocomplete: "current-password", required: true,
		spellcheck: "false",
	});
	const done = await ask({
		title: t("login.title"),
		body: [el("p", { text: t("login.help") }),
			el("label", { class: "field" }, el("span", { text: t("login.token") }), field)],
		yes: t("login.do"),
		name: "login",
		act: () => call("POST", "login", { token: field.value.trim() }),
		wrong: (fault) => (fault.status === 401 ? t("login.wrong") : fault.message),
	});
	if (done)
		await whoami();
	return done;
}

export async function logout() {
	await call("POST", "logout");
	await whoami();
}

// Lets a button be used by those who may. It stays focusable, so that the reason can be found.
export function allow(button, role, otherwise = null) {
	const why = may(role) ? otherwise : t("denied", { role: t(`role.${role}`) });
	button.dataset.name ??= button.title;
	button.dataset.why = why ?? "";
	mark(button, "aria-disabled", why ? "true" : null);
	mark(button, "title", why ?? (button.dataset.name || null));
	if (!button.dataset.guarded) {
		button.dataset.guarded = "1";
		button.addEventListener("click", (e) => {
			if (!button.dataset.why)
				return;
			e.preventDefault();
			e.stopImmediatePropagation();
			toast(button.dataset.why);
		}, true);
	}
	return button;
}
