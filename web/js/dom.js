// SPDX-License-Identifier: GPL-2.0-or-later
// Elements, made in one expression. Text only ever goes in as text.

const SVG = "http://www.w3.org/2000/svg";

function apply(node, props) {
	for (const [name, value] of Object.entries(props ?? {})) {
		if (value === undefined || value === null || value === false)
			continue;
		if (name === "on")
			for (const [type, heard] of Object.entries(value))
				node.addEventListener(type, heard);
		else if (name === "class")
			node.setAttribute("class", value);
		else if (name === "data")
			Object.assign(node.dataset, value);
		else if (name === "text")
			node.textContent = value;
		else
			node.setAttribute(name, value === true ? "" : value);
	}
}

export function el(tag, props, ...children) {
	const node = document.createElement(tag);
	apply(node, props);
	node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
	return node;
}

export function svg(tag, props, ...children) {
	const node = document.createElementNS(SVG, tag);
	apply(node, props);
	node.append(...children);
	return node;
}

// Changes a text only when it differs, so that nothing is laid out or read aloud for nothing.
export function say(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

export function mark(node, name, value) {
	if (value === null || value === undefined || value === false)
		node.removeAttribute(name);
	else if (node.getAttribute(name) !== String(value))
		node.setAttribute(name, value);
}

let last = 0;

export function unique(prefix) {
	return `${prefix}-${++last}`;
}

// A list that is brought in line with what is there: what stays keeps its element and its focus.
export function keyed(parent, items, keyOf, make, update) {
	const old = new Map([...parent.children].map((c) => [c.dataset.key, c]));
	let at = parent.firstElementChild;
	for (const item of items) {
		const key = String(keyOf(item));
		let node = old.get(key);
		if (node) {
			old.delete(key);
		} else {
			node = make(item);
			node.dataset.key = key;
		}
		if (node === at)
			at = at.nextElementSibling;
		else
			parent.insertBefore(node, at);
		update?.(node, item);
	}
	for (const node of old.values())
		node.remove();
}
