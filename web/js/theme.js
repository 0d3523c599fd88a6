// SPDX-License-Identifier: GPL-2.0-or-later
// Dark or light: as the system has it, until somebody says otherwise.

const KEPT = "egm.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function kept() {
	try {
		return localStorage.getItem(KEPT);
	} catch {
		return null;
	}
}

// Hears "change", whoever made it.
export const themes = new EventTarget();

function show(name) {
	document.documentElement.dataset.theme = name;
	themes.dispatchEvent(new Event("change"));
}

export function theme() {
	return document.documentElement.dataset.theme;
}

export function useTheme() {
	show(kept() ?? (system.matches ? "dark" : "light"));
	system.addEventListener("change", () => {
		if (!kept())
			show(system.matches ? "dark" : "light");
	});
}

export function switchTheme() {
	const next = theme() === "dark" ? "light" : "dark";
	show(next);
	try {
		localStorage.setItem(KEPT, next);
	} catch {
		// Then it lasts as long as the page.
	}
	return next;
}
