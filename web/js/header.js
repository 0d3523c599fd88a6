// SPDX-License-Identifier: GPL-2.0-or-later
// The bar at the top: which card, whether the machine answers, language, brightness, login.

import { el, keyed, mark, say } from "./dom.js";
import { icon } from "./icons.js";
import { chooseLanguage, language, languages, t, word } from "./language.js";
import { needsLogin, session } from "./session.js";
import { switchTheme, theme, themes } from "./theme.js";

export class Header {
	// acts: { card(name), language(), login(), logout() }
	constructor(acts) {
		this.acts = acts;
		this.cards = el("nav", { class: "cards", "aria-label": t("cards.title") });
		this.machine = el("span", { class: "machine" });
		this.banner = el("p", { class: "banner", role: "status", "aria-live": "polite" });
		this.user = el("span", { class: "row tight" });
		this.node = el("header", { class: "top" },
			el("h1", {}, el("span", { class: "brand", text: "EGM" }), this.machine),
			this.cards,
			el("div", { class: "row tight" }, this.languageChoice(), this.themeButton(), this.user));
		this.paintUser();
	}

	languageChoice() {
		const select = el("select", { "aria-label": t("language"), name: "language" },
			Object.entries(languages).map(([key, name]) =>
				el("option", { value: key, text: name, lang: key, selected: key === language() })));
		select.addEventListener("change", async () => {
			await chooseLanguage(select.value);
			this.acts.language();
		});
		return select;
	}

	themeButton() {
		const button = el("button", { type: "button", class: "quiet", data: { act: "theme" } });
		const paint = () => {
			const label = theme() === "dark" ? t("theme.light") : t("theme.dark");
			button.replaceChildren(icon(theme() === "dark" ? "sun" : "moon"));
			mark(button, "aria-label", label);
			button.title = label;
		};
		button.addEventListener("click", switchTheme);
		themes.addEventListener("change", paint);
		paint();
		return button;
	}

	paintUser() {
		const me = session();
		const button = (name, label, act) => el("button", {
			type: "button", class: "quiet", "aria-label": label, title: label, data: { act: name },
			on: { click: act },
		}, icon(name));
		// Whom the network or the socket lets in need not be told.
		const who = ["token", "certificate"].includes(me.by) ? me.name ?? word("by", me.by) : "";
		this.user.replaceChildren(...[
			who && el("span", { class: "who", text: who, title: me.roles.map((r) => t(`role.${r}`)).join(", ") }),
			me.by === "token" ? button("leave", t("logout"), this.acts.logout)
				: (needsLogin() || !me.roles.includes("teach")) && button("key", t("login.do"), this.acts.login),
		].filter(Boolean));
	}

	showCards(cards, chosen) {
		const several = cards.length > 1;
		this.cards.hidden = !several;
		const machine = cards.find((c) => c.name === chosen)?.machine ?? "";
		say(this.machine, [machine, several ? "" : chosen].filter(Boolean).join(" · "));
		keyed(this.cards, cards, (c) => c.name, (c) => el("button", {
			type: "button", class: "card-choice", data: { card: c.name }, on: { click: () => this.acts.card(c.name) },
		}, el("i", { class: "dot" }), el("span", { text: c.name }), el("span", { class: "card-state" })),
		(node, c) => {
			mark(node, "aria-current", c.name === chosen ? "true" : null);
			const live = c.alive !== false && c.input_live;
			mark(node.firstElementChild, "data-state", live ? "running" : "waiting");
			say(node.lastElementChild, c.alive === false ? t("cards.dead") : !c.input_live ? t("not-live")
				: c.state && c.state !== "running" ? word("card", c.state) : c.role === c.name ? "" : c.role ?? "");
			node.title = live ? t("live") : c.input_reason || t("cards.dead");
		});
	}

	// text: what is wrong; "" takes it away.
	warn(text) {
		if (text)
			this.banner.replaceChildren(icon("warn"), text);
		else
			this.banner.replaceChildren();
		document.body.classList.toggle("warned", Boolean(text));
	}
}
