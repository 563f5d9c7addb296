// Talking to the admin console. A session is two secrets: a cookie that no script sees, and this token, which stays in the
// storage of this origin alone. A grave act is signed by a passkey over a number and the very bytes that are sent.

import { sign } from "/static/passkey.js";
import { fromHex, join, toHex } from "/static/wire.js";
import { confirmAct } from "./confirming.js";
import { words } from "./page.js";

const TOKEN = "dure.operator.token";
const PASSKEY = "dure.operator.passkey";
const DOMAIN = new TextEncoder().encode("dure/v1/operator-act\0");
const DOOR = "/sign-in";

export class Refused extends Error {
  constructor(status, { code, message }) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function ask(path) {
  if (!isInside()) return goToDoor();
  return read(await fetch(path, { headers: headers() }));
}

export async function send(path, body = {}) {
  const options = { method: "POST", headers: { ...headers(), "content-type": "application/json" }, body: JSON.stringify(body) };
  return read(await fetch(path, options));
}

export function act(what) {
  return send("/v1/acts", { act: JSON.stringify(what) });
}

// Says false where the operator thought better of it.
export async function actGravely(what, inWords) {
  const text = JSON.stringify(what);
  if (!(await confirmAct(inWords, text))) return false;
  const { nonce } = await send("/v1/nonces");
  const signed = join([DOMAIN, fromHex(nonce), new TextEncoder().encode(text)]);
  const challenge = new Uint8Array(await crypto.subtle.digest("SHA-256", signed));
  const id = localStorage.getItem(PASSKEY) ?? "";
  const assertion = await assert(id, challenge);
  await send("/v1/acts", { act: text, confirmation: { nonce, id, assertion } });
  return true;
}

export async function assert(id, challenge) {
  const given = await sign({ id: fromHex(id), rpId: location.hostname }, challenge);
  return {
    authenticator_data: toHex(given.authenticatorData),
    client_data_json: toHex(given.clientData),
    signature: toHex(given.signature),
  };
}

export function remember(id, token) {
  localStorage.setItem(PASSKEY, id);
  localStorage.setItem(TOKEN, token);
}

export function getPasskey() {
  return localStorage.getItem(PASSKEY);
}

export async function leave() {
  await send("/v1/operator/sign-out");
  localStorage.removeItem(TOKEN);
  return goToDoor();
}

export function isInside() {
  return localStorage.getItem(TOKEN) !== null;
}

function headers() {
  return { "x-dure-operator": localStorage.getItem(TOKEN) ?? "" };
}

// The page goes away, so nothing waits for an answer any more.
function goToDoor() {
  location.assign(DOOR + words.query);
  return new Promise(() => {});
}

async function read(answer) {
  const body = await answer.json();
  if (answer.ok) return body;
  if (body.error.code === "caller_unknown" && location.pathname !== DOOR) return goToDoor();
  throw new Refused(answer.status, body.error);
}
