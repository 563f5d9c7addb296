// Transactions and addresses, made in the browser: what a person signs here, nobody else has put together.
// docs/spec/transactions.md and docs/spec/passkeys.md have the rules; the names below are theirs.

import { encode, join } from "./wire.js";

const BODY_VERSION = 1;
const SALT_BYTES = 16;
const VALID_FOR_MS = 60_000;
const GAS_LIMIT = 2_500_000; // A passkey's proof, and a transfer whose asset asks a contract first.
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32M = 0x2bc830a3;
const PREFIX = "dure";
const DATA_LENGTH = 52;
const CHECKSUM_LENGTH = 6;

export const LEDGER = Uint8Array.from({ length: 32 }, (_, place) => (place === 31 ? 1 : 0)); // The ledger itself.

async function hash(domain, data) {
  const name = new TextEncoder().encode(`dure/v1/${domain}\0`);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join([name, data])));
}

// `passkey`: { key, rpId, origins }, the key as 33 bytes.
export function buildPolicy(passkey) {
  return ["passkey-1", passkey.key, passkey.rpId, [...passkey.origins].sort()];
}

export function computeAddress(policy) {
  return hash("policy", encode(policy));
}

export function transfer(asset, target, amount) {
  return [LEDGER, "transfer", encode([asset, target, amount]), null];
}

export function setPolicy(policy) {
  return [LEDGER, "set_policy", encode([policy]), null];
}

export async function buildBody(chainId, sender, calls) {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const body = encode([
    BODY_VERSION, chainId, sender, null, Date.now() + VALID_FOR_MS, salt, GAS_LIMIT, 0, calls,
  ]);
  return { body, id: await hash("transaction", body) };
}

// `assertion`: { authenticatorData, clientData, signature }, the signature as r and s.
export function buildEnvelope(body, policy, assertion) {
  const { authenticatorData, clientData, signature } = assertion;
  return encode([body, [[policy, [["assertion-1", authenticatorData, clientData, signature]]]]]);
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
