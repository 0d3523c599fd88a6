// SPDX-License-Identifier: GPL-2.0-or-later
// Begins: language, who is looking, which cards there are; then one card with its panels.

import { api, call } from "./api.js";
import { Backoff } from "./backoff.js";
import { Card } from "./card.js";
import { el } from "./dom.js";
import { Events } from "./events.js";
import { Header } from "./header.js";
import { useLanguage, t } from "./language.js";
import { Outputs } from "./outputs.js";
import { Picture } from "./picture.js";
import { References } from "./references.js";
import { login, logout, needsLogin, whoami } from "./session.js";
import { Signal } from "./signal.js";
import { State } from "./state.js";
import { useTheme } from "./theme.js";
import { Timeline } from "./timeline.js";
import { sayFault } from "./toast.js";

const LOOK_MS = 5000; // at the cards there are

const app = document.getElementById("app");
const backoff = new Backoff();
let header = null, card = null, cards = [], timer = 0, asking = false;

function wished() {
	return new URLSearchParams(location.hash.slice(1)).get("card");
}

function openCard(name) {
	card?.close();
	card = new Card(name, cards.find((c) => c.name === name));
	history.replaceState(null, "", `#card=${encodeURIComponent(name)}`);
	const body = el("main", { class: "board" },
		el("div", { class: "left" }, new Picture(card).node, new Timeline(card).node,
			new References(card).node),
		el("div", { class: "right" }, new State(card).node, new Signal(card).node,
			new Outputs(card).node, new Events(card).node));
	frame(body);
	let lost = false;
	card.on("offline", () => {
		lost = true;
		header.warn(t("banner.lost"));
	});
	card.on("online", async () => {
		header.warn("");
		header.showCards(cards, card.name);
		if (lost)
			await whoami().then(() => header.paintUser(), () => {});
		lost = false;
	});
	header.showCards(cards, name);
	card.open();
}

function frame(body) {
	app.replaceChildren(header.node, header.banner, body);
}

async function lookAtCards() {
	({ cards } = await call("GET", "cards"));
	if (!card && cards.length)
		openCard((cards.find((c) => c.name === wished()) ?? cards.find((c) => c.recognises) ?? cards[0]).name);
	header.showCards(cards, card?.name);
	card?.know(cards.find((c) => c.name === card.name) ?? {});
	if (!cards.length)
		frame(el("main", { class: "notice" }, el("p", { text: t("cards.none") })));
}

function later(ms) {
	clearTimeout(timer);
	timer = setTimeout(look, ms);
}

async function look() {
	if (document.hidden && card) {
		later(LOOK_MS);
		return;
	}
	try {
		await lookAtCards();
		if (!card)
			header.warn("");
		backoff.reset();
		later(LOOK_MS);
	} catch (fault) {
		if (fault.status === 401)
			return;
		if (!card)
			header.warn(t("banner.lost"));
		later(backoff.next());
	}
}

function closeCard() {
	card?.close();
	card = null;
}

// Shows who is let in what there is, and the others the way in.
async function enter() {
	clearTimeout(timer);
	try {
		await whoami();
	} catch {
		header.warn(t("banner.lost"));
		timer = setTimeout(enter, backoff.next());
		return;
	}
	header.warn("");
	header.paintUser();
	if (!needsLogin()) {
		await look();
		return;
	}
	closeCard();
	frame(el("main", { class: "notice" }, el("p", { text: t("login.needed") }),
		el("button", { type: "button", class: "main", text: t("login.do"), on: { click: askLogin } })));
	askLogin();
}

async function askLogin() {
	if (asking)
		return;
	asking = true;
	const done = await login();
	asking = false;
	if (done) {
		closeCard();
		await enter();
	}
}

async function leave() {
	try {
		await logout();
	} catch (fault) {
		sayFault(fault);
		return;
	}
	closeCard();
	await enter();
}

function build() {
	header = new Header({
		card: (name) => name !== card?.name && openCard(name),
		language: () => {
			closeCard();
			build();
			enter();
		},
		login: askLogin,
		logout: leave,
	});
	frame(el("main", { class: "notice" }, el("p", { text: t("loading") })));
}

useTheme();
await useLanguage();
api.addEventListener("denied", () => !asking && enter());
build();
await enter();
