// SPDX-License-Identifier: GPL-2.0-or-later
// Each state has a colour, by its place in the rules: a class that css/base.css knows.

const HUES = 8;

export function hueOf(rules, state) {
	if (state === "UNKNOWN" || !state)
		return "hue-unknown";
	const at = namesOf(rules).indexOf(state);
	return at < 0 ? "hue-other" : `hue-${at % HUES}`;
}

// The states in the order of their priority, also when that list is missing or short.
export function namesOf(rules) {
	const all = Object.keys(rules?.states ?? {});
	const first = (rules?.priority ?? []).filter((n) => all.includes(n));
	return [...first, ...all.filter((n) => !first.includes(n))];
}
