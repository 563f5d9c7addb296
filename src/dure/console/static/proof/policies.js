// Policies and what their keys gave (docs/spec/transactions.md, docs/spec/passkeys.md): which signatures have to verify.

import { isSame, join } from "../wire.js";
import { require } from "./broken.js";
import { KIND } from "./form/kinds.js";
import { KeyPolicy, PasskeyAssertion, PasskeyPolicy, ThresholdPolicy } from "./form/shapes.js";
import { encodeValue, sha256 } from "./hashing.js";
import { areAscending, isAscending } from "./ordering.js";
import { isPasskeyKey, isSoundKey, isWeakKey } from "./signatures.js";

const SHORT_DATA_BYTES = 37;
const FLAGS_PLACE = 32;
const PRESENT = 0x01;
const VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const ATTESTED = 0x40;
const EXTENSIONS = 0x80;

const utf8 = new TextEncoder();

export function getKeys(policy) {
  if (policy[KIND] === ThresholdPolicy) return policy.keys;
  return policy[KIND] === KeyPolicy ? [policy.key] : [policy];
}

// Breaks `check` unless the policy could be registered: in order, and every key sound.
export function checkPolicy(policy, check) {
  checkForm(policy, check);
  for (const key of getKeys(policy)) {
    const sound = isPasskey(key) ? isPasskeyKey(key.key) : isSoundKey(key);
    require(sound, check, "policy_key");
  }
}

// Returns [key, message, signature] of all that has to verify; breaks `check` where the proof does not fit its policy.
export function openProof({ policy, signatures }, message, check) {
  checkForm(policy, check);
  const keys = getKeys(policy);
  require(signatures.length === keys.length, check, "signature_places");
  const given = signatures.filter((each) => each !== null).length;
  const needed = policy[KIND] === ThresholdPolicy ? policy.threshold : 1n;
  require(BigInt(given) === needed, check, "signature_count", { given, needed });
  return keys.flatMap((key, place) => (signatures[place] === null ? [] : [openMember(key, signatures[place], message, check)]));
}

function checkForm(policy, check) {
  const keys = getKeys(policy);
  if (policy[KIND] === ThresholdPolicy) {
    require(isAscending(keys.map(encodeValue)), check, "policy_order");
    require(policy.threshold >= 1n && policy.threshold <= BigInt(keys.length), check, "policy_threshold");
  }
  for (const key of keys) if (isPasskey(key)) require(areAscending(key.origins), check, "policy_origins");
}

function isPasskey(key) {
  return key[KIND] === PasskeyPolicy;
}

function openMember(key, member, message, check) {
  require(isPasskey(key) === (member[KIND] === PasskeyAssertion), check, "signature_kind");
  if (!isPasskey(key)) {
    require(!isWeakKey(key), check, "weak_key");
    return [key, message, member];
  }
  const flaw = findFlaw(key, member, message);
  require(flaw === null, check, "assertion", { flaw });
  return [key.key, sha256(join([member.authenticator_data, sha256(member.client_data_json)])), member.signature];
}

// What is wrong with an assertion, its signature left aside: the limited verification of WebAuthn, by bytes alone.
export function findFlaw({ rp_id: relyingParty, origins }, assertion, challenge) {
  return findClientFlaw(assertion.client_data_json, challenge, origins)
    ?? findAuthenticatorFlaw(assertion.authenticator_data, relyingParty);
}

function findClientFlaw(data, challenge, origins) {
  const start = `{"type":"webauthn.get","challenge":"${toBase64Url(challenge)}","origin":"`;
  if (!startsWith(data, start)) return "challenge";
  for (const origin of origins) {
    const expected = `${start}${origin}","crossOrigin":false`;
    if (startsWith(data, expected)) return ["}", ","].includes(String.fromCharCode(data[expected.length])) ? null : "form";
  }
  return "origin";
}

function startsWith(data, text) {
  const expected = utf8.encode(text);
  return isSame(data.subarray(0, expected.length), expected);
}

function findAuthenticatorFlaw(data, relyingParty) {
  const flags = data[FLAGS_PLACE];
  if (!isSame(data.subarray(0, FLAGS_PLACE), sha256(utf8.encode(relyingParty)))) return "relying_party";
  if (!(flags & PRESENT)) return "presence";
  if (!(flags & VERIFIED)) return "verification";
  if (flags & ATTESTED) return "attested";
  if (Boolean(flags & EXTENSIONS) === (data.length === SHORT_DATA_BYTES)) return "length";
  return flags & BACKED_UP && !(flags & BACKUP_ELIGIBLE) ? "backup" : null;
}

function toBase64Url(bytes) {
  const bits = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const count = Math.ceil((8 * bytes.length) / 6);
  const padded = bits << BigInt(6 * count - 8 * bytes.length);
  return Array.from({ length: count }, (_, place) => letters[Number((padded >> BigInt(6 * (count - 1 - place))) & 63n)]).join("");
}
