// SPDX-License-Identifier: GPL-2.0-or-later
// Figures for people, in the chosen language. What is not known is a dash.

import { language, t } from "./language.js";

const DASH = "–";
const formats = new Map();

function formatOf(kind, options) {
	const key = `${language()} ${kind.name} ${JSON.stringify(options)}`;
	if (!formats.has(key))
		formats.set(key, new kind(language(), options));
	return formats.get(key);
}

export function number(n, digits = 0) {
	if (!Number.isFinite(n))
		return DASH;
	return formatOf(Intl.NumberFormat, {
		minimumFractionDigits: digits, maximumFractionDigits: digits,
	}).format(n);
}

export function bits(perSecond) {
	if (!Number.isFinite(perSecond))
		return DASH;
	return perSecond >= 1e6 ? `${number(perSecond / 1e6, 2)} Mb/s` : `${number(perSecond / 1e3)} kb/s`;
}

export function bytes(n) {
	if (!Number.isFinite(n))
		return DASH;
	for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]])
		if (n >= size)
			return `${number(n / size, n < 10 * size ? 1 : 0)} ${unit}`;
	return `${number(n)} B`;
}

export function clock(seconds) {
	return formatOf(Intl.DateTimeFormat, {
		hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
	}).format(new Date(seconds * 1000));
}

export function shortClock(seconds) {
	return formatOf(Intl.DateTimeFormat, {
		hour: "2-digit", minute: "2-digit", hourCycle: "h23",
	}).format(new Date(seconds * 1000));
}

export function day(seconds) {
	return formatOf(Intl.DateTimeFormat, { month: "short", day: "numeric" })
		.format(new Date(seconds * 1000));
}

// A time, with its day unless that is today.
export function moment(seconds) {
	const then = new Date(seconds * 1000);
	if (then.toDateString() === new Date().toDateString())
		return clock(seconds);
	return `${day(seconds)} ${clock(seconds)}`;
}

// How long: the two largest units.
export function duration(seconds) {
	if (!Number.isFinite(seconds))
		return DASH;
	const s = Math.max(0, Math.floor(seconds));
	if (s < 60)
		return t("for.s", { s });
	if (s < 3600)
		return t("for.m", { m: Math.floor(s / 60), s: s % 60 });
	if (s < 86400)
		return t("for.h", { h: Math.floor(s / 3600), m: Math.floor(s % 3600 / 60) });
	return t("for.d", { d: Math.floor(s / 86400), h: Math.floor(s % 86400 / 3600) });
}
