// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the machine. Addresses are relative to the page, so that it works behind a prefix.

const LIMIT_MS = 20000;
const TRIES_MAX = 3;
const WAIT_MAX_S = 5;
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

// Who asks too much at once waits, as it is told; what changes something is not said twice.
async function patient(address, options) {
	for (let tries = 0; ; tries++) {
		const answer = await fetch(address, options);
		if (answer.status !== 429 || options.method !== "GET" || tries === TRIES_MAX)
			return answer;
		const seconds = Number(answer.headers.get("Retry-After")) || 1;
		await new Promise((done) => setTimeout(done, Math.min(seconds, WAIT_MAX_S) * 1000));
	}
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
		answer = await patient(addressOf(path), options);
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
