// A transaction that others must sign too, as a file: what is signed, whose signatures are needed, and those given so far.
// It holds nothing secret. Whoever takes it up is shown what the bytes say, not what the file says of them.

import { buildEnvelope, getPlaces, getThreshold, parsePolicy, renderPolicy } from "../ledger.js";
import { fromHex, toHex } from "../wire.js";
import { Refused } from "./refused.js";

const FORMAT = "dure-half-signed-1";
const TEXT_MAX = 1024 * 1024;
const FIELDS = ["body", "chain", "format", "given", "policy"];

export function countMissing({ policy, given }) {
  return Math.max(0, getThreshold(policy) - given.filter((each) => each !== null).length);
}

export function completeEnvelope({ body, policy, given }) {
  return buildEnvelope(body, policy, given);
}

export function writeDraft({ body, policy, given }, chainId) {
  const form = { format: FORMAT, chain: chainId, body: toHex(body), policy: renderPolicy(policy), given: given.map(renderGiven) };
  return `${JSON.stringify(form, null, 1)}\n`;
}

// Returns { body, policy, given }; throws `Refused` for what is no such file, or of another chain.
export function openDraft(text, chainId) {
  if (text.length > TEXT_MAX) throw new Refused("wrong_file", "the file is too long");
  let draft = null;
  try {
    draft = readForm(JSON.parse(text));
  } catch {
    throw new Refused("wrong_file", "this is no half-signed transaction");
  }
  if (draft.chain !== chainId) throw new Refused("wrong_chain", "the transaction is for another chain");
  return draft;
}

function readForm(form) {
  const isSound = Object.keys(form).sort().join() === FIELDS.join() && form.format === FORMAT && Array.isArray(form.given);
  if (!isSound) throw new RangeError("no draft");
  const policy = parsePolicy(form.policy);
  if (form.given.length !== getPlaces(policy).length) throw new RangeError("one place for each key");
  return { chain: form.chain, body: fromHex(form.body), policy, given: form.given.map(readGiven) };
}

function renderGiven(given) {
  if (given === null || given instanceof Uint8Array) return given && toHex(given);
  const [type, authenticatorData, clientData, signature] = given;
  return { type, authenticator_data: toHex(authenticatorData), client_data: toHex(clientData), signature: toHex(signature) };
}

function readGiven(form) {
  if (form === null) return null;
  if (typeof form === "string") return readBytes(form, 64, 64);
  if (form.type !== "assertion-1") throw new RangeError("no signature");
  return [
    "assertion-1", readBytes(form.authenticator_data, 37, 256), readBytes(form.client_data, 1, 1024), readBytes(form.signature, 64, 64),
  ];
}

function readBytes(digits, least, most) {
  const bytes = fromHex(String(digits));
  if (bytes.length < least || bytes.length > most) throw new RangeError("no signature");
  return bytes;
}
