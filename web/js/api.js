// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the machine. Addresses are relative to the page, so that it works behind a prefix.

const LIMIT_MS = 20000;
const base = new URL("api/v1/", document.baseURI);

// Hears "denied" when a request needs a login.
export const api = new EventTarget();

export class Fault extends Error {
	constructor(status, detail, name) {
		super(detail);
		this.status = status; // 0: no answer
		this.fault = name;
	}
}

export function addressOf(path) {
	return new URL(path, base);
}

async function faultOf(answer) {
	let said = {};
	try {
		said = await answer.json();
	} catch {
		// Not one of ours, such as a proxy's page.
	}
	return new Fault(answer.status, said.detail ?? answer.statusText, said.error);
}

// body: nothing, a Blob that goes as it is, or what becomes JSON.
export async function call(method, path, body) {
	const options = { method, cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) };
	if (body instanceof Blob) {
		options.body = body;
	} else if (body !== undefined) {
		options.body = JSON.stringify(body);
		options.headers = { "Content-Type": "application/json" };
	}
	let answer;
	try {
		answer = await fetch(addressOf(path), options);
	} catch (e) {
		throw new Fault(0, e.message);
	}
	if (!answer.ok) {
		const fault = await faultOf(answer);
		if (answer.status === 401 && path !== "login")
			api.dispatchEvent(new Event("denied"));
		throw fault;
	}
	if (answer.status === 204)
		return null;
	const type = answer.headers.get("Content-Type") ?? "";
	return type.includes("json") ? answer.json() : null;
}
