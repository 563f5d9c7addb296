// Transactions, policies and addresses, made in the browser: what a person signs here, nobody else has put together.
// docs/spec/transactions.md and docs/spec/passkeys.md have the rules; the names below are theirs.
//
// A policy stands here as its wire form: ["ed25519-1", key], ["passkey-1", key, rpId, origins] or
// ["threshold-1", threshold, [place, …]], where a place is a key of 32 bytes or a passkey's policy.

import { compare, decode, encode, fromHex, isSame, join, toHex } from "./wire.js";

const BODY_VERSION = 1;
const SALT_BYTES = 16;
const CALLS_MAX = 1_024;
const METHOD_NAME_MAX = 64;
const KEYS_MAX = 32;
const ORIGINS_MAX = 8;
const GAS_PER_SIGNATURE = 4_000;
const GAS_PER_ASSERTION = 16_000;
const GAS_PER_CALL = 200;
const GAS_PER_LEDGER_CALL = 10_000;
const GAS_PER_CONTRACT_CALL = 2_000_000; // Also of a transfer whose asset asks a contract first.
const GAS_PER_ARGUMENT_BYTE = 300;
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32M = 0x2bc830a3;
const PREFIX = "dure";
const DATA_LENGTH = 52;
const CHECKSUM_LENGTH = 6;

// What a passkey's policy may name: these are also the forms of proofs.
export const ORIGIN = /^[!#-[\]-~]{1,255}$/;
export const RELYING_PARTY = /^[a-z0-9.-]{1,253}$/;

export const LEDGER = Uint8Array.from({ length: 32 }, (_, place) => (place === 31 ? 1 : 0)); // The ledger itself.

export async function hash(domain, data) {
  const name = new TextEncoder().encode(`dure/v1/${domain}\0`);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join([name, data])));
}

export function computeAddress(policy) {
  return hash("policy", encode(policy));
}

export function computeTransactionId(body) {
  return hash("transaction", body);
}

export function computeAssetId(issuer, code) {
  return hash("asset", encode([issuer, code]));
}

// `passkey`: { key, rpId, origins }, the key as 33 bytes.
export function buildPasskeyPolicy(passkey) {
  return ["passkey-1", passkey.key, passkey.rpId, [...passkey.origins].sort()];
}

// `places`: as they stand in a policy, in any order.
export function buildThresholdPolicy(threshold, places) {
  const sorted = [...places].sort((left, right) => compare(encode(left), encode(right)));
  return ["threshold-1", threshold, sorted];
}

export function getPlaces(policy) {
  if (policy[0] === "threshold-1") return policy[2];
  return policy[0] === "ed25519-1" ? [policy[1]] : [policy];
}

export function getThreshold(policy) {
  return policy[0] === "threshold-1" ? Number(policy[1]) : 1;
}

export function isSamePolicy(left, right) {
  return isSame(encode(left), encode(right));
}

// Returns the policy that JSON of the API or of a file describes; throws `RangeError` for anything else.
export function parsePolicy(form) {
  if (form?.type === "ed25519-1") return ["ed25519-1", readKey(form.key, 32)];
  if (form?.type === "passkey-1") return parsePlace(form);
  const { type, threshold, keys } = form ?? {};
  const isSound = type === "threshold-1" && Array.isArray(keys) && keys.length >= 1 && keys.length <= KEYS_MAX;
  if (!isSound || !Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) throw new RangeError("no policy");
  const policy = buildThresholdPolicy(threshold, keys.map(parsePlace));
  if (new Set(policy[2].map((place) => toHex(encode(place)))).size < keys.length) throw new RangeError("a key stands twice");
  return policy;
}

export function parsePlace(form) {
  if (typeof form === "string") return readKey(form, 32);
  const { type, key, rp_id: rpId, origins } = form ?? {};
  const isSound = type === "passkey-1" && isText(rpId, RELYING_PARTY) && Array.isArray(origins) && origins.length >= 1
    && origins.length <= ORIGINS_MAX && new Set(origins).size === origins.length && origins.every((each) => isText(each, ORIGIN));
  if (!isSound) throw new RangeError("no key of a policy");
  const point = readKey(key, 33);
  if (point[0] !== 2 && point[0] !== 3) throw new RangeError("no point of the curve");
  return buildPasskeyPolicy({ key: point, rpId, origins });
}

export function renderPlace(place) {
  if (place instanceof Uint8Array) return toHex(place);
  return { type: "passkey-1", key: toHex(place[1]), rp_id: place[2], origins: place[3] };
}

export function renderPolicy(policy) {
  if (policy[0] === "ed25519-1") return { type: "ed25519-1", key: toHex(policy[1]) };
  if (policy[0] === "passkey-1") return renderPlace(policy);
  return { type: "threshold-1", threshold: Number(policy[1]), keys: policy[2].map(renderPlace) };
}

function isText(value, form) {
  return typeof value === "string" && form.test(value);
}

function readKey(digits, length) {
  const key = fromHex(String(digits));
  if (key.length !== length) throw new RangeError("no key");
  return key;
}

// `calls`: wire forms [contract, method, arguments, null or [asset, amount]]. Times in milliseconds.
export function buildBody({ chainId, sender, calls, validUntil, gasLimit }) {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  return encode([BODY_VERSION, chainId, sender, null, validUntil, salt, gasLimit, 0, calls]);
}

// Reads a body's bytes back: the same fields by name. Throws `RangeError` for bytes that are none.
export function openBody(bytes) {
  const fields = decode(bytes);
  const isSound = Array.isArray(fields) && fields.length === 9 && fields[0] === BigInt(BODY_VERSION)
    && isBytes(fields[1], 32) && isBytes(fields[2], 32) && (fields[3] === null || isBytes(fields[3], 32))
    && [4, 6, 7].every((place) => isUnsigned(fields[place])) && isSalt(fields[5])
    && Array.isArray(fields[8]) && fields[8].length >= 1 && fields[8].length <= CALLS_MAX && fields[8].every(isCall);
  if (!isSound) throw new RangeError("not a transaction");
  const [, chainId, sender, payer, validUntil, , gasLimit, feeLimit, calls] = fields;
  return { chainId, sender, payer, validUntil: Number(validUntil), gasLimit, feeLimit, calls: calls.map(openCall) };
}

function isBytes(value, length) {
  return value instanceof Uint8Array && value.length === length;
}

function isUnsigned(value) {
  return typeof value === "bigint" && value >= 0n;
}

function isSalt(value) {
  return value instanceof Uint8Array && value.length >= 8 && value.length <= 32;
}

function isName(value) {
  return typeof value === "string" && value !== "" && [...value].length <= METHOD_NAME_MAX;
}

function isCall(call) {
  if (!Array.isArray(call) || call.length !== 4) return false;
  const [contract, method, given, pays] = call;
  const isPayment = Array.isArray(pays) && pays.length === 2 && isBytes(pays[0], 32) && isUnsigned(pays[1]);
  return isBytes(contract, 32) && isName(method) && given instanceof Uint8Array && (pays === null || isPayment);
}

function openCall([contract, method, given, pays]) {
  return { contract, method, arguments: given, pays: pays && { asset: pays[0], amount: pays[1] } };
}

// What ordinary calls stay below; what is not used is not charged.
export function estimateGas(calls, policy) {
  const proofs = getPlaces(policy).map((place) => (place instanceof Uint8Array ? GAS_PER_SIGNATURE : GAS_PER_ASSERTION));
  const proving = proofs.sort((left, right) => right - left).slice(0, getThreshold(policy)).reduce((sum, gas) => sum + gas, 0);
  const size = 400 + 4_300 * proofs.length + calls.reduce((sum, call) => sum + 200 + call[2].length, 0);
  return calls.reduce((sum, call) => sum + GAS_PER_CALL + estimateCall(call), proving + size);
}

function estimateCall([contract, method, given]) {
  if (!isSame(contract, LEDGER) || method === "transfer") return GAS_PER_CONTRACT_CALL;
  return GAS_PER_LEDGER_CALL + GAS_PER_ARGUMENT_BYTE * given.length + (method === "begin_recovery" ? 20_000 : 0);
}

// `given`: for each place of the policy a signature of 64 bytes, an assertion's wire form, or null.
export function buildEnvelope(body, policy, given) {
  return encode([body, [[policy, given]]]);
}

export function encodeAddress(address) {
  let number = address.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) << 4n;
  const data = [];
  for (let place = 0; place < DATA_LENGTH; place += 1, number >>= 5n) data.unshift(Number(number & 31n));
  const check = polymod([...expandPrefix(), ...data, ...Array(CHECKSUM_LENGTH).fill(0)]) ^ BECH32M;
  for (let place = CHECKSUM_LENGTH - 1; place >= 0; place -= 1) data.push((check >> (5 * place)) & 31);
  return `${PREFIX}1${data.map((value) => ALPHABET[value]).join("")}`;
}

// Returns null for what is no address: a wrong letter anywhere is noticed.
export function decodeAddress(words) {
  const given = words.trim();
  const lower = given === given.toUpperCase() ? given.toLowerCase() : given;
  if (!lower.startsWith(`${PREFIX}1`)) return null;
  const data = Array.from(lower.slice(PREFIX.length + 1), (letter) => ALPHABET.indexOf(letter));
  if (data.length !== DATA_LENGTH + CHECKSUM_LENGTH || data.includes(-1)) return null;
  if (polymod([...expandPrefix(), ...data]) !== BECH32M) return null;
  const number = data.slice(0, DATA_LENGTH).reduce((sum, value) => (sum << 5n) | BigInt(value), 0n);
  if (number & 15n) return null;
  return Uint8Array.from({ length: 32 }, (_, place) => Number((number >> BigInt(4 + 8 * (31 - place))) & 255n));
}

function expandPrefix() {
  const codes = Array.from(PREFIX, (letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function polymod(values) {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((generator, place) => { if ((top >> place) & 1) check ^= generator; });
  }
  return check;
}
