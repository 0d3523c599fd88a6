// SPDX-License-Identifier: GPL-2.0-or-later
// The words of the page, in the language that was chosen or that the browser prefers.

export const languages = { "en": "English", "zh-Hant": "繁體中文", "zh-Hans": "简体中文" };

const KEPT = "egm.language";
let current = "en";
let words = {};

function preferred() {
	for (const wish of navigator.languages ?? [navigator.language]) {
		if (/^zh\b.*(hant|tw|hk|mo)/i.test(wish))
			return "zh-Hant";
		if (/^zh/i.test(wish))
			return "zh-Hans";
		if (/^en/i.test(wish))
			return "en";
	}
	return "en";
}

function kept() {
	try {
		return localStorage.getItem(KEPT);
	} catch {
		return null;
	}
}

async function load(name) {
	const answer = await fetch(new URL(`../lang/${name}.json`, import.meta.url));
	if (!answer.ok)
		throw new Error(`lang/${name}.json: ${answer.status}`);
	return answer.json();
}

export function language() {
	return current;
}

export async function useLanguage(name = kept() ?? preferred()) {
	const wanted = languages[name] ? name : "en";
	words = await load(wanted);
	current = wanted;
	document.documentElement.lang = wanted;
	document.title = t("title");
}

export async function chooseLanguage(name) {
	try {
		localStorage.setItem(KEPT, name);
	} catch {
		// Then it lasts as long as the page.
	}
	await useLanguage(name);
}

// A text with {name} in it filled in. A missing one shows as its key, so that it is noticed.
export function t(key, values = {}) {
	return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// A word of the machine's, such as a reason, where there is a translation; else as it is.
export function word(kind, name) {
	return words[`${kind}.${name}`] ?? name;
}
